/* model.h - a network while it learns: its layers with batch norm and dropout, all parameters in one vector.
 *
 * A batch is cut into shards of MODEL_SHARD pictures; threads take whole shards, each with its own workspace,
 * batch norm works within a shard (Hoffer et al. 2017 call it ghost batch norm), and the shards' gradients
 * are added in their order. So the result does not depend on how many threads there are. */
#ifndef DIGITCAM_NET_TRAIN_MODEL_H
#define DIGITCAM_NET_TRAIN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/train/layers.h"
#include "net/weights.h"

#define MODEL_SHARD 32

/* What is wanted of one layer. */
struct layer_plan {
    enum layer_kind kind;
    char name[32];
    int out_channels; /* conv, linear */
    int kernel, stride, padding;
    bool relu;
    bool batch_norm; /* conv: before the activation */
    float dropout;   /* share of the activations left out while learning */
};

struct model_layer {
    struct layer_spec spec; /* its weight and bias are NULL: they are in `parameters` */
    bool batch_norm;
    float dropout;
    size_t weight_at, bias_at;   /* into parameters; with batch norm bias_at is beta */
    size_t gamma_at;             /* batch norm only */
    size_t mean_at, variance_at; /* into statistics; batch norm only */
    float in_step, out_step; /* of an int8 network: what one step of the activations going in and coming out
                                is worth; else 0, and out_step of the last layer */
};

struct model {
    int layer_count, classes;
    struct model_layer layers[WEIGHTS_MAX_LAYERS];
    int first_learning; /* layers before this one stay as they are */
    size_t parameter_count, statistic_count;
    float *parameters; /* owned */
    bool int8;         /* it learns under the rounding it will be used with (see model_round) */
    float *rounded;    /* int8: what the forward pass takes in place of the parameters; owned */
    float *scales;     /* int8: the step of each output's weights, where a bias is in `parameters`; owned */
    float *statistics; /* running means and variances of the batch norms; owned */
    unsigned char *decays; /* 1 for weights, 0 for the rest; owned */
};

/* The networks that are known by name: "lenet5" (10 classes) and "digits" (11). NULL for another name. */
const struct layer_plan *model_plan(const char *name, int *layer_count);

/* A network with fresh weights (He et al. 2015) from `seed`. On success *model is the caller's to destroy.
 * Returns 0, -EINVAL (layers that do not fit; the reason in `why`) or -ENOMEM. */
int model_create(struct model **model, const struct layer_plan *plan, int layer_count, uint64_t seed,
                 char *why, size_t why_bytes);
/* A network that goes on from a weights file. Without batch norm, which the file holds folded in. One of int8
 * goes on in int8. `last_layers`: only the fully connected layers learn. */
int model_from_weights(struct model **model, const struct weights *weights, bool last_layers, char *why,
                       size_t why_bytes);
void model_destroy(struct model *model); /* NULL is fine */

/* Int8 only, nothing to do for others: takes the parameters to the nearest step for the next calls of
 * model_learn. There activations are rounded too, while gradients pass as if nothing had been rounded, except
 * where an activation was cut off (the straight-through estimator: Bengio et al. 2013; Jacob et al. 2018).
 * Call it after every change of the parameters. */
void model_round(struct model *model);

/* Everything one shard needs on its way forward and back. */
struct workspace;
int workspace_create(struct workspace **workspace, const struct model *model); /* 0 or -ENOMEM */
void workspace_destroy(struct workspace *workspace);

/* Forward and backward through `count` (1..MODEL_SHARD) pictures of 28 x 28 values 0..1. `targets`: count x
 * classes. The gradient of the summed loss times `scale` is left in workspace_gradient. `seed` decides the
 * dropout. Returns the sum of the losses. */
double model_learn(const struct model *model, struct workspace *workspace, int count, const float *pictures,
                   const float *targets, float scale, uint64_t seed);
const float *workspace_gradient(const struct workspace *workspace); /* parameter_count values */
const float *
workspace_statistics(const struct workspace *workspace); /* of this shard: statistic_count values */

/* The weights file of `model`, batch norms folded in, with `parameters` and `statistics` in place of its own;
 * int8 if the model is. The caller destroys *weights. */
int model_to_weights(const struct model *model, const float *parameters, const float *statistics,
                     struct weights **weights, char *why, size_t why_bytes);

/* Probabilities (count x classes) of any number of byte pictures, by the float layers here, also for int8
 * weights, on all threads. Returns 0 or -ENOMEM. */
int weights_predict(const struct weights *weights, const uint8_t *pictures, int count, float *scores);

/* The same by the network itself, in the arithmetic the weights are meant for. Returns 0 or a negative errno
 * with the reason in `why`. */
int weights_answer(const struct weights *weights, const uint8_t *pictures, int count, float *scores,
                   char *why, size_t why_bytes);

#endif
