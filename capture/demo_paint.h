/* demo_paint.h - the demo's paper, desk, light and inks: from cover planes to a colour picture. Only for
 * capture/demo_page.c. */
#ifndef DIGITCAM_CAPTURE_DEMO_PAINT_H
#define DIGITCAM_CAPTURE_DEMO_PAINT_H

#include <stdint.h>

#include "capture/demo_page.h"
#include "capture/demo_scene.h"
#include "capture/pen.h"

enum demo_ink_name { DEMO_INK_BALLPOINT, DEMO_INK_FELT, DEMO_INK_PENCIL, DEMO_INKS };

/* What one pen left on the page. */
struct demo_ink_layer {
    enum pen_kind kind;
    float width_units, darkness;
    float rgb[3];   /* of full ink, 0..255 */
    uint8_t *cover; /* of the painted page's size */
};

#define DEMO_LAMPS 3 /* reflected in a glossy board: two are sharp, the last is a haze */

/* The scene around the writing. */
struct demo_light {
    enum demo_paper paper;
    float paper_rgb[3], desk_rgb[3];
    float half_width, half_height;    /* of the sheet, units; the desk lies beyond */
    float view_radius;                /* from the middle to the corner of the view, units */
    float slope_x, slope_y, vignette; /* brightness lost to one side, and towards the corners; shares of 1 */
    uint32_t texture;                 /* seed */
    float exposure;                   /* times every brightness */
    struct {
        float square_pitch, square_share; /* printed squares: width of one, strength of the lines */
        float rule_pitch, rule_share;     /* printed rules */
        float rule_at;                    /* a y that one of the rules has */
        float margin_x, margin_share;     /* a red line beside the margin */
        float half_width;                 /* of every printed line, more than a hair's */
    } print;
    float glare; /* share of white a lamp lays over a glossy board, at most */
    struct {
        float x, y, wide, high;
    } lamps[DEMO_LAMPS];
    float shadow;                       /* light lost in the shadow */
    float shadow_x, shadow_y, shadow_d; /* it lies where shadow_x x + shadow_y y > shadow_d */
};

/* Chooses the pens (all but their cover planes). */
void demo_paint_inks(struct demo_ink_layer layers[DEMO_INKS], enum demo_pens pens, float painted_per_unit,
                     struct pen_random *random);

/* Chooses paper and light for a view of the given size in units. Where the scene does not say which, every third seed
 * has plain, squared, ruled paper. */
struct demo_light demo_paint_light(const struct demo_scene *scene, uint64_t seed, struct pen_random *random,
                                   float view_width, float view_height);

/* Paints the planes of the page. */
void demo_paint(struct demo_page *page, const struct demo_ink_layer layers[DEMO_INKS],
                const struct demo_light *light);

#endif
