#include "vision/pyramid.h"

#include <errno.h>
#include <stdlib.h>

#include "vision/clones.h"

/* Half the size; an odd last row or column is left out. */
CLONED static void halve(struct gray_view from, struct gray_image to)
{
    for (int y = 0; y < to.height_px; y++) {
        const uint8_t *restrict a = from.pixels + (size_t)(2 * y) * from.stride_bytes;
        const uint8_t *restrict b = a + from.stride_bytes;
        uint8_t *restrict out = to.pixels + (size_t)y * to.stride_bytes;
        for (int x = 0; x < to.width_px; x++)
            out[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
    }
}

int pyramid_build(struct pyramid *pyramid, struct gray_view picture)
{
    const size_t pixels = (size_t)picture.width_px * (size_t)picture.height_px;
    const size_t needed = pixels / 4 + pixels / 8; /* 1/4 + 1/16 + … < 3/8 */
    if (needed > pyramid->capacity_bytes) {
        uint8_t *const memory = malloc(needed);
        if (!memory)
            return -ENOMEM;
        free(pyramid->memory);
        pyramid->memory = memory;
        pyramid->capacity_bytes = needed;
    }
    pyramid->levels[0] = picture;
    pyramid->level_count = 1;
    uint8_t *next = pyramid->memory;
    while (pyramid->level_count < PYRAMID_MOST_LEVELS) {
        const struct gray_view above = pyramid->levels[pyramid->level_count - 1];
        const int w = above.width_px / 2, h = above.height_px / 2;
        if (w < PYRAMID_LEAST_SIDE_PX || h < PYRAMID_LEAST_SIDE_PX)
            break;
        const struct gray_image level = {next, w, h, (size_t)w};
        halve(above, level);
        pyramid->levels[pyramid->level_count++] = gray_image_view(&level);
        next += (size_t)w * (size_t)h;
    }
    return 0;
}

void pyramid_release(struct pyramid *pyramid)
{
    free(pyramid->memory);
    *pyramid = (struct pyramid){0};
}
