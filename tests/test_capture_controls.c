/* Controls: what a name and a value mean to a camera, in which order they are set, and that everything is put back. */
#include <errno.h>
#include <linux/videodev2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/cameras.h"
#include "tests/fake_cameras.h"

static struct fake before; /* the first camera as it was */

static int set_up_controls(void **state)
{
    set_up(state);
    give_controls(first);
    before = *first;
    return 0;
}

static void wish(const char *setting)
{
    options.controls[options.control_count++] = setting;
}

static void assert_as_before(void)
{
    for (int i = 0; i < CONTROLS && before.controls[i].id; i++)
        assert_int_equal(first->controls[i].value, before.controls[i].value);
}

static void close_source(void)
{
    source_close(source);
    source = NULL;
}

/* ---- names and values ---------------------------------------------------------------------------------------- */

static void test_each_is_set_and_put_back(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        uint32_t id;
        int32_t value;
        uint32_t governor;
        int32_t governed;
    } cases[] = {
        {"exposure=100", V4L2_CID_EXPOSURE_ABSOLUTE, 100, V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL},
        {"exposure=auto", V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_APERTURE_PRIORITY, 0, 0},
        {"gain=33", V4L2_CID_GAIN, 33, 0, 0},
        {"focus=77", V4L2_CID_FOCUS_ABSOLUTE, 77, V4L2_CID_FOCUS_AUTO, 0},
        {"focus=continuous", V4L2_CID_FOCUS_AUTO, 1, 0, 0},
        {"white-balance=5000", V4L2_CID_WHITE_BALANCE_TEMPERATURE, 5000, V4L2_CID_AUTO_WHITE_BALANCE, 0},
        {"White-Balance=AUTO", V4L2_CID_AUTO_WHITE_BALANCE, 1, 0, 0},
        {"flicker=60", V4L2_CID_POWER_LINE_FREQUENCY, 2, 0, 0},
        {"flicker=off", V4L2_CID_POWER_LINE_FREQUENCY, 0, 0, 0},
        {"brightness=-12", V4L2_CID_BRIGHTNESS, -12, 0, 0},
        {"BRIGHTNESS=64", V4L2_CID_BRIGHTNESS, 64, 0, 0},
        {"power_line_frequency=60 Hz", V4L2_CID_POWER_LINE_FREQUENCY, 2, 0, 0},
        {"Power Line Frequency=0", V4L2_CID_POWER_LINE_FREQUENCY, 0, 0, 0},
        {"focus_automatic_continuous=on", V4L2_CID_FOCUS_AUTO, 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        options.control_count = 0;
        wish(cases[i].setting);
        assert_int_equal(open_first(), 0);
        assert_int_equal(fake_value(first, cases[i].id), cases[i].value);
        if (cases[i].governor)
            assert_int_equal(fake_value(first, cases[i].governor), cases[i].governed);
        take(2);
        close_source();
        assert_as_before();
    }
}

/* The exposure time of a camera that was set by hand is put back, too, though the automatic has moved it meanwhile. */
static void test_manual_exposure_is_put_back(void **state)
{
    (void)state;
    fake_control(first, V4L2_CID_EXPOSURE_AUTO)->value = V4L2_EXPOSURE_MANUAL;
    before = *first;
    wish("exposure=auto");
    assert_int_equal(open_first(), 0);
    fake_control(first, V4L2_CID_EXPOSURE_ABSOLUTE)->value = 999;
    close_source();
    assert_as_before();
}

static void test_several_in_their_order(void **state)
{
    (void)state;
    wish("gain=1");
    wish("gain=2");
    wish("brightness=3");
    assert_int_equal(open_first(), 0);
    assert_int_equal(fake_value(first, V4L2_CID_GAIN), 2);
    assert_int_equal(fake_value(first, V4L2_CID_BRIGHTNESS), 3);
    close_source();
    assert_as_before();
}

/* What it has not, and what it does not take, is refused in words, and leaves nothing changed. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        int error;
        const char *part;
    } cases[] = {
        {"gain=101", ERANGE, "its gain takes 0 to 100, not 101"},
        {"gain=auto", ERANGE, "its gain takes 0 to 100, not auto"},
        {"gain=7up", ERANGE, "not 7up"},
        {"exposure=fast", ERANGE, "its exposure takes auto, 3 to 2047, not fast"},
        {"flicker=auto", ERANGE, "its flicker takes off, 50, 60, not auto"},
        {"flicker=55", ERANGE, "its flicker takes off, 50, 60, not 55"},
        {"focus=251", ERANGE, "its focus takes continuous, once, 0 to 250, not 251"},
        {"brightness=900", ERANGE, "takes -64 to 64, not 900"},
        {"power line frequency=7", ERANGE, "0 (Disabled), 1 (50 Hz), 2 (60 Hz), not 7"},
        {"zoom=3", ENOTSUP, "it has no control zoom; `digitcam cameras`"},
        {"gain", EINVAL, "NAME=VALUE"},
        {"=7", EINVAL, "NAME=VALUE"},
        {"gain=", EINVAL, "NAME=VALUE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        options.control_count = 0;
        wish("brightness=1");
        wish(cases[i].setting);
        assert_int_equal(open_first(), -cases[i].error);
        if (!strstr(why, cases[i].part) || !strstr(why, "/dev/video3 (Fake)"))
            fail_msg("'%s' does not say '%s'", why, cases[i].part);
        assert_as_before();
    }
}

static void test_a_camera_without_controls(void **state)
{
    (void)state;
    memset(first->controls, 0, sizeof first->controls);
    wish("exposure=auto");
    assert_int_equal(open_first(), -ENOTSUP);
    assert_non_null(strstr(why, "it has no control for exposure"));
    options.control_count = 0;
    assert_int_equal(open_first(), 0);
    assert_false(source_adjusts(source));
    assert_int_equal(source_turn(source, SOURCE_GAIN, 1, why, sizeof why), -ENOTSUP);
    assert_string_equal(why, "this camera has no control for gain");
}

static void test_driver_refuses(void **state)
{
    (void)state;
    wish("gain=1");
    fakes.request = VIDIOC_S_EXT_CTRLS;
    fakes.request_error = EBUSY;
    assert_int_equal(open_first(), -EBUSY);
    assert_non_null(strstr(why, "refuses --control gain=1"));
}

/* ---- while it runs ------------------------------------------------------------------------------------------- */

static void test_focus_once(void **state)
{
    (void)state;
    wish("focus=once");
    assert_int_equal(open_first(), 0);
    take(5);
    assert_int_equal(fake_value(first, V4L2_CID_FOCUS_AUTO), 1);
    take(100);
    assert_int_equal(fake_value(first, V4L2_CID_FOCUS_AUTO), 0);
    close_source();
    assert_as_before();
}

static void test_turning(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    assert_int_equal(source_turn(source, SOURCE_GAIN, 1, why, sizeof why), 0);
    assert_string_equal(why, "gain=25");
    assert_int_equal(source_turn(source, SOURCE_GAIN, -100, why, sizeof why), 0);
    assert_string_equal(why, "gain=0");
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, 1, why, sizeof why), 0);
    assert_string_equal(why, "exposure=313"); /* 250 and a quarter more */
    assert_int_equal(fake_value(first, V4L2_CID_EXPOSURE_AUTO), V4L2_EXPOSURE_MANUAL);
    assert_int_equal(fake_value(first, V4L2_CID_EXPOSURE_ABSOLUTE), 313);
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, -1, why, sizeof why), 0);
    assert_string_equal(why, "exposure=250"); /* and back */
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, 100, why, sizeof why), 0);
    assert_string_equal(why, "exposure=2047");
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, -100, why, sizeof why), 0);
    assert_string_equal(why, "exposure=3");
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, 1, why, sizeof why), 0);
    assert_string_equal(why, "exposure=4"); /* a quarter of 3 is none, but a step it is */
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, 0, why, sizeof why), 0);
    assert_string_equal(why, "exposure=auto");
    assert_int_equal(fake_value(first, V4L2_CID_EXPOSURE_AUTO), V4L2_EXPOSURE_APERTURE_PRIORITY);
    fake_control(first, V4L2_CID_EXPOSURE_ABSOLUTE)->value = 250; /* the automatic's work */
    close_source();
    assert_as_before();
}

/* A camera that lost its power comes back with its usual values: it is set again as it was, and put back in the end. */
static void test_over_a_replug(void **state)
{
    (void)state;
    wish("flicker=60");
    assert_int_equal(open_first(), 0);
    assert_true(source_adjusts(source));
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, 1, why, sizeof why), 0);
    take(3);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    assert_int_equal(source_turn(source, SOURCE_EXPOSURE, 1, why, sizeof why), -ENODEV);
    give_controls(first);
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(fake_value(first, V4L2_CID_POWER_LINE_FREQUENCY), 2);
    assert_int_equal(fake_value(first, V4L2_CID_EXPOSURE_ABSOLUTE), 313);
    assert_false(source_adjusts(source));
    close_source();
    assert_as_before();
}

/* One that comes back without its controls comes back all the same. */
static void test_back_with_fewer(void **state)
{
    (void)state;
    wish("gain=50");
    assert_int_equal(open_first(), 0);
    take(3);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    memset(first->controls, 0, sizeof first->controls);
    plug_in(first);
    wait_for_frame(second_ns, waiting);
}

/* ---- the list ------------------------------------------------------------------------------------------------ */

static void test_settings_are_listed(void **state)
{
    (void)state;
    struct camera_list *list;
    assert_int_equal(camera_list_create(&list), 0);
    assert_int_equal(list->count, 1);
    const struct camera *const camera = &list->cameras[0];
    assert_int_equal(camera->control_count, 9);
    assert_int_equal(camera->setting_count, 5);
    assert_string_equal(camera->settings[0].name, "exposure");
    assert_string_equal(camera->settings[0].words[0], "auto");
    assert_null(camera->settings[0].words[1]);
    assert_true(camera->settings[0].number);
    assert_int_equal(camera->settings[0].minimum, 3);
    assert_int_equal(camera->settings[0].maximum, 2047);
    assert_null(camera->settings[1].words[0]); /* no automatic gain */
    assert_string_equal(camera->settings[2].words[1], "once");
    assert_string_equal(camera->settings[4].name, "flicker");
    assert_string_equal(camera->settings[4].words[2], "60");
    assert_null(camera->settings[4].words[3]); /* its menu has no automatic */
    assert_false(camera->settings[4].number);
    camera_list_destroy(list);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_controls, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_each_is_set_and_put_back), TEST(test_manual_exposure_is_put_back),
        TEST(test_several_in_their_order),   TEST(test_refusals),
        TEST(test_a_camera_without_controls), TEST(test_driver_refuses),
        TEST(test_focus_once),               TEST(test_turning),
        TEST(test_over_a_replug),            TEST(test_back_with_fewer),
        TEST(test_settings_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
