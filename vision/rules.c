#include "vision/rules.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CHAINS   512   /* followed at one time */
#define MOST_NUMBERS  65536 /* chains followed in all */
#define RETIRE_EVERY  8     /* columns; chains that have ended wait so long in the list */
#define GAP_PX        14    /* along the rule, where a stroke crosses it or ink is missing, */
#define MOST_GAP_PX   40    /* and up to this where a digit stands on it, once as much of the rule was seen before */
#define DRIFT_PX      1.6f  /* a run may lie this far from where its chain points */
#define THICKER       1.5f  /* than the chain's mean, plus one pixel: more is a stroke that crosses */
#define STRONGER      1.35f /* than the rule's mean contrast: a stroke along the rule */
#define LEAST_COVER   0.60f /* share of a rule's columns that have a run of it */
#define LEAST_FRAGMENT 6     /* runs of a chain that may be a piece of a rule */
#define MOST_FRAGMENTS 2048
#define ASTRAY        0.01f /* pixels: a piece may lie so much farther from its rule for each pixel it is away */
#define MOST_AWAY_PX  400   /* up to so many */
#define ALIKE         1.6f  /* most that the contrast of a piece differs from its rule's */
#define SLOPE_SPAN_PX 24.0f /* the slope is judged over about this length */
#define MOST_SLOPE    0.40f /* page held askew by up to 22 degrees */

/* One run of ink across the rule. */
struct rules_run {
    int along, first, length; /* its column; its first row and how many */
    int chain;                /* number of the chain it belongs to, unique in one pass */
    int contrast;             /* strongest in it */
};

/* A chain of runs being followed. */
struct chain {
    int number;
    int start, last;  /* columns */
    float first;      /* row of the first run's middle */
    int count;        /* runs */
    float middle;     /* row of the last run's middle */
    float slope;      /* rows a column */
    float width;      /* mean run length */
    int contrast_sum; /* of its runs */
};

/* A chain that has ended and is too short for a rule, or is one: rules are broken where digits stand on them. */
struct rules_fragment {
    int number, start, last, count;
    float first, middle; /* rows of its ends */
    float width;
    int contrast; /* mean */
};

/* A mask seen along one direction, one row of it for each step: an upright rule runs along y, a level one
 * along x, which is why its view has rows and columns exchanged. */
struct view {
    struct bit_view bits;
    bool turned;
    const struct ink *ink;
    int x, y;          /* of the view's first pixel in the picture */
    int along, across; /* size */
    int least_length;  /* of a rule */
};

static int add_run(struct rules *rules, struct rules_run run)
{
    if (rules->run_count == rules->run_capacity) {
        const int capacity = rules->run_capacity ? 2 * rules->run_capacity : 4096;
        struct rules_run *const larger = realloc(rules->runs, (size_t)capacity * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        rules->runs = larger;
        rules->run_capacity = capacity;
    }
    rules->runs[rules->run_count++] = run;
    return 0;
}

static float pointed_at(const struct chain *c, int along)
{
    return c->middle + c->slope * (float)(along - c->last);
}

/* The chains in the order in which they point into the column (or row) that is being followed. It hardly changes from one
 * column to the next. */
struct pointed {
    float at[MOST_CHAINS];         /* by chain: where it points to */
    unsigned short order[MOST_CHAINS]; /* chains, the one that points to the lowest row first */
    int count;
};

static void sort_pointed(struct pointed *pointed, const struct chain *chains, int count, int along)
{
    for (int i = pointed->count; i < count; i++)
        pointed->order[i] = (unsigned short)i;
    pointed->count = count;
    for (int i = 0; i < count; i++)
        pointed->at[i] = pointed_at(&chains[i], along);
    for (int i = 1; i < count; i++) {
        const unsigned short chain = pointed->order[i];
        const float at = pointed->at[chain];
        int place = i;
        for (; place > 0 && pointed->at[pointed->order[place - 1]] > at; place--)
            pointed->order[place] = pointed->order[place - 1];
        pointed->order[place] = chain;
    }
}

/* How far along a chain may go on without a run. */
static int gap_of(const struct chain *c)
{
    return c->count < GAP_PX ? GAP_PX : c->count > MOST_GAP_PX ? MOST_GAP_PX : c->count;
}

/* The chain a run continues: the one that points nearest to it. -1: none. *first: how many chains in their order point
 * too low for this run and so for all that come behind it in the column. */
static int find_chain(const struct pointed *pointed, const struct chain *chains, const struct rules_run *run,
                      int *first)
{
    const float middle = (float)run->first + (float)(run->length - 1) / 2;
    while (*first < pointed->count && pointed->at[pointed->order[*first]] < middle - DRIFT_PX)
        ++*first;
    int best = -1;
    float best_drift = DRIFT_PX;
    for (int i = *first; i < pointed->count; i++) {
        const int chain = pointed->order[i];
        const float drift = fabsf(pointed->at[chain] - middle);
        if (pointed->at[chain] > middle + DRIFT_PX)
            break;
        const struct chain *const c = &chains[chain];
        const bool thick = (float)run->length > THICKER * c->width + 1;
        if (drift <= best_drift && !thick && c->last < run->along && run->along - c->last <= gap_of(c)) {
            best = chain;
            best_drift = drift;
        }
    }
    return best;
}

/* fminf would be a call: it has to think of what is no number. */
static float least(float a, float b)
{
    return a < b ? a : b;
}

static void extend(struct chain *c, const struct rules_run *run)
{
    const float middle = (float)run->first + (float)(run->length - 1) / 2;
    const float span = (float)(run->along - c->last);
    const float seen = (middle - c->middle) / span;
    const float weight = span / (span + least(SLOPE_SPAN_PX, (float)(run->along - c->start)));
    c->slope += weight * (seen - c->slope);
    c->slope = c->slope > MOST_SLOPE ? MOST_SLOPE : c->slope < -MOST_SLOPE ? -MOST_SLOPE : c->slope;
    /* The middle follows the pointed-at line, so that the ragged edge of pencil does not throw it off. */
    c->middle = pointed_at(c, run->along) * 0.5f + middle * 0.5f;
    c->last = run->along;
    c->contrast_sum += run->contrast;
    c->count++;
    c->width += ((float)run->length - c->width) / (float)(c->count < 16 ? c->count : 16);
}

static bool is_rule(int count, int length, int least_length)
{
    return length >= least_length && (float)count >= LEAST_COVER * (float)length;
}

/* Takes the chains that ended before column `along` out of the list; what may be a rule, or a piece of one, is remembered. */
static int retire(struct rules *rules, struct chain *chains, int count, struct pointed *pointed, int along)
{
    short moved[MOST_CHAINS];
    int kept = 0, ordered = 0;
    for (int i = 0; i < count; i++) {
        const struct chain *const c = &chains[i];
        const bool lives = along - c->last <= gap_of(c);
        moved[i] = lives ? (short)kept : -1;
        if (lives)
            chains[kept++] = *c;
        else if (c->count >= LEAST_FRAGMENT && is_rule(c->count, c->last - c->start + 1, 0) &&
                 rules->fragment_count < MOST_FRAGMENTS)
            rules->fragments[rules->fragment_count++] =
                (struct rules_fragment){c->number, c->start,  c->last,  c->count,
                                        c->first,  c->middle, c->width, c->contrast_sum / c->count};
    }
    for (int i = 0; i < pointed->count; i++)
        if (moved[pointed->order[i]] >= 0)
            pointed->order[ordered++] = (unsigned short)moved[pointed->order[i]];
    pointed->count = ordered;
    return kept;
}

/* Is `piece` a continuation of the line, `slope` rows a column, that `rule` is on? */
static inline bool continues(const struct rules_fragment *rule, float slope, const struct rules_fragment *piece)
{
    const float off = rule->first + slope * (float)(piece->start - rule->start) - piece->first;
    if (fabsf(off) > DRIFT_PX + ASTRAY * MOST_AWAY_PX)
        return false; /* as most do */
    const int away = piece->start > rule->last ? piece->last - rule->last : rule->start - piece->start;
    const float astray = DRIFT_PX + ASTRAY * least((float)away, MOST_AWAY_PX);
    const float end = rule->first + slope * (float)(piece->last - rule->start) - piece->middle;
    return (piece->start > rule->last || piece->last < rule->start) && fabsf(off) <= astray && fabsf(end) <= astray &&
           piece->width <= THICKER * rule->width + 1 && (float)piece->contrast <= ALIKE * (float)rule->contrast &&
           ALIKE * (float)piece->contrast >= (float)rule->contrast;
}

/* Which of the chains are rules: those long enough, and those of at least half the length that others continue in a straight
 * line, with these. rules->contrast receives the mean contrast of each, 0 where it is none. */
static void choose(struct rules *rules, int numbers, int least_length)
{
    short pieces[MOST_FRAGMENTS];
    memset(rules->contrast, 0, (size_t)numbers);
    for (int i = 0; i < rules->fragment_count; i++) {
        const struct rules_fragment *const rule = &rules->fragments[i];
        const int length = rule->last - rule->start + 1;
        const float slope = (rule->middle - rule->first) / (float)(rule->last - rule->start);
        int count = rule->count, start = rule->start, last = rule->last, piece_count = 0;
        if (2 * length < least_length)
            continue;
        for (int k = 0; k < rules->fragment_count; k++) {
            const struct rules_fragment *const piece = &rules->fragments[k];
            if (!continues(rule, slope, piece))
                continue;
            pieces[piece_count++] = (short)k;
            count += piece->count;
            start = piece->start < start ? piece->start : start;
            last = piece->last > last ? piece->last : last;
        }
        if (last - start + 1 < least_length || (float)count < LEAST_COVER * (float)least_length)
            continue;
        rules->contrast[rule->number] = (uint8_t)rule->contrast;
        for (int k = 0; k < piece_count; k++)
            rules->contrast[rules->fragments[pieces[k]].number] = (uint8_t)rule->contrast;
    }
}

/* The strongest contrast in a run. */
static int strongest(const struct view *view, const struct rules_run *run)
{
    int most = 0;
    for (int k = 0; k < run->length; k++) {
        const int a = run->along, b = run->first + k;
        const int here =
            ink_contrast(view->ink, view->x + (view->turned ? a : b), view->y + (view->turned ? b : a));
        most = here > most ? here : most;
    }
    return most;
}

/* The next run of ink in `row` at `from` or behind it; false: none. */
static bool next_run(const uint64_t *row, int width, int from, struct rules_run *run)
{
    const int words = (int)bits_words(width);
    int word = from / 64;
    if (word >= words)
        return false;
    uint64_t bits = row[word] & ~UINT64_C(0) << (from % 64);
    while (!bits)
        if (++word == words)
            return false;
        else
            bits = row[word];
    run->first = 64 * word + __builtin_ctzll(bits);
    if (run->first >= width)
        return false;
    uint64_t blank = ~row[word] & ~UINT64_C(0) << (run->first % 64);
    while (!blank && ++word < words)
        blank = ~row[word];
    const int end = blank ? 64 * word + __builtin_ctzll(blank) : width;
    run->length = (end < width ? end : width) - run->first;
    return true;
}

/* Follows all chains through the view; every short run ends up in rules->runs with its chain's number. */
static int follow(struct rules *rules, const struct view *view)
{
    struct chain chains[MOST_CHAINS];
    struct pointed pointed = {.count = 0};
    int count = 0, numbers = 0, error = 0;
    rules->run_count = rules->fragment_count = 0;
    for (int along = 0; along < view->along && !error; along++) {
        const uint64_t *row = view->bits.words + (size_t)along * view->bits.stride_words;
        if (along % RETIRE_EVERY == 0 || count == MOST_CHAINS)
            count = retire(rules, chains, count, &pointed, along);
        int first = 0;
        sort_pointed(&pointed, chains, count, along);
        struct rules_run run = {along, 0, 0, 0, 0};
        for (int from = 0; !error && next_run(row, view->across, from, &run); from = run.first + run.length) {
            if (run.length > RULES_MOST_WIDTH_PX)
                continue;
            run.contrast = strongest(view, &run);
            int chain = find_chain(&pointed, chains, &run, &first);
            if (chain >= 0) {
                extend(&chains[chain], &run);
            } else if (count < MOST_CHAINS && numbers < MOST_NUMBERS) {
                chain = count++;
                const float middle = (float)run.first + (float)(run.length - 1) / 2;
                chains[chain] =
                    (struct chain){numbers++, along, along, middle, 1, middle, 0, (float)run.length, run.contrast};
            } else {
                continue; /* a picture of specks has no rules worth more memory */
            }
            run.chain = chains[chain].number;
            error = add_run(rules, run);
        }
    }
    retire(rules, chains, count, &pointed, view->along + MOST_GAP_PX + 1);
    choose(rules, numbers, view->least_length);
    return error;
}

/* Erases what `view` shows of rules in `mask`: *erased pixels more, in *runs runs more. Returns 0 or -ENOMEM. */
static int erase_along(struct rules *rules, const struct view *view, struct bit_image mask, int *erased, int *runs)
{
    const int error = follow(rules, view);
    for (int i = 0; i < rules->run_count && !error; i++) {
        const struct rules_run *run = &rules->runs[i];
        if (!rules->contrast[run->chain] ||
            (float)run->contrast > STRONGER * (float)rules->contrast[run->chain])
            continue;
        for (int k = 0; k < run->length; k++) {
            const int a = run->along, b = run->first + k;
            const int x = view->x + (view->turned ? a : b), y = view->y + (view->turned ? b : a);
            mask.words[(size_t)y * mask.stride_words + (size_t)x / 64] &= ~(UINT64_C(1) << (x % 64));
        }
        *erased += run->length;
        *runs += 1;
    }
    return error;
}

int rules_least_length(int side_px)
{
    const int share = (int)(RULES_LEAST_SHARE * (float)side_px);
    return share > RULES_LEAST_LENGTH_PX ? share : RULES_LEAST_LENGTH_PX;
}

static int reserve(struct rules *rules, size_t turned)
{
    if (!rules->contrast && !(rules->contrast = malloc(MOST_NUMBERS)))
        return -ENOMEM;
    if (!rules->fragments && !(rules->fragments = malloc(MOST_FRAGMENTS * sizeof *rules->fragments)))
        return -ENOMEM;
    if (turned > rules->turned_capacity) {
        uint64_t *const larger = malloc(turned * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        free(rules->turned);
        rules->turned = larger;
        rules->turned_capacity = turned;
    }
    return 0;
}

int rules_erase(struct rules *rules, struct bit_image mask, const struct ink *ink, struct box area,
                struct rules_least least, int *erased)
{
    int runs = 0;
    *erased = 0;
    /* Whole words of the mask: the area is widened to them, and so is its height. */
    const int left = area.x / 64 * 64, right = area.x + area.w, top = area.y, bottom = area.y + area.h;
    const int w = right - left, h = bottom - top;
    const struct bit_view part = {mask.words + (size_t)top * mask.stride_words + (size_t)left / 64, w, h,
                                  mask.stride_words};
    const size_t turned_stride = bits_words(h);
    int error = reserve(rules, turned_stride * 64 * bits_words(w));
    if (error)
        return error;
    if (area.w >= least.level) {
        const struct bit_image turned = {rules->turned, h, w, turned_stride};
        bits_turn(part, turned);
        const struct view level = {bit_image_view(&turned), true, ink, left, top, w, h, least.level};
        error = erase_along(rules, &level, mask, erased, &runs);
    }
    if (!error && area.h >= least.upright) {
        const struct view upright = {part, false, ink, left, top, h, w, least.upright};
        error = erase_along(rules, &upright, mask, erased, &runs);
    }
    rules->width_px = runs ? (float)*erased / (float)runs : 0;
    return error;
}

void rules_release(struct rules *rules)
{
    free(rules->runs);
    free(rules->turned);
    free(rules->contrast);
    free(rules->fragments);
    *rules = (struct rules){0};
}
