/* bits.h - black and white pictures, one bit a pixel: pixel x is bit x % 64 of word x / 64 of its row. */
#ifndef DIGITCAM_VISION_BITS_H
#define DIGITCAM_VISION_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view into somebody else's picture. Row y begins at words + y * stride_words; the bits past its width are
 * 0. */
struct bit_view {
    const uint64_t *words;
    int width_px, height_px;
    size_t stride_words; /* at least bits_words(width_px) */
};

/* The same, writable. */
struct bit_image {
    uint64_t *words;
    int width_px, height_px;
    size_t stride_words;
};

static inline size_t bits_words(int width_px)
{
    return ((size_t)width_px + 63) / 64;
}

static inline struct bit_view bit_image_view(const struct bit_image *image)
{
    return (struct bit_view){image->words, image->width_px, image->height_px, image->stride_words};
}

static inline bool bit_at(struct bit_view view, int x, int y)
{
    return view.words[(size_t)y * view.stride_words + (size_t)x / 64] >> (x % 64) & 1;
}

/* The bits of word `word` that lie in columns x0 .. x1 - 1. */
static inline uint64_t bits_between(int word, int x0, int x1)
{
    const int first = x0 - 64 * word, end = x1 - 64 * word;
    if (first >= 64 || end <= 0)
        return 0;
    const uint64_t from = first > 0 ? ~UINT64_C(0) << first : ~UINT64_C(0);
    const uint64_t to = end < 64 ? ~(~UINT64_C(0) << end) : ~UINT64_C(0);
    return from & to;
}

/* Sets pixels x0 .. x1 - 1 of a row. */
static inline void bits_fill(uint64_t *row, int x0, int x1)
{
    for (int word = x0 / 64; word * 64 < x1; word++)
        row[word] |= bits_between(word, x0, x1);
}

/* Clears pixels x0 .. x1 - 1 of a row. */
static inline void bits_clear(uint64_t *row, int x0, int x1)
{
    for (int word = x0 / 64; word * 64 < x1; word++)
        row[word] &= ~bits_between(word, x0, x1);
}

/* to = from without the pixels that have none beside them, not even across a corner. Both have the same size; `room` is
 * BITS_SPECK_ROWS * bits_speck_words(width) words. */
#define BITS_SPECK_ROWS 4
static inline size_t bits_speck_words(int width_px)
{
    return (bits_words(width_px) + 3) / 4 * 4 + 8;
}
void bits_drop_specks(struct bit_view from, struct bit_image to, uint64_t *room);

/* Pixel (x, y) of `to` becomes pixel (y, x) of `from`. `to` has the exchanged size, and room for rows up to
 * the next multiple of 64. */
void bits_turn(struct bit_view from, struct bit_image to);

#endif
