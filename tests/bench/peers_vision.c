/* peers_vision.c - from a YUYV frame of the demo to borders and regions, beside OpenCV's usual way. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/hold.h"
#include "capture/luma.h"
#include "net/bench.h"
#include "tests/bench/peers.h"
#include "vision/candidates.h"
#include "vision/components.h"
#include "vision/nesting.h"
#include "vision/threshold.h"

enum { REPEATS = 40, MOST_RUNS = 1 << 20, FLOOR = 10 };

struct scene {
    struct frame yuyv;
    struct luma *luma;
    struct threshold *threshold;
    struct components components;
    struct nesting nesting;
    struct candidates *candidates;
    struct ink ink[2];     /* of the frame */
    struct gray_view mask; /* of its dark ink, a byte a pixel as OpenCV wants it */
    int borders;           /* found by the last stage that finds some */
};

static int gray_of(struct scene *scene, struct gray_view *gray)
{
    struct frame frame;
    const int error = luma_from_frame(scene->luma, &scene->yuyv, &frame);
    *gray = (struct gray_view){frame.data, frame.width_px, frame.height_px, frame.stride_bytes};
    return error;
}

/* ---- what is measured; 0 or a negative errno ---- */

static int our_mask(struct scene *scene)
{
    const struct gray_image no_half = {NULL, 0, 0, 0};
    struct gray_view gray;
    const int error = gray_of(scene, &gray);
    return error ? error : threshold_run(scene->threshold, gray, FLOOR, no_half, scene->ink);
}

static int our_borders_of_mask(struct scene *scene)
{
    int error = components_find(&scene->components, scene->ink[0].mask, MOST_RUNS);
    if (!error)
        error = nesting_find(&scene->nesting, &scene->components);
    scene->borders = scene->components.count + scene->nesting.hole_count; /* outer ones and those of holes */
    return error;
}

static int our_borders(struct scene *scene)
{
    const int error = our_mask(scene);
    return error ? error : our_borders_of_mask(scene);
}

static int our_regions(struct scene *scene)
{
    const struct candidate *found;
    struct gray_view gray;
    const int error = gray_of(scene, &gray);
    return error ? error : candidates_find(scene->candidates, gray, &found, &scene->borders, NULL);
}

#ifdef PEERS_OPENCV
static int their_borders(struct scene *scene)
{
    scene->borders = peer_opencv_borders(scene->yuyv.data, scene->yuyv.width_px, scene->yuyv.height_px);
    return 0;
}

static int their_borders_of_mask(struct scene *scene)
{
    scene->borders = peer_opencv_borders_of_mask(scene->mask.pixels, scene->mask.width_px,
                                                 scene->mask.height_px, (int)scene->mask.stride_bytes);
    return 0;
}
#endif

/* A row of the table: ours, theirs where there is something like it. */
static const struct row {
    const char *what;
    int (*ours)(struct scene *scene);
    int (*theirs)(struct scene *scene);
} rows[] = {
#ifdef PEERS_OPENCV
    {"frame to borders", our_borders, their_borders},
    {"borders of one mask", our_borders_of_mask, their_borders_of_mask},
#else
    {"frame to borders", our_borders, NULL},
    {"borders of one mask", our_borders_of_mask, NULL},
#endif
    {"frame to regions with crops", our_regions, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The mask once more for OpenCV. */
static int spell_out(struct scene *scene)
{
    const struct bit_view mask = scene->ink[0].mask;
    const size_t width = (size_t)mask.width_px, pixels = width * (size_t)mask.height_px;
    uint8_t *const bytes = malloc(pixels);
    if (!bytes)
        return -ENOMEM;
    for (size_t i = 0; i < pixels; i++)
        bytes[i] = bit_at(mask, (int)(i % width), (int)(i / width));
    scene->mask = (struct gray_view){bytes, mask.width_px, mask.height_px, width};
    return 0;
}

/* ---- measuring ---- */

static int time_us(int (*stage)(struct scene *), struct scene *scene, double *best_us, int *borders)
{
    const double start = bench_now_ns();
    const int error = stage(scene);
    *best_us = fmin(*best_us, (bench_now_ns() - start) / 1e3);
    *borders = scene->borders;
    return error;
}

static int bench_rows(struct scene *scene)
{
    double ours_us[ROWS], theirs_us[ROWS];
    int ours[ROWS], theirs[ROWS], error = our_mask(scene);
    if (!error)
        error = spell_out(scene);
    for (int r = 0; r < ROWS; r++)
        ours_us[r] = theirs_us[r] = HUGE_VAL;
    for (int repeat = 0; repeat < REPEATS && !error; repeat++)
        for (int r = 0; r < ROWS && !error; r++) {
            error = time_us(rows[r].ours, scene, &ours_us[r], &ours[r]);
            if (!error && rows[r].theirs)
                error = time_us(rows[r].theirs, scene, &theirs_us[r], &theirs[r]);
        }
    for (int r = 0; r < ROWS && !error; r++) {
        printf("  %-28s digitcam %7.0f us (%d)", rows[r].what, ours_us[r], ours[r]);
        if (rows[r].theirs)
            printf("   OpenCV %7.0f us (%d)   %5.2f x", theirs_us[r], theirs[r], theirs_us[r] / ours_us[r]);
        putchar('\n');
        if (!error && rows[r].theirs && rows[r].ours == our_borders_of_mask && ours[r] != theirs[r]) {
            fputs("peers: on the same mask both have to find the same number of borders\n", stderr);
            error = -EBADMSG;
        }
    }
    return error;
}

/* The demo's page with 20 digits as a camera gives it: YUYV, without colour. */
static int make_frame(int width_px, int height_px, struct frame *yuyv)
{
    const struct demo_options wanted = {
        .seed = DEMO_DEFAULT_SEED, .width_px = width_px, .height_px = height_px, .digits = 20};
    struct hold *hold;
    struct frame gray;
    const size_t bytes = (size_t)width_px * (size_t)height_px * 2;
    uint8_t *const pixels = malloc(bytes);
    const int error = pixels ? hold_demo(&hold, &wanted, 1) : -ENOMEM;
    if (error) {
        free(pixels);
        return error;
    }
    hold_frame(hold, 0, &gray);
    for (int y = 0; y < height_px; y++)
        for (int x = 0; x < width_px; x++) {
            uint8_t *const to = pixels + 2 * ((size_t)y * (size_t)width_px + (size_t)x);
            to[0] = gray.data[(size_t)y * gray.stride_bytes + (size_t)x];
            to[1] = 128;
        }
    hold_destroy(hold);
    *yuyv = (struct frame){.fourcc = FRAME_YUYV,
                           .width_px = width_px,
                           .height_px = height_px,
                           .data = pixels,
                           .size_bytes = bytes,
                           .stride_bytes = 2 * (size_t)width_px,
                           .orientation = 1,
                           .name = "demo"};
    return 0;
}

static int bench_size(int width_px, int height_px)
{
    struct scene scene = {0};
    int error = make_frame(width_px, height_px, &scene.yuyv);
    if (!error)
        error = luma_create(&scene.luma);
    if (!error)
        error = threshold_create(&scene.threshold);
    if (!error)
        error = candidates_create(&scene.candidates);
    if (!error)
        printf("demo, YUYV, %dx%d (found)\n", width_px, height_px);
    if (!error)
        error = bench_rows(&scene);
    components_release(&scene.components);
    nesting_release(&scene.nesting);
    free((void *)(uintptr_t)scene.mask.pixels);
    candidates_destroy(scene.candidates);
    threshold_destroy(scene.threshold);
    luma_destroy(scene.luma);
    free((void *)(uintptr_t)scene.yuyv.data);
    return error;
}

int peers_bench_vision(void)
{
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1920, 1080}};
    int error = 0;
    for (int i = 0; i < 3 && !error; i++)
        error = bench_size(sizes[i][0], sizes[i][1]);
    return error;
}
