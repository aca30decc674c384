/* The line round a picture is no ink; what stands near the edge is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vision/edging.h"

#define W 200
#define H 90
#define WORDS 4

static uint64_t words[H * WORDS];
static const struct bit_image mask = {words, W, H, WORDS};

static void fill(int x, int y, int w, int h)
{
    for (int v = y; v < y + h; v++)
        bits_fill(words + v * WORDS, x, x + w);
}

static int ink(void)
{
    int count = 0;
    for (int i = 0; i < H * WORDS; i++)
        count += __builtin_popcountll(words[i]);
    return count;
}

static int setup(void **state)
{
    (void)state;
    memset(words, 0, sizeof words);
    return 0;
}

static void expect(struct box box, int x, int y, int w, int h)
{
    assert_int_equal(box.x, x);
    assert_int_equal(box.y, y);
    assert_int_equal(box.w, w);
    assert_int_equal(box.h, h);
}

static void a_line_all_round_goes(void **state)
{
    (void)state;
    fill(0, 0, W, 1);
    fill(0, H - 2, W, 2);
    fill(0, 0, 1, H);
    fill(W - 1, 0, 1, H);
    fill(60, 40, 5, 48); /* a tail that reaches it */
    expect(edging_clear(mask), 1, 1, W - 2, H - 3);
    assert_int_equal(ink(), 5 * 48);
}

static void one_side_may_have_gaps(void **state)
{
    (void)state;
    fill(0, 0, 80, 1);
    fill(100, 0, 80, 1);
    fill(0, 40, 1, 50); /* not so much of the left */
    expect(edging_clear(mask), 0, 1, W, H - 1);
    assert_int_equal(ink(), 50);
}

static void only_a_thin_line_is_one(void **state)
{
    (void)state;
    fill(0, 0, W, 20); /* something dark there: a finger */
    expect(edging_clear(mask), 0, EDGING_MOST_PX, W, H - EDGING_MOST_PX);
    assert_int_equal(ink(), (20 - EDGING_MOST_PX) * W);
}

static void what_is_not_at_the_edge_stays(void **state)
{
    (void)state;
    fill(0, 5, W, 1);
    fill(70, 0, 4, H);
    const int before = ink();
    expect(edging_clear(mask), 0, 0, W, H);
    assert_int_equal(ink(), before);
}

static void tiny_pictures(void **state)
{
    (void)state;
    for (int w = 1; w < 9; w++)
        for (int h = 1; h < 9; h++) {
            memset(words, 255, sizeof words);
            const struct box left = edging_clear((struct bit_image){words, w, h, WORDS});
            assert_true(left.w >= 0 && left.h >= 0 && left.x + left.w <= w && left.y + left.h <= h);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_all_round_goes, setup),
        cmocka_unit_test_setup(one_side_may_have_gaps, setup),
        cmocka_unit_test_setup(only_a_thin_line_is_one, setup),
        cmocka_unit_test_setup(what_is_not_at_the_edge_stays, setup),
        cmocka_unit_test_setup(tiny_pictures, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
