#include "vision/recogniser.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vision/candidates.h"
#include "vision/context.h"
#include "vision/layout.h"
#include "vision/tilt.h"
#include "vision/track.h"
#include "vision/upright.h"
#include "vision/why.h"

#define DIGITS TRACK_DIGITS
#define SHOW                                                                                                 \
    0.78f /* least confidence at which a digit is shown, its surroundings weighed in: best F1 on photographs \
           */
#define LOOK_AGAIN      300   /* frames after which it is looked again which way up the page lies */
#define SURE            0.95f /* a crop read with this confidence is a digit beyond doubt */
#define CUT_SURE_WHOLE  0.80f /* a region read as one digit with this confidence is not cut */
#define CUT_LEAST_SCORE 0.60f /* confidence of each digit that is cut from touching ones, */
#define CUT_LEAST_MEAN  0.93f /* and of all of them, the geometric mean: half a letter may look like a digit \
                               */

struct recogniser {
    struct net *net; /* borrowed */
    struct candidates *candidates;
    struct candidates_reader reader; /* reads those */
    int asked;                       /* of the frame's candidates, how many it has read */
    struct tracker tracker;
    struct sighting sightings[TRACK_MOST_SIGHTINGS];
    struct candidate_piece pieces[CANDIDATES_MOST_PIECES];
    struct sighting piece_sightings[CANDIDATES_MOST_PIECES];
    uint8_t pictures[NET_MAX_BATCH * NET_PIXELS];
    float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    struct reading_digit digits[LAYOUT_MOST_DIGITS];
    struct reading_number numbers[LAYOUT_MOST_DIGITS];
    float tilt;       /* of the page, radians clockwise, as far as known; crops are turned back by it */
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
    if (!r || candidates_create(&r->candidates)) {
        free(r);
        return -ENOMEM;
    }
    r->net = net;
    r->reader = (struct candidates_reader){r, read_early};
    candidates_read_by(r->candidates, &r->reader);
    *recogniser = r;
    return 0;
}

void recogniser_destroy(struct recogniser *r)
{
    if (!r)
        return;
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
    recogniser->tilt = 0;
    recogniser->turns_needed = recogniser->until_look = 0;
}

static void judge(struct sighting *seen, const float *scores)
{
    memcpy(seen->scores, scores, DIGITS * sizeof *scores);
    seen->digit = 0;
    for (int d = 1; d < DIGITS; d++)
        if (scores[d] > scores[seen->digit])
            seen->digit = d;
    seen->confidence = scores[seen->digit];
}

static int surest_first(const void *a, const void *b)
{
    const struct sighting *p = a, *q = b;
    if (p->confidence != q->confidence)
        return p->confidence > q->confidence ? -1 : 1;
    return memcmp(&p->box, &q->box, sizeof p->box);
}

/* Reads the pictures gathered so far; their verdicts go to sightings[places[i]]. */
static void read_batch(struct recogniser *r, int batch, const int *places, struct sighting *sightings)
{
    const int classes = net_classes(r->net);
    if (batch > 0)
        net_forward(r->net, r->pictures, batch, r->scores);
    for (int i = 0; i < batch; i++)
        judge(&sightings[places[i]], r->scores + i * classes);
}

/* Puts a crop among the pictures the network is shown next, upright as far as the page's tilt is known. */
static void show_crop(struct recogniser *r, const uint8_t *crop, int place)
{
    uint8_t *const picture = r->pictures + place * NET_PIXELS;
    if (fabsf(r->tilt) < TILT_LEAST)
        memcpy(picture, crop, NET_PIXELS);
    else
        tilt_turn_crop(crop, -r->tilt, picture);
}

/* Asks the network about every candidate that has a chance; sightings[i] is what it says of found[i]. */
static void classify(struct recogniser *r, const struct candidate *found, int from, int to)
{
    int places[NET_MAX_BATCH], batch = 0;
    for (int i = from; i < to; i++) {
        r->sightings[i] = (struct sighting){.box = found[i].box};
        if (context_is_hopeless(&found[i], NULL))
            continue;
        show_crop(r, found[i].crop, batch);
        places[batch++] = i;
        if (batch == NET_MAX_BATCH) {
            read_batch(r, batch, places, r->sightings);
            batch = 0;
        }
    }
    read_batch(r, batch, places, r->sightings);
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
    if (fabsf(tilt - r->tilt) < TILT_LEAST || (fabsf(tilt) < TILT_LEAST && fabsf(r->tilt) < TILT_LEAST)) {
        r->tilt += (tilt - r->tilt) / 4;
        return;
    }
    r->tilt = tilt;
    classify(r, found, 0, count);
}

/* Asks it about the pieces of one cut region. */
static void classify_pieces(struct recogniser *r, const struct candidate_piece *pieces, int count,
                            struct sighting *seen)
{
    int places[NET_MAX_BATCH], batch = 0;
    for (int i = 0; i < count; i++) {
        seen[i] = (struct sighting){.box = pieces[i].candidate.box};
        show_crop(r, pieces[i].candidate.crop, batch);
        places[batch++] = i;
        if (batch == NET_MAX_BATCH) {
            read_batch(r, batch, places, seen);
            batch = 0;
        }
    }
    read_batch(r, batch, places, seen);
}

/* The digits one region was cut into: sightings[first .. first + digits - 1]. */
struct way {
    struct box box;
    int first, digits;
    float mean; /* confidence */
};

/* The same strokes may have been cut on two levels of the picture: the surer way stays. Returns how many ways
 * there are more. */
static int keep_surer_way(struct recogniser *r, struct way *ways, int count, const struct way *way)
{
    for (int k = 0; k < count; k++) {
        if (!track_same_ink(ways[k].box, way->box))
            continue;
        const struct way *const worse = ways[k].mean >= way->mean ? way : &ways[k];
        for (int i = 0; i < worse->digits; i++)
            r->sightings[worse->first + i].confidence = 0;
        if (worse != way)
            ways[k] = *way;
        return 0;
    }
    ways[count] = *way;
    return 1;
}

/* What a piece's digits add up to is taken for certain: beside digits that touch it, it is one itself. */
static void settle_piece(struct sighting *piece)
{
    float sum = 0;
    for (int d = 0; d < DIGITS; d++)
        sum += piece->scores[d];
    for (int d = 0; d < DIGITS; d++)
        piece->scores[d] /= sum;
    piece->confidence /= sum;
}

/* The surest way over the pieces from the left end to the right: the greatest product of confidences, every
 * piece being likely by itself (dynamic programming over the cuts). Appends its digits to the sightings and
 * returns how many; 0 where no way is sure enough on the whole, or surer than `alone`, the region read as one
 * digit. */
static int choose_way(struct recogniser *r, const struct candidate_piece *pieces, const struct sighting *seen,
                      int count, int cuts, float alone, struct way *way)
{
    int sighting_count = way->first;
    float best[CANDIDATES_MOST_CUTS + 2] = {1}; /* of the ways that end at each cut */
    int by[CANDIDATES_MOST_CUTS + 2] = {0};     /* the piece they end with */
    for (int to = 1; to <= cuts + 1; to++)
        for (int i = 0; i < count; i++) {
            const float way_so_far = best[pieces[i].from] * seen[i].confidence;
            if (pieces[i].to == to && seen[i].confidence >= CUT_LEAST_SCORE && way_so_far > best[to]) {
                best[to] = way_so_far;
                by[to] = i;
            }
        }
    int digits = 0;
    bool bars_only = true; /* cut anyhow, a slanted line is a row of ones */
    float product = 1;
    for (int at = cuts + 1; at > 0 && best[cuts + 1] > 0; at = pieces[by[at]].from, digits++) {
        bars_only &= seen[by[at]].digit == 1;
        product *= seen[by[at]].confidence;
    }
    const float mean = digits ? powf(product, 1 / (float)digits) : 0;
    if (mean < CUT_LEAST_MEAN || mean <= alone || bars_only || sighting_count + digits > CANDIDATES_MOST)
        return 0;
    way->digits = digits;
    way->mean = mean;
    for (int at = cuts + 1; at > 0; at = pieces[by[at]].from) {
        r->sightings[sighting_count] = seen[by[at]];
        settle_piece(&r->sightings[sighting_count++]);
    }
    return digits;
}

/* Pieces of joined writing that are too wide for a digit. */
static int count_words(const struct candidates *candidates)
{
    int words = 0;
    for (int k = 0; k < candidates_wide_count(candidates); k++)
        words += candidates_wide_alone(candidates, k) < 0;
    return words;
}

/* Which stretches of a cut region are asked about first. What is no row of digits mostly ends or begins with
 * something that is none, and then the rest need not be asked about. */
enum turn { FIRST, LAST, MIDDLE };

static enum turn turn_of(int from, int to, int end)
{
    return from == 0 ? FIRST : to == end ? LAST : MIDDLE;
}

/* Asks the network about the stretches of wide region `index`; r->pieces and r->piece_sightings receive them.
 * Returns how many there are, 0 where no way over them can be sure, or a negative errno. */
static int classify_cut(struct recogniser *r, int index, int *cuts)
{
    int count = 0;
    const int error = candidates_cut(r->candidates, index, cuts);
    if (error)
        return error;
    const int end = *cuts + 1;
    for (enum turn turn = FIRST; turn <= MIDDLE; turn++) {
        const int before = count;
        bool sure = turn == MIDDLE;
        for (int from = 0; from < end; from++)
            for (int to = from + 1; to <= end; to++)
                if (turn_of(from, to, end) == turn && (from > 0 || to < end))
                    count += candidates_piece(r->candidates, from, to, &r->pieces[count]);
        classify_pieces(r, r->pieces + before, count - before, r->piece_sightings + before);
        for (int i = before; i < count; i++)
            sure |= r->piece_sightings[i].confidence >= CUT_LEAST_SCORE;
        if (!sure)
            return 0;
    }
    return count;
}

/* Reads what may be several digits that touch. Returns the count of sightings after it, or a negative errno.
 */
static int read_touching(struct recogniser *r, int sighting_count)
{
    struct way ways[CANDIDATES_MOST_WIDE];
    int way_count = 0;
    const int whole = sighting_count;
    const int wide = r->never_cut ? 0 : candidates_wide_count(r->candidates);
    for (int k = 0; k < wide; k++) {
        const int alone = candidates_wide_alone(r->candidates, k);
        const float sure = alone >= 0 ? r->sightings[alone].confidence : 0;
        if (sure >= CUT_SURE_WHOLE ||
            !context_may_be_number(candidates_wide(r->candidates, k), r->sightings, whole))
            continue;
        int cuts;
        const int count = classify_cut(r, k, &cuts);
        if (count < 0)
            return count;
        struct way way = {.box = candidates_wide(r->candidates, k)->box, .first = sighting_count};
        const int digits = choose_way(r, r->pieces, r->piece_sightings, count, cuts, sure, &way);
        sighting_count += digits;
        if (digits)
            way_count += keep_surer_way(r, ways, way_count, &way);
        if (r->why && digits)
            explain_note(&r->why->explanation, candidates_wide(r->candidates, k)->box, 1, READING_CUT,
                         (float)digits);
    }
    return sighting_count;
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
    const struct gray_view view = {gray->data, gray->width_px, gray->height_px, gray->stride_bytes};
    const int error = candidates_find(r->candidates, view, &found, &count, &times);
    if (error)
        return error;
    assert(count <= TRACK_MOST_SIGHTINGS);
    const double classifying = now_us();
    classify_upright(r, found, count);
    if (r->until_look-- == 0) {
        r->turns_needed = upright_turns_needed(r->net, r->candidates, found, count);
        r->until_look = LOOK_AGAIN;
    }
    if (r->watch)
        show_candidates(r, found, count);
    if (r->why)
        why_candidates(r->why, found, r->sightings, count);
    context_weigh(found, r->sightings, count, count_words(r->candidates), r->why ? r->why->blames : NULL);
    const float threshold = net_threshold(r->net) > SHOW ? net_threshold(r->net) : SHOW;
    if (r->why)
        why_verdicts(r->why, r->sightings, count, threshold, r->candidates);
    const int whole = count;
    count = read_touching(r, count);
    if (count < 0)
        return count;
    context_weigh_cut(r->sightings, whole, count, count_words(r->candidates));
    qsort(r->sightings, (size_t)count, sizeof *r->sightings, surest_first);
    const double tracking = now_us();
    times.net += tracking - classifying;
    tracker_update(&r->tracker, r->sightings, count, threshold, gray->capture_time_ns);
    const int kept = collect_shown(r, gray->width_px, gray->height_px);
    if (r->why)
        why_outcome(r->why, r->digits, kept);
    const int numbers = layout_digits(r->digits, kept, fabsf(r->tilt) < TILT_LEAST ? 0 : r->tilt, r->numbers);
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
