/* demo_paint.h - the demo's paper, desk, light and inks: from cover planes to a colour picture. Only for
 * capture/demo_page.c. */
#ifndef DIGITCAM_CAPTURE_DEMO_PAINT_H
#define DIGITCAM_CAPTURE_DEMO_PAINT_H

#include <stdint.h>

#include "capture/demo_page.h"
#include "capture/pen.h"

enum demo_ink_name { DEMO_INK_BALLPOINT, DEMO_INK_FELT, DEMO_INK_PENCIL, DEMO_INKS };

/* What one pen left on the page. */
struct demo_ink_layer {
    enum pen_kind kind;
    float width_units, darkness;
    float rgb[3];   /* of full ink, 0..255 */
    uint8_t *cover; /* of the painted page's size */
};

enum demo_paper { DEMO_PLAIN, DEMO_SQUARED, DEMO_RULED };

/* The scene around the writing. */
struct demo_light {
    enum demo_paper paper;
    float paper_rgb[3], desk_rgb[3];
    float half_width, half_height;    /* of the sheet, units; the desk lies beyond */
    float view_radius;                /* from the middle to the corner of the view, units */
    float slope_x, slope_y, vignette; /* brightness lost to one side, and towards the corners; shares of 1 */
    uint32_t texture;                 /* seed */
};

/* Chooses the pens (all but their cover planes). */
void demo_paint_inks(struct demo_ink_layer layers[DEMO_INKS], float painted_per_unit,
                     struct pen_random *random);

/* Chooses paper and light for a view of the given size in units. Every third seed has plain, squared, ruled
 * paper. */
struct demo_light demo_paint_light(uint64_t seed, struct pen_random *random, float view_width,
                                   float view_height);

/* Paints the planes of the page. */
void demo_paint(struct demo_page *page, const struct demo_ink_layer layers[DEMO_INKS],
                const struct demo_light *light);

#endif
