/* int8_avx2.c - int8 sums with AVX2: 32 products in one instruction, added up in two more. */
#if defined(__x86_64__)

#include "net/int8_x86_256.h"

#define MAX_SUMS 12

static inline sums sums_dot(sums sum, bytes activations, bytes weights)
{
    const __m256i pairs = _mm256_maddubs_epi16(activations, weights); /* 2 * 127 * 127 fits into 16 bits */
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "net/int8_tiles.h"

const struct int8_kernels int8_avx2 = {
    .packed_bytes = tiles_packed_bytes, .pack = tiles_pack, .sum = tiles_sum};

#else
/* ISO C wants a declaration in every file. */
typedef int int8_avx2_needs_x86_64;
#endif
