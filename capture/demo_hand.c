#include "capture/demo_hand.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEFT        (-60.0f) /* edges of the picture of the hand, units from the tip of the pen */
#define TOP         (-110.0f)
#define RIGHT       500.0f
#define BOTTOM      820.0f
#define MOST_PIXELS (6.0f * 1000 * 1000)
#define JOINTS      5

/* A finger, an arm, a pen: a round body along a bent axis. */
struct limb {
    int joints;
    struct joint {
        float x, y, radius;
    } at[JOINTS];
    float rgb[3];
    float fade;  /* the last of it fades into what lies below, over so many units; 0: no */
    float shine; /* of the light's reflection */
    bool flat;   /* the first end is cut off, not round */
};

#define SKIN {224, 172, 140}

/* From the lowest to the uppermost. A right hand that writes, seen from above. */
static const struct limb limbs[] = {
    {3, {{176, 150, 46}, {238, 330, 44}, {262, 400, 48}}, SKIN, 0, 0.04f, false},                           /* forearm */
    {2, {{246, 352, 62}, {352, 900, 96}}, {58, 78, 110}, 0, 0.02f, true},                            /* sleeve */
    {2, {{240, 326, 64}, {246, 354, 65}}, {46, 63, 92}, 0.01f, 0.02f, true},                         /* its hem */
    {3, {{88, 122, 17}, {136, 152, 20}, {186, 160, 24}}, SKIN, 34, 0.05f, false},                           /* little finger */
    {3, {{66, 98, 18}, {116, 128, 21}, {180, 140, 26}}, SKIN, 34, 0.05f, false},                            /* ring finger */
    {4, {{150, 88, 50}, {172, 112, 56}, {184, 150, 54}, {196, 214, 45}}, SKIN, 60, 0.05f, false},            /* palm */
    {4, {{40, 52, 15}, {74, 76, 19}, {112, 98, 22}, {166, 108, 30}}, SKIN, 40, 0.06f, false},               /* middle finger */
    {2, {{14, 9, 6.5f}, {232, -36, 8.5f}}, {34, 36, 42}, 0, 0.5f, false},                                   /* pen */
    {2, {{0.5f, 0.5f, 1.6f}, {16, 8, 6}}, {196, 190, 172}, 0, 0.4f, false},                                 /* its tip */
    {2, {{206, -32, 9}, {212, -33, 9}}, {206, 182, 96}, 0, 0.6f, false},                                    /* its ring */
    {4, {{50, 40, 15}, {84, 62, 18}, {128, 92, 23}, {170, 132, 34}}, SKIN, 46, 0.06f, false},               /* thumb */
    {2, {{44, 37, 6.5f}, {54, 43, 8}}, {238, 196, 176}, 0, 0.22f, false},                                   /* its nail */
    {4, {{36, 4, 13.5f}, {78, -14, 16.5f}, {128, 10, 20}, {160, 60, 32}}, SKIN, 50, 0.06f, false},          /* forefinger */
    {2, {{31, 3, 6}, {40, -1, 7.5f}}, {238, 196, 176}, 0, 0.22f, false},                                    /* its nail */
};
#define LIMBS ((int)(sizeof limbs / sizeof limbs[0]))

/* ---- one place of the picture ---- */

/* Where a place is with regard to a limb. */
struct nearness {
    float distance; /* of its surface; negative inside */
    float across_x, across_y; /* from the axis, in radii */
    float left;     /* units of the axis from here to its end */
};

static struct nearness near_limb(const struct limb *limb, float x, float y)
{
    struct nearness best = {.distance = HUGE_VALF};
    float left = 0;
    for (int i = limb->joints - 2; i >= 0; i--) {
        const struct joint a = limb->at[i], b = limb->at[i + 1];
        const float dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
        const float t = fminf(1, fmaxf(0, ((x - a.x) * dx + (y - a.y) * dy) / square));
        const float ex = x - a.x - t * dx, ey = y - a.y - t * dy, radius = a.radius + t * (b.radius - a.radius);
        const float length = sqrtf(square);
        float distance = hypotf(ex, ey) - radius;
        if (i == 0 && limb->flat)
            distance = fmaxf(distance, -((x - a.x) * dx + (y - a.y) * dy) / length);
        if (distance < best.distance)
            best = (struct nearness){distance, ex / radius, ey / radius, left + (1 - t) * length};
        left += length;
    }
    return best;
}

/* Brightness of a round body lit from the upper left. */
static float lit(const struct nearness *near, float shine)
{
    const float square = fminf(1, near->across_x * near->across_x + near->across_y * near->across_y);
    const float up = sqrtf(1 - square);
    const float light = fmaxf(0, -0.42f * near->across_x - 0.5f * near->across_y + 0.76f * up);
    return 0.48f + 0.56f * light + shine * powf(light, 14) * 1.6f;
}

/* The hand's colour at a place, and its cover, 0..1. */
static float colour_at(float x, float y, float soft, float rgb[3])
{
    float cover = 0;
    rgb[0] = rgb[1] = rgb[2] = 0;
    for (int i = 0; i < LIMBS; i++) {
        const struct nearness near = near_limb(&limbs[i], x, y);
        float alpha = fminf(1, fmaxf(0, 0.5f - near.distance / soft));
        if (alpha > 0 && limbs[i].fade > 0)
            alpha *= fminf(1, near.left / limbs[i].fade);
        if (alpha <= 0)
            continue;
        const float bright = lit(&near, limbs[i].shine);
        const float all = alpha + cover * (1 - alpha);
        for (int c = 0; c < 3; c++)
            rgb[c] = (limbs[i].rgb[c] * bright * alpha + rgb[c] * cover * (1 - alpha)) / all;
        cover = all;
    }
    return cover;
}

/* Light the hand takes from the page at a place, 0..1: a soft shadow below and to the right of it. */
static float shadow_at(float x, float y)
{
    float distance = HUGE_VALF;
    for (int i = 0; i < LIMBS; i++)
        distance = fminf(distance, near_limb(&limbs[i], x - 16, y - 20).distance);
    const float within = fminf(1, fmaxf(0, 0.6f - distance / 44));
    return 0.42f * within * within * (3 - 2 * within);
}

/* ---- the planes ---- */

static uint8_t to_byte(float value)
{
    return (uint8_t)(fminf(255, fmaxf(0, value)) + 0.5f);
}

static void paint(struct demo_hand *hand, float unit_px)
{
    for (int row = 0; row < hand->height_px; row++)
        for (int column = 0; column < hand->width_px; column++) {
            const size_t at = (size_t)row * (size_t)hand->width_px + (size_t)column;
            const float x = ((float)(column - hand->tip_x) + 0.5f) / unit_px;
            const float y = ((float)(row - hand->tip_y) + 0.5f) / unit_px;
            float rgb[3];
            const float cover = colour_at(x, y, fmaxf(1.4f, 1.2f / unit_px), rgb);
            const float shadow = cover < 1 ? shadow_at(x, y) : 0;
            for (int c = 0; c < 3; c++)
                rgb[c] = fminf(255, rgb[c]);
            hand->cover[at] = to_byte(255 * cover);
            hand->keep[at] = to_byte(255 * (1 - cover) * (1 - shadow));
            hand->tones[0][at] = to_byte(16 + 0.25679f * rgb[0] + 0.50413f * rgb[1] + 0.09791f * rgb[2]);
            hand->tones[1][at] = to_byte(128 - 0.14822f * rgb[0] - 0.29099f * rgb[1] + 0.43922f * rgb[2]);
            hand->tones[2][at] = to_byte(128 + 0.43922f * rgb[0] - 0.36779f * rgb[1] - 0.07143f * rgb[2]);
        }
}

int demo_hand_create(struct demo_hand *hand, float px_per_unit)
{
    memset(hand, 0, sizeof *hand);
    float unit_px = px_per_unit;
    for (hand->step = 1; (RIGHT - LEFT) * (BOTTOM - TOP) * unit_px * unit_px > MOST_PIXELS;)
        unit_px = px_per_unit / (float)++hand->step;
    hand->tip_x = (int)(-LEFT * unit_px);
    hand->tip_y = (int)(-TOP * unit_px);
    hand->width_px = hand->tip_x + (int)(RIGHT * unit_px) + 1;
    hand->height_px = hand->tip_y + (int)(BOTTOM * unit_px) + 1;
    const size_t pixels = (size_t)hand->width_px * (size_t)hand->height_px;
    if (!(hand->planes = malloc(5 * pixels)))
        return -ENOMEM;
    hand->cover = hand->planes;
    hand->keep = hand->planes + pixels;
    for (int i = 0; i < 3; i++)
        hand->tones[i] = hand->planes + (2 + (size_t)i) * pixels;
    paint(hand, unit_px);
    return 0;
}

void demo_hand_destroy(struct demo_hand *hand)
{
    free(hand->planes);
    memset(hand, 0, sizeof *hand);
}

/* ---- over a frame ---- */

/* `base` is the value that stands for no light or no colour; `half` 2 for the chroma planes. */
static void lay_plane(const struct demo_hand *hand, int x_px, int y_px, const uint8_t *tones, int base, int half,
                      uint8_t *plane, int width, int height)
{
    for (int y = 0; y < height; y++, plane += width) {
        const int from_tip = half * y - y_px + hand->tip_y * hand->step;
        const int row = from_tip / hand->step;
        if (from_tip < 0 || row >= hand->height_px)
            continue;
        for (int x = 0; x < width; x++) {
            const int right_of_tip = half * x - x_px + hand->tip_x * hand->step;
            const int column = right_of_tip / hand->step;
            if (right_of_tip < 0 || column >= hand->width_px)
                continue;
            const size_t at = (size_t)row * (size_t)hand->width_px + (size_t)column;
            const int sum = (plane[x] - base) * hand->keep[at] + (tones[at] - base) * hand->cover[at];
            plane[x] = (uint8_t)(base + (sum + (sum < 0 ? -127 : 127)) / 255);
        }
    }
}

void demo_hand_lay(const struct demo_hand *hand, int x_px, int y_px, uint8_t *frame, int width_px, int height_px)
{
    const int half_width = (width_px + 1) / 2, half_height = (height_px + 1) / 2;
    uint8_t *const u = frame + (size_t)width_px * (size_t)height_px;
    uint8_t *const v = u + (size_t)half_width * (size_t)half_height;
    lay_plane(hand, x_px, y_px, hand->tones[0], 16, 1, frame, width_px, height_px);
    lay_plane(hand, x_px, y_px, hand->tones[1], 128, 2, u, half_width, half_height);
    lay_plane(hand, x_px, y_px, hand->tones[2], 128, 2, v, half_width, half_height);
}

bool demo_hand_covers(const struct demo_hand *hand, int x_px, int y_px, struct demo_box box)
{
    const int margin = 2 + box.h / 10; /* nearer than that it looks like part of the digit */
    for (int y = box.y - margin; y < box.y + box.h + margin; y++)
        for (int x = box.x - margin; x < box.x + box.w + margin; x++) {
            const int down = y - y_px + hand->tip_y * hand->step, right = x - x_px + hand->tip_x * hand->step;
            if (down < 0 || right < 0 || down / hand->step >= hand->height_px || right / hand->step >= hand->width_px)
                continue;
            if (hand->cover[(size_t)(down / hand->step) * (size_t)hand->width_px + (size_t)(right / hand->step)] > 25)
                return true;
        }
    return false;
}
