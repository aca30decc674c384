/* net_int8.h - a network in int8 arithmetic: what net.c runs for weights of that type. Only for net/net.c. */
#ifndef DIGITCAM_NET_NET_INT8_H
#define DIGITCAM_NET_NET_INT8_H

#include <stddef.h>
#include <stdint.h>

#include "net/kernels.h"
#include "net/weights.h"

struct net_int8;

/* Lays the network out and packs its weights. On success *net is the caller's to destroy. Returns 0, -EINVAL
 * (weights that weights_check_int8 refuses; the reason in `why`) or -ENOMEM. */
int net_int8_create(struct net_int8 **net, const struct weights *weights, const struct int8_kernels *kernels,
                    char *why, size_t why_bytes);
void net_int8_destroy(struct net_int8 *net); /* NULL is fine */

/* pictures: count x 28 x 28; logits: count x classes. count is 1..NET_MAX_BATCH. */
void net_int8_forward(struct net_int8 *net, const uint8_t *pictures, int count, float *logits);

/* Layer `index` (not a pool done in the conv before it) once more, as net_run_layer. */
void net_int8_run_layer(struct net_int8 *net, int index, int count);

/* Activations of the first picture of the last forward, as real numbers: what comes out of layer `index`, or
 * the input for -1; channels x height x width. */
void net_int8_view(struct net_int8 *net, int index, float *activations);

#endif
