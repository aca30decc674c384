/* The slashes of dates are told from 1s by what they divide, and by how they stand in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vision/dates.h"

#include "tests/support/strokes.h"

#define H 40 /* of a digit */

/* How what is put next looks. */
struct looks {
    float digits_lean, ones_lean, slash_lean; /* tangents, to the right */
    int slash_h;
};

static const struct looks plain = {0.1f, 0.1f, 0.4f, 50};

static struct candidate found[CANDIDATES_MOST];
static struct sighting seen[CANDIDATES_MOST];
static bool slash[CANDIDATES_MOST];
static int count;

static int start(void **state)
{
    (void)state;
    count = 0;
    return 0;
}

/* A string from (x, y) on, whose slashes are read as 1s, with confidence `sure`. Returns the index of the
 * first. */
static int put(const char *string, int x, int y, struct looks looks, float sure)
{
    const int first = count;
    for (; *string; string++) {
        const bool bar = *string == '/', one = *string == '1';
        const float lean = bar ? looks.slash_lean : one ? looks.ones_lean : looks.digits_lean;
        const int h = bar ? looks.slash_h : H, w = bar || one ? 4 + (int)(lean * (float)h) : 24;
        const struct box box = {x, y - (h - H) / 2, w, h};
        found[count] = (struct candidate){.box = box, .strokes = bar || one ? 1 : 2};
        draw_stroke(found[count].crop, 14 + 9 * lean, 5, 14 - 9 * lean, 23);
        seen[count] =
            (struct sighting){.box = box, .digit = bar ? 1 : *string - '0', .confidence = bar ? sure : 0.99f};
        x += w + 6;
        count++;
    }
    return first;
}

/* Where slashes were found in the string put last, `first` its first. */
static const char *slashes(int first)
{
    static char shown[32];
    dates_find(found, seen, count, slash);
    for (int i = first; i < count; i++)
        shown[i - first] = slash[i] ? '/' : '.';
    shown[count - first] = '\0';
    return shown;
}

static const char *in(const char *string, struct looks looks)
{
    start(NULL);
    return slashes(put(string, 50, 100, looks, 0.99f));
}

static void slashes_of_dates_are_found(void **state)
{
    (void)state;
    assert_string_equal(in("3/9/24", plain), "././..");
    assert_string_equal(in("27/07/2019", plain), "../../....");
    assert_string_equal(in("12/31/1999", plain), "../../....");
    assert_string_equal(in("2024/12/31", plain), "..../../..");
    assert_string_equal(in("11/11/2011", plain), "../../....");
    assert_string_equal(in("1/1/11", plain), "././..");
}

static void what_is_no_date_has_none(void **state)
{
    (void)state;
    assert_string_equal(in("32/07/2019", plain), ".........."); /* no such day */
    assert_string_equal(in("13/13/2019", plain), "..........");
    assert_string_equal(in("27/07/3019", plain), "..........");
    assert_string_equal(in("27/07/201", plain), ".........");
    assert_string_equal(in("27/072019", plain), ".........");
    assert_string_equal(in("3/9/24/5", plain), "........");
    assert_string_equal(in("3/9/2", plain), ".....");
    assert_string_equal(in("", plain), "");
}

static void its_slashes_stand_out(void **state)
{
    (void)state;
    const struct looks like_ones = {0.1f, 0.4f, 0.4f, H}, upright = {0.3f, 0.1f, 0.1f, 42},
                       longer = {0.3f, 0.25f, 0.25f, 56};
    const struct looks same_height = {0.1f, 0.1f, 0.3f, H}, backwards = {-0.4f, -0.4f, -0.2f, 50};
    assert_string_equal(in("17/07/2019", like_ones), "..........");
    assert_string_equal(in("27/07/2024", upright), "..........");
    assert_string_equal(in("17/07/2019", longer), "../../....");
    assert_string_equal(in("17/07/2019", same_height), "../../....");
    assert_string_equal(in("27/07/2024", backwards), "..........");
    const int first = put("27/07/2024", 50, 300, plain, 0.99f);
    found[first + 2].box.h = seen[first + 2].box.h = 70; /* not alike */
    assert_string_equal(slashes(first), "..........");
}

/* The network may have taken a slash for no digit already: the other one is one nevertheless. */
static void a_slash_need_not_be_read_as_a_one(void **state)
{
    (void)state;
    const int first = put("27/07/2019", 50, 100, plain, 0.1f);
    seen[first + 5].confidence = 0.99f;
    assert_string_equal(slashes(first), "../../....");
    found[first + 2].strokes = 2; /* no bar */
    assert_string_equal(slashes(first), "..........");
}

/* Everything is seen twice, on two levels of the pyramid; the surer reading counts. */
static void what_is_seen_twice_counts_once(void **state)
{
    (void)state;
    const int first = put("27/07/2019", 50, 100, plain, 0.99f);
    for (int i = 0; i < 10; i++) {
        found[count] = found[first + i];
        seen[count] = seen[first + i];
        seen[count].digit = 8;
        seen[count].confidence = 0.6f;
        count++;
    }
    assert_string_equal(slashes(first), "../../..............");
}

static void dates_on_several_lines_are_apart(void **state)
{
    (void)state;
    put("27/07/2019", 50, 100, plain, 0.99f);
    const int second = put("1/12/24", 60, 180, plain, 0.99f);
    put("345", 600, 180, plain, 0.99f);
    assert_string_equal(slashes(second), "./../.....");
    assert_true(slash[2] && slash[5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(slashes_of_dates_are_found, start),
        cmocka_unit_test_setup(what_is_no_date_has_none, start),
        cmocka_unit_test_setup(its_slashes_stand_out, start),
        cmocka_unit_test_setup(a_slash_need_not_be_read_as_a_one, start),
        cmocka_unit_test_setup(what_is_seen_twice_counts_once, start),
        cmocka_unit_test_setup(dates_on_several_lines_are_apart, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
