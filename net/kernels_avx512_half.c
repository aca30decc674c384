/* kernels_avx512_half.c - float layers of few outputs with AVX-512: half a vector, but all 32 registers. */
#if defined(__x86_64__)

#include "net/float_x86_256.h"

#define MAX_SUMS 24
#include "net/float_tiles.h"

const struct float_kernels float_avx512_half = {
    .packed_floats = packed_floats,
    .pack = pack,
    .conv = conv,
    .maxpool = maxpool,
    .linear = linear,
};

#else
/* ISO C wants a declaration in every file. */
typedef int kernels_avx512_half_needs_x86_64;
#endif
