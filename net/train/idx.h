/* idx.h - sets of labelled 28 x 28 pictures in IDX files, MNIST's own format.
 *
 * A set is two files in one folder, NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte, either of them as it
 * is or gzipped (".gz"). Numbers in the headers are big-endian (yann.lecun.com/exdb/mnist). */
#ifndef DIGITCAM_NET_TRAIN_IDX_H
#define DIGITCAM_NET_TRAIN_IDX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDX_MAX_PICTURES 4000000 /* checked before anything is allocated */
#define IDX_MAX_LABEL    61      /* ten digits and both cases of letters are the most any known set has */
#define IDX_NAME_BYTES   128

struct idx_set {
    char name[IDX_NAME_BYTES]; /* "mnist-train" */
    int count;                 /* > 0 */
    uint8_t *pictures;         /* count x 28 x 28, white on black */
    uint8_t *labels;           /* count; 0..9 where the set holds digits, else 0..IDX_MAX_LABEL */
};

/* A set whose name has "letters" or "symbols" in it holds no digits: its labels are something else, and the
 * right answer to every picture is "not a digit". */
bool idx_name_is_negative(const char *name);

/* Names of the sets in `folder`, sorted. *names is an array of *count strings, the caller's to free with
 * idx_free_names. Returns 0, -ENOENT (no folder, or no set in it), another negative errno, with a line for
 * the user in `why`. */
int idx_find(const char *folder, char ***names, int *count, char *why, size_t why_bytes);
void idx_free_names(char **names, int count);

/* Reads the set `name` of `folder`. On success the set's arrays are the caller's to free with idx_free.
 * Returns 0, -ENOENT, -EBADMSG (cut off, other shapes, a label out of range, counts that differ; `why` says
 * which file and at which byte), -ENOMEM. */
int idx_read(struct idx_set *set, const char *folder, const char *name, char *why, size_t why_bytes);
void idx_free(struct idx_set *set); /* a zeroed one is fine */

#endif
