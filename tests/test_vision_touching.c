/* Digits that touch are cut apart, with the shipped network: run from the root of the repository. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/shipped.h"
#include "vision/recogniser.h"
#include "vision/touching.h"

#define W 640
#define H 240

static uint8_t picture[W * H];

static int clean_sheet(void **state)
{
    (void)state;
    memset(picture, 225, sizeof picture);
    return 0;
}

static void dot(float x, float y)
{
    const int reach = 5;
    for (int v = (int)y - reach; v <= (int)y + reach; v++)
        for (int u = (int)x - reach; u <= (int)x + reach; u++) {
            const float edge = hypotf((float)u - x, (float)v - y) - 3.2f; /* pixels outside the stroke */
            const float paper = edge < 0 ? 0 : edge > 1 ? 1 : edge;
            const uint8_t ink = (uint8_t)(50 + 175 * paper);
            if (ink < picture[v * W + u])
                picture[v * W + u] = ink;
        }
}

static void draw_line(float x0, float y0, float x1, float y1)
{
    for (int i = 0; i <= 200; i++)
        dot(x0 + (x1 - x0) * (float)i / 200, y0 + (y1 - y0) * (float)i / 200);
}

static void draw_zero(float x, float y)
{
    for (int i = 0; i < 400; i++)
        dot(x + 17 * cosf((float)i * 0.01571f), y + 30 * sinf((float)i * 0.01571f));
}

static void draw_seven(float x, float y)
{
    draw_line(x - 18, y - 30, x + 18, y - 30);
    draw_line(x + 18, y - 30, x - 4, y + 30);
}

static struct reading look_again(void)
{
    static int64_t time_ns;
    time_ns += 33000000;
    struct frame frame = gray_frame(picture, W, H, W);
    frame.capture_time_ns = time_ns;
    struct reading reading;
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    return reading;
}

static struct reading look(void)
{
    recogniser_forget(recogniser);
    return look_again();
}

static void assert_reads(const char *text)
{
    const struct reading reading = look();
    assert_int_equal(reading.number_count, *text != '\0');
    if (*text)
        assert_string_equal(reading.numbers[0].text, text);
}

static void zeros_side_by_side(void **state)
{
    (void)state;
    draw_zero(150, 120);
    draw_zero(187, 121);
    assert_reads("00");
    draw_zero(224, 119);
    assert_reads("000");
}

static void one_under_a_roof(void **state)
{
    (void)state;
    draw_seven(150, 120);
    draw_line(176, 92, 171, 150); /* close under the end of the bar */
    assert_reads("71");
}

/* Digits that touch are as high as others of their page; what is half as high is a letter in two halves. */
static void small_ones_beside_large_digits_are_letters(void **state)
{
    (void)state;
    static const float apart[] = {60, 170, 280};
    for (int i = 0; i < 3; i++) /* large zeros, far apart */
        for (int k = 0; k < 1200; k++)
            dot(apart[i] + 34 * cosf((float)k * 0.005236f), 120 + 70 * sinf((float)k * 0.005236f));
    draw_zero(480, 120);
    draw_zero(517, 121);
    assert_int_equal(look().digit_count, 3);
}

static void signs_stay_whole(void **state)
{
    (void)state;
    draw_line(150, 90, 150, 150); /* + */
    draw_line(120, 120, 180, 120);
    assert_reads("");
    draw_line(300, 95, 350, 145); /* x */
    draw_line(350, 95, 300, 145);
    assert_reads("");
}

/* What is refused in frame after frame is looked at more seldom, but it is: digits written where a scribble was are
 * read soon, and digits that are read stay. */
static void what_was_refused_is_looked_at_again(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) { /* a zigzag of the very size that the digits will have */
        draw_line(135 + (float)i * 17, 150, 143 + (float)i * 17, 91);
        draw_line(143 + (float)i * 17, 91, 152 + (float)i * 17, 150);
    }
    assert_int_equal(look().digit_count, 0);
    for (int frame = 0; frame < 20; frame++)
        assert_int_equal(look_again().digit_count, 0);
    clean_sheet(NULL);
    draw_zero(150, 120);
    draw_zero(187, 121);
    int frames = 0;
    while (frames < 30 && look_again().digit_count < 2)
        frames++;
    assert_in_range(frames, 0, 12); /* and two sightings before a label appears */
    for (int frame = 0; frame < 30; frame++)
        assert_int_equal(look_again().digit_count, 2);
}

/* In a picture that moves, a way over the cuts is followed from frame to frame: the reading stays what it is, and what is
 * asked gets less. Where other digits take the place, those are read. */
static void ways_are_followed_while_they_hold(void **state)
{
    (void)state;
    double anew = 1e9, followed = 1e9;
    for (int frame = 0; frame < 30; frame++) {
        const float x = 150 + 0.4f * (float)frame, y = 120 + 0.3f * (float)(frame % 5);
        clean_sheet(NULL);
        draw_zero(x, y), draw_zero(x + 37, y + 1), draw_zero(x + 74, y - 1);
        const struct reading whole = look();
        anew = whole.times_us.net < anew ? whole.times_us.net : anew;
        assert_int_equal(whole.number_count, 1);
        assert_string_equal(whole.numbers[0].text, "000");
    }
    recogniser_forget(recogniser);
    for (int frame = 0; frame < 60; frame++) {
        const float x = 150 + 0.4f * (float)frame, y = 120 + 0.3f * (float)(frame % 5);
        clean_sheet(NULL);
        draw_zero(x, y), draw_zero(x + 37, y + 1), draw_zero(x + 74, y - 1);
        const struct reading reading = look_again();
        if (frame > 1)
            followed = reading.times_us.net < followed ? reading.times_us.net : followed;
        assert_int_equal(reading.digit_count, 3);
        assert_string_equal(reading.numbers[0].text, "000");
    }
    print_message("network: %.0f us anew, %.0f us followed\n", anew, followed);
    assert_true(followed < 0.5 * anew); /* about a quarter; the machine may be busy with something else */
    clean_sheet(NULL);
    draw_seven(150, 120);
    draw_line(176, 92, 171, 150);
    struct reading reading = look_again();
    for (int frame = 0; frame < 5; frame++)
        reading = look_again();
    assert_int_equal(reading.number_count, 1);
    assert_string_equal(reading.numbers[0].text, "71");
}

/* A seven whose stroke wavers, so that the network may doubt it. */
static void draw_bent_seven(float x, float y, float bend)
{
    draw_line(x - 18, y - 30, x + 18, y - 30);
    draw_line(x + 18, y - 30, x + bend, y);
    draw_line(x + bend, y, x - 4, y + 30);
}

/* What is cut apart is a digit: its confidence among the ten. */
static float among_digits(const struct sighting *seen)
{
    float sum = 0;
    for (int d = 0; d < TRACK_DIGITS; d++)
        sum += seen->scores[d];
    return seen->confidence / sum;
}

/* Is `confidence` what two looks at some stretch of the region cut last make it? *doubted: one look made it something
 * else. */
static bool is_of_two_looks(struct candidates *candidates, int end, float confidence, bool *doubted)
{
    *doubted = false;
    static struct ask asks[2];
    for (int from = 0; from < end; from++)
        for (int to = from + 1; to <= end; to++) {
            struct candidate_piece piece;
            struct sighting seen[2] = {{.digit = 0}, {.digit = 0}};
            if (!candidates_piece(candidates, from, to, &piece))
                continue;
            for (int k = 0; k < 2; k++) {
                asks[k] = (struct ask){.net = net, .once = k == 0};
                ask_next_frame(&asks[k]);
                ask_about(&asks[k], piece.candidate.crop, &seen[k]);
                ask_finish(&asks[k]);
            }
            if (fabsf(among_digits(&seen[1]) - confidence) < 1e-6f) {
                *doubted = fabsf(among_digits(&seen[0]) - confidence) > 0.001f;
                return true;
            }
        }
    return false;
}

/* What is taken for the digits of a region was looked at twice, where there was doubt. */
static void digits_cut_apart_are_looked_at_closely(void **state)
{
    (void)state;
    static struct ask ask;
    static struct sighting sightings[TRACK_MOST_SIGHTINGS];
    struct candidates *candidates;
    struct touching *touching;
    int digits = 0, doubts = 0;
    assert_int_equal(candidates_create(&candidates), 0);
    assert_int_equal(touching_create(&touching), 0);
    for (int bend = -12; bend <= 24; bend += 2) {
        const struct candidate *found;
        struct reading_times times = {0};
        int whole, count, cuts;
        clean_sheet(NULL);
        draw_zero(150, 120);
        draw_bent_seven(184, 120, (float)bend);
        assert_int_equal(candidates_find(candidates, (struct gray_view){picture, W, H, W}, &found, &whole, &times), 0);
        if (candidates_wide_count(candidates) != 1)
            continue;
        memset(sightings, 0, sizeof sightings);
        ask = (struct ask){.net = net};
        ask_next_frame(&ask);
        count = whole;
        touching_forget(touching);
        assert_int_equal(touching_read(touching, candidates, &ask, sightings, &count, NULL), 0);
        assert_int_equal(candidates_cut(candidates, 0, &cuts), 0);
        for (int i = whole; i < count; i++) {
            bool doubted;
            assert_true(is_of_two_looks(candidates, cuts + 1, sightings[i].confidence, &doubted));
            digits++;
            doubts += doubted;
        }
    }
    print_message("%d digits, %d of them doubted at first\n", digits, doubts);
    assert_in_range(digits, 10, 100);
    assert_in_range(doubts, 1, digits); /* else nothing was tried */
    touching_destroy(touching);
    candidates_destroy(candidates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(zeros_side_by_side, clean_sheet),
        cmocka_unit_test_setup(one_under_a_roof, clean_sheet),
        cmocka_unit_test_setup(small_ones_beside_large_digits_are_letters, clean_sheet),
        cmocka_unit_test_setup(signs_stay_whole, clean_sheet),
        cmocka_unit_test_setup(what_was_refused_is_looked_at_again, clean_sheet),
        cmocka_unit_test_setup(ways_are_followed_while_they_hold, clean_sheet),
        cmocka_unit_test_setup(digits_cut_apart_are_looked_at_closely, clean_sheet),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
