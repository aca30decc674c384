/* Seams between touching digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/cut.h"

#define W 70
#define H 40

static uint8_t ink[W * H], piece[W * H];
static const struct gray_view view = {ink, W, H, W};
static const struct gray_image out = {piece, W, H, W};

static void fill(int x, int y, int w, int h)
{
    for (int v = y; v < y + h; v++)
        memset(ink + v * W + x, 255, (size_t)w);
}

/* A box-shaped 0 of 30 x 40 and a 1 beside it, joined by a thin bridge. */
static void draw_joined(void)
{
    memset(ink, 0, sizeof ink);
    fill(0, 0, 30, 4);
    fill(0, 36, 30, 4);
    fill(0, 0, 4, 40);
    fill(26, 0, 4, 40);
    fill(60, 0, 4, 40);
    fill(30, 20, 30, 3);
}

static void a_bridge_is_cut_and_pieces_add_up(void **state)
{
    (void)state;
    struct cut cut = {0};
    draw_joined();
    assert_int_equal(cut_find(&cut, view, 4), 0);
    assert_true(cut.seam_count >= 1);
    int between = 0; /* some seam leaves the 0 on its left and the 1 on its right */
    for (int k = 0; k < cut.seam_count; k++) {
        int clean = 1;
        for (int y = 0; y < H; y++)
            clean &= cut.seams[k * H + y] >= 30 && cut.seams[k * H + y] <= 60;
        between += clean;
    }
    assert_true(between >= 1);
    static uint8_t sum[W * H];
    memset(sum, 0, sizeof sum);
    for (int from = 0, to = 1; to <= cut.seam_count + 1; to++) {
        const struct box b = cut_piece(&cut, view, from, to, out);
        if (b.w == 0) /* these two cross */
            continue;
        from = to;
        for (int i = 0; i < W * H; i++) {
            assert_true(!piece[i] || !sum[i]); /* no pixel twice */
            sum[i] += piece[i];
            if (piece[i])
                assert_true(i % W >= b.x && i % W < b.x + b.w && i / W >= b.y && i / W < b.y + b.h);
        }
    }
    assert_memory_equal(sum, ink, sizeof ink); /* and none lost */
    cut_release(&cut);
}

static void solid_ink_is_not_cut(void **state)
{
    (void)state;
    struct cut cut = {0};
    memset(ink, 255, sizeof ink);
    assert_int_equal(cut_find(&cut, view, 4), 0);
    assert_int_equal(cut.seam_count, 0);
    const struct box b = cut_piece(&cut, view, 0, 1, out);
    assert_int_equal(b.w, W);
    assert_int_equal(b.h, H);
    cut_release(&cut);
}

static void any_ink_and_any_size(void **state)
{
    (void)state;
    struct cut cut = {0};
    srand(9);
    for (int round = 0; round < 300; round++) {
        const int w = 1 + rand() % W, h = 1 + rand() % H;
        for (int i = 0; i < w * h; i++)
            ink[i] = rand() % 4 ? 0 : (uint8_t)rand();
        const struct gray_view small = {ink, w, h, (size_t)w};
        const struct gray_image small_out = {piece, w, h, (size_t)w};
        assert_int_equal(cut_find(&cut, small, 1 + (float)(rand() % 8)), 0);
        assert_in_range(cut.seam_count, 0, CUT_MOST_SEAMS);
        for (int k = 0, before = 0; k < cut.seam_count; k++) {
            int place = 0;
            for (int y = 0; y < h; y++) {
                assert_in_range(cut.seams[k * h + y], 0, w - 1);
                if (y > 0)
                    assert_true(abs(cut.seams[k * h + y] - cut.seams[k * h + y - 1]) <= 1);
                place += cut.seams[k * h + y];
            }
            assert_true(place >= before); /* sorted by where they lie on the whole */
            before = place;
        }
        for (int from = 0; from <= cut.seam_count; from++)
            for (int to = from + 1; to <= cut.seam_count + 1; to++)
                cut_piece(&cut, small, from, to, small_out);
    }
    cut_release(&cut);
}

/* A roof that hangs over what stands beside it: the seam goes round, and may not cross another. */
static void seams_that_cross_hold_nothing(void **state)
{
    (void)state;
    struct cut cut = {0};
    draw_joined();
    assert_int_equal(cut_find(&cut, view, 4), 0);
    assert_true(cut.seam_count >= 2);
    for (int y = 0; y < H; y++) {
        cut.seams[y] = (int16_t)(20 + y / 2);
        cut.seams[H + y] = (int16_t)(45 - y / 2);
    }
    assert_int_equal(cut_piece(&cut, view, 1, 2, out).w, 0);
    cut_release(&cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bridge_is_cut_and_pieces_add_up),
        cmocka_unit_test(solid_ink_is_not_cut),
        cmocka_unit_test(seams_that_cross_hold_nothing),
        cmocka_unit_test(any_ink_and_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
