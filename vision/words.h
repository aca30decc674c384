/* words.h - letters beside digits, and digits that may be letters themselves: o and 0, s and 5, l and 1, z, B, g, q.
 *
 * What stands in a row, of one height and close together, is a string: a number or a word. On a page with many letters a digit
 * whose double is a letter is one where its string holds something that is no digit, or digits of unlike heights (Oslo); sure 3s,
 * 4s and 7s, which hardly any letter looks like, tell a number.
 *
 * `slash`, where it is asked for, says which sightings are known to be the slashes of dates, which are neither digits nor letters
 * (vision/dates.h); NULL: none is. */
#ifndef DIGITCAM_VISION_WORDS_H
#define DIGITCAM_VISION_WORDS_H

#include <stdbool.h>

#include "vision/candidates.h"
#include "vision/track.h"

/* Of a digit's contrast: what is paler was not written by the same pen, but is the board, the paper, a print from behind. */
#define WORDS_PALER 0.4f

/* Is something surely none of the ten digits, as it was read? */
bool words_no_digit(const struct sighting *sighting);

/* May two things stand in one row: are they of a height, and level? */
bool words_level(struct box a, struct box b);

/* Does a likely digit stand close by on each side of found[self]? */
bool words_between_digits(const struct candidate *found, const struct sighting *sightings, int count, int self);

/* How much that is no digit, and no lower than `lowest` times the box's height nor much higher, stands on its line, nearer than
 * `reach` times its height: letters of words whose letters stand apart, some of them seen more than once. What is wider than a
 * letter may be digits that touch. */
int words_letters_near(struct box box, float reach, float lowest, const struct sighting *sightings, int count,
                       const bool *slash);

/* On how many sides of a candidate something is written close by that is no digit itself. `sightings`: what was read of the
 * picture, `count` of them. */
int words_strangers(const struct candidate *c, const struct sighting *sightings, int count, const bool *slash);

/* What the string that a likely digit stands in says of it. */
struct word {
    bool in_word; /* it looks like a digit and is a letter of a word, by its string and its page */
    int digits;   /* in its string, where nothing else stands in it; else 1 */
};

/* Looks at the strings of a page. words receives `count` answers; sightings[i] is what was read of found[i]. */
void words_find(const struct candidate *found, const struct sighting *sightings, int count, const bool *slash,
                struct word *words);

#endif
