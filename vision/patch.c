#include "vision/patch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vision/clones.h"
#include "vision/histogram.h"

#define SHED_SHARE 0.30f /* of a region's strong contrast: paler than this is not its own stroke */
#define SHED_LEAST 0.92f /* of its box: less must remain for anything to be taken away */

static int reserve(struct patch *p, struct box box)
{
    p->stride_words = bits_words(box.w);
    p->stride_bytes = 64 * p->stride_words;
    const size_t words = p->stride_words * (size_t)box.h, bytes = p->stride_bytes * (size_t)box.h;
    const size_t needed = 2 * words * sizeof(uint64_t) + 2 * bytes;
    if (needed > p->capacity_bytes) {
        const size_t wished = needed + needed / 2;
        uint8_t *const memory = calloc(1, wished);
        if (!memory)
            return -ENOMEM;
        free(p->memory);
        p->memory = memory;
        p->capacity_bytes = wished;
    }
    p->own = (uint64_t *)(void *)p->memory;
    p->rim = p->own + words;
    p->contrast = (uint8_t *)(p->rim + words);
    p->ink = p->contrast + bytes;
    p->box = box;
    return 0;
}

static void paint_own(struct patch *p, const struct components *all, const int *parts, int count)
{
    memset(p->own, 0, p->stride_words * (size_t)p->box.h * sizeof *p->own);
    p->area = 0;
    for (int part = 0; part < count; part++) {
        p->area += all->items[parts[part]].area;
        for (int i = all->items[parts[part]].first_run; i >= 0; i = all->runs[i].next) {
            const struct run r = all->runs[i];
            bits_fill(p->own + (size_t)(r.y - p->box.y) * p->stride_words, r.first - p->box.x,
                      r.end - p->box.x);
        }
    }
}

/* Counts the contrasts of the region's own pixels. */
static void count_contrasts(const struct patch *p, int histogram[256])
{
    for (int y = 0; y < p->box.h; y++)
        for (size_t i = 0; i < p->stride_words; i++) {
            const uint8_t *contrast = p->contrast + (size_t)y * p->stride_bytes + 64 * i;
            for (uint64_t own = p->own[(size_t)y * p->stride_words + i]; own; own &= own - 1)
                histogram[contrast[__builtin_ctzll(own)]]++;
        }
}

/* Takes away the own pixels paler than `least` and makes the box the one round what remains; but only where
 * it becomes clearly smaller by that, for the ends of a pencil stroke are pale as well. Returns whether it
 * did. */
static bool shed_pale(struct patch *p, int least)
{
    const struct box b = p->box;
    int left = b.w, right = -1, top = -1, bottom = -1;
    for (int y = 0; y < b.h; y++)
        for (size_t i = 0; i < p->stride_words; i++) {
            const uint8_t *contrast = p->contrast + (size_t)y * p->stride_bytes + 64 * i;
            uint64_t strong = 0;
            for (uint64_t own = p->own[(size_t)y * p->stride_words + i]; own; own &= own - 1) {
                const int x = __builtin_ctzll(own);
                strong |= (uint64_t)(contrast[x] >= least) << x;
            }
            p->rim[(size_t)y * p->stride_words + i] = strong;
            if (!strong)
                continue;
            const int first = (int)(64 * i) + __builtin_ctzll(strong),
                      last = (int)(64 * i) + 63 - __builtin_clzll(strong);
            left = first < left ? first : left;
            right = last > right ? last : right;
            top = top < 0 ? y : top;
            bottom = y;
        }
    const int w = right - left + 1, h = bottom - top + 1;
    if (right < 0 || ((float)w > SHED_LEAST * (float)b.w && (float)h > SHED_LEAST * (float)b.h))
        return false;
    for (int y = 0; y < h; y++) { /* moves up and left only, so it can be done in place */
        uint8_t *const contrast = p->contrast + (size_t)y * p->stride_bytes;
        memmove(contrast, p->contrast + (size_t)(top + y) * p->stride_bytes + left, (size_t)w);
        const uint64_t *strong = p->rim + (size_t)(top + y) * p->stride_words;
        uint64_t *const own = p->own + (size_t)y * p->stride_words;
        for (size_t i = 0; i < p->stride_words; i++) {
            const size_t from = i + (size_t)left / 64;
            const uint64_t low = from < p->stride_words ? strong[from] : 0;
            const uint64_t high = from + 1 < p->stride_words ? strong[from + 1] : 0;
            own[i] = left % 64 ? low >> (left % 64) | high << (64 - left % 64) : low;
        }
    }
    p->box = (struct box){b.x + left, b.y + top, w, h};
    return true;
}

/* Number of pixel sides between own ink and anything else. */
CLONED static int edge_length(const uint64_t *own, size_t words, int h)
{
    int edge = 0;
    for (size_t i = 0; i < words; i++) {
        uint64_t above = 0;
        for (int y = 0; y < h; y++) {
            const uint64_t *row = own + (size_t)y * words;
            edge += __builtin_popcountll(row[i] ^ above);
            edge += __builtin_popcountll(row[i] ^ (row[i] << 1 | (i > 0 ? row[i - 1] >> 63 : 0)));
            above = row[i];
        }
        edge += __builtin_popcountll(above);
    }
    for (int y = 0; y < h; y++) /* a row that fills its last word ends there */
        edge += (int)(own[(size_t)y * words + words - 1] >> 63);
    return edge;
}

int patch_draw(struct patch *patch, const struct ink *ink, const struct components *components,
               const int *parts, int count, struct box box)
{
    struct patch *const p = patch;
    const int error = reserve(p, box);
    if (error)
        return error;
    paint_own(p, components, parts, count);
    /* Whole words of pixels are quicker than the box alone; where the picture ends before, the box has to do. */
    const int wide = (int)p->stride_bytes <= ink->gray.width_px - box.x ? (int)p->stride_bytes : box.w;
    ink_contrasts(ink, (struct box){box.x, box.y, wide, box.h},
                  (struct gray_image){p->contrast, wide, box.h, p->stride_bytes});
    int histogram[256] = {0};
    count_contrasts(p, histogram);
    const int strong = histogram_percentile(histogram, p->area, 85);
    const int least = (int)(SHED_SHARE * (float)strong);
    int pale = 0;
    for (int level = 0; level < least; level++)
        pale += histogram[level];
    if (pale > 0 && shed_pale(p, least)) {
        memset(histogram, 0, sizeof histogram);
        count_contrasts(p, histogram);
        p->area = 0;
        for (int level = 0; level < 256; level++)
            p->area += histogram[level];
    }
    /* Full ink is what most of the region's ink shows: the 60th percentile of its contrast. */
    p->full = histogram_percentile_from_top(histogram, p->area, 40);
    const int edge = edge_length(p->own, p->stride_words, p->box.h);
    p->stroke_px = 2.0f * (float)p->area / (0.85f * (float)edge); /* steps overstate a slanted edge */
    return 0;
}

/* The bits of 64 pixels from column x on, which may lie anywhere; those outside the picture are 0. */
static uint64_t bits_from(struct bit_view mask, int x, int y)
{
    const uint64_t *row = mask.words + (size_t)y * mask.stride_words;
    const size_t word = (size_t)x / 64, words = bits_words(mask.width_px);
    const uint64_t low = row[word], high = word + 1 < words ? row[word + 1] : 0;
    return x % 64 ? low >> (x % 64) | high << (64 - x % 64) : low;
}

/* Word `i` of a row of `words`, grown by one pixel to the left and right. */
static inline uint64_t grown(const uint64_t *row, size_t i, size_t words)
{
    const uint64_t from_left = i > 0 ? row[i - 1] >> 63 : 0, from_right = i + 1 < words ? row[i + 1] << 63 : 0;
    return row[i] | row[i] << 1 | row[i] >> 1 | from_left | from_right;
}

/* rim = own grown by one pixel in every direction, without own itself and without ink of others. */
void patch_find_rim(struct patch *patch, const struct ink *ink)
{
    struct patch *const p = patch;
    const struct box b = p->box;
    const size_t words = p->stride_words;
    for (size_t i = 0; i < words; i++) {
        const uint64_t within = bits_between((int)i, 0, b.w), *row = p->own;
        uint64_t above = 0, here = grown(row, i, words), *rim = p->rim + i;
        for (int y = 0; y < b.h; y++, row += words, rim += words) {
            const uint64_t below = y + 1 < b.h ? grown(row + words, i, words) : 0;
            const uint64_t written = bits_from(ink->mask, b.x + 64 * (int)i, b.y + y);
            *rim = (above | here | below) & ~written & ~row[i] & within;
            above = here;
            here = below;
        }
    }
}

/* Contrast as a share of full ink, in 64 pixels; 0 where `shown` has no bit. `inverse` is 65536 / full, rounded up: what
 * its product gives may be one too many. */
CLONED_INLINE void fill_64(const uint8_t *restrict contrast, uint64_t shown, uint16_t full, uint16_t inverse,
                           uint8_t *restrict ink)
{
    uint8_t kept[64];
    for (int k = 0; k < 8; k++) { /* each bit in a byte of its own */
        const uint64_t bits = (shown >> (8 * k) & 255) * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
        memcpy(kept + 8 * k, &bits, sizeof bits);
    }
    for (int k = 0; k < 64; k++) {
        const uint16_t inked = (uint16_t)((contrast[k] < full ? contrast[k] : full) * 255);
        const uint16_t about = (uint16_t)((uint32_t)inked * inverse >> 16);
        const uint16_t share = (uint16_t)(about - ((uint16_t)(about * full) > inked));
        ink[k] = (uint8_t)(kept[k] ? share : 0);
    }
}

CLONED void patch_fill(struct patch *patch)
{
    struct patch *const p = patch;
    const size_t blocks = p->stride_words * (size_t)p->box.h;
    const uint16_t full = (uint16_t)(p->full > 1 ? p->full : 2), inverse = (uint16_t)(65536 / full + 1);
    for (size_t i = 0; i < blocks; i++)
        fill_64(p->contrast + 64 * i, p->own[i] | p->rim[i], full, inverse, p->ink + 64 * i);
}

void patch_release(struct patch *patch)
{
    free(patch->memory);
    *patch = (struct patch){0};
}
