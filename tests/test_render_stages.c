/* --stages: which pictures are written, what is in them, and what is said where they cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <spng.h>
#include <sys/stat.h>
#include <unistd.h>

#include "render/stages.h"

#define W 40
#define H 30

static char folder[64], why[512];
static struct canvas *canvas;

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/digitcam-stages-XXXXXX");
    return mkdtemp(folder) ? canvas_create(&canvas, why, sizeof why) : -1;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    canvas_destroy(canvas);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* RGB of a PNG of the folder; the caller's to free(). NULL: there is none. */
static uint8_t *load(const char *name, uint32_t *w, uint32_t *h)
{
    char path[128];
    struct spng_ihdr header;
    size_t bytes;
    snprintf(path, sizeof path, "%s/all/%s", folder, name);
    FILE *const file = fopen(path, "rb");
    if (!file)
        return NULL;
    spng_ctx *const context = spng_ctx_new(0);
    assert_int_equal(spng_set_png_file(context, file), 0);
    assert_int_equal(spng_get_ihdr(context, &header), 0);
    assert_int_equal(spng_decoded_image_size(context, SPNG_FMT_RGB8, &bytes), 0);
    uint8_t *const pixels = malloc(bytes);
    assert_int_equal(spng_decode_image(context, pixels, bytes, SPNG_FMT_RGB8, 0), 0);
    spng_ctx_free(context);
    fclose(file);
    *w = header.width;
    *h = header.height;
    return pixels;
}

static void says_what_is_wrong_with_the_folder(void **state)
{
    (void)state;
    struct stages *stages;
    char path[128];
    snprintf(path, sizeof path, "%s/none/deep", folder);
    assert_int_equal(stages_create(&stages, path, why, sizeof why), -ENOENT);
    assert_null(stages);
    assert_non_null(strstr(why, path));
    assert_non_null(strstr(why, "make the folder it is to lie in first"));
    snprintf(path, sizeof path, "%s/file", folder);
    fclose(fopen(path, "w"));
    assert_int_equal(stages_create(&stages, path, why, sizeof why), -ENOTDIR);
    assert_non_null(strstr(why, "is no folder"));
    stages_destroy(NULL);
}

/* A ring of ink two pixels wide round a hole, on the level the watch is told of. */
static void show_a_ring(struct stages *stages, bool candidate)
{
    static uint8_t gray[W * H], mask[W * H], crop[28 * 28];
    const struct gray_view gray_view = {gray, W, H, W}, mask_view = {mask, W, H, W};
    const struct watch *const watch = stages_watch(stages);
    const float scores[10] = {[0] = 0.75f, [6] = 0.125f};
    memset(gray, 200, sizeof gray);
    memset(mask, 0, sizeof mask);
    memset(crop, 0, sizeof crop);
    crop[14 * 28 + 14] = 255;
    for (int y = 5; y < 25; y++)
        for (int x = 10; x < 30; x++)
            mask[y * W + x] = !(x >= 12 && x < 28 && y >= 7 && y < 23);
    watch->level(watch->context, 0, false, gray_view, mask_view);
    memset(mask, 0, sizeof mask);
    watch->level(watch->context, 0, true, gray_view, mask_view); /* no ink: no picture */
    if (candidate)
        watch->candidate(watch->context, (struct box){10, 5, 20, 20}, crop, scores);
}

static void every_stage_is_a_picture(void **state)
{
    (void)state;
    struct stages *stages;
    char path[128];
    uint32_t w, h;
    uint8_t *pixels;
    const struct reading reading = {.source = "ring", .width_px = W, .height_px = H};
    snprintf(path, sizeof path, "%s/all", folder);
    assert_int_equal(stages_create(&stages, path, why, sizeof why), 0);
    stages_begin(stages);
    show_a_ring(stages, true);
    assert_int_equal(stages_save(stages, canvas, &reading, why, sizeof why), 0);

    assert_non_null(pixels = load("gray.png", &w, &h));
    assert_int_equal(w, W);
    assert_int_equal(h, H);
    assert_int_equal(pixels[3 * (3 * W + 3)], 200);
    free(pixels);
    assert_non_null(pixels = load("mask-0-dark.png", &w, &h));
    assert_int_equal(pixels[3 * (5 * W + 10)], 20);   /* ink */
    assert_int_equal(pixels[3 * (15 * W + 20)], 255); /* the hole */
    free(pixels);
    assert_non_null(pixels = load("contours-0-dark.png", &w, &h));
    assert_true(pixels[3 * (5 * W + 15)] > pixels[3 * (5 * W + 15) + 2]); /* outside: red */
    assert_true(pixels[3 * (6 * W + 15)] < pixels[3 * (6 * W + 15) + 2]); /* at the hole: blue */
    free(pixels);
    assert_null(load("mask-0-light.png", &w, &h));
    assert_non_null(pixels = load("regions.png", &w, &h));
    free(pixels);
    assert_non_null(pixels = load("crops.png", &w, &h));
    const size_t middle = 3 * ((44 + 14 * 3 + 1) * (size_t)w + 44 + 14 * 3 + 1), left = middle - 3 * 12;
    assert_in_range(pixels[middle], 0,
                    20); /* the crop's one pixel of ink, three times as large, as ink is on paper */
    assert_in_range(pixels[left], 235, 255);
    free(pixels);
    assert_non_null(pixels = load("scores.png", &w, &h));
    const size_t row = 3 * (size_t)w * (44 + 60), zero = row + 3 * (44 + 3 + 2),
                 six = row + 3 * (44 + 3 + 6 * 7 + 2);
    assert_in_range(pixels[zero], 20, 80);  /* three quarters of the height: a bar here */
    assert_in_range(pixels[six], 240, 255); /* an eighth: not here */
    free(pixels);

    stages_begin(stages); /* of a second picture, where nothing is found */
    show_a_ring(stages, false);
    assert_int_equal(stages_save(stages, canvas, &reading, why, sizeof why), 0);
    assert_non_null(pixels = load("gray-2.png", &w, &h));
    free(pixels);
    assert_non_null(pixels = load("crops-2.png", &w, &h));
    free(pixels);

    snprintf(path, sizeof path, "rm -rf '%s/all'", folder); /* the folder vanishes */
    assert_int_equal(system(path), 0);
    stages_begin(stages);
    show_a_ring(stages, true);
    assert_true(stages_save(stages, canvas, &reading, why, sizeof why) < 0);
    assert_non_null(strstr(why, "mask-0-dark-3.png"));
    stages_destroy(stages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_is_wrong_with_the_folder),
                                       cmocka_unit_test(every_stage_is_a_picture)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
