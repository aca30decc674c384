#include "vision/recall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vision/clones.h"
#include "vision/normalise.h"

enum {
    PIXELS = NORMALISE_SIDE_PX * NORMALISE_SIDE_PX,
    MOST = 240 /* answers kept of one frame */
};

/* The answers of one frame. The boxes are looked through often, the crops seldom. */
struct answers {
    int count;
    struct box boxes[MOST];
    float scores[MOST][RECALL_SCORES];
    uint8_t crops[MOST][PIXELS];
};

struct recall {
    struct answers frames[2];
    int now;  /* which of them is this frame's; the other is that of the frame before */
    int next; /* where the frame before is looked through first: mostly the same is asked in the same order */
};

int recall_create(struct recall **recall)
{
    *recall = calloc(1, sizeof **recall);
    return *recall ? 0 : -ENOMEM;
}

void recall_destroy(struct recall *recall)
{
    free(recall);
}

void recall_forget(struct recall *recall)
{
    recall->frames[0].count = recall->frames[1].count = 0;
}

void recall_next_frame(struct recall *recall)
{
    recall->now = !recall->now;
    recall->frames[recall->now].count = 0;
    recall->next = 0;
}

/* Sum of the squared differences. */
CLONED static int apart(const uint8_t *restrict a, const uint8_t *restrict b)
{
    int sum = 0;
    for (int i = 0; i < PIXELS; i++) {
        const int16_t d = (int16_t)(a[i] - b[i]);
        sum += d * d;
    }
    return sum;
}

/* May two boxes hold the same ink, in two frames of which one follows the other? */
static bool are_near(struct box a, struct box b)
{
    const int slack = 2 + a.h / 8, reach = 2 + a.h / 2;
    return abs(a.w - b.w) <= slack && abs(a.h - b.h) <= slack && abs(a.x - b.x) <= reach && abs(a.y - b.y) <= reach;
}

static void append(struct answers *answers, struct box box, const uint8_t *crop, const float *scores)
{
    if (answers->count == MOST)
        return;
    const int i = answers->count++;
    answers->boxes[i] = box;
    memcpy(answers->scores[i], scores, sizeof answers->scores[i]);
    memcpy(answers->crops[i], crop, PIXELS);
}

bool recall_answer(struct recall *recall, struct box box, const uint8_t *crop, float scores[RECALL_SCORES])
{
    const struct answers *const before = &recall->frames[!recall->now];
    for (int k = 0, i = recall->next; k < before->count; k++, i++) {
        if (i >= before->count)
            i = 0;
        if (!are_near(box, before->boxes[i]) || apart(crop, before->crops[i]) > RECALL_MOST_APART)
            continue;
        memcpy(scores, before->scores[i], sizeof before->scores[i]);
        append(&recall->frames[recall->now], box, before->crops[i], scores);
        recall->next = i + 1;
        return true;
    }
    return false;
}

void recall_keep(struct recall *recall, struct box box, const uint8_t *crop, const float scores[RECALL_SCORES])
{
    float likeliest = 0, sum = 0;
    for (int d = 0; d < RECALL_SCORES; d++) {
        likeliest = scores[d] > likeliest ? scores[d] : likeliest;
        sum += scores[d];
    }
    if (likeliest >= RECALL_CERTAIN || sum <= 1 - RECALL_CERTAIN)
        append(&recall->frames[recall->now], box, crop, scores);
}
