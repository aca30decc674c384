/* What is drawn round digits is found and set apart; what only comes near them is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/enclosures.h"

#define W     320
#define H     240
#define WORDS ((W + 63) / 64)

static uint64_t bits[WORDS * H];
static const struct bit_view mask = {bits, W, H, WORDS};
static struct components components;
static struct enclosures enclosures;

static int clean(void **state)
{
    (void)state;
    components_release(&components);
    enclosures_release(&enclosures);
    return 0;
}

static int start(void **state)
{
    (void)state;
    memset(bits, 0, sizeof bits);
    return 0;
}

static void fill(int x, int y, int w, int h)
{
    for (int v = y; v < y + h; v++)
        bits_fill(bits + (size_t)v * WORDS, x, x + w);
}

/* Four lines round the box (x, y, w, h), two pixels wide, outside of it. */
static void frame(int x, int y, int w, int h)
{
    fill(x - 2, y - 2, w + 4, 2);
    fill(x - 2, y + h, w + 4, 2);
    fill(x - 2, y, 2, h);
    fill(x + w, y, 2, h);
}

/* A 4 of 24 x 36 pixels. */
static void digit(int x, int y)
{
    fill(x, y, 4, 24);
    fill(x, y + 20, 24, 4);
    fill(x + 16, y, 4, 36);
}

static int find(void)
{
    assert_int_equal(components_find(&components, mask, W * H), 0);
    assert_int_equal(enclosures_find(&enclosures, &components, mask, 10, 60), 0);
    return enclosures.count;
}

static bool same(struct bit_view a, int x, int y, int w, int h, bool ink)
{
    for (int v = y; v < y + h; v++)
        for (int u = x; u < x + w; u++)
            if (bit_at(a, u, v) != ink)
                return false;
    return true;
}

static void a_box_round_a_digit_is_set_apart(void **state)
{
    (void)state;
    frame(100, 80, 50, 60);
    digit(113, 92);
    digit(200, 92); /* beside it, in none */
    assert_int_equal(find(), 1);
    assert_true(same(enclosures.rest, 98, 78, 54, 2, false) && same(enclosures.rest, 98, 78, 2, 64, false));
    assert_true(same(enclosures.rest, 113, 92, 4, 24, true) && same(enclosures.rest, 200, 92, 4, 24, true));
    assert_true(same(enclosures.drawn, 97, 77, 56, 4, true) && same(enclosures.drawn, 149, 77, 4, 66, true));
    assert_true(same(enclosures.drawn, 101, 81, 48, 58, false) && same(enclosures.drawn, 154, 0, 60, H, false));
    assert_true(bit_at(mask, 98, 78)); /* the mask itself stays */
}

/* A table is one piece of ink, and round each of its digits. */
static void the_lines_of_a_table_are_an_enclosure(void **state)
{
    (void)state;
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 4; i++) {
            frame(20 + 52 * i, 20 + 62 * j, 50, 60);
            digit(30 + 52 * i, 30 + 62 * j);
        }
    assert_int_equal(find(), 1);
    assert_true(same(enclosures.rest, 18, 18, 300, 2, false));
}

static void what_does_not_go_round_is_none(void **state)
{
    (void)state;
    digit(113, 92);
    assert_int_equal(find(), 0);
    assert_ptr_equal(enclosures.rest.words, bits);
    assert_int_equal(enclosures.drawn.width_px, 0);
    fill(98, 78, 54, 2); /* a hook: above, on the left, below */
    fill(98, 78, 2, 64);
    fill(98, 140, 54, 2);
    assert_int_equal(find(), 0);
    fill(150, 78, 2, 20); /* and a third of the right side */
    assert_int_equal(find(), 0);
    fill(150, 78, 2, 64);
    assert_int_equal(find(), 1);
}

static void what_touches_or_is_far_away_is_none(void **state)
{
    (void)state;
    frame(112, 91, 26, 38); /* a pixel of paper between */
    digit(113, 92);
    assert_int_equal(find(), 0);
    start(NULL);
    frame(4, 4, W - 8, H - 8); /* the edge of a sheet */
    digit(113, 92);
    assert_int_equal(find(), 0);
}

/* A dot in a zero makes none of it. */
static void what_holds_specks_is_none(void **state)
{
    (void)state;
    frame(100, 80, 30, 40);
    fill(112, 96, 6, 6);
    assert_int_equal(find(), 0);
}

static void noise_and_nets_end_in_time(void **state)
{
    (void)state;
    srand(4);
    for (int kind = 0; kind < 3; kind++) {
        start(NULL);
        for (int i = 0; i < W * H; i++)
            if (kind == 2 ? i % W % 16 == 0 || i / W % 16 == 0 : rand() % (kind + 3) == 0)
                fill(i % W, i / W, 1, 1);
        assert_in_range(find(), 0, components.count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_box_round_a_digit_is_set_apart, start),
        cmocka_unit_test_setup(the_lines_of_a_table_are_an_enclosure, start),
        cmocka_unit_test_setup(what_does_not_go_round_is_none, start),
        cmocka_unit_test_setup(what_touches_or_is_far_away_is_none, start),
        cmocka_unit_test_setup(what_holds_specks_is_none, start),
        cmocka_unit_test_setup(noise_and_nets_end_in_time, start),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
