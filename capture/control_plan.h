/* control_plan.h - from "exposure=auto" to the V4L2 controls that have to be set, in their order, out of those a camera has.
 * Pure; touches no camera. Only for files in capture/ and their tests.
 *
 * Five settings have names of their own, since a camera has two controls for each and needs them set in the right order:
 * exposure, gain, focus, white-balance, flicker. Every other control is set by the name its driver gives it, in any case
 * and with anything between its words: "brightness", "backlight_compensation". */
#ifndef DIGITCAM_CAPTURE_CONTROL_PLAN_H
#define DIGITCAM_CAPTURE_CONTROL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/cameras.h"

enum { CONTROL_PLAN_MOST = 2, CONTROL_NAME_BYTES = 32, CONTROL_VALUE_BYTES = 32 };

/* What to set, one after the other. */
struct control_plan {
    struct {
        uint32_t id;
        int64_t value;
    } steps[CONTROL_PLAN_MOST];
    size_t count;
    uint32_t number_id;     /* what these steps may let the camera change: its number of this setting; 0: nothing */
    uint32_t let_settle_id; /* to be set to 0 when it has had time to do its work (focus once); 0: nothing */
};

/* Works out how `setting` ("exposure=auto") is done with controls[0..count). Returns 0; or with a line for the user in
 * `why`, without the name of the camera before it: -EINVAL where it is not name=value, -ENOTSUP where there is no such
 * control, -ERANGE where the value is none that it takes. */
int control_plan_make(struct control_plan *plan, const struct camera_control *controls, size_t count,
                      const char *setting, char *why, size_t why_bytes);

/* Fills in which of the five settings there are, at most CAMERA_SETTINGS_MOST, and what values they take. Returns how
 * many. */
size_t control_plan_list(struct camera_setting *settings, const struct camera_control *controls, size_t count);

/* The control that holds the number of a setting ("exposure", "gain"); NULL where there is none. */
const struct camera_control *control_plan_number(const char *name, const struct camera_control *controls, size_t count);

#endif
