#include "capture/demo_page.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/demo_paint.h"
#include "capture/pen.h"

#define CANVAS_HEIGHT 720.0f  /* units */
#define TALL_CANVAS   900.0f  /* up to this width everything stands one below the other */
#define WIDE_CANVAS   1150.0f /* from this width on there is room for more */
#define MARGIN        78.0f   /* kept free of writing, so that it stays in view while the camera moves */
#define SPARE         1.2f    /* the painted page over the frame */
#define MAX_PAINTED   (8L * 1000 * 1000) /* pixels; larger frames enlarge the page */
#define LINE_SIGNS    24                 /* most signs of one line of writing */

/* Everything needed while a page is being written. */
struct writer {
    struct demo_page *page;
    struct pen_random random;
    struct pen_hand hand;
    struct demo_ink_layer layers[DEMO_INKS];
    float canvas_width;
    bool no_memory;
    int glyph_count;
    char signs[LINE_SIGNS];
    struct pen_glyph glyphs[LINE_SIGNS];
    struct pen_transform places[LINE_SIGNS];
};

/* ---- writing ---- */

/* Draws a glyph whose transform leads to units. */
static void draw(struct writer *writer, const struct pen_glyph *glyph, const struct pen_transform *to_units,
                 enum demo_ink_name ink)
{
    const struct demo_page *const page = writer->page;
    struct demo_ink_layer *const layer = &writer->layers[ink];
    const float scale = page->painted_per_unit;
    const struct pen_transform to_page = {scale, 0,     (float)page->width_px / 2,
                                          0,     scale, (float)page->height_px / 2};
    const struct pen_style style = {.kind = layer->kind,
                                    .width_px = layer->width_units * scale,
                                    .darkness = layer->darkness,
                                    .grain_seed = (uint32_t)pen_random_next(&writer->random),
                                    .transform = pen_transform_then(to_units, &to_page)};
    struct pen_plane plane = {layer->cover, page->width_px, page->height_px, (size_t)page->width_px};
    pen_draw(&plane, glyph, &style, NULL);
}

/* Remembers where a digit's ink is. */
static void note_digit(struct writer *writer, const struct pen_glyph *glyph,
                       const struct pen_transform *to_units, enum demo_ink_name ink, int digit)
{
    struct demo_page *const page = writer->page;
    assert(page->digit_count < DEMO_MAX_DIGITS && page->number_count > 0);
    if (page->ink_count + glyph->count > page->ink_room) {
        const int room = 2 * page->ink_room + 4 * PEN_MAX_POINTS;
        struct demo_ink *const more = realloc(page->ink, (size_t)room * sizeof *more);
        if (!more) {
            writer->no_memory = true;
            return;
        }
        page->ink = more;
        page->ink_room = room;
    }
    struct demo_page_digit *const noted = &page->digits[page->digit_count++];
    *noted = (struct demo_page_digit){digit, page->number_count - 1, page->ink_count,
                                      page->ink_count + glyph->count};
    for (int i = 0; i < glyph->count; i++) {
        const struct pen_point *const point = &glyph->points[i];
        page->ink[page->ink_count++] = (struct demo_ink){
            to_units->a * point->x + to_units->b * point->y + to_units->c,
            to_units->d * point->x + to_units->e * point->y + to_units->f,
            pen_stroke_width(writer->layers[ink].kind, writer->layers[ink].width_units, point->pressure) / 2};
    }
    char *const text = page->numbers[page->number_count - 1];
    const size_t length = strlen(text);
    assert(length + 1 < sizeof page->numbers[0]);
    text[length] = (char)('0' + digit);
}

static bool is_digit(char sign)
{
    return sign >= '0' && sign <= '9';
}

static void make_sign(struct writer *writer, struct pen_glyph *glyph, char sign)
{
    if (is_digit(sign)) {
        pen_digit(glyph, sign - '0', PEN_ANY, &writer->hand, &writer->random);
    } else if (sign == '*') { /* a times sign, as people write it */
        pen_mark(glyph, pen_mark_find("x"), &writer->hand, &writer->random);
    } else if (strchr(pen_letters, sign)) {
        pen_letter(glyph, sign, &writer->hand, &writer->random);
    } else {
        const char name[2] = {sign, '\0'};
        pen_mark(glyph, pen_mark_find(name), &writer->hand, &writer->random);
    }
}

/* Writes one line of text: digits make numbers, blanks are as wide as a digit. `x` is the left edge of its
 * ink at `align` 0, its middle at 0.5, its right edge at 1; `y` the line it stands on. Signs never touch.
 * Returns the width. */
static float write_line(struct writer *writer, const char *text, float x, float y, float height,
                        enum demo_ink_name ink, float align)
{
    const float stroke = writer->layers[ink].width_units;
    float right = 0;
    writer->glyph_count = 0;
    for (const char *sign = text; *sign; sign++) {
        if (*sign == ' ') {
            right += 0.42f * height;
            continue;
        }
        const int i = writer->glyph_count++;
        assert(i < LINE_SIGNS);
        writer->signs[i] = *sign;
        make_sign(writer, &writer->glyphs[i], *sign);
        const struct pen_bounds bounds = pen_glyph_bounds(&writer->glyphs[i]);
        const float gap = i == 0 ? 0 : height * pen_random_uniform(&writer->random, 0.10f, 0.18f) + stroke;
        const float drop = height * pen_random_normal(&writer->random, 0, 0.015f);
        writer->places[i] = (struct pen_transform){height, 0,      right + gap - height * bounds.left,
                                                   0,      height, y - height + drop};
        right += gap + height * (bounds.right - bounds.left);
    }
    const float shift = x - align * right;
    bool in_number = false;
    for (int i = 0, at = 0; text[at]; at++) {
        if (!is_digit(text[at]))
            in_number = false;
        if (text[at] == ' ')
            continue;
        writer->places[i].c += shift;
        draw(writer, &writer->glyphs[i], &writer->places[i], ink);
        if (is_digit(text[at])) {
            if (!in_number) {
                assert(writer->page->number_count < DEMO_MAX_NUMBERS);
                writer->page->number_count++;
            }
            in_number = true;
            note_digit(writer, &writer->glyphs[i], &writer->places[i], ink, text[at] - '0');
        }
        i++;
    }
    return right;
}

/* A line drawn by hand from left to right, under a word or a sum. */
static void rule(struct writer *writer, float x, float y, float width, enum demo_ink_name ink)
{
    struct pen_hand steady = writer->hand;
    struct pen_glyph glyph;
    steady.slant = 0;
    steady.jitter = 0.3f;
    steady.breadth = 1;
    pen_mark(&glyph, pen_mark_find("fraction bar"), &steady, &writer->random);
    const struct pen_transform place = {width / 1.04f, 0, x, 0, 60, y - 0.53f * 60};
    draw(writer, &glyph, &place, ink);
}

static void mark(struct writer *writer, const char *name, float x, float y, float height,
                 enum demo_ink_name ink)
{
    struct pen_glyph glyph;
    pen_mark(&glyph, pen_mark_find(name), &writer->hand, &writer->random);
    const struct pen_transform place = {height, 0, x, 0, height, y - height};
    draw(writer, &glyph, &place, ink);
}

static void scribble(struct writer *writer, enum pen_scribble kind, float x, float y, float height,
                     enum demo_ink_name ink)
{
    struct pen_glyph glyph;
    pen_scribble(&glyph, kind, &writer->random);
    const struct pen_transform place = {1.5f * height, 0, x, 0, height, y - height};
    draw(writer, &glyph, &place, ink);
}

/* ---- what stands on the page ---- */

static const char *one_of(struct writer *writer, const char *const *words, int count)
{
    return words[pen_random_below(&writer->random, count)];
}

/* A word with a line under it and a small drawing: nothing of it may be read. */
static void write_title(struct writer *writer, float left, float y)
{
    static const char *const words[] = {"MARK", "FRAME", "PAPER", "MATH", "MARKER", "HAMMER", "WATER"};
    static const char *const drawings[] = {"star", "heart", "house", "arrow right"};
    const float width = write_line(writer, one_of(writer, words, 7), left, y, 38, DEMO_INK_FELT, 0);
    rule(writer, left - 6, y + 17, width + 16, DEMO_INK_FELT);
    mark(writer, one_of(writer, drawings, 4), left + width + 50, y + 4, 40, DEMO_INK_BALLPOINT);
}

/* The ten digits set wide, each a number of its own. */
static void write_ten(struct writer *writer, const int order[10], int first, int count, float y)
{
    const float pitch = (writer->canvas_width - 2 * MARGIN) / (float)count;
    const float height = fminf(62, 0.58f * pitch);
    for (int i = 0; i < count; i++) {
        const char text[2] = {(char)('0' + order[first + i]), '\0'};
        const float x = -writer->canvas_width / 2 + MARGIN + pitch * ((float)i + 0.45f);
        write_line(writer, text, x, y + pen_random_normal(&writer->random, 0, 2.0f), height,
                   DEMO_INK_BALLPOINT, 0.5f);
    }
}

static void make_order(struct writer *writer, int order[10])
{
    for (int i = 0; i < 10; i++)
        order[i] = i;
    if (pen_random_below(&writer->random, 2) == 0)
        return;
    for (int i = 9; i > 0; i--) {
        const int j = pen_random_below(&writer->random, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

struct texts {
    char numbers[64], sum[64], product[64], small[64], big[16], over[16], under[32], result[16];
};

static int between(struct writer *writer, int low, int high)
{
    return low + pen_random_below(&writer->random, high - low + 1);
}

static void make_texts(struct writer *writer, struct texts *texts)
{
    int draws[10]; /* drawn one by one: compilers differ in the order of a call's arguments */
    static const int ranges[10][2] = {{102, 987}, {1950, 2049}, {12, 98},     {11, 79},   {2, 9},
                                      {2, 9},     {2, 9},       {1000, 9999}, {100, 999}, {120, 880}};
    for (int i = 0; i < 10; i++)
        draws[i] = between(writer, ranges[i][0], ranges[i][1]);
    const int under = between(writer, 12, 98), big = between(writer, 102, 987);
    if (writer->canvas_width > WIDE_CANVAS)
        snprintf(texts->numbers, sizeof texts->numbers, "%d   %d   %d", draws[0], draws[1], draws[2]);
    else
        snprintf(texts->numbers, sizeof texts->numbers, "%d   %d", draws[0], draws[1]);
    snprintf(texts->sum, sizeof texts->sum, "%d + %d = %d", draws[3], draws[4], draws[3] + draws[4]);
    snprintf(texts->product, sizeof texts->product, "%d * %d = %d", draws[5], draws[6], draws[5] * draws[6]);
    snprintf(texts->small, sizeof texts->small, "%d   %d", draws[7], draws[8]);
    snprintf(texts->big, sizeof texts->big, "%d", big);
    snprintf(texts->over, sizeof texts->over, "%d", draws[9]);
    snprintf(texts->under, sizeof texts->under, "+  %d", under);
    snprintf(texts->result, sizeof texts->result, "%d", draws[9] + under);
}

/* Things that are no digits, in the free corner below. */
static void write_clutter(struct writer *writer, float left, float y)
{
    static const char *const words[] = {"Name", "Peter", "Emma", "Frank", "Martha", "paper"};
    static const enum pen_scribble kinds[] = {PEN_CROSSING_OUT, PEN_COIL, PEN_TANGLE};
    const float width = write_line(writer, one_of(writer, words, 6), left, y, 40, DEMO_INK_PENCIL, 0);
    scribble(writer, kinds[pen_random_below(&writer->random, 3)], left + width + 36, y + 4, 46,
             DEMO_INK_BALLPOINT);
}

/* Wider than tall: the lines to the left, a written addition to the right. The addition's lines stand beside
 * the others, so that the reading order is beyond doubt: line by line. */
static void write_wide(struct writer *writer, const struct texts *texts, const int order[10])
{
    const float left = -writer->canvas_width / 2 + MARGIN, right = writer->canvas_width / 2 - MARGIN - 24;
    write_title(writer, left + 6, -248);
    write_ten(writer, order, 0, 10, -128);
    write_line(writer, texts->numbers, left + 6, -20, 60, DEMO_INK_BALLPOINT, 0);
    write_line(writer, texts->over, right, -20, 54, DEMO_INK_PENCIL, 1);
    write_line(writer, texts->sum, left + 6, 76, 56, DEMO_INK_FELT, 0);
    const float width = write_line(writer, texts->under, right, 76, 54, DEMO_INK_PENCIL, 1);
    rule(writer, right - width - 14, 98, width + 34, DEMO_INK_PENCIL);
    write_line(writer, texts->product, left + 6, 174, 56, DEMO_INK_BALLPOINT, 0);
    if (writer->canvas_width > WIDE_CANVAS)
        write_line(writer, texts->big, 40, 190, 104, DEMO_INK_FELT, 0.5f);
    write_line(writer, texts->result, right, 174, 54, DEMO_INK_PENCIL, 1);
    write_line(writer, texts->small, left + 6, 264, 40, DEMO_INK_BALLPOINT, 0);
    write_clutter(writer, right - 310, 268);
    mark(writer, "tick", right + 26, 172, 34, DEMO_INK_FELT);
}

static void write_tall(struct writer *writer, const struct texts *texts, const int order[10])
{
    const float left = -writer->canvas_width / 2 + MARGIN;
    write_title(writer, left + 6, -260);
    write_ten(writer, order, 0, 5, -166);
    write_ten(writer, order, 5, 5, -86);
    write_line(writer, texts->numbers, left + 6, 2, 48, DEMO_INK_BALLPOINT, 0);
    write_line(writer, texts->sum, left + 6, 82, 46, DEMO_INK_FELT, 0);
    write_line(writer, texts->product, left + 6, 162, 46, DEMO_INK_PENCIL, 0);
    write_line(writer, texts->small, left + 6, 234, 36, DEMO_INK_BALLPOINT, 0);
    write_clutter(writer, left + 6, 300);
}

/* Neat enough that nobody doubts a digit. */
static void choose_hand(struct writer *writer)
{
    pen_hand_random(&writer->hand, &writer->random);
    writer->hand.jitter = pen_random_uniform(&writer->random, 0.5f, 0.8f);
    writer->hand.slant = pen_random_uniform(&writer->random, 0.0f, 0.2f);
    writer->hand.breadth = pen_random_uniform(&writer->random, 0.95f, 1.2f);
    if (strcmp(pen_digit_form_name(0, writer->hand.forms[0]), "slashed") == 0)
        writer->hand.forms[0] = 0;
    if (strcmp(pen_digit_form_name(1, writer->hand.forms[1]), "slanted bar") == 0)
        writer->hand.forms[1] = 0;
}

static int write_page(struct writer *writer)
{
    struct texts texts;
    int order[10];
    choose_hand(writer);
    make_texts(writer, &texts);
    make_order(writer, order);
    if (writer->canvas_width > TALL_CANVAS)
        write_wide(writer, &texts, order);
    else
        write_tall(writer, &texts, order);
    return writer->no_memory ? -ENOMEM : 0;
}

/* Sizes of the canvas and of the painted page. Returns the canvas's width in units. */
static float measure(struct demo_page *page, int frame_width_px, int frame_height_px)
{
    const float width = (float)frame_width_px, height = (float)frame_height_px;
    const float canvas_width = fminf(1280, fmaxf(560, CANVAS_HEIGHT * width / height));
    page->px_per_unit = fminf(width / canvas_width, height / CANVAS_HEIGHT);
    const float painted = (width * SPARE + 16) * (height * SPARE + 16);
    const float shrink = fminf(1, sqrtf((float)MAX_PAINTED / painted));
    page->painted_per_unit = page->px_per_unit * shrink;
    page->width_px = ((int)((width * SPARE + 16) * shrink) & ~1) + 4;
    page->height_px = ((int)((height * SPARE + 16) * shrink) & ~1) + 4;
    return canvas_width;
}

int demo_page_create(struct demo_page *page, uint64_t seed, int frame_width_px, int frame_height_px)
{
    int error = -ENOMEM;
    memset(page, 0, sizeof *page);
    struct writer *const writer = calloc(1, sizeof *writer);
    if (!writer)
        return error;
    writer->page = page;
    writer->canvas_width = measure(page, frame_width_px, frame_height_px);
    pen_random_seed(&writer->random, seed);
    const size_t pixels = (size_t)page->width_px * (size_t)page->height_px;
    demo_paint_inks(writer->layers, page->painted_per_unit, &writer->random);
    for (int i = 0; i < DEMO_INKS; i++)
        if (!(writer->layers[i].cover = calloc(1, pixels)))
            goto out;
    for (int i = 0; i < 3; i++)
        if (!(page->planes[i] = malloc(i == 0 ? pixels : pixels / 4)))
            goto out;
    if ((error = write_page(writer)) != 0)
        goto out;
    const struct demo_light light =
        demo_paint_light(seed, &writer->random, (float)frame_width_px / page->px_per_unit,
                         (float)frame_height_px / page->px_per_unit);
    demo_paint(page, writer->layers, &light);
out:
    for (int i = 0; i < DEMO_INKS; i++)
        free(writer->layers[i].cover);
    free(writer);
    if (error)
        demo_page_destroy(page);
    return error;
}

void demo_page_destroy(struct demo_page *page)
{
    for (int i = 0; i < 3; i++)
        free(page->planes[i]);
    free(page->ink);
    memset(page, 0, sizeof *page);
}
