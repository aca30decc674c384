/* tags.h - where the tag of each digit goes: near its box, and not over its neighbours. */
#ifndef DIGITCAM_RENDER_TAGS_H
#define DIGITCAM_RENDER_TAGS_H

#include "render/lines.h"
#include "render/scene.h"
#include "vision/reading.h"

/* From roomy to tight. */
enum tag_style {
    TAG_SIDE,  /* the digit, its confidence beside it */
    TAG_STACK, /* the digit, its confidence below it */
    TAG_PLAIN, /* the digit only */
    TAG_NUMBER /* one tag for all digits of a number, where they stand too close for one each */
};

struct tag {
    struct scene_rect rect;
    enum tag_style style;
    int digit;        /* index of its digit; of a NUMBER's first */
    float size;       /* of the digit's letters */
    float small_size; /* of the confidence's */
};

struct tags; /* grows to the most digits it has seen */

int tags_create(struct tags **tags); /* 0 or -ENOMEM */
void tags_destroy(struct tags *tags); /* NULL is fine */

/* Places tags for `reading`, drawn in `picture` (output pixels). `boxes` has each digit's box in output pixels, `lines`
 * says which of them make a line of writing. All tags of a line are of one style and size and on one side: above if
 * they can be, below only where none of them then comes nearer to another digit than to its own, else over the upper
 * edge of their own digits. A line keeps the kind of tags of the last frame while that fits. *placed points to *count
 * tags, owned by `tags` until the next call. Returns 0 or -ENOMEM. */
int tags_place(struct tags *tags, const struct reading *reading, const struct lines *lines,
               const struct scene_rect *boxes, struct scene_rect picture, const struct scene_view *view,
               const struct tag **placed, int *count);

/* "98%" for 0.981; "100%" only from 0.9995. */
void tags_percent(float confidence, char text[8]);

#endif
