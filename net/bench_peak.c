/* bench_peak.c - what a core can compute at most: multiply-adds in registers and nothing else. */
#include <string.h>
#include <time.h>

#include "net/bench.h"

double bench_now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* A function that does `rounds` times twelve independent steps of `type`; the asm keeps the compiler from
 * seeing that they are alike. Where a step takes several instructions, all of them need its own sums, or they
 * would be done once for all steps. */
#define PEAK_LOOP(name, target_names, type, zero, step)                                                      \
    __attribute__((target(target_names), noinline)) static void name(int rounds)                             \
    {                                                                                                        \
        type s0 = zero, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;                                         \
        type s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0, a = s0, b = s0;                         \
        for (int i = 0; i < rounds; i++) {                                                                   \
            __asm__ volatile("" : "+x"(a), "+x"(b));                                                         \
            s0 = step(s0), s1 = step(s1), s2 = step(s2), s3 = step(s3), s4 = step(s4), s5 = step(s5);        \
            s6 = step(s6), s7 = step(s7), s8 = step(s8), s9 = step(s9), s10 = step(s10), s11 = step(s11);    \
            __asm__ volatile("" : "+x"(s0), "+x"(s1), "+x"(s2), "+x"(s3), "+x"(s4), "+x"(s5));               \
            __asm__ volatile("" : "+x"(s6), "+x"(s7), "+x"(s8), "+x"(s9), "+x"(s10), "+x"(s11));             \
        }                                                                                                    \
    }

#define STEP_SSSE3(s)  _mm_add_epi32(s, _mm_madd_epi16(_mm_maddubs_epi16(a, s), _mm_set1_epi16(1)))
#define STEP_AVX2(s)   _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(a, s), _mm256_set1_epi16(1)))
#define STEP_VNNI(s)   _mm512_dpbusd_epi32(s, a, b)
#define STEP_FMA(s)    _mm256_fmadd_ps(a, b, s)
#define STEP_AVX512(s) _mm512_fmadd_ps(a, b, s)
PEAK_LOOP(loop_ssse3, "ssse3", __m128i, _mm_setzero_si128(), STEP_SSSE3)
PEAK_LOOP(loop_avx2, "avx2", __m256i, _mm256_setzero_si256(), STEP_AVX2)
PEAK_LOOP(loop_vnni, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), STEP_VNNI)
PEAK_LOOP(loop_fma, "avx2,fma", __m256, _mm256_setzero_ps(), STEP_FMA)
PEAK_LOOP(loop_avx512, "avx512f", __m512, _mm512_setzero_ps(), STEP_AVX512)

static const struct peak {
    const char *kernels;
    bool int8;
    void (*loop)(int rounds);
    int multiply_adds; /* of a step */
} peaks[] = {
    {"ssse3", true, loop_ssse3, 16}, {"avx2", true, loop_avx2, 32},    {"avx512vnni", true, loop_vnni, 64},
    {"avx2", false, loop_fma, 8},    {"avx512vnni", false, loop_avx512, 16},
};
enum { PEAKS = sizeof peaks / sizeof *peaks };

double bench_peak_gmacs(const struct kernels *kernels, bool int8)
{
    enum { ROUNDS = 20000, STEPS = 12 };
    const struct peak *peak = peaks;
    while (peak < peaks + PEAKS && (peak->int8 != int8 || strcmp(peak->kernels, kernels->name) != 0))
        peak++;
    if (peak == peaks + PEAKS || !kernels->supported())
        return 0;
    double best = 0;
    for (int repeat = 0; repeat < 100; repeat++) {
        const double start = bench_now_ns();
        peak->loop(ROUNDS);
        const double gmacs = (double)ROUNDS * STEPS * peak->multiply_adds / (bench_now_ns() - start);
        best = gmacs > best ? gmacs : best;
    }
    return best;
}
#else
double bench_peak_gmacs(const struct kernels *kernels, bool int8)
{
    (void)kernels, (void)int8;
    return 0;
}
#endif
