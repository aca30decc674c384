/* stream.h - frames out of an opened camera whose format is set: V4L2 streaming with mapped buffers, without waiting
 * for anything but in poll, and always the newest frame. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_STREAM_H
#define DIGITCAM_CAPTURE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/device.h"
#include "capture/frame.h"

enum { STREAM_BUFFERS_WISHED = 4, STREAM_BUFFERS_MOST = 32 };

struct stream_buffer {
    void *data;
    size_t bytes;
};

struct stream {
    const struct device *device; /* borrowed */
    struct frame shape;          /* format, size, stride and name that every frame has */
    struct stream_buffer buffers[STREAM_BUFFERS_MOST];
    uint32_t buffer_count;
    bool on;
    int held;                 /* the buffer that the caller is looking at; -1: none */
    bool counting;            /* a first frame has come: the next two mean something */
    uint32_t driver_sequence; /* of the last frame, in the driver's counting, which wraps around */
    uint64_t sequence;        /* of the last frame, in ours */
    uint64_t dropped;         /* stale, torn, or never delivered; of these ... */
    uint64_t stale, torn;     /* ... newer ones were there; cut off, or broken, says the driver */
    int64_t started_ns;       /* CLOCK_MONOTONIC */
    uint32_t left_over;       /* frames thrown away since they were older than that */
    int64_t last_frame_ns;    /* when the last good frame arrived (or the stream began), CLOCK_MONOTONIC */
};

/* Requests, maps and queues the buffers and starts the camera. `shape` has fourcc, width_px, height_px, stride_bytes
 * and name. On failure returns a negative errno with a line for the user in `why`; nothing is left allocated. */
int stream_start(struct stream *stream, const struct device *device, const struct frame *shape, char *why,
                 size_t why_bytes);

/* The newest frame, as source_next says; the frame before is given back to the driver. */
int stream_next(struct stream *stream, struct frame *frame, int timeout_ms, char *why, size_t why_bytes);

/* Stops the camera and unmaps everything; may be called again, and after a failure. */
void stream_stop(struct stream *stream);

#endif
