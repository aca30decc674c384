#include "render/tags.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LEAST_SIZE_PX 13.0f
#define SMALLEST_PX   9.5f  /* of the confidence */
#define DIGIT_SHARE   0.5f  /* size of a tag's digit, of the height of the digit it stands for */
#define SMALL_SHARE   0.5f  /* size of the confidence, of the tag's digit */
#define CROWD         400   /* with more digits than this nobody reads tags, and looking for free places takes long */

/* Which way a number's tags were placed, known again by its first digit. */
struct habit {
    uint32_t id;
    int way;
};

struct tags {
    struct tag *tags;
    int capacity, count;
    struct habit *habits, *new_habits; /* of the last frame, and of this one; `capacity` each */
    int habit_count, new_habit_count;
};

/* When a way is good enough. In a film digits tremble a little; a way that is hard to take and easy to keep stops tags
 * from jumping to and fro. */
struct patience {
    float slip;  /* share of a tag that may cover something */
    float pitch; /* a tag's width, of the distance between two digits */
};
static const struct patience usual = {0.04f, 1.0f}, to_change = {0, 0.92f}, to_stay = {0.15f, 1.08f};

/* What is looked at while one number's tags are placed. */
struct place {
    const struct reading *reading;
    const struct scene_rect *boxes;
    const struct scene_view *view;
    struct scene_rect picture;
    int first, last; /* its digits */
    float pitch;     /* least distance between the centres of two neighbours */
    float height;    /* mean height of its digits, drawn towards that of the whole page: sizes should look alike */
    float gap;       /* between box and tag */
};

/* One way to place them. */
struct way {
    enum tag_style style;
    bool below;
    float shrink;
};

/* Above is where people look first, so a smaller tag above comes before a large one below; and a confidence that can
 * be read comes before a large digit, which the bar shows as well. */
static const struct way ways[] = {
    {TAG_SIDE, false, 1},      {TAG_STACK, false, 1},    {TAG_SIDE, false, 0.75f},  {TAG_STACK, false, 0.75f},
    {TAG_SIDE, false, 0.5f},   {TAG_SIDE, true, 1},      {TAG_STACK, true, 1},      {TAG_STACK, true, 0.75f},
    {TAG_SIDE, true, 0.5f},    {TAG_PLAIN, false, 0.9f}, {TAG_PLAIN, false, 0.65f}, {TAG_PLAIN, true, 0.9f},
    {TAG_PLAIN, true, 0.65f},  {TAG_NUMBER, false, 0.8f}, {TAG_NUMBER, true, 0.8f},
};
#define WAY_COUNT ((int)(sizeof ways / sizeof ways[0]))

int tags_create(struct tags **tags)
{
    *tags = calloc(1, sizeof **tags);
    return *tags ? 0 : -ENOMEM;
}

void tags_destroy(struct tags *tags)
{
    if (!tags)
        return;
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

static float overlap(struct scene_rect a, struct scene_rect b)
{
    const float w = fminf(a.x + a.w, b.x + b.w) - fmaxf(a.x, b.x);
    const float h = fminf(a.y + a.h, b.y + b.h) - fmaxf(a.y, b.y);
    return w > 0 && h > 0 ? w * h : 0;
}

static float measure(const struct place *place, const char *text, float size)
{
    return place->view->measure(place->view->measure_context, text, size);
}

/* A confidence too wide for its room becomes smaller, as far as it can still be read. */
static void fit_small(const struct place *place, struct tag *tag, float width, float room)
{
    if (width > room)
        tag->small_size = fmaxf(SMALLEST_PX * place->view->scale, tag->small_size * room / width);
}

/* Size and shape of the tag of digit `i`, at 0, 0. */
static struct tag shape_tag(const struct place *place, int i, const struct way *way)
{
    const struct reading_digit *const digit = &place->reading->digits[i];
    const float least = LEAST_SIZE_PX * place->view->scale;
    const float most = fmaxf(least, 0.07f * fminf(place->picture.w, place->picture.h));
    struct tag tag = {.style = way->style, .digit = i};
    char one[2] = {(char)('0' + digit->digit), '\0'}, percent[8];
    tag.size = fmaxf(least, way->shrink * fminf(most, fmaxf(DIGIT_SHARE * place->height, least)));
    tag.small_size = fmaxf(0.8f * least, SMALL_SHARE * tag.size);
    tags_percent(digit->confidence, percent);
    const float pad = 0.28f * tag.size, digit_width = measure(place, one, tag.size);
    const float small_width = measure(place, percent, tag.small_size);
    tag.rect.h = 1.25f * tag.size;
    tag.rect.w = digit_width + 2 * pad;
    if (way->style == TAG_SIDE) {
        const float room = fmaxf(place->pitch - tag.rect.w - 0.22f * tag.size - 1, 1);
        if (way->shrink <= 0.5f) /* the larger ones had better be stacked */
            fit_small(place, &tag, small_width, room);
        tag.rect.w += measure(place, percent, tag.small_size) + 0.22f * tag.size;
    } else if (way->style == TAG_STACK) {
        fit_small(place, &tag, small_width, fmaxf(place->pitch - 1.2f * pad - 1, 1));
        tag.rect.w = fmaxf(digit_width, measure(place, percent, tag.small_size)) + 1.2f * pad;
        tag.rect.h += 0.95f * tag.small_size;
    } else if (way->style == TAG_NUMBER) {
        tag.rect.w = measure(place, place->reading->numbers[digit->number].text, tag.size) + 2 * pad;
    }
    return tag;
}

/* Box of all digits of the number. */
static struct scene_rect run_box(const struct place *place)
{
    struct scene_rect all = place->boxes[place->first];
    for (int i = place->first + 1; i <= place->last; i++) {
        const struct scene_rect b = place->boxes[i];
        const float right = fmaxf(all.x + all.w, b.x + b.w), bottom = fmaxf(all.y + all.h, b.y + b.h);
        all.x = fminf(all.x, b.x);
        all.y = fminf(all.y, b.y);
        all.w = right - all.x;
        all.h = bottom - all.y;
    }
    return all;
}

/* Moves a tag above or below its box, clear of the number's other digits, which may stand a little higher or lower;
 * then into the picture. */
static void move_tag(const struct place *place, struct tag *tag, const struct way *way)
{
    const struct scene_rect p = place->picture;
    struct scene_rect box = way->style == TAG_NUMBER ? run_box(place) : place->boxes[tag->digit];
    tag->rect.x = box.x + (box.w - tag->rect.w) / 2;
    for (int i = place->first; i <= place->last && way->style != TAG_NUMBER; i++) {
        const struct scene_rect b = place->boxes[i];
        if (b.x >= tag->rect.x + tag->rect.w || b.x + b.w <= tag->rect.x)
            continue;
        const float bottom = fmaxf(box.y + box.h, b.y + b.h);
        box.y = fminf(box.y, b.y);
        box.h = bottom - box.y;
    }
    tag->rect.y = way->below ? box.y + box.h + place->gap : box.y - place->gap - tag->rect.h;
    tag->rect.x = fmaxf(p.x, fminf(tag->rect.x, p.x + p.w - tag->rect.w));
    tag->rect.y = fmaxf(p.y, fminf(tag->rect.y, p.y + p.h - tag->rect.h));
}

/* How much ink and how many other tags a tag would cover, in square pixels. Its own box counts too: at the edge of the
 * picture it may have been moved over it. Digits' boxes are taken with their outline. */
static float tag_cost(const struct tags *tags, const struct place *place, const struct tag *tag, float slip)
{
    float cost = 0;
    const float line = 0.5f * place->gap;
    for (int i = 0; i < place->reading->digit_count; i++) {
        const struct scene_rect b = place->boxes[i];
        cost += overlap(tag->rect, (struct scene_rect){b.x - line, b.y - line, b.w + 2 * line, b.h + 2 * line});
    }
    for (int i = 0; i < tags->count; i++)
        cost += overlap(tag->rect, tags->tags[i].rect);
    return cost > slip * tag->rect.w * tag->rect.h ? cost : 0;
}

/* Adds the number's tags, placed this way, to those that stand already; returns what they cover. */
static float try_way(struct tags *tags, const struct place *place, const struct way *way, struct patience patience,
                     bool crowded)
{
    float cost = 0;
    const int last = way->style == TAG_NUMBER ? place->first : place->last;
    for (int i = place->first; i <= last; i++) {
        struct tag tag = shape_tag(place, i, way);
        if (way->style != TAG_NUMBER && tag.rect.w > patience.pitch * place->pitch)
            return INFINITY;
        move_tag(place, &tag, way);
        if (!crowded)
            cost += tag_cost(tags, place, &tag, patience.slip);
        tags->tags[tags->count++] = tag;
    }
    return cost;
}

/* The way of the last frame, or WAY_COUNT. */
static int habit_of(const struct tags *tags, uint32_t id)
{
    for (int i = 0; i < tags->habit_count; i++)
        if (tags->habits[i].id == id)
            return tags->habits[i].way;
    return WAY_COUNT;
}

/* The first way that covers nothing, else the one that covers least. A tag for a whole number needs a number of more
 * than one digit. */
static void place_run(struct tags *tags, const struct place *place)
{
    const bool crowded = place->reading->digit_count > CROWD;
    const uint32_t id = place->reading->digits[place->first].id;
    const int before = tags->count, habit = crowded ? WAY_COUNT : habit_of(tags, id);
    int best = -1;
    float least = INFINITY;
    for (int i = crowded ? WAY_COUNT - 2 : 0; i < WAY_COUNT && least > 0; i++) {
        const struct patience patience = habit == WAY_COUNT || i > habit ? usual : i < habit ? to_change : to_stay;
        if (ways[i].style == TAG_NUMBER && !crowded && place->first == place->last)
            continue;
        const float cost = try_way(tags, place, &ways[i], patience, crowded);
        tags->count = before;
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    if (best < 0)
        return;
    try_way(tags, place, &ways[best], to_stay, crowded);
    tags->new_habits[tags->new_habit_count++] = (struct habit){id, best};
}

static void place_all(struct tags *tags, struct place *place)
{
    const struct reading *const r = place->reading;
    float page = 0;
    for (int i = 0; i < r->digit_count; i++)
        page += place->boxes[i].h / (float)r->digit_count;
    for (int i = 0; i < r->digit_count; i = place->last + 1) {
        float height = place->boxes[i].h;
        place->first = place->last = i;
        place->pitch = INFINITY;
        for (int j = i + 1; j < r->digit_count && r->digits[j].number == r->digits[i].number; j++) {
            const struct scene_rect a = place->boxes[j - 1], b = place->boxes[j];
            place->pitch = fminf(place->pitch, fabsf(b.x + b.w / 2 - a.x - a.w / 2));
            height += b.h;
            place->last = j;
        }
        place->height = sqrtf(height / (float)(place->last - i + 1) * page);
        place->gap = fmaxf(4 * place->view->scale, 0.08f * place->height);
        place_run(tags, place);
    }
}

/* Room for `count` digits; what was there stays. */
static int make_room(struct tags *tags, int count)
{
    const size_t room = 2 * (size_t)count;
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
    tags->capacity = 2 * count;
    return 0;
}

int tags_place(struct tags *tags, const struct reading *reading, const struct scene_rect *boxes,
               struct scene_rect picture, const struct scene_view *view, const struct tag **placed, int *count)
{
    if (make_room(tags, reading->digit_count) != 0)
        return -ENOMEM;
    tags->count = tags->new_habit_count = 0;
    place_all(tags, &(struct place){.reading = reading, .boxes = boxes, .view = view, .picture = picture});
    struct habit *const old = tags->habits;
    tags->habits = tags->new_habits;
    tags->habit_count = tags->new_habit_count;
    tags->new_habits = old;
    *placed = tags->tags;
    *count = tags->count;
    return 0;
}
