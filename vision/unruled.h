/* unruled.h - what is left of ink that hung together with rules of the paper, or with a line drawn under a number, when those are
 * erased (rules.h). Works on one level of the picture pyramid and one polarity. */
#ifndef DIGITCAM_VISION_UNRULED_H
#define DIGITCAM_VISION_UNRULED_H

#include <stddef.h>
#include <stdint.h>

#include "vision/components.h"
#include "vision/rules.h"
#include "vision/threshold.h"

/* Zero it before the first use; its memory is kept from call to call. */
struct unruled {
    struct rules rules;
    float rule_px; /* mean width of what the last call erased */
    uint64_t *memory;
    size_t capacity; /* words */
};

/* Erases rules from what of `components` (of ink->mask) is too large for a digit, and the lines under numbers of digits from
 * least_height_px to most_height_px high. *left receives what remains of those pieces of ink, until the next call; its width is
 * 0 where nothing was erased. Returns 0 or -ENOMEM. */
int unruled_find(struct unruled *unruled, const struct components *components, const struct ink *ink, int least_height_px,
                 int most_height_px, struct bit_view *left);
void unruled_release(struct unruled *unruled);

#endif
