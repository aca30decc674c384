#include "capture/luma.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/frame_check.h"
#include "capture/jpeg.h"
#include "capture/orient.h"
#include "capture/pixels.h"
#include "capture/why.h"

struct luma {
    struct jpeg_decoder *jpeg;
    struct pixels gray;    /* as stored */
    struct pixels upright; /* after turning */
    char why[256];
};

int luma_create(struct luma **luma)
{
    *luma = calloc(1, sizeof **luma);
    if (*luma && jpeg_decoder_create(&(*luma)->jpeg) == 0)
        return 0;
    free(*luma);
    *luma = NULL;
    return -ENOMEM;
}

void luma_destroy(struct luma *luma)
{
    if (!luma)
        return;
    jpeg_decoder_destroy(luma->jpeg);
    free(luma->gray.data);
    free(luma->upright.data);
    free(luma);
}

const char *luma_error(const struct luma *luma)
{
    return luma->why;
}

/* Every other byte, from `first` on: the loop the compiler turns into vector code. */
static void row_of_pairs(const uint8_t *restrict row, int first, int width_px, uint8_t *restrict gray)
{
    row += first;
    for (int x = 0; x < width_px; x++)
        gray[x] = row[2 * x];
}

/* BT.601 weights in 1/65536; they add up to 65536, so white stays 255. */
static void row_of_rgb(const uint8_t *restrict row, int width_px, uint8_t *restrict gray)
{
    for (int x = 0; x < width_px; x++)
        gray[x] =
            (uint8_t)((19595 * row[3 * x] + 38470 * row[3 * x + 1] + 7471 * row[3 * x + 2] + 32768) >> 16);
}

/* Interleaved formats: unpacks into luma->gray. */
static int unpack(struct luma *luma, const struct frame *frame)
{
    const size_t width = (size_t)frame->width_px, height = (size_t)frame->height_px;
    if (pixels_reserve(&luma->gray, width * height))
        return why_fail(luma->why, sizeof luma->why, -ENOMEM, "no memory for a picture of %zu x %zu pixels",
                        width, height);
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = frame->data + y * frame->stride_bytes;
        uint8_t *gray = luma->gray.data + y * width;
        if (frame->fourcc == FRAME_RGB3)
            row_of_rgb(row, frame->width_px, gray);
        else
            row_of_pairs(row, frame->fourcc == FRAME_UYVY, frame->width_px, gray);
    }
    return 0;
}

/* Turns *gray upright. */
static int turn(struct luma *luma, int orientation, struct frame *gray)
{
    const int width_px = gray->width_px, height_px = gray->height_px;
    if (pixels_reserve(&luma->upright, (size_t)width_px * (size_t)height_px))
        return why_fail(luma->why, sizeof luma->why, -ENOMEM, "no memory to turn %d x %d pixels", width_px,
                        height_px);
    orient_plane(gray->data, width_px, height_px, gray->stride_bytes, 1, orientation, luma->upright.data);
    gray->data = luma->upright.data;
    gray->width_px = orient_swaps_sides(orientation) ? height_px : width_px;
    gray->height_px = orient_swaps_sides(orientation) ? width_px : height_px;
    gray->stride_bytes = (size_t)gray->width_px;
    return 0;
}

int luma_from_frame(struct luma *luma, const struct frame *frame, struct frame *gray)
{
    luma->why[0] = '\0';
    int error = frame_check(frame, luma->why, sizeof luma->why);
    if (error)
        return error;
    struct frame made = *frame;
    made.fourcc = FRAME_GREY;
    made.orientation = 1;
    switch (frame->fourcc) {
    case FRAME_MJPG: {
        struct jpeg_info info;
        error = jpeg_decode(luma->jpeg, frame->data, frame->size_bytes, 1, &luma->gray, &info, luma->why,
                            sizeof luma->why);
        made.width_px = info.width_px;
        made.height_px = info.height_px;
        break;
    }
    case FRAME_YUYV:
    case FRAME_UYVY:
    case FRAME_RGB3:
        error = unpack(luma, frame);
        break;
    default:
        break; /* GREY, NV12, YU12: the first plane is what is wanted */
    }
    if (error)
        return error;
    if (frame->fourcc != FRAME_GREY && frame->fourcc != FRAME_NV12 && frame->fourcc != FRAME_YU12) {
        made.data = luma->gray.data;
        made.stride_bytes = (size_t)made.width_px;
    }
    if (frame_orientation(frame) != 1)
        error = turn(luma, frame_orientation(frame), &made);
    if (error)
        return error;
    made.size_bytes = made.stride_bytes * (size_t)(made.height_px - 1) + (size_t)made.width_px;
    *gray = made;
    return 0;
}
