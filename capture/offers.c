/* offers.c - asking a camera for its formats, sizes, rates and controls. See offers.h.
 *
 * V4L2 lists by index: one asks for 0, 1, 2 ... until the driver says -EINVAL. */
#include "capture/offers.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list nobody needs longer; it ends the asking where a driver would never say -EINVAL. */
enum { MOST_ENTRIES = 1024 };

/* Makes room for one more entry, zeroed, at the end of an array; NULL where there is no memory (the array stays). */
static void *append(void *array, size_t *count, size_t entry_bytes)
{
    void **const entries = array;
    char *const grown = realloc(*entries, (*count + 1) * entry_bytes);
    if (!grown)
        return NULL;
    *entries = grown;
    return memset(grown + (*count)++ * entry_bytes, 0, entry_bytes);
}

static struct camera_interval interval_from(struct v4l2_fract fraction)
{
    return (struct camera_interval){fraction.numerator, fraction.denominator};
}

static int list_intervals(const struct device *device, uint32_t fourcc, struct camera_size *size)
{
    for (uint32_t i = 0; i < MOST_ENTRIES; i++) {
        struct v4l2_frmivalenum entry = {.index = i,
                                         .pixel_format = fourcc,
                                         .width = (uint32_t)size->max_width_px,
                                         .height = (uint32_t)size->max_height_px};
        if (device_ioctl(device, VIDIOC_ENUM_FRAMEINTERVALS, &entry) != 0)
            return 0;
        struct camera_interval_range *const range =
            append(&size->intervals, &size->interval_count, sizeof *size->intervals);
        if (!range)
            return -ENOMEM;
        if (entry.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
            range->shortest = range->longest = interval_from(entry.discrete);
        } else {
            range->shortest = interval_from(entry.stepwise.min);
            range->longest = interval_from(entry.stepwise.max);
            return 0; /* there is only one such entry */
        }
    }
    return 0;
}

static void set_size_discrete(struct camera_size *size, const struct v4l2_frmsize_discrete *from)
{
    size->min_width_px = size->max_width_px = (int)from->width;
    size->min_height_px = size->max_height_px = (int)from->height;
}

static void set_size_range(struct camera_size *size, const struct v4l2_frmsize_stepwise *from)
{
    size->min_width_px = (int)from->min_width;
    size->max_width_px = (int)from->max_width;
    size->step_width_px = from->step_width ? (int)from->step_width : 1;
    size->min_height_px = (int)from->min_height;
    size->max_height_px = (int)from->max_height;
    size->step_height_px = from->step_height ? (int)from->step_height : 1;
}

static int list_sizes(const struct device *device, struct camera_format *format)
{
    for (uint32_t i = 0; i < MOST_ENTRIES; i++) {
        struct v4l2_frmsizeenum entry = {.index = i, .pixel_format = format->fourcc};
        if (device_ioctl(device, VIDIOC_ENUM_FRAMESIZES, &entry) != 0)
            return 0;
        struct camera_size *const size = append(&format->sizes, &format->size_count, sizeof *format->sizes);
        if (!size)
            return -ENOMEM;
        if (entry.type == V4L2_FRMSIZE_TYPE_DISCRETE)
            set_size_discrete(size, &entry.discrete);
        else
            set_size_range(size, &entry.stepwise);
        const int error = list_intervals(device, format->fourcc, size);
        if (error)
            return error;
        if (entry.type != V4L2_FRMSIZE_TYPE_DISCRETE)
            return 0; /* there is only one such entry */
    }
    return 0;
}

int offers_list_formats(const struct device *device, struct camera_format **formats, size_t *count)
{
    int error = 0;
    *formats = NULL;
    *count = 0;
    for (uint32_t i = 0; i < MOST_ENTRIES; i++) {
        struct v4l2_fmtdesc entry = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
        error = device_ioctl(device, VIDIOC_ENUM_FMT, &entry);
        if (error)
            break;
        struct camera_format *const format = append(formats, count, sizeof **formats);
        if (!format) {
            error = -ENOMEM;
            break;
        }
        format->fourcc = entry.pixelformat;
        snprintf(format->description, sizeof format->description, "%.31s", (const char *)entry.description);
        format->compressed = entry.flags & V4L2_FMT_FLAG_COMPRESSED;
        format->emulated = entry.flags & V4L2_FMT_FLAG_EMULATED;
        error = list_sizes(device, format);
        if (error)
            break;
    }
    if (error == 0 || error == -EINVAL || error == -ENOTTY)
        return 0;
    offers_free_formats(*formats, *count);
    *formats = NULL;
    *count = 0;
    return error;
}

void offers_free_formats(struct camera_format *formats, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < formats[i].size_count; k++)
            free(formats[i].sizes[k].intervals);
        free(formats[i].sizes);
    }
    free(formats);
}

/* ------------------------------------------------------------------------------------------------------------ */

static enum camera_control_kind control_kind(uint32_t type)
{
    switch (type) {
    case V4L2_CTRL_TYPE_INTEGER:
        return CAMERA_CONTROL_INTEGER;
    case V4L2_CTRL_TYPE_BOOLEAN:
        return CAMERA_CONTROL_BOOLEAN;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
        return CAMERA_CONTROL_MENU;
    case V4L2_CTRL_TYPE_BUTTON:
        return CAMERA_CONTROL_BUTTON;
    default:
        return CAMERA_CONTROL_OTHER;
    }
}

const char *camera_control_kind_name(enum camera_control_kind kind)
{
    static const char *const names[] = {
        [CAMERA_CONTROL_INTEGER] = "integer", [CAMERA_CONTROL_BOOLEAN] = "boolean", [CAMERA_CONTROL_MENU] = "menu",
        [CAMERA_CONTROL_BUTTON] = "button",   [CAMERA_CONTROL_OTHER] = "other",
    };
    return names[kind];
}

/* A menu may have holes: an index without an item is left out. */
static int list_items(const struct device *device, const struct v4l2_query_ext_ctrl *query,
                      struct camera_control *control)
{
    for (int64_t i = query->minimum; i <= query->maximum && i < query->minimum + MOST_ENTRIES; i++) {
        struct v4l2_querymenu entry = {.id = query->id, .index = (uint32_t)i};
        if (device_ioctl(device, VIDIOC_QUERYMENU, &entry) != 0)
            continue;
        struct camera_control_item *const item = append(&control->items, &control->item_count, sizeof *control->items);
        if (!item)
            return -ENOMEM;
        item->value = i;
        if (query->type == V4L2_CTRL_TYPE_INTEGER_MENU)
            snprintf(item->label, sizeof item->label, "%lld", (long long)entry.value);
        else
            snprintf(item->label, sizeof item->label, "%.31s", (const char *)entry.name);
    }
    return 0;
}

/* The present value; the default where the driver does not tell. */
static int64_t read_value(const struct device *device, const struct v4l2_query_ext_ctrl *query)
{
    struct v4l2_ext_control value = {.id = query->id};
    struct v4l2_ext_controls request = {.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &value};
    const uint32_t unreadable = V4L2_CTRL_FLAG_HAS_PAYLOAD | V4L2_CTRL_FLAG_WRITE_ONLY;
    if (query->flags & unreadable || device_ioctl(device, VIDIOC_G_EXT_CTRLS, &request) != 0)
        return query->default_value;
    return query->type == V4L2_CTRL_TYPE_INTEGER64 ? value.value64 : value.value;
}

static int add_control(const struct device *device, const struct v4l2_query_ext_ctrl *query,
                       struct camera_control **controls, size_t *count)
{
    struct camera_control *const control = append(controls, count, sizeof **controls);
    if (!control)
        return -ENOMEM;
    control->id = query->id;
    snprintf(control->name, sizeof control->name, "%.31s", query->name);
    control->kind = control_kind(query->type);
    control->minimum = query->minimum;
    control->maximum = query->maximum;
    control->step = (int64_t)query->step;
    control->default_value = query->default_value;
    control->inactive = query->flags & V4L2_CTRL_FLAG_INACTIVE;
    control->read_only = query->flags & V4L2_CTRL_FLAG_READ_ONLY;
    control->value = read_value(device, query);
    return control->kind == CAMERA_CONTROL_MENU ? list_items(device, query, control) : 0;
}

int offers_list_controls(const struct device *device, struct camera_control **controls, size_t *count)
{
    int error = 0;
    *controls = NULL;
    *count = 0;
    struct v4l2_query_ext_ctrl query = {.id = V4L2_CTRL_FLAG_NEXT_CTRL};
    for (int i = 0; i < MOST_ENTRIES && !error && device_ioctl(device, VIDIOC_QUERY_EXT_CTRL, &query) == 0; i++) {
        if (!(query.flags & V4L2_CTRL_FLAG_DISABLED) && query.type != V4L2_CTRL_TYPE_CTRL_CLASS)
            error = add_control(device, &query, controls, count);
        query = (struct v4l2_query_ext_ctrl){.id = query.id | V4L2_CTRL_FLAG_NEXT_CTRL};
    }
    if (!error)
        return 0;
    offers_free_controls(*controls, *count);
    *controls = NULL;
    *count = 0;
    return error;
}

void offers_free_controls(struct camera_control *controls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(controls[i].items);
    free(controls);
}
