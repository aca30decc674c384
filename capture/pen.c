#include "capture/pen.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "capture/pen_forms.h"
#include "capture/pen_stroke.h"

#define TAU 6.28318531f

/* A hand rarely stops exactly where it meant to: the tips move along the stroke's own direction. */
static void overshoot(struct pen_stroke *stroke, float jitter, struct pen_random *random)
{
    const int last = stroke->count - 1;
    if (last < 1)
        return;
    for (int end = 0; end < 2; end++) {
        struct pen_vector *const tip = &stroke->at[end ? last : 0];
        const struct pen_vector next = stroke->at[end ? last - 1 : 1];
        const float length = fmaxf(hypotf(next.x - tip->x, next.y - tip->y), 1e-4f);
        const float by = pen_random_normal(random, 0.01f, 0.03f) * jitter * fminf(1.0f, length / 0.2f);
        tip->x += (tip->x - next.x) / length * by;
        tip->y += (tip->y - next.y) / length * by;
    }
}

static const char *read_number(const char *text, float *value)
{
    const float sign = *text == '-' ? -1.0f : 1.0f;
    int number = 0;
    text += *text == '-';
    while (*text >= '0' && *text <= '9')
        number = number * 10 + (*text++ - '0');
    *value = sign * (float)number / 100.0f;
    return text;
}

/* A table's path to the glyph's, each point moved a little and each stroke as a whole too. */
static void add_path(struct pen_glyph *glyph, const char *path, float jitter, struct pen_random *random)
{
    struct pen_stroke stroke = {0};
    struct pen_vector shift = {0, 0};
    glyph->count = 0;
    for (const char *at = path;;) {
        while (*at == ' ')
            at++;
        if (*at == '|' || *at == '\0') {
            overshoot(&stroke, jitter, random);
            pen_add_stroke(glyph, &stroke);
            stroke.count = 0;
            shift.x = pen_random_normal(random, 0, 0.015f) * jitter;
            shift.y = pen_random_normal(random, 0, 0.015f) * jitter;
            if (*at == '\0')
                break;
            at++;
            continue;
        }
        assert(stroke.count < PEN_STROKE_POINTS);
        struct pen_vector *const point = &stroke.at[stroke.count];
        at = read_number(at, &point->x);
        assert(*at == ',');
        at = read_number(at + 1, &point->y);
        point->x += shift.x + pen_random_normal(random, 0, 0.011f) * jitter;
        point->y += shift.y + pen_random_normal(random, 0, 0.011f) * jitter;
        stroke.corner[stroke.count] = *at == '!';
        at += *at == '!';
        stroke.count++;
    }
}

/* ---- the hand's own way with a shape ---- */

/* A slow wave over the glyph: what makes the same form look written by another hand. */
struct wave {
    float along_x, along_y, phase, push_x, push_y;
};

static void make_wave(struct wave *wave, float strength, struct pen_random *random)
{
    wave->along_x = pen_random_normal(random, 0, 0.38f) * TAU;
    wave->along_y = pen_random_normal(random, 0, 0.38f) * TAU;
    wave->phase = pen_random_uniform(random, 0, TAU);
    wave->push_x = pen_random_normal(random, 0, 0.026f) * strength;
    wave->push_y = pen_random_normal(random, 0, 0.026f) * strength;
}

/* Loop sizes, waves, slant, breadth and a turn of a few degrees, about the middle of the line's left end. */
static void shape(struct pen_glyph *glyph, const struct pen_hand *hand, struct pen_random *random)
{
    struct wave waves[2];
    for (int w = 0; w < 2; w++)
        make_wave(&waves[w], hand->jitter, random);
    const float loops = pen_random_normal(random, 0, 0.028f) * hand->jitter;
    const float lean = hand->slant + pen_random_normal(random, 0, 0.035f) * hand->jitter;
    const float breadth = hand->breadth * (1 + pen_random_normal(random, 0, 0.06f) * hand->jitter);
    const float height = 1 + pen_random_normal(random, 0, 0.035f) * hand->jitter;
    const float turn = pen_random_normal(random, 0, 0.045f) * hand->jitter;
    const float sink = pen_random_normal(random, 0, 0.012f) * hand->jitter;
    const float cosine = cosf(turn), sine = sinf(turn);
    for (int i = 0; i < glyph->count; i++) {
        struct pen_point *const point = &glyph->points[i];
        float x = point->x, y = point->y + loops * sinf(TAU * point->y);
        for (int w = 0; w < 2; w++) {
            const struct wave *const wave = &waves[w];
            const float push = sinf(wave->along_x * point->x + wave->along_y * point->y + wave->phase);
            x += wave->push_x * push;
            y += wave->push_y * push;
        }
        x = (x - 0.3f) * breadth;
        y = (y - 1.0f) * height;
        x -= lean * (y + 0.5f); /* y is negative above the line */
        y += 0.5f;
        point->x = 0.3f * breadth + cosine * x - sine * y;
        point->y = 0.5f + sink + sine * x + cosine * y;
    }
    pen_press(glyph, random);
}

static void write_path(struct pen_glyph *glyph, const char *path, const struct pen_hand *hand,
                       struct pen_random *random)
{
    struct pen_hand stranger;
    if (!hand) {
        pen_hand_random(&stranger, random);
        hand = &stranger;
    }
    add_path(glyph, path, hand->jitter, random);
    shape(glyph, hand, random);
}

static int usual_form(int digit, struct pen_random *random)
{
    const struct pen_digit_table *const table = &pen_digit_tables[digit];
    int total = 0;
    for (int i = 0; i < table->count; i++)
        total += table->forms[i].weight;
    int draw = pen_random_below(random, total), form = 0;
    while (draw >= table->forms[form].weight)
        draw -= table->forms[form++].weight;
    return form;
}

void pen_hand_random(struct pen_hand *hand, struct pen_random *random)
{
    hand->slant = fminf(0.45f, fmaxf(-0.15f, pen_random_normal(random, 0.14f, 0.13f)));
    hand->breadth = pen_random_uniform(random, 0.8f, 1.3f);
    hand->jitter = pen_random_uniform(random, 0.55f, 1.35f);
    for (int digit = 0; digit < 10; digit++)
        hand->forms[digit] = usual_form(digit, random);
}

/* ---- signs ---- */

int pen_digit_forms(int digit)
{
    assert(digit >= 0 && digit <= 9);
    return pen_digit_tables[digit].count;
}

const char *pen_digit_form_name(int digit, int form)
{
    assert(form >= 0 && form < pen_digit_forms(digit));
    return pen_digit_tables[digit].forms[form].name;
}

void pen_digit(struct pen_glyph *glyph, int digit, int form, const struct pen_hand *hand,
               struct pen_random *random)
{
    assert(form >= PEN_ANY && form < pen_digit_forms(digit));
    if (form == PEN_ANY)
        form = hand ? hand->forms[digit] : usual_form(digit, random);
    write_path(glyph, pen_digit_tables[digit].forms[form].path, hand, random);
}

char pen_letter(struct pen_glyph *glyph, char letter, const struct pen_hand *hand, struct pen_random *random)
{
    const char *found = letter ? strchr(pen_letters, letter) : NULL;
    if (!found)
        found = pen_letters + pen_random_below(random, (int)strlen(pen_letters));
    write_path(glyph, pen_letter_table[found - pen_letters].path, hand, random);
    return *found;
}

char pen_letter_variant(struct pen_glyph *glyph, const struct pen_hand *hand, struct pen_random *random)
{
    const struct pen_sign *const variant =
        &pen_letter_variants[pen_random_below(random, pen_letter_variant_count)];
    write_path(glyph, variant->path, hand, random);
    return variant->name[0];
}

int pen_mark_count(void)
{
    return pen_mark_table_count;
}

const char *pen_mark_name(int mark)
{
    assert(mark >= 0 && mark < pen_mark_table_count);
    return pen_mark_table[mark].name;
}

int pen_mark_find(const char *name)
{
    for (int i = 0; i < pen_mark_table_count; i++)
        if (strcmp(pen_mark_table[i].name, name) == 0)
            return i;
    return PEN_ANY;
}

void pen_mark(struct pen_glyph *glyph, int mark, const struct pen_hand *hand, struct pen_random *random)
{
    assert(mark >= PEN_ANY && mark < pen_mark_table_count);
    if (mark == PEN_ANY)
        mark = pen_random_below(random, pen_mark_table_count);
    write_path(glyph, pen_mark_table[mark].path, hand, random);
}
