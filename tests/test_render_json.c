/* The JSON line: exact output, escapes, and what cannot be said in JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "render/json.h"
#include "render/text.h"

static struct reading_digit digits[] = {
    {.id = 3, .digit = 7, .confidence = 0.998f, .box = {10, 20, 30, 40}, .number = 0,
     .top = {{7, 0.998f}, {1, 0.001f}, {9, 0.0005f}}},
    {.id = 4, .digit = 4, .confidence = 1.0f, .box = {45, 21, 28, 39}, .number = 0,
     .top = {{4, 1.0f}, {9, 0.00001f}, {1, 0}}},
};
static struct reading_number numbers[] = {{.text = "74", .box = {10, 20, 63, 40}, .confidence = 0.998f}};

static struct reading page(void)
{
    return (struct reading){.source = "page.jpg",
                            .frame = 12,
                            .time_s = 0.0333333,
                            .width_px = 1280,
                            .height_px = 720,
                            .orientation = 1,
                            .digits = digits,
                            .digit_count = 2,
                            .numbers = numbers,
                            .number_count = 1,
                            .times_us = {41.4, 88, 60.5, 12, 30, 95, 4, 330.9}};
}

static void check_line(const struct reading *reading, const char *expected)
{
    char *line;
    assert_int_equal(json_from_reading(reading, &line), 0);
    assert_string_equal(line, expected);
    free(line);
}

static void writes_the_contract(void **state)
{
    (void)state;
    const struct reading reading = page();
    check_line(&reading,
               "{\"source\":\"page.jpg\",\"frame\":12,\"time\":0.033,\"width\":1280,\"height\":720,"
               "\"digits\":[{\"id\":3,\"digit\":7,\"confidence\":0.998,\"box\":[10,20,30,40],\"number\":0,"
               "\"top\":[[7,0.998],[1,0.001],[9,0.0005]]},"
               "{\"id\":4,\"digit\":4,\"confidence\":1.0,\"box\":[45,21,28,39],\"number\":0,"
               "\"top\":[[4,1.0],[9,0.0],[1,0.0]]}],"
               "\"numbers\":[{\"text\":\"74\",\"box\":[10,20,63,40],\"confidence\":0.998}],"
               "\"times_us\":{\"luma\":41,\"threshold\":88,\"contour\":61,\"segment\":12,\"normalise\":30,"
               "\"net\":95,\"track\":4,\"total\":331}}");
}

static const char empty_tail[] = "\"digits\":[],\"numbers\":[],\"times_us\":{\"luma\":0,\"threshold\":0,\"contour\":0,"
                                 "\"segment\":0,\"normalise\":0,\"net\":0,\"track\":0,\"total\":0}}";

static void check_source(const char *source, const char *in_json)
{
    char expected[512];
    const struct reading reading = {.source = source, .width_px = 1, .height_px = 1, .orientation = 1};
    snprintf(expected, sizeof expected, "{\"source\":\"%s\",\"frame\":0,\"time\":0.0,\"width\":1,\"height\":1,%s",
             in_json, empty_tail);
    check_line(&reading, expected);
}

static void escapes_names(void **state)
{
    (void)state;
    check_source("a \"b\" \\ c.jpg", "a \\\"b\\\" \\\\ c.jpg");
    check_source("line\nbreak\ttab\x01", "line\\nbreak\\ttab\\u0001");
    check_source("grün 数字.png", "grün 数字.png");
}

static void replaces_what_is_not_utf8(void **state)
{
    (void)state;
    check_source("gr\xfcn.jpg", "gr\xef\xbf\xbdn.jpg");                    /* Latin-1 */
    check_source("\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd");                  /* overlong */
    check_source("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  /* a surrogate */
    check_source("end\xe6\x95", "end\xef\xbf\xbd\xef\xbf\xbd");            /* cut off */
}

static void says_the_orientation_where_there_is_one(void **state)
{
    (void)state;
    char *line;
    struct reading reading = page();
    reading.orientation = 6;
    assert_int_equal(json_from_reading(&reading, &line), 0);
    assert_non_null(strstr(line, "\"height\":720,\"orientation\":6,\"digits\":"));
    free(line);
}

static void has_no_infinity(void **state)
{
    (void)state;
    char *line;
    struct reading reading = page();
    reading.time_s = INFINITY;
    numbers[0].confidence = NAN;
    assert_int_equal(json_from_reading(&reading, &line), 0);
    numbers[0].confidence = 0.998f;
    assert_non_null(strstr(line, "\"time\":0.0,"));
    assert_non_null(strstr(line, "\"confidence\":0.0}],\"times_us\""));
    free(line);
}

static void keeps_long_times_exact(void **state)
{
    (void)state;
    char *line;
    struct reading reading = page();
    reading.time_s = 86400.123;
    reading.times_us.total = 12345678.4;
    assert_int_equal(json_from_reading(&reading, &line), 0);
    assert_non_null(strstr(line, "\"time\":86400.123,"));
    assert_non_null(strstr(line, "\"total\":12345678}"));
    free(line);
}

static void prints_text(void **state)
{
    (void)state;
    char *text;
    size_t bytes;
    struct reading reading = page();
    FILE *const out = open_memstream(&text, &bytes);
    text_print_reading(out, &reading);
    reading.number_count = 0;
    text_print_reading(out, &reading);
    fclose(out);
    assert_string_equal(text, "page.jpg: 74\npage.jpg:\n");
    free(text);
}

static void explains_where_asked(void **state)
{
    (void)state;
    static const struct reading_candidate candidates[] = {
        {.box = {1, 2, 3, 4}, .reason = READING_NOT_A_DIGIT, .value = 0.93f, .asked = true,
         .top = {{8, 0.04f}, {3, 0.01f}, {0, 0.005f}}},
        {.box = {5, 6, 7, 8}, .reason = READING_TOO_SMALL, .value = 8},
    };
    struct reading reading = page();
    reading.digit_count = reading.number_count = 0;
    reading.hint = "the page seems to be upside down";
    reading.candidates = candidates;
    reading.candidate_count = 2;
    check_line(&reading,
               "{\"source\":\"page.jpg\",\"frame\":12,\"time\":0.033,\"width\":1280,\"height\":720,"
               "\"digits\":[],\"numbers\":[],"
               "\"hint\":\"the page seems to be upside down\","
               "\"candidates\":[{\"box\":[1,2,3,4],\"reason\":\"not_a_digit\",\"value\":0.93,"
               "\"top\":[[8,0.04],[3,0.01],[0,0.005]]},"
               "{\"box\":[5,6,7,8],\"reason\":\"too_small\",\"value\":8.0}],"
               "\"times_us\":{\"luma\":41,\"threshold\":88,\"contour\":61,\"segment\":12,\"normalise\":30,"
               "\"net\":95,\"track\":4,\"total\":331}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_contract),
        cmocka_unit_test(explains_where_asked),     cmocka_unit_test(escapes_names),
        cmocka_unit_test(replaces_what_is_not_utf8), cmocka_unit_test(says_the_orientation_where_there_is_one),
        cmocka_unit_test(has_no_infinity),         cmocka_unit_test(keeps_long_times_exact),
        cmocka_unit_test(prints_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
