#include "vision/track.h"

#include <assert.h>
#include <stdbool.h>

#define LEAST_OVERLAP 0.33f /* intersection over union of one digit in two frames */

static float overlap(struct box a, struct box b)
{
    const int common = box_overlap_px(a, b);
    return common ? (float)common / (float)(a.w * a.h + b.w * b.h - common) : 0;
}

void track_digits(struct track *track, struct reading_digit *digits, int count)
{
    assert(count <= LAYOUT_MOST_DIGITS);
    bool taken[LAYOUT_MOST_DIGITS] = {false};
    for (int i = 0; i < count; i++) {
        int best = -1;
        float best_overlap = LEAST_OVERLAP;
        for (int k = 0; k < track->known_count; k++) {
            const float share = taken[k] ? 0 : overlap(digits[i].box, track->known[k].box);
            if (share >= best_overlap) {
                best = k;
                best_overlap = share;
            }
        }
        if (best >= 0)
            taken[best] = true;
        digits[i].id = best >= 0 ? track->known[best].id : ++track->last_id;
    }
    for (int i = 0; i < count; i++) {
        track->known[i].id = digits[i].id;
        track->known[i].box = digits[i].box;
    }
    track->known_count = count;
}
