/* kernels.h - the arithmetic of the layers, once for every instruction set, and the choice between them.
 *
 * Every layer with weights is the same operation to a kernel: each output is a bias plus a sum over `steps`
 * inputs, each times its weight. For a linear layer the steps are its inputs; for a conv they are the kernel
 * x kernel x in_channels values under its window. Activations are stored row by row, pixel by pixel, channel
 * by channel (channels last): the values under one row of a window then lie side by side in memory, and the
 * outputs of one position are neighbours, which fills the lanes of a vector whatever the size of the picture.
 *
 * A conv's padding is a border of zeros that lies around its input in memory, so no kernel has to ask where a
 * picture ends. net.c lays this out; kernels only compute, and touch nothing outside what is described here.
 */
#ifndef DIGITCAM_NET_KERNELS_H
#define DIGITCAM_NET_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One conv. Values are floats; strides count floats. */
struct conv_shape {
    int in_channels, out_channels;
    int kernel, stride;        /* square window; moves by `stride` rows or pixels */
    int out_height, out_width; /* before pooling; even where `pool` */
    size_t in_row_stride;      /* of the input, border included; its pixels are in_channels apart */
    size_t out_row_stride;     /* of the output, whose own border the kernel leaves alone; pixels out_channels
                                  apart */
    bool relu;                 /* negative sums become 0 */
    bool pool;                 /* the largest of each 2 x 2 positions is the output */
};

struct maxpool_shape {
    int channels;
    int kernel, stride;
    int out_height, out_width;
    size_t in_row_stride, out_row_stride;
};

struct linear_shape {
    int inputs, outputs;
    bool relu;
};

/* Float arithmetic for one instruction set. All pointers are set; everything is pure. */
struct float_kernels {
    /* Weights are packed once, when a network is loaded: into packed_floats(outputs, steps) floats at an
     * address that is a multiple of 64, from weight[output][step] (steps in the order the inputs lie in
     * memory) and bias[output]. */
    size_t (*packed_floats)(int outputs, int steps);
    void (*pack)(const float *weight, const float *bias, int outputs, int steps, float *packed);

    /* input: from the upper left corner of the border, (out_height-1)*stride + kernel rows of
     * (out_width-1)*stride + kernel pixels. output: its upper left pixel, behind the border. */
    void (*conv)(const struct conv_shape *shape, const float *packed, const float *input, float *output);
    void (*maxpool)(const struct maxpool_shape *shape, const float *input, float *output);
    /* input: batch x inputs, output: batch x outputs, without gaps. */
    void (*linear)(const struct linear_shape *shape, const float *packed, const float *input, int batch,
                   float *output);
};

/* ---- int8
 *
 * Weights are -127..127 and activations 0..127, so that two products fit into 16 bits and four inputs meet
 * four weights in one instruction. Results are whole numbers, the same to the last bit in every set.
 *
 * A sum goes over `runs` of inputs that lie side by side, cut into quads of four; where a run's length is no
 * multiple of four, its last quad reads up to three bytes further, and their weights are zero. A conv has a
 * run for each row of its window, a linear layer one; its pictures are then the columns. */
struct int8_run {
    size_t offset;      /* of the run that belongs to the position in row 0, column 0 */
    size_t row_step;    /* from there to the run for the position one row further down */
    size_t column_step; /* and one column further to the right */
    int quads;
};

struct int8_shape {
    const struct int8_run *runs;
    int run_count, steps;  /* steps: quads of all runs; steps * 4 * 127 * 127 <= INT8_MAX_SUM */
    int outputs;           /* of each position; they lie side by side */
    int height, width;     /* positions; even where `pool` */
    bool pool;             /* the largest of each 2 x 2 positions is the output */
    bool raw;              /* outputs are the sums, int32_t; else uint8_t 0..127 */
    size_t out_row_stride, out_column_stride; /* from row to row, from position to position; in outputs, not bytes */
};

#define INT8_MAX_ACTIVATION 127
#define INT8_MAX_SUM        ((1 << 30) - 1) /* of products, and the same again for the bias */
#define INT8_MAX_BIAS       (1 << 29) /* of a weights file; half a step comes on top, no larger than this */

struct int8_kernels {
    /* As packed_floats and pack; weight[output][steps][4] within -127..127, bias within +-INT8_MAX_SUM. A sum
     * s becomes the output min(127, max(0, s) * multiplier >> 32); half a step in the bias makes that round.
     */
    size_t (*packed_bytes)(int outputs, int steps);
    void (*pack)(const int8_t *weight, const int32_t *bias, const uint32_t *multiplier, int outputs,
                 int steps, void *packed);
    void (*sum)(const struct int8_shape *shape, const void *packed, const uint8_t *input, void *output);
};

/* One instruction set. All pointers are set. */
struct kernels {
    const char *name;        /* "scalar", "avx2" */
    const char *description; /* for `digitcam help kernels` */
    bool (*supported)(void); /* by the processor this runs on */
    const struct float_kernels *floats;
    const struct int8_kernels *int8;
};

#define KERNELS_ALIGNMENT_BYTES 64

/* The set number `index`, from the plainest (0, "scalar") to the fastest, of those compiled in; NULL behind
 * the last. It may be one that this processor does not have: ask supported(). */
const struct kernels *kernels_at(int index);

const struct kernels *kernels_find(const char *name); /* NULL where no set has this name */
const struct kernels *kernels_best(void);             /* the fastest this processor has; never NULL */

/* The parts that kernels.c puts together. The scalar ones are the twins that the others are held against. */
extern const struct float_kernels float_scalar;
extern const struct int8_kernels int8_scalar;
#if defined(__x86_64__)
extern const struct float_kernels float_avx2, float_avx512;
extern const struct float_kernels float_avx512_half; /* eight lanes, for layers of few outputs */
extern const struct int8_kernels int8_ssse3, int8_avx2, int8_avx512vnni;
extern const struct int8_kernels int8_avx512vnni_half; /* eight lanes, for layers of few outputs */
#elif defined(__aarch64__)
extern const struct float_kernels float_neon;
extern const struct int8_kernels int8_neon, int8_dotprod;
#endif

#endif
