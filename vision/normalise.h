/* normalise.h - a digit's ink to the 28x28 picture the network was trained on.
 *
 * MNIST's own convention (LeCun et al. 1998): the ink is scaled, keeping its shape, so that its longer side
 * is 20 pixels, and placed so that its centre of mass is the middle of the 28x28 field. White ink on black.
 * The trainer makes its crops with this same code. */
#ifndef DIGITCAM_VISION_NORMALISE_H
#define DIGITCAM_VISION_NORMALISE_H

#include <stdint.h>

#include "vision/gray.h"

#define NORMALISE_SIDE_PX 28
#define NORMALISE_BOX_PX  20

/* `ink`: how much ink each pixel holds, 0 none .. 255 full, of exactly the bounding box of the digit (any
 * size from 1x1). `crop` receives 28 x 28 bytes. Each output pixel is the mean ink of the area it covers; a
 * picture smaller than the box is enlarged linearly. The result is stretched so that its strongest stroke is
 * 255. */
void normalise_ink(struct gray_view ink, uint8_t *crop);

#endif
