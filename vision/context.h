/* context.h - what the surroundings of a candidate say about it.
 *
 * A 28x28 crop of a bar is a 1, whether it is written on paper or the edge of a window; a lone l is a 1, but not within a
 * word. The network sees only the crop; this weighs its verdict with where the crop comes from. On clean paper, beside
 * other digits or alone, the verdict stays as it is. */
#ifndef DIGITCAM_VISION_CONTEXT_H
#define DIGITCAM_VISION_CONTEXT_H

#include "vision/candidates.h"
#include "vision/track.h"

/* What speaks most against a candidate. Zero it first. */
struct context_blame {
    float against; /* log-odds; 0: nothing does */
    enum reading_reason reason;
    float value;
};

/* Is a candidate's place so bad that no verdict could make it a digit? Then the network need not be asked. *worst (may be
 * NULL) receives what is worst about it. */
bool context_is_hopeless(const struct candidate *candidate, struct context_blame *worst);

/* May a wide region be digits that touch? Not where it lies in clutter, nor beside writing that is no digit: words look like
 * rows of digits when they are cut. `sightings`, `count`: what was read of the picture, weighed. */
bool context_may_be_number(const struct candidate *wide, const struct sighting *sightings, int count);

/* Lowers sightings[i].confidence and scores by what speaks against found[i] being a digit: clutter and unrest round it,
 * grainy or faint ink, neighbours that are no digits, rules it hangs between, being unlike the page's sure digits, leaning far
 * more than they do as a slash does, and a page full of words. Raises that of a narrow 1 that nothing speaks against: the
 * network alone cannot tell it from any other bar.
 * `count` of both; `words`: how many pieces of joined writing, too wide for a digit, the picture holds.
 * `blames` (NULL: nobody wants to know) receives what is worst about each. */
void context_weigh(const struct candidate *found, struct sighting *sightings, int count, int words,
                   struct context_blame *blames);

/* Lowers the confidence of the digits that touching ones were cut into, sightings[whole .. count - 1], where the picture is a
 * text or holds many shapes of their size: some of so many fall into pieces that look like digits. `words` as above. */
void context_weigh_cut(struct sighting *sightings, int whole, int count, int words);

#endif
