#include "capture/clip_frame.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <string.h>

#include "capture/frame_check.h"
#include "capture/why.h"

/* The formats of frame.h as libavutil calls them. */
static const struct same_format {
    enum AVPixelFormat av;
    uint32_t fourcc;
} same_formats[] = {
    {AV_PIX_FMT_GRAY8, FRAME_GREY},   {AV_PIX_FMT_YUV420P, FRAME_YU12}, {AV_PIX_FMT_YUVJ420P, FRAME_YU12},
    {AV_PIX_FMT_NV12, FRAME_NV12},    {AV_PIX_FMT_RGB24, FRAME_RGB3},   {AV_PIX_FMT_YUYV422, FRAME_YUYV},
    {AV_PIX_FMT_UYVY422, FRAME_UYVY},
};

/* How the planes of a frame.h picture lie in memory: fills data[] and strides[] for `base`, returns the bytes
 * in all. */
static size_t lay_out(uint32_t fourcc, int stride, int height_px, uint8_t *base, uint8_t *data[4],
                      int strides[4])
{
    const size_t first = (size_t)stride * (size_t)height_px, half_rows = ((size_t)height_px + 1) / 2;
    const int half_stride = (stride + 1) / 2;
    memset(data, 0, 4 * sizeof *data);
    memset(strides, 0, 4 * sizeof *strides);
    data[0] = base;
    strides[0] = stride;
    if (fourcc == FRAME_NV12) {
        data[1] = base + first;
        strides[1] = stride;
        return first + (size_t)stride * half_rows;
    }
    if (fourcc != FRAME_YU12)
        return first;
    data[1] = base + first;
    data[2] = data[1] + (size_t)half_stride * half_rows;
    strides[1] = strides[2] = half_stride;
    return first + 2 * (size_t)half_stride * half_rows;
}

static int no_memory(const AVFrame *decoded, char *why, size_t why_bytes)
{
    return why_fail(why, why_bytes, -ENOMEM, "no memory for %d x %d pixels", decoded->width, decoded->height);
}

static void set_frame(struct frame *frame, uint32_t fourcc, const AVFrame *decoded, const uint8_t *data,
                      int stride, size_t size_bytes)
{
    frame->fourcc = fourcc;
    frame->width_px = decoded->width;
    frame->height_px = decoded->height;
    frame->data = data;
    frame->stride_bytes = (size_t)stride;
    frame->size_bytes = size_bytes;
}

/* A format of frame.h: borrowed where the planes lie as they should, copied together otherwise. */
static int take(struct clip_frame *made, const AVFrame *decoded, uint32_t fourcc, struct frame *frame,
                char *why, size_t why_bytes)
{
    uint8_t *data[4];
    int strides[4];
    int stride = decoded->linesize[0];
    if (stride > 0) {
        const size_t size_bytes = lay_out(fourcc, stride, decoded->height, decoded->data[0], data, strides);
        bool in_place = true;
        for (int i = 0; i < 3; i++)
            in_place &= !data[i] || (data[i] == decoded->data[i] && strides[i] == decoded->linesize[i]);
        if (in_place) {
            set_frame(frame, fourcc, decoded, decoded->data[0], stride, size_bytes);
            return 0;
        }
    }
    stride = FFALIGN(av_image_get_linesize(decoded->format, decoded->width, 0), 64);
    const size_t size_bytes = lay_out(fourcc, stride, decoded->height, NULL, data, strides);
    if (pixels_reserve(&made->pixels, size_bytes))
        return no_memory(decoded, why, why_bytes);
    lay_out(fourcc, stride, decoded->height, made->pixels.data, data, strides);
    av_image_copy(data, strides, (const uint8_t **)decoded->data, decoded->linesize, decoded->format,
                  decoded->width, decoded->height);
    set_frame(frame, fourcc, decoded, made->pixels.data, stride, size_bytes);
    return 0;
}

/* In place, row by row: 4 bytes a pixel to the 3 of the same picture on white paper. */
static void lay_on_white(uint8_t *pixels, int width_px, int height_px, size_t stride)
{
    for (int y = 0; y < height_px; y++) {
        uint8_t *row = pixels + (size_t)y * stride;
        for (int x = 0; x < width_px; x++)
            for (int c = 0; c < 3; c++)
                row[3 * x + c] =
                    (uint8_t)((row[4 * x + c] * row[4 * x + 3] + 255 * (255 - row[4 * x + 3]) + 127) / 255);
    }
}

/* Any other format goes through libswscale. */
static int convert(struct clip_frame *made, const AVFrame *decoded, const AVPixFmtDescriptor *format,
                   struct frame *frame, char *why, size_t why_bytes)
{
    const bool transparent = format->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL);
    const bool rgb = transparent || (format->flags & AV_PIX_FMT_FLAG_RGB);
    const bool gray = !rgb && format->nb_components == 1;
    const enum AVPixelFormat wanted = transparent ? AV_PIX_FMT_RGBA
                                      : rgb       ? AV_PIX_FMT_RGB24
                                      : gray      ? AV_PIX_FMT_GRAY8
                                                  : AV_PIX_FMT_YUV420P;
    const uint32_t fourcc = rgb ? FRAME_RGB3 : gray ? FRAME_GREY : FRAME_YU12;
    made->scaler = sws_getCachedContext(made->scaler, decoded->width, decoded->height, decoded->format,
                                        decoded->width, decoded->height, wanted, SWS_POINT, NULL, NULL, NULL);
    if (!made->scaler)
        return why_fail(why, why_bytes, -EBADMSG, "its pixel format %s cannot be converted", format->name);

    uint8_t *data[4];
    int strides[4];
    /* Rows in multiples of 64 bytes, and as much again at the end: the scaler's vector code writes past a
     * row's end. */
    const int stride = FFALIGN(av_image_get_linesize(wanted, decoded->width, 0), 64);
    const size_t size_bytes = lay_out(fourcc, stride, decoded->height, NULL, data, strides);
    if (pixels_reserve(&made->pixels, size_bytes + 64))
        return no_memory(decoded, why, why_bytes);
    lay_out(fourcc, stride, decoded->height, made->pixels.data, data, strides);
    if (sws_scale(made->scaler, (const uint8_t *const *)decoded->data, decoded->linesize, 0, decoded->height,
                  data, strides) != decoded->height)
        return why_fail(why, why_bytes, -EBADMSG, "its pixel format %s cannot be converted", format->name);
    if (transparent)
        lay_on_white(made->pixels.data, decoded->width, decoded->height, (size_t)stride);
    set_frame(frame, fourcc, decoded, made->pixels.data, stride, size_bytes);
    return 0;
}

int clip_frame_make(struct clip_frame *made, const AVFrame *decoded, struct frame *frame, char *why,
                    size_t why_bytes)
{
    const int error = frame_check_size(decoded->width, decoded->height, why, why_bytes);
    if (error)
        return error;
    for (size_t i = 0; i < sizeof same_formats / sizeof *same_formats; i++)
        if ((int)same_formats[i].av == decoded->format)
            return take(made, decoded, same_formats[i].fourcc, frame, why, why_bytes);
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(decoded->format);
    if (!format || (format->flags & AV_PIX_FMT_FLAG_HWACCEL))
        return why_fail(why, why_bytes, -EBADMSG, "its pixel format is unknown");
    return convert(made, decoded, format, frame, why, why_bytes);
}

void clip_frame_release(struct clip_frame *made)
{
    sws_freeContext(made->scaler);
    free(made->pixels.data);
    *made = (struct clip_frame){0};
}

int clip_frame_orientation(const int32_t *matrix)
{
    if (!matrix)
        return 1;
    /* A stored point (x, y), y downwards, is shown at (a x + c y, b x + d y). */
    const int32_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    if (a && d && !b && !c)
        return a > 0 ? (d > 0 ? 1 : 4) : (d > 0 ? 2 : 3);
    if (b && c && !a && !d)
        return c > 0 ? (b > 0 ? 5 : 8) : (b > 0 ? 6 : 7);
    return 1;
}
