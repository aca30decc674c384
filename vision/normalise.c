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

/* Mean width of the strokes: a line of length L and width w has area L * w and, with its two sides, an edge
 * of 2 * L; the edge is measured as total variation, which anti-aliasing does not change. */
CLONED static float stroke_width(struct gray_view ink)
{
    uint8_t rows[2][FRAME_SIDE_MOST + 2]; /* with a blank pixel at both ends */
    float edge[FRAME_SIDE_MOST + 1];      /* by columns, so that they can be added up side by side */
    const int w = ink.width_px;
    uint8_t *above = rows[0], *here = rows[1];
    uint64_t area = 0;
    memset(above, 0, (size_t)w + 2);
    memset(edge, 0, ((size_t)w + 1) * sizeof *edge);
    for (int y = 0; y <= ink.height_px; y++) {
        here[0] = here[w + 1] = 0;
        if (y < ink.height_px)
            memcpy(here + 1, ink.pixels + (size_t)y * ink.stride_bytes, (size_t)w);
        else
            memset(here, 0, (size_t)w + 2);
        uint32_t sum = 0;
        CLONED_LOOP
        for (int x = 0; x <= w; x++) {
            const int dx = here[x + 1] - here[x], dy = here[x + 1] - above[x + 1];
            edge[x] += sqrtf((float)(dx * dx + dy * dy));
            sum += here[x + 1];
        }
        area += sum;
        uint8_t *const next = above;
        above = here;
        here = next;
    }
    double length = 0;
    for (int x = 0; x <= w; x++)
        length += edge[x];
    return length > 0 ? (float)(2 * (double)area / length) : 0;
}

CLONED static void centre_of_mass(struct gray_view ink, float *x_px, float *y_px)
{
    double sum = 0, sum_x = 0, sum_y = 0;
    for (int y = 0; y < ink.height_px; y++) {
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        uint32_t mass = 0, moment = 0;
        for (int x = 0; x < ink.width_px; x++) {
            mass += row[x];
            moment += row[x] * (uint32_t)x;
        }
        sum += mass;
        sum_x += moment;
        sum_y += (double)mass * y;
    }
    *x_px = sum > 0 ? (float)(sum_x / sum) + 0.5f : (float)ink.width_px / 2;
    *y_px = sum > 0 ? (float)(sum_y / sum) + 0.5f : (float)ink.height_px / 2;
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

/* Ink left of a bound; `before[i]` is the ink of the pixels before i. */
CLONED_INLINE float ink_before(const uint32_t *before, const uint8_t *row, struct bound bound)
{
    return (float)before[bound.whole] + bound.part * (float)row[bound.whole];
}

/* field[28][28] = `ink` resampled along both axes; 0..255. Each row once: its running sum gives the mean over
 * any stretch as a difference. */
CLONED static void resample(struct gray_view ink, const struct axis *across, const struct axis *down,
                            float *field)
{
    struct bound from[SIDE], to[SIDE];
    uint32_t before[FRAME_SIDE_MOST];
    float strip[SIDE];
    for (int o = 0; o < SIDE; o++) {
        from[o] = bound_at(across, (float)o + 0.5f - across->reach / 2, ink.width_px);
        to[o] = bound_at(across, (float)o + 0.5f + across->reach / 2, ink.width_px);
    }
    memset(field, 0, sizeof(float) * SIDE * SIDE);
    for (int y = 0; y < ink.height_px; y++) {
        const uint8_t *row = ink.pixels + (size_t)y * ink.stride_bytes;
        uint32_t sum = 0;
        for (int x = 0; x < ink.width_px; x++) {
            before[x] = sum;
            sum += row[x];
        }
        for (int o = 0; o < SIDE; o++)
            strip[o] = (ink_before(before, row, to[o]) - ink_before(before, row, from[o])) * across->scale /
                       across->reach;
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
static float full_stroke(const float *field)
{
    int histogram[257] = {0}, total = 0;
    float peak = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        peak = larger(peak, field[i]);
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

static float within(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
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
    const float thin = STROKE_PX - stroke_width(ink) * scale;
    const float reach = larger(larger(1, scale), thin > 0 ? 1 + thin : 1);

    float centre_x, centre_y;
    centre_of_mass(ink, &centre_x, &centre_y);
    const struct axis across = {scale, within(SIDE / 2.0f - centre_x * scale, 0, SIDE - w), reach};
    const struct axis down = {scale, within(SIDE / 2.0f - centre_y * scale, 0, SIDE - h), reach};

    float field[SIDE * SIDE];
    resample(ink, &across, &down, field);
    const float full = full_stroke(field);
    const float gain = full > 0 ? 255 / full : 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        crop[i] = (uint8_t)within(field[i] * gain + 0.5f, 0, 255);
}
