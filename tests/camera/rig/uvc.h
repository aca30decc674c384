/* uvc.h - what a USB camera says about itself (USB Video Class 1.0): descriptors, and answers to control
 * requests. It has one bulk endpoint and the controls that most webcams have. usb_camera.c is the rest of it.
 */
#ifndef DIGITCAM_TESTS_RIG_UVC_H
#define DIGITCAM_TESTS_RIG_UVC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UVC_MODES_MOST = 8, UVC_PAYLOAD_BYTES = 16384, UVC_ANSWER_BYTES = 2048 };

struct uvc_mode {
    bool compressed; /* MJPG, else YUYV */
    int width_px, height_px;
};

/* One camera. Fill in modes (raw ones first), then call uvc_prepare. */
struct uvc {
    struct uvc_mode modes[UVC_MODES_MOST];
    int mode_count;
    uint8_t configuration[UVC_ANSWER_BYTES];
    size_t configuration_bytes;
    uint8_t probe[26]; /* the stream's format, frame and interval, as negotiated */
    bool committed;    /* a stream was asked for; whoever sees it sets it back */
};

void uvc_prepare(struct uvc *uvc);

/* Which of its modes is negotiated, and the time from frame to frame. */
int uvc_current_mode(const struct uvc *uvc);
int64_t uvc_interval_ns(const struct uvc *uvc);

/* Answers a control request: `setup` are its 8 bytes, `sent` what came with it. Writes what goes back into
 * `answer` (UVC_ANSWER_BYTES of room). Returns how many bytes, or -EPIPE for a request that this camera does
 * not know. */
int uvc_request(struct uvc *uvc, const uint8_t *setup, const uint8_t *sent, size_t sent_bytes,
                uint8_t *answer);

#endif
