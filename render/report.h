/* report.h - what read and live tell the terminal while they run: readings, and what is waited for. */
#ifndef DIGITCAM_RENDER_REPORT_H
#define DIGITCAM_RENDER_REPORT_H

#include <stdbool.h>

#include "vision/reading.h"

#define REPORT_WAITING_BYTES 512

/* What was said last about waiting; all zero: nothing yet, or the wait is over. */
struct report_waiting {
    char said[REPORT_WAITING_BYTES];
};

/* Prints one line to stdout, at once: JSON or text. -EPIPE: nobody listens any more, which is no failure; -ENOMEM, -EIO
 * and others are said on stderr. */
int report_reading(const struct reading *reading, bool json);

/* What a camera is waited for: a source says it at every call, the user hears it once. `why` may be "". */
void report_waiting(struct report_waiting *waiting, const char *why);

/* A frame came: says that the camera `description` is back, if it was waited for. True where it was. */
bool report_back(struct report_waiting *waiting, const char *description);

#endif
