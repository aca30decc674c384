/* The demo as a source: paced like a camera, but no frame is ever left out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "capture/demo.h"
#include "capture/driver.h"

struct player {
    struct demo *demo;
    uint8_t *pixels;
    uint64_t next_frame;
    int width_px, height_px, fps;
    int64_t due_ns; /* when the next frame may go out; 0 before the first */
    char about[96];
};

static void demo_close(void *state)
{
    struct player *const player = state;
    demo_destroy(player->demo);
    free(player->pixels);
    free(player);
}

static int demo_open(void **state, const char *spec, const struct source_options *options, char *why,
                     size_t why_bytes)
{
    (void)spec;
    const struct source_options none = {0};
    const struct source_options *const wish = options ? options : &none;
    const bool sized = wish->width_px != 0 || wish->height_px != 0;
    const int width = sized ? wish->width_px : DEMO_DEFAULT_WIDTH_PX;
    const int height = sized ? wish->height_px : DEMO_DEFAULT_HEIGHT_PX;
    const uint64_t seed = wish->seed ? wish->seed : DEMO_DEFAULT_SEED;
    *state = NULL;
    struct player *const player = calloc(1, sizeof *player);
    int error = player ? demo_create(&player->demo, seed, width, height) : -ENOMEM;
    if (!error && !(player->pixels = malloc(demo_frame_bytes(player->demo))))
        error = -ENOMEM;
    if (error) {
        if (error == -EINVAL)
            snprintf(why, why_bytes,
                     "the demo cannot be %dx%d pixels large; both sides must be 1 to %d, their product at "
                     "most %lld",
                     width, height, FRAME_MAX_SIDE_PX, FRAME_MAX_PIXELS);
        else
            snprintf(why, why_bytes, "not enough memory for a demo of %dx%d pixels; ask for a smaller one",
                     width, height);
        if (player)
            demo_close(player);
        return error;
    }
    player->width_px = width;
    player->height_px = height;
    player->fps = wish->fps > 0 ? wish->fps : DEMO_DEFAULT_FPS;
    snprintf(player->about, sizeof player->about, "demo (page %llu): %dx%d YU12, %d frames/s",
             (unsigned long long)seed, width, height, player->fps);
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
                            .name = "demo"};
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
                                          .dropped = NULL,
                                          .close = demo_close};
