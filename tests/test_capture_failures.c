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

/* What a person is told who has a camera that does not open: printed, for reading. */
static void test_open_failures_are_told(void **state)
{
    static const struct {
        const char *what;
        int error, open_error;                /* expected; of node_open, 0: it opens */
        uint32_t capabilities;                /* 0: a camera's */
        unsigned long request;                /* 0: none fails ... */
        int request_error;                    /* ... with this */
        uint32_t fourcc;                      /* asked for */
        const char *part;
    } cases[] = {
        {"not there", ENOENT, ENOENT, 0, 0, 0, 0, "`digitcam cameras` lists"},
        {"no permission", EACCES, EACCES, 0, 0, 0, 0, "sudo usermod -aG video"},
        {"in a sandbox", EPERM, EPERM, 0, 0, 0, 0, "sandbox or container"},
        {"unplugged at that moment", ENXIO, ENXIO, 0, 0, 0, 0, "unplugged?"},
        {"an output node", ENOTTY, 0, V4L2_CAP_VIDEO_OUTPUT, 0, 0, 0, "start the program that writes into it"},
        {"the metadata node", ENOTTY, 0, V4L2_CAP_META_CAPTURE, 0, 0, 0, "second device"},
        {"a radio", ENOTTY, 0, V4L2_CAP_RADIO, 0, 0, 0, "is a radio"},
        {"busy", EBUSY, 0, 0, VIDIOC_S_FMT, EBUSY, 0, "close that program"},
        {"USB bus full", ENOSPC, 0, 0, VIDIOC_STREAMON, ENOSPC, 0, "another USB port"},
        {"a format it has not", ENOTSUP, 0, 0, 0, 0, FRAME_NV12, "no format NV12 that digitcam can read; it can give GREY"},
        {"no format at all", ENOENT, 0, 0, VIDIOC_ENUM_FMT, EINVAL, 0, "no picture format that digitcam can read"},
        {"damaged", EIO, 0, 0, VIDIOC_STREAMON, EIO, 0, "unplug it and plug it in again"},
        {"after the computer slept", ESHUTDOWN, 0, 0, VIDIOC_STREAMON, ESHUTDOWN, 0, "when the computer sleeps"},
        {"no signal", ENOLINK, 0, 0, VIDIOC_STREAMON, ENOLINK, 0, "check the cable"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_up(state);
        if (cases[i].capabilities)
            first->capabilities = cases[i].capabilities | V4L2_CAP_STREAMING;
        fakes.fail_from = cases[i].open_error ? 1 : 0;
        fakes.fail_until = cases[i].open_error ? 2 : 0;
        fakes.fail_error = cases[i].open_error;
        fakes.request = cases[i].request;
        fakes.request_error = cases[i].request_error;
        options.fourcc = cases[i].fourcc;
        assert_refused(cases[i].error, cases[i].part);
        assert_null(strchr(why, '\n'));
        print_message("%s: %s\n", cases[i].what, why);
        assert_int_equal(fakes.open, 0);
    }
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
    first->capabilities = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING;
    plug_in(first);
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), -ENODEV);
    assert_non_null(strstr(why, "no camera found: /dev/video3 (Fake) takes pictures instead of giving them"));
    first->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_every_call_fails_once),
        TEST(test_every_call_fails_for_good),
        TEST(test_messages),
        TEST(test_open_failures_are_told),
        TEST(test_no_room_on_the_bus),
        TEST(test_no_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
