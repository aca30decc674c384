/* track.h - the same digit over many frames: one id, one steady label.
 *
 * A digit that was read is followed to the candidate that lies where it should be in the next frame, wherever the whole page
 * has moved meanwhile, and the network's scores are averaged over its last sightings. So one bad frame neither removes a
 * label nor changes it. There are two thresholds: a higher one to appear, a lower one to stay. What was not there in the
 * frame before must be seen twice; what is gone from the picture goes within TRACK_LINGER_MS, and at once where another page
 * has come. */
#ifndef DIGITCAM_VISION_TRACK_H
#define DIGITCAM_VISION_TRACK_H

#include <stdbool.h>

#include "vision/candidates.h"
#include "vision/layout.h"

#define TRACK_DIGITS      10
#define TRACK_MOST_SIGHTINGS CANDIDATES_MOST
#define TRACK_LINGER_MS   100   /* a digit not seen any more is shown this long */
#define TRACK_WINDOW      4     /* sightings the scores are averaged over, about */
#define TRACK_STAY        0.6f  /* share of the threshold to appear at which a digit stays */
#define TRACK_FLIP_MARGIN 0.2f  /* a label changes when another leads by this much on average */

/* One candidate as the network sees it. Scores of the ten digits; they add up to at most 1, the rest being
 * "not a digit". */
struct sighting {
    struct box box;
    int digit; /* the likeliest */
    int strokes; /* not 0: cut from a piece of ink with that number; what is cut from one is not the same ink,
                    however deep the boxes overlap */
    float confidence;
    float scores[TRACK_DIGITS];
};

/* One digit being followed. */
struct track {
    uint32_t id;
    struct box box; /* last seen, moved along with the page since */
    int digit;      /* its label */
    int strokes;    /* as last seen: see struct sighting */
    int sightings;
    int64_t last_seen_ns;
    bool shown;
    float scores[TRACK_DIGITS]; /* averaged */
};

/* All digits being followed. Zero it before its first use, and to forget everything. */
struct tracker {
    struct track tracks[LAYOUT_MOST_DIGITS];
    int count;
    uint32_t last_id;
    bool began; /* a frame was seen */
};

/* Takes the candidates of one frame, surest first (`count`, at most
 * TRACK_MOST_SIGHTINGS), and the time the frame was taken (must not fall).
 * `threshold` is the confidence to appear. Afterwards the tracks with `shown` are what is read. The first frame shows its
 * digits at once; what is missing in the next one was none, and does not linger. */
void tracker_update(struct tracker *tracker, const struct sighting *sightings, int count, float threshold,
                    int64_t time_ns);

/* Are two boxes the same ink? One lies for the most part in the other, or they overlap by a third. */
bool track_same_ink(struct box a, struct box b);

#endif
