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

/* One conv. Values are floats; strides count floats. */
struct conv_shape {
    int in_channels, out_channels;
    int kernel, stride; /* square window; moves by `stride` rows or pixels */
    int out_height, out_width;
    size_t in_row_stride;  /* of the input, border included; its pixels are in_channels apart */
    size_t out_row_stride; /* of the output, whose own border the kernel leaves alone; pixels out_channels
                              apart */
    bool relu;             /* negative sums become 0 */
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

/* One instruction set. All pointers are set; everything is pure. */
struct kernels {
    const char *name;        /* "scalar", "avx2" */
    const char *description; /* for `digitcam help kernels` */
    bool (*supported)(void); /* by the processor this runs on */

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

#define KERNELS_ALIGNMENT_BYTES 64

/* The set number `index`, from the plainest (0, "scalar") to the fastest, of those compiled in; NULL behind
 * the last. It may be one that this processor does not have: ask supported(). */
const struct kernels *kernels_at(int index);

const struct kernels *kernels_find(const char *name); /* NULL where no set has this name */
const struct kernels *kernels_best(void);             /* the fastest this processor has; never NULL */

extern const struct kernels kernels_scalar; /* kernels_scalar.c: the twin that the others are held against */
#if defined(__x86_64__)
extern const struct kernels kernels_avx2; /* kernels_avx2.c */
#endif

#endif
