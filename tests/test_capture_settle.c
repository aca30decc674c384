/* When a camera's exposure has settled: over made-up runs of brightness, at several frame rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/settle.h"

enum { WIDTH = 30, HEIGHT = 17, STRIDE = 32 };
static const int64_t ms_ns = 1000000;
static uint8_t pixels[STRIDE * HEIGHT];

static bool look(struct settle *settle, int level, int64_t time_ms)
{
    const struct frame gray = {.fourcc = FRAME_GREY, .width_px = WIDTH, .height_px = HEIGHT, .data = pixels,
                               .size_bytes = sizeof pixels, .stride_bytes = STRIDE,
                               .capture_time_ns = 12345678 + time_ms * ms_ns};
    memset(pixels, level, sizeof pixels);
    return settle_look(settle, &gray);
}

/* After how many ms it has settled, when the brightness goes from `from` to `to` in `change_ms`. */
static int settles_after(int from, int to, int change_ms, int interval_ms)
{
    struct settle settle;
    settle_begin(&settle, true);
    for (int t = 0; t < 5000; t += interval_ms)
        if (look(&settle, t < change_ms ? from + (to - from) * t / change_ms : to, t))
            return t;
    return -1;
}

static void test_one_that_does_not_adjust(void **state)
{
    (void)state;
    struct settle settle = {0};
    assert_true(look(&settle, 10, 0));
    settle_begin(&settle, false);
    assert_true(look(&settle, 10, 0));
    assert_true(look(&settle, 200, 33));
}

static void test_steady_from_the_start(void **state)
{
    (void)state;
    assert_in_range(settles_after(120, 120, 1, 33), 400, 440);
    assert_in_range(settles_after(0, 0, 1, 33), 400, 440);
    assert_in_range(settles_after(120, 120, 1, 200), 600, 600); /* four frames at least */
}

static void test_waits_for_the_change(void **state)
{
    (void)state;
    const int settled = settles_after(20, 130, 700, 33);
    assert_in_range(settled, 1050, 1150);
    assert_in_range(settles_after(250, 130, 500, 33), 850, 1000);
}

static void test_never_longer_than_this(void **state)
{
    (void)state;
    assert_in_range(settles_after(0, 255, 5000, 33), SETTLE_LONGEST_MS, SETTLE_LONGEST_MS + 40);
    struct settle settle;
    settle_begin(&settle, true);
    for (int t = 0; t < SETTLE_LONGEST_MS; t += 50)
        assert_false(look(&settle, t / 50 % 2 ? 20 : 200, t)); /* a lamp that flickers */
    assert_true(look(&settle, 20, SETTLE_LONGEST_MS));
    assert_true(look(&settle, 200, SETTLE_LONGEST_MS + 50)); /* once settled, always settled ... */
    settle_begin(&settle, true);                             /* ... until the camera is opened again */
    assert_false(look(&settle, 200, SETTLE_LONGEST_MS + 100));
}

static void test_noise_is_no_change(void **state)
{
    (void)state;
    struct settle settle;
    settle_begin(&settle, true);
    int t = 0;
    for (; t < 390; t += 30)
        assert_false(look(&settle, 120 + t / 30 % 3, t));
    assert_true(look(&settle, 121, 420));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_that_does_not_adjust), cmocka_unit_test(test_steady_from_the_start),
        cmocka_unit_test(test_waits_for_the_change),     cmocka_unit_test(test_never_longer_than_this),
        cmocka_unit_test(test_noise_is_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
