/* match.h - what was read held against what is written: which digit is which, and how many are right.
 *
 * The rule: two boxes are the same digit where they overlap (intersection over union 0.3 or more) or, for thin strokes,
 * where each one's centre lies in the other and their heights agree within a factor of 1.6. Each is paired with at most
 * one, the best overlap first. Used by `digitcam bench` and by tests. */
#ifndef DIGITCAM_RENDER_MATCH_H
#define DIGITCAM_RENDER_MATCH_H

#include <stdbool.h>

#include "vision/gray.h"

struct match_digit {
    int digit;
    struct box box;
    bool ignored; /* of what is written: whether it is read counts neither way. `digit` then means nothing */
};

enum { MATCH_NONE = -1, MATCH_IGNORED = -2 };

/* How well two boxes agree: 0 where they are not the same digit, up to 1. */
double match_overlap(struct box a, struct box b);

/* Pairs what is written with what was found. found_of[i] receives the index of the found digit that is written[i], or
 * MATCH_NONE; written_of[j] the index of the written digit that is found[j], or MATCH_NONE, or MATCH_IGNORED for what has
 * no partner but lies over something ignored (agrees with it, or has its centre in it). What is ignored gets no partner.
 * Returns 0 or -ENOMEM. */
int match_digits(const struct match_digit *written, int written_count, const struct match_digit *found,
                 int found_count, int *found_of, int *written_of);

/* Sums over many frames. Zero it first. */
struct match_tally {
    long written, found; /* without what is ignored */
    long located;        /* pairs */
    long right;          /* pairs with the same digit */
};

/* Adds the result of a match_digits. */
void match_count(struct match_tally *tally, const struct match_digit *written, int written_count,
                 const struct match_digit *found, int found_count, const int *found_of, const int *written_of);

double match_precision(const struct match_tally *tally); /* 1 where nothing was found */
double match_recall(const struct match_tally *tally);    /* 1 where nothing is written */
double match_f1(const struct match_tally *tally);        /* 1 where there is neither */

#endif
