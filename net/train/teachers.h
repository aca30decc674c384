/* teachers.h - networks that already know, whose answers another one learns as well as the labels.
 *
 * What a network finds likely besides the label tells a small one more than the label alone (Hinton, Vinyals
 * and Dean 2015); two networks of the same kind teach a third that is better than both (Furlanello et al.
 * 2018). */
#ifndef DIGITCAM_NET_TRAIN_TEACHERS_H
#define DIGITCAM_NET_TRAIN_TEACHERS_H

#include <stddef.h>
#include <stdint.h>

#define TEACHERS_MOST 4

struct teachers; /* opaque */

/* Loads `count` (1..TEACHERS_MOST) weights files, each once for every one of `threads` users at the same
 * time. All must have `classes` answers. On success *teachers is the caller's to destroy. Returns 0 or a
 * negative errno with the reason in `why`. */
int teachers_create(struct teachers **teachers, const char *const *paths, int count, int threads, int classes,
                    char *why, size_t why_bytes);
void teachers_destroy(struct teachers *teachers); /* NULL is fine */

/* Takes `targets` (count x classes, each row adding up to 1) half of the way to the mean of the teachers'
 * answers to `pictures` (count x 28 x 28 bytes; count up to NET_MAX_BATCH). `thread`: 0 .. threads - 1. */
void teachers_correct(struct teachers *teachers, int thread, const uint8_t *pictures, int count,
                      float *targets);

#endif
