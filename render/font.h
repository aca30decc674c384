/* font.h - letters: a bold sans face of this system, kept as one picture of all its letters for each size in use.
 *
 * Letters are drawn from those pictures, so that nothing is allocated once every size has been seen. Sizes are rounded
 * to steps, of which there are few. */
#ifndef DIGITCAM_RENDER_FONT_H
#define DIGITCAM_RENDER_FONT_H

#include <SDL.h>
#include <stddef.h>

struct font;

/* Finds a face by fontconfig. `renderer` is borrowed and must outlive the font. Returns 0, or a negative errno with
 * one line for the user in `why` (-ENOENT: no font on this system; it names a package). */
int font_create(struct font **font, SDL_Renderer *renderer, char *why, size_t why_bytes);
void font_destroy(struct font *font); /* NULL is fine */

/* Width in pixels of UTF-8 text in letters of about `size_px`. Letters outside Latin-1 count as "?". */
float font_measure(struct font *font, const char *text, float size_px);

/* Draws text from `x` on, the middle of its capitals at `y`. A size whose letters cannot be made is not drawn. */
void font_draw(struct font *font, const char *text, float size_px, float x, float y, SDL_Color colour);

#endif
