#include "render/delay.h"

#include <math.h>
#include <stddef.h>

static size_t bin_of(int64_t time_ns)
{
    const double us = (double)time_ns / 1e3;
    if (!(us > 1))
        return 0;
    const double bin = log2(us) * DELAY_STEPS;
    return bin < DELAY_BINS - 1 ? (size_t)bin : DELAY_BINS - 1;
}

void delay_add(struct delay *delay, int64_t time_ns)
{
    delay->count++;
    delay->bins[bin_of(time_ns)]++;
    if (time_ns > delay->largest_ns)
        delay->largest_ns = time_ns;
}

double delay_percentile_us(const struct delay *delay, double share)
{
    const double wanted = ceil(share * (double)delay->count), largest_us = (double)delay->largest_ns / 1e3;
    uint64_t seen = 0;
    for (size_t bin = 0; bin < DELAY_BINS && delay->count; bin++) {
        seen += delay->bins[bin];
        if ((double)seen >= wanted && seen > 0)
            return fmin(exp2(((double)bin + 0.5) / DELAY_STEPS), largest_us);
    }
    return largest_us;
}
