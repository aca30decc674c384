/* neighbours.h - the k nearest neighbours: of all pictures whose digit is known, those most like a new one,
 * found by looking at every one of them. What a network is compared with. */
#ifndef DIGITCAM_NET_TRAIN_NEIGHBOURS_H
#define DIGITCAM_NET_TRAIN_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

#include "net/train/judge.h"

#define NEIGHBOURS_K 3 /* that many vote */

struct neighbours; /* opaque; any number of threads may ask it */

struct neighbour {
    int32_t distance; /* sum over the pixels of the squared difference, in steps of two gray values */
    int32_t index;    /* of the known picture; of equally near ones the first comes first */
};

/* Takes in `count` pictures of 28 x 28 with labels 0..9; both are copied. `kernels` names an instruction set
 * (net/kernels.h) or is NULL for the best. 0, -ENOTSUP (no such set here), -ENOMEM. */
int neighbours_create(struct neighbours **neighbours, const uint8_t *pictures, const uint8_t *labels,
                      int count, const char *kernels);
void neighbours_destroy(struct neighbours *neighbours); /* NULL is fine */

/* The NEIGHBOURS_K nearest of each of `count` pictures, nearest first: nearest[count][NEIGHBOURS_K]. Where
 * fewer pictures are known, the rest has index -1. Uses every thread OpenMP gives. */
void neighbours_find(const struct neighbours *neighbours, const uint8_t *pictures, int count,
                     struct neighbour (*nearest)[NEIGHBOURS_K]);

/* As a judge, which is the caller's to close: the digit that most of the nearest have, of equal votes the
 * nearest's. It rejects nothing. As neighbours_create, with a line in `why`. */
int judge_open_neighbours(struct judge *judge, const uint8_t *pictures, const uint8_t *labels, int count,
                          const char *kernels, char *why, size_t why_bytes);

#endif
