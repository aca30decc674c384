/* mode.h - which format, size and rate to ask a camera for, out of what it offers. Pure; touches no camera.
 * Only for files in capture/ and their tests. */
#ifndef DIGITCAM_CAPTURE_MODE_H
#define DIGITCAM_CAPTURE_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cameras.h"
#include "capture/source.h"

struct mode {
    uint32_t fourcc; /* one that luma.h understands */
    bool emulated;   /* libv4l converts to it */
    int width_px, height_px;
    struct camera_interval interval; /* numerator 0: unknown; leave the rate as it is */
};

/* Chooses out of formats[0..count).
 *
 * What `wish` names goes first: the format, then the nearest size, then the rate. Where it leaves the choice (or is
 * NULL), the picture nearest to 1280x720 that comes at 24 frames/s or more is taken, at about 30 frames/s: a smaller
 * picture is given up less readily than a slow one. Among equals the camera's own raw formats go before MJPG, which
 * has to be decoded, and both before formats which libv4l emulates.
 *
 * Returns 0, -ENOTSUP where the wished format is not offered, or -ENOENT where no format can be used. */
int mode_choose(const struct camera_format *formats, size_t count, const struct source_options *wish,
                struct mode *mode);

/* The same as if the camera had no MJPG and no emulated format: what raw formats could do. */
int mode_choose_raw(const struct camera_format *formats, size_t count, const struct source_options *wish,
                    struct mode *mode);

/* Writes in a line why `mode`, which mode_choose gave for the same formats and wish, and not another: what was asked for and
 * is there, what is only the nearest to it, and why the format. "size as asked; MJPG since YUYV is slower (10 frames/s)". */
void mode_explain(const struct camera_format *formats, size_t count, const struct source_options *wish,
                  const struct mode *mode, char *text, size_t text_bytes);

/* A four-character code as text, without the spaces that fill up a short one. */
void mode_fourcc_text(uint32_t fourcc, char text[5]);

/* True for the pixel formats which the frames of a camera may have. */
bool mode_format_is_usable(uint32_t fourcc);

#endif
