/* to_int8.h - a trained network turned into int8 arithmetic: a quarter of the size, and several times faster.
 */
#ifndef DIGITCAM_NET_TRAIN_TO_INT8_H
#define DIGITCAM_NET_TRAIN_TO_INT8_H

#include <stddef.h>
#include <stdint.h>

#include "net/train/dataset.h"

/* Rewrites the float weights file at `path` as int8 (net/quantise.h). Which activations occur is seen on
 * pictures of the training set, half of them changed as in training, chosen by `seed`. A file that is int8
 * already stays as it is. Returns 0 or a negative errno with the reason in `why`; then the file is as before.
 */
int to_int8(const char *path, const struct dataset *training, uint64_t seed, char *why, size_t why_bytes);

#endif
