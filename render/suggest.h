/* suggest.h - which of some known words a mistyped one was meant to be. */
#ifndef DIGITCAM_RENDER_SUGGEST_H
#define DIGITCAM_RENDER_SUGGEST_H

#include <stddef.h>

/* How many letters have to be put in, left out, changed, or swapped with their neighbour to make one word of the other,
 * each letter only once (Damerau 1964). INT_MAX where a word has 32 letters or more. */
int suggest_distance(const char *a, const char *b);

/* The first of the `count` names that are nearest to `word`, or NULL where none is within `limit` letters of it. */
const char *suggest_nearest(const char *word, const char *const *names, size_t count, int limit);

#endif
