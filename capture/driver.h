/* driver.h - what every kind of source fills in; source.c holds the table of them. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_DRIVER_H
#define DIGITCAM_CAPTURE_DRIVER_H

#include "capture/source.h"

/* One kind of source. `state` is what open made; the rest as in source.h. */
struct source_driver {
    const char *name; /* "camera", "picture", "folder", "clip", "demo" */
    bool live;        /* source_is_live */
    bool clock;       /* source_has_clock */
    int (*open)(void **state, const char *spec, const struct source_options *options, char *why,
                size_t why_bytes);
    int (*next)(void *state, struct frame *frame, int timeout_ms, char *why, size_t why_bytes);
    const char *(*describe)(const void *state);
    const char *(*explain)(const void *state); /* NULL: nothing was chosen */
    struct source_losses (*losses)(const void *state); /* NULL: never drops */
    int (*turn)(void *state, enum source_knob knob, int steps, char *text, size_t text_bytes); /* NULL: has no controls */
    bool (*adjusts)(const void *state);     /* NULL: no */
    void (*close)(void *state);             /* never called with NULL */
};

extern const struct source_driver camera_driver;  /* camera.c: /dev/videoN, N, by-id link, part of a name */
extern const struct source_driver picture_driver; /* picture.c: one JPEG, PNG, PGM or PPM file */
extern const struct source_driver folder_driver;  /* folder.c: every picture in a folder, by name */
extern const struct source_driver clip_driver;    /* clip.c: video files, and Y4M on stdin for "-" */
extern const struct source_driver demo_driver;    /* demo_player.c: "demo", "demo:SCENE" */

#endif
