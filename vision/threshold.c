#include "vision/threshold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vision/clones.h"
#include "vision/edging.h"
#include "vision/ink_bits.h"
#include "vision/paper.h"

#define NEARBY       2  /* blocks of 4x4 pixels on each side in which the strongest contrast is looked for */
#define MOSTLY_BELOW 15 /* the contrast of most plain paper */
#define SAMPLED_ROWS 48 /* at least so many rows tell the noise */

enum {
    LANES = 64, /* bytes worked on together: rows have so many more than they need */
    ROWS = 6    /* needed to find one row's limits */
};

struct threshold {
    ink_bits_function *ink_bits;
    int width_px, height_px; /* largest so far, each way */
    uint8_t *memory;
    uint64_t *bits[2];
    uint8_t *most, *least, *paper[2]; /* of 2x2 blocks */
    uint8_t *strongest[2];            /* of 4x4 blocks */
    uint8_t *sample, *rows;
};

int threshold_create(struct threshold **threshold)
{
    *threshold = calloc(1, sizeof **threshold);
    if (!*threshold)
        return -ENOMEM;
    ink_bits_function *functions[INK_BITS_MOST];
    (*threshold)->ink_bits = functions[ink_bits_functions(functions) - 1];
    return 0;
}

void threshold_destroy(struct threshold *t)
{
    if (!t)
        return;
    free(t->memory);
    free(t);
}

static inline size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Bytes of a row of 2x2 blocks, with what may be read behind it. */
static inline size_t block_row(int width)
{
    return aligned(((size_t)width + 1) / 2 + INK_BITS_PAD_BYTES);
}

/* The same of 4x4 blocks. */
static inline size_t four_row(int width)
{
    return aligned(((size_t)width + 3) / 4 + LANES);
}

static inline int sample_step(int height)
{
    return 1 + height / SAMPLED_ROWS;
}

/* Lays the planes out in `memory`; returns how many bytes they take. With NULL it only counts. */
static size_t lay_out(struct threshold *t, uint8_t *memory, int w, int h)
{
    const size_t bits = aligned(bits_words(w) * sizeof(uint64_t) * (size_t)h);
    const size_t blocks = aligned(block_row(w) * (((size_t)h + 1) / 2));
    const size_t fours = four_row(w) * (((size_t)h + 3) / 4);
    const size_t sample = aligned((size_t)w * (size_t)(h / sample_step(h) + 1) + LANES);
    const size_t rows = ROWS * (block_row(w) + LANES);
    const struct {
        uint8_t **plane;
        size_t bytes;
    } planes[] = {{&t->most, blocks},     {&t->least, blocks},    {&t->paper[0], blocks},
                  {&t->paper[1], blocks}, {&t->strongest[0], fours}, {&t->strongest[1], fours},
                  {&t->sample, sample},   {&t->rows, rows}};
    size_t used = 2 * bits;
    for (size_t i = 0; i < sizeof planes / sizeof *planes; i++) {
        if (memory)
            *planes[i].plane = memory + used;
        used += planes[i].bytes;
    }
    if (memory) {
        t->bits[0] = (uint64_t *)(void *)memory;
        t->bits[1] = (uint64_t *)(void *)(memory + bits);
    }
    return used;
}

/* Room for a picture of w x h; that of larger ones before stays. */
static int reserve(struct threshold *t, int w, int h)
{
    const int most_w = w > t->width_px ? w : t->width_px, most_h = h > t->height_px ? h : t->height_px;
    if (most_w > t->width_px || most_h > t->height_px) {
        uint8_t *const memory = calloc(1, lay_out(t, NULL, most_w, most_h));
        if (!memory)
            return -ENOMEM;
        free(t->memory);
        t->memory = memory;
        t->width_px = most_w;
        t->height_px = most_h;
        lay_out(t, memory, most_w, most_h);
    }
    return 0;
}

CLONED_INLINE uint8_t difference(uint8_t a, uint8_t b)
{
    return (uint8_t)(a > b ? a - b : 0);
}

CLONED_INLINE uint8_t larger(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

/* LANES pixels from column x on. Each byte of `paper` is under two pixels; `odd`: the first of those of paper[0] lies
 * before the first one here. */
CLONED_INLINE void contrast_lanes(const uint8_t *restrict gray, const uint8_t *restrict paper, int odd, bool light,
                                  uint8_t *restrict out)
{
    uint8_t under[LANES];
    for (int k = 0; k < LANES / 2; k++) {
        const uint16_t both = (uint16_t)(paper[k] | paper[k + odd] << 8);
        memcpy(under + 2 * k, &both, sizeof both);
    }
    for (int k = 0; k < LANES; k++)
        out[k] = light ? difference(gray[k], under[k]) : difference(under[k], gray[k]);
}

CLONED_INLINE void contrasts(const struct ink *ink, struct box box, bool light, struct gray_image out)
{
    const int odd = box.x % 2;
    for (int v = 0; v < box.h; v++) {
        const int y = box.y + v;
        const uint8_t *gray = ink->gray.pixels + (size_t)y * ink->gray.stride_bytes + box.x;
        const uint8_t *paper = ink->paper.pixels + (size_t)(y / 2) * ink->paper.stride_bytes + box.x / 2;
        uint8_t *const row = out.pixels + (size_t)v * out.stride_bytes;
        int x = 0;
        for (; x + LANES <= box.w; x += LANES)
            contrast_lanes(gray + x, paper + x / 2, odd, light, row + x);
        for (; x < box.w; x++) {
            const uint8_t under = paper[(odd + x) / 2];
            row[x] = light ? difference(gray[x], under) : difference(under, gray[x]);
        }
    }
}

CLONED static void dark_contrasts(const struct ink *ink, struct box box, struct gray_image out)
{
    contrasts(ink, box, false, out);
}

CLONED static void light_contrasts(const struct ink *ink, struct box box, struct gray_image out)
{
    contrasts(ink, box, true, out);
}

void ink_contrasts(const struct ink *ink, struct box box, struct gray_image out)
{
    (ink->light_on_dark ? light_contrasts : dark_contrasts)(ink, box, out);
}

/* How many of the values are at most `level`. */
CLONED static int count_up_to(const uint8_t *restrict values, int count, uint8_t level)
{
    enum { MOST = 255 }; /* that a byte can count */
    int found = 0, i = 0;
    while (i + LANES <= count) {
        uint8_t in_lane[LANES] = {0};
        for (int n = 0; n < MOST && i + LANES <= count; n++, i += LANES)
            for (int k = 0; k < LANES; k++)
                in_lane[k] += values[i + k] <= level;
        for (int k = 0; k < LANES; k++)
            found += in_lane[k];
    }
    for (; i < count; i++)
        found += values[i] <= level;
    return found;
}

/* Contrast that plain paper shows by its noise alone. Most of a picture is paper (or texture, where it is as
 * well to be strict), so the median of the contrast is that of paper; a closing lies about 2 sigma above the
 * mean of noise. */
static int noise_level(const struct ink *ink, uint8_t *sample)
{
    const int w = ink->gray.width_px, h = ink->gray.height_px, step = sample_step(h);
    int count = 0;
    for (int y = step / 2; y < h; y += step) {
        ink_contrasts(ink, (struct box){0, y, w, 1}, (struct gray_image){sample + count, w, 1, (size_t)w});
        count += w;
    }
    const bool quiet = 2 * count_up_to(sample, count, MOSTLY_BELOW) >= count;
    int low = 0, high = quiet ? MOSTLY_BELOW : 255; /* the median lies between them */
    while (low < high) {
        const int middle = (low + high) / 2;
        if (2 * count_up_to(sample, count, (uint8_t)middle) >= count)
            high = middle;
        else
            low = middle + 1;
    }
    return 2 * low > 255 ? 255 : 2 * low;
}

/* The strongest contrast in two rows of 2x2 blocks: that of each four of them. An odd last column counts
 * twice. */
CLONED_INLINE void strongest_row(const uint8_t *restrict level, const uint8_t *restrict next_level,
                                 const uint8_t *restrict paper, const uint8_t *restrict next_paper, int count,
                                 bool light, uint8_t *restrict contrast, uint8_t *restrict four)
{
    for (int from = 0; from < count; from += LANES)
        for (int x = from; x < from + LANES; x++)
            contrast[x] = light ? larger(difference(level[x], paper[x]), difference(next_level[x], next_paper[x]))
                                : larger(difference(paper[x], level[x]), difference(next_paper[x], next_level[x]));
    contrast[count] = contrast[count - 1];
    for (int from = 0; 2 * from < count; from += LANES)
        for (int x = from; x < from + LANES; x++) {
            uint16_t both;
            memcpy(&both, contrast + 2 * x, sizeof both);
            const uint16_t a = both & 255, b = both >> 8;
            four[x] = (uint8_t)(a > b ? a : b);
        }
}

CLONED_INLINE void find_strongest(const struct threshold *t, struct gray_view level, struct gray_view paper,
                                  bool light)
{
    const size_t row_bytes = four_row(2 * level.width_px);
    for (int y = 0; y < level.height_px; y += 2) {
        const size_t upper = (size_t)y, lower = y + 1 < level.height_px ? upper + 1 : upper;
        strongest_row(level.pixels + upper * level.stride_bytes, level.pixels + lower * level.stride_bytes,
                      paper.pixels + upper * paper.stride_bytes, paper.pixels + lower * paper.stride_bytes,
                      level.width_px, light, t->rows, t->strongest[light] + (size_t)(y / 2) * row_bytes);
    }
}

CLONED static void find_strongest_dark(const struct threshold *t, struct gray_view level, struct gray_view paper)
{
    find_strongest(t, level, paper, false);
}

CLONED static void find_strongest_light(const struct threshold *t, struct gray_view level, struct gray_view paper)
{
    find_strongest(t, level, paper, true);
}

/* nearby[x] = the largest within NEARBY of block (x, y) of 4x4 pixels. `row` has room for count + 2 * LANES. */
CLONED_INLINE void nearby_row(const uint8_t *strongest, size_t row_bytes, int y, int count, int height,
                              uint8_t *restrict row, uint8_t *restrict nearby)
{
    const uint8_t *restrict in[2 * NEARBY + 1];
    for (int k = 0; k <= 2 * NEARBY; k++) {
        const int v = y + k - NEARBY;
        in[k] = strongest + (size_t)(v < 0 ? 0 : v < height ? v : height - 1) * row_bytes;
    }
    uint8_t *restrict const here = row + NEARBY;
    memset(row, 0, NEARBY);
    for (int from = 0; from < count; from += LANES)
        for (int x = from; x < from + LANES; x++)
            here[x] = larger(larger(larger(in[0][x], in[1][x]), larger(in[2][x], in[3][x])), in[4][x]);
    memset(here + count, 0, LANES);
    for (int from = 0; from < count; from += LANES)
        for (int x = from; x < from + LANES; x++)
            nearby[x] = larger(larger(larger(row[x], row[x + 1]), larger(row[x + 2], row[x + 3])), row[x + 4]);
}
_Static_assert(NEARBY == 2, "five blocks each way");

/* The least contrast of ink in a row of 2x2 blocks: above `floor`, and at least THRESHOLD_SHARE of what is nearby. */
CLONED_INLINE void least_row(const uint8_t *restrict nearby, int count, uint8_t floor, uint8_t *restrict least)
{
    for (int from = 0; 2 * from < count; from += LANES)
        for (int x = from; x < from + LANES; x++) {
            const uint8_t share = difference((uint8_t)(nearby[x] * THRESHOLD_SHARE >> 8), 1);
            const uint16_t both = (uint16_t)(larger(share, floor) * 257);
            memcpy(least + 2 * x, &both, sizeof both);
        }
}

/* The gray levels from which on a row of 2x2 blocks is ink: darker than darkest[x], lighter than lightest[x]. */
CLONED_INLINE void limit_row(const uint8_t *restrict paper, const uint8_t *restrict least, int count, bool light,
                             uint8_t *restrict limit)
{
    for (int from = 0; from < count; from += LANES)
        for (int x = from; x < from + LANES; x++)
            limit[x] = light ? (uint8_t)(255 - difference(255 - paper[x], least[x])) : difference(paper[x], least[x]);
}

/* The limits of a row of 2x2 blocks, and for an even row what of them the next one shares. */
CLONED_INLINE void find_limits(const struct threshold *t, const struct ink *ink, int y, uint8_t floor, bool light,
                               uint8_t *restrict least, uint8_t *restrict limit)
{
    const int count = ink->paper.width_px;
    uint8_t *const row = t->rows, *const nearby = row + block_row(2 * count) + LANES;
    if (y % 2 == 0) {
        nearby_row(t->strongest[light], four_row(2 * count), y / 2, (count + 1) / 2, (ink->paper.height_px + 1) / 2,
                   row, nearby);
        least_row(nearby, count, floor, least);
    }
    limit_row(ink->paper.pixels + (size_t)y * ink->paper.stride_bytes, least, count, light, limit);
}

CLONED static void find_dark_limits(const struct threshold *t, const struct ink *ink, int y, uint8_t floor,
                                    uint8_t *restrict least, uint8_t *restrict limit)
{
    find_limits(t, ink, y, floor, false, least, limit);
}

CLONED static void find_light_limits(const struct threshold *t, const struct ink *ink, int y, uint8_t floor,
                                     uint8_t *restrict least, uint8_t *restrict limit)
{
    find_limits(t, ink, y, floor, true, least, limit);
}

/* Writes both masks, two rows of pixels at a time. */
static void find_masks(const struct threshold *t, struct gray_view gray, int floor, const struct ink ink[2])
{
    const size_t row = block_row(gray.width_px) + LANES, words = bits_words(gray.width_px);
    uint8_t *const least[2] = {t->rows + 2 * row, t->rows + 3 * row};
    uint8_t *const limit[2] = {t->rows + 4 * row, t->rows + 5 * row};
    const uint8_t dark_floor = (uint8_t)(ink[0].noise > floor ? ink[0].noise : floor);
    const uint8_t light_floor = (uint8_t)(ink[1].noise > floor ? ink[1].noise : floor);
    for (int y = 0; y < gray.height_px; y++) {
        if (y % 2 == 0) {
            find_dark_limits(t, &ink[0], y / 2, dark_floor, least[0], limit[0]);
            find_light_limits(t, &ink[1], y / 2, light_floor, least[1], limit[1]);
        }
        t->ink_bits(gray.pixels + (size_t)y * gray.stride_bytes, limit[0], limit[1], gray.width_px,
                    t->bits[0] + (size_t)y * words, t->bits[1] + (size_t)y * words);
    }
}

int threshold_run(struct threshold *threshold, struct gray_view gray, int floor, struct gray_image half,
                  struct ink ink[2])
{
    struct threshold *const t = threshold;
    const int w = gray.width_px, h = gray.height_px;
    const int error = reserve(t, w, h);
    if (error)
        return error;
    const size_t stride = block_row(w), words = bits_words(w);
    const struct gray_image most = {t->most, (w + 1) / 2, (h + 1) / 2, stride};
    const struct gray_image least = {t->least, (w + 1) / 2, (h + 1) / 2, stride};
    paper_pool(gray, most, least, half);
    for (int light = 0; light < 2; light++) {
        const struct gray_image paper = {t->paper[light], (w + 1) / 2, (h + 1) / 2, stride};
        paper_estimate(light ? gray_image_view(&least) : gray_image_view(&most), paper, light);
        ink[light] = (struct ink){.gray = gray,
                                  .paper = gray_image_view(&paper),
                                  .light_on_dark = light,
                                  .mask = {t->bits[light], w, h, words}};
        ink[light].noise = noise_level(&ink[light], t->sample);
    }
    find_strongest_dark(t, gray_image_view(&least), ink[0].paper);
    find_strongest_light(t, gray_image_view(&most), ink[1].paper);
    find_masks(t, gray, floor, ink);
    for (int light = 0; light < 2; light++)
        ink[light].inside = edging_clear((struct bit_image){t->bits[light], w, h, words});
    return 0;
}
