#include "vision/recogniser.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vision/candidates.h"
#include "vision/layout.h"
#include "vision/track.h"

#define DIGITS TRACK_DIGITS

struct recogniser {
    struct net *net; /* borrowed */
    struct candidates *candidates;
    struct tracker tracker;
    struct sighting sightings[TRACK_MOST_SIGHTINGS];
    uint8_t pictures[NET_MAX_BATCH * NET_PIXELS];
    float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    struct reading_digit digits[LAYOUT_MOST_DIGITS];
    struct reading_number numbers[LAYOUT_MOST_DIGITS];
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int recogniser_create(struct recogniser **recogniser, struct net *net)
{
    *recogniser = NULL;
    if (net_classes(net) < DIGITS)
        return -EINVAL;
    struct recogniser *const r = calloc(1, sizeof *r);
    if (!r || candidates_create(&r->candidates)) {
        free(r);
        return -ENOMEM;
    }
    r->net = net;
    *recogniser = r;
    return 0;
}

void recogniser_destroy(struct recogniser *r)
{
    if (!r)
        return;
    candidates_destroy(r->candidates);
    free(r);
}

void recogniser_forget(struct recogniser *recogniser)
{
    recogniser->tracker.count = 0;
    recogniser->tracker.began = false;
}

static struct sighting judge(struct box box, const float *scores)
{
    struct sighting seen = {.box = box};
    memcpy(seen.scores, scores, DIGITS * sizeof *scores);
    for (int d = 1; d < DIGITS; d++)
        if (scores[d] > scores[seen.digit])
            seen.digit = d;
    seen.confidence = scores[seen.digit];
    return seen;
}

static int surest_first(const void *a, const void *b)
{
    const struct sighting *p = a, *q = b;
    if (p->confidence != q->confidence)
        return p->confidence > q->confidence ? -1 : 1;
    return memcmp(&p->box, &q->box, sizeof p->box);
}

/* Asks the network about every candidate. */
static void classify(struct recogniser *r, const struct candidate *found, int count)
{
    const int classes = net_classes(r->net);
    for (int first = 0; first < count; first += NET_MAX_BATCH) {
        const int n = count - first < NET_MAX_BATCH ? count - first : NET_MAX_BATCH;
        for (int i = 0; i < n; i++)
            memcpy(r->pictures + i * NET_PIXELS, found[first + i].crop, NET_PIXELS);
        net_forward(r->net, r->pictures, n, r->scores);
        for (int i = 0; i < n; i++)
            r->sightings[first + i] = judge(found[first + i].box, r->scores + i * classes);
    }
    qsort(r->sightings, (size_t)count, sizeof *r->sightings, surest_first);
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
    const struct gray_view view = {gray->data, gray->width_px, gray->height_px, gray->stride_bytes};
    const int error = candidates_find(r->candidates, view, &found, &count, &times);
    if (error)
        return error;
    assert(count <= TRACK_MOST_SIGHTINGS);
    const double classifying = now_us();
    classify(r, found, count);
    const double tracking = now_us();
    times.net = tracking - classifying;
    tracker_update(&r->tracker, r->sightings, count, net_threshold(r->net), gray->capture_time_ns);
    const int kept = collect_shown(r, gray->width_px, gray->height_px);
    const int numbers = layout_digits(r->digits, kept, r->numbers);
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
                                .times_us = times};
    return 0;
}
