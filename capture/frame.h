/* frame.h - one picture on its way through the program.
 *
 * A frame borrows: its bytes belong to whoever handed it out and stay valid until that owner is asked for
 * the next one or closed. Every room may include this header; it includes nothing of the project. */
#ifndef DIGITCAM_CAPTURE_FRAME_H
#define DIGITCAM_CAPTURE_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Pixel formats are named by V4L2's four-character codes (linux/videodev2.h), least significant byte first. */
#define FRAME_FOURCC(a, b, c, d)                                                                             \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#define FRAME_GREY FRAME_FOURCC('G', 'R', 'E', 'Y') /* 8-bit gray */
#define FRAME_YUYV FRAME_FOURCC('Y', 'U', 'Y', 'V') /* 4:2:2, Y0 U Y1 V */
#define FRAME_UYVY FRAME_FOURCC('U', 'Y', 'V', 'Y') /* 4:2:2, U Y0 V Y1 */
#define FRAME_NV12 FRAME_FOURCC('N', 'V', '1', '2') /* 4:2:0, Y plane, then interleaved UV plane */
#define FRAME_YU12 FRAME_FOURCC('Y', 'U', '1', '2') /* 4:2:0, Y, U and V planes */
#define FRAME_MJPG FRAME_FOURCC('M', 'J', 'P', 'G') /* one JPEG image */
#define FRAME_RGB3 FRAME_FOURCC('R', 'G', 'B', '3') /* 8-bit R, G, B */

/* Limits checked before anything is decoded or allocated. */
#define FRAME_MAX_SIDE_PX 16384
#define FRAME_MAX_PIXELS  (64LL * 1000 * 1000)

struct frame {
    uint32_t fourcc;
    int width_px, height_px; /* as stored, before `orientation` is applied */
    const uint8_t *data;     /* size_bytes bytes. Planar formats: the planes follow each other without a gap,
                              * chroma rows of YU12 are (stride_bytes + 1) / 2 apart, of NV12 stride_bytes;
                              * chroma planes have (height_px + 1) / 2 rows. */
    size_t size_bytes;
    size_t stride_bytes;     /* from one row to the next (of the Y plane); 0 for MJPG */
    int64_t capture_time_ns; /* CLOCK_MONOTONIC for cameras, time since the start for clips and the demo */
    uint64_t sequence;       /* number of the frame in its source, from 0; gaps are dropped frames */
    int orientation;         /* EXIF orientation 1..8 still to be applied; 1: upright. luma and colour apply it */
    const char *name;        /* where it comes from ("page.jpg", "/dev/video0", "demo"); owned by the source */
};

#endif
