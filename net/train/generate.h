/* generate.h - training crops as cameras give them.
 *
 * Scenes are drawn (net/train/scene.h), vision/candidates finds what it takes for digits in them, and each
 * candidate is labelled by what was really written there. So the network learns from the very artefacts it
 * will see. */
#ifndef DIGITCAM_NET_TRAIN_GENERATE_H
#define DIGITCAM_NET_TRAIN_GENERATE_H

#include <stdint.h>

#include "net/train/dataset.h"
#include "net/train/scene.h"
#include "vision/candidates.h"

/* Appends crops of at least `count` candidates to `into`, drawn from scenes number 0, 1, 2 … of `seed`; the
 * same crops in the same order for the same seed, fonts and stamps, however many threads there are. `stamps`
 * (may be empty) are pictures of real digits that are pasted into the scenes; only ORIGIN_DIGITS are used. It
 * may be `into` itself. Returns 0 or -ENOMEM. */
int generate_crops(struct dataset *into, int count, uint64_t seed, const struct dataset *stamps);

#define GENERATE_DROPPED (-1) /* neither taught as a digit nor as none */

/* What the network should say of a candidate found in a scene: 0..9, DATASET_NOT_A_DIGIT, or GENERATE_DROPPED where nobody
 * can tell. What holds several digits is none. `bars_kept`: share of the bars (0..1, by the scene's chance) that are taught as none, the
 * others being dropped. `ink`: working memory, a byte for each pixel of the candidate's box. */
int generate_label(struct scene *scene, const struct candidate *candidate, float bars_kept, uint8_t *ink);

#endif
