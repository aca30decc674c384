/* pixels.h - memory that grows with the pictures and is never given back in between. Only for files in
 * capture/. */
#ifndef DIGITCAM_CAPTURE_PIXELS_H
#define DIGITCAM_CAPTURE_PIXELS_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

struct pixels { /* zeroed: empty; its owner frees `data` */
    uint8_t *data;
    size_t capacity_bytes;
};

/* Makes room for `bytes`. What was in it may be lost. 0, or -ENOMEM with the old memory still there. */
static inline int pixels_reserve(struct pixels *pixels, size_t bytes)
{
    if (bytes <= pixels->capacity_bytes)
        return 0;
    uint8_t *data = malloc(bytes);
    if (!data)
        return -ENOMEM;
    free(pixels->data);
    pixels->data = data;
    pixels->capacity_bytes = bytes;
    return 0;
}

#endif
