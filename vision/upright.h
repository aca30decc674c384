/* upright.h - is the page upside down, or does it lie on its side? Digits are read turned by quarters: the
 * way round in which more of them make sense is the page's. 0, 1 and 8 tell nothing, a 4 and a 7 much. */
#ifndef DIGITCAM_VISION_UPRIGHT_H
#define DIGITCAM_VISION_UPRIGHT_H

#include "net/net.h"
#include "vision/candidates.h"
#include "vision/track.h"

#define UPRIGHT_WAYS  4   /* as it is, and turned by one, two, three quarters clockwise */
#define UPRIGHT_CROPS 24  /* looked at before it is decided whether to go on, */
#define UPRIGHT_MOST  150 /* and so many at most */

/* By how many quarters clockwise the page must be turned to be upright: 0..3; 0 also where that is not clear.
 * Asks the network about some of the `count` candidates (`sightings`: what it said of each as it lies) and of what was too
 * wide for one, each turned all ways; and about more of them where those give reason to. */
int upright_turns_needed(struct net *net, const struct candidates *candidates, const struct candidate *found,
                         const struct sighting *sightings, int count);

/* What to tell the user about it; NULL for 0. */
const char *upright_hint(int turns_needed);

#endif
