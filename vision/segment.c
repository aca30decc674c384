#include "vision/segment.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_PIECE_PX   3     /* longer side of a piece that may join others */
#define MOST_FILL        0.90f /* share of its box a region may fill, unless it is narrow as a 1 is */
#define NARROW           0.45f /* width / height of a region that may be a filled bar */
#define MOST_STROKE      0.42f /* stroke width / height */
#define JOIN_GAP         0.22f /* of the joined height: farthest two strokes of one digit lie apart, one above the other */
#define JOIN_GAP_ACROSS  0.10f /* the same for strokes side by side */
#define RING_AGREE       60    /* percent of the surroundings that must look like paper */
#define JOIN_LEAST       0.15f /* likewise: longer side of the smaller stroke */
#define SHED_SHARE       0.30f /* of a region's strong contrast: paler than this is not its own stroke */
#define SHED_LEAST       0.92f /* of its box: less must remain for anything to be taken away */
#define BESIDE_GAP       0.35f /* of the height: letters of a word are nearer than this */
#define BESIDE_ROWS      0.25f /* of the height: a neighbour has ink in so many rows */
#define BESIDE_CONTRAST  0.5f  /* and of so much of the region's contrast */
#define MOST_JOINS       6     /* partners tried for one piece */

/* A piece of connected ink. */
struct piece {
    struct box box;
    int border;      /* index of its outer border in contours */
    int first_hole;  /* index of its first hole border, -1: none */
};

struct segmenter {
    struct piece *pieces; /* sorted by box.x */
    int piece_count, piece_capacity;
    int *next_hole;       /* for each border: the next hole of the same piece, -1: none */
    int *first_hole;      /* for each outer border: its first hole */
    int border_capacity;
    uint8_t *own, *near, *ink; /* one region: own[] is 1 where a pixel is its own, near[] one pixel round it too */
    int area;             /* of the region: pixels of its own */
    size_t patch_capacity;
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
    free(s->next_hole);
    free(s->first_hole);
    free(s->own);
    free(s);
}

static int reserve(struct segmenter *s, int borders, size_t patch)
{
    if (borders > s->border_capacity) {
        const size_t n = (size_t)borders + (size_t)borders / 2;
        int *const next = malloc(n * sizeof *next), *const first = malloc(n * sizeof *first);
        struct piece *const pieces = malloc(n * sizeof *pieces);
        if (!next || !first || !pieces) {
            free(next);
            free(first);
            free(pieces);
            return -ENOMEM;
        }
        free(s->next_hole);
        free(s->first_hole);
        free(s->pieces);
        s->next_hole = next;
        s->first_hole = first;
        s->pieces = pieces;
        s->border_capacity = (int)n;
    }
    if (patch > s->patch_capacity) {
        uint8_t *const own = malloc(3 * patch);
        if (!own)
            return -ENOMEM;
        free(s->own);
        s->own = own;
        s->near = own + patch;
        s->ink = own + 2 * patch;
        s->patch_capacity = patch;
    }
    return 0;
}

static int by_x(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;
    return p->box.x != q->box.x ? (p->box.x > q->box.x) - (p->box.x < q->box.x) : p->border - q->border;
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

/* Collects the pieces that can be a digit or a part of one. Ink that runs off the picture is not whole. */
static void collect(struct segmenter *s, const struct segment_input *in)
{
    const struct contours *c = in->contours;
    s->piece_count = 0;
    for (int i = c->count - 1; i >= 0; i--) {
        s->first_hole[i] = -1;
        s->next_hole[i] = -1;
    }
    for (int i = c->count - 1; i >= 0; i--)
        if (c->items[i].is_hole && c->items[i].parent >= 0) {
            s->next_hole[i] = s->first_hole[c->items[i].parent];
            s->first_hole[c->items[i].parent] = i;
        }
    for (int i = 0; i < c->count; i++) {
        const struct box b = c->items[i].box;
        const bool small = b.w < LEAST_PIECE_PX && b.h < LEAST_PIECE_PX;
        const bool large = b.h > in->most_height_px || (float)b.w > SEGMENT_MOST_STRING * (float)in->most_height_px;
        const bool cut = b.x == 0 || b.y == 0 || b.x + b.w == in->mask.width_px || b.y + b.h == in->mask.height_px;
        if (!c->items[i].is_hole && !small && !large && !cut)
            s->pieces[s->piece_count++] = (struct piece){b, i, s->first_hole[i]};
        else if (cut && !c->items[i].is_hole && !small && !large && b.h >= in->least_height_px)
            refuse(in, b, READING_OFF_PICTURE, (float)(b.h * in->scale));
    }
    qsort(s->pieces, (size_t)s->piece_count, sizeof *s->pieces, by_x);
}

/* near[] is own[] grown by one pixel in every direction; `rows` holds the step in between. */
static void grow_own(const uint8_t *own, int w, int h, uint8_t *rows, uint8_t *near)
{
    for (int y = 0; y < h; y++) {
        const uint8_t *restrict from = own + y * w;
        uint8_t *restrict to = rows + y * w;
        to[0] = from[0] | (w > 1 ? from[1] : 0);
        for (int x = 1; x < w - 1; x++)
            to[x] = from[x - 1] | from[x] | from[x + 1];
        if (w > 1)
            to[w - 1] = from[w - 2] | from[w - 1];
    }
    for (int y = 0; y < h; y++) {
        const uint8_t *restrict above = rows + (y > 0 ? y - 1 : y) * w, *restrict here = rows + y * w;
        const uint8_t *restrict below = rows + (y < h - 1 ? y + 1 : y) * w;
        uint8_t *restrict to = near + y * w;
        for (int x = 0; x < w; x++)
            to[x] = above[x] | here[x] | below[x];
    }
}

/* Number of pixel sides between own ink and anything else. */
static int edge_length(const uint8_t *own, int w, int h)
{
    int edge = 0;
    for (int y = 0; y < h; y++) {
        const uint8_t *restrict row = own + y * w;
        for (int x = 1; x < w; x++)
            edge += row[x] ^ row[x - 1];
        edge += row[0] + row[w - 1];
    }
    for (int y = 1; y < h; y++)
        for (int x = 0; x < w; x++)
            edge += own[y * w + x] ^ own[(y - 1) * w + x];
    for (int x = 0; x < w; x++)
        edge += own[x] + own[(h - 1) * w + x];
    return edge;
}

/* Full ink is what most of the region's ink shows: the 60th percentile of its contrast. */
static int full_contrast(const struct segment_input *in, const uint8_t *own, struct box b, int *area)
{
    int histogram[256] = {0}, total = 0;
    for (int y = 0; y < b.h; y++) {
        const uint8_t *contrast = in->contrast.pixels + (size_t)(b.y + y) * in->contrast.stride_bytes + b.x;
        for (int x = 0; x < b.w; x++)
            if (own[y * b.w + x]) {
                histogram[contrast[x]]++;
                total++;
            }
    }
    int level = 255;
    for (int above = 0; level > 1; level--)
        if ((above += histogram[level]) * 100 >= total * 40)
            break;
    *area = total;
    return level;
}

/* The level below which `percent` of a histogram's counts lie. */
static int percentile(const int histogram[256], int total, int percent)
{
    int below = 0, level = 0;
    while (level < 255 && (below += histogram[level]) * 100 < total * percent)
        level++;
    return level;
}

static void paint_own(struct segmenter *s, const struct segment_input *in, const struct region *region)
{
    const struct box b = region->box;
    const struct gray_image own = {s->own, b.w, b.h, (size_t)b.w};
    memset(s->own, 0, (size_t)b.w * (size_t)b.h);
    for (int part = 0; part < region->part_count; part++) {
        contours_paint(in->contours, region->parts[part], in->mask, own, b.x, b.y, 1);
        for (int hole = s->first_hole[region->parts[part]]; hole >= 0; hole = s->next_hole[hole])
            contours_paint(in->contours, hole, in->mask, own, b.x, b.y, 1);
    }
}

/* Takes away what hangs on a region far paler than its strokes, such as the squares of the paper it is written on; but only
 * where the region's box becomes clearly smaller by it, for the ends of a pencil stroke are pale as well. */
static void shed_pale(struct segmenter *s, const struct segment_input *in, struct region *region)
{
    const struct box b = region->box;
    int histogram[256] = {0}, total = 0;
    for (int y = 0; y < b.h; y++)
        for (int x = 0; x < b.w; x++)
            if (s->own[y * b.w + x]) {
                histogram[in->contrast.pixels[(size_t)(b.y + y) * in->contrast.stride_bytes + (size_t)(b.x + x)]]++;
                total++;
            }
    const int least = (int)(SHED_SHARE * (float)percentile(histogram, total, 85));
    struct box kept = {b.w, b.h, 0, 0};
    int right = -1, bottom = -1;
    for (int y = 0; y < b.h; y++)
        for (int x = 0; x < b.w; x++)
            if (s->own[y * b.w + x] &&
                in->contrast.pixels[(size_t)(b.y + y) * in->contrast.stride_bytes + (size_t)(b.x + x)] >= least) {
                kept.x = x < kept.x ? x : kept.x;
                kept.y = y < kept.y ? y : kept.y;
                right = x > right ? x : right;
                bottom = y;
            }
    kept.w = right - kept.x + 1;
    kept.h = bottom - kept.y + 1;
    if (right < 0 || ((float)kept.w > SHED_LEAST * (float)b.w && (float)kept.h > SHED_LEAST * (float)b.h))
        return;
    for (int y = 0; y < kept.h; y++) /* moves up and left only, so it can be done in place */
        for (int x = 0; x < kept.w; x++) {
            const int from_x = kept.x + x, from_y = kept.y + y;
            const size_t at = (size_t)(b.y + from_y) * in->contrast.stride_bytes + (size_t)(b.x + from_x);
            s->own[y * kept.w + x] = s->own[from_y * b.w + from_x] && in->contrast.pixels[at] >= least;
        }
    region->box = (struct box){b.x + kept.x, b.y + kept.y, kept.w, kept.h};
}

static void draw_ink(struct segmenter *s, const struct segment_input *in, struct region *region)
{
    paint_own(s, in, region);
    shed_pale(s, in, region);
    const struct box b = region->box;
    const int full = full_contrast(in, s->own, b, &s->area);
    grow_own(s->own, b.w, b.h, s->ink, s->near);
    for (int y = 0; y < b.h; y++) {
        const uint8_t *contrast = in->contrast.pixels + (size_t)(b.y + y) * in->contrast.stride_bytes + b.x;
        const uint8_t *mask = in->mask.pixels + (size_t)(b.y + y) * in->mask.stride_bytes + b.x;
        const uint8_t *mine = s->own + y * b.w, *near = s->near + y * b.w;
        uint8_t *ink = s->ink + y * b.w;
        for (int x = 0; x < b.w; x++) { /* its ink, and the blurred rim of it that belongs to nobody else */
            const int share = contrast[x] * 255 / full;
            ink[x] = (uint8_t)(mine[x] || (near[x] && !mask[x]) ? (share > 255 ? 255 : share) : 0);
        }
    }
    region->contrast = (float)full;
    region->stroke_px = 2.0f * (float)s->area / (0.85f * (float)edge_length(s->own, b.w, b.h)); /* steps overstate a slanted edge */
    region->ink = s->ink;
}

/* Gray levels along a rectangle `margin` outside the region's box, where it lies within the picture; those of ink go
 * to `written`, the others to `blank`. Returns how many there are in all. */
static int ring_levels(const struct segment_input *in, struct box b, int margin, int blank[256], int written[256])
{
    const int x0 = b.x - margin, y0 = b.y - margin, w = b.w + 2 * margin, h = b.h + 2 * margin;
    int seen = 0;
    for (int i = 0; i < 2 * (w + h); i++) {
        const int x = i < w ? x0 + i : i < w + h ? x0 + w - 1 : i < 2 * w + h ? x0 + i - w - h : x0;
        const int y = i < w ? y0 : i < w + h ? y0 + i - w : i < 2 * w + h ? y0 + h - 1 : y0 + i - 2 * w - h;
        if (x < 0 || y < 0 || x >= in->gray.width_px || y >= in->gray.height_px)
            continue;
        int *const histogram = in->mask.pixels[(size_t)y * in->mask.stride_bytes + (size_t)x] ? written : blank;
        histogram[in->gray.pixels[(size_t)y * in->gray.stride_bytes + (size_t)x]]++;
        seen++;
    }
    return seen;
}

/* Share of the pixels round the region (up to `margin` outside its box) that are ink, but not its own. */
static float measure_clutter(const struct segmenter *s, const struct segment_input *in, struct box b, int margin)
{
    const int x0 = b.x > margin ? b.x - margin : 0, y0 = b.y > margin ? b.y - margin : 0;
    const int x1 = b.x + b.w + margin < in->mask.width_px ? b.x + b.w + margin : in->mask.width_px;
    const int y1 = b.y + b.h + margin < in->mask.height_px ? b.y + b.h + margin : in->mask.height_px;
    int ink = 0;
    for (int y = y0; y < y1; y++) {
        const uint8_t *row = in->mask.pixels + (size_t)y * in->mask.stride_bytes;
        for (int x = x0; x < x1; x++)
            ink += row[x];
    }
    return (float)(ink - s->area) / (float)((x1 - x0) * (y1 - y0));
}

/* Is there strong ink in many rows of the columns x0 .. x1 - 1, beside the region? A rule of the paper is in few rows. */
static bool ink_beside(const struct segment_input *in, const struct region *region, int x0, int x1)
{
    const struct box b = region->box;
    const int strong = (int)(BESIDE_CONTRAST * region->contrast);
    int rows = 0;
    x0 = x0 < 0 ? 0 : x0;
    x1 = x1 > in->mask.width_px ? in->mask.width_px : x1;
    for (int y = b.y + b.h / 10; y < b.y + b.h - b.h / 10; y++) {
        const uint8_t *mask = in->mask.pixels + (size_t)y * in->mask.stride_bytes;
        const uint8_t *contrast = in->contrast.pixels + (size_t)y * in->contrast.stride_bytes;
        bool found = false;
        for (int x = x0; x < x1 && !found; x++)
            found = mask[x] && contrast[x] >= strong;
        rows += found;
    }
    return (float)rows >= BESIDE_ROWS * (float)b.h;
}

/* How clean is it where the region lies? Fills its clutter, unrest and grain, and tells whether most of a ring round it
 * differs from the ink as paper does. That is what tells chalk from the white between two black strokes. */
static bool measure_surroundings(const struct segmenter *s, const struct segment_input *in, struct region *region)
{
    const struct box b = region->box;
    int ink[256] = {0}, ring[256] = {0}, blank[256] = {0}, papers = 0;
    for (int y = 0; y < b.h; y++) {
        const uint8_t *gray = in->gray.pixels + (size_t)(b.y + y) * in->gray.stride_bytes + b.x;
        for (int x = 0; x < b.w; x++)
            ink[gray[x]] += s->ink[y * b.w + x] >= 200;
    }
    int full = 0;
    for (int level = 0; level < 256; level++)
        full += ink[level];
    const int seen = ring_levels(in, b, 2 + b.h / 5, blank, ring);
    for (int level = 0; level < 256; level++) {
        papers += blank[level];
        ring[level] += blank[level];
    }
    if (full == 0 || seen == 0)
        return false;
    const int middle = percentile(ink, full, 50);
    const int paper = percentile(ring, seen, in->light_on_dark ? RING_AGREE : 100 - RING_AGREE);
    region->clutter = measure_clutter(s, in, b, b.h * 2 / 5);
    const int gap = (int)(BESIDE_GAP * (float)b.h) + 1;
    region->ink_left = ink_beside(in, region, b.x - gap, b.x);
    region->ink_right = ink_beside(in, region, b.x + b.w, b.x + b.w + gap);
    region->unrest = (float)(percentile(ring, seen, 85) - percentile(ring, seen, 15)) / region->contrast;
    region->paper_unrest =
        papers ? (float)(percentile(blank, papers, 85) - percentile(blank, papers, 15)) / region->contrast : 0;
    region->grain = (float)(percentile(ink, full, 85) - percentile(ink, full, 15)) / region->contrast;
    return (float)(in->light_on_dark ? middle - paper : paper - middle) > 0.5f * region->contrast;
}

static bool plausible_box(const struct segment_input *in, struct box b, float most_width)
{
    return b.h >= in->least_height_px && b.h <= in->most_height_px && (float)b.w <= most_width * (float)b.h;
}

/* Draws one region and, when it can be a digit, hands it on. */
static int offer(struct segmenter *s, const struct segment_input *in, struct region *region,
                 int (*use)(void *context, const struct region *region), void *context)
{
    const int error = reserve(s, 0, (size_t)region->box.w * (size_t)region->box.h);
    if (error)
        return error;
    draw_ink(s, in, region);
    const struct box b = region->box;
    if (region->contrast < (float)in->least_contrast)
        return refuse(in, b, READING_LOW_CONTRAST, region->contrast), 0;
    if (!plausible_box(in, b, SEGMENT_MOST_STRING))
        return refuse(in, b, b.h < in->least_height_px ? READING_TOO_SMALL : READING_TOO_WIDE,
                      b.h < in->least_height_px ? (float)b.h : width_of(b)),
               0;
    const float stroke = region->stroke_px / (float)b.h, fill = (float)s->area / (float)(b.w * b.h);
    if (fill > MOST_FILL && width_of(b) > NARROW)
        return refuse(in, b, READING_SOLID, fill), 0;
    if (stroke > MOST_STROKE)
        return refuse(in, b, READING_TOO_THICK, stroke), 0;
    if (!measure_surroundings(s, in, region))
        return refuse(in, b, READING_NO_PAPER, region->contrast), 0;
    return use(context, region);
}

/* Can two pieces be strokes of one digit? One above the other with little between them, or side by side and close. */
static bool may_join(const struct segment_input *in, struct box a, struct box b)
{
    const struct box both = box_union(a, b);
    if (!plausible_box(in, both, SEGMENT_MOST_WIDTH) || both.w > both.h * 6 / 5)
        return false;
    const int longer_a = a.w > a.h ? a.w : a.h, longer_b = b.w > b.h ? b.w : b.h;
    if ((float)(longer_a < longer_b ? longer_a : longer_b) < JOIN_LEAST * (float)both.h)
        return false; /* a speck changes nothing */
    const int apart_x = both.w - a.w - b.w; /* negative: they overlap */
    const int apart_y = both.h - a.h - b.h;
    const int narrower = a.w < b.w ? a.w : b.w;
    const bool stacked = apart_x <= 0 && -apart_x * 4 >= narrower && (float)apart_y <= JOIN_GAP * (float)both.h;
    const bool beside = apart_y <= 0 && (float)apart_x <= JOIN_GAP_ACROSS * (float)both.h;
    return stacked || beside;
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
            known |= region->parts[i] == p->border;
        if (!known && box_overlap_px(p->box, region->box) == p->box.w * p->box.h)
            region->parts[region->part_count++] = p->border;
    }
}

int segment_find(struct segmenter *segmenter, const struct segment_input *input,
                 int (*use)(void *context, const struct region *region), void *context)
{
    struct segmenter *const s = segmenter;
    int error = reserve(s, input->contours->count + 1, 0);
    if (error)
        return error;
    collect(s, input);
    for (int i = 0; i < s->piece_count && !error; i++) {
        struct region region = {.box = s->pieces[i].box, .parts = {s->pieces[i].border}, .part_count = 1};
        if (plausible_box(input, region.box, SEGMENT_MOST_STRING))
            error = offer(s, input, &region, use, context);
        else if (region.box.h < input->least_height_px)
            refuse(input, region.box, READING_TOO_SMALL, (float)region.box.h);
        else
            refuse(input, region.box, READING_TOO_WIDE, width_of(region.box));
    }
    for (int i = 0; i < s->piece_count && !error; i++) {
        const struct box a = s->pieces[i].box;
        const int reach = a.x + a.w + (int)(JOIN_GAP_ACROSS * (float)input->most_height_px);
        int joins = 0;
        for (int j = i + 1; j < s->piece_count && s->pieces[j].box.x <= reach && joins < MOST_JOINS && !error; j++) {
            if (!may_join(input, a, s->pieces[j].box))
                continue;
            joins++;
            struct region region = {.box = box_union(a, s->pieces[j].box),
                                    .parts = {s->pieces[i].border, s->pieces[j].border},
                                    .part_count = 2};
            add_inner(s, &region, i);
            error = offer(s, input, &region, use, context);
        }
    }
    return error;
}
