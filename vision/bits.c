#include "vision/bits.h"

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
