/* checkpoint.h - a training that can be gone on with after it was interrupted. */
#ifndef DIGITCAM_NET_TRAIN_CHECKPOINT_H
#define DIGITCAM_NET_TRAIN_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#define CHECKPOINT_VECTORS 6

struct checkpoint {
    uint64_t seed;
    int epochs, pictures; /* of the training; with the seed, the sizes and the recipe they must match on reading */
    const char *recipe;   /* text that names all its options; borrowed */
    int epoch;            /* epochs done */
    long step;
    double best;
    int count; /* of vectors */
    struct {
        float *values; /* borrowed */
        size_t count;
    } vectors[CHECKPOINT_VECTORS];
};

/* Written through a temporary file and rename. 0 or a negative errno with a line in `why`. */
int checkpoint_write(const struct checkpoint *checkpoint, const char *path, char *why, size_t why_bytes);

/* Fills epoch, step, best and the vectors. Returns 0, -ENOENT, -EBADMSG (cut off, damaged, or of another
 * training), with a line in `why`. */
int checkpoint_read(struct checkpoint *checkpoint, const char *path, char *why, size_t why_bytes);

#endif
