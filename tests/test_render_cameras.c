/* What `digitcam cameras` prints of a camera: its settings with their words and ranges, its controls with their items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "render/cameras.h"

static struct camera_control_item items[] = {{0, "Disabled"}, {2, "60 Hz"}};
static struct camera_control controls[] = {
    {.id = 1, .name = "Gain", .minimum = 0, .maximum = 100, .step = 1, .default_value = 20, .value = 33},
    {.id = 2, .name = "Power \"Line\" \xff", .kind = CAMERA_CONTROL_MENU, .maximum = 2, .items = items, .item_count = 2},
};
static const struct camera camera = {
    .path = "/dev/video7",
    .name = "Fake",
    .controls = controls,
    .control_count = 2,
    .settings = {{"exposure", {"auto"}, true, 3, 2047}, {"flicker", {"off", "60"}, false, 0, 0}},
    .setting_count = 2,
};

static void test_text(void **state)
{
    (void)state;
    char text[4096] = "";
    FILE *const out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    cameras_print_text(out, &camera);
    fclose(out);
    assert_non_null(strstr(text, "/dev/video7  Fake\n"));
    assert_non_null(strstr(text, "    --control exposure=              auto, or 3 to 2047\n"));
    assert_non_null(strstr(text, "    --control flicker=               off, 60\n"));
    assert_non_null(strstr(text, "Gain                             33  (0 to 100, usually 20)\n"));
    assert_non_null(strstr(text, "(0 to 2, usually 0)  0 Disabled, 2 60 Hz\n"));
}

static void test_json(void **state)
{
    (void)state;
    char line[8192] = "";
    FILE *const out = fmemopen(line, sizeof line, "w");
    assert_non_null(out);
    assert_int_equal(cameras_print_json(out, &camera), 0);
    fclose(out);
    json_t *const object = json_loads(line, 0, NULL);
    assert_non_null(object);
    const json_t *const settings = json_object_get(object, "settings"), *const exposure = json_array_get(settings, 0);
    assert_int_equal(json_array_size(settings), 2);
    assert_string_equal(json_string_value(json_object_get(exposure, "name")), "exposure");
    assert_string_equal(json_string_value(json_array_get(json_object_get(exposure, "words"), 0)), "auto");
    assert_int_equal(json_integer_value(json_object_get(exposure, "min")), 3);
    assert_int_equal(json_integer_value(json_object_get(exposure, "max")), 2047);
    const json_t *const flicker = json_array_get(settings, 1);
    assert_null(json_object_get(flicker, "max"));
    assert_int_equal(json_array_size(json_object_get(flicker, "words")), 2);
    const json_t *const line_frequency = json_array_get(json_object_get(object, "controls"), 1);
    const json_t *const item = json_array_get(json_object_get(line_frequency, "items"), 1);
    assert_int_equal(json_integer_value(json_object_get(item, "value")), 2);
    assert_string_equal(json_string_value(json_object_get(item, "label")), "60 Hz");
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
