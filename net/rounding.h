/* rounding.h - weights to whole steps so that the sums change least. Only for net/quantise.c.
 *
 * Rounding each weight to the nearest step is not the best for their sum: where inputs go together, one
 * weight rounded up makes up for another rounded down. With H the mean of x x^T over inputs x of a layer, an
 * output changes by (w - q) H (w - q) in the mean square. H = R^T R with R upper triangular turns that into
 * |R (w - q)|^2, which is made small from the last weight to the first, each rounded after what those behind
 * it have left over (Babai 1986, "On Lovasz' lattice reduction and the nearest lattice point problem"; the
 * same result as Frantar et al. 2023, "GPTQ", in other words). */
#ifndef DIGITCAM_NET_ROUNDING_H
#define DIGITCAM_NET_ROUNDING_H

#include <stdint.h>

#include "net/weights.h"

struct rounding;

/* For one layer with weights. Returns 0, or -ENOMEM. The caller destroys *rounding. */
int rounding_create(struct rounding **rounding, const struct layer_spec *layer);
void rounding_destroy(struct rounding *rounding); /* NULL is fine */

/* Adds one picture's inputs of the layer: in_channels x in_height x in_width. */
void rounding_see(struct rounding *rounding, const float *inputs);

/* Ends seeing; after this rounding_apply may be called. */
void rounding_finish(struct rounding *rounding);

/* One output's weights (in PyTorch's order) to steps of `scale`, -127..127. */
void rounding_apply(const struct rounding *rounding, const float *weight, float scale, int8_t *steps);

#endif
