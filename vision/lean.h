/* lean.h - how writing leans: what tells a slash from a 1. */
#ifndef DIGITCAM_VISION_LEAN_H
#define DIGITCAM_VISION_LEAN_H

#include <stdint.h>

#include "vision/candidates.h"
#include "vision/track.h"

/* How far what is in a crop leans to the right: tangent of the angle to the upright, by its second moments. */
float lean_of(const uint8_t *crop);

/* How the sure digits of a page lean, the 1s left out, which are what is asked about. */
struct lean {
    int digits; /* how many there are */
    float mean; /* 0 where there are none */
};
struct lean lean_of_page(const struct candidate *found, const struct sighting *sightings, int count, float sure);

/* Height of found[self] over the median height of the sure digits near it on its line, 1s left out; 1 where there are none. */
float lean_height_on_line(const struct candidate *found, const struct sighting *sightings, int count, int self, float sure);

#endif
