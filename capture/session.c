/* session.c - opening a camera in small named steps, each with its own message. See session.h. */
#include "capture/session.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

#include "capture/frame_check.h"
#include "capture/offers.h"
#include "capture/why.h"

/* ---- the steps ----------------------------------------------------------------------------------------------- */

static int open_device(struct session *session, char *why, size_t why_bytes)
{
    return device_open(&session->device, session->path, why, why_bytes);
}

/* Cables come loose, too. Webcams always have a signal; grabbers of HDMI or analogue video tell whether they have. */
static int check_signal(struct session *session, char *why, size_t why_bytes)
{
    int index = 0;
    (void)why, (void)why_bytes;
    if (device_ioctl(&session->device, VIDIOC_G_INPUT, &index) != 0)
        return 0;
    struct v4l2_input input = {.index = (uint32_t)index};
    if (device_ioctl(&session->device, VIDIOC_ENUMINPUT, &input) != 0)
        return 0;
    return input.status & (V4L2_IN_ST_NO_POWER | V4L2_IN_ST_NO_SIGNAL) ? -ENOLINK : 0;
}

/* Writes the formats on offer, or those which digitcam can read, into `text`: "YUYV, MJPG". As many as have room. */
static void list_offers(const struct camera_format *formats, size_t count, bool usable_only, char *text,
                        size_t text_bytes)
{
    size_t used = 0;
    snprintf(text, text_bytes, "nothing");
    for (size_t i = 0; i < count && used + 8 < text_bytes; i++) {
        char fourcc[5];
        if (usable_only && !mode_format_is_usable(formats[i].fourcc))
            continue;
        mode_fourcc_text(formats[i].fourcc, fourcc);
        used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", used ? ", " : "", fourcc);
    }
}

static int choose_mode(struct session *session, char *why, size_t why_bytes)
{
    struct camera_format *formats;
    size_t count;
    int error = offers_list_formats(&session->device, &formats, &count);
    if (error)
        return error;
    error = mode_choose(formats, count, &session->wish, &session->mode);
    if (!error)
        mode_explain(formats, count, &session->wish, &session->mode, session->reason, sizeof session->reason);
    if (error) {
        char offers[160], wished[5];
        list_offers(formats, count, error == -ENOTSUP, offers, sizeof offers);
        mode_fourcc_text(session->wish.fourcc, wished);
        if (error == -ENOTSUP)
            why_fail(why, why_bytes, error, "%.60s (%s) has no format %s that digitcam can read; it can give %s",
                     session->device.path, session->device.name, wished, offers);
        else
            why_fail(why, why_bytes, error, "%.60s (%s) has no picture format that digitcam can read; it offers %s",
                     session->device.path, session->device.name, offers);
    }
    offers_free_formats(formats, count);
    return error;
}

/* Bytes of one row of pixels; some drivers leave open what a row takes. */
static size_t packed_stride(uint32_t fourcc, uint32_t width_px)
{
    switch (fourcc) {
    case FRAME_MJPG:
        return 0;
    case FRAME_YUYV:
    case FRAME_UYVY:
        return (size_t)width_px * 2;
    case FRAME_RGB3:
        return (size_t)width_px * 3;
    default:
        return width_px;
    }
}

/* A driver may grant another format or size than it was asked for; a loopback device always grants its writer's. */
static int set_format(struct session *session, char *why, size_t why_bytes)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    struct v4l2_pix_format *const pix = &format.fmt.pix;
    pix->width = (uint32_t)session->mode.width_px;
    pix->height = (uint32_t)session->mode.height_px;
    pix->pixelformat = session->mode.fourcc;
    pix->field = V4L2_FIELD_ANY;
    int error = device_ioctl(&session->device, VIDIOC_S_FMT, &format);
    const bool other = pix->pixelformat != session->mode.fourcc;
    if (error == -EINVAL || (!error && other && (session->wish.fourcc || !mode_format_is_usable(pix->pixelformat)))) {
        char fourcc[5];
        mode_fourcc_text(session->mode.fourcc, fourcc);
        return why_fail(why, why_bytes, -ENOTSUP, "%.60s (%s) offers %s at %dx%d but refuses it; try another --format",
                        session->device.path, session->device.name, fourcc, session->mode.width_px,
                        session->mode.height_px);
    }
    if (error)
        return error;
    session->mode.emulated &= !other;
    session->shape = (struct frame){.fourcc = pix->pixelformat,
                                    .width_px = (int)pix->width,
                                    .height_px = (int)pix->height,
                                    .orientation = 1,
                                    .name = session->device.path};
    const size_t packed = packed_stride(pix->pixelformat, pix->width);
    session->shape.stride_bytes = packed && pix->bytesperline > packed ? pix->bytesperline : packed;
    return frame_check_size(pix->width, pix->height, why, why_bytes);
}

/* Asks for the rate. V4L2 wants the interval, that is the seconds of one frame. A camera that keeps its own rate is
 * no failure: what it granted is what we say. */
static int set_interval(struct session *session, char *why, size_t why_bytes)
{
    struct v4l2_streamparm request = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    struct v4l2_fract *const interval = &request.parm.capture.timeperframe;
    (void)why, (void)why_bytes;
    if (device_ioctl(&session->device, VIDIOC_G_PARM, &request) != 0)
        return 0;
    const struct v4l2_streamparm before = request;
    if (request.parm.capture.capability & V4L2_CAP_TIMEPERFRAME) {
        *interval = (struct v4l2_fract){session->mode.interval.numerator, session->mode.interval.denominator};
        if (!interval->numerator && session->wish.fps > 0)
            *interval = (struct v4l2_fract){1, (uint32_t)session->wish.fps};
        if (!interval->numerator || device_ioctl(&session->device, VIDIOC_S_PARM, &request) != 0)
            request = before;
    }
    session->fps = camera_interval_fps((struct camera_interval){interval->numerator, interval->denominator});
    return 0;
}

static int start_stream(struct session *session, char *why, size_t why_bytes)
{
    return stream_start(&session->stream, &session->device, &session->shape, why, why_bytes);
}

static const struct {
    const char *doing; /* for a failure which says nothing itself */
    int (*run)(struct session *session, char *why, size_t why_bytes);
} steps[] = {
    {"opening the camera", open_device},        {"looking for a signal", check_signal},
    {"asking for its formats", choose_mode},    {"setting the format", set_format},
    {"setting the frame rate", set_interval},   {"starting the stream", start_stream},
};

static void write_description(struct session *session)
{
    char fourcc[5], rate[48] = "";
    mode_fourcc_text(session->shape.fourcc, fourcc);
    if (session->fps > 0)
        snprintf(rate, sizeof rate, ", %.4g frames/s", session->fps);
    snprintf(session->description, sizeof session->description, "%s (%s): %dx%d %s%s%s", session->device.name,
             session->device.path, session->shape.width_px, session->shape.height_px, fourcc, rate,
             session->mode.emulated ? ", converted by libv4l" : "");
}

/* A driver may give another picture than the one it was asked for, though it offers it. */
static void note_other(struct session *session)
{
    const size_t used = strlen(session->reason);
    char fourcc[5];
    if (session->shape.width_px == session->mode.width_px && session->shape.height_px == session->mode.height_px &&
        session->shape.fourcc == session->mode.fourcc)
        return;
    mode_fourcc_text(session->mode.fourcc, fourcc);
    snprintf(session->reason + used, sizeof session->reason - used, "; the driver gives this instead of %dx%d %s",
             session->mode.width_px, session->mode.height_px, fourcc);
}

static int open_as_wished(struct session *session, const char *path, const struct source_options *wish, char *why,
                          size_t why_bytes)
{
    *session = (struct session){.path = path, .wish = *wish, .device.fd = -1, .stream.held = -1};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        why[0] = '\0';
        const int error = steps[i].run(session, why, why_bytes);
        if (error) {
            if (!why[0])
                device_explain(&session->device, steps[i].doing, error, why, why_bytes);
            session_close(session);
            return error;
        }
    }
    session->path = NULL;
    write_description(session);
    note_other(session);
    return 0;
}

/* The USB bus has no room for so many bytes: a compressed format takes a tenth. */
static int open_compressed(struct session *session, const char *path, const struct source_options *wish)
{
    struct source_options compressed = *wish;
    char unread[SOURCE_WHY_BYTES];
    compressed.fourcc = FRAME_MJPG;
    const int error = open_as_wished(session, path, &compressed, unread, sizeof unread);
    if (!error) {
        session->wish = *wish;
        snprintf(session->reason, sizeof session->reason, "MJPG since the USB bus has no room for a raw format");
    }
    return error;
}

int session_open(struct session *session, const char *path, const struct source_options *wish, char *why,
                 size_t why_bytes)
{
    const int error = open_as_wished(session, path, wish, why, why_bytes);
    if (error != -ENOSPC || wish->fourcc || session->mode.fourcc == FRAME_MJPG)
        return error;
    return open_compressed(session, path, wish) == 0 ? 0 : error;
}

void session_close(struct session *session)
{
    stream_stop(&session->stream);
    device_close(&session->device);
}
