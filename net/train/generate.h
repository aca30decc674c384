/* generate.h - training crops as cameras give them.
 *
 * Scenes are drawn (net/train/scene.h), vision/candidates finds what it takes for digits in them, and each
 * candidate is labelled by what was really written there. So the network learns from the very artefacts it
 * will see. */
#ifndef DIGITCAM_NET_TRAIN_GENERATE_H
#define DIGITCAM_NET_TRAIN_GENERATE_H

#include <stdint.h>

#include "net/train/dataset.h"

/* Appends crops of at least `count` candidates to `into`, drawn from scenes number 0, 1, 2 … of `seed`; the
 * same crops in the same order for the same seed, fonts and stamps, however many threads there are. `stamps`
 * (may be empty) are pictures of real digits that are pasted into the scenes; only ORIGIN_DIGITS are used. It
 * may be `into` itself. Returns 0 or -ENOMEM. */
int generate_crops(struct dataset *into, int count, uint64_t seed, const struct dataset *stamps);

#endif
