#include "vision/normalise.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "vision/clones.h"

#define SIDE            NORMALISE_SIDE_PX
#define FRAME_SIDE_MOST 16384 /* longest side of a region: that of a picture */
#define STROKE_PX       1.8f  /* thinner strokes, measured in the 20-pixel box, are widened to this */

/* One axis of the resampling: which source pixels an output pixel averages. */
struct axis {
    float scale;  /* output pixels a source pixel is wide */
    float offset; /* where source pixel 0 begins */
    float reach;  /* width of the average, in output pixels, >= 1 */
};

enum { LANES = 16 }; /* pixels worked on together */

/* What a picture of ink is measured by. */
struct measures {
    float stroke_px;   /* mean width of its strokes */
    float x_px, y_px;  /* centre of mass */
};

/* The stroke's width: a line of length L and width w has area L * w and, with its two sides, an edge of 2 * L; the edge
 * is measured as total variation, which anti-aliasing does not change. */
CLONED static struct measures measure(struct gray_view ink)
{
    /* With a blank pixel before the first, and blank ones after the last. */
    uint8_t rows[2][FRAME_SIDE_MOST + 2 * LANES];
    float edge[FRAME_SIDE_MOST + LANES]; /* by columns, so that they can be added up side by side */
    const int w = ink.width_px, wide = (w + 1 + LANES - 1) / LANES * LANES;
    uint8_t *above = rows[0], *here = rows[1];
    double area = 0, sum_x = 0, sum_y = 0;
    memset(above, 0, (size_t)wide + 1);
    memset(here, 0, (size_t)wide + 1);
    memset(edge, 0, (size_t)wide * sizeof *edge);
    for (int y = 0; y <= ink.height_px; y++) {
        if (y < ink.height_px)
            memcpy(here + 1, ink.pixels + (size_t)y * ink.stride_bytes, (size_t)w);
        else
            memset(here + 1, 0, (size_t)w);
        uint32_t mass = 0, moment = 0;
        for (int from = 0; from < wide; from += LANES) {
            CLONED_LOOP
            for (int x = from; x < from + LANES; x++) {
                const int dx = here[x + 1] - here[x], dy = here[x + 1] - above[x + 1];
                edge[x] += sqrtf((float)(dx * dx + dy * dy));
            }
            for (int x = from; x < from + LANES; x++) {
                mass += here[x + 1];
                moment += here[x + 1] * (uint32_t)x;
            }
        }
        area += mass;
        sum_x += moment;
        sum_y += (double)mass * y;
        uint8_t *const next = above;
        above = here;
        here = next;
    }
    double length = 0;
    for (int x = 0; x <= w; x++)
        length += edge[x];
    return (struct measures){
        .stroke_px = length > 0 ? (float)(2 * area / length) : 0,
        .x_px = area > 0 ? (float)(sum_x / area) + 0.5f : (float)w / 2,
        .y_px = area > 0 ? (float)(sum_y / area) + 0.5f : (float)ink.height_px / 2,
    };
}

CLONED_INLINE float larger(float a, float b)
{
    return a > b ? a : b;
}

CLONED_INLINE float smaller(float a, float b)
{
    return a < b ? a : b;
}

/* Share of output pixel `to`, widened to its reach, that source pixel `from` covers. */
CLONED_INLINE float cover(const struct axis *axis, int to, int from)
{
    const float middle = (float)to + 0.5f;
    const float low = larger(middle - axis->reach / 2, (float)from * axis->scale + axis->offset);
    const float high = smaller(middle + axis->reach / 2, (float)(from + 1) * axis->scale + axis->offset);
    return high > low ? (high - low) / axis->reach : 0;
}

/* Where an output pixel begins or ends in a source row: whole pixels, and the share of the next one. */
struct bound {
    int whole;
    float part;
};

static struct bound bound_at(const struct axis *axis, float position, int count)
{
    const float source = (position - axis->offset) / axis->scale;
    if (source <= 0)
        return (struct bound){0, 0};
    if (source >= (float)count)
        return (struct bound){count - 1, 1};
    return (struct bound){(int)source, source - (float)(int)source};
}

/* Where all output pixels of a row begin, or end. */
struct bounds {
    int whole[SIDE];
    float part[SIDE];
};

static struct bounds bounds_at(const struct axis *axis, float aside, int count)
{
    struct bounds bounds;
    for (int o = 0; o < SIDE; o++) {
        const struct bound at = bound_at(axis, (float)o + 0.5f + aside, count);
        bounds.whole[o] = at.whole;
        bounds.part[o] = at.part;
    }
    return bounds;
}

/* Ink left of each bound; `before[i]` is the ink of the pixels before i, which a float holds exactly. */
CLONED_INLINE void ink_before(const int *before, const struct bounds *restrict at, float *restrict ink)
{
    int two[SIDE][2]; /* sums before and behind the pixel the bound lies in */
    for (int o = 0; o < SIDE; o++)
        memcpy(two[o], before + at->whole[o], sizeof two[o]);
    for (int o = 0; o < SIDE; o++)
        ink[o] = (float)two[o][0] + at->part[o] * (float)(two[o][1] - two[o][0]);
}

/* field[28][28] = `ink` resampled along both axes; 0..255. Each row once: its running sum gives the mean over
 * any stretch as a difference. */
CLONED static void resample(struct gray_view ink, const struct axis *across, const struct axis *down,
                            float *restrict field)
{
    const struct bounds from = bounds_at(across, -across->reach / 2, ink.width_px);
    const struct bounds to = bounds_at(across, across->reach / 2, ink.width_px);
    int before[FRAME_SIDE_MOST + 1];
    float strip[SIDE], before_from[SIDE], before_to[SIDE];
    memset(field, 0, sizeof(float) * SIDE * SIDE);
    for (int y = 0; y < ink.height_px; y++) {
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        before[0] = 0;
        for (int x = 0, sum = 0; x < ink.width_px; x++)
            before[x + 1] = sum += row[x];
        ink_before(before, &from, before_from);
        ink_before(before, &to, before_to);
        for (int o = 0; o < SIDE; o++)
            strip[o] = (before_to[o] - before_from[o]) * across->scale / across->reach;
        /* The output rows this one may reach: those whose middle lies within half the reach of it. */
        const float top = (float)y * down->scale + down->offset - down->reach / 2 - 1.5f;
        const float bottom = (float)(y + 1) * down->scale + down->offset + down->reach / 2 + 0.5f;
        for (int o = top > 0 ? (int)top : 0; o < SIDE && (float)o <= bottom; o++) {
            const float weight = cover(down, o, y);
            if (weight > 0)
                for (int x = 0; x < SIDE; x++)
                    field[o * SIDE + x] += weight * strip[x];
        }
    }
}

/* What a full stroke looks like in the field: the 85th percentile of everything darker than a quarter of the
 * peak. The peak itself lies where strokes cross. */
CLONED static float full_stroke(const float *field)
{
    int histogram[257] = {0}, total = 0, highest = 0;
    for (int i = 0; i < SIDE * SIDE; i++) { /* none is negative, so they are in the order of their bits */
        int bits;
        memcpy(&bits, field + i, sizeof bits);
        highest = bits > highest ? bits : highest;
    }
    float peak;
    memcpy(&peak, &highest, sizeof peak);
    if (peak <= 0)
        return 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        if (field[i] > peak / 4) {
            histogram[(int)(field[i] / peak * 256)]++;
            total++;
        }
    int above = 0, level = 256;
    while (level > 0 && (above += histogram[level]) * 100 < total * 15)
        level--;
    return peak * (float)level / 256;
}

CLONED_INLINE float within(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* The field as bytes, each `gain` times as strong. */
CLONED static void quantise(const float *restrict field, float gain, uint8_t *restrict crop)
{
    for (int i = 0; i < SIDE * SIDE; i++)
        crop[i] = (uint8_t)(int)within(field[i] * gain + 0.5f, 0, 255);
}

void normalise_ink(struct gray_view ink, uint8_t *crop)
{
    assert(ink.width_px > 0 && ink.height_px > 0 && ink.width_px <= FRAME_SIDE_MOST);
    const int longer = ink.width_px > ink.height_px ? ink.width_px : ink.height_px;
    const float scale = (float)NORMALISE_BOX_PX / (float)longer;
    const float w = scale * (float)ink.width_px, h = scale * (float)ink.height_px;

    /* Averaging over one output pixel when shrinking; over one source pixel when enlarging, which makes it
     * linear interpolation; and over more where the strokes would come out thinner than handwriting ever is
     * in MNIST. */
    const struct measures of = measure(ink);
    const float thin = STROKE_PX - of.stroke_px * scale;
    const float reach = larger(larger(1, scale), thin > 0 ? 1 + thin : 1);

    const struct axis across = {scale, within(SIDE / 2.0f - of.x_px * scale, 0, SIDE - w), reach};
    const struct axis down = {scale, within(SIDE / 2.0f - of.y_px * scale, 0, SIDE - h), reach};

    float field[SIDE * SIDE];
    resample(ink, &across, &down, field);
    const float full = full_stroke(field);
    const float gain = full > 0 ? 255 / full : 0;
    quantise(field, gain, crop);
}
