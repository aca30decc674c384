/* gray.h - 8-bit images: views that borrow, and the arithmetic of boxes. 0 is black, 255 white. */
#ifndef DIGITCAM_VISION_GRAY_H
#define DIGITCAM_VISION_GRAY_H

#include <stddef.h>
#include <stdint.h>

/* A rectangle of whole pixels; x, y is its upper left corner; w, h > 0. */
struct box {
    int x, y, w, h;
};

/* A view into somebody else's image. Row y begins at pixels + y * stride_bytes; stride_bytes >= width_px. */
struct gray_view {
    const uint8_t *pixels;
    int width_px, height_px;
    size_t stride_bytes;
};

/* The same, writable. */
struct gray_image {
    uint8_t *pixels;
    int width_px, height_px;
    size_t stride_bytes;
};

static inline struct gray_view gray_image_view(const struct gray_image *image)
{
    return (struct gray_view){image->pixels, image->width_px, image->height_px, image->stride_bytes};
}

static inline int box_overlap_px(struct box a, struct box b)
{
    const int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    const int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    const int w = right - (a.x > b.x ? a.x : b.x);
    const int h = bottom - (a.y > b.y ? a.y : b.y);
    return w > 0 && h > 0 ? w * h : 0;
}

static inline struct box box_union(struct box a, struct box b)
{
    const int x = a.x < b.x ? a.x : b.x, y = a.y < b.y ? a.y : b.y;
    const int right = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
    const int bottom = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;
    return (struct box){x, y, right - x, bottom - y};
}

#endif
