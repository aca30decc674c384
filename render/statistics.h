/* statistics.h - how a run of live went: frames, what was dropped, and how long a frame took from the camera to its reading
 * and to the screen. Printed at its end. */
#ifndef DIGITCAM_RENDER_STATISTICS_H
#define DIGITCAM_RENDER_STATISTICS_H

#include <stdint.h>
#include <stdio.h>

#include "render/delay.h"

struct statistics {
    long frames;    /* read */
    double seconds; /* from the first of them to the last */
    uint64_t missed, stale, torn; /* of the camera: never delivered; older than one that was there; damaged */
    uint64_t not_shown;           /* read, but the window was still busy with the one before */
    struct delay reading, shown;  /* since the driver took the frame (of the demo: since it was made) */
};

/* Two lines for people, each after `before` ("digitcam: "):
 *   412 frames read, 29.9 a second; dropped: 3 missed, 1 stale, 0 torn, 2 not shown
 *   delay to the reading: median 9.1 ms, 99% within 14.2 ms; to the picture: median 17.3 ms, 99% within 25.0 ms */
void statistics_print_text(FILE *out, const struct statistics *statistics, const char *before);

/* One line of JSON; "shown" only where there was a window:
 *   {"statistics":{"frames":412,"seconds":13.8,"fps":29.9,"dropped":{"missed":3,"stale":1,"torn":0,"not_shown":2},
 *    "delay_us":{"reading":{"p50":9100,"p99":14200,"max":15100},"shown":{"p50":17300,"p99":25000,"max":26000}}}} */
void statistics_print_json(FILE *out, const struct statistics *statistics);

#endif
