#include "render/lines.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define WIDEST_GAP  2.5f /* between neighbours in a line, in heights of the taller */
#define OVERLAP     0.5f /* by how much of their height neighbours may lie over each other */
#define RATIO       1.5f /* of heights, likewise */
#define LEVEL       0.5f /* share of the smaller height that neighbours have in common */
#define FAR         1.5f /* heights of the line; what is further above or below leaves all the room there is */
#define BESIDE      0.25f /* heights; what stands so far to the side of a digit still counts as above it */

void lines_release(struct lines *lines)
{
    free(lines->order);
    free(lines->by_left);
    free(lines->line_of);
    free(lines->lines);
    free(lines->scratch);
}

/* Room for `count` digits; after a failure what was there still stands. */
static int make_room(struct lines *lines, int count)
{
    const size_t room = 2 * (size_t)count;
    void *more;
    if (count <= lines->capacity)
        return 0;
    if (!(more = realloc(lines->order, room * sizeof *lines->order)))
        return -ENOMEM;
    lines->order = more;
    if (!(more = realloc(lines->by_left, room * sizeof *lines->by_left)))
        return -ENOMEM;
    lines->by_left = more;
    if (!(more = realloc(lines->line_of, room * sizeof *lines->line_of)))
        return -ENOMEM;
    lines->line_of = more;
    if (!(more = realloc(lines->lines, room * sizeof *lines->lines)))
        return -ENOMEM;
    lines->lines = more;
    if (!(more = realloc(lines->scratch, 2 * room * sizeof *lines->scratch)))
        return -ENOMEM;
    lines->scratch = more;
    lines->capacity = 2 * count;
    return 0;
}

/* Indices of the digits from left to right. They come in reading order, nearly sorted line by line, so that merging
 * runs is fast; equal ones stay in their order. */
static void sort_by_left(int *order, int *spare, int count, const struct scene_rect *boxes)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int width = 1; width < count; width *= 2) {
        for (int start = 0; start < count; start += 2 * width) {
            const int middle = start + width < count ? start + width : count;
            const int end = start + 2 * width < count ? start + 2 * width : count;
            int a = start, b = middle;
            for (int k = start; k < end; k++)
                spare[k] = a < middle && (b >= end || boxes[order[a]].x <= boxes[order[b]].x) ? order[a++] : order[b++];
        }
        for (int k = 0; k < count; k++)
            order[k] = spare[k];
    }
}

static bool follows(struct scene_rect left, struct scene_rect right)
{
    const float common = fminf(left.y + left.h, right.y + right.h) - fmaxf(left.y, right.y);
    const float taller = fmaxf(left.h, right.h), smaller = fminf(left.h, right.h);
    const float gap = right.x - left.x - left.w;
    return common >= LEVEL * smaller && taller <= RATIO * smaller && gap <= WIDEST_GAP * taller &&
           gap >= -OVERLAP * taller;
}

/* From left to right each digit goes on with the line whose end is nearest, or begins one. Returns how many. */
static int group(struct lines *lines, const struct reading *reading, const struct scene_rect *boxes, const int *sorted,
                 int *line_of_number)
{
    int *const ends = lines->order; /* not in use yet */
    int count = 0;
    for (int n = 0; n < reading->digit_count; n++) /* there are no more numbers than digits; a sheet of crops lists none */
        line_of_number[n] = -1;
    for (int k = 0; k < reading->digit_count; k++) {
        const int i = sorted[k];
        int *const of_number = &line_of_number[reading->digits[i].number];
        int best = *of_number;
        for (int l = 0; l < count && *of_number < 0; l++)
            if (follows(boxes[ends[l]], boxes[i]) &&
                (best < 0 || boxes[ends[l]].x + boxes[ends[l]].w > boxes[ends[best]].x + boxes[ends[best]].w))
                best = l;
        if (best < 0)
            best = count++;
        ends[best] = i;
        lines->line_of[i] = *of_number = best;
    }
    return count;
}

static struct scene_rect join(struct scene_rect a, struct scene_rect b)
{
    const float x = fminf(a.x, b.x), y = fminf(a.y, b.y);
    return (struct scene_rect){x, y, fmaxf(a.x + a.w, b.x + b.w) - x, fmaxf(a.y + a.h, b.y + b.h) - y};
}

/* Numbers the lines in reading order and puts their digits side by side. */
static void arrange(struct lines *lines, int digit_count, const struct scene_rect *boxes, const int *sorted, int *name)
{
    int count = 0, at = 0;
    for (int l = 0; l < lines->count; l++)
        name[l] = -1;
    for (int i = 0; i < digit_count; i++) {
        int *const l = &name[lines->line_of[i]];
        if (*l < 0)
            lines->lines[*l = count++] = (struct line){.box = boxes[i], .above = INFINITY, .below = INFINITY};
        lines->line_of[i] = *l;
        lines->lines[*l].count++;
    }
    for (int l = 0; l < count; l++) {
        lines->lines[l].first = at;
        at += lines->lines[l].count;
        lines->lines[l].count = 0;
    }
    for (int k = 0; k < digit_count; k++) {
        struct line *const line = &lines->lines[lines->line_of[sorted[k]]];
        const struct scene_rect b = boxes[sorted[k]];
        lines->order[line->first + line->count++] = sorted[k];
        line->box = join(line->box, b);
        line->height += (b.h - line->height) / (float)line->count;
    }
}

/* How near another line's digit comes to one of this line's. */
static void narrow(struct line *line, struct scene_rect own, struct scene_rect other)
{
    const float side = BESIDE * line->height;
    if (other.x > own.x + own.w + side || other.x + other.w < own.x - side)
        return;
    if (other.y + other.h / 2 < own.y + own.h / 2)
        line->above = fminf(line->above, fmaxf(own.y - other.y - other.h, 0));
    else
        line->below = fminf(line->below, fmaxf(other.y - own.y - own.h, 0));
}

static void find_room(struct lines *lines, int digit_count, const struct scene_rect *boxes)
{
    for (int l = 0; l < lines->count; l++) {
        struct line *const line = &lines->lines[l];
        const float far = FAR * line->height;
        for (int j = 0; j < digit_count; j++) {
            const struct scene_rect b = boxes[j];
            if (lines->line_of[j] == l || b.y > line->box.y + line->box.h + far || b.y + b.h < line->box.y - far ||
                b.x > line->box.x + line->box.w + far || b.x + b.w < line->box.x - far)
                continue;
            for (int k = line->first; k < line->first + line->count; k++)
                narrow(line, boxes[lines->order[k]], b);
        }
        line->above = line->above > far ? INFINITY : line->above;
        line->below = line->below > far ? INFINITY : line->below;
    }
}

int lines_find(struct lines *lines, const struct reading *reading, const struct scene_rect *boxes)
{
    const int n = reading->digit_count;
    lines->count = 0;
    if (make_room(lines, n) != 0)
        return -ENOMEM;
    int *const sorted = lines->by_left, *const spare = lines->scratch, *const names = spare + lines->capacity;
    sort_by_left(sorted, spare, n, boxes);
    lines->count = group(lines, reading, boxes, sorted, names);
    arrange(lines, n, boxes, sorted, names);
    find_room(lines, n, boxes);
    return 0;
}

void line_outline(const struct line *line, const struct scene_view *view, float *stroke, float *pad)
{
    const float room = fminf(line->above, line->below);
    const float wished = fmaxf(1.5f * view->scale, fminf(0.03f * line->height, 0.006f * (float)view->width_px));
    *stroke = fmaxf(view->scale, fminf(wished, 0.06f * room));
    *pad = fmaxf(0, fminf(fminf(2 * *stroke, 0.06f * line->height), 0.14f * room - 1.5f * *stroke));
}
