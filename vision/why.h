/* why.h - the recogniser's part of an explanation: what became of the candidates it asked the network about.
 *
 * Its functions are called in this order, once a frame, between the recogniser's own steps. */
#ifndef DIGITCAM_VISION_WHY_H
#define DIGITCAM_VISION_WHY_H

#include "vision/candidates.h"
#include "vision/context.h"
#include "vision/explain.h"
#include "vision/track.h"

/* About 350 KB; plain data. */
struct why {
    struct explanation explanation;               /* set its count to 0 before a frame */
    struct context_blame blames[CANDIDATES_MOST]; /* for context_weigh */
    struct reading_candidate
        *noted[CANDIDATES_MOST]; /* where each candidate stands in the explanation; NULL: nowhere */
    float own[CANDIDATES_MOST],
        none[CANDIDATES_MOST]; /* the network's own confidence, and in its being no digit */
};

/* Notes what the network says of each candidate, before its surroundings are weighed in. */
void why_candidates(struct why *why, const struct candidate *found, const struct sighting *sightings,
                    int count);

/* Says why, of those whose looks or surroundings are against them: `sightings` are weighed now, in the same
 * order. `threshold`: the confidence to appear. Of `candidates`, joined writing is noted. */
void why_verdicts(struct why *why, const struct sighting *sightings, int count, float threshold,
                  const struct candidates *candidates);

/* Holds them against the `count` digits that came out in the end, and settles the explanation. */
void why_outcome(struct why *why, const struct reading_digit *digits, int count);

#endif
