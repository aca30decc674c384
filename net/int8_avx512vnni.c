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

/* Where whole vectors leave eight outputs or fewer, those go the way of half a vector, which takes half the time; not where
 * there are so many outputs that this saves next to nothing and costs a second walk over the inputs. */
enum { MOST_SPLIT = 3 * LANES };

/* How many outputs go in whole vectors, the last of which may be partly empty. */
static int in_whole_vectors(int outputs)
{
    const int rest = outputs % LANES;
    return rest > LANES / 2 || outputs > MOST_SPLIT ? outputs : outputs - rest;
}

static size_t packed_bytes(int outputs, int steps)
{
    const int whole = in_whole_vectors(outputs);
    return tiles_packed_bytes(whole, steps) + int8_avx512vnni_half.packed_bytes(outputs - whole, steps);
}

static void pack(const int8_t *weight, const int32_t *bias, const uint32_t *multiplier, int outputs,
                 int steps, void *packed)
{
    const int whole = in_whole_vectors(outputs);
    tiles_pack(weight, bias, multiplier, whole, steps, packed);
    int8_avx512vnni_half.pack(weight + (size_t)whole * (size_t)steps * 4, bias + whole, multiplier + whole, outputs - whole, steps,
                              (uint8_t *)packed + tiles_packed_bytes(whole, steps));
}

static void sum(const struct int8_shape *shape, const void *packed, const uint8_t *input, void *output)
{
    const int whole = in_whole_vectors(shape->outputs);
    struct int8_shape part = *shape;
    part.outputs = whole;
    tiles_sum(&part, packed, input, output);
    if (whole == shape->outputs)
        return;
    part.outputs = shape->outputs - whole;
    int8_avx512vnni_half.sum(&part, (const uint8_t *)packed + tiles_packed_bytes(whole, shape->steps), input,
                             (uint8_t *)output + (size_t)whole * (shape->raw ? sizeof(int32_t) : 1));
}

const struct int8_kernels int8_avx512vnni = {.packed_bytes = packed_bytes, .pack = pack, .sum = sum};

#else
/* ISO C wants a declaration in every file. */
typedef int int8_avx512vnni_needs_x86_64;
#endif
