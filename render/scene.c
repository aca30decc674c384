#include "render/scene.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/lines.h"
#include "render/tags.h"

#define LEAST_BAR_PX 30 /* at scale 1 */
#define MOST_REASONS 200 /* candidates drawn with why they were not read, those that got furthest first */

static const struct scene_colour paper = {244, 246, 248, 255}, dim = {150, 160, 170, 255}, ink = {12, 16, 20, 255},
                                 bar_colour = {22, 26, 31, 255}, panel = {16, 20, 24, 225},
                                 help_panel = {16, 20, 24, 250}, refused = {170, 176, 184, 255};

struct scene {
    struct scene_item *items;
    int count, capacity;
    struct scene_rect *boxes; /* of the digits, in output pixels */
    int box_capacity;
    struct lines lines; /* of the writing */
    struct tags *tags;
    const struct tag *placed; /* what they placed in this build, tag_count of them */
    int tag_count;
    bool failed; /* no memory for an item of this build */
};

int render_scene_create(struct scene **scene)
{
    *scene = calloc(1, sizeof **scene);
    if (*scene && tags_create(&(*scene)->tags) == 0)
        return 0;
    free(*scene);
    *scene = NULL;
    return -ENOMEM;
}

void render_scene_destroy(struct scene *scene)
{
    if (!scene)
        return;
    tags_destroy(scene->tags);
    lines_release(&scene->lines);
    free(scene->boxes);
    free(scene->items);
    free(scene);
}

const struct scene_item *scene_items(const struct scene *scene, int *count)
{
    *count = scene->count;
    return scene->items;
}

int scene_bar_height_px(int width_px, int height_px, float scale)
{
    const float wished = 0.085f * sqrtf((float)width_px * (float)height_px), least = LEAST_BAR_PX * scale;
    if ((float)width_px < 160 * scale || (float)height_px < 1.5f * least)
        return 0;
    return (int)fmaxf(least, fminf(wished, (float)height_px / 3));
}

struct scene_rect scene_picture_rect(const struct scene_view *view, int picture_width_px, int picture_height_px)
{
    const float width = (float)view->width_px, height = fmaxf(1, (float)(view->height_px - view->bar_px));
    const float zoom = fminf(width / (float)picture_width_px, height / (float)picture_height_px);
    const float w = fmaxf(1, roundf(zoom * (float)picture_width_px));
    const float h = fmaxf(1, roundf(zoom * (float)picture_height_px));
    return (struct scene_rect){floorf((width - w) / 2), floorf((height - h) / 2), w, h};
}

struct scene_colour scene_confidence_colour(float confidence)
{
    static const struct {
        float at;
        struct scene_colour colour;
    } stops[] = {{0.5f, {255, 92, 56, 255}}, {0.8f, {255, 190, 40, 255}}, {0.97f, {40, 214, 140, 255}}};
    if (!(confidence > stops[0].at)) /* catches what is not a number, too */
        return stops[0].colour;
    for (int i = 1; i < 3; i++) {
        if (confidence > stops[i].at)
            continue;
        const struct scene_colour a = stops[i - 1].colour, b = stops[i].colour;
        const float t = (confidence - stops[i - 1].at) / (stops[i].at - stops[i - 1].at);
        return (struct scene_colour){(uint8_t)((float)a.r + t * (float)(b.r - a.r)),
                                     (uint8_t)((float)a.g + t * (float)(b.g - a.g)),
                                     (uint8_t)((float)a.b + t * (float)(b.b - a.b)), 255};
    }
    return stops[2].colour;
}

/* A new shape, zeroed but for these; a harmless one where memory is short, and the build fails. */
static struct scene_item *add(struct scene *scene, enum scene_kind kind, struct scene_rect rect,
                              struct scene_colour colour)
{
    static const int first_capacity = 256;
    if (scene->count == scene->capacity) {
        const int capacity = scene->capacity ? 2 * scene->capacity : first_capacity;
        struct scene_item *const more = realloc(scene->items, (size_t)capacity * sizeof *more);
        if (!more) {
            scene->failed = true;
            if (!scene->count)
                return NULL;
            scene->count--;
        } else {
            scene->items = more;
            scene->capacity = capacity;
        }
    }
    struct scene_item *const item = &scene->items[scene->count++];
    *item = (struct scene_item){.kind = kind, .rect = rect, .colour = colour};
    return item;
}

/* Cuts text that is too long between two letters, never inside one. */
static void copy_text(char to[SCENE_TEXT_BYTES], const char *from)
{
    size_t length = strlen(from);
    if (length < SCENE_TEXT_BYTES) {
        memcpy(to, from, length + 1);
        return;
    }
    length = SCENE_TEXT_BYTES - 4;
    while (length && ((unsigned char)from[length] & 0xc0) == 0x80)
        length--;
    memcpy(to, from, length);
    memcpy(to + length, "...", 4);
}

static void add_text(struct scene *scene, struct scene_rect rect, struct scene_colour colour, float size,
                     enum scene_align align, const char *text)
{
    struct scene_item *const item = add(scene, SCENE_TEXT, rect, colour);
    if (!item)
        return;
    item->size = size;
    item->align = align;
    copy_text(item->text, text);
}

static void add_tag_shape(struct scene *scene, struct scene_rect rect, struct scene_colour colour, float radius)
{
    struct scene_item *const item = add(scene, SCENE_TAG, rect, colour);
    if (item)
        item->radius = radius;
}

/* ---- over the picture ----------------------------------------------------------------------------------------- */

/* Free pixels between a box and the nearest of its line's boxes to its left and right. */
static float free_px(const struct scene *scene, const struct line *line, int at)
{
    const struct scene_rect box = scene->boxes[scene->lines.order[at]];
    float gap = INFINITY;
    if (at > line->first) {
        const struct scene_rect left = scene->boxes[scene->lines.order[at - 1]];
        gap = box.x - left.x - left.w;
    }
    if (at + 1 < line->first + line->count)
        gap = fminf(gap, scene->boxes[scene->lines.order[at + 1]].x - box.x - box.w);
    return gap;
}

/* The outlines of a line's digits keep off the ink as far as the neighbours leave room. */
static void add_boxes(struct scene *scene, const struct line *line, const struct reading *reading,
                      const struct scene_view *view)
{
    float stroke, pad;
    line_outline(line, view, &stroke, &pad);
    for (int at = line->first; at < line->first + line->count; at++) {
        const int i = scene->lines.order[at];
        const struct scene_rect box = scene->boxes[i];
        const float pad_x = fmaxf(0, fminf(pad, free_px(scene, line, at) / 2 - stroke));
        const struct scene_rect around = {box.x - pad_x, box.y - pad, box.w + 2 * pad_x, box.h + 2 * pad};
        struct scene_item *const item =
            add(scene, SCENE_BOX, around, scene_confidence_colour(reading->digits[i].confidence));
        if (!item)
            return;
        item->line = stroke;
        item->radius = fminf(0.12f * line->height, 3 * stroke);
    }
}

static void add_tag(struct scene *scene, const struct reading *reading, const struct tag *tag)
{
    const struct reading_digit *const digit = &reading->digits[tag->digit];
    const struct reading_number *const number = &reading->numbers[digit->number];
    const bool whole = tag->style == TAG_NUMBER;
    const char one[2] = {(char)('0' + digit->digit), '\0'};
    const float pad = 0.28f * tag->size;
    struct scene_rect large = tag->rect, small = tag->rect;
    char percent[8];
    add_tag_shape(scene, tag->rect, scene_confidence_colour(whole ? number->confidence : digit->confidence),
                  0.25f * tag->size);
    if (tag->style == TAG_SIDE) {
        large.x += pad;
        large.w -= 2 * pad;
        small = large;
    } else if (tag->style == TAG_STACK) {
        small.h = 1.3f * tag->small_size;
        large.h -= 0.95f * tag->small_size;
        small.y += tag->rect.h - small.h;
    }
    add_text(scene, large, ink, tag->size, tag->style == TAG_SIDE ? SCENE_LEFT : SCENE_CENTRE,
             whole ? number->text : one);
    if (tag->style != TAG_SIDE && tag->style != TAG_STACK)
        return;
    tags_percent(digit->confidence, percent);
    add_text(scene, small, ink, tag->small_size, tag->style == TAG_SIDE ? SCENE_RIGHT : SCENE_CENTRE, percent);
}

static bool meets(struct scene_rect a, struct scene_rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/* Is the rectangle clear of the digits, of their tags, of the reasons' texts (items from `first` on) and of other ink
 * of the size of letters, but for its own? Larger boxes are those of tables and rules. */
static bool is_clear(const struct scene *scene, const struct reading *reading, int first, struct scene_rect r,
                     const struct scene_item *own)
{
    const float outline = r.h / 2;
    const struct scene_rect wide = {r.x - outline, r.y - outline, r.w + 2 * outline, r.h + 2 * outline};
    for (int i = 0; i < reading->digit_count; i++)
        if (meets(scene->boxes[i], wide))
            return false;
    for (int i = 0; i < scene->tag_count; i++)
        if (meets(scene->placed[i].rect, r))
            return false;
    for (int i = first; i < scene->count; i++) {
        const struct scene_item *const item = &scene->items[i];
        const float side = fminf(item->rect.w, item->rect.h);
        const bool letter = item->kind == SCENE_BOX && item != own && side > r.h / 2 && side < 6 * r.h;
        if ((item->kind == SCENE_TEXT || letter) && meets(item->rect, r))
            return false;
    }
    return true;
}

static bool has_reason(const struct reading_candidate *candidate)
{
    return candidate->reason != READING_READ && candidate->reason != READING_CUT &&
           candidate->reason != READING_OUTVOTED;
}

/* Thin gray boxes round what was not read, with the reason below where there is room for it. */
static void add_reasons(struct scene *scene, const struct reading *reading, const struct scene_view *view)
{
    const struct scene_rect picture = scene_picture_rect(view, reading->width_px, reading->height_px);
    const float x_zoom = picture.w / (float)reading->width_px, y_zoom = picture.h / (float)reading->height_px;
    const float size = fmaxf(10 * view->scale, 0.014f * picture.h);
    const int first = scene->count;
    for (int i = 0; i < reading->candidate_count && scene->count < first + MOST_REASONS; i++) {
        const struct box b = reading->candidates[i].box;
        const struct scene_rect box = {picture.x + (float)b.x * x_zoom, picture.y + (float)b.y * y_zoom,
                                       (float)b.w * x_zoom, (float)b.h * y_zoom};
        if (!has_reason(&reading->candidates[i]))
            continue;
        struct scene_item *const item = add(scene, SCENE_BOX, box, refused);
        if (item)
            item->line = view->scale;
    }
    int at = first;
    for (int i = 0; i < reading->candidate_count && at < first + MOST_REASONS && !scene->failed; i++) {
        char text[SCENE_TEXT_BYTES];
        if (!has_reason(&reading->candidates[i]))
            continue;
        const struct scene_item *const item = &scene->items[at++];
        reading_reason_text(&reading->candidates[i], text, sizeof text);
        const float width = view->measure(view->measure_context, text, size);
        const struct scene_rect below = {item->rect.x, item->rect.y + item->rect.h, width, 1.25f * size};
        const bool within = below.x + below.w <= picture.x + picture.w && below.y + below.h <= picture.y + picture.h;
        if (!within || !is_clear(scene, reading, first, below, item))
            continue;
        add_tag_shape(scene, below, panel, 0.2f * size);
        add_text(scene, below, refused, size, SCENE_LEFT, text);
    }
}

/* Where the digits are in the output, which of them make lines, and where their tags go. */
static int place_digits(struct scene *scene, const struct reading *reading, const struct scene_view *view)
{
    const struct scene_rect picture = scene_picture_rect(view, reading->width_px, reading->height_px);
    const float x_zoom = picture.w / (float)reading->width_px, y_zoom = picture.h / (float)reading->height_px;
    if (reading->digit_count > scene->box_capacity) {
        struct scene_rect *const more =
            realloc(scene->boxes, 2 * (size_t)reading->digit_count * sizeof *scene->boxes);
        if (!more)
            return -ENOMEM;
        scene->boxes = more;
        scene->box_capacity = 2 * reading->digit_count;
    }
    for (int i = 0; i < reading->digit_count; i++) {
        const struct box b = reading->digits[i].box;
        scene->boxes[i] = (struct scene_rect){picture.x + (float)b.x * x_zoom, picture.y + (float)b.y * y_zoom,
                                              (float)b.w * x_zoom, (float)b.h * y_zoom};
    }
    const int error = lines_find(&scene->lines, reading, scene->boxes);
    return error ? error
                 : tags_place(scene->tags, reading, &scene->lines, scene->boxes, picture, view, &scene->placed,
                              &scene->tag_count);
}

static void add_digits(struct scene *scene, const struct reading *reading, const struct scene_view *view)
{
    for (int l = 0; l < scene->lines.count; l++)
        add_boxes(scene, &scene->lines.lines[l], reading, view);
    for (int i = 0; i < scene->tag_count; i++)
        add_tag(scene, reading, &scene->placed[i]);
}

/* ---- the bar -------------------------------------------------------------------------------------------------- */

/* How far the numbers from `first` on get in a line of this width: index after the last that fits. */
static int numbers_fitting(const struct reading *reading, int first, float width, float size,
                           const struct scene_view *view)
{
    float x = 0;
    int i = first;
    for (; i < reading->number_count; i++) {
        x += view->measure(view->measure_context, reading->numbers[i].text, size);
        if (x > width && i > first)
            break;
        x += 0.8f * size;
    }
    return i;
}

static void add_number_line(struct scene *scene, const struct reading *reading, int first, int end,
                            struct scene_rect line, float size, const struct scene_view *view)
{
    for (int i = first; i < end; i++) {
        const struct reading_number *const number = &reading->numbers[i];
        const struct scene_colour colour = view->away                   ? dim
                                           : number->confidence >= 0.8f ? paper
                                                                        : scene_confidence_colour(number->confidence);
        line.w = view->measure(view->measure_context, number->text, size);
        add_text(scene, line, colour, size, SCENE_LEFT, number->text);
        line.x += line.w + 0.8f * size;
    }
}

/* In one line as large as they fit; else in two or three; what fits in none of them is counted. */
static void add_numbers(struct scene *scene, const struct reading *reading, struct scene_rect area,
                        const struct scene_view *view)
{
    static const struct {
        int lines;
        float share; /* size of the letters, of the area's height */
    } ways[] = {{1, 0.72f}, {1, 0.56f}, {1, 0.42f}, {2, 0.4f}, {3, 0.28f}};
    const float least = 9 * view->scale;
    int first = 0, lines = 1;
    float size = fmaxf(ways[0].share * area.h, least);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (i && ways[i].share * area.h < least)
            break;
        size = fmaxf(ways[i].share * area.h, least);
        lines = ways[i].lines;
        int end = 0;
        for (int j = 0; j < lines; j++)
            end = numbers_fitting(reading, end, area.w, size, view);
        if (end >= reading->number_count)
            break;
    }
    for (int j = 0; j < lines && first < reading->number_count; j++) {
        const float height = area.h / (float)lines;
        struct scene_rect line = {area.x, area.y + (float)j * height, area.w, height};
        char more[32];
        int end = numbers_fitting(reading, first, area.w, size, view);
        if (j == lines - 1 && end < reading->number_count) {
            end = numbers_fitting(reading, first, fmaxf(area.w - 6 * size, 0), size, view);
            snprintf(more, sizeof more, "+%d more", reading->number_count - end);
            add_text(scene, line, dim, 0.8f * size, SCENE_RIGHT, more);
        }
        add_number_line(scene, reading, first, end, line, size, view);
        first = end;
    }
}

/* Cut from its front, where folders stand, until it fits. */
static const char *shortened(const char *text, float width, float size, const struct scene_view *view, char *buffer,
                             size_t buffer_bytes)
{
    const char *from = text;
    snprintf(buffer, buffer_bytes, "%s", text);
    while (*from && view->measure(view->measure_context, buffer, size) > width) {
        from++;
        while (((unsigned char)*from & 0xc0) == 0x80)
            from++;
        snprintf(buffer, buffer_bytes, "...%s", from);
    }
    return buffer;
}

static void add_status(struct scene *scene, const struct reading *reading, struct scene_rect area,
                       const struct scene_view *view)
{
    const float size = fmaxf(0.62f * area.h, 9 * view->scale);
    char text[SCENE_TEXT_BYTES] = "", name[SCENE_TEXT_BYTES];
    int length = 0;
    if (view->fps >= 0.05) /* else it says nothing, as with pictures looked at for a while each */
        length = snprintf(text, sizeof text, "%.*f frames/s  ·  ", view->fps < 9.95, view->fps);
    length += snprintf(text + length, sizeof text - (size_t)length, "%.1f ms  ·  %d×%d", reading->times_us.total / 1e3,
                       reading->width_px, reading->height_px);
    if (view->dropped && (size_t)length < sizeof text)
        length += snprintf(text + length, sizeof text - (size_t)length, "  ·  %llu dropped",
                           (unsigned long long)view->dropped);
    if ((size_t)length < sizeof text)
        snprintf(text + length, sizeof text - (size_t)length, "  ·  h: help");
    const float used = view->measure(view->measure_context, text, size) + 2 * size;
    add_text(scene, area, dim, size, SCENE_RIGHT, text);
    if (area.w - used > 4 * size)
        add_text(scene, area, dim, size, SCENE_LEFT,
                 shortened(reading->source ? reading->source : "", area.w - used, size, view, name, sizeof name));
}

static void add_bar(struct scene *scene, const struct reading *reading, const struct scene_view *view)
{
    const float height = (float)view->bar_px, margin = 0.2f * height;
    const struct scene_rect bar = {0, (float)view->height_px - height, (float)view->width_px, height};
    const float upper = view->status ? 0.66f * height : height;
    const struct scene_rect numbers = {margin, bar.y + (view->status ? 0.06f * height : 0), bar.w - 2 * margin, upper};
    add(scene, SCENE_FILL, bar, bar_colour);
    if (!reading)
        return;
    if (reading->number_count)
        add_numbers(scene, reading, numbers, view);
    else
        add_text(scene, numbers, dim, 0.4f * upper, SCENE_LEFT, "no digits found");
    const struct scene_rect status = {margin, bar.y + 0.68f * height, numbers.w, 0.27f * height};
    if (view->status)
        add_status(scene, reading, status, view);
}

/* ---- over everything ------------------------------------------------------------------------------------------ */

/* A dark pill with a line of text in the middle of the output, its top at `y`. */
static void add_notice(struct scene *scene, const char *text, float y, const struct scene_view *view)
{
    const float size = fmaxf(14 * view->scale, 0.022f * (float)view->height_px);
    const float width = view->measure(view->measure_context, text, size) + 2 * size;
    const struct scene_rect rect = {((float)view->width_px - width) / 2, y, width, 2 * size};
    add_tag_shape(scene, rect, panel, size);
    add_text(scene, rect, paper, size, SCENE_CENTRE, text);
}

static void add_help(struct scene *scene, const struct scene_view *view)
{
    static const char *const keys[][2] = {
        {"space", "hold the picture"}, {"b", "boxes on and off"}, {"w", "why not?"}, {"s", "save a PNG"},
        {"f", "full screen"},          {"up, down", "exposure"},  {"right, left", "gain"},
        {"a", "exposure by itself"},   {"h", "this help"},        {"q, Esc", "end"},
    };
    const int count = (int)(sizeof keys / sizeof keys[0]);
    const float size = fmaxf(15 * view->scale, 0.028f * (float)view->height_px), row = 1.8f * size;
    const float margin = 1.2f * size, height = row * (float)count + 1.4f * size;
    float left = 0, right = 0; /* widths of the two columns */
    for (int i = 0; i < count; i++) {
        left = fmaxf(left, view->measure(view->measure_context, keys[i][0], size));
        right = fmaxf(right, view->measure(view->measure_context, keys[i][1], size));
    }
    const float width = left + right + 3 * margin;
    const struct scene_rect rect = {((float)view->width_px - width) / 2,
                                    ((float)(view->height_px - view->bar_px) - height) / 2, width, height};
    add_tag_shape(scene, rect, help_panel, 0.6f * size);
    for (int i = 0; i < count; i++) {
        const float x = rect.x + margin, y = rect.y + 0.7f * size + row * (float)i;
        add_text(scene, (struct scene_rect){x, y, left, row}, scene_confidence_colour(1), size, SCENE_LEFT, keys[i][0]);
        add_text(scene, (struct scene_rect){x + left + margin, y, right, row}, paper, size, SCENE_LEFT, keys[i][1]);
    }
}

int scene_build(struct scene *scene, const struct reading *reading, const struct scene_view *view)
{
    scene->count = 0;
    scene->failed = false;
    if (reading && !view->away && (view->reasons || view->boxes) && place_digits(scene, reading, view) != 0)
        return -ENOMEM;
    if (reading && view->reasons && !view->away)
        add_reasons(scene, reading, view);
    if (reading && view->boxes && !view->away)
        add_digits(scene, reading, view);
    if (view->bar_px > 0)
        add_bar(scene, reading, view);
    if (view->notice)
        add_notice(scene, view->notice, (view->frozen ? 0.175f : 0.025f) * (float)view->height_px, view);
    if (view->frozen)
        add_notice(scene, "frozen: space goes on", 0.025f * (float)view->height_px, view);
    if (view->message)
        add_notice(scene, view->message, 0.1f * (float)view->height_px, view);
    if (reading && reading->hint && view->status)
        add_notice(scene, reading->hint, 0.175f * (float)view->height_px, view);
    if (view->help)
        add_help(scene, view);
    return scene->failed ? -ENOMEM : 0;
}
