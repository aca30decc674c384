#include "vision/touching.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vision/context.h"

#define CUT_SURE_WHOLE   0.80f  /* a region read as one digit with this confidence is not cut */
#define CUT_LEAST_SCORE  0.60f  /* confidence of each digit that is cut from touching ones, */
#define CUT_LEAST_MEAN   0.93f  /* and of all of them, the geometric mean: half a letter may look like a digit */
#define CUT_WORTH        1.03f  /* what each cut is worth while ways are compared: two digits rather than one that is but so
                                * much surer, since a 2 with a bar beside it may be a 2 to the network */
#define CLOSE_SCORE      0.55f  /* the same at a closer look, which doubts more: of each, */
#define CLOSE_MEAN       0.90f  /* of all, */
#define CLOSE_WORTH      1.03f  /* and how much surer than they a region must be as one digit, to stay one */
#define CUT_LEAST_HEIGHT 0.62f  /* of a digit beside a taller one it touches */
#define CUT_LEAST_LEVEL  0.60f  /* share of its height that lies beside that one */
#define CUT_FEW          8.0f   /* likeliest cuts for each height of width: tried first */
#define CUT_HOPE         0.20f  /* confidence of what is at either end below which the others are not tried */
#define WAY_SURE         0.985f /* mean confidence of a way that need not be looked for again */
#define SAME_BOX         0.80f  /* intersection over union from which two regions are one */
#define PAGE_SURE        0.95f  /* confidence of a digit to judge the page by, */
#define PAGE_DIGITS      3      /* how many of them can tell, */
#define PAGE_HEIGHT      1.45f  /* and how much taller or lower than one of them digits may be that touch */
#define PATIENCE         3      /* frames in a row a region is refused in before it is left alone, */
#define LEFT_ALONE       8      /* and for how many frames */
#define MOST_IN_VAIN     10     /* regions of one frame looked at in vain, and two more for each that was read: then it is text */
#define MOST_PIECES      600    /* asked about in one region */
#define FOLLOWED_MOST    8      /* frames in a row in which a way is only followed, before all others are looked at again */
#define FOLLOWED_CUTS    2      /* cuts looked at, of those nearest to where one was in the frame before, */
#define FOLLOWED_APART   40     /* and not farther from it than this, in thousandths of the region's width */
#define FOLLOWED_WORSE   0.01f  /* most that its mean confidence may fall behind what it was when all were looked at */
#define MOST_DIGITS      24     /* of a way that is followed */

/* A stretch of a region, between two cuts. Cut 0 is the region's left end, the last its right end. */
struct stretch {
    int from, to;
    struct sighting seen; /* what the network says of it */
};

/* A region that was no number when it was looked at last. */
struct refusal {
    struct box box;
    int level;
    int times;      /* in a row, up to PATIENCE */
    int left_alone; /* frames until it is looked at again */
};

/* A way that was taken over a region. */
struct taken {
    struct box box;
    int level;
    int digits;
    int places[MOST_DIGITS]; /* of the cut left of each digit but the first: see candidates_cut_place */
    float mean;              /* confidence, when all ways were looked at last */
    int followed;            /* frames since then */
};

struct touching {
    struct taken taken[CANDIDATES_MOST_WIDE]; /* in the frame before, */
    int taken_count;
    struct taken next_taken[CANDIDATES_MOST_WIDE]; /* and in this one */
    int next_taken_count;
    struct refusal refusals[CANDIDATES_MOST_WIDE]; /* of the frame before, */
    int refusal_count;
    struct refusal next_refusals[CANDIDATES_MOST_WIDE]; /* and of this one */
    int next_refusal_count;
    struct stretch stretches[MOST_PIECES];
    int count;
    bool open[CANDIDATES_MOST_CUTS + 2]; /* cuts that ways may pass */
    bool known[CANDIDATES_MOST_CUTS + 2][CANDIDATES_MOST_CUTS + 2]; /* stretches looked at, from and to which cut */
    /* Of the ways from the left end to each cut, the surest: */
    float best[CANDIDATES_MOST_CUTS + 2]; /* product of confidences and of the worth of the cuts; 0: there is none */
    int by[CANDIDATES_MOST_CUTS + 2];     /* the stretch it ends with */
};

int touching_create(struct touching **touching)
{
    *touching = calloc(1, sizeof **touching);
    return *touching ? 0 : -ENOMEM;
}

void touching_destroy(struct touching *touching)
{
    free(touching);
}

/* The digits one region was cut into: sightings[first .. first + digits - 1]. */
struct way {
    struct box box;
    int strokes; /* number of the region, from 1 */
    int first, digits;
    float first_mean; /* confidence at a first look, */
    float mean;       /* and at a closer one */
};

void touching_forget(struct touching *touching)
{
    touching->refusal_count = 0;
    touching->taken_count = 0;
}

static bool are_same(struct box a, struct box b)
{
    const int common = box_overlap_px(a, b), both = a.w * a.h + b.w * b.h - common;
    return (float)common >= SAME_BOX * (float)both;
}

/* Was this very piece of ink read already, and surely, on a finer level of the picture? */
static bool is_read(const struct way *ways, int count, struct box box)
{
    for (int k = 0; k < count; k++)
        if (ways[k].mean >= WAY_SURE && are_same(ways[k].box, box))
            return true;
    return false;
}

/* What the frame before says of a region; no refusals where it was not looked at in vain. */
static struct refusal remember(const struct touching *t, const struct candidate *wide)
{
    for (int i = 0; i < t->refusal_count; i++)
        if (t->refusals[i].level == wide->level && are_same(t->refusals[i].box, wide->box))
            return t->refusals[i];
    return (struct refusal){0};
}

/* Keeps in mind for the next frame that a region is refused. One that was refused again and again is left alone
 * for a while: a word stays a word, and asking about it costs more than all digits of a page. Not all of a page's
 * words are looked at again in the same frame. */
static void refuse(struct touching *t, const struct candidate *wide, struct refusal before, bool asked)
{
    struct refusal *const now = &t->next_refusals[t->next_refusal_count++];
    *now = before;
    now->box = wide->box;
    now->level = wide->level;
    if (!asked)
        now->left_alone--;
    else if (now->times < PATIENCE)
        now->times++;
    if (asked && now->times == PATIENCE)
        now->left_alone = LEFT_ALONE - (wide->box.x + wide->box.y) % (LEFT_ALONE / 2);
}

/* The same strokes may have been cut on two levels of the picture: the surer way stays. Returns how many ways
 * there are more. */
static int keep_surer_way(struct sighting *sightings, struct way *ways, int count, const struct way *way)
{
    for (int k = 0; k < count; k++) {
        if (!track_same_ink(ways[k].box, way->box))
            continue;
        const struct way *const worse = ways[k].mean >= way->mean ? way : &ways[k];
        for (int i = 0; i < worse->digits; i++)
            sightings[worse->first + i].confidence = 0;
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
    for (int d = 0; d < TRACK_DIGITS; d++)
        sum += piece->scores[d];
    for (int d = 0; d < TRACK_DIGITS; d++)
        piece->scores[d] /= sum;
    piece->confidence /= sum;
}

/* Opens the `likeliest` cuts of the region cut last to the ways over it, and its ends. */
static void open_likeliest(struct touching *t, const struct candidates *candidates, int end, int likeliest)
{
    for (int cut = 0; cut <= end; cut++)
        t->open[cut] = cut == 0 || cut == end || candidates_cut_rank(candidates, cut) < likeliest;
}

/* Opens those that lie nearest to where a way was cut in the frame before. */
static void open_nearest(struct touching *t, const struct candidates *candidates, int end, const struct taken *before)
{
    for (int cut = 0; cut <= end; cut++)
        t->open[cut] = cut == 0 || cut == end;
    for (int i = 1; i < before->digits; i++)
        for (int nth = 0; nth < FOLLOWED_CUTS; nth++) {
            int nearest = 0, least = FOLLOWED_APART + 1;
            for (int cut = 1; cut < end; cut++) {
                const int apart = abs(candidates_cut_place(candidates, cut) - before->places[i]);
                if (!t->open[cut] && apart < least)
                    nearest = cut, least = apart;
            }
            t->open[nearest] = true;
        }
}

/* Asks about a stretch of the region cut last, if it can be a digit at all and was not asked about before. */
static void ask_stretch(struct touching *t, struct candidates *candidates, struct ask *ask, int from, int to)
{
    struct candidate_piece piece;
    if (t->known[from][to] || t->count == MOST_PIECES)
        return;
    t->known[from][to] = true;
    if (!candidates_piece(candidates, from, to, &piece))
        return;
    struct stretch *const stretch = &t->stretches[t->count++];
    stretch->from = from;
    stretch->to = to;
    stretch->seen = (struct sighting){.box = piece.candidate.box};
    ask_about(ask, piece.candidate.crop, &stretch->seen);
}

/* Can two stretches be neighbours in a number? Of about one height, and beside each other: a cross falls into
 * pieces that look like digits, one above the other. */
static bool are_alike(struct box a, struct box b)
{
    const int top = a.y > b.y ? a.y : b.y;
    const int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    const int lower = a.h < b.h ? a.h : b.h, taller = a.h < b.h ? b.h : a.h;
    return (float)(bottom - top) >= CUT_LEAST_LEVEL * (float)lower &&
           (float)lower >= CUT_LEAST_HEIGHT * (float)taller;
}

/* Does a way that leads to where a stretch begins go on over it, and is that the surest to its end? */
static void go_on(struct touching *t, int stretch)
{
    const struct stretch *const s = &t->stretches[stretch];
    const float way = t->best[s->from] * s->seen.confidence * (s->from == 0 ? 1 : CUT_WORTH);
    const bool fits = s->from == 0 || are_alike(t->stretches[t->by[s->from]].seen.box, s->seen.box);
    if (s->seen.confidence >= CUT_LEAST_SCORE && fits && way > t->best[s->to]) {
        t->best[s->to] = way;
        t->by[s->to] = stretch;
    }
}

/* Finds the surest way over the open cuts of the region cut last: the greatest product of confidences, every
 * stretch being likely by itself. Asks only about stretches that such a way leads to; and first about those at the right
 * end: what is no row of digits mostly ends with something that is none, or begins so. Returns false where it does. */
static bool find_ways(struct touching *t, struct candidates *candidates, struct ask *ask, int end)
{
    bool ends = false, begins = false;
    for (int cut = 0; cut <= end; cut++)
        t->best[cut] = cut == 0;
    for (int from = 1; from < end; from++)
        if (t->open[from])
            ask_stretch(t, candidates, ask, from, end);
    ask_finish(ask);
    for (int i = 0; i < t->count; i++)
        ends |= t->stretches[i].to == end && t->stretches[i].seen.confidence >= CUT_HOPE;
    for (int from = 0; from < end && ends; from++) {
        if (t->best[from] == 0)
            continue;
        for (int to = from + 1; to < end; to++)
            if (t->open[to])
                ask_stretch(t, candidates, ask, from, to);
        ask_finish(ask);
        for (int i = 0; i < t->count; i++)
            if (t->stretches[i].from == from)
                go_on(t, i);
    }
    for (int i = 0; i < t->count; i++)
        begins |= t->stretches[i].from == 0 && t->stretches[i].seen.confidence >= CUT_HOPE;
    return ends && begins;
}

/* The mean confidence of the surest way found, and how many digits it has; 0 where there is none. */
static float mean_of_way(const struct touching *t, int end, int *digits)
{
    *digits = 0;
    if (t->best[end] == 0)
        return 0;
    for (int at = end; at > 0; at = t->stretches[t->by[at]].from)
        ++*digits;
    return powf(t->best[end] / powf(CUT_WORTH, (float)(*digits - 1)), 1 / (float)*digits);
}

/* The digits of the surest way are looked at as closely as whole ones are: twice, where there is doubt. The mean
 * confidence that leaves, 0 where one of them is no digit then. */
static float look_closely(struct touching *t, struct candidates *candidates, struct ask *ask, int end)
{
    struct candidate_piece piece;
    float product = 1;
    int digits = 0;
    for (int at = end; at > 0; at = t->stretches[t->by[at]].from) {
        struct stretch *const s = &t->stretches[t->by[at]];
        if (candidates_piece(candidates, s->from, s->to, &piece))
            ask_about(ask, piece.candidate.crop, &s->seen);
    }
    ask_finish(ask);
    for (int at = end; at > 0; at = t->stretches[t->by[at]].from, digits++) {
        const float confidence = t->stretches[t->by[at]].seen.confidence;
        product *= confidence < CLOSE_SCORE ? 0 : confidence;
    }
    return powf(product, 1 / (float)digits);
}

/* Over the likeliest cuts first: the others are looked at only where those leave doubt. A way taken in the frame before
 * (NULL: none) is followed where it is about as sure as it was. Returns whether it was only followed. */
static bool read_cut(struct touching *t, struct candidates *candidates, struct ask *ask, int end, struct box box,
                     const struct taken *before)
{
    const int few = (int)(CUT_FEW * (float)box.w / (float)box.h) + 1;
    int digits;
    t->count = 0;
    memset(t->known, 0, sizeof t->known);
    if (before && before->followed < FOLLOWED_MOST) {
        open_nearest(t, candidates, end, before);
        if (find_ways(t, candidates, ask, end) && mean_of_way(t, end, &digits) >= before->mean - FOLLOWED_WORSE &&
            digits == before->digits)
            return true;
    }
    open_likeliest(t, candidates, end, few);
    if (find_ways(t, candidates, ask, end) && few < end - 1 && mean_of_way(t, end, &digits) < WAY_SURE) {
        open_likeliest(t, candidates, end, end);
        find_ways(t, candidates, ask, end);
    }
    return false;
}

/* The way taken over a region in the frame before; NULL where none was. */
static const struct taken *find_taken(const struct touching *t, const struct candidate *wide)
{
    for (int i = 0; i < t->taken_count; i++)
        if (t->taken[i].level == wide->level && are_same(t->taken[i].box, wide->box))
            return &t->taken[i];
    return NULL;
}

/* Keeps the way found for the next frame. */
static void keep_taken(struct touching *t, const struct candidates *candidates, const struct candidate *wide, int end,
                       const struct way *way, const struct taken *followed)
{
    if (way->digits > MOST_DIGITS)
        return;
    struct taken *const now = &t->next_taken[t->next_taken_count++];
    *now = (struct taken){.box = wide->box, .level = wide->level, .digits = way->digits, .mean = way->first_mean};
    if (followed)
        now->mean = followed->mean, now->followed = followed->followed + 1;
    else
        now->followed = (wide->box.x + wide->box.y) % (FOLLOWED_MOST / 2); /* not all again in the same frame */
    int digit = way->digits;
    for (int at = end; at > 0; at = t->stretches[t->by[at]].from)
        now->places[--digit] = candidates_cut_place(candidates, t->stretches[t->by[at]].from);
}

/* Takes the surest way over the region, if it is sure enough on the whole, at a closer look too, and then about as sure as
 * `alone`, the region read as one digit. Appends its digits to the sightings and returns how many. */
static int take_way(struct touching *t, struct candidates *candidates, struct ask *ask, int end, float alone,
                    struct sighting *sightings, struct way *way)
{
    int digits;
    bool bars_only = true; /* cut anyhow, a slanted line is a row of ones */
    way->first_mean = mean_of_way(t, end, &digits);
    if (way->first_mean < CUT_LEAST_MEAN || way->first + digits > CANDIDATES_MOST)
        return 0;
    way->mean = look_closely(t, candidates, ask, end);
    if (way->mean < CLOSE_MEAN || way->mean * CLOSE_WORTH <= alone)
        return 0;
    for (int at = end; at > 0; at = t->stretches[t->by[at]].from)
        bars_only &= t->stretches[t->by[at]].seen.digit == 1;
    if (bars_only)
        return 0;
    struct sighting *next = sightings + way->first;
    for (int at = end; at > 0; at = t->stretches[t->by[at]].from) {
        *next = t->stretches[t->by[at]].seen;
        next->strokes = way->strokes;
        settle_piece(next++);
    }
    way->digits = digits;
    return digits;
}

/* Is a region as high as some sure digit of its page, where that has enough of them to tell? A letter a is cut into a 0 and
 * a 1, and in notes beside the numbers there are many. */
static bool fits_page(struct box box, const struct sighting *sightings, int count)
{
    int sure = 0;
    for (int i = 0; i < count; i++) {
        const int h = sightings[i].box.h, lower = h < box.h ? h : box.h, taller = h < box.h ? box.h : h;
        if (sightings[i].confidence < PAGE_SURE)
            continue;
        if ((float)taller <= PAGE_HEIGHT * (float)lower)
            return true;
        sure++;
    }
    return sure < PAGE_DIGITS;
}

int touching_read(struct touching *touching, struct candidates *candidates, struct ask *ask,
                  struct sighting *sightings, int *count, struct explanation *explanation)
{
    struct way ways[CANDIDATES_MOST_WIDE];
    int way_count = 0, in_vain = 0;
    touching->next_refusal_count = touching->next_taken_count = 0;
    const int whole = *count;
    for (int k = 0; k < candidates_wide_count(candidates); k++) {
        const struct candidate *const wide = candidates_wide(candidates, k);
        const int alone = candidates_wide_alone(candidates, k);
        const float sure = alone >= 0 ? sightings[alone].confidence : 0;
        if (sure >= CUT_SURE_WHOLE || is_read(ways, way_count, wide->box) ||
            !fits_page(wide->box, sightings, whole) || !context_may_be_number(wide, sightings, whole))
            continue;
        const struct refusal before = remember(touching, wide);
        if (before.left_alone > 0) {
            refuse(touching, wide, before, false);
            continue;
        }
        if (in_vain >= MOST_IN_VAIN + 2 * way_count)
            continue;
        int cuts;
        const int error = candidates_cut(candidates, k, &cuts);
        if (error)
            return error;
        const struct taken *const taken = find_taken(touching, wide);
        ask->once = true;
        const bool followed = read_cut(touching, candidates, ask, cuts + 1, wide->box, taken);
        ask->once = false;
        struct way way = {.box = wide->box, .strokes = k + 1, .first = *count};
        const int digits = take_way(touching, candidates, ask, cuts + 1, sure, sightings, &way);
        *count += digits;
        if (digits)
            keep_taken(touching, candidates, wide, cuts + 1, &way, followed ? taken : NULL);
        if (digits)
            way_count += keep_surer_way(sightings, ways, way_count, &way);
        else
            in_vain++, refuse(touching, wide, before, true);
        if (digits)
            explain_note(explanation, wide->box, 1, READING_CUT, (float)digits);
    }
    memcpy(touching->refusals, touching->next_refusals, sizeof touching->refusals);
    touching->refusal_count = touching->next_refusal_count;
    memcpy(touching->taken, touching->next_taken, sizeof touching->taken);
    touching->taken_count = touching->next_taken_count;
    return 0;
}
