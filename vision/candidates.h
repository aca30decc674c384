/* candidates.h - everything before the network: a gray picture to regions that may be digits, each with its
 * 28x28 crop.
 *
 * The recogniser classifies these; the trainer makes its crops by drawing pictures and taking the candidates
 * found in them, so that the network learns exactly what it will be shown. */
#ifndef DIGITCAM_VISION_CANDIDATES_H
#define DIGITCAM_VISION_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

#include "vision/explain.h"
#include "vision/gray.h"
#include "vision/normalise.h"
#include "vision/reading.h"
#include "vision/watch.h"

#define CANDIDATES_MOST        640 /* handed out for one picture */
#define CANDIDATES_MOST_WIDE   48  /* regions that may be several touching digits, likewise */
#define CANDIDATES_MOST_CUTS   64  /* cuts proposed for one of those */
#define CANDIDATES_MOST_PIECES ((CANDIDATES_MOST_CUTS + 1) * (CANDIDATES_MOST_CUTS + 2) / 2)

struct candidates; /* finder with all its buffers; one per thread */

/* One region that may be a digit. */
struct candidate {
    struct box box;     /* in pixels of the picture: bounding box of the ink */
    bool light_on_dark; /* chalk on a blackboard, a white on black screen */
    int level;          /* of the picture pyramid it was found on: scale 1 / 2^level */
    float stroke_px;    /* mean stroke width in picture pixels */
    float strokes;      /* length of its strokes, in diagonals of its box */
    float contrast;     /* between ink and paper, gray levels 0..255 */
    bool on_edge;       /* the end of a stroke runs off the picture */
    bool between_rules; /* found where rules were erased, and reaching from one of them to another */
    float clutter, unrest, paper_unrest,
        grain;                /* how clean its surroundings and its ink are: see struct region in segment.h */
    bool ink_left, ink_right; /* something is written close beside it */
    uint8_t crop[NORMALISE_SIDE_PX * NORMALISE_SIDE_PX]; /* 28 x 28, white ink on black */
};

/* A stretch of a wide region: what lies between two cuts. Cut 0 is the region's left end, cut `cuts` + 1 its
 * right end. */
struct candidate_piece {
    int from, to; /* cuts, from < to */
    struct candidate candidate;
};

int candidates_create(struct candidates **candidates);  /* 0 or -ENOMEM */
void candidates_destroy(struct candidates *candidates); /* NULL is fine */

/* Finds the candidates in `gray` (1x1 up to the limits of capture/frame.h). *found points to *count of them,
 * owned by `candidates` and valid until the next call. Fills threshold, contour, segment and normalise of
 * *times_us, and adds what a reader takes to net (may be NULL). The same ink may be found on two levels; the recogniser keeps the better reading.
 * Returns 0 or -ENOMEM. */
int candidates_find(struct candidates *candidates, struct gray_view gray, const struct candidate **found,
                    int *count, struct reading_times *times_us);

/* Who reads candidates while more are looked for. */
struct candidates_reader {
    void *context;
    /* Reads found[from .. to - 1]; sure[i] receives whether found[i] is a digit beyond doubt. */
    void (*read)(void *context, const struct candidate *found, int from, int to, bool *sure);
};

/* From the next picture on, `reader` is asked where it saves work (borrowed; NULL, as at first: nobody is): digits
 * read surely are not joined with each other, nor is the paper they enclose looked at as light ink. It is asked at most
 * once about each candidate, in their order, and mostly not about the last ones. */
void candidates_read_by(struct candidates *candidates, const struct candidates_reader *reader);

/* From the next picture on, what is refused before it becomes a candidate is noted in `explanation`
 * (borrowed; NULL, as at first: nowhere). */
void candidates_explain(struct candidates *candidates, struct explanation *explanation);

/* From the next picture on, `watch->level` is told of each level (borrowed; NULL, as at first: nobody
 * watches). */
void candidates_watch(struct candidates *candidates, const struct watch *watch);

/* Regions of the last picture that are wide enough to be several digits which touch. */
int candidates_wide_count(const struct candidates *candidates);

/* The candidate (index into *found) that wide region `index` is when it is not cut; -1 where it is too wide
 * for one digit. */
int candidates_wide_alone(const struct candidates *candidates, int index);

/* What is known of wide region `index` as a whole: everything but its crop. Owned by `candidates`. */
const struct candidate *candidates_wide(const struct candidates *candidates, int index);

/* Its 28 x 28 crop, as one thing. */
void candidates_wide_crop(const struct candidates *candidates, int index, uint8_t *crop);

/* Finds where wide region `index` may be cut; *cuts is how often. Returns 0 or -ENOMEM. */
int candidates_cut(struct candidates *candidates, int index, int *cuts);

/* How many cuts of the region cut last are likelier than cut `cut`, which is none of its ends. */
int candidates_cut_rank(const struct candidates *candidates, int cut);

/* Where cut `cut` of the region cut last lies on the whole, in thousandths of the region's width: 0 for cut 0, 1000 for
 * cut `cuts` + 1. Cuts are in this order. */
int candidates_cut_place(const struct candidates *candidates, int cut);

/* The stretch of the region cut last from cut `from` to cut `to`; false where it cannot be a digit, for its
 * size. Any way from cut 0 to cut *cuts + 1 over such stretches reads the region. */
bool candidates_piece(struct candidates *candidates, int from, int to, struct candidate_piece *piece);

#endif
