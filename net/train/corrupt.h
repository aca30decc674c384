/* corrupt.h - pictures of digits damaged in ways no training set shows, in the manner of MNIST-C (Mu & Gilmer
 * 2019, arxiv.org/abs/1906.02337): to see what a network makes of them. Nothing is trained on these. */
#ifndef DIGITCAM_NET_TRAIN_CORRUPT_H
#define DIGITCAM_NET_TRAIN_CORRUPT_H

#include <stdint.h>

/* Name of the corruption number `index`: "shot-noise", "shear", ...; NULL behind the last. */
const char *corrupt_name(int index);

/* Damages one 28 x 28 picture (white on black) by the corruption number `index` (one that has a name). The
 * same seed does the same damage. `from` and `to` may be the same picture. */
void corrupt_picture(int index, uint64_t seed, const uint8_t *from, uint8_t *to);

#endif
