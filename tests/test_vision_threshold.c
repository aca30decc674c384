/* The sliding extreme against its definition, and the ink found under light that is not even. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/pyramid.h"
#include "vision/threshold.h"

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int naive_extreme(struct gray_view in, int x, int y, int radius, bool largest)
{
    int best = largest ? 0 : 255;
    for (int v = y - radius; v <= y + radius; v++)
        for (int u = x - radius; u <= x + radius; u++) {
            if (u < 0 || v < 0 || u >= in.width_px || v >= in.height_px)
                continue; /* a repeated edge adds no new value */
            const int value = in.pixels[(size_t)v * in.stride_bytes + (size_t)u];
            best = largest ? (value > best ? value : best) : (value < best ? value : best);
        }
    return best;
}

static void extreme_is_what_it_says(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 90}, {90, 1}, {2, 3}, {63, 65}, {64, 64}, {65, 7}, {130, 40}};
    uint32_t random = 3;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int radius = 1; radius <= 9; radius += 2) {
            const int w = sizes[s][0], h = sizes[s][1], stride = w + 5;
            uint8_t *const in = test_malloc((size_t)(stride * h)), *const out = test_malloc((size_t)(w * h));
            uint8_t *const scratch = test_calloc(1, threshold_scratch_bytes(w, h, radius));
            for (int i = 0; i < stride * h; i++)
                in[i] = (uint8_t)next_random(&random);
            const struct gray_view view = {in, w, h, (size_t)stride};
            for (int largest = 0; largest < 2; largest++) {
                threshold_local_extreme(view, (struct gray_image){out, w, h, (size_t)w}, radius, largest, scratch);
                for (int y = 0; y < h; y++)
                    for (int x = 0; x < w; x++)
                        assert_int_equal(out[y * w + x], naive_extreme(view, x, y, radius, largest));
            }
            test_free(in);
            test_free(out);
            test_free(scratch);
        }
}

/* A cross of 4-pixel strokes on paper whose brightness falls from left to right, with a hard shadow edge. */
static void draw(uint8_t *picture, int w, int h, bool light_on_dark, int contrast)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int gray = 210 - 20 * x / w - (y > h / 2 + x / 8 ? 50 : 0);
            const bool ink = (abs(x - w / 2) < 2 && abs(y - h / 2) < 20) || (abs(y - h / 2) < 2 && abs(x - w / 2) < 20);
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
            struct gray_view shown, mask;
            assert_int_equal(threshold_run(threshold, (struct gray_view){picture, W, H, W}, light, &shown, &mask, NULL), 0);
            int wrong = 0, ink = 0;
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++) {
                    const bool drawn = (abs(x - W / 2) < 2 && abs(y - H / 2) < 20) || (abs(y - H / 2) < 2 && abs(x - W / 2) < 20);
                    ink += drawn;
                    wrong += drawn != (mask.pixels[y * (int)mask.stride_bytes + x] != 0);
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
            struct gray_view contrast, mask;
            assert_int_equal(threshold_run(threshold, (struct gray_view){picture, w, h, (size_t)w}, value % 2, &contrast, &mask, NULL), 0);
            for (int i = 0; i < w * h; i++)
                assert_int_equal(mask.pixels[i], 0);
            test_free(picture);
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
    const struct gray_view view = {picture, 101, 99, 101};
    assert_int_equal(pyramid_build(&pyramid, view), 0);
    assert_int_equal(pyramid.level_count, 3);
    assert_int_equal(pyramid.levels[1].width_px, 50);
    assert_int_equal(pyramid.levels[2].height_px, 24);
    for (int y = 0; y < 49; y++)
        for (int x = 0; x < 50; x++) {
            const uint8_t *p = picture + 2 * y * 101 + 2 * x;
            assert_int_equal(pyramid.levels[1].pixels[y * 50 + x], (p[0] + p[1] + p[101] + p[102] + 2) / 4);
        }
    assert_int_equal(pyramid_build(&pyramid, (struct gray_view){picture, 1, 1, 1}), 0);
    assert_int_equal(pyramid.level_count, 1);
    pyramid_release(&pyramid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extreme_is_what_it_says),
        cmocka_unit_test(finds_ink_and_nothing_else_under_a_shadow),
        cmocka_unit_test(flat_and_extreme_pictures_hold_no_ink),
        cmocka_unit_test(pyramid_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
