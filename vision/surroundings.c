#include "vision/surroundings.h"

#include <string.h>

#include "vision/clones.h"
#include "vision/histogram.h"

#define RING_AGREE      60    /* percent of the surroundings that must look like paper */
#define CLEAR_RING      85    /* percent of it: where less lies outside of enclosures, a closer one is looked at */
#define BESIDE_GAP      0.35f /* of the height: letters of a word are nearer than this */
#define BESIDE_ROWS     0.25f /* of the height: a neighbour has ink in so many rows */
#define BESIDE_CONTRAST 0.5f  /* and of so much of the region's contrast */
#define GLANCES         8     /* pixels of each side looked at in a glance */
#define GLANCE_AGREE    0.35f /* of the ink's contrast: surroundings that differ less from the ink are no paper; half of it is what is wanted */
#define HALF_INK        5     /* a half of a region holds at least one in so many of its pixels */
#define SHADE_AGREE     0.7f  /* of the ink's contrast in a half: so much paper must differ from ink there */
#define BANDS           4     /* of a region, from top to bottom, in which its ink is looked at */
#define FULL_INK        200   /* of 255: a pixel that is ink through and through */

/* Is the pixel a part of what is drawn round digits? */
static inline bool is_drawn(const struct ink *in, int x, int y)
{
    return in->drawn.width_px > 0 && bit_at(in->drawn, x, y);
}

/* Counts the gray levels of pixel (x, y): of ink in `written`, others in `blank`; of an enclosure nowhere. */
static inline void count_level(const struct ink *in, int x, int y, int blank[256], int written[256])
{
    if (is_drawn(in, x, y))
        return;
    int *const histogram = bit_at(in->mask, x, y) ? written : blank;
    histogram[in->gray.pixels[(size_t)y * in->gray.stride_bytes + (size_t)x]]++;
}

/* Gray levels along a rectangle `margin` outside the box, where it lies within the picture. */
static void ring_levels(const struct ink *in, struct box b, int margin, int blank[256], int written[256])
{
    const int left = b.x - margin, right = b.x + b.w + margin - 1, top = b.y - margin,
              bottom = b.y + b.h + margin - 1;
    const int w = in->gray.width_px, h = in->gray.height_px;
    const int x0 = left < 0 ? 0 : left, x1 = right < w ? right + 1 : w;
    const int y0 = top < 0 ? 0 : top, y1 = bottom < h ? bottom + 1 : h;
    /* A corner is met from both of its sides. */
    for (int x = x0; x < x1 && top >= 0; x++)
        count_level(in, x, top, blank, written);
    for (int x = x0; x < x1 && bottom < h; x++)
        count_level(in, x, bottom, blank, written);
    for (int y = y0; y < y1 && left >= 0; y++)
        count_level(in, left, y, blank, written);
    for (int y = y0; y < y1 && right < w; y++)
        count_level(in, right, y, blank, written);
}

/* Share of the pixels round the region (up to `margin` outside its box) that are ink, but not its own. */
CLONED static float measure_clutter(const struct ink *in, struct box b, int area, int margin)
{
    const int x0 = b.x > margin ? b.x - margin : 0, y0 = b.y > margin ? b.y - margin : 0;
    const int x1 = b.x + b.w + margin < in->mask.width_px ? b.x + b.w + margin : in->mask.width_px;
    const int y1 = b.y + b.h + margin < in->mask.height_px ? b.y + b.h + margin : in->mask.height_px;
    int ink = 0;
    for (int word = x0 / 64; 64 * word < x1; word++) {
        const uint64_t *row = in->mask.words + (size_t)y0 * in->mask.stride_words + word;
        const uint64_t within = bits_between(word, x0, x1);
        for (int y = y0; y < y1; y++, row += in->mask.stride_words)
            ink += __builtin_popcountll(*row & within);
    }
    return ink > area ? (float)(ink - area) / (float)((x1 - x0) * (y1 - y0)) : 0; /* an enclosure is not in the mask */
}

/* Is there strong ink in columns x0 .. x1 - 1 of row y? */
static bool ink_in_row(const struct ink *in, int y, int x0, int x1, int strong)
{
    for (int word = x0 / 64; 64 * word < x1; word++)
        for (uint64_t bits = in->mask.words[(size_t)y * in->mask.stride_words + (size_t)word] &
                             bits_between(word, x0, x1);
             bits; bits &= bits - 1)
            if (ink_contrast(in, 64 * word + __builtin_ctzll(bits), y) >= strong)
                return true;
    return false;
}

/* Is there strong ink in many rows of the columns x0 .. x1 - 1, beside the region? A rule of the paper is in
 * few rows. */
static bool ink_beside(const struct ink *in, const struct patch *patch, int x0, int x1)
{
    const struct box b = patch->box;
    const int strong = (int)(BESIDE_CONTRAST * (float)patch->full);
    int rows = 0;
    x0 = x0 < 0 ? 0 : x0;
    x1 = x1 > in->mask.width_px ? in->mask.width_px : x1;
    for (int y = b.y + b.h / 10; y < b.y + b.h - b.h / 10; y++)
        rows += ink_in_row(in, y, x0, x1, strong);
    return (float)rows >= BESIDE_ROWS * (float)b.h;
}

/* Gray levels of the region's full ink in rows from .. to - 1. Returns how many pixels that is. */
static int count_ink(const struct patch *p, const struct ink *in, int from, int to, int histogram[256])
{
    const int least = (FULL_INK * p->full + 254) / 255; /* contrast that fills a pixel with so much ink */
    int total = 0;
    for (int y = from; y < to; y++)
        for (size_t i = 0; i < p->stride_words; i++) {
            const size_t at = (size_t)y * p->stride_words + i;
            const uint8_t *gray =
                in->gray.pixels + (size_t)(p->box.y + y) * in->gray.stride_bytes + (size_t)p->box.x + 64 * i;
            for (uint64_t bits = p->own[at] | p->rim[at]; bits; bits &= bits - 1) {
                const int x = __builtin_ctzll(bits);
                const bool full = p->contrast[64 * at + (size_t)x] >= least; /* counted, not branched on: nobody could guess it */
                histogram[gray[x]] += full;
                total += full;
            }
        }
    return total;
}

/* How far the gray levels of the middle 70 % lie apart. */
static int spread(const int histogram[256], int total)
{
    return histogram_percentile(histogram, total, 85) - histogram_percentile(histogram, total, 15);
}

/* Gray levels of all full ink, and how much they vary within each of a few bands of rows (the mean): ink that pales slowly
 * from top to bottom, in the glare of a lamp or where a shadow ends softly, is not grainy. Returns how many pixels it is. */
static int look_at_grain(const struct patch *p, const struct ink *in, int histogram[256], float *varies)
{
    int total = 0;
    float sum = 0;
    for (int k = 0; k < BANDS; k++) {
        int band[256] = {0};
        const int count = count_ink(p, in, p->box.h * k / BANDS, p->box.h * (k + 1) / BANDS, band);
        if (count == 0)
            continue;
        for (int level = 0; level < 256; level++)
            histogram[level] += band[level];
        sum += (float)spread(band, count) * (float)count;
        total += count;
    }
    *varies = total ? sum / (float)total : 0;
    return total;
}

/* Gray levels of own ink, its contrasts, and the gray levels round it, on one side of a line through the middle of a region. */
struct half {
    int ink[256], contrast[256], ring[256];
    int inks, seen;
};

/* Sorts the region's own pixels and the ring round it by the half they lie in: left and right, or above and below. */
static void sort_by_half(const struct patch *p, const struct ink *in, bool across, struct half halves[2])
{
    const struct box b = p->box;
    const int margin = 2 + b.h / 5, middle = across ? b.x + b.w / 2 : b.y + b.h / 2;
    for (int y = 0; y < b.h; y++)
        for (size_t i = 0; i < p->stride_words; i++)
            for (uint64_t bits = p->own[(size_t)y * p->stride_words + i]; bits; bits &= bits - 1) {
                const int x = 64 * (int)i + __builtin_ctzll(bits);
                struct half *const half = &halves[(across ? b.x + x : b.y + y) >= middle];
                half->ink[in->gray.pixels[(size_t)(b.y + y) * in->gray.stride_bytes + (size_t)(b.x + x)]]++;
                half->contrast[p->contrast[(size_t)y * p->stride_bytes + (size_t)x]]++;
                half->inks++;
            }
    for (int y = b.y - margin; y < b.y + b.h + margin; y++) {
        const bool whole = y == b.y - margin || y == b.y + b.h + margin - 1;
        for (int x = b.x - margin; x < b.x + b.w + margin; x += whole ? 1 : b.w + 2 * margin - 1) {
            if (x < 0 || y < 0 || x >= in->gray.width_px || y >= in->gray.height_px || is_drawn(in, x, y))
                continue;
            struct half *const half = &halves[(across ? x : y) >= middle];
            half->ring[in->gray.pixels[(size_t)y * in->gray.stride_bytes + (size_t)x]]++;
            half->seen++;
        }
    }
}

/* Does the edge of a shadow run through the region, so that each half differs from the paper on its own side as ink does, but
 * the ink in the light not from the paper in the shade? Both halves must hold a good part of the ink. *unrest receives how much
 * varies what lies round the halves, in units of their contrasts. */
static bool lies_half_in_shade(const struct patch *patch, const struct ink *ink, float *unrest)
{
    bool paper = false;
    for (int across = 0; across < 2 && !paper; across++) {
        struct half halves[2] = {0};
        sort_by_half(patch, ink, across, halves);
        paper = true;
        *unrest = 0;
        for (int k = 0; k < 2 && paper; k++) {
            const struct half *const h = &halves[k];
            if (h->inks * HALF_INK < halves[0].inks + halves[1].inks || h->seen == 0)
                return false;
            const int middle = histogram_percentile(h->ink, h->inks, 50);
            const int contrast = histogram_percentile(h->contrast, h->inks, 50);
            const int round = histogram_percentile(h->ring, h->seen, ink->light_on_dark ? RING_AGREE : 100 - RING_AGREE);
            paper = (float)(ink->light_on_dark ? middle - round : round - middle) > SHADE_AGREE * (float)contrast;
            *unrest += 0.5f * (float)spread(h->ring, h->seen) / (float)(contrast > 0 ? contrast : 1);
        }
    }
    return paper;
}

/* Fills the gray levels of the paper (`blank`) and of everything (`ring`) `margin` outside the box. Returns how many pixels
 * were seen; *papers of them are paper. */
static int look_round(const struct ink *in, struct box b, int margin, int blank[256], int ring[256], int *papers)
{
    int seen = 0;
    memset(blank, 0, 256 * sizeof *blank);
    memset(ring, 0, 256 * sizeof *ring);
    ring_levels(in, b, margin, blank, ring);
    *papers = 0;
    for (int level = 0; level < 256; level++) {
        *papers += blank[level];
        ring[level] += blank[level];
        seen += ring[level];
    }
    return seen;
}

bool surroundings_measure(const struct patch *patch, const struct ink *ink, struct surroundings *found)
{
    const struct box b = patch->box;
    const float contrast = (float)patch->full;
    int inside[256] = {0}, ring[256] = {0}, blank[256] = {0}, papers, seen;
    float varies;
    const int full = look_at_grain(patch, ink, inside, &varies);
    seen = look_round(ink, b, 2 + b.h / 5, blank, ring, &papers);
    if (ink->drawn.width_px > 0 && seen < 2 * (b.w + b.h) * CLEAR_RING / 100) /* within its enclosure, then */
        seen = look_round(ink, b, 2 + b.h / 16, blank, ring, &papers);
    if (full == 0 || seen == 0)
        return false;
    const int middle = histogram_percentile(inside, full, 50);
    const int paper = histogram_percentile(ring, seen, ink->light_on_dark ? RING_AGREE : 100 - RING_AGREE);
    found->unrest = (float)spread(ring, seen) / contrast;
    found->paper_unrest = papers ? (float)spread(blank, papers) / contrast : 0;
    if ((float)(ink->light_on_dark ? middle - paper : paper - middle) <= 0.5f * contrast) {
        float unrest;
        if (!lies_half_in_shade(patch, ink, &unrest))
            return false;
        found->unrest = found->paper_unrest = unrest;
    }
    const int gap = (int)(BESIDE_GAP * (float)b.h) + 1;
    found->clutter = measure_clutter(ink, b, patch->area, b.h * 2 / 5);
    found->ink_left = ink_beside(ink, patch, b.x - gap, b.x);
    found->ink_right = ink_beside(ink, patch, b.x + b.w, b.x + b.w + gap);
    found->grain = varies / contrast;
    return true;
}

/* Mean gray and contrast of the middles of the components' runs. */
static void look_at_ink(const struct ink *in, const struct components *components, const int *parts, int count,
                        float *gray, float *contrast)
{
    int grays = 0, contrasts = 0, seen = 0;
    for (int part = 0; part < count; part++)
        for (int i = components->items[parts[part]].first_run; i >= 0; i = components->runs[i].next) {
            const struct run run = components->runs[i];
            const int x = (run.first + run.end) / 2;
            grays += in->gray.pixels[(size_t)run.y * in->gray.stride_bytes + (size_t)x];
            contrasts += ink_contrast(in, x, run.y);
            seen++;
        }
    *gray = (float)grays / (float)seen;
    *contrast = (float)contrasts / (float)seen;
}

bool surroundings_glance(const struct ink *ink, const struct components *components, const int *parts, int count,
                         struct box box)
{
    const struct box b = box;
    const int margin = 2 + b.h / 5;
    const int left = b.x - margin, right = b.x + b.w + margin - 1, top = b.y - margin,
              bottom = b.y + b.h + margin - 1;
    float gray, contrast;
    look_at_ink(ink, components, parts, count, &gray, &contrast);
    int seen = 0, differ = 0;
    for (int k = 0; k < GLANCES; k++) {
        const int x = left + (right - left) * k / GLANCES, y = top + (bottom - top) * k / GLANCES;
        const int at[4][2] = {{x, top}, {right, y}, {right - (x - left), bottom}, {left, bottom - (y - top)}};
        for (int side = 0; side < 4; side++) {
            const int u = at[side][0], v = at[side][1];
            if (u < 0 || v < 0 || u >= ink->gray.width_px || v >= ink->gray.height_px || is_drawn(ink, u, v))
                continue;
            const float level = ink->gray.pixels[(size_t)v * ink->gray.stride_bytes + (size_t)u];
            differ += (ink->light_on_dark ? gray - level : level - gray) > GLANCE_AGREE * contrast;
            seen++;
        }
    }
    return 10 * differ >= 4 * seen;
}
