#include <assert.h>
#include <math.h>

#include "capture/pen.h"

void pen_place(struct pen_transform *transform, float x_px, float y_px, float height_px)
{
    *transform = (struct pen_transform){height_px, 0, x_px, 0, height_px, y_px};
}

struct pen_transform pen_transform_then(const struct pen_transform *first, const struct pen_transform *then)
{
    const struct pen_transform *const p = first, *const q = then;
    return (struct pen_transform){.a = q->a * p->a + q->b * p->d,
                                  .b = q->a * p->b + q->b * p->e,
                                  .c = q->a * p->c + q->b * p->f + q->c,
                                  .d = q->d * p->a + q->e * p->d,
                                  .e = q->d * p->b + q->e * p->e,
                                  .f = q->d * p->c + q->e * p->f + q->f};
}

/* ---- what each kind of pen does ---- */

struct pen_nature {
    float pressure_to_width; /* share of the pressure's change that changes the width */
    float pressure_to_cover; /* ... that changes how dark it is */
    float grain_px;          /* size of the grain, pixels and parts of the width */
    float grain_width;
    float sparsest, densest; /* cover where the grain is lowest and highest; 1, 1: smooth ink */
    float low, high;         /* the grain values (0..1) where it begins and ends to rise */
    float ragged;            /* how far the grain eats into the edge, in stroke widths */
};

static const struct pen_nature natures[PEN_KINDS] = {
    [PEN_BALLPOINT] = {0.7f, 0.25f, 1, 0, 1, 1, 0, 1, 0},
    [PEN_PENCIL] = {0.9f, 0.9f, 0.9f, 0.22f, 0.45f, 1.0f, 0.2f, 0.7f, 0.12f},
    [PEN_MARKER] = {0.1f, 0, 1, 0, 1, 1, 0, 1, 0},
    [PEN_CHALK] = {0.6f, 0.2f, 0.8f, 0.16f, 0.25f, 1.0f, 0.22f, 0.5f, 0.22f},
};

float pen_stroke_width(enum pen_kind kind, float width, float pressure)
{
    return width * (1 + (pressure - 1) * natures[kind].pressure_to_width);
}

struct pen_bounds pen_glyph_bounds(const struct pen_glyph *glyph)
{
    assert(glyph->count > 0);
    struct pen_bounds bounds = {glyph->points[0].x, glyph->points[0].y, glyph->points[0].x,
                                glyph->points[0].y};
    for (int i = 1; i < glyph->count; i++) {
        bounds.left = fminf(bounds.left, glyph->points[i].x);
        bounds.right = fmaxf(bounds.right, glyph->points[i].x);
        bounds.top = fminf(bounds.top, glyph->points[i].y);
        bounds.bottom = fmaxf(bounds.bottom, glyph->points[i].y);
    }
    return bounds;
}

struct pen_bounds pen_ink_bounds(const struct pen_glyph *glyph, const struct pen_style *style)
{
    assert(glyph->count > 0);
    const struct pen_transform *const t = &style->transform;
    struct pen_bounds bounds = {HUGE_VALF, HUGE_VALF, -HUGE_VALF, -HUGE_VALF};
    for (int i = 0; i < glyph->count; i++) {
        const struct pen_point *const point = &glyph->points[i];
        const float x = t->a * point->x + t->b * point->y + t->c,
                    y = t->d * point->x + t->e * point->y + t->f;
        const float radius = pen_stroke_width(style->kind, style->width_px, point->pressure) / 2;
        bounds.left = fminf(bounds.left, x - radius);
        bounds.right = fmaxf(bounds.right, x + radius);
        bounds.top = fminf(bounds.top, y - radius);
        bounds.bottom = fmaxf(bounds.bottom, y + radius);
    }
    return bounds;
}

/* ---- grain ---- */

/* A value for each whole grid point that looks random: 0..255. */
static float grid_value(int x, int y, uint32_t seed)
{
    uint32_t hash = (uint32_t)x * 0x8DA6B343u ^ (uint32_t)y * 0xD8163841u ^ seed;
    hash = (hash ^ hash >> 15) * 0x2C1B3C6Du;
    hash ^= hash >> 13;
    return (float)(hash >> 8 & 255);
}

/* Value noise, 0..1; x, y >= 0 in grains. */
static float grain_value(float x, float y, uint32_t seed)
{
    const int column = (int)x, row = (int)y;
    const float u = x - (float)column, v = y - (float)row;
    const float top = grid_value(column, row, seed) * (1 - u) + grid_value(column + 1, row, seed) * u;
    const float bottom =
        grid_value(column, row + 1, seed) * (1 - u) + grid_value(column + 1, row + 1, seed) * u;
    return (top * (1 - v) + bottom * v) / 255.0f;
}

/* ---- drawing ---- */

/* One straight piece of a stroke, thicker at one end: all that its pixels need to know. */
struct piece {
    float x, y, along_x, along_y; /* start, and vector to the end */
    float inverse_length2;        /* 0 for a dot */
    float radius, radius_change;
    float cover, cover_change;
};

struct drawing {
    struct pen_plane *plane;
    const struct pen_style *style;
    const struct pen_nature *nature;
    bool grainy;
    float per_grain;              /* grains per pixel */
    int left, top, right, bottom; /* of the ink so far; right and bottom are outside */
};

/* Cover 0..255 of the pixel whose middle is x, y. */
static int cover_at(const struct drawing *drawing, const struct piece *piece, float x, float y)
{
    const float from_x = x - piece->x, from_y = y - piece->y;
    float t = (from_x * piece->along_x + from_y * piece->along_y) * piece->inverse_length2;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const float away_x = from_x - t * piece->along_x, away_y = from_y - t * piece->along_y;
    const float away2 = away_x * away_x + away_y * away_y;
    const float true_radius = piece->radius + t * piece->radius_change;
    const float radius = true_radius < 0.5f ? 0.5f : true_radius;
    if (away2 >= (radius + 0.5f) * (radius + 0.5f))
        return 0;
    float edge = radius + 0.5f - sqrtf(away2);
    float cover = piece->cover + t * piece->cover_change;
    if (true_radius < 0.5f)
        cover *= 2 * true_radius;
    if (drawing->grainy) {
        const struct pen_nature *const nature = drawing->nature;
        const float grain =
            grain_value(x * drawing->per_grain, y * drawing->per_grain, drawing->style->grain_seed);
        float rise = (grain - nature->low) / (nature->high - nature->low);
        rise = rise < 0 ? 0 : rise > 1 ? 1 : rise;
        cover *= nature->sparsest + (nature->densest - nature->sparsest) * rise;
        edge -= (1 - rise) * nature->ragged * 2 * true_radius;
    }
    cover *= edge < 0 ? 0 : edge > 1 ? 1 : edge;
    return (int)(cover * 255.0f + 0.5f);
}

static int clamp_to(float value, int high)
{
    return value < 0 ? 0 : value > (float)high ? high : (int)value;
}

/* Counts a pixel that got ink towards the box. */
static void grow_box(struct drawing *drawing, int column, int row)
{
    drawing->left = column < drawing->left ? column : drawing->left;
    drawing->right = column >= drawing->right ? column + 1 : drawing->right;
    drawing->top = row < drawing->top ? row : drawing->top;
    drawing->bottom = row >= drawing->bottom ? row + 1 : drawing->bottom;
}

/* The columns of one row the piece may touch: those within `reach` of the part of the segment near this row.
 */
static void row_span(const struct piece *piece, float y, float reach, float *low, float *high)
{
    const float end_x = piece->x + piece->along_x;
    *low = fminf(piece->x, end_x) - reach;
    *high = fmaxf(piece->x, end_x) + reach;
    if (fabsf(piece->along_y) < 2 * reach)
        return;
    const float slope = piece->along_x / piece->along_y, middle = piece->x + (y - piece->y) * slope;
    const float half = reach * sqrtf(1 + slope * slope);
    *low = fmaxf(*low, middle - half);
    *high = fminf(*high, middle + half);
}

static void draw_piece(struct drawing *drawing, const struct piece *piece)
{
    const struct pen_plane *const plane = drawing->plane;
    const float end_y = piece->y + piece->along_y;
    const float reach = fmaxf(0.5f, fmaxf(piece->radius, piece->radius + piece->radius_change)) + 0.5f;
    const int full = (int)(fmaxf(piece->cover, piece->cover + piece->cover_change) * 255.0f + 0.5f);
    const int first = clamp_to(fminf(piece->y, end_y) - reach, plane->height_px);
    const int last = clamp_to(fmaxf(piece->y, end_y) + reach + 1, plane->height_px);
    for (int row = first; row < last; row++) {
        uint8_t *const pixels = plane->pixels + (size_t)row * plane->stride_bytes;
        const float y = (float)row + 0.5f;
        float low, high;
        row_span(piece, y, reach, &low, &high);
        const int begin = clamp_to(low - 0.5f, plane->width_px), end = clamp_to(high + 1, plane->width_px);
        const bool known_row = row >= drawing->top && row < drawing->bottom;
        for (int column = begin; column < end; column++) {
            /* Pieces overlap a lot: what is as dark as it can get, and in the box, needs no second look. */
            if (pixels[column] >= full && known_row && column >= drawing->left && column < drawing->right)
                continue;
            const int cover = cover_at(drawing, piece, (float)column + 0.5f, y);
            if (cover > pixels[column])
                pixels[column] = (uint8_t)cover;
            if (cover >= PEN_INK_COVER)
                grow_box(drawing, column, row);
        }
    }
}

/* Where point i lies in the plane, and how thick and dark the stroke is there. */
static struct piece piece_start(const struct drawing *drawing, const struct pen_point *point)
{
    const struct pen_style *const style = drawing->style;
    const struct pen_transform *const t = &style->transform;
    const float cover =
        style->darkness * (1 + fminf(0, point->pressure - 1) * drawing->nature->pressure_to_cover);
    return (struct piece){.x = t->a * point->x + t->b * point->y + t->c,
                          .y = t->d * point->x + t->e * point->y + t->f,
                          .radius = pen_stroke_width(style->kind, style->width_px, point->pressure) / 2,
                          .cover = fminf(1, fmaxf(0, cover))};
}

void pen_draw(struct pen_plane *plane, const struct pen_glyph *glyph, const struct pen_style *style,
              struct pen_box *ink)
{
    assert(style->kind >= 0 && style->kind < PEN_KINDS && style->width_px > 0);
    const struct pen_nature *const nature = &natures[style->kind];
    struct drawing drawing = {
        .plane = plane, .style = style, .nature = nature, .grainy = nature->sparsest < 1};
    drawing.per_grain = 1 / fmaxf(0.7f, fmaxf(nature->grain_px, nature->grain_width * style->width_px));
    drawing.left = plane->width_px, drawing.top = plane->height_px;
    struct piece before = {0};
    for (int i = 0; i < glyph->count; i++) {
        const struct piece here = piece_start(&drawing, &glyph->points[i]);
        const bool starts = glyph->points[i].begins || i == 0;
        struct piece piece = starts ? here : before;
        before = here;
        if (starts && i + 1 < glyph->count && !glyph->points[i + 1].begins)
            continue; /* the next piece covers it; a stroke of one point is a dot of its own */
        piece.along_x = here.x - piece.x;
        piece.along_y = here.y - piece.y;
        piece.radius_change = here.radius - piece.radius;
        piece.cover_change = here.cover - piece.cover;
        const float length2 = piece.along_x * piece.along_x + piece.along_y * piece.along_y;
        piece.inverse_length2 = length2 > 1e-6f ? 1 / length2 : 0;
        draw_piece(&drawing, &piece);
    }
    const bool any = drawing.right > drawing.left;
    if (ink)
        *ink = any ? (struct pen_box){drawing.left, drawing.top, drawing.right - drawing.left,
                                      drawing.bottom - drawing.top}
                   : (struct pen_box){0, 0, 0, 0};
}
