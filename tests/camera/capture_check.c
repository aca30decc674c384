/* capture_check - looks at a camera through capture/ alone, for trying drivers and cameras.
 *
 *     capture_check list                                     every camera with everything it offers
 *     capture_check SOURCE [FRAMES [WxH [FPS [FOURCC]]]]     takes frames; prints one line for the source, one in the
 *                                                            end with what came, and what was wrong in between
 *
 * Exit status 0: every frame came; 1: opening or taking failed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/cameras.h"
#include "capture/luma.h"
#include "capture/source.h"

/* So many waits of 500 ms without a frame, and we give up. */
enum { MOST_WAITS = 24 };

static void print_format(const struct camera_format *format)
{
    printf("  %.4s \"%s\"%s%s\n", (const char *)&format->fourcc, format->description,
           format->compressed ? " compressed" : "", format->emulated ? " emulated" : "");
    for (size_t i = 0; i < format->size_count; i++) {
        const struct camera_size *const size = &format->sizes[i];
        printf("    %dx%d", size->max_width_px, size->max_height_px);
        if (size->min_width_px != size->max_width_px)
            printf(" down to %dx%d by %dx%d", size->min_width_px, size->min_height_px, size->step_width_px,
                   size->step_height_px);
        for (size_t k = 0; k < size->interval_count; k++)
            printf(" %.4g", camera_interval_fps(size->intervals[k].shortest));
        printf("\n");
    }
}

static int list_cameras(void)
{
    struct camera_list *list;
    const int error = camera_list_create(&list);
    if (error) {
        printf("listing failed: %s\n", strerror(-error));
        return 1;
    }
    printf("%zu cameras\n", list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct camera *const camera = &list->cameras[i];
        printf("%s \"%s\" driver %s bus %s by-id \"%s\" error %d\n", camera->path, camera->name, camera->driver,
               camera->bus, camera->by_id, camera->error);
        for (size_t k = 0; k < camera->format_count; k++)
            print_format(&camera->formats[k]);
        for (size_t k = 0; k < camera->control_count; k++) {
            const struct camera_control *const control = &camera->controls[k];
            printf("  control \"%s\" %s %" PRId64 "..%" PRId64 " step %" PRId64 " default %" PRId64 " value %" PRId64
                   ", %zu items\n",
                   control->name, camera_control_kind_name(control->kind), control->minimum, control->maximum,
                   control->step, control->default_value, control->value, control->item_count);
        }
    }
    camera_list_destroy(list);
    return 0;
}

static double mean_of(const struct frame *gray)
{
    double sum = 0;
    for (int y = 0; y < gray->height_px; y++)
        for (int x = 0; x < gray->width_px; x++)
            sum += gray->data[(size_t)y * gray->stride_bytes + (size_t)x];
    return sum / gray->width_px / gray->height_px;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int take_frames(struct source *source, struct luma *luma, int wished)
{
    struct frame frame = {0}, gray;
    char why[SOURCE_WHY_BYTES] = "";
    int taken = 0, unusable = 0, error = 0;
    double mean = 0, oldest_ms = 0;
    uint64_t first = 0;
    for (int waits = 0; taken < wished && waits < MOST_WAITS;) {
        error = source_next(source, &frame, 500, why, sizeof why);
        if (error == -EAGAIN) {
            waits++;
            if (why[0])
                printf("waiting: %s\n", why);
            continue;
        }
        if (error)
            break;
        waits = 0;
        const double age_ms = (double)(now_ns() - frame.capture_time_ns) / 1e6;
        oldest_ms = age_ms > oldest_ms ? age_ms : oldest_ms;
        if (taken++ == 0)
            first = frame.sequence;
        if (luma_from_frame(luma, &frame, &gray) == 0)
            mean = mean_of(&gray);
        else
            unusable++;
    }
    printf("%.4s %dx%d stride %zu: %d frames, %d unusable, %" PRIu64 " dropped (%" PRIu64
           " torn), sequence %" PRIu64 " to %" PRIu64
           ", mean luma %.1f, oldest %.0f ms\n",
           (const char *)&frame.fourcc, frame.width_px, frame.height_px, frame.stride_bytes, taken, unusable,
           source_dropped(source), source_losses(source).torn, first, frame.sequence, mean, oldest_ms);
    if (error && error != -EAGAIN)
        printf("error %s: %s\n", strerrorname_np(-error), why);
    if (taken < wished)
        printf("again: %s\n", strerrorname_np(-source_next(source, &frame, 0, why, sizeof why)));
    return taken < wished;
}

static struct source_options read_options(int count, char **arguments)
{
    struct source_options options = {0};
    if (count > 3)
        sscanf(arguments[3], "%dx%d", &options.width_px, &options.height_px);
    if (count > 4)
        options.fps = atoi(arguments[4]);
    if (count > 5 && strlen(arguments[5]) == 4)
        memcpy(&options.fourcc, arguments[5], 4);
    return options;
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* somebody may wait for the first line */
    if (count < 2) {
        fprintf(stderr, "usage: capture_check list | SOURCE [FRAMES [WxH [FPS [FOURCC]]]]\n");
        return 2;
    }
    if (strcmp(arguments[1], "list") == 0)
        return list_cameras();
    const struct source_options options = read_options(count, arguments);
    struct source *source;
    struct luma *luma;
    char why[SOURCE_WHY_BYTES];
    const int error = strcmp(arguments[1], "first") == 0
                          ? source_open_first_camera(&source, &options, why, sizeof why)
                          : source_open(&source, arguments[1], &options, why, sizeof why);
    if (error) {
        printf("refused %s: %s\n", strerrorname_np(-error), why);
        return 1;
    }
    printf("%s\n", source_describe(source));
    if (luma_create(&luma) != 0) {
        source_close(source);
        return 1;
    }
    const int status = take_frames(source, luma, count > 2 ? atoi(arguments[2]) : 10);
    luma_destroy(luma);
    source_close(source);
    return status;
}
