/* grain.h - strokes that are grains: chalk on a rough board, a dry felt pen, a sheet over wood. The threshold finds specks there
 * where a reader sees a stroke.
 *
 * A closing (closing.h) fills the gaps between grains. It also joins digits that stand as close as that, so it is done only where it
 * makes few and higher pieces of many. */
#ifndef DIGITCAM_VISION_GRAIN_H
#define DIGITCAM_VISION_GRAIN_H

#include "vision/closing.h"
#include "vision/components.h"
#include "vision/threshold.h"

/* Zero it before the first use; its memory is kept from call to call. */
struct grain {
    struct closing closing;
    struct grain_piece *pieces; /* being looked at */
    int piece_capacity;
    struct threshold *threshold;
    struct components components;
};

/* Are the strokes of `ink` grains? `components` are the pieces of its mask; `floor` is what threshold_run was given and `most_runs`
 * what components_find was. If so, *joined receives the ink with the gaps between grains filled, until the next call. Returns
 * 1 if so, else 0, or -ENOMEM. What is no crowd of pieces costs nothing. */
int grain_join(struct grain *grain, const struct ink *ink, const struct components *components, int floor, int most_runs,
               struct ink *joined);
void grain_release(struct grain *grain);

#endif
