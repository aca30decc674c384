/* demo_page.h - the demo's sheet of paper: its handwriting laid out and painted once. Only for
 * capture/demo.c.
 *
 * The page is measured in units: 720 is the height of the usual picture, a digit is about 60 tall. (0, 0) is
 * the middle of the page; x to the right, y down. */
#ifndef DIGITCAM_CAPTURE_DEMO_PAGE_H
#define DIGITCAM_CAPTURE_DEMO_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/demo.h"

/* A point of a digit's stroke, in units. */
struct demo_ink {
    float x, y, radius;
};

/* A digit on the page; its ink is ink[first_ink] up to, but without, ink[end_ink]. */
struct demo_page_digit {
    int digit, number;
    int first_ink, end_ink;
};

struct demo_page {
    float px_per_unit;      /* of the frame at rest */
    float painted_per_unit; /* pixels of the painted page per unit; less where frames are huge */
    int width_px,
        height_px;      /* of the painted page: larger than the frame, so that the camera can move; even */
    uint8_t *planes[3]; /* Y (width x height), U, V (half of each); owned */

    int digit_count, number_count;
    struct demo_page_digit digits[DEMO_MAX_DIGITS]; /* in reading order */
    char numbers[DEMO_MAX_NUMBERS][8];
    struct demo_ink *ink; /* owned */
    int ink_count, ink_room;
};

#define DEMO_FIRST_LINE (-170.0f) /* where the first line of a page of numbers stands */
#define DEMO_LINE_PITCH 84.0f     /* from there to the next */

struct demo_scene;

/* For frames of the given size. `digits`: how many, or DEMO_USUAL_DIGITS. Returns 0 or -ENOMEM; a failure leaves nothing to destroy. */
int demo_page_create(struct demo_page *page, const struct demo_scene *scene, int digits, uint64_t seed,
                     int frame_width_px, int frame_height_px);
void demo_page_destroy(struct demo_page *page);

#endif
