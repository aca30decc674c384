#include "vision/threshold.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vision/clones.h"

#define COLUMNS 64 /* columns of a vertical pass worked on together: one cache line a row */

struct threshold {
    size_t capacity_px; /* pixels each plane can hold */
    size_t scratch_bytes;
    uint8_t *contrast, *mask, *scratch;
};

CLONED_INLINE uint8_t extreme(uint8_t a, uint8_t b, bool largest)
{
    return largest ? (a > b ? a : b) : (a < b ? a : b);
}

/* values[i] = extreme of values[i .. i + window - 1] for i < count; values has count + window - 1 entries.
 * Doubling (van Herk's idea with log2 steps): each step widens the window, in place, since later entries are
 * read before they change. */
CLONED_INLINE void slide(uint8_t *values, int count, int window, bool largest)
{
    int reached = 1;
    while (reached < window) {
        const int step = reached * 2 <= window ? reached : window - reached;
        const int length = count + window - reached - step;
        CLONED_LOOP
        for (int i = 0; i < length; i++)
            values[i] = extreme(values[i], values[i + step], largest);
        reached += step;
    }
}

CLONED_INLINE void slide_rows(uint8_t (*rows)[COLUMNS], int count, int window, bool largest)
{
    int reached = 1;
    while (reached < window) {
        const int step = reached * 2 <= window ? reached : window - reached;
        const int length = count + window - reached - step;
        for (int y = 0; y < length; y++) {
            uint8_t *restrict to = rows[y];
            const uint8_t *restrict from = rows[y + step];
            for (int x = 0; x < COLUMNS; x++)
                to[x] = extreme(to[x], from[x], largest);
        }
        reached += step;
    }
}

size_t threshold_scratch_bytes(int width_px, int height_px, int radius_px)
{
    const size_t row = (size_t)width_px + 2 * (size_t)radius_px;
    const size_t block = ((size_t)height_px + 2 * (size_t)radius_px) * COLUMNS;
    return row > block ? row : block;
}

CLONED_INLINE void horizontal(struct gray_view in, struct gray_image out, int radius, bool largest, uint8_t *row)
{
    for (int y = 0; y < in.height_px; y++) {
        const uint8_t *from = in.pixels + (size_t)y * in.stride_bytes;
        memset(row, from[0], (size_t)radius);
        memcpy(row + radius, from, (size_t)in.width_px);
        memset(row + radius + in.width_px, from[in.width_px - 1], (size_t)radius);
        slide(row, in.width_px, 2 * radius + 1, largest);
        memcpy(out.pixels + (size_t)y * out.stride_bytes, row, (size_t)in.width_px);
    }
}

CLONED_INLINE void vertical(struct gray_image image, int radius, bool largest, uint8_t *scratch)
{
    uint8_t(*rows)[COLUMNS] = (uint8_t(*)[COLUMNS])scratch;
    for (int x = 0; x < image.width_px; x += COLUMNS) {
        const size_t n = image.width_px - x < COLUMNS ? (size_t)(image.width_px - x) : COLUMNS;
        for (int y = -radius; y < image.height_px + radius; y++) {
            const int inside = y < 0 ? 0 : y >= image.height_px ? image.height_px - 1 : y;
            memcpy(rows[y + radius], image.pixels + (size_t)inside * image.stride_bytes + x, n);
        }
        slide_rows(rows, image.height_px, 2 * radius + 1, largest);
        for (int y = 0; y < image.height_px; y++)
            memcpy(image.pixels + (size_t)y * image.stride_bytes + x, rows[y], n);
    }
}

/* Two copies, so that each loop has one comparison. */
CLONED static void local_largest(struct gray_view in, struct gray_image out, int radius, uint8_t *scratch)
{
    horizontal(in, out, radius, true, scratch);
    vertical(out, radius, true, scratch);
}

CLONED static void local_smallest(struct gray_view in, struct gray_image out, int radius, uint8_t *scratch)
{
    horizontal(in, out, radius, false, scratch);
    vertical(out, radius, false, scratch);
}

void threshold_local_extreme(struct gray_view in, struct gray_image out, int radius_px, bool largest, uint8_t *scratch)
{
    assert(radius_px >= 1 && in.width_px == out.width_px && in.height_px == out.height_px);
    (largest ? local_largest : local_smallest)(in, out, radius_px, scratch);
}

int threshold_create(struct threshold **threshold)
{
    *threshold = calloc(1, sizeof **threshold);
    return *threshold ? 0 : -ENOMEM;
}

void threshold_destroy(struct threshold *threshold)
{
    if (!threshold)
        return;
    free(threshold->contrast);
    free(threshold->mask);
    free(threshold->scratch);
    free(threshold);
}

static int reserve(struct threshold *t, size_t pixels, size_t scratch_bytes)
{
    if (pixels > t->capacity_px) {
        uint8_t *const contrast = malloc(pixels), *const mask = malloc(pixels);
        if (!contrast || !mask) {
            free(contrast);
            free(mask);
            return -ENOMEM;
        }
        free(t->contrast);
        free(t->mask);
        t->contrast = contrast;
        t->mask = mask;
        t->capacity_px = pixels;
    }
    if (scratch_bytes > t->scratch_bytes) {
        uint8_t *const scratch = calloc(1, scratch_bytes); /* columns past the edge are compared, never kept */
        if (!scratch)
            return -ENOMEM;
        free(t->scratch);
        t->scratch = scratch;
        t->scratch_bytes = scratch_bytes;
    }
    return 0;
}

/* contrast = |paper - gray|; both have the ink's polarity, so the sign is known. */
CLONED static void subtract(struct gray_view gray, struct gray_image paper, bool light_on_dark)
{
    for (int y = 0; y < gray.height_px; y++) {
        const uint8_t *restrict g = gray.pixels + (size_t)y * gray.stride_bytes;
        uint8_t *restrict p = paper.pixels + (size_t)y * paper.stride_bytes;
        if (light_on_dark)
            for (int x = 0; x < gray.width_px; x++)
                p[x] = (uint8_t)(g[x] - p[x]);
        else
            for (int x = 0; x < gray.width_px; x++)
                p[x] = (uint8_t)(p[x] - g[x]);
    }
}

/* Contrast that plain paper shows by its noise alone. Most of a picture is paper (or texture, where it is as well to
 * be strict), so the median of the contrast is that of paper; a closing lies about 2 sigma above the mean of noise. */
static int noise_level(struct gray_view contrast)
{
    uint32_t histogram[256] = {0};
    const int step = 1 + contrast.height_px / 256; /* a few hundred rows tell enough */
    uint32_t total = 0;
    for (int y = step / 2; y < contrast.height_px; y += step) {
        const uint8_t *row = contrast.pixels + (size_t)y * contrast.stride_bytes;
        for (int x = 0; x < contrast.width_px; x++)
            histogram[row[x]]++;
        total += (uint32_t)contrast.width_px;
    }
    uint32_t below = 0;
    for (int level = 0; level < 256; level++) {
        below += histogram[level];
        if (2 * below >= total)
            return 2 * level;
    }
    return 0;
}

CLONED static void compare(struct gray_view contrast, struct gray_image mask, int floor)
{
    for (int y = 0; y < contrast.height_px; y++) {
        const uint8_t *restrict c = contrast.pixels + (size_t)y * contrast.stride_bytes;
        uint8_t *restrict m = mask.pixels + (size_t)y * mask.stride_bytes; /* holds the strongest contrast nearby */
        for (int x = 0; x < contrast.width_px; x++) {
            const int share = m[x] * THRESHOLD_SHARE / 100;
            m[x] = c[x] > floor && c[x] >= share;
        }
    }
}

int threshold_run(struct threshold *threshold, struct gray_view gray, bool light_on_dark, struct gray_view *contrast,
                  struct gray_view *mask, int *noise)
{
    const int w = gray.width_px, h = gray.height_px;
    const int error =
        reserve(threshold, (size_t)w * (size_t)h, threshold_scratch_bytes(w, h, THRESHOLD_RADIUS_PX));
    if (error)
        return error;
    const struct gray_image top = {threshold->contrast, w, h, (size_t)w};
    const struct gray_image ink = {threshold->mask, w, h, (size_t)w};

    /* Closing for dark ink: the largest nearby, then the smallest of those. Opening for light ink: the reverse. */
    threshold_local_extreme(gray, top, THRESHOLD_RADIUS_PX, !light_on_dark, threshold->scratch);
    threshold_local_extreme(gray_image_view(&top), top, THRESHOLD_RADIUS_PX, light_on_dark, threshold->scratch);
    subtract(gray, top, light_on_dark);
    *contrast = gray_image_view(&top);

    const int level = noise_level(*contrast);
    threshold_local_extreme(*contrast, ink, THRESHOLD_RADIUS_PX, true, threshold->scratch);
    compare(*contrast, ink, level > THRESHOLD_FLOOR ? level : THRESHOLD_FLOOR);
    *mask = gray_image_view(&ink);
    if (noise)
        *noise = level;
    return 0;
}
