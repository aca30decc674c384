/* canvas.h - a frame and its reading to one picture: overlays, snapshots, later recordings. */
#ifndef DIGITCAM_RENDER_CANVAS_H
#define DIGITCAM_RENDER_CANVAS_H

#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "vision/reading.h"

struct canvas; /* owns the drawing memory; one per thread */

struct canvas_picture {
    const uint8_t *pixels; /* R, G, B, A; rows stride_bytes apart */
    int width_px, height_px;
    size_t stride_bytes;
};

/* Returns 0, or a negative errno with one line for the user in `why` (-ENOENT: no font). Needs no display. */
int canvas_create(struct canvas **canvas, char *why, size_t why_bytes);
void canvas_destroy(struct canvas *canvas); /* NULL is fine */

/* Draws the upright RGB3 frame with boxes and tags (and what was not read, where the reading explains it) at its own size, and below it (so that it covers nothing) a bar
 * with the numbers read, where the picture is wide enough for one. *picture is owned by the canvas and valid until the
 * next call. Returns 0, -EINVAL (not upright RGB3) or -ENOMEM. */
int canvas_draw(struct canvas *canvas, const struct frame *rgb, const struct reading *reading,
                struct canvas_picture *picture);

#endif
