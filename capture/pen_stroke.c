#include "capture/pen_stroke.h"

#include <math.h>

#define TAU              6.28318531f
#define SAMPLES_PER_UNIT 26.0f /* straight pieces per digit height of path */

void pen_add_point(struct pen_glyph *glyph, float x, float y, bool begins)
{
    if (glyph->count < PEN_MAX_POINTS)
        glyph->points[glyph->count++] = (struct pen_point){x, y, 1.0f, begins};
}

static float distance(struct pen_vector a, struct pen_vector b)
{
    return fmaxf(hypotf(b.x - a.x, b.y - a.y), 1e-4f);
}

/* Tangent at q of the centripetal Catmull-Rom curve p, q, r, per unit of its parameter: unlike the uniform
 * curve it makes neither cusps nor loops where points are unevenly spaced (Yuksel et al. 2011). */
static struct pen_vector tangent(struct pen_vector p, struct pen_vector q, struct pen_vector r)
{
    const float a = sqrtf(distance(p, q)), b = sqrtf(distance(q, r));
    return (struct pen_vector){(q.x - p.x) / a - (r.x - p.x) / (a + b) + (r.x - q.x) / b,
                               (q.y - p.y) / a - (r.y - p.y) / (a + b) + (r.y - q.y) / b};
}

/* Adds the curve from point i of the stroke to i + 1, without its first point. */
static void add_piece(struct pen_glyph *glyph, const struct pen_stroke *stroke, int i)
{
    const struct pen_vector p = stroke->at[i], q = stroke->at[i + 1];
    const bool smooth_start = i > 0 && !stroke->corner[i];
    const bool smooth_end = i + 2 < stroke->count && !stroke->corner[i + 1];
    const float step = sqrtf(distance(p, q));
    struct pen_vector m = {q.x - p.x, q.y - p.y}, n = m;
    if (smooth_start) {
        const struct pen_vector t = tangent(stroke->at[i - 1], p, q);
        m = (struct pen_vector){t.x * step, t.y * step};
    }
    if (smooth_end) {
        const struct pen_vector t = tangent(p, q, stroke->at[i + 2]);
        n = (struct pen_vector){t.x * step, t.y * step};
    }
    if (!smooth_start && smooth_end) /* a free end bends like a ruler: no curvature at its tip */
        m = (struct pen_vector){1.5f * (q.x - p.x) - 0.5f * n.x, 1.5f * (q.y - p.y) - 0.5f * n.y};
    if (smooth_start && !smooth_end)
        n = (struct pen_vector){1.5f * (q.x - p.x) - 0.5f * m.x, 1.5f * (q.y - p.y) - 0.5f * m.y};
    const int samples = 2 + (int)(distance(p, q) * SAMPLES_PER_UNIT);
    for (int s = 1; s <= samples; s++) {
        const float t = (float)s / (float)samples, t2 = t * t, t3 = t2 * t;
        const float h0 = 2 * t3 - 3 * t2 + 1, h1 = t3 - 2 * t2 + t, h2 = 3 * t2 - 2 * t3, h3 = t3 - t2;
        pen_add_point(glyph, h0 * p.x + h1 * m.x + h2 * q.x + h3 * n.x,
                      h0 * p.y + h1 * m.y + h2 * q.y + h3 * n.y, false);
    }
}

void pen_add_stroke(struct pen_glyph *glyph, const struct pen_stroke *stroke)
{
    if (stroke->count == 0)
        return;
    pen_add_point(glyph, stroke->at[0].x, stroke->at[0].y, true);
    for (int i = 0; i + 1 < stroke->count; i++)
        add_piece(glyph, stroke, i);
}

void pen_press(struct pen_glyph *glyph, struct pen_random *random)
{
    const float depth = pen_random_uniform(random, 0.03f, 0.2f);
    const float turn = pen_random_uniform(random, 0.05f, 0.16f);
    float phase = pen_random_uniform(random, 0, TAU);
    const float land = pen_random_uniform(random, 0.65f, 1.05f),
                leave = pen_random_uniform(random, 0.6f, 1.0f);
    for (int i = 0; i < glyph->count; i++) {
        struct pen_point *const point = &glyph->points[i];
        point->pressure = 1.0f + depth * sinf(phase);
        phase += turn;
        if (point->begins)
            point->pressure *= land;
        if (i + 1 == glyph->count || glyph->points[i + 1].begins)
            point->pressure *= leave;
        point->pressure = fminf(1.2f, fmaxf(0.6f, point->pressure));
    }
}
