/* Digits to numbers and reading order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "vision/layout.h"

static struct reading_digit digits[LAYOUT_MOST_DIGITS];
static struct reading_number numbers[LAYOUT_MOST_DIGITS];
static int digit_count;

static void put(int digit, int x, int y, int w, int h)
{
    digits[digit_count++] = (struct reading_digit){.digit = digit, .confidence = 0.5f, .box = {x, y, w, h}};
}

static void expect(const char *const *texts, int count)
{
    assert_int_equal(layout_digits(digits, digit_count, 0, numbers), count);
    int used = 0;
    for (int n = 0; n < count; n++) {
        assert_string_equal(numbers[n].text, texts[n]);
        for (size_t i = 0; i < strlen(texts[n]); i++, used++) {
            assert_int_equal(digits[used].number, n);
            assert_int_equal(digits[used].digit, texts[n][i] - '0');
        }
    }
    assert_int_equal(used, digit_count);
}

static void close_digits_are_one_number_wide_ones_are_not(void **state)
{
    (void)state;
    digit_count = 0;
    put(2, 150, 104, 25, 42); /* given in no order */
    put(7, 100, 100, 20, 40);
    put(4, 125, 98, 22, 41);
    put(7, 100, 200, 20, 40);
    put(4, 180, 200, 20, 40);
    put(2, 260, 205, 20, 40);
    expect((const char *const[]){"742", "7", "4", "2"}, 4);
    assert_int_equal(numbers[0].box.x, 100);
    assert_int_equal(numbers[0].box.w, 75);
    assert_true(numbers[0].confidence > 0.124f && numbers[0].confidence < 0.126f);
}

/* Two of its gaps are narrow enough for a number, two are not: as the row is even, it is none. */
static void a_row_set_wide_is_no_number(void **state)
{
    (void)state;
    digit_count = 0;
    put(1, 100, 100, 14, 40);
    put(2, 132, 101, 30, 40); /* from centre to centre 40, 38, 43, 40 */
    put(3, 172, 98, 26, 41);
    put(4, 214, 99, 28, 40);
    put(5, 256, 100, 24, 40);
    expect((const char *const[]){"1", "2", "3", "4", "5"}, 5);
    digit_count = 0; /* as wide, but two words: 41 and 60 */
    put(1, 100, 100, 20, 40);
    put(2, 137, 100, 28, 40);
    put(3, 210, 100, 26, 40);
    put(4, 247, 100, 28, 40);
    expect((const char *const[]){"12", "34"}, 2);
    digit_count = 0; /* wide digits close together */
    put(0, 100, 100, 36, 40);
    put(0, 141, 100, 36, 40);
    put(0, 182, 100, 36, 40);
    expect((const char *const[]){"000"}, 1);
}

static void a_space_parts_numbers_a_one_does_not(void **state)
{
    (void)state;
    digit_count = 0;
    put(9, 100, 100, 22, 40);
    put(2, 142, 100, 22, 40); /* half a height further: the next word */
    put(0, 168, 100, 22, 40);
    put(2, 100, 200, 22, 40);
    put(1, 142, 200, 6, 40); /* as far, but a 1 has room round it */
    put(7, 166, 200, 22, 40);
    expect((const char *const[]){"9", "20", "217"}, 3);
}

/* Written at an even pitch, narrow digits have wide gaps between them; lists of such digits stand farther apart still. */
static void narrow_digits_at_an_even_pitch_are_one_number(void **state)
{
    (void)state;
    digit_count = 0;
    put(7, 100, 100, 9, 44);
    put(1, 136, 100, 6, 44); /* 34 from centre to centre, the gap 27 */
    put(5, 161, 100, 24, 44);
    put(1, 100, 200, 6, 40);
    put(1, 140, 200, 6, 40);
    expect((const char *const[]){"715", "1", "1"}, 3);
}

/* A number may be written wide: its digits stand for themselves where more than a third of their height is between them. */
static void a_number_may_be_wide(void **state)
{
    (void)state;
    digit_count = 0;
    for (int i = 0; i < 4; i++) {
        put(5 + i, 100 + 40 * i, 100, 28, 40);
        put(1 + i, 100 + 44 * i, 200, 28, 40);
    }
    expect((const char *const[]){"5678", "1", "2", "3", "4"}, 5);
}

static void a_line_may_climb(void **state)
{
    (void)state;
    digit_count = 0;
    for (int i = 0; i < 8; i++) {
        put(i, 100 + 90 * i, 300 - 20 * i, 20, 40); /* about 12 degrees, 140 pixels in all */
        put(9 - i, 100 + 90 * i, 390 - 20 * i, 20, 40);
    }
    expect(
        (const char *const[]){"0", "1", "2", "3", "4", "5", "6", "7", "9", "8", "7", "6", "5", "4", "3", "2"},
        16);
}

static void different_heights_are_different_numbers(void **state)
{
    (void)state;
    digit_count = 0;
    put(1, 10, 10, 20, 80);
    put(2, 40, 30, 15, 30);
    expect((const char *const[]){"1", "2"}, 2);
}

static void nothing_and_too_long(void **state)
{
    (void)state;
    digit_count = 0;
    assert_int_equal(layout_digits(digits, 0, 0, numbers), 0);
    for (int i = 0; i < 200; i++)
        put(i % 10, 10 + 12 * i, 10, 10, 20);
    const int count = layout_digits(digits, digit_count, 0, numbers);
    assert_int_equal(count, 4); /* 63 + 63 + 63 + 11 */
    size_t all = 0;
    for (int n = 0; n < count; n++) {
        assert_true(strlen(numbers[n].text) < READING_NUMBER_CHARS);
        all += strlen(numbers[n].text);
    }
    assert_int_equal(all, 200);
}

static void many_at_random_keep_every_digit(void **state)
{
    (void)state;
    srand(5);
    for (int round = 0; round < 50; round++) {
        digit_count = 0;
        int sum = 0, kept = 0;
        for (int i = 0; i < 300; i++) {
            put(rand() % 10, rand() % 1000, rand() % 1000, 1 + rand() % 60, 1 + rand() % 60);
            sum += digits[i].digit;
        }
        const int count = layout_digits(digits, digit_count, 0, numbers);
        for (int n = 0; n < count; n++)
            for (const char *t = numbers[n].text; *t; t++)
                kept += *t - '0';
        assert_int_equal(kept, sum);
        for (int i = 1; i < digit_count; i++)
            assert_true(digits[i].number >= digits[i - 1].number);
    }
}

static void lines_askew_are_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {"742", "19", "3068", "5"};
    for (int degrees = -20; degrees <= 20; degrees += 5) {
        const float radians = (float)degrees * 0.01745329f;
        const float sine = sinf(radians), cosine = cosf(radians);
        int used = 0;
        digit_count = 0;
        for (int line = 0; line < 4; line++)
            for (int i = 0; lines[line][i]; i++) { /* two numbers a line, far apart */
                const float x = (float)(line % 2 * 400 + i * 29), y = (float)(line / 2 * 62);
                put(lines[line][i] - '0', 300 + (int)(cosine * x - sine * y),
                    300 + (int)(sine * x + cosine * y), 22, 40);
                digits[digit_count - 1].id = (uint32_t)digit_count;
            }
        assert_int_equal(layout_digits(digits, digit_count, radians, numbers), 4);
        for (int n = 0; n < 4; n++)
            assert_string_equal(numbers[n].text, lines[n]);
        for (int n = 0; n < 4; n++) /* boxes are those of the picture */
            for (size_t i = 0; i < strlen(lines[n]); i++, used++) {
                assert_int_equal(digits[used].box.w, 22);
                assert_int_equal(box_overlap_px(digits[used].box, numbers[n].box), 22 * 40);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_askew_are_lines),
        cmocka_unit_test(close_digits_are_one_number_wide_ones_are_not),
        cmocka_unit_test(a_row_set_wide_is_no_number),
        cmocka_unit_test(a_space_parts_numbers_a_one_does_not),
        cmocka_unit_test(narrow_digits_at_an_even_pitch_are_one_number),
        cmocka_unit_test(a_number_may_be_wide),
        cmocka_unit_test(a_line_may_climb),
        cmocka_unit_test(different_heights_are_different_numbers),
        cmocka_unit_test(nothing_and_too_long),
        cmocka_unit_test(many_at_random_keep_every_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
