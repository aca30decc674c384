/* int8_dotprod.c - int8 sums with the dot products of arm64 (armv8.2 and later: Raspberry Pi 5, phones since
 * 2018): sixteen multiply-adds in one instruction. */
#if defined(__aarch64__)

#include "net/int8_arm.h"

static inline sums sums_dot(sums sum, bytes activations, bytes weights)
{
    return vdotq_s32(sum, activations, weights);
}

#include "net/int8_tiles.h"

const struct int8_kernels int8_dotprod = {
    .packed_bytes = tiles_packed_bytes, .pack = tiles_pack, .sum = tiles_sum};

#else
/* ISO C wants a declaration in every file. */
typedef int int8_dotprod_needs_arm64;
#endif
