#include "capture/colour.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/frame_check.h"
#include "capture/jpeg.h"
#include "capture/orient.h"
#include "capture/pixels.h"
#include "capture/why.h"

struct colour {
    struct jpeg_decoder *jpeg;
    struct pixels rgb;     /* as stored */
    struct pixels upright; /* after turning */
    char why[256];
};

int colour_create(struct colour **colour)
{
    *colour = calloc(1, sizeof **colour);
    if (*colour && jpeg_decoder_create(&(*colour)->jpeg) == 0)
        return 0;
    free(*colour);
    *colour = NULL;
    return -ENOMEM;
}

void colour_destroy(struct colour *colour)
{
    if (!colour)
        return;
    jpeg_decoder_destroy(colour->jpeg);
    free(colour->rgb.data);
    free(colour->upright.data);
    free(colour);
}

const char *colour_error(const struct colour *colour)
{
    return colour->why;
}

static inline uint8_t clamp(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* What U and V add to each colour: ITU-R BT.601, limited range, in 1/65536. Two neighbours share it. */
struct tint {
    int red, green, blue;
};

static inline struct tint tint_of(int u, int v)
{
    u -= 128;
    v -= 128;
    return (struct tint){104597 * v, -25675 * u - 53279 * v, 132201 * u};
}

/* R = 1.164 (Y - 16) + 1.596 (V - 128) and so on. */
static inline void put_pixel(int y, struct tint tint, uint8_t *rgb)
{
    const int light = 76309 * (y - 16) + 32768;
    rgb[0] = clamp((light + tint.red) >> 16);
    rgb[1] = clamp((light + tint.green) >> 16);
    rgb[2] = clamp((light + tint.blue) >> 16);
}

/* Where a row's Y, U and V lie: `y_step` bytes from one Y to the next, `uv_step` from one pair of pixels to
 * the next. */
struct row {
    const uint8_t *y, *u, *v;
    int y_step, uv_step;
};

static struct row row_of(const struct frame *frame, int row_number)
{
    const size_t stride = frame->stride_bytes, number = (size_t)row_number;
    const uint8_t *row = frame->data + number * stride;
    const uint8_t *chroma = frame->data + (size_t)frame->height_px * stride;
    switch (frame->fourcc) {
    case FRAME_YUYV:
        return (struct row){row, row + 1, row + 3, 2, 4};
    case FRAME_UYVY:
        return (struct row){row + 1, row, row + 2, 2, 4};
    case FRAME_NV12:
        chroma += number / 2 * stride;
        return (struct row){row, chroma, chroma + 1, 1, 2};
    default:
        break; /* YU12 */
    }
    const size_t chroma_stride = (stride + 1) / 2, chroma_rows = ((size_t)frame->height_px + 1) / 2;
    const uint8_t *u = chroma + number / 2 * chroma_stride;
    return (struct row){row, u, u + chroma_rows * chroma_stride, 1, 1};
}

static void unpack_yuv(const struct frame *frame, uint8_t *rgb)
{
    for (int y = 0; y < frame->height_px; y++) {
        struct row row = row_of(frame, y);
        for (int x = 0; x < frame->width_px; x += 2) {
            const struct tint tint = tint_of(*row.u, *row.v);
            put_pixel(row.y[0], tint, rgb);
            if (x + 1 < frame->width_px)
                put_pixel(row.y[row.y_step], tint, rgb + 3);
            rgb += x + 1 < frame->width_px ? 6 : 3;
            row.y += 2 * row.y_step;
            row.u += row.uv_step;
            row.v += row.uv_step;
        }
    }
}

static void unpack_gray(const struct frame *frame, uint8_t *rgb)
{
    for (int y = 0; y < frame->height_px; y++) {
        const uint8_t *row = frame->data + (size_t)y * frame->stride_bytes;
        for (int x = 0; x < frame->width_px; x++, rgb += 3)
            rgb[0] = rgb[1] = rgb[2] = row[x];
    }
}

static int no_memory(struct colour *colour, int width_px, int height_px)
{
    return why_fail(colour->why, sizeof colour->why, -ENOMEM, "no memory for a picture of %d x %d pixels",
                    width_px, height_px);
}

/* Any format but upright RGB3: decodes into colour->rgb. */
static int unpack(struct colour *colour, const struct frame *frame, struct frame *made)
{
    if (frame->fourcc == FRAME_MJPG) {
        struct jpeg_info info;
        const int error = jpeg_decode(colour->jpeg, frame->data, frame->size_bytes, 3, &colour->rgb, &info,
                                      colour->why, sizeof colour->why);
        if (error)
            return error;
        made->width_px = info.width_px;
        made->height_px = info.height_px;
    } else {
        if (pixels_reserve(&colour->rgb, (size_t)frame->width_px * (size_t)frame->height_px * 3))
            return no_memory(colour, frame->width_px, frame->height_px);
        if (frame->fourcc == FRAME_GREY)
            unpack_gray(frame, colour->rgb.data);
        else
            unpack_yuv(frame, colour->rgb.data);
    }
    made->data = colour->rgb.data;
    made->stride_bytes = (size_t)made->width_px * 3;
    return 0;
}

static int turn(struct colour *colour, int orientation, struct frame *rgb)
{
    const int width_px = rgb->width_px, height_px = rgb->height_px;
    if (pixels_reserve(&colour->upright, (size_t)width_px * (size_t)height_px * 3))
        return no_memory(colour, width_px, height_px);
    orient_plane(rgb->data, width_px, height_px, rgb->stride_bytes, 3, orientation, colour->upright.data);
    rgb->data = colour->upright.data;
    rgb->width_px = orient_swaps_sides(orientation) ? height_px : width_px;
    rgb->height_px = orient_swaps_sides(orientation) ? width_px : height_px;
    rgb->stride_bytes = (size_t)rgb->width_px * 3;
    return 0;
}

int colour_from_frame(struct colour *colour, const struct frame *frame, struct frame *rgb)
{
    colour->why[0] = '\0';
    int error = frame_check(frame, colour->why, sizeof colour->why);
    if (error)
        return error;
    struct frame made = *frame;
    made.fourcc = FRAME_RGB3;
    made.orientation = 1;
    if (frame->fourcc != FRAME_RGB3)
        error = unpack(colour, frame, &made);
    if (!error && frame_orientation(frame) != 1)
        error = turn(colour, frame_orientation(frame), &made);
    if (error)
        return error;
    made.size_bytes = made.stride_bytes * (size_t)(made.height_px - 1) + (size_t)made.width_px * 3;
    *rgb = made;
    return 0;
}
