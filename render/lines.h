/* lines.h - digits that stand side by side as one line of writing, and how much room there is above and below it. */
#ifndef DIGITCAM_RENDER_LINES_H
#define DIGITCAM_RENDER_LINES_H

#include "render/scene.h"
#include "vision/reading.h"

struct line {
    int first, count;   /* its digits: order[first] to order[first + count - 1], from left to right */
    struct scene_rect box; /* union of theirs */
    float height;       /* their mean */
    float above, below; /* free pixels to the nearest digit of another line; INFINITY: far */
};

struct lines {
    int *order;         /* indices of digits, line by line; owned, as are the others */
    int *by_left;       /* indices of all digits, sorted by their left edge */
    int *line_of;       /* for each digit */
    struct line *lines; /* in reading order */
    int count;
    int capacity;       /* digits there is room for */
    int *scratch;
};

/* Groups the digits of `reading`, whose boxes in output pixels are `boxes`. A number is never torn. `lines` starts
 * zeroed and grows to the most digits it has seen. Returns 0 or -ENOMEM. */
int lines_find(struct lines *lines, const struct reading *reading, const struct scene_rect *boxes);

void lines_release(struct lines *lines);

/* The outline round each of the line's digits: how wide, and how far off the digit. Both the same for the whole line,
 * and thin where lines stand close. */
void line_outline(const struct line *line, const struct scene_view *view, float *stroke, float *pad);

#endif
