/* camera.c - a V4L2 camera as a source: one session after the other with the same camera, however often it is unplugged. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/camera_find.h"
#include "capture/controls.h"
#include "capture/driver.h"
#include "capture/identity.h"
#include "capture/node.h"
#include "capture/session.h"
#include "capture/why.h"

enum {
    PAUSE_LEAST_MS = 100,    /* between two looks for a camera that is gone; twice as long each time ... */
    PAUSE_MOST_MS = 500,     /* ... up to this: it is used again within a second of being back */
    SILENCE_LEAST_MS = 2000, /* so long without a usable frame, or ... */
    SILENCE_FRAMES = 10,     /* ... so many frame intervals, and the camera is opened again */
    SLEEP_MS = 1000,         /* so much more sleep than before, and the computer was asleep ... */
    WAKING_MS = 1000,        /* ... and a camera without a frame so long afterwards has not woken up with it */
    SILENCE_DOUBLINGS = 4,   /* one that opening did not help is given twice as long, so often: 32 s */
    PATIENCE_MS = 2000       /* a camera that is back but does not open so long gets a word: it may just be starting */
};

struct camera_source {
    struct source_options wish;
    struct session session;
    struct identity identity;
    struct controls controls;
    char turned[SOURCE_KNOBS][SOURCE_CONTROL_BYTES]; /* by key; "": not */
    bool adjusts;                                    /* finds its exposure by itself */
    char description[sizeof ((struct session *)0)->description]; /* of the last session */
    char reason[sizeof ((struct session *)0)->reason];           /* likewise */
    char waiting_for[SOURCE_WHY_BYTES]; /* for the user; "": nothing is amiss */
    bool open;                          /* else the camera is looked for */
    bool ended;                         /* gone, and the user does not want it back */
    int pause_ms;                       /* before the next look */
    int64_t gone_ns, next_look_ns;      /* CLOCK_MONOTONIC */
    bool twins_known;
    int64_t asleep_ns;                  /* the computer, until now */
    bool woken;                         /* it was asleep, and no frame has come since */
    int silences;                       /* in a row, without a frame between them */
    uint64_t first_sequence;            /* of this session */
    struct source_losses losses_before; /* in the sessions before this one */
};

static bool is_gone(int error)
{
    return error == -ENODEV || error == -ENXIO || error == -ENOENT;
}

/* Sets what the user asked for, and what was turned by key since. */
static int set_controls(struct camera_source *camera, char *why, size_t why_bytes)
{
    const char *turned[SOURCE_KNOBS];
    size_t count = 0;
    for (int i = 0; i < SOURCE_KNOBS; i++)
        if (camera->turned[i][0])
            turned[count++] = camera->turned[i];
    const int error = controls_set(&camera->controls, &camera->session.device, camera->wish.controls,
                                   (size_t)camera->wish.control_count, why, why_bytes);
    return error ? error : controls_set(&camera->controls, &camera->session.device, turned, count, why, why_bytes);
}

static void end_session(struct camera_source *camera)
{
    controls_restore(&camera->controls, &camera->session.device);
    session_close(&camera->session);
}

static void note_opened(struct camera_source *camera)
{
    camera->open = true;
    camera->asleep_ns = node_asleep_ns();
    camera->adjusts = controls_are_automatic(&camera->session.device);
    identity_take(&camera->identity, &camera->session.device);
    memcpy(camera->description, camera->session.description, sizeof camera->description);
    memcpy(camera->reason, camera->session.reason, sizeof camera->reason);
}

static struct source_losses losses_with(struct source_losses losses, const struct stream *stream)
{
    losses.missed += stream->dropped - stream->stale - stream->torn;
    losses.stale += stream->stale;
    losses.torn += stream->torn;
    return losses;
}

/* Ends the session, and lets go of everything, so that the camera can come back under its old number. */
static void let_go(struct camera_source *camera)
{
    struct stream *const stream = &camera->session.stream;
    camera->first_sequence += stream->counting ? stream->sequence + 1 : 0;
    camera->losses_before = losses_with(camera->losses_before, stream);
    end_session(camera);
    stream->counting = false;
    stream->dropped = stream->stale = stream->torn = 0;
    camera->open = false;
    camera->twins_known = false;
    camera->gone_ns = node_now_ns();
}

static void look_later(struct camera_source *camera)
{
    camera->next_look_ns = node_now_ns() + camera->pause_ms * 1000000LL;
    camera->pause_ms = 2 * camera->pause_ms < PAUSE_MOST_MS ? 2 * camera->pause_ms : PAUSE_MOST_MS;
}

/* Looks for the camera once, and opens it. Returns 0, -ENODEV where it is not there, or why it does not open. */
static int open_again(struct camera_source *camera, char *why, size_t why_bytes)
{
    struct camera_list *list;
    int error = camera_list_create_names(&list);
    if (error)
        return why_fail(why, why_bytes, error, "cannot list the cameras: %s", strerror(-error));
    if (!camera->twins_known)
        identity_take_twins(&camera->identity, list);
    camera->twins_known = true;
    const struct camera *const found = identity_find(&camera->identity, list);
    error = found ? session_open(&camera->session, found->path, &camera->wish, why, why_bytes) : -ENODEV;
    if (!found)
        device_explain(&camera->session.device, "looking for it", error, why, why_bytes);
    camera_list_destroy(list);
    if (!error) {
        char unread[SOURCE_WHY_BYTES]; /* a camera that is back is better than one with every control right */
        set_controls(camera, unread, sizeof unread);
        note_opened(camera);
    }
    return error;
}

/* One look, whose failure is no failure yet. */
static int look_again(struct camera_source *camera)
{
    char why[SOURCE_WHY_BYTES];
    const int error = open_again(camera, why, sizeof why);
    if (!error)
        return 0;
    const bool patient = node_now_ns() - camera->gone_ns < PATIENCE_MS * 1000000LL;
    if (is_gone(error) || patient)
        snprintf(camera->waiting_for, sizeof camera->waiting_for, "camera unplugged, waiting");
    else
        snprintf(camera->waiting_for, sizeof camera->waiting_for, "%s", why);
    look_later(camera);
    return error;
}

/* Waits for the next look, at most until `deadline_ns`, and takes it. Returns 0 once the camera is open. */
static int wait_for_camera(struct camera_source *camera, int64_t deadline_ns)
{
    const int64_t until_ns = camera->next_look_ns < deadline_ns ? camera->next_look_ns : deadline_ns;
    const int64_t left_ns = until_ns - node_now_ns();
    if (left_ns > 0)
        node_sleep((int)((left_ns + 999999) / 1000000));
    if (node_now_ns() < camera->next_look_ns)
        return -EAGAIN;
    return look_again(camera) ? -EAGAIN : 0;
}

/* A camera that was streaming when the lid was closed may stay silent for ever. */
static void notice_sleep(struct camera_source *camera)
{
    const int64_t asleep_ns = node_asleep_ns();
    if (asleep_ns - camera->asleep_ns < SLEEP_MS * 1000000LL)
        return;
    camera->asleep_ns = asleep_ns;
    camera->woken = true;
    camera->session.stream.last_frame_ns = node_now_ns(); /* it had no chance to send one */
}

static int64_t longest_silence_ns(const struct camera_source *camera)
{
    if (camera->woken)
        return WAKING_MS * 1000000LL;
    const double frames_ms = camera->session.fps > 0 ? SILENCE_FRAMES * 1000 / camera->session.fps : 0;
    const double least_ms = frames_ms > SILENCE_LEAST_MS ? frames_ms : SILENCE_LEAST_MS;
    const int doublings = camera->silences < SILENCE_DOUBLINGS ? camera->silences : SILENCE_DOUBLINGS;
    return (int64_t)(least_ms * 1e6) << doublings;
}

static int say_waiting(const struct camera_source *camera, char *why, size_t why_bytes)
{
    return why_fail(why, why_bytes, -EAGAIN, "%s", camera->waiting_for);
}

/* A camera that has sent nothing for too long: some drivers never tell that theirs is gone, and some cameras go on after
 * they were switched off and on. */
static int end_silence(struct camera_source *camera, char *why, size_t why_bytes)
{
    const bool woken = camera->woken;
    camera->silences++;
    camera->woken = false;
    let_go(camera);
    if (camera->wish.exit_on_unplug) {
        const int error = open_again(camera, why, why_bytes);
        if (error) {
            camera->ended = true;
            return is_gone(error) ? -ENODEV : error;
        }
    } else if (look_again(camera) != 0) {
        return say_waiting(camera, why, why_bytes);
    }
    snprintf(camera->waiting_for, sizeof camera->waiting_for, "%s",
             woken ? "the computer was asleep; camera opened again" : "camera sends nothing; opened again");
    return say_waiting(camera, why, why_bytes);
}

/* The stream has failed; `why` already says how. */
static int end_failure(struct camera_source *camera, int error, char *why, size_t why_bytes)
{
    let_go(camera);
    if (camera->wish.exit_on_unplug) {
        camera->ended = true;
        return error;
    }
    if (is_gone(error) || error == -EIO) /* of a cable that is pulled, the first that is heard is often EIO */
        snprintf(camera->waiting_for, sizeof camera->waiting_for, "camera unplugged, waiting");
    else
        snprintf(camera->waiting_for, sizeof camera->waiting_for, "%s", why);
    look_later(camera);
    return say_waiting(camera, why, why_bytes);
}

/* ---- the driver ---------------------------------------------------------------------------------------------- */

static void camera_close(void *state)
{
    struct camera_source *const camera = state;
    end_session(camera);
    free(camera);
}

static int camera_open(void **state, const char *spec, const struct source_options *options, char *why,
                       size_t why_bytes)
{
    char path[sizeof ((struct device *)0)->path];
    struct camera_source *const camera = calloc(1, sizeof *camera);
    if (!camera)
        return why_fail(why, why_bytes, -ENOMEM, "not enough memory to open a camera");
    if (options)
        camera->wish = *options;
    camera->pause_ms = PAUSE_LEAST_MS;
    int error = camera_find(spec, path, sizeof path, why, why_bytes);
    if (!error)
        error = session_open(&camera->session, path, &camera->wish, why, why_bytes);
    if (error) {
        free(camera);
        return error;
    }
    if ((error = set_controls(camera, why, why_bytes)) != 0) {
        camera_close(camera);
        return error;
    }
    note_opened(camera);
    *state = camera;
    return 0;
}

static int camera_next(void *state, struct frame *frame, int timeout_ms, char *why, size_t why_bytes)
{
    struct camera_source *const camera = state;
    const int64_t deadline_ns = node_now_ns() + (timeout_ms > 0 ? timeout_ms : 0) * 1000000LL;
    if (camera->ended) {
        device_explain(&camera->session.device, "taking a frame", -ENODEV, why, why_bytes);
        return -ENODEV;
    }
    if (!camera->open && wait_for_camera(camera, deadline_ns) != 0)
        return say_waiting(camera, why, why_bytes);
    notice_sleep(camera);
    const int64_t left_ns = deadline_ns - node_now_ns();
    const int left_ms = left_ns > 0 ? (int)((left_ns + 999999) / 1000000) : 0;
    const int error = stream_next(&camera->session.stream, frame, left_ms, why, why_bytes);
    if (error == 0) {
        frame->sequence += camera->first_sequence;
        camera->waiting_for[0] = '\0';
        camera->pause_ms = PAUSE_LEAST_MS;
        camera->silences = 0;
        camera->woken = false;
        controls_tick(&camera->controls, &camera->session.device);
        return 0;
    }
    if (error != -EAGAIN)
        return end_failure(camera, error, why, why_bytes);
    if (node_now_ns() - camera->session.stream.last_frame_ns >= longest_silence_ns(camera))
        return end_silence(camera, why, why_bytes);
    return say_waiting(camera, why, why_bytes);
}

static const char *camera_describe(const void *state)
{
    return ((const struct camera_source *)state)->description;
}

static const char *camera_explain(const void *state)
{
    return ((const struct camera_source *)state)->reason;
}

static struct source_losses camera_losses(const void *state)
{
    const struct camera_source *const camera = state;
    return camera->open ? losses_with(camera->losses_before, &camera->session.stream) : camera->losses_before;
}

static int camera_turn(void *state, enum source_knob knob, int steps, char *text, size_t text_bytes)
{
    struct camera_source *const camera = state;
    char setting[SOURCE_CONTROL_BYTES];
    if (!camera->open)
        return why_fail(text, text_bytes, -ENODEV, "the camera is unplugged");
    const int error =
        controls_turn(&camera->controls, &camera->session.device, knob, steps, setting, text, text_bytes);
    if (error)
        return error;
    memcpy(camera->turned[knob], setting, sizeof setting);
    return why_fail(text, text_bytes, 0, "%s", setting);
}

static bool camera_adjusts(const void *state)
{
    return ((const struct camera_source *)state)->adjusts;
}

const struct source_driver camera_driver = {
    .name = "camera",
    .live = true,
    .clock = true,
    .open = camera_open,
    .next = camera_next,
    .describe = camera_describe,
    .explain = camera_explain,
    .losses = camera_losses,
    .turn = camera_turn,
    .adjusts = camera_adjusts,
    .close = camera_close,
};
