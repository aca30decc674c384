/* Generated scenes and crops: the same for the same seed, whatever the number of threads; with truth that is
 * true. */
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/train/generate.h"
#include "net/train/scene.h"
#include "vision/normalise.h"

static void test_scene_is_the_same_for_the_same_seed(void **state)
{
    (void)state;
    struct fonts *fonts;
    struct scene *a, *b;
    const struct dataset none = {0};
    assert_int_equal(fonts_create(&fonts), 0);
    assert_int_equal(scene_create(&a, fonts, &none), 0);
    assert_int_equal(scene_create(&b, fonts, &none), 0);
    for (uint64_t seed = 0; seed < 15; seed++) {
        scene_draw(a, seed);
        scene_draw(b, 1000 + seed); /* what was drawn before must not matter */
        scene_draw(b, seed);
        assert_int_equal(a->width_px, b->width_px);
        assert_int_equal(a->height_px, b->height_px);
        assert_int_equal(a->truth_count, b->truth_count);
        assert_memory_equal(a->gray, b->gray, (size_t)a->width_px * (size_t)a->height_px);
    }
    scene_destroy(a);
    scene_destroy(b);
    fonts_destroy(fonts);
}

static void test_truths_lie_on_ink(void **state)
{
    (void)state;
    struct fonts *fonts;
    struct scene *scene;
    const struct dataset none = {0};
    int truths = 0, without = 0;
    assert_int_equal(fonts_create(&fonts), 0);
    assert_int_equal(scene_create(&scene, fonts, &none), 0);
    for (uint64_t seed = 0; seed < 40; seed++) {
        scene_draw(scene, seed);
        without += scene->truth_count == 0;
        for (int i = 0; i < scene->truth_count; i++) {
            const struct pen_box box = scene->truths[i].box;
            int most = 0;
            assert_true(box.x >= 0 && box.y >= 0 && box.w > 0 && box.h > 0);
            assert_true(box.x + box.w <= scene->width_px && box.y + box.h <= scene->height_px);
            assert_in_range(scene->truths[i].label, 0, SCENE_UNKNOWN);
            for (int x = box.x; x < box.x + box.w; x++) {
                const int cover = scene->cover[(size_t)box.y * (size_t)scene->width_px + (size_t)x];
                most = cover > most ? cover : most;
            }
            assert_true(most >= PEN_INK_COVER); /* the first row of the box touches the ink */
            truths++;
        }
    }
    assert_true(truths > 200);
    assert_in_range(without, 4, 30); /* clutter has no digits */
    scene_destroy(scene);
    fonts_destroy(fonts);
}

static void test_crops_do_not_depend_on_threads(void **state)
{
    (void)state;
    struct dataset one = {0}, three = {0}, other = {0};
    const struct dataset none = {0};
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    assert_int_equal(generate_crops(&one, 200, 4, &none), 0);
    omp_set_num_threads(3);
    assert_int_equal(generate_crops(&three, 200, 4, &none), 0);
    assert_int_equal(generate_crops(&other, 200, 5, &none), 0);
    omp_set_num_threads(threads);
    assert_int_equal(one.count, 200);
    assert_int_equal(three.count, 200);
    assert_memory_equal(one.labels, three.labels, 200);
    assert_memory_equal(one.pictures, three.pictures, 200 * NET_PIXELS);
    assert_memory_not_equal(one.pictures, other.pictures, 200 * NET_PIXELS);
    dataset_free(&one);
    dataset_free(&three);
    dataset_free(&other);
}

static void test_crops_are_of_every_kind(void **state)
{
    (void)state;
    struct dataset crops = {0};
    const struct dataset none = {0};
    int kinds[11] = {0};
    assert_int_equal(generate_crops(&crops, 1500, 1, &none), 0);
    for (int i = 0; i < crops.count; i++) {
        assert_in_range(crops.labels[i], 0, DATASET_NOT_A_DIGIT);
        assert_int_equal(crops.origins[i], ORIGIN_SCENES);
        kinds[crops.labels[i]]++;
    }
    for (int k = 0; k < 10; k++)
        assert_true(kinds[k] > 15);
    assert_true(kinds[DATASET_NOT_A_DIGIT] > 300);
    dataset_free(&crops);
}

/* A stamp that is pasted in comes back as a crop of its own label that looks like it. */
static void test_stamps_come_back(void **state)
{
    (void)state;
    struct dataset stamps = {0}, crops = {0};
    uint8_t picture[NET_PIXELS] = {0};
    for (int y = 4; y < 24; y++)
        for (int x = 8; x < 20; x++)
            if (y < 7 || y > 20 || x < 11 ||
                x > 16) /* a square ring, called a 3 so that it can be told apart */
                picture[y * NET_SIDE_PX + x] = 255;
    assert_int_equal(dataset_append(&stamps, picture, 3, ORIGIN_DIGITS), 0);
    assert_int_equal(generate_crops(&crops, 800, 2, &stamps), 0);
    int rings = 0;
    for (int i = 0; i < crops.count; i++) {
        const uint8_t *crop = crops.pictures + (size_t)i * NET_PIXELS;
        int hollow = 0, full = 0;
        for (int y = 12; y < 16; y++)
            hollow += crop[y * NET_SIDE_PX + 13] + crop[y * NET_SIDE_PX + 14];
        for (int x = 11; x < 17; x++)
            full += crop[5 * NET_SIDE_PX + x];
        rings += crops.labels[i] == 3 && hollow < 8 * 60 && full > 6 * 120;
    }
    assert_true(rings > 40);
    dataset_free(&stamps);
    dataset_free(&crops);
}

static void fill(struct scene *scene, int x, int y, int w, int h)
{
    for (int v = y; v < y + h; v++)
        memset(scene->cover + v * scene->width_px + x, 255, (size_t)w);
}

/* What a box of the scene's ink should be taken for. */
static int label_of(struct scene *scene, int x, int y, int w, int h)
{
    static uint8_t ink[120 * 120];
    struct candidate candidate = {.box = {x, y, w, h}};
    normalise_ink((struct gray_view){scene->cover + y * scene->width_px + x, w, h, (size_t)scene->width_px}, candidate.crop);
    return generate_label(scene, &candidate, 1, ink);
}

static void test_several_digits_are_none(void **state)
{
    (void)state;
    struct fonts *fonts;
    struct scene *scene;
    const struct dataset none = {0};
    assert_int_equal(fonts_create(&fonts), 0);
    assert_int_equal(scene_create(&scene, fonts, &none), 0);
    scene_draw(scene, 0);
    scene->width_px = scene->height_px = 120;
    scene->light_on_dark = false;
    memset(scene->cover, 0, 120 * 120);
    fill(scene, 30, 30, 5, 50); /* a 1, and something with a roof, a neck and a foot that touches it: a 2 */
    fill(scene, 35, 30, 28, 6);
    fill(scene, 57, 36, 6, 20);
    fill(scene, 37, 50, 20, 6);
    fill(scene, 37, 56, 6, 24);
    fill(scene, 43, 74, 20, 6);
    scene->truth_count = 0;
    scene_add_truth(scene, (struct pen_box){30, 30, 5, 50}, 1);
    assert_int_equal(label_of(scene, 30, 30, 5, 50), 1);
    scene_add_truth(scene, (struct pen_box){35, 30, 28, 50}, 2);
    assert_int_equal(label_of(scene, 35, 30, 28, 50), 2);
    assert_int_equal(label_of(scene, 30, 30, 33, 50), DATASET_NOT_A_DIGIT); /* both */
    scene->truths[0].label = SCENE_UNKNOWN; /* a lone bar beside it is no second digit */
    assert_int_not_equal(label_of(scene, 35, 30, 28, 50), DATASET_NOT_A_DIGIT);
    scene_destroy(scene);
    fonts_destroy(fonts);
}

static void draw_bar(uint8_t *picture, int width, double lean, double bend)
{
    memset(picture, 0, NET_PIXELS);
    for (int y = 4; y < 24; y++)
        for (int x = 0; x < width; x++) {
            const double from_middle = (13.5 - y) / 10;
            const int at = (int)lround(13 + x - width / 2 + (13.5 - y) * lean + bend * from_middle * from_middle);
            if (at >= 0 && at < NET_SIDE_PX)
                picture[y * NET_SIDE_PX + at] = 255;
        }
}

static void test_looks_like_one(void **state)
{
    (void)state;
    uint8_t picture[NET_PIXELS], turned[NET_PIXELS];
    draw_bar(picture, 3, 0, 0);
    assert_true(dataset_looks_like_one(picture));
    for (int y = 0; y < NET_SIDE_PX; y++)
        for (int x = 0; x < NET_SIDE_PX; x++)
            turned[x * NET_SIDE_PX + y] = picture[y * NET_SIDE_PX + x];
    assert_false(dataset_looks_like_one(turned)); /* a minus */
    draw_bar(picture, 3, 0.5, 0);
    assert_true(dataset_looks_like_one(picture)); /* leans forward: / */
    draw_bar(picture, 3, -0.5, 0);
    assert_true(dataset_looks_like_one(picture)); /* leans backward, as few write it */
    draw_bar(picture, 3, -1.3, 0);
    assert_false(dataset_looks_like_one(picture)); /* nobody's 1 */
    draw_bar(picture, 6, 0, 0);
    assert_true(dataset_looks_like_one(picture)); /* by a thick marker */
    draw_bar(picture, 3, 0, 4);
    assert_true(dataset_looks_like_one(picture)); /* bent */
    draw_bar(picture, 3, 0, 14);
    assert_false(dataset_looks_like_one(picture)); /* an arc */
    draw_bar(picture, 12, 0, 0);
    assert_false(dataset_looks_like_one(picture)); /* a block */
    memset(picture, 0, sizeof picture);
    assert_false(dataset_looks_like_one(picture));
    memset(picture, 255, sizeof picture);
    assert_false(dataset_looks_like_one(picture));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scene_is_the_same_for_the_same_seed),
        cmocka_unit_test(test_truths_lie_on_ink),
        cmocka_unit_test(test_crops_do_not_depend_on_threads),
        cmocka_unit_test(test_crops_are_of_every_kind),
        cmocka_unit_test(test_stamps_come_back),
        cmocka_unit_test(test_several_digits_are_none),
        cmocka_unit_test(test_looks_like_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
