#include "vision/bits.h"

#include <string.h>

#include "vision/clones.h"

/* 64 x 64 bits in place: halves of blocks are exchanged, then halves of those (Warren: Hacker's Delight,
 * 7-3). */
static void turn_block(uint64_t block[64])
{
    uint64_t mask = UINT64_C(0x00000000ffffffff);
    for (int half = 32; half; half /= 2, mask ^= mask << half)
        for (int k = 0; k < 64; k = (k + half + 1) & ~half) {
            const uint64_t other = (block[k] >> half ^ block[k + half]) & mask;
            block[k] ^= other << half;
            block[k + half] ^= other;
        }
}

void bits_turn(struct bit_view from, struct bit_image to)
{
    for (int y = 0; y < from.height_px; y += 64)
        for (int x = 0; x < from.width_px; x += 64) {
            uint64_t block[64];
            for (int k = 0; k < 64; k++)
                block[k] = y + k < from.height_px
                               ? from.words[(size_t)(y + k) * from.stride_words + (size_t)x / 64]
                               : 0;
            turn_block(block);
            for (int k = 0; k < 64; k++)
                to.words[(size_t)(x + k) * to.stride_words + (size_t)y / 64] = block[k];
        }
}

enum { LANES = 4 }; /* words worked on together */

/* beside = the pixels left and right of those of `row`, words -1 and `words` of which are 0. */
CLONED_INLINE void find_beside(const uint64_t *restrict row, size_t words, uint64_t *restrict beside)
{
    const size_t whole = (words + LANES - 1) / LANES * LANES;
    for (size_t i = 0; i < whole; i++)
        beside[i] = row[i] << 1 | row[i] >> 1 | row[i - 1] >> 63 | row[i + 1] << 63;
}

CLONED_INLINE uint64_t without_specks(uint64_t row, uint64_t beside, uint64_t above, uint64_t beside_above,
                                      uint64_t below, uint64_t beside_below)
{
    return row & (beside | above | beside_above | below | beside_below);
}

CLONED void bits_drop_specks(struct bit_view from, struct bit_image to, uint64_t *room)
{
    const size_t words = bits_words(from.width_px), row_words = bits_speck_words(from.width_px);
    /* Two rows with blank words at their ends, and what is beside the pixels of three. */
    uint64_t *padded = room + LANES, *above = room + row_words, *here = above + row_words, *below = here + row_words;
    memset(room, 0, (BITS_SPECK_ROWS * row_words) * sizeof *room);
    if (from.height_px > 0) {
        memcpy(padded, from.words, words * sizeof *padded);
        find_beside(padded, words, here);
    }
    for (int y = 0; y < from.height_px; y++) {
        const uint64_t *row = from.words + (size_t)y * from.stride_words;
        const uint64_t *upper = y > 0 ? row - from.stride_words : row, *lower = row;
        uint64_t *restrict const out = to.words + (size_t)y * to.stride_words;
        if (y + 1 < from.height_px) {
            lower = row + from.stride_words;
            memcpy(padded, lower, words * sizeof *padded);
            find_beside(padded, words, below);
        } else {
            memset(below, 0, row_words * sizeof *below);
        }
        /* At the first and the last row `row` itself stands for the one that is missing; it is not beside itself. */
        const uint64_t up = y > 0 ? ~UINT64_C(0) : 0, down = y + 1 < from.height_px ? ~UINT64_C(0) : 0;
        CLONED_LOOP
        for (size_t i = 0; i < words; i++)
            out[i] = without_specks(row[i], here[i], upper[i] & up, above[i], lower[i] & down, below[i]);
        uint64_t *const next = above;
        above = here;
        here = below;
        below = next;
    }
}
