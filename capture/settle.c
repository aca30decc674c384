#include "capture/settle.h"

#include <math.h>
#include <stddef.h>

/* A change of so much of the brightness counts; noise and a moving hand stay below it, a step of the exposure above. */
static const double tolerance = 0.03, dark_level = 8;

/* Of every fourth pixel of every fourth row. */
static double mean_level(const struct frame *gray)
{
    double sum = 0;
    long count = 0;
    for (int y = 0; y < gray->height_px; y += 4) {
        const uint8_t *const row = gray->data + (size_t)y * gray->stride_bytes;
        for (int x = 0; x < gray->width_px; x += 4, count++)
            sum += row[x];
    }
    return count ? sum / (double)count : 0;
}

void settle_begin(struct settle *settle, bool adjusts)
{
    *settle = (struct settle){.waiting = adjusts};
}

bool settle_look(struct settle *settle, const struct frame *gray)
{
    if (!settle->waiting)
        return true;
    const double level = mean_level(gray);
    const int64_t now_ns = gray->capture_time_ns;
    const bool first = settle->frames == 0;
    if (first)
        settle->first_ns = now_ns;
    if (first || fabs(level - settle->level) > tolerance * (settle->level + dark_level)) {
        settle->level = level;
        settle->since_ns = now_ns;
        settle->frames = 0;
    }
    settle->frames++;
    const bool steady =
        settle->frames >= SETTLE_FRAMES && now_ns - settle->since_ns >= SETTLE_STEADY_MS * 1000000LL;
    settle->waiting = !steady && now_ns - settle->first_ns < SETTLE_LONGEST_MS * 1000000LL;
    return !settle->waiting;
}
