/* What surroundings do to the network's verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/context.h"

#include "tests/support/strokes.h"

static struct candidate found[100];
static struct sighting seen[100];
static int count;

static int start(void **state)
{
    (void)state;
    count = 0;
    return 0;
}

/* A candidate on clean paper that the network takes for `digit` with confidence 0.99. Returns its index. */
static int put(int digit, int x, int y, int w, int h)
{
    found[count] = (struct candidate){.box = {x, y, w, h}, .contrast = 100, .stroke_px = 5, .grain = 0.2f, .unrest = 0.05f};
    seen[count] = (struct sighting){.box = {x, y, w, h}, .digit = digit, .confidence = 0.99f};
    seen[count].scores[digit] = 0.99f;
    return count++;
}

static float weighed(int index)
{
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[index].scores[seen[index].digit] == seen[index].confidence);
    return seen[index].confidence;
}

static void clean_digits_stay_as_they_are(void **state)
{
    (void)state;
    for (int d = 0; d < 10; d++)
        put(d, 100 * d, 100, 24, 40); /* too broad a 1 for a bar */
    context_weigh(found, seen, count, 0, NULL);
    for (int i = 0; i < count; i++)
        assert_true(seen[i].confidence == 0.99f);
}

static void a_bar_needs_clean_paper_more_than_others(void **state)
{
    (void)state;
    const int bar = put(1, 100, 100, 8, 40), five = put(5, 300, 100, 30, 40);
    found[bar].paper_unrest = found[five].unrest = 0.8f;
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[bar].confidence < 0.4f);
    assert_true(seen[five].confidence > 0.9f);
}

static void a_one_with_flag_and_foot_is_no_bar(void **state)
{
    (void)state;
    const int corner = put(1, 100, 100, 40, 40), one = put(1, 300, 100, 40, 40), scrawl = put(1, 500, 100, 40, 40);
    found[corner].strokes = 1.4f;
    found[one].strokes = 1.7f;
    found[scrawl].strokes = 3;
    for (int i = 0; i < count; i++)
        found[i].paper_unrest = found[i].unrest = 0.6f;
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[one].confidence == 0.99f);
    assert_true(seen[corner].confidence < 0.1f && seen[scrawl].confidence < 0.1f);
}

/* A bar in the crop that leans to the right by this tangent. */
static void lean(int index, float by)
{
    memset(found[index].crop, 0, sizeof found[index].crop);
    draw_stroke(found[index].crop, 14 + 9 * by, 5, 14 - 9 * by, 23);
}

/* How much a slanted bar is a 1, beside so many digits that lean. */
static float slanted_bar(float slant, int digits, float leaning)
{
    count = 0;
    const int bar = put(1, 500, 100, 40, 48);
    lean(bar, slant);
    for (int i = 0; i < digits; i++)
        lean(put(3 + i, 100 * i, 100, 30, 46), leaning);
    return weighed(bar);
}

/* What leans far more than the digits on its page is a slash; one alone may be somebody's 1. */
static void a_slash_leans_otherwise_than_the_digits(void **state)
{
    (void)state;
    static const float shown = 0.74f;
    assert_true(slanted_bar(0.8f, 0, 0) > 0.9f);
    assert_true(slanted_bar(0.8f, 1, 0) > 0.9f);
    assert_true(slanted_bar(0.8f, 3, 0) < shown);
    assert_true(slanted_bar(0.8f, 3, -0.3f) < shown);
    assert_true(slanted_bar(0.8f, 3, 0.3f) > 0.9f);
    assert_true(slanted_bar(-0.8f, 3, 0.3f) < shown);
    assert_true(slanted_bar(-0.8f, 3, -0.3f) > 0.9f);
}

/* How much a bar of this height is a 1 that leans by 0.4, beside digits 40 high that lean by `leaning`. */
static float tall_bar(int h, float leaning)
{
    count = 0;
    const int bar = put(1, 90, 100 - (h - 40) / 2, h * 4 / 10, h);
    found[bar].strokes = 1.1f;
    lean(bar, 0.4f);
    for (int i = 0; i < 3; i++)
        lean(put(3 + i, 50 + 80 * i, 100, 24, 40), leaning);
    return weighed(bar);
}

/* The slash of a date is higher than its digits and leans more. */
static void the_slash_of_a_date_is_no_one(void **state)
{
    (void)state;
    assert_true(tall_bar(52, 0.1f) < 0.5f);
    assert_true(tall_bar(40, 0.1f) >= 0.99f); /* somebody's 1 */
    assert_true(tall_bar(30, 0.1f) < 0.5f);   /* of a fraction */
    assert_true(tall_bar(52, 0.35f) >= 0.99f); /* all of that writer's digits lean */
    tall_bar(40, 0);
    found[0].box.x = seen[0].box.x = 80; /* from 80 to 96, */
    found[1].box.x = seen[1].box.x = 50; /* close between two digits */
    found[2].box.x = seen[2].box.x = 102;
    lean(0, 0.6f);
    seen[0].confidence = seen[0].scores[1] = 0.99f;
    assert_true(weighed(0) < 0.1f);
    tall_bar(52, 0.1f);
    found[0].strokes = 1.5f; /* with a flag */
    seen[0].confidence = seen[0].scores[1] = 0.99f;
    assert_true(weighed(0) >= 0.99f);
}

/* Slashes that lean little are seen by what they divide; what stands between two of them stands in no word. */
static void a_month_between_slashes_is_a_digit(void **state)
{
    (void)state;
    static const char date[] = "24/1/25";
    int at[sizeof date], x = 50;
    for (int i = 0; date[i]; i++) {
        const bool slash = date[i] == '/', bar = slash || date[i] == '1';
        at[i] = put(slash ? 1 : date[i] - '0', x, slash ? 96 : 100, bar ? 14 : 28, slash ? 48 : 40);
        found[at[i]].strokes = bar ? 1.1f : 2;
        found[at[i]].ink_left = i > 0;
        found[at[i]].ink_right = date[i + 1] != 0;
        lean(at[i], slash ? 0.25f : 0.1f);
        x += bar ? 20 : 34;
    }
    context_weigh(found, seen, count, 0, NULL);
    for (int i = 0; date[i]; i++)
        assert_true(date[i] == '/' ? seen[at[i]].confidence < 0.1f : seen[at[i]].confidence > 0.9f);
}

/* The network alone cannot tell a 1 from any other bar, and says 0.77. */
static void a_bar_on_clean_paper_is_a_one(void **state)
{
    (void)state;
    const int alone = put(1, 100, 100, 8, 40), broad = put(1, 300, 100, 24, 40), seven = put(7, 500, 100, 16, 40),
              spoiled = put(1, 700, 100, 8, 40);
    for (int i = 0; i < count; i++)
        seen[i].confidence = seen[i].scores[seen[i].digit] = 0.77f;
    found[spoiled].clutter = 0.25f;
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[alone].confidence > 0.82f && seen[alone].confidence < 0.87f);
    assert_float_equal(seen[alone].scores[1], seen[alone].confidence, 1e-6f);
    assert_true(seen[broad].confidence == 0.77f && seen[seven].confidence == 0.77f);
    assert_true(seen[spoiled].confidence < 0.77f);
}

/* The more so where it is as high as the page's digits and written with the same pen. */
static void a_bar_like_the_digits_of_its_page_is_a_one(void **state)
{
    (void)state;
    enum { ALIKE, FAT, SHORT, BARS };
    for (int digits = 2; digits <= 3; digits++) {
        count = 0;
        put(1, 100, 100, 8, 40), put(1, 200, 100, 14, 40), put(1, 300, 115, 8, 24);
        found[FAT].stroke_px = 12;
        for (int i = 0; i < BARS; i++)
            seen[i].confidence = seen[i].scores[1] = 0.5f;
        for (int i = 0; i < digits; i++)
            put(5, 100 + 120 * i, 300, 30, 40);
        context_weigh(found, seen, count, 0, NULL);
        assert_int_equal(seen[ALIKE].confidence > 0.75f, digits == 3);
        for (int i = 0; i < BARS; i++)
            assert_true(seen[i].confidence > 0.6f && (i == ALIKE || seen[i].confidence < 0.7f));
    }
}

/* All the ink round a narrow 1 is that of the digits beside it: not so where they are no digits, or bars too. */
static void the_digits_beside_a_one_are_no_clutter(void **state)
{
    (void)state;
    static const struct {
        int left, right; /* digits */
        bool sure;
    } beside[] = {{8, 6, true}, {8, 6, false}, {1, 1, true}};
    for (int kind = 0; kind < 3; kind++) {
        count = 0;
        const int one = put(1, 140, 100, 8, 60), left = put(beside[kind].left, 100, 100, 32, 60),
                  right = put(beside[kind].right, 156, 100, 32, 60), twice = put(beside[kind].right, 156, 100, 33, 61);
        const int neighbours[] = {left, right, twice};
        for (int k = 0; k < 3; k++) {
            found[neighbours[k]].strokes = 2.5f;
            found[neighbours[k]].stroke_px = 6;
            if (!beside[kind].sure)
                seen[neighbours[k]].confidence = seen[neighbours[k]].scores[seen[neighbours[k]].digit] = 0.9f;
        }
        found[one].clutter = 0.18f;
        seen[one].confidence = seen[one].scores[1] = 0.88f;
        context_weigh(found, seen, count, 0, NULL);
        const float confidence = seen[one].confidence;
        assert_true(kind == 0 ? confidence >= 0.88f : confidence < 0.5f);
    }
}

/* Digits beside it excuse only as much ink as they have. */
static void clutter_besides_the_digits_counts(void **state)
{
    (void)state;
    const int one = put(1, 140, 100, 8, 60), five = put(5, 100, 100, 32, 60);
    found[five].strokes = 2;
    found[five].stroke_px = 6;
    found[one].clutter = 0.3f;
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[one].confidence < 0.5f);
}

static void clutter_grain_and_faintness_count(void **state)
{
    (void)state;
    float alone[4];
    for (int kind = 0; kind < 4; kind++) {
        count = 0;
        const int i = put(3, 100, 100, 30, 40);
        found[i].clutter = kind == 1 ? 0.35f : 0;
        found[i].grain = kind == 2 ? 2.0f : 0.2f;
        found[i].contrast = kind == 3 ? 4 : 100;
        alone[kind] = weighed(i);
    }
    assert_true(alone[0] == 0.99f);
    for (int kind = 1; kind < 4; kind++)
        assert_true(alone[kind] < 0.8f);
}

static void letters_on_both_sides_make_a_word(void **state)
{
    (void)state;
    const int o = put(0, 100, 100, 30, 40);
    found[o].ink_left = found[o].ink_right = true;
    assert_true(weighed(o) < 0.8f);
    count = 0;
    const int two = put(2, 100, 100, 30, 40), left = put(1, 82, 100, 10, 40), right = put(3, 140, 100, 30, 40);
    found[two].ink_left = found[two].ink_right = found[left].ink_right = found[right].ink_left = true;
    assert_true(weighed(two) == 0.99f); /* digits on both sides make a number */
}

static void a_circle_round_digits_is_no_zero(void **state)
{
    (void)state;
    const int circle = put(0, 100, 100, 200, 200);
    put(7, 150, 150, 30, 50);
    assert_true(weighed(circle) < 0.1f);
    assert_true(seen[1].confidence == 0.99f);
    start(NULL);
    const int ring = put(0, 100, 100, 80, 80), one = put(1, 136, 116, 12, 48);
    assert_true(weighed(ring) < 0.1f && seen[one].confidence >= 0.99f);
    start(NULL);
    const int full = put(0, 100, 100, 80, 80), empty = put(0, 300, 100, 84, 78), zero = put(0, 500, 116, 30, 48);
    put(5, 124, 116, 30, 48); /* in the first */
    assert_true(weighed(full) < 0.1f && seen[empty].confidence < 0.1f && seen[zero].confidence == 0.99f);
    start(NULL);
    const int box = put(2, 100, 100, 70, 80), two = put(2, 118, 115, 34, 50); /* of a form, with the digit in it */
    assert_true(weighed(box) < 0.1f && seen[two].confidence == 0.99f);
}

/* 2.50 with a ring for a point, and 7,5; and digits that are only smaller than the one beside them, or stand elsewhere. */
static void a_small_ring_low_beside_a_digit_is_a_point(void **state)
{
    (void)state;
    put(2, 100, 100, 40, 72);
    const int point = put(0, 146, 142, 30, 32), five = put(5, 184, 100, 40, 72);
    put(7, 400, 100, 40, 72);
    const int comma = put(1, 448, 148, 14, 40);
    assert_true(weighed(point) < 0.1f && seen[comma].confidence < 0.1f && seen[five].confidence == 0.99f);
    start(NULL);
    put(2, 100, 100, 40, 72);
    const int smaller = put(0, 146, 132, 30, 40), raised = put(0, 190, 90, 30, 32), far = put(0, 260, 142, 30, 32);
    assert_true(weighed(smaller) > 0.9f && seen[raised].confidence > 0.9f && seen[far].confidence > 0.9f);
}

static void a_digit_with_ink_in_it_stays_one(void **state)
{
    (void)state;
    const int zero = put(0, 100, 100, 50, 80), stroke = put(1, 108, 116, 34, 48); /* the stroke through it */
    assert_true(weighed(zero) == 0.99f && seen[stroke].digit == 1);
    start(NULL);
    const int plain = put(0, 100, 100, 60, 80), half = put(6, 101, 120, 40, 58); /* a piece of itself */
    assert_true(weighed(plain) == 0.99f && seen[half].digit == 6);
    start(NULL);
    const int black = put(0, 100, 100, 60, 80), paper = put(0, 110, 110, 40, 60);
    found[paper].light_on_dark = true; /* its own inside */
    assert_true(weighed(black) == 0.99f);
    start(NULL);
    const int seven = put(7, 100, 100, 40, 60), rule = put(1, 106, 120, 4, 24); /* in its corner */
    assert_true(weighed(seven) == 0.99f && seen[rule].digit == 1);
    start(NULL);
    const int oval = put(0, 100, 100, 54, 76), thin = put(1, 124, 122, 12, 32); /* a rule seen through it */
    found[thin].contrast = 50, found[thin].stroke_px = 3;
    assert_true(weighed(oval) == 0.99f);
}

static void what_is_unlike_the_page_is_doubted(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        put(5, 100 + 120 * i, 100, 60, 80);
    const int pale = put(3, 100, 300, 60, 80), tiny = put(3, 300, 300, 8, 10), white = put(3, 500, 300, 60, 80);
    found[pale].contrast = 15;
    found[white].light_on_dark = true;
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[pale].confidence < 0.8f);
    assert_true(seen[tiny].confidence < 0.5f);
    assert_true(seen[white].confidence < 0.9f);
    assert_true(seen[0].confidence == 0.99f);
}

/* What is left of a pale rule is thin and pale at once; a 1 in pencil or by a fine pen is one of both. */
static void a_hairline_beside_strong_digits_is_no_one(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        put(5, 100 + 120 * i, 100, 60, 80);
    const int hairline = put(1, 100, 300, 4, 40), pencil = put(1, 200, 300, 8, 40), fine = put(1, 300, 300, 5, 40);
    found[hairline].contrast = 25, found[hairline].stroke_px = 2;
    found[pencil].contrast = 45;
    found[fine].stroke_px = 2;
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[hairline].confidence < 0.5f);
    assert_true(seen[pencil].confidence > 0.95f && seen[fine].confidence > 0.95f);
}

static void digits_among_many_words_are_doubted(void **state)
{
    (void)state;
    const int five = put(5, 100, 100, 24, 40);
    context_weigh(found, seen, count, 4, NULL); /* a heading */
    assert_true(seen[five].confidence == 0.99f);
    context_weigh(found, seen, count, 40, NULL);
    assert_true(seen[five].confidence < 0.8f);
}

/* `n` things that the network takes for no digit, in rows below y = 300. */
static void put_strangers(int n, int h)
{
    for (int i = 0; i < n; i++) {
        const int k = put(3, 10 + i % 10 * 60, 300 + i / 10 * 60, 30, h);
        seen[k].scores[3] = seen[k].confidence = 0.02f;
    }
}

static void one_digit_among_many_shapes_of_its_size_is_doubted(void **state)
{
    (void)state;
    const int five = put(5, 100, 100, 24, 40);
    put_strangers(40, 40);
    assert_true(weighed(five) < 0.5f);
    start(NULL);
    put(5, 100, 100, 24, 40);
    put_strangers(40, 10); /* specks say nothing */
    assert_true(weighed(five) == 0.99f);
    start(NULL);
    put(5, 100, 100, 24, 40);
    put_strangers(10, 40); /* nor do operators and a few words */
    assert_true(weighed(five) == 0.99f);
    start(NULL);
    for (int i = 0; i < 9; i++)
        put(5, 100 + 60 * i, 100, 24, 40);
    put_strangers(40, 40); /* a form: its letters are many, but so are its digits */
    assert_true(weighed(five) == 0.99f);
    start(NULL);
    for (int i = 0; i < 3; i++)
        put(5, 100 + 30 * i, 100, 24, 40);
    put_strangers(40, 40); /* three digits in a string are hardly alike by chance */
    assert_true(weighed(five) > 0.9f);
    start(NULL);
    put(5, 100, 100, 24, 40);
    put_strangers(40, 40);
    for (int i = 1; i < count; i++)
        found[i].contrast = 30; /* a board's texture under chalk */
    assert_true(weighed(five) == 0.99f);
}

static void pieces_of_words_are_doubted(void **state)
{
    (void)state;
    const int zero = put(0, 100, 100, 24, 40), one = put(1, 130, 100, 8, 40);
    context_weigh_cut(seen, zero, count, 3);
    assert_true(seen[zero].confidence == 0.99f && seen[one].confidence == 0.99f);
    context_weigh_cut(seen, zero, count, 40);
    assert_true(seen[zero].confidence < 0.74f && seen[one].confidence < 0.74f);
    start(NULL);
    put_strangers(40, 40);
    const int piece = put(1, 130, 100, 8, 40);
    context_weigh_cut(seen, piece, count, 3);
    assert_true(seen[piece].confidence < 0.5f && seen[piece].scores[1] == seen[piece].confidence);
}

static void what_runs_off_the_picture_is_less_sure(void **state)
{
    (void)state;
    const int four = put(4, 100, 100, 30, 40);
    found[four].on_edge = true;
    assert_true(weighed(four) < 0.99f && seen[four].confidence > 0.97f);
}

static void lines_of_tables_are_no_ones(void **state)
{
    (void)state;
    const int line = put(1, 100, 100, 6, 80), again = put(1, 100, 98, 8, 82), one = put(1, 300, 110, 8, 60);
    found[again].between_rules = true; /* seen so on one level only */
    context_weigh(found, seen, count, 0, NULL);
    assert_true(seen[line].confidence < 0.2f);
    assert_true(seen[one].confidence >= 0.99f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(clean_digits_stay_as_they_are, start),
        cmocka_unit_test_setup(a_bar_needs_clean_paper_more_than_others, start),
        cmocka_unit_test_setup(a_one_with_flag_and_foot_is_no_bar, start),
        cmocka_unit_test_setup(the_slash_of_a_date_is_no_one, start),
        cmocka_unit_test_setup(a_month_between_slashes_is_a_digit, start),
        cmocka_unit_test_setup(a_slash_leans_otherwise_than_the_digits, start),
        cmocka_unit_test_setup(a_bar_on_clean_paper_is_a_one, start),
        cmocka_unit_test_setup(a_bar_like_the_digits_of_its_page_is_a_one, start),
        cmocka_unit_test_setup(the_digits_beside_a_one_are_no_clutter, start),
        cmocka_unit_test_setup(clutter_besides_the_digits_counts, start),
        cmocka_unit_test_setup(clutter_grain_and_faintness_count, start),
        cmocka_unit_test_setup(letters_on_both_sides_make_a_word, start),
        cmocka_unit_test_setup(a_circle_round_digits_is_no_zero, start),
        cmocka_unit_test_setup(a_small_ring_low_beside_a_digit_is_a_point, start),
        cmocka_unit_test_setup(a_digit_with_ink_in_it_stays_one, start),
        cmocka_unit_test_setup(what_is_unlike_the_page_is_doubted, start),
        cmocka_unit_test_setup(a_hairline_beside_strong_digits_is_no_one, start),
        cmocka_unit_test_setup(digits_among_many_words_are_doubted, start),
        cmocka_unit_test_setup(one_digit_among_many_shapes_of_its_size_is_doubted, start),
        cmocka_unit_test_setup(pieces_of_words_are_doubted, start),
        cmocka_unit_test_setup(what_runs_off_the_picture_is_less_sure, start),
        cmocka_unit_test_setup(lines_of_tables_are_no_ones, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
