/* int8_neon.c - int8 sums with the NEON that every arm64 processor has: sixteen products in two instructions,
 * added up in two more. */
#if defined(__aarch64__)

#include "net/int8_arm.h"

static inline sums sums_dot(sums sum, bytes activations, bytes weights)
{
    const int16x8_t low = vmull_s8(vget_low_s8(activations), vget_low_s8(weights));
    const int16x8_t high = vmull_high_s8(activations, weights);
    return vpadalq_s16(sum, vpaddq_s16(low, high)); /* pairs: 2 * 127 * 127 fits into 16 bits */
}

#include "net/int8_tiles.h"

const struct int8_kernels int8_neon = {
    .packed_bytes = tiles_packed_bytes, .pack = tiles_pack, .sum = tiles_sum};

#else
/* ISO C wants a declaration in every file. */
typedef int int8_neon_needs_arm64;
#endif
