#include "render/tags.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SIZE_PX 13.0f /* of a tag's digit, as long as there is room */
#define TIGHT_SIZE_PX 11.0f /* of it where room is short, but digits are large */
#define SMALLEST_PX   9.5f  /* of any letters */
#define DIGIT_SHARE   0.5f  /* size of a tag's digit, of the height of the digit it stands for */
#define SMALL_SHARE   0.5f  /* size of the confidence, of the tag's digit */
#define CROWD         400   /* with more digits than this nobody reads tags, and looking for free places takes long */
#define BESIDE        0.05f /* heights; so much nearer a tag may be to its digit's neighbour in the line: a row */
#define OPERATOR_GAP  0.6f  /* widest gap between digits, in heights, in which nothing else is written */

/* Which way the tags of a digit's line were placed. */
struct habit {
    uint32_t id;
    int way;
};

/* Ink that had better stay free, but does not say whose the tag is. */
struct other_ink {
    struct scene_rect rect;
    bool seen; /* it was looked at and not read; else only supposed: between the digits of a line stand operators */
};

struct tags {
    struct tag *tags;
    int capacity, count;
    struct habit *habits, *new_habits; /* of the last frame, sorted by id, and of this one; `capacity` each */
    int habit_count, new_habit_count;
    struct other_ink *ink; /* twice `capacity`, as the lists below */
    int ink_count;
    int *near_digits, *near_tags, *near_ink; /* round the line being placed */
    int near_digit_count, near_tag_count, near_ink_count;
    float widest; /* of the digits near by, which are sorted by their left edge */
};

/* By how many pixels a tag must be nearer to its own digit than to any other. In a film digits tremble a little; a way
 * that is hard to take and easy to keep stops tags from jumping to and fro. */
static const float usual_px = 1, to_change_px = 3, to_stay_px = -1.5f;

/* What is looked at while one line's tags are placed. */
struct place {
    const struct reading *reading;
    const struct lines *lines;
    const struct scene_rect *boxes;
    const struct scene_view *view;
    struct scene_rect picture;
    const struct line *line;
    float height;     /* of its digits, drawn towards that of the whole page: sizes should look alike */
    int confidence_letters; /* how many the longest confidence has */
};

enum side { ABOVE, BELOW, ASTRIDE, WITHIN }; /* ASTRIDE: over the digit's upper edge; WITHIN: just below that */

/* One way to place them. */
struct way {
    enum tag_style style;
    enum side side;
    float shrink; /* 0: as small as can be read */
};

/* Above is where people look first, and a page with all its tags on one side is read without thinking; so a small tag
 * above comes before a large one below. */
static const struct way ways[] = {
    {TAG_SIDE, ABOVE, 1},      {TAG_STACK, ABOVE, 1},    {TAG_SIDE, ABOVE, 0.75f},  {TAG_STACK, ABOVE, 0.75f},
    {TAG_SIDE, ABOVE, 0.5f},   {TAG_STACK, ABOVE, 0.5f}, {TAG_PLAIN, ABOVE, 0.9f},  {TAG_PLAIN, ABOVE, 0.65f},
    {TAG_PLAIN, ABOVE, 0.45f}, {TAG_PLAIN, ABOVE, 0},    {TAG_SIDE, BELOW, 1},     {TAG_STACK, BELOW, 1},
    {TAG_SIDE, BELOW, 0.75f},  {TAG_STACK, BELOW, 0.75f}, {TAG_SIDE, BELOW, 0.5f},  {TAG_STACK, BELOW, 0.5f},
    {TAG_PLAIN, BELOW, 0.65f}, {TAG_PLAIN, BELOW, 0.45f}, {TAG_PLAIN, BELOW, 0},    {TAG_PLAIN, ASTRIDE, 0},
    {TAG_PLAIN, WITHIN, 0},    {TAG_NUMBER, ABOVE, 0.8f}, {TAG_NUMBER, ABOVE, 0},   {TAG_NUMBER, BELOW, 0},
};
#define WAY_COUNT     ((int)(sizeof ways / sizeof ways[0]))
#define CROWD_WAY     21 /* the only one where there is a crowd: a number's tag above */
#define FREE_WAYS     19 /* what covers part of its digit, or stands for several, is the last resort */

int tags_create(struct tags **tags)
{
    *tags = calloc(1, sizeof **tags);
    return *tags ? 0 : -ENOMEM;
}

void tags_destroy(struct tags *tags)
{
    if (!tags)
        return;
    free(tags->near_ink);
    free(tags->near_tags);
    free(tags->near_digits);
    free(tags->ink);
    free(tags->new_habits);
    free(tags->habits);
    free(tags->tags);
    free(tags);
}

void tags_percent(float confidence, char text[8])
{
    const float percent = isfinite(confidence) ? fminf(fmaxf(100 * confidence, 0), 100) : 0;
    snprintf(text, 8, "%d%%", percent < 99.95f && percent > 99 ? 99 : (int)lroundf(percent));
}

/* ---- rectangles ----------------------------------------------------------------------------------------------- */

static struct scene_rect grown(struct scene_rect r, float by)
{
    return (struct scene_rect){r.x - by, r.y - by, fmaxf(r.w + 2 * by, 0), fmaxf(r.h + 2 * by, 0)};
}

static bool meets(struct scene_rect a, struct scene_rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

static float overlap(struct scene_rect a, struct scene_rect b)
{
    const float w = fminf(a.x + a.w, b.x + b.w) - fmaxf(a.x, b.x);
    const float h = fminf(a.y + a.h, b.y + b.h) - fmaxf(a.y, b.y);
    return w > 0 && h > 0 ? w * h : 0;
}

static float distance(struct scene_rect a, struct scene_rect b)
{
    const float x = fmaxf(fmaxf(a.x - b.x - b.w, b.x - a.x - a.w), 0);
    const float y = fmaxf(fmaxf(a.y - b.y - b.h, b.y - a.y - a.h), 0);
    return sqrtf(x * x + y * y);
}

/* ---- size and place of a tag ---------------------------------------------------------------------------------- */

static float measure(const struct place *place, const char *text, float size)
{
    return place->view->measure(place->view->measure_context, text, size);
}

/* Between a tag and its digit; the less room there is, the closer. */
static float gap_px(const struct place *place, enum side side)
{
    const float room = side == BELOW ? place->line->below : place->line->above;
    return fmaxf(1, fminf(fmaxf(2 * place->view->scale, 0.05f * place->height), 0.06f * room));
}

/* How much of the room on a side is left for tags by the outlines of the line there. */
static float room_px(const struct place *place, enum side side)
{
    const struct scene_rect p = place->picture, b = place->line->box;
    const float room = side == BELOW ? place->line->below : place->line->above;
    const float edge = side == BELOW ? p.y + p.h - b.y - b.h : b.y - p.y;
    const float outlines = fmaxf(1.6f * place->view->scale, 0.14f * room);
    const float clearance = fmaxf(usual_px, fminf(to_change_px, 0.12f * room));
    return fmaxf(isinf(room) ? edge : fminf(room - outlines - clearance, edge), 0);
}

/* Size and shape that the tags of the line have this way, all the same but for those of whole numbers. */
static struct tag shape_tag(const struct place *place, const struct way *way)
{
    const float scale = place->view->scale, least = LEAST_SIZE_PX * scale, smallest = SMALLEST_PX * scale;
    const float most = fmaxf(least, 0.07f * fminf(place->picture.w, place->picture.h));
    const float tight = way->side == ABOVE && way->shrink <= 0 ? TIGHT_SIZE_PX * scale : least;
    const float least_plain = fmaxf(smallest, fminf(tight, 0.28f * place->height));
    const float room = room_px(place, way->side) - gap_px(place, way->side);
    const bool percent = way->style == TAG_SIDE || way->style == TAG_STACK;
    struct tag tag = {.style = way->style};
    float fits = room / 1.25f;
    tag.small_size = way->shrink > 0.5f ? 0.8f * least : smallest;
    if (way->style == TAG_STACK)
        fits = fminf((room - 0.95f * tag.small_size) / 1.25f, room / (1.25f + 0.95f * SMALL_SHARE));
    tag.size = fminf(way->shrink * fminf(most, fmaxf(DIGIT_SHARE * place->height, least)), fits);
    tag.size = fmaxf(tag.size, percent ? least : least_plain);
    tag.small_size = fmaxf(tag.small_size, SMALL_SHARE * tag.size);
    const float pad = 0.28f * tag.size, digit_width = measure(place, "0", tag.size);
    tag.rect.h = 1.25f * tag.size;
    tag.rect.w = digit_width + (way->shrink > 0 ? 2 : 1) * pad;
    if (!percent)
        return tag;
    const float small_width = measure(place, place->confidence_letters > 3 ? "100%" : "99%", tag.small_size);
    if (way->style == TAG_SIDE) {
        tag.rect.w += small_width + 0.22f * tag.size;
    } else {
        tag.rect.w = fmaxf(digit_width, small_width) + 1.2f * pad;
        tag.rect.h += 0.95f * tag.small_size;
    }
    return tag;
}

/* Box of what the tag stands for, its digit or its number; *last becomes the last of its digits in the line. */
static struct scene_rect own_box(const struct place *place, const struct way *way, int at, int *last)
{
    const int *const order = place->lines->order, end = place->line->first + place->line->count;
    const int number = place->reading->digits[order[at]].number;
    struct scene_rect all = place->boxes[order[at]];
    *last = at;
    if (way->style != TAG_NUMBER)
        return all;
    for (int k = at + 1; k < end && place->reading->digits[order[k]].number == number; k++) {
        const struct scene_rect b = place->boxes[order[k]];
        const float right = fmaxf(all.x + all.w, b.x + b.w), bottom = fmaxf(all.y + all.h, b.y + b.h);
        all.x = fminf(all.x, b.x);
        all.y = fminf(all.y, b.y);
        all.w = right - all.x;
        all.h = bottom - all.y;
        *last = k;
    }
    return all;
}

/* Like a tab on the box's outline. One that lies over the edge of its digit goes no further down than it must. */
static struct scene_rect move_tag(const struct place *place, struct scene_rect tag, struct scene_rect box,
                                  enum side side)
{
    const struct scene_rect p = place->picture;
    const float gap = gap_px(place, side);
    const float y[] = {[ABOVE] = box.y - gap - tag.h,
                       [BELOW] = box.y + box.h + gap,
                       [ASTRIDE] = box.y - fminf(room_px(place, side), 0.9f * tag.h),
                       [WITHIN] = box.y + 1};
    tag.x = fmaxf(p.x, fminf(box.x + (box.w - tag.w) / 2, p.x + p.w - tag.w));
    tag.y = fmaxf(p.y, fminf(y[side], p.y + p.h - tag.h));
    return tag;
}

/* ---- what a tag is too near to -------------------------------------------------------------------------------- */

/* Index in near_digits of the first that may reach as far right as `x`. */
static int first_near(const struct tags *tags, const struct place *place, float x)
{
    int low = 0, high = tags->near_digit_count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (place->boxes[tags->near_digits[middle]].x < x - tags->widest)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* By how many pixels a tag, `own` pixels from what it stands for, is too near to digit `i`, and what it covers of it.
 * Digits of other lines are taken with their outline. */
static float nearness(const struct place *place, struct scene_rect tag, float own, int i, float margin)
{
    const struct scene_rect b = place->boxes[i];
    const int l = place->lines->line_of[i];
    float stroke, pad;
    if (place->line == &place->lines->lines[l])
        return fmaxf(own + margin - usual_px - BESIDE * place->height - distance(tag, b), 0) +
               sqrtf(overlap(grown(tag, margin), b));
    line_outline(&place->lines->lines[l], place->view, &stroke, &pad);
    return fmaxf(own + margin - distance(tag, b), 0) +
           sqrtf(overlap(grown(tag, margin), grown(b, pad + 1.5f * stroke)));
}

/* How wrong a tag is, in pixels: how much too near to digits that are not its own (those in the line's order from `at`
 * to `last` are), and what it covers of them and of tags placed before, those of its own line from `before` on. Its own
 * digit it may not cover either, unless that is the way: at the edge of the picture it may have been moved over it. */
static float tag_cost(const struct tags *tags, const struct place *place, const struct tag *tag, struct scene_rect box,
                      int at, int last, enum side side, float margin, int before)
{
    const float own = distance(tag->rect, box), reach = own + 0.2f * place->height + 4 * to_change_px;
    const struct scene_rect around = grown(tag->rect, reach), wide = grown(tag->rect, margin);
    float cost = side == ASTRIDE || side == WITHIN ? 0 : sqrtf(overlap(tag->rect, box));
    for (int n = first_near(tags, place, around.x); n < tags->near_digit_count; n++) {
        const int i = tags->near_digits[n];
        if (place->boxes[i].x > around.x + around.w)
            break;
        if (!meets(around, place->boxes[i]))
            continue;
        bool mine = false;
        for (int k = at; k <= last; k++)
            mine |= place->lines->order[k] == i;
        cost += mine ? 0 : nearness(place, tag->rect, own, i, margin);
    }
    for (int n = 0; n < tags->near_tag_count; n++)
        if (meets(wide, tags->tags[tags->near_tags[n]].rect))
            cost += sqrtf(overlap(wide, tags->tags[tags->near_tags[n]].rect));
    for (int n = tags->count - 2 > before ? tags->count - 2 : before; n < tags->count; n++)
        cost += sqrtf(overlap(wide, tags->tags[n].rect));
    return cost;
}

static float ink_cost(const struct tags *tags, const struct tag *tag, bool seen_too)
{
    float cost = 0;
    for (int n = 0; n < tags->near_ink_count; n++) {
        const struct other_ink *const ink = &tags->ink[tags->near_ink[n]];
        if (seen_too || !ink->seen)
            cost += overlap(tag->rect, ink->rect);
    }
    return cost;
}

/* What stands near enough to the line to matter. */
static void look_around(struct tags *tags, const struct place *place)
{
    const float reach = shape_tag(place, &ways[1]).rect.h + 0.3f * place->height + 4 * to_change_px;
    const struct scene_rect line = place->line->box, p = place->picture;
    const struct scene_rect around = {p.x, line.y - reach, p.w, line.h + 2 * reach};
    tags->near_digit_count = tags->near_tag_count = tags->near_ink_count = 0;
    tags->widest = 0;
    for (int k = 0; k < place->reading->digit_count; k++) {
        const int i = place->lines->by_left[k];
        if (!meets(around, place->boxes[i]))
            continue;
        tags->near_digits[tags->near_digit_count++] = i;
        tags->widest = fmaxf(tags->widest, place->boxes[i].w);
    }
    for (int i = 0; i < tags->count; i++)
        if (meets(around, tags->tags[i].rect))
            tags->near_tags[tags->near_tag_count++] = i;
    for (int i = 0; i < tags->ink_count; i++)
        if (meets(around, tags->ink[i].rect))
            tags->near_ink[tags->near_ink_count++] = i;
}

/* ---- one line ------------------------------------------------------------------------------------------------- */

struct cost {
    float digits; /* too near to other digits and tags */
    float ink;    /* covering other ink */
};

/* The tag of the digit at `at` in the line's order, which has this shape; with it the box of what it stands for, and
 * the last digit of that. */
static struct tag make_tag(const struct place *place, const struct way *way, struct tag shape, int at,
                           struct scene_rect *box, int *last)
{
    shape.digit = place->lines->order[at];
    *box = own_box(place, way, at, last);
    if (*last > at) {
        const int number = place->reading->digits[shape.digit].number;
        shape.rect.w = measure(place, place->reading->numbers[number].text, shape.size) + 0.56f * shape.size;
    }
    shape.rect = move_tag(place, shape.rect, *box, way->side);
    return shape;
}

static void place_tags(struct tags *tags, const struct place *place, const struct way *way)
{
    const struct line *const line = place->line;
    const struct tag shape = shape_tag(place, way);
    struct scene_rect box;
    int last;
    for (int at = line->first; at < line->first + line->count; at = last + 1)
        tags->tags[tags->count++] = make_tag(place, way, shape, at, &box, &last);
}

/* What it would cost to place the line's tags this way. Stops where it is more than `most`. */
static struct cost cost_of(struct tags *tags, const struct place *place, const struct way *way, float margin,
                           bool seen_too, float most)
{
    const struct line *const line = place->line;
    const struct tag shape = shape_tag(place, way);
    const int before = tags->count;
    struct cost cost = {0, 0};
    int last;
    for (int at = line->first; at < line->first + line->count && cost.digits <= most; at = last + 1) {
        struct scene_rect box;
        const struct tag tag = make_tag(place, way, shape, at, &box, &last);
        cost.digits += tag_cost(tags, place, &tag, box, at, last, way->side, margin, before);
        cost.ink += ink_cost(tags, &tag, seen_too);
        tags->tags[tags->count++] = tag;
    }
    tags->count = before;
    return cost;
}

static int by_id(const void *a, const void *b)
{
    const struct habit *const p = a, *const q = b;
    return (p->id > q->id) - (p->id < q->id);
}

/* The way of the last frame, or WAY_COUNT. */
static int habit_of(const struct tags *tags, const struct place *place)
{
    for (int k = place->line->first; k < place->line->first + place->line->count && tags->habit_count; k++) {
        const struct habit key = {place->reading->digits[place->lines->order[k]].id, 0};
        const struct habit *const h =
            bsearch(&key, tags->habits, (size_t)tags->habit_count, sizeof key, by_id);
        if (h)
            return h->way;
    }
    return WAY_COUNT;
}

/* The first way that keeps off digits, tags and other ink; else the first that keeps off digits and tags. WAY_COUNT:
 * none. */
static int first_free_way(struct tags *tags, const struct place *place, int habit)
{
    int best = WAY_COUNT;
    for (int w = 0; w < (best < WAY_COUNT ? FREE_WAYS : WAY_COUNT); w++) {
        const float margin = habit == WAY_COUNT || w > habit ? usual_px : w < habit ? to_change_px : to_stay_px;
        const struct cost cost = cost_of(tags, place, &ways[w], margin, w != habit, 0);
        if (cost.digits > 0)
            continue;
        if (cost.ink <= 0)
            return w;
        best = w < best ? w : best;
    }
    return best;
}

/* Where no way is free: of the small ones the one that comes least too near to others. */
static int least_bad_way(struct tags *tags, const struct place *place, int habit)
{
    int best = FREE_WAYS;
    float least = INFINITY;
    for (int w = FREE_WAYS; w < WAY_COUNT; w++) {
        const float cost = cost_of(tags, place, &ways[w], w == habit ? to_stay_px : usual_px, false, least).digits;
        if (cost < least) {
            least = cost;
            best = w;
        }
    }
    return best;
}

static int choose_way(struct tags *tags, const struct place *place)
{
    const int habit = habit_of(tags, place), way = first_free_way(tags, place, habit);
    return way < WAY_COUNT ? way : least_bad_way(tags, place, habit);
}

static void place_line(struct tags *tags, const struct place *place)
{
    const bool crowded = place->reading->digit_count > CROWD;
    int way = CROWD_WAY;
    if (!crowded) {
        look_around(tags, place);
        way = choose_way(tags, place);
    }
    place_tags(tags, place, &ways[way]);
    for (int k = place->line->first; k < place->line->first + place->line->count; k++)
        tags->new_habits[tags->new_habit_count++] =
            (struct habit){place->reading->digits[place->lines->order[k]].id, way};
}

/* ---- the page ------------------------------------------------------------------------------------------------- */

/* Between two numbers of a line stands an operator, as often as not. */
static void suppose_operators(struct tags *tags, const struct place *place)
{
    const int *const order = place->lines->order;
    for (int l = 0; l < place->lines->count; l++) {
        const struct line *const line = &place->lines->lines[l];
        for (int k = line->first + 1; k < line->first + line->count; k++) {
            const struct scene_rect a = place->boxes[order[k - 1]], b = place->boxes[order[k]];
            const float height = fminf(a.h, b.h), left = a.x + a.w, gap = b.x - left;
            if (gap > OPERATOR_GAP * height)
                tags->ink[tags->ink_count++] = (struct other_ink){
                    {left + 0.2f * gap, (a.y + b.y) / 2 + 0.2f * height, 0.6f * gap, 0.65f * height}, false};
        }
    }
}

/* Signs and letters that were looked at and are no digits, where that is known. */
static void add_other_ink(struct tags *tags, const struct place *place, float page)
{
    const struct reading *const r = place->reading;
    const float x_zoom = place->picture.w / (float)r->width_px, y_zoom = place->picture.h / (float)r->height_px;
    for (int i = 0; i < r->candidate_count && tags->ink_count < 2 * tags->capacity; i++) {
        const struct reading_candidate *const c = &r->candidates[i];
        const bool sign = c->reason == READING_NOT_A_DIGIT || c->reason == READING_TOO_WIDE ||
                          c->reason == READING_JOINED_WRITING || c->reason == READING_SLANTED_BAR;
        const struct scene_rect box = {place->picture.x + (float)c->box.x * x_zoom,
                                       place->picture.y + (float)c->box.y * y_zoom, (float)c->box.w * x_zoom,
                                       (float)c->box.h * y_zoom};
        if (sign && box.w < 4 * page && box.h < 2 * page && fmaxf(box.w, box.h) > 0.3f * page)
            tags->ink[tags->ink_count++] = (struct other_ink){box, true};
    }
}

static void place_all(struct tags *tags, struct place *place)
{
    const struct reading *const r = place->reading;
    float page = 0;
    for (int i = 0; i < r->digit_count; i++)
        page += place->boxes[i].h / (float)r->digit_count;
    if (r->digit_count <= CROWD) {
        suppose_operators(tags, place);
        add_other_ink(tags, place, page);
    }
    for (int l = 0; l < place->lines->count; l++) {
        char percent[8];
        place->line = &place->lines->lines[l];
        place->height = sqrtf(place->line->height * page);
        place->confidence_letters = 0;
        for (int k = place->line->first; k < place->line->first + place->line->count; k++) {
            tags_percent(r->digits[place->lines->order[k]].confidence, percent);
            if ((int)strlen(percent) > place->confidence_letters)
                place->confidence_letters = (int)strlen(percent);
        }
        place_line(tags, place);
    }
}

/* Room for `count` digits; after a failure what was there still stands. */
static int make_room(struct tags *tags, int count)
{
    const size_t room = 2 * (size_t)count;
    int **const lists[] = {&tags->near_digits, &tags->near_tags, &tags->near_ink};
    void *more;
    if (count <= tags->capacity)
        return 0;
    if (!(more = realloc(tags->tags, room * sizeof *tags->tags)))
        return -ENOMEM;
    tags->tags = more;
    if (!(more = realloc(tags->habits, room * sizeof *tags->habits)))
        return -ENOMEM;
    tags->habits = more;
    if (!(more = realloc(tags->new_habits, room * sizeof *tags->new_habits)))
        return -ENOMEM;
    tags->new_habits = more;
    if (!(more = realloc(tags->ink, 2 * room * sizeof *tags->ink)))
        return -ENOMEM;
    tags->ink = more;
    for (int i = 0; i < 3; i++) {
        if (!(more = realloc(*lists[i], 2 * room * sizeof **lists[i])))
            return -ENOMEM;
        *lists[i] = more;
    }
    tags->capacity = 2 * count;
    return 0;
}

int tags_place(struct tags *tags, const struct reading *reading, const struct lines *lines,
               const struct scene_rect *boxes, struct scene_rect picture, const struct scene_view *view,
               const struct tag **placed, int *count)
{
    if (make_room(tags, reading->digit_count) != 0)
        return -ENOMEM;
    tags->count = tags->new_habit_count = tags->ink_count = 0;
    place_all(tags, &(struct place){.reading = reading, .lines = lines, .boxes = boxes, .view = view,
                                    .picture = picture});
    if (tags->new_habit_count)
        qsort(tags->new_habits, (size_t)tags->new_habit_count, sizeof *tags->new_habits, by_id);
    struct habit *const old = tags->habits;
    tags->habits = tags->new_habits;
    tags->habit_count = tags->new_habit_count;
    tags->new_habits = old;
    *placed = tags->tags;
    *count = tags->count;
    return 0;
}
