#include <assert.h>
#include <math.h>

#include "capture/pen.h"
#include "capture/pen_stroke.h"

#define TAU 6.28318531f

/* To and fro, top to bottom, faster and wilder at the end. */
static void scribble_crossing_out(struct pen_glyph *glyph, struct pen_random *random)
{
    struct pen_stroke stroke = {.count = 8 + pen_random_below(random, 8)};
    const float width = pen_random_uniform(random, 0.5f, 1.5f);
    const float steep = pen_random_uniform(random, -0.25f, 0.25f);
    const bool sharp = pen_random_below(random, 2);
    for (int i = 0; i < stroke.count; i++) {
        const float across = (i % 2 ? width : 0) + pen_random_normal(random, 0, 0.05f);
        const float down =
            0.15f + 0.7f * (float)i / (float)stroke.count + pen_random_normal(random, 0, 0.06f);
        stroke.at[i] = (struct pen_vector){across, down + steep * (i % 2 ? 1 : -1)};
        stroke.corner[i] = sharp;
    }
    pen_add_stroke(glyph, &stroke);
}

/* A row of loops, as one tries a ballpoint; never fewer than three, for a single one would be a zero. */
static void scribble_coil(struct pen_glyph *glyph, struct pen_random *random)
{
    const int loops = 3 + pen_random_below(random, 6), steps = 16;
    const float step_x = pen_random_uniform(random, 0.15f, 0.22f),
                radius_x = pen_random_uniform(random, 0.16f, 0.34f);
    const float height = pen_random_uniform(random, 0.25f, 0.48f), start = pen_random_uniform(random, 0, TAU);
    float size = 1;
    for (int i = 0; i <= loops * steps; i++) {
        const float turn = start + TAU * (float)i / (float)steps;
        if (i % steps == 0)
            size = pen_random_uniform(random, 0.75f, 1.05f);
        pen_add_point(glyph, radius_x + step_x * (float)i / (float)steps + radius_x * size * cosf(turn),
                      0.5f + height * size * sinf(turn), i == 0);
    }
}

static void scribble_wave(struct pen_glyph *glyph, struct pen_random *random)
{
    struct pen_stroke stroke = {.count = 7 + pen_random_below(random, 8)};
    const float step = 1.5f / (float)stroke.count, middle = pen_random_uniform(random, 0.4f, 0.8f);
    const float height = pen_random_uniform(random, 0.05f, 0.3f);
    for (int i = 0; i < stroke.count; i++) {
        stroke.at[i].x = step * (float)i + pen_random_normal(random, 0, 0.02f);
        stroke.at[i].y = middle + (i % 2 ? height : -height) * pen_random_uniform(random, 0.6f, 1.1f);
    }
    pen_add_stroke(glyph, &stroke);
}

/* Lines both ways: those of one way only would each be a one. */
static void scribble_hatching(struct pen_glyph *glyph, struct pen_random *random)
{
    const int lines = 5 + pen_random_below(random, 6);
    for (int i = 0; i < lines; i++) {
        const bool back = i % 2;
        const float x = 0.13f * (float)i + pen_random_normal(random, 0, 0.02f);
        struct pen_stroke stroke = {.count = 2};
        stroke.at[0] =
            (struct pen_vector){back ? x - 0.25f : x + 0.4f, 0.1f + pen_random_normal(random, 0, 0.05f)};
        stroke.at[1] =
            (struct pen_vector){back ? x + 0.4f : x - 0.1f, 0.9f + pen_random_normal(random, 0, 0.05f)};
        pen_add_stroke(glyph, &stroke);
    }
}

static void scribble_tangle(struct pen_glyph *glyph, struct pen_random *random)
{
    struct pen_stroke stroke = {.count = 12 + pen_random_below(random, 10)};
    const float width = pen_random_uniform(random, 0.7f, 1.4f);
    for (int i = 0; i < stroke.count; i++) {
        stroke.at[i].x = pen_random_uniform(random, 0, width);
        stroke.at[i].y = pen_random_uniform(random, 0, 1);
    }
    pen_add_stroke(glyph, &stroke);
}

void pen_scribble(struct pen_glyph *glyph, int kind, struct pen_random *random)
{
    static void (*const scribbles[PEN_SCRIBBLES])(struct pen_glyph *, struct pen_random *) = {
        [PEN_CROSSING_OUT] = scribble_crossing_out,
        [PEN_COIL] = scribble_coil,
        [PEN_WAVE] = scribble_wave,
        [PEN_HATCHING] = scribble_hatching,
        [PEN_TANGLE] = scribble_tangle};
    assert(kind >= PEN_ANY && kind < PEN_SCRIBBLES);
    if (kind == PEN_ANY)
        kind = pen_random_below(random, PEN_SCRIBBLES);
    glyph->count = 0;
    scribbles[kind](glyph, random);
    pen_press(glyph, random);
}
