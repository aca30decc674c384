/* tilt.h - a page that lies askew: how far it is turned, from where its digits stand, and crops turned back
 * upright. */
#ifndef DIGITCAM_VISION_TILT_H
#define DIGITCAM_VISION_TILT_H

#include "vision/gray.h"
#include "vision/track.h"

#define TILT_MOST  0.44f /* radians, 25 degrees: what is turned further is not looked for */
#define TILT_LEAST 0.09f /* radians, 5 degrees: less does not hurt */

/* How far the lines of digits fall to the right, in radians (clockwise is positive, as y points down): the
 * slope that most neighbours agree on among what was read surely. 0 where they are too few, or do not agree.
 */
float tilt_of_lines(const struct sighting *sightings, int count);

/* `turned` receives the 28 x 28 crop turned by `radians` clockwise, and made to fill its box again. */
void tilt_turn_crop(const uint8_t *crop, float radians, uint8_t *turned);

/* The box a digit would have on the page turned back by `radians` round the picture's corner. */
struct box tilt_level_box(struct box box, float radians);

#endif
