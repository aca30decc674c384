#include "vision/explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME_INK 0.5f /* intersection over union from which two boxes are the same ink */
#define INSIDE   0.7f /* share of a box from which it is a part of the other: the hole of a 0, a bar of a 5 */

/* `form` takes the value; where it is a share of something, in percent. */
static const struct {
    const char *word, *form;
    bool percent;
} reasons[READING_REASONS] = {
    [READING_TOO_SMALL] = {"too_small", "too small (%.0f px)", false},
    [READING_OFF_PICTURE] = {"off_picture", "runs off the picture", false},
    [READING_TOO_WIDE] = {"too_wide", "too wide (%.1f times its height)", false},
    [READING_LOW_CONTRAST] = {"low_contrast", "low contrast (%.0f)", false},
    [READING_SOLID] = {"solid", "solid (%.0f%% ink)", true},
    [READING_TOO_THICK] = {"too_thick", "too thick (%.0f%%)", true},
    [READING_NO_PAPER] = {"no_paper", "no paper round it", false},
    [READING_TOO_MANY] = {"too_many", "too many (%.0f)", false},
    [READING_JOINED_WRITING] = {"joined_writing", "joined writing", false},
    [READING_NOT_A_DIGIT] = {"not_a_digit", "not a digit (%.0f%%)", true},
    [READING_UNSURE] = {"unsure", "unsure (%.0f%%)", true},
    [READING_RESTLESS] = {"restless", "restless place (%.2f)", false},
    [READING_CLUTTERED] = {"cluttered", "clutter round it (%.0f%%)", true},
    [READING_GRAINY] = {"grainy", "grainy ink (%.2f)", false},
    [READING_FAINT] = {"faint", "faint (%.0f)", false},
    [READING_TINY] = {"tiny", "tiny (%.0f px)", false},
    [READING_SLANTED_BAR] = {"slanted_bar", "a slanted bar", false},
    [READING_RULE] = {"rule", "a rule", false},
    [READING_IN_WORD] = {"in_word", "in a word", false},
    [READING_IN_TEXT] = {"in_text", "in a text (%.0f words)", false},
    [READING_PALER] = {"paler", "paler than the rest (%.0f%%)", true},
    [READING_SMALLER] = {"smaller", "smaller than the rest (%.0f%%)", true},
    [READING_INVERTED] = {"inverted", "inverted", false},
    [READING_CIRCLE] = {"circle", "drawn round digits", false},
    [READING_OUTNUMBERED] = {"outnumbered", "one of %.0f shapes", false},
    [READING_SEEN_ONCE] = {"seen_once", "seen once", false},
    [READING_OUTVOTED] = {"outvoted", "outvoted", false},
    [READING_CUT] = {"cut", "cut into %.0f", false},
    [READING_READ] = {"read", "read (%.0f%%)", true},
};

const char *reading_reason_word(enum reading_reason reason)
{
    return reasons[reason].word;
}

void reading_reason_text(const struct reading_candidate *candidate, char *text, size_t text_bytes)
{
    double value = (double)candidate->value * (reasons[candidate->reason].percent ? 100 : 1);
    if (candidate->reason == READING_UNSURE) /* what falls short of a limit must not look as if it had reached it */
        value = floor(value);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the table above, each with at most one %.Nf */
    snprintf(text, text_bytes, reasons[candidate->reason].form, value);
#pragma GCC diagnostic pop
}

struct reading_candidate *explain_note(struct explanation *explanation, struct box box, int scale,
                                       enum reading_reason reason, float value)
{
    if (!explanation || explanation->count == EXPLAIN_MOST)
        return NULL;
    struct reading_candidate *const candidate = &explanation->items[explanation->count++];
    *candidate =
        (struct reading_candidate){.box = {box.x * scale, box.y * scale, box.w * scale, box.h * scale},
                                   .reason = reason,
                                   .value = value};
    return candidate;
}

void explain_scores(struct reading_candidate *candidate, const float scores[10])
{
    bool taken[10] = {false};
    candidate->asked = true;
    for (int k = 0; k < READING_TOP; k++) {
        int best = -1;
        for (int d = 0; d < 10; d++)
            if (!taken[d] && (best < 0 || scores[d] > scores[best]))
                best = d;
        taken[best] = true;
        candidate->top[k].digit = best;
        candidate->top[k].confidence = scores[best];
    }
}

static int furthest_first(const void *a, const void *b)
{
    const struct reading_candidate *p = a, *q = b;
    if (p->reason != q->reason)
        return p->reason > q->reason ? -1 : 1;
    if (p->asked && q->asked && p->top[0].confidence != q->top[0].confidence)
        return p->top[0].confidence > q->top[0].confidence ? -1 : 1;
    return memcmp(&p->box, &q->box, sizeof p->box);
}

/* Does `further`, which was read or at least shown to the network, stand for the other one too? */
static bool stands_for(const struct reading_candidate *further, const struct reading_candidate *other)
{
    const struct box a = further->box, b = other->box;
    const int common = box_overlap_px(a, b);
    return (float)common > SAME_INK * (float)(a.w * a.h + b.w * b.h - common) ||
           (further->asked && !other->asked && (float)common > INSIDE * (float)(b.w * b.h)) ||
           (further->asked && other->reason == READING_NO_PAPER &&
            common > 0); /* the paper between two strokes */
}

void explain_settle(struct explanation *explanation)
{
    struct reading_candidate *const items = explanation->items;
    int kept = 0;
    qsort(items, (size_t)explanation->count, sizeof *items, furthest_first);
    for (int i = 0; i < explanation->count; i++) {
        bool known = false;
        for (int k = 0; k < kept && !known; k++)
            known = stands_for(&items[k], &items[i]);
        if (!known)
            items[kept++] = items[i];
    }
    explanation->count = kept;
}
