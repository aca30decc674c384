/* reading.h - what was read in one frame: digits, numbers, and how long each stage took.
 *
 * Plain data, shared by the recogniser that fills it and everything that shows it. */
#ifndef DIGITCAM_VISION_READING_H
#define DIGITCAM_VISION_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vision/gray.h"

#define READING_TOP          3  /* best guesses kept for each digit */
#define READING_NUMBER_CHARS 64 /* longest number, with its closing NUL */

struct reading_digit {
    uint32_t id;      /* the same digit keeps its id from frame to frame of one source; never 0 */
    int digit;        /* 0..9 */
    float confidence; /* probability of `digit`, 0..1 */
    struct box box;   /* in pixels of the upright picture */
    int number;       /* index into `numbers` */
    struct {
        int digit;
        float confidence;
    } top[READING_TOP]; /* best first; top[0] is the digit itself; digits only, never "not a digit" */
};

struct reading_number {
    char text[READING_NUMBER_CHARS]; /* "742": its digits from left to right; a single digit is a number too */
    struct box box;                  /* union of its digits' boxes */
    float confidence;                /* product of its digits' confidences */
};

/* What became of a piece of ink that might have been a digit, in the order in which it may be refused. Each comes with a
 * number, given here. */
enum reading_reason {
    READING_TOO_SMALL,      /* height, px */
    READING_OFF_PICTURE,    /* it runs off the edge of the picture: height, px */
    READING_TOO_WIDE,       /* width / height */
    READING_LOW_CONTRAST,   /* between ink and paper, gray levels */
    READING_SOLID,          /* share of its box that is ink */
    READING_TOO_THICK,      /* stroke width / height */
    READING_NO_PAPER,       /* what lies round it is no paper: contrast, gray levels */
    READING_TOO_MANY,       /* the picture holds more than are looked at: how many */
    READING_JOINED_WRITING, /* too wide for a digit, and no digits that touch: width / height */
    READING_NOT_A_DIGIT,    /* the network's probability that it is none */
    READING_UNSURE,         /* below the threshold to appear: the network's confidence */
    READING_RESTLESS,       /* what lies round it varies too much: by how many times its contrast */
    READING_CLUTTERED,      /* share of what lies round it that is other ink */
    READING_GRAINY,         /* its ink varies too much: by how many times its contrast */
    READING_FAINT,          /* contrast, gray levels: enough for ink, too little to be sure */
    READING_TINY,           /* height, px: likewise */
    READING_SLANTED_BAR,    /* a tick or a slash: width / height */
    READING_RULE,           /* part of a frame or a table: height, px */
    READING_IN_WORD,        /* on how many sides it has letters close by */
    READING_IN_TEXT,        /* how many words the picture has more than digits */
    READING_PALER,          /* than the picture's sure digits: share of their contrast */
    READING_SMALLER,        /* likewise: share of their height */
    READING_INVERTED,       /* light where they are dark, or the other way round: share of them that are light */
    READING_CIRCLE,         /* drawn round digits: height, px */
    READING_OUTNUMBERED,    /* how many more things of its size are no digits than digits */
    READING_SEEN_ONCE,      /* must be seen again before it appears: confidence */
    READING_OUTVOTED,       /* other ink that overlaps it was read: confidence of that */
    READING_CUT,            /* into several digits that touch: how many */
    READING_READ,           /* it is among `digits`: confidence */
    READING_REASONS         /* how many there are */
};

struct reading_candidate {
    struct box box; /* in pixels of the upright picture */
    enum reading_reason reason;
    float value;    /* what the reason says about it */
    bool asked;     /* was the network asked? Then `top` holds its own answer, before surroundings were weighed in */
    struct {
        int digit;
        float confidence;
    } top[READING_TOP];
};

/* The word for a reason in JSON: "too_small". */
const char *reading_reason_word(enum reading_reason reason);

/* Reason and number for people, in a few words: "too small (7 px)". */
void reading_reason_text(const struct reading_candidate *candidate, char *text, size_t text_bytes);

/* Microseconds each stage took, CLOCK_MONOTONIC; 0 where a stage did not run. */
struct reading_times {
    double luma, threshold, contour, segment, normalise, net, track, total;
};

struct reading {
    const char *source;   /* name of the picture or device; borrowed from the frame */
    uint64_t frame;       /* number of the frame in its source, from 0 */
    double time_s;        /* since the source was opened */
    int width_px, height_px; /* of the upright picture */
    int orientation;      /* EXIF orientation that was applied; 1: none */
    struct reading_digit *digits; /* in reading order */
    int digit_count;
    struct reading_number *numbers; /* in reading order */
    int number_count;
    const char *hint; /* something the user should know, such as a page upside down: a few words; NULL: nothing */
    const struct reading_candidate *candidates; /* everything that was looked at, best first; only where that was asked for */
    int candidate_count;
    struct reading_times times_us;
};

#endif
