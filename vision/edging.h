/* edging.h - the line round a picture: the border of a window in a screenshot, the bars of another format, the dark last
 * rows of a sensor.
 *
 * In a mask it is ink that hangs together all round, and with it whatever comes near the edge. */
#ifndef DIGITCAM_VISION_EDGING_H
#define DIGITCAM_VISION_EDGING_H

#include "vision/bits.h"
#include "vision/gray.h"

#define EDGING_MOST_PX 3 /* rows and columns on each side that are looked at */

/* Erases rows at the top and bottom and columns at the left and right that are ink nearly all along, the outermost first,
 * up to the first that is not. Returns the picture within them. */
struct box edging_clear(struct bit_image mask);

#endif
