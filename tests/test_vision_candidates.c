/* What is found in whole pictures: drawn digits at every size and polarity, and what must not be found or take long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/candidates.h"

#define W 800
#define H 700

static uint8_t picture[W * H];
static const struct gray_view view = {picture, W, H, W};
static struct candidates *candidates;

static int set_up(void **state)
{
    (void)state;
    return candidates_create(&candidates);
}

static int tear_down(void **state)
{
    (void)state;
    candidates_destroy(candidates);
    return 0;
}

static void fill(int x, int y, int w, int h, int gray)
{
    for (int v = y < 0 ? 0 : y; v < y + h && v < H; v++)
        for (int u = x < 0 ? 0 : x; u < x + w && u < W; u++)
            picture[v * W + u] = (uint8_t)gray;
}

/* A square 4, `h` pixels high: two uprights and a bar. */
static struct box draw_four(int x, int y, int h, int ink)
{
    const int s = h / 9 > 2 ? h / 9 : 2, w = h * 2 / 3;
    fill(x, y, s, h * 3 / 5, ink);
    fill(x, y + h * 3 / 5 - s, w, s, ink);
    fill(x + w * 2 / 3, y, s, h, ink);
    return (struct box){x, y, w, h};
}

static bool near(struct box a, struct box b, int slack)
{
    return abs(a.x - b.x) <= slack && abs(a.y - b.y) <= slack && abs(a.w - b.w) <= slack && abs(a.h - b.h) <= slack;
}

static int count_near(struct box wanted, int slack, bool light)
{
    const struct candidate *found;
    int count, hits = 0;
    assert_int_equal(candidates_find(candidates, view, &found, &count, NULL), 0);
    for (int i = 0; i < count; i++)
        hits += near(found[i].box, wanted, slack) && found[i].light_on_dark == light;
    return hits;
}

static void finds_every_size_in_both_polarities(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++)
        for (int h = 12; h <= 600; h = h * 5 / 4) {
            memset(picture, light ? 40 : 215, sizeof picture);
            const struct box four = draw_four(90, 50, h, light ? 200 : 60);
            assert_in_range(count_near(four, 2 + h / 20, light), 1, 3);
            assert_int_equal(count_near(four, 2 + h / 20, !light), 0);
        }
}

static void joins_the_loose_bar_of_a_five(void **state)
{
    (void)state;
    memset(picture, 215, sizeof picture);
    fill(200, 100, 24, 4, 60); /* the bar, not touching */
    fill(198, 110, 4, 14, 60);
    fill(198, 120, 20, 4, 60);
    fill(216, 120, 4, 24, 60);
    fill(196, 142, 24, 4, 60);
    assert_true(count_near((struct box){196, 100, 28, 46}, 2, false) >= 1);
    assert_true(count_near((struct box){196, 110, 24, 36}, 2, false) >= 1); /* and the body alone: the network decides */
}

/* Is what was found in this box told to be a line of a table? */
static bool is_line_of_table(struct box wanted)
{
    const struct candidate *found;
    int count, hits = 0;
    bool line = false;
    assert_int_equal(candidates_find(candidates, view, &found, &count, NULL), 0);
    for (int i = 0; i < count; i++)
        if (near(found[i].box, wanted, 4)) {
            hits++;
            line |= found[i].between_rules;
        }
    assert_true(hits > 0);
    return line;
}

/* Two rules with an upright between them, which hangs together with both. */
static void an_upright_as_thin_as_the_rules_is_a_line_of_a_table(void **state)
{
    (void)state;
    for (int w = 2; w <= 6; w += 4) {
        memset(picture, 215, sizeof picture);
        for (int y = 300; y <= 340; y += 40)
            fill(0, y, W, 2, 60);
        fill(400, 302, w, 38, 60);
        assert_int_equal(is_line_of_table((struct box){400, 301, w, 40}), w == 2);
    }
}

/* Two digits that stand on a line, and hang together with it. */
static void a_line_under_a_number_is_no_part_of_it(void **state)
{
    (void)state;
    memset(picture, 215, sizeof picture);
    const struct box left = draw_four(300, 300, 46, 60), right = draw_four(350, 300, 46, 60);
    fill(290, 345, 110, 3, 60);
    assert_true(count_near(left, 3, false) > 0 && count_near(right, 3, false) > 0);
    memset(picture, 215, sizeof picture);
    const struct box small = draw_four(300, 300, 30, 60);
    draw_four(324, 300, 30, 60);
    fill(296, 329, 52, 3, 60);
    assert_true(count_near(small, 3, false) > 0);
}

/* A digit in a box, whose lines come close: the paper is clean, and nobody stands beside it. */
static void what_is_drawn_round_a_digit_is_no_clutter(void **state)
{
    (void)state;
    memset(picture, 215, sizeof picture);
    const struct box four = draw_four(300, 300, 46, 60);
    for (int k = 0; k < 2; k++) {
        fill(291, 291 + k * 61, 50, 3, 60);
        fill(291 + k * 47, 291, 3, 64, 60);
    }
    const struct candidate *found;
    int count, hits = 0;
    assert_int_equal(candidates_find(candidates, view, &found, &count, NULL), 0);
    for (int i = 0; i < count; i++)
        if (near(found[i].box, four, 2)) {
            hits++;
            assert_true(found[i].clutter == 0 && found[i].unrest < 0.1f && found[i].paper_unrest < 0.1f);
            assert_false(found[i].ink_left || found[i].ink_right);
        }
    assert_true(hits > 0);
}

/* A reader that takes everything for a digit, or nothing; it is asked in order, about each once. */
struct believer {
    bool sure;
    int next;
};

static void believe(void *context, const struct candidate *found, int from, int to, bool *sure)
{
    struct believer *const believer = context;
    assert_int_equal(from, believer->next);
    assert_true(to > from);
    for (int i = from; i < to; i++) {
        assert_true(found[i].box.w > 0);
        sure[i] = believer->sure;
    }
    believer->next = to;
}

/* Two digits one above the other, near enough to be strokes of one. */
static void sure_digits_are_not_joined(void **state)
{
    (void)state;
    for (int sure = 0; sure < 2; sure++) {
        struct believer believer = {sure, 0};
        const struct candidates_reader reader = {&believer, believe};
        memset(picture, 215, sizeof picture);
        draw_four(300, 300, 24, 60);
        draw_four(300, 326, 24, 60);
        candidates_read_by(candidates, &reader);
        assert_int_equal(count_near((struct box){300, 300, 16, 50}, 2, false) > 0, !sure);
        believer.next = 0;
        assert_true(count_near((struct box){300, 300, 16, 24}, 2, false) > 0);
        assert_true(believer.next > 0);
    }
    candidates_read_by(candidates, NULL);
}

static void leaves_out_what_runs_off_the_picture(void **state)
{
    (void)state;
    memset(picture, 215, sizeof picture);
    const struct box cut = draw_four(0, 300, 50, 60);
    assert_int_equal(count_near(cut, 4, false), 0);
}

/* The end of a stroke may leave the picture, but a bar at its edge is part of something outside. */
static void a_tail_may_run_off_the_picture(void **state)
{
    (void)state;
    memset(picture, 215, sizeof picture);
    struct box four = draw_four(300, H - 120, 140, 60);
    four.h = 120;
    fill(500, H - 60, 8, 60, 60);
    assert_in_range(count_near(four, 6, false), 1, 2);
    assert_int_equal(count_near((struct box){500, H - 60, 8, 60}, 6, false), 0);
}

static void a_digit_may_fill_the_picture(void **state)
{
    (void)state;
    for (int framed = 0; framed < 2; framed++) {
        memset(picture, 215, sizeof picture);
        if (framed) { /* by the line round a window */
            fill(0, 0, W, 2, 0);
            fill(0, H - 2, W, 2, 0);
            fill(0, 0, 2, H, 0);
            fill(W - 2, 0, 2, H, 0);
        }
        assert_in_range(count_near(draw_four(100, 30, H - 36, 60), 24, false), 1, 3);
    }
}

/* A pale rule comes out of the mask in stretches, none of them as long as a rule has to be. */
static void finds_a_digit_that_stands_on_a_broken_rule(void **state)
{
    (void)state;
    const int h = 50, bar = 200 + h * 3 / 5 - 3;
    memset(picture, 215, sizeof picture);
    fill(0, 100, W, 2, 150);
    for (int x = 5; x < W; x += 80)
        fill(x, bar, 74, 2, 150);
    assert_true(count_near(draw_four(300, 200, h, 60), 4, false) >= 1);
}

/* Length of the strokes of what is found in `box`, in its diagonals. */
static float strokes_of(struct box box)
{
    const struct candidate *found;
    int count;
    assert_int_equal(candidates_find(candidates, view, &found, &count, NULL), 0);
    for (int i = 0; i < count; i++)
        if (near(found[i].box, box, 4))
            return found[i].strokes;
    fail_msg("nothing was found there");
    return 0;
}

/* Half of it lies in the light, half in the shade, where even paper is hardly lighter than ink in the light. */
static void a_shadow_may_end_within_a_digit(void **state)
{
    (void)state;
    for (int edge = 95; edge < 120; edge += 3) {
        memset(picture, 230, sizeof picture);
        const struct box four = draw_four(90, 50, 60, 70);
        for (int y = 0; y < H; y++)
            for (int x = edge; x < W; x++)
                picture[y * W + x] = (uint8_t)(picture[y * W + x] * 45 / 100);
        assert_true(count_near(four, 4, false) >= 1);
    }
}

/* The light falls off from top to bottom, and with it the gray of the paper and of a bar. */
static void ink_that_pales_slowly_is_not_grainy(void **state)
{
    (void)state;
    const struct box bar = {100, 100, 8, 60};
    const struct candidate *found;
    int count, seen = 0;
    for (int y = 0; y < H; y++)
        memset(picture + y * W, y < 100 ? 250 : y < 160 ? 250 - 2 * (y - 100) : 130, W);
    for (int y = 0; y < bar.h; y++)
        memset(picture + (bar.y + y) * W + bar.x, 150 - 2 * y, (size_t)bar.w);
    assert_int_equal(candidates_find(candidates, view, &found, &count, NULL), 0);
    for (int i = 0; i < count; i++)
        if (near(found[i].box, bar, 2) && ++seen)
            assert_true(found[i].grain < 0.3f);
    assert_true(seen > 0);
}

static void knows_bars_by_their_strokes(void **state)
{
    (void)state;
    memset(picture, 215, sizeof picture);
    fill(100, 100, 5, 50, 60); /* a bar, */
    fill(200, 100, 5, 50, 60); /* a corner, */
    fill(200, 145, 50, 5, 60);
    fill(320, 100, 4, 60, 60); /* a 1 with flag and foot */
    fill(300, 156, 45, 4, 60);
    fill(300, 100, 24, 4, 60);
    fill(300, 100, 4, 20, 60);
    assert_in_range((int)(100 * strokes_of((struct box){100, 100, 5, 50})), 80, 120);
    assert_in_range((int)(100 * strokes_of((struct box){200, 100, 50, 50})), 120, 148);
    assert_in_range((int)(100 * strokes_of((struct box){300, 100, 45, 60})), 152, 195);
}

static void has_its_own_ink_alone(void **state)
{
    (void)state;
    memset(picture, 215, sizeof picture);
    const struct box four = draw_four(300, 300, 45, 60);
    fill(four.x + four.w - 4, four.y - 10, 4, 24, 60); /* a bar of somebody else inside its box */
    const struct candidate *found;
    int count;
    assert_int_equal(candidates_find(candidates, view, &found, &count, NULL), 0);
    for (int i = 0; i < count; i++)
        if (near(found[i].box, four, 1)) {
            int ink = 0; /* right of the second upright, above the bar: only the stranger has ink there */
            for (int y = 0; y < 12; y++)
                for (int x = 20; x < 28; x++)
                    ink += found[i].crop[y * 28 + x] > 60;
            assert_int_equal(ink, 0);
            return;
        }
    fail_msg("the 4 was not found");
}

/* Runs a picture that holds nothing to read and returns how much is found in it. */
static int found_in(struct gray_view gray)
{
    const struct candidate *found;
    int count;
    assert_int_equal(candidates_find(candidates, gray, &found, &count, NULL), 0);
    for (int i = 0; i < count; i++) {
        assert_true(found[i].box.x >= 0 && found[i].box.y >= 0 && found[i].box.w > 0 && found[i].box.h > 0);
        assert_true(found[i].box.x + found[i].box.w <= gray.width_px && found[i].box.y + found[i].box.h <= gray.height_px);
    }
    return count;
}

static void extreme_pictures(void **state)
{
    (void)state;
    memset(picture, 0, sizeof picture);
    assert_int_equal(found_in(view), 0);
    memset(picture, 255, sizeof picture);
    assert_int_equal(found_in(view), 0);
    srand(1);
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)rand(); /* noise over all gray levels */
    assert_true(found_in(view) <= 4096);
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)(180 + rand() % 13); /* the noise of a camera in the dark */
    assert_true(found_in(view) <= 40);
    for (int i = 0; i < W * H; i++)
        picture[i] = (i % W / 8 + i / W / 8) % 2 ? 220 : 30; /* a fine checkerboard */
    assert_true(found_in(view) <= 200);
    for (int w = 1; w <= 40; w += 3)
        for (int h = 1; h <= 40; h += 3)
            found_in((struct gray_view){picture, w, h, W});
    found_in((struct gray_view){picture, W, 1, W});
    found_in((struct gray_view){picture, 1, H, W});
}

/* Copies the upper left of the picture into one `width` wide. */
static void copy_to(uint8_t *into, int width, int x, int y, int w, int h)
{
    for (int v = 0; v < h; v++)
        memcpy(into + (size_t)(y + v) * (size_t)width + x, picture + (size_t)v * W, (size_t)w);
}

/* In a picture of many megapixels there may be more specks than candidates, and large digits are looked for after small ones. */
static void specks_leave_room_for_large_digits(void **state)
{
    (void)state;
    enum { WIDE = 3200, HIGH = 1700, LARGE = 300, DIGITS = 8 };
    uint8_t *const huge = malloc((size_t)WIDE * HIGH);
    assert_non_null(huge);
    memset(huge, 215, (size_t)WIDE * HIGH);
    memset(picture, 215, sizeof picture);
    draw_four(4, 4, 26, 60);
    for (int y = 0; y + 36 < 1200; y += 50)
        for (int x = 0; x + 36 < WIDE; x += 60)
            copy_to(huge, WIDE, x, y, 36, 36);
    draw_four(20, 20, LARGE, 60);
    for (int i = 0; i < DIGITS; i++)
        copy_to(huge, WIDE, 380 * i, 1260, 300, LARGE + 40);
    const struct gray_view all = {huge, WIDE, HIGH, WIDE};
    const struct candidate *found;
    int count, large = 0;
    assert_int_equal(candidates_find(candidates, all, &found, &count, NULL), 0);
    assert_true(count <= CANDIDATES_MOST);
    for (int i = 0; i < DIGITS; i++)
        for (int k = 0; k < count; k++)
            if (near(found[k].box, (struct box){380 * i + 20, 1280, LARGE * 2 / 3, LARGE}, 30)) {
                large++;
                break;
            }
    free(huge);
    assert_int_equal(large, DIGITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_size_in_both_polarities),
        cmocka_unit_test(an_upright_as_thin_as_the_rules_is_a_line_of_a_table),
        cmocka_unit_test(a_line_under_a_number_is_no_part_of_it),
        cmocka_unit_test(what_is_drawn_round_a_digit_is_no_clutter),
        cmocka_unit_test(joins_the_loose_bar_of_a_five),
        cmocka_unit_test(sure_digits_are_not_joined),
        cmocka_unit_test(leaves_out_what_runs_off_the_picture),
        cmocka_unit_test(a_tail_may_run_off_the_picture),
        cmocka_unit_test(a_digit_may_fill_the_picture),
        cmocka_unit_test(finds_a_digit_that_stands_on_a_broken_rule),
        cmocka_unit_test(a_shadow_may_end_within_a_digit),
        cmocka_unit_test(ink_that_pales_slowly_is_not_grainy),
        cmocka_unit_test(knows_bars_by_their_strokes),
        cmocka_unit_test(has_its_own_ink_alone),
        cmocka_unit_test(specks_leave_room_for_large_digits),
        cmocka_unit_test(extreme_pictures),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
