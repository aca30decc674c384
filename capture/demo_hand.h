/* demo_hand.h - the hand with a pen that moves over the demo's page: painted once, laid over frames. Only for
 * capture/demo.c. */
#ifndef DIGITCAM_CAPTURE_DEMO_HAND_H
#define DIGITCAM_CAPTURE_DEMO_HAND_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/demo.h"

/* Planes of width x height bytes each; the tip of the pen is at tip_x, tip_y. */
struct demo_hand {
    int width_px, height_px, tip_x, tip_y;
    int step;          /* a pixel of the planes covers step x step of the frame: 1, more where frames are huge */
    uint8_t *planes;   /* owned; the others point into it */
    uint8_t *cover;    /* 255: only the hand is seen */
    uint8_t *keep;     /* share of the page's light that is still seen: without what is covered and shadowed */
    uint8_t *tones[3]; /* the hand's own Y, U, V */
};

/* `px_per_unit` of the page. Returns 0 or -ENOMEM. */
int demo_hand_create(struct demo_hand *hand, float px_per_unit);
void demo_hand_destroy(struct demo_hand *hand); /* zeroed is fine */

/* Lays the hand over a YU12 frame, its pen's tip at x_px, y_px. */
void demo_hand_lay(const struct demo_hand *hand, int x_px, int y_px, uint8_t *frame, int width_px, int height_px);

/* Does it cover anything of the box, or touch it? */
bool demo_hand_covers(const struct demo_hand *hand, int x_px, int y_px, struct demo_box box);

#endif
