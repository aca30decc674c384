/* pyramid.h - the picture at half, quarter, eighth … size, each pixel the mean of four. Large digits are
 * looked for where they are small: then one size of stroke, one window and one set of rules serves them all.
 */
#ifndef DIGITCAM_VISION_PYRAMID_H
#define DIGITCAM_VISION_PYRAMID_H

#include "vision/gray.h"

#define PYRAMID_MOST_LEVELS   8
#define PYRAMID_LEAST_SIDE_PX 24 /* no level has a side shorter than this, but level 0 */

struct pyramid {
    struct gray_view levels[PYRAMID_MOST_LEVELS]; /* levels[0] is the picture itself, borrowed */
    int level_count;
    uint8_t *memory;
    size_t capacity_bytes;
};

/* Makes room for the levels of `picture`, which are filled one from the other: threshold_run writes
 * pyramid_half of the level it looks at. `pyramid` must be zeroed before its first use. Returns 0 or -ENOMEM.
 */
int pyramid_lay_out(struct pyramid *pyramid, struct gray_view picture);

/* Where the level below `level` is to be written; without pixels where there is none. */
struct gray_image pyramid_half(const struct pyramid *pyramid, int level);
void pyramid_release(struct pyramid *pyramid);

#endif
