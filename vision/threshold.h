/* threshold.h - a gray picture to masks of ink, under any light.
 *
 * Ink is what is darker (or lighter) than the paper around it and narrower than a stroke can be. The paper
 * comes from paper.h; the difference to it, the top-hat transform (Serra 1982; Meyer 1979), is the ink's
 * contrast. It is about zero on plain paper, on slow shading, and at the edge of a shadow or of a sheet. A
 * pixel is ink where its contrast is above the noise and at least a share of the strongest contrast nearby,
 * so that pale pencil beside black felt and blurred strokes alike come out with their true width. */
#ifndef DIGITCAM_VISION_THRESHOLD_H
#define DIGITCAM_VISION_THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "vision/bits.h"
#include "vision/gray.h"

#define THRESHOLD_SHARE 67 /* parts in 256 of the strongest contrast nearby that still count as ink */

struct threshold; /* buffers for one size of picture */

/* The ink of one polarity in a picture. */
struct ink {
    struct gray_view gray;  /* the picture, borrowed */
    struct gray_view paper; /* under each block of 2x2 pixels: that of pixel (x, y) is at (x / 2, y / 2) */
    bool light_on_dark;
    int noise;            /* contrast in gray levels that plain paper shows */
    struct bit_view mask; /* 1 where there is ink */
    struct bit_view drawn; /* what is drawn round digits (enclosures.h), no longer in `mask`: neither paper nor a neighbour.
                            * Width 0: nothing */
    struct box inside;    /* the picture without a line round it */
};

int threshold_create(struct threshold **threshold);  /* 0 or -ENOMEM */
void threshold_destroy(struct threshold *threshold); /* NULL is fine */

/* Finds the ink in `gray`: ink[0] the dark, ink[1] the light; its contrast is above `floor` (gray levels,
 * however clean the picture). Both are owned by `threshold` until the next call. Where half.pixels is not
 * NULL, it receives the picture at half its size (width / 2 x height / 2, each pixel the mean of four).
 * Returns 0 or -ENOMEM. */
int threshold_run(struct threshold *threshold, struct gray_view gray, int floor, struct gray_image half,
                  struct ink ink[2]);

/* How much a pixel differs from the paper the way ink does, in gray levels; 0 where it does not. */
static inline int ink_contrast(const struct ink *ink, int x, int y)
{
    const int gray = ink->gray.pixels[(size_t)y * ink->gray.stride_bytes + (size_t)x];
    const int paper = ink->paper.pixels[(size_t)(y / 2) * ink->paper.stride_bytes + (size_t)(x / 2)];
    const int contrast = ink->light_on_dark ? gray - paper : paper - gray;
    return contrast > 0 ? contrast : 0;
}

/* The same for all pixels of `box`, which lies within the picture; `out` has the box's size. */
void ink_contrasts(const struct ink *ink, struct box box, struct gray_image out);

#endif
