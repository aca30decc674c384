/* What augmentation does to a picture's strokes and how it soils it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/train/field.h"

#define SIDE FIELD_SIDE

static void fill(struct field *field, int x0, int y0, int x1, int y1, float ink)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            field->at[y][x] = ink;
}

static double sum_of_row(const struct field *field, int y)
{
    double sum = 0;
    for (int x = 0; x < SIDE; x++)
        sum += (double)field->at[y][x];
    return sum / 255;
}

/* A thick bar and a thin one become bars of the pen's width, where they were. */
static void test_pen_gives_its_width(void **state)
{
    (void)state;
    for (int thick = 3; thick <= 13; thick += 5)
        for (float width = 2; width <= 6; width += 2) {
            struct field field = {{{0}}};
            const int left = 30 - thick / 2;
            fill(&field, left, 10, left + thick, 54, 255);
            field_redraw_by_pen(&field, width);
            for (int y = 24; y < 40; y++) { /* away from the ends */
                double place = 0;
                for (int x = 0; x < SIDE; x++)
                    place += (double)field.at[y][x] / 255 * x;
                const double sum = sum_of_row(&field, y);
                assert_in_range((int)(10 * sum), (int)(10 * width) - 8, (int)(10 * width) + 10);
                assert_in_range((int)(10 * place / sum), 285, 310);
            }
        }
}

/* How many places the ink parts a row of the field into. */
static int strokes_in_row(const struct field *field, int y)
{
    int count = 0;
    for (int x = 1; x < SIDE; x++)
        count += field->at[y][x] >= 128 && field->at[y][x - 1] < 128;
    return count;
}

static void test_pen_keeps_holes_and_junctions(void **state)
{
    (void)state;
    struct field field = {{{0}}};
    fill(&field, 16, 12, 44, 40, 255); /* a 9: a box with a hole, and a stem */
    fill(&field, 23, 19, 37, 33, 0);
    fill(&field, 37, 40, 44, 56, 255);
    field_redraw_by_pen(&field, 2.5f);
    assert_int_equal(strokes_in_row(&field, 26), 2);
    assert_int_equal(strokes_in_row(&field, 46), 1);
    assert_true(sum_of_row(&field, 46) < 4);
    assert_true(field.at[26][30] < 1); /* the hole is still one */
}

static void test_pen_without_ink(void **state)
{
    (void)state;
    struct field field = {{{0}}}, before;
    fill(&field, 10, 10, 20, 20, 60); /* too faint to be a stroke */
    before = field;
    field_redraw_by_pen(&field, 3);
    assert_memory_equal(&field, &before, sizeof field);
    fill(&field, 0, 0, SIDE, SIDE, 255); /* nothing but ink, to the very edge */
    field_redraw_by_pen(&field, 8);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            assert_true(field.at[y][x] >= 0 && field.at[y][x] <= 255);
}

static void test_dirt(void **state)
{
    (void)state;
    int soiled = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct field field = {{{0}}}, before;
        struct pen_random random;
        fill(&field, 24, 14, 34, 50, 255);
        before = field;
        pen_random_seed(&random, seed);
        field_soil(&field, 0, &random);
        assert_memory_equal(&field, &before, sizeof field); /* strength 0: never */
        field_soil(&field, 1, &random);
        soiled += memcmp(&field, &before, sizeof field) != 0;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                assert_true(field.at[y][x] >= 0 && field.at[y][x] <= 255);
    }
    assert_in_range(soiled, 120, 240);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pen_gives_its_width), cmocka_unit_test(test_pen_keeps_holes_and_junctions),
        cmocka_unit_test(test_pen_without_ink), cmocka_unit_test(test_dirt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
