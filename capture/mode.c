/* mode.c - the choice of a camera's format, size and rate. See mode.h. */
#include "capture/mode.h"

#include <errno.h>
#include <math.h>

enum { DEFAULT_WIDTH_PX = 1280, DEFAULT_HEIGHT_PX = 720 };
static const double FLUENT_FPS = 24; /* slower than this a hand's movement looks torn and the answer late */
static const double USUAL_FPS = 30;  /* more shortens the exposure, and darkens the picture */

/* The formats we can use, best first. Those with a plane of gray come first since nothing has to be done to read
 * them; all of YUV before GREY, for the window shows colours; MJPG last, for it has to be decoded. */
static const uint32_t usable[] = {FRAME_NV12, FRAME_YU12, FRAME_YUYV, FRAME_UYVY,
                                  FRAME_GREY, FRAME_RGB3, FRAME_MJPG};
enum { USABLE_COUNT = sizeof usable / sizeof usable[0] };

/* What is looked for, with every default filled in. */
struct target {
    uint32_t fourcc; /* 0: any */
    int width_px, height_px;
    bool size_wished, rate_wished;
    double needed_fps; /* fast enough */
    double ideal_fps;
};

/* A mode with its marks, compared from the first to the last. */
struct candidate {
    struct mode mode;
    double size_fit; /* 0..1; 1: the very size */
    bool fast;       /* holds the needed rate */
    double worth;    /* 0..1; size and rate together */
    int rank;        /* of the format; less is better */
};

double camera_interval_fps(struct camera_interval interval)
{
    return interval.numerator && interval.denominator ? (double)interval.denominator / interval.numerator : 0;
}

static int format_rank(uint32_t fourcc)
{
    for (int i = 0; i < USABLE_COUNT; i++)
        if (usable[i] == fourcc)
            return i;
    return -1;
}

bool mode_format_is_usable(uint32_t fourcc)
{
    return format_rank(fourcc) >= 0;
}

/* 30 frames/s wished and 29.97 offered is good enough. */
static bool holds(double fps, double needed_fps)
{
    return fps >= needed_fps * 0.99;
}

static struct target fill_in(const struct source_options *wish)
{
    struct target target = {.width_px = DEFAULT_WIDTH_PX,
                            .height_px = DEFAULT_HEIGHT_PX,
                            .needed_fps = FLUENT_FPS,
                            .ideal_fps = USUAL_FPS};
    if (!wish)
        return target;
    target.fourcc = wish->fourcc;
    if (wish->width_px > 0 && wish->height_px > 0) {
        target.size_wished = true;
        target.width_px = wish->width_px;
        target.height_px = wish->height_px;
    }
    if (wish->fps > 0) {
        target.rate_wished = true;
        target.needed_fps = target.ideal_fps = wish->fps;
    }
    return target;
}

/* The value of min, min + step, ... max nearest to `wished`. */
static int nearest_in_range(int wished, int min, int max, int step)
{
    if (wished <= min || max <= min)
        return min;
    if (wished >= max)
        return max;
    if (step <= 1)
        return wished;
    const int nearest = min + (wished - min + step / 2) / step * step;
    return nearest > max ? nearest - step : nearest;
}

/* How many times faster or slower than ideal: 1 or more. */
static double rate_distance(double fps, double ideal_fps)
{
    return fps > ideal_fps ? fps / ideal_fps : ideal_fps / fps;
}

/* A rate wins if it is the only one fast enough, or nearer to the ideal; where none is fast enough, the faster. */
static bool better_rate(double fps, double than_fps, const struct target *target)
{
    const bool fast = holds(fps, target->needed_fps);
    if (than_fps <= 0 || fast != holds(than_fps, target->needed_fps))
        return than_fps <= 0 || fast;
    if (!fast)
        return fps > than_fps;
    const double distance = rate_distance(fps, target->ideal_fps);
    const double than_distance = rate_distance(than_fps, target->ideal_fps);
    return distance < than_distance || (distance == than_distance && fps > than_fps);
}

/* Out of one range of intervals, the one nearest to the ideal rate. A short interval is a high rate. */
static struct camera_interval interval_in_range(const struct camera_interval_range *range, double ideal_fps)
{
    if (camera_interval_fps(range->shortest) <= ideal_fps)
        return range->shortest;
    if (camera_interval_fps(range->longest) >= ideal_fps)
        return range->longest;
    return (struct camera_interval){1000, (uint32_t)(ideal_fps * 1000 + 0.5)};
}

/* numerator 0 where the camera does not say which there are. */
static struct camera_interval choose_interval(const struct camera_size *size, const struct target *target)
{
    struct camera_interval best = {0, 0};
    for (size_t i = 0; i < size->interval_count; i++) {
        const struct camera_interval interval = interval_in_range(&size->intervals[i], target->ideal_fps);
        const double fps = camera_interval_fps(interval);
        if (fps > 0 && better_rate(fps, camera_interval_fps(best), target))
            best = interval;
    }
    return best;
}

/* The share of their area that two pictures laid on one another have in common; 1 only for the same size. */
static double overlap(double width_a, double height_a, double width_b, double height_b)
{
    return fmin(width_a, width_b) * fmin(height_a, height_b) / (fmax(width_a, width_b) * fmax(height_a, height_b));
}

static struct candidate make_candidate(const struct camera_format *format, const struct camera_size *size,
                                       const struct target *target)
{
    struct candidate candidate = {
        .mode = {.fourcc = format->fourcc, .emulated = format->emulated},
        .rank = format_rank(format->fourcc) + (format->emulated ? USABLE_COUNT : 0),
    };
    struct mode *const mode = &candidate.mode;
    mode->width_px = nearest_in_range(target->width_px, size->min_width_px, size->max_width_px, size->step_width_px);
    mode->height_px =
        nearest_in_range(target->height_px, size->min_height_px, size->max_height_px, size->step_height_px);
    mode->interval = choose_interval(size, target);

    double fps = camera_interval_fps(mode->interval);
    if (fps <= 0)
        fps = target->needed_fps / 2; /* unknown: less worth than a rate that is known to hold */
    candidate.fast = holds(fps, target->needed_fps);
    candidate.size_fit = overlap(mode->width_px, mode->height_px, target->width_px, target->height_px);
    const double rate_fit = candidate.fast ? 1 : fps / target->needed_fps;
    candidate.worth = sqrt(candidate.size_fit) * rate_fit * rate_fit;
    return candidate;
}

static bool better(const struct candidate *a, const struct candidate *b, const struct target *target)
{
    if (target->size_wished && a->size_fit != b->size_fit)
        return a->size_fit > b->size_fit;
    if (target->rate_wished && a->fast != b->fast)
        return a->fast;
    if (a->worth != b->worth)
        return a->worth > b->worth;
    return a->rank < b->rank;
}

/* A size to stand for a driver which does not say which it has: ask for what we want and see. */
static struct camera_size any_size(const struct target *target)
{
    return (struct camera_size){.min_width_px = target->width_px,
                                .max_width_px = target->width_px,
                                .min_height_px = target->height_px,
                                .max_height_px = target->height_px};
}

/* `raw_only`: as if the camera had no compressed and no emulated format. */
static int choose(const struct camera_format *formats, size_t count, const struct source_options *wish, bool raw_only,
                  struct mode *mode)
{
    const struct target target = fill_in(wish);
    const struct camera_size any = any_size(&target);
    struct candidate best = {0};
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        const struct camera_format *const format = &formats[i];
        if (!mode_format_is_usable(format->fourcc) || (target.fourcc && format->fourcc != target.fourcc))
            continue;
        if (raw_only && (format->fourcc == FRAME_MJPG || format->emulated))
            continue;
        const size_t size_count = format->size_count ? format->size_count : 1;
        for (size_t k = 0; k < size_count; k++) {
            const struct candidate candidate =
                make_candidate(format, format->size_count ? &format->sizes[k] : &any, &target);
            if (candidate.mode.width_px <= 0 || candidate.mode.height_px <= 0)
                continue;
            if (!found || better(&candidate, &best, &target))
                best = candidate;
            found = true;
        }
    }
    if (!found)
        return target.fourcc ? -ENOTSUP : -ENOENT;
    *mode = best.mode;
    return 0;
}

int mode_choose(const struct camera_format *formats, size_t count, const struct source_options *wish,
                struct mode *mode)
{
    return choose(formats, count, wish, false, mode);
}

int mode_choose_raw(const struct camera_format *formats, size_t count, const struct source_options *wish,
                    struct mode *mode)
{
    return choose(formats, count, wish, true, mode);
}
