#include "vision/cut.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STRAIGHT     0    /* cost of a seam's step straight down */
#define SLANTED      24   /* cost of a step down and aside, in gray levels of ink: a tenth of a full pixel */
#define MOST_STROKES 2.6f /* a seam may cross this many stroke widths of ink */
#define LEAST_APART  0.14f /* of the height: seams nearer than this are one */
#define INK          100  /* from here on a pixel belongs to a piece's box */
#define MARGIN       0.10f /* of the height: no seam this near to the region's ends */

static int reserve(struct cut *cut, int w, int h)
{
    const size_t costs = 2 * (size_t)w * (size_t)h;
    if (costs > cut->cost_capacity) {
        uint16_t *const larger = malloc(costs * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        free(cut->costs);
        cut->costs = larger;
        cut->cost_capacity = costs;
    }
    if (CUT_MOST_SEAMS * h > cut->seam_capacity) {
        int16_t *const seams = malloc((size_t)(CUT_MOST_SEAMS * h) * sizeof *seams);
        if (!seams)
            return -ENOMEM;
        free(cut->seams);
        cut->seams = seams;
        cut->seam_capacity = CUT_MOST_SEAMS * h;
    }
    return 0;
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

/* paths[y][x] = least cost of a path from the first row (`down`: the top; else the bottom) to (x, y), its pixels included. */
static void fill_paths(struct gray_view ink, uint16_t *paths, int down)
{
    const int w = ink.width_px, h = ink.height_px;
    for (int i = 0; i < h; i++) {
        const int y = down ? i : h - 1 - i;
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        for (int x = 0; x < w; x++) {
            uint16_t before = 0;
            if (i > 0)
                cheapest(paths + (down ? y - 1 : y + 1) * w, x, w, &before);
            paths[y * w + x] = add(before, row[x]);
        }
    }
}

/* Walks the cheapest path through (x, middle) up and down. */
static void trace(const struct cut *cut, struct gray_view ink, int x, int middle, int16_t *seam)
{
    const int w = ink.width_px, h = ink.height_px;
    const uint16_t *const from_top = cut->costs, *const from_bottom = cut->costs + w * h;
    uint16_t cost;
    seam[middle] = (int16_t)x;
    for (int y = middle - 1, at = x; y >= 0; y--) {
        at += cheapest(from_top + y * w, at, w, &cost);
        seam[y] = (int16_t)at;
    }
    for (int y = middle + 1, at = x; y < h; y++) {
        at += cheapest(from_bottom + y * w, at, w, &cost);
        seam[y] = (int16_t)at;
    }
}

int cut_find(struct cut *cut, struct gray_view ink, float stroke_px)
{
    const int w = ink.width_px, h = ink.height_px, middle = h / 2;
    const int error = reserve(cut, w, h);
    if (error)
        return error;
    uint16_t *const from_top = cut->costs, *const from_bottom = cut->costs + w * h;
    fill_paths(ink, from_top, 1);
    fill_paths(ink, from_bottom, 0);
    cut->seam_count = 0;

    /* Cheapest first, each far enough from those before; ties go to the left. */
    const int apart = (int)(LEAST_APART * (float)h) + 1, margin = (int)(MARGIN * (float)h) + 1;
    const int most = (int)(MOST_STROKES * stroke_px * 255);
    int places[CUT_MOST_SEAMS];
    while (cut->seam_count < CUT_MOST_SEAMS) {
        int best = -1, best_cost = most;
        for (int x = margin; x < w - margin; x++) {
            int free_place = 1;
            for (int k = 0; k < cut->seam_count; k++)
                free_place &= abs(places[k] - x) >= apart;
            const int cost = from_top[middle * w + x] + from_bottom[middle * w + x] -
                             ink.pixels[(size_t)middle * ink.stride_bytes + (size_t)x];
            if (free_place && cost < best_cost) {
                best = x;
                best_cost = cost;
            }
        }
        if (best < 0)
            break;
        int at = cut->seam_count++;
        for (; at > 0 && places[at - 1] > best; at--)
            places[at] = places[at - 1];
        places[at] = best;
    }
    for (int k = 0; k < cut->seam_count; k++)
        trace(cut, ink, places[k], middle, cut->seams + k * h);
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
    free(cut->costs);
    *cut = (struct cut){0};
}
