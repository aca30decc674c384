/* The demo as a source: paced like a camera, but no frame is ever left out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/demo.h"
#include "capture/driver.h"

struct player {
    struct demo *demo;
    uint8_t *pixels;
    uint64_t next_frame;
    int width_px, height_px, fps;
    int64_t due_ns; /* when the next frame may go out; 0 before the first */
    char name[48]; /* "demo", "demo:blackboard" */
    char about[128];
};

static void demo_close(void *state)
{
    struct player *const player = state;
    demo_destroy(player->demo);
    free(player->pixels);
    free(player);
}

/* "demo" and "demo:SCENE" to the scene's name; NULL for plain "demo". */
static const char *scene_of(const char *spec)
{
    const char *const colon = strchr(spec, ':');
    return colon ? colon + 1 : NULL;
}

static void say_scenes(const char *scene, char *why, size_t why_bytes)
{
    size_t length = (size_t)snprintf(why, why_bytes, "the demo has no scene \"%.60s\"; it has", scene);
    for (int i = 0; i < demo_scene_count() && length < why_bytes; i++)
        length += (size_t)snprintf(why + length, why_bytes - length, "%s %s", i ? "," : "", demo_scene_name(i));
}

/* The line for the user about why a demo could not be made. */
static void say_failure(int error, const struct demo_options *options, char *why, size_t why_bytes)
{
    const int width = options->width_px, height = options->height_px;
    if (error == -ENOENT)
        say_scenes(options->scene, why, why_bytes);
    else if (error == -EINVAL)
        snprintf(why, why_bytes,
                 "the demo cannot be %dx%d pixels large; both sides must be 1 to %d, their product at "
                 "most %lld",
                 width, height, FRAME_MAX_SIDE_PX, FRAME_MAX_PIXELS);
    else
        snprintf(why, why_bytes, "not enough memory for a demo of %dx%d pixels; ask for a smaller one", width, height);
}

/* A scene's name "" is none: "demo:" is most likely half a word. */
static int make_demo(struct player *player, const struct demo_options *options)
{
    if (options->scene && !*options->scene)
        return -ENOENT;
    const int error = demo_create_scene(&player->demo, options);
    if (error)
        return error;
    player->pixels = malloc(demo_frame_bytes(player->demo));
    return player->pixels ? 0 : -ENOMEM;
}

static int demo_open(void **state, const char *spec, const struct source_options *options, char *why,
                     size_t why_bytes)
{
    const struct source_options none = {0};
    const struct source_options *const wish = options ? options : &none;
    const bool sized = wish->width_px != 0 || wish->height_px != 0;
    const struct demo_options wanted = {.scene = scene_of(spec),
                                        .seed = wish->seed ? wish->seed : DEMO_DEFAULT_SEED,
                                        .width_px = sized ? wish->width_px : DEMO_DEFAULT_WIDTH_PX,
                                        .height_px = sized ? wish->height_px : DEMO_DEFAULT_HEIGHT_PX,
                                        .digits = DEMO_USUAL_DIGITS};
    *state = NULL;
    struct player *const player = calloc(1, sizeof *player);
    const int error = player ? make_demo(player, &wanted) : -ENOMEM;
    if (error) {
        say_failure(error, &wanted, why, why_bytes);
        if (player)
            demo_close(player);
        return error;
    }
    player->width_px = wanted.width_px;
    player->height_px = wanted.height_px;
    player->fps = wish->fps > 0 ? wish->fps : DEMO_DEFAULT_FPS;
    snprintf(player->name, sizeof player->name, "%s", spec);
    snprintf(player->about, sizeof player->about, "demo (%s%spage %llu): %dx%d YU12, %d frames/s",
             wanted.scene ? wanted.scene : "", wanted.scene ? ", " : "", (unsigned long long)wanted.seed,
             player->width_px, player->height_px, player->fps);
    *state = player;
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Waits for the next frame's time, but at most timeout_ms. True when it has come. A signal ends the wait
 * early. */
static bool wait_until_due(struct player *player, int timeout_ms)
{
    const int64_t period_ns = 1000000000 / player->fps,
                  most_ns = (int64_t)(timeout_ms > 0 ? timeout_ms : 0) * 1000000;
    int64_t now = now_ns();
    if (player->due_ns == 0)
        player->due_ns = now;
    const int64_t left_ns = player->due_ns - now, wait_ns = left_ns < most_ns ? left_ns : most_ns;
    if (wait_ns > 0) {
        const struct timespec wait = {(time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000)};
        nanosleep(&wait, NULL);
        now = now_ns();
    }
    if (now < player->due_ns)
        return false;
    /* Who comes late is not sent a burst: no frame is ever skipped, so that the same frames come on every
     * machine. */
    player->due_ns = now - player->due_ns > period_ns ? now + period_ns : player->due_ns + period_ns;
    return true;
}

static int demo_next(void *state, struct frame *frame, int timeout_ms, char *why, size_t why_bytes)
{
    struct player *const player = state;
    (void)why;
    (void)why_bytes;
    if (!wait_until_due(player, timeout_ms))
        return -EAGAIN;
    const uint64_t number = player->next_frame++;
    demo_render(player->demo, number, true, player->pixels);
    *frame = (struct frame){.fourcc = FRAME_YU12,
                            .width_px = player->width_px,
                            .height_px = player->height_px,
                            .data = player->pixels,
                            .size_bytes = demo_frame_bytes(player->demo),
                            .stride_bytes = (size_t)player->width_px,
                            .capture_time_ns = (int64_t)((double)number * 1e9 / player->fps),
                            .sequence = number,
                            .orientation = 1,
                            .name = player->name};
    return 0;
}

static const char *demo_describe(const void *state)
{
    const struct player *const player = state;
    return player->about;
}

const struct source_driver demo_driver = {.name = "demo",
                                          .live = true,
                                          .open = demo_open,
                                          .next = demo_next,
                                          .describe = demo_describe,
                                          .losses = NULL,
                                          .close = demo_close};
