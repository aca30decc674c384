/* layers.h - the layers of a network, forward and backward, in float arithmetic.
 *
 * Convolutions, pooling and batch norm work on groups of LANES pictures (lanes.h): group x channel x height x
 * width x lane, memory from lanes_allocate. Fully connected layers work on pictures that lie one after
 * another. "d" before a name is the gradient of the loss with respect to it. Backward functions ADD to the
 * gradients of parameters and OVERWRITE the gradient of their input. Lanes without a picture must have
 * gradient 0. */
#ifndef DIGITCAM_NET_TRAIN_LAYERS_H
#define DIGITCAM_NET_TRAIN_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "net/train/lanes.h"
#include "net/weights.h"

size_t layer_in_count(const struct layer_spec *layer);  /* activations of one picture going in */
size_t layer_out_count(const struct layer_spec *layer); /* and coming out */

/* Floats of scratch that a convolution of so many groups needs (0 for the other kinds). */
size_t conv_scratch_count(const struct layer_spec *layer, int groups);

/* bias may be NULL (a batch norm follows). The padding is less than the kernel. */
void conv_forward(const struct layer_spec *layer, const float *weight, const float *bias, int groups,
                  const float *in, float *out, float *scratch);
/* dbias and din may be NULL. */
void conv_backward(const struct layer_spec *layer, const float *weight, int groups, const float *in,
                   const float *dout, float *dweight, float *dbias, float *din, float *scratch);

/* The gradient goes to the first input of a window that is its largest: `in` and `out` are those of the
 * forward pass. */
void maxpool_forward(const struct layer_spec *layer, int groups, const float *in, float *out);
void maxpool_backward(const struct layer_spec *layer, int groups, const float *in, const float *out,
                      const float *dout, float *din);

/* `count` pictures at once. bias, dbias and din may be NULL. */
void linear_forward(const struct layer_spec *layer, const float *weight, const float *bias, int count,
                    const float *in, float *out);
void linear_backward(const struct layer_spec *layer, const float *weight, int count, const float *in,
                     const float *dout, float *dweight, float *dbias, float *din);

/* In place. `out` of the backward pass is what the forward pass left. */
void relu_forward(float *values, size_t count);
void relu_backward(const float *out, float *dout, size_t count);

#define BATCH_NORM_EPSILON 1e-3f

/* Batch norm (Ioffe and Szegedy 2015) over `count` pictures of channels x area, in groups. `values` becomes
 * gamma * normal + beta; `normal` (same size) and `deviation` (channels; 1 / standard deviation) are kept for
 * the backward pass; `mean` and `variance` (channels) receive the batch's statistics. */
struct batch_norm {
    int channels, area;
    const float *gamma, *beta;
    float *normal, *inverse_deviation, *mean, *variance;
};
void batch_norm_forward(const struct batch_norm *norm, int count, float *values);
/* In place on dout. */
void batch_norm_backward(const struct batch_norm *norm, int count, float *dout, float *dgamma, float *dbeta);

/* Softmax of the scores and its cross entropy with the targets (both count x classes; the targets of a
 * picture add up to 1). Returns the sum of the losses; `dscores` (may be the memory of scores) receives its
 * gradient times `scale`. */
double softmax_cross_entropy(int count, int classes, const float *scores, const float *targets, float scale,
                             float *dscores);
/* In place, one picture. */
void softmax(float *scores, int classes);

#endif
