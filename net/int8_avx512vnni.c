/* int8_avx512vnni.c - int8 sums with AVX-512 VNNI: 64 multiply-adds in one instruction. */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "net/kernels.h"

enum { LANES = 16 };
#define MAX_SUMS 24
typedef __m512i sums, bytes;

static inline sums sums_load(const void *from)
{
    return _mm512_load_si512(from);
}

static inline bytes bytes_load(const void *from)
{
    return _mm512_load_si512(from);
}

static inline bytes bytes_repeat(const uint8_t *from)
{
    int32_t four;
    memcpy(&four, from, sizeof four);
    return _mm512_set1_epi32(four);
}

static inline sums sums_dot(sums sum, bytes activations, bytes weights)
{
    /* Not the intrinsic: gcc 12 copies the sums before and after it until they no longer fit into registers.
     */
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(activations), "v"(weights));
    return sum;
}

static inline sums sums_max(sums a, sums b)
{
    return _mm512_max_epi32(a, b);
}

static inline void sums_store(void *to, sums sum)
{
    _mm512_storeu_si512(to, sum);
}

static inline void sums_requantise(void *to, sums sum, sums multiplier)
{
    const __m512i positive = _mm512_max_epi32(sum, _mm512_setzero_si512());
    const __m512i even = _mm512_mul_epu32(positive, multiplier);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(positive, 32), _mm512_srli_epi64(multiplier, 32));
    /* The upper halves of both, in one; below 2^31, so that they saturate at 127. */
    const __m512i scaled = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    _mm_storeu_si128(to, _mm512_cvtsepi32_epi8(scaled));
}

#include "net/int8_tiles.h"

/* Eight outputs or fewer go the way of half a vector. */
static const struct int8_kernels full = {tiles_packed_bytes, tiles_pack, tiles_sum};

static const struct int8_kernels *width_for(int outputs)
{
    return outputs <= LANES / 2 ? &int8_avx512vnni_half : &full;
}

static size_t packed_bytes(int outputs, int steps)
{
    return width_for(outputs)->packed_bytes(outputs, steps);
}

static void pack(const int8_t *weight, const int32_t *bias, const uint32_t *multiplier, int outputs,
                 int steps, void *packed)
{
    width_for(outputs)->pack(weight, bias, multiplier, outputs, steps, packed);
}

static void sum(const struct int8_shape *shape, const void *packed, const uint8_t *input, void *output)
{
    width_for(shape->outputs)->sum(shape, packed, input, output);
}

const struct int8_kernels int8_avx512vnni = {.packed_bytes = packed_bytes, .pack = pack, .sum = sum};

#else
/* ISO C wants a declaration in every file. */
typedef int int8_avx512vnni_needs_x86_64;
#endif
