/* corrupt.c - one function for each corruption, on pictures of 28 x 28 floats from 0 (black) to 1. How strong
 * each one is follows MNIST-C, but for the rotation, which is anything up to twenty degrees. */
#include "net/train/corrupt.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "capture/pen.h"
#include "net/net.h"

enum { SIDE = NET_SIDE_PX, PIXELS = NET_PIXELS };
#define MIDDLE ((SIDE - 1) / 2.0f)

/* ---- tools ---- */

/* 0 outside. */
static float pixel_at(const float *picture, int x, int y)
{
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : picture[y * SIDE + x];
}

static float between_pixels(const float *picture, float x, float y)
{
    const float left = floorf(x), top = floorf(y), right_share = x - left, low_share = y - top;
    const int column = (int)left, row = (int)top;
    const float above =
        pixel_at(picture, column, row) * (1 - right_share) + pixel_at(picture, column + 1, row) * right_share;
    const float below = pixel_at(picture, column, row + 1) * (1 - right_share) +
                        pixel_at(picture, column + 1, row + 1) * right_share;
    return above * (1 - low_share) + below * low_share;
}

/* Every pixel is fetched from where the matrix {a, b; c, d} about the middle takes it. */
static void warp(float *picture, float a, float b, float c, float d)
{
    float from[PIXELS];
    memcpy(from, picture, sizeof from);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const float right = (float)x - MIDDLE, down = (float)y - MIDDLE;
            picture[y * SIDE + x] =
                between_pixels(from, MIDDLE + a * right + b * down, MIDDLE + c * right + d * down);
        }
}

/* One direction of a Gaussian; the edge is repeated outwards. */
static void blur_along(float *picture, float sigma, int step_x, int step_y)
{
    float from[PIXELS];
    const int reach = (int)ceilf(3 * sigma);
    memcpy(from, picture, sizeof from);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float sum = 0, weights = 0;
            for (int i = -reach; i <= reach; i++) {
                const float weight = expf(-(float)(i * i) / (2 * sigma * sigma));
                int column = x + i * step_x, row = y + i * step_y;
                column = column < 0 ? 0 : column >= SIDE ? SIDE - 1 : column;
                row = row < 0 ? 0 : row >= SIDE ? SIDE - 1 : row;
                sum += weight * from[row * SIDE + column];
                weights += weight;
            }
            picture[y * SIDE + x] = sum / weights;
        }
}

static void blur(float *picture, float sigma)
{
    blur_along(picture, sigma, 1, 0);
    blur_along(picture, sigma, 0, 1);
}

static float either_sign(struct pen_random *random, float value)
{
    return pen_random_below(random, 2) ? value : -value;
}

/* How much ink a line of one pixel's width from x0, y0 to x1, y1 leaves on a pixel. */
static float ink_of_line(float x, float y, float x0, float y0, float x1, float y1)
{
    const float along_x = x1 - x0, along_y = y1 - y0, square = along_x * along_x + along_y * along_y;
    float share = square > 0 ? ((x - x0) * along_x + (y - y0) * along_y) / square : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    const float distance = hypotf(x - x0 - share * along_x, y - y0 - share * along_y);
    return distance < 1 ? 1 - distance : 0;
}

/* `period` > 0: of so many columns only the second half gets ink. */
static void draw_line(float *picture, float x0, float y0, float x1, float y1, int period)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            if (period == 0 || x % period >= period / 2)
                picture[y * SIDE + x] += ink_of_line((float)x, (float)y, x0, y0, x1, y1);
}

/* ---- noise ---- */

/* How many of a stream of events that brings `mean` on average come (Knuth's way, for small means). */
static int events(struct pen_random *random, float mean)
{
    const float limit = expf(-mean);
    int count = 0;
    for (float product = pen_random_uniform(random, 0, 1); product > limit; count++)
        product *= pen_random_uniform(random, 0, 1);
    return count;
}

static void shot_noise(float *picture, struct pen_random *random)
{
    const float photons = 3; /* on a white pixel */
    for (int i = 0; i < PIXELS; i++)
        picture[i] = (float)events(random, picture[i] * photons) / photons;
}

static void impulse_noise(float *picture, struct pen_random *random)
{
    for (int i = 0; i < PIXELS; i++)
        if (pen_random_uniform(random, 0, 1) < 0.17f)
            picture[i] = (float)pen_random_below(random, 2);
}

/* ---- blur ---- */

/* Pixels change places with one above or to the left, between two slight blurs. */
static void glass_blur(float *picture, struct pen_random *random)
{
    blur(picture, 0.7f);
    for (int turn = 0; turn < 2; turn++)
        for (int y = SIDE - 2; y > 0; y--)
            for (int x = SIDE - 2; x > 0; x--) {
                float *here = &picture[y * SIDE + x];
                float *there = here - pen_random_below(random, 2) * SIDE - pen_random_below(random, 2);
                const float kept = *here;
                *here = *there;
                *there = kept;
            }
    blur(picture, 0.7f);
}

/* Smeared to one side, ever fainter. */
static void motion_blur(float *picture, struct pen_random *random)
{
    const float sigma = 3, angle = pen_random_uniform(random, -(float)M_PI / 4, (float)M_PI / 4);
    float from[PIXELS];
    memcpy(from, picture, sizeof from);
    memset(picture, 0, sizeof from);
    float weights = 0;
    for (int i = 0; i <= 10; i++) {
        const float weight = expf(-(float)(i * i) / (2 * sigma * sigma)), way = (float)i;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                picture[y * SIDE + x] +=
                    weight * between_pixels(from, (float)x - way * cosf(angle), (float)y - way * sinf(angle));
        weights += weight;
    }
    for (int i = 0; i < PIXELS; i++)
        picture[i] /= weights;
}

/* ---- lines ---- */

static void zigzag(float *picture, struct pen_random *random)
{
    const float top = (float)pen_random_below(random, SIDE - 1);
    const float slope = (float)(pen_random_below(random, 10) - 5) / 23;
    float x = 2, y = top;
    for (int i = 0; i < 6; i++) { /* up and down by two pixels, four pixels a half wave */
        const float turn = 4 + 4 * (float)i, end = turn + 2 > 25 ? 25 : turn + 2;
        const float turn_y = top + (turn - 2) * slope + (i % 2 ? -2 : 2), end_y = top + (end - 2) * slope;
        draw_line(picture, x, y, turn, turn_y, 0);
        draw_line(picture, turn, turn_y, end, end_y, 0);
        x = end, y = end_y;
    }
}

static void dotted_line(float *picture, struct pen_random *random)
{
    const float left = (float)pen_random_below(random, SIDE - 1);
    const float right = (float)pen_random_below(random, SIDE - 1);
    draw_line(picture, 0, left, SIDE - 1, right, 4);
}

/* The outer quarters become negatives. */
static void stripe(float *picture, struct pen_random *random)
{
    (void)random;
    for (int i = 0; i < PIXELS; i++)
        if (i % SIDE < SIDE / 4 || i % SIDE >= SIDE - SIDE / 4)
            picture[i] = 1 - picture[i];
}

/* ---- shape ---- */

static void shear(float *picture, struct pen_random *random)
{
    warp(picture, 1, either_sign(random, 0.4f), 0, 1);
}

static void scale(float *picture, struct pen_random *random)
{
    (void)random;
    warp(picture, 1 / 0.7f, 0, 0, 1 / 0.7f);
}

static void rotate(float *picture, struct pen_random *random)
{
    const float angle = pen_random_uniform(random, -20, 20) * (float)M_PI / 180;
    warp(picture, cosf(angle), -sinf(angle), sinf(angle), cosf(angle));
}

/* ---- light and dirt ---- */

static void brightness(float *picture, struct pen_random *random)
{
    (void)random;
    for (int i = 0; i < PIXELS; i++)
        picture[i] += 0.5f;
}

/* Drops of gray mud, where smoothed noise is highest. */
static void spatter(float *picture, struct pen_random *random)
{
    float mud[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        mud[i] = pen_random_normal(random, 0.65f, 0.3f);
    blur(mud, 1);
    for (int i = 0; i < PIXELS; i++)
        mud[i] = mud[i] > 0.65f;
    blur(mud, 1.5f);
    for (int i = 0; i < PIXELS; i++)
        if (mud[i] >= 0.8f)
            picture[i] = picture[i] * (1 - mud[i]) + mud[i] * 63 / 255;
}

/* ---- the table ---- */

static const struct corruption {
    const char *name;
    void (*damage)(float *picture, struct pen_random *random);
} corruptions[] = {
    {"shot-noise", shot_noise}, {"impulse-noise", impulse_noise},
    {"glass-blur", glass_blur}, {"motion-blur", motion_blur},
    {"zigzag-line", zigzag},    {"dotted-line", dotted_line},
    {"stripe", stripe},         {"shear", shear},
    {"scale", scale},           {"rotate", rotate},
    {"brightness", brightness}, {"spatter", spatter},
};
enum { COUNT = sizeof corruptions / sizeof *corruptions };

const char *corrupt_name(int index)
{
    return index >= 0 && index < COUNT ? corruptions[index].name : NULL;
}

void corrupt_picture(int index, uint64_t seed, const uint8_t *from, uint8_t *to)
{
    struct pen_random random;
    float picture[PIXELS];
    pen_random_seed(&random, seed * COUNT + (uint64_t)index);
    pen_random_seed(&random,
                    pen_random_next(&random)); /* neighbouring seeds would give nearly one sequence */
    for (int i = 0; i < PIXELS; i++)
        picture[i] = (float)from[i] / 255;
    corruptions[index].damage(picture, &random);
    for (int i = 0; i < PIXELS; i++) {
        const float value = picture[i] < 0 ? 0 : picture[i] > 1 ? 1 : picture[i];
        to[i] = (uint8_t)(value * 255 + 0.5f);
    }
}
