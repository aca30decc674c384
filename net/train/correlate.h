/* correlate.h - the three sums a convolution is made of, over groups of LANES pictures (lanes.h).
 *
 * All of them are plain sums of products; sizes count lanes, not floats. */
#ifndef DIGITCAM_NET_TRAIN_CORRELATE_H
#define DIGITCAM_NET_TRAIN_CORRELATE_H

#include "net/train/lanes.h"

/* in:      groups x channels x in_height x in_width, borders included
 * out:     groups x outputs x height x width; out (y, x) sees in from (y * stride, x * stride) on.
 * weights: outputs x channels x kernel x kernel */
struct correlation {
    int groups, channels, in_height, in_width;
    int outputs, height, width;
    int kernel, stride;
    int border; /* rows and columns on each side of every input plane that are 0: correlate skips them */
};

/* out = bias + weight * in; bias may be NULL. */
void correlate(const struct correlation *shape, const float *weight, const float *bias, const lanes *in,
               lanes *out);

/* dweight += the sum over groups, lanes and places of dout * in. */
void correlate_gradient(const struct correlation *shape, const lanes *in, const lanes *dout, float *dweight);

#endif
