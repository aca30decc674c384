/* controls.c - setting controls and putting them back. See controls.h. */
#include "capture/controls.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/videodev2.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "capture/control_plan.h"
#include "capture/node.h"
#include "capture/offers.h"
#include "capture/why.h"

enum { FOCUS_MS = 3000 };                     /* a lens needs so long to find its place */
static const double exposure_factor = 1.25;   /* of one step: a third of an f-stop, as on a camera's wheel */
static const double gain_steps = 20;          /* from its least to its most */

/* ---- one control --------------------------------------------------------------------------------------------- */

static int exchange(const struct device *device, unsigned long request, uint32_t id, int64_t *value)
{
    struct v4l2_ext_control control = {.id = id, .value = (int32_t)*value};
    struct v4l2_ext_controls controls = {.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &control};
    const int error = device_ioctl(device, request, &controls);
    *value = control.value;
    return error;
}

static bool is_saved(const struct controls *controls, uint32_t id)
{
    for (size_t i = 0; i < controls->saved_count; i++)
        if (controls->saved[i].id == id)
            return true;
    return false;
}

/* Keeps what it is now. What cannot be read (a button) need not be put back. */
static void save(struct controls *controls, const struct device *device, uint32_t id)
{
    int64_t value = 0;
    if (is_saved(controls, id) || controls->saved_count == CONTROLS_SAVED_MOST ||
        exchange(device, VIDIOC_G_EXT_CTRLS, id, &value) != 0)
        return;
    controls->saved[controls->saved_count].id = id;
    controls->saved[controls->saved_count++].value = value;
}

static int set_plan(struct controls *controls, const struct device *device, const struct control_plan *plan)
{
    int error = 0;
    if (plan->number_id)
        save(controls, device, plan->number_id);
    for (size_t i = 0; i < plan->count; i++)
        save(controls, device, plan->steps[i].id);
    for (size_t i = 0; i < plan->count && !error; i++) {
        int64_t value = plan->steps[i].value;
        error = exchange(device, VIDIOC_S_EXT_CTRLS, plan->steps[i].id, &value);
    }
    if (!error && plan->let_settle_id) {
        controls->let_settle_id = plan->let_settle_id;
        controls->let_settle_ns = node_now_ns() + FOCUS_MS * 1000000LL;
    }
    return error;
}

/* ---- by name ------------------------------------------------------------------------------------------------- */

static int set_one(struct controls *controls, const struct device *device, const struct camera_control *has,
                   size_t count, const char *setting, char *why, size_t why_bytes)
{
    char said[256] = "";
    struct control_plan plan;
    int error = control_plan_make(&plan, has, count, setting, said, sizeof said);
    if (error)
        return why_fail(why, why_bytes, error, "%.60s (%s): --control %.60s: %s", device->path, device->name, setting,
                        said);
    error = set_plan(controls, device, &plan);
    if (error == -ENODEV || error == -ENXIO)
        device_explain(device, "setting a control", error, why, why_bytes);
    else if (error)
        why_fail(why, why_bytes, error, "%.60s (%s) refuses --control %.60s: %s", device->path, device->name, setting,
                 strerror(-error));
    return error;
}

int controls_set(struct controls *controls, const struct device *device, const char *const *settings, size_t count,
                 char *why, size_t why_bytes)
{
    struct camera_control *has;
    size_t has_count;
    if (count == 0)
        return 0;
    int error = offers_list_controls(device, &has, &has_count);
    if (error)
        return why_fail(why, why_bytes, error, "%.60s (%s): its controls cannot be listed: %s", device->path,
                        device->name, strerror(-error));
    for (size_t i = 0; i < count && !error; i++)
        error = set_one(controls, device, has, has_count, settings[i], why, why_bytes);
    offers_free_controls(has, has_count);
    return error;
}

/* ---- by key -------------------------------------------------------------------------------------------------- */

static const char *const knob_names[] = {[SOURCE_EXPOSURE] = "exposure", [SOURCE_GAIN] = "gain"};

static int64_t within(double value, const struct camera_control *control)
{
    return value < (double)control->minimum   ? control->minimum
           : value > (double)control->maximum ? control->maximum
                                              : (int64_t)value;
}

/* The value some steps on: exposure by factors, since the eye sees these, and gain by shares of its range. */
static int64_t turned(const struct camera_control *control, enum source_knob knob, int steps)
{
    const double unit = control->step > 0 ? (double)control->step : 1, now = (double)control->value;
    const bool by_factor = knob == SOURCE_EXPOSURE && control->minimum >= 0;
    double change = by_factor ? fmax(now, unit) * (pow(exposure_factor, steps) - 1)
                              : ((double)control->maximum - (double)control->minimum) / gain_steps * steps;
    change = round(change / unit) * unit;
    if (change == 0)
        change = unit * steps;
    return within(now + change, control);
}

static int write_setting(enum source_knob knob, int steps, const struct camera_control *number, char *setting)
{
    if (steps == 0)
        return snprintf(setting, SOURCE_CONTROL_BYTES, "%s=auto", knob_names[knob]);
    return snprintf(setting, SOURCE_CONTROL_BYTES, "%s=%" PRId64, knob_names[knob], turned(number, knob, steps));
}

int controls_turn(struct controls *controls, const struct device *device, enum source_knob knob, int steps,
                  char setting[SOURCE_CONTROL_BYTES], char *why, size_t why_bytes)
{
    struct camera_control *has;
    size_t count;
    int error = offers_list_controls(device, &has, &count);
    if (error)
        return why_fail(why, why_bytes, error, "the camera's controls cannot be listed: %s", strerror(-error));
    const struct camera_control *const number = control_plan_number(knob_names[knob], has, count);
    if (!number && steps) {
        error = why_fail(why, why_bytes, -ENOTSUP, "this camera has no control for %s", knob_names[knob]);
    } else {
        write_setting(knob, steps, number, setting);
        error = set_one(controls, device, has, count, setting, why, why_bytes);
    }
    offers_free_controls(has, count);
    return error;
}

/* ---- later --------------------------------------------------------------------------------------------------- */

void controls_tick(struct controls *controls, const struct device *device)
{
    int64_t off = 0;
    if (!controls->let_settle_id || node_now_ns() < controls->let_settle_ns)
        return;
    exchange(device, VIDIOC_S_EXT_CTRLS, controls->let_settle_id, &off);
    controls->let_settle_id = 0;
}

/* The automatics: while one is on, the number that it governs cannot be set. */
static bool governs(uint32_t id)
{
    return id == V4L2_CID_EXPOSURE_AUTO || id == V4L2_CID_AUTOGAIN || id == V4L2_CID_FOCUS_AUTO ||
           id == V4L2_CID_AUTO_WHITE_BALANCE;
}

/* Numbers, then automatics, then numbers once more: before an automatic that is switched on again, and after one that is
 * switched off again. */
void controls_restore(struct controls *controls, const struct device *device)
{
    for (int round = 0; round < 3 && device->fd >= 0; round++)
        for (size_t i = 0; i < controls->saved_count; i++) {
            int64_t value = controls->saved[i].value;
            if (governs(controls->saved[i].id) == (round == 1))
                exchange(device, VIDIOC_S_EXT_CTRLS, controls->saved[i].id, &value);
        }
    *controls = (struct controls){.saved_count = 0};
}

bool controls_are_automatic(const struct device *device)
{
    int64_t mode = V4L2_EXPOSURE_MANUAL;
    return exchange(device, VIDIOC_G_EXT_CTRLS, V4L2_CID_EXPOSURE_AUTO, &mode) == 0 &&
           (mode == V4L2_EXPOSURE_AUTO || mode == V4L2_EXPOSURE_APERTURE_PRIORITY);
}
