/* window.h - the window: frame, scene, keys. Used from the main thread only. */
#ifndef DIGITCAM_RENDER_WINDOW_H
#define DIGITCAM_RENDER_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "render/delay.h"
#include "render/mailbox.h"
#include "vision/reading.h"

struct window;

/* Opens a window for pictures of about this size (it can be resized). Uses the graphics card where there is one, else
 * plain software drawing. Leaves signals alone. Returns 0, or a negative errno with one line for the user in `why`:
 * -ENODEV (no display), -ENOENT (no font), -ENOMEM. */
int window_create(struct window **window, const char *title, int width_px, int height_px, bool fullscreen, char *why,
                  size_t why_bytes);
/* Shows from the start what was not read, and why. */
void window_show_reasons(struct window *window);
void window_destroy(struct window *window); /* NULL is fine */

/* Shows what arrives in the mailbox until the user ends it, *stop becomes true, or the mailbox is closed for good (a
 * picture or the end of a clip stays on the screen). A picture that is not of now is greyed. Adds to *shown how long each
 * frame took from its capture time (CLOCK_MONOTONIC) to the screen. Returns 0, or the error of window_draw. */
int window_show(struct window *window, struct mailbox *mailbox, const atomic_bool *stop, struct delay *shown);

/* The pieces window_show is made of. Handles keys, resizing and closing; returns at once. False once the user wants to
 * end. */
bool window_handle_events(struct window *window);

/* True while the user holds the picture still: pass no new frames. */
bool window_frozen(const struct window *window);

/* Draws the upright RGB3 frame with its reading. `new_picture` false: the same frame as last time, so that it need not
 * go to the graphics card again. Both may be NULL before the first frame. `fps` and `dropped` go to the status line.
 * Returns 0, -EINVAL (not RGB3), -EIO or -ENOMEM. */
int window_draw(struct window *window, const struct frame *rgb, const struct reading *reading, bool new_picture,
                double fps, uint64_t dropped);

/* What stands over the picture from now on, and whether it is greyed, being no longer of now. */
void window_notice(struct window *window, const char *text, bool away);

/* True when something other than the frame changed (size, a toggle, a message that ran out): call window_draw. */
bool window_needs_draw(const struct window *window);

#endif
