/* trainer.h - one training: a model, its data, and the loop over epochs. */
#ifndef DIGITCAM_NET_TRAIN_TRAINER_H
#define DIGITCAM_NET_TRAIN_TRAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/train/dataset.h"
#include "net/train/model.h"

struct trainer_options {
    int epochs;
    uint64_t seed;
    float rate;                  /* highest learning rate of Adam */
    float smoothing;             /* share of each target spread over all classes */
    float augment;               /* how much the pictures are changed: 0 not at all, 1 as usual */
    const char *out;             /* weights file, rewritten whenever validation is better than before */
    const char *recipe;          /* text that goes into it */
    const char *const *teachers; /* weights files whose answers are learned too: see net/train/teachers.h */
    int teacher_count;           /* 0..TEACHERS_MOST */
    bool resume;                 /* go on from OUT.checkpoint */
    float threshold; /* 0: calibrate on the validation set; else keep the scores as they are and this
                      * threshold, as fine-tuning on a few pictures should */
};

/* What an epoch came to. */
struct trainer_progress {
    int epoch, epochs;             /* from 1 */
    double loss;                   /* mean over the training pictures */
    double digits, others, scenes; /* validation: share right of ORIGIN_DIGITS (best of ten), ORIGIN_NEGATIVES
                                    * and ORIGIN_SCENES (all classes); NAN where there are none */
    double seconds_left;
    bool saved; /* this was the best so far, and was written to `out` */
};

/* What the strength of all changes to pictures is multiplied with in epoch 0 .. epochs - 1: 1, and in the last three
 * tenths less and less, down to half, so that what is learned last is what is met most. */
float trainer_gentleness(int epoch, int epochs);

/* Trains `model`. `report` (may be NULL) is called after every epoch. The file at `out` holds the running
 * mean of the weights of the best epoch, with its threshold. Returns 0 or a negative errno with the reason in
 * `why`; -ERANGE: the weights went off to infinity. */
int trainer_run(struct model *model, const struct dataset *training, const struct dataset *validation,
                const struct trainer_options *options,
                void (*report)(const struct trainer_progress *progress), char *why, size_t why_bytes);

#endif
