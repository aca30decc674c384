/* What the network said of a crop holds while the crop stays as it is, but for noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vision/ask.h"
#include "vision/recall.h"

#include "tests/support/shipped.h"
#include "tests/support/strokes.h"

#define PIXELS STROKES_PIXELS

static const struct box place = {100, 50, 24, 40};
static const float seven[RECALL_SCORES] = {[7] = 0.99f}, none[RECALL_SCORES] = {[3] = 0.01f},
                   doubtful[RECALL_SCORES] = {[1] = 0.6f, [7] = 0.4f};

static int setup(void **state)
{
    return recall_create((struct recall **)state);
}

static int teardown(void **state)
{
    recall_destroy(*state);
    return 0;
}

static void draw_seven(uint8_t *crop)
{
    memset(crop, 0, PIXELS);
    draw_stroke(crop, 8, 6, 19, 6);
    draw_stroke(crop, 19, 6, 12, 23);
}

/* Every pixel of ink by up to `most` levels. */
static void add_noise(const uint8_t *crop, int most, uint32_t seed, uint8_t *noisy)
{
    for (int i = 0; i < PIXELS; i++) {
        seed = seed * 1664525 + 1013904223;
        const int value = crop[i] + (crop[i] ? (int)(seed >> 16) % (2 * most + 1) - most : 0);
        noisy[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

/* A seven is drawn, and said to be `answer`. */
static void keep(struct recall *recall, uint8_t *crop, const float *answer)
{
    draw_seven(crop);
    recall_keep(recall, place, crop, answer);
}

static void expect(struct recall *recall, struct box box, const uint8_t *crop, const float *answer)
{
    float scores[RECALL_SCORES] = {0};
    assert_int_equal(recall_answer(recall, box, crop, scores), answer != NULL);
    if (answer)
        assert_memory_equal(scores, answer, sizeof scores);
}

static void noise_changes_nothing_and_a_gap_does(void **state)
{
    struct recall *const recall = *state;
    uint8_t crop[PIXELS], other[PIXELS];
    keep(recall, crop, seven);
    expect(recall, place, crop, NULL); /* in the same frame everything is asked about */
    recall_next_frame(recall);
    add_noise(crop, 10, 1, other);
    expect(recall, place, other, seven);
    memcpy(other, crop, sizeof other);
    memset(other + 15 * 28, 0, 28);
    expect(recall, place, other, NULL);
}

static void small_changes_do_not_add_up(void **state)
{
    struct recall *const recall = *state;
    uint8_t crop[PIXELS];
    keep(recall, crop, seven);
    int recalled = 0;
    for (; recalled < 60; recalled++) { /* it fades */
        float scores[RECALL_SCORES];
        recall_next_frame(recall);
        for (int i = 0; i < PIXELS; i++)
            crop[i] = (uint8_t)(crop[i] > 3 ? crop[i] - 3 : 0);
        if (!recall_answer(recall, place, crop, scores))
            break;
    }
    assert_in_range(recalled, 3, 10);
}

static void only_what_is_certain_is_kept(void **state)
{
    struct recall *const recall = *state;
    uint8_t crop[PIXELS];
    keep(recall, crop, doubtful);
    recall_next_frame(recall);
    expect(recall, place, crop, NULL);
    recall_keep(recall, place, crop, none);
    recall_next_frame(recall);
    expect(recall, place, crop, none);
}

static void the_place_may_move_a_little(void **state)
{
    struct recall *const recall = *state;
    uint8_t crop[PIXELS];
    keep(recall, crop, seven);
    recall_next_frame(recall);
    expect(recall, (struct box){110, 60, 26, 42}, crop, seven);
    expect(recall, (struct box){140, 50, 24, 40}, crop, NULL);
    expect(recall, (struct box){100, 50, 48, 80}, crop, NULL);
}

static void what_is_not_met_for_a_frame_is_forgotten(void **state)
{
    struct recall *const recall = *state;
    uint8_t crop[PIXELS];
    keep(recall, crop, seven);
    recall_next_frame(recall);
    recall_next_frame(recall);
    expect(recall, place, crop, NULL);
    recall_keep(recall, place, crop, seven);
    recall_next_frame(recall);
    recall_forget(recall);
    expect(recall, place, crop, NULL);
}

static void a_crowd_is_kept_as_far_as_there_is_room(void **state)
{
    struct recall *const recall = *state;
    uint8_t crop[PIXELS];
    int recalled = 0;
    draw_seven(crop);
    for (int i = 0; i < 2000; i++)
        recall_keep(recall, (struct box){100 * i, 50, 24, 40}, crop, seven);
    recall_next_frame(recall);
    for (int i = 0; i < 2000; i++) {
        float scores[RECALL_SCORES];
        recalled += recall_answer(recall, (struct box){100 * i, 50, 24, 40}, crop, scores);
    }
    assert_in_range(recalled, 200, 1999);
}

/* Over noisy frames, what is recalled is what the network would say. */
static void answers_are_those_of_the_network(void **state)
{
    static struct ask asks[2];
    uint8_t crop[PIXELS], noisy[PIXELS];
    asks[0] = asks[1] = (struct ask){.net = net};
    asks[1].recall = *state;
    draw_seven(crop);
    for (uint32_t frame = 0; frame < 30; frame++) {
        struct sighting seen[2] = {{.box = place}, {.box = place}};
        recall_next_frame(*state);
        add_noise(crop, 12, frame, noisy);
        for (int k = 0; k < 2; k++) {
            ask_about(&asks[k], noisy, &seen[k]);
            assert_int_equal(asks[k].waiting, k == 0 || frame == 0); /* asked, or recalled */
            ask_finish(&asks[k]);
        }
        assert_int_equal(seen[0].digit, 7);
        assert_int_equal(seen[1].digit, 7);
        assert_float_equal(seen[0].confidence, seen[1].confidence, 0.02f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(noise_changes_nothing_and_a_gap_does, setup, teardown),
        cmocka_unit_test_setup_teardown(small_changes_do_not_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_is_certain_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(the_place_may_move_a_little, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_met_for_a_frame_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(a_crowd_is_kept_as_far_as_there_is_room, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_are_those_of_the_network, setup, teardown),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
