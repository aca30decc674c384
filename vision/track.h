/* track.h - the same digit keeps its id from frame to frame. First form: by overlap with the frame before. */
#ifndef DIGITCAM_VISION_TRACK_H
#define DIGITCAM_VISION_TRACK_H

#include "vision/layout.h"

/* What the frame before held. Zero it before its first use and to forget. */
struct track {
    struct {
        uint32_t id;
        struct box box;
    } known[LAYOUT_MOST_DIGITS];
    int known_count;
    uint32_t last_id;
};

/* Gives every digit an id: that of the digit of the frame before whose box it overlaps most (at least a third of their
 * union), else a new one. No two digits get the same. */
void track_digits(struct track *track, struct reading_digit *digits, int count);

#endif
