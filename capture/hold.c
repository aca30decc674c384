#include "capture/hold.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/why.h"

#define WAIT_MS    100
#define WAITS_MOST 50 /* for the first frame of a slow camera */
#define FPS        30

struct held {
    struct frame frame;
    uint8_t *data;            /* owned */
    struct demo_truth *truth; /* owned; NULL: not known */
};

struct hold {
    int count, most;
    size_t bytes;
    char name[256];
    struct held *frames;
};

static int hold_create(struct hold **hold, int most_frames)
{
    struct hold *const made = calloc(1, sizeof *made);
    *hold = NULL;
    if (!made || !(made->frames = calloc((size_t)most_frames, sizeof *made->frames))) {
        free(made);
        return -ENOMEM;
    }
    made->most = most_frames;
    *hold = made;
    return 0;
}

void hold_destroy(struct hold *hold)
{
    if (!hold)
        return;
    for (int i = 0; i < hold->count; i++) {
        free(hold->frames[i].data);
        free(hold->frames[i].truth);
    }
    free(hold->frames);
    free(hold);
}

/* Room for one more frame like this; NULL where memory is short. Its data is not copied. */
static struct held *add_frame(struct hold *hold, const struct frame *frame)
{
    struct held *const held = &hold->frames[hold->count];
    held->data = malloc(frame->size_bytes ? frame->size_bytes : 1);
    if (!held->data)
        return NULL;
    if (hold->count == 0)
        snprintf(hold->name, sizeof hold->name, "%s", frame->name ? frame->name : "");
    held->frame = *frame;
    held->frame.data = held->data;
    held->frame.name = hold->name;
    hold->bytes += frame->size_bytes;
    hold->count++;
    return held;
}

static bool is_full(const struct hold *hold, size_t next_bytes)
{
    return hold->count == hold->most || (hold->count > 0 && hold->bytes + next_bytes > (size_t)HOLD_MOST_BYTES);
}

/* ---- a source ---- */

/* Waits for the next frame while a camera may still be starting. */
static int next_frame(struct source *source, struct frame *frame, char *why, size_t why_bytes)
{
    int error = -EAGAIN;
    for (int i = 0; i < WAITS_MOST && error == -EAGAIN; i++)
        error = source_next(source, frame, WAIT_MS, why, why_bytes);
    if (error == -EAGAIN && !*why)
        why_fail(why, why_bytes, error, "%s sends no frames", source_describe(source));
    return error;
}

int hold_source(struct hold **hold, const char *spec, const struct source_options *options, int most_frames, char *why,
                size_t why_bytes)
{
    struct source *source;
    struct frame frame;
    *hold = NULL;
    int error = source_open(&source, spec, options, why, why_bytes);
    if (error)
        return error;
    if ((error = hold_create(hold, most_frames)) != 0)
        why_fail(why, why_bytes, error, "not enough memory");
    while (!error && (error = next_frame(source, &frame, why, why_bytes)) == 0 && !is_full(*hold, frame.size_bytes)) {
        struct held *const held = add_frame(*hold, &frame);
        if (!held)
            error = why_fail(why, why_bytes, -ENOMEM, "not enough memory to hold the frames");
        else
            memcpy(held->data, frame.data, frame.size_bytes);
    }
    if (error == -ENODATA && (*hold)->count > 0)
        error = 0;
    else if (error == -ENODATA)
        why_fail(why, why_bytes, error, "%.300s has no frame", spec);
    source_close(source);
    if (error) {
        hold_destroy(*hold);
        *hold = NULL;
    }
    return error;
}

/* ---- the demo ---- */

int hold_demo(struct hold **hold, const struct demo_options *options, int most_frames)
{
    struct demo *demo;
    *hold = NULL;
    int error = demo_create_scene(&demo, options);
    if (error)
        return error;
    const struct frame like = {.fourcc = FRAME_GREY, /* of a YU12 frame its first plane */
                               .width_px = options->width_px,
                               .height_px = options->height_px,
                               .size_bytes = demo_frame_bytes(demo),
                               .stride_bytes = (size_t)options->width_px,
                               .orientation = 1,
                               .name = options->scene ? options->scene : "demo"};
    error = hold_create(hold, most_frames);
    for (int i = 0; !error && !is_full(*hold, like.size_bytes); i++) {
        struct held *const held = add_frame(*hold, &like);
        if (!held || !(held->truth = malloc(sizeof *held->truth))) {
            error = -ENOMEM;
        } else {
            demo_render(demo, (uint64_t)i, true, held->data);
            demo_truth(demo, (uint64_t)i, held->truth);
        }
    }
    demo_destroy(demo);
    if (error) {
        hold_destroy(*hold);
        *hold = NULL;
    }
    return error;
}

/* ---- playing ---- */

static const struct held *held_at(const struct hold *hold, uint64_t number)
{
    const uint64_t last = (uint64_t)hold->count - 1, at = last ? number % (2 * last) : 0;
    return &hold->frames[at <= last ? at : 2 * last - at];
}

void hold_frame(const struct hold *hold, uint64_t number, struct frame *frame)
{
    *frame = held_at(hold, number)->frame;
    frame->sequence = number;
    frame->capture_time_ns = (int64_t)(number * 1000000000 / FPS);
}

const struct demo_truth *hold_truth(const struct hold *hold, uint64_t number)
{
    return held_at(hold, number)->truth;
}

int hold_count(const struct hold *hold)
{
    return hold->count;
}
