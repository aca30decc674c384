/* hold.h: frames held in memory, played to and fro. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/hold.h"

static const struct demo_options small = {
    .seed = 2, .width_px = 64, .height_px = 48, .digits = 5};

static void frames_go_to_and_fro(void **state)
{
    (void)state;
    static const int order[] = {0, 1, 2, 3, 2, 1, 0, 1, 2, 3};
    struct hold *hold;
    struct demo *demo;
    assert_int_equal(hold_demo(&hold, &small, 4), 0);
    assert_int_equal(hold_count(hold), 4);
    assert_int_equal(demo_create_scene(&demo, &small), 0);
    uint8_t *const expected = malloc(demo_frame_bytes(demo));
    assert_non_null(expected);
    int64_t last_ns = -1;
    for (int n = 0; n < 10; n++) {
        struct frame frame;
        struct demo_truth truth;
        hold_frame(hold, (uint64_t)n, &frame);
        assert_true(frame.sequence == (uint64_t)n && frame.capture_time_ns > last_ns);
        assert_true(frame.fourcc == FRAME_GREY && frame.width_px == 64 && frame.height_px == 48);
        assert_true(frame.stride_bytes == 64 && frame.size_bytes >= 64 * 48);
        last_ns = frame.capture_time_ns;
        demo_render(demo, (uint64_t)order[n], true, expected);
        assert_memory_equal(frame.data, expected, 64 * 48);
        demo_truth(demo, (uint64_t)order[n], &truth);
        assert_memory_equal(hold_truth(hold, (uint64_t)n), &truth, sizeof truth);
    }
    hold_destroy(hold);
    demo_destroy(demo);
    free(expected);
}

static void one_frame_comes_again_and_again(void **state)
{
    (void)state;
    struct hold *hold;
    struct frame first, later;
    assert_int_equal(hold_demo(&hold, &small, 1), 0);
    hold_frame(hold, 0, &first);
    hold_frame(hold, 1000000, &later);
    assert_ptr_equal(first.data, later.data);
    assert_int_equal(later.sequence, 1000000);
    hold_destroy(hold);
}

static void absurd_demos_are_refused(void **state)
{
    (void)state;
    struct hold *hold;
    struct demo_options wrong = small;
    wrong.scene = "moon";
    assert_int_equal(hold_demo(&hold, &wrong, 3), -ENOENT);
    assert_null(hold);
    wrong.scene = NULL;
    wrong.width_px = 0;
    assert_int_equal(hold_demo(&hold, &wrong, 3), -EINVAL);
    assert_null(hold);
}

/* A picture has one frame, however many are asked for. */
static void a_picture_is_held(void **state)
{
    (void)state;
    static const char pgm[] = "P5 3 2 255\nabcdef";
    char path[] = "/tmp/digitcam-hold-XXXXXX", why[SOURCE_WHY_BYTES];
    const int file = mkstemp(path);
    struct hold *hold;
    struct frame frame;
    assert_true(file >= 0);
    assert_int_equal(write(file, pgm, sizeof pgm - 1), sizeof pgm - 1);
    close(file);
    const int error = hold_source(&hold, path, NULL, 9, why, sizeof why);
    unlink(path);
    assert_int_equal(error, 0);
    assert_int_equal(hold_count(hold), 1);
    hold_frame(hold, 5, &frame);
    assert_true(frame.width_px == 3 && frame.height_px == 2 && frame.fourcc == FRAME_GREY);
    assert_memory_equal(frame.data, "abcdef", 6);
    assert_string_equal(frame.name, path); /* what the source called it, though that is closed */
    assert_null(hold_truth(hold, 0));
    hold_destroy(hold);
}

/* A live source is held as far as was asked for. */
static void a_live_source_is_held(void **state)
{
    (void)state;
    char why[SOURCE_WHY_BYTES];
    struct hold *hold;
    struct frame first, second;
    const struct source_options options = {.width_px = 32, .height_px = 24, .fps = 1000};
    assert_int_equal(hold_source(&hold, "demo", &options, 3, why, sizeof why), 0);
    assert_int_equal(hold_count(hold), 3);
    hold_frame(hold, 0, &first);
    hold_frame(hold, 1, &second);
    assert_true(memcmp(first.data, second.data, first.size_bytes) != 0);
    hold_destroy(hold);
}

static void what_cannot_be_opened_says_so(void **state)
{
    (void)state;
    char why[SOURCE_WHY_BYTES] = "";
    struct hold *hold;
    assert_int_equal(hold_source(&hold, "/no/such/file.png", NULL, 3, why, sizeof why), -ENOENT);
    assert_null(hold);
    assert_non_null(strstr(why, "/no/such/file.png"));
    hold_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_go_to_and_fro),  cmocka_unit_test(one_frame_comes_again_and_again),
        cmocka_unit_test(absurd_demos_are_refused), cmocka_unit_test(a_picture_is_held),
        cmocka_unit_test(a_live_source_is_held), cmocka_unit_test(what_cannot_be_opened_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
