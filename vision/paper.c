#include "vision/paper.h"

#include <string.h>

#include "vision/clones.h"

enum {
    FILL = PAPER_WINDOW, /* window of the first step, which fills the strokes in */
    SHRINK = FILL + 2,   /* of the second, one block more on each side */
    PAD = SHRINK - 2,    /* blocks before the first that a window of the second step reaches to */
    AHEAD = 4,           /* rows fetched ahead: a page of memory ends every few rows, and there the processor stops guessing */
    GROUP = 8,           /* rows worked on together */
    OUTSIDE = FILL / 2 /* a window of the first step reaches at most so far over the edge */
};
_Static_assert(FILL == GROUP && SHRINK == GROUP + 2, "the steps below add up to these");

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
        if (2 * y + 2 + AHEAD <= picture.height_px)
            for (size_t x = 0; x < 2 * picture.stride_bytes; x += 64)
                __builtin_prefetch(a + AHEAD * picture.stride_bytes + x);
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

/* The estimate is made in strips so narrow that what lies between its steps stays in the first cache, LANES blocks at
 * a time: what is computed behind the end of a strip's rows is never looked at. */
enum {
    LANES = 32,
    STRIP = 343,                        /* blocks of the result, at most */
    WIDE = STRIP + SHRINK - 1,          /* windows of the first step these need: whole LANES */
    ROW = WIDE + 2 * LANES + LANES,     /* bytes */
    KEPT = 4 * GROUP + SHRINK - GROUP,  /* rows */
};
_Static_assert(WIDE % LANES == 0 && ROW % LANES == 0, "rows are worked on whole");

struct strip {
    uint8_t padded[ROW], four[ROW];
    uint8_t first[KEPT][ROW];  /* the blocks slid along x, */
    uint8_t second[KEPT][ROW]; /* the windows of the first step slid back along x */
    uint8_t slid[GROUP][ROW];
};

/* out[x] = extreme of in[x .. x + window - 1], x < count. */
CLONED_INLINE void slide(const uint8_t *restrict in, int count, int window, bool largest,
                         uint8_t *restrict four, uint8_t *restrict out)
{
    for (int from = 0; from < count + window - 4; from += LANES)
        for (int x = from; x < from + LANES; x++)
            four[x] =
                extreme(extreme(in[x], in[x + 1], largest), extreme(in[x + 2], in[x + 3], largest), largest);
    for (int from = 0; from < count; from += LANES)
        for (int x = from; x < from + LANES; x++) {
            const uint8_t eight = extreme(four[x], four[x + 4], largest);
            out[x] = window == FILL ? eight : extreme(eight, four[x + 6], largest);
        }
}

/* out[k] = extreme of in[k .. k + window - 1], for k < GROUP, in every column; `in` has GROUP + window - 1
 * rows. What goes backward and forward from the rows in the middle is shared by all (van Herk 1992; Gil and
 * Werman 1993). */
CLONED_INLINE void slide_rows(uint8_t (*restrict in)[ROW], uint8_t (*restrict out)[ROW], int count, int window,
                              bool largest)
{
    for (int from = 0; from < count; from += LANES)
        CLONED_LOOP
        for (int x = from; x < from + LANES; x++) {
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

/* memcpy out of line: knowing that a row is short, gcc would write "rep movs", which takes long to begin. */
static __attribute__((noinline)) void copy(uint8_t *to, const uint8_t *from, size_t bytes)
{
    memcpy(to, from, bytes);
}

/* Row `y` of the blocks from column x0 - PAD on, pixels outside repeated. */
CLONED_INLINE void pad_row(struct gray_view blocks, int x0, int y, uint8_t *row)
{
    const int inside = y < 0 ? 0 : y >= blocks.height_px ? blocks.height_px - 1 : y;
    const uint8_t *from = blocks.pixels + (size_t)inside * blocks.stride_bytes;
    const int before = x0 < PAD ? PAD - x0 : 0, first = x0 + before - PAD;
    const int count = blocks.width_px - first < ROW - before ? blocks.width_px - first : ROW - before;
    memset(row, from[0], (size_t)before);
    copy(row + before, from + first, (size_t)count);
    memset(row + before + count, from[blocks.width_px - 1], (size_t)(ROW - before - count));
}

/* Slides one row of the first step's windows back along x; its window r begins at block x0 + r - PAD. Those that reach
 * far over the edge do not count: a stroke that runs off the picture would not be filled by them. */
CLONED_INLINE void shrink_row(uint8_t *windows, int x0, int count, int blocks, bool largest, uint8_t *four,
                              uint8_t *out)
{
    const int first = PAD - OUTSIDE - x0, end = PAD + blocks - OUTSIDE + 1 - x0;
    if (first > 0)
        memset(windows, largest ? 255 : 0, (size_t)first);
    if (end < count + SHRINK - 1)
        memset(windows + end, largest ? 255 : 0, (size_t)(count + SHRINK - 1 - end));
    slide(windows, count, SHRINK, !largest, four, out);
}

/* Rows kept in a buffer of KEPT: where the next `count` are, of which all but the last GROUP are there already. */
static uint8_t (*next_rows(uint8_t (*rows)[ROW], int *at, int count))[ROW]
{
    if (*at + GROUP + count > KEPT) {
        memmove(rows, rows + *at + GROUP, (size_t)(count - GROUP) * ROW);
        *at = -GROUP;
    }
    *at += GROUP;
    return rows + *at;
}

/* Columns x0 .. x0 + count - 1. Row r of the first rows kept is the blocks' row r - PAD slid along x; of the second, the
 * window that begins SHRINK - 1 rows before that, slid back along x. */
CLONED_INLINE void estimate_strip(struct gray_view blocks, int x0, int count, struct gray_image out, bool largest,
                                  struct strip *s)
{
    const int h = blocks.height_px, windows = count + SHRINK - 1;
    int first_at = 0, second_at = 0;
    uint8_t (*first)[ROW] = s->first, (*second)[ROW] = s->second;
    for (int r = 0; r < FILL - 1; r++) {
        pad_row(blocks, x0, r - PAD, s->padded);
        slide(s->padded, windows, FILL, largest, s->four, first[r]);
    }
    for (int group = 0; group - (SHRINK - 1) < h; group += GROUP) {
        if (group) {
            first = next_rows(s->first, &first_at, GROUP + FILL - 1);
            second = next_rows(s->second, &second_at, GROUP + SHRINK - 1);
        }
        for (int k = 0; k < GROUP; k++) {
            pad_row(blocks, x0, group + FILL - 1 + k - PAD, s->padded);
            slide(s->padded, windows, FILL, largest, s->four, first[FILL - 1 + k]);
        }
        slide_rows(first, s->slid, windows, FILL, largest);
        for (int k = 0; k < GROUP; k++) {
            const int r = group + k;
            uint8_t *const to = second[SHRINK - 1 + k];
            if (r < PAD - OUTSIDE || r > PAD + h - OUTSIDE)
                memset(to, largest ? 255 : 0, ROW);
            else
                shrink_row(s->slid[k], x0, count, blocks.width_px, largest, s->four, to);
        }
        const int y = group - (SHRINK - 1);
        if (y + GROUP <= 0)
            continue;
        slide_rows(second, s->slid, count, SHRINK, !largest);
        for (int k = y < 0 ? -y : 0; k < GROUP && y + k < h; k++)
            copy(out.pixels + (size_t)(y + k) * out.stride_bytes + x0, s->slid[k], (size_t)count);
    }
}

CLONED_INLINE void estimate(struct gray_view blocks, struct gray_image out, bool largest)
{
    struct strip strip;
    const int w = blocks.width_px, strips = (w + STRIP - 1) / STRIP;
    for (int i = 0; i < strips; i++) {
        const int x0 = (int)((int64_t)w * i / strips), end = (int)((int64_t)w * (i + 1) / strips);
        estimate_strip(blocks, x0, end - x0, out, largest, &strip);
    }
}

CLONED static void close_dark(struct gray_view blocks, struct gray_image out)
{
    estimate(blocks, out, true);
}

CLONED static void open_light(struct gray_view blocks, struct gray_image out)
{
    estimate(blocks, out, false);
}

void paper_estimate(struct gray_view blocks, struct gray_image out, bool light_on_dark)
{
    (light_on_dark ? open_light : close_dark)(blocks, out);
}
