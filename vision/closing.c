#include "vision/closing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vision/clones.h"

CLONED_INLINE uint8_t further(uint8_t a, uint8_t b, bool light)
{
    return light ? (a > b ? a : b) : (a < b ? a : b);
}

/* out[x] = the lightest (darkest) within `reach` of in[x], for x from 0 to count - 1; `in` has `reach` values more on each side. */
CLONED_INLINE void along(const uint8_t *restrict in, int count, int reach, bool light, uint8_t *restrict out)
{
    memcpy(out, in - reach, (size_t)count);
    for (int k = 1 - reach; k <= reach; k++)
        for (int x = 0; x < count; x++)
            out[x] = further(out[x], in[x + k], light);
}

CLONED_INLINE void down(const uint8_t *restrict in, int count, bool light, uint8_t *restrict out)
{
    for (int x = 0; x < count; x++)
        out[x] = further(out[x], in[x], light);
}

CLONED static void lightest(const uint8_t *restrict in, int count, int reach, uint8_t *restrict out)
{
    along(in, count, reach, true, out);
}

CLONED static void darkest(const uint8_t *restrict in, int count, int reach, uint8_t *restrict out)
{
    along(in, count, reach, false, out);
}

CLONED static void lighter(const uint8_t *restrict in, int count, uint8_t *restrict out)
{
    down(in, count, true, out);
}

CLONED static void darker(const uint8_t *restrict in, int count, uint8_t *restrict out)
{
    down(in, count, false, out);
}

/* out = the lightest (darkest) in the window round each pixel, the edge repeated outward. `row` and `across`: one row with
 * `reach` more on each side, and as many rows as the picture has. */
static void widen(struct gray_view in, bool light, int reach, uint8_t *row, uint8_t *across, uint8_t *out)
{
    const int w = in.width_px, h = in.height_px;
    for (int y = 0; y < h; y++) {
        const uint8_t *const from = in.pixels + (size_t)y * in.stride_bytes;
        memset(row, from[0], (size_t)reach);
        memcpy(row + reach, from, (size_t)w);
        memset(row + reach + w, from[w - 1], (size_t)reach);
        (light ? lightest : darkest)(row + reach, w, reach, across + (size_t)y * (size_t)w);
    }
    for (int y = 0; y < h; y++) {
        uint8_t *const to = out + (size_t)y * (size_t)w;
        const int first = y > reach ? y - reach : 0, last = y + reach < h ? y + reach : h - 1;
        memcpy(to, across + (size_t)first * (size_t)w, (size_t)w);
        for (int v = first + 1; v <= last; v++)
            (light ? lighter : darker)(across + (size_t)v * (size_t)w, w, to);
    }
}

int closing_run(struct closing *closing, struct gray_view gray, bool light_on_dark, int reach, struct gray_view *closed)
{
    const size_t w = (size_t)gray.width_px, pixels = w * (size_t)gray.height_px, room = w + 2 * (size_t)reach;
    if (2 * pixels + room > closing->capacity) {
        uint8_t *const memory = malloc(2 * pixels + room);
        if (!memory)
            return -ENOMEM;
        free(closing->memory);
        closing->memory = memory;
        closing->capacity = 2 * pixels + room;
    }
    uint8_t *const out = closing->memory, *const across = out + pixels, *const row = across + pixels;
    *closed = (struct gray_view){out, gray.width_px, gray.height_px, w};
    widen(gray, light_on_dark, reach, row, across, out);
    widen(*closed, !light_on_dark, reach, row, across, out);
    return 0;
}

void closing_release(struct closing *closing)
{
    free(closing->memory);
    *closing = (struct closing){0};
}
