#include "capture/pen.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "capture/pen_forms.h"

#define TAU              6.28318531f
#define CONTROL_POINTS   24    /* most points of one stroke in the tables */
#define SAMPLES_PER_UNIT 26.0f /* straight pieces per digit height of path */

struct vec {
    float x, y;
};

/* ---- random numbers ---- */

void pen_random_seed(struct pen_random *random, uint64_t seed)
{
    random->state = seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u;
}

uint64_t pen_random_next(struct pen_random *random)
{
    uint64_t z = (random->state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

int pen_random_below(struct pen_random *random, int count)
{
    assert(count > 0);
    return (int)((pen_random_next(random) >> 32) * (uint64_t)count >> 32);
}

float pen_random_uniform(struct pen_random *random, float low, float high)
{
    return low + (high - low) * ((float)(pen_random_next(random) >> 40) / 16777216.0f);
}

/* The sum of twelve sixteen-bit draws is as good as normal for handwriting, and it is bounded and fast. */
float pen_random_normal(struct pen_random *random, float mean, float deviation)
{
    uint32_t sum = 0;
    for (int i = 0; i < 3; i++) {
        const uint64_t draw = pen_random_next(random);
        sum += (uint32_t)((draw & 0xFFFF) + (draw >> 16 & 0xFFFF) + (draw >> 32 & 0xFFFF) + (draw >> 48));
    }
    const float z = ((float)sum + 6.0f) / 65536.0f - 6.0f;
    return mean + deviation * fminf(3.0f, fmaxf(-3.0f, z));
}

/* ---- smooth curves through points ---- */

struct stroke {
    int count;
    struct vec at[CONTROL_POINTS];
    bool corner[CONTROL_POINTS];
};

static void add_point(struct pen_glyph *glyph, float x, float y, bool begins)
{
    if (glyph->count < PEN_MAX_POINTS)
        glyph->points[glyph->count++] = (struct pen_point){x, y, 1.0f, begins};
}

static float distance(struct vec a, struct vec b)
{
    return fmaxf(hypotf(b.x - a.x, b.y - a.y), 1e-4f);
}

/* Tangent at q of the centripetal Catmull-Rom curve p, q, r, per unit of its parameter: unlike the uniform curve it
 * makes neither cusps nor loops where points are unevenly spaced (Yuksel et al. 2011). */
static struct vec tangent(struct vec p, struct vec q, struct vec r)
{
    const float a = sqrtf(distance(p, q)), b = sqrtf(distance(q, r));
    return (struct vec){(q.x - p.x) / a - (r.x - p.x) / (a + b) + (r.x - q.x) / b,
                        (q.y - p.y) / a - (r.y - p.y) / (a + b) + (r.y - q.y) / b};
}

/* Adds the curve from point i of the stroke to i + 1, without its first point. */
static void add_piece(struct pen_glyph *glyph, const struct stroke *stroke, int i)
{
    const struct vec p = stroke->at[i], q = stroke->at[i + 1];
    const bool smooth_start = i > 0 && !stroke->corner[i];
    const bool smooth_end = i + 2 < stroke->count && !stroke->corner[i + 1];
    const float step = sqrtf(distance(p, q));
    struct vec m = {q.x - p.x, q.y - p.y}, n = m;
    if (smooth_start) {
        const struct vec t = tangent(stroke->at[i - 1], p, q);
        m = (struct vec){t.x * step, t.y * step};
    }
    if (smooth_end) {
        const struct vec t = tangent(p, q, stroke->at[i + 2]);
        n = (struct vec){t.x * step, t.y * step};
    }
    if (!smooth_start && smooth_end) /* a free end bends like a ruler: no curvature at its tip */
        m = (struct vec){1.5f * (q.x - p.x) - 0.5f * n.x, 1.5f * (q.y - p.y) - 0.5f * n.y};
    if (smooth_start && !smooth_end)
        n = (struct vec){1.5f * (q.x - p.x) - 0.5f * m.x, 1.5f * (q.y - p.y) - 0.5f * m.y};
    const int samples = 2 + (int)(distance(p, q) * SAMPLES_PER_UNIT);
    for (int s = 1; s <= samples; s++) {
        const float t = (float)s / (float)samples, t2 = t * t, t3 = t2 * t;
        const float h0 = 2 * t3 - 3 * t2 + 1, h1 = t3 - 2 * t2 + t, h2 = 3 * t2 - 2 * t3, h3 = t3 - t2;
        add_point(glyph, h0 * p.x + h1 * m.x + h2 * q.x + h3 * n.x, h0 * p.y + h1 * m.y + h2 * q.y + h3 * n.y,
                  false);
    }
}

static void add_stroke(struct pen_glyph *glyph, const struct stroke *stroke)
{
    if (stroke->count == 0)
        return;
    add_point(glyph, stroke->at[0].x, stroke->at[0].y, true);
    for (int i = 0; i + 1 < stroke->count; i++)
        add_piece(glyph, stroke, i);
}

/* A hand rarely stops exactly where it meant to: the tips move along the stroke's own direction. */
static void overshoot(struct stroke *stroke, float jitter, struct pen_random *random)
{
    const int last = stroke->count - 1;
    if (last < 1)
        return;
    for (int end = 0; end < 2; end++) {
        struct vec *const tip = &stroke->at[end ? last : 0];
        const struct vec next = stroke->at[end ? last - 1 : 1];
        const float length = distance(*tip, next);
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
    struct stroke stroke = {0};
    struct vec shift = {0, 0};
    glyph->count = 0;
    for (const char *at = path;;) {
        while (*at == ' ')
            at++;
        if (*at == '|' || *at == '\0') {
            overshoot(&stroke, jitter, random);
            add_stroke(glyph, &stroke);
            stroke.count = 0;
            shift.x = pen_random_normal(random, 0, 0.015f) * jitter;
            shift.y = pen_random_normal(random, 0, 0.015f) * jitter;
            if (*at == '\0')
                break;
            at++;
            continue;
        }
        assert(stroke.count < CONTROL_POINTS);
        struct vec *const point = &stroke.at[stroke.count];
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

/* Pressure rises and falls along the path, and the pen lands and leaves lightly. */
static void press(struct pen_glyph *glyph, struct pen_random *random)
{
    const float depth = pen_random_uniform(random, 0.03f, 0.2f);
    const float turn = pen_random_uniform(random, 0.05f, 0.16f);
    float phase = pen_random_uniform(random, 0, TAU);
    const float land = pen_random_uniform(random, 0.65f, 1.05f), leave = pen_random_uniform(random, 0.6f, 1.0f);
    for (int i = 0; i < glyph->count; i++) {
        struct pen_point *const point = &glyph->points[i];
        point->pressure = 1.0f + depth * sinf(phase);
        phase += turn;
        if (point->begins)
            point->pressure *= land;
        if (i + 1 == glyph->count || glyph->points[i + 1].begins)
            point->pressure *= leave;
        point->pressure = fminf(1.2f, fmaxf(0.6f, point->pressure));
    }
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
    press(glyph, random);
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

/* ---- scribbles ---- */

/* To and fro, top to bottom, faster and wilder at the end. */
static void scribble_crossing_out(struct pen_glyph *glyph, struct pen_random *random)
{
    struct stroke stroke = {.count = 8 + pen_random_below(random, 8)};
    const float width = pen_random_uniform(random, 0.5f, 1.5f);
    const float steep = pen_random_uniform(random, -0.25f, 0.25f);
    const bool sharp = pen_random_below(random, 2);
    for (int i = 0; i < stroke.count; i++) {
        const float across = (i % 2 ? width : 0) + pen_random_normal(random, 0, 0.05f);
        const float down = 0.15f + 0.7f * (float)i / (float)stroke.count + pen_random_normal(random, 0, 0.06f);
        stroke.at[i] = (struct vec){across, down + steep * (i % 2 ? 1 : -1)};
        stroke.corner[i] = sharp;
    }
    add_stroke(glyph, &stroke);
}

/* A row of loops, as one tries a ballpoint; never fewer than three, for a single one would be a zero. */
static void scribble_coil(struct pen_glyph *glyph, struct pen_random *random)
{
    const int loops = 3 + pen_random_below(random, 6), steps = 16;
    const float step_x = pen_random_uniform(random, 0.15f, 0.22f), radius_x = pen_random_uniform(random, 0.16f, 0.34f);
    const float height = pen_random_uniform(random, 0.25f, 0.48f), start = pen_random_uniform(random, 0, TAU);
    float size = 1;
    for (int i = 0; i <= loops * steps; i++) {
        const float turn = start + TAU * (float)i / (float)steps;
        if (i % steps == 0)
            size = pen_random_uniform(random, 0.75f, 1.05f);
        add_point(glyph, radius_x + step_x * (float)i / (float)steps + radius_x * size * cosf(turn),
                  0.5f + height * size * sinf(turn), i == 0);
    }
}

static void scribble_wave(struct pen_glyph *glyph, struct pen_random *random)
{
    struct stroke stroke = {.count = 7 + pen_random_below(random, 8)};
    const float step = 1.5f / (float)stroke.count, middle = pen_random_uniform(random, 0.4f, 0.8f);
    const float height = pen_random_uniform(random, 0.05f, 0.3f);
    for (int i = 0; i < stroke.count; i++) {
        stroke.at[i].x = step * (float)i + pen_random_normal(random, 0, 0.02f);
        stroke.at[i].y = middle + (i % 2 ? height : -height) * pen_random_uniform(random, 0.6f, 1.1f);
    }
    add_stroke(glyph, &stroke);
}

/* Lines both ways: those of one way only would each be a one. */
static void scribble_hatching(struct pen_glyph *glyph, struct pen_random *random)
{
    const int lines = 5 + pen_random_below(random, 6);
    for (int i = 0; i < lines; i++) {
        const bool back = i % 2;
        const float x = 0.13f * (float)i + pen_random_normal(random, 0, 0.02f);
        struct stroke stroke = {.count = 2};
        stroke.at[0] = (struct vec){back ? x - 0.25f : x + 0.4f, 0.1f + pen_random_normal(random, 0, 0.05f)};
        stroke.at[1] = (struct vec){back ? x + 0.4f : x - 0.1f, 0.9f + pen_random_normal(random, 0, 0.05f)};
        add_stroke(glyph, &stroke);
    }
}

static void scribble_tangle(struct pen_glyph *glyph, struct pen_random *random)
{
    struct stroke stroke = {.count = 12 + pen_random_below(random, 10)};
    const float width = pen_random_uniform(random, 0.7f, 1.4f);
    for (int i = 0; i < stroke.count; i++) {
        stroke.at[i].x = pen_random_uniform(random, 0, width);
        stroke.at[i].y = pen_random_uniform(random, 0, 1);
    }
    add_stroke(glyph, &stroke);
}

void pen_scribble(struct pen_glyph *glyph, int kind, struct pen_random *random)
{
    static void (*const scribbles[PEN_SCRIBBLES])(struct pen_glyph *, struct pen_random *) = {
        [PEN_CROSSING_OUT] = scribble_crossing_out, [PEN_COIL] = scribble_coil, [PEN_WAVE] = scribble_wave,
        [PEN_HATCHING] = scribble_hatching,         [PEN_TANGLE] = scribble_tangle};
    assert(kind >= PEN_ANY && kind < PEN_SCRIBBLES);
    if (kind == PEN_ANY)
        kind = pen_random_below(random, PEN_SCRIBBLES);
    glyph->count = 0;
    scribbles[kind](glyph, random);
    press(glyph, random);
}
