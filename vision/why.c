#include "vision/why.h"

#include <string.h>

void why_candidates(struct why *why, const struct candidate *found, const struct sighting *sightings,
                    int count)
{
    memset(why->blames, 0, (size_t)count * sizeof *why->blames);
    for (int i = 0; i < count; i++) {
        const bool hopeless = context_is_hopeless(&found[i], &why->blames[i]);
        why->own[i] = sightings[i].confidence;
        why->none[i] = 1;
        for (int d = 0; d < TRACK_DIGITS; d++)
            why->none[i] -= sightings[i].scores[d];
        why->noted[i] = explain_note(&why->explanation, found[i].box, 1, READING_UNSURE, why->own[i]);
        if (hopeless)
            continue;
        why->blames[i] = (struct context_blame){0};
        if (why->noted[i])
            explain_scores(why->noted[i], sightings[i].scores);
    }
}

void why_verdicts(struct why *why, const struct sighting *sightings, int count, float threshold,
                  const struct candidates *candidates)
{
    for (int i = 0; i < count; i++) {
        struct reading_candidate *const c = why->noted[i];
        if (!c)
            continue;
        if (sightings[i].confidence >= threshold) {
            c->reason = READING_READ;
        } else if (!c->asked || (why->own[i] >= threshold && why->blames[i].against > 0)) {
            c->reason = why->blames[i].reason;
            c->value = why->blames[i].value;
        } else if (why->none[i] > why->own[i]) {
            c->reason = READING_NOT_A_DIGIT;
            c->value = why->none[i];
        }
    }
    for (int k = 0; k < candidates_wide_count(candidates); k++) {
        const struct box b = candidates_wide(candidates, k)->box;
        if (candidates_wide_alone(candidates, k) < 0)
            explain_note(&why->explanation, b, 1, READING_JOINED_WRITING, (float)b.w / (float)b.h);
    }
}

/* What came of one candidate, given the digits read. */
static void settle(struct reading_candidate *c, const struct reading_digit *digits, int count)
{
    if (c->reason == READING_READ)
        c->reason = READING_SEEN_ONCE; /* unless one of the digits is it, or over it */
    for (int k = 0; k < count; k++) {
        if (memcmp(&digits[k].box, &c->box, sizeof c->box) == 0) {
            c->reason = READING_READ;
            c->value = digits[k].confidence;
            return;
        }
        if (track_same_ink(digits[k].box, c->box)) {
            c->reason = READING_OUTVOTED;
            c->value = digits[k].confidence;
        }
    }
}

void why_outcome(struct why *why, const struct reading_digit *digits, int count)
{
    struct explanation *const e = &why->explanation;
    for (int i = 0; i < e->count; i++)
        if (e->items[i].asked || e->items[i].reason == READING_JOINED_WRITING)
            settle(&e->items[i], digits, count);
    explain_settle(e);
}
