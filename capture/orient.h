/* orient.h - turning and mirroring a plane of pixels the way EXIF's orientation asks. Only for files in
 * capture/. */
#ifndef DIGITCAM_CAPTURE_ORIENT_H
#define DIGITCAM_CAPTURE_ORIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for orientations 5..8, where rows become columns: the upright picture is height_px x width_px. */
bool orient_swaps_sides(int orientation);

/* Writes the upright picture of `source` (width_px x height_px as stored, rows stride_bytes apart, 1 or 3
 * bytes a pixel) to `upright`, whose rows follow each other without a gap. The two must not overlap.
 * `orientation` is 1..8: 1 upright already, 2 mirrored, 3 upside down, 4 mirrored and upside down, 5 rows and
 * columns exchanged, 6 to be turned a quarter clockwise, 7 exchanged about the other diagonal, 8 to be turned
 * a quarter counterclockwise. */
void orient_plane(const uint8_t *source, int width_px, int height_px, size_t stride_bytes,
                  int bytes_per_pixel, int orientation, uint8_t *upright);

#endif
