#include "capture/demo.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/demo_hand.h"
#include "capture/demo_page.h"
#include "capture/demo_scene.h"
#include "capture/demo_warp.h"
#include "capture/frame.h"
#include "capture/pen.h"

#define TAU         6.28318531f
#define NOISE_SIDE  256  /* of the tile of noise; a power of two */
#define NOISE_SIZE  1.9f /* standard deviation, gray levels */
#define PAGES       2    /* lie on the pile that is turned over and over */
#define SWAYS       20
#define BLUR        5     /* moments one exposure of a trembling camera is made of */
#define EXPOSURE    0.45f /* how long it lasts, in frames */
#define SHEET_SHADE 46    /* pixels of 720 the moved sheet's shadow is wide */

struct demo {
    const struct demo_scene *scene;
    int width_px, height_px;
    struct demo_page pages[PAGES]; /* all but the first only where pages are turned */
    struct demo_hand hand;
    float phases[SWAYS]; /* of every motion */
    uint64_t noise_seed;
    int8_t noise[NOISE_SIDE][NOISE_SIDE];
};

/* ---- what moves ---- */

static float sway(const struct demo *demo, int phase, double time_s, double period_s)
{
    const double turns = time_s / period_s;
    return sinf(TAU * (float)(turns - floor(turns)) + demo->phases[phase]);
}

/* The camera in a hand. `time` counts frames. */
static struct demo_pose pose_at(const struct demo *demo, double time)
{
    const double t = time / 30.0;
    float turn =
        0.022f * sway(demo, 0, t, 11.3) + 0.008f * sway(demo, 1, t, 4.7) + 0.0008f * sway(demo, 2, t, 0.61);
    const float zoom = (demo->scene->farther > 0 ? demo->scene->farther : 1) + 0.020f * sway(demo, 3, t, 13.1) + 0.008f * sway(demo, 4, t, 5.9);
    float across =
        0.009f * sway(demo, 5, t, 9.7) + 0.0025f * sway(demo, 6, t, 2.9) + 0.0004f * sway(demo, 7, t, 0.53);
    float down = 0.009f * sway(demo, 8, t, 8.3) + 0.0025f * sway(demo, 9, t, 3.1);
    if (demo->scene->shake) {
        turn += 0.004f * sway(demo, 10, t, 0.23) + 0.012f * sway(demo, 11, t, 0.83);
        across += 0.0055f * sway(demo, 12, t, 0.149) + 0.012f * sway(demo, 13, t, 0.71);
        down += 0.0055f * sway(demo, 14, t, 0.127) + 0.012f * sway(demo, 15, t, 0.57);
    }
    if (demo->scene->tilt > 0)
        turn += demo->scene->tilt * sway(demo, 18, t, 8.9);
    const float depth = demo->scene->lean / 720; /* once round in so many seconds: every side is the far one at some time */
    const double lap = t / 7.9;
    const float round = TAU * (float)(lap - floor(lap)) + demo->phases[19];
    const float scale = demo->pages[0].px_per_unit * zoom, reach = demo->pages[0].px_per_unit * 720;
    return (struct demo_pose){scale * cosf(turn), scale * sinf(turn), (float)demo->width_px / 2 + reach * across,
                              (float)demo->height_px / 2 + reach * down, depth * cosf(round), depth * sinf(round)};
}

struct point {
    int x, y;
};

/* Where the tip of the hand's pen is: to and fro over the lines, as one who shows or writes. */
static struct point tip_at(const struct demo *demo, uint64_t frame_number)
{
    const double t = (double)frame_number / 30.0;
    const float unit = demo->pages[0].px_per_unit;
    const float x = 0.30f * (float)demo->width_px * sway(demo, 16, t, 7.3) + 14 * unit * sway(demo, 12, t, 0.9);
    const float y = 0.27f * (float)demo->height_px * sway(demo, 17, t, 5.1) + 9 * unit * sway(demo, 14, t, 0.7);
    return (struct point){(int)lrintf((float)demo->width_px / 2 + x), (int)lrintf((float)demo->height_px / 2 + y)};
}

static uint64_t pages_turned(const struct demo *demo, uint64_t frame_number)
{
    return demo->scene->turns ? frame_number / DEMO_TURN_PERIOD : 0;
}

static const struct demo_page *page_at(const struct demo *demo, uint64_t turned)
{
    return &demo->pages[turned % PAGES];
}

/* Pixels from the frame's left edge to the sheet that slides over the page; the frame's width where none does. */
static int sheet_at(const struct demo *demo, uint64_t frame_number)
{
    const int left = DEMO_TURN_PERIOD - (int)(frame_number % DEMO_TURN_PERIOD);
    if (!demo->scene->turns || demo->scene->sudden || left > DEMO_TURN_FRAMES)
        return demo->width_px;
    const float way = (float)left / (DEMO_TURN_FRAMES + 1); /* ends gently */
    return (int)((float)demo->width_px * way * (0.6f + 0.4f * way));
}

/* ---- rendering ---- */

static void add_noise(const int8_t *tile_row, int from, uint8_t *out, int count)
{
    for (int done = 0; done < count;) {
        const int run = NOISE_SIDE - from < count - done ? NOISE_SIDE - from : count - done;
        for (int i = 0; i < run; i++) {
            const int value = out[done + i] + tile_row[from + i];
            out[done + i] = (uint8_t)(value < 16 ? 16 : value > 235 ? 235 : value);
        }
        done += run;
        from = 0;
    }
}

size_t demo_frame_bytes(const struct demo *demo)
{
    const size_t width = (size_t)demo->width_px, height = (size_t)demo->height_px;
    return width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2);
}

/* Calls one function for each plane of a frame. */
struct plane {
    uint8_t *pixels;
    int width, height, half; /* half: 2 for the chroma planes, else 1 */
};

static struct plane plane_of(const struct demo *demo, uint8_t *pixels, int index)
{
    const int width = demo->width_px, height = demo->height_px;
    const size_t luma = (size_t)width * (size_t)height;
    const int w = (width + 1) / 2, h = (height + 1) / 2;
    if (index == 0)
        return (struct plane){pixels, width, height, 1};
    return (struct plane){pixels + luma + (size_t)(index - 1) * (size_t)w * (size_t)h, w, h, 2};
}

/* The page as it lies there, from column `first` of the frame on, moved to the right by `shift_px`. */
static void render_page(const struct demo *demo, const struct demo_page *page, uint64_t frame_number, int first,
                        int shift_px, uint8_t *pixels)
{
    const int moments = demo->scene->shake ? BLUR : 1;
    struct demo_pose poses[BLUR];
    for (int k = 0; k < moments; k++) {
        const float late = ((float)k - (float)(moments - 1) / 2) / BLUR * EXPOSURE;
        poses[k] = pose_at(demo, (double)frame_number + (double)late);
        poses[k].x_px += (float)shift_px;
    }
    for (int i = 0; i < 3; i++) {
        const struct plane plane = plane_of(demo, pixels, i);
        struct demo_warp warps[BLUR];
        for (int k = 0; k < moments; k++)
            warps[k] = demo_warp_make(page, &poses[k], i);
        demo_warp_plane(warps, moments, plane.pixels, plane.width, plane.height, first / plane.half);
    }
}

/* The new sheet's shadow on the old one. */
static void shade_beside(const struct demo *demo, int edge, uint8_t *pixels)
{
    const int wide = SHEET_SHADE * demo->height_px / 720 + 2;
    for (int row = 0; row < demo->height_px; row++, pixels += demo->width_px)
        for (int x = edge > wide ? edge - wide : 0; x < edge; x++) {
            const int strength = 96 * (x - edge + wide) / wide;
            pixels[x] = (uint8_t)(pixels[x] - (pixels[x] - 16) * strength / 256);
        }
}

static void make_noisy(const struct demo *demo, uint64_t frame_number, uint8_t *pixels)
{
    struct pen_random
        random; /* another piece of the tile for each row of each frame, so that no pattern shows */
    pen_random_seed(&random, demo->noise_seed + frame_number);
    for (int row = 0; row < demo->height_px; row++) {
        const uint64_t draw = pen_random_next(&random);
        add_noise(demo->noise[draw >> 40 & (NOISE_SIDE - 1)], (int)(draw >> 20 & (NOISE_SIDE - 1)),
                  pixels + (size_t)row * (size_t)demo->width_px, demo->width_px);
    }
}

void demo_render(const struct demo *demo, uint64_t frame_number, bool noise, uint8_t *pixels)
{
    const uint64_t turned = pages_turned(demo, frame_number);
    const int sheet = sheet_at(demo, frame_number);
    render_page(demo, page_at(demo, turned), frame_number, 0, 0, pixels);
    if (sheet < demo->width_px) {
        shade_beside(demo, sheet, pixels);
        render_page(demo, page_at(demo, turned + 1), frame_number, sheet, sheet, pixels);
    }
    if (demo->scene->hand) {
        const struct point tip = tip_at(demo, frame_number);
        demo_hand_lay(&demo->hand, tip.x, tip.y, pixels, demo->width_px, demo->height_px);
    }
    if (noise)
        make_noisy(demo, frame_number, pixels);
}

/* ---- the truth ---- */

/* Whole pixels around the edges, kept within the frame and at least one pixel large. */
static struct demo_box to_box(const struct demo *demo, const struct pen_bounds *bounds)
{
    const int width = demo->width_px, height = demo->height_px;
    const int left = (int)fminf((float)(width - 1), fmaxf(0, floorf(bounds->left)));
    const int top = (int)fminf((float)(height - 1), fmaxf(0, floorf(bounds->top)));
    const int right = (int)fminf((float)width, fmaxf((float)left + 1, ceilf(bounds->right)));
    const int bottom = (int)fminf((float)height, fmaxf((float)top + 1, ceilf(bounds->bottom)));
    return (struct demo_box){left, top, right - left, bottom - top};
}

static struct pen_bounds ink_bounds(const struct demo_page *page, const struct demo_page_digit *digit,
                                    const struct demo_pose *pose)
{
    const float scale = hypotf(pose->cosine, pose->sine);
    struct pen_bounds bounds = {HUGE_VALF, HUGE_VALF, -HUGE_VALF, -HUGE_VALF};
    for (int i = digit->first_ink; i < digit->end_ink; i++) {
        const struct demo_ink *const ink = &page->ink[i];
        const float depth = 1 + pose->lean_x * ink->x + pose->lean_y * ink->y;
        const float x = (pose->cosine * ink->x - pose->sine * ink->y) / depth + pose->x_px;
        const float y = (pose->sine * ink->x + pose->cosine * ink->y) / depth + pose->y_px;
        const float radius = ink->radius * scale / depth;
        bounds.left = fminf(bounds.left, x - radius);
        bounds.right = fmaxf(bounds.right, x + radius);
        bounds.top = fminf(bounds.top, y - radius);
        bounds.bottom = fmaxf(bounds.bottom, y + radius);
    }
    return bounds;
}

static struct demo_box box_around(struct demo_box a, struct demo_box b)
{
    const int x = a.x < b.x ? a.x : b.x, y = a.y < b.y ? a.y : b.y;
    const int right = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
    const int bottom = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;
    return (struct demo_box){x, y, right - x, bottom - y};
}

/* Under the hand, under the sheet that is being moved, or at the frame's very edge. */
static bool is_hidden(const struct demo *demo, uint64_t frame_number, int sheet, struct demo_box box)
{
    const bool at_edge = box.x <= 1 || box.y <= 1 || box.x + box.w >= demo->width_px - 1 ||
                         box.y + box.h >= demo->height_px - 1;
    if (demo->scene->farther > 0 && at_edge)
        return true;
    if (box.x + box.w + 2 > sheet && sheet < demo->width_px)
        return true;
    if (!demo->scene->hand)
        return false;
    const struct point tip = tip_at(demo, frame_number);
    return demo_hand_covers(&demo->hand, tip.x, tip.y, box);
}

void demo_truth(const struct demo *demo, uint64_t frame_number, struct demo_truth *truth)
{
    const struct demo_pose pose = pose_at(demo, (double)frame_number);
    const uint64_t turned = pages_turned(demo, frame_number);
    const struct demo_page *const page = page_at(demo, turned);
    const int sheet = sheet_at(demo, frame_number);
    memset(truth, 0, sizeof *truth);
    truth->page = (int)turned;
    if (sheet < demo->width_px)
        truth->blind = (struct demo_box){sheet, 0, demo->width_px - sheet, demo->height_px};
    truth->digit_count = page->digit_count;
    truth->number_count = page->number_count;
    for (int i = 0; i < page->number_count; i++)
        memcpy(truth->numbers[i].text, page->numbers[i], sizeof truth->numbers[i].text);
    for (int i = 0; i < page->digit_count; i++) {
        const struct demo_page_digit *const digit = &page->digits[i];
        const struct pen_bounds bounds = ink_bounds(page, digit, &pose);
        const struct demo_box box = to_box(demo, &bounds);
        const bool hidden = is_hidden(demo, frame_number, sheet, box);
        struct demo_number *const number = &truth->numbers[digit->number];
        truth->digits[i] = (struct demo_digit){digit->digit, box, digit->number, hidden};
        number->box = number->box.w ? box_around(number->box, box) : box;
        number->hidden |= hidden;
    }
}

/* ---- making one ---- */

static bool size_is_possible(int width_px, int height_px)
{
    return width_px >= 1 && height_px >= 1 && width_px <= FRAME_MAX_SIDE_PX &&
           height_px <= FRAME_MAX_SIDE_PX && (int64_t)width_px * height_px <= FRAME_MAX_PIXELS;
}

/* Pages and the hand. */
static int make_pages(struct demo *demo, const struct demo_options *options)
{
    const int pages = demo->scene->turns ? PAGES : 1;
    int error = 0;
    for (int i = 0; i < pages && !error; i++)
        error = demo_page_create(&demo->pages[i], demo->scene, options->digits, options->seed + 1000003u * (uint64_t)i,
                                 options->width_px, options->height_px);
    if (!error && demo->scene->hand)
        error = demo_hand_create(&demo->hand, demo->pages[0].px_per_unit);
    return error;
}

/* The motion and the noise. */
static void make_camera(struct demo *demo, uint64_t seed)
{
    const float noise = NOISE_SIZE * (demo->scene->noise_times > 0 ? demo->scene->noise_times : 1);
    struct pen_random random;
    pen_random_seed(&random, ~seed);
    for (int i = 0; i < 10; i++)
        demo->phases[i] = pen_random_uniform(&random, 0, TAU);
    for (int i = 0; i < NOISE_SIDE * NOISE_SIDE; i++)
        demo->noise[i / NOISE_SIDE][i % NOISE_SIDE] = (int8_t)lrintf(pen_random_normal(&random, 0, noise));
    demo->noise_seed = pen_random_next(&random);
    for (int i = 10; i < SWAYS; i++)
        demo->phases[i] = pen_random_uniform(&random, 0, TAU);
}

int demo_create_scene(struct demo **demo, const struct demo_options *options)
{
    *demo = NULL;
    const struct demo_scene *const scene = demo_scene_find(options->scene);
    if (!scene)
        return -ENOENT;
    if (!size_is_possible(options->width_px, options->height_px) || options->digits < DEMO_USUAL_DIGITS ||
        options->digits > DEMO_MOST_DIGITS)
        return -EINVAL;
    struct demo *const made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->scene = scene;
    made->width_px = options->width_px;
    made->height_px = options->height_px;
    const int error = make_pages(made, options);
    if (error) {
        demo_destroy(made);
        return error;
    }
    make_camera(made, options->seed);
    *demo = made;
    return 0;
}

int demo_create(struct demo **demo, uint64_t seed, int width_px, int height_px)
{
    const struct demo_options options = {
        .seed = seed, .width_px = width_px, .height_px = height_px, .digits = DEMO_USUAL_DIGITS};
    return demo_create_scene(demo, &options);
}

void demo_destroy(struct demo *demo)
{
    if (!demo)
        return;
    for (int i = 0; i < PAGES; i++)
        demo_page_destroy(&demo->pages[i]);
    demo_hand_destroy(&demo->hand);
    free(demo);
}

/* ---- the list of scenes ---- */

int demo_scene_count(void)
{
    return demo_scene_total();
}

const char *demo_scene_name(int scene)
{
    return demo_scene_at(scene)->name;
}

const char *demo_scene_summary(int scene)
{
    return demo_scene_at(scene)->summary;
}

bool demo_scene_known(const char *name)
{
    return *name && demo_scene_find(name);
}
