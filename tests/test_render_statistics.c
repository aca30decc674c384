/* Percentiles out of a histogram, against a sorted list; what is printed at the end of live. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "render/delay.h"
#include "render/statistics.h"

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void percentiles_are_near_the_true_ones(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static int64_t times[COUNT];
    static struct delay delay;
    static const double shares[] = {0.01, 0.25, 0.5, 0.9, 0.99, 1};
    uint32_t random = 7;
    for (int i = 0; i < COUNT; i++) {
        random = random * 1664525u + 1013904223u;
        times[i] = (int64_t)(2000 * exp2((double)(random >> 8) / (1 << 24) * 20)); /* 2 microseconds to 2 seconds */
        delay_add(&delay, times[i]);
    }
    qsort(times, COUNT, sizeof times[0], compare);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        const double truth = (double)times[(int)ceil(shares[i] * COUNT) - 1] / 1e3;
        const double found = delay_percentile_us(&delay, shares[i]);
        assert_true(fabs(found - truth) <= truth / DELAY_STEPS);
    }
    assert_int_equal(delay.count, COUNT);
    assert_int_equal(delay.largest_ns, times[COUNT - 1]);
}

static void extremes_count(void **state)
{
    (void)state;
    static struct delay delay;
    assert_true(delay_percentile_us(&delay, 0.5) == 0);
    delay_add(&delay, -5);
    delay_add(&delay, 0);
    assert_true(delay_percentile_us(&delay, 0.99) == 0); /* never more than the largest */
    delay_add(&delay, INT64_MAX);
    assert_true(delay_percentile_us(&delay, 1) > 1e9);
    assert_int_equal(delay.count, 3);
}

static struct statistics example(void)
{
    struct statistics s = {.frames = 11, .seconds = 0.5, .missed = 3, .stale = 1, .torn = 4, .not_shown = 2};
    for (int i = 0; i < 99; i++)
        delay_add(&s.reading, 9000000);
    delay_add(&s.reading, 50000000);
    return s;
}

static void text_has_it_all(void **state)
{
    (void)state;
    char text[1024] = "";
    struct statistics s = example();
    FILE *out = fmemopen(text, sizeof text, "w");
    statistics_print_text(out, &s, "> ");
    fclose(out);
    assert_non_null(strstr(text, "> 11 frames read, 20.0 a second; dropped: 3 missed, 1 stale, 4 torn\n> delay to the "));
    assert_null(strstr(text, "picture"));
    delay_add(&s.shown, 20000000);
    out = fmemopen(text, sizeof text, "w");
    statistics_print_text(out, &s, "");
    fclose(out);
    assert_non_null(strstr(text, "4 torn, 2 not shown\n"));
    assert_non_null(strstr(text, "; to the picture: median 20.0 ms, 99% within 20.0 ms\n"));
    s = (struct statistics){.frames = 1};
    out = fmemopen(text, sizeof text, "w");
    statistics_print_text(out, &s, "");
    fclose(out);
    assert_string_equal(text, "1 frame read; dropped: 0 missed, 0 stale, 0 torn\n");
}

static double number_at(const json_t *object, const char *a, const char *b, const char *c)
{
    const json_t *at = json_object_get(json_object_get(object, "statistics"), a);
    at = b ? json_object_get(at, b) : at;
    at = c ? json_object_get(at, c) : at;
    assert_true(json_is_number(at));
    return json_number_value(at);
}

static void json_has_it_all(void **state)
{
    (void)state;
    char text[1024] = "";
    struct statistics s = example();
    delay_add(&s.shown, 20000000);
    FILE *const out = fmemopen(text, sizeof text, "w");
    statistics_print_json(out, &s);
    fclose(out);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
    json_t *const object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_true(number_at(object, "frames", NULL, NULL) == 11);
    assert_true(number_at(object, "fps", NULL, NULL) == 20);
    assert_true(number_at(object, "dropped", "missed", NULL) == 3);
    assert_true(number_at(object, "dropped", "not_shown", NULL) == 2);
    assert_true(fabs(number_at(object, "delay_us", "reading", "p50") - 9000) < 150);
    assert_true(fabs(number_at(object, "delay_us", "reading", "p99") - 9000) < 150);
    assert_true(number_at(object, "delay_us", "reading", "max") == 50000);
    assert_true(number_at(object, "delay_us", "shown", "p50") == 20000);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_near_the_true_ones), cmocka_unit_test(extremes_count),
        cmocka_unit_test(text_has_it_all), cmocka_unit_test(json_has_it_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
