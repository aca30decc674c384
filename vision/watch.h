/* watch.h - looking over the recogniser's shoulder: what each stage made of a picture, handed out while it
 * works. */
#ifndef DIGITCAM_VISION_WATCH_H
#define DIGITCAM_VISION_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "vision/gray.h"

#define WATCH_CROP_SIDE_PX 28
#define WATCH_DIGITS       10

/* What it shows is borrowed and valid during the call. */
struct watch {
    void *context; /* passed to both */

    /* One level of the pyramid (level 0: the picture itself, each further one half as large) and one
     * polarity: `mask` is 0 or 1, of the level's size. */
    void (*level)(void *context, int level, bool light_on_dark, struct gray_view gray, struct gray_view mask);

    /* One candidate: where it lies in the picture, the 28 x 28 crop the network saw, and what it said: the
     * scores of the ten digits, what they lack to 1 being "not a digit". */
    void (*candidate)(void *context, struct box box, const uint8_t *crop, const float scores[WATCH_DIGITS]);
};

#endif
