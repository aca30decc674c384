/* float_x86_256.h - vectors of eight lanes for net/float_tiles.h. Only for net/kernels_*.c. */
#include <immintrin.h>

enum { LANES = 8 };
typedef __m256 floats;

static inline floats floats_load(const float *from)
{
    return _mm256_load_ps(from);
}

static inline floats floats_load_anywhere(const float *from)
{
    return _mm256_loadu_ps(from);
}

static inline void floats_store(float *to, floats values)
{
    _mm256_storeu_ps(to, values);
}

static inline void floats_store_some(float *to, floats values, int lanes)
{
#if defined(__AVX512VL__)
    _mm256_mask_storeu_ps(to, (__mmask8)((1u << lanes) - 1), values);
#else
    __m128 rest = _mm256_castps256_ps128(values);
    if (lanes & 4) {
        _mm_storeu_ps(to, rest);
        rest = _mm256_extractf128_ps(values, 1);
        to += 4;
    }
    if (lanes & 2) {
        _mm_storel_pi((__m64 *)(void *)to, rest);
        rest = _mm_movehl_ps(rest, rest);
        to += 2;
    }
    if (lanes & 1)
        _mm_store_ss(to, rest);
#endif
}

static inline floats floats_repeat(const float *from)
{
    return _mm256_broadcast_ss(from);
}

static inline floats floats_add_product(floats sum, floats a, floats b)
{
    return _mm256_fmadd_ps(a, b, sum);
}

static inline floats floats_max(floats a, floats b)
{
    return _mm256_max_ps(a, b);
}
