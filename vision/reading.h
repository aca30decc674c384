/* reading.h - what was read in one frame: digits, numbers, and how long each stage took.
 *
 * Plain data, shared by the recogniser that fills it and everything that shows it. */
#ifndef DIGITCAM_VISION_READING_H
#define DIGITCAM_VISION_READING_H

#include <stdint.h>

#include "vision/gray.h"

#define READING_TOP          3  /* best guesses kept for each digit */
#define READING_NUMBER_CHARS 64 /* longest number, with its closing NUL */

struct reading_digit {
    uint32_t id;      /* the same digit keeps its id from frame to frame of one source; never 0 */
    int digit;        /* 0..9 */
    float confidence; /* probability of `digit`, 0..1 */
    struct box box;   /* in pixels of the upright picture */
    int number;       /* index into `numbers` */
    struct {
        int digit;
        float confidence;
    } top[READING_TOP]; /* best first; top[0] is the digit itself; digits only, never "not a digit" */
};

struct reading_number {
    char text[READING_NUMBER_CHARS]; /* "742": its digits from left to right; a single digit is a number too */
    struct box box;                  /* union of its digits' boxes */
    float confidence;                /* product of its digits' confidences */
};

/* Microseconds each stage took, CLOCK_MONOTONIC; 0 where a stage did not run. */
struct reading_times {
    double luma, threshold, contour, segment, normalise, net, track, total;
};

struct reading {
    const char *source;   /* name of the picture or device; borrowed from the frame */
    uint64_t frame;       /* number of the frame in its source, from 0 */
    double time_s;        /* since the source was opened */
    int width_px, height_px; /* of the upright picture */
    int orientation;      /* EXIF orientation that was applied; 1: none */
    struct reading_digit *digits; /* in reading order */
    int digit_count;
    struct reading_number *numbers; /* in reading order */
    int number_count;
    struct reading_times times_us;
};

#endif
