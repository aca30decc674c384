/* png.h - PNG pictures to GREY or RGB3 frames: every kind of PNG, 1 to 16 bits, palettes, interlaced; what is
 * transparent becomes white paper. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_PNG_H
#define DIGITCAM_CAPTURE_PNG_H

#include "capture/frame.h"
#include "capture/pixels.h"

/* Decodes into `pixels` and fills the frame's fourcc, size, stride, data and size_bytes (it borrows from
 * `pixels`). The size is checked before any pixel is decoded. 0, -EBADMSG, -EFBIG or -ENOMEM, with a line for
 * the user. */
int png_decode(const uint8_t *data, size_t size_bytes, struct pixels *pixels, struct frame *frame, char *why,
               size_t why_bytes);

#endif
