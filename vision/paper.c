#include "vision/paper.h"

#include <string.h>

#include "vision/clones.h"

enum {
    FILL = PAPER_WINDOW, /* window of the first step, which fills the strokes in */
    SHRINK = FILL + 2,   /* of the second, one block more on each side */
    PAD = SHRINK - 2,    /* blocks before the first that a window of the second step reaches to */
    GROUP = 8,           /* rows worked on together */
    RING = 4 * GROUP,
    OUTSIDE = FILL / 2 /* a window of the first step reaches at most so far over the edge */
};
_Static_assert(FILL == 8 && SHRINK == 10, "the steps below add up to these");

CLONED_INLINE uint8_t extreme(uint8_t a, uint8_t b, bool largest)
{
    return largest ? (a > b ? a : b) : (a < b ? a : b);
}

/* Two rows to one. Pairs of pixels are read as words of 16 bits: which of the two comes first does not
 * matter. */
CLONED_INLINE void pool_rows(const uint8_t *restrict a, const uint8_t *restrict b, int count,
                             uint8_t *restrict most, uint8_t *restrict least, uint8_t *restrict half)
{
    for (int x = 0; x < count; x++) {
        uint16_t p, q;
        memcpy(&p, a + 2 * x, sizeof p);
        memcpy(&q, b + 2 * x, sizeof q);
        const uint16_t p0 = p & 255, p1 = p >> 8, q0 = q & 255, q1 = q >> 8;
        const uint16_t p_most = p0 > p1 ? p0 : p1, q_most = q0 > q1 ? q0 : q1;
        const uint16_t p_least = p0 < p1 ? p0 : p1, q_least = q0 < q1 ? q0 : q1;
        most[x] = (uint8_t)(p_most > q_most ? p_most : q_most);
        least[x] = (uint8_t)(p_least < q_least ? p_least : q_least);
        half[x] = (uint8_t)((uint16_t)(p0 + p1 + q0 + q1 + 2) >> 2);
    }
}

CLONED void paper_pool(struct gray_view picture, struct gray_image most, struct gray_image least,
                       struct gray_image half)
{
    const int pairs = picture.width_px / 2;
    for (int y = 0; y < most.height_px; y++) {
        const bool last = 2 * y + 1 == picture.height_px;
        const uint8_t *a = picture.pixels + (size_t)(2 * y) * picture.stride_bytes;
        const uint8_t *b = last ? a : a + picture.stride_bytes;
        uint8_t *const largest = most.pixels + (size_t)y * most.stride_bytes;
        uint8_t *const smallest = least.pixels + (size_t)y * least.stride_bytes;
        uint8_t unused[64]; /* where nobody wants the means */
        if (half.pixels && !last) {
            pool_rows(a, b, pairs, largest, smallest, half.pixels + (size_t)y * half.stride_bytes);
        } else {
            for (int x = 0; x < pairs; x += (int)sizeof unused) {
                const int n = pairs - x < (int)sizeof unused ? pairs - x : (int)sizeof unused;
                pool_rows(a + 2 * x, b + 2 * x, n, largest + x, smallest + x, unused);
            }
        }
        if (picture.width_px % 2) {
            const uint8_t p = a[picture.width_px - 1], q = b[picture.width_px - 1];
            largest[pairs] = extreme(p, q, true);
            smallest[pairs] = extreme(p, q, false);
        }
    }
}

/* out[x] = extreme of in[x .. x + window - 1], x < count; `four` has room for count + 6. */
CLONED_INLINE void slide(const uint8_t *restrict in, int count, int window, bool largest,
                         uint8_t *restrict four, uint8_t *restrict out)
{
    for (int x = 0; x < count + window - 4; x++)
        four[x] =
            extreme(extreme(in[x], in[x + 1], largest), extreme(in[x + 2], in[x + 3], largest), largest);
    if (window == FILL)
        for (int x = 0; x < count; x++)
            out[x] = extreme(four[x], four[x + 4], largest);
    else
        for (int x = 0; x < count; x++)
            out[x] = extreme(extreme(four[x], four[x + 4], largest), four[x + 6], largest);
}

/* out[k] = extreme of in[k .. k + window - 1], for k < GROUP, in every column; `in` has GROUP + window - 1
 * rows. What goes backward and forward from the rows in the middle is shared by all (van Herk 1992; Gil and
 * Werman 1993). */
CLONED_INLINE void slide_rows(const uint8_t *const *in, uint8_t *const out[GROUP], int count, int window,
                              bool largest)
{
    CLONED_LOOP
    for (int x = 0; x < count; x++) {
        uint8_t back[GROUP], middle = in[window - 1][x];
        for (int k = window - 2; k >= GROUP; k--)
            middle = extreme(in[k][x], middle, largest);
        back[GROUP - 1] = window > GROUP ? extreme(in[GROUP - 1][x], middle, largest) : middle;
        for (int k = GROUP - 2; k >= 0; k--)
            back[k] = extreme(in[k][x], back[k + 1], largest);
        out[0][x] = back[0];
        uint8_t forward = in[window][x];
        out[1][x] = extreme(back[1], forward, largest);
        for (int k = 2; k < GROUP; k++) {
            forward = extreme(forward, in[window - 1 + k][x], largest);
            out[k][x] = extreme(back[k], forward, largest);
        }
    }
}

/* Row `y` of the blocks with repeated pixels on both sides. */
CLONED_INLINE void pad_row(struct gray_view blocks, int y, uint8_t *row)
{
    const int inside = y < 0 ? 0 : y >= blocks.height_px ? blocks.height_px - 1 : y;
    const uint8_t *from = blocks.pixels + (size_t)inside * blocks.stride_bytes;
    memset(row, from[0], PAD);
    memcpy(row + PAD, from, (size_t)blocks.width_px);
    memset(row + PAD + blocks.width_px, from[blocks.width_px - 1], FILL);
}

/* Bytes of one row of scratch. */
static inline size_t row_bytes(int width)
{
    return ((size_t)width + PAD + FILL + 63) / 64 * 64;
}

size_t paper_scratch_bytes(int width)
{
    return (2 + 2 * RING + 2 * GROUP) * row_bytes(width);
}

/* Row r of a ring of rows. */
#define RING_ROW(ring, r) ((ring) + (size_t)((r) % RING) * row)

/* Slides one row of the first step's windows back along x; window r of a row of `count` begins at block r -
 * PAD. Those that reach far over the edge do not count: a stroke that runs off the picture would not be
 * filled by them. */
CLONED_INLINE void shrink_row(uint8_t *windows, int count, int blocks, bool largest, uint8_t *four,
                              uint8_t *out)
{
    const int first = PAD - OUTSIDE, last = PAD + blocks - OUTSIDE;
    memset(windows, largest ? 255 : 0, (size_t)first);
    memset(windows + last + 1, largest ? 255 : 0, (size_t)(count - last - 1));
    slide(windows, blocks, SHRINK, !largest, four, out);
}

/* A few rows at a time, so that what lies between the steps stays in the first cache. Row r of the first ring
 * is the blocks' row r - PAD slid along x; of the second, the window that begins there, slid back along x. */
CLONED_INLINE void estimate(struct gray_view blocks, struct gray_image out, bool largest, uint8_t *scratch)
{
    const int w = blocks.width_px, h = blocks.height_px, wide = w + SHRINK - 1;
    const size_t row = row_bytes(w);
    uint8_t *const padded = scratch, *const four = padded + row, *const first = four + row;
    uint8_t *const second = first + RING * row, *const slid = second + RING * row,
                   *const spare = slid + GROUP * row;
    const uint8_t *in[GROUP + SHRINK - 1];
    uint8_t *to[GROUP];
    int ready = 0; /* rows of the first ring */
    for (int group = 0; group - 2 * GROUP < h; group += GROUP) {
        for (; ready < group + GROUP + FILL - 1; ready++) {
            pad_row(blocks, ready - PAD, padded);
            slide(padded, wide, FILL, largest, four, RING_ROW(first, ready));
        }
        for (int k = 0; k < GROUP + FILL - 1; k++)
            in[k] = RING_ROW(first, group + k);
        for (int k = 0; k < GROUP; k++)
            to[k] = slid + (size_t)k * row;
        slide_rows(in, to, wide, FILL, largest);
        for (int k = 0; k < GROUP; k++) {
            const int r = group + k;
            if (r < PAD - OUTSIDE || r > PAD + h - OUTSIDE)
                memset(RING_ROW(second, r), largest ? 255 : 0, (size_t)w);
            else
                shrink_row(to[k], wide, w, largest, four, RING_ROW(second, r));
        }
        const int y = group - 2 * GROUP;
        if (y < 0)
            continue;
        for (int k = 0; k < GROUP + SHRINK - 1; k++)
            in[k] = RING_ROW(second, y + k);
        for (int k = 0; k < GROUP; k++)
            to[k] = y + k < h ? out.pixels + (size_t)(y + k) * out.stride_bytes : spare + (size_t)k * row;
        slide_rows(in, to, w, SHRINK, !largest);
    }
}

CLONED static void close_dark(struct gray_view blocks, struct gray_image out, uint8_t *scratch)
{
    estimate(blocks, out, true, scratch);
}

CLONED static void open_light(struct gray_view blocks, struct gray_image out, uint8_t *scratch)
{
    estimate(blocks, out, false, scratch);
}

void paper_estimate(struct gray_view blocks, struct gray_image out, bool light_on_dark, uint8_t *scratch)
{
    (light_on_dark ? open_light : close_dark)(blocks, out, scratch);
}
