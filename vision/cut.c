#include "vision/cut.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STRAIGHT     0     /* cost of a seam's step straight down */
#define SLANTED      200   /* cost of a step down and aside, in gray levels of ink: nearly a full pixel */
#define MOST_STROKES 4.0f  /* a seam may cross this many stroke widths of ink */
#define THICK        1.5f  /* stroke widths: ink thicker than that, both ways, is two strokes side by side, */
#define THICKEST     4.0f  /* and thicker than that, none at all: a blot */
#define MIDDLE       0.2f  /* and so near to its middle, in widths of it, */
#define DISCOUNT     0.15f /* a seam pays this share of its ink */
#define FULL         128   /* ink from which a pixel belongs to a stroke */
#define MARGIN       0.10f /* of the height: no seam passes this near to the region's ends */
#define ROWS         7     /* on which seams are looked for */
#define DIGIT_WIDTH  0.65f /* of the height, about */
#define ALIKE        0.07f /* of a digit's ink: seams with less between them are one */
#define LEAST_INK    0.15f /* of a digit's ink: so much lies on either side of a seam */
#define INK          100   /* from here on a pixel belongs to a piece's box */

/* Makes room for `count` items of `size` bytes. */
static int reserve_array(void **array, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity)
        return 0;
    void *const larger = malloc(count * size);
    if (!larger)
        return -ENOMEM;
    free(*array);
    *array = larger;
    *capacity = count;
    return 0;
}

static int reserve(struct cut *cut, int w, int h)
{
    const size_t width = (size_t)w, height = (size_t)h;
    void *tolls = cut->tolls, *costs = cut->costs, *sums = cut->sums, *seams = cut->seams, *anchors = cut->anchors;
    int error = reserve_array(&tolls, &cut->toll_capacity, width * height, sizeof *cut->tolls);
    if (!error)
        error = reserve_array(&costs, &cut->cost_capacity, 2 * width * height, sizeof *cut->costs);
    if (!error)
        error = reserve_array(&sums, &cut->sum_capacity, (width + 1) * height, sizeof *cut->sums);
    if (!error)
        error = reserve_array(&seams, &cut->seam_capacity, (CUT_MOST_SEAMS + 1) * height, sizeof *cut->seams);
    if (!error)
        error = reserve_array(&anchors, &cut->anchor_capacity, ROWS * width, sizeof *cut->anchors);
    cut->tolls = tolls;
    cut->costs = costs;
    cut->sums = sums;
    cut->seams = seams;
    cut->anchors = anchors;
    return error;
}

static int cheapest_first(const void *a, const void *b)
{
    const struct cut_anchor *p = a, *q = b;
    if (p->cost != q->cost)
        return p->cost - q->cost;
    return p->x != q->x ? p->x - q->x : p->y - q->y;
}

static uint16_t add(uint16_t a, int b)
{
    return a + b > UINT16_MAX ? UINT16_MAX : (uint16_t)(a + b);
}

/* Which of the three pixels in the row a path comes from is cheapest: -1, 0 or 1 aside. */
static int cheapest(const uint16_t *row, int x, int w, uint16_t *cost)
{
    int best = 0;
    *cost = add(row[x], STRAIGHT);
    if (x > 0 && add(row[x - 1], SLANTED) < *cost) {
        *cost = add(row[x - 1], SLANTED);
        best = -1;
    }
    if (x < w - 1 && add(row[x + 1], SLANTED) < *cost) {
        *cost = add(row[x + 1], SLANTED);
        best = 1;
    }
    return best;
}

/* lengths[y][x] = how many pixels of ink lie above and below (x, y) without a gap, itself included. */
static void measure_columns(struct gray_view ink, uint16_t *lengths)
{
    const int w = ink.width_px, h = ink.height_px;
    for (int y = 0; y < h; y++) {
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        for (int x = 0; x < w; x++)
            lengths[y * w + x] = row[x] < FULL ? 0 : y > 0 ? (uint16_t)(lengths[(y - 1) * w + x] + 1) : 1;
    }
    for (int y = h - 2; y >= 0; y--)
        for (int x = 0; x < w; x++)
            if (lengths[y * w + x] && lengths[(y + 1) * w + x])
                lengths[y * w + x] = lengths[(y + 1) * w + x];
}

/* What a seam pays to pass each pixel: its ink. But where strokes of two digits have run together side by side, the ink
 * is thicker than a stroke, and in its middle one ends and the other begins. */
static void fill_tolls(struct gray_view ink, float stroke_px, const uint16_t *columns, uint8_t *tolls)
{
    const int w = ink.width_px, h = ink.height_px;
    const int thick = (int)(THICK * stroke_px), thickest = (int)(THICKEST * stroke_px);
    for (int y = 0; y < h; y++) {
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        memcpy(tolls + y * w, row, (size_t)w);
        for (int x = 0, end; x < w; x = end + 1) {
            for (end = x; end < w && row[end] >= FULL; end++)
                ;
            const int reach = (int)(MIDDLE * (float)(end - x)), middle = (x + end) / 2;
            for (int u = middle - reach; end - x > thick && end - x <= thickest && u <= middle + reach; u++)
                if (columns[y * w + u] > thick)
                    tolls[y * w + u] = (uint8_t)(DISCOUNT * (float)row[u]);
        }
    }
}

/* paths[y][x] = least cost of a path from the first row (`down`: the top; else the bottom) to (x, y), its pixels included. */
static void fill_paths(const uint8_t *tolls, int w, int h, uint16_t *paths, int down)
{
    for (int i = 0; i < h; i++) {
        const int y = down ? i : h - 1 - i;
        const uint8_t *row = tolls + y * w;
        for (int x = 0; x < w; x++) {
            uint16_t before = 0;
            if (i > 0)
                cheapest(paths + (down ? y - 1 : y + 1) * w, x, w, &before);
            paths[y * w + x] = add(before, row[x]);
        }
    }
}

/* Walks the cheapest path through (x, y) up and down. */
static void trace(const struct cut *cut, int w, int h, int x, int y, int16_t *seam)
{
    const uint16_t *const from_top = cut->costs, *const from_bottom = cut->costs + w * h;
    uint16_t cost;
    seam[y] = (int16_t)x;
    for (int v = y - 1, at = x; v >= 0; v--) {
        at += cheapest(from_top + v * w, at, w, &cost);
        seam[v] = (int16_t)at;
    }
    for (int v = y + 1, at = x; v < h; v++) {
        at += cheapest(from_bottom + v * w, at, w, &cost);
        seam[v] = (int16_t)at;
    }
}

/* sums[y][x] = ink of row y left of x, in units that keep it small. Returns the ink of the whole region. */
static int fill_sums(struct gray_view ink, int32_t *sums)
{
    const int w = ink.width_px, h = ink.height_px;
    int all = 0;
    for (int y = 0; y < h; y++) {
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        int32_t *const sum = sums + y * (w + 1);
        sum[0] = 0;
        for (int x = 0; x < w; x++)
            sum[x + 1] = sum[x] + row[x];
        all += sum[w];
    }
    return all;
}

/* Places where seams may pass: every pixel of a few rows whose seam crosses little ink, cheapest first. */
static int find_anchors(struct cut *cut, int w, int h, float stroke_px)
{
    const int margin = (int)(MARGIN * (float)h) + 1, most = (int)(MOST_STROKES * stroke_px * 255);
    const uint16_t *const from_top = cut->costs, *const from_bottom = cut->costs + w * h;
    int count = 0;
    for (int k = 1; k <= ROWS; k++) {
        const int y = h * k / (ROWS + 1);
        const uint8_t *row = cut->tolls + y * w;
        for (int x = margin; x < w - margin; x++) {
            const int cost = from_top[y * w + x] + from_bottom[y * w + x] - row[x];
            if (cost <= most)
                cut->anchors[count++] = (struct cut_anchor){cost, (int16_t)x, (int16_t)y};
        }
    }
    qsort(cut->anchors, (size_t)count, sizeof *cut->anchors, cheapest_first);
    return count;
}

/* Does a seam part the ink as one of those before it does, give or take `least`? There is at least as much ink between two
 * seams as there is more to the left of one than of the other (`left` of the seam, `lefts` of those before). */
static bool is_known(const struct cut *cut, const int16_t *seam, int left, const int *lefts, int w, int h, int least)
{
    for (int k = 0; k < cut->seam_count; k++) {
        const int16_t *const other = cut->seams + k * h;
        int between = 0;
        if (abs(left - lefts[k]) >= least)
            continue;
        for (int y = 0; y < h && between < least; y++)
            between += abs(cut->sums[y * (w + 1) + seam[y]] - cut->sums[y * (w + 1) + other[y]]);
        if (between < least)
            return true;
    }
    return false;
}

static int ink_left_of(const struct cut *cut, const int16_t *seam, int w, int h)
{
    int sum = 0;
    for (int y = 0; y < h; y++)
        sum += cut->sums[y * (w + 1) + seam[y]];
    return sum;
}

/* Sorts the seams, cheapest first so far, from left to right by where they lie on the whole. */
static void sort_seams(struct cut *cut, int h)
{
    int places[CUT_MOST_SEAMS];
    int16_t *const spare = cut->seams + CUT_MOST_SEAMS * h;
    for (int k = 0; k < cut->seam_count; k++) {
        cut->ranks[k] = k;
        places[k] = 0;
        for (int y = 0; y < h; y++)
            places[k] += cut->seams[k * h + y];
    }
    for (int k = 1; k < cut->seam_count; k++) {
        const int place = places[k], rank = cut->ranks[k];
        int at = k;
        memcpy(spare, cut->seams + k * h, (size_t)h * sizeof *spare);
        for (; at > 0 && places[at - 1] > place; at--) {
            places[at] = places[at - 1];
            cut->ranks[at] = cut->ranks[at - 1];
            memcpy(cut->seams + at * h, cut->seams + (at - 1) * h, (size_t)h * sizeof *spare);
        }
        places[at] = place;
        cut->ranks[at] = rank;
        memcpy(cut->seams + at * h, spare, (size_t)h * sizeof *spare);
    }
}

int cut_find(struct cut *cut, struct gray_view ink, float stroke_px)
{
    const int w = ink.width_px, h = ink.height_px;
    const int error = reserve(cut, w, h);
    if (error)
        return error;
    measure_columns(ink, cut->costs); /* which has room for them until the paths are known */
    fill_tolls(ink, stroke_px, cut->costs, cut->tolls);
    fill_paths(cut->tolls, w, h, cut->costs, 1);
    fill_paths(cut->tolls, w, h, cut->costs + w * h, 0);
    const int all = fill_sums(ink, cut->sums), anchors = find_anchors(cut, w, h, stroke_px);
    const float digit = (float)all * DIGIT_WIDTH * (float)h / (float)w; /* ink of one, about */
    const int alike = (int)(ALIKE * digit), end = (int)(LEAST_INK * digit);
    int lefts[CUT_MOST_SEAMS]; /* ink to the left of each seam */
    cut->seam_count = 0;
    for (int i = 0; i < anchors && cut->seam_count < CUT_MOST_SEAMS; i++) {
        int16_t *const seam = cut->seams + cut->seam_count * h;
        trace(cut, w, h, cut->anchors[i].x, cut->anchors[i].y, seam);
        const int left = ink_left_of(cut, seam, w, h);
        if (left >= end && all - left >= end && !is_known(cut, seam, left, lefts, w, h, alike))
            lefts[cut->seam_count++] = left;
    }
    sort_seams(cut, h);
    return 0;
}

struct box cut_piece(const struct cut *cut, struct gray_view ink, int from, int to, struct gray_image piece)
{
    const int w = ink.width_px, h = ink.height_px;
    assert(0 <= from && from < to && to <= cut->seam_count + 1);
    int left = w, right = -1, top = h, bottom = -1;
    for (int y = 0; y < h; y++) {
        int first = from > 0 ? cut->seams[(from - 1) * h + y] : 0;
        int end = to <= cut->seam_count ? cut->seams[(to - 1) * h + y] : w;
        if (end < first)
            return (struct box){0, 0, 0, 0};
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        uint8_t *out = piece.pixels + (size_t)y * piece.stride_bytes;
        memset(out, 0, (size_t)w);
        for (int x = first; x < end; x++) {
            out[x] = row[x];
            if (row[x] >= INK) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y;
            }
        }
    }
    if (right < 0)
        return (struct box){0, 0, 0, 0};
    return (struct box){left, top, right - left + 1, bottom - top + 1};
}

void cut_release(struct cut *cut)
{
    free(cut->seams);
    free(cut->tolls);
    free(cut->costs);
    free(cut->sums);
    free(cut->anchors);
    *cut = (struct cut){0};
}
