/* Components and how they lie in each other, against the plainest way to say the same: flood filling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/components.h"
#include "vision/nesting.h"

enum { SIDE = 150, WORDS = 3 };

static uint64_t bits[WORDS * SIDE];
static int field[SIDE * SIDE]; /* 0: no ink; -1: ink nobody claimed yet; else the component's number + 1 */

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static struct bit_view draw(int w, int h, uint32_t density, uint32_t *random)
{
    memset(bits, 0, sizeof bits);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const bool ink = next_random(random) % 100 < density;
            field[y * w + x] = ink ? -1 : 0;
            bits[y * WORDS + x / 64] |= (uint64_t)ink << (x % 64);
        }
    return (struct bit_view){bits, w, h, WORDS};
}

/* Fills the connected ink of `value` round (x, y) with `mark`; returns its area and widens the box x0, y0,
 * x1, y1. */
static int flood(int w, int h, int x, int y, int value, int mark, int extent[4])
{
    if (x < 0 || y < 0 || x >= w || y >= h || field[y * w + x] != value)
        return 0;
    field[y * w + x] = mark;
    int area = 1;
    extent[0] = x < extent[0] ? x : extent[0];
    extent[1] = y < extent[1] ? y : extent[1];
    extent[2] = x > extent[2] ? x : extent[2];
    extent[3] = y > extent[3] ? y : extent[3];
    for (int d = 0; d < 9; d++)
        area += flood(w, h, x + d % 3 - 1, y + d / 3 - 1, value, mark, extent);
    return area;
}

/* Every run lies on ink of its own that no other component has, and flood filling from it finds just what is
 * claimed. */
static void check(const struct components *c, int w, int h)
{
    for (int i = 0; i < c->count; i++)
        for (int r = c->items[i].first_run; r >= 0; r = c->runs[r].next) {
            const struct run run = c->runs[r];
            assert_true(run.first < run.end && run.end <= w && run.y < h);
            for (int x = run.first; x < run.end; x++) {
                assert_int_equal(field[run.y * w + x], -1);
                field[run.y * w + x] = i + 1;
            }
        }
    for (int k = 0; k < w * h; k++)
        assert_true(field[k] >= 0); /* all ink is claimed */
    for (int i = 0; i < c->count; i++) {
        const struct run first = c->runs[c->items[i].first_run];
        int extent[4] = {w, h, -1, -1};
        const struct box b = c->items[i].box;
        /* Filling by the mask alone must not leave what the component claims. */
        assert_int_equal(flood(w, h, first.first, first.y, i + 1, -2, extent), c->items[i].area);
        assert_int_equal(extent[0], b.x);
        assert_int_equal(extent[1], b.y);
        assert_int_equal(extent[2], b.x + b.w - 1);
        assert_int_equal(extent[3], b.y + b.h - 1);
    }
    for (int y = 0; y < h;
         y++) /* and no two of them touch: all has been claimed and filled, so neighbours are of one piece */
        for (int x = 0; x < w; x++)
            assert_true(field[y * w + x] == 0 || field[y * w + x] == -2);
}

static int count_by_flooding(int w, int h)
{
    int pieces = 0, unused[4] = {0};
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            pieces += flood(w, h, x, y, -1, 7, unused) > 0;
    for (int i = 0; i < w * h; i++)
        field[i] = field[i] ? -1 : 0;
    return pieces;
}

static void equals_flood_fill_on_random_masks(void **state)
{
    (void)state;
    uint32_t random = 7;
    struct components components = {0};
    for (int round = 0; round < 600; round++) {
        const int w = 1 + (int)(next_random(&random) % (round % 2 ? 40 : SIDE)),
                  h = 1 + (int)(next_random(&random) % 40);
        const struct bit_view mask = draw(w, h, next_random(&random) % 101, &random);
        assert_int_equal(components_find(&components, mask, SIDE * SIDE), 0);
        assert_int_equal(components.count, count_by_flooding(w, h));
        check(&components, w, h);
    }
    components_release(&components);
}

/* Fills the 4-connected background round (x, y), the picture having a frame of it, with `mark`. `back` is 0
 * where not met yet. */
static void flood_background(int *back, struct bit_view mask, int x, int y, int mark)
{
    if (x < -1 || y < -1 || x > mask.width_px || y > mask.height_px)
        return;
    const bool inside = x >= 0 && y >= 0 && x < mask.width_px && y < mask.height_px;
    int *const here = &back[(y + 1) * (mask.width_px + 2) + x + 1];
    if (*here || (inside && bit_at(mask, x, y)))
        return;
    *here = mark;
    flood_background(back, mask, x + 1, y, mark);
    flood_background(back, mask, x - 1, y, mark);
    flood_background(back, mask, x, y + 1, mark);
    flood_background(back, mask, x, y - 1, mark);
}

/* Every hole that flood filling finds is one of the nesting, of the component left of its first pixel; and
 * every component lies in the hole left of its own first pixel. */
static void check_nesting(const struct nesting *n, const struct components *c, struct bit_view mask)
{
    enum { OUTSIDE = 1, NOT_FOUND = -2 };
    static int back[(SIDE + 2) * (SIDE + 2)], owner[SIDE * SIDE], known[SIDE * SIDE / 2 + 2];
    const int w = mask.width_px, h = mask.height_px;
    memset(back, 0, sizeof back);
    for (int i = 0; i < c->count; i++)
        for (int r = c->items[i].first_run; r >= 0; r = c->runs[r].next)
            for (int x = c->runs[r].first; x < c->runs[r].end; x++)
                owner[c->runs[r].y * w + x] = i;
    flood_background(back, mask, -1, -1, OUTSIDE);
    int marks = OUTSIDE + 1;
    int *const holes_of = test_calloc((size_t)c->count + 1, sizeof *holes_of);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if (!bit_at(mask, x, y) && !back[(y + 1) * (w + 2) + x + 1]) {
                flood_background(back, mask, x, y, marks++);
                holes_of[owner[y * w + x - 1]]++;
            }
    assert_int_equal(n->hole_count, marks - OUTSIDE - 1);
    for (int k = 0; k < n->hole_count; k++)
        holes_of[n->hole_in[k]]--;
    for (int i = 0; i < c->count; i++)
        assert_int_equal(holes_of[i], 0);
    test_free(holes_of);
    for (int k = 0; k < marks; k++) /* which hole of the nesting a mark is */
        known[k] = NOT_FOUND;
    known[OUTSIDE] = -1;
    for (int i = 0; i < c->count; i++) {
        const struct run first = c->runs[c->items[i].first_run];
        const int mark = back[(first.y + 1) * (w + 2) + first.first]; /* left of it */
        if (known[mark] == NOT_FOUND)
            known[mark] = n->lies_in[i];
        assert_int_equal(known[mark], n->lies_in[i]);
    }
}

static void nests_as_flood_fill_says(void **state)
{
    (void)state;
    uint32_t random = 11;
    struct components components = {0};
    struct nesting nesting = {0};
    for (int round = 0; round < 600; round++) {
        const int w = 1 + (int)(next_random(&random) % (round % 2 ? 40 : SIDE)),
                  h = 1 + (int)(next_random(&random) % 40);
        const struct bit_view mask = draw(w, h, next_random(&random) % 101, &random);
        assert_int_equal(components_find(&components, mask, SIDE * SIDE), 0);
        assert_int_equal(nesting_find(&nesting, &components), 0);
        check_nesting(&nesting, &components, mask);
    }
    nesting_release(&nesting);
    components_release(&components);
}

static void nests_rings(void **state)
{
    (void)state;
    static const char *const rows[9] = {"#########", "#.......#", "#.#####.#", "#.#...#.#", "#.#.#.#.#",
                                        "#.#...#.#", "#.#####.#", "#.......#", "#########"};
    struct components components = {0};
    struct nesting nesting = {0};
    memset(bits, 0, sizeof bits);
    for (int y = 0; y < 9; y++)
        for (int x = 0; x < 9; x++)
            bits[y] |= (uint64_t)(rows[y][x] == '#') << x;
    assert_int_equal(components_find(&components, (struct bit_view){bits, 9, 9, 1}, 100), 0);
    assert_int_equal(nesting_find(&nesting, &components), 0);
    assert_int_equal(components.count, 3); /* ring, ring, dot: each in the hole of the one before */
    assert_int_equal(nesting.hole_count, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(nesting.lies_in[i], i - 1);
    assert_int_equal(nesting.hole_in[0], 0);
    assert_int_equal(nesting.hole_in[1], 1);
    nesting_release(&nesting);
    components_release(&components);
}

static void words_join_where_they_meet(void **state)
{
    (void)state;
    struct components components = {0};
    memset(bits, 0, sizeof bits);
    bits_fill(bits, 10, 140);              /* one run over three words */
    bits_fill(bits + 2 * WORDS, 0, 64);    /* two runs that end and begin at a word's edge, */
    bits_fill(bits + 3 * WORDS, 64, 128);  /* touching by their corners */
    bits_fill(bits + 5 * WORDS, 149, 150); /* the last pixel of a row */
    assert_int_equal(components_find(&components, (struct bit_view){bits, 150, 6, WORDS}, 100), 0);
    assert_int_equal(components.count, 3);
    assert_int_equal(components.items[0].area, 130);
    assert_int_equal(components.items[1].area, 128);
    assert_int_equal(components.items[1].box.h, 2);
    assert_int_equal(components.items[2].box.x, 149);
    components_release(&components);
}

static void stops_at_the_limit(void **state)
{
    (void)state;
    uint32_t random = 3;
    struct components components = {0};
    const struct bit_view noise = draw(SIDE, SIDE, 50, &random);
    assert_int_equal(components_find(&components, noise, 500), 0);
    assert_in_range(components.run_count, 400, 500);
    const struct run *const before = components.runs;
    assert_int_equal(components_find(&components, noise, 500), 0); /* and its memory is kept */
    assert_ptr_equal(components.runs, before);
    components_release(&components);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_flood_fill_on_random_masks),
        cmocka_unit_test(nests_as_flood_fill_says),
        cmocka_unit_test(nests_rings),
        cmocka_unit_test(words_join_where_they_meet),
        cmocka_unit_test(stops_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
