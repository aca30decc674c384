#include "vision/threshold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vision/clones.h"
#include "vision/ink_bits.h"
#include "vision/paper.h"

#define NEARBY       2  /* blocks of 4x4 pixels on each side in which the strongest contrast is looked for */
#define SAMPLED_ROWS 48 /* at least so many rows tell the noise */

struct threshold {
    ink_bits_function *ink_bits;
    int width_px, height_px; /* largest so far, each way */
    uint8_t *memory;
    uint64_t *bits[2];
    uint8_t *most, *least, *paper[2]; /* of 2x2 blocks */
    uint8_t *strongest, *nearby;      /* of 4x4 blocks */
    uint8_t *sample, *scratch;
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

static inline int sample_step(int height)
{
    return 1 + height / SAMPLED_ROWS;
}

/* Lays the planes out in `memory`; returns how many bytes they take. With NULL it only counts. */
static size_t lay_out(struct threshold *t, uint8_t *memory, int w, int h)
{
    const size_t bits = aligned(bits_words(w) * sizeof(uint64_t) * (size_t)h);
    const size_t blocks = aligned(block_row(w) * (((size_t)h + 1) / 2));
    const size_t fours = aligned(((size_t)w + 3) / 4 * (((size_t)h + 3) / 4));
    const size_t sample = aligned((size_t)w * (size_t)(h / sample_step(h) + 1));
    const size_t scratch = paper_scratch_bytes((w + 1) / 2) + 4 * block_row(w);
    const struct {
        uint8_t **plane;
        size_t bytes;
    } planes[] = {{&t->most, blocks},     {&t->least, blocks},    {&t->paper[0], blocks},
                  {&t->paper[1], blocks}, {&t->strongest, fours}, {&t->nearby, fours},
                  {&t->sample, sample},   {&t->scratch, scratch}};
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

enum { CHUNK = 128 }; /* pixels worked on together */

/* Each of `count` bytes twice. */
CLONED_INLINE void twice(const uint8_t *restrict bytes, int count, uint8_t *restrict out)
{
    for (int x = 0; x < count; x++) {
        const uint16_t both = (uint16_t)(bytes[x] * 257);
        memcpy(out + 2 * x, &both, sizeof both);
    }
}

CLONED_INLINE void contrast_chunk(const uint8_t *restrict gray, const uint8_t *restrict paper, int count,
                                  bool light, uint8_t *restrict out)
{
    if (light)
        for (int x = 0; x < count; x++)
            out[x] = difference(gray[x], paper[x]);
    else
        for (int x = 0; x < count; x++)
            out[x] = difference(paper[x], gray[x]);
}

CLONED void ink_contrasts(const struct ink *ink, struct box box, struct gray_image out)
{
    uint8_t under[CHUNK + 2];
    for (int v = 0; v < box.h; v++) {
        const int y = box.y + v, odd = box.x % 2;
        const uint8_t *gray = ink->gray.pixels + (size_t)y * ink->gray.stride_bytes + box.x;
        const uint8_t *paper = ink->paper.pixels + (size_t)(y / 2) * ink->paper.stride_bytes + box.x / 2;
        uint8_t *const row = out.pixels + (size_t)v * out.stride_bytes;
        for (int x = 0; x < box.w; x += CHUNK) {
            const int count = box.w - x < CHUNK ? box.w - x : CHUNK;
            twice(paper + x / 2, (odd + count + 1) / 2, under);
            contrast_chunk(gray + x, under + odd, count, ink->light_on_dark, row + x);
        }
    }
}

CLONED static int count_up_to(const uint8_t *values, int count, uint8_t level)
{
    int found = 0;
    for (int i = 0; i < count; i++)
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
    int low = 0, high = 255; /* the median lies between them */
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
                                 bool light, uint8_t *restrict four, uint8_t *restrict contrast)
{
    if (light)
        for (int x = 0; x < count; x++)
            contrast[x] = larger(difference(level[x], paper[x]), difference(next_level[x], next_paper[x]));
    else
        for (int x = 0; x < count; x++)
            contrast[x] = larger(difference(paper[x], level[x]), difference(next_paper[x], next_level[x]));
    contrast[count] = contrast[count - 1];
    for (int x = 0; x < (count + 1) / 2; x++) {
        uint16_t both;
        memcpy(&both, contrast + 2 * x, sizeof both);
        const uint16_t a = both & 255, b = both >> 8;
        four[x] = (uint8_t)(a > b ? a : b);
    }
}

/* out = the largest within NEARBY of each value of `in`. */
CLONED_INLINE void spread(const uint8_t *in, int w, int h, uint8_t *restrict row, uint8_t *restrict out)
{
    for (int y = 0; y < h; y++) {
        const int above = y > NEARBY ? y - NEARBY : 0, below = y + NEARBY < h ? y + NEARBY : h - 1;
        memset(row, 0, NEARBY);
        memcpy(row + NEARBY, in + (size_t)above * (size_t)w, (size_t)w);
        memset(row + NEARBY + w, 0, NEARBY);
        for (int v = above + 1; v <= below; v++) {
            const uint8_t *from = in + (size_t)v * (size_t)w;
            for (int x = 0; x < w; x++)
                row[NEARBY + x] = larger(row[NEARBY + x], from[x]);
        }
        for (int x = 0; x < w; x++)
            out[(size_t)y * (size_t)w + (size_t)x] =
                larger(larger(larger(row[x], row[x + 1]), larger(row[x + 2], row[x + 3])), row[x + 4]);
    }
}

CLONED_INLINE void find_nearby(struct gray_view level, struct gray_view paper, bool light,
                               struct threshold *t)
{
    const int w = (level.width_px + 1) / 2, h = (level.height_px + 1) / 2;
    for (int y = 0; y < h; y++) {
        const size_t upper = (size_t)(2 * y), lower = 2 * y + 1 < level.height_px ? upper + 1 : upper;
        strongest_row(level.pixels + upper * level.stride_bytes, level.pixels + lower * level.stride_bytes,
                      paper.pixels + upper * paper.stride_bytes, paper.pixels + lower * paper.stride_bytes,
                      level.width_px, light, t->strongest + (size_t)y * (size_t)w, t->scratch);
    }
    spread(t->strongest, w, h, t->scratch, t->nearby);
}

CLONED static void find_nearby_dark(struct gray_view level, struct gray_view paper, struct threshold *t)
{
    find_nearby(level, paper, false, t);
}

CLONED static void find_nearby_light(struct gray_view level, struct gray_view paper, struct threshold *t)
{
    find_nearby(level, paper, true, t);
}

/* Gray levels from which on a row of 2x2 blocks is ink: below (light: above) limit[x]. Ink has a contrast
 * above `floor` and of at least THRESHOLD_SHARE of what is nearby. */
CLONED static void limit_row(const uint8_t *restrict paper, const uint8_t *restrict nearby, int count,
                             uint8_t floor, bool light, uint8_t *restrict least, uint8_t *restrict limit)
{
    uint8_t *restrict const share = least + count + 1;
    for (int x = 0; x < (count + 1) / 2; x++)
        share[x] = larger(difference((uint8_t)(nearby[x] * THRESHOLD_SHARE >> 8), 1), floor);
    twice(share, (count + 1) / 2, least);
    if (light)
        for (int x = 0; x < count; x++)
            limit[x] = (uint8_t)(255 - difference(255 - paper[x], least[x]));
    else
        for (int x = 0; x < count; x++)
            limit[x] = difference(paper[x], least[x]);
}

/* Writes one polarity's limits of every row of 2x2 blocks over its darkest or lightest pixels, which are not
 * needed any more. */
static void find_limits(struct threshold *t, const struct ink *ink, int least_contrast,
                        struct gray_image level)
{
    const int floor = ink->noise > least_contrast ? ink->noise : least_contrast;
    const size_t fours = ((size_t)level.width_px + 1) / 2;
    (ink->light_on_dark ? find_nearby_light : find_nearby_dark)(gray_image_view(&level), ink->paper, t);
    for (int y = 0; y < level.height_px; y++)
        limit_row(ink->paper.pixels + (size_t)y * ink->paper.stride_bytes,
                  t->nearby + (size_t)(y / 2) * fours, level.width_px, (uint8_t)floor, ink->light_on_dark,
                  t->scratch, level.pixels + (size_t)y * level.stride_bytes);
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
        paper_estimate(light ? gray_image_view(&least) : gray_image_view(&most), paper, light, t->scratch);
        ink[light] = (struct ink){.gray = gray,
                                  .paper = gray_image_view(&paper),
                                  .light_on_dark = light,
                                  .mask = {t->bits[light], w, h, words}};
        ink[light].noise = noise_level(&ink[light], t->sample);
    }
    find_limits(t, &ink[0], floor, least);
    find_limits(t, &ink[1], floor, most);
    for (int y = 0; y < h; y++) {
        const size_t block = (size_t)(y / 2) * stride, row = (size_t)y * words;
        t->ink_bits(gray.pixels + (size_t)y * gray.stride_bytes, t->least + block, t->most + block, w,
                    t->bits[0] + row, t->bits[1] + row);
    }
    return 0;
}
