/* recall.h - what the network said of crops in the frame before, and still holds.
 *
 * Most of a page looks in one frame as it did in the one before, but for the camera's noise. A crop that differs from one
 * the network was sure of by no more than such noise need not be asked about again. It is always compared with the crop that
 * was really asked about, never with one that was itself recalled, so that small changes cannot add up unseen; and what was
 * doubtful is asked about anew in every frame.
 *
 *     recall_next_frame(recall);
 *     if (!recall_answer(recall, box, crop, scores))
 *         ... ask, then recall_keep(recall, box, crop, scores);
 */
#ifndef DIGITCAM_VISION_RECALL_H
#define DIGITCAM_VISION_RECALL_H

#include <stdbool.h>
#include <stdint.h>

#include "vision/gray.h"

#define RECALL_SCORES    10    /* of an answer: those of the digits */
#define RECALL_CERTAIN   0.98f /* of the likeliest digit, or of all digits being none of them: then an answer is kept */
#define RECALL_MOST_APART 40000 /* sum of squared differences of two 28 x 28 crops that show the same; where they differ
                                 * no more, scores of certain answers were found to differ by less than 0.02 */

struct recall; /* some 400 kB, fixed */

int recall_create(struct recall **recall);  /* 0 or -ENOMEM */
void recall_destroy(struct recall *recall); /* NULL is fine */

/* Forgets all: another picture, another source. */
void recall_forget(struct recall *recall);

/* A new frame begins: what was neither kept nor recalled in the one before is forgotten. */
void recall_next_frame(struct recall *recall);

/* Was a crop like this one, at about this place and of about this size, asked about? Then `scores` receives the answer. */
bool recall_answer(struct recall *recall, struct box box, const uint8_t *crop, float scores[RECALL_SCORES]);

/* Keeps an answer, if it is a certain one and there is room. */
void recall_keep(struct recall *recall, struct box box, const uint8_t *crop, const float scores[RECALL_SCORES]);

#endif
