/* What the network says of crops, with a second look where it is in doubt. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vision/ask.h"
#include "vision/tilt.h"

#include "tests/support/shipped.h"
#include "tests/support/strokes.h"

#define CROPS  400
#define FEW    ASK_MOST_DOUBTS /* crops of a frame that may all be in doubt */
#define TURNED -0.12f          /* radians */

static uint8_t crops[CROPS][STROKES_PIXELS];

static float next_coordinate(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return 4 + (float)(*seed >> 16) * 20 / 65536;
}

/* Strokes here and there: some are digits, most are none, and some are hard to tell. */
static void draw_crops(void)
{
    uint32_t seed = 1;
    memset(crops, 0, sizeof crops);
    for (int i = 0; i < CROPS; i++) {
        float x = next_coordinate(&seed), y = next_coordinate(&seed);
        for (int stroke = 0; stroke <= i % 4; stroke++) {
            const float to_x = next_coordinate(&seed), to_y = next_coordinate(&seed);
            draw_stroke(crops[i], x, y, to_x, to_y);
            x = to_x, y = to_y;
        }
    }
}

/* The answers to all crops, or to all of them turned; as `once` says with a single look. A frame holds
 * `of_frame` of them. */
static void ask_all(bool once, bool turned, int of_frame, struct sighting *seen)
{
    static struct ask ask;
    ask = (struct ask){.net = net, .once = once};
    for (int i = 0; i < CROPS; i++) {
        uint8_t crop[STROKES_PIXELS];
        memcpy(crop, crops[i], sizeof crop);
        if (turned)
            tilt_turn_crop(crops[i], TURNED, crop);
        seen[i] = (struct sighting){0};
        if (i % of_frame == 0) {
            ask_finish(&ask);
            ask_next_frame(&ask);
        }
        ask_about(&ask, crop, &seen[i]);
    }
    ask_finish(&ask);
}

static float not_a_digit(const struct sighting *seen)
{
    float rest = 1;
    for (int d = 0; d < TRACK_DIGITS; d++)
        rest -= seen->scores[d];
    return fmaxf(rest, 0);
}

/* Where the first look leaves doubt, the geometric mean of it and of a look at the crop turned is what holds.
 */
static void a_doubt_is_looked_at_again(void **state)
{
    (void)state;
    static struct sighting first[CROPS], second[CROPS], both[CROPS];
    int doubts = 0, certain = 0;
    draw_crops();
    ask_all(true, false, FEW, first);
    ask_all(true, true, FEW, second);
    ask_all(false, false, FEW, both);
    for (int i = 0; i < CROPS; i++) {
        const float confidence = first[i].confidence;
        if (confidence < 0.2f || confidence > 0.95f) {
            assert_memory_equal(first[i].scores, both[i].scores, sizeof both[i].scores);
            certain++;
            continue;
        }
        float sum = sqrtf(not_a_digit(&first[i]) * not_a_digit(&second[i]));
        for (int d = 0; d < TRACK_DIGITS; d++)
            sum += sqrtf(first[i].scores[d] * second[i].scores[d]);
        for (int d = 0; d < TRACK_DIGITS; d++) {
            const float mean = sqrtf(first[i].scores[d] * second[i].scores[d]) / sum;
            assert_float_equal(both[i].scores[d], mean, 0.002f);
            assert_true(both[i].scores[d] <= both[i].confidence);
        }
        doubts++;
    }
    assert_in_range(doubts, 20, CROPS); /* else nothing was tried */
    assert_in_range(certain, 20, CROPS);
}

/* A frame full of doubts costs no more than so many second looks. */
static void second_looks_are_bounded(void **state)
{
    (void)state;
    static struct sighting first[CROPS], always[CROPS], bounded[CROPS];
    int left = ASK_MOST_DOUBTS, beyond = 0;
    draw_crops();
    ask_all(true, false, FEW, first);
    ask_all(false, false, FEW, always);
    ask_all(false, false, CROPS, bounded);
    for (int i = 0; i < CROPS; i++) {
        const bool looked = memcmp(first[i].scores, always[i].scores, sizeof first[i].scores) != 0;
        const struct sighting *const expected = left > 0 ? &always[i] : &first[i];
        assert_memory_equal(expected->scores, bounded[i].scores, sizeof bounded[i].scores);
        beyond += looked && left <= 0;
        left -= looked;
    }
    assert_in_range(beyond, 5, CROPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_doubt_is_looked_at_again),
        cmocka_unit_test(second_looks_are_bounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
