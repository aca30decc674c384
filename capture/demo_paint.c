#include "capture/demo_paint.h"

#include <math.h>
#include <string.h>

/* ---- pens ---- */

/* A set of pens: how each of the three is, from its thinnest to its widest. */
struct pen_set {
    enum pen_kind kind;
    float narrow, wide, darkness;
    float least; /* times the width under which a line only gets fainter */
    float rgb[3][3];
    int colours;
};

static const struct pen_set pen_sets[DEMO_PEN_SETS][DEMO_INKS] = {
    [DEMO_PENS] = {{PEN_BALLPOINT, 3.6f, 4.4f, 0.95f, 1, {{30, 54, 150}, {24, 42, 118}, {40, 44, 128}}, 3},
                   {PEN_MARKER, 5.2f, 6.8f, 0.96f, 1, {{34, 33, 38}, {26, 30, 36}, {120, 28, 36}}, 3},
                   {PEN_PENCIL, 4.0f, 4.8f, 0.9f, 1.4f, {{72, 72, 78}}, 1}},
    [DEMO_CHALKS] = {{PEN_CHALK, 6.2f, 7.4f, 0.95f, 1.5f, {{232, 233, 226}, {226, 228, 224}}, 2},
                     {PEN_CHALK, 7.4f, 8.8f, 0.95f, 1.5f, {{238, 214, 120}, {232, 176, 170}, {226, 226, 218}}, 3},
                     {PEN_CHALK, 5.6f, 6.6f, 0.9f, 1.5f, {{198, 220, 236}, {214, 216, 210}}, 2}},
    [DEMO_MARKERS] = {{PEN_MARKER, 5.4f, 6.4f, 0.93f, 1, {{28, 52, 140}, {24, 28, 34}}, 2},
                      {PEN_MARKER, 6.6f, 8.0f, 0.94f, 1, {{30, 30, 34}, {26, 34, 46}}, 2},
                      {PEN_MARKER, 5.4f, 6.4f, 0.9f, 1, {{176, 34, 38}, {24, 116, 66}}, 2}},
    [DEMO_PENCILS] = {{PEN_PENCIL, 3.8f, 4.4f, 0.86f, 1.4f, {{78, 78, 84}}, 1},
                      {PEN_PENCIL, 4.8f, 5.6f, 0.95f, 1.4f, {{66, 66, 70}}, 1},
                      {PEN_PENCIL, 3.6f, 4.2f, 0.62f, 1.4f, {{92, 92, 96}}, 1}},
};

void demo_paint_inks(struct demo_ink_layer layers[DEMO_INKS], enum demo_pens pens, float painted_per_unit,
                     struct pen_random *random)
{
    const float least = 1.3f / fmaxf(painted_per_unit, 1e-3f); /* thinner lines would only get fainter */
    memset(layers, 0, DEMO_INKS * sizeof *layers);
    for (int i = 0; i < DEMO_INKS; i++) {
        const struct pen_set *const set = &pen_sets[pens][i];
        layers[i].kind = set->kind;
        layers[i].width_units = fmaxf(set->least * least, pen_random_uniform(random, set->narrow, set->wide));
        layers[i].darkness = set->darkness;
        const int colour = set->colours > 1 ? pen_random_below(random, set->colours) : 0;
        memcpy(layers[i].rgb, set->rgb[colour], sizeof layers[i].rgb);
    }
}

/* ---- paper and light ---- */

/* What lies around a board, and the board itself; seeds choose among them. */
static const float blackboards[3][3] = {{42, 64, 54}, {34, 52, 45}, {46, 48, 50}};
static const float whiteboard[3] = {243, 246, 246}, aluminium[3] = {150, 152, 156};

static void light_print(struct demo_light *light, float bold)
{
    light->print.square_pitch = bold > 0 ? 30 : 38;
    light->print.square_share = 0.26f + 0.24f * bold;
    light->print.rule_pitch = bold > 0 ? DEMO_LINE_PITCH / 2 : 48;
    light->print.rule_share = 0.34f + 0.22f * bold;
    light->print.rule_at = bold > 0 ? DEMO_FIRST_LINE + 3 : 84;
    light->print.half_width = 0.25f * bold;
    light->print.margin_x = -0.86f * light->half_width;
    light->print.margin_share = 0.6f * bold;
}

static void light_board(struct demo_light *light, uint64_t seed, float glare, struct pen_random *random)
{
    const bool black = light->paper == DEMO_BLACKBOARD;
    memcpy(light->paper_rgb, black ? blackboards[seed % 3] : whiteboard, sizeof light->paper_rgb);
    if (!black)
        memcpy(light->desk_rgb, aluminium, sizeof light->desk_rgb);
    light->glare = 0.72f * glare;
    for (int i = 0; i < DEMO_LAMPS; i++) {
        const bool haze = i == DEMO_LAMPS - 1;
        light->lamps[i].x = light->half_width * pen_random_uniform(random, -0.7f, 0.6f);
        light->lamps[i].y = light->half_height * pen_random_uniform(random, -0.5f, 0.6f);
        light->lamps[i].wide = pen_random_uniform(random, haze ? 240 : 80, haze ? 320 : 140);
        light->lamps[i].high = pen_random_uniform(random, haze ? 160 : 44, haze ? 240 : 76);
    }
}

/* Its edge passes near the middle of the writing, more upright than level. */
static void light_shadow(struct demo_light *light, float strength, struct pen_random *random)
{
    const float turn = pen_random_uniform(random, -0.7f, 0.7f);
    const float side = pen_random_below(random, 2) == 0 ? 1 : -1;
    light->shadow = strength;
    light->shadow_x = side * cosf(turn);
    light->shadow_y = side * sinf(turn);
    light->shadow_d = light->view_radius * pen_random_uniform(random, -0.15f, 0.2f);
}

struct demo_light demo_paint_light(const struct demo_scene *scene, uint64_t seed, struct pen_random *random,
                                   float view_width, float view_height)
{
    static const enum demo_paper papers[3] = {DEMO_SQUARED, DEMO_PLAIN, DEMO_RULED};
    static const float woods[3][3] = {{124, 88, 60}, {96, 70, 52}, {150, 116, 84}};
    const float warmth = pen_random_uniform(random, 0.6f, 1.2f),
                turn = pen_random_uniform(random, 0, 6.2831853f);
    const float slope = pen_random_uniform(random, 0.06f, 0.13f);
    struct demo_light light = {.paper = scene->own_paper ? scene->paper : papers[seed % 3],
                               .paper_rgb = {247, 247 - 3 * warmth, 247 - 15 * warmth},
                               .half_width = 0.512f * view_width + 6,
                               .half_height = 0.514f * view_height + 6,
                               .view_radius = 0.5f * hypotf(view_width, view_height),
                               .exposure = 1 - scene->dark};
    light.vignette = pen_random_uniform(random, 0.08f, 0.14f);
    light.texture = (uint32_t)pen_random_next(random);
    light.slope_x = slope * cosf(turn);
    light.slope_y = slope * sinf(turn);
    memcpy(light.desk_rgb, woods[pen_random_below(random, 3)], sizeof light.desk_rgb);
    light_print(&light, scene->bold_print);
    if (light.paper == DEMO_BLACKBOARD || light.paper == DEMO_WHITEBOARD)
        light_board(&light, seed, scene->glare, random);
    if (scene->shadow > 0)
        light_shadow(&light, scene->shadow, random);
    if (scene->dark > 0) { /* one lamp to the side, and it is a yellow one */
        light.slope_x *= 2.2f;
        light.slope_y *= 2.2f;
        light.vignette *= 1.6f;
        light.paper_rgb[1] *= 0.95f;
        light.paper_rgb[2] *= 0.76f;
    }
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

/* A sheet of paper with what is printed on it. */
static void sheet_colour(const struct demo_light *light, float x, float y, float rgb[3])
{
    static const float print[3] = {120, 150, 200}, margin[3] = {206, 96, 104}; /* pale blue, red */
    const float fibre = smooth_noise(x * 0.42f, y * 0.42f, light->texture) - 0.5f;
    const float cloud = smooth_noise(x * 0.02f, y * 0.02f, light->texture + 1) - 0.5f;
    const float shade = 1 + 0.016f * fibre + 0.02f * cloud;
    const float thick = light->print.half_width;
    float line = 0, red = 0;
    if (light->paper == DEMO_SQUARED) {
        const float pitch = light->print.square_pitch;
        line = light->print.square_share * fmaxf(printed(from_grid(x + 13, pitch), 0.35f + thick),
                                                 printed(from_grid(y + 7, pitch), 0.35f + thick));
    } else if (light->paper == DEMO_RULED) {
        line = light->print.rule_share *
               printed(from_grid(y - light->print.rule_at, light->print.rule_pitch), 0.4f + thick);
        if (light->print.margin_share > 0)
            red = light->print.margin_share * printed(fabsf(x - light->print.margin_x), 0.8f);
    }
    for (int c = 0; c < 3; c++) {
        const float ground = light->paper_rgb[c] * (1 - line) + print[c] * line;
        rgb[c] = (red > 0 ? ground * (1 - red) + margin[c] * red : ground) * shade;
    }
}

/* A board wiped many times: clouds of chalk dust, or the ghosts of old felt pen, along the way of the sponge. */
static void board_colour(const struct demo_light *light, float x, float y, float rgb[3])
{
    const float cloud = smooth_noise(x * 0.008f, y * 0.011f, light->texture) - 0.5f;
    const float swipe = smooth_noise(x * 0.006f + y * 0.004f, y * 0.05f - x * 0.012f, light->texture + 1) - 0.4f;
    const float fine = smooth_noise(x * 0.5f, y * 0.5f, light->texture + 2) - 0.5f;
    for (int c = 0; c < 3; c++)
        if (light->paper == DEMO_BLACKBOARD)
            rgb[c] = light->paper_rgb[c] + 12 * cloud + 22 * fmaxf(0, swipe) + 5 * fine;
        else
            rgb[c] = light->paper_rgb[c] - 4 * fmaxf(0, cloud) - 7 * fmaxf(0, swipe) + 1.5f * fine;
}

static void paper_colour(const struct demo_light *light, float x, float y, float rgb[3])
{
    if (light->paper == DEMO_BLACKBOARD || light->paper == DEMO_WHITEBOARD)
        board_colour(light, x, y, rgb);
    else
        sheet_colour(light, x, y, rgb);
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

/* Share of white the lamps lay over a place of the board. */
static float glare_at(const struct demo_light *light, float x, float y)
{
    float most = 0;
    for (int i = 0; i < DEMO_LAMPS; i++) {
        const float u = (x - light->lamps[i].x) / light->lamps[i].wide;
        const float v = (y - light->lamps[i].y) / light->lamps[i].high, far = u * u + v * v;
        most = fmaxf(most, i < DEMO_LAMPS - 1 ? 1 / (1 + far * far * far) : 0.5f * expf(-far));
    }
    return light->glare * most;
}

/* Share of the light that is left of a shadow; its edge is a few units soft. */
static float shadow_at(const struct demo_light *light, float x, float y)
{
    const float within = (light->shadow_x * x + light->shadow_y * y - light->shadow_d) / 9 + 0.5f;
    return 1 - light->shadow * fminf(1, fmaxf(0, within));
}

static void pixel_colour(const struct demo_page *page, const struct demo_ink_layer layers[DEMO_INKS],
                         const struct demo_light *light, int column, int row, float rgb[3])
{
    const float x = ((float)column + 0.5f - (float)page->width_px / 2) / page->painted_per_unit;
    const float y = ((float)row + 0.5f - (float)page->height_px / 2) / page->painted_per_unit;
    const float out = (x * x + y * y) / (light->view_radius * light->view_radius);
    float bright =
        (1 - light->slope_x * x / light->view_radius - light->slope_y * y / light->view_radius) *
        (1 - light->vignette * out) * 0.93f;
    bright *= light->exposure;
    if (light->shadow > 0)
        bright *= shadow_at(light, x, y);
    const float glare = light->glare > 0 ? glare_at(light, x, y) : 0;
    ground_colour(light, x, y, page->painted_per_unit, rgb);
    for (int i = 0; i < DEMO_INKS; i++) {
        const float cover =
            (float)layers[i].cover[(size_t)row * (size_t)page->width_px + (size_t)column] / 255.0f;
        if (cover > 0)
            for (int c = 0; c < 3; c++)
                rgb[c] += (layers[i].rgb[c] - rgb[c]) * cover;
    }
    for (int c = 0; c < 3; c++) {
        rgb[c] = fminf(255, fmaxf(0, rgb[c] * bright));
        if (glare > 0)
            rgb[c] += (255 - rgb[c]) * glare;
    }
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
