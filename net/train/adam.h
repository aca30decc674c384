/* adam.h - Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019), and the
 * learning rate over a training. */
#ifndef DIGITCAM_NET_TRAIN_ADAM_H
#define DIGITCAM_NET_TRAIN_ADAM_H

#include <stddef.h>

struct adam {
    size_t count;         /* of parameters */
    long step;            /* steps taken */
    float *mean, *square; /* running means of the gradient and of its square; owned */
};

int adam_create(struct adam *adam, size_t count); /* 0 or -ENOMEM */
void adam_destroy(struct adam *adam);             /* a zeroed one is fine */

/* One step. `decays` has 1 for each parameter that decays (weights) and 0 for the others (bias, batch norm).
 * Parameters before `first` stay as they are. */
void adam_step(struct adam *adam, float *parameters, const float *gradient, const unsigned char *decays,
               size_t first, float rate, float decay);

/* Learning rate at `step` of `steps`: rises from a twentieth of `peak` over the first twelfth, then falls to
 * nearly nothing along half a cosine (one cycle; Smith and Topin 2018). */
float adam_rate(long step, long steps, float peak);

#endif
