/* digitcam.c - the program: its commands, and the loops that bring the rooms together.
 *
 * `read` takes every picture in turn; `live` takes the newest frame and, with a window, lets one thread read while
 * this one shows. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/cameras.h"
#include "capture/colour.h"
#include "capture/demo.h"
#include "capture/hold.h"
#include "capture/luma.h"
#include "capture/settle.h"
#include "capture/source.h"
#include "net/bench.h"
#include "net/kernels.h"
#include "net/net.h"
#include "net/train/eval.h"
#include "net/train/train.h"
#include "render/bench.h"
#include "render/cameras.h"
#include "render/canvas.h"
#include "render/command.h"
#include "render/mailbox.h"
#include "render/options.h"
#include "render/overlay.h"
#include "render/report.h"
#include "render/stages.h"
#include "render/statistics.h"
#include "render/window.h"
#include "vision/recogniser.h"

#define WAIT_MS   100 /* longest wait for a frame before the stop flag is looked at again */
#define PICTURE_S 2   /* how long live shows each picture of a folder */

/* Set by Ctrl-C, SIGTERM and the window; every loop looks at it. */
static atomic_bool stop_requested;

static void request_stop(int signal_number)
{
    (void)signal_number;
    atomic_store(&stop_requested, true);
}

/* A second Ctrl-C ends the program the hard way. A closed pipe is seen where we write to it. */
static void handle_signals(void)
{
    struct sigaction action = {.sa_handler = request_stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action = (struct sigaction){.sa_handler = request_stop};
    sigaction(SIGUSR1, &action, NULL); /* ours: wakes a thread that waits for a file (end_thread) */
    action = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What the user asks of a source. */
static struct source_options source_options(const struct options *options)
{
    struct source_options wanted = {
        .width_px = options->width_px, .height_px = options->height_px, .fps = options->fps,
        .fourcc = options->fourcc, .seed = options->seed, .exit_on_unplug = options->exit_on_unplug,
        .control_count = options->control_count};
    _Static_assert((int)OPTIONS_CONTROLS_MOST == (int)SOURCE_CONTROLS_MOST &&
                       (int)OPTIONS_CONTROL_BYTES == (int)SOURCE_CONTROL_BYTES, "both have room for the same");
    memcpy(wanted.controls, options->controls, sizeof wanted.controls);
    return wanted;
}

/* ---- names of ours that do not exist ---------------------------------------------------------------------------- */

static bool no_such_kernels(const char *name)
{
    const struct kernels *const set = name ? kernels_find(name) : NULL;
    const char *const variable = getenv("DIGITCAM_KERNELS");
    if (!name || (set && set->supported()))
        return false;
    fprintf(stderr, "digitcam: %s: \"%s\" %s; there is", name == variable ? "DIGITCAM_KERNELS" : "--kernels", name,
            set ? "is nothing that this processor runs" : "is no instruction set");
    const char *comma = "";
    for (int i = 0; kernels_at(i); i++)
        if (kernels_at(i)->supported())
            fprintf(stderr, "%s %s", comma, kernels_at(i)->name), comma = ",";
    fputc('\n', stderr);
    return true;
}

static bool no_such_scene(const char *spec)
{
    char why[SOURCE_WHY_BYTES];
    struct source *source;
    if (strncmp(spec, "demo:", 5) != 0 || demo_scene_known(spec + 5) ||
        source_open(&source, spec, NULL, why, sizeof why) == 0)
        return false;
    fprintf(stderr, "digitcam: %s\n", why);
    return true;
}

/* A name that can only be meant for ours is wrong usage where we have none such, and told before anything is read; that
 * of a file or a camera is not, which may be there the next time. */
static bool misnamed(const struct options *options, char **sources, int count)
{
    bool wrong = no_such_kernels(options->kernels);
    for (int i = 0; i < count && !wrong; i++)
        wrong = no_such_scene(sources[i]);
    return wrong;
}

/* ---- reading a frame ------------------------------------------------------------------------------------------ */

/* What it takes to read frames. Destroy with reader_destroy, also when it was made only in part. */
struct reader {
    struct net *net;
    struct recogniser *recogniser;
    struct luma *luma;
    struct colour *colour;
    char name[256]; /* of the picture read last: another picture's digits are other digits */
    const char *hint; /* given last: the user hears each once */
    int64_t first_capture_ns;
    bool any_frame;
    struct settle settle; /* of a camera's exposure: what is read before is not worth saying */
};

static void reader_destroy(struct reader *reader)
{
    colour_destroy(reader->colour);
    luma_destroy(reader->luma);
    recogniser_destroy(reader->recogniser);
    net_destroy(reader->net);
}

/* Says what went wrong itself. */
static int reader_create(struct reader *reader, const struct options *options)
{
    char path[PATH_MAX + 64], why[NET_WHY_BYTES];
    *reader = (struct reader){0};
    net_find(options->weights, NET_DEFAULT, path, sizeof path);
    int error = net_load(&reader->net, path, options->kernels, why, sizeof why);
    if (error) {
        fprintf(stderr, "digitcam: %s\n", why);
        if (error == -ENOENT && !options->weights)
            fputs("digitcam: name a weights file with --weights FILE, or make one with digitcam train\n", stderr);
        return error;
    }
    if ((error = recogniser_create(&reader->recogniser, reader->net)) != 0 ||
        (error = recogniser_explain(reader->recogniser, options->explain)) != 0)
        fprintf(stderr, error == -EINVAL ? "digitcam: %s does not hold a network that tells ten digits apart\n"
                                         : "digitcam: %s: not enough memory\n", path);
    else if ((error = luma_create(&reader->luma)) != 0 || (error = colour_create(&reader->colour)) != 0)
        fputs("digitcam: not enough memory\n", stderr);
    return error;
}

/* Why a frame could not be read, for the user: what luma knows of the picture, or what the error means. */
static const char *frame_error_text(const struct reader *reader, int error)
{
    const char *const of_picture = luma_error(reader->luma);
    return *of_picture        ? of_picture
           : error == -ENOMEM ? "not enough memory"
                              : strerror(-error);
}

/* A camera was opened, for the first time or again: says why in this mode, and waits for its exposure. */
static void reader_opened(struct reader *reader, const struct source *source, bool again)
{
    const char *const reason = source_explain(source);
    if (*reason && !again)
        fprintf(stderr, "digitcam: %s: %s\n", source_describe(source), reason);
    else if (*reason) /* the rest was said as it came back */
        fprintf(stderr, "digitcam: %s\n", reason);
    settle_begin(&reader->settle, source_adjusts(source));
}

/* False while the camera still looks for its exposure. A frame that cannot be read is for reader_read to tell. */
static bool reader_settled(struct reader *reader, const struct frame *frame)
{
    struct frame gray;
    return !reader->settle.waiting || luma_from_frame(reader->luma, frame, &gray) != 0 ||
           settle_look(&reader->settle, &gray);
}

/* Tells the user what the recogniser has to say about the picture as a whole, once. */
static void say_hint(struct reader *reader, const struct reading *reading)
{
    if (reading->hint && reading->hint != reader->hint)
        fprintf(stderr, "digitcam: %s%s%s\n", reading->source, *reading->source ? ": " : "", reading->hint);
    reader->hint = reading->hint;
}

/* Reads one frame. `live`: its times are a clock's, and count from the first frame. The reading is valid until the
 * next call. */
static int reader_read(struct reader *reader, const struct frame *frame, bool live, struct reading *reading)
{
    const char *const name = frame->name ? frame->name : "";
    const int64_t start = now_ns();
    struct frame gray;
    int error = luma_from_frame(reader->luma, frame, &gray);
    if (error)
        return error;
    const double luma_us = (double)(now_ns() - start) / 1e3;
    if (strncmp(reader->name, name, sizeof reader->name - 1) != 0) {
        recogniser_forget(reader->recogniser);
        snprintf(reader->name, sizeof reader->name, "%s", name);
    }
    if (!reader->any_frame)
        reader->first_capture_ns = live ? frame->capture_time_ns : 0;
    reader->any_frame = true;
    if ((error = recogniser_read(reader->recogniser, &gray, reading)) != 0)
        return error;
    reading->source = name;
    reading->frame = frame->sequence;
    reading->orientation = frame->orientation;
    reading->time_s = (double)(frame->capture_time_ns - reader->first_capture_ns) / 1e9;
    reading->times_us.luma = luma_us;
    reading->times_us.total += luma_us;
    return 0;
}

/* ---- read ----------------------------------------------------------------------------------------------------- */

struct read_state {
    const struct options *options;
    struct reader reader;
    struct canvas *canvas; /* made for the first overlay */
    struct stages *stages; /* NULL: not asked for */
    int overlays;
    bool failed, any_digit, ended; /* ended: stdout is closed, or Ctrl-C */
};

/* Saves the picture with what was read, in colour. */
static int save_overlay(struct read_state *state, const struct frame *frame, const struct reading *reading)
{
    char why[SOURCE_WHY_BYTES] = "not enough memory for the overlay";
    struct frame rgb;
    int error = state->canvas ? 0 : canvas_create(&state->canvas, why, sizeof why);
    state->overlays++;
    if (!error)
        error = colour_from_frame(state->reader.colour, frame, &rgb);
    if (!error)
        error = overlay_save(state->canvas, state->options->overlay, state->overlays, &rgb, reading, why, sizeof why);
    if (error)
        fprintf(stderr, "digitcam: %s\n", why);
    return error;
}

/* Saves what the stages saw of the frame that was just read. */
static int save_stages(struct read_state *state, const struct reading *reading)
{
    char why[SOURCE_WHY_BYTES] = "not enough memory for --stages";
    int error = state->canvas ? 0 : canvas_create(&state->canvas, why, sizeof why);
    if (!error)
        error = stages_save(state->stages, state->canvas, reading, why, sizeof why);
    if (error)
        fprintf(stderr, "digitcam: %s\n", why);
    return error;
}

static void read_frame(struct read_state *state, const struct frame *frame, bool live)
{
    struct reading reading;
    if (state->stages)
        stages_begin(state->stages);
    const int error = reader_read(&state->reader, frame, live, &reading);
    if (error) {
        fprintf(stderr, "digitcam: %s: %s\n", frame->name, frame_error_text(&state->reader, error));
        state->failed = true;
        return;
    }
    say_hint(&state->reader, &reading);
    state->any_digit |= reading.digit_count > 0;
    if (state->stages && save_stages(state, &reading) != 0)
        state->failed = true;
    if (!state->options->explain)
        reading.candidates = NULL, reading.candidate_count = 0; /* those were for the stages */
    const int printed = report_reading(&reading, state->options->json);
    state->ended |= printed != 0;
    state->failed |= printed && printed != -EPIPE;
    if (state->options->overlay && save_overlay(state, frame, &reading) != 0)
        state->failed = true;
}

static void say_failure(struct read_state *state, const char *why)
{
    fprintf(stderr, "digitcam: %s\n", why);
    state->failed = true;
}

static void read_source(struct read_state *state, const char *spec)
{
    char why[SOURCE_WHY_BYTES];
    struct report_waiting waiting = {0};
    const struct source_options wanted = source_options(state->options);
    struct source *source;
    struct frame frame;
    if (source_open(&source, spec, &wanted, why, sizeof why) != 0) {
        say_failure(state, why);
        return;
    }
    reader_opened(&state->reader, source, false);
    const bool live = source_is_live(source);
    const long most = state->options->frames ? state->options->frames : live ? 1 : LONG_MAX;
    state->reader.any_frame = false;
    recogniser_forget(state->reader.recogniser);
    for (long frames = 0; !state->ended && frames < most;) {
        const int error = source_next(source, &frame, WAIT_MS, why, sizeof why);
        if (error == 0) {
            if (report_back(&waiting, source_describe(source)))
                reader_opened(&state->reader, source, true);
            if (reader_settled(&state->reader, &frame)) {
                read_frame(state, &frame, live);
                frames++;
            }
        } else if (error == -EAGAIN) {
            report_waiting(&waiting, why);
        } else if (error != -ENODATA) {
            say_failure(state, why);
        }
        if (error && error != -EAGAIN && error != -EBADMSG)
            break;
        state->ended |= atomic_load(&stop_requested);
    }
    source_close(source);
}

/* The regions' reasons are among what is shown. */
static int start_stages(struct read_state *state)
{
    char why[SOURCE_WHY_BYTES];
    int error = stages_create(&state->stages, state->options->stages, why, sizeof why);
    if (error) {
        fprintf(stderr, "digitcam: %s\n", why);
        return error;
    }
    recogniser_watch(state->reader.recogniser, stages_watch(state->stages));
    if ((error = recogniser_explain(state->reader.recogniser, true)) != 0)
        fputs("digitcam: not enough memory for --stages\n", stderr);
    return error;
}

static int run_read(const struct options *options, char **sources, int count)
{
    struct read_state state = {.options = options};
    char why[SOURCE_WHY_BYTES];
    if (misnamed(options, sources, count))
        return EXIT_USAGE;
    if (options->overlay && overlay_check(options->overlay, why, sizeof why) != 0) {
        fprintf(stderr, "digitcam: %s\n", why);
        return EXIT_FAILED;
    }
    const bool ready = reader_create(&state.reader, options) == 0 && (!options->stages || start_stages(&state) == 0);
    state.failed = !ready;
    for (int i = 0; i < count && ready && !state.ended; i++)
        read_source(&state, sources[i]);
    canvas_destroy(state.canvas);
    stages_destroy(state.stages);
    reader_destroy(&state.reader);
    if (state.failed || atomic_load(&stop_requested))
        return EXIT_FAILED;
    return state.any_digit || state.ended ? EXIT_FINE : EXIT_NOTHING_READ;
}

/* ---- live ----------------------------------------------------------------------------------------------------- */

/* The reading side of live. `ending` may be looked at once the thread has been joined. */
struct live {
    const struct options *options;
    struct source *source;
    struct reader reader;
    struct mailbox *mailbox; /* NULL: no window */
    enum { END_OF_SOURCE, END_WANTED, END_FAILED } ending;
    double fps;              /* frames read a second, a running mean */
    int64_t last_read_ns, start_ns, last_capture_ns, first_read_ns;
    struct report_waiting waiting;
    struct statistics statistics;
};

static void sleep_until(int64_t due_ns)
{
    while (!atomic_load(&stop_requested)) {
        int64_t left_ns = due_ns - now_ns();
        if (left_ns <= 0)
            return;
        if (left_ns > WAIT_MS * 1000000)
            left_ns = WAIT_MS * 1000000;
        nanosleep(&(struct timespec){.tv_nsec = (long)left_ns}, NULL);
    }
}

/* A clip plays at its own pace; of a folder each picture is shown for a while. Cameras and the demo set the pace. */
static void live_pace(struct live *live, const struct frame *frame, long frames)
{
    if (!source_is_live(live->source)) {
        if (frames == 0)
            live->start_ns = now_ns() - frame->capture_time_ns;
        else if (frame->capture_time_ns > live->last_capture_ns)
            sleep_until(live->start_ns + frame->capture_time_ns);
        else if (live->mailbox)
            sleep_until(now_ns() + (int64_t)PICTURE_S * 1000000000);
    }
    live->last_capture_ns = frame->capture_time_ns;
}

/* When a frame was taken, on our clock: what the driver says, else when it came. */
static int64_t taken_ns(const struct live *live, const struct frame *frame)
{
    return source_has_clock(live->source) ? frame->capture_time_ns : now_ns();
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
    say_hint(&live->reader, &reading);
    const int64_t now = now_ns();
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

/* Until the source ends, the user wants to end, or something fails for good. One damaged frame does not: a camera
 * sends them now and then. The first is said, the others are not. */
static void live_loop(struct live *live)
{
    char why[SOURCE_WHY_BYTES] = "";
    struct frame frame;
    bool said = false;
    int error = 0;
    live->ending = END_WANTED;
    for (long frames = 0; !atomic_load(&stop_requested);) {
        if (live->options->frames && frames >= live->options->frames)
            return;
        live_turn(live);
        error = source_next(live->source, &frame, WAIT_MS, why, sizeof why);
        if (error == -EAGAIN)
            live_waits(live, why);
        if (error == 0) {
            const bool settled = live_begin_frame(live, &frame, frames);
            frames += settled;
            if ((error = settled ? live_frame(live, &frame) : live_adjusting(live, &frame)) != 0)
                snprintf(why, sizeof why, "%s: %s", frame.name, frame_error_text(&live->reader, error));
        }
        live->statistics.torn += error == -EBADMSG;
        if (error == -EBADMSG && !said)
            said = fprintf(stderr, "digitcam: %s\n", why) > 0;
        if (error && error != -EAGAIN && error != -EBADMSG)
            break;
    }
    if (error == -ENODATA)
        live->ending = END_OF_SOURCE;
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
    request_stop(0);
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
        if (live->ending == END_FAILED)
            error = -EIO;
    }
    window_destroy(window);
    mailbox_destroy(live->mailbox);
    return error;
}

static int open_live_source(struct source **source, const struct options *options, const char *spec)
{
    const struct source_options wanted = source_options(options);
    char why[SOURCE_WHY_BYTES];
    int error;
    if (spec) {
        error = source_open(source, spec, &wanted, why, sizeof why);
    } else if ((error = source_open_first_camera(source, &wanted, why, sizeof why)) == -ENODEV) {
        fprintf(stderr, "digitcam: %s; showing the built-in demo\n", why);
        error = source_open(source, "demo", &wanted, why, sizeof why);
    }
    if (error && atomic_load(&stop_requested))
        return -EINTR; /* Ctrl-C while a camera or standard input was waited for */
    if (error)
        fprintf(stderr, "digitcam: %s\n", why);
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

static int run_live(const struct options *options, char **sources, int count)
{
    struct live live = {.options = options};
    if (misnamed(options, sources, count))
        return EXIT_USAGE;
    int error = reader_create(&live.reader, options);
    if (!error)
        error = open_live_source(&live.source, options, count ? sources[0] : NULL);
    if (!error)
        reader_opened(&live.reader, live.source, false);
    if (!error && options->headless) {
        live_loop(&live);
        error = live.ending == END_FAILED ? -EIO : 0;
    } else if (!error) {
        error = live_with_window(&live);
    }
    if (live.source)
        live_report(&live);
    source_close(live.source);
    reader_destroy(&live.reader);
    return error && error != -EINTR ? EXIT_FAILED : EXIT_FINE;
}

/* ---- cameras -------------------------------------------------------------------------------------------------- */

static int run_cameras(const struct options *options, char **words, int count)
{
    struct camera_list *list;
    (void)words, (void)count;
    int error = camera_list_create(&list);
    if (error) {
        fprintf(stderr, "digitcam: the cameras cannot be listed: %s\n", strerror(-error));
        return EXIT_FAILED;
    }
    if (list->count == 0) {
        char text[SOURCE_WHY_BYTES];
        camera_list_empty_text(text, sizeof text);
        fprintf(stderr, "digitcam: %s; `digitcam demo` shows the program without one\n", text);
    }
    if ((error = cameras_print_list(stdout, list, options->json)) != 0)
        fputs("digitcam: a camera could not be put into JSON\n", stderr);
    camera_list_destroy(list);
    return error ? EXIT_FAILED : EXIT_FINE;
}

/* ---- bench ---------------------------------------------------------------------------------------------------- */

#define BENCH_HELD    30 /* frames held in memory */
#define BENCH_WARM_UP 30 /* frames that do not count */
#define BENCH_FRAMES  300

/* What is written in a frame of the demo, as bench_add takes it. */
static int list_written(const struct demo_truth *truth, struct match_digit *written)
{
    int count = 0;
    for (; count < truth->digit_count; count++) {
        const struct demo_digit *const d = &truth->digits[count];
        written[count] = (struct match_digit){d->digit, {d->box.x, d->box.y, d->box.w, d->box.h}, d->hidden};
    }
    if (truth->blind.w)
        written[count++] = (struct match_digit){
            0, {truth->blind.x, truth->blind.y, truth->blind.w, truth->blind.h}, true};
    return count;
}

/* Reads the held frames over and over. */
static int bench_clip(struct reader *reader, const struct hold *hold, int frames, struct bench *bench)
{
    struct match_digit written[DEMO_MAX_DIGITS + 1];
    int error = 0;
    reader->any_frame = false;
    recogniser_forget(reader->recogniser);
    for (uint64_t n = 0; n < (uint64_t)frames + BENCH_WARM_UP && !error; n++) {
        struct frame frame;
        struct reading reading;
        if (atomic_load(&stop_requested))
            return -EINTR;
        hold_frame(hold, n, &frame);
        const int64_t start = now_ns();
        if ((error = reader_read(reader, &frame, false, &reading)) != 0)
            break;
        const double elapsed_us = (double)(now_ns() - start) / 1e3;
        const struct demo_truth *const truth = hold_truth(hold, n);
        if (n >= BENCH_WARM_UP)
            error = bench_add(bench, &reading, truth ? written : NULL, truth ? list_written(truth, written) : 0,
                              elapsed_us);
    }
    return error;
}

/* Measures and prints one case; says what went wrong itself. */
static int bench_case(const struct options *options, struct reader *reader, const struct hold *hold,
                      struct bench_case *about)
{
    const int frames = options->frames && options->frames < INT_MAX / 2 ? (int)options->frames : BENCH_FRAMES;
    struct bench *bench;
    about->threads = 1; /* one frame is read by one thread */
    about->kernels = net_kernels(reader->net);
    int error = bench_create(&bench, frames);
    if (!error)
        error = bench_clip(reader, hold, frames, bench);
    if (!error && options->json)
        error = bench_print_json(stdout, about, bench);
    else if (!error)
        bench_print_table(stdout, about, bench);
    bench_destroy(bench);
    if (error && error != -EINTR)
        fprintf(stderr, "digitcam: %s: %s\n", about->clip, frame_error_text(reader, error));
    return error;
}

/* `scene` NULL: the usual paper. */
static int bench_demo(const struct options *options, struct reader *reader, const char *spec, const char *scene)
{
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1920, 1080}}, digits[] = {0, 10, 20, 50};
    const bool sized = options->width_px > 0;
    int error = 0;
    for (int i = 0; i < (sized ? 1 : 3) && !error; i++)
        for (int k = 0; k < 4 && !error; k++) {
            struct bench_case about = {.clip = spec, .input = "gray", .digits = digits[k]};
            about.width_px = sized ? options->width_px : sizes[i][0];
            about.height_px = sized ? options->height_px : sizes[i][1];
            const struct demo_options wanted = {
                .scene = scene, .seed = options->seed ? options->seed : DEMO_DEFAULT_SEED,
                .width_px = about.width_px, .height_px = about.height_px, .digits = digits[k]};
            struct hold *hold;
            if ((error = hold_demo(&hold, &wanted, BENCH_HELD)) != 0)
                fprintf(stderr, "digitcam: not enough memory for a demo of %dx%d\n", about.width_px, about.height_px);
            else
                error = bench_case(options, reader, hold, &about);
            hold_destroy(hold);
        }
    return error;
}

static int bench_source(const struct options *options, struct reader *reader, const char *spec)
{
    const struct source_options wanted = source_options(options);
    char why[SOURCE_WHY_BYTES], input[5] = "";
    struct hold *hold;
    struct frame frame;
    int error = hold_source(&hold, spec, &wanted, BENCH_HELD, why, sizeof why);
    if (error) {
        fprintf(stderr, "digitcam: %s\n", why);
        return error;
    }
    hold_frame(hold, 0, &frame);
    for (int i = 0; i < 4; i++)
        input[i] = (char)tolower((int)(frame.fourcc >> (8 * i) & 0xff));
    struct bench_case about = {
        .clip = spec, .width_px = frame.width_px, .height_px = frame.height_px, .digits = -1, .input = input};
    error = bench_case(options, reader, hold, &about);
    hold_destroy(hold);
    return error;
}

/* The networks alone: the one asked for, or the shipped ones. */
static int run_bench_net(const struct options *options)
{
    char first[PATH_MAX + 64], second[PATH_MAX + 64], why[NET_WHY_BYTES];
    net_find(options->weights, NET_DEFAULT, first, sizeof first);
    net_find(NULL, "lenet5.safetensors", second, sizeof second);
    const char *const paths[] = {first, second};
    const int count = options->weights || access(second, R_OK) != 0 ? 1 : 2;
    const int error = bench_nets(paths, count, options->kernels, options->json, stdout, why, sizeof why);
    if (error)
        fprintf(stderr, "digitcam: %s\n", why);
    return error ? EXIT_FAILED : EXIT_FINE;
}

static int run_bench(const struct options *options, char **sources, int count)
{
    if (options->net && count) {
        fprintf(stderr, "digitcam: bench --net measures networks and takes no SOURCE: %s\n", sources[0]);
        return EXIT_USAGE;
    }
    if (misnamed(options, sources, count))
        return EXIT_USAGE;
    if (options->net)
        return run_bench_net(options);
    struct reader reader;
    int error = reader_create(&reader, options);
    const char *const spec = count ? sources[0] : "demo";
    if (!error && strcmp(spec, "demo") == 0)
        error = bench_demo(options, &reader, spec, NULL);
    else if (!error && strncmp(spec, "demo:", 5) == 0 && demo_scene_known(spec + 5))
        error = bench_demo(options, &reader, spec, spec + 5);
    else if (!error)
        error = bench_source(options, &reader, spec);
    reader_destroy(&reader);
    return error ? EXIT_FAILED : EXIT_FINE;
}

/* ---- help kernels, help scenes --------------------------------------------------------------------------------------------- */

static void print_kernels(void)
{
    const char *const wanted = getenv("DIGITCAM_KERNELS");
    const bool forced = wanted && *wanted;
    const struct kernels *const best = kernels_best(), *const chosen = forced ? kernels_find(wanted) : best;
    puts("Instruction sets the network can compute with, from the plainest to the fastest:\n");
    for (int i = 0; kernels_at(i); i++) {
        const struct kernels *const set = kernels_at(i);
        printf("%c %-12s %s%s\n", set == chosen ? '*' : ' ', set->name, set->description,
               set->supported() ? "" : " (not on this processor)");
    }
    if (!forced)
        puts("\n* is chosen: the fastest this processor has.");
    else if (chosen && chosen->supported())
        puts("\n* is chosen, by DIGITCAM_KERNELS.");
    else
        printf("\nDIGITCAM_KERNELS asks for \"%s\", which is none this processor has.\n", wanted);
    printf("--kernels NAME takes another, as does DIGITCAM_KERNELS=NAME in the environment. A network in int8 answers\n"
           "the same with each of them. `digitcam bench --net` measures them.\n");
}

static void print_scenes(void)
{
    puts("Built-in pages to try digitcam on, each hard to read in its own way:\n");
    for (int i = 0; i < demo_scene_count(); i++)
        printf("  demo:%-12s %s\n", demo_scene_name(i), demo_scene_summary(i));
    puts("\nThey are a SOURCE like any other: digitcam demo:blackboard. --seed N shows another page, --size WxH another size.");
}

/* ---- commands ------------------------------------------------------------------------------------------------- */

/* Training and evaluation look at no flag: a signal ends them at once, as it would without handle_signals. What was
 * learned up to the last epoch is in the checkpoint. */
static void default_signals(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

static int run_train(int argc, char **argv)
{
    default_signals();
    return train_main(argc, argv);
}

static int run_eval(int argc, char **argv)
{
    default_signals();
    return eval_main(argc, argv);
}

static const struct command command_table[] = {
    {"live", OPTIONS_OF_LIVE, run_live, NULL, NULL, NULL, 0, 1, "live [SOURCE]", "show a camera with the digits read",
     "Without SOURCE: the first camera, or the demo where there is none.\n"
     "Keys: q or Esc ends, f full screen, space holds the picture, b boxes, w shows why the rest was not read,\n"
     "s saves a PNG, h help; of a camera up and down exposure, a automatic exposure, right and left gain.\n"},
    {"read", OPTIONS_OF_READ, run_read, NULL, NULL, NULL, 1, INT_MAX, "read SOURCE...",
     "print what is read in pictures or clips",
     "One line a picture: its name and the numbers in it. Of a camera and of the demo one frame is read,\n"
     "unless --frames says otherwise. Exit status 4 where no digit was found at all.\n"
     "With --explain a further line for everything that was looked at and not read, and why (in JSON: \"candidates\").\n"
     "With --stages FOLDER: what each stage made of the picture, as pictures: gray, masks, contours, regions, crops, scores.\n"},
    {"cameras", OPTIONS_OF_CAMERAS, run_cameras, NULL, NULL, NULL, 0, 0, "cameras", "list cameras and what they offer", NULL},
    {"bench", OPTIONS_OF_BENCH, run_bench, NULL, NULL, NULL, 0, 1, "bench [SOURCE]", "measure how fast frames are read",
     "Frames are held in memory and read over and over; the first ones do not count. Without SOURCE: the demo at\n"
     "640x480, 1280x720 and 1920x1080 (or at --size) with 0, 10, 20 and 50 digits, and how many of them were\n"
     "read right. --frames says how many frames are read in each case. Times are in microseconds.\n"
     "With --net: the networks alone.\n"},
    {"train", 0, NULL, run_train, NULL, train_usage, 0, 0, "train DIR...", "train a network on IDX files", NULL},
    {"eval", 0, NULL, run_eval, NULL, eval_usage, 0, 0, "eval DIR...", "how often a network is right on IDX files", NULL},
    {.name = "kernels", .topic = print_kernels, .synopsis = "help kernels",
     .summary = "instruction sets of this machine"},
    {.name = "scenes", .topic = print_scenes, .synopsis = "help scenes", .summary = "the demo's scenes"},
    {"help", OPTIONS_OF_HELP, NULL, NULL, NULL, NULL, 0, 1, "help [COMMAND]", "show help", NULL},
};

int main(int argc, char **argv)
{
    handle_signals();
    return command_run(command_table, sizeof command_table / sizeof command_table[0], argc, argv);
}
