#include "capture/demo_writer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REACH_ROWS 48 /* in which the ink of two neighbours is compared */

/* Draws a glyph whose transform leads to units. */
static void draw(struct demo_writer *writer, const struct pen_glyph *glyph, const struct pen_transform *to_units,
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
static void note_digit(struct demo_writer *writer, const struct pen_glyph *glyph,
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

static void make_sign(struct demo_writer *writer, struct pen_glyph *glyph, char sign)
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

/* How far a sign's path reaches to the right (side 1) or to the left (side -1), row by row; -HUGE_VALF where it has no
 * ink. Rows are `pitch` units apart, row 0 is at `top`. Reach is measured towards that side. */
static void reach_of(const struct pen_glyph *glyph, const struct pen_transform *place, float side, float top,
                     float pitch, float reach[REACH_ROWS])
{
    for (int row = 0; row < REACH_ROWS; row++)
        reach[row] = -HUGE_VALF;
    for (int i = 1; i < glyph->count; i++) {
        const struct pen_point *const a = &glyph->points[i - !glyph->points[i].begins], *const b = &glyph->points[i];
        const float from = (place->e * a->y + place->f - top) / pitch, to = (place->e * b->y + place->f - top) / pitch;
        const int steps = 2 + (int)(2 * fabsf(to - from));
        for (int k = 0; k <= steps; k++) {
            const float t = (float)k / (float)steps, x = a->x + t * (b->x - a->x);
            const int row = (int)(from + t * (to - from));
            if (row >= 0 && row < REACH_ROWS)
                reach[row] = fmaxf(reach[row], side * (place->a * x + place->c));
        }
    }
}

/* Moves a digit to the left until its ink meets that of the digit before it, as in haste. Not where the two would run
 * along each other: nobody can read that. */
static void push_together(struct demo_writer *writer, int i, float stroke)
{
    const struct pen_transform *const place = &writer->places[i];
    const float pitch = 1.6f * place->e / REACH_ROWS, top = place->f - 0.3f * place->e;
    float left[REACH_ROWS], right[REACH_ROWS], nearest = HUGE_VALF;
    reach_of(&writer->glyphs[i - 1], &writer->places[i - 1], 1, top, pitch, left);
    reach_of(&writer->glyphs[i], place, -1, top, pitch, right);
    for (int row = 0; row < REACH_ROWS; row++)
        nearest = fminf(nearest, -right[row] - left[row]);
    int along = 0, rows = 0;
    for (int row = 0; row < REACH_ROWS; row++) {
        rows += right[row] > -HUGE_VALF;
        along += -right[row] - left[row] < nearest + 0.8f * stroke;
    }
    const float overlap = pen_random_uniform(&writer->random, 0.1f, 0.4f) * stroke;
    if (10 * along < 4 * rows && nearest < 3 * stroke + 0.3f * place->e)
        writer->places[i].c -= nearest - stroke + overlap;
}

float demo_write_line(struct demo_writer *writer, const char *text, float x, float y, float height,
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
        assert(i < DEMO_LINE_SIGNS);
        writer->signs[i] = *sign;
        make_sign(writer, &writer->glyphs[i], *sign);
        const struct pen_bounds bounds = pen_glyph_bounds(&writer->glyphs[i]);
        const float gap = i == 0 ? 0 : height * pen_random_uniform(&writer->random, 0.10f, 0.18f) + stroke;
        const float drop = height * pen_random_normal(&writer->random, 0, 0.015f);
        writer->places[i] = (struct pen_transform){height, 0,      right + gap - height * bounds.left,
                                                   0,      height, y - height + drop};
        if (writer->touching > 0 && is_digit(*sign) && sign > text && is_digit(sign[-1]) &&
            pen_random_uniform(&writer->random, 0, 1) < writer->touching)
            push_together(writer, i, stroke);
        const float pushed = writer->places[i].c - (right + gap - height * bounds.left);
        right += gap + height * (bounds.right - bounds.left) + pushed;
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

/* A straight line of the pen: from (0, 0.53) to (1.04, 0.53), about. */
static void make_bar(struct demo_writer *writer, struct pen_glyph *glyph)
{
    struct pen_hand steady = writer->hand;
    steady.slant = 0;
    steady.jitter = 0.3f;
    steady.breadth = 1;
    pen_mark(glyph, pen_mark_find("fraction bar"), &steady, &writer->random);
}

void demo_write_rule(struct demo_writer *writer, float x, float y, float width, enum demo_ink_name ink)
{
    struct pen_glyph glyph;
    make_bar(writer, &glyph);
    const struct pen_transform place = {width / 1.04f, 0, x, 0, 60, y - 0.53f * 60};
    draw(writer, &glyph, &place, ink);
}

void demo_write_upright(struct demo_writer *writer, float x, float y, float height, enum demo_ink_name ink)
{
    struct pen_glyph glyph;
    make_bar(writer, &glyph);
    const struct pen_transform place = {0, 60, x - 0.53f * 60, height / 1.04f, 0, y};
    draw(writer, &glyph, &place, ink);
}

void demo_write_ring(struct demo_writer *writer, float x, float y, float size, enum demo_ink_name ink)
{
    struct pen_hand round = writer->hand;
    struct pen_glyph glyph;
    round.slant = 0;
    pen_digit(&glyph, 0, 0, &round, &writer->random);
    const struct pen_bounds bounds = pen_glyph_bounds(&glyph);
    const float across = size / (bounds.right - bounds.left), down = size / (bounds.bottom - bounds.top);
    const struct pen_transform place = {across, 0, x - size / 2 - across * bounds.left, 0, down, y - size / 2 - down * bounds.top};
    draw(writer, &glyph, &place, ink);
}

void demo_write_mark(struct demo_writer *writer, const char *name, float x, float y, float height,
                 enum demo_ink_name ink)
{
    struct pen_glyph glyph;
    pen_mark(&glyph, pen_mark_find(name), &writer->hand, &writer->random);
    const struct pen_transform place = {height, 0, x, 0, height, y - height};
    draw(writer, &glyph, &place, ink);
}

void demo_write_scribble(struct demo_writer *writer, enum pen_scribble kind, float x, float y, float height,
                     enum demo_ink_name ink)
{
    struct pen_glyph glyph;
    pen_scribble(&glyph, kind, &writer->random);
    const struct pen_transform place = {1.5f * height, 0, x, 0, height, y - height};
    draw(writer, &glyph, &place, ink);
}
