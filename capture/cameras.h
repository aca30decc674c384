/* cameras.h - which cameras there are, and what each of them offers.
 *
 *     struct camera_list *list;
 *     if (camera_list_create(&list) == 0)
 *         for (size_t i = 0; i < list->count; i++)
 *             puts(list->cameras[i].name);
 *     camera_list_destroy(list);
 *
 * Plain data, owned by the list. Only nodes that can capture pictures are listed: a metadata node, an output node
 * or a v4l2loopback device that nobody writes into is not a camera. */
#ifndef DIGITCAM_CAPTURE_CAMERAS_H
#define DIGITCAM_CAPTURE_CAMERAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds from one frame to the next, as V4L2 says it: 1/30 is 30 frames/s. NOT a rate: a shorter interval is a
 * higher rate. numerator 0: unknown. */
struct camera_interval {
    uint32_t numerator, denominator;
};

/* Frames/s of an interval; 0 where it is unknown. */
double camera_interval_fps(struct camera_interval interval);

/* One interval (shortest equals longest), or every interval between the two. */
struct camera_interval_range {
    struct camera_interval shortest, longest;
};

/* One size (min equals max, steps 0), or every size from min to max in steps. */
struct camera_size {
    int min_width_px, max_width_px, step_width_px;
    int min_height_px, max_height_px, step_height_px;
    struct camera_interval_range *intervals; /* as the driver lists them; of a range of sizes: at its largest */
    size_t interval_count;                   /* 0: the driver does not say */
};

struct camera_format {
    uint32_t fourcc;
    char description[32]; /* "YUYV 4:2:2"; as the driver says */
    bool compressed;
    bool emulated; /* not the camera's own: libv4l converts to it */
    struct camera_size *sizes;
    size_t size_count; /* 0: the driver does not say */
};

enum camera_control_kind {
    CAMERA_CONTROL_INTEGER,
    CAMERA_CONTROL_BOOLEAN,
    CAMERA_CONTROL_MENU,   /* value is one of `items` */
    CAMERA_CONTROL_BUTTON, /* has no value */
    CAMERA_CONTROL_OTHER   /* bitmasks, 64-bit numbers; strings and arrays have no value here */
};

/* "integer", "boolean", "menu", "button" or "other". */
const char *camera_control_kind_name(enum camera_control_kind kind);

struct camera_control_item {
    int64_t value;
    char label[32];
};

struct camera_control {
    uint32_t id; /* V4L2_CID_... */
    char name[32];
    enum camera_control_kind kind;
    int64_t minimum, maximum, step, default_value, value;
    bool inactive;  /* has no effect now, because of another control (exposure time while exposure is automatic) */
    bool read_only;
    struct camera_control_item *items; /* of a menu */
    size_t item_count;
};

/* A setting with a name of its own (exposure, gain, focus, white-balance, flicker), as it is given to --control. */
enum { CAMERA_SETTINGS_MOST = 5, CAMERA_SETTING_WORDS_MOST = 4 };

struct camera_setting {
    const char *name;
    const char *words[CAMERA_SETTING_WORDS_MOST]; /* "auto", "once"; NULL behind the last */
    bool number;                                  /* takes a number, too: minimum to maximum */
    int64_t minimum, maximum;
};

struct camera {
    char path[64];   /* "/dev/video0" */
    char by_id[288]; /* "/dev/v4l/by-id/...", which stays the same over a replug; "" where there is none */
    char name[64];   /* "HD Webcam" */
    char driver[16]; /* "uvcvideo"; "" where the node could not be opened */
    char bus[32];    /* "usb-0000:00:14.0-1"; likewise */
    int error;       /* 0, or why it could not be opened (-EACCES: no permission): then nothing more is known */
    struct camera_format *formats;
    size_t format_count;
    struct camera_control *controls;
    size_t control_count;
    struct camera_setting settings[CAMERA_SETTINGS_MOST];
    size_t setting_count;
};

struct camera_list {
    struct camera *cameras; /* in the order of their numbers */
    size_t count;
};

/* Lists every camera with its formats, sizes, rates and controls. No camera is no error: count is 0. Returns 0 or
 * -ENOMEM, or the errno of a /dev that cannot be read; *list is the caller's to destroy. */
int camera_list_create(struct camera_list **list);

/* The same without formats and controls: quicker. */
int camera_list_create_names(struct camera_list **list);

/* What to tell the user where the list is empty: "no camera found"; where something has to be done first, what: on a system
 * which has none until then (Linux in Windows), or with a loopback device that nobody writes into. */
void camera_list_empty_text(char *text, size_t text_bytes);

void camera_list_destroy(struct camera_list *list); /* NULL is fine */

#endif
