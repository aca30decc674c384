/* dataset.h - labelled 28 x 28 pictures in memory, put together from IDX sets and from the generator. */
#ifndef DIGITCAM_NET_TRAIN_DATASET_H
#define DIGITCAM_NET_TRAIN_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATASET_NOT_A_DIGIT 10

enum dataset_origin {
    ORIGIN_DIGITS,    /* an IDX set of digits */
    ORIGIN_NEGATIVES, /* an IDX set of other things */
    ORIGIN_SCENES     /* cut out of a generated scene by vision/candidates */
};

struct dataset {
    int count, capacity;
    uint8_t *pictures; /* count x 28 x 28; owned */
    uint8_t *labels;   /* count; 0..9 or DATASET_NOT_A_DIGIT; owned */
    uint8_t *origins;  /* count of enum dataset_origin; owned */
};

int dataset_append(struct dataset *dataset, const uint8_t *picture, int label,
                   enum dataset_origin origin); /* 0, -ENOMEM */
void dataset_free(struct dataset *dataset);     /* a zeroed one is fine */

/* Whether the ink is one straight stroke that stands or leans forward: then nobody can tell by the picture
 * alone whether it is a 1, and it must not be taught as "not a digit" as if that were certain. */
bool dataset_looks_like_one(const uint8_t *picture);

/* Reads every IDX set of the folders and splits each by chance (always the same chance): one picture in
 * twenty (in five, where there are fewer than 2,000 digits), at most 3,000 a set, goes to `validation`. Sets
 * of digits that are much smaller than the largest are repeated up to four times in `training`, and all of it
 * `times` times (>= 1). Pictures of sets without digits (idx_name_is_negative) become DATASET_NOT_A_DIGIT,
 * except those that look like a 1; without `negatives` they are left out. Returns 0 or a negative errno with a
 * line in `why`. */
int dataset_load(const char *const *folders, int folder_count, bool negatives, int times,
                 struct dataset *training, struct dataset *validation, char *why, size_t why_bytes);

#endif
