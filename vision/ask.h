/* ask.h - what the network says of crops, asked in batches.
 *
 * Where its answer leaves doubt it is shown the crop once more, turned by seven degrees, and the geometric
 * mean of both answers holds: errors of the two are less alike than the two answers are (Ciresan, Meier and
 * Schmidhuber 2012 average over deformed copies likewise). Few crops of a page are in doubt, so it costs
 * little; where a frame has more than ASK_MOST_DOUBTS, as scribbles do, the first answer holds for the rest.
 *
 *     ask_next_frame(&ask);                once a frame, the first one too
 *     ask_about(&ask, crop, &sighting);    as often as you like
 *     ask_finish(&ask);                    now every sighting has its scores
 */
#ifndef DIGITCAM_VISION_ASK_H
#define DIGITCAM_VISION_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "vision/recall.h"
#include "vision/track.h"

#define ASK_MOST_DOUBTS 48 /* crops looked at twice in one frame */

/* Zero it, then set `net`. */
struct ask {
    struct net *net;       /* borrowed */
    struct recall *recall; /* borrowed; answers that still hold. NULL: everything is asked anew */
    float tilt;            /* of the page, radians clockwise, as far as known; crops are turned back by it */
    bool once;             /* no second looks, for crops that are many and mostly no digits */
    int doubts_left;       /* second looks this frame may still have */
    int waiting;           /* crops the network has yet to see, */
    struct sighting *sightings[NET_MAX_BATCH]; /* and what receives their scores */
    uint8_t pictures[NET_MAX_BATCH * NET_PIXELS];
    float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
};

/* From here on the frame before is what may be recalled, and ASK_MOST_DOUBTS second looks may be had; before the first
 * call, none. */
void ask_next_frame(struct ask *ask);

/* Takes a 28 x 28 crop; *sighting receives its scores, likeliest digit and confidence, now or in ask_finish
 * at the latest. Its box must be set. */
void ask_about(struct ask *ask, const uint8_t *crop, struct sighting *sighting);

/* Answers all that wait. */
void ask_finish(struct ask *ask);

#endif
