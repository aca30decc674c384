/* cut.h - touching digits: where a wide piece of ink may be cut, for the network to say which cuts are right.
 *
 * Over-segmentation (see Casey and Lecolinet: A survey of methods and strategies in character segmentation, 1996): seams
 * from top to bottom that cross as little ink as they can are proposed generously; every stretch between two seams is a
 * possible digit, and the recogniser chooses the way from the left to the right whose digits are surest. */
#ifndef DIGITCAM_VISION_CUT_H
#define DIGITCAM_VISION_CUT_H

#include <stdint.h>

#include "vision/gray.h"

#define CUT_MOST_SEAMS 64

/* A pixel a seam may pass through, and the ink the cheapest one there crosses. */
struct cut_anchor {
    int cost;
    int16_t x, y;
};

/* Working memory, kept from call to call. Zero it before the first use. */
struct cut {
    int seam_count;
    int ranks[CUT_MOST_SEAMS]; /* of each seam: 0 the cheapest */
    int16_t *seams;  /* one more than CUT_MOST_SEAMS x height: seam k passes left of pixel seams[k * height + y] in row y */
    uint8_t *tolls;  /* what a seam pays for each pixel, width x height */
    uint16_t *costs; /* of the cheapest path, width x height, from above and from below */
    int32_t *sums;   /* ink left of each pixel in its row, height x (width + 1) */
    struct cut_anchor *anchors;
    size_t seam_capacity, toll_capacity, cost_capacity, sum_capacity, anchor_capacity;
};

/* Finds the seams of one region, sorted from left to right by where they lie on the whole (they may cross): `ink` as in struct region, `stroke_px` its stroke width.
 * Returns 0 or -ENOMEM. */
int cut_find(struct cut *cut, struct gray_view ink, float stroke_px);

/* Copies the ink between seam `from` - 1 and seam `to` - 1 (0 and seam_count + 1 are the region's own ends) into `piece`, which
 * has the region's size, and returns the box of what it holds; its w is 0 where that is nothing, or where the two seams cross. */
struct box cut_piece(const struct cut *cut, struct gray_view ink, int from, int to, struct gray_image piece);

void cut_release(struct cut *cut);

#endif
