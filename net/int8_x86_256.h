/* int8_x86_256.h - vectors of eight lanes for net/int8_tiles.h, all but the dot product. Only for
 * net/int8_*.c. */
#include <immintrin.h>
#include <string.h>

#include "net/kernels.h"

enum { LANES = 8 };
typedef __m256i sums, bytes;

static inline sums sums_load(const void *from)
{
    return _mm256_load_si256(from);
}

static inline bytes bytes_load(const void *from)
{
    return _mm256_load_si256(from);
}

static inline bytes bytes_repeat(const uint8_t *from)
{
    int32_t four;
    memcpy(&four, from, sizeof four);
    return _mm256_set1_epi32(four);
}

static inline sums sums_max(sums a, sums b)
{
    return _mm256_max_epi32(a, b);
}

static inline void sums_store(void *to, sums sum)
{
    _mm256_storeu_si256(to, sum);
}

static inline void sums_requantise(void *to, sums sum, sums multiplier)
{
    const __m256i positive = _mm256_max_epi32(sum, _mm256_setzero_si256());
    const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(positive, multiplier), 32);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(positive, 32), _mm256_srli_epi64(multiplier, 32));
    const __m256i scaled = _mm256_blend_epi32(even, odd, 0xaa);
    /* Below 2^31, so that both steps down saturate: at 32767, then at 127. */
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(scaled), _mm256_extracti128_si256(scaled, 1));
    _mm_storel_epi64(to, _mm_packs_epi16(words, words));
}
