/* svm.h - a support vector machine (libsvm, radial basis functions), which a network is compared with. */
#ifndef DIGITCAM_NET_TRAIN_SVM_H
#define DIGITCAM_NET_TRAIN_SVM_H

#include <stddef.h>
#include <stdint.h>

#include "net/train/judge.h"

/* Trains on `count` pictures of 28 x 28 with labels 0..9, which are copied; the time grows with the square of
 * `count`. It rejects nothing. The judge is the caller's to close. 0 or -ENOMEM, with a line in `why`. */
int judge_open_svm(struct judge *judge, const uint8_t *pictures, const uint8_t *labels, int count, char *why,
                   size_t why_bytes);

#endif
