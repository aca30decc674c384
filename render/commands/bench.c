/* bench.c - `digitcam bench`: frames held in memory, read over and over; or the networks alone. */
#include "render/commands/commands.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/demo.h"
#include "capture/hold.h"
#include "capture/source.h"
#include "net/bench.h"
#include "net/net.h"
#include "render/bench.h"
#include "render/command.h"
#include "render/commands/names.h"
#include "render/commands/reader.h"
#include "render/commands/stop.h"
#include "vision/recogniser.h"

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
        const int64_t start = reader_now_ns();
        if ((error = reader_read(reader, &frame, false, &reading)) != 0)
            break;
        const double elapsed_us = (double)(reader_now_ns() - start) / 1e3;
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
        fprintf(stderr, "digitcam: %s: %s\n", about->clip, reader_error_text(reader, error));
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
    const struct source_options wanted = reader_source_options(options);
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
        fprintf(stderr, "digitcam: %s%s\n", names_whose_weights(options), why);
    return error ? EXIT_FAILED : EXIT_FINE;
}

int command_bench(const struct options *options, char **sources, int count)
{
    if (options->net && count) {
        fprintf(stderr, "digitcam: bench --net measures networks and takes no SOURCE: %s\n", sources[0]);
        return EXIT_USAGE;
    }
    if (names_unknown(options, sources, count))
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
    if (!error)
        names_say_idle(options, spec, false);
    reader_destroy(&reader);
    return error ? EXIT_FAILED : EXIT_FINE;
}
