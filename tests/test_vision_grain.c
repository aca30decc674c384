/* Strokes of grains: which pages are taken for grainy, and a chalk board read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/shipped.h"
#include "vision/grain.h"

enum { W = 640, H = 360, FLOOR = 10, MOST_RUNS = 100000 };

static uint8_t picture[W * H];

static uint32_t next_random(void)
{
    static uint32_t state = 7;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static void fill(int x, int y, int w, int h, int gray)
{
    for (int v = y; v < y + h; v++)
        for (int u = x; u < x + w; u++)
            picture[v * W + u] = (uint8_t)gray;
}

static void blank(int gray)
{
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)(gray + (int)(next_random() % 5));
}

/* A 4 that is `h` high. */
static void four(int x, int y, int h, int gray)
{
    const int stroke = h / 8;
    fill(x, y, stroke, h * 3 / 5, gray);
    fill(x, y + h / 2, h * 2 / 3, stroke, gray);
    fill(x + h * 2 / 5, y, stroke, h, gray);
}

enum { FOURS = 12 };

static void fours(int paper, int ink)
{
    blank(paper);
    for (int k = 0; k < FOURS; k++)
        four(40 + k % 4 * 150, 30 + k / 4 * 110, 64, ink);
}

/* Of what is as light as chalk, only grains of 2 x 2 pixels stay, so many in a hundred. */
static void crumble(int board, int chalk, unsigned percent)
{
    for (int y = 0; y < H; y += 2)
        for (int x = 0; x < W; x += 2)
            if (abs(picture[y * W + x] - chalk) < 30 && next_random() % 100 >= percent)
                fill(x, y, 2, 2, board);
}

/* Is the picture's ink of this polarity grainy, and if so, of how many pieces is it once they are joined? -1: it is not. */
static int joined_pieces(bool light)
{
    const struct gray_image no_half = {NULL, 0, 0, 0};
    struct threshold *threshold;
    struct components components = {0};
    struct grain grain = {0};
    struct ink ink[2], joined;
    assert_int_equal(threshold_create(&threshold), 0);
    assert_int_equal(threshold_run(threshold, (struct gray_view){picture, W, H, W}, FLOOR, no_half, ink), 0);
    assert_int_equal(components_find(&components, ink[light].mask, MOST_RUNS), 0);
    const int grainy = grain_join(&grain, &ink[light], &components, FLOOR, MOST_RUNS, &joined);
    assert_in_range(grainy, 0, 1);
    int pieces = -1;
    if (grainy) {
        assert_int_equal(joined.light_on_dark, light);
        assert_int_equal(components_find(&components, joined.mask, MOST_RUNS), 0);
        pieces = components.count;
    }
    threshold_destroy(threshold);
    components_release(&components);
    grain_release(&grain);
    return pieces;
}

static void grains_become_strokes(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++)
        for (unsigned percent = 45; percent <= 60; percent += 15) {
            const int paper = light ? 50 : 200, ink = light ? 220 : 40;
            fours(paper, ink);
            crumble(paper, ink, percent);
            assert_in_range(joined_pieces(light), FOURS, 2 * FOURS); /* of some hundred */
            assert_int_equal(joined_pieces(!light), -1); /* what is between them is paper */
        }
}

static void whole_strokes_are_not_asked(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++) {
        fours(light ? 50 : 200, light ? 220 : 40);
        assert_int_equal(joined_pieces(light), -1);
        assert_int_equal(joined_pieces(!light), -1); /* the paper between the strokes */
    }
}

/* Numbers so close that joining would make one piece of each. */
static void close_digits_are_no_grains(void **state)
{
    (void)state;
    blank(200);
    for (int y = 10; y + 24 < H; y += 40)
        for (int x = 10; x + 120 < W; x += 150)
            for (int k = 0; k < 6; k++)
                four(x + k * 19, y, 24, 40);
    assert_int_equal(joined_pieces(false), -1);
}

static void noise_is_no_grains(void **state)
{
    (void)state;
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)next_random();
    assert_int_equal(joined_pieces(false), -1);
    assert_int_equal(joined_pieces(true), -1);
}

static int fours_read(void)
{
    const struct frame frame = gray_frame(picture, W, H, W);
    struct reading reading;
    int right = 0;
    recogniser_forget(recogniser);
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    for (int i = 0; i < reading.digit_count; i++) {
        assert_int_equal(reading.digits[i].digit, 4);
        right++;
    }
    return right;
}

static void chalk_is_read(void **state)
{
    (void)state;
    fours(50, 220);
    assert_int_equal(fours_read(), FOURS);
    fours(50, 220);
    crumble(50, 220, 50);
    assert_in_range(fours_read(), FOURS - 1, FOURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grains_become_strokes),
        cmocka_unit_test(whole_strokes_are_not_asked), cmocka_unit_test(close_digits_are_no_grains),
        cmocka_unit_test(noise_is_no_grains),          cmocka_unit_test(chalk_is_read),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
