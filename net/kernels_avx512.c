/* kernels_avx512.c - float layers with AVX-512: sixteen multiply-adds in one instruction. Layers whose
 * outputs would leave half of a last vector empty go by halves. */
#if defined(__x86_64__)

#include <immintrin.h>

enum { LANES = 16 };
#define MAX_SUMS 24
typedef __m512 floats;

static inline floats floats_load(const float *from)
{
    return _mm512_load_ps(from);
}

static inline floats floats_load_anywhere(const float *from)
{
    return _mm512_loadu_ps(from);
}

static inline void floats_store(float *to, floats values)
{
    _mm512_storeu_ps(to, values);
}

static inline void floats_store_some(float *to, floats values, int lanes)
{
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << lanes) - 1), values);
}

static inline floats floats_repeat(const float *from)
{
    return _mm512_set1_ps(*from);
}

static inline floats floats_add_product(floats sum, floats a, floats b)
{
    return _mm512_fmadd_ps(a, b, sum);
}

static inline floats floats_max(floats a, floats b)
{
    return _mm512_max_ps(a, b);
}

#include "net/float_tiles.h"

static const struct float_kernels whole = {packed_floats, pack, conv, maxpool, linear};

static const struct float_kernels *width_for(int outputs)
{
    return (outputs - 1) % LANES < LANES / 2 && outputs < 4 * LANES ? &float_avx512_half : &whole;
}

static size_t any_packed_floats(int outputs, int steps)
{
    return width_for(outputs)->packed_floats(outputs, steps);
}

static void any_pack(const float *weight, const float *bias, int outputs, int steps, float *packed)
{
    width_for(outputs)->pack(weight, bias, outputs, steps, packed);
}

static void any_conv(const struct conv_shape *shape, const float *packed, const float *input, float *output)
{
    width_for(shape->out_channels)->conv(shape, packed, input, output);
}

static void any_maxpool(const struct maxpool_shape *shape, const float *input, float *output)
{
    width_for(shape->channels)->maxpool(shape, input, output);
}

static void any_linear(const struct linear_shape *shape, const float *packed, const float *input, int batch,
                       float *output)
{
    width_for(shape->outputs)->linear(shape, packed, input, batch, output);
}

const struct float_kernels float_avx512 = {
    .packed_floats = any_packed_floats,
    .pack = any_pack,
    .conv = any_conv,
    .maxpool = any_maxpool,
    .linear = any_linear,
};

#else
/* ISO C wants a declaration in every file. */
typedef int kernels_avx512_needs_x86_64;
#endif
