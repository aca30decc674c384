#include "render/match.h"

#include <errno.h>
#include <stdlib.h>

#define SAME_OVERLAP 0.3
#define SAME_HEIGHT  1.6
#define BY_CENTRE    0.01 /* how well two boxes agree of which only the centres say so */

struct pair {
    double overlap;
    int written, found;
};

static bool holds_centre(struct box outer, struct box inner)
{
    const int x = 2 * inner.x + inner.w, y = 2 * inner.y + inner.h; /* twice the centre */
    return x >= 2 * outer.x && x <= 2 * (outer.x + outer.w) && y >= 2 * outer.y && y <= 2 * (outer.y + outer.h);
}

double match_overlap(struct box a, struct box b)
{
    const double both = box_overlap_px(a, b);
    const double share = both > 0 ? both / ((double)a.w * a.h + (double)b.w * b.h - both) : 0;
    if (share >= SAME_OVERLAP)
        return share;
    const double taller = a.h > b.h ? a.h : b.h, smaller = a.h > b.h ? b.h : a.h;
    if (smaller > 0 && taller / smaller <= SAME_HEIGHT && holds_centre(a, b) && holds_centre(b, a))
        return share > BY_CENTRE ? share : BY_CENTRE;
    return 0;
}

/* Best first; among equals the order is settled, so that the result is. */
static int best_first(const void *a, const void *b)
{
    const struct pair *const p = a, *const q = b;
    if (p->overlap != q->overlap)
        return p->overlap > q->overlap ? -1 : 1;
    return p->written != q->written ? p->written - q->written : p->found - q->found;
}

static bool over_ignored(const struct match_digit *written, int count, struct box box)
{
    for (int i = 0; i < count; i++)
        if (written[i].ignored && (match_overlap(written[i].box, box) > 0 || holds_centre(written[i].box, box)))
            return true;
    return false;
}

int match_digits(const struct match_digit *written, int written_count, const struct match_digit *found,
                 int found_count, int *found_of, int *written_of)
{
    struct pair *const pairs = calloc((size_t)written_count * (size_t)found_count + 1, sizeof *pairs);
    size_t count = 0;
    if (!pairs)
        return -ENOMEM;
    for (int i = 0; i < written_count; i++)
        for (int j = 0; j < found_count && !written[i].ignored; j++) {
            const double overlap = match_overlap(written[i].box, found[j].box);
            if (overlap > 0)
                pairs[count++] = (struct pair){overlap, i, j};
        }
    qsort(pairs, count, sizeof *pairs, best_first);
    for (int i = 0; i < written_count; i++)
        found_of[i] = MATCH_NONE;
    for (int j = 0; j < found_count; j++)
        written_of[j] = MATCH_NONE;
    for (size_t k = 0; k < count; k++)
        if (found_of[pairs[k].written] == MATCH_NONE && written_of[pairs[k].found] == MATCH_NONE) {
            found_of[pairs[k].written] = pairs[k].found;
            written_of[pairs[k].found] = pairs[k].written;
        }
    for (int j = 0; j < found_count; j++)
        if (written_of[j] == MATCH_NONE && over_ignored(written, written_count, found[j].box))
            written_of[j] = MATCH_IGNORED;
    free(pairs);
    return 0;
}

void match_count(struct match_tally *tally, const struct match_digit *written, int written_count,
                 const struct match_digit *found, int found_count, const int *found_of, const int *written_of)
{
    for (int i = 0; i < written_count; i++) {
        tally->written += !written[i].ignored;
        tally->located += found_of[i] >= 0;
        tally->right += found_of[i] >= 0 && found[found_of[i]].digit == written[i].digit;
    }
    for (int j = 0; j < found_count; j++)
        tally->found += written_of[j] != MATCH_IGNORED;
}

double match_precision(const struct match_tally *tally)
{
    return tally->found ? (double)tally->right / (double)tally->found : 1;
}

double match_recall(const struct match_tally *tally)
{
    return tally->written ? (double)tally->right / (double)tally->written : 1;
}

double match_f1(const struct match_tally *tally)
{
    const long sum = tally->written + tally->found;
    return sum ? 2 * (double)tally->right / (double)sum : 1;
}
