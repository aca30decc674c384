#include "vision/pyramid.h"

#include <errno.h>
#include <stdlib.h>

int pyramid_lay_out(struct pyramid *pyramid, struct gray_view picture)
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
        pyramid->levels[pyramid->level_count++] = (struct gray_view){next, w, h, (size_t)w};
        next += (size_t)w * (size_t)h;
    }
    return 0;
}

struct gray_image pyramid_half(const struct pyramid *pyramid, int level)
{
    if (level + 1 >= pyramid->level_count)
        return (struct gray_image){NULL, 0, 0, 0};
    const struct gray_view half = pyramid->levels[level + 1];
    return (struct gray_image){pyramid->memory + (half.pixels - pyramid->memory), half.width_px,
                               half.height_px, half.stride_bytes};
}

void pyramid_release(struct pyramid *pyramid)
{
    free(pyramid->memory);
    *pyramid = (struct pyramid){0};
}
