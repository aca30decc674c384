/* histogram.h - counts of the 256 gray levels, and the levels below and above which shares of them lie. */
#ifndef DIGITCAM_VISION_HISTOGRAM_H
#define DIGITCAM_VISION_HISTOGRAM_H

enum { HISTOGRAM_STEP = 16 }; /* levels passed over together */

static inline int histogram_sum(const int *levels)
{
    int sum = 0;
    for (int k = 0; k < HISTOGRAM_STEP; k++)
        sum += levels[k];
    return sum;
}

/* The lowest level up to which there are at least `percent` of `total` counts; 255 where there are not so many. */
static inline int histogram_percentile(const int histogram[256], int total, int percent)
{
    int below = 0, level = 0;
    for (int step; level < 256 - HISTOGRAM_STEP; level += HISTOGRAM_STEP, below += step)
        if ((below + (step = histogram_sum(histogram + level))) * 100 >= total * percent)
            break;
    while (level < 255 && (below += histogram[level]) * 100 < total * percent)
        level++;
    return level;
}

/* The highest level from which on there are at least `percent` of `total` counts; 1 where there are not so many. */
static inline int histogram_percentile_from_top(const int histogram[256], int total, int percent)
{
    int above = 0, level = 255;
    for (int step; level > HISTOGRAM_STEP; level -= HISTOGRAM_STEP, above += step)
        if ((above + (step = histogram_sum(histogram + level - HISTOGRAM_STEP + 1))) * 100 >= total * percent)
            break;
    while (level > 1 && (above += histogram[level]) * 100 < total * percent)
        level--;
    return level;
}

#endif
