/* fonts.h - letters and digits in the fonts that are installed, as ink on a plane.
 *
 * Optional: a machine without fonts has zero of them, and the generator does without. */
#ifndef DIGITCAM_NET_TRAIN_FONTS_H
#define DIGITCAM_NET_TRAIN_FONTS_H

#include <stdbool.h>

#include "capture/pen.h"

struct fonts; /* opened fonts; one per thread */

/* Finds the scalable Latin fonts through fontconfig, in the order of their file names. Returns 0 (also when
 * there is none) or -ENOMEM. */
int fonts_create(struct fonts **fonts);
void fonts_destroy(struct fonts *fonts); /* NULL is fine */

/* How many there are of one sort: those that imitate handwriting (known by family name), or all the others.
 */
int fonts_count(const struct fonts *fonts, bool handwriting);

/* Draws a character of font `index` (0 .. fonts_count - 1 of its sort), keeping the stronger of old and new
 * cover. `size_px` is that of the font; the matrix `slant`, `turn` is applied to the shape; the pen stands at
 * (x, baseline). *ink receives the box of the pixels of PEN_INK_COVER or more (w = 0: nothing drawn: no such
 * character or outside), *advance_px how far the next character is. */
struct font_style {
    float size_px, slant, turn;
};
void fonts_draw(struct fonts *fonts, bool handwriting, int index, const struct font_style *style,
                char character, float x, float baseline, struct pen_plane *plane, struct pen_box *ink,
                float *advance_px);

#endif
