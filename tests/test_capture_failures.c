/* Every call to a camera fails in turn, with every errno: nothing leaks, nothing hangs, and what is said helps. */
#include <errno.h>
#include <linux/videodev2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fake_cameras.h"

/* ---- every call fails, with every errno ---------------------------------------------------------------------- */

static const int errors[] = {EPERM, ENOENT, EINTR,  EIO,  ENXIO,   EAGAIN,   ENOMEM,  EACCES,    EBUSY,     ENODEV,
                             EINVAL, ENOSPC, EPIPE, EDOM, ENOTTY, ENODATA, EPROTO, ENOLINK, EOPNOTSUPP, ETIMEDOUT};
enum { ERRORS = sizeof errors / sizeof errors[0] };


/* Opens, takes frames, is unplugged, comes back, takes frames again, while call number `from` and those after it before
 * `until` fail. Returns how many calls were made; counts openings that
 * were refused in *refused. */
static long live_through(long from, long until, int error, int *refused)
{
    const bool passing = until - from < 8;
    set_up(NULL);
    give_controls(first);
    options.controls[0] = "exposure=100";
    options.controls[1] = "focus=once";
    options.control_count = 2;
    fakes.fail_from = from;
    fakes.fail_until = until;
    fakes.fail_error = error;
    const int opened = open_first();
    if (opened) {
        assert_true(why[0] != '\0');
        assert_null(source);
        ++*refused;
    }
    for (int part = 0; part < 2 && !opened; part++) {
        int taken = 0;
        for (int i = 0; i < 100 && taken < 4; i++) {
            const int result = next();
            assert_true(result == 0 || result == -EAGAIN);
            taken += result == 0;
        }
        if (passing)
            assert_int_equal(taken, 4);
        if (part == 0) {
            unplug(first);
            assert_int_equal(next(), -EAGAIN);
            fakes.replug_ns = fakes.now_ns + 300 * ms_ns;
        }
    }
    source_close(source);
    source = NULL;
    assert_int_equal(fakes.open, 0);
    assert_int_equal(fakes.mapped, 0);
    return fakes.calls;
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    int refused = 0;
    const long calls = live_through(-1, -1, 0, &refused);
    assert_int_equal(refused, 0);
    assert_in_range(calls, 50, 500);
    for (int i = 0; i < ERRORS; i++)
        for (long call = 1; call <= calls; call++)
            live_through(call, call + 1, errors[i], &refused);
    assert_in_range(refused, ERRORS, ERRORS * calls / 2);
}

/* From some call on nothing works any more. EINTR is left out: nobody is interrupted for ever. */
static void test_every_call_fails_for_good(void **state)
{
    (void)state;
    int refused = 0;
    const long calls = live_through(-1, -1, 0, &refused);
    for (int i = 0; i < ERRORS; i++)
        for (long call = 1; call <= calls && errors[i] != EINTR; call++)
            live_through(call, 1000000, errors[i], &refused);
    assert_true(refused > 0);
}

/* ---- what is said -------------------------------------------------------------------------------------------- */

static void assert_refused(int error, const char *part)
{
    assert_int_equal(open_first(), -error);
    assert_null(source);
    if (!strstr(why, part))
        fail_msg("'%s' does not say '%s'", why, part);
}

static void test_messages(void **state)
{
    (void)state;
    first->capabilities = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING;
    assert_refused(ENOTTY, "start the program that writes into it");
    first->capabilities = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
    assert_refused(ENOTTY, "data about pictures");
    first->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    fakes.request = VIDIOC_STREAMON;
    fakes.request_error = ENOSPC;
    assert_refused(ENOSPC, "another USB port");
    assert_refused(ENOSPC, "--size");
    assert_refused(ENOSPC, "--format MJPG");
    fakes.request = VIDIOC_S_FMT;
    fakes.request_error = EBUSY;
    assert_refused(EBUSY, "busy");
    unplug(first);
    assert_refused(ENOENT, "there is no /dev/video3");
}

/* Where the bus has no room for raw frames, compressed ones are taken without being asked for; and nothing else is. */
static void test_no_room_on_the_bus(void **state)
{
    (void)state;
    first->offers_jpeg = true;
    first->raw_refused = ENOSPC;
    assert_int_equal(open_first(), 0);
    assert_non_null(strstr(source_describe(source), "32x24 MJPG"));
    assert_string_equal(source_explain(source), "MJPG since the USB bus has no room for a raw format");
    assert_int_equal(next(), 0);
    assert_int_equal(frame.data[0], 0xff);
    source_close(source);
    options.fourcc = FRAME_GREY;
    assert_refused(ENOSPC, "--format MJPG");
    options.fourcc = 0;
    first->raw_refused = EIO;
    assert_refused(EIO, "input/output error");
}

static void test_no_camera(void **state)
{
    (void)state;
    unplug(first);
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), -ENODEV);
    assert_string_equal(why, "no camera found");
    fakes.kernel = "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@941d701f84f1)";
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), -ENODEV);
    assert_non_null(strstr(why, "usbipd attach --wsl"));
    plug_in(first);
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_every_call_fails_once),
        TEST(test_every_call_fails_for_good),
        TEST(test_messages),
        TEST(test_no_room_on_the_bus),
        TEST(test_no_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
