/* offers.h - what an opened camera offers: its formats with sizes and rates, and its controls, as data.
 * Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_OFFERS_H
#define DIGITCAM_CAPTURE_OFFERS_H

#include <stddef.h>

#include "capture/cameras.h"
#include "capture/device.h"

/* Asks for every format, libv4l's emulated ones too. Returns 0, -ENOMEM or the driver's error; *formats is the
 * caller's, to be given to offers_free_formats. A camera without formats gives count 0. */
int offers_list_formats(const struct device *device, struct camera_format **formats, size_t *count);
void offers_free_formats(struct camera_format *formats, size_t count); /* NULL is fine */

/* The same for controls, with their present values. */
int offers_list_controls(const struct device *device, struct camera_control **controls, size_t *count);
void offers_free_controls(struct camera_control *controls, size_t count); /* NULL is fine */

#endif
