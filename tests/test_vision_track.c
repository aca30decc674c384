/* Digits followed over frames: no flicker, no flip, no ghost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/track.h"

#define FRAME_NS 33333333LL
#define APPEAR   0.5f

static struct tracker tracker;
static struct sighting seen[16];
static int seen_count;
static int64_t now_ns;

static int start(void **state)
{
    (void)state;
    memset(&tracker, 0, sizeof tracker);
    now_ns = 1000000000;
    seen_count = 0;
    return 0;
}

/* A candidate that is `digit` with confidence `p`, the rest being "not a digit". */
static void put(int digit, float p, int x, int y)
{
    struct sighting s = {.box = {x, y, 30, 40}, .digit = digit, .confidence = p};
    s.scores[digit] = p;
    int at = seen_count++;
    for (; at > 0 && seen[at - 1].confidence < p; at--)
        seen[at] = seen[at - 1];
    seen[at] = s;
}

static void frame(void)
{
    tracker_update(&tracker, seen, seen_count, APPEAR, now_ns);
    now_ns += FRAME_NS;
    seen_count = 0;
}

/* The track shown nearest to (x, y); NULL where nothing is shown within a digit's width. */
static const struct track *shown_at(int x, int y)
{
    for (int i = 0; i < tracker.count; i++)
        if (tracker.tracks[i].shown && abs(tracker.tracks[i].box.x - x) < 20 && abs(tracker.tracks[i].box.y - y) < 20)
            return &tracker.tracks[i];
    return NULL;
}

static void first_frame_at_once_later_ones_twice(void **state)
{
    (void)state;
    put(3, 0.9f, 100, 100);
    frame();
    assert_non_null(shown_at(100, 100));
    put(3, 0.9f, 100, 100);
    put(4, 0.9f, 300, 100);
    frame();
    assert_null(shown_at(300, 100));
    put(3, 0.9f, 100, 100);
    put(4, 0.9f, 300, 100);
    frame();
    assert_non_null(shown_at(300, 100));
    put(3, 0.9f, 100, 100);
    put(4, 0.9f, 300, 100);
    put(5, 0.99f, 500, 100); /* there for one frame only */
    frame();
    put(3, 0.9f, 100, 100);
    put(4, 0.9f, 300, 100);
    frame();
    assert_null(shown_at(500, 100));
}

/* A word that falls into digits in the first frame only. */
static void what_only_the_first_frame_shows_goes_at_once(void **state)
{
    (void)state;
    put(3, 0.9f, 100, 100);
    put(6, 0.9f, 300, 100);
    frame();
    assert_non_null(shown_at(300, 100));
    for (int i = 0; i < 3; i++) {
        put(3, 0.9f, 100, 100);
        frame();
        assert_non_null(shown_at(100, 100));
        assert_null(shown_at(300, 100));
    }
}

static void one_bad_frame_changes_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        put(7, 0.95f, 100, 100);
        frame();
    }
    const uint32_t id = shown_at(100, 100)->id;
    put(1, 0.97f, 101, 100); /* misread */
    frame();
    assert_int_equal(shown_at(100, 100)->digit, 7);
    put(7, 0.05f, 100, 101); /* taken for no digit */
    frame();
    assert_int_equal(shown_at(100, 100)->digit, 7);
    frame(); /* not found at all */
    assert_int_equal(shown_at(100, 100)->digit, 7);
    put(7, 0.95f, 100, 100);
    frame();
    assert_int_equal(shown_at(100, 100)->id, id);
}

static void a_new_digit_in_its_place_is_told(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        put(7, 0.95f, 100, 100);
        frame();
    }
    int frames = 0;
    while (shown_at(100, 100)->digit == 7 && frames < 30) {
        put(2, 0.95f, 100, 100);
        frame();
        frames++;
    }
    assert_in_range(frames, 2, 5); /* 150 ms */
}

static void shaking_pages_keep_their_ids(void **state)
{
    (void)state;
    static const int shake[][2] = {{0, 0}, {25, 10}, {-20, 15}, {5, -25}, {30, 30}, {0, 0}};
    uint32_t ids[5] = {0};
    for (int f = 0; f < 6; f++) {
        for (int d = 0; d < 5; d++)
            put(d, 0.9f, 100 + 45 * d + shake[f][0], 100 + shake[f][1]);
        frame();
        for (int d = 0; d < 5; d++) {
            const struct track *t = shown_at(100 + 45 * d + shake[f][0], 100 + shake[f][1]);
            assert_non_null(t);
            assert_int_equal(t->digit, d);
            if (f == 0)
                ids[d] = t->id;
            assert_int_equal(t->id, ids[d]);
        }
    }
}

/* Another page slides in, with more digits than are left of the old one, which lies still. */
static void of_two_pages_only_one_moves(void **state)
{
    (void)state;
    uint32_t ids[3] = {0};
    for (int f = 0; f < 8; f++) {
        for (int d = 0; d < 3; d++)
            put(7 + d, 0.95f, 100 + 45 * d, 100); /* at rest */
        for (int d = 0; d < 5 && f >= 2; d++)
            put(d, 0.95f, 800 + 45 * d - 60 * (f - 2), 100 + 50 * (d % 2));
        frame();
        for (int d = 0; d < 3; d++) {
            const struct track *const t = shown_at(100 + 45 * d, 100);
            assert_non_null(t);
            assert_int_equal(t->digit, 7 + d);
            assert_int_equal(t->box.x, 100 + 45 * d);
            ids[d] = f == 0 ? t->id : ids[d];
            assert_int_equal(t->id, ids[d]);
        }
        assert_int_equal(tracker.count, f >= 2 ? 8 : 3);
    }
}

/* A digit that is not found in one frame is where its neighbours are, not where most of the picture has gone. */
static void what_is_unseen_goes_with_its_neighbours(void **state)
{
    (void)state;
    for (int f = 0; f < 6; f++) {
        put(7, 0.95f, 100, 100);
        if (f < 5)
            put(8, 0.95f, 145, 100);
        for (int d = 0; d < 5 && f >= 1; d++)
            put(d, 0.95f, 800 + 45 * d - 60 * f, 100);
        frame();
    }
    assert_non_null(shown_at(145, 100));
    assert_int_equal(shown_at(145, 100)->box.x, 145);
}

static void a_turned_page_leaves_no_labels(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        put(7, 0.95f, 100, 100);
        put(8, 0.95f, 200, 100);
        frame();
    }
    const int64_t turned = now_ns;
    while (shown_at(100, 100) || shown_at(200, 100)) {
        put(3, 0.9f, 600, 400);
        frame();
        assert_true(now_ns - turned < 200 * 1000000LL);
    }
    assert_true(now_ns - FRAME_NS - turned <= 150 * 1000000LL);
    assert_non_null(shown_at(600, 400));
}

/* What was written on the page before is forgotten when another one is seen, and nothing of that takes its ids over. */
static void another_page_begins_anew(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        for (int d = 0; d < 6; d++)
            put(d, 0.95f, 100 + 60 * d, 100);
        frame();
    }
    const uint32_t last = tracker.last_id;
    for (int i = 0; i < 2; i++) {
        put(9, 0.95f, 104, 98); /* in the place of the 0 */
        for (int d = 0; d < 6; d++)
            put(d, 0.95f, 700 - 60 * d, 300);
        frame();
        assert_int_equal(tracker.count, 7);
        assert_int_equal(shown_at(160, 100) != NULL, 0);
    }
    assert_int_equal(shown_at(104, 98)->digit, 9);
    assert_true(shown_at(104, 98)->id > last);
    assert_non_null(shown_at(700, 300));
}

/* One frame that cannot be read, or is read badly, is no other page. */
static void a_bad_frame_is_no_other_page(void **state)
{
    (void)state;
    uint32_t ids[6] = {0};
    for (int i = 0; i < 8; i++) {
        for (int d = 0; d < 6 && i != 4; d++)
            put(i == 6 ? (d + 6) % 10 : d, 0.95f, 100 + 60 * d, 100);
        frame();
        for (int d = 0; d < 6; d++) {
            const struct track *const t = shown_at(100 + 60 * d, 100);
            assert_non_null(t);
            assert_int_equal(t->digit, d);
            ids[d] = i == 0 ? t->id : ids[d];
            assert_int_equal(t->id, ids[d]);
        }
    }
}

static void fading_ink_goes(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        put(7, 0.95f, 100, 100);
        frame();
    }
    int frames = 0;
    for (; shown_at(100, 100) && frames < 60; frames++) {
        put(7, 0.1f, 100, 100);
        frame();
    }
    assert_in_range(frames, 3, 12);
}

static void two_readings_of_one_ink_are_one(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        put(5, 0.8f, 100, 100);
        put(5, 0.9f, 102, 98);
        frame();
        assert_int_equal(tracker.count, 1);
    }
}

/* A 1 that leans under the roof of a 7: its box lies in that of the 7, but it was cut from it. */
static void what_was_cut_apart_stays_two(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        put(7, 0.99f, 100, 100);
        put(1, 0.98f, 108, 102);
        seen[0].strokes = 5;
        seen[1].strokes = i < 5 ? 5 : 6; /* later, two readings of the same strokes, as from two levels */
        frame();
        assert_int_equal(tracker.count, i < 5 ? 2 : 1);
    }
}

static void crowds_are_bounded(void **state)
{
    (void)state;
    struct sighting *const crowd = test_calloc(TRACK_MOST_SIGHTINGS, sizeof *crowd);
    for (int i = 0; i < TRACK_MOST_SIGHTINGS; i++) {
        crowd[i] = (struct sighting){.box = {i % 64 * 40, i / 64 * 50, 30, 40}, .digit = 1, .confidence = 0.9f};
        crowd[i].scores[1] = 0.9f;
    }
    for (int i = 0; i < 2; i++)
        tracker_update(&tracker, crowd, TRACK_MOST_SIGHTINGS, APPEAR, now_ns += FRAME_NS);
    assert_in_range(tracker.count, 500, LAYOUT_MOST_DIGITS);
    for (int i = 0; i < TRACK_MOST_SIGHTINGS; i++)
        crowd[i].box.y += i % 3 ? 5000 : 0; /* many others, while the first are still remembered */
    tracker_update(&tracker, crowd, TRACK_MOST_SIGHTINGS, APPEAR, now_ns += FRAME_NS);
    assert_int_equal(tracker.count, LAYOUT_MOST_DIGITS);
    test_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(first_frame_at_once_later_ones_twice, start),
        cmocka_unit_test_setup(what_only_the_first_frame_shows_goes_at_once, start),
        cmocka_unit_test_setup(one_bad_frame_changes_nothing, start),
        cmocka_unit_test_setup(a_new_digit_in_its_place_is_told, start),
        cmocka_unit_test_setup(shaking_pages_keep_their_ids, start),
        cmocka_unit_test_setup(of_two_pages_only_one_moves, start),
        cmocka_unit_test_setup(what_is_unseen_goes_with_its_neighbours, start),
        cmocka_unit_test_setup(a_turned_page_leaves_no_labels, start),
        cmocka_unit_test_setup(another_page_begins_anew, start),
        cmocka_unit_test_setup(a_bad_frame_is_no_other_page, start),
        cmocka_unit_test_setup(fading_ink_goes, start),
        cmocka_unit_test_setup(two_readings_of_one_ink_are_one, start),
        cmocka_unit_test_setup(what_was_cut_apart_stays_two, start),
        cmocka_unit_test_setup(crowds_are_bounded, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
