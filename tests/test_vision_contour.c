/* Border following against the plainest way to say the same: flood filling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/contour.h"

#define SIDE 40

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Fills the connected area of `value` round (x, y) with `mark`; `reach` is 8 or 4 neighbours. The field has a frame. */
static int flood(int *field, int width, int height, int x, int y, int value, int mark, int reach)
{
    static const int dx[8] = {1, -1, 0, 0, 1, 1, -1, -1}, dy[8] = {0, 0, 1, -1, 1, -1, 1, -1};
    if (x < 0 || y < 0 || x >= width || y >= height || field[y * width + x] != value)
        return 0;
    field[y * width + x] = mark;
    int filled = 1;
    for (int d = 0; d < reach; d++)
        filled += flood(field, width, height, x + dx[d], y + dy[d], value, mark, reach);
    return filled;
}

/* Counts the pieces of ink (8-connected) and the holes (4-connected background that is not the outside). */
static void count_pieces(const uint8_t *mask, int w, int h, int *pieces, int *holes)
{
    int *const field = test_calloc((size_t)(w + 2) * (size_t)(h + 2), sizeof *field);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            field[(y + 1) * (w + 2) + x + 1] = mask[y * w + x] ? 1 : 0;
    *pieces = *holes = 0;
    flood(field, w + 2, h + 2, 0, 0, 0, 2, 4);
    for (int y = 0; y < h + 2; y++)
        for (int x = 0; x < w + 2; x++) {
            *pieces += flood(field, w + 2, h + 2, x, y, 1, 3, 8) > 0;
            *holes += flood(field, w + 2, h + 2, x, y, 0, 4, 4) > 0;
        }
    test_free(field);
}

static void equals_flood_fill_on_random_masks(void **state)
{
    (void)state;
    uint32_t random = 7;
    struct contours contours = {0};
    for (int round = 0; round < 400; round++) {
        uint8_t mask[SIDE * SIDE];
        const int w = 1 + (int)(next_random(&random) % SIDE), h = 1 + (int)(next_random(&random) % SIDE);
        const uint32_t density = next_random(&random) % 100;
        for (int i = 0; i < w * h; i++)
            mask[i] = next_random(&random) % 100 < density;
        int pieces, holes, outer = 0, inner = 0;
        count_pieces(mask, w, h, &pieces, &holes);
        assert_int_equal(contours_find(&contours, (struct gray_view){mask, w, h, (size_t)w}, 1 << 20), 0);
        for (int i = 0; i < contours.count; i++) {
            const struct contour *c = &contours.items[i];
            *(c->is_hole ? &inner : &outer) += 1;
            assert_true(c->point_count >= 1);
            assert_true(c->parent < i);
            if (c->is_hole)
                assert_true(c->parent >= 0 && !contours.items[c->parent].is_hole);
            else if (c->parent >= 0)
                assert_true(contours.items[c->parent].is_hole);
            for (int p = 0; p < c->point_count; p++) { /* a closed chain of ink, each next to the one before */
                const struct point *points = contours.points + c->first_point;
                const struct point here = points[p], next = points[(p + 1) % c->point_count];
                assert_true(mask[here.y * w + here.x]);
                assert_true(abs(here.x - next.x) <= 1 && abs(here.y - next.y) <= 1);
            }
        }
        assert_int_equal(outer, pieces);
        assert_int_equal(inner, holes);
    }
    contours_release(&contours);
}

static void nests_rings(void **state)
{
    (void)state;
    static const uint8_t mask[9 * 9] = {
        1, 1, 1, 1, 1, 1, 1, 1, 1, /**/ 1, 0, 0, 0, 0, 0, 0, 0, 1, /**/ 1, 0, 1, 1, 1, 1, 1, 0, 1,
        1, 0, 1, 0, 0, 0, 1, 0, 1, /**/ 1, 0, 1, 0, 1, 0, 1, 0, 1, /**/ 1, 0, 1, 0, 0, 0, 1, 0, 1,
        1, 0, 1, 1, 1, 1, 1, 0, 1, /**/ 1, 0, 0, 0, 0, 0, 0, 0, 1, /**/ 1, 1, 1, 1, 1, 1, 1, 1, 1,
    };
    struct contours contours = {0};
    assert_int_equal(contours_find(&contours, (struct gray_view){mask, 9, 9, 9}, 100), 0);
    assert_int_equal(contours.count, 5); /* ring, its hole, ring, its hole, dot: each the parent of the next */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(contours.items[i].parent, i - 1);
        assert_int_equal(contours.items[i].is_hole, i % 2);
    }
    assert_int_equal(contours.items[0].point_count, 32);
    assert_int_equal(contours.items[2].box.x, 2);
    assert_int_equal(contours.items[2].box.w, 5);
    assert_int_equal(contours.items[4].point_count, 1);
    contours_release(&contours);
}

static void stops_at_the_limit(void **state)
{
    (void)state;
    uint8_t mask[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        mask[i] = i % 2 == 0 && (i / SIDE) % 2 == 0; /* specks */
    struct contours contours = {0};
    assert_int_equal(contours_find(&contours, (struct gray_view){mask, SIDE, SIDE, SIDE}, 50), 0);
    assert_int_equal(contours.count, 50);
    contours_release(&contours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_flood_fill_on_random_masks),
        cmocka_unit_test(nests_rings),
        cmocka_unit_test(stops_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
