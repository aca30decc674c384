#include "vision/upright.h"

#include <stddef.h>

#include "vision/context.h"

#define SIDE       NORMALISE_SIDE_PX
#define DIGITS     10
#define SURE       0.9f /* read this way round */
#define LEAST_GAIN 3.0f /* of confidence, summed over the crops read one way or the other */
#define MEAN_GAIN  0.06f
#define WIDE_MOST  3.0f /* width / height of a digit that lies on its side, at most */

/* `turned` = a crop turned by quarters clockwise. */
static void turn(const uint8_t *crop, int quarters, uint8_t *turned)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int last = SIDE - 1;
            const int from[UPRIGHT_WAYS][2] = {{x, y}, {y, last - x}, {last - x, last - y}, {last - y, x}};
            turned[y * SIDE + x] = crop[from[quarters][1] * SIDE + from[quarters][0]];
        }
}

static float surest(const float *scores)
{
    float best = scores[0];
    for (int d = 1; d < DIGITS; d++)
        best = scores[d] > best ? scores[d] : best;
    return best;
}

/* Confidences of one crop, each way round. */
static void read_all_ways(struct net *net, const uint8_t *crop, float sure[UPRIGHT_WAYS])
{
    uint8_t pictures[UPRIGHT_WAYS * NET_PIXELS];
    float scores[UPRIGHT_WAYS * NET_MAX_CLASSES];
    for (int way = 0; way < UPRIGHT_WAYS; way++)
        turn(crop, way, pictures + way * NET_PIXELS);
    net_forward(net, pictures, UPRIGHT_WAYS, scores);
    for (int way = 0; way < UPRIGHT_WAYS; way++)
        sure[way] = surest(scores + way * net_classes(net));
}

/* What turning would win over all the crops. */
struct gains {
    float gain[UPRIGHT_WAYS];
    int crops[UPRIGHT_WAYS];
};

static void look(struct net *net, const uint8_t *crop, struct gains *gains)
{
    float sure[UPRIGHT_WAYS];
    read_all_ways(net, crop, sure);
    for (int way = 1; way < UPRIGHT_WAYS; way++)
        if (sure[0] >= SURE || sure[way] >= SURE) {
            gains->gain[way] += sure[way] - sure[0];
            gains->crops[way]++;
        }
}

int upright_turns_needed(struct net *net, const struct candidates *candidates, const struct candidate *found,
                         int count)
{
    struct gains gains = {0};
    int likely = 0, best = 0;
    for (int i = 0; i < count; i++)
        likely += !context_is_hopeless(&found[i], NULL);
    const int step = likely / UPRIGHT_CROPS + 1;
    for (int i = 0, seen = 0; i < count; i++)
        if (!context_is_hopeless(&found[i], NULL) && seen++ % step == 0)
            look(net, found[i].crop, &gains);
    for (int k = 0; k < candidates_wide_count(candidates); k++) {
        const struct box b = candidates_wide(candidates, k)->box;
        uint8_t crop[NET_PIXELS];
        if (candidates_wide_alone(candidates, k) >= 0 || (float)b.w > WIDE_MOST * (float)b.h)
            continue;
        candidates_wide_crop(candidates, k, crop);
        look(net, crop, &gains);
    }
    for (int way = 1; way < UPRIGHT_WAYS; way++)
        if (gains.gain[way] >= LEAST_GAIN && gains.gain[way] >= MEAN_GAIN * (float)gains.crops[way] &&
            gains.gain[way] > gains.gain[best])
            best = way;
    return best;
}

const char *upright_hint(int turns_needed)
{
    static const char *const hints[UPRIGHT_WAYS] = {
        NULL, "the page seems to lie on its side: turn it clockwise", "the page seems to be upside down",
        "the page seems to lie on its side: turn it counterclockwise"};
    return hints[turns_needed];
}
