/* demo_warp.h - the demo's painted page as a camera sees it: turned, shifted, resized, blurred by motion. Only for
 * capture/demo.c. */
#ifndef DIGITCAM_CAPTURE_DEMO_WARP_H
#define DIGITCAM_CAPTURE_DEMO_WARP_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/demo_page.h"

#define DEMO_WARP_MOST 8 /* moments one exposure is made of */

/* Where the page is in a frame: x' = (cosine x - sine y) / depth + x_px, y' = (sine x + cosine y) / depth + y_px, depth = 1 +
 * lean_x x + lean_y y; x, y in units. The page leans away where depth is more than 1; without lean all of it is as far. */
struct demo_pose {
    float cosine, sine, x_px, y_px, lean_x, lean_y;
};

/* A plane of the painted page seen through the camera: source = start + column * step + row * across, in
 * 1/65536 pixels of the plane, (0, 0) the middle of its first pixel. */
struct demo_warp {
    const uint8_t *source;
    int source_width, source_height;
    int64_t start_x, start_y, column_x, column_y, row_x, row_y;
    bool leans;             /* then the numbers above mean nothing, and those below do */
    struct demo_pose pose;
    float source_per_unit, half; /* pixels of the plane a unit is wide; pixels of the frame a pixel of the plane is wide */
};

/* Of plane 0 (Y), 1 (U) or 2 (V) of the page; of the frame's plane, column 0 is the first. */
struct demo_warp demo_warp_make(const struct demo_page *page, const struct demo_pose *pose, int plane);

/* Fills a plane of width x height bytes from column `first` on with the mean of `count` (1..DEMO_WARP_MOST) warps, and
 * leaves the columns before it. */
void demo_warp_plane(const struct demo_warp *warps, int count, uint8_t *out, int width, int height, int first);

#endif
