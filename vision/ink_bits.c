#include "vision/ink_bits.h"

#include <string.h>

#include "vision/bits.h"

void ink_bits_plain(const uint8_t *gray, const uint8_t *darkest, const uint8_t *lightest, int width,
                    uint64_t *dark, uint64_t *light)
{
    memset(dark, 0, bits_words(width) * sizeof *dark);
    memset(light, 0, bits_words(width) * sizeof *light);
    for (int x = 0; x < width; x++) {
        dark[x / 64] |= (uint64_t)(gray[x] < darkest[x / 2]) << (x % 64);
        light[x / 64] |= (uint64_t)(gray[x] > lightest[x / 2]) << (x % 64);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

/* 32 pixels: where a > b, without sign. */
__attribute__((target("avx2"))) static uint32_t above(__m256i a, __m256i b)
{
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(a, b), b));
}

/* Each of 16 bytes twice. */
__attribute__((target("avx2"))) static __m256i twice_256(const uint8_t *bytes)
{
    const __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)bytes));
    return _mm256_or_si256(wide, _mm256_slli_epi16(wide, 8));
}

__attribute__((target("avx2"))) static void ink_bits_avx2(const uint8_t *gray, const uint8_t *darkest,
                                                          const uint8_t *lightest, int width, uint64_t *dark,
                                                          uint64_t *light)
{
    uint8_t last[64] = {0};
    for (int x = 0; x < width; x += 64) {
        const uint8_t *from = gray + x;
        if (width - x < 64)
            from = memcpy(last, from, (size_t)(width - x));
        uint64_t is_dark = 0, is_light = 0;
        for (int half = 0; half < 2; half++) {
            const __m256i pixels = _mm256_loadu_si256((const __m256i *)(from + 32 * half));
            const __m256i low = twice_256(darkest + x / 2 + 16 * half),
                          high = twice_256(lightest + x / 2 + 16 * half);
            is_dark |= (uint64_t)above(low, pixels) << (32 * half);
            is_light |= (uint64_t)above(pixels, high) << (32 * half);
        }
        dark[x / 64] = is_dark & bits_between(x / 64, 0, width);
        light[x / 64] = is_light & bits_between(x / 64, 0, width);
    }
}

#define AVX512 __attribute__((target("avx512f,avx512bw")))

AVX512 static __m512i twice_512(const uint8_t *bytes)
{
    const __m512i wide = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)bytes));
    return _mm512_or_si512(wide, _mm512_slli_epi16(wide, 8));
}

AVX512 static void ink_bits_avx512(const uint8_t *gray, const uint8_t *darkest, const uint8_t *lightest,
                                   int width, uint64_t *dark, uint64_t *light)
{
    for (int x = 0; x < width; x += 64) {
        const uint64_t within = bits_between(x / 64, 0, width);
        const __m512i pixels = _mm512_maskz_loadu_epi8(within, gray + x);
        dark[x / 64] = _mm512_mask_cmplt_epu8_mask(within, pixels, twice_512(darkest + x / 2));
        light[x / 64] = _mm512_mask_cmpgt_epu8_mask(within, pixels, twice_512(lightest + x / 2));
    }
}

int ink_bits_functions(ink_bits_function *functions[INK_BITS_MOST])
{
    int count = 0;
    functions[count++] = ink_bits_plain;
    if (__builtin_cpu_supports("avx2"))
        functions[count++] = ink_bits_avx2;
    if (__builtin_cpu_supports("avx512bw"))
        functions[count++] = ink_bits_avx512;
    return count;
}

#else

int ink_bits_functions(ink_bits_function *functions[INK_BITS_MOST])
{
    functions[0] = ink_bits_plain;
    return 1;
}

#endif
