#include "render/paint.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "render/font.h"

#define CORNERS       32    /* kinds of corner kept; a page of handwriting needs a handful */
#define MOST_LINE_PX  64
#define MOST_RADIUS_PX 128
#define HALO_ALPHA    150.0f

/* A small picture of a rounded outline or tag, from which larger ones are put together: its corners as they are, its
 * edges stretched. White where the colour goes, black in the halo, so that colouring leaves the halo dark. */
struct corner {
    SDL_Texture *texture; /* NULL: free */
    bool filled;
    int line, halo, radius; /* in pixels */
    int margin;             /* side of one corner: half the texture */
    uint32_t used;          /* when last, counted in shapes drawn */
};

struct paint {
    SDL_Renderer *renderer;
    struct font *font;
    struct corner corners[CORNERS];
    uint32_t shapes;
};

int paint_create(struct paint **paint, SDL_Renderer *renderer, char *why, size_t why_bytes)
{
    struct paint *const p = calloc(1, sizeof *p);
    *paint = NULL;
    if (!p) {
        snprintf(why, why_bytes, "not enough memory");
        return -ENOMEM;
    }
    p->renderer = renderer;
    const int error = font_create(&p->font, renderer, why, why_bytes);
    if (error) {
        paint_destroy(p);
        return error;
    }
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND);
    *paint = p;
    return 0;
}

void paint_destroy(struct paint *paint)
{
    if (!paint)
        return;
    for (int i = 0; i < CORNERS; i++)
        if (paint->corners[i].texture)
            SDL_DestroyTexture(paint->corners[i].texture);
    font_destroy(paint->font);
    free(paint);
}

float paint_measure(void *context, const char *text, float size)
{
    struct paint *const paint = context;
    return font_measure(paint->font, text, size);
}

/* Distance from the edge of a rounded square of half side `half` around 0, 0: negative inside. */
static float distance_px(float x, float y, float half, float radius)
{
    const float dx = fabsf(x) - (half - radius), dy = fabsf(y) - (half - radius);
    return hypotf(fmaxf(dx, 0), fmaxf(dy, 0)) + fminf(fmaxf(dx, dy), 0) - radius;
}

static float coverage(float inside_px)
{
    return fminf(fmaxf(inside_px + 0.5f, 0), 1);
}

/* The outline lies around the shape's edge, the halo on both its sides; a tag ends at its edge, the halo outside. */
static uint32_t corner_pixel(const struct corner *c, float distance)
{
    const float line = (float)c->line, halo = (float)c->halo;
    const float outside = c->filled ? -distance : line / 2 - fabsf(distance - line / 2); /* > 0: within the colour */
    const float colour = 255 * coverage(outside), dark = HALO_ALPHA * coverage(outside + halo);
    const float alpha = fmaxf(colour, colour + (1 - colour / 255) * dark);
    const uint32_t white = alpha > 0 ? (uint32_t)lroundf(255 * fminf(colour / alpha, 1)) : 0;
    return (uint32_t)lroundf(fminf(alpha, 255)) << 24 | white << 16 | white << 8 | white;
}

static SDL_Texture *make_corner(SDL_Renderer *renderer, const struct corner *c)
{
    const int side = 2 * c->margin, outer = c->halo + (c->filled ? 0 : c->line);
    const float half = (float)(c->margin - outer);
    SDL_Surface *const picture = SDL_CreateRGBSurfaceWithFormat(0, side, side, 32, SDL_PIXELFORMAT_ARGB8888);
    SDL_Texture *texture = NULL;
    if (!picture)
        return NULL;
    for (int y = 0; y < side; y++) {
        uint32_t *const row = (uint32_t *)(void *)((uint8_t *)picture->pixels + y * picture->pitch);
        for (int x = 0; x < side; x++)
            row[x] = corner_pixel(c, distance_px((float)(x - c->margin) + 0.5f, (float)(y - c->margin) + 0.5f, half,
                                                 (float)c->radius));
    }
    texture = SDL_CreateTextureFromSurface(renderer, picture);
    if (texture)
        SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND);
    SDL_FreeSurface(picture);
    return texture;
}

/* The corner for such a shape; the one not used for longest makes room for a new kind. NULL where memory is short. */
static const struct corner *find_corner(struct paint *paint, bool filled, int line, int halo, int radius)
{
    struct corner *oldest = &paint->corners[0];
    paint->shapes++;
    for (int i = 0; i < CORNERS; i++) {
        struct corner *const c = &paint->corners[i];
        if (c->texture && c->filled == filled && c->line == line && c->halo == halo && c->radius == radius) {
            c->used = paint->shapes;
            return c;
        }
        if (oldest->texture && (!c->texture || c->used < oldest->used))
            oldest = c;
    }
    if (oldest->texture)
        SDL_DestroyTexture(oldest->texture);
    const int outer = halo + (filled ? 0 : line), inner = radius > halo ? radius : halo;
    *oldest = (struct corner){.filled = filled, .line = line, .halo = halo, .radius = radius,
                              .margin = outer + inner + 2, .used = paint->shapes};
    oldest->texture = make_corner(paint->renderer, oldest);
    return oldest->texture ? oldest : NULL;
}

/* One of nine pieces; pieces of no size are left out. */
static void draw_piece(struct paint *paint, SDL_Texture *texture, SDL_Rect from, SDL_Rect to)
{
    if (to.w > 0 && to.h > 0)
        SDL_RenderCopy(paint->renderer, texture, &from, &to);
}

/* Corners as they are, edges stretched from the two pixels in the middle of the picture's sides. */
static void draw_nine(struct paint *paint, const struct corner *c, SDL_Rect out)
{
    const int side = 2 * c->margin;
    const int left = c->margin < out.w / 2 ? c->margin : out.w / 2, right = out.w - left < c->margin ? out.w - left
                                                                                                   : c->margin;
    const int top = c->margin < out.h / 2 ? c->margin : out.h / 2, bottom = out.h - top < c->margin ? out.h - top
                                                                                                   : c->margin;
    const int from_x[3] = {0, c->margin - 1, side - right}, from_w[3] = {left, 2, right};
    const int from_y[3] = {0, c->margin - 1, side - bottom}, from_h[3] = {top, 2, bottom};
    const int to_x[3] = {out.x, out.x + left, out.x + out.w - right}, to_w[3] = {left, out.w - left - right, right};
    const int to_y[3] = {out.y, out.y + top, out.y + out.h - bottom}, to_h[3] = {top, out.h - top - bottom, bottom};
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++) {
            if (row == 1 && column == 1 && !c->filled)
                continue;
            draw_piece(paint, c->texture, (SDL_Rect){from_x[column], from_y[row], from_w[column], from_h[row]},
                       (SDL_Rect){to_x[column], to_y[row], to_w[column], to_h[row]});
        }
}

static int whole_px(float value, int least, int most)
{
    return value >= (float)most ? most : value > (float)least ? (int)lroundf(value) : least;
}

/* Whole pixels, so that lines are sharp. */
static SDL_Rect whole_rect(struct scene_rect r)
{
    const int x = (int)lroundf(r.x), y = (int)lroundf(r.y);
    const int w = (int)lroundf(r.x + r.w) - x, h = (int)lroundf(r.y + r.h) - y;
    return (SDL_Rect){x, y, w > 1 ? w : 1, h > 1 ? h : 1};
}

static void draw_shape(struct paint *paint, const struct scene_item *item)
{
    const bool filled = item->kind == SCENE_TAG;
    SDL_Rect rect = whole_rect(item->rect);
    const int line = filled ? 0 : whole_px(item->line, 1, MOST_LINE_PX);
    const int halo = filled ? whole_px((float)rect.h / 30, 1, 3) : whole_px((float)line / 2, 1, MOST_LINE_PX);
    const int half = (rect.w < rect.h ? rect.w : rect.h) / 2;
    const int radius = whole_px(item->radius, 0, half < MOST_RADIUS_PX ? half : MOST_RADIUS_PX);
    const struct corner *const corner = find_corner(paint, filled, line, halo, radius);
    if (!corner)
        return;
    rect.x -= line + halo;
    rect.y -= line + halo;
    rect.w += 2 * (line + halo);
    rect.h += 2 * (line + halo);
    SDL_SetTextureColorMod(corner->texture, item->colour.r, item->colour.g, item->colour.b);
    SDL_SetTextureAlphaMod(corner->texture, item->colour.a);
    draw_nine(paint, corner, rect);
}

static void draw_fill(struct paint *paint, const struct scene_item *item)
{
    const SDL_Rect rect = whole_rect(item->rect);
    SDL_SetRenderDrawColor(paint->renderer, item->colour.r, item->colour.g, item->colour.b, item->colour.a);
    SDL_RenderFillRect(paint->renderer, &rect);
}

static void draw_text(struct paint *paint, const struct scene_item *item)
{
    const struct scene_rect r = item->rect;
    const float width = item->align == SCENE_LEFT ? 0 : font_measure(paint->font, item->text, item->size);
    const float x = item->align == SCENE_LEFT    ? r.x
                    : item->align == SCENE_RIGHT ? r.x + r.w - width
                                                 : r.x + (r.w - width) / 2;
    const SDL_Color colour = {item->colour.r, item->colour.g, item->colour.b, item->colour.a};
    font_draw(paint->font, item->text, item->size, x, r.y + r.h / 2, colour);
}

void paint_scene(struct paint *paint, const struct scene *scene)
{
    int count;
    const struct scene_item *const items = scene_items(scene, &count);
    for (int i = 0; i < count; i++) {
        if (items[i].kind == SCENE_FILL)
            draw_fill(paint, &items[i]);
        else if (items[i].kind == SCENE_TEXT)
            draw_text(paint, &items[i]);
        else
            draw_shape(paint, &items[i]);
    }
}
