/* stream.c - V4L2 streaming with mapped buffers. See stream.h.
 *
 * Each buffer is in one of three places: with the driver, which fills it; in the driver's queue of filled ones; or
 * held here, while the caller looks at it. The caller holds one at most, so the driver never runs dry. */
#include "capture/stream.h"

#include <errno.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/mman.h>

#include "capture/frame_check.h"
#include "capture/node.h"
#include "capture/why.h"

/* So many EIO in a row are no passing trouble. */
enum { MOST_READ_ERRORS = 16 };

/* So many frames without a good one may have piled up; more come as we look, and the time to wait is over. */
enum { MOST_ROUNDS = STREAM_BUFFERS_MOST };

/* A frame this old is worth waiting for another one, if the driver can only now make one. */
enum { LATE_MS = 100 };

static struct v4l2_buffer buffer_request(uint32_t index)
{
    return (struct v4l2_buffer){
        .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
}

static int queue_buffer(const struct stream *stream, uint32_t index)
{
    struct v4l2_buffer buffer = buffer_request(index);
    return device_ioctl(stream->device, VIDIOC_QBUF, &buffer);
}

/* ---- starting ------------------------------------------------------------------------------------------------ */

static int request_buffers(struct stream *stream)
{
    struct v4l2_requestbuffers request = {.count = STREAM_BUFFERS_WISHED,
                                          .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
                                          .memory = V4L2_MEMORY_MMAP};
    const int error = device_ioctl(stream->device, VIDIOC_REQBUFS, &request);
    if (error)
        return error;
    if (request.count < 2) /* one to look at, one to fill */
        return -ENOMEM;
    stream->buffer_count = request.count < STREAM_BUFFERS_MOST ? request.count : STREAM_BUFFERS_MOST;
    return 0;
}

static int map_buffers(struct stream *stream)
{
    for (uint32_t i = 0; i < stream->buffer_count; i++) {
        struct v4l2_buffer buffer = buffer_request(i);
        const int error = device_ioctl(stream->device, VIDIOC_QUERYBUF, &buffer);
        if (error)
            return error;
        /* Writable though we only read: libv4l2 and some drivers refuse anything else. */
        void *const data = v4l2_mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, stream->device->fd,
                                     buffer.m.offset);
        if (data == MAP_FAILED)
            return -errno;
        stream->buffers[i] = (struct stream_buffer){data, buffer.length};
    }
    return 0;
}

static int queue_buffers(struct stream *stream)
{
    int error = 0;
    for (uint32_t i = 0; i < stream->buffer_count && !error; i++)
        error = queue_buffer(stream, i);
    return error;
}

static int switch_on(struct stream *stream)
{
    stream->started_ns = stream->last_frame_ns = node_now_ns();
    enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    const int error = device_ioctl(stream->device, VIDIOC_STREAMON, &type);
    stream->on = !error;
    return error;
}

static const struct {
    const char *doing;
    int (*run)(struct stream *stream);
} steps[] = {
    {"requesting buffers", request_buffers},
    {"mapping buffers", map_buffers},
    {"queueing buffers", queue_buffers},
    {"starting the stream", switch_on},
};

int stream_start(struct stream *stream, const struct device *device, const struct frame *shape, char *why,
                 size_t why_bytes)
{
    *stream = (struct stream){.device = device, .shape = *shape, .held = -1};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const int error = steps[i].run(stream);
        if (error) {
            device_explain(device, steps[i].doing, error, why, why_bytes);
            stream_stop(stream);
            return error;
        }
    }
    return 0;
}

void stream_stop(struct stream *stream)
{
    if (stream->on) {
        enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        device_ioctl(stream->device, VIDIOC_STREAMOFF, &type);
    }
    for (uint32_t i = 0; i < stream->buffer_count; i++)
        if (stream->buffers[i].data)
            v4l2_munmap(stream->buffers[i].data, stream->buffers[i].bytes);
    stream->on = false;
    stream->buffer_count = 0;
    stream->held = -1;
    memset(stream->buffers, 0, sizeof stream->buffers);
}

/* ---- running ------------------------------------------------------------------------------------------------- */

/* The time the driver took the frame, where it tells that on our clock; else now. v4l2loopback does not say which
 * clock its times are of, but they are of ours: a time of the last seconds can be of no other. */
static int64_t capture_time(const struct v4l2_buffer *buffer)
{
    const int64_t now_ns = node_now_ns();
    const int64_t told_ns = buffer->timestamp.tv_sec * 1000000000LL + buffer->timestamp.tv_usec * 1000LL;
    const bool copied = (buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_COPY;
    const int64_t oldest_ns = now_ns - 10 * 1000000000LL;
    return !copied && told_ns > oldest_ns && told_ns <= now_ns ? told_ns : now_ns;
}

/* Goes on with the counting: what the driver left out is dropped. Its number is 32 bits wide and wraps around; a
 * number that does not go forward comes from a driver that does not count. */
static void count_frame(struct stream *stream, uint32_t driver_sequence)
{
    const int32_t step = (int32_t)(driver_sequence - stream->driver_sequence);
    if (stream->counting) {
        stream->sequence += step > 0 ? (uint64_t)step : 1;
        stream->dropped += step > 0 ? (uint64_t)step - 1 : 0;
    }
    stream->counting = true;
    stream->driver_sequence = driver_sequence;
}

/* A loopback device begins with frames that were written before we came, or with half a one: v4l2loopback 0.12 does.
 * They count as neither taken nor dropped. There are only a few; more are a driver whose clock is wrong. */
static bool is_left_over(struct stream *stream, const struct v4l2_buffer *buffer)
{
    const int64_t oldest_ns = stream->started_ns - 1000; /* the driver's times are whole microseconds */
    if (stream->counting || capture_time(buffer) >= oldest_ns || stream->left_over >= STREAM_BUFFERS_MOST)
        return false;
    stream->left_over++;
    return true;
}

/* Makes a frame of a filled buffer. False for one that the driver calls broken, that is too short, or that is no
 * JPEG although it should be. (Whether a JPEG is whole, only its decoder can tell.) */
static bool make_frame(const struct stream *stream, const struct v4l2_buffer *buffer, struct frame *frame)
{
    char unread[1];
    const struct stream_buffer *const memory = &stream->buffers[buffer->index];
    *frame = stream->shape;
    frame->data = memory->data;
    frame->size_bytes = buffer->bytesused < memory->bytes ? buffer->bytesused : memory->bytes;
    frame->capture_time_ns = capture_time(buffer);
    frame->sequence = stream->sequence;
    frame->orientation = 1;
    if (buffer->flags & V4L2_BUF_FLAG_ERROR || frame_check(frame, unread, sizeof unread) != 0)
        return false;
    return frame->fourcc != FRAME_MJPG ||
           (frame->size_bytes >= 4 && frame->data[0] == 0xff && frame->data[1] == 0xd8);
}

/* Gives the held buffer back to the driver. */
static int release_held(struct stream *stream)
{
    if (stream->held < 0)
        return 0;
    const uint32_t index = (uint32_t)stream->held;
    stream->held = -1;
    return queue_buffer(stream, index);
}

/* Takes one filled buffer: keeps it, and gives back the one kept before, if it is good; gives it back if it is not.
 * Returns 0, -EAGAIN where there was none, or the driver's error. */
static int take_buffer(struct stream *stream, struct frame *newest)
{
    struct v4l2_buffer buffer = buffer_request(0);
    struct frame frame;
    int error = device_ioctl(stream->device, VIDIOC_DQBUF, &buffer);
    if (error)
        return error;
    if (buffer.index >= stream->buffer_count)
        return -EPROTO;
    if (is_left_over(stream, &buffer))
        return queue_buffer(stream, buffer.index);
    count_frame(stream, buffer.sequence);
    if (!make_frame(stream, &buffer, &frame)) {
        stream->dropped++;
        stream->torn++;
        return queue_buffer(stream, buffer.index);
    }
    stream->dropped += stream->held >= 0;
    stream->stale += stream->held >= 0;
    error = release_held(stream);
    stream->held = (int)buffer.index;
    stream->last_frame_ns = node_now_ns();
    *newest = frame;
    return error;
}

/* Takes everything that is filled, at most once around. *ran_dry tells that the driver had no buffer left to fill. */
static int take_newest(struct stream *stream, struct frame *newest, bool *ran_dry)
{
    int error = 0;
    bool failed = false;
    uint32_t taken = 0;
    while (taken < stream->buffer_count && !error && !failed) {
        if (taken > 0 && node_wait(stream->device->fd, 0, &failed) != 0)
            break;
        error = take_buffer(stream, newest);
        taken++;
    }
    *ran_dry = taken + 1 >= stream->buffer_count; /* all but the one that was held */
    return error;
}

/* What is left of the time to wait, rounded up so that the last millisecond is not spent spinning. */
static int time_left_ms(int64_t deadline_ns)
{
    const int64_t left_ns = deadline_ns - node_now_ns();
    return left_ns > 0 ? (int)((left_ns + 999999) / 1000000) : 0;
}

/* While a slow caller was away, the driver filled every buffer and then threw the newer frames away: the newest that
 * it has is old. With its buffers back it makes a fresh one at once; that is waited for, but not for long. */
static void freshen(struct stream *stream, struct frame *frame, int time_left)
{
    bool unread;
    const int64_t age_ms = (node_now_ns() - frame->capture_time_ns) / 1000000;
    if (age_ms > LATE_MS && node_wait(stream->device->fd, time_left < LATE_MS ? time_left : LATE_MS, &unread) == 0)
        take_newest(stream, frame, &unread); /* a failure is met again by the next call */
}

int stream_next(struct stream *stream, struct frame *frame, int timeout_ms, char *why, size_t why_bytes)
{
    const int64_t deadline_ns = node_now_ns() + (timeout_ms > 0 ? timeout_ms : 0) * 1000000LL;
    int error = release_held(stream);
    for (int rounds = 0, read_errors = 0; !error; rounds++) {
        bool failed = false, ran_dry = false;
        if (rounds >= MOST_ROUNDS && time_left_ms(deadline_ns) == 0)
            return -EAGAIN;
        error = node_wait(stream->device->fd, time_left_ms(deadline_ns), &failed);
        if (error == -EAGAIN)
            return error;
        if (!error)
            error = take_newest(stream, frame, &ran_dry);
        if (stream->held >= 0) {
            if (ran_dry && !error)
                freshen(stream, frame, time_left_ms(deadline_ns));
            return 0; /* a good frame is good, whatever came after it: the next call meets that again */
        }
        if (error == -EAGAIN && failed)
            error = -EIO; /* an error that taking a buffer does not tell */
        if (error == -EAGAIN) {
            node_sleep(1); /* a driver that calls, and then has nothing, must not keep us running in circles */
            error = 0;
        }
        if (error == -EIO && !failed && ++read_errors < MOST_READ_ERRORS) {
            stream->dropped++; /* one frame that was lost on the way, says the driver */
            stream->torn++;
            error = 0;
        }
    }
    if (error == -ENXIO)
        error = -ENODEV;
    device_explain(stream->device, "taking a frame", error, why, why_bytes);
    return error;
}
