/* source.h - where frames come from: a camera, a picture, a folder, a clip, standard input or the demo.
 *
 *     struct source *source;
 *     char why[SOURCE_WHY_BYTES];
 *     int error = source_open(&source, "/dev/video0", &options, why, sizeof why);
 *     while (!error && (error = source_next(source, &frame, 100, why, sizeof why)) == 0)
 *         use(&frame);
 *     source_close(source);
 */
#ifndef DIGITCAM_CAPTURE_SOURCE_H
#define DIGITCAM_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

#define SOURCE_WHY_BYTES     512 /* room enough for every message: what was wrong, where, what to do */
#define SOURCE_CONTROL_BYTES 64  /* longest setting of a control, with its NUL */

enum { SOURCE_CONTROLS_MOST = 16 };

struct source; /* opaque; used from one thread at a time */

struct source_options {
    int width_px, height_px; /* wished picture size of a camera or the demo; 0: the source's own choice */
    int fps;                 /* wished frames/s; 0: own choice */
    uint32_t fourcc;         /* wished camera format; 0: own choice */
    uint64_t seed;           /* of the demo */
    bool exit_on_unplug;     /* a camera that is gone is an error; else it is waited for */
    const char *controls[SOURCE_CONTROLS_MOST]; /* of a camera: "exposure=auto", "gain=10"; each shorter than
                                                 * SOURCE_CONTROL_BYTES. They stay the caller's, and there while it is open */
    int control_count;
};

/* What can be turned while a camera runs. */
enum source_knob { SOURCE_EXPOSURE, SOURCE_GAIN, SOURCE_KNOBS };

/* Opens what `spec` names: "/dev/videoN", "N", a /dev/v4l/by-id link, part of a camera's name, a picture (JPEG,
 * PNG, PGM/PPM), a folder of pictures (in the order of their names), a video file, "-" (Y4M on stdin), "demo", "demo:SCENE".
 * `options` may be NULL. On success *source is the caller's to close. On failure returns a negative errno, leaves
 * *source NULL and writes one line for the user into `why` (no newline at its end). */
int source_open(struct source **source, const char *spec, const struct source_options *options, char *why,
                size_t why_bytes);

/* Opens the first camera that can capture. -ENODEV where there is none. */
int source_open_first_camera(struct source **source, const struct source_options *options, char *why,
                             size_t why_bytes);

/* Whether source_open would look for a camera of this name. False for a name that it cannot open at all. */
bool source_means_camera(const char *spec);

/* The next frame, valid until the next call. Waits at most `timeout_ms` (a camera may be slow; files and the demo
 * answer at once). Returns
 *   0        a frame is in *frame
 *   -EAGAIN  nothing yet; call again. `why` is empty, or says what is waited for in words that stay the same until a
 *            frame comes or something else is waited for: "camera unplugged, waiting"
 *   -ENODATA the end: no more frames will come
 *   -EBADMSG this picture could not be used (why says so); the next call goes on with the one after it
 *   -ENODEV  the camera is gone (only with options.exit_on_unplug)
 *   other    a lasting failure; `why` has a line for the user.
 *
 * A camera that goes away, that fails for good, or that sends nothing for 2 seconds (or for ten times its frame interval,
 * where that is longer), is let go and looked for again, at first after 0.1 s, later after 0.5 s, until it is back: the same
 * camera, in whichever USB port, under whichever number. Its size and format may then be others than before: a frame
 * says its own. Opening it again may take longer than `timeout_ms`. Sequence numbers go on by one from the last
 * frame before to the first one after; what the camera would have sent meanwhile counts nowhere, also not as dropped.
 * With options.exit_on_unplug only a silent camera is opened again. */
int source_next(struct source *source, struct frame *frame, int timeout_ms, char *why, size_t why_bytes);

/* True for a camera and the demo: frames come in real time and only the newest matters.
 * False for pictures, folders and clips: every frame counts. */
bool source_is_live(const struct source *source);

/* One line about what is open: "HD Webcam (/dev/video0): 1280x720 MJPG, 30 frames/s". Owned by the source; valid until the
 * next call of source_next, which may find a camera that was unplugged under another number. */
const char *source_describe(const struct source *source);

/* Why a camera was opened in the mode it is, in one line: "size as asked; MJPG since YUYV comes at 10 frames/s in this
 * size". "" for every other source. Valid as source_describe says. */
const char *source_explain(const struct source *source);

/* Frames dropped so far because they were stale, torn or reported broken by the driver. Goes on counting over a replug. */
uint64_t source_dropped(const struct source *source);

/* The same by their reason. */
struct source_losses {
    uint64_t missed; /* the driver counted them, but they never came */
    uint64_t stale;  /* a newer one was there already */
    uint64_t torn;   /* too short, no JPEG although they should be, or broken, says the driver */
};
struct source_losses source_losses(const struct source *source);

/* True where the capture times of frames are CLOCK_MONOTONIC: the driver's. */
bool source_has_clock(const struct source *source);

/* Makes a camera's exposure or gain `steps` steps more, or less; 0: as the camera itself finds right. It stays so over a
 * replug, until the source is closed: then every control is as it was before. Writes one line into `text`, what it is now
 * or why it did not change: "exposure=156", "this camera has no control for gain". Returns 0 or a negative errno. */
int source_turn(struct source *source, enum source_knob knob, int steps, char *text, size_t text_bytes);

/* True for a camera that finds its exposure by itself: the first frames may be too dark or too bright. */
bool source_adjusts(const struct source *source);

/* Releases everything; NULL is fine. */
void source_close(struct source *source);

#endif
