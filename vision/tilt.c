#include "vision/tilt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vision/normalise.h"

#define SIDE        NORMALISE_SIDE_PX
#define STEP        0.6f /* pixels of the crop a pixel of the field it is turned in is wide */
#define FIELD       60   /* side of that field: a crop's 20-pixel box fits in however it is turned */
#define PAD         14   /* nothing round a crop, for the field's corners */
#define PADDED      (SIDE + 2 * PAD)
#define INK         100   /* from here on a pixel belongs to the digit's box */
#define SURE        0.80f /* confidence of digits that lines are looked for among */
#define MOST_DIGITS 96    /* looked at, the first ones */
#define MOST_VOTES  2048
#define ALIKE       1.5f  /* most that neighbours' heights differ */
#define REACH       4.0f  /* of the taller one's height: neighbours are no farther apart */
#define AGREE       0.06f /* radians: votes this near to each other agree */
#define LEAST_VOTES 4
#define LEAST_SHARE 0.45f /* of the votes' weight must agree */

/* A pair of digits that may stand on one line: the slope from one to the other. */
struct vote {
    float slope, weight;
};

/* The nearer two digits are, the likelier they are neighbours; the farther, the better is their slope known.
 */
static int vote(struct box a, struct box b, struct vote *votes)
{
    const float x = (float)(2 * b.x + b.w - 2 * a.x - a.w) / 2,
                y = (float)(2 * b.y + b.h - 2 * a.y - a.h) / 2;
    const float taller = (float)(a.h > b.h ? a.h : b.h), smaller = (float)(a.h > b.h ? b.h : a.h);
    const float apart = hypotf(x, y), slope = atan2f(y, x);
    if (x <= 0 || taller > ALIKE * smaller || apart > REACH * taller || fabsf(slope) > TILT_MOST)
        return 0;
    *votes = (struct vote){slope, taller / apart};
    return 1;
}

float tilt_of_lines(const struct sighting *sightings, int count)
{
    const struct sighting *sure[MOST_DIGITS];
    struct vote votes[MOST_VOTES];
    int digits = 0, vote_count = 0;
    for (int i = 0; i < count && digits < MOST_DIGITS; i++) {
        bool known = sightings[i].confidence < SURE;
        for (int k = 0; k < digits && !known; k++)
            known = track_same_ink(sure[k]->box, sightings[i].box);
        if (!known)
            sure[digits++] = &sightings[i];
    }
    for (int i = 0; i < digits; i++)
        for (int k = 0; k < digits && vote_count < MOST_VOTES; k++)
            vote_count += vote(sure[i]->box, sure[k]->box, &votes[vote_count]);
    float best = 0, best_weight = 0, all = 0;
    int best_count = 0;
    for (int i = 0; i < vote_count; i++) {
        float weight = 0, sum = 0;
        int agreeing = 0;
        all += votes[i].weight;
        for (int k = 0; k < vote_count; k++)
            if (fabsf(votes[k].slope - votes[i].slope) <= AGREE) {
                weight += votes[k].weight;
                sum += votes[k].weight * votes[k].slope;
                agreeing++;
            }
        if (weight > best_weight) {
            best = sum / weight;
            best_weight = weight;
            best_count = agreeing;
        }
    }
    return best_count >= LEAST_VOTES && best_weight >= LEAST_SHARE * all ? best : 0;
}

void tilt_turn_crop(const uint8_t *crop, float radians, uint8_t *turned)
{
    uint8_t wide[PADDED * PADDED] = {0}, field[FIELD * FIELD];
    const float cosine = cosf(radians), sine = sinf(radians), reach = (FIELD - 1) / 2.0f;
    const int32_t step_x = (int32_t)lrintf(STEP * cosine * 65536),
                  step_y = (int32_t)lrintf(-STEP * sine * 65536);
    int left = FIELD, right = -1, top = FIELD, bottom = -1;
    for (int y = 0; y < SIDE; y++)
        memcpy(wide + (y + PAD) * PADDED + PAD, crop + y * SIDE, SIDE);
    for (int y = 0; y < FIELD; y++) {
        const float u = -STEP * reach, v = STEP * ((float)y - reach), middle = (PADDED - 1) / 2.0f;
        int32_t from_x = (int32_t)((cosine * u + sine * v + middle) * 65536);
        int32_t from_y = (int32_t)((-sine * u + cosine * v + middle) * 65536);
        for (int x = 0; x < FIELD; x++, from_x += step_x, from_y += step_y) {
            const uint8_t *const p = wide + (from_y >> 16) * PADDED + (from_x >> 16);
            const int across = from_x >> 8 & 255, down = from_y >> 8 & 255;
            const int above = p[0] * (256 - across) + p[1] * across;
            const int below = p[PADDED] * (256 - across) + p[PADDED + 1] * across;
            const int ink = (above * (256 - down) + below * down) >> 16;
            field[y * FIELD + x] = (uint8_t)ink;
            if (ink >= INK) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y;
            }
        }
    }
    if (right < 0)
        memcpy(turned, crop, SIDE * SIDE);
    else
        normalise_ink(
            (struct gray_view){field + top * FIELD + left, right - left + 1, bottom - top + 1, FIELD},
            turned);
}

struct box tilt_level_box(struct box box, float radians)
{
    const float cosine = cosf(radians), sine = sinf(radians), w = (float)box.w, h = (float)box.h;
    const float x = (float)box.x + w / 2, y = (float)box.y + h / 2;
    /* A box that is filled to its corners shrinks by all of this when it is turned back; a round digit by
     * nothing. */
    const float slim = fmaxf(0.3f * w, (w * cosine - h * fabsf(sine)) / cosf(2 * radians));
    const float low = fmaxf(0.6f * h, (h * cosine - w * fabsf(sine)) / cosf(2 * radians));
    const float new_w = (w + slim) / 2, new_h = (h + low) / 2;
    return (struct box){(int)lrintf(cosine * x + sine * y - new_w / 2),
                        (int)lrintf(-sine * x + cosine * y - new_h / 2), (int)lrintf(fmaxf(1, new_w)),
                        (int)lrintf(fmaxf(1, new_h))};
}
