/* upright.h - is the page upside down, or does it lie on its side? Digits are read turned by quarters: the
 * way round in which more of them make sense is the page's. 0, 1 and 8 tell nothing, a 4 and a 7 much. */
#ifndef DIGITCAM_VISION_UPRIGHT_H
#define DIGITCAM_VISION_UPRIGHT_H

#include "net/net.h"
#include "vision/candidates.h"

#define UPRIGHT_WAYS  4   /* as it is, and turned by one, two, three quarters clockwise */
#define UPRIGHT_CROPS 120 /* looked at */

/* By how many quarters clockwise the page must be turned to be upright: 0..3; 0 also where that is not clear.
 * Asks the network about at most UPRIGHT_CROPS of the `count` candidates, and what was too wide for one, each
 * turned all ways. */
int upright_turns_needed(struct net *net, const struct candidates *candidates, const struct candidate *found,
                         int count);

/* What to tell the user about it; NULL for 0. */
const char *upright_hint(int turns_needed);

#endif
