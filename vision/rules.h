/* rules.h - finds the rules of lined and squared paper in a mask and erases them, leaving the strokes that
 * cross them.
 *
 * A rule is a chain of short runs of ink, one in each column (for a level rule; in each row for an upright
 * one), as thin as each other, straight, and so long that it can only belong to the paper. Where a stroke
 * crosses, the run is longer; those columns are left as they are and the chain goes on behind them. So are
 * those where the ink is stronger than the rule's: there a stroke runs along it, as the bar of a 4 or a 7
 * may. */
#ifndef DIGITCAM_VISION_RULES_H
#define DIGITCAM_VISION_RULES_H

#include <stdbool.h>

#include "vision/bits.h"
#include "vision/gray.h"
#include "vision/threshold.h"

#define RULES_LEAST_LENGTH_PX 90 /* of a rule */
#define RULES_LEAST_SHARE                                                                                    \
    0.40f                     /* of the picture's side it runs along: drawn boxes and triangles are shorter */
#define RULES_MOST_WIDTH_PX 7 /* likewise */

/* Working memory, kept from call to call. Zero it before the first use. */
struct rules {
    float width_px; /* mean width of the rules that the last call erased; 0: none */
    struct rules_run *runs;
    int run_count, run_capacity;
    uint64_t *turned; /* the mask with rows and columns exchanged */
    size_t turned_capacity;
    struct rules_fragment *fragments; /* chains that may be a rule or a piece of one */
    int fragment_count;
    uint8_t *contrast; /* of each chain that is a rule; 0: none */
};

/* How long a line is at least that can only be a rule of the paper, along a side of the picture of this length. */
int rules_least_length(int side_px);

/* How long lines are at least to be erased, pixels; INT_MAX: none is. */
struct rules_least {
    int level, upright;
};

/* Erases the rules within `area` of `mask`; `ink` is what the mask was made from. *erased is how many pixels went.
 * Returns 0 or -ENOMEM. */
int rules_erase(struct rules *rules, struct bit_image mask, const struct ink *ink, struct box area,
                struct rules_least least, int *erased);
void rules_release(struct rules *rules);

#endif
