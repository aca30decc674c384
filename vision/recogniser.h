/* recogniser.h - one gray frame in, one reading out. Owns every buffer between the two. */
#ifndef DIGITCAM_VISION_RECOGNISER_H
#define DIGITCAM_VISION_RECOGNISER_H

#include <stdbool.h>

#include "capture/frame.h"
#include "net/net.h"
#include "vision/reading.h"
#include "vision/watch.h"

struct recogniser; /* one per thread */

/* `net` is borrowed and must outlive the recogniser. Returns 0, -EINVAL (a network that does not take 28x28
 * or does not tell ten digits apart) or -ENOMEM. */
int recogniser_create(struct recogniser **recogniser, struct net *net);
void recogniser_destroy(struct recogniser *recogniser); /* NULL is fine */

/* Reads a GREY frame of any size from 1x1 up to the limits of frame.h. Fills *reading, whose arrays belong to
 * the recogniser and stay valid until the next call; times_us.luma is left 0 for the caller. Allocates only
 * when the picture is larger than every one before. Returns 0, -EINVAL (not GREY), -ENOMEM (the state is as
 * before).
 * Whatever it shows, a frame takes at most RECOGNISER_MOST_TIMES the time of a page of twenty digits of the
 * same size: the pieces of ink, regions and candidates looked at are all bounded. */
#define RECOGNISER_MOST_TIMES 20
int recogniser_read(struct recogniser *recogniser, const struct frame *gray, struct reading *reading);

/* From the next frame on, readings say of everything that was looked at what became of it (`candidates`), or
 * no longer. It costs time; nothing while it is off, as at first. Returns 0 or -ENOMEM. */
int recogniser_explain(struct recogniser *recogniser, bool on);

/* From the next frame on, shows `watch` what each stage does (borrowed; NULL, as at first: nobody watches).
 */
void recogniser_watch(struct recogniser *recogniser, const struct watch *watch);

/* Whether digits that touch are cut apart, from the next frame on; at first they are. For measuring what it wins. */
void recogniser_cut(struct recogniser *recogniser, bool on);

/* Forgets what it saw, so that the next frame starts with fresh identities (another picture, another source). */
void recogniser_forget(struct recogniser *recogniser);

#endif
