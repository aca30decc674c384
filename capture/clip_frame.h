/* clip_frame.h - what libavcodec decodes, made into a frame of frame.h. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_CLIP_FRAME_H
#define DIGITCAM_CAPTURE_CLIP_FRAME_H

#include <libavutil/frame.h>

#include "capture/frame.h"
#include "capture/pixels.h"

struct SwsContext;

struct clip_frame {            /* zeroed: empty; released with clip_frame_release */
    struct SwsContext *scaler; /* for pixel formats that frame.h does not have */
    struct pixels pixels;
};

void clip_frame_release(struct clip_frame *made);

/* Fills the frame's fourcc, size, stride, data and size_bytes from `decoded`; it borrows from `decoded` where
 * the planes lie as frame.h wants them, from `made` otherwise. Other YUV formats become YU12, gray ones GREY,
 * RGB and palettes RGB3, with white under what is transparent. Y is handed on as it is stored, limited range
 * (16..235) or full: for finding ink the difference does not matter. 0, -EBADMSG, -EFBIG or -ENOMEM with a
 * line for the user. */
int clip_frame_make(struct clip_frame *made, const AVFrame *decoded, struct frame *frame, char *why,
                    size_t why_bytes);

/* The EXIF orientation that a display matrix of libavutil (9 numbers) stands for; 1 for NULL and for what is
 * not a turn by quarters. */
int clip_frame_orientation(const int32_t *matrix);

#endif
