/* contour.h - border following with hierarchy.
 *
 * Suzuki, S. and Abe, K.: Topological structural analysis of digitized binary images by border following. Computer
 * Vision, Graphics, and Image Processing 30 (1985), 32-46; their algorithm 1. Ink is 8-connected, its background 4-connected. */
#ifndef DIGITCAM_VISION_CONTOUR_H
#define DIGITCAM_VISION_CONTOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "vision/gray.h"

struct point {
    int16_t x, y;
};

/* One border. An outer border runs round a piece of connected ink, a hole border round a piece of background inside
 * it; both consist of ink pixels. */
struct contour {
    bool is_hole;
    int parent;      /* index of the border that directly surrounds it, -1: the picture's frame. An outer border's
                      * parent is a hole, a hole's parent is an outer border */
    int first_point; /* its points in order: points[first_point .. first_point + point_count - 1] */
    int point_count;
    struct box box;  /* of its points */
};

/* All borders of one mask, in the order a raster scan meets them (a parent always comes before its children). */
struct contours {
    struct contour *items;
    int count, capacity;
    struct point *points;
    int point_count, point_capacity;
    int32_t *labels; /* working copy of the mask with a frame of one pixel round it */
    size_t label_capacity;
};

/* `contours` must be zeroed before its first use; its memory is kept from call to call. `mask` holds 0 or not 0; no
 * side may be longer than INT16_MAX. At most `most_contours` borders are followed (the rest of the picture is then
 * left unread), which bounds the time a picture of specks can take. Returns 0 or -ENOMEM. */
int contours_find(struct contours *contours, struct gray_view mask, int most_contours);

/* Paints `value` into `out` where ink of one border's piece begins at that border: every run of the mask that starts at
 * one of its points. Each run of a piece starts at its outer border or at one of its holes, so that all of them together
 * paint the piece exactly. Pixel (0, 0) of `out` lies at (left, top) of the mask; what falls outside is left out. */
void contours_paint(const struct contours *contours, int border, struct gray_view mask, struct gray_image out, int left,
                    int top, uint8_t value);
void contours_release(struct contours *contours);

#endif
