#include "vision/recogniser.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vision/ask.h"
#include "vision/candidates.h"
#include "vision/context.h"
#include "vision/layout.h"
#include "vision/tilt.h"
#include "vision/touching.h"
#include "vision/track.h"
#include "vision/upright.h"
#include "vision/why.h"

#define DIGITS TRACK_DIGITS
#define SHOW                                                                                                 \
    0.74f /* least confidence at which a digit is shown, its surroundings weighed in: best F1 on photographs \
           */
#define LOOK_AGAIN      300   /* frames after which it is looked again which way up the page lies */
#define SURE            0.95f /* a crop read with this confidence is a digit beyond doubt */

struct recogniser {
    struct ask ask;
    struct candidates *candidates;
    struct candidates_reader reader; /* reads those */
    int asked;                       /* of the frame's candidates, how many it has read */
    struct touching *touching;
    struct tracker tracker;
    struct sighting sightings[TRACK_MOST_SIGHTINGS];
    struct reading_digit digits[LAYOUT_MOST_DIGITS];
    struct reading_number numbers[LAYOUT_MOST_DIGITS];
    int turns_needed; /* quarters clockwise that make the page upright, as last looked at */
    int until_look;   /* frames until that is looked at again */
    bool never_cut;
    const struct watch *watch; /* borrowed; NULL: nobody watches */
    struct why *why;           /* only where somebody asks; NULL: nobody does */
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void read_early(void *context, const struct candidate *found, int from, int to, bool *sure);

int recogniser_create(struct recogniser **recogniser, struct net *net)
{
    *recogniser = NULL;
    if (net_classes(net) < DIGITS)
        return -EINVAL;
    struct recogniser *const r = calloc(1, sizeof *r);
    if (!r || candidates_create(&r->candidates) || touching_create(&r->touching) ||
        recall_create(&r->ask.recall)) {
        recogniser_destroy(r);
        return -ENOMEM;
    }
    r->ask.net = net;
    r->reader = (struct candidates_reader){r, read_early};
    candidates_read_by(r->candidates, &r->reader);
    *recogniser = r;
    return 0;
}

void recogniser_destroy(struct recogniser *r)
{
    if (!r)
        return;
    recall_destroy(r->ask.recall);
    touching_destroy(r->touching);
    candidates_destroy(r->candidates);
    free(r->why);
    free(r);
}

int recogniser_explain(struct recogniser *recogniser, bool on)
{
    struct recogniser *const r = recogniser;
    if (on == (r->why != NULL))
        return 0;
    struct why *const why = on ? malloc(sizeof *why) : NULL;
    if (on && !why)
        return -ENOMEM;
    free(r->why);
    r->why = why;
    candidates_explain(r->candidates, why ? &why->explanation : NULL);
    return 0;
}

void recogniser_cut(struct recogniser *recogniser, bool on)
{
    recogniser->never_cut = !on;
}

void recogniser_watch(struct recogniser *recogniser, const struct watch *watch)
{
    recogniser->watch = watch;
    candidates_watch(recogniser->candidates, watch);
}

static void show_candidates(const struct recogniser *r, const struct candidate *found, int count)
{
    for (int i = 0; i < count; i++)
        if (!context_is_hopeless(&found[i], NULL))
            r->watch->candidate(r->watch->context, found[i].box, found[i].crop, r->sightings[i].scores);
}

void recogniser_forget(struct recogniser *recogniser)
{
    recogniser->tracker.count = 0;
    recogniser->tracker.began = false;
    touching_forget(recogniser->touching);
    recall_forget(recogniser->ask.recall);
    recogniser->ask.tilt = 0;
    recogniser->turns_needed = recogniser->until_look = 0;
}

static int surest_first(const void *a, const void *b)
{
    const struct sighting *p = a, *q = b;
    if (p->confidence != q->confidence)
        return p->confidence > q->confidence ? -1 : 1;
    return memcmp(&p->box, &q->box, sizeof p->box);
}

/* Asks the network about every candidate that has a chance; sightings[i] is what it says of found[i]. */
static void classify(struct recogniser *r, const struct candidate *found, int from, int to)
{
    for (int i = from; i < to; i++) {
        r->sightings[i] = (struct sighting){.box = found[i].box};
        if (!context_is_hopeless(&found[i], NULL))
            ask_about(&r->ask, found[i].crop, &r->sightings[i]);
    }
    ask_finish(&r->ask);
}

/* The same while they are being found. */
static void read_early(void *context, const struct candidate *found, int from, int to, bool *sure)
{
    struct recogniser *const r = context;
    classify(r, found, from, to);
    for (int i = from; i < to; i++)
        sure[i] = r->sightings[i].confidence >= SURE;
    r->asked = to;
}

/* Reads the candidates that are left; and all once more where the page turns out to lie askew otherwise than was thought. */
static void classify_upright(struct recogniser *r, const struct candidate *found, int count)
{
    classify(r, found, r->asked, count);
    const float tilt = tilt_of_lines(r->sightings, count);
    if (fabsf(tilt - r->ask.tilt) < TILT_LEAST || (fabsf(tilt) < TILT_LEAST && fabsf(r->ask.tilt) < TILT_LEAST)) {
        r->ask.tilt += (tilt - r->ask.tilt) / 4;
        return;
    }
    r->ask.tilt = tilt;
    classify(r, found, 0, count);
}

/* Pieces of joined writing that are too wide for a digit. */
static int count_words(const struct candidates *candidates)
{
    int words = 0;
    for (int k = 0; k < candidates_wide_count(candidates); k++)
        words += candidates_wide_alone(candidates, k) < 0;
    return words;
}

static void fill_top(struct reading_digit *digit, const float *scores)
{
    bool taken[DIGITS] = {false};
    for (int k = 0; k < READING_TOP; k++) {
        int best = k == 0 ? digit->digit : -1; /* its label leads, even where another has caught up with it */
        for (int d = 0; d < DIGITS && k > 0; d++)
            if (!taken[d] && (best < 0 || scores[d] > scores[best]))
                best = d;
        taken[best] = true;
        digit->top[k].digit = best;
        digit->top[k].confidence = scores[best];
    }
}

/* What is shown of the tracks; one that has moved over the picture's edge since it was seen is not. */
static int collect_shown(struct recogniser *r, int width_px, int height_px)
{
    int shown = 0;
    for (int i = 0; i < r->tracker.count; i++) {
        const struct track *track = &r->tracker.tracks[i];
        const struct box b = track->box;
        if (!track->shown || b.x < 0 || b.y < 0 || b.x + b.w > width_px || b.y + b.h > height_px)
            continue;
        struct reading_digit *const digit = &r->digits[shown++];
        *digit = (struct reading_digit){
            .id = track->id, .digit = track->digit, .confidence = track->scores[track->digit], .box = b};
        fill_top(digit, track->scores);
    }
    return shown;
}

int recogniser_read(struct recogniser *recogniser, const struct frame *gray, struct reading *reading)
{
    struct recogniser *const r = recogniser;
    if (gray->fourcc != FRAME_GREY)
        return -EINVAL;
    const double start = now_us();
    const struct candidate *found;
    int count;
    struct reading_times times = {0};
    if (r->why)
        r->why->explanation.count = 0;
    r->asked = 0;
    ask_next_frame(&r->ask);
    const struct gray_view view = {gray->data, gray->width_px, gray->height_px, gray->stride_bytes};
    int error = candidates_find(r->candidates, view, &found, &count, &times);
    if (error)
        return error;
    assert(count <= TRACK_MOST_SIGHTINGS);
    const double classifying = now_us();
    classify_upright(r, found, count);
    if (r->until_look-- == 0) {
        r->turns_needed = upright_turns_needed(r->ask.net, r->candidates, found, r->sightings, count);
        r->until_look = LOOK_AGAIN;
    }
    if (r->watch)
        show_candidates(r, found, count);
    if (r->why)
        why_candidates(r->why, found, r->sightings, count);
    context_weigh(found, r->sightings, count, count_words(r->candidates), r->why ? r->why->blames : NULL);
    const float threshold = net_threshold(r->ask.net) > SHOW ? net_threshold(r->ask.net) : SHOW;
    if (r->why)
        why_verdicts(r->why, r->sightings, count, threshold, r->candidates);
    const int whole = count;
    if (!r->never_cut)
        error = touching_read(r->touching, r->candidates, &r->ask, r->sightings, &count,
                              r->why ? &r->why->explanation : NULL);
    if (error)
        return error;
    context_weigh_cut(r->sightings, whole, count, count_words(r->candidates));
    qsort(r->sightings, (size_t)count, sizeof *r->sightings, surest_first);
    const double tracking = now_us();
    times.net += tracking - classifying;
    tracker_update(&r->tracker, r->sightings, count, threshold, gray->capture_time_ns);
    const int kept = collect_shown(r, gray->width_px, gray->height_px);
    if (r->why)
        why_outcome(r->why, r->digits, kept);
    const int numbers = layout_digits(r->digits, kept, fabsf(r->ask.tilt) < TILT_LEAST ? 0 : r->ask.tilt, r->numbers);
    times.track = now_us() - tracking;
    times.total = now_us() - start;
    *reading = (struct reading){.source = gray->name,
                                .frame = gray->sequence,
                                .time_s = (double)gray->capture_time_ns / 1e9,
                                .width_px = gray->width_px,
                                .height_px = gray->height_px,
                                .orientation = gray->orientation,
                                .digits = r->digits,
                                .digit_count = kept,
                                .numbers = r->numbers,
                                .number_count = numbers,
                                .hint = upright_hint(r->turns_needed),
                                .candidates = r->why ? r->why->explanation.items : NULL,
                                .candidate_count = r->why ? r->why->explanation.count : 0,
                                .times_us = times};
    return 0;
}
