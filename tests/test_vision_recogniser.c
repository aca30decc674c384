/* One frame in, one reading out, with the shipped network: run from the root of the repository. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/shipped.h"
#include "vision/recogniser.h"

#define W 640
#define H 480

/* Processor time any picture of that size may take: some hundred milliseconds at most on a common machine; sanitizers slow the
 * arithmetic down a hundredfold. */
#if defined(__SANITIZE_ADDRESS__)
#define MOST_MS 120000
#else
#define MOST_MS 5000
#endif

static uint8_t picture[W * H];

static struct frame frame_of(const uint8_t *pixels, int w, int h, size_t stride)
{
    return (struct frame){.fourcc = FRAME_GREY,
                          .width_px = w,
                          .height_px = h,
                          .data = pixels,
                          .size_bytes = stride * (size_t)h,
                          .stride_bytes = stride,
                          .orientation = 1,
                          .name = "test"};
}

static void refuses_what_is_not_gray(void **state)
{
    (void)state;
    struct frame frame = frame_of(picture, W, H, W);
    struct reading reading;
    frame.fourcc = FRAME_YUYV;
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), -EINVAL);
}

static void reads_nothing_where_there_is_nothing(void **state)
{
    (void)state;
    struct reading reading;
    for (int value = 0; value < 256; value += 85) {
        memset(picture, value, sizeof picture);
        const struct frame frame = frame_of(picture, W, H, W);
        recogniser_forget(recogniser);
        assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
        assert_int_equal(reading.digit_count, 0);
        assert_int_equal(reading.number_count, 0);
        assert_int_equal(reading.width_px, W);
    }
    srand(2);
    for (int strength = 3; strength <= 255; strength *= 3) { /* noise: no false crowd */
        for (int i = 0; i < W * H; i++)
            picture[i] = (uint8_t)(128 + rand() % (strength + 1) - strength / 2);
        const struct frame frame = frame_of(picture, W, H, W);
        recogniser_forget(recogniser);
        assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
        assert_true(reading.digit_count <= 2);
    }
    for (int side = 1; side < 20; side++) {
        const struct frame frame = frame_of(picture, side, 20 - side, W);
        assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    }
}

static double milliseconds(const struct frame *frame)
{
    struct timespec from, to;
    struct reading reading;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    recogniser_forget(recogniser);
    assert_int_equal(recogniser_read(recogniser, frame, &reading), 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

/* Ten thousand specks, noise and a checkerboard may take longer than a page, but not without bound. The candidates of a
 * picture are at most CANDIDATES_MOST, so their reading is bounded whatever lies before the camera. */
static void crowded_pictures_end_in_time(void **state)
{
    (void)state;
    srand(4);
    memset(picture, 220, sizeof picture);
    const struct frame frame = frame_of(picture, W, H, W);
    for (int i = 0; i < 10000; i++) {
        const int x = rand() % (W - 4), y = rand() % (H - 12);
        for (int v = 0; v < 11; v++)
            picture[(y + v) * W + x + v % 3] = 30;
    }
    const double specks = milliseconds(&frame);
    for (int i = 0; i < W * H; i++)
        picture[i] = (i % W / 9 + i / W / 9) % 2 ? 220 : 30;
    const double board = milliseconds(&frame);
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)rand();
    const double noise = milliseconds(&frame);
    assert_true(specks < MOST_MS && board < MOST_MS && noise < MOST_MS);
}

static void fill(int x, int y, int w, int h)
{
    for (int row = y; row < y + h; row++)
        memset(picture + (size_t)row * W + x, 30, (size_t)w);
}

/* A square 4 a few dozen times: what the network is asked about takes most of the time. */
static void page_of_fours(void)
{
    memset(picture, 200, sizeof picture);
    for (int y = 20; y + 60 < H; y += 90)
        for (int x = 20; x + 40 < W; x += 75) {
            fill(x, y, 6, 34);
            fill(x, y + 28, 34, 6);
            fill(x + 22, y, 6, 60);
        }
}

/* The least time the network took for a frame, of several readings of the same. */
static double network_us(const struct frame *frame, bool forget)
{
    double least = 1e9;
    struct reading reading;
    assert_int_equal(recogniser_read(recogniser, frame, &reading), 0);
    for (int i = 0; i < 15; i++) {
        if (forget)
            recogniser_forget(recogniser);
        assert_int_equal(recogniser_read(recogniser, frame, &reading), 0);
        least = reading.times_us.net < least ? reading.times_us.net : least;
    }
    assert_int_equal(reading.digit_count, 40);
    return least;
}

/* In a picture that stays as it is the network is not asked again about what it was sure of (vision/recall). */
static void certain_answers_hold_from_frame_to_frame(void **state)
{
    (void)state;
    page_of_fours();
    const struct frame frame = frame_of(picture, W, H, W);
    const double anew = network_us(&frame, true), held = network_us(&frame, false);
    print_message("network: %.0f us anew, %.0f us where answers hold\n", anew, held);
    assert_true(held < 0.2 * anew); /* without recall it is almost half: which way up is asked just once */
}

static void strides_wider_than_the_picture(void **state)
{
    (void)state;
    memset(picture, 210, sizeof picture);
    for (int y = 100; y < 160; y++) /* a plain 1 */
        memset(picture + y * W + 100, 40, 6);
    struct frame frame = frame_of(picture, 300, 300, W);
    struct reading reading;
    recogniser_forget(recogniser);
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    assert_int_equal(reading.digit_count, 1);
    assert_int_equal(reading.digits[0].digit, 1);
    assert_string_equal(reading.numbers[0].text, "1");
    assert_true(abs(reading.digits[0].box.x - 100) <= 2 && abs(reading.digits[0].box.h - 60) <= 4);
    assert_true(reading.digits[0].id != 0);
    const uint32_t id = reading.digits[0].id;
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    assert_int_equal(reading.digits[0].id, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_gray),
        cmocka_unit_test(reads_nothing_where_there_is_nothing),
        cmocka_unit_test(crowded_pictures_end_in_time),
        cmocka_unit_test(certain_answers_hold_from_frame_to_frame),
        cmocka_unit_test(strides_wider_than_the_picture),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
