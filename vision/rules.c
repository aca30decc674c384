#include "vision/rules.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define MOST_CHAINS   1024  /* followed at one time */
#define MOST_NUMBERS  65536 /* chains followed in all */
#define MOST_GAP_PX   14    /* along the rule, where a stroke crosses it or ink is missing */
#define DRIFT_PX      1.6f  /* a run may lie this far from where its chain points */
#define THICKER       1.5f  /* than the chain's mean, plus one pixel: more is a stroke that crosses */
#define STRONGER      1.35f /* than the rule's mean contrast: a stroke along the rule */
#define LEAST_COVER   0.60f /* share of a rule's columns that have a run of it */
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
    int start, last;   /* columns */
    int count;         /* runs */
    float middle;      /* row of the last run's middle */
    float slope;       /* rows a column */
    float width;       /* mean run length */
    int contrast_sum;  /* of its runs */
};

/* A mask seen along one direction: a level rule runs along x, an upright one along y. */
struct view {
    uint8_t *origin;
    size_t step_along, step_across;
    const uint8_t *contrast; /* the same place in the contrast, with steps of its own */
    size_t contrast_along, contrast_across;
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

/* The chain a run continues: the one that points nearest to it. -1: none. */
static int find_chain(const struct chain *chains, int count, const struct rules_run *run)
{
    const float middle = (float)run->first + (float)(run->length - 1) / 2;
    int best = -1;
    float best_drift = DRIFT_PX;
    for (int i = 0; i < count; i++) {
        const float drift = fabsf(pointed_at(&chains[i], run->along) - middle);
        const bool thick = (float)run->length > THICKER * chains[i].width + 1;
        if (drift <= best_drift && !thick && chains[i].last < run->along) {
            best = i;
            best_drift = drift;
        }
    }
    return best;
}

static void extend(struct chain *c, const struct rules_run *run)
{
    const float middle = (float)run->first + (float)(run->length - 1) / 2;
    const float span = (float)(run->along - c->last);
    const float seen = (middle - c->middle) / span;
    const float weight = span / (span + fminf(SLOPE_SPAN_PX, (float)(run->along - c->start)));
    c->slope += weight * (seen - c->slope);
    c->slope = fmaxf(-MOST_SLOPE, fminf(MOST_SLOPE, c->slope));
    /* The middle follows the pointed-at line, so that the ragged edge of pencil does not throw it off. */
    c->middle = pointed_at(c, run->along) * 0.5f + middle * 0.5f;
    c->last = run->along;
    c->contrast_sum += run->contrast;
    c->count++;
    c->width += ((float)run->length - c->width) / (float)(c->count < 16 ? c->count : 16);
}

static bool is_rule(const struct chain *c, int least_length)
{
    const int length = c->last - c->start + 1;
    return length >= least_length && (float)c->count >= LEAST_COVER * (float)length;
}

/* Takes the chains that ended before column `along` out of the list; the rules among them stay known by their number,
 * with their mean contrast (0: no rule). */
static int retire(struct chain *chains, int count, int along, int least_length, uint8_t *rule_contrast)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (along - chains[i].last <= MOST_GAP_PX)
            chains[kept++] = chains[i];
        else if (chains[i].number < MOST_NUMBERS)
            rule_contrast[chains[i].number] =
                is_rule(&chains[i], least_length) ? (uint8_t)(chains[i].contrast_sum / chains[i].count) : 0;
    }
    return kept;
}

/* Follows all chains through the view; every short run ends up in rules->runs with its chain's number. */
static int follow(struct rules *rules, const struct view *view, uint8_t *rule_contrast)
{
    struct chain chains[MOST_CHAINS];
    int count = 0, numbers = 0, error = 0;
    rules->run_count = 0;
    for (int along = 0; along < view->along && !error; along++) {
        const uint8_t *column = view->origin + (size_t)along * view->step_along;
        const uint8_t *contrast = view->contrast + (size_t)along * view->contrast_along;
        count = retire(chains, count, along, view->least_length, rule_contrast);
        for (int across = 0; across < view->across && !error;) {
            if (!column[(size_t)across * view->step_across]) {
                across++;
                continue;
            }
            struct rules_run run = {along, across, 0, 0, 0};
            for (; across < view->across && column[(size_t)across * view->step_across]; across++) {
                const int here = contrast[(size_t)across * view->contrast_across];
                run.contrast = here > run.contrast ? here : run.contrast;
                run.length++;
            }
            if (run.length > RULES_MOST_WIDTH_PX)
                continue;
            int chain = find_chain(chains, count, &run);
            if (chain >= 0) {
                extend(&chains[chain], &run);
            } else if (count < MOST_CHAINS && numbers < MOST_NUMBERS) {
                chain = count++;
                const float middle = (float)run.first + (float)(run.length - 1) / 2;
                chains[chain] = (struct chain){numbers++, along, along, 1, middle, 0, (float)run.length, run.contrast};
            } else {
                continue; /* a picture of specks has no rules worth more memory */
            }
            run.chain = chains[chain].number;
            error = add_run(rules, run);
        }
    }
    retire(chains, count, view->along + MOST_GAP_PX + 1, view->least_length, rule_contrast);
    return error;
}

static int erase_along(struct rules *rules, const struct view *view, int *erased)
{
    uint8_t *const rule_contrast = calloc(MOST_NUMBERS, 1);
    if (!rule_contrast)
        return -ENOMEM;
    const int error = follow(rules, view, rule_contrast);
    for (int i = 0; i < rules->run_count && !error; i++) {
        const struct rules_run *run = &rules->runs[i];
        if (!rule_contrast[run->chain] || (float)run->contrast > STRONGER * (float)rule_contrast[run->chain])
            continue;
        for (int k = 0; k < run->length; k++)
            view->origin[(size_t)run->along * view->step_along + (size_t)(run->first + k) * view->step_across] = 0;
        *erased += run->length;
    }
    free(rule_contrast);
    return error;
}

static int least_length(int side_px)
{
    const int share = (int)(RULES_LEAST_SHARE * (float)side_px);
    return share > RULES_LEAST_LENGTH_PX ? share : RULES_LEAST_LENGTH_PX;
}

int rules_erase(struct rules *rules, struct gray_image mask, struct gray_view contrast, struct box area, int *erased)
{
    uint8_t *const origin = mask.pixels + (size_t)area.y * mask.stride_bytes + area.x;
    const uint8_t *const from = contrast.pixels + (size_t)area.y * contrast.stride_bytes + area.x;
    const struct view level = {origin, 1, mask.stride_bytes, from, 1, contrast.stride_bytes, area.w, area.h,
                               least_length(mask.width_px)};
    const struct view upright = {origin, mask.stride_bytes, 1, from, contrast.stride_bytes, 1, area.h, area.w,
                                 least_length(mask.height_px)};
    *erased = 0;
    int error = 0;
    if (area.w >= RULES_LEAST_LENGTH_PX)
        error = erase_along(rules, &level, erased);
    if (!error && area.h >= RULES_LEAST_LENGTH_PX)
        error = erase_along(rules, &upright, erased);
    return error;
}

void rules_release(struct rules *rules)
{
    free(rules->runs);
    *rules = (struct rules){0};
}
