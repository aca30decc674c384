#include "render/commands/reader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "render/commands/names.h"

int64_t reader_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct source_options reader_source_options(const struct options *options)
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

void reader_destroy(struct reader *reader)
{
    colour_destroy(reader->colour);
    luma_destroy(reader->luma);
    recogniser_destroy(reader->recogniser);
    net_destroy(reader->net);
}

int reader_create(struct reader *reader, const struct options *options)
{
    char path[PATH_MAX + 64], why[NET_WHY_BYTES];
    *reader = (struct reader){0};
    net_find(options->weights, NET_DEFAULT, path, sizeof path);
    int error = net_load(&reader->net, path, options->kernels, why, sizeof why);
    if (error) {
        fprintf(stderr, "digitcam: %s%s\n", names_whose_weights(options), why);
        if (error == -ENOENT && !options->weights)
            fputs("digitcam: name a weights file with --weights FILE, or make one with digitcam train\n", stderr);
        return error;
    }
    if ((error = recogniser_create(&reader->recogniser, reader->net)) != 0 ||
        (error = recogniser_explain(reader->recogniser, options->explain)) != 0)
        fprintf(stderr, error == -EINVAL ? "digitcam: %s%s does not hold a network that tells ten digits apart\n"
                                         : "digitcam: %s%s: not enough memory\n", names_whose_weights(options), path);
    else if ((error = luma_create(&reader->luma)) != 0 || (error = colour_create(&reader->colour)) != 0)
        fputs("digitcam: not enough memory\n", stderr);
    return error;
}

const char *reader_error_text(const struct reader *reader, int error)
{
    const char *const of_picture = luma_error(reader->luma);
    return *of_picture        ? of_picture
           : error == -ENOMEM ? "not enough memory"
                              : strerror(-error);
}

void reader_opened(struct reader *reader, const struct source *source, bool again)
{
    const char *const reason = source_explain(source);
    if (*reason && !again)
        fprintf(stderr, "digitcam: %s: %s\n", source_describe(source), reason);
    else if (*reason) /* the rest was said as it came back */
        fprintf(stderr, "digitcam: %s\n", reason);
    settle_begin(&reader->settle, source_adjusts(source));
}

bool reader_settled(struct reader *reader, const struct frame *frame)
{
    struct frame gray;
    return !reader->settle.waiting || luma_from_frame(reader->luma, frame, &gray) != 0 ||
           settle_look(&reader->settle, &gray);
}

void reader_say_hint(struct reader *reader, const struct reading *reading)
{
    if (reading->hint && reading->hint != reader->hint)
        fprintf(stderr, "digitcam: %s%s%s\n", reading->source, *reading->source ? ": " : "", reading->hint);
    reader->hint = reading->hint;
}

int reader_read(struct reader *reader, const struct frame *frame, bool live, struct reading *reading)
{
    const char *const name = frame->name ? frame->name : "";
    const int64_t start = reader_now_ns();
    struct frame gray;
    int error = luma_from_frame(reader->luma, frame, &gray);
    if (error)
        return error;
    const double luma_us = (double)(reader_now_ns() - start) / 1e3;
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
