#include "vision/segment.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#define LEAST_PIECE_PX 3     /* longer side of a piece that may join others */
#define MOST_FILL      0.90f /* share of its box a region may fill, unless it is narrow as a 1 is */
#define NARROW         0.45f /* width / height of a region that may be a filled bar */
#define MOST_STROKE    0.42f /* stroke width / height */
#define JOIN_GAP                                                                                             \
    0.22f /* of the joined height: farthest two strokes of one digit lie apart, one above the other */
#define JOIN_GAP_ACROSS 0.10f /* the same for strokes side by side */
#define JOIN_LEAST      0.15f /* likewise: longer side of the smaller stroke */
#define MOST_CONTACT 0.20f /* of a piece's longer side: so much of it may lie on the picture's edge, as the end of a stroke does */
#define MOST_JOINS      6     /* partners tried for one piece */

/* A piece of connected ink. */
struct piece {
    struct box box;
    int component;
    bool on_edge; /* of the picture */
};

struct segmenter {
    struct piece *pieces; /* sorted by box.x */
    int piece_count, piece_capacity;
    struct patch patch; /* the region being looked at */
    int region_count;   /* looked at in this search */
};

int segmenter_create(struct segmenter **segmenter)
{
    *segmenter = calloc(1, sizeof **segmenter);
    return *segmenter ? 0 : -ENOMEM;
}

void segmenter_destroy(struct segmenter *s)
{
    if (!s)
        return;
    free(s->pieces);
    patch_release(&s->patch);
    free(s);
}

static int reserve(struct segmenter *s, int pieces)
{
    if (pieces <= s->piece_capacity)
        return 0;
    const int capacity = pieces + pieces / 2;
    struct piece *const larger = malloc((size_t)capacity * sizeof *larger);
    if (!larger)
        return -ENOMEM;
    free(s->pieces);
    s->pieces = larger;
    s->piece_capacity = capacity;
    return 0;
}

static int by_x(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;
    return p->box.x != q->box.x ? (p->box.x > q->box.x) - (p->box.x < q->box.x) : p->component - q->component;
}

/* Why a piece or region was refused, where somebody asks. What is too small here was looked at on the level
 * above; specks of dust are not worth a word. */
static void refuse(const struct segment_input *in, struct box b, enum reading_reason reason, float value)
{
    if (in->explanation && !(reason == READING_TOO_SMALL && (in->scale > 1 || 2 * b.h < in->least_height_px)))
        explain_note(in->explanation, b, in->scale, reason, value);
}

static float width_of(struct box b)
{
    return (float)b.w / (float)b.h;
}

/* How much of a piece of ink lies on the picture's edge, as a share of its longer side. 1 in a corner. */
static float contact(const struct components *c, int piece, struct box inside)
{
    const struct box b = c->items[piece].box;
    const int right = inside.x + inside.w, bottom = inside.y + inside.h;
    const bool left = b.x == inside.x, top = b.y == inside.y;
    const bool across = left || b.x + b.w == right, down = top || b.y + b.h == bottom;
    int low = INT_MAX, high = -1; /* rows or columns in which it does */
    if (!across && !down)
        return 0;
    if (across && down)
        return 1;
    for (int i = c->items[piece].first_run; i >= 0; i = c->runs[i].next) {
        const struct run r = c->runs[i];
        const bool here = across ? (left ? r.first == inside.x : r.end == right)
                                 : r.y == (top ? inside.y : bottom - 1);
        const int first = across ? r.y : r.first, last = across ? r.y : r.end - 1;
        low = here && first < low ? first : low;
        high = here && last > high ? last : high;
    }
    return (float)(high - low + 1) / (float)(b.w > b.h ? b.w : b.h);
}

/* Collects the pieces that can be a digit or a part of one. Ink that runs off the picture is not whole, unless it is only the
 * end of a stroke that does. */
static void collect(struct segmenter *s, const struct segment_input *in)
{
    const struct components *c = in->components;
    s->piece_count = 0;
    for (int i = 0; i < c->count; i++) {
        const struct box b = c->items[i].box;
        const bool small = b.w < LEAST_PIECE_PX && b.h < LEAST_PIECE_PX;
        const bool large =
            b.h > in->most_height_px || (float)b.w > SEGMENT_MOST_STRING * (float)in->most_height_px;
        const float on_edge = contact(c, i, in->ink->inside);
        const bool cut = on_edge > MOST_CONTACT;
        if (!small && !large && !cut)
            s->pieces[s->piece_count++] = (struct piece){b, i, on_edge > 0};
        else if (cut && !small && !large && b.h >= in->least_height_px)
            refuse(in, b, READING_OFF_PICTURE, (float)(b.h * in->scale));
    }
    if (s->piece_count > 1)
        qsort(s->pieces, (size_t)s->piece_count, sizeof *s->pieces, by_x);
}

static bool plausible_box(const struct segment_input *in, struct box b, float most_width)
{
    return b.h >= in->least_height_px && b.h <= in->most_height_px && (float)b.w <= most_width * (float)b.h;
}

/* Draws one region and, when it can be a digit, hands it on. */
static int offer(struct segmenter *s, const struct segment_input *in, struct region *region,
                 int (*use)(void *context, const struct region *region), void *context)
{
    struct patch *const p = &s->patch;
    if (in->known && in->known(context, region->box))
        return 0;
    if (++s->region_count > SEGMENT_MOST_REGIONS)
        return refuse(in, region->box, READING_TOO_MANY, SEGMENT_MOST_REGIONS), 0;
    if (!surroundings_glance(in->ink, in->components, region->parts, region->part_count, region->box))
        return refuse(in, region->box, READING_NO_PAPER, 0), 0;
    const int error = patch_draw(p, in->ink, in->components, region->parts, region->part_count, region->box);
    if (error)
        return error;
    const struct box b = p->box;
    const float stroke = p->stroke_px / (float)b.h, fill = (float)p->area / (float)(b.w * b.h);
    if (p->full < in->least_contrast)
        return refuse(in, b, READING_LOW_CONTRAST, (float)p->full), 0;
    if (!plausible_box(in, b, SEGMENT_MOST_STRING))
        return refuse(in, b, b.h < in->least_height_px ? READING_TOO_SMALL : READING_TOO_WIDE,
                      b.h < in->least_height_px ? (float)b.h : width_of(b)),
               0;
    if (region->on_edge && width_of(b) < NARROW)
        return refuse(in, b, READING_OFF_PICTURE, (float)(b.h * in->scale)), 0; /* a line from outside */
    if (fill > MOST_FILL && width_of(b) > NARROW)
        return refuse(in, b, READING_SOLID, fill), 0;
    if (stroke > MOST_STROKE)
        return refuse(in, b, READING_TOO_THICK, stroke), 0;
    patch_find_rim(p, in->ink);
    if (!surroundings_measure(p, in->ink, &region->around))
        return refuse(in, b, READING_NO_PAPER, (float)p->full), 0;
    patch_fill(p);
    region->box = b;
    region->contrast = (float)p->full;
    region->stroke_px = p->stroke_px;
    region->strokes = (float)p->area / (p->stroke_px * sqrtf((float)(b.w * b.w + b.h * b.h)));
    region->ink = (struct gray_view){p->ink, b.w, b.h, p->stride_bytes};
    return use(context, region);
}

/* Can two pieces be strokes of one digit? One above the other with little between them, or side by side and
 * close. */
static bool may_join(const struct segment_input *in, struct box a, struct box b)
{
    const struct box both = box_union(a, b);
    if (!plausible_box(in, both, SEGMENT_MOST_WIDTH) || both.w > both.h * 6 / 5)
        return false;
    const int longer_a = a.w > a.h ? a.w : a.h, longer_b = b.w > b.h ? b.w : b.h;
    if ((float)(longer_a < longer_b ? longer_a : longer_b) < JOIN_LEAST * (float)both.h)
        return false;                       /* a speck changes nothing */
    const int apart_x = both.w - a.w - b.w; /* negative: they overlap */
    const int apart_y = both.h - a.h - b.h;
    const int narrower = a.w < b.w ? a.w : b.w;
    const bool stacked =
        apart_x <= 0 && -apart_x * 4 >= narrower && (float)apart_y <= JOIN_GAP * (float)both.h;
    const bool beside = apart_y <= 0 && (float)apart_x <= JOIN_GAP_ACROSS * (float)both.h;
    return stacked || beside;
}

/* Are both pieces known to be digits by themselves? Then they are not strokes of one. */
static bool both_settled(const struct segment_input *in, struct box a, struct box b, void *context)
{
    return in->settled && in->settled(context, a) && in->settled(context, b);
}

/* Adds the small pieces that lie within a joined region, such as the middle of a stroke broken twice. */
static void add_inner(const struct segmenter *s, struct region *region, int from)
{
    for (int k = from; k < s->piece_count && region->part_count < SEGMENT_MOST_PARTS; k++) {
        const struct piece *p = &s->pieces[k];
        if (p->box.x >= region->box.x + region->box.w)
            break;
        bool known = false;
        for (int i = 0; i < region->part_count; i++)
            known |= region->parts[i] == p->component;
        if (!known && box_overlap_px(p->box, region->box) == p->box.w * p->box.h)
            region->parts[region->part_count++] = p->component;
    }
}

static bool has_room(const struct segment_input *in, struct box box, int pieces, void *context)
{
    return !in->has_room || in->has_room(context, box, pieces);
}

int segment_find(struct segmenter *segmenter, const struct segment_input *input,
                 int (*use)(void *context, const struct region *region), void *context)
{
    struct segmenter *const s = segmenter;
    int error = reserve(s, input->components->count);
    if (error)
        return error;
    collect(s, input);
    s->region_count = 0;
    for (int i = 0; i < s->piece_count && !error; i++) {
        struct region region = {.box = s->pieces[i].box, .parts = {s->pieces[i].component}, .part_count = 1, .on_edge = s->pieces[i].on_edge};
        if (!has_room(input, region.box, 1, context))
            continue;
        if (plausible_box(input, region.box, SEGMENT_MOST_STRING))
            error = offer(s, input, &region, use, context);
        else if (region.box.h < input->least_height_px)
            refuse(input, region.box, READING_TOO_SMALL, (float)region.box.h);
        else
            refuse(input, region.box, READING_TOO_WIDE, width_of(region.box));
    }
    for (int i = 0; i < s->piece_count && !error; i++) {
        if (s->region_count > SEGMENT_MOST_REGIONS || !has_room(input, s->pieces[i].box, 2, context))
            break;
        const struct box a = s->pieces[i].box;
        const int reach = a.x + a.w + (int)(JOIN_GAP_ACROSS * (float)input->most_height_px);
        int joins = 0;
        for (int j = i + 1; j < s->piece_count && s->pieces[j].box.x <= reach && joins < MOST_JOINS && !error;
             j++) {
            if (!may_join(input, a, s->pieces[j].box))
                continue;
            joins++;
            if (both_settled(input, a, s->pieces[j].box, context))
                continue;
            struct region region = {.box = box_union(a, s->pieces[j].box),
                                    .parts = {s->pieces[i].component, s->pieces[j].component},
                                    .part_count = 2,
                                    .on_edge = s->pieces[i].on_edge || s->pieces[j].on_edge};
            add_inner(s, &region, i);
            error = offer(s, input, &region, use, context);
        }
    }
    return error;
}
