/* device.c - opening a V4L2 node in small steps, each with its own message. See device.h. */
#include "capture/device.h"

#include <errno.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/holder.h"
#include "capture/node.h"
#include "capture/why.h"

static FILE *nowhere; /* where libv4l2 writes; set once, before libv4l2 is first used */

static void close_nowhere(void)
{
    v4l2_log_file = NULL;
    fclose(nowhere);
}

/* libv4l2 prints what goes wrong to stderr, in its own words; we say it in ours. Whoever wants to hear libv4l2 sets
 * its LIBV4L2_LOG_FILENAME. */
static void quieten_libv4l2(void)
{
    if (v4l2_log_file || getenv("LIBV4L2_LOG_FILENAME"))
        return;
    nowhere = fopen("/dev/null", "we");
    if (nowhere && atexit(close_nowhere) == 0)
        v4l2_log_file = nowhere;
}

int device_ioctl(const struct device *device, unsigned long request, void *argument)
{
    for (;;) {
        if (v4l2_ioctl(device->fd, request, argument) >= 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}

/* What an errno means for the person in front of the camera, and what to do. %s is the device. */
static const struct {
    int error;
    const char *text;
} explanations[] = {
    {EACCES, "no permission to open %s: join the group that may, with `sudo usermod -aG video $USER`, then log out "
             "and in again"},
    {EPERM, "the system does not let this program use %s (a sandbox or container without access to cameras?)"},
    {EBUSY, "%s is busy: another program is using it; close that program and try again (`sudo fuser -v /dev/video*` says "
            "which)"},
    {ENOENT, "there is no %s; `digitcam cameras` lists the cameras"},
    {ENXIO, "there is no camera behind %s (unplugged?); `digitcam cameras` lists the cameras"},
    {ENODEV, "%s is gone: the camera was unplugged or switched off; plug it in and start again"},
    {ENOSPC, "%s gets too little bandwidth on its USB bus: use another USB port, or ask for a smaller picture with "
             "--size or a compressed one with --format MJPG"},
    {EIO, "%s does not answer as it should (input/output error): unplug it and plug it in again"},
    {ESHUTDOWN, "%s was switched off, as happens when the computer sleeps: unplug it and plug it in again"},
    {ENOLINK, "%s has no signal: check the cable, and that what it is connected to is switched on"},
};

/* "/dev/video0 (HD Webcam)", or the path alone before the name is known. */
static void device_label(const struct device *device, char *label, size_t label_bytes)
{
    if (device->name[0])
        snprintf(label, label_bytes, "%s (%s)", device->path, device->name);
    else
        snprintf(label, label_bytes, "%s", device->path);
}

void device_explain(const struct device *device, const char *what, int error, char *why, size_t why_bytes)
{
    char label[sizeof device->path + sizeof device->name + 4], holders[128];
    if (why_bytes == 0)
        return;
    device_label(device, label, sizeof label);
    if (error == -EBUSY && holder_list(device->path, holders, sizeof holders) > 0) {
        why_fail(why, why_bytes, error, "%s is busy: %s has it open; close that program and try again", label, holders);
        return;
    }
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
        if (explanations[i].error == -error) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(why, why_bytes, explanations[i].text, label);
#pragma GCC diagnostic pop
            return;
        }
    }
    snprintf(why, why_bytes, "%s: %s failed: %s", label, what, strerror(-error));
}

/* What a node without pictures is instead. */
static const struct {
    uint32_t capability;
    const char *text;
} other_kinds[] = {
    {V4L2_CAP_META_CAPTURE, "gives data about pictures, not pictures: most cameras have such a second device; "
                            "`digitcam cameras` lists the ones with pictures"},
    {V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE,
     "takes pictures instead of giving them; if it is a loopback device, first start the program that writes into it"},
    {V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE, "converts pictures, it is not a camera"},
    {V4L2_CAP_VBI_CAPTURE | V4L2_CAP_SLICED_VBI_CAPTURE, "gives teletext, not pictures"},
    {V4L2_CAP_RADIO | V4L2_CAP_TUNER, "is a radio, not a camera"},
};

/* Returns 0 for a node which streams pictures, -ENOTTY for every other. */
static int check_captures(struct device *device, uint32_t capabilities, char *why, size_t why_bytes)
{
    const char *what = "is not a camera";
    device->takes = capabilities & (V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE);
    if (capabilities & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) {
        if (capabilities & V4L2_CAP_STREAMING)
            return 0;
        what = "gives pictures only by read(), which digitcam does not use";
    } else {
        for (size_t i = 0; i < sizeof other_kinds / sizeof other_kinds[0]; i++) {
            if (capabilities & other_kinds[i].capability) {
                what = other_kinds[i].text;
                break;
            }
        }
    }
    return why_fail(why, why_bytes, -ENOTTY, "%s (%s) %s", device->path, device->name, what);
}

/* Asks the driver who it is. Before libv4l2 is let near the node, for it understands nothing but cameras. */
static int query(struct device *device, uint32_t *capabilities, char *why, size_t why_bytes)
{
    struct v4l2_capability capability = {0};
    const int error = node_query(device->fd, &capability);
    if (error) {
        if (error == -ENODEV || error == -ENXIO) {
            device_explain(device, "asking what it is", error, why, why_bytes);
            return error;
        }
        return why_fail(why, why_bytes, -ENOTTY, "%s is not a camera; `digitcam cameras` lists the cameras",
                        device->path);
    }
    snprintf(device->name, sizeof device->name, "%.32s", (const char *)capability.card);
    snprintf(device->driver, sizeof device->driver, "%.16s", (const char *)capability.driver);
    snprintf(device->bus, sizeof device->bus, "%.32s", (const char *)capability.bus_info);
    /* `capabilities` is of the whole camera, with all its nodes; `device_caps` of this node alone. */
    *capabilities = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
    return 0;
}

int device_open(struct device *device, const char *path, char *why, size_t why_bytes)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint32_t capabilities = 0;
    *device = (struct device){.fd = -1};
    if ((size_t)snprintf(device->path, sizeof device->path, "%s", path) >= sizeof device->path)
        return why_fail(why, why_bytes, -ENAMETOOLONG, "the name %.40s... is too long for a camera", path);
    const int fd = node_open(path);
    if (fd < 0) {
        device_explain(device, "opening it", fd, why, why_bytes);
        return fd;
    }
    device->fd = fd;
    int error = query(device, &capabilities, why, why_bytes);
    if (!error)
        error = check_captures(device, capabilities, why, why_bytes);
    if (!error) {
        pthread_once(&once, quieten_libv4l2);
        if (v4l2_fd_open(fd, 0) < 0) {
            error = -errno;
            device_explain(device, "handing it to libv4l2", error, why, why_bytes);
        }
    }
    if (error) {
        node_close(fd);
        device->fd = -1;
    }
    return error;
}

void device_close(struct device *device)
{
    if (device->fd >= 0)
        v4l2_close(device->fd);
    device->fd = -1;
}
