/* baseline.h - methods older than networks, trained on the spot, to compare networks with. */
#ifndef DIGITCAM_NET_TRAIN_BASELINE_H
#define DIGITCAM_NET_TRAIN_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/train/judge.h"

bool baseline_known(const char *name); /* "knn", "svm" */

/* Trains a baseline that is known on the sets of digits in `folder`: on `limit` of their pictures, taken
 * evenly, or with 0 on as many as suit it. Says on stderr how many. `kernels` as for net_load. The judge is
 * the caller's to close. 0, or a negative errno with a line in `why`: what idx_find and idx_read return,
 * -ENOENT (no set of digits), -ENOTSUP (kernels), -ENOMEM. */
int baseline_open(struct judge *judge, const char *name, const char *folder, int limit, const char *kernels,
                  char *why, size_t why_bytes);

#endif
