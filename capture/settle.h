/* settle.h - has a camera found its exposure? A webcam that has just been switched on begins too dark or too bright and
 * corrects itself over some frames; what is read from these is not worth saying. */
#ifndef DIGITCAM_CAPTURE_SETTLE_H
#define DIGITCAM_CAPTURE_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"

enum {
    SETTLE_STEADY_MS = 400,  /* so long without a change of brightness, and ... */
    SETTLE_FRAMES = 4,       /* ... so many frames, and it has; or ... */
    SETTLE_LONGEST_MS = 2000 /* ... so long after the first frame, whatever it does */
};

/* All zero: settled. */
struct settle {
    bool waiting;
    int frames; /* since the brightness changed last */
    double level;
    int64_t first_ns, since_ns; /* of frames; of the last change */
};

/* From the next frame on the brightness is watched, where `adjusts` (source_adjusts). */
void settle_begin(struct settle *settle, bool adjusts);

/* Looks at a frame, GREY, in the order they come. True once the exposure has settled, and from then on. */
bool settle_look(struct settle *settle, const struct frame *gray);

#endif
