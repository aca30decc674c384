/* controls.h - setting the controls of an opened camera, and putting them back as they were. Only for files in capture/.
 *
 * What a camera's control was set to before is kept from its first change on: a webcam remembers its settings until it is
 * unplugged, and the next program should find them as it left them. */
#ifndef DIGITCAM_CAPTURE_CONTROLS_H
#define DIGITCAM_CAPTURE_CONTROLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cameras.h"
#include "capture/device.h"
#include "capture/source.h"

enum { CONTROLS_SAVED_MOST = 2 * SOURCE_CONTROLS_MOST + 8 };

/* All zero: nothing was changed. */
struct controls {
    struct {
        uint32_t id;
        int64_t value;
    } saved[CONTROLS_SAVED_MOST]; /* as they were, in the order of their first change */
    size_t saved_count;
    uint32_t let_settle_id; /* is set to 0 at ... */
    int64_t let_settle_ns;  /* ... this time (CLOCK_MONOTONIC); focus once */
};

/* Sets the controls that `settings` ("exposure=auto") name, one after the other. Returns 0, or at the first that fails a
 * negative errno with a line for the user in `why` (control_plan.h has those about names and values). What was set
 * before it stays set, until controls_restore. */
int controls_set(struct controls *controls, const struct device *device, const char *const *settings, size_t count,
                 char *why, size_t why_bytes);

/* Makes exposure or gain `steps` steps larger, or smaller; 0: automatic again. Writes the setting that this is into
 * `setting` ("exposure=156"), for doing it again after a replug. Returns 0; -ENOTSUP where the camera has no such
 * control, or the driver's error; then a line for the user is in `why`. */
int controls_turn(struct controls *controls, const struct device *device, enum source_knob knob, int steps,
                  char setting[SOURCE_CONTROL_BYTES], char *why, size_t why_bytes);

/* To be called now and then: ends a focus that was to be found once. */
void controls_tick(struct controls *controls, const struct device *device);

/* Puts back everything that was changed, as far as the camera still lets us. */
void controls_restore(struct controls *controls, const struct device *device);

/* True where the camera finds its exposure by itself: its first pictures may be too dark or too bright. */
bool controls_are_automatic(const struct device *device);

#endif
