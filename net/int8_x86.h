/* int8_x86.h - storing vectors of four and eight lanes on x86-64. Only for net/int8_*.c. */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/* The first `lanes` of four bytes that lie in the low half of `four`. */
static inline __attribute__((always_inline)) void store_bytes(uint8_t *to, __m128i low, int lanes)
{
    if (lanes >= 16) {
        _mm_storeu_si128((__m128i *)(void *)to, low);
        return;
    }
    if (lanes & 8) {
        _mm_storel_epi64((__m128i *)(void *)to, low);
        low = _mm_srli_si128(low, 8);
        to += 8;
    }
    uint64_t rest = (uint64_t)_mm_cvtsi128_si64(low);
    if (lanes & 4) {
        memcpy(to, &rest, 4);
        rest >>= 32;
        to += 4;
    }
    if (lanes & 2) {
        memcpy(to, &rest, 2);
        rest >>= 16;
        to += 2;
    }
    if (lanes & 1)
        memcpy(to, &rest, 1);
}
