/* dates.h - the slashes of dates: 3/9/24, 27/07/2019, 2024/12/31.
 *
 * A slash that leans little more than its writer's digits is a 1 for all that can be seen of it alone. But
 * where two bars divide the digits of a string into a day, a month and a year, are alike, and lean more or
 * stand higher than everything else in it, a number that does the same by chance is far rarer than a date. */
#ifndef DIGITCAM_VISION_DATES_H
#define DIGITCAM_VISION_DATES_H

#include <stdbool.h>

#include "vision/candidates.h"
#include "vision/track.h"

/* Says of each candidate whether it is read as a 1 and is the slash of a date. slash receives `count` answers
 * (at most CANDIDATES_MOST); sightings[i] is what was read of found[i]. */
void dates_find(const struct candidate *found, const struct sighting *sightings, int count, bool *slash);

#endif
