/* augment.h - a training picture as another hand, pen and camera would have given it.
 *
 * The picture is redrawn at twice its size with a random slant, turn, aspect and wobble, its strokes are made
 * thicker or thinner, remnants of rules and gaps are added, edges are blurred or hardened; then
 * vision/normalise brings it back to MNIST's convention, as it will do with what the camera shows. */
#ifndef DIGITCAM_NET_TRAIN_AUGMENT_H
#define DIGITCAM_NET_TRAIN_AUGMENT_H

#include <stdint.h>

#include "capture/pen.h"

/* How far augmentation goes: 0 is none of it, 1 is usual for scanned digits; crops that the generator made
 * with all of this already get less. */
struct augment_style {
    float geometry;  /* of turn, slant, aspect and wobble */
    float thickness; /* of the strokes */
    float damage;    /* rules, gaps, noise */
    float dirt;      /* how often a raw picture gets what no crop from a camera has: see field_soil */
    float raw; /* share of the pictures that skip vision/normalise at the end, since test sets are read as
                  they are */
};

/* `in` and `out`: 28 x 28, white on black; they may be the same. A picture without any ink comes out as it
 * is. */
void augment_picture(const struct augment_style *style, struct pen_random *random, const uint8_t *in,
                     uint8_t *out);

#endif
