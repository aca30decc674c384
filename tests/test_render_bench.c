/* bench.h: percentiles, and what is printed of a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "render/bench.h"

static void percentiles_are_values_that_occurred(void **state)
{
    (void)state;
    double values[200], few[] = {5, 1, 3};
    for (int i = 0; i < 200; i++)
        values[i] = (double)((i * 77) % 200 + 1); /* 1 .. 200 in disorder */
    assert_true(bench_percentile(values, 200, 50) == 100);
    assert_true(bench_percentile(values, 200, 95) == 190);
    assert_true(bench_percentile(values, 200, 99) == 198);
    assert_true(bench_percentile(values, 200, 100) == 200);
    assert_true(bench_percentile(values, 200, 0) == 1);
    assert_true(bench_percentile(few, 3, 50) == 3);
    assert_true(bench_percentile(few, 1, 99) == 1); /* sorted by the call before */
    assert_true(bench_percentile(few, 0, 50) == 0);
}

/* Frame `i` takes 100 + i us in all, of it 10 + i in the network, and reads one of two digits. */
static struct bench *make_bench(int frames, int room)
{
    const struct match_digit written[] = {{3, {0, 0, 20, 30}, false}, {4, {50, 0, 20, 30}, false}};
    struct reading_digit digit = {.id = 1, .digit = 3, .box = {0, 0, 20, 30}};
    struct bench *bench;
    assert_int_equal(bench_create(&bench, room), 0);
    for (int i = 0; i < frames; i++) {
        const struct reading reading = {.digits = &digit,
                                        .digit_count = 1,
                                        .times_us = {.luma = 1, .threshold = 50, .net = 10 + i, .total = 100 + i}};
        assert_int_equal(bench_add(bench, &reading, written, 2, 200), 0);
    }
    return bench;
}

static const struct bench_case usual = {
    .clip = "demo", .width_px = 640, .height_px = 480, .digits = 2, .input = "gray", .threads = 1, .kernels = "scalar"};

/* What `print` writes; the caller's to free. */
static char *printed(const struct bench_case *about, const struct bench *bench, bool as_json)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *const out = open_memstream(&text, &bytes);
    assert_non_null(out);
    if (as_json)
        assert_int_equal(bench_print_json(out, about, bench), 0);
    else
        bench_print_table(out, about, bench);
    fclose(out);
    return text;
}

static double number_at(const json_t *object, const char *outer, const char *inner)
{
    const json_t *const value = inner ? json_object_get(json_object_get(object, outer), inner) : json_object_get(object, outer);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void json_keeps_the_contract(void **state)
{
    (void)state;
    struct bench *const bench = make_bench(100, 100);
    char *const text = printed(&usual, bench, true);
    json_t *const object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_int_equal(strchr(text, '\n') - text, strlen(text) - 1);
    assert_string_equal(json_string_value(json_object_get(object, "clip")), "demo");
    assert_string_equal(json_string_value(json_object_get(object, "size")), "640x480");
    assert_string_equal(json_string_value(json_object_get(object, "input")), "gray");
    assert_string_equal(json_string_value(json_object_get(object, "kernels")), "scalar");
    assert_int_equal(number_at(object, "digits", NULL), 2);
    assert_int_equal(number_at(object, "frames", NULL), 100);
    assert_int_equal(number_at(object, "threads", NULL), 1);
    assert_true(number_at(object, "frame_us", "p50") == 149);
    assert_true(number_at(object, "frame_us", "p95") == 194);
    assert_true(number_at(object, "frame_us", "p99") == 198);
    assert_true(number_at(object, "frame_us", "max") == 199);
    assert_true(number_at(object, "stages_us", "net") == 59);
    assert_true(number_at(object, "stages_p95_us", "net") == 104);
    assert_true(number_at(object, "stages_p99_us", "threshold") == 50);
    assert_true(number_at(object, "stages_us", "track") == 0);
    assert_true(number_at(object, "fps", NULL) == 5000);
    assert_true(number_at(object, "accuracy", "precision") == 1);
    assert_true(number_at(object, "accuracy", "recall") == 0.5);
    json_decref(object);
    free(text);
    bench_destroy(bench);
}

static void unknown_digits_have_no_accuracy(void **state)
{
    (void)state;
    struct bench_case about = usual;
    struct bench *bench;
    const struct reading reading = {.times_us = {.total = 7}};
    about.digits = -1;
    about.clip = "caf\xe9.jpg"; /* no UTF-8 */
    assert_int_equal(bench_create(&bench, 1), 0);
    assert_int_equal(bench_add(bench, &reading, NULL, 0, 7), 0);
    char *const text = printed(&about, bench, true), *const table = printed(&about, bench, false);
    json_t *const object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_null(json_object_get(object, "digits"));
    assert_null(json_object_get(object, "accuracy"));
    assert_null(strstr(table, "precision"));
    json_decref(object);
    free(text);
    free(table);
    bench_destroy(bench);
}

static void the_table_says_it_all(void **state)
{
    (void)state;
    struct bench *const bench = make_bench(100, 100);
    char *const table = printed(&usual, bench, false);
    static const char *const words[] = {"640x480", "2 digits", "5000 frames/s", "precision 1.000", "recall 0.500",
                                        "threshold", "p50", "p95", "p99", "max", "199", "scalar"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_non_null(strstr(table, words[i]));
    free(table);
    bench_destroy(bench);
}

static void more_frames_than_room_are_left_out(void **state)
{
    (void)state;
    struct bench *const bench = make_bench(20, 10);
    char *const text = printed(&usual, bench, true);
    json_t *const object = json_loads(text, 0, NULL);
    assert_int_equal(number_at(object, "frames", NULL), 10);
    assert_true(number_at(object, "frame_us", "max") == 109);
    json_decref(object);
    free(text);
    bench_destroy(bench);
    bench_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_values_that_occurred), cmocka_unit_test(json_keeps_the_contract),
        cmocka_unit_test(unknown_digits_have_no_accuracy),      cmocka_unit_test(the_table_says_it_all),
        cmocka_unit_test(more_frames_than_room_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
