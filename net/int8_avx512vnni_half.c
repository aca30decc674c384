/* int8_avx512vnni_half.c - int8 sums with VNNI in half a vector: for layers of so few outputs that a whole
 * one would stay half empty. The processor does two of them at a time. */
#if defined(__x86_64__)

#include "net/int8_x86_256.h"

#define MAX_SUMS 24

static inline sums sums_dot(sums sum, bytes activations, bytes weights)
{
    /* Not the intrinsic: gcc 12 copies the sums before and after it until they no longer fit into registers.
     */
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(activations), "v"(weights));
    return sum;
}

#include "net/int8_tiles.h"

const struct int8_kernels int8_avx512vnni_half = {
    .packed_bytes = tiles_packed_bytes, .pack = tiles_pack, .sum = tiles_sum};

#else
/* ISO C wants a declaration in every file. */
typedef int int8_avx512vnni_half_needs_x86_64;
#endif
