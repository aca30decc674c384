#include "vision/recogniser.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vision/candidates.h"
#include "vision/layout.h"
#include "vision/track.h"

#define DIGITS      10
#define INSIDE      0.55f /* share of the smaller box inside the other from which two candidates are the same ink */
#define SAME_INK    0.30f /* intersection over union, likewise */

/* What the network says of one candidate. */
struct verdict {
    int candidate; /* index */
    int digit;     /* most likely digit */
    float confidence;
    float scores[NET_MAX_CLASSES];
};

struct recogniser {
    struct net *net; /* borrowed */
    struct candidates *candidates;
    struct track track;
    struct verdict *verdicts;
    int verdict_capacity;
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
    free(r->verdicts);
    free(r);
}

void recogniser_forget(struct recogniser *recogniser)
{
    recogniser->track.known_count = 0;
}

static void judge(struct verdict *v, const float *scores, int classes)
{
    memcpy(v->scores, scores, (size_t)classes * sizeof *scores);
    v->digit = 0;
    for (int d = 1; d < DIGITS; d++)
        if (scores[d] > scores[v->digit])
            v->digit = d;
    v->confidence = scores[v->digit];
}

static int classify(struct recogniser *r, const struct candidate *found, int count)
{
    if (count > r->verdict_capacity) {
        struct verdict *const larger = realloc(r->verdicts, (size_t)count * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        r->verdicts = larger;
        r->verdict_capacity = count;
    }
    const int classes = net_classes(r->net);
    for (int first = 0; first < count; first += NET_MAX_BATCH) {
        const int n = count - first < NET_MAX_BATCH ? count - first : NET_MAX_BATCH;
        for (int i = 0; i < n; i++)
            memcpy(r->pictures + i * NET_PIXELS, found[first + i].crop, NET_PIXELS);
        net_forward(r->net, r->pictures, n, r->scores);
        for (int i = 0; i < n; i++) {
            r->verdicts[first + i].candidate = first + i;
            judge(&r->verdicts[first + i], r->scores + i * classes, classes);
        }
    }
    return 0;
}

static int surest_first(const void *a, const void *b)
{
    const struct verdict *p = a, *q = b;
    if (p->confidence != q->confidence)
        return p->confidence > q->confidence ? -1 : 1;
    return p->candidate - q->candidate;
}

static bool same_ink(struct box a, struct box b)
{
    const int common = box_overlap_px(a, b);
    const int area_a = a.w * a.h, area_b = b.w * b.h, smaller = area_a < area_b ? area_a : area_b;
    return (float)common >= INSIDE * (float)smaller || (float)common >= SAME_INK * (float)(area_a + area_b - common);
}

static void fill_top(struct reading_digit *digit, const float *scores)
{
    bool taken[DIGITS] = {false};
    for (int k = 0; k < READING_TOP; k++) {
        int best = -1;
        for (int d = 0; d < DIGITS; d++)
            if (!taken[d] && (best < 0 || scores[d] > scores[best]))
                best = d;
        taken[best] = true;
        digit->top[k].digit = best;
        digit->top[k].confidence = scores[best];
    }
}

/* Keeps the sure ones; where two lie over the same ink, the surer. Returns how many. */
static int choose(struct recogniser *r, const struct candidate *found, int count)
{
    const float threshold = net_threshold(r->net);
    int kept = 0;
    qsort(r->verdicts, (size_t)count, sizeof *r->verdicts, surest_first);
    for (int i = 0; i < count && kept < LAYOUT_MOST_DIGITS; i++) {
        const struct verdict *v = &r->verdicts[i];
        const struct box box = found[v->candidate].box;
        if (v->confidence < threshold)
            break;
        bool free_ink = true;
        for (int k = 0; k < kept && free_ink; k++)
            free_ink = !same_ink(r->digits[k].box, box);
        if (!free_ink)
            continue;
        struct reading_digit *const digit = &r->digits[kept++];
        *digit = (struct reading_digit){.digit = v->digit, .confidence = v->confidence, .box = box};
        fill_top(digit, v->scores);
    }
    return kept;
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
    int error = candidates_find(r->candidates, view, &found, &count, &times);
    if (error)
        return error;
    const double classifying = now_us();
    error = classify(r, found, count);
    if (error)
        return error;
    times.net = now_us() - classifying;

    const double tracking = now_us();
    const int kept = choose(r, found, count);
    const int numbers = layout_digits(r->digits, kept, r->numbers);
    track_digits(&r->track, r->digits, kept);
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
