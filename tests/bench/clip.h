/* clip.h - one clip of the demo read from its first frame to its last, and scored against what is written in it.
 *
 * What has just come into view or just gone (a page was turned, a hand moved away) counts neither way for CLIP_GRACE_MS:
 * how long labels take is measured by itself. At the clip's first frame there is no such grace. */
#ifndef DIGITCAM_TESTS_BENCH_CLIP_H
#define DIGITCAM_TESTS_BENCH_CLIP_H

#include <stdbool.h>
#include <stdio.h>

#include "capture/demo.h"
#include "capture/luma.h"
#include "render/match.h"
#include "vision/reading.h"
#include "vision/recogniser.h"

#define CLIP_GRACE_MS 150

/* Times from something coming into view to its right label, in ms. */
struct clip_delay {
    long count;
    double sum_ms, most_ms;
};

/* Sums over frames and clips. Zero it first. */
struct clip_score {
    long frames;
    struct match_tally digits, numbers;
    long flips;            /* a digit's label became another one */
    double labelled_s;     /* summed over digits: how long each had a label */
    struct clip_delay first, turned, uncovered; /* at the first frame; on a new page; from under a hand */
    double stale_most_ms;  /* the longest a label of an old page stayed */
    struct reading_times times_us; /* summed over frames */
};

struct clip_tools { /* borrowed */
    struct luma *luma;
    struct recogniser *recogniser;
};

/* Reads `frames` frames of the clip and adds to *score. `errors` (may be NULL) is told of every digit missed, misread
 * or invented; `label` begins each of these lines. Returns 0 or a negative errno. */
int clip_run(const struct demo_options *options, int frames, const struct clip_tools *tools, struct clip_score *score,
             FILE *errors, const char *label);

#endif
