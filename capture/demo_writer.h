/* demo_writer.h - writing on the demo's sheet: lines of signs, rules, drawings, scribbles. Only for the files of the
 * demo. Places and sizes are in units of the page (demo_page.h). */
#ifndef DIGITCAM_CAPTURE_DEMO_WRITER_H
#define DIGITCAM_CAPTURE_DEMO_WRITER_H

#include <stdbool.h>

#include "capture/demo_page.h"
#include "capture/demo_paint.h"
#include "capture/pen.h"

#define DEMO_LINE_SIGNS 24 /* most signs of one line of writing */

/* Everything needed while a page is being written. */
struct demo_writer {
    struct demo_page *page;
    struct pen_random random;
    struct pen_hand hand;
    struct demo_ink_layer layers[DEMO_INKS];
    float canvas_width;
    float touching; /* share of the digits that touch the one before them in their number */
    bool no_memory; /* a digit could not be noted */
    int glyph_count;
    char signs[DEMO_LINE_SIGNS];
    struct pen_glyph glyphs[DEMO_LINE_SIGNS];
    struct pen_transform places[DEMO_LINE_SIGNS];
};

/* Writes one line of text: digits make numbers, blanks are 0.42 of a digit's height wide; "*" is a times sign. `x` is
 * the left edge of its ink at `align` 0, its middle at 0.5, its right edge at 1; `y` the line it stands on. Signs never
 * touch unless the writer says so. Returns the width. */
float demo_write_line(struct demo_writer *writer, const char *text, float x, float y, float height,
                      enum demo_ink_name ink, float align);

/* A line drawn by hand from left to right, under a word or a sum. */
void demo_write_rule(struct demo_writer *writer, float x, float y, float width, enum demo_ink_name ink);

/* A line drawn by hand downwards from (x, y). */
void demo_write_upright(struct demo_writer *writer, float x, float y, float height, enum demo_ink_name ink);

/* A circle, `size` high and about as wide, round (x, y). */
void demo_write_ring(struct demo_writer *writer, float x, float y, float size, enum demo_ink_name ink);

/* A mark of the pen (pen.h), `height` tall, standing on `y`. */
void demo_write_mark(struct demo_writer *writer, const char *name, float x, float y, float height,
                     enum demo_ink_name ink);

void demo_write_scribble(struct demo_writer *writer, enum pen_scribble kind, float x, float y, float height,
                         enum demo_ink_name ink);

#endif
