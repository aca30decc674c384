/* delay.h - many times, kept as a histogram of fixed size: median, 99th percentile and largest, however many there were. */
#ifndef DIGITCAM_RENDER_DELAY_H
#define DIGITCAM_RENDER_DELAY_H

#include <stdint.h>

/* Steps of an octave each cut into so many: a percentile is true to one part in 64. */
enum { DELAY_STEPS = 64, DELAY_OCTAVES = 34, DELAY_BINS = DELAY_STEPS * DELAY_OCTAVES };

/* All zero: none yet. */
struct delay {
    uint64_t count;
    int64_t largest_ns;
    uint32_t bins[DELAY_BINS]; /* from 1 microsecond on; what is longer than the last counts there */
};

void delay_add(struct delay *delay, int64_t time_ns); /* less than 0 counts as 0 */

/* The time that `share` (0 to 1) of them do not exceed, in microseconds; 0 where there are none. */
double delay_percentile_us(const struct delay *delay, double share);

#endif
