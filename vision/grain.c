#include "vision/grain.h"

#include <errno.h>
#include <stdlib.h>

#include "vision/histogram.h"

#define PIECE_SHARE  200   /* at most one piece for so many pixels: beyond is noise */
#define LEAST_AREA   3     /* pixels of a piece that counts */
#define INK_LEVEL    0.75  /* of the weight of all pieces have less contrast than ink has */
#define STRONG       0.5f  /* of it: a piece of the ink has so much */
#define LEAST_GRAINS 12    /* strong pieces */
#define NARROW_REACH 1     /* pixels on each side */
#define WIDE_REACH   2
#define GRAINY       1.7f  /* times as many pieces before as after, */
#define HIGHER       1.4f  /* and those after are so many times as high: digits side by side would become wider alone */
#define SAMPLES      64    /* of a picture's gray, each way */
#define COARSE       1.45f /* times as many after a narrow window as after a wide one: then the wide one it is */

/* The gray level that most of a picture has. */
static int common_gray(struct gray_view gray)
{
    int histogram[256] = {0}, seen = 0;
    const int right = 1 + gray.width_px / SAMPLES, down = 1 + gray.height_px / SAMPLES;
    for (int y = down / 2; y < gray.height_px; y += down)
        for (int x = right / 2; x < gray.width_px; x += right, seen++)
            histogram[gray.pixels[(size_t)y * gray.stride_bytes + (size_t)x]]++;
    return histogram_percentile(histogram, seen, 50);
}

/* A piece of ink. In a group, all lead to one, whose box is the whole group's. */
struct grain_piece {
    struct box box;
    int area, gray, contrast; /* pixels; means over the middles of its runs */
    int parent;
};

/* What pieces there are: how many, and how high they are on average. */
struct pieces {
    int count;
    float height;
};

static struct grain_piece measure_piece(const struct components *c, int index, const struct ink *ink)
{
    int gray = 0, contrast = 0, runs = 0;
    for (int i = c->items[index].first_run; i >= 0; i = c->runs[i].next, runs++) {
        const int x = (c->runs[i].first + c->runs[i].end) / 2, y = c->runs[i].y;
        gray += ink->gray.pixels[(size_t)y * ink->gray.stride_bytes + (size_t)x];
        contrast += ink_contrast(ink, x, y);
    }
    return (struct grain_piece){c->items[index].box, c->items[index].area, gray / runs, contrast / runs, 0};
}

/* Measures all pieces but specks, the one that begins highest first. Returns how many, or -ENOMEM. */
static int measure(struct grain *g, const struct components *c, const struct ink *ink)
{
    if (c->count > g->piece_capacity) {
        struct grain_piece *const larger = malloc((size_t)c->count * 2 * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        free(g->pieces);
        g->pieces = larger;
        g->piece_capacity = 2 * c->count;
    }
    int count = 0;
    for (int i = 0; i < c->count; i++)
        if (c->items[i].area >= LEAST_AREA)
            g->pieces[count++] = measure_piece(c, i, ink);
    return count;
}

/* The contrast of a page's ink: that of most of its pieces, which weigh by area and by the square of their contrast, since the
 * texture of a board covers far more of it than a few digits do. */
static int ink_level(const struct grain_piece *pieces, int count)
{
    double weight[256] = {0}, total = 0, below = 0;
    for (int i = 0; i < count; i++) {
        const double mine = (double)pieces[i].area * pieces[i].contrast * pieces[i].contrast;
        weight[pieces[i].contrast] += mine;
        total += mine;
    }
    int level = 0;
    while (level < 255 && (below += weight[level]) < INK_LEVEL * total)
        level++;
    return level;
}

/* Leaves the pieces of strong ink alone. */
static struct pieces keep_strong(struct grain_piece *pieces, int count, int level)
{
    struct pieces strong = {0, 0};
    for (int i = 0; i < count; i++)
        if ((float)pieces[i].contrast >= STRONG * (float)level) {
            strong.height += (float)pieces[i].box.h;
            pieces[strong.count++] = pieces[i];
        }
    strong.height /= (float)(strong.count ? strong.count : 1);
    return strong;
}

/* Are they ink, and not the paper between strokes of the other kind, which is as light as paper is everywhere? */
static bool are_ink(const struct grain_piece *pieces, int count, const struct ink *ink, int level)
{
    double sum = 0, area = 0;
    for (int i = 0; i < count; i++) {
        sum += (double)pieces[i].area * pieces[i].gray;
        area += pieces[i].area;
    }
    const double above = sum / area - common_gray(ink->gray);
    return (ink->light_on_dark ? above : -above) >= (double)STRONG * level;
}

static int root_of(struct grain_piece *pieces, int i)
{
    while (pieces[i].parent != i)
        i = pieces[i].parent = pieces[pieces[i].parent].parent;
    return i;
}

static bool close_to(struct box a, struct box b)
{
    const int gap = 2 * WIDE_REACH;
    return a.x <= b.x + b.w + gap && b.x <= a.x + a.w + gap && a.y <= b.y + b.h + gap && b.y <= a.y + a.h + gap;
}

/* What joining would make of the pieces, by their boxes alone: no more groups than it would. */
static struct pieces guess(struct grain_piece *pieces, int count)
{
    struct pieces groups = {0, 0};
    int first = 0, tallest = 0; /* those before `first` end above all that follow */
    for (int i = 0; i < count; i++) {
        const struct box b = pieces[i].box;
        pieces[i].parent = i;
        tallest = b.h > tallest ? b.h : tallest;
        while (pieces[first].box.y + tallest + 2 * WIDE_REACH < b.y)
            first++;
        for (int k = first; k < i; k++)
            if (close_to(b, pieces[k].box))
                pieces[root_of(pieces, k)].parent = root_of(pieces, i);
    }
    for (int i = 0; i < count; i++) {
        struct grain_piece *const root = &pieces[root_of(pieces, i)];
        root->box = box_union(root->box, pieces[i].box);
    }
    for (int i = 0; i < count; i++)
        if (pieces[i].parent == i) {
            groups.count++;
            groups.height += (float)pieces[i].box.h;
        }
    groups.height /= (float)(groups.count ? groups.count : 1);
    return groups;
}

/* Are the pieces what is left of strokes, by what joining makes of them? */
static bool are_grains(struct pieces before, struct pieces after)
{
    return (float)before.count >= GRAINY * (float)after.count && after.height >= HIGHER * before.height;
}

/* The ink with gaps filled, and its strong pieces then. Returns 0 or -ENOMEM. */
static int try_reach(struct grain *g, const struct ink *ink, int reach, int floor, int most_runs, int level, struct ink *joined,
                     struct pieces *strong)
{
    const struct gray_image no_half = {NULL, 0, 0, 0};
    struct gray_view closed;
    struct ink both[2];
    int error = g->threshold ? 0 : threshold_create(&g->threshold);
    if (!error)
        error = closing_run(&g->closing, ink->gray, ink->light_on_dark, reach, &closed);
    if (!error)
        error = threshold_run(g->threshold, closed, floor, no_half, both);
    if (!error)
        error = components_find(&g->components, both[ink->light_on_dark].mask, most_runs);
    if (error)
        return error;
    *joined = both[ink->light_on_dark];
    const int count = measure(g, &g->components, joined);
    if (count < 0)
        return count;
    *strong = keep_strong(g->pieces, count, level);
    return 0;
}

int grain_join(struct grain *g, const struct ink *ink, const struct components *components, int floor, int most_runs,
               struct ink *joined)
{
    const int64_t pixels = (int64_t)ink->gray.width_px * ink->gray.height_px;
    if (components->count < LEAST_GRAINS || components->count > pixels / PIECE_SHARE)
        return 0;
    const int count = measure(g, components, ink);
    if (count < 0)
        return count;
    const int level = ink_level(g->pieces, count);
    const struct pieces before = keep_strong(g->pieces, count, level);
    struct pieces narrow, wide;
    if (before.count < LEAST_GRAINS || !are_ink(g->pieces, before.count, ink, level) ||
        !are_grains(before, guess(g->pieces, before.count)))
        return 0;
    int error = try_reach(g, ink, WIDE_REACH, floor, most_runs, level, joined, &wide);
    if (error || !are_grains(before, wide))
        return error;
    error = try_reach(g, ink, NARROW_REACH, floor, most_runs, level, joined, &narrow);
    if (!error && (float)narrow.count >= COARSE * (float)wide.count)
        error = try_reach(g, ink, WIDE_REACH, floor, most_runs, level, joined, &wide);
    return error ? error : 1;
}

void grain_release(struct grain *grain)
{
    closing_release(&grain->closing);
    free(grain->pieces);
    threshold_destroy(grain->threshold);
    components_release(&grain->components);
    *grain = (struct grain){0};
}
