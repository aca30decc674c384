/* kernels_neon.c - float layers with the NEON that every arm64 processor has: four multiply-adds in one
 * instruction. */
#if defined(__aarch64__)

#include <arm_neon.h>

enum { LANES = 4 };
#define MAX_SUMS 24 /* of 32 registers */
typedef float32x4_t floats;

static inline floats floats_load(const float *from)
{
    return vld1q_f32(from);
}

static inline floats floats_load_anywhere(const float *from)
{
    return vld1q_f32(from);
}

static inline void floats_store(float *to, floats values)
{
    vst1q_f32(to, values);
}

static inline void floats_store_some(float *to, floats values, int lanes)
{
    float some[LANES];
    vst1q_f32(some, values);
    for (int i = 0; i < lanes; i++)
        to[i] = some[i];
}

static inline floats floats_repeat(const float *from)
{
    return vdupq_n_f32(*from);
}

static inline floats floats_add_product(floats sum, floats a, floats b)
{
    return vfmaq_f32(sum, a, b);
}

static inline floats floats_max(floats a, floats b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

#include "net/float_tiles.h"

const struct float_kernels float_neon = {
    .packed_floats = packed_floats,
    .pack = pack,
    .conv = conv,
    .maxpool = maxpool,
    .linear = linear,
};

#else
/* ISO C wants a declaration in every file. */
typedef int kernels_neon_needs_arm64;
#endif
