/* quantise.h - float weights to int8 ones, by looking at what goes through the network. */
#ifndef DIGITCAM_NET_QUANTISE_H
#define DIGITCAM_NET_QUANTISE_H

#include <stddef.h>
#include <stdint.h>

#include "net/weights.h"

/* The int8 form of float weights. `pictures` (count x 28 x 28, a few hundred at least, of the kinds the
 * network will meet) show how large each layer's activations become; they are chosen from training data,
 * never from data that accuracy is measured on. The float weights stay as they are; threshold and recipe are
 * copied. On success *int8 is the caller's to destroy. Returns 0, -EINVAL (layers that int8 cannot compute;
 * no pictures), or -ENOMEM; the reason in `why`. */
int weights_quantise(const struct weights *floats, const uint8_t *pictures, int count, struct weights **int8,
                     char *why, size_t why_bytes);

/* The plain way, for weights that learned under rounding: every layer's input_scale is there already (it
 * grows where int8 cannot compute with it), outputs whose scale is 0 get the one their largest weight needs,
 * and each weight goes to the nearest step. Needs weights_add_int8; afterwards the float tensors hold what
 * the int8 ones say. Returns 0, or -EINVAL (layers that int8 cannot compute) with the reason in `why`. */
int weights_round(struct weights *weights, char *why, size_t why_bytes);

#endif
