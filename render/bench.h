/* bench.h - the figures of `digitcam bench`: how long every stage took, frame by frame, and how much was read right.
 *
 *     struct bench *bench;
 *     bench_create(&bench, 1000);
 *     for (...) bench_add(bench, &reading, written, written_count, elapsed_us);
 *     bench_print_table(stdout, &about, bench);
 *     bench_destroy(bench);
 *
 * Pure arithmetic and printing: who reads the frames is the caller's business. */
#ifndef DIGITCAM_RENDER_BENCH_H
#define DIGITCAM_RENDER_BENCH_H

#include <stdio.h>

#include "render/match.h"
#include "vision/reading.h"

struct bench; /* the figures of one case */

/* What was measured. */
struct bench_case {
    const char *clip; /* "demo", "page.jpg" */
    int width_px, height_px;
    int digits;          /* written in each frame; -1: not known, and then no accuracy is given */
    const char *input;   /* pixel format of the frames: "gray", "mjpg" */
    int threads;
    const char *kernels; /* instruction set of the network */
};

/* Room for `most_frames` frames, at least 1. 0 or -ENOMEM. */
int bench_create(struct bench **bench, int most_frames);
void bench_destroy(struct bench *bench); /* NULL is fine */

/* Adds a frame: its stage times, and its digits held against what is written there (both NULL and 0 where that is not
 * known). `elapsed_us` is the whole frame by the caller's clock, which the frames/s are worked out from. What is over
 * the room is left out. 0 or -ENOMEM. */
int bench_add(struct bench *bench, const struct reading *reading, const struct match_digit *written,
              int written_count, double elapsed_us);

/* Least of the values that `percent` (0..100) of all values do not exceed (nearest rank); 0 of none. Sorts `values`. */
double bench_percentile(double *values, int count, double percent);

/* A few lines for people. */
void bench_print_table(FILE *out, const struct bench_case *about, const struct bench *bench);

/* One line of JSON with its newline:
 *   {"clip":"demo","size":"1280x720","digits":20,"input":"gray","frames":2000,"threads":1,"kernels":"avx2",
 *    "frame_us":{"p50":480,"p95":510,"p99":560,"max":900},"stages_us":{"luma":0,"threshold":120, ...},
 *    "stages_p95_us":{...},"stages_p99_us":{...},"fps":2080,"accuracy":{"precision":1.0,"recall":1.0}}
 * stages_us are medians. Without known digits "digits" and "accuracy" are left out. Returns 0 or -ENOMEM. */
int bench_print_json(FILE *out, const struct bench_case *about, const struct bench *bench);

#endif
