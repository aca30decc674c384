/* The demo's scenes: the same frames every time, a truth that fits each picture, as many digits as asked for. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/demo.h"
#include "capture/source.h"

static struct demo *make_scene(const char *scene, uint64_t seed, int width, int height, int digits)
{
    const struct demo_options options = {
        .scene = scene, .seed = seed, .width_px = width, .height_px = height, .digits = digits};
    struct demo *demo = NULL;
    assert_int_equal(demo_create_scene(&demo, &options), 0);
    assert_non_null(demo);
    return demo;
}

static uint8_t *make_frame(const struct demo *demo)
{
    uint8_t *const pixels = malloc(demo_frame_bytes(demo));
    assert_non_null(pixels);
    return pixels;
}

static void the_list_of_scenes_is_sound(void **state)
{
    (void)state;
    assert_true(demo_scene_count() >= 10);
    for (int i = 0; i < demo_scene_count(); i++) {
        assert_true(strlen(demo_scene_summary(i)) > 5);
        assert_true(demo_scene_known(demo_scene_name(i)));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(demo_scene_name(i), demo_scene_name(k));
    }
    assert_string_equal(demo_scene_name(0), "page");
    assert_false(demo_scene_known("Page"));
    assert_false(demo_scene_known(""));
}

static void plain_demo_is_the_scene_named_page(void **state)
{
    (void)state;
    struct demo *plain;
    assert_int_equal(demo_create(&plain, 4, 400, 300), 0);
    struct demo *const scene = make_scene("page", 4, 400, 300, DEMO_USUAL_DIGITS);
    uint8_t *const a = make_frame(plain), *const b = make_frame(scene);
    demo_render(plain, 31, true, a);
    demo_render(scene, 31, true, b);
    assert_memory_equal(a, b, demo_frame_bytes(plain));
    demo_destroy(plain);
    demo_destroy(scene);
    free(a);
    free(b);
}

static void frames_depend_on_nothing_but_their_number(void **state)
{
    (void)state;
    for (int i = 0; i < demo_scene_count(); i++) {
        struct demo *const one = make_scene(demo_scene_name(i), 3, 200, 150, DEMO_USUAL_DIGITS);
        struct demo *const other = make_scene(demo_scene_name(i), 3, 200, 150, DEMO_USUAL_DIGITS);
        uint8_t *const a = make_frame(one), *const b = make_frame(other);
        struct demo_truth first, second;
        for (uint64_t frame = 50; frame <= 70; frame++)
            demo_render(one, frame, true, a);
        demo_render(one, 57, true, a);
        demo_render(other, 57, true, b);
        assert_memory_equal(a, b, demo_frame_bytes(one));
        demo_truth(one, 57, &first);
        demo_truth(other, 57, &second);
        assert_memory_equal(&first, &second, sizeof first);
        demo_render(other, 58, true, b);
        assert_true(memcmp(a, b, demo_frame_bytes(one)) != 0);
        demo_destroy(one);
        demo_destroy(other);
        free(a);
        free(b);
    }
}

static int by_size(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Median of the ring of three pixels around a box, which is mostly ground. */
static int ground_of(const uint8_t *luma, int width, int height, struct demo_box box)
{
    static uint8_t ring[20000];
    int count = 0;
    for (int y = box.y - 4; y < box.y + box.h + 4; y++)
        for (int x = box.x - 4; x < box.x + box.w + 4; x++) {
            const bool within = x >= box.x - 1 && x <= box.x + box.w && y >= box.y - 1 && y <= box.y + box.h;
            if (!within && x >= 0 && y >= 0 && x < width && y < height && count < (int)sizeof ring)
                ring[count++] = luma[y * width + x];
        }
    assert_true(count > 0);
    qsort(ring, (size_t)count, 1, by_size);
    return ring[count / 2];
}

/* The strongest difference to the ground in a part of the picture, with the sign of chalk (1) or ink (-1). */
static int strongest(const uint8_t *luma, int width, struct demo_box part, int ground, int sign)
{
    int most = 0;
    for (int y = part.y; y < part.y + part.h; y++)
        for (int x = part.x; x < part.x + part.w; x++) {
            const int difference = sign * (luma[y * width + x] - ground);
            most = difference > most ? difference : most;
        }
    return most;
}

/* Ink near each of the four sides of each box, within it. */
static void check_ink(const char *scene, uint64_t seed, uint64_t frame, int *seen)
{
    enum { WIDTH = 1280, HEIGHT = 720 };
    struct demo *const demo = make_scene(scene, seed, WIDTH, HEIGHT, DEMO_USUAL_DIGITS);
    uint8_t *const luma = make_frame(demo);
    const int sign = strcmp(scene, "blackboard") == 0 ? 1 : -1, depth = strcmp(scene, "shake") == 0 ? 9 : 4;
    const int least = strcmp(scene, "dim") == 0 ? 8 : 14;
    struct demo_truth truth;
    demo_render(demo, frame, false, luma);
    demo_truth(demo, frame, &truth);
    for (int i = 0; i < truth.digit_count; i++) {
        const struct demo_box b = truth.digits[i].box;
        const int d = depth < b.w ? depth : b.w, ground = ground_of(luma, WIDTH, HEIGHT, b);
        const struct demo_box sides[4] = {
            {b.x, b.y, d, b.h}, {b.x + b.w - d, b.y, d, b.h}, {b.x, b.y, b.w, depth}, {b.x, b.y + b.h - depth, b.w, depth}};
        if (truth.digits[i].hidden)
            continue;
        ++*seen;
        for (int k = 0; k < 4; k++)
            if (strongest(luma, WIDTH, sides[k], ground, sign) < least)
                fail_msg("%s %d, frame %d: no ink at side %d of the %d at %d,%d %dx%d", scene, (int)seed, (int)frame, k,
                         truth.digits[i].digit, b.x, b.y, b.w, b.h);
    }
    demo_destroy(demo);
    free(luma);
}

static void boxes_hold_the_ink_in_every_scene(void **state)
{
    (void)state;
    for (int i = 0; i < demo_scene_count(); i++) {
        int seen = 0;
        for (uint64_t seed = 1; seed <= 3; seed++)
            check_ink(demo_scene_name(i), seed, 20 + 41 * seed, &seen);
        assert_true(seen > 40);
    }
}

/* The digits that count lie within the frame, and their numbers hold just them. */
static void check_count(int digits, int width, int height)
{
    struct demo *const demo = make_scene("page", 7, width, height, digits);
    struct demo_truth truth;
    char texts[DEMO_MAX_NUMBERS][16] = {{0}};
    demo_truth(demo, 77, &truth);
    assert_int_equal(truth.digit_count, digits);
    for (int i = 0; i < truth.digit_count; i++) {
        const struct demo_digit *const d = &truth.digits[i];
        assert_in_range(d->number, 0, truth.number_count - 1);
        assert_true(d->box.x > 1 && d->box.x + d->box.w < width - 1);
        assert_true(d->box.y > 1 && d->box.y + d->box.h < height - 1);
        char *const text = texts[d->number];
        text[strlen(text)] = (char)('0' + d->digit);
        for (int k = 0; k < i; k++) { /* nothing is written over anything else */
            const struct demo_box a = d->box, b = truth.digits[k].box;
            assert_false(a.x + 2 < b.x + b.w && b.x + 2 < a.x + a.w && a.y + 2 < b.y + b.h && b.y + 2 < a.y + a.h);
        }
    }
    for (int i = 0; i < truth.number_count; i++)
        assert_string_equal(texts[i], truth.numbers[i].text);
    demo_destroy(demo);
}

static void there_are_as_many_digits_as_asked_for(void **state)
{
    (void)state;
    static const int counts[] = {0, 1, 2, 10, 20, 33, 50, DEMO_MOST_DIGITS};
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {480, 640}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (int k = 0; k < 3; k++)
            check_count(counts[i], sizes[k][0], sizes[k][1]);
}

static void absurd_wishes_are_refused(void **state)
{
    (void)state;
    struct demo *demo;
    struct demo_options options = {.width_px = 64, .height_px = 48, .digits = DEMO_MOST_DIGITS + 1};
    assert_int_equal(demo_create_scene(&demo, &options), -EINVAL);
    options.digits = DEMO_USUAL_DIGITS - 1;
    assert_int_equal(demo_create_scene(&demo, &options), -EINVAL);
    options.digits = 3;
    options.scene = "chalkboard";
    assert_int_equal(demo_create_scene(&demo, &options), -ENOENT);
    assert_null(demo);
}

static void every_size_works_in_every_scene(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {7, 3}, {1, 300}, {300, 1}, {161, 121}};
    for (int i = 0; i < demo_scene_count(); i++)
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            struct demo *const demo = make_scene(demo_scene_name(i), 2, sizes[k][0], sizes[k][1], DEMO_USUAL_DIGITS);
            const size_t bytes = demo_frame_bytes(demo);
            uint8_t *const pixels = malloc(bytes + 16);
            assert_non_null(pixels);
            for (uint64_t frame = 53; frame < 62; frame += 3) {
                struct demo_truth truth;
                memset(pixels, 0, bytes + 16);
                demo_render(demo, frame, true, pixels);
                for (size_t n = 0; n < bytes; n++)
                    assert_true(pixels[n] >= 16 && pixels[n] <= 240);
                for (size_t n = bytes; n < bytes + 16; n++)
                    assert_int_equal(pixels[n], 0);
                demo_truth(demo, frame, &truth);
                for (int n = 0; n < truth.digit_count; n++)
                    assert_true(truth.digits[n].box.w > 0 && truth.digits[n].box.h > 0);
            }
            demo_destroy(demo);
            free(pixels);
        }
}

static bool same_numbers(const struct demo_truth *a, const struct demo_truth *b)
{
    return a->number_count == b->number_count && memcmp(a->numbers[0].text, b->numbers[0].text, 8) == 0 &&
           memcmp(a->numbers[1].text, b->numbers[1].text, 8) == 0;
}

static void a_page_is_turned_at_its_frame(void **state)
{
    (void)state;
    struct demo *const demo = make_scene("pageturn", 1, 640, 480, DEMO_USUAL_DIGITS);
    struct demo_truth first, before, moving, turned;
    demo_truth(demo, 0, &first);
    demo_truth(demo, DEMO_TURN_PERIOD - DEMO_TURN_FRAMES - 1, &before);
    assert_int_equal(before.page, 0);
    assert_int_equal(before.blind.w, 0);
    assert_true(same_numbers(&first, &before));
    int last_hidden = 0;
    for (int frame = DEMO_TURN_PERIOD - DEMO_TURN_FRAMES; frame < DEMO_TURN_PERIOD; frame++) {
        int hidden = 0;
        demo_truth(demo, (uint64_t)frame, &moving);
        assert_int_equal(moving.page, 0);
        assert_true(same_numbers(&first, &moving));
        assert_true(moving.blind.w > 0 && moving.blind.x + moving.blind.w == 640 && moving.blind.h == 480);
        for (int i = 0; i < moving.digit_count; i++) {
            const struct demo_digit *const d = &moving.digits[i];
            hidden += d->hidden;
            if (d->box.x + d->box.w > moving.blind.x)
                assert_true(d->hidden);
        }
        assert_true(hidden >= last_hidden);
        last_hidden = hidden;
    }
    assert_true(last_hidden > before.digit_count / 2);
    demo_truth(demo, DEMO_TURN_PERIOD, &turned);
    assert_int_equal(turned.page, 1);
    assert_int_equal(turned.blind.w, 0);
    assert_false(same_numbers(&first, &turned));
    for (int i = 0; i < turned.digit_count; i++)
        assert_false(turned.digits[i].hidden);
    demo_truth(demo, 2 * DEMO_TURN_PERIOD - 1, &moving);
    assert_int_equal(moving.page, 1);
    demo_destroy(demo);
}

static void a_new_page_comes_without_a_sheet(void **state)
{
    (void)state;
    struct demo *const demo = make_scene("newpage", 1, 640, 480, DEMO_USUAL_DIGITS);
    struct demo_truth last, first;
    demo_truth(demo, DEMO_TURN_PERIOD - 1, &last);
    demo_truth(demo, DEMO_TURN_PERIOD, &first);
    assert_int_equal(last.page, 0);
    assert_int_equal(first.page, 1);
    assert_int_equal(last.blind.w, 0);
    assert_false(same_numbers(&last, &first));
    for (int i = 0; i < last.digit_count; i++)
        assert_false(last.digits[i].hidden);
    demo_destroy(demo);
}

/* Where digits are hidden the picture is another one than without the hand; and each gets its turn in the light. */
static void the_hand_hides_what_is_under_it(void **state)
{
    (void)state;
    enum { WIDTH = 640, HEIGHT = 480 };
    int ever_hidden = 0, ever_seen = 0;
    struct demo *const hand = make_scene("hand", 2, WIDTH, HEIGHT, 30), *const bare = make_scene("page", 2, WIDTH, HEIGHT, 30);
    uint8_t *const with = make_frame(hand), *const without = make_frame(bare);
    for (uint64_t frame = 0; frame < 240; frame += 20) {
        struct demo_truth truth, plain;
        demo_render(hand, frame, false, with);
        demo_render(bare, frame, false, without);
        demo_truth(hand, frame, &truth);
        demo_truth(bare, frame, &plain);
        for (int i = 0; i < truth.digit_count; i++) {
            const struct demo_box b = truth.digits[i].box;
            int most = 0;
            assert_memory_equal(&b, &plain.digits[i].box, sizeof b);
            assert_false(plain.digits[i].hidden);
            for (int y = b.y - b.h / 8 - 2; y < b.y + b.h + b.h / 8 + 2; y++)
                for (int x = b.x - b.h / 8 - 2; x < b.x + b.w + b.h / 8 + 2; x++)
                    if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT) {
                        const int d = abs(with[y * WIDTH + x] - without[y * WIDTH + x]);
                        most = d > most ? d : most;
                    }
            if (truth.digits[i].hidden) {
                assert_true(most > 8);
                assert_true(truth.numbers[truth.digits[i].number].hidden);
            }
            ever_hidden += truth.digits[i].hidden;
            ever_seen += !truth.digits[i].hidden;
        }
    }
    assert_true(ever_hidden > 20);
    assert_true(ever_seen > 3 * ever_hidden / 2);
    demo_destroy(hand);
    demo_destroy(bare);
    free(with);
    free(without);
}

static void digits_touch_where_they_should(void **state)
{
    (void)state;
    int touching = 0, pairs = 0;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct demo *const demo = make_scene("touching", seed, 1280, 720, DEMO_USUAL_DIGITS);
        struct demo_truth truth;
        demo_truth(demo, 0, &truth);
        for (int i = 1; i < truth.digit_count; i++)
            if (truth.digits[i].number == truth.digits[i - 1].number) {
                pairs++;
                touching += truth.digits[i].box.x < truth.digits[i - 1].box.x + truth.digits[i - 1].box.w;
            }
        demo_destroy(demo);
    }
    assert_true(touching > pairs / 3 && touching < pairs);
}

/* Mean luma, and the deviation of the noise. */
static void measure(const char *scene, double *mean, double *noise)
{
    struct demo *const demo = make_scene(scene, 2, 320, 240, DEMO_USUAL_DIGITS);
    uint8_t *const clean = make_frame(demo), *const noisy = make_frame(demo);
    double sum = 0, squares = 0;
    demo_render(demo, 9, false, clean);
    demo_render(demo, 9, true, noisy);
    for (int i = 0; i < 320 * 240; i++) {
        sum += clean[i];
        squares += (noisy[i] - clean[i]) * (noisy[i] - clean[i]);
    }
    *mean = sum / (320 * 240);
    *noise = sqrt(squares / (320 * 240));
    demo_destroy(demo);
    free(clean);
    free(noisy);
}

static void dim_light_is_dim_and_noisy(void **state)
{
    (void)state;
    double mean, noise, usual_mean, usual_noise;
    measure("page", &usual_mean, &usual_noise);
    measure("dim", &mean, &noise);
    assert_true(mean < 0.6 * usual_mean);
    assert_true(noise > 2.5 * usual_noise);
}

/* Mean way of the first digit from frame to frame, in pixels. */
static double restlessness(const char *scene)
{
    struct demo *const demo = make_scene(scene, 2, 1280, 720, 10);
    struct demo_truth last, now;
    double sum = 0;
    demo_truth(demo, 0, &last);
    for (uint64_t frame = 1; frame <= 60; frame++, last = now) {
        demo_truth(demo, frame, &now);
        sum += hypot(now.digits[0].box.x - last.digits[0].box.x, now.digits[0].box.y - last.digits[0].box.y);
    }
    demo_destroy(demo);
    return sum / 60;
}

static void a_trembling_camera_trembles(void **state)
{
    (void)state;
    assert_true(restlessness("shake") > 4 * restlessness("page"));
    assert_true(restlessness("shake") < 30);
}

static void a_scene_is_a_source(void **state)
{
    (void)state;
    char why[SOURCE_WHY_BYTES];
    struct source *source;
    struct frame frame;
    const struct source_options options = {.width_px = 64, .height_px = 48, .fps = 500, .seed = 3};
    assert_int_equal(source_open(&source, "demo:blackboard", &options, why, sizeof why), 0);
    assert_string_equal(source_describe(source), "demo (blackboard, page 3): 64x48 YU12, 500 frames/s");
    assert_int_equal(source_next(source, &frame, 1000, why, sizeof why), 0);
    assert_string_equal(frame.name, "demo:blackboard");
    struct demo *const demo = make_scene("blackboard", 3, 64, 48, DEMO_USUAL_DIGITS);
    uint8_t *const expected = make_frame(demo);
    demo_render(demo, 0, true, expected);
    assert_memory_equal(frame.data, expected, frame.size_bytes);
    source_close(source);
    demo_destroy(demo);
    free(expected);
}

static void an_unknown_scene_is_told_which_there_are(void **state)
{
    (void)state;
    static const char *const specs[] = {"demo:chalkboard", "demo:", "demo:page:2"};
    for (int i = 0; i < 3; i++) {
        char why[SOURCE_WHY_BYTES];
        struct source *source;
        assert_int_equal(source_open(&source, specs[i], NULL, why, sizeof why), -ENOENT);
        assert_null(source);
        for (int k = 0; k < demo_scene_count(); k++)
            assert_non_null(strstr(why, demo_scene_name(k)));
        assert_null(strchr(why, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_of_scenes_is_sound),
        cmocka_unit_test(plain_demo_is_the_scene_named_page),
        cmocka_unit_test(frames_depend_on_nothing_but_their_number),
        cmocka_unit_test(boxes_hold_the_ink_in_every_scene),
        cmocka_unit_test(there_are_as_many_digits_as_asked_for),
        cmocka_unit_test(absurd_wishes_are_refused),
        cmocka_unit_test(every_size_works_in_every_scene),
        cmocka_unit_test(a_page_is_turned_at_its_frame),
        cmocka_unit_test(a_new_page_comes_without_a_sheet),
        cmocka_unit_test(the_hand_hides_what_is_under_it),
        cmocka_unit_test(digits_touch_where_they_should),
        cmocka_unit_test(dim_light_is_dim_and_noisy),
        cmocka_unit_test(a_trembling_camera_trembles),
        cmocka_unit_test(a_scene_is_a_source),
        cmocka_unit_test(an_unknown_scene_is_told_which_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
