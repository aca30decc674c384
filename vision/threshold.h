/* threshold.h - a gray picture to a mask of ink, under any light.
 *
 * Ink is what is darker (or lighter) than the paper around it and narrower than a stroke can be. The paper is
 * estimated by a morphological closing (for dark ink; an opening for light ink) with a square window wider than
 * any stroke; the difference to it, the top-hat transform (Serra 1982; Meyer 1979), is the ink's contrast. It is zero
 * on plain paper, on slow shading, and at the edge of a shadow or of a sheet. A pixel is ink where its contrast is
 * above the noise and at least a share of the strongest contrast nearby, so that pale pencil beside black felt and
 * blurred strokes alike come out with their true width. */
#ifndef DIGITCAM_VISION_THRESHOLD_H
#define DIGITCAM_VISION_THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "vision/gray.h"

#define THRESHOLD_RADIUS_PX 8  /* of the window: strokes up to 2 * radius wide are kept */
#define THRESHOLD_SHARE     26 /* percent of the strongest contrast nearby that still counts as ink */
#define THRESHOLD_FLOOR     5  /* least contrast in gray levels, however clean the picture */

struct threshold; /* buffers for one size of picture */

int threshold_create(struct threshold **threshold); /* 0 or -ENOMEM */
void threshold_destroy(struct threshold *threshold); /* NULL is fine */

/* Finds the ink of one polarity in `gray`. *contrast (0 where there is none) and *mask (0 or 1) receive views of the
 * same size, owned by `threshold` until the next call; *noise, if not NULL, the contrast taken as noise.
 * Returns 0 or -ENOMEM. */
int threshold_run(struct threshold *threshold, struct gray_view gray, bool light_on_dark, struct gray_view *contrast,
                  struct gray_view *mask, int *noise);

/* Largest (or smallest) value in the square window of 2 * radius + 1 pixels round each pixel, the picture's edge
 * repeated outward. `out` has the size of `in` and may be the same memory. `scratch` has threshold_scratch_bytes(). */
void threshold_local_extreme(struct gray_view in, struct gray_image out, int radius_px, bool largest, uint8_t *scratch);
size_t threshold_scratch_bytes(int width_px, int height_px, int radius_px);

#endif
