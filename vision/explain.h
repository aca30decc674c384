/* explain.h - why not? What was looked at in a picture and what became of it.
 *
 * Whoever refuses a piece of ink notes it here, where there is somewhere to note it: a null pointer costs one
 * comparison at each refusal and nothing else. The recogniser fills one when asked to (recogniser_explain).
 */
#ifndef DIGITCAM_VISION_EXPLAIN_H
#define DIGITCAM_VISION_EXPLAIN_H

#include "vision/reading.h"

#define EXPLAIN_MOST 8192 /* candidates noted in one picture; what comes later is left out */

struct explanation {
    struct reading_candidate items[EXPLAIN_MOST];
    int count;
};

/* Notes one candidate. `box` is in pixels of a level of the pyramid that are `scale` pixels of the picture
 * wide. Returns it, for its scores to be filled in; NULL where there is no room, or `explanation` is NULL. */
struct reading_candidate *explain_note(struct explanation *explanation, struct box box, int scale,
                                       enum reading_reason reason, float value);

/* Fills in the network's own answer: the scores of the ten digits. */
void explain_scores(struct reading_candidate *candidate, const float scores[10]);

/* The same ink is looked at several times: on several levels of the picture, alone and joined with other
 * strokes, and parts of it again. Leaves of each what got furthest (reasons are in that order), sorted so. */
void explain_settle(struct explanation *explanation);

#endif
