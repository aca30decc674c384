/* mailbox.h - where the thread that reads and the thread that shows meet: it holds the newest frame, and no other.
 *
 * The reading thread posts whenever it has a frame; it never waits. The showing thread takes the newest one; what it
 * did not take in time is replaced and counted. Three slots go round: one is filled, one is ready, one is shown, so
 * that nothing is copied while the lock is held. */
#ifndef DIGITCAM_RENDER_MAILBOX_H
#define DIGITCAM_RENDER_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"
#include "vision/reading.h"

struct mailbox;

/* What the reading thread says besides frames; all zero: nothing. */
struct mailbox_notice {
    char text[160];     /* stands over the picture as long as it holds: "camera unplugged, waiting"; "": nothing */
    bool away;          /* the picture is no longer of now */
    char message[160];  /* for a moment: "exposure=156" */
    unsigned messages;  /* how many there have been */
};

/* What the user turns while the camera runs. */
enum mailbox_knob { MAILBOX_EXPOSURE, MAILBOX_GAIN };

/* One delivery: copies, owned by the mailbox. */
struct mailbox_item {
    struct frame rgb;       /* upright RGB3 */
    struct reading reading; /* its source points to the mailbox's own copy of the name */
    double fps;             /* as posted */
    uint64_t dropped;       /* as posted */
};

int mailbox_create(struct mailbox **mailbox); /* 0 or -ENOMEM */
void mailbox_destroy(struct mailbox *mailbox); /* NULL is fine; both threads must be done with it */

/* Copies frame and reading in; replaces a delivery that was not taken yet. `rgb` must be upright RGB3 (-EINVAL
 * otherwise). Allocates only when a frame or a reading is larger than before. Returns 0, -EINVAL or -ENOMEM (the
 * frame is lost, the mailbox goes on). Called by the reading thread only. */
int mailbox_post(struct mailbox *mailbox, const struct frame *rgb, const struct reading *reading, double fps,
                 uint64_t dropped);

/* The reading thread says that nothing more will come. `linger`: what was delivered last stays worth looking at (a
 * picture, the end of a clip). */
void mailbox_close(struct mailbox *mailbox, bool linger);

/* Waits at most `timeout_ms` for a delivery. Returns 0 with the newest in *item (valid until the next call that
 * returns 0), -EAGAIN (nothing new), -ENODATA (closed to linger, and everything was taken) or -EPIPE (closed for
 * good). Called by the showing thread. */
int mailbox_take(struct mailbox *mailbox, const struct mailbox_item **item, int timeout_ms);

/* The showing thread says whether it shows what was not read, and why; the reading thread asks, before each frame,
 * whether it is worth finding out. At first it is not. */
void mailbox_want_reasons(struct mailbox *mailbox, bool wanted);
bool mailbox_reasons_wanted(struct mailbox *mailbox);

/* The reading thread says what stands over the picture from now on, and whether the picture is still of now; and what is
 * shown over it for a moment. Longer texts are cut. */
void mailbox_say(struct mailbox *mailbox, const char *text, bool away);
void mailbox_tell(struct mailbox *mailbox, const char *message);

/* Copies into *notice what was said last. True where that is something else than *notice was. Called by the showing
 * thread. */
bool mailbox_hear(struct mailbox *mailbox, struct mailbox_notice *notice);

/* The showing thread asks for a knob to be turned by some steps; 0: automatic. Where nobody takes these requests, later
 * ones are lost. */
void mailbox_turn(struct mailbox *mailbox, enum mailbox_knob knob, int steps);

/* The reading thread takes the oldest request. False where there is none. */
bool mailbox_take_turn(struct mailbox *mailbox, enum mailbox_knob *knob, int *steps);

/* Deliveries that were replaced before they were taken. */
uint64_t mailbox_replaced(struct mailbox *mailbox);

#endif
