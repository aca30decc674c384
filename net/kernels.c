/* kernels.c - which sets of kernels there are, and the choice between them. */
#include "net/kernels.h"

#include <string.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#define HWCAP_DOT_PRODUCT (1ul << 20) /* asm/hwcap.h, HWCAP_ASIMDDP */
#endif

static bool always(void)
{
    return true;
}

#if defined(__x86_64__)
static bool has_ssse3(void)
{
    return __builtin_cpu_supports("ssse3");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512vnni(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") && has_avx2();
}
#elif defined(__aarch64__)
static bool has_dotprod(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_DOT_PRODUCT) != 0;
}
#endif

/* From the plainest to the fastest. */
static const struct kernels all[] = {
    {"scalar", "plain C, any processor; the reference", always, &float_scalar, &int8_scalar},
#if defined(__x86_64__)
    {"ssse3", "SSSE3 in int8, plain C in float", has_ssse3, &float_scalar, &int8_ssse3},
    {"avx2", "AVX2 and FMA, 32 bytes at a time", has_avx2, &float_avx2, &int8_avx2},
    {"avx512vnni", "AVX-512 with VNNI, 64 bytes at a time", has_avx512vnni, &float_avx512, &int8_avx512vnni},
#elif defined(__aarch64__)
    {"neon", "NEON, 16 bytes at a time", always, &float_neon, &int8_neon},
    {"dotprod", "NEON with dot products, 16 bytes at a time", has_dotprod, &float_neon, &int8_dotprod},
#endif
};
enum { COUNT = sizeof all / sizeof *all };

const struct kernels *kernels_at(int index)
{
    return index >= 0 && index < COUNT ? &all[index] : NULL;
}

const struct kernels *kernels_find(const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    return NULL;
}

const struct kernels *kernels_best(void)
{
    int best = COUNT - 1;
    while (best > 0 && !all[best].supported())
        best--;
    return &all[best];
}
