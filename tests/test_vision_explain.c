/* Why not? What was not read comes with its reason; what was read stays the same whether anybody asks or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/explain.h"
#include "tests/support/shipped.h"
#include "vision/recogniser.h"

#define W 640
#define H 480

static uint8_t picture[W * H];

static void fill(int x, int y, int w, int h, int gray)
{
    for (int v = y < 0 ? 0 : y; v < y + h && v < H; v++)
        memset(picture + v * W + x, gray, (size_t)w);
}

/* A square 4 (two uprights and a bar), 60 px high. */
static void draw_four(int x, int y, int ink)
{
    fill(x, y, 6, 36, ink);
    fill(x, y + 30, 40, 6, ink);
    fill(x + 26, y, 6, 60, ink);
}

static struct reading read_again(bool explain)
{
    const struct frame frame = gray_frame(picture, W, H, W);
    struct reading reading;
    recogniser_forget(recogniser);
    assert_int_equal(recogniser_explain(recogniser, explain), 0);
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    return reading;
}

/* What became of the ink round (x, y); the smallest box there. */
static const struct reading_candidate *at(const struct reading *reading, int x, int y)
{
    const struct reading_candidate *best = NULL;
    for (int i = 0; i < reading->candidate_count; i++) {
        const struct reading_candidate *const c = &reading->candidates[i];
        const bool inside =
            x >= c->box.x && x < c->box.x + c->box.w && y >= c->box.y && y < c->box.y + c->box.h;
        if (inside && (!best || c->box.w * c->box.h < best->box.w * best->box.h))
            best = c;
    }
    return best;
}

static void expect(const struct reading *reading, int x, int y, enum reading_reason reason)
{
    const struct reading_candidate *const c = at(reading, x, y);
    assert_non_null(c);
    assert_string_equal(reading_reason_word(c->reason), reading_reason_word(reason));
}

static void every_shape_has_its_reason(void **state)
{
    (void)state;
    fill(0, 0, W, H, 220);
    draw_four(40, 40, 30);
    fill(300, 40, 30, 40, 30);  /* a block: neither a stroke nor a bar */
    fill(40, 200, 9, 8, 30);    /* a dot */
    fill(200, 220, 6, 50, 213); /* hardly there */
    fill(400, 220, 200, 6, 30); /* a dash with */
    fill(400, 214, 6, 16, 30);  /* an end: 12 times as wide as high */
    fill(300, 470, 16, 10, 30); /* leaves the picture */
    fill(300, 440, 40, 30, 30);
    const struct reading reading = read_again(true);
    assert_non_null(reading.candidates);
    expect(&reading, 60, 72, READING_READ);
    expect(&reading, 42, 203, READING_TOO_SMALL);
    expect(&reading, 202, 240, READING_LOW_CONTRAST);
    expect(&reading, 500, 222, READING_TOO_WIDE);
    expect(&reading, 302, 475, READING_OFF_PICTURE);
    const struct reading_candidate *const block = at(&reading, 315, 60);
    assert_true(block->reason == READING_SOLID || block->reason == READING_TOO_THICK);
    assert_true(block->value > 0.4f && block->value <= 1);
    assert_true(at(&reading, 42, 203)->value == 8);
    assert_true(at(&reading, 500, 222)->value > 10);
}

static void what_the_network_said_is_there(void **state)
{
    (void)state;
    fill(0, 0, W, H, 220);
    draw_four(40, 40, 30);
    for (int i = 0; i < 60; i++) { /* an X */
        fill(300 + i, 100 + i, 7, 5, 30);
        fill(300 + i, 159 - i, 7, 5, 30);
    }
    const struct reading reading = read_again(true);
    const struct reading_candidate *const four = at(&reading, 60, 72), *const cross = at(&reading, 330, 130);
    assert_int_equal(four->reason, READING_READ);
    assert_true(four->asked);
    assert_int_equal(four->top[0].digit, 4);
    assert_true(four->value == reading.digits[0].confidence);
    assert_int_equal(cross->reason, READING_NOT_A_DIGIT);
    assert_true(cross->asked && cross->value > 0.5f && cross->value <= 1.001f);
    assert_true(cross->top[0].confidence >= cross->top[1].confidence);
}

static void a_second_sighting_is_waited_for(void **state)
{
    (void)state;
    fill(0, 0, W, H, 220);
    struct reading reading = read_again(true);
    draw_four(300, 100, 30);
    const struct frame frame = {.fourcc = FRAME_GREY,
                                .width_px = W,
                                .height_px = H,
                                .data = picture,
                                .size_bytes = sizeof picture,
                                .stride_bytes = W,
                                .orientation = 1,
                                .name = "test",
                                .capture_time_ns = 33000000};
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    assert_int_equal(reading.digit_count, 0);
    expect(&reading, 320, 132, READING_SEEN_ONCE);
}

static void asking_changes_nothing(void **state)
{
    (void)state;
    fill(0, 0, W, H, 220);
    for (int i = 0; i < 5; i++)
        draw_four(40 + 110 * i, 60 * i, 30 + 20 * i);
    struct reading_digit digits[16];
    const struct reading silent = read_again(false);
    assert_null(silent.candidates);
    assert_int_equal(silent.candidate_count, 0);
    assert_in_range(silent.digit_count, 1, 16);
    memcpy(digits, silent.digits, (size_t)silent.digit_count * sizeof digits[0]);
    const int count = silent.digit_count;
    const struct reading spoken = read_again(true);
    assert_int_equal(spoken.digit_count, count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(spoken.digits[i].digit, digits[i].digit);
        assert_memory_equal(&spoken.digits[i].box, &digits[i].box, sizeof(struct box));
        assert_true(spoken.digits[i].confidence == digits[i].confidence);
    }
}

static void crowds_are_bounded(void **state)
{
    (void)state;
    srand(5);
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)(rand() % 256);
    const struct reading reading = read_again(true);
    assert_true(reading.candidate_count <= EXPLAIN_MOST);
    static struct explanation full;
    full.count = 0;
    for (int i = 0; i < EXPLAIN_MOST; i++)
        assert_non_null(explain_note(&full, (struct box){20 * i, 0, 10, 10}, 1, READING_UNSURE, 0.5f));
    assert_null(explain_note(&full, (struct box){0, 0, 10, 10}, 1, READING_UNSURE, 0.5f));
    assert_null(explain_note(NULL, (struct box){0, 0, 10, 10}, 1, READING_UNSURE, 0.5f));
}

static void of_the_same_ink_the_furthest_stays(void **state)
{
    (void)state;
    static struct explanation e;
    e.count = 0;
    explain_note(&e, (struct box){5, 5, 10, 15}, 2, READING_TOO_THICK, 0.5f);
    explain_note(&e, (struct box){11, 11, 19, 29}, 1, READING_OUTVOTED, 0.9f);
    explain_note(&e, (struct box){200, 10, 20, 30}, 1, READING_SOLID, 0.95f);
    explain_settle(&e);
    assert_int_equal(e.count, 2);
    assert_int_equal(e.items[0].reason, READING_OUTVOTED);
    assert_int_equal(e.items[1].reason, READING_SOLID);
}

static void every_reason_has_a_word_and_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < READING_REASONS; i++) {
        struct reading_candidate c = {.reason = (enum reading_reason)i, .value = 0.5f};
        char text[64] = "";
        assert_non_null(reading_reason_word(c.reason));
        for (const char *p = reading_reason_word(c.reason); *p; p++)
            assert_true((*p >= 'a' && *p <= 'z') || *p == '_');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(reading_reason_word(c.reason),
                                    reading_reason_word((enum reading_reason)k));
        reading_reason_text(&c, text, sizeof text);
        assert_true(strlen(text) > 3 && strlen(text) < sizeof text - 8);
    }
}

/* What is just not sure enough does not read as if it were. */
static void unsure_is_rounded_down(void **state)
{
    (void)state;
    char text[64];
    reading_reason_text(&(struct reading_candidate){.reason = READING_UNSURE, .value = 0.7399f}, text, sizeof text);
    assert_string_equal(text, "unsure (73%)");
    reading_reason_text(&(struct reading_candidate){.reason = READING_READ, .value = 0.7399f}, text, sizeof text);
    assert_string_equal(text, "read (74%)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_shape_has_its_reason),
                                       cmocka_unit_test(what_the_network_said_is_there),
                                       cmocka_unit_test(a_second_sighting_is_waited_for),
                                       cmocka_unit_test(asking_changes_nothing),
                                       cmocka_unit_test(crowds_are_bounded),
                                       cmocka_unit_test(of_the_same_ink_the_furthest_stays),
                                       cmocka_unit_test(every_reason_has_a_word_and_a_text),
                                       cmocka_unit_test(unsure_is_rounded_down)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
