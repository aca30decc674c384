#include "render/statistics.h"

#include <inttypes.h>
#include <stddef.h>

static double frames_a_second(const struct statistics *s)
{
    return s->frames > 1 && s->seconds > 0 ? (double)(s->frames - 1) / s->seconds : 0;
}

static void print_delay(FILE *out, const char *what, const struct delay *delay)
{
    fprintf(out, "%s: median %.1f ms, 99%% within %.1f ms", what, delay_percentile_us(delay, 0.5) / 1e3,
            delay_percentile_us(delay, 0.99) / 1e3);
}

void statistics_print_text(FILE *out, const struct statistics *s, const char *before)
{
    fprintf(out, "%s%ld frame%s read", before, s->frames, s->frames == 1 ? "" : "s");
    if (frames_a_second(s) > 0)
        fprintf(out, ", %.1f a second", frames_a_second(s));
    fprintf(out, "; dropped: %" PRIu64 " missed, %" PRIu64 " stale, %" PRIu64 " torn", s->missed, s->stale, s->torn);
    if (s->shown.count)
        fprintf(out, ", %" PRIu64 " not shown", s->not_shown);
    fputc('\n', out);
    if (!s->reading.count)
        return;
    fputs(before, out);
    print_delay(out, "delay to the reading", &s->reading);
    if (s->shown.count)
        print_delay(out, "; to the picture", &s->shown);
    fputc('\n', out);
}

static void print_delay_json(FILE *out, const char *name, const struct delay *delay)
{
    fprintf(out, "\"%s\":{\"p50\":%.0f,\"p99\":%.0f,\"max\":%.0f}", name, delay_percentile_us(delay, 0.5),
            delay_percentile_us(delay, 0.99), (double)delay->largest_ns / 1e3);
}

void statistics_print_json(FILE *out, const struct statistics *s)
{
    fprintf(out,
            "{\"statistics\":{\"frames\":%ld,\"seconds\":%.3f,\"fps\":%.2f,\"dropped\":{\"missed\":%" PRIu64
            ",\"stale\":%" PRIu64 ",\"torn\":%" PRIu64 ",\"not_shown\":%" PRIu64 "},\"delay_us\":{",
            s->frames, s->seconds, frames_a_second(s), s->missed, s->stale, s->torn, s->not_shown);
    print_delay_json(out, "reading", &s->reading);
    if (s->shown.count) {
        fputc(',', out);
        print_delay_json(out, "shown", &s->shown);
    }
    fputs("}}}\n", out);
}
