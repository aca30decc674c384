/* overlay.h - pictures with what was read in them, as numbered PNG files. */
#ifndef DIGITCAM_RENDER_OVERLAY_H
#define DIGITCAM_RENDER_OVERLAY_H

#include <stddef.h>

#include "capture/frame.h"
#include "render/canvas.h"
#include "vision/reading.h"

/* Whether `file` can be written, as far as that shows before there is anything to write: its folder is there, and lets
 * us in. On failure returns a negative errno and writes one line for the user into `why`. */
int overlay_check(const char *file, char *why, size_t why_bytes);

/* Which of the numbered files of `file` is called `name`, in the same folder: of "a/page.png", "page.png" is 1 and
 * "page-2.png" is 2. 0: none of them. */
long overlay_number(const char *file, const char *name);

/* Draws `reading` over `rgb` (FRAME_RGB3) and saves it: number 1 as `file` ("FILE.png"), the others as "FILE-2.png" and
 * so on. On failure returns a negative errno and writes one line for the user into `why`. */
int overlay_save(struct canvas *canvas, const char *file, int number, const struct frame *rgb,
                 const struct reading *reading, char *why, size_t why_bytes);

#endif
