#include "render/canvas.h"

#include <SDL.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "render/paint.h"
#include "render/scene.h"

/* The surface only grows; a picture smaller than it uses its upper left part. */
struct canvas {
    SDL_Surface *surface;
    SDL_Renderer *renderer;
    struct paint *paint;
    struct scene *scene;
};

static void release_surface(struct canvas *canvas)
{
    paint_destroy(canvas->paint);
    if (canvas->renderer)
        SDL_DestroyRenderer(canvas->renderer);
    SDL_FreeSurface(canvas->surface);
    canvas->paint = NULL;
    canvas->renderer = NULL;
    canvas->surface = NULL;
}

/* A surface of at least this size with everything that draws on it. A failure leaves none. */
static int make_surface(struct canvas *canvas, int width_px, int height_px, char *why, size_t why_bytes)
{
    const SDL_Surface *const old = canvas->surface;
    if (old && old->w >= width_px && old->h >= height_px)
        return 0;
    const int width = old && old->w > width_px ? old->w : width_px;
    const int height = old && old->h > height_px ? old->h : height_px;
    release_surface(canvas);
    snprintf(why, why_bytes, "not enough memory for a picture of %dx%d", width, height);
    canvas->surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGBA32);
    if (canvas->surface)
        canvas->renderer = SDL_CreateSoftwareRenderer(canvas->surface);
    const int error = canvas->renderer ? paint_create(&canvas->paint, canvas->renderer, why, why_bytes) : -ENOMEM;
    if (error)
        release_surface(canvas);
    return error;
}

int canvas_create(struct canvas **canvas, char *why, size_t why_bytes)
{
    struct canvas *const c = calloc(1, sizeof *c);
    *canvas = NULL;
    if (!c || render_scene_create(&c->scene) != 0) {
        snprintf(why, why_bytes, "not enough memory");
        free(c);
        return -ENOMEM;
    }
    const int error = make_surface(c, 64, 64, why, why_bytes); /* small, but enough to see whether there is a font */
    if (error)
        canvas_destroy(c);
    else
        *canvas = c;
    return error;
}

void canvas_destroy(struct canvas *canvas)
{
    if (!canvas)
        return;
    release_surface(canvas);
    render_scene_destroy(canvas->scene);
    free(canvas);
}

static void copy_picture(SDL_Surface *surface, const struct frame *rgb)
{
    for (int y = 0; y < rgb->height_px; y++) {
        const uint8_t *from = rgb->data + (size_t)y * rgb->stride_bytes;
        uint8_t *to = (uint8_t *)surface->pixels + (size_t)y * (size_t)surface->pitch;
        for (int x = 0; x < rgb->width_px; x++, from += 3, to += 4) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
            to[3] = 255;
        }
    }
}

int canvas_draw(struct canvas *canvas, const struct frame *rgb, const struct reading *reading,
                struct canvas_picture *picture)
{
    char why[256]; /* nothing but memory can fail here */
    if (rgb->fourcc != FRAME_RGB3 || rgb->orientation > 1)
        return -EINVAL;
    const int bar = scene_bar_height_px(rgb->width_px, rgb->height_px, 1);
    const int width = rgb->width_px, height = rgb->height_px + bar;
    if (make_surface(canvas, width, height, why, sizeof why) != 0)
        return -ENOMEM;
    const struct scene_view view = {.width_px = width,
                                    .height_px = height,
                                    .bar_px = bar,
                                    .scale = 1,
                                    .measure = paint_measure,
                                    .measure_context = canvas->paint,
                                    .boxes = true,
                                    .reasons = true};
    copy_picture(canvas->surface, rgb);
    if (scene_build(canvas->scene, reading, &view) != 0)
        return -ENOMEM;
    paint_scene(canvas->paint, canvas->scene);
    SDL_RenderFlush(canvas->renderer);
    *picture = (struct canvas_picture){.pixels = canvas->surface->pixels,
                                       .width_px = width,
                                       .height_px = height,
                                       .stride_bytes = (size_t)canvas->surface->pitch};
    return 0;
}
