/* The choice of a camera's format, size and rate, over made-up offers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/mode.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define RATE(fps) {{1, fps}, {1, fps}}
#define SIZE(width, height, rates)                                                                                    \
    {.min_width_px = width,                                                                                           \
     .max_width_px = width,                                                                                           \
     .min_height_px = height,                                                                                         \
     .max_height_px = height,                                                                                         \
     .intervals = rates,                                                                                              \
     .interval_count = COUNT(rates)}
#define FORMAT(code, sizes_) {.fourcc = code, .sizes = sizes_, .size_count = COUNT(sizes_)}

static struct camera_interval_range at_30_15_5[] = {RATE(30), RATE(15), RATE(5)};
static struct camera_interval_range at_10_5[] = {RATE(10), RATE(5)};
static struct camera_interval_range at_60_30[] = {RATE(60), RATE(30)};

/* The usual webcam on USB 2: raw is slow where it is large. */
static struct camera_size webcam_raw_sizes[] = {SIZE(640, 480, at_30_15_5), SIZE(1280, 720, at_10_5),
                                                SIZE(320, 240, at_30_15_5)};
static struct camera_size webcam_jpeg_sizes[] = {SIZE(640, 480, at_60_30), SIZE(1280, 720, at_30_15_5),
                                                 SIZE(1920, 1080, at_30_15_5)};
static const struct camera_format webcam[] = {FORMAT(FRAME_MJPG, webcam_jpeg_sizes),
                                              FORMAT(FRAME_YUYV, webcam_raw_sizes)};

static struct mode choose(const struct camera_format *formats, size_t count, struct source_options wish)
{
    struct mode mode = {0};
    assert_int_equal(mode_choose(formats, count, &wish, &mode), 0);
    return mode;
}

static void assert_mode(struct mode mode, uint32_t fourcc, int width_px, int height_px, int fps)
{
    assert_int_equal(mode.fourcc, fourcc);
    assert_int_equal(mode.width_px, width_px);
    assert_int_equal(mode.height_px, height_px);
    assert_int_equal((int)(camera_interval_fps(mode.interval) * 100 + 0.5), fps * 100);
}

static void test_interval_is_not_rate(void **state)
{
    (void)state;
    assert_float_equal(camera_interval_fps((struct camera_interval){1, 30}), 30, 1e-9);
    assert_float_equal(camera_interval_fps((struct camera_interval){2, 1}), 0.5, 1e-9);
    assert_float_equal(camera_interval_fps((struct camera_interval){0, 30}), 0, 0);
    assert_float_equal(camera_interval_fps((struct camera_interval){1, 0}), 0, 0);
}

static void test_jpeg_where_raw_is_too_slow(void **state)
{
    (void)state;
    struct mode mode;
    assert_mode(choose(webcam, COUNT(webcam), (struct source_options){0}), FRAME_MJPG, 1280, 720, 30);
    assert_int_equal(mode_choose(webcam, COUNT(webcam), NULL, &mode), 0);
    assert_mode(mode, FRAME_MJPG, 1280, 720, 30);
}

static void test_raw_where_it_is_fast_enough(void **state)
{
    (void)state;
    const struct source_options wish = {.width_px = 640, .height_px = 480};
    assert_mode(choose(webcam, COUNT(webcam), wish), FRAME_YUYV, 640, 480, 30);
}

static void test_wished_size_goes_before_rate(void **state)
{
    (void)state;
    const struct camera_format raw[] = {FORMAT(FRAME_YUYV, webcam_raw_sizes)};
    const struct source_options wish = {.width_px = 1280, .height_px = 720, .fps = 30};
    assert_mode(choose(raw, 1, wish), FRAME_YUYV, 1280, 720, 10);
}

static void test_size_not_offered_gives_nearest(void **state)
{
    (void)state;
    assert_mode(choose(webcam, COUNT(webcam), (struct source_options){.width_px = 1900, .height_px = 1000}),
                FRAME_MJPG, 1920, 1080, 30);
    assert_mode(choose(webcam, COUNT(webcam), (struct source_options){.width_px = 1, .height_px = 1}), FRAME_YUYV, 320,
                240, 30);
}

static void test_wished_rate(void **state)
{
    (void)state;
    assert_mode(choose(webcam, COUNT(webcam), (struct source_options){.fps = 60}), FRAME_MJPG, 640, 480, 60);
    assert_mode(choose(webcam, COUNT(webcam), (struct source_options){.fps = 5}), FRAME_YUYV, 1280, 720, 5);
    /* Nothing is that fast: the fastest there is. */
    assert_mode(choose(webcam, COUNT(webcam), (struct source_options){.fps = 200, .width_px = 640, .height_px = 480}),
                FRAME_MJPG, 640, 480, 60);
}

static void test_wished_format(void **state)
{
    (void)state;
    struct mode mode;
    assert_mode(choose(webcam, COUNT(webcam), (struct source_options){.fourcc = FRAME_YUYV}), FRAME_YUYV, 640, 480, 30);
    const struct source_options gray = {.fourcc = FRAME_GREY};
    assert_int_equal(mode_choose(webcam, COUNT(webcam), &gray, &mode), -ENOTSUP);
    const struct source_options h264 = {.fourcc = FRAME_FOURCC('H', '2', '6', '4')};
    assert_int_equal(mode_choose(webcam, COUNT(webcam), &h264, &mode), -ENOTSUP);
}

static void test_nothing_usable(void **state)
{
    (void)state;
    struct mode mode;
    const struct camera_format h264[] = {FORMAT(FRAME_FOURCC('H', '2', '6', '4'), webcam_jpeg_sizes)};
    assert_int_equal(mode_choose(h264, 1, NULL, &mode), -ENOENT);
    assert_int_equal(mode_choose(NULL, 0, NULL, &mode), -ENOENT);
}

static void test_emulated_only_as_a_last_resort(void **state)
{
    (void)state;
    struct camera_format formats[] = {FORMAT(FRAME_YU12, webcam_jpeg_sizes), FORMAT(FRAME_MJPG, webcam_jpeg_sizes)};
    formats[0].emulated = true;
    const struct mode mode = choose(formats, 2, (struct source_options){0});
    assert_int_equal(mode.fourcc, FRAME_MJPG);
    assert_false(mode.emulated);
    const struct mode only = choose(formats, 1, (struct source_options){0});
    assert_int_equal(only.fourcc, FRAME_YU12);
    assert_true(only.emulated);
}

static void test_range_of_sizes_and_intervals(void **state)
{
    (void)state;
    struct camera_interval_range up_to_90[] = {{{1, 90}, {1, 1}}};
    struct camera_size range[] = {{.min_width_px = 64,
                                   .max_width_px = 2592,
                                   .step_width_px = 16,
                                   .min_height_px = 64,
                                   .max_height_px = 1944,
                                   .step_height_px = 8,
                                   .intervals = up_to_90,
                                   .interval_count = 1}};
    const struct camera_format formats[] = {FORMAT(FRAME_YU12, range)};
    assert_mode(choose(formats, 1, (struct source_options){0}), FRAME_YU12, 1280, 720, 30);
    assert_mode(choose(formats, 1, (struct source_options){.width_px = 1001, .height_px = 501, .fps = 48}), FRAME_YU12,
                1008, 504, 48);
    assert_mode(choose(formats, 1, (struct source_options){.width_px = 9999, .height_px = 1, .fps = 500}), FRAME_YU12,
                2592, 64, 90);
}

static void test_step_never_leaves_the_range(void **state)
{
    (void)state;
    struct camera_size range[] = {{.min_width_px = 10,
                                   .max_width_px = 25, /* 10, 20; 25 itself, as drivers say it */
                                   .step_width_px = 10,
                                   .min_height_px = 10,
                                   .max_height_px = 10}};
    const struct camera_format formats[] = {FORMAT(FRAME_GREY, range)};
    for (int width = 1; width < 40; width++) {
        const struct mode mode = choose(formats, 1, (struct source_options){.width_px = width, .height_px = 10});
        assert_in_range(mode.width_px, 10, 25);
    }
}

static void test_unknown_sizes_and_rates(void **state)
{
    (void)state;
    const struct camera_format silent[] = {{.fourcc = FRAME_YUYV}};
    const struct mode mode = choose(silent, 1, (struct source_options){.width_px = 800, .height_px = 600});
    assert_int_equal(mode.width_px, 800);
    assert_int_equal(mode.height_px, 600);
    assert_int_equal(mode.interval.numerator, 0);
}

static void test_odd_rates(void **state)
{
    (void)state;
    /* 29.97 holds a wish for 30; broken entries are left out. */
    struct camera_interval_range rates[] = {{{0, 0}, {0, 0}}, {{1001, 30000}, {1001, 30000}}, RATE(15)};
    struct camera_size sizes[] = {SIZE(1280, 720, rates)};
    const struct camera_format formats[] = {FORMAT(FRAME_NV12, sizes)};
    const struct mode mode = choose(formats, 1, (struct source_options){.fps = 30});
    assert_int_equal(mode.interval.numerator, 1001);
    assert_int_equal(mode.interval.denominator, 30000);
}

static void test_a_small_picture_is_not_bought_with_rate(void **state)
{
    (void)state;
    struct camera_interval_range at_15[] = {RATE(15)}, at_30[] = {RATE(30)};
    struct camera_size sizes[] = {SIZE(160, 120, at_30), SIZE(640, 480, at_15)};
    const struct camera_format formats[] = {FORMAT(FRAME_YUYV, sizes)};
    assert_mode(choose(formats, 1, (struct source_options){0}), FRAME_YUYV, 640, 480, 15);
}

static void assert_explained(const struct camera_format *formats, size_t count, struct source_options wish,
                             const char *expected)
{
    char text[320];
    const struct mode mode = choose(formats, count, wish);
    mode_explain(formats, count, &wish, &mode, text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_it_says_why(void **state)
{
    (void)state;
    const struct camera_format jpeg[] = {FORMAT(FRAME_MJPG, webcam_jpeg_sizes)};
    struct camera_format emulated[] = {FORMAT(FRAME_YU12, webcam_jpeg_sizes)};
    struct camera_size slow_sizes[] = {SIZE(1280, 720, at_10_5)}, small_sizes[] = {SIZE(320, 240, at_30_15_5)};
    const struct camera_format slow[] = {FORMAT(FRAME_YUYV, slow_sizes), FORMAT(FRAME_MJPG, webcam_jpeg_sizes)};
    const struct camera_format small[] = {FORMAT(FRAME_YUYV, small_sizes), FORMAT(FRAME_MJPG, webcam_jpeg_sizes)};
    const struct camera_format silent[] = {{.fourcc = FRAME_YUYV}};
    emulated[0].emulated = true;
    assert_explained(webcam, 2, (struct source_options){0},
                     "MJPG since the best raw format, YUYV, is 640x480 at 30 frames/s");
    assert_explained(slow, 2, (struct source_options){0}, "MJPG since YUYV comes at 10 frames/s in this size");
    assert_explained(small, 2, (struct source_options){.width_px = 1280, .height_px = 720},
                     "size as asked; MJPG since the best raw format, YUYV, is 320x240 at 30 frames/s");
    assert_explained(jpeg, 1, (struct source_options){0}, "MJPG is all it has");
    assert_explained(webcam, 2, (struct source_options){.width_px = 640, .height_px = 480},
                     "size as asked; YUYV needs no decoding");
    assert_explained(webcam, 2, (struct source_options){.width_px = 1900, .height_px = 1000, .fourcc = FRAME_MJPG},
                     "1920x1080 is the nearest it has to the 1900x1000 asked for; format as asked");
    assert_explained(webcam, 2, (struct source_options){.width_px = 640, .height_px = 480, .fps = 200},
                     "size as asked; 60 frames/s is the nearest it has in this size to the 200 asked for; "
                     "MJPG since YUYV comes at 30 frames/s in this size");
    assert_explained(webcam, 2, (struct source_options){.fps = 15, .fourcc = FRAME_YUYV, .width_px = 320,
                                                        .height_px = 240},
                     "size as asked; rate as asked; format as asked");
    assert_explained(emulated, 1, (struct source_options){0},
                     "libv4l converts to YU12, the camera has no format that digitcam reads");
    assert_explained(silent, 1, (struct source_options){.fps = 30},
                     "it does not say which rates it has; YUYV needs no decoding");
}

/* Whole parts or nothing: a line that is cut off would mislead. */
static void test_reasons_in_little_room(void **state)
{
    (void)state;
    const struct source_options wish = {.width_px = 640, .height_px = 480};
    const struct mode mode = choose(webcam, COUNT(webcam), wish);
    for (size_t bytes = 1; bytes < 40; bytes++) {
        char text[40];
        mode_explain(webcam, COUNT(webcam), &wish, &mode, text, bytes);
        if (bytes <= 13)
            assert_string_equal(text, "");
        else if (bytes < 38)
            assert_string_equal(text, "size as asked");
        else
            assert_string_equal(text, "size as asked; YUYV needs no decoding");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interval_is_not_rate),
        cmocka_unit_test(test_jpeg_where_raw_is_too_slow),
        cmocka_unit_test(test_raw_where_it_is_fast_enough),
        cmocka_unit_test(test_wished_size_goes_before_rate),
        cmocka_unit_test(test_size_not_offered_gives_nearest),
        cmocka_unit_test(test_wished_rate),
        cmocka_unit_test(test_wished_format),
        cmocka_unit_test(test_nothing_usable),
        cmocka_unit_test(test_emulated_only_as_a_last_resort),
        cmocka_unit_test(test_range_of_sizes_and_intervals),
        cmocka_unit_test(test_step_never_leaves_the_range),
        cmocka_unit_test(test_unknown_sizes_and_rates),
        cmocka_unit_test(test_odd_rates),
        cmocka_unit_test(test_it_says_why),
        cmocka_unit_test(test_reasons_in_little_room),
        cmocka_unit_test(test_a_small_picture_is_not_bought_with_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
