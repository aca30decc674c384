/* int8_arm.h - vectors of four lanes for net/int8_tiles.h on arm64, all but the dot product. Only for
 * net/int8_*.c. */
#include <arm_neon.h>
#include <string.h>

#include "net/kernels.h"

enum { LANES = 4 };
#define MAX_SUMS 24 /* of 32 registers */
typedef int32x4_t sums;
typedef int8x16_t bytes; /* activations are 0..127: as signed as weights */

static inline sums sums_load(const void *from)
{
    return vld1q_s32(from);
}

static inline bytes bytes_load(const void *from)
{
    return vld1q_s8(from);
}

static inline bytes bytes_repeat(const uint8_t *from)
{
    int32_t four;
    memcpy(&four, from, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

static inline sums sums_max(sums a, sums b)
{
    return vmaxq_s32(a, b);
}

static inline void sums_store(void *to, sums sum)
{
    memcpy(to, &sum, sizeof sum);
}

static inline void sums_requantise(void *to, sums sum, sums multiplier)
{
    const uint32x4_t positive = vreinterpretq_u32_s32(vmaxq_s32(sum, vdupq_n_s32(0)));
    const uint32x4_t factor = vreinterpretq_u32_s32(multiplier);
    const uint64x2_t low = vmull_u32(vget_low_u32(positive), vget_low_u32(factor));
    const uint64x2_t high = vmull_high_u32(positive, factor);
    const uint32x4_t scaled = vuzp2q_u32(vreinterpretq_u32_u64(low), vreinterpretq_u32_u64(high));
    const uint32x4_t least = vminq_u32(scaled, vdupq_n_u32(INT8_MAX_ACTIVATION));
    const uint16x4_t words = vmovn_u32(least);
    const uint8x8_t four = vmovn_u16(vcombine_u16(words, words));
    const uint32_t bits = vget_lane_u32(vreinterpret_u32_u8(four), 0);
    memcpy(to, &bits, sizeof bits);
}
