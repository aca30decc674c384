#include "vision/ask.h"

#include <math.h>
#include <string.h>

#include "vision/tilt.h"

/* A best score between these leaves doubt. */
#define DOUBT_LEAST 0.20f
#define DOUBT_MOST  0.95f
#define SECOND_TURN                                                                                          \
    -0.12f /* radians by which the crop is turned for a second look; people's digits lean to the right */

static void judge(struct sighting *seen, const float *scores)
{
    memcpy(seen->scores, scores, TRACK_DIGITS * sizeof *scores);
    seen->digit = 0;
    for (int d = 1; d < TRACK_DIGITS; d++)
        if (scores[d] > scores[seen->digit])
            seen->digit = d;
    seen->confidence = scores[seen->digit];
}

void ask_next_frame(struct ask *ask)
{
    ask->doubts_left = ASK_MOST_DOUBTS;
    if (ask->recall)
        recall_next_frame(ask->recall);
}

void ask_about(struct ask *ask, const uint8_t *crop, struct sighting *sighting)
{
    uint8_t *const picture = ask->pictures + ask->waiting * NET_PIXELS;
    if (fabsf(ask->tilt) < TILT_LEAST)
        memcpy(picture, crop, NET_PIXELS);
    else
        tilt_turn_crop(crop, -ask->tilt, picture);
    float scores[TRACK_DIGITS];
    if (ask->recall && recall_answer(ask->recall, sighting->box, picture, scores)) {
        judge(sighting, scores);
        return;
    }
    ask->sightings[ask->waiting++] = sighting;
    if (ask->waiting == NET_MAX_BATCH)
        ask_finish(ask);
}

static bool in_doubt(const float *scores)
{
    float best = scores[0];
    for (int d = 1; d < TRACK_DIGITS; d++)
        best = fmaxf(best, scores[d]);
    return best > DOUBT_LEAST && best < DOUBT_MOST;
}

/* `scores` becomes the geometric mean of both, adding up to 1 again. */
static void join(float *scores, const float *others, int classes)
{
    float sum = 0;
    for (int k = 0; k < classes; k++) {
        scores[k] = sqrtf(scores[k] * others[k]);
        sum += scores[k];
    }
    for (int k = 0; k < classes && sum > 0; k++)
        scores[k] /= sum;
}

/* Shows the network those crops again, turned a little, whose answer leaves doubt. */
static void look_again(struct ask *ask, int classes)
{
    uint8_t turned[NET_MAX_BATCH * NET_PIXELS];
    float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    int doubts[NET_MAX_BATCH], count = 0;
    for (int i = 0; i < ask->waiting && count < ask->doubts_left; i++)
        if (in_doubt(ask->scores + i * classes)) {
            tilt_turn_crop(ask->pictures + i * NET_PIXELS, SECOND_TURN, turned + count * NET_PIXELS);
            doubts[count++] = i;
        }
    if (count > 0)
        net_forward(ask->net, turned, count, scores);
    ask->doubts_left -= count;
    for (int i = 0; i < count; i++)
        join(ask->scores + doubts[i] * classes, scores + i * classes, classes);
}

void ask_finish(struct ask *ask)
{
    const int classes = net_classes(ask->net);
    if (ask->waiting > 0)
        net_forward(ask->net, ask->pictures, ask->waiting, ask->scores);
    if (!ask->once)
        look_again(ask, classes);
    for (int i = 0; i < ask->waiting; i++) {
        judge(ask->sightings[i], ask->scores + i * classes);
        if (ask->recall)
            recall_keep(ask->recall, ask->sightings[i]->box, ask->pictures + i * NET_PIXELS,
                        ask->sightings[i]->scores);
    }
    ask->waiting = 0;
}
