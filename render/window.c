#include "render/window.h"

#include <SDL.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "render/canvas.h"
#include "render/paint.h"
#include "render/png.h"
#include "render/scene.h"

#define DEFAULT_WIDTH_PX  1280
#define DEFAULT_HEIGHT_PX 720
#define SCREEN_SHARE      0.9f /* most of the screen a new window takes */
#define WAIT_MS           10   /* for a frame, before keys are looked at again */
#define MESSAGE_MS        3000

struct window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;            /* the frame, as large as it is shown or up to twice that */
    int texture_width, texture_height, texture_most;
    uint8_t *smaller;                /* a frame made smaller on its way to the texture */
    size_t smaller_bytes;
    struct paint *paint;
    struct scene *scene;
    bool boxes, reasons, help, frozen, fullscreen, changed, save;
    char message[320];
    uint32_t message_until_ms; /* SDL_GetTicks */
    char notice[sizeof ((struct mailbox_notice *)0)->text];
    bool away, texture_away; /* the picture is not of now; the texture is greyed */
    struct mailbox *mailbox; /* while it is shown; borrowed */
};

static int no_display(char *why, size_t why_bytes)
{
    snprintf(why, why_bytes, "no display for a window; use --headless, or digitcam read");
    return -ENODEV;
}

/* Some builds of SDL fall back to drivers that draw into nothing. Those are for who asks for them. */
static bool draws_into_nothing(void)
{
    const char *const driver = SDL_GetCurrentVideoDriver(), *const asked = getenv("SDL_VIDEODRIVER");
    return driver && (!strcmp(driver, "offscreen") || !strcmp(driver, "dummy") || !strcmp(driver, "evdev")) &&
           !(asked && *asked);
}

/* The wished picture and its bar, as far as the screen has room. */
static void first_size(int *width_px, int *height_px)
{
    SDL_Rect screen = {0, 0, DEFAULT_WIDTH_PX, DEFAULT_HEIGHT_PX};
    int w = *width_px > 0 ? *width_px : DEFAULT_WIDTH_PX, h = *height_px > 0 ? *height_px : DEFAULT_HEIGHT_PX;
    h += scene_bar_height_px(w, h, 1);
    SDL_GetDisplayUsableBounds(0, &screen);
    const float zoom = SDL_min(1.0f, SDL_min(SCREEN_SHARE * (float)screen.w / (float)w,
                                             SCREEN_SHARE * (float)screen.h / (float)h));
    *width_px = SDL_max(320, (int)(zoom * (float)w));
    *height_px = SDL_max(240, (int)(zoom * (float)h));
}

static int open_window(struct window *w, const char *title, int width_px, int height_px, char *why, size_t why_bytes)
{
    SDL_RendererInfo info = {0};
    const Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI |
                         (w->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    SDL_Rect screen;
    first_size(&width_px, &height_px);
    if (w->fullscreen && SDL_GetDisplayBounds(0, &screen) == 0) { /* fills it where no window manager helps, too */
        width_px = screen.w;
        height_px = screen.h;
    }
    w->window = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width_px, height_px, flags);
    if (!w->window)
        return no_display(why, why_bytes);
    SDL_SetWindowMinimumSize(w->window, 240, 180);
    w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_ACCELERATED | SDL_RENDERER_PRESENTVSYNC);
    if (!w->renderer) /* no graphics card, or none that SDL can use: slower, but the same picture */
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    if (!w->renderer)
        return no_display(why, why_bytes);
    SDL_GetRendererInfo(w->renderer, &info);
    w->texture_most = info.max_texture_width > 0 ? SDL_min(info.max_texture_width, info.max_texture_height) : 16384;
    return paint_create(&w->paint, w->renderer, why, why_bytes);
}

int window_create(struct window **window, const char *title, int width_px, int height_px, bool fullscreen, char *why,
                  size_t why_bytes)
{
    struct window *const w = calloc(1, sizeof *w);
    *window = NULL;
    if (!w || render_scene_create(&w->scene) != 0) {
        snprintf(why, why_bytes, "not enough memory for a window");
        free(w);
        return -ENOMEM;
    }
    w->boxes = w->changed = true;
    w->fullscreen = fullscreen;
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* Ctrl-C is the program's own business */
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    int error = SDL_InitSubSystem(SDL_INIT_VIDEO) != 0 || draws_into_nothing()
                    ? no_display(why, why_bytes)
                    : open_window(w, title, width_px, height_px, why, why_bytes);
    if (error)
        window_destroy(w);
    else
        *window = w;
    return error;
}

void window_show_reasons(struct window *window)
{
    window->reasons = true;
}

void window_destroy(struct window *window)
{
    if (!window)
        return;
    paint_destroy(window->paint);
    render_scene_destroy(window->scene);
    if (window->texture)
        SDL_DestroyTexture(window->texture);
    if (window->renderer)
        SDL_DestroyRenderer(window->renderer);
    if (window->window)
        SDL_DestroyWindow(window->window);
    SDL_Quit();
    free(window->smaller);
    free(window);
}

/* ---- keys ----------------------------------------------------------------------------------------------------- */

static void show_message(struct window *w, const char *text)
{
    snprintf(w->message, sizeof w->message, "%s", text);
    w->message_until_ms = SDL_GetTicks() + MESSAGE_MS;
    w->changed = true;
}

static void toggle(bool *what)
{
    *what = !*what;
}

/* Keys that may be held down, and what they turn. */
static const struct {
    SDL_Keycode key;
    enum mailbox_knob knob;
    int steps; /* 0: automatic */
} turning_keys[] = {
    {SDLK_UP, MAILBOX_EXPOSURE, 1}, {SDLK_DOWN, MAILBOX_EXPOSURE, -1}, {SDLK_a, MAILBOX_EXPOSURE, 0},
    {SDLK_RIGHT, MAILBOX_GAIN, 1},  {SDLK_LEFT, MAILBOX_GAIN, -1},
};

static void handle_turning_key(struct window *w, SDL_Keycode key)
{
    for (size_t i = 0; w->mailbox && i < sizeof turning_keys / sizeof turning_keys[0]; i++)
        if (turning_keys[i].key == key)
            mailbox_turn(w->mailbox, turning_keys[i].knob, turning_keys[i].steps);
}

/* False: the user wants to end. */
static bool handle_key(struct window *w, SDL_Keycode key)
{
    if (key == SDLK_q || key == SDLK_ESCAPE)
        return false;
    if (key == SDLK_SPACE)
        toggle(&w->frozen);
    else if (key == SDLK_b)
        toggle(&w->boxes);
    else if (key == SDLK_w)
        toggle(&w->reasons);
    else if (key == SDLK_h || key == SDLK_F1)
        toggle(&w->help);
    else if (key == SDLK_s)
        w->save = true;
    if (key == SDLK_f || key == SDLK_F11) {
        toggle(&w->fullscreen);
        SDL_SetWindowFullscreen(w->window, w->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    }
    w->changed = true;
    return true;
}

bool window_handle_events(struct window *window)
{
    SDL_Event event;
    bool go_on = true;
    while (SDL_PollEvent(&event)) {
        if (event.type == SDL_QUIT)
            go_on = false;
        if (event.type == SDL_KEYDOWN)
            handle_turning_key(window, event.key.keysym.sym);
        if (event.type == SDL_KEYDOWN && !event.key.repeat)
            go_on &= handle_key(window, event.key.keysym.sym);
        else if (event.type == SDL_WINDOWEVENT)
            window->changed = true;
    }
    return go_on;
}

bool window_frozen(const struct window *window)
{
    return window->frozen;
}

void window_notice(struct window *window, const char *text, bool away)
{
    window->changed |= away != window->away || strcmp(window->notice, text) != 0;
    snprintf(window->notice, sizeof window->notice, "%s", text);
    window->away = away;
}

bool window_needs_draw(const struct window *window)
{
    return window->changed || (*window->message && SDL_TICKS_PASSED(SDL_GetTicks(), window->message_until_ms));
}

/* ---- drawing -------------------------------------------------------------------------------------------------- */

/* By how much a frame is divided before it goes to the texture: it need not be more than twice as large as it is
 * shown, and must not be larger than the graphics card takes. */
static int reduction(const struct window *w, const struct frame *rgb, struct scene_rect shown)
{
    int by = SDL_max(1, (int)((float)rgb->width_px / SDL_max(shown.w, 1.0f)));
    while (rgb->width_px / by > w->texture_most || rgb->height_px / by > w->texture_most)
        by++;
    return SDL_min(by, SDL_min(rgb->width_px, rgb->height_px));
}

/* Means of squares of by x by pixels. */
static void make_smaller(const struct frame *rgb, int by, uint8_t *to, int width, int height)
{
    const unsigned area = (unsigned)by * (unsigned)by;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, to += 3) {
            unsigned sum[3] = {area / 2, area / 2, area / 2};
            for (int dy = 0; dy < by; dy++) {
                const uint8_t *from = rgb->data + (size_t)(y * by + dy) * rgb->stride_bytes + 3 * (size_t)(x * by);
                for (int dx = 0; dx < by; dx++, from += 3) {
                    sum[0] += from[0];
                    sum[1] += from[1];
                    sum[2] += from[2];
                }
            }
            for (int i = 0; i < 3; i++)
                to[i] = (uint8_t)(sum[i] / area);
        }
}

/* A texture of this size; the old one where it fits. */
static int prepare_texture(struct window *w, int width, int height)
{
    if (w->texture && w->texture_width == width && w->texture_height == height)
        return 0;
    SDL_Texture *const texture =
        SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_STREAMING, width, height);
    if (!texture)
        return -ENOMEM;
    if (w->texture)
        SDL_DestroyTexture(w->texture);
    w->texture = texture;
    w->texture_width = width;
    w->texture_height = height;
    return 0;
}

/* Colours gone, and paler: nobody takes it for the present. */
static void grey(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++, pixels += 3) {
        const unsigned luma = (77u * pixels[0] + 150u * pixels[1] + 29u * pixels[2]) >> 8;
        pixels[0] = pixels[1] = pixels[2] = (uint8_t)(48 + luma / 2);
    }
}

static int grow_smaller(struct window *w, size_t bytes)
{
    if (bytes <= w->smaller_bytes)
        return 0;
    uint8_t *const more = realloc(w->smaller, bytes);
    if (!more)
        return -ENOMEM;
    w->smaller = more;
    w->smaller_bytes = bytes;
    return 0;
}

static int upload(struct window *w, const struct frame *rgb, int by)
{
    const int width = rgb->width_px / by, height = rgb->height_px / by;
    if (prepare_texture(w, width, height) != 0)
        return -ENOMEM;
    w->texture_away = w->away;
    if (by == 1 && !w->away)
        return SDL_UpdateTexture(w->texture, NULL, rgb->data, (int)rgb->stride_bytes) ? -EIO : 0;
    if (grow_smaller(w, 3 * (size_t)width * (size_t)height) != 0)
        return -ENOMEM;
    make_smaller(rgb, by, w->smaller, width, height);
    if (w->away)
        grey(w->smaller, (size_t)width * (size_t)height);
    return SDL_UpdateTexture(w->texture, NULL, w->smaller, 3 * width) ? -EIO : 0;
}

/* A PNG of the frame with its overlay, in the folder the program was started in. */
static void save_snapshot(struct window *w, const struct frame *rgb, const struct reading *reading)
{
    char path[64], why[256], text[320];
    struct canvas *canvas;
    struct canvas_picture picture;
    struct tm now;
    struct reading shown = *reading;
    if (!w->reasons)
        shown.candidate_count = 0;
    const time_t seconds = time(NULL);
    strftime(path, sizeof path, "digitcam-%Y%m%d-%H%M%S.png", localtime_r(&seconds, &now));
    int error = canvas_create(&canvas, why, sizeof why);
    if (!error && (error = canvas_draw(canvas, rgb, &shown, &picture)) != 0)
        snprintf(why, sizeof why, "not enough memory for a snapshot");
    if (!error)
        error = png_write_rgba(path, picture.pixels, picture.width_px, picture.height_px, picture.stride_bytes, why,
                               sizeof why);
    snprintf(text, sizeof text, "%s%s", error ? "" : "saved ", error ? why : path);
    show_message(w, text);
    canvas_destroy(canvas);
}

static struct scene_view make_view(const struct window *w, double fps, uint64_t dropped)
{
    struct scene_view view = {.scale = 1, .measure = paint_measure, .measure_context = w->paint, .status = true};
    int logical_width = 0, logical_height = 0;
    SDL_GetRendererOutputSize(w->renderer, &view.width_px, &view.height_px);
    SDL_GetWindowSize(w->window, &logical_width, &logical_height);
    view.width_px = SDL_max(view.width_px, 1);
    view.height_px = SDL_max(view.height_px, 1);
    if (logical_width > 0)
        view.scale = SDL_max(1.0f, (float)view.width_px / (float)logical_width);
    view.bar_px = scene_bar_height_px(view.width_px, view.height_px, view.scale);
    view.boxes = w->boxes;
    view.reasons = w->reasons;
    view.help = w->help;
    view.frozen = w->frozen;
    view.away = w->away;
    view.notice = *w->notice ? w->notice : NULL;
    view.fps = fps;
    view.dropped = dropped;
    view.message = *w->message ? w->message : NULL;
    return view;
}

static int draw_picture(struct window *w, const struct frame *rgb, struct scene_rect place, bool new_picture)
{
    const int by = reduction(w, rgb, place);
    const bool other_size = w->texture_width != rgb->width_px / by || w->texture_height != rgb->height_px / by;
    const int error = new_picture || other_size || w->texture_away != w->away ? upload(w, rgb, by) : 0;
    const SDL_FRect to = {place.x, place.y, place.w, place.h};
    return error ? error : SDL_RenderCopyF(w->renderer, w->texture, NULL, &to) ? -EIO : 0;
}

int window_draw(struct window *window, const struct frame *rgb, const struct reading *reading, bool new_picture,
                double fps, uint64_t dropped)
{
    struct window *const w = window;
    if (rgb && (rgb->fourcc != FRAME_RGB3 || rgb->orientation > 1))
        return -EINVAL;
    if (w->save && rgb && reading)
        save_snapshot(w, rgb, reading);
    w->save = false;
    if (SDL_TICKS_PASSED(SDL_GetTicks(), w->message_until_ms))
        w->message[0] = '\0';
    w->changed = false;
    const struct scene_view view = make_view(w, fps, dropped);
    SDL_SetRenderDrawColor(w->renderer, 10, 12, 14, 255);
    SDL_RenderClear(w->renderer);
    int error = 0;
    if (rgb)
        error = draw_picture(w, rgb, scene_picture_rect(&view, rgb->width_px, rgb->height_px), new_picture);
    if (!error)
        error = scene_build(w->scene, reading, &view);
    if (error)
        return error;
    paint_scene(w->paint, w->scene);
    SDL_RenderPresent(w->renderer);
    return 0;
}

/* What the reading thread said since. */
static void hear(struct window *w, struct mailbox_notice *notice)
{
    const unsigned messages = notice->messages;
    if (!mailbox_hear(w->mailbox, notice))
        return;
    window_notice(w, notice->text, notice->away);
    if (notice->messages != messages)
        show_message(w, notice->message);
}

static int64_t age_ns(int64_t capture_time_ns)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec - capture_time_ns;
}

int window_show(struct window *window, struct mailbox *mailbox, const atomic_bool *stop, struct delay *shown)
{
    const struct mailbox_item *item = NULL;
    struct mailbox_notice notice = {.messages = 0};
    bool more = true;
    int error = 0;
    window->mailbox = mailbox;
    while (!error && window_handle_events(window) && !atomic_load(stop)) {
        int taken = -EAGAIN;
        mailbox_want_reasons(mailbox, window->reasons);
        if (more && !window->frozen)
            taken = mailbox_take(mailbox, &item, WAIT_MS);
        else
            SDL_Delay(WAIT_MS);
        if (taken == -EPIPE)
            break;
        more &= taken != -ENODATA;
        hear(window, &notice);
        if (taken != 0 && !window_needs_draw(window))
            continue;
        error = item ? window_draw(window, &item->rgb, &item->reading, taken == 0, item->fps,
                                   item->dropped + mailbox_replaced(mailbox))
                     : window_draw(window, NULL, NULL, false, 0, 0);
        if (taken == 0 && !error)
            delay_add(shown, age_ns(item->rgb.capture_time_ns));
    }
    window->mailbox = NULL;
    return error;
}
