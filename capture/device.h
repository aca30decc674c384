/* device.h - one V4L2 node, opened through libv4l2, and in words what is wrong with it. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_DEVICE_H
#define DIGITCAM_CAPTURE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device {
    int fd;          /* of libv4l2: to be used with device_ioctl, v4l2_mmap and poll; -1: not open */
    char path[288];  /* as it was asked for: "/dev/video0", or a by-id link */
    char name[33];   /* "HD Webcam"; "" until the driver has been asked */
    char driver[17]; /* "uvcvideo" */
    char bus[33];    /* "usb-0000:00:14.0-1" */
    bool takes;      /* it is no camera, but takes pictures: a loopback device that nobody writes into */
};

/* Opens the node `path` for capturing, without waiting for anything. Returns 0, or a negative errno with one line
 * for the user in `why` (NULL with why_bytes 0 where nobody reads it): -ENOENT, -EACCES, -EBUSY, -ENODEV, or -ENOTTY for
 * whatever is no capture device (then `device` still names what it is). */
int device_open(struct device *device, const char *path, char *why, size_t why_bytes);
void device_close(struct device *device); /* may be called again */

/* An ioctl by way of libv4l2, tried again when a signal interrupts it. Returns 0 or a negative errno. */
int device_ioctl(const struct device *device, unsigned long request, void *argument);

/* Writes one line for the user about `error` (a negative errno), met while doing `what` ("setting the format"). */
void device_explain(const struct device *device, const char *what, int error, char *why, size_t why_bytes);

#endif
