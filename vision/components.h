/* components.h - the pieces of connected ink in a mask, each as the runs it is made of.
 *
 * Ink is 8-connected. A run is a stretch of ink in one row; runs of neighbouring rows that touch belong to
 * one piece (union-find over runs: see He, Ren, Gao, Zhao, Yao and Chao: The connected-component labeling
 * problem, 2017, for the family). Words of 64 blank pixels cost one comparison. */
#ifndef DIGITCAM_VISION_COMPONENTS_H
#define DIGITCAM_VISION_COMPONENTS_H

#include <stdint.h>

#include "vision/bits.h"
#include "vision/gray.h"

/* Ink in columns first .. end - 1 of row y. */
struct run {
    int16_t first, end, y;
    int next; /* run of the same piece, -1: none; in no order */
};

struct component {
    struct box box;
    int area;      /* pixels */
    int first_run; /* its runs: follow `next` from here */
};

/* Everything found in one mask. Zero it before the first use; its memory is kept from call to call. */
struct components {
    struct component *items; /* the one that begins highest first */
    int count;
    struct run *runs;
    int run_count;
    struct components_memory {
        struct component_draft *drafts;
        int *owner, *edges;
        int run_capacity, edge_capacity;
    } memory;
};

/* Finds the components of `mask`, no side of which is longer than INT16_MAX. At most `most_runs` runs are
 * taken (what lies further down is then left unread), which bounds the time and the memory a picture of
 * specks can take. Memory for most_runs is reserved at once, so that later pictures of the size need none.
 * Returns 0 or -ENOMEM; the former content stays then. */
int components_find(struct components *components, struct bit_view mask, int most_runs);
void components_release(struct components *components);

#endif
