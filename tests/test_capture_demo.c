/* demo.h: the same frames every time, a truth that fits the picture, and any size. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "capture/demo.h"
#include "capture/driver.h"

static struct demo *make_demo(uint64_t seed, int width_px, int height_px)
{
    struct demo *demo = NULL;
    assert_int_equal(demo_create(&demo, seed, width_px, height_px), 0);
    assert_non_null(demo);
    return demo;
}

static uint8_t *make_frame(const struct demo *demo)
{
    uint8_t *const pixels = malloc(demo_frame_bytes(demo));
    assert_non_null(pixels);
    return pixels;
}

static void a_frame_does_not_depend_on_what_was_asked_before(void **state)
{
    (void)state;
    struct demo *const one = make_demo(5, 321, 241), *const other = make_demo(5, 321, 241);
    uint8_t *const first = make_frame(one), *const second = make_frame(other);
    for (uint64_t frame = 0; frame <= 7; frame++)
        demo_render(one, frame, true, first);
    demo_render(other, 7, true, second);
    assert_memory_equal(first, second, demo_frame_bytes(one));
    demo_render(other, 8, true, second);
    assert_true(memcmp(first, second, demo_frame_bytes(one)) != 0);
    demo_destroy(one);
    demo_destroy(other);
    free(first);
    free(second);
}

static void another_seed_is_another_page(void **state)
{
    (void)state;
    struct demo_truth first, second;
    struct demo *const one = make_demo(1, 320, 240), *const other = make_demo(2, 320, 240);
    demo_truth(one, 0, &first);
    demo_truth(other, 0, &second);
    assert_true(memcmp(&first, &second, sizeof first) != 0);
    demo_destroy(one);
    demo_destroy(other);
}

/* Mean and darkest luma of a box grown by `margin` on each side; the ring between `margin` and the box only,
 * if asked. */
static int darkest(const uint8_t *luma, int width, int height, struct demo_box box, int margin, bool ring)
{
    int least = 255;
    for (int y = box.y - margin; y < box.y + box.h + margin; y++)
        for (int x = box.x - margin; x < box.x + box.w + margin; x++) {
            const bool in_box = x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h;
            if (x < 0 || y < 0 || x >= width || y >= height || (ring && in_box))
                continue;
            least = luma[y * width + x] < least ? luma[y * width + x] : least;
        }
    return least;
}

/* Is there ink (darker than `limit`) within `depth` pixels of each side of the box, inside it? */
static bool reaches_every_side(const uint8_t *luma, int width, struct demo_box box, int limit, int depth)
{
    const struct demo_box sides[4] = {{box.x, box.y, depth, box.h},
                                      {box.x + box.w - depth, box.y, depth, box.h},
                                      {box.x, box.y, box.w, depth},
                                      {box.x, box.y + box.h - depth, box.w, depth}};
    for (int i = 0; i < 4; i++)
        if (darkest(luma, width, 1 << 20, sides[i], 0, false) > limit)
            return false;
    return true;
}

/* The ink fills each box from side to side, and the ring of two to four pixels around it is paper. */
static void boxes_hold_exactly_the_ink(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct demo *const demo = make_demo(seed, 1280, 720);
        uint8_t *const pixels = make_frame(demo);
        for (uint64_t frame = 0; frame < 900; frame += 173) {
            struct demo_truth truth;
            demo_render(demo, frame, false, pixels);
            demo_truth(demo, frame, &truth);
            for (int i = 0; i < truth.digit_count; i++) {
                const struct demo_box box = truth.digits[i].box;
                struct demo_box wide = {box.x - 2, box.y - 2, box.w + 4, box.h + 4};
                const int paper = 175, ink = 165;
                assert_true(reaches_every_side(pixels, 1280, box, ink, 3));
                int clean = darkest(pixels, 1280, 720, wide, 1, true);
                if (clean <= paper) { /* a neighbour may stand near; then only its box may hold the ink */
                    bool near = false;
                    for (int k = 0; k < truth.digit_count; k++) {
                        const struct demo_box b = truth.digits[k].box;
                        near |= k != i && b.x < wide.x + wide.w + 2 && wide.x - 2 < b.x + b.w &&
                                b.y < wide.y + wide.h + 2 && wide.y - 2 < b.y + b.h;
                    }
                    assert_true(near);
                }
            }
        }
        demo_destroy(demo);
        free(pixels);
    }
}

static void check_truth(const struct demo *demo, uint64_t frame, int width, int height, bool legible)
{
    struct demo_truth truth;
    demo_truth(demo, frame, &truth);
    assert_true(truth.digit_count > 20 && truth.digit_count <= DEMO_MAX_DIGITS);
    assert_true(truth.number_count > 10 && truth.number_count <= DEMO_MAX_NUMBERS);
    char texts[DEMO_MAX_NUMBERS][16] = {{0}};
    int seen[10] = {0};
    for (int i = 0; i < truth.digit_count; i++) {
        const struct demo_digit *const digit = &truth.digits[i];
        assert_in_range(digit->digit, 0, 9);
        assert_in_range(digit->number, 0, truth.number_count - 1);
        assert_true(i == 0 || digit->number - truth.digits[i - 1].number <= 1);
        assert_true(digit->box.x >= 0 && digit->box.y >= 0 && digit->box.w > 0 && digit->box.h > 0);
        assert_true(digit->box.x + digit->box.w <= width && digit->box.y + digit->box.h <= height);
        const struct demo_box all = truth.numbers[digit->number].box;
        assert_true(digit->box.x >= all.x && digit->box.x + digit->box.w <= all.x + all.w);
        assert_true(digit->box.y >= all.y && digit->box.y + digit->box.h <= all.y + all.h);
        char *const text = texts[digit->number];
        text[strlen(text)] = (char)('0' + digit->digit);
        seen[digit->digit]++;
        if (!legible)
            continue;
        assert_true(digit->box.h >= height / 30); /* 16 px at 640x480 */
        assert_true(digit->box.x > 2 && digit->box.x + digit->box.w < width - 2);
        assert_true(digit->box.y > 2 && digit->box.y + digit->box.h < height - 2);
    }
    for (int i = 0; i < truth.number_count; i++)
        assert_string_equal(texts[i], truth.numbers[i].text);
    for (int digit = 0; digit < 10; digit++)
        assert_true(seen[digit] > 0);
}

/* Boxes of digits have no more than an edge in common. */
static void check_overlap(const struct demo *demo, uint64_t frame)
{
    struct demo_truth truth;
    demo_truth(demo, frame, &truth);
    for (int i = 0; i < truth.digit_count; i++)
        for (int k = 0; k < i; k++) {
            const struct demo_box a = truth.digits[i].box, b = truth.digits[k].box;
            const int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
            const int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
            const int w = right - (a.x > b.x ? a.x : b.x), h = bottom - (a.y > b.y ? a.y : b.y);
            if (w > 1 && h > 1)
                fail_msg("frame %d: digits %d and %d overlap by %dx%d", (int)frame, k, i, w, h);
        }
}

static void truth_is_consistent_on_every_page(void **state)
{
    (void)state;
    static const int sizes[][2] = {{640, 480}, {854, 480}, {480, 640}};
    for (int i = 0; i < 3; i++)
        for (uint64_t seed = 1; seed <= 16; seed++) {
            struct demo *const demo = make_demo(seed, sizes[i][0], sizes[i][1]);
            for (uint64_t frame = 0; frame < 2000; frame += 97) {
                check_truth(demo, frame, sizes[i][0], sizes[i][1], true);
                check_overlap(demo, frame);
            }
            demo_destroy(demo);
        }
}

static void every_size_works(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1},   {2, 1},     {1, 2},     {7, 3},      {1, 500},
                                   {500, 1}, {160, 120}, {1001, 17}, {4000, 3000}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int width = sizes[i][0], height = sizes[i][1];
        struct demo *const demo = make_demo(3, width, height);
        const size_t bytes = demo_frame_bytes(demo),
                     chroma = (size_t)((width + 1) / 2) * (size_t)((height + 1) / 2);
        assert_true(bytes == (size_t)width * (size_t)height + 2 * chroma);
        uint8_t *const pixels = malloc(bytes + 16);
        assert_non_null(pixels);
        memset(pixels, 0, bytes + 16);
        demo_render(demo, 1234567, true, pixels);
        for (size_t k = 0; k < bytes; k++)
            assert_true(pixels[k] >= 16 && pixels[k] <= 240); /* every byte was written, in range */
        for (size_t k = bytes; k < bytes + 16; k++)
            assert_int_equal(pixels[k], 0);
        check_truth(demo, 1234567, width, height, false);
        demo_destroy(demo);
        free(pixels);
    }
    struct demo *demo;
    assert_int_equal(demo_create(&demo, 1, 0, 10), -EINVAL);
    assert_int_equal(demo_create(&demo, 1, 10, -1), -EINVAL);
    assert_int_equal(demo_create(&demo, 1, FRAME_MAX_SIDE_PX + 1, 10), -EINVAL);
    assert_int_equal(demo_create(&demo, 1, FRAME_MAX_SIDE_PX, FRAME_MAX_SIDE_PX), -EINVAL);
    assert_null(demo);
}

static void noise_is_slight_and_changes_from_frame_to_frame(void **state)
{
    (void)state;
    struct demo *const demo = make_demo(1, 640, 360);
    uint8_t *const clean = make_frame(demo), *const noisy = make_frame(demo);
    demo_render(demo, 3, false, clean);
    demo_render(demo, 3, true, noisy);
    double squares = 0, sum = 0;
    for (int i = 0; i < 640 * 360; i++) {
        const int difference = noisy[i] - clean[i];
        sum += difference;
        squares += difference * difference;
    }
    assert_true(fabs(sum / (640 * 360)) < 0.2);
    assert_true(sqrt(squares / (640 * 360)) > 1 && sqrt(squares / (640 * 360)) < 3);
    demo_destroy(demo);
    free(clean);
    free(noisy);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void the_driver_keeps_the_pace_and_the_numbers(void **state)
{
    (void)state;
    char why[SOURCE_WHY_BYTES] = "";
    const struct source_options options = {.width_px = 64, .height_px = 48, .fps = 20, .seed = 4};
    void *source = NULL;
    assert_int_equal(demo_driver.open(&source, "demo", &options, why, sizeof why), 0);
    assert_true(demo_driver.live);
    assert_non_null(strstr(demo_driver.describe(source), "64x48"));
    struct demo *const demo = make_demo(4, 64, 48);
    uint8_t *const expected = make_frame(demo);
    const int64_t start = now_ms();
    int impatient = 0;
    for (uint64_t n = 0; n < 5; n++) {
        struct frame frame;
        int error;
        while ((error = demo_driver.next(source, &frame, 5, why, sizeof why)) == -EAGAIN)
            impatient++;
        assert_int_equal(error, 0);
        assert_true(frame.fourcc == FRAME_YU12 && frame.width_px == 64 && frame.height_px == 48);
        assert_true(frame.sequence == n && frame.orientation == 1 && frame.stride_bytes == 64);
        assert_true(frame.capture_time_ns == (int64_t)n * 50000000);
        assert_string_equal(frame.name, "demo");
        demo_render(demo, n, true, expected);
        assert_true(frame.size_bytes == demo_frame_bytes(demo));
        assert_memory_equal(frame.data, expected, frame.size_bytes);
    }
    assert_true(now_ms() - start >= 4 * 50 - 1); /* five frames: four pauses */
    assert_true(impatient > 0);
    demo_driver.close(source);
    demo_destroy(demo);
    free(expected);
}

static void the_driver_has_defaults_and_refuses_absurd_sizes(void **state)
{
    (void)state;
    char why[SOURCE_WHY_BYTES] = "";
    void *source = NULL;
    struct frame frame;
    assert_int_equal(demo_driver.open(&source, "demo", NULL, why, sizeof why), 0);
    assert_int_equal(demo_driver.next(source, &frame, 0, why, sizeof why), 0); /* the first comes at once */
    assert_int_equal(frame.width_px, DEMO_DEFAULT_WIDTH_PX);
    assert_int_equal(frame.height_px, DEMO_DEFAULT_HEIGHT_PX);
    assert_string_equal(demo_driver.describe(source), "demo (page 1): 1280x720 YU12, 30 frames/s");
    demo_driver.close(source);
    const struct source_options options = {.width_px = 100000, .height_px = 100000};
    assert_int_equal(demo_driver.open(&source, "demo", &options, why, sizeof why), -EINVAL);
    assert_null(source);
    assert_non_null(strstr(why, "100000x100000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_does_not_depend_on_what_was_asked_before),
        cmocka_unit_test(another_seed_is_another_page),
        cmocka_unit_test(boxes_hold_exactly_the_ink),
        cmocka_unit_test(truth_is_consistent_on_every_page),
        cmocka_unit_test(every_size_works),
        cmocka_unit_test(noise_is_slight_and_changes_from_frame_to_frame),
        cmocka_unit_test(the_driver_keeps_the_pace_and_the_numbers),
        cmocka_unit_test(the_driver_has_defaults_and_refuses_absurd_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
