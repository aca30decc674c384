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

/* True for the pixel formats which the frames of a camera may have. */
bool mode_format_is_usable(uint32_t fourcc);

#endif
