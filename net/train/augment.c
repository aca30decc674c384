#include "net/train/augment.h"

#include <math.h>
#include <string.h>

#include "net/net.h"
#include "net/train/field.h"
#include "vision/clones.h"
#include "vision/normalise.h"

#define SIDE      NET_SIDE_PX
#define FIELD_SIDE       64 /* side of the field it is redrawn on, at twice the scale */
#define KNOTS     6  /* of the wobble, in each direction */
#define INK_LEAST 40 /* gray levels that count when the ink's box is taken */

/* ---- geometry ---- */

/* Where a place of the big field comes from in the picture. */
struct warp {
    float xx, xy, yx, yy; /* from the field's middle, in picture pixels per field pixel */
    float dx[KNOTS][KNOTS],
        dy[KNOTS][KNOTS]; /* wobble in picture pixels, between the knots by cubic splines */
};

static void random_warp(struct warp *warp, float strength, struct pen_random *random)
{
    const float turn = pen_random_normal(random, 0, 0.11f * strength);
    const float slant = pen_random_normal(random, 0, 0.17f * strength);
    const float aspect = expf(pen_random_normal(random, 0, 0.13f * strength));
    const float size = expf(field_between(random, 0.06f * strength));
    const float c = cosf(turn), s = sinf(turn), step = 0.5f / size;
    /* turn * slant * aspect, as the way back from the field to the picture */
    warp->xx = step * c * aspect, warp->xy = step * (s + slant * c) * aspect;
    warp->yx = step * -s / aspect, warp->yy = step * (c - slant * s) / aspect;
    const float wobble = strength * pen_random_uniform(random, 0.1f, 1.0f);
    for (int j = 0; j < KNOTS; j++)
        for (int i = 0; i < KNOTS; i++) {
            warp->dx[j][i] = pen_random_normal(random, 0, wobble);
            warp->dy[j][i] = pen_random_normal(random, 0, wobble);
        }
}

/* Uniform cubic B-spline weights. */
static void spline(float t, float weight[4])
{
    const float u = 1 - t;
    weight[0] = u * u * u / 6;
    weight[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
    weight[2] = (3 * u * u * u - 6 * u * u + 4) / 6;
    weight[3] = t * t * t / 6;
}

#define PADDED (SIDE + 4) /* the picture with an empty rim, so that no corner of a sample lies outside */

/* One row of samples between the pixels, at the places (x, y) of the picture. */
CLONED static void sample_row(const float *padded, const float *x, const float *y, float *out)
{
    CLONED_LOOP
    for (int i = 0; i < FIELD_SIDE; i++) {
        const float right = x[i] < -1.5f ? 0.5f : x[i] > SIDE + 0.5f ? SIDE + 2.5f : x[i] + 2;
        const float below = y[i] < -1.5f ? 0.5f : y[i] > SIDE + 0.5f ? SIDE + 2.5f : y[i] + 2;
        const int column = (int)right, row = (int)below, at = row * PADDED + column;
        const float fx = right - (float)column, fy = below - (float)row;
        const float upper = padded[at] * (1 - fx) + padded[at + 1] * fx;
        const float lower = padded[at + PADDED] * (1 - fx) + padded[at + PADDED + 1] * fx;
        out[i] = upper * (1 - fy) + lower * fy;
    }
}

/* Where the samples of row `row` of the field come from. bend_x and bend_y: the wobble of this row at the
 * knots. */
CLONED static void place_row(const struct warp *warp, int row, const float weight[4][FIELD_SIDE], const int *knot,
                             const float *bend_x, const float *bend_y, float *x, float *y)
{
    const float middle = SIDE / 2.0f - 0.5f, v = (float)row + 0.5f - FIELD_SIDE / 2.0f;
    CLONED_LOOP
    for (int i = 0; i < FIELD_SIDE; i++) {
        const float u = (float)i + 0.5f - FIELD_SIDE / 2.0f;
        const float *near_x = bend_x + knot[i], *near_y = bend_y + knot[i];
        x[i] = middle + warp->xx * u + warp->xy * v + weight[0][i] * near_x[0] + weight[1][i] * near_x[1] +
               weight[2][i] * near_x[2] + weight[3][i] * near_x[3];
        y[i] = middle + warp->yx * u + warp->yy * v + weight[0][i] * near_y[0] + weight[1][i] * near_y[1] +
               weight[2][i] * near_y[2] + weight[3][i] * near_y[3];
    }
}

static void redraw(const struct warp *warp, const uint8_t *picture, struct field *field)
{
    const float cell = (float)FIELD_SIDE / (KNOTS - 3);
    float padded[PADDED * PADDED] = {0}, weight[4][FIELD_SIDE], x[FIELD_SIDE], y[FIELD_SIDE];
    int knot[FIELD_SIDE];
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++)
            padded[(row + 2) * PADDED + column + 2] = picture[row * SIDE + column];
    for (int i = 0; i < FIELD_SIDE; i++) {
        float mine[4];
        knot[i] = (int)((float)i / cell);
        spline((float)i / cell - (float)knot[i], mine);
        for (int k = 0; k < 4; k++)
            weight[k][i] = mine[k];
    }
    for (int row = 0; row < FIELD_SIDE; row++) {
        float bend_x[KNOTS] = {0}, bend_y[KNOTS] = {0};
        for (int i = 0; i < KNOTS; i++)
            for (int k = 0; k < 4; k++) {
                bend_x[i] += weight[k][row] * warp->dx[knot[row] + k][i];
                bend_y[i] += weight[k][row] * warp->dy[knot[row] + k][i];
            }
        place_row(warp, row, (const float(*)[FIELD_SIDE])weight, knot, bend_x, bend_y, x, y);
        sample_row(padded, x, y, field->at[row]);
    }
}

/* ---- strokes ---- */

/* One step of gray dilation (or erosion) with a cross, of which `share` is taken; half a picture pixel on
 * each side. */
CLONED static void spread(struct field *field, bool wider, float share)
{
    const struct field old = *field;
    const float sign = wider ? 1 : -1; /* the least is the largest of the negatives */
    for (int y = 1; y < FIELD_SIDE - 1; y++)
        for (int x = 1; x < FIELD_SIDE - 1; x++) {
            const float here = sign * old.at[y][x], up = sign * old.at[y - 1][x],
                        down = sign * old.at[y + 1][x];
            const float left = sign * old.at[y][x - 1], right = sign * old.at[y][x + 1];
            const float column = up > down ? up : down, row = left > right ? left : right;
            float best = column > row ? column : row;
            best = best > here ? best : here;
            field->at[y][x] += share * (sign * best - old.at[y][x]);
        }
}

static float mass(const struct field *field)
{
    float sum = 0;
    for (int y = 0; y < FIELD_SIDE; y++)
        for (int x = 0; x < FIELD_SIDE; x++)
            sum += field->at[y][x];
    return sum;
}

static void change_thickness(struct field *field, float strength, struct pen_random *random)
{
    float steps = pen_random_uniform(random, -1.7f, 2.8f) * strength;
    const float before = mass(field);
    while (fabsf(steps) > 0.05f) {
        const struct field old = *field;
        spread(field, steps > 0, fminf(fabsf(steps), 1));
        if (mass(field) < 0.4f * before) { /* a thin stroke is about to vanish */
            *field = old;
            return;
        }
        steps = steps > 0 ? fmaxf(steps - 1, 0) : fminf(steps + 1, 0);
    }
}

/* As a digit of few pixels looks once it is enlarged: the field on a grid of `side` cells, and back between
 * them. */
static void coarsen(struct field *field, int side)
{
    float cells[FIELD_SIDE][FIELD_SIDE] = {{0}};
    const float scale = (float)FIELD_SIDE / (float)side;
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) { /* the mean of a cell */
            const int x0 = (int)((float)x * scale), x1 = (int)((float)(x + 1) * scale);
            const int y0 = (int)((float)y * scale), y1 = (int)((float)(y + 1) * scale);
            for (int j = y0; j < y1; j++)
                for (int i = x0; i < x1; i++)
                    cells[y][x] += field->at[j][i];
            cells[y][x] /= (float)((x1 - x0) * (y1 - y0));
        }
    for (int y = 0; y < FIELD_SIDE; y++)
        for (int x = 0; x < FIELD_SIDE; x++) {
            const float u = fminf(fmaxf(((float)x + 0.5f) / scale - 0.5f, 0), (float)side - 1.001f);
            const float v = fminf(fmaxf(((float)y + 0.5f) / scale - 0.5f, 0), (float)side - 1.001f);
            const float fx = u - floorf(u), fy = v - floorf(v);
            const float *upper = &cells[(int)v][(int)u], *lower = upper + FIELD_SIDE;
            field->at[y][x] =
                (upper[0] * (1 - fx) + upper[1] * fx) * (1 - fy) + (lower[0] * (1 - fx) + lower[1] * fx) * fy;
        }
}

/* Steeper edges, as a threshold leaves them. */
static void harden(struct field *field, float gain, float middle)
{
    for (int y = 0; y < FIELD_SIDE; y++)
        for (int x = 0; x < FIELD_SIDE; x++) {
            const float value = (field->at[y][x] - middle) * gain + 128;
            field->at[y][x] = value < 0 ? 0 : value > 255 ? 255 : value;
        }
}

/* ---- damage ---- */

/* A piece of a ruled line that was taken for ink, crossing or touching the digit. Upright it is short: one as high as
 * the digit would be a 1 beside it. */
static void add_rule(struct field *field, struct pen_random *random)
{
    const bool across = field_chance(random, 0.7f);
    const int at = 12 + pen_random_below(random, FIELD_SIDE - 24), width = 1 + pen_random_below(random, 3);
    const int from = across ? pen_random_below(random, FIELD_SIDE / 2) : 12 + pen_random_below(random, FIELD_SIDE - 32);
    const int length = 6 + pen_random_below(random, across ? 40 : 8);
    const float ink = pen_random_uniform(random, 90, 255);
    for (int i = from; i < from + length && i < FIELD_SIDE - 8; i++)
        for (int w = 0; w < width; w++) {
            float *pixel = across ? &field->at[at + w][i] : &field->at[i][at + w];
            *pixel = fmaxf(*pixel, ink);
        }
}

/* A strip where the pen did not touch or the threshold lost the stroke. */
static void add_gap(struct field *field, struct pen_random *random)
{
    const float angle = pen_random_uniform(random, 0, 3.1416f), c = cosf(angle), s = sinf(angle);
    const float at = pen_random_normal(random, 0, 10), half = pen_random_uniform(random, 0.5f, 1.6f);
    const float left = pen_random_uniform(random, 0, 0.4f);
    const float side_from = field_between(random, 15), side_to = side_from + pen_random_uniform(random, 4, 14);
    for (int y = 0; y < FIELD_SIDE; y++)
        for (int x = 0; x < FIELD_SIDE; x++) {
            const float u = (float)x - FIELD_SIDE / 2.0f, v = (float)y - FIELD_SIDE / 2.0f, along = -u * s + v * c;
            if (fabsf(u * c + v * s - at) < half && along > side_from && along < side_to)
                field->at[y][x] *= left;
        }
}

static void add_noise(struct field *field, struct pen_random *random)
{
    const float strength = pen_random_uniform(random, 5, 60);
    for (int y = 0; y < FIELD_SIDE; y++)
        for (int x = 0; x < FIELD_SIDE; x++)
            if (field->at[y][x] > 20) {
                const float value = field->at[y][x] + field_between(random, strength);
                field->at[y][x] = value < 0 ? 0 : value > 255 ? 255 : value;
            }
}

/* ---- back to 28 x 28 ---- */

static bool ink_box(const struct field *field, struct box *box)
{
    int left = FIELD_SIDE, top = FIELD_SIDE, right = -1, bottom = -1;
    for (int y = 0; y < FIELD_SIDE; y++)
        for (int x = 0; x < FIELD_SIDE; x++)
            if (field->at[y][x] > INK_LEAST) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y;
            }
    *box = (struct box){left, top, right - left + 1, bottom - top + 1};
    return right >= 0;
}

static bool bring_back(const struct field *field, uint8_t *out)
{
    struct box box;
    if (!ink_box(field, &box))
        return false;
    uint8_t ink[FIELD_SIDE * FIELD_SIDE];
    for (int y = 0; y < FIELD_SIDE; y++)
        for (int x = 0; x < FIELD_SIDE; x++)
            ink[y * FIELD_SIDE + x] = (uint8_t)(field->at[y][x] + 0.5f);
    normalise_ink((struct gray_view){ink + box.y * FIELD_SIDE + box.x, box.w, box.h, FIELD_SIDE}, out);
    return true;
}

/* The middle of the field as it is, at half the size. */
static void shrink(const struct field *field, uint8_t *out)
{
    const int margin = FIELD_MARGIN;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const float *upper = &field->at[margin + 2 * y][margin + 2 * x], *lower = upper + FIELD_SIDE;
            out[y * SIDE + x] = (uint8_t)((upper[0] + upper[1] + lower[0] + lower[1]) / 4 + 0.5f);
        }
}

void augment_picture(const struct augment_style *style, struct pen_random *random, const uint8_t *in,
                     uint8_t *out)
{
    struct warp warp;
    struct field field;
    const bool raw = field_chance(random, style->raw);
    random_warp(&warp, style->geometry, random);
    redraw(&warp, in, &field);
    if (field_chance(random, 0.15f * style->thickness))
        field_redraw_by_pen(&field, pen_random_uniform(random, 1.6f, 5));
    else if (field_chance(random, 0.6f))
        change_thickness(&field, style->thickness, random);
    if (field_chance(random, 0.3f * style->damage))
        field_blur(&field, pen_random_uniform(random, 0.3f, 1));
    if (field_chance(random, 0.12f * style->damage))
        coarsen(&field, 14 + pen_random_below(random, 20)); /* 9 to 20 pixels for what is 20 high */
    if (field_chance(random, 0.25f * style->damage))
        harden(&field, pen_random_uniform(random, 1.2f, 5), pen_random_uniform(random, 70, 150));
    if (field_chance(random, 0.06f * style->damage))
        add_rule(&field, random);
    if (field_chance(random, 0.10f * style->damage))
        add_gap(&field, random);
    if (field_chance(random, 0.10f * style->damage))
        add_noise(&field, random);
    if (raw)
        field_soil(&field, style->dirt, random);
    uint8_t made[NET_PIXELS];
    bool any = true;
    if (raw)
        shrink(&field, made);
    else
        any = bring_back(&field, made);
    memmove(out, any ? made : in, NET_PIXELS);
}
