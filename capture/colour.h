/* colour.h - any frame to upright 8-bit RGB, for showing and for overlays. */
#ifndef DIGITCAM_CAPTURE_COLOUR_H
#define DIGITCAM_CAPTURE_COLOUR_H

#include "capture/frame.h"

struct colour; /* owns the JPEG decoder and a picture's worth of memory; one per thread */

int colour_create(struct colour **colour);  /* 0 or -ENOMEM */
void colour_destroy(struct colour *colour); /* NULL is fine */

/* Makes *rgb an upright RGB3 frame (orientation 1) that borrows from `colour` (or from *frame, when that is
 * upright RGB3 already) until the next call. YUV is taken as BT.601, full range for MJPG, limited range
 * otherwise. Same errors as luma_from_frame. */
int colour_from_frame(struct colour *colour, const struct frame *frame, struct frame *rgb);

/* As luma_error: one line for the user about the last failure; "" after a success. */
const char *colour_error(const struct colour *colour);

#endif
