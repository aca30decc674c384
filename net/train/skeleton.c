#include <math.h>
#include <stdint.h>
#include <string.h>

#include "net/train/field.h"

#define INK 110 /* of a field's pixel, from which on it belongs to a stroke */

/* The eight neighbours of a pixel as bits, clockwise from the one above. */
static unsigned neighbours(const uint8_t (*mask)[FIELD_SIDE], int x, int y)
{
    return (unsigned)(mask[y - 1][x] | mask[y - 1][x + 1] << 1 | mask[y][x + 1] << 2 | mask[y + 1][x + 1] << 3 |
                      mask[y + 1][x] << 4 | mask[y + 1][x - 1] << 5 | mask[y][x - 1] << 6 |
                      mask[y - 1][x - 1] << 7);
}

/* May a pixel with these neighbours go, in the first (0) or the second (1) half of a round? It must lie on the
 * edge and hold nothing together. */
static bool may_go(unsigned around, int half)
{
    const unsigned turned = (around >> 1 | around << 7) & 255;
    const int count = __builtin_popcount(around), steps = __builtin_popcount(~around & turned);
    const bool up = around & 1, right = around & 4, down = around & 16, left = around & 64;
    if (count < 2 || count > 6 || steps != 1)
        return false;
    return half == 0 ? !(up && right && down) && !(right && down && left)
                     : !(up && right && left) && !(up && down && left);
}

/* Thins the mask (0, 1; its rim is 0) to lines of one pixel: Zhang and Suen, A fast parallel algorithm for
 * thinning digital patterns, 1984. */
static void thin(uint8_t (*mask)[FIELD_SIDE])
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (int half = 0; half < 2; half++) {
            uint8_t old[FIELD_SIDE][FIELD_SIDE];
            memcpy(old, mask, sizeof old);
            for (int y = 1; y < FIELD_SIDE - 1; y++)
                for (int x = 1; x < FIELD_SIDE - 1; x++)
                    if (old[y][x] && may_go(neighbours((const uint8_t(*)[FIELD_SIDE])old, x, y), half)) {
                        mask[y][x] = 0;
                        changed = true;
                    }
        }
    }
}

/* The middle line runs in steps from pixel to pixel; a hand does not. The place of a pixel of it, evened out by
 * its neighbours on the line. */
static void even_place(const uint8_t (*mask)[FIELD_SIDE], int x, int y, float *even_x, float *even_y)
{
    int count = 0, sum_x = 0, sum_y = 0;
    for (int v = y > 2 ? y - 2 : 0; v <= y + 2 && v < FIELD_SIDE; v++)
        for (int u = x > 2 ? x - 2 : 0; u <= x + 2 && u < FIELD_SIDE; u++)
            if (mask[v][u]) {
                count++;
                sum_x += u, sum_y += v;
            }
    *even_x = 0.5f * (float)x + 0.5f * (float)sum_x / (float)count;
    *even_y = 0.5f * (float)y + 0.5f * (float)sum_y / (float)count;
}

static void draw_dot(struct field *field, float x, float y, float radius)
{
    const int reach = (int)(radius + 1.5f), px = (int)(x + 0.5f), py = (int)(y + 0.5f);
    for (int v = py - reach; v <= py + reach; v++)
        for (int u = px - reach; u <= px + reach; u++) {
            if (u < 0 || v < 0 || u >= FIELD_SIDE || v >= FIELD_SIDE)
                continue;
            const float inside = radius + 0.5f - hypotf((float)u - x, (float)v - y);
            const float ink = 255 * (inside < 0 ? 0 : inside > 1 ? 1 : inside);
            if (ink > field->at[v][u])
                field->at[v][u] = ink;
        }
}

void field_redraw_by_pen(struct field *field, float width)
{
    uint8_t mask[FIELD_SIDE][FIELD_SIDE] = {{0}};
    bool any = false;
    for (int y = 1; y < FIELD_SIDE - 1; y++)
        for (int x = 1; x < FIELD_SIDE - 1; x++)
            any |= mask[y][x] = field->at[y][x] >= INK;
    if (!any)
        return;
    thin(mask);
    memset(field, 0, sizeof *field);
    for (int y = 1; y < FIELD_SIDE - 1; y++)
        for (int x = 1; x < FIELD_SIDE - 1; x++)
            if (mask[y][x]) {
                float even_x, even_y;
                even_place((const uint8_t(*)[FIELD_SIDE])mask, x, y, &even_x, &even_y);
                draw_dot(field, even_x, even_y, width / 2);
            }
}
