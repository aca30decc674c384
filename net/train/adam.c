#include "net/train/adam.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEAN_DECAY   0.9f
#define SQUARE_DECAY 0.99f /* shorter than the usual 0.999: the trainings here are short too */
#define EPSILON      1e-8f

int adam_create(struct adam *adam, size_t count)
{
    *adam = (struct adam){
        .count = count, .mean = calloc(count, sizeof(float)), .square = calloc(count, sizeof(float))};
    if (adam->mean && adam->square)
        return 0;
    adam_destroy(adam);
    return -ENOMEM;
}

void adam_destroy(struct adam *adam)
{
    free(adam->mean);
    free(adam->square);
    memset(adam, 0, sizeof *adam);
}

void adam_step(struct adam *adam, float *parameters, const float *gradient, const unsigned char *decays,
               size_t first, float rate, float decay)
{
    adam->step++;
    const float mean_share = 1 - powf(MEAN_DECAY, (float)adam->step);
    const float square_share = 1 - powf(SQUARE_DECAY, (float)adam->step);
    for (size_t i = first; i < adam->count; i++) {
        adam->mean[i] += (1 - MEAN_DECAY) * (gradient[i] - adam->mean[i]);
        adam->square[i] += (1 - SQUARE_DECAY) * (gradient[i] * gradient[i] - adam->square[i]);
        const float mean = adam->mean[i] / mean_share, square = adam->square[i] / square_share;
        parameters[i] -= rate * (mean / (sqrtf(square) + EPSILON) + (decays[i] ? decay * parameters[i] : 0));
    }
}

float adam_rate(long step, long steps, float peak)
{
    const float progress = (float)step / (float)(steps > 1 ? steps : 1), warm = 1.0f / 12;
    if (progress < warm)
        return peak * (0.05f + 0.95f * progress / warm);
    return peak * (0.001f + 0.999f * 0.5f * (1 + cosf(3.14159265f * (progress - warm) / (1 - warm))));
}
