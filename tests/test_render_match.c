/* match.h: which found digit is which written one, and what the sums say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "render/match.h"

static struct box box(int x, int y, int w, int h)
{
    return (struct box){x, y, w, h};
}

static struct match_digit digit(int value, int x, int y, int w, int h)
{
    return (struct match_digit){value, {x, y, w, h}, false};
}

static struct match_digit ignored(int x, int y, int w, int h)
{
    return (struct match_digit){0, {x, y, w, h}, true};
}

static void overlap_is_intersection_over_union(void **state)
{
    (void)state;
    assert_true(match_overlap(box(0, 0, 10, 10), box(0, 0, 10, 10)) == 1);
    assert_true(match_overlap(box(0, 0, 10, 20), box(0, 0, 10, 10)) == 0.5);
    assert_true(match_overlap(box(0, 0, 10, 30), box(0, 20, 10, 30)) == 0); /* 0.2, and not the same centre */
    assert_true(match_overlap(box(0, 0, 10, 10), box(10, 0, 10, 10)) == 0); /* side by side */
    assert_true(match_overlap(box(0, 0, 10, 10), box(500, 500, 10, 10)) == 0);
}

/* A 1 that was found a little to the side, or much narrower than it is written. */
static void thin_strokes_agree_by_their_centres(void **state)
{
    (void)state;
    assert_true(match_overlap(box(0, 0, 40, 100), box(15, 0, 8, 100)) > 0);
    assert_true(match_overlap(box(15, 0, 8, 100), box(0, 0, 40, 100)) > 0);
    assert_true(match_overlap(box(0, 0, 40, 100), box(15, 20, 8, 60)) == 0); /* heights differ by more than 1.6 */
    assert_true(match_overlap(box(0, 0, 40, 100), box(35, 0, 8, 100)) == 0); /* its own centre is not in the other */
    assert_true(match_overlap(box(0, 0, 40, 100), box(15, 0, 8, 100)) < 0.3); /* the proper rule would not have it */
}

static void the_best_overlap_goes_first(void **state)
{
    (void)state;
    const struct match_digit written[] = {digit(1, 0, 0, 10, 10), digit(2, 4, 0, 10, 10)};
    const struct match_digit found[] = {digit(2, 4, 0, 10, 10), digit(1, 0, 0, 9, 10), digit(3, 2, 0, 10, 10)};
    int found_of[2], written_of[3];
    assert_int_equal(match_digits(written, 2, found, 3, found_of, written_of), 0);
    assert_int_equal(found_of[0], 1);
    assert_int_equal(found_of[1], 0);
    assert_int_equal(written_of[0], 1);
    assert_int_equal(written_of[1], 0);
    assert_int_equal(written_of[2], MATCH_NONE);
}

static void what_is_ignored_counts_neither_way(void **state)
{
    (void)state;
    const struct match_digit written[] = {digit(1, 0, 0, 20, 30), ignored(100, 0, 20, 30), digit(2, 200, 0, 20, 30)};
    const struct match_digit found[] = {digit(1, 1, 0, 20, 30),   /* right */
                                        digit(7, 101, 0, 20, 30), /* over what is ignored */
                                        digit(7, 104, 2, 4, 4),   /* a bit of it, its centre within */
                                        digit(3, 200, 1, 20, 30), /* misread */
                                        digit(4, 300, 0, 20, 30)}; /* invented */
    int found_of[3], written_of[5];
    struct match_tally tally = {0};
    assert_int_equal(match_digits(written, 3, found, 5, found_of, written_of), 0);
    assert_int_equal(found_of[1], MATCH_NONE);
    assert_int_equal(written_of[1], MATCH_IGNORED);
    assert_int_equal(written_of[2], MATCH_IGNORED);
    assert_int_equal(written_of[4], MATCH_NONE);
    match_count(&tally, written, 3, found, 5, found_of, written_of);
    assert_int_equal(tally.written, 2);
    assert_int_equal(tally.found, 3);
    assert_int_equal(tally.located, 2);
    assert_int_equal(tally.right, 1);
    assert_true(match_precision(&tally) == 1.0 / 3);
    assert_true(match_recall(&tally) == 0.5);
    assert_true(match_f1(&tally) == 0.4);
}

/* What is written gets its partner even beside something ignored that agrees better. */
static void the_ignored_takes_nobodys_partner(void **state)
{
    (void)state;
    const struct match_digit written[] = {ignored(0, 0, 20, 30), digit(5, 4, 0, 20, 30)};
    const struct match_digit found[] = {digit(5, 0, 0, 20, 30)};
    int found_of[2], written_of[1];
    assert_int_equal(match_digits(written, 2, found, 1, found_of, written_of), 0);
    assert_int_equal(written_of[0], 1);
}

static void nothing_is_no_error(void **state)
{
    (void)state;
    struct match_tally tally = {0};
    int none[1];
    assert_int_equal(match_digits(NULL, 0, NULL, 0, none, none), 0);
    match_count(&tally, NULL, 0, NULL, 0, none, none);
    assert_true(match_precision(&tally) == 1 && match_recall(&tally) == 1 && match_f1(&tally) == 1);
    const struct match_digit invented = digit(1, 0, 0, 9, 9);
    assert_int_equal(match_digits(NULL, 0, &invented, 1, none, none), 0);
    assert_int_equal(none[0], MATCH_NONE);
    match_count(&tally, NULL, 0, &invented, 1, none, none);
    assert_true(match_precision(&tally) == 0 && match_recall(&tally) == 1 && match_f1(&tally) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_is_intersection_over_union), cmocka_unit_test(thin_strokes_agree_by_their_centres),
        cmocka_unit_test(the_best_overlap_goes_first),        cmocka_unit_test(what_is_ignored_counts_neither_way),
        cmocka_unit_test(the_ignored_takes_nobodys_partner),  cmocka_unit_test(nothing_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
