/* frame_check.h - is a frame what it says it is: its size within the limits, and bytes enough for that size?
 * Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_FRAME_CHECK_H
#define DIGITCAM_CAPTURE_FRAME_CHECK_H

#include "capture/frame.h"

/* 0 where a picture of this size may be decoded; else -EBADMSG (no pixels at all) or -EFBIG (over
 * FRAME_MAX_SIDE_PX or FRAME_MAX_PIXELS), with a line for the user in `why`. To be asked before anything is
 * allocated. */
int frame_check_size(long long width_px, long long height_px, char *why, size_t why_bytes);

/* 0 where *frame is of a format of frame.h and holds all the bytes its size and stride call for. Of an MJPG
 * frame only the presence of bytes is checked; capture/jpeg.h knows the rest. Else -EBADMSG, -EFBIG or
 * -ENOTSUP. */
int frame_check(const struct frame *frame, char *why, size_t why_bytes);

/* The frame's orientation, 1..8; anything else (a forgotten 0, too) counts as 1, upright. */
int frame_orientation(const struct frame *frame);

#endif
