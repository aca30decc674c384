#include "vision/candidates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vision/contour.h"
#include "vision/pyramid.h"
#include "vision/rules.h"
#include "vision/segment.h"
#include "vision/threshold.h"

#define LEAST_HEIGHT_PX   10   /* of a digit on the picture itself */
#define LEVEL_LEAST_PX    20   /* of a digit on a smaller level: what is smaller was seen on the level above */
#define LEVEL_MOST_PX     60   /* of a digit on every level but the smallest */
#define MOST_CONTOURS     60000 /* followed on one level and polarity */

struct candidates {
    struct pyramid pyramid;
    struct threshold *threshold;
    struct contours contours;
    struct segmenter *segmenter;
    struct rules rules;
    uint8_t *large; /* mask of what is too large for a digit, its rules erased */
    size_t large_capacity_px;
    struct candidate *found;
    int count, capacity;
    int level;           /* being worked on */
    bool light_on_dark;  /* likewise */
    double normalise_us; /* spent in this picture so far */
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int candidates_create(struct candidates **candidates)
{
    struct candidates *const c = calloc(1, sizeof *c);
    *candidates = NULL;
    if (!c)
        return -ENOMEM;
    if (threshold_create(&c->threshold) || segmenter_create(&c->segmenter)) {
        candidates_destroy(c);
        return -ENOMEM;
    }
    *candidates = c;
    return 0;
}

void candidates_destroy(struct candidates *c)
{
    if (!c)
        return;
    pyramid_release(&c->pyramid);
    threshold_destroy(c->threshold);
    contours_release(&c->contours);
    segmenter_destroy(c->segmenter);
    rules_release(&c->rules);
    free(c->large);
    free(c->found);
    free(c);
}

/* Takes a region of the current level as a candidate of the picture. */
static int take(void *context, const struct region *region)
{
    struct candidates *const c = context;
    if (c->count == CANDIDATES_MOST)
        return 0;
    if (c->count == c->capacity) {
        const int capacity = c->capacity ? 2 * c->capacity : 256;
        struct candidate *const larger = realloc(c->found, (size_t)capacity * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        c->found = larger;
        c->capacity = capacity;
    }
    const double start = now_us();
    struct candidate *const found = &c->found[c->count++];
    const int scale = 1 << c->level;
    const struct box b = region->box;
    found->box = (struct box){b.x * scale, b.y * scale, b.w * scale, b.h * scale};
    found->light_on_dark = c->light_on_dark;
    found->level = c->level;
    found->stroke_px = region->stroke_px * (float)scale;
    found->contrast = region->contrast;
    normalise_ink((struct gray_view){region->ink, b.w, b.h, (size_t)b.w}, found->crop);
    c->normalise_us += now_us() - start;
    return 0;
}

/* Paints all ink that hangs together over more than a digit's size into c->large. Returns the box round it; its w is 0
 * where there is none. */
static struct box paint_large(struct candidates *c, const struct segment_input *input)
{
    const int w = input->mask.width_px, h = input->mask.height_px;
    const struct gray_image large = {c->large, w, h, (size_t)w};
    const struct contours *all = input->contours;
    bool clean = false;
    struct box area = {0, 0, 0, 0};
    for (int i = 0; i < all->count; i++) {
        const struct box b = all->items[all->items[i].is_hole ? all->items[i].parent : i].box;
        if (b.w < RULES_LEAST_LENGTH_PX && b.h < RULES_LEAST_LENGTH_PX)
            continue;
        if (!clean)
            memset(c->large, 0, (size_t)w * (size_t)h);
        area = clean ? box_union(area, b) : b;
        clean = true;
        contours_paint(all, i, input->mask, large, 0, 0, 1);
    }
    return area;
}

/* Looks again at what was too large: digits that touch the rules of lined or squared paper hang together with them. */
static int find_on_rules(struct candidates *c, struct segment_input *input)
{
    const size_t pixels = (size_t)input->mask.width_px * (size_t)input->mask.height_px;
    if (pixels > c->large_capacity_px) {
        uint8_t *const large = malloc(pixels);
        if (!large)
            return -ENOMEM;
        free(c->large);
        c->large = large;
        c->large_capacity_px = pixels;
    }
    const struct box area = paint_large(c, input);
    int erased = 0;
    if (area.w == 0)
        return 0;
    const struct gray_image large = {c->large, input->mask.width_px, input->mask.height_px, (size_t)input->mask.width_px};
    int error = rules_erase(&c->rules, large, area, &erased);
    if (error || erased == 0)
        return error;
    input->mask = gray_image_view(&large);
    error = contours_find(&c->contours, input->mask, MOST_CONTOURS);
    return error ? error : segment_find(c->segmenter, input, take, c);
}

/* One polarity on one level. */
static int find_on_level(struct candidates *c, struct reading_times *times)
{
    const struct gray_view gray = c->pyramid.levels[c->level];
    const bool smallest = c->level == c->pyramid.level_count - 1;
    struct segment_input input = {.gray = gray, .contours = &c->contours, .light_on_dark = c->light_on_dark};
    input.least_height_px = c->level == 0 ? LEAST_HEIGHT_PX : LEVEL_LEAST_PX;
    input.most_height_px = smallest ? gray.height_px : LEVEL_MOST_PX;

    const double start = now_us();
    int error = threshold_run(c->threshold, gray, c->light_on_dark, &input.contrast, &input.mask, NULL);
    const double thresholded = now_us();
    if (!error)
        error = contours_find(&c->contours, input.mask, MOST_CONTOURS);
    const double followed = now_us();
    if (!error)
        error = segment_find(c->segmenter, &input, take, c);
    if (!error)
        error = find_on_rules(c, &input);
    times->threshold += thresholded - start;
    times->contour += followed - thresholded;
    times->segment += now_us() - followed;
    return error;
}

int candidates_find(struct candidates *candidates, struct gray_view gray, const struct candidate **found, int *count,
                    struct reading_times *times_us)
{
    struct candidates *const c = candidates;
    struct reading_times times = {0};
    c->count = 0;
    c->normalise_us = 0;
    const double start = now_us();
    int error = pyramid_build(&c->pyramid, gray);
    times.threshold = now_us() - start;
    for (c->level = 0; c->level < c->pyramid.level_count && !error; c->level++)
        for (int light = 0; light < 2 && !error; light++) {
            c->light_on_dark = light;
            error = find_on_level(c, &times);
        }
    *found = c->found;
    *count = error ? 0 : c->count;
    if (times_us) {
        times_us->threshold = times.threshold;
        times_us->contour = times.contour;
        times_us->normalise = c->normalise_us;
        times_us->segment = times.segment - c->normalise_us; /* crops are made while regions are handed on */
    }
    return error;
}
