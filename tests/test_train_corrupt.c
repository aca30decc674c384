/* Damaged pictures: the same seed the same damage, and each kind does what its name says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/train/corrupt.h"

enum { SIDE = NET_SIDE_PX };

/* A 1 of gray and white, five pixels right of the middle. */
static uint8_t picture[NET_PIXELS];

static int draw(void **state)
{
    (void)state;
    memset(picture, 0, sizeof picture);
    for (int y = 5; y < 23; y++) {
        picture[y * SIDE + 18] = 255;
        picture[y * SIDE + 19] = 128;
    }
    return 0;
}

static int index_of(const char *name)
{
    for (int c = 0; corrupt_name(c); c++)
        if (strcmp(corrupt_name(c), name) == 0)
            return c;
    fail_msg("no corruption is called %s", name);
    return 0;
}

static long ink(const uint8_t *pixels)
{
    long sum = 0;
    for (int i = 0; i < NET_PIXELS; i++)
        sum += pixels[i];
    return sum;
}

static void test_names_and_seeds(void **state)
{
    (void)state;
    static const char *const always_alike[] = {"stripe", "scale", "brightness"};
    int count = 0;
    assert_null(corrupt_name(-1));
    for (; corrupt_name(count); count++) {
        uint8_t first[NET_PIXELS], again[NET_PIXELS], other[NET_PIXELS];
        bool chance = true;
        for (int i = 0; i < 3; i++)
            chance = chance && strcmp(corrupt_name(count), always_alike[i]) != 0;
        assert_int_equal(index_of(corrupt_name(count)), count); /* no name twice */
        corrupt_picture(count, 5, picture, first);
        corrupt_picture(count, 5, picture, again);
        assert_memory_equal(first, again, NET_PIXELS);
        assert_memory_not_equal(first, picture, NET_PIXELS);
        int different = 0; /* shear knows two ways only, so several seeds are tried */
        for (uint64_t seed = 6; seed < 16; seed++) {
            corrupt_picture(count, seed, picture, other);
            different += memcmp(first, other, NET_PIXELS) != 0;
        }
        assert_true(chance ? different > 0 : different == 0);
        memcpy(other, picture, NET_PIXELS);
        corrupt_picture(count, 5, other, other); /* in place */
        assert_memory_equal(first, other, NET_PIXELS);
    }
    assert_int_equal(count, 12);
}

static void test_exact_ones(void **state)
{
    (void)state;
    uint8_t striped[NET_PIXELS], bright[NET_PIXELS];
    corrupt_picture(index_of("stripe"), 1, picture, striped);
    corrupt_picture(index_of("brightness"), 1, picture, bright);
    for (int i = 0; i < NET_PIXELS; i++) {
        const int x = i % SIDE, brighter = picture[i] + 128;
        assert_int_equal(striped[i], x < 7 || x >= 21 ? 255 - picture[i] : picture[i]);
        assert_in_range(bright[i], brighter > 255 ? 255 : brighter - 1, brighter > 255 ? 255 : brighter);
    }
}

/* Centre of the ink, and its mean square distance from there. */
static void spread(const uint8_t *pixels, double *x, double *y, double *square)
{
    double sx = 0, sy = 0, sq = 0;
    const double mass = (double)ink(pixels);
    for (int i = 0; i < NET_PIXELS; i++) {
        sx += pixels[i] * (double)(i % SIDE), sy += pixels[i] * (double)(i / SIDE);
        sq += pixels[i] * (double)((i % SIDE) * (i % SIDE) + (i / SIDE) * (i / SIDE));
    }
    *x = sx / mass, *y = sy / mass;
    *square = sq / mass - *x * *x - *y * *y;
}

static void test_shapes(void **state)
{
    (void)state;
    double x, y, square, new_x, new_y, new_square;
    uint8_t changed[NET_PIXELS];
    spread(picture, &x, &y, &square);
    corrupt_picture(index_of("scale"), 1, picture, changed);
    spread(changed, &new_x, &new_y, &new_square);
    assert_true(fabs(new_x - 13.5 - 0.7 * (x - 13.5)) < 0.1 && fabs(new_y - 13.5) < 0.1);
    assert_true(fabs(new_square / square - 0.49) < 0.05);
    for (uint64_t seed = 0; seed < 200; seed++) {
        corrupt_picture(index_of("rotate"), seed, picture, changed);
        spread(changed, &new_x, &new_y, &new_square);
        const double degrees = atan2(new_y - 13.5, new_x - 13.5) * 180 / M_PI;
        assert_true(fabs(degrees) < 20.5 && fabs(new_square / square - 1) < 0.05);
        assert_true(labs(ink(changed) - ink(picture)) < ink(picture) / 20);
        corrupt_picture(index_of("shear"), seed, picture, changed);
        spread(changed, &new_x, &new_y, &new_square);
        assert_true(fabs(new_x - x) < 0.1 && new_square > square * 1.05);
    }
}

static void test_amounts(void **state)
{
    (void)state;
    uint8_t changed[NET_PIXELS], white[NET_PIXELS], black[NET_PIXELS] = {0};
    long salt = 0, shots = 0, line = 0, dots = 0, mud = 0;
    memset(white, 255, sizeof white);
    for (uint64_t seed = 0; seed < 200; seed++) {
        corrupt_picture(index_of("impulse-noise"), seed, black, changed);
        salt += ink(changed) / 255;
        corrupt_picture(index_of("shot-noise"), seed, black, changed);
        assert_int_equal(ink(changed), 0); /* no light, no noise */
        corrupt_picture(index_of("shot-noise"), seed, picture, changed);
        shots += ink(changed);
        corrupt_picture(index_of("zigzag-line"), seed, black, changed);
        line += ink(changed) / 255;
        corrupt_picture(index_of("dotted-line"), seed, black, changed);
        dots += ink(changed) / 255;
        for (int i = 0; i < NET_PIXELS; i++)
            assert_true(changed[i] == 0 || i % 4 >= 2); /* 28 columns: i % 4 is the column's */
        corrupt_picture(index_of("spatter"), seed, white, changed);
        mud += (long)NET_PIXELS - ink(changed) / 255;
        corrupt_picture(index_of("glass-blur"), seed, picture, changed);
        assert_true(labs(ink(changed) - ink(picture)) < ink(picture) / 20);
        corrupt_picture(index_of("motion-blur"), seed, picture, changed);
        assert_true(ink(changed) < ink(picture) * 1.01 && ink(changed) > ink(picture) / 2);
    }
    assert_in_range(salt, 200 * 784 * 0.08, 200 * 784 * 0.09);
    assert_in_range(shots, 200 * ink(picture) * 0.7, 200 * ink(picture)); /* bright ones are cut off */
    assert_in_range(line, 200 * 20, 200 * 50);
    assert_in_range(dots, 200 * 10, 200 * 30);
    assert_in_range(mud, 200 * 20, 200 * 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_seeds),
        cmocka_unit_test(test_exact_ones),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_amounts),
    };
    return cmocka_run_group_tests(tests, draw, NULL);
}
