/* Pages askew: the slope of their lines, crops turned back upright, and which way up the page lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "vision/normalise.h"
#include "vision/ask.h"
#include "vision/tilt.h"
#include "vision/upright.h"

#define SIDE NORMALISE_SIDE_PX

static struct sighting seen[256];
static int seen_count;

/* A digit 30 x 44 whose middle lies at (x, y) of a page that is then turned by `radians`. */
static void write_digit(float x, float y, float radians, float confidence)
{
    const float u = 500 + cosf(radians) * x - sinf(radians) * y,
                v = 400 + sinf(radians) * x + cosf(radians) * y;
    seen[seen_count++] = (struct sighting){
        .box = {(int)lrintf(u - 15), (int)lrintf(v - 22), 30, 44}, .digit = 5, .confidence = confidence};
}

static void lines_tell_the_tilt(void **state)
{
    (void)state;
    for (int degrees = -22; degrees <= 22; degrees += 2) {
        const float radians = (float)degrees * 0.01745329f;
        seen_count = 0;
        for (int line = 0; line < 4; line++)
            for (int i = 0; i < 7; i++)
                write_digit((float)(-240 + 61 * i + 9 * line), (float)(-150 + 90 * line + (i * 7 + line) % 4),
                            radians, 0.97f);
        write_digit(-300, 250, radians, 0.3f); /* not sure: no digit to go by */
        assert_true(fabsf(tilt_of_lines(seen, seen_count) - radians) < 0.03f);
    }
}

static void too_little_tells_nothing(void **state)
{
    (void)state;
    seen_count = 0;
    assert_true(tilt_of_lines(seen, 0) == 0);
    write_digit(0, 0, 0.3f, 0.99f);
    write_digit(50, 0, 0.3f, 0.99f);
    write_digit(100, 0, 0.3f, 0.99f); /* three in a row: three pairs, which may be chance */
    assert_true(tilt_of_lines(seen, seen_count) == 0);
    seen_count = 0;
    srand(3);
    for (int i = 0; i < 40; i++) /* strewn about */
        write_digit((float)(rand() % 900 - 450), (float)(rand() % 700 - 350), 0, 0.99f);
    assert_true(fabsf(tilt_of_lines(seen, seen_count)) < TILT_MOST);
    seen_count = 0;
    for (int i = 0; i < 200; i++) /* a crowd in one place is one digit */
        write_digit((float)(i % 3), (float)(i % 2), 0, 0.99f);
    assert_true(tilt_of_lines(seen, seen_count) == 0);
}

/* Ink of `shape` (0..1 at x, y of a field of 100) as a crop, turned by `radians`. */
static void make_crop(int (*shape)(float x, float y), float radians, uint8_t *crop)
{
    static uint8_t field[160 * 160];
    int left = 160, right = -1, top = 160, bottom = -1;
    for (int y = 0; y < 160; y++)
        for (int x = 0; x < 160; x++) {
            const float u = (float)x - 80, v = (float)y - 80;
            const int ink = shape(cosf(radians) * u + sinf(radians) * v + 50,
                                  -sinf(radians) * u + cosf(radians) * v + 50);
            field[y * 160 + x] = ink ? 255 : 0;
            if (!ink)
                continue;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y;
        }
    normalise_ink((struct gray_view){field + top * 160 + left, right - left + 1, bottom - top + 1, 160},
                  crop);
}

static int within(float x, float y, float left, float top, float w, float h)
{
    return x >= left && x < left + w && y >= top && y < top + h;
}

static int bar(float x, float y)
{
    return within(x, y, 45, 5, 10, 90);
}

static int four(float x, float y)
{
    return within(x, y, 20, 5, 10, 55) || within(x, y, 20, 50, 60, 10) || within(x, y, 60, 5, 10, 90);
}

static int seven(float x, float y)
{
    const float middle = 75 - (y - 5) * 0.4f;
    return within(x, y, 20, 5, 60, 10) || (y >= 5 && y < 95 && x >= middle - 6 && x < middle + 6);
}

static double difference(const uint8_t *a, const uint8_t *b)
{
    double sum = 0, ink = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        sum += abs(a[i] - b[i]);
        ink += a[i];
    }
    return sum / ink;
}

static void turned_back_a_crop_is_what_it_was(void **state)
{
    (void)state;
    int (*const shapes[])(float x, float y) = {bar, four, seven};
    for (int s = 0; s < 3; s++)
        for (int degrees = -20; degrees <= 20; degrees += 10) {
            const float radians = (float)degrees * 0.01745329f;
            uint8_t upright[SIDE * SIDE], askew[SIDE * SIDE], turned[SIDE * SIDE];
            make_crop(shapes[s], 0, upright);
            make_crop(shapes[s], radians, askew);
            tilt_turn_crop(askew, -radians, turned);
            assert_true(difference(upright, turned) < 0.4);
            if (degrees)
                assert_true(difference(upright, turned) < 0.7 * difference(upright, askew));
        }
    uint8_t nothing[SIDE * SIDE] = {0}, turned[SIDE * SIDE];
    tilt_turn_crop(nothing, 0.3f, turned);
    assert_memory_equal(nothing, turned, sizeof nothing);
}

static void boxes_turn_level(void **state)
{
    (void)state;
    const float radians = 0.3f;
    seen_count = 0;
    write_digit(-100, 20, radians, 1);
    write_digit(-60, 20, radians, 1);
    const struct box a = tilt_level_box(seen[0].box, radians), b = tilt_level_box(seen[1].box, radians);
    assert_in_range(abs((2 * a.y + a.h) - (2 * b.y + b.h)), 0, 3); /* on one line */
    assert_in_range((2 * b.x + b.w - 2 * a.x - a.w) / 2, 38, 42);
    assert_true(a.w < seen[0].box.w && a.h <= seen[0].box.h && a.w > 0 && a.h > 0);
}

static int cross(float x, float y)
{
    return within(x, y, 20, 45, 60, 10) || within(x, y, 45, 20, 10, 60);
}

/* `digits` fours and sevens among `others` crosses, turned by `quarters` clockwise, and what the network says of them. */
static int make_page(struct net *net, int digits, int others, int quarters, struct candidate *found,
                     struct sighting *sightings)
{
    const int count = digits + others;
    for (int i = 0; i < count; i++) {
        struct ask ask = {.net = net};
        int (*const shape)(float x, float y) = i * digits / count == (i + 1) * digits / count ? cross : i % 2 ? four : seven;
        found[i] = (struct candidate){.box = {60 * i, 10, 30, 44}, .contrast = 120, .stroke_px = 5};
        make_crop(shape, (float)quarters * 1.5707963f + 0.02f * (float)(i % 12 - 6), found[i].crop);
        sightings[i].box = found[i].box;
        ask_about(&ask, found[i].crop, &sightings[i]);
        ask_finish(&ask);
    }
    return count;
}

static void a_page_upside_down_is_noticed(void **state)
{
    (void)state;
    enum { MOST = 120 };
    static struct candidate found[MOST];
    static struct sighting sightings[MOST];
    static const int pages[][2] = {{12, 0}, {12, 12}, {30, 70}, {40, 80}}; /* digits and others */
    char why[NET_WHY_BYTES];
    struct net *net;
    struct candidates *none;
    assert_int_equal(net_load(&net, "weights/digits.safetensors", NULL, why, sizeof why), 0);
    assert_int_equal(candidates_create(&none), 0);
    for (int quarters = 0; quarters < UPRIGHT_WAYS; quarters++)
        for (int page = 0; page < 4; page++) {
            const int count = make_page(net, pages[page][0], pages[page][1], quarters, found, sightings);
            assert_int_equal(upright_turns_needed(net, none, found, sightings, count), (4 - quarters) % 4);
            assert_int_equal(upright_turns_needed(net, none, found, sightings, 0), 0);
            assert_int_equal(upright_hint(quarters) == NULL, quarters == 0);
        }
    /* What a sixth of, turned, looks like digits may be any text, where it is much. */
    assert_int_equal(upright_turns_needed(net, none, found, sightings, make_page(net, 20, 100, 2, found, sightings)), 0);
    assert_int_equal(upright_turns_needed(net, none, found, sightings, make_page(net, 8, 40, 2, found, sightings)), 2);
    candidates_destroy(none);
    net_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_tell_the_tilt),
        cmocka_unit_test(too_little_tells_nothing),
        cmocka_unit_test(turned_back_a_crop_is_what_it_was),
        cmocka_unit_test(boxes_turn_level),
        cmocka_unit_test(a_page_upside_down_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
