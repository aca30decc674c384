/* live.c - `digitcam live`: the newest frame of a source; with a window, one thread reads while this one shows. */
#include "render/commands/commands.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture/colour.h"
#include "capture/source.h"
#include "render/command.h"
#include "render/commands/names.h"
#include "render/commands/reader.h"
#include "render/commands/stop.h"
#include "render/delay.h"
#include "render/mailbox.h"
#include "render/report.h"
#include "render/statistics.h"
#include "render/window.h"
#include "vision/recogniser.h"

#define PICTURE_S 2 /* how long each picture of a folder is shown */

/* The reading side of live. `ending` may be looked at once the thread has been joined. */
struct live {
    const struct options *options;
    struct source *source;
    struct reader reader;
    struct mailbox *mailbox; /* NULL: no window */
    enum { END_OF_SOURCE, END_WANTED, END_FAILED } ending;
    bool incomplete; /* a picture or a part of a clip could not be read: the exit status says so, as read's does */
    char bad[SOURCE_WHY_BYTES]; /* why, of one since the last good frame; "": none */
    double fps;              /* frames read a second, a running mean */
    int64_t last_read_ns, start_ns, last_capture_ns, first_read_ns;
    struct report_waiting waiting;
    struct statistics statistics;
};

static void sleep_until(int64_t due_ns)
{
    while (!atomic_load(&stop_requested)) {
        int64_t left_ns = due_ns - reader_now_ns();
        if (left_ns <= 0)
            return;
        if (left_ns > READER_WAIT_MS * 1000000)
            left_ns = READER_WAIT_MS * 1000000;
        nanosleep(&(struct timespec){.tv_nsec = (long)left_ns}, NULL);
    }
}

/* A clip plays at its own pace; of a folder each picture is shown for a while. Cameras and the demo set the pace. */
static void live_pace(struct live *live, const struct frame *frame, long frames)
{
    if (!source_is_live(live->source)) {
        if (frames == 0)
            live->start_ns = reader_now_ns() - frame->capture_time_ns;
        else if (frame->capture_time_ns > live->last_capture_ns)
            sleep_until(live->start_ns + frame->capture_time_ns);
        else if (live->mailbox)
            sleep_until(reader_now_ns() + (int64_t)PICTURE_S * 1000000000);
    }
    live->last_capture_ns = frame->capture_time_ns;
}

/* When a frame was taken, on our clock: what the driver says, else when it came. */
static int64_t taken_ns(const struct live *live, const struct frame *frame)
{
    return source_has_clock(live->source) ? frame->capture_time_ns : reader_now_ns();
}

static int live_post(struct live *live, const struct frame *frame, const struct reading *reading, int64_t taken)
{
    struct frame rgb;
    const int error = live->mailbox ? colour_from_frame(live->reader.colour, frame, &rgb) : 0;
    if (error || !live->mailbox)
        return error;
    rgb.capture_time_ns = taken;
    return mailbox_post(live->mailbox, &rgb, reading, live->fps, source_dropped(live->source));
}

/* Shown without a reading, while the camera looks for its exposure. */
static int live_adjusting(struct live *live, const struct frame *frame)
{
    const struct reading nothing = {.source = frame->name, .frame = frame->sequence, .width_px = frame->width_px,
                                    .height_px = frame->height_px};
    report_waiting(&live->waiting, "adjusting to the light");
    if (live->mailbox)
        mailbox_say(live->mailbox, "adjusting to the light", false);
    return live_post(live, frame, &nothing, taken_ns(live, frame));
}

/* What is waited for, on the terminal and over the picture. */
static void live_waits(struct live *live, const char *why)
{
    if (!*why)
        return;
    report_waiting(&live->waiting, why);
    live->reader.settle.waiting = false; /* begins anew when it is back */
    if (live->mailbox)
        mailbox_say(live->mailbox, why, true);
}

/* What the user has turned by key. */
static void live_turn(struct live *live)
{
    static const enum source_knob knobs[] = {[MAILBOX_EXPOSURE] = SOURCE_EXPOSURE, [MAILBOX_GAIN] = SOURCE_GAIN};
    char text[SOURCE_WHY_BYTES];
    enum mailbox_knob knob;
    int steps;
    while (live->mailbox && mailbox_take_turn(live->mailbox, &knob, &steps)) {
        source_turn(live->source, knobs[knob], steps, text, sizeof text);
        mailbox_tell(live->mailbox, text);
    }
}

/* Reads, prints and posts one frame. 0, or why live must end. */
static int live_frame(struct live *live, const struct frame *frame)
{
    const int64_t taken = taken_ns(live, frame);
    struct reading reading;
    int error = 0;
    if (live->mailbox && !live->options->explain) /* a picture stays when its key is pressed: it must know already */
        error = recogniser_explain(live->reader.recogniser,
                                   mailbox_reasons_wanted(live->mailbox) || !source_is_live(live->source));
    if (!error)
        error = reader_read(&live->reader, frame, source_is_live(live->source), &reading);
    if (error)
        return error;
    reader_say_hint(&live->reader, &reading);
    const int64_t now = reader_now_ns();
    if (live->last_read_ns) {
        const double fps = 1e9 / (double)(now - live->last_read_ns + 1);
        live->fps = live->fps > 0 ? 0.9 * live->fps + 0.1 * fps : fps;
    }
    live->last_read_ns = now;
    if (live->statistics.frames++ == 0)
        live->first_read_ns = now;
    live->statistics.seconds = (double)(now - live->first_read_ns) / 1e9;
    delay_add(&live->statistics.reading, now - taken);
    struct reading printed = reading;
    if (!live->options->explain) { /* those are for the window alone */
        printed.candidates = NULL;
        printed.candidate_count = 0;
    }
    if ((live->options->json || !live->mailbox) && (error = report_reading(&printed, live->options->json)) != 0)
        return error;
    return live_post(live, frame, &reading, taken);
}

/* A frame has come. False while the camera's exposure is not what it should be. */
static bool live_begin_frame(struct live *live, const struct frame *frame, long frames)
{
    const bool adjusting = live->reader.settle.waiting;
    if (!adjusting && report_back(&live->waiting, source_describe(live->source)))
        reader_opened(&live->reader, live->source, true);
    live_pace(live, frame, frames);
    const bool settled = reader_settled(&live->reader, frame);
    if (settled && adjusting)
        live->waiting.said[0] = '\0';
    if (settled && live->mailbox)
        mailbox_say(live->mailbox, "", false);
    return settled;
}

/* A frame that is no use. A camera sends them now and then: the first is said, the others are not. Of pictures and
 * clips each one matters, and is said over the next picture as well. */
static void live_bad_frame(struct live *live, const char *why)
{
    const bool camera = source_is_live(live->source);
    if (live->statistics.torn++ == 0 || !camera)
        fprintf(stderr, "digitcam: %s\n", why);
    if (camera)
        return;
    live->incomplete = true;
    snprintf(live->bad, sizeof live->bad, "%s", why);
}

/* The source has ended. What it ended with, if with a failure, stands over the last picture; where there is none, the
 * window has nothing to stay for. */
static void live_at_end(struct live *live)
{
    live->ending = live->incomplete && !live->statistics.frames ? END_FAILED : END_OF_SOURCE;
    if (live->mailbox && *live->bad)
        mailbox_say(live->mailbox, live->bad, false);
}

/* Until the source ends, the user wants to end, or something fails for good. One damaged frame does not. */
static void live_loop(struct live *live)
{
    char why[SOURCE_WHY_BYTES] = "";
    struct frame frame;
    int error = 0;
    live->ending = END_WANTED;
    for (long frames = 0; !atomic_load(&stop_requested);) {
        if (live->options->frames && frames >= live->options->frames)
            return;
        live_turn(live);
        error = source_next(live->source, &frame, READER_WAIT_MS, why, sizeof why);
        if (error == -EAGAIN)
            live_waits(live, why);
        if (error == 0) {
            const bool settled = live_begin_frame(live, &frame, frames);
            frames += settled;
            if (live->mailbox && *live->bad)
                mailbox_tell(live->mailbox, live->bad);
            live->bad[0] = '\0';
            if ((error = settled ? live_frame(live, &frame) : live_adjusting(live, &frame)) != 0)
                snprintf(why, sizeof why, "%s: %s", frame.name, reader_error_text(&live->reader, error));
        }
        if (error == -EBADMSG)
            live_bad_frame(live, why);
        if (error && error != -EAGAIN && error != -EBADMSG)
            break;
    }
    if (error == -ENODATA)
        live_at_end(live);
    if (!error || atomic_load(&stop_requested) || error == -ENODATA || error == -EAGAIN || error == -EBADMSG ||
        error == -EPIPE)
        return;
    fprintf(stderr, "digitcam: %s\n", *why ? why : strerror(-error));
    live->ending = END_FAILED;
}

static void *live_thread(void *context)
{
    struct live *const live = context;
    live_loop(live);
    mailbox_close(live->mailbox, live->ending == END_OF_SOURCE);
    return NULL;
}

/* The thread sees the stop flag at its next frame. Where it waits for one (on standard input it may do so for ever), a
 * signal interrupts it; again and again, as the first may come just before it begins to wait. */
static void end_thread(pthread_t thread)
{
    struct timespec soon;
    stop_request(0);
    do {
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec += 1;
        pthread_kill(thread, SIGUSR1);
    } while (pthread_timedjoin_np(thread, NULL, &soon) == ETIMEDOUT);
}

/* The window, and the thread that reads behind it. */
static int live_with_window(struct live *live)
{
    char why[SOURCE_WHY_BYTES], title[SOURCE_WHY_BYTES];
    struct window *window = NULL;
    pthread_t thread;
    snprintf(title, sizeof title, "digitcam - %s", source_describe(live->source));
    int error = mailbox_create(&live->mailbox);
    snprintf(why, sizeof why, "not enough memory");
    if (!error)
        error = window_create(&window, title, live->options->width_px, live->options->height_px,
                              live->options->fullscreen, why, sizeof why);
    if (!error && live->options->explain)
        window_show_reasons(window);
    if (!error && (error = -pthread_create(&thread, NULL, live_thread, live)) != 0)
        snprintf(why, sizeof why, "cannot start a thread: %s", strerror(-error));
    if (error) {
        fprintf(stderr, "digitcam: %s\n", why);
    } else {
        if ((error = window_show(window, live->mailbox, &stop_requested, &live->statistics.shown)) != 0)
            fprintf(stderr, "digitcam: the window cannot be drawn: %s\n", strerror(-error));
        end_thread(thread);
        live->statistics.not_shown = mailbox_replaced(live->mailbox);
        if (live->ending == END_FAILED || live->incomplete)
            error = -EIO;
    }
    window_destroy(window);
    mailbox_destroy(live->mailbox);
    return error;
}

static int open_live_source(struct source **source, const struct options *options, const char *spec)
{
    const struct source_options wanted = reader_source_options(options);
    char why[SOURCE_WHY_BYTES];
    int error;
    if (spec) {
        error = source_open(source, spec, &wanted, why, sizeof why);
    } else if ((error = source_open_first_camera(source, &wanted, why, sizeof why)) == -ENODEV) {
        fprintf(stderr, "digitcam: %s; showing the built-in demo\n", why);
        spec = "demo";
        error = source_open(source, spec, &wanted, why, sizeof why);
    }
    if (error && atomic_load(&stop_requested))
        return -EINTR; /* Ctrl-C while a camera or standard input was waited for */
    if (error)
        fprintf(stderr, "digitcam: %s\n", why);
    else if (spec)
        names_say_idle(options, spec, true); /* a window has the size */
    return error;
}

/* How it went: of a source that keeps its own time always, of pictures and clips where it is asked for. */
static void live_report(struct live *live)
{
    const struct source_losses losses = source_losses(live->source);
    live->statistics.missed = losses.missed;
    live->statistics.stale = losses.stale;
    live->statistics.torn += losses.torn;
    if (live->options->statistics && live->options->json)
        statistics_print_json(stdout, &live->statistics);
    else if (live->options->statistics)
        statistics_print_text(stdout, &live->statistics, "");
    else if (source_is_live(live->source) && live->statistics.frames)
        statistics_print_text(stderr, &live->statistics, "digitcam: ");
}

int command_live(const struct options *options, char **sources, int count)
{
    struct live live = {.options = options};
    if (names_unknown(options, sources, count))
        return EXIT_USAGE;
    int error = reader_create(&live.reader, options);
    if (!error)
        error = open_live_source(&live.source, options, count ? sources[0] : NULL);
    if (!error)
        reader_opened(&live.reader, live.source, false);
    if (!error && options->headless) {
        live_loop(&live);
        error = live.ending == END_FAILED || live.incomplete ? -EIO : 0;
    } else if (!error) {
        error = live_with_window(&live);
    }
    if (live.source)
        live_report(&live);
    source_close(live.source);
    reader_destroy(&live.reader);
    return error && error != -EINTR ? EXIT_FAILED : EXIT_FINE;
}
