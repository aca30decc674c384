/* paper.h - the gray level of the paper under the ink, at half the picture's size.
 *
 * Paper is what a morphological closing (for dark ink; an opening for light ink) with a square window leaves:
 * the window is wider than any stroke (Serra 1982). It is taken of blocks of 2x2 pixels, each standing for
 * its lightest (darkest) one; that a block on the edge of a shadow holds both sides does no harm, since of
 * every block and its neighbours the darkest (lightest) paper counts. */
#ifndef DIGITCAM_VISION_PAPER_H
#define DIGITCAM_VISION_PAPER_H

#include <stdbool.h>

#include "vision/gray.h"

#define PAPER_WINDOW                                                                                         \
    8 /* blocks a side of the window: strokes less than 2 * PAPER_WINDOW - 1 pixels wide are always filled   \
       */

/* The blocks of a picture: most[] the lightest of each, least[] the darkest, both (width + 1) / 2 x (height +
 * 1) / 2; an odd last row or column counts twice. `half`, where it has pixels, receives the means: width / 2
 * x height / 2. */
void paper_pool(struct gray_view picture, struct gray_image most, struct gray_image least,
                struct gray_image half);

/* out = closing (`light_on_dark`: opening) of `blocks`: the least over the 3x3 blocks round each of the least
 * over the windows of PAPER_WINDOW x PAPER_WINDOW blocks round those of the largest within, the other way
 * round for an opening. The edge is repeated outward; windows whose middle lies outside do not count. Both
 * have the same size. */
void paper_estimate(struct gray_view blocks, struct gray_image out, bool light_on_dark);

#endif
