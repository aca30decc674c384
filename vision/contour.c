#include "vision/contour.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The eight neighbours, clockwise on the screen (y points down), from east. */
static const int step_x[8] = {1, 1, 0, -1, -1, -1, 0, 1};
static const int step_y[8] = {0, 1, 1, 1, 0, -1, -1, -1};
enum { EAST = 0, WEST = 4 };

static int grow(void **items, int *capacity, int needed, size_t item_bytes)
{
    if (needed <= *capacity)
        return 0;
    int wished = *capacity ? *capacity : 1024;
    while (wished < needed)
        wished *= 2;
    void *const larger = realloc(*items, (size_t)wished * item_bytes);
    if (!larger)
        return -ENOMEM;
    *items = larger;
    *capacity = wished;
    return 0;
}

static int add_point(struct contours *c, int x, int y)
{
    const int error = grow((void **)&c->points, &c->point_capacity, c->point_count + 1, sizeof *c->points);
    if (error)
        return error;
    c->points[c->point_count++] = (struct point){(int16_t)x, (int16_t)y};
    struct contour *const item = &c->items[c->count - 1];
    item->point_count++;
    if (item->point_count == 1) {
        item->box = (struct box){x, y, 1, 1};
        return 0;
    }
    item->box = box_union(item->box, (struct box){x, y, 1, 1});
    return 0;
}

static int direction(int from, int to, const int *offsets)
{
    for (int d = 0; d < 8; d++)
        if (from + offsets[d] == to)
            return d;
    assert(!"neighbours");
    return 0;
}

/* Follows one border (steps 3.1 to 3.5 of the paper) from pixel `start`, coming from its background neighbour `back`.
 * Marks the pixels it passes with `label`, negative where the pixel to the east was seen to be background. */
static int follow(struct contours *c, int start, int back, int width, int32_t label)
{
    int offsets[8];
    for (int d = 0; d < 8; d++)
        offsets[d] = step_y[d] * width + step_x[d];
    int32_t *const labels = c->labels;

    /* 3.1: clockwise from `back`, the first ink pixel. */
    int d = direction(start, back, offsets), first = -1;
    for (int i = 0; i < 8 && first < 0; i++)
        if (labels[start + offsets[(d + i) & 7]] != 0)
            first = start + offsets[(d + i) & 7];
    if (first < 0) { /* a single pixel */
        labels[start] = -label;
        return add_point(c, start % width - 1, start / width - 1);
    }

    int previous = first, here = start;
    for (;;) {
        /* 3.3: counter-clockwise from the pixel after `previous`, the next ink pixel. */
        d = direction(here, previous, offsets);
        bool east_was_background = false;
        int next = -1;
        for (int i = 1; i <= 8; i++) {
            const int look = (d - i) & 7;
            if (labels[here + offsets[look]] != 0) {
                next = here + offsets[look];
                break;
            }
            east_was_background |= look == EAST;
        }
        /* 3.4 */
        if (east_was_background)
            labels[here] = -label;
        else if (labels[here] == 1)
            labels[here] = label;
        const int error = add_point(c, here % width - 1, here / width - 1);
        if (error)
            return error;
        /* 3.5 */
        if (next == start && here == first)
            return 0;
        previous = here;
        here = next;
    }
}

/* Step 2's table: the new border's parent, from its kind and that of the border met last. */
static int parent_of(const struct contours *c, bool is_hole, int last)
{
    if (last < 0)
        return -1;
    return c->items[last].is_hole == is_hole ? c->items[last].parent : last;
}

static int prepare(struct contours *c, struct gray_view mask)
{
    const size_t width = (size_t)mask.width_px + 2, height = (size_t)mask.height_px + 2;
    if (width * height > c->label_capacity) {
        int32_t *const labels = malloc(width * height * sizeof *labels);
        if (!labels)
            return -ENOMEM;
        free(c->labels);
        c->labels = labels;
        c->label_capacity = width * height;
    }
    memset(c->labels, 0, width * sizeof *c->labels);
    for (int y = 0; y < mask.height_px; y++) {
        const uint8_t *from = mask.pixels + (size_t)y * mask.stride_bytes;
        int32_t *to = c->labels + ((size_t)y + 1) * width;
        to[0] = to[width - 1] = 0;
        for (int x = 0; x < mask.width_px; x++)
            to[x + 1] = from[x] != 0;
    }
    memset(c->labels + (height - 1) * width, 0, width * sizeof *c->labels);
    c->count = c->point_count = 0;
    return 0;
}

static int begin(struct contours *c, bool is_hole, int last)
{
    const int error = grow((void **)&c->items, &c->capacity, c->count + 1, sizeof *c->items);
    if (error)
        return error;
    const int parent = parent_of(c, is_hole, last);
    c->items[c->count++] = (struct contour){is_hole, parent, c->point_count, 0, {0, 0, 0, 0}};
    return 0;
}

int contours_find(struct contours *contours, struct gray_view mask, int most_contours)
{
    assert(mask.width_px <= INT16_MAX && mask.height_px <= INT16_MAX);
    int error = prepare(contours, mask);
    if (error)
        return error;
    const int width = mask.width_px + 2;
    for (int y = 1; y <= mask.height_px; y++) {
        const int row = y * width;
        int last = -1; /* border met last on this row; -1 the frame */
        for (int i = row + 1; i < row + width - 1; i++) {
            const int32_t label = contours->labels[i];
            if (label == 0)
                continue;
            const bool outer = label == 1 && contours->labels[i - 1] == 0;
            const bool hole = !outer && label >= 1 && contours->labels[i + 1] == 0;
            if (outer || hole) {
                if (contours->count >= most_contours)
                    return 0;
                if (hole && label > 1)
                    last = label - 2;
                error = begin(contours, hole, last);
                if (!error)
                    error = follow(contours, i, outer ? i - 1 : i + 1, width, contours->count + 1);
                if (error)
                    return error;
            }
            /* Labels are border index + 2, so that 1 is ink not met yet. */
            const int32_t after = contours->labels[i] < 0 ? -contours->labels[i] : contours->labels[i];
            if (after != 1)
                last = after - 2;
        }
    }
    return 0;
}

void contours_paint(const struct contours *contours, int border, struct gray_view mask, struct gray_image out, int left,
                    int top, uint8_t value)
{
    const struct contour *item = &contours->items[border];
    const struct point *points = contours->points + item->first_point;
    for (int i = 0; i < item->point_count; i++) {
        const int y = points[i].y - top;
        const uint8_t *row = mask.pixels + (size_t)points[i].y * mask.stride_bytes;
        if (y < 0 || y >= out.height_px || (points[i].x > 0 && row[points[i].x - 1]))
            continue;
        uint8_t *to = out.pixels + (size_t)y * out.stride_bytes;
        for (int x = points[i].x; x < left + out.width_px && row[x]; x++)
            if (x >= left)
                to[x - left] = value;
    }
}

void contours_release(struct contours *contours)
{
    free(contours->items);
    free(contours->points);
    free(contours->labels);
    memset(contours, 0, sizeof *contours);
}
