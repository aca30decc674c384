/* pnm.h - PGM and PPM pictures (P2, P3, P5, P6; any maxval; comments) to GREY or RGB3 frames.
 * Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_PNM_H
#define DIGITCAM_CAPTURE_PNM_H

#include <stdbool.h>

#include "capture/frame.h"
#include "capture/pixels.h"

/* True where the bytes begin like a picture pnm_decode reads. */
bool pnm_looks_like(const uint8_t *data, size_t size_bytes);

/* Decodes into `pixels` and fills the frame's fourcc, size, stride, data and size_bytes (it borrows from
 * `pixels`). Values are scaled from 0..maxval to 0..255. The size is checked before memory is taken for it.
 * 0, -EBADMSG (the line in `why` says where), -EFBIG or -ENOMEM. */
int pnm_decode(const uint8_t *data, size_t size_bytes, struct pixels *pixels, struct frame *frame, char *why,
               size_t why_bytes);

#endif
