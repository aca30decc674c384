/* nesting.h - which piece of ink lies in which hole of which other: the hierarchy that border following gives
 * (Suzuki and Abe 1985), from the runs of components.h instead. A hole is background, 4-connected, that does
 * not reach the picture's edge. */
#ifndef DIGITCAM_VISION_NESTING_H
#define DIGITCAM_VISION_NESTING_H

#include "vision/components.h"

/* Zero it before the first use; its memory is kept from call to call. */
struct nesting {
    int hole_count;
    int *hole_in; /* of each hole: the component it is a hole of */
    int *lies_in; /* of each component: the hole it lies in, -1: none */
    struct nesting_memory {
        int *component,
            *gap; /* of each run: its component, and the background to its right up to the next run */
        int *parent, *first_run, *hole; /* of each piece of background */
        int run_capacity;
    } memory;
};

/* Nests `components`, as components_find left them. Returns 0 or -ENOMEM; the former content stays then. */
int nesting_find(struct nesting *nesting, const struct components *components);
void nesting_release(struct nesting *nesting);

#endif
