/* grain.h - strokes that are grains: chalk on a rough board, a dry felt pen, a sheet over wood. The threshold finds specks there
 * where a reader sees a stroke.
 *
 * A gray closing (of light ink; an opening of dark ink) with a small square window fills what is narrower than the window between
 * two grains, and leaves everything else as it is (Serra 1982). It also joins digits that stand as close as that, so it is done
 * only where it makes few pieces of many. */
#ifndef DIGITCAM_VISION_GRAIN_H
#define DIGITCAM_VISION_GRAIN_H

#include <stddef.h>
#include <stdint.h>

#include "vision/components.h"
#include "vision/gray.h"
#include "vision/threshold.h"

/* Zero it before the first use; its memory is kept from call to call. */
struct grain {
    uint8_t *memory;
    size_t capacity; /* bytes */
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

/* *closed receives `gray` with gaps of up to 2 * reach pixels between parts of the ink filled, until the next call. Returns 0 or
 * -ENOMEM. */
int grain_close(struct grain *grain, struct gray_view gray, bool light_on_dark, int reach, struct gray_view *closed);

#endif
