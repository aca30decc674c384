#include "vision/upright.h"

#include <stdbool.h>
#include <stddef.h>

#include "vision/context.h"

#define SIDE       NORMALISE_SIDE_PX
#define DIGITS     10
#define SURE       0.9f /* read this way round */
#define LEAST_GAIN 3.0f /* of confidence, summed over the crops read one way or the other */
#define MEAN_GAIN  0.06f
#define ASKED_GAIN 0.125f /* for each crop that was looked at: of letters, some look like digits whichever way they are turned */
#define FULLER_GAIN 0.001f /* and so much more for each beyond the first UPRIGHT_CROPS: the fuller a page, the likelier it is a text */
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

/* Confidences of one crop, each way round; as it is it may have been read already. */
static void read_all_ways(struct net *net, const uint8_t *crop, bool read, float sure[UPRIGHT_WAYS])
{
    uint8_t pictures[UPRIGHT_WAYS * NET_PIXELS];
    float scores[UPRIGHT_WAYS * NET_MAX_CLASSES];
    const int first = read;
    for (int way = first; way < UPRIGHT_WAYS; way++)
        turn(crop, way, pictures + way * NET_PIXELS);
    net_forward(net, pictures + first * NET_PIXELS, UPRIGHT_WAYS - first, scores);
    for (int way = first; way < UPRIGHT_WAYS; way++)
        sure[way] = surest(scores + (way - first) * net_classes(net));
}

/* What turning would win over all the crops. */
struct gains {
    float gain[UPRIGHT_WAYS];
    int crops[UPRIGHT_WAYS];
};

static void add_gains(const float sure[UPRIGHT_WAYS], struct gains *gains)
{
    for (int way = 1; way < UPRIGHT_WAYS; way++)
        if (sure[0] >= SURE || sure[way] >= SURE) {
            gains->gain[way] += sure[way] - sure[0];
            gains->crops[way]++;
        }
}

/* What may be a digit: candidates by their index, then what is too wide for one as it lies, as -1 - index. */
static int list_likely(const struct candidates *candidates, const struct candidate *found, int count, int *likely)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        if (!context_is_hopeless(&found[i], NULL))
            likely[n++] = i;
    for (int k = 0; k < candidates_wide_count(candidates); k++) {
        const struct box b = candidates_wide(candidates, k)->box;
        if (candidates_wide_alone(candidates, k) < 0 && (float)b.w <= WIDE_MOST * (float)b.h)
            likely[n++] = -1 - k;
    }
    return n;
}

static int best_way(const struct gains *gains)
{
    int best = 0;
    for (int way = 1; way < UPRIGHT_WAYS; way++)
        if (gains->gain[way] > gains->gain[best])
            best = way;
    return best;
}

/* In an order in which no part of the page comes before another, always the same. */
static void shuffle(int *items, int count)
{
    uint32_t random = 1;
    for (int i = count - 1; i > 0; i--) {
        random = random * 1664525u + 1013904223u; /* Knuth's */
        const int j = (int)((random >> 8) % (uint32_t)(i + 1)), kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}

int upright_turns_needed(struct net *net, const struct candidates *candidates, const struct candidate *found,
                         const struct sighting *sightings, int count)
{
    int likely[CANDIDATES_MOST + CANDIDATES_MOST_WIDE];
    const int n = list_likely(candidates, found, count, likely);
    struct gains gains = {0};
    const int asked = n < UPRIGHT_MOST ? n : UPRIGHT_MOST;
    shuffle(likely, n);
    for (int i = 0; i < asked; i++) {
        const bool read = likely[i] >= 0;
        float sure[UPRIGHT_WAYS];
        uint8_t wide[NET_PIXELS];
        if (i > 0 && i % UPRIGHT_CROPS == 0 && gains.gain[best_way(&gains)] * (float)n < LEAST_GAIN * (float)i)
            return 0; /* nor would it be enough over all of them */
        if (read)
            sure[0] = sightings[likely[i]].confidence;
        else
            candidates_wide_crop(candidates, -1 - likely[i], wide);
        read_all_ways(net, read ? found[likely[i]].crop : wide, read, sure);
        add_gains(sure, &gains);
    }
    const int best = best_way(&gains);
    const float fuller = asked > UPRIGHT_CROPS ? FULLER_GAIN * (float)(asked - UPRIGHT_CROPS) : 0;
    const bool clear = gains.gain[best] >= LEAST_GAIN && gains.gain[best] >= MEAN_GAIN * (float)gains.crops[best] &&
                       gains.gain[best] >= (ASKED_GAIN + fuller) * (float)asked;
    return clear ? best : 0;
}

const char *upright_hint(int turns_needed)
{
    static const char *const hints[UPRIGHT_WAYS] = {
        NULL, "the page seems to lie on its side: turn it clockwise", "the page seems to be upside down",
        "the page seems to lie on its side: turn it counterclockwise"};
    return hints[turns_needed];
}
