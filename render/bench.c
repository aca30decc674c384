#include "render/bench.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "render/json.h"

enum { STAGES = 8 }; /* the last is the whole frame */

static const struct {
    const char *name;
    size_t offset; /* in struct reading_times */
} stages[STAGES] = {
    {"luma", offsetof(struct reading_times, luma)},
    {"threshold", offsetof(struct reading_times, threshold)},
    {"contour", offsetof(struct reading_times, contour)},
    {"segment", offsetof(struct reading_times, segment)},
    {"normalise", offsetof(struct reading_times, normalise)},
    {"net", offsetof(struct reading_times, net)},
    {"track", offsetof(struct reading_times, track)},
    {"frame", offsetof(struct reading_times, total)},
};

static const double ranks[] = {50, 95, 99, 100};
enum { P50, P95, P99, MAX, RANKS };

struct bench {
    int frames, most_frames;
    double *times_us[STAGES]; /* owned; of every frame */
    double elapsed_us;
    struct match_tally tally;
};

int bench_create(struct bench **bench, int most_frames)
{
    *bench = NULL;
    struct bench *const made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->most_frames = most_frames;
    for (int i = 0; i < STAGES; i++)
        if (!(made->times_us[i] = calloc((size_t)most_frames, sizeof(double)))) {
            bench_destroy(made);
            return -ENOMEM;
        }
    *bench = made;
    return 0;
}

void bench_destroy(struct bench *bench)
{
    if (!bench)
        return;
    for (int i = 0; i < STAGES; i++)
        free(bench->times_us[i]);
    free(bench);
}

/* ---- collecting ---- */

static int add_digits(struct bench *bench, const struct reading *reading, const struct match_digit *written, int count)
{
    const int found_count = reading->digit_count;
    struct match_digit *const found = calloc((size_t)found_count + 1, sizeof *found);
    int *const partners = calloc((size_t)found_count + (size_t)count + 1, sizeof *partners);
    int error = found && partners ? 0 : -ENOMEM;
    for (int i = 0; i < found_count && !error; i++)
        found[i] = (struct match_digit){reading->digits[i].digit, reading->digits[i].box, false};
    if (!error)
        error = match_digits(written, count, found, found_count, partners, partners + count);
    if (!error)
        match_count(&bench->tally, written, count, found, found_count, partners, partners + count);
    free(found);
    free(partners);
    return error;
}

int bench_add(struct bench *bench, const struct reading *reading, const struct match_digit *written,
              int written_count, double elapsed_us)
{
    if (bench->frames == bench->most_frames)
        return 0;
    const int error = written ? add_digits(bench, reading, written, written_count) : 0;
    if (error)
        return error;
    for (int i = 0; i < STAGES; i++)
        memcpy(&bench->times_us[i][bench->frames], (const char *)&reading->times_us + stages[i].offset,
               sizeof(double));
    bench->elapsed_us += elapsed_us;
    bench->frames++;
    return 0;
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

double bench_percentile(double *values, int count, double percent)
{
    if (count <= 0)
        return 0;
    qsort(values, (size_t)count, sizeof *values, by_size);
    const int rank = (int)ceil(percent / 100 * count);
    return values[rank < 1 ? 0 : rank > count ? count - 1 : rank - 1];
}

static double figure(const struct bench *bench, int stage, int rank)
{
    return bench_percentile(bench->times_us[stage], bench->frames, ranks[rank]);
}

static double rate(const struct bench *bench)
{
    return bench->elapsed_us > 0 ? 1e6 * bench->frames / bench->elapsed_us : 0;
}

/* ---- printing ---- */

void bench_print_table(FILE *out, const struct bench_case *about, const struct bench *bench)
{
    static const char *const names[RANKS] = {"p50", "p95", "p99", "max"};
    fprintf(out, "%s %dx%d", about->clip, about->width_px, about->height_px);
    if (about->digits >= 0)
        fprintf(out, ", %d digits", about->digits);
    fprintf(out, ": %.0f frames/s", rate(bench));
    if (about->digits >= 0)
        fprintf(out, ", precision %.3f, recall %.3f", match_precision(&bench->tally), match_recall(&bench->tally));
    fprintf(out, " (%d frames, %s, %s)\n  us ", bench->frames, about->input, about->kernels);
    for (int stage = 0; stage < STAGES; stage++)
        fprintf(out, " %9s", stages[stage].name);
    for (int rank = 0; rank < RANKS; rank++) {
        fprintf(out, "\n  %s", names[rank]);
        for (int stage = 0; stage < STAGES; stage++)
            fprintf(out, " %9.0f", figure(bench, stage, rank));
    }
    fputs("\n\n", out);
    fflush(out);
}

/* Times in microseconds, to a tenth. */
static json_t *microseconds(double value)
{
    return json_real(round(value * 10) / 10);
}

static json_t *share(double value)
{
    return json_real(round(value * 1e4) / 1e4);
}

static json_t *stages_at(const struct bench *bench, int rank)
{
    json_t *const object = json_object();
    for (int i = 0; i < STAGES - 1; i++)
        json_object_set_new(object, stages[i].name, microseconds(figure(bench, i, rank)));
    return object;
}

int bench_print_json(FILE *out, const struct bench_case *about, const struct bench *bench)
{
    char size[32], *const clip = json_utf8(about->clip);
    snprintf(size, sizeof size, "%dx%d", about->width_px, about->height_px);
    json_t *const object = clip ? json_pack("{s:s,s:s}", "clip", clip, "size", size) : NULL;
    free(clip);
    if (about->digits >= 0)
        json_object_set_new(object, "digits", json_integer(about->digits));
    json_object_set_new(object, "input", json_string(about->input));
    json_object_set_new(object, "frames", json_integer(bench->frames));
    json_object_set_new(object, "threads", json_integer(about->threads));
    json_object_set_new(object, "kernels", json_string(about->kernels));
    json_object_set_new(object, "frame_us",
                        json_pack("{s:o,s:o,s:o,s:o}", "p50", microseconds(figure(bench, STAGES - 1, P50)), "p95",
                                  microseconds(figure(bench, STAGES - 1, P95)), "p99",
                                  microseconds(figure(bench, STAGES - 1, P99)), "max",
                                  microseconds(figure(bench, STAGES - 1, MAX))));
    json_object_set_new(object, "stages_us", stages_at(bench, P50));
    json_object_set_new(object, "stages_p95_us", stages_at(bench, P95));
    json_object_set_new(object, "stages_p99_us", stages_at(bench, P99));
    json_object_set_new(object, "fps", json_real(round(rate(bench) * 10) / 10));
    if (about->digits >= 0)
        json_object_set_new(object, "accuracy",
                            json_pack("{s:o,s:o}", "precision", share(match_precision(&bench->tally)), "recall",
                                      share(match_recall(&bench->tally))));
    char *const line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(8)) : NULL;
    json_decref(object);
    if (!line)
        return -ENOMEM;
    fprintf(out, "%s\n", line);
    free(line);
    fflush(out);
    return 0;
}
