/* pen_stroke.h - control points to smooth curves. Only for the files of the pen. */
#ifndef DIGITCAM_CAPTURE_PEN_STROKE_H
#define DIGITCAM_CAPTURE_PEN_STROKE_H

#include <stdbool.h>

#include "capture/pen.h"

#define PEN_STROKE_POINTS 24 /* most control points of one stroke */

struct pen_vector {
    float x, y;
};

/* What the pen passes between touching the paper and leaving it; glyph units. */
struct pen_stroke {
    int count;
    struct pen_vector at[PEN_STROKE_POINTS];
    bool corner[PEN_STROKE_POINTS]; /* the curve turns sharply here */
};

/* Adds one point to the path; a full glyph stays as it is. */
void pen_add_point(struct pen_glyph *glyph, float x, float y, bool begins);

/* Adds the smooth curve through the stroke's points. */
void pen_add_stroke(struct pen_glyph *glyph, const struct pen_stroke *stroke);

/* Pressure rises and falls along the path, and the pen lands and leaves lightly. */
void pen_press(struct pen_glyph *glyph, struct pen_random *random);

#endif
