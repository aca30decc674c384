/* enclosures.h - what is drawn round digits: the boxes of a form, the cells of a table, circles.
 *
 * An enclosure is a piece of ink that goes round another one on all four sides, with blank paper between them. It is neither
 * clutter nor a neighbour to what it holds, however close it comes, so that its ink is left out where the surroundings of
 * regions are looked at (surroundings.h). Works on one level of the picture pyramid and one polarity. */
#ifndef DIGITCAM_VISION_ENCLOSURES_H
#define DIGITCAM_VISION_ENCLOSURES_H

#include "vision/bits.h"
#include "vision/components.h"

/* What was found in one mask. Zero it before the first use; its memory is kept from call to call. */
struct enclosures {
    int count;
    struct bit_view rest;  /* the mask without them */
    struct bit_view drawn; /* they and the pixels round them, which their blurred edge reaches */
    uint64_t *memory;
    size_t capacity; /* words */
};

/* Finds the enclosures among `components`, which were found in `mask` (but for single pixels), of pieces of ink from
 * least_height_px to most_height_px high. Where there are none, `rest` is `mask` itself and `drawn` has width 0.
 * Returns 0 or -ENOMEM. */
int enclosures_find(struct enclosures *enclosures, const struct components *components, struct bit_view mask,
                    int least_height_px, int most_height_px);
void enclosures_release(struct enclosures *enclosures);

#endif
