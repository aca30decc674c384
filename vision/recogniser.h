/* recogniser.h - one gray frame in, one reading out. Owns every buffer between the two. */
#ifndef DIGITCAM_VISION_RECOGNISER_H
#define DIGITCAM_VISION_RECOGNISER_H

#include "capture/frame.h"
#include "net/net.h"
#include "vision/reading.h"

struct recogniser; /* one per thread */

/* `net` is borrowed and must outlive the recogniser. Returns 0, -EINVAL (a network that does not take 28x28 or does
 * not tell ten digits apart) or -ENOMEM. */
int recogniser_create(struct recogniser **recogniser, struct net *net);
void recogniser_destroy(struct recogniser *recogniser); /* NULL is fine */

/* Reads a GREY frame of any size from 1x1 up to the limits of frame.h. Fills *reading, whose arrays belong to the
 * recogniser and stay valid until the next call; times_us.luma is left 0 for the caller. Allocates only when the
 * picture is larger than every one before. Returns 0, -EINVAL (not GREY), -ENOMEM (the state is as before). */
int recogniser_read(struct recogniser *recogniser, const struct frame *gray, struct reading *reading);

/* Forgets what it saw, so that the next frame starts with fresh identities (another picture, another source). */
void recogniser_forget(struct recogniser *recogniser);

#endif
