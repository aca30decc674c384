/* closing.h - gaps in ink filled: a gray closing of light ink (an opening of dark ink) with a small square window fills what is
 * narrower than the window between two parts of the ink, and leaves everything else as it is (Serra 1982). */
#ifndef DIGITCAM_VISION_CLOSING_H
#define DIGITCAM_VISION_CLOSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vision/gray.h"

/* Zero it before the first use; its memory is kept from call to call. */
struct closing {
    uint8_t *memory;
    size_t capacity; /* bytes */
};

/* *closed receives `gray` with gaps of up to 2 * reach pixels filled, until the next call. reach: 1 or more. Returns 0 or -ENOMEM. */
int closing_run(struct closing *closing, struct gray_view gray, bool light_on_dark, int reach, struct gray_view *closed);
void closing_release(struct closing *closing);

#endif
