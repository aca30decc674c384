/* surroundings.h - how clean is it where a region lies? */
#ifndef DIGITCAM_VISION_SURROUNDINGS_H
#define DIGITCAM_VISION_SURROUNDINGS_H

#include <stdbool.h>

#include "vision/patch.h"
#include "vision/threshold.h"

struct surroundings {
    float clutter; /* share of what lies round a region that is somebody else's ink, 0..1 */
    float unrest;  /* how much what lies round it varies, in units of its contrast; clean paper: below 0.1 */
    float paper_unrest; /* the same without the ink of others there */
    float grain;        /* how much its ink varies, likewise */
    bool ink_left,
        ink_right; /* something written as strongly stands close by on that side, as in a word or a number */
};

/* Measures the surroundings of the region in `patch`, whose rim is known. Returns whether most of a ring round
 * it differs from the ink as paper does; if not, *found is not filled. That is what tells chalk from the
 * white between two black strokes. */
bool surroundings_measure(const struct patch *patch, const struct ink *ink, struct surroundings *found);

/* A quick look at `count` components, which lie within `box`: false where it is beyond doubt that what lies round them
 * does not look like paper, so that surroundings_measure need not be asked. */
bool surroundings_glance(const struct ink *ink, const struct components *components, const int *parts, int count,
                         struct box box);

#endif
