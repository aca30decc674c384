/* luma.h - any frame to 8-bit gray, upright. MJPG is decoded to luma only. */
#ifndef DIGITCAM_CAPTURE_LUMA_H
#define DIGITCAM_CAPTURE_LUMA_H

#include "capture/frame.h"

struct luma; /* owns the JPEG decoder and a picture's worth of memory; one per thread */

/* Returns 0 or -ENOMEM; *luma is the caller's to destroy. */
int luma_create(struct luma **luma);
void luma_destroy(struct luma *luma); /* NULL is fine */

/* Makes *gray a GREY frame of the upright picture (orientation 1, everything else as in *frame). Where the
 * frame holds a gray plane already (GREY, NV12, YU12) and is upright, *gray borrows it without a copy;
 * otherwise it borrows from `luma` until the next call. The size of an MJPG frame is taken from the JPEG
 * itself. YUV gives its Y as it is, limited range (16..235) too; RGB3 gives BT.601 luma. (An orientation
 * outside 1..8 counts as 1.) Memory is allocated only when the picture grows. Returns 0, or -EBADMSG (an
 * empty, cut-off or otherwise unusable picture), -EFBIG (over the limits of frame.h), -ENOTSUP (unknown
 * format), -ENOMEM. A failure leaves `luma` usable for the next frame. */
int luma_from_frame(struct luma *luma, const struct frame *frame, struct frame *gray);

/* One line for the user about why the last luma_from_frame failed: "cut-off JPEG: ..."; "" after a success.
 * Valid until the next call. */
const char *luma_error(const struct luma *luma);

#endif
