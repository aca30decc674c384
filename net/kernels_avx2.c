/* kernels_avx2.c - float layers with AVX2 and FMA: eight multiply-adds in one instruction. */
#if defined(__x86_64__)

#include "net/float_x86_256.h"

#define MAX_SUMS 12
#include "net/float_tiles.h"

const struct float_kernels float_avx2 = {
    .packed_floats = packed_floats,
    .pack = pack,
    .conv = conv,
    .maxpool = maxpool,
    .linear = linear,
};

#else
/* ISO C wants a declaration in every file. */
typedef int kernels_avx2_needs_x86_64;
#endif
