/* pen.h - handwriting made from strokes: digits in the forms people write them, letters, signs, scribbles.
 *
 *     struct pen_random random;
 *     struct pen_glyph glyph;
 *     pen_random_seed(&random, 1);
 *     pen_digit(&glyph, 7, PEN_ANY, NULL, &random);
 *     struct pen_style style = {.kind = PEN_BALLPOINT, .width_px = 3, .darkness = 1};
 *     pen_place(&style.transform, 10, 10, 40);           // upper left corner 10, 10; 40 px tall
 *     pen_draw(&plane, &glyph, &style, &ink);
 *
 * Everything here follows from its arguments and from the generator it is handed: the same seed writes the
 * same page. Nothing allocates; nothing is global; any thread may call. */
#ifndef DIGITCAM_CAPTURE_PEN_H
#define DIGITCAM_CAPTURE_PEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- a seeded random generator (splitmix64) ---- */

struct pen_random {
    uint64_t state;
};

void pen_random_seed(struct pen_random *random, uint64_t seed);
uint64_t pen_random_next(struct pen_random *random);
int pen_random_below(struct pen_random *random, int count);                 /* 0 .. count - 1; count > 0 */
float pen_random_uniform(struct pen_random *random, float low, float high); /* low <= value < high */
float pen_random_normal(struct pen_random *random, float mean, float deviation); /* within 3 deviations */

/* ---- what is written ---- */

#define PEN_MAX_POINTS 768
#define PEN_ANY        (-1) /* as a form or a mark: let the hand, or else chance, choose */

/* One point of a pen's path. Glyph units: a digit reaches from about y = 0 (its top) to y = 1 (the line it is
 * written on) and from x = 0 to about x = 0.6; x to the right, y down. With all its variation a digit stays
 * within -0.4 .. 1.3 in y and -0.5 .. 1.4 in x. */
struct pen_point {
    float x, y;
    float pressure; /* about 0.6 .. 1.2; 1 is usual */
    bool begins;    /* a stroke begins here: the pen was in the air */
};

/* A letter, digit or sign as the pen's path: straight pieces short enough to look curved at 1000 px. */
struct pen_glyph {
    int count; /* of points; 1 .. PEN_MAX_POINTS */
    struct pen_point points[PEN_MAX_POINTS];
};

/* What one person's writing has in common. pen_hand_random makes one up; its values may be changed freely. */
struct pen_hand {
    float slant;   /* shear: x grows by this much per unit of height; -0.15 .. 0.45; 0 is upright */
    float breadth; /* width of the signs over the usual; 0.75 .. 1.35 */
    float jitter;  /* 0: like print, 1: usual, 2: in a moving bus */
    int forms[10]; /* the form this person gives each digit: 0 .. pen_digit_forms(digit) - 1; pen_hand_random
                      takes none of those that few people write */
};

void pen_hand_random(struct pen_hand *hand, struct pen_random *random);

int pen_digit_forms(int digit);                       /* how many forms the digit (0..9) has; at least 2 */
const char *pen_digit_form_name(int digit, int form); /* "open", "crossed", "curled tail" ... */

/* Writes a digit 0..9 in the given form, or with PEN_ANY in the hand's own form. `hand` NULL: by a new person
 * every time, forms as frequent as in real life. */
void pen_digit(struct pen_glyph *glyph, int digit, int form, const struct pen_hand *hand,
               struct pen_random *random);

/* The letters there are, as a string: A-Z and a-z without those that are the doubles of digits (O o I l S s Z
 * z B b g q). Small letters are smaller (y from 0.4) and some reach below the line (y up to 1.35). */
extern const char pen_letters[];

/* Writes a letter of pen_letters; 0 or a character that is not there: one by chance. Returns the letter
 * written. */
char pen_letter(struct pen_glyph *glyph, char letter, const struct pen_hand *hand, struct pen_random *random);

/* Writes one of pen_letters by chance, in one of the forms it has beside that of pen_letter: script, capitals in
 * one stroke and the like. Returns the letter written. */
char pen_letter_variant(struct pen_glyph *glyph, const struct pen_hand *hand, struct pen_random *random);

/* Operators, punctuation, Greek, shapes, arrows, ticks. Marks are numbered from 0; names are single ASCII
 * signs where there is one ("+", "=", "x", "(", "?"), otherwise words ("divide", "pi", "arrow right",
 * "triangle"). Some have separate parts ("=", "divide", "%", ":", "?", "!"). None looks like a digit as a
 * whole; a part alone may (the rings of "%" are small zeros). */
int pen_mark_count(void);
const char *pen_mark_name(int mark);
int pen_mark_find(const char *name); /* PEN_ANY if there is none of that name */
void pen_mark(struct pen_glyph *glyph, int mark, const struct pen_hand *hand, struct pen_random *random);

/* Crossings-out, coils, waves, hatching, tangles: never readable. Within about 0..1 in y and 0..1.6 in x. */
enum pen_scribble { PEN_CROSSING_OUT, PEN_COIL, PEN_WAVE, PEN_HATCHING, PEN_TANGLE, PEN_SCRIBBLES };
void pen_scribble(struct pen_glyph *glyph, int kind,
                  struct pen_random *random); /* enum pen_scribble or PEN_ANY */

/* ---- how it looks ---- */

enum pen_kind {
    PEN_BALLPOINT, /* width changes a little with pressure */
    PEN_PENCIL,    /* grainy, lighter, changes a lot with pressure */
    PEN_MARKER,    /* constant width, full cover */
    PEN_CHALK,     /* porous, ragged edges */
    PEN_KINDS
};

/* Glyph units to pixels: x' = a x + b y + c, y' = d x + e y + f. The middle of the upper left pixel is (0.5,
 * 0.5). */
struct pen_transform {
    float a, b, c, d, e, f;
};

struct pen_style {
    enum pen_kind kind;
    float width_px;      /* of the stroke; > 0. Under 1 px the stroke becomes fainter, not invisible */
    float darkness;      /* strongest cover; 0..1 */
    uint32_t grain_seed; /* of the grain of pencil and chalk */
    struct pen_transform transform; /* any; width_px is not scaled by it */
};

/* Upright, glyph box's upper left corner (0, 0) at x_px, y_px; digits height_px tall. */
void pen_place(struct pen_transform *transform, float x_px, float y_px, float height_px);

/* First `first`, then `then`. */
struct pen_transform pen_transform_then(const struct pen_transform *first, const struct pen_transform *then);

/* Width of the stroke where the pen is pressed so much; same unit as `width`. */
float pen_stroke_width(enum pen_kind kind, float width, float pressure);

/* Edges of the ink in the coordinates the transform leads to; left < right, top < bottom. */
struct pen_bounds {
    float left, top, right, bottom;
};

/* Of the pen's path alone, in glyph units. */
struct pen_bounds pen_glyph_bounds(const struct pen_glyph *glyph);

/* Of the ink pen_draw would lay, whole strokes with their width; half a pixel of soft edge lies outside. */
struct pen_bounds pen_ink_bounds(const struct pen_glyph *glyph, const struct pen_style *style);

/* Cover of each pixel by ink: 0 none .. 255 full. Row y begins at pixels + y * stride_bytes. */
struct pen_plane {
    uint8_t *pixels;
    int width_px, height_px;
    size_t stride_bytes; /* >= width_px */
};

/* Whole pixels; w = h = 0: nothing was drawn. */
struct pen_box {
    int x, y, w, h;
};

#define PEN_INK_COVER 48 /* least cover that counts as ink for the box of pen_draw */

/* Draws into the plane with a soft edge, keeping the stronger of old and new cover; what lies outside the
 * plane is left out. `ink` (may be NULL) receives the box of the pixels this call gave a cover of
 * PEN_INK_COVER or more. */
void pen_draw(struct pen_plane *plane, const struct pen_glyph *glyph, const struct pen_style *style,
              struct pen_box *ink);

#endif
