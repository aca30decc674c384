/* The ink found under light that is not even, and the contrast it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/pyramid.h"
#include "vision/threshold.h"

enum { FLOOR = 5 };

static const struct gray_image no_half = {NULL, 0, 0, 0};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A cross of 4-pixel strokes on paper whose brightness falls from left to right, with a hard shadow edge. */
static void draw(uint8_t *picture, int w, int h, bool light_on_dark, int contrast)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int gray = 210 - 20 * x / w - (y > h / 2 + x / 8 ? 50 : 0);
            const bool ink =
                (abs(x - w / 2) < 2 && abs(y - h / 2) < 20) || (abs(y - h / 2) < 2 && abs(x - w / 2) < 20);
            if (light_on_dark)
                gray = 255 - gray;
            if (ink)
                gray += light_on_dark ? contrast : -contrast;
            picture[y * w + x] = (uint8_t)gray;
        }
}

static void finds_ink_and_nothing_else_under_a_shadow(void **state)
{
    (void)state;
    enum { W = 120, H = 100 };
    uint8_t picture[W * H];
    struct threshold *threshold;
    assert_int_equal(threshold_create(&threshold), 0);
    for (int light = 0; light < 2; light++)
        for (int contrast = 20; contrast <= 90; contrast += 70) {
            draw(picture, W, H, light, contrast);
            struct ink ink_of[2];
            assert_int_equal(
                threshold_run(threshold, (struct gray_view){picture, W, H, W}, FLOOR, no_half, ink_of), 0);
            int wrong = 0, ink = 0;
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++) {
                    const bool drawn = (abs(x - W / 2) < 2 && abs(y - H / 2) < 20) ||
                                       (abs(y - H / 2) < 2 && abs(x - W / 2) < 20);
                    ink += drawn;
                    wrong += drawn != bit_at(ink_of[light].mask, x, y);
                }
            assert_true(ink > 200);
            assert_true(wrong * 8 <= ink); /* a few specks where the light falls off along the edge */
        }
    threshold_destroy(threshold);
}

static void flat_and_extreme_pictures_hold_no_ink(void **state)
{
    (void)state;
    struct threshold *threshold;
    assert_int_equal(threshold_create(&threshold), 0);
    static const int sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {17, 17}, {200, 100}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int value = 0; value < 256; value += 51) {
            const int w = sizes[s][0], h = sizes[s][1];
            uint8_t *const picture = test_malloc((size_t)(w * h));
            memset(picture, value, (size_t)(w * h));
            struct ink ink[2];
            assert_int_equal(
                threshold_run(threshold, (struct gray_view){picture, w, h, (size_t)w}, FLOOR, no_half, ink),
                0);
            for (int light = 0; light < 2; light++) {
                assert_int_equal(ink[light].noise, 0);
                for (size_t i = 0; i < ink[light].mask.stride_words * (size_t)h; i++)
                    assert_int_equal(ink[light].mask.words[i], 0);
            }
            test_free(picture);
        }
    threshold_destroy(threshold);
}

/* What threshold.h says, pixel by pixel: paper of 2x2 blocks, the strongest contrast in 5x5 blocks of 4x4. */
static int naive_nearby(const struct ink *ink, int x, int y)
{
    const int w = ink->gray.width_px, h = ink->gray.height_px;
    int most = 0;
    for (int v = (y / 4 - 2) * 4; v < (y / 4 + 3) * 4; v++)
        for (int u = (x / 4 - 2) * 4; u < (x / 4 + 3) * 4; u++)
            if (u >= 0 && v >= 0 && u < w && v < h && ink_contrast(ink, u, v) > most)
                most = ink_contrast(ink, u, v);
    return most;
}

static void mask_and_contrast_are_what_they_say(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 70}, {70, 1}, {5, 3}, {63, 64}, {129, 131}, {150, 98}};
    uint32_t random = 3;
    struct threshold *threshold;
    assert_int_equal(threshold_create(&threshold), 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int w = sizes[s][0], h = sizes[s][1], stride = w + 3;
        uint8_t *const picture = test_malloc((size_t)(stride * h)), *const row = test_malloc((size_t)w);
        for (int i = 0; i < stride * h; i++) /* noise over strokes */
            picture[i] = (uint8_t)(180 + next_random(&random) % 9 -
                                   (i % stride / 5 % 4 == 0 ? next_random(&random) % 150 : 0));
        struct ink ink[2];
        const struct gray_view view = {picture, w, h, (size_t)stride};
        assert_int_equal(threshold_run(threshold, view, FLOOR, no_half, ink), 0);
        for (int light = 0; light < 2; light++) {
            const int floor = ink[light].noise > FLOOR ? ink[light].noise : FLOOR;
            for (int y = 0; y < h; y++) {
                const int from = (int)(next_random(&random) % (uint32_t)w);
                ink_contrasts(&ink[light], (struct box){from, y, w - from, 1},
                              (struct gray_image){row, w - from, 1, 1});
                for (int x = 0; x < w; x++) {
                    const int contrast = ink_contrast(&ink[light], x, y);
                    const int share = naive_nearby(&ink[light], x, y) * THRESHOLD_SHARE / 256;
                    const struct box in = ink[light].inside; /* a stroke along the edge is taken for a line round it */
                    const bool inside = x >= in.x && x < in.x + in.w && y >= in.y && y < in.y + in.h;
                    assert_int_equal(bit_at(ink[light].mask, x, y), inside && contrast > floor && contrast >= share);
                    if (x >= from)
                        assert_int_equal(row[x - from], contrast);
                }
            }
        }
        test_free(picture);
        test_free(row);
    }
    threshold_destroy(threshold);
}

static void pyramid_halves(void **state)
{
    (void)state;
    uint8_t picture[101 * 99];
    for (int i = 0; i < 101 * 99; i++)
        picture[i] = (uint8_t)(i * 7);
    struct pyramid pyramid = {0};
    struct threshold *threshold;
    struct ink ink[2];
    const struct gray_view view = {picture, 101, 99, 101};
    assert_int_equal(threshold_create(&threshold), 0);
    assert_int_equal(pyramid_lay_out(&pyramid, view), 0);
    assert_int_equal(pyramid.level_count, 3);
    assert_int_equal(pyramid.levels[1].width_px, 50);
    assert_int_equal(pyramid.levels[2].height_px, 24);
    assert_int_equal(threshold_run(threshold, view, FLOOR, pyramid_half(&pyramid, 0), ink), 0);
    for (int y = 0; y < 49; y++)
        for (int x = 0; x < 50; x++) {
            const uint8_t *p = picture + 2 * y * 101 + 2 * x;
            assert_int_equal(pyramid.levels[1].pixels[y * 50 + x], (p[0] + p[1] + p[101] + p[102] + 2) / 4);
        }
    assert_null(pyramid_half(&pyramid, 2).pixels);
    assert_int_equal(pyramid_lay_out(&pyramid, (struct gray_view){picture, 1, 1, 1}), 0);
    assert_int_equal(pyramid.level_count, 1);
    pyramid_release(&pyramid);
    threshold_destroy(threshold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask_and_contrast_are_what_they_say),
        cmocka_unit_test(finds_ink_and_nothing_else_under_a_shadow),
        cmocka_unit_test(flat_and_extreme_pictures_hold_no_ink),
        cmocka_unit_test(pyramid_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
