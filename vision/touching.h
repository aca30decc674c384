/* touching.h - digits that touch: which of the cuts proposed for a wide region are right, the network says.
 *
 * A wide region is over-segmented (vision/cut.h), the network is asked about every stretch between two cuts that could be
 * a digit, and the way over the stretches from the region's left end to its right that is surest as a whole is taken
 * (dynamic programming), if it is sure enough and surer than the region as one digit. See Casey and Lecolinet: A survey
 * of methods and strategies in character segmentation, 1996. */
#ifndef DIGITCAM_VISION_TOUCHING_H
#define DIGITCAM_VISION_TOUCHING_H

#include "vision/ask.h"
#include "vision/candidates.h"
#include "vision/explain.h"
#include "vision/track.h"

struct touching; /* working memory, kept from frame to frame */

int touching_create(struct touching **touching);  /* 0 or -ENOMEM */
void touching_destroy(struct touching *touching); /* NULL is fine */

/* Forgets which regions were no numbers in the frames before: another picture, another source. Where the same region is
 * refused in one frame after the other, it is looked at again only every few frames (a quarter of a second at 30 a second). */
void touching_forget(struct touching *touching);

/* Reads the wide regions of `candidates`, asking through `ask`. `sightings` (room for CANDIDATES_MOST) holds the *count
 * verdicts on the candidates, weighed; the digits cut apart are appended and *count grows. `explanation` (NULL: nobody
 * asks) notes what was cut. Returns 0 or -ENOMEM. */
int touching_read(struct touching *touching, struct candidates *candidates, struct ask *ask,
                  struct sighting *sightings, int *count, struct explanation *explanation);

#endif
