/* segment.h - the pieces of ink in a mask to regions that may be digits: filtered, and with strokes that
 * belong together joined. Works on one level of the picture pyramid and one polarity; all lengths are pixels
 * of that level. */
#ifndef DIGITCAM_VISION_SEGMENT_H
#define DIGITCAM_VISION_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "vision/components.h"
#include "vision/explain.h"
#include "vision/gray.h"
#include "vision/surroundings.h"
#include "vision/threshold.h"

#define SEGMENT_MOST_PARTS 4 /* pieces of ink one region can be joined from */
/* Regions looked at in one search: more than any page has, fewer than noise and text can offer. */
#define SEGMENT_MOST_REGIONS 1024

struct segment_input {
    const struct ink *ink;
    const struct components *components; /* of ink->mask */
    int least_height_px, most_height_px; /* of a region */
    int least_contrast;                  /* of a region's ink, gray levels */
    /* Is what lies in this box known already, so that it need not be looked at again? NULL: nothing is. */
    bool (*known)(void *context, struct box box);
    /* Is the piece of ink in this box surely a digit by itself? Two of those are not joined. NULL: nobody knows. */
    bool (*settled)(void *context, struct box box);
    /* Is there room for another region of so many pieces in such a box? Where not, it is not even drawn. NULL: always. */
    bool (*has_room)(void *context, struct box box, int pieces);
    struct explanation *explanation; /* receives what is refused; NULL: nobody asks */
    int scale;                       /* pixels of the picture a pixel is wide; only for the explanation */
};

#define SEGMENT_MOST_WIDTH 1.5f /* of a region that may be one digit, in heights */
#define SEGMENT_MOST_STRING                                                                                  \
    6.0f /* of a single piece of ink that may be several touching digits, likewise                           \
          */

/* One region: its parts are components. */
struct region {
    struct box box;
    int parts[SEGMENT_MOST_PARTS];
    int part_count;
    bool on_edge;    /* the end of a stroke runs off the picture */
    float contrast;  /* of its ink */
    float stroke_px; /* mean width of its strokes */
    float strokes;   /* their length, in diagonals of the box: of a bar 1 */
    struct surroundings around;
    struct gray_view ink; /* of the box: 0 none .. 255 full, the region's own ink alone, without neighbours */
};

struct segmenter; /* working memory, kept from call to call */

int segmenter_create(struct segmenter **segmenter);  /* 0 or -ENOMEM */
void segmenter_destroy(struct segmenter *segmenter); /* NULL is fine */

/* Calls `use` for each region: single pieces, among them wide ones that can only be several digits, then
 * joined ones. A region's memory is valid only during the call. `use` returns 0, or an error that ends the
 * search and is returned. Returns 0 or -ENOMEM. */
int segment_find(struct segmenter *segmenter, const struct segment_input *input,
                 int (*use)(void *context, const struct region *region), void *context);

#endif
