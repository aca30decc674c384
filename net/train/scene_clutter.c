/* Pictures of the world without a digit in them.
 *
 * Natural pictures are mostly things in front of other things: the "dead leaves" model (Matheron 1968; Lee,
 * Mumford and Huang 2001) piles up shapes of all sizes and gets their statistics of edges nearly right.
 * Boards, windows, noise and wires are added because contour pipelines find most of their false digits there.
 */
#include <math.h>
#include <stddef.h>

#include "net/train/scene.h"

/* One thing that hides what is behind it. */
struct leaf {
    float x, y, a, b; /* middle and half axes */
    float c, s;       /* turn */
    int sides;        /* 0: ellipse, 2: rectangle, else a polygon's */
    float lobes;      /* waves of the edge */
    float value, slope, texture;
};

static struct leaf make_leaf(struct scene *scene, float least, float most)
{
    /* Sizes with density 1 / r^3, which makes the picture look alike at every distance. */
    const float t = scene_between(scene, 0, 1);
    const float size = 1 / sqrtf((1 - t) / (least * least) + t / (most * most));
    const float turn = scene_between(scene, 0, 6.2832f);
    static const int sides[] = {0, 0, 0, 2, 2, 3, 4, 5};
    return (struct leaf){.x = scene_between(scene, 0, (float)scene->width_px),
                         .y = scene_between(scene, 0, (float)scene->height_px),
                         .a = size,
                         .b = size * scene_between(scene, 0.15f, 1),
                         .c = cosf(turn),
                         .s = sinf(turn),
                         .sides = sides[scene_below(scene, 8)],
                         .lobes = scene_chance(scene, 0.3f) ? scene_between(scene, 0.1f, 0.4f) : 0,
                         .value = scene_between(scene, 10, 245),
                         .slope = scene_between(scene, -1, 1) * 40 / size,
                         .texture = scene_chance(scene, 0.3f) ? scene_between(scene, 0, 25) : 0};
}

static bool inside_leaf(const struct leaf *leaf, float u, float v)
{
    const float p = u / leaf->a, q = v / leaf->b;
    if (leaf->sides == 2)
        return fabsf(p) < 1 && fabsf(q) < 1;
    const float r = p * p + q * q;
    if (r > 1)
        return false;
    if (leaf->sides == 0 && leaf->lobes <= 0)
        return true;
    const float angle = atan2f(q, p);
    if (leaf->sides == 0) {
        const float edge = 1 - leaf->lobes * (1 + sinf(5 * angle)) / 2;
        return r < edge * edge;
    }
    const float wedge = 6.2832f / (float)leaf->sides, off = angle - wedge * roundf(angle / wedge);
    return sqrtf(r) * cosf(off) < cosf(wedge / 2);
}

static void paint_leaf(struct scene *scene, const struct leaf *leaf)
{
    const float reach = (leaf->a > leaf->b ? leaf->a : leaf->b) * 1.42f;
    const int x0 = (int)fmaxf(0, leaf->x - reach),
              x1 = (int)fminf((float)scene->width_px - 1, leaf->x + reach);
    const int y0 = (int)fmaxf(0, leaf->y - reach),
              y1 = (int)fminf((float)scene->height_px - 1, leaf->y + reach);
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++) {
            const float dx = (float)x - leaf->x, dy = (float)y - leaf->y;
            const float u = dx * leaf->c + dy * leaf->s, v = dy * leaf->c - dx * leaf->s;
            if (!inside_leaf(leaf, u, v))
                continue;
            float value = leaf->value + leaf->slope * u;
            if (leaf->texture > 0)
                value += pen_random_uniform(&scene->random, -leaf->texture, leaf->texture);
            scene->light[(size_t)y * (size_t)scene->width_px + (size_t)x] = value;
        }
}

static void fill(struct scene *scene, float value)
{
    for (size_t i = 0; i < (size_t)scene->width_px * (size_t)scene->height_px; i++)
        scene->light[i] = value;
}

static void pile_of_leaves(struct scene *scene)
{
    const float least = scene_between(scene, 2, 9), most = scene_between(scene, 60, 200);
    const int count = (int)((float)(scene->width_px * scene->height_px) / (least * least) *
                            scene_between(scene, 0.1f, 0.4f));
    fill(scene, scene_between(scene, 40, 220));
    for (int i = 0; i < count && i < 12000; i++) {
        const struct leaf leaf = make_leaf(scene, least, most);
        paint_leaf(scene, &leaf);
    }
}

/* A few separate shapes on a plain ground: blobs, bars, triangles, the sort of thing drawn on a page or a
 * sign. */
static void few_shapes(struct scene *scene)
{
    const float ground =
        scene_chance(scene, 0.7f) ? scene_between(scene, 170, 250) : scene_between(scene, 10, 60);
    fill(scene, ground);
    const int count = 5 + scene_below(scene, 40);
    for (int i = 0; i < count; i++) {
        struct leaf leaf = make_leaf(scene, 6, 80);
        leaf.value = ground > 128 ? scene_between(scene, 0, 110) : scene_between(scene, 130, 250);
        leaf.slope = 0;
        paint_leaf(scene, &leaf);
        if (leaf.sides != 0 && leaf.sides < 4 && scene_chance(scene, 0.5f)) {
            /* An outline: the same shape inside it in the colour of the ground. A round one would be a zero.
             */
            leaf.a *= 0.75f, leaf.b *= 0.75f;
            leaf.value = ground;
            paint_leaf(scene, &leaf);
        }
    }
}

/* Checkerboard or rows of windows, in perspective. */
static void board(struct scene *scene)
{
    const float angle = scene_between(scene, -0.5f, 0.5f), c = cosf(angle), s = sinf(angle);
    const float cell = scene_between(scene, 10, 70), px = scene_between(scene, -0.001f, 0.001f);
    const float py = scene_between(scene, -0.001f, 0.001f);
    const float dark = scene_between(scene, 10, 100), bright = scene_between(scene, 130, 250);
    const bool checker = scene_chance(scene, 0.5f);
    const float pane = scene_between(scene, 0.3f, 0.8f), shade = scene_between(scene, -60, 60);
    for (int y = 0; y < scene->height_px; y++)
        for (int x = 0; x < scene->width_px; x++) {
            const float dx = (float)(x - scene->width_px / 2), dy = (float)(y - scene->height_px / 2);
            const float depth = 1 + px * dx + py * dy;
            const float u = (dx * c + dy * s) / depth / cell, v = (dy * c - dx * s) / depth / cell;
            const int column = (int)floorf(u), row = (int)floorf(v);
            const bool in_pane = u - floorf(u) < pane && v - floorf(v) < pane;
            const bool is_dark = checker ? ((column + row) & 1) : in_pane;
            scene->light[(size_t)y * (size_t)scene->width_px + (size_t)x] =
                (is_dark ? dark : bright) + shade * dx / (float)scene->width_px;
        }
}

/* Value noise, summed over several scales: bark, grass, cloth, skin. */
static void noise_field(struct scene *scene)
{
    float knots[40 * 40];
    fill(scene, 128);
    float reach = scene_between(scene, 30, 90);
    const float rough = scene_between(scene, 0.45f, 0.9f), aspect = expf(scene_between(scene, -1.6f, 1.6f));
    for (float cell = scene_between(scene, 40, 120); cell >= 2.5f; cell /= 2, reach *= rough) {
        for (int i = 0; i < 40 * 40; i++)
            knots[i] = scene_between(scene, -reach, reach);
        for (int y = 0; y < scene->height_px; y++)
            for (int x = 0; x < scene->width_px; x++) {
                const float u = (float)x / cell, v = (float)y / cell * aspect;
                const int iu = (int)u, iv = (int)v;
                float fu = u - (float)iu, fv = v - (float)iv;
                fu = fu * fu * (3 - 2 * fu), fv = fv * fv * (3 - 2 * fv);
                const float *upper = knots + iv % 40 * 40, *lower = knots + (iv + 1) % 40 * 40;
                const int left = iu % 40, right = (iu + 1) % 40;
                scene->light[(size_t)y * (size_t)scene->width_px + (size_t)x] +=
                    (upper[left] * (1 - fu) + upper[right] * fu) * (1 - fv) +
                    (lower[left] * (1 - fu) + lower[right] * fu) * fv;
            }
    }
}

/* Twigs, wires, cracks, hair: thin curved lines over whatever is there. */
static void twigs(struct scene *scene)
{
    const int count = 5 + scene_below(scene, 60);
    for (int i = 0; i < count; i++) {
        float x = scene_between(scene, 0, (float)scene->width_px),
              y = scene_between(scene, 0, (float)scene->height_px);
        float angle = scene_between(scene, 0, 6.2832f), bend = scene_between(scene, -0.08f, 0.08f);
        const float value = scene_between(scene, 0, 255), radius = scene_between(scene, 0.7f, 3);
        const int length = 10 + scene_below(scene, 120);
        for (int step = 0; step < length; step++) {
            const struct leaf dot = {.x = x, .y = y, .a = radius, .b = radius, .c = 1, .value = value};
            paint_leaf(scene, &dot);
            x += cosf(angle), y += sinf(angle);
            bend += scene_between(scene, -0.03f, 0.03f);
            bend = bend < -0.15f ? -0.15f : bend > 0.15f ? 0.15f : bend;
            angle += bend;
        }
    }
}

void scene_clutter(struct scene *scene)
{
    static void (*const kinds[])(struct scene * scene) = {
        pile_of_leaves, pile_of_leaves, pile_of_leaves, noise_field, noise_field, few_shapes, board};
    kinds[scene_below(scene, (int)(sizeof kinds / sizeof *kinds))](scene);
    if (scene_chance(scene, 0.3f))
        twigs(scene);
}
