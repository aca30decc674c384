/* field.h - a training picture while it is being changed: its ink on a field at twice the scale, with a margin.
 * For the files of the augmentation alone; augment.h is what others include. */
#ifndef DIGITCAM_NET_TRAIN_FIELD_H
#define DIGITCAM_NET_TRAIN_FIELD_H

#include <stdbool.h>

#include "capture/pen.h"
#include "net/net.h"

#define FIELD_SIDE   64                                  /* pixels */
#define FIELD_MARGIN ((FIELD_SIDE - 2 * NET_SIDE_PX) / 2) /* of them, round the picture */

struct field {
    float at[FIELD_SIDE][FIELD_SIDE]; /* 0 none .. 255 full ink */
};

static inline float field_between(struct pen_random *random, float reach)
{
    return pen_random_uniform(random, -reach, reach);
}

static inline bool field_chance(struct pen_random *random, float share)
{
    return pen_random_uniform(random, 0, 1) < share;
}

/* Softens the field by 1 2 1 both ways, of which `share` (0..1) is taken. */
void field_blur(struct field *field, float share);

/* The same writing by a pen of one width: strokes are thinned to their middle lines (Zhang and Suen 1984) and
 * drawn anew, `width` (1 .. 8) field pixels wide. A field without ink stays as it is. */
void field_redraw_by_pen(struct field *field, float width);

/* Now and then, the more often the larger `strength` (0..1), one kind of dirt all over the field, which a crop from a
 * camera is spared but a picture from elsewhere may have: specks, rough glass, heavy blur, strokes across,
 * bands in which ink and paper have changed places. */
void field_soil(struct field *field, float strength, struct pen_random *random);

#endif
