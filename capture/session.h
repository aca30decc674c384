/* session.h - one camera from plugging in to unplugging: opened, its format set, streaming. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_SESSION_H
#define DIGITCAM_CAPTURE_SESSION_H

#include <stddef.h>

#include "capture/device.h"
#include "capture/frame.h"
#include "capture/mode.h"
#include "capture/source.h"
#include "capture/stream.h"

/* Every step of opening finds what the steps before it left here. It may not be moved while it is open. */
struct session {
    const char *path; /* only while opening */
    struct source_options wish;
    struct device device;
    struct mode mode;   /* asked for */
    struct frame shape; /* granted */
    double fps;         /* granted; 0: the driver does not say */
    struct stream stream;
    char reason[320]; /* why this mode; "" where nothing was chosen */
    char description[sizeof(struct device) + 96]; /* "HD Webcam (/dev/video0): 1280x720 MJPG, 30 frames/s" */
};

/* Opens the node `path` and starts it. On failure returns a negative errno with a line for the user in `why`; then
 * nothing is left open (and closing it does no harm). */
int session_open(struct session *session, const char *path, const struct source_options *wish, char *why,
                 size_t why_bytes);
void session_close(struct session *session); /* may be called again */

#endif
