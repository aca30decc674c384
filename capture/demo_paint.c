#include "capture/demo_paint.h"

#include <math.h>
#include <string.h>

void demo_paint_inks(struct demo_ink_layer layers[DEMO_INKS], float painted_per_unit,
                     struct pen_random *random)
{
    static const float blues[3][3] = {{30, 54, 150}, {24, 42, 118}, {40, 44, 128}};
    static const float felts[3][3] = {{34, 33, 38}, {26, 30, 36}, {120, 28, 36}};
    static const float lead[3] = {72, 72, 78};
    const float least = 1.3f / fmaxf(painted_per_unit, 1e-3f); /* thinner lines would only get fainter */
    memset(layers, 0, DEMO_INKS * sizeof *layers);
    layers[DEMO_INK_BALLPOINT].kind = PEN_BALLPOINT;
    layers[DEMO_INK_BALLPOINT].width_units = fmaxf(least, pen_random_uniform(random, 3.6f, 4.4f));
    layers[DEMO_INK_BALLPOINT].darkness = 0.95f;
    memcpy(layers[DEMO_INK_BALLPOINT].rgb, blues[pen_random_below(random, 3)], sizeof layers[0].rgb);
    layers[DEMO_INK_FELT].kind = PEN_MARKER;
    layers[DEMO_INK_FELT].width_units = fmaxf(least, pen_random_uniform(random, 5.2f, 6.8f));
    layers[DEMO_INK_FELT].darkness = 0.96f;
    memcpy(layers[DEMO_INK_FELT].rgb, felts[pen_random_below(random, 3)], sizeof layers[0].rgb);
    layers[DEMO_INK_PENCIL].kind = PEN_PENCIL;
    layers[DEMO_INK_PENCIL].width_units = fmaxf(1.4f * least, pen_random_uniform(random, 4.0f, 4.8f));
    layers[DEMO_INK_PENCIL].darkness = 0.9f;
    memcpy(layers[DEMO_INK_PENCIL].rgb, lead, sizeof layers[0].rgb);
}

struct demo_light demo_paint_light(uint64_t seed, struct pen_random *random, float view_width,
                                   float view_height)
{
    static const enum demo_paper papers[3] = {DEMO_SQUARED, DEMO_PLAIN, DEMO_RULED};
    static const float woods[3][3] = {{124, 88, 60}, {96, 70, 52}, {150, 116, 84}};
    const float warmth = pen_random_uniform(random, 0.6f, 1.2f),
                turn = pen_random_uniform(random, 0, 6.2831853f);
    const float slope = pen_random_uniform(random, 0.06f, 0.13f);
    struct demo_light light = {.paper = papers[seed % 3],
                               .paper_rgb = {247, 247 - 3 * warmth, 247 - 15 * warmth},
                               .half_width = 0.512f * view_width + 6,
                               .half_height = 0.514f * view_height + 6,
                               .view_radius = 0.5f * hypotf(view_width, view_height)};
    light.vignette = pen_random_uniform(random, 0.08f, 0.14f);
    light.texture = (uint32_t)pen_random_next(random);
    light.slope_x = slope * cosf(turn);
    light.slope_y = slope * sinf(turn);
    memcpy(light.desk_rgb, woods[pen_random_below(random, 3)], sizeof light.desk_rgb);
    return light;
}

/* ---- texture ---- */

static float lattice(int x, int y, uint32_t seed)
{
    uint32_t hash = (uint32_t)x * 0x9E3779B1u ^ (uint32_t)y * 0x85EBCA77u ^ seed;
    hash = (hash ^ hash >> 15) * 0x2C1B3C6Du;
    hash ^= hash >> 12;
    return (float)(hash >> 7 & 1023) / 1023.0f;
}

/* Smooth noise, 0..1. */
static float smooth_noise(float x, float y, uint32_t seed)
{
    const float left = floorf(x), top = floorf(y);
    const int i = (int)left, j = (int)top;
    float u = x - left, v = y - top;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    const float above = lattice(i, j, seed) * (1 - u) + lattice(i + 1, j, seed) * u;
    const float below = lattice(i, j + 1, seed) * (1 - u) + lattice(i + 1, j + 1, seed) * u;
    return above * (1 - v) + below * v;
}

/* Share of a printed line's colour at a distance from it. */
static float printed(float distance_units, float half_width)
{
    const float inside = half_width + 0.5f - distance_units;
    return inside < 0 ? 0 : inside > 1 ? 1 : inside;
}

/* How far x is from the nearest multiple of the pitch. */
static float from_grid(float x, float pitch)
{
    return fabsf(x - pitch * floorf(x / pitch + 0.5f));
}

static void paper_colour(const struct demo_light *light, float x, float y, float rgb[3])
{
    static const float print[3] = {120, 150, 200}; /* pale blue */
    const float fibre = smooth_noise(x * 0.42f, y * 0.42f, light->texture) - 0.5f;
    const float cloud = smooth_noise(x * 0.02f, y * 0.02f, light->texture + 1) - 0.5f;
    const float shade = 1 + 0.016f * fibre + 0.02f * cloud;
    float line = 0;
    if (light->paper == DEMO_SQUARED)
        line = 0.26f * fmaxf(printed(from_grid(x + 13, 38), 0.35f), printed(from_grid(y + 7, 38), 0.35f));
    else if (light->paper == DEMO_RULED)
        line = 0.34f * printed(from_grid(y - 84, 48), 0.4f);
    for (int c = 0; c < 3; c++)
        rgb[c] = (light->paper_rgb[c] * (1 - line) + print[c] * line) * shade;
}

static void desk_colour(const struct demo_light *light, float x, float y, float rgb[3])
{
    const float grain = smooth_noise(x * 0.012f, y * 0.16f, light->texture + 2) - 0.5f;
    const float fine = smooth_noise(x * 0.05f, y * 0.7f, light->texture + 3) - 0.5f;
    for (int c = 0; c < 3; c++)
        rgb[c] = light->desk_rgb[c] * (1 + 0.28f * grain + 0.12f * fine);
}

/* Paper or desk at a place, with the shadow the sheet casts on the desk. */
static void ground_colour(const struct demo_light *light, float x, float y, float unit_px, float rgb[3])
{
    const float beyond = fmaxf(fabsf(x) - light->half_width, fabsf(y) - light->half_height);
    const float paper = 0.5f - beyond * unit_px;
    if (paper >= 1) {
        paper_colour(light, x, y, rgb);
        return;
    }
    desk_colour(light, x, y, rgb);
    const float shadow = 1 - 0.4f / (1 + 0.02f * fmaxf(0, beyond) * fmaxf(0, beyond));
    float sheet[3] = {0};
    if (paper > 0)
        paper_colour(light, x, y, sheet);
    for (int c = 0; c < 3; c++)
        rgb[c] = paper > 0 ? rgb[c] * shadow * (1 - paper) + sheet[c] * paper : rgb[c] * shadow;
}

/* ---- the picture ---- */

static void pixel_colour(const struct demo_page *page, const struct demo_ink_layer layers[DEMO_INKS],
                         const struct demo_light *light, int column, int row, float rgb[3])
{
    const float x = ((float)column + 0.5f - (float)page->width_px / 2) / page->painted_per_unit;
    const float y = ((float)row + 0.5f - (float)page->height_px / 2) / page->painted_per_unit;
    const float out = (x * x + y * y) / (light->view_radius * light->view_radius);
    const float bright =
        (1 - light->slope_x * x / light->view_radius - light->slope_y * y / light->view_radius) *
        (1 - light->vignette * out) * 0.93f;
    ground_colour(light, x, y, page->painted_per_unit, rgb);
    for (int i = 0; i < DEMO_INKS; i++) {
        const float cover =
            (float)layers[i].cover[(size_t)row * (size_t)page->width_px + (size_t)column] / 255.0f;
        if (cover > 0)
            for (int c = 0; c < 3; c++)
                rgb[c] += (layers[i].rgb[c] - rgb[c]) * cover;
    }
    for (int c = 0; c < 3; c++)
        rgb[c] = fminf(255, fmaxf(0, rgb[c] * bright));
}

static uint8_t to_byte(float value)
{
    return (uint8_t)(fminf(255, fmaxf(0, value)) + 0.5f);
}

/* BT.601, limited range. */
void demo_paint(struct demo_page *page, const struct demo_ink_layer layers[DEMO_INKS],
                const struct demo_light *light)
{
    const size_t width = (size_t)page->width_px;
    for (int row = 0; row < page->height_px; row += 2)
        for (int column = 0; column < page->width_px; column += 2) {
            float mean[3] = {0};
            for (int k = 0; k < 4; k++) {
                const int x = column + (k & 1), y = row + (k >> 1);
                float rgb[3];
                pixel_colour(page, layers, light, x, y, rgb);
                page->planes[0][(size_t)y * width + (size_t)x] =
                    to_byte(16 + 0.25679f * rgb[0] + 0.50413f * rgb[1] + 0.09791f * rgb[2]);
                for (int c = 0; c < 3; c++)
                    mean[c] += rgb[c] / 4;
            }
            const size_t at = (size_t)(row / 2) * (width / 2) + (size_t)(column / 2);
            page->planes[1][at] = to_byte(128 - 0.14822f * mean[0] - 0.29099f * mean[1] + 0.43922f * mean[2]);
            page->planes[2][at] = to_byte(128 + 0.43922f * mean[0] - 0.36779f * mean[1] - 0.07143f * mean[2]);
        }
}
