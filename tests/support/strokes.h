/* strokes.h - crops drawn stroke by stroke, for tests of what looks at crops. */
#ifndef DIGITCAM_TESTS_SUPPORT_STROKES_H
#define DIGITCAM_TESTS_SUPPORT_STROKES_H

#include <math.h>
#include <stdint.h>

#define STROKES_PIXELS (28 * 28)

/* A stroke with soft edges, from (x0, y0) to (x1, y1). */
static void draw_stroke(uint8_t *crop, float x0, float y0, float x1, float y1)
{
    for (int i = 0; i < STROKES_PIXELS; i++) {
        const float x = (float)(i % 28), y = (float)(i / 28), dx = x1 - x0, dy = y1 - y0;
        const float along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
        const float t = along < 0 ? 0 : along > 1 ? 1 : along;
        const float ink = 255 * (2.2f - hypotf(x - x0 - t * dx, y - y0 - t * dy));
        if (ink > crop[i])
            crop[i] = (uint8_t)(ink > 255 ? 255 : ink);
    }
}

#endif
