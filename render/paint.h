/* paint.h - draws a scene with any SDL renderer: a window's, or a software one on a picture. */
#ifndef DIGITCAM_RENDER_PAINT_H
#define DIGITCAM_RENDER_PAINT_H

#include <SDL.h>
#include <stddef.h>

#include "render/scene.h"

struct paint; /* owns letters and corners of boxes as textures of one renderer */

/* `renderer` is borrowed and must outlive the paint. Errors as in font_create. */
int paint_create(struct paint **paint, SDL_Renderer *renderer, char *why, size_t why_bytes);
void paint_destroy(struct paint *paint); /* NULL is fine */

/* For scene_view: the context is the struct paint. */
float paint_measure(void *context, const char *text, float size);

/* Draws every shape over what the renderer holds. */
void paint_scene(struct paint *paint, const struct scene *scene);

#endif
