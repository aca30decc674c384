#include "capture/frame_check.h"

#include <errno.h>

#include "capture/why.h"

/* How many bytes one row takes, and what follows the first plane. */
struct layout {
    uint32_t fourcc;
    int bytes_per_pair;  /* of the first plane, for two pixels side by side */
    int pixels_per_unit; /* a row is made of units of so many pixels: 2 where neighbours share their colour */
    enum { ONE_PLANE, UV_PLANE, U_AND_V_PLANES } planes;
};

static const struct layout layouts[] = {
    {FRAME_GREY, 2, 1, ONE_PLANE}, {FRAME_YUYV, 4, 2, ONE_PLANE}, {FRAME_UYVY, 4, 2, ONE_PLANE},
    {FRAME_NV12, 2, 1, UV_PLANE},  {FRAME_RGB3, 6, 1, ONE_PLANE}, {FRAME_YU12, 2, 1, U_AND_V_PLANES},
};

static const struct layout *layout_of(uint32_t fourcc)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].fourcc == fourcc)
            return &layouts[i];
    return NULL;
}

int frame_check_size(long long width_px, long long height_px, char *why, size_t why_bytes)
{
    if (width_px <= 0 || height_px <= 0)
        return why_fail(why, why_bytes, -EBADMSG, "a picture of %lld x %lld pixels has nothing in it",
                        width_px, height_px);
    if (width_px > FRAME_MAX_SIDE_PX || height_px > FRAME_MAX_SIDE_PX ||
        width_px * height_px > FRAME_MAX_PIXELS)
        return why_fail(
            why, why_bytes, -EFBIG,
            "too large: %lld x %lld pixels; the limit is %d on a side and %lld million pixels in all",
            width_px, height_px, FRAME_MAX_SIDE_PX, FRAME_MAX_PIXELS / 1000000);
    return 0;
}

/* The last row of a plane may end where its pixels end: stride - row_bytes need not follow it. */
static size_t bytes_needed(const struct layout *layout, const struct frame *frame, size_t row_bytes)
{
    const size_t rows = (size_t)frame->height_px, stride = frame->stride_bytes;
    const size_t half_rows = (rows + 1) / 2, half_columns = ((size_t)frame->width_px + 1) / 2;
    switch (layout->planes) {
    case ONE_PLANE:
        return stride * (rows - 1) + row_bytes;
    case UV_PLANE:
        return stride * rows + stride * (half_rows - 1) + 2 * half_columns;
    case U_AND_V_PLANES:
        return stride * rows + (stride + 1) / 2 * (2 * half_rows - 1) + half_columns;
    }
    return 0;
}

int frame_check(const struct frame *frame, char *why, size_t why_bytes)
{
    if (!frame->data || frame->size_bytes == 0)
        return why_fail(why, why_bytes, -EBADMSG, "an empty picture");
    if (frame->fourcc == FRAME_MJPG)
        return 0;
    const struct layout *layout = layout_of(frame->fourcc);
    if (!layout)
        return why_fail(why, why_bytes, -ENOTSUP, "pixel format %08x is not one this program knows",
                        frame->fourcc);
    const int error = frame_check_size(frame->width_px, frame->height_px, why, why_bytes);
    if (error)
        return error;

    const size_t unit = (size_t)layout->pixels_per_unit;
    const size_t units = ((size_t)frame->width_px + unit - 1) / unit;
    const size_t row_bytes = units * unit * (size_t)layout->bytes_per_pair / 2;
    /* A stride beyond any sensible one would let the sums below wrap around. */
    if (frame->stride_bytes < row_bytes || frame->stride_bytes > (size_t)1 << 30)
        return why_fail(why, why_bytes, -EBADMSG, "rows of %zu bytes cannot hold %d pixels",
                        frame->stride_bytes, frame->width_px);
    const size_t needed = bytes_needed(layout, frame, row_bytes);
    if (frame->size_bytes < needed)
        return why_fail(why, why_bytes, -EBADMSG, "cut off: %zu bytes of %zu", frame->size_bytes, needed);
    return 0;
}

int frame_orientation(const struct frame *frame)
{
    return frame->orientation >= 1 && frame->orientation <= 8 ? frame->orientation : 1;
}
