#include "capture/demo.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capture/demo_page.h"
#include "capture/frame.h"
#include "capture/pen.h"

#define TAU        6.28318531f
#define NOISE_SIDE 256  /* of the tile of noise; a power of two */
#define NOISE_SIZE 1.9f /* standard deviation, gray levels */
#define ONE        65536.0f

struct demo {
    int width_px, height_px;
    struct demo_page page;
    float phases[10]; /* of the hand's motion */
    uint64_t noise_seed;
    int8_t noise[NOISE_SIDE][NOISE_SIDE];
};

/* ---- the camera in a hand ---- */

/* Where the page is in a frame: x' = cosine x - sine y + x_px, y' = sine x + cosine y + y_px; x, y in units.
 */
struct pose {
    float cosine, sine, x_px, y_px;
};

static float sway(const struct demo *demo, int phase, double time_s, double period_s)
{
    const double turns = time_s / period_s;
    return sinf(TAU * (float)(turns - floor(turns)) + demo->phases[phase]);
}

static struct pose pose_of(const struct demo *demo, uint64_t frame_number)
{
    const double t = (double)frame_number / 30.0;
    const float turn =
        0.022f * sway(demo, 0, t, 11.3) + 0.008f * sway(demo, 1, t, 4.7) + 0.0008f * sway(demo, 2, t, 0.61);
    const float zoom = 1.0f + 0.020f * sway(demo, 3, t, 13.1) + 0.008f * sway(demo, 4, t, 5.9);
    const float across =
        0.009f * sway(demo, 5, t, 9.7) + 0.0025f * sway(demo, 6, t, 2.9) + 0.0004f * sway(demo, 7, t, 0.53);
    const float down = 0.009f * sway(demo, 8, t, 8.3) + 0.0025f * sway(demo, 9, t, 3.1);
    const float scale = demo->page.px_per_unit * zoom, reach = demo->page.px_per_unit * 720;
    return (struct pose){scale * cosf(turn), scale * sinf(turn), (float)demo->width_px / 2 + reach * across,
                         (float)demo->height_px / 2 + reach * down};
}

/* ---- rendering ---- */

/* A plane of the painted page seen through the camera: source = start + column * step + row * across, in
 * 1/65536 pixels of the plane, (0, 0) the middle of its first pixel. */
struct warp {
    const uint8_t *source;
    int source_width, source_height;
    int64_t start_x, start_y, column_x, column_y, row_x, row_y;
};

/* `half` 1 for the chroma planes: both they and the frame's are half as large. */
static struct warp make_warp(const struct demo *demo, const struct pose *pose, int plane)
{
    const struct demo_page *const page = &demo->page;
    const float half = plane ? 2 : 1;
    const float det = pose->cosine * pose->cosine + pose->sine * pose->sine;
    const float along = page->painted_per_unit * pose->cosine / det,
                side = page->painted_per_unit * pose->sine / det;
    const float x = half / 2 - pose->x_px, y = half / 2 - pose->y_px; /* middle of the first pixel */
    return (struct warp){
        .source = page->planes[plane],
        .source_width = page->width_px / (int)half,
        .source_height = page->height_px / (int)half,
        .start_x = (int64_t)(ONE * ((along * x + side * y + (float)page->width_px / 2) / half - 0.5f)),
        .start_y = (int64_t)(ONE * ((-side * x + along * y + (float)page->height_px / 2) / half - 0.5f)),
        .column_x = (int64_t)(ONE * along),
        .column_y = (int64_t)(-ONE * side),
        .row_x = (int64_t)(ONE * side),
        .row_y = (int64_t)(ONE * along),
    };
}

static bool inside(const struct warp *warp, int64_t x, int64_t y)
{
    return x >= 0 && y >= 0 && x >> 16 < warp->source_width - 1 && y >> 16 < warp->source_height - 1;
}

static inline int bilinear(const uint8_t *p, size_t stride, int u, int v)
{
    const int above = p[0] * (256 - u) + p[1] * u, below = p[stride] * (256 - u) + p[stride + 1] * u;
    return (above * (256 - v) + below * v + 32768) >> 16;
}

/* One row that lies inside the plane from end to end. */
static void warp_row(const struct warp *warp, int64_t start_x, int64_t start_y, uint8_t *out, int count)
{
    const size_t stride = (size_t)warp->source_width;
    int32_t x = (int32_t)start_x, y = (int32_t)start_y;
    const int32_t step_x = (int32_t)warp->column_x, step_y = (int32_t)warp->column_y;
    for (int i = 0; i < count; i++, x += step_x, y += step_y)
        out[i] = (uint8_t)bilinear(warp->source + (size_t)(y >> 16) * stride + (size_t)(x >> 16), stride,
                                   x >> 8 & 255, y >> 8 & 255);
}

/* One row that leaves the plane: beyond its edge the edge goes on. */
static void warp_row_clamped(const struct warp *warp, int64_t x, int64_t y, uint8_t *out, int count)
{
    const size_t stride = (size_t)warp->source_width;
    const int64_t most_x = ((int64_t)(warp->source_width - 1) << 16) - 1;
    const int64_t most_y = ((int64_t)(warp->source_height - 1) << 16) - 1;
    for (int i = 0; i < count; i++, x += warp->column_x, y += warp->column_y) {
        const int64_t cx = x < 0 ? 0 : x > most_x ? most_x : x, cy = y < 0 ? 0 : y > most_y ? most_y : y;
        out[i] = (uint8_t)bilinear(warp->source + (size_t)(cy >> 16) * stride + (size_t)(cx >> 16), stride,
                                   (int)(cx >> 8 & 255), (int)(cy >> 8 & 255));
    }
}

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

static void render_plane(const struct warp *warp, uint8_t *out, int width, int height)
{
    for (int row = 0; row < height; row++, out += width) {
        const int64_t x = warp->start_x + row * warp->row_x, y = warp->start_y + row * warp->row_y;
        const int64_t last_x = x + (width - 1) * warp->column_x, last_y = y + (width - 1) * warp->column_y;
        if (inside(warp, x, y) && inside(warp, last_x, last_y))
            warp_row(warp, x, y, out, width);
        else
            warp_row_clamped(warp, x, y, out, width);
    }
}

size_t demo_frame_bytes(const struct demo *demo)
{
    const size_t width = (size_t)demo->width_px, height = (size_t)demo->height_px;
    return width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2);
}

void demo_render(const struct demo *demo, uint64_t frame_number, bool noise, uint8_t *pixels)
{
    const struct pose pose = pose_of(demo, frame_number);
    const int width = demo->width_px, height = demo->height_px;
    uint8_t *plane = pixels;
    for (int i = 0; i < 3; i++) {
        const int w = i ? (width + 1) / 2 : width, h = i ? (height + 1) / 2 : height;
        const struct warp warp = make_warp(demo, &pose, i);
        render_plane(&warp, plane, w, h);
        plane += (size_t)w * (size_t)h;
    }
    if (!noise)
        return;
    struct pen_random
        random; /* another piece of the tile for each row of each frame, so that no pattern shows */
    pen_random_seed(&random, demo->noise_seed + frame_number);
    for (int row = 0; row < height; row++) {
        const uint64_t draw = pen_random_next(&random);
        add_noise(demo->noise[draw >> 40 & (NOISE_SIDE - 1)], (int)(draw >> 20 & (NOISE_SIDE - 1)),
                  pixels + (size_t)row * (size_t)width, width);
    }
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
                                    const struct pose *pose)
{
    const float scale = hypotf(pose->cosine, pose->sine);
    struct pen_bounds bounds = {HUGE_VALF, HUGE_VALF, -HUGE_VALF, -HUGE_VALF};
    for (int i = digit->first_ink; i < digit->end_ink; i++) {
        const struct demo_ink *const ink = &page->ink[i];
        const float x = pose->cosine * ink->x - pose->sine * ink->y + pose->x_px;
        const float y = pose->sine * ink->x + pose->cosine * ink->y + pose->y_px;
        const float radius = ink->radius * scale;
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

void demo_truth(const struct demo *demo, uint64_t frame_number, struct demo_truth *truth)
{
    const struct pose pose = pose_of(demo, frame_number);
    const struct demo_page *const page = &demo->page;
    memset(truth, 0, sizeof *truth);
    truth->digit_count = page->digit_count;
    truth->number_count = page->number_count;
    for (int i = 0; i < page->number_count; i++)
        memcpy(truth->numbers[i].text, page->numbers[i], sizeof truth->numbers[i].text);
    for (int i = 0; i < page->digit_count; i++) {
        const struct demo_page_digit *const digit = &page->digits[i];
        const struct pen_bounds bounds = ink_bounds(page, digit, &pose);
        struct demo_number *const number = &truth->numbers[digit->number];
        truth->digits[i] = (struct demo_digit){digit->digit, to_box(demo, &bounds), digit->number};
        number->box = number->box.w ? box_around(number->box, truth->digits[i].box) : truth->digits[i].box;
    }
}

/* ---- making one ---- */

static bool size_is_possible(int width_px, int height_px)
{
    return width_px >= 1 && height_px >= 1 && width_px <= FRAME_MAX_SIDE_PX &&
           height_px <= FRAME_MAX_SIDE_PX && (int64_t)width_px * height_px <= FRAME_MAX_PIXELS;
}

int demo_create(struct demo **demo, uint64_t seed, int width_px, int height_px)
{
    *demo = NULL;
    if (!size_is_possible(width_px, height_px))
        return -EINVAL;
    struct demo *const made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->width_px = width_px;
    made->height_px = height_px;
    const int error = demo_page_create(&made->page, seed, width_px, height_px);
    if (error) {
        free(made);
        return error;
    }
    struct pen_random random;
    pen_random_seed(&random, ~seed);
    for (int i = 0; i < 10; i++)
        made->phases[i] = pen_random_uniform(&random, 0, TAU);
    for (int i = 0; i < NOISE_SIDE * NOISE_SIDE; i++)
        made->noise[i / NOISE_SIDE][i % NOISE_SIDE] =
            (int8_t)lrintf(pen_random_normal(&random, 0, NOISE_SIZE));
    made->noise_seed = pen_random_next(&random);
    *demo = made;
    return 0;
}

void demo_destroy(struct demo *demo)
{
    if (!demo)
        return;
    demo_page_destroy(&demo->page);
    free(demo);
}
