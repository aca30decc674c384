/* read.c - `digitcam read`: every picture or frame in turn, printed. */
#include "render/commands/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "capture/colour.h"
#include "capture/source.h"
#include "render/canvas.h"
#include "render/command.h"
#include "render/commands/names.h"
#include "render/commands/outputs.h"
#include "render/commands/reader.h"
#include "render/commands/stop.h"
#include "render/overlay.h"
#include "render/report.h"
#include "render/stages.h"
#include "vision/recogniser.h"

struct read_state {
    const struct options *options;
    struct reader reader;
    struct canvas *canvas; /* made for the first overlay */
    struct stages *stages; /* NULL: not asked for */
    int overlays;
    bool idle_said; /* of the first source for which an option does nothing */
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
        fprintf(stderr, "digitcam: %s: %s\n", frame->name, reader_error_text(&state->reader, error));
        state->failed = true;
        return;
    }
    reader_say_hint(&state->reader, &reading);
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
    const struct source_options wanted = reader_source_options(state->options);
    struct source *source;
    struct frame frame;
    if (source_open(&source, spec, &wanted, why, sizeof why) != 0) {
        say_failure(state, why);
        return;
    }
    reader_opened(&state->reader, source, false);
    if (!state->idle_said)
        state->idle_said = names_say_idle(state->options, spec, false);
    const bool live = source_is_live(source);
    const long most = state->options->frames ? state->options->frames : live ? 1 : LONG_MAX;
    state->reader.any_frame = false;
    recogniser_forget(state->reader.recogniser);
    for (long frames = 0; !state->ended && frames < most;) {
        const int error = source_next(source, &frame, READER_WAIT_MS, why, sizeof why);
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

int command_read(const struct options *options, char **sources, int count)
{
    struct read_state state = {.options = options};
    char why[SOURCE_WHY_BYTES];
    if (names_unknown(options, sources, count))
        return EXIT_USAGE;
    if (outputs_overwrite(options, sources, count))
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
