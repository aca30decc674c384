#include "vision/ask.h"

#include <math.h>
#include <string.h>

#include "vision/tilt.h"

static void judge(struct sighting *seen, const float *scores)
{
    memcpy(seen->scores, scores, TRACK_DIGITS * sizeof *scores);
    seen->digit = 0;
    for (int d = 1; d < TRACK_DIGITS; d++)
        if (scores[d] > scores[seen->digit])
            seen->digit = d;
    seen->confidence = scores[seen->digit];
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

void ask_finish(struct ask *ask)
{
    const int classes = net_classes(ask->net);
    if (ask->waiting > 0)
        net_forward(ask->net, ask->pictures, ask->waiting, ask->scores);
    for (int i = 0; i < ask->waiting; i++) {
        judge(ask->sightings[i], ask->scores + i * classes);
        if (ask->recall)
            recall_keep(ask->recall, ask->sightings[i]->box, ask->pictures + i * NET_PIXELS, ask->sightings[i]->scores);
    }
    ask->waiting = 0;
}
