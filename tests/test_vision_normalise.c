/* The 28x28 convention: longer side 20, centred by mass, strongest stroke 255. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/normalise.h"

static void mass(const uint8_t *crop, double *x, double *y, int *box)
{
    double sum = 0, sx = 0, sy = 0;
    int left = 28, top = 28, right = -1, bottom = -1;
    for (int i = 0; i < 28 * 28; i++) {
        sum += crop[i];
        sx += crop[i] * (i % 28 + 0.5);
        sy += crop[i] * (i / 28 + 0.5);
        if (crop[i] >= 64) {
            left = i % 28 < left ? i % 28 : left;
            right = i % 28 > right ? i % 28 : right;
            top = i / 28 < top ? i / 28 : top;
            bottom = i / 28 > bottom ? i / 28 : bottom;
        }
    }
    *x = sx / sum;
    *y = sy / sum;
    box[0] = right - left + 1;
    box[1] = bottom - top + 1;
}

/* A 7 of `h` pixels height with strokes `stroke` wide. */
static void draw_seven(uint8_t *ink, int w, int h, int stroke)
{
    memset(ink, 0, (size_t)(w * h));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const double slope = (double)(w - stroke) * (h - 1 - y) / (h - 1);
            if (y < stroke || (x >= slope && x < slope + stroke))
                ink[y * w + x] = 255;
        }
}

static void every_size_comes_out_alike(void **state)
{
    (void)state;
    uint8_t reference[784];
    uint8_t *const ink = test_malloc(480 * 640);
    draw_seven(ink, 60, 80, 8);
    normalise_ink((struct gray_view){ink, 60, 80, 60}, reference);
    for (int h = 24; h <= 640; h = h * 3 / 2) {
        uint8_t crop[784];
        const int w = h * 3 / 4;
        draw_seven(ink, w, h, h / 10);
        normalise_ink((struct gray_view){ink, w, h, (size_t)w}, crop);
        double x, y, difference = 0;
        int box[2];
        mass(crop, &x, &y, box);
        assert_true(fabs(x - 14) < 0.3 && fabs(y - 14) < 0.3);
        assert_in_range(box[1], 19, 22);
        assert_in_range(box[0], 14, 17);
        for (int i = 0; i < 784; i++)
            difference += abs(crop[i] - reference[i]);
        assert_true(difference / 784 < 12); /* mean gray levels */
    }
    test_free(ink);
}

static void doing_it_twice_changes_little(void **state)
{
    (void)state;
    uint8_t ink[80 * 60], once[784], twice[784], inner[400];
    draw_seven(ink, 60, 80, 9);
    normalise_ink((struct gray_view){ink, 60, 80, 60}, once);
    int left = 28, top = 28, right = 0, bottom = 0;
    for (int i = 0; i < 784; i++)
        if (once[i] > 140) {
            left = i % 28 < left ? i % 28 : left;
            right = i % 28 > right ? i % 28 : right;
            top = i / 28 < top ? i / 28 : top;
            bottom = i / 28 > bottom ? i / 28 : bottom;
        }
    const int w = right - left + 1, h = bottom - top + 1;
    assert_true(w <= 20 && h <= 20);
    for (int y = 0; y < h; y++)
        memcpy(inner + y * w, once + (top + y) * 28 + left, (size_t)w);
    normalise_ink((struct gray_view){inner, w, h, (size_t)w}, twice);
    double difference = 0;
    for (int i = 0; i < 784; i++)
        difference += abs(once[i] - twice[i]);
    assert_true(difference / 784 < 12);
}

static void pale_and_thin_lines_become_strokes(void **state)
{
    (void)state;
    uint8_t *const ink = test_calloc(300, 200);
    for (int y = 0; y < 300; y++)
        ink[y * 200 + 199 - y * 199 / 299] = 90; /* one pale pixel wide */
    uint8_t crop[784];
    normalise_ink((struct gray_view){ink, 200, 300, 200}, crop);
    int strong = 0;
    for (int i = 0; i < 784; i++)
        strong += crop[i] >= 128;
    assert_in_range(strong, 20, 70); /* a line of 20 rows, one to three pixels wide */
    test_free(ink);
}

static void tiny_narrow_and_empty(void **state)
{
    (void)state;
    uint8_t crop[784], *const ink = test_malloc(5000);
    memset(ink, 255, 5000);
    static const int sizes[][2] = {{1, 1}, {1, 5000}, {5000, 1}, {2, 2500}, {3, 2}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        normalise_ink((struct gray_view){ink, sizes[s][0], sizes[s][1], (size_t)sizes[s][0]}, crop);
        int most = 0;
        for (int i = 0; i < 784; i++)
            most = crop[i] > most ? crop[i] : most;
        assert_int_equal(most, 255);
    }
    memset(ink, 0, 5000);
    normalise_ink((struct gray_view){ink, 50, 100, 50}, crop);
    for (int i = 0; i < 784; i++)
        assert_int_equal(crop[i], 0);
    test_free(ink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_comes_out_alike),
        cmocka_unit_test(doing_it_twice_changes_little),
        cmocka_unit_test(pale_and_thin_lines_become_strokes),
        cmocka_unit_test(tiny_narrow_and_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
