/* A camera that is unplugged and comes back, or that is silent. */
#include <errno.h>
#include <linux/videodev2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fake_cameras.h"

/* ---- unplugged and back -------------------------------------------------------------------------------------- */

static void test_back_under_its_number(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(5);
    assert_int_equal(frame.sequence, 4);
    unplug(first);
    wait_in_vain(20 * second_ns, waiting);
    assert_int_equal(fakes.open, 0); /* or it could not come back under its number */
    assert_int_equal(fakes.mapped, 0);
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.sequence, 5);
    assert_int_equal(source_dropped(source), 0);
    take(5);
    assert_int_equal(frame.sequence, 10);
    assert_int_equal(next(), 0);
}

static void test_dropped_goes_on_counting(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    first->sequence += 3;
    take(1);
    assert_int_equal(frame.sequence, 4);
    assert_int_equal(source_dropped(source), 3);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    assert_int_equal(source_dropped(source), 3);
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.sequence, 5);
    first->sequence += 2;
    take(1);
    assert_int_equal(frame.sequence, 8);
    assert_int_equal(source_dropped(source), 5);
    assert_int_equal(source_losses(source).missed, 5);
}

static void test_another_number_and_size(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    assert_non_null(strstr(source_describe(source), "Fake (/dev/video3): 32x24"));
    unplug(first);
    wait_in_vain(second_ns, waiting);
    assert_non_null(strstr(source_describe(source), "Fake (/dev/video3): 32x24"));
    first->number = 7;
    first->width = 16;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 16);
    assert_string_equal(frame.name, "/dev/video7");
    assert_non_null(strstr(source_describe(source), "Fake (/dev/video7): 16x24"));
}

static void test_another_port(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    plug_in(second);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 64);
}

/* The same make, in use by somebody else perhaps: it is not taken for the one that is gone. */
static void test_a_twin_is_left_alone(void **state)
{
    (void)state;
    plug_in(second);
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(10 * second_ns, waiting);
    first->number = 5;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 32);
}

static void test_another_camera_under_its_number(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    second->name = "Other";
    second->bus = first->bus;
    second->number = first->number;
    plug_in(second);
    wait_in_vain(5 * second_ns, waiting);
    first->number = 0;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 32);
}

static void test_known_by_its_serial_number(void **state)
{
    (void)state;
    first->by_id = "/dev/v4l/by-id/usb-Fake_1111-video-index0";
    second->by_id = "/dev/v4l/by-id/usb-Fake_2222-video-index0";
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    second->bus = "usb-1"; /* plugged in where the first was */
    plug_in(second);
    wait_in_vain(5 * second_ns, waiting);
    first->bus = "usb-3";
    first->number = 9;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 32);
}

static void test_exit_on_unplug(void **state)
{
    (void)state;
    options.exit_on_unplug = true;
    assert_int_equal(open_first(), 0);
    take(3);
    unplug(first);
    assert_int_equal(next(), -ENODEV);
    assert_non_null(strstr(why, "/dev/video3 (Fake) is gone"));
    assert_int_equal(fakes.open, 0);
    plug_in(first);
    assert_int_equal(next(), -ENODEV);
    assert_non_null(strstr(why, "unplugged"));
}

static void test_lasting_read_errors(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    fakes.request = VIDIOC_DQBUF;
    fakes.request_error = EIO;
    wait_in_vain(10 * second_ns, waiting);
    fakes.request_error = 0;
    wait_for_frame(second_ns, waiting);
}

/* A driver that says there is a frame and then has none must not keep us running in circles. */
static void test_empty_promises(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    fakes.request = VIDIOC_DQBUF;
    fakes.request_error = EAGAIN;
    const long before = fakes.calls;
    wait_in_vain(second_ns, "");
    assert_true(fakes.calls - before < 3000);
    fakes.request_error = 0;
    wait_for_frame(second_ns, "");
}

static void test_back_but_busy(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    fakes.request = VIDIOC_REQBUFS;
    fakes.request_error = EBUSY;
    plug_in(first);
    for (int i = 0; i < 50; i++)
        assert_int_equal(next(), -EAGAIN);
    assert_non_null(strstr(why, "is busy"));
    fakes.request_error = 0;
    wait_for_frame(second_ns, NULL);
    assert_int_equal(fakes.open, 1);
}

/* ---- silence ------------------------------------------------------------------------------------------------- */

static void test_silent_camera_is_opened_again(void **state)
{
    (void)state;
    const char *const opened_again = "camera sends nothing; opened again";
    assert_int_equal(open_first(), 0);
    take(5);
    first->silent = true;
    wait_in_vain(2 * second_ns - 150 * ms_ns, "");
    assert_true(first->streaming);
    while (next() == -EAGAIN && !*why)
        assert_true(fakes.now_ns < 1010 * second_ns);
    assert_string_equal(why, opened_again);
    assert_int_equal(fakes.open, 1);
    first->silent = false;
    wait_for_frame(second_ns, opened_again);
    assert_int_equal(frame.sequence, 5);
    assert_int_equal(next(), 0);
}

/* One that stays silent is opened again less and less often; one that vanishes meanwhile is waited for. */
static void test_lasting_silence(void **state)
{
    (void)state;
    int openings = 0;
    assert_int_equal(open_first(), 0);
    take(1);
    first->silent = true;
    for (int64_t last_calls = 0, i = 0; i < 3000; i++) {
        assert_int_equal(next(), -EAGAIN);
        openings += fakes.calls - last_calls > 10;
        last_calls = fakes.calls;
    }
    assert_in_range(openings, 8, 14); /* in 300 s: after 2, 4, 8, 16 s, then every 32 s */
    unplug(first);
    assert_int_equal(next(), -EAGAIN);
    wait_in_vain(2 * second_ns, waiting);
    first->silent = false;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
}

static void test_slow_is_not_silent(void **state)
{
    (void)state;
    first->fps = 1;
    assert_int_equal(open_first(), 0);
    wait_for_frame(2 * second_ns, "");
    first->next_frame_ns = fakes.now_ns + 9 * second_ns;
    wait_for_frame(10 * second_ns, "");
    assert_int_equal(frame.sequence, 1);
}

/* A laptop that was closed for an hour: one camera wakes up with it, another has to be opened again. */
static void test_after_sleep(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(5);
    fakes.asleep_ns += 3600 * second_ns;
    take(5);
    assert_int_equal(fakes.open, 1);
    fakes.asleep_ns += 3600 * second_ns;
    first->silent = true;
    wait_in_vain(second_ns - 150 * ms_ns, "");
    while (next() == -EAGAIN && !*why)
        assert_true(fakes.now_ns < 1010 * second_ns);
    assert_string_equal(why, "the computer was asleep; camera opened again");
    first->silent = false;
    wait_for_frame(second_ns, "the computer was asleep; camera opened again");
    first->silent = true; /* later, awake, it is given the usual time */
    wait_in_vain(2 * second_ns - 150 * ms_ns, "");
}

static void test_silent_and_gone(void **state)
{
    (void)state;
    options.exit_on_unplug = true;
    assert_int_equal(open_first(), 0);
    take(1);
    first->silent = true;
    wait_in_vain(second_ns, "");
    fakes.request = VIDIOC_S_FMT;
    fakes.request_error = ENODEV;
    int error;
    while ((error = next()) == -EAGAIN)
        assert_true(fakes.now_ns < 1010 * second_ns);
    assert_int_equal(error, -ENODEV);
    assert_int_equal(next(), -ENODEV);
}

/* ---- often --------------------------------------------------------------------------------------------------- */

static void test_thousand_rounds(void **state)
{
    (void)state;
    unsigned random = 1;
    int64_t longest_ns = 0;
    assert_int_equal(open_first(), 0);
    for (int round = 0; round < 1000; round++) {
        random = random * 1103515245u + 12345u;
        take(1 + round % 3);
        const uint64_t sequence = frame.sequence;
        unplug(first);
        assert_int_equal(next(), -EAGAIN);
        assert_int_equal(fakes.open, 0);
        assert_int_equal(fakes.mapped, 0);
        first->number = (int)(random >> 16) % 10;
        const int64_t back_ns = fakes.replug_ns = fakes.now_ns + (random >> 8) % 5000 * ms_ns;
        wait_for_frame(7 * second_ns, waiting);
        assert_int_equal(frame.sequence, sequence + 1);
        assert_int_equal(fakes.open, 1);
        assert_int_equal(fakes.mapped, BUFFERS);
        if (fakes.now_ns - back_ns > longest_ns)
            longest_ns = fakes.now_ns - back_ns;
    }
    assert_true(longest_ns < second_ns);
    print_message("1000 rounds, the longest took %d ms to resume\n", (int)(longest_ns / ms_ns));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_back_under_its_number),
        TEST(test_dropped_goes_on_counting),
        TEST(test_another_number_and_size),
        TEST(test_another_port),
        TEST(test_a_twin_is_left_alone),
        TEST(test_another_camera_under_its_number),
        TEST(test_known_by_its_serial_number),
        TEST(test_exit_on_unplug),
        TEST(test_lasting_read_errors),
        TEST(test_empty_promises),
        TEST(test_back_but_busy),
        TEST(test_silent_camera_is_opened_again),
        TEST(test_lasting_silence),
        TEST(test_slow_is_not_silent),
        TEST(test_after_sleep),
        TEST(test_silent_and_gone),
        TEST(test_thousand_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
