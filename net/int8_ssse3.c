/* int8_ssse3.c - int8 sums with SSSE3: sixteen products in one instruction, for processors since 2006. */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "net/kernels.h"

enum { LANES = 4 };
#define MAX_SUMS 12
typedef __m128i sums, bytes;

static inline sums sums_load(const void *from)
{
    return _mm_load_si128(from);
}

static inline bytes bytes_load(const void *from)
{
    return _mm_load_si128(from);
}

static inline bytes bytes_repeat(const uint8_t *from)
{
    int32_t four;
    memcpy(&four, from, sizeof four);
    return _mm_set1_epi32(four);
}

static inline sums sums_dot(sums sum, bytes activations, bytes weights)
{
    const __m128i pairs = _mm_maddubs_epi16(activations, weights); /* 2 * 127 * 127 fits into 16 bits */
    return _mm_add_epi32(sum, _mm_madd_epi16(pairs, _mm_set1_epi16(1)));
}

static inline sums sums_max(sums a, sums b)
{
    const __m128i first = _mm_cmpgt_epi32(a, b);
    return _mm_or_si128(_mm_and_si128(first, a), _mm_andnot_si128(first, b));
}

static inline void sums_store(void *to, sums sum)
{
    _mm_storeu_si128(to, sum);
}

static inline void sums_requantise(void *to, sums sum, sums multiplier)
{
    const __m128i positive = sums_max(sum, _mm_setzero_si128());
    const __m128i even = _mm_srli_epi64(_mm_mul_epu32(positive, multiplier), 32);
    const __m128i odd = _mm_mul_epu32(_mm_srli_epi64(positive, 32), _mm_srli_epi64(multiplier, 32));
    const __m128i scaled = _mm_or_si128(even, _mm_and_si128(odd, _mm_set_epi32(-1, 0, -1, 0)));
    /* Below 2^31, so that both steps down saturate: at 32767, then at 127. */
    const __m128i words = _mm_packs_epi32(scaled, scaled);
    const int32_t four = _mm_cvtsi128_si32(_mm_packs_epi16(words, words));
    memcpy(to, &four, sizeof four);
}

#include "net/int8_tiles.h"

const struct int8_kernels int8_ssse3 = {
    .packed_bytes = tiles_packed_bytes, .pack = tiles_pack, .sum = tiles_sum};

#else
/* ISO C wants a declaration in every file. */
typedef int int8_ssse3_needs_x86_64;
#endif
