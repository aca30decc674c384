/* bench.h - how fast networks run on one core of this machine, and how fast it could compute at all. */
#ifndef DIGITCAM_NET_BENCH_H
#define DIGITCAM_NET_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "net/kernels.h"

/* Monotonic time for measurements. */
double bench_now_ns(void);

/* Multiply-adds a second, in thousands of millions, of a loop with nothing but the multiply-adds that this
 * set of kernels uses. 0: not measured for this set. Takes some 10 ms. */
double bench_peak_gmacs(const struct kernels *kernels, bool int8);

/* Measures weights files (`paths`, `path_count` of them), each in float and in int8 whatever its own type
 * (speed does not depend on the values), at batches of 1 and 16, and prints a line for each to `out`: for
 * people or, where `json`, an object such as
 * {"net":"lenet5","type":"int8","kernels":"avx2","batch":16,"us_per_digit":4.2,"gmacs":99.0,"share_of_peak":0.9,
 *  "layers":[{"layer":"conv1","us_per_digit":1.3,"gmacs":90.2,"share_of_peak":0.8}, ...]}
 * ("share_of_peak" is null where the peak is not measured; people see the layers at batch 16 of the fastest
 * set, or of the one named). `kernels` names one set, or is NULL for every set this processor has. Each
 * figure is the best of many short measurements, in turns with all others of the same network. Returns 0, or
 * a negative errno with the reason in `why` as net_load does, or -EIO (`out`). */
int bench_nets(const char *const *paths, int path_count, const char *kernels, bool json, FILE *out, char *why,
               size_t why_bytes);

#endif
