#include "vision/enclosures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_INNER_PX 256    /* longer side of what is enclosed */
#define GAP           32     /* of its height: blank paper round it, and one pixel more */
#define REACH         1.5f   /* of its height: the enclosure is within this of each side, */
#define COVER         0.80f  /* beside so much of it */
#define MOST_STEPS    500000 /* runs of ink looked at in one mask */

/* The sides of a box, and how much of each has ink beside it: one byte a pixel. */
struct sides {
    uint8_t above[MOST_INNER_PX], below[MOST_INNER_PX], left[MOST_INNER_PX], right[MOST_INNER_PX];
};

static bool covered(const uint8_t *side, int length)
{
    int sum = 0;
    for (int i = 0; i < length; i++)
        sum += side[i];
    return (float)sum >= COVER * (float)length;
}

/* Does a piece of ink go round the box? *steps: how many runs may still be looked at. */
static bool goes_round(const struct components *all, int piece, struct box b, int *steps)
{
    const int gap = b.h / GAP + 1, reach = (int)(REACH * (float)b.h);
    const int right = b.x + b.w, bottom = b.y + b.h;
    struct sides sides = {0};
    for (int i = all->items[piece].first_run; i >= 0; i = all->runs[i].next) {
        const struct run r = all->runs[i];
        if (--*steps < 0)
            return false;
        if (r.y < b.y - reach || r.y >= bottom + reach)
            continue;
        const int first = r.first > b.x ? r.first : b.x, end = r.end < right ? r.end : right; /* where it is above or below */
        if (r.y >= b.y - gap && r.y < bottom + gap && r.first < right + gap && r.end > b.x - gap)
            return false;
        if (r.y >= b.y && r.y < bottom) {
            sides.left[r.y - b.y] |= r.end <= b.x && r.end > b.x - reach;
            sides.right[r.y - b.y] |= r.first >= right && r.first < right + reach;
        } else if (first < end) {
            memset((r.y < b.y ? sides.above : sides.below) + (first - b.x), 1, (size_t)(end - first));
        }
    }
    return covered(sides.above, b.w) && covered(sides.below, b.w) && covered(sides.left, b.h) &&
           covered(sides.right, b.h);
}

static bool holds(struct box outer, struct box inner)
{
    return outer.x < inner.x && outer.y < inner.y && outer.x + outer.w > inner.x + inner.w &&
           outer.y + outer.h > inner.y + inner.h;
}

/* Is a piece of ink an enclosure of any other? */
static bool encloses(const struct components *all, int piece, int least_height_px, int most_height_px, int *steps)
{
    const struct box outer = all->items[piece].box;
    if (outer.h <= least_height_px)
        return false;
    for (int i = piece + 1; i < all->count && all->items[i].box.y < outer.y + outer.h; i++) {
        const struct box b = all->items[i].box;
        if (b.h >= least_height_px && b.h <= most_height_px && holds(outer, b) && b.w <= MOST_INNER_PX &&
            b.h <= MOST_INNER_PX && goes_round(all, piece, b, steps))
            return true;
    }
    return false;
}

static int reserve(struct enclosures *e, size_t words)
{
    if (words <= e->capacity)
        return 0;
    uint64_t *const memory = malloc(words * sizeof *memory);
    if (!memory)
        return -ENOMEM;
    free(e->memory);
    e->memory = memory;
    e->capacity = words;
    return 0;
}

/* Takes a piece of ink out of `rest`, and paints it, a pixel wider on each side, into `drawn`. */
static void set_apart(const struct components *all, int piece, struct bit_image rest, struct bit_image drawn)
{
    for (int i = all->items[piece].first_run; i >= 0; i = all->runs[i].next) {
        const struct run r = all->runs[i];
        bits_clear(rest.words + (size_t)r.y * rest.stride_words, r.first, r.end);
        const int first = r.first > 0 ? r.first - 1 : 0, end = r.end < drawn.width_px ? r.end + 1 : r.end;
        for (int y = r.y > 0 ? r.y - 1 : 0; y <= r.y + 1 && y < drawn.height_px; y++)
            bits_fill(drawn.words + (size_t)y * drawn.stride_words, first, end);
    }
}

int enclosures_find(struct enclosures *enclosures, const struct components *components, struct bit_view mask,
                    int least_height_px, int most_height_px)
{
    struct enclosures *const e = enclosures;
    const size_t stride = bits_words(mask.width_px), words = stride * (size_t)mask.height_px;
    int steps = MOST_STEPS;
    struct bit_image rest = {NULL, mask.width_px, mask.height_px, stride}, drawn = rest;
    e->count = 0;
    e->rest = mask;
    e->drawn = (struct bit_view){NULL, 0, 0, 0};
    for (int i = 0; i < components->count && steps > 0; i++) {
        if (!encloses(components, i, least_height_px, most_height_px, &steps))
            continue;
        if (e->count++ == 0) {
            const int error = reserve(e, 2 * words);
            if (error)
                return error;
            rest.words = e->memory;
            drawn.words = e->memory + words;
            for (int y = 0; y < mask.height_px; y++)
                memcpy(rest.words + (size_t)y * stride, mask.words + (size_t)y * mask.stride_words,
                       stride * sizeof *rest.words);
            memset(drawn.words, 0, words * sizeof *drawn.words);
            e->rest = bit_image_view(&rest);
            e->drawn = bit_image_view(&drawn);
        }
        set_apart(components, i, rest, drawn);
    }
    return 0;
}

void enclosures_release(struct enclosures *enclosures)
{
    free(enclosures->memory);
    *enclosures = (struct enclosures){0};
}
