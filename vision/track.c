#include "vision/track.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define INSIDE       0.55f /* share of the smaller box inside the other from which two boxes are the same ink */
#define SAME_INK     0.30f /* intersection over union, likewise */
#define FOLLOW       0.40f /* intersection over union of a digit and the candidate it is followed to */
#define SIZE_RATIO   1.3f  /* most that a digit's height changes from frame to frame */
#define SEARCH       2.0f  /* of its height: how far it moves at most */
#define PAGE_LEAST   3     /* fewer digits tell nothing of their page */
#define PAGE_KEPT    4     /* where less than one in so many is found again, it may be another page */
#define MOST_VOTES   64    /* digits asked for the motion of the page */

/* What became of one digit from the frame before to this one. */
struct motion {
    bool followed;
    struct box from;
    int dx, dy;
};

static float union_share(struct box a, struct box b)
{
    const int common = box_overlap_px(a, b);
    return common ? (float)common / (float)(a.w * a.h + b.w * b.h - common) : 0;
}

bool track_same_ink(struct box a, struct box b)
{
    const int common = box_overlap_px(a, b);
    const int area_a = a.w * a.h, area_b = b.w * b.h, smaller = area_a < area_b ? area_a : area_b;
    return (float)common >= INSIDE * (float)smaller || union_share(a, b) >= SAME_INK;
}

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Where has the page moved? The median of how far each digit lies from the nearest candidate of its size. */
static void page_motion(const struct tracker *t, const struct sighting *seen, int count, int *dx, int *dy)
{
    int across[MOST_VOTES], down[MOST_VOTES], votes = 0;
    for (int i = 0; i < t->count && votes < MOST_VOTES; i++) {
        const struct box a = t->tracks[i].box;
        const float reach = SEARCH * (float)a.h;
        float nearest = reach * reach;
        int best = -1;
        for (int k = 0; k < count; k++) {
            const struct box b = seen[k].box;
            const float x = (float)(2 * b.x + b.w - 2 * a.x - a.w) / 2, y = (float)(2 * b.y + b.h - 2 * a.y - a.h) / 2;
            const bool alike = (float)b.h <= SIZE_RATIO * (float)a.h && (float)a.h <= SIZE_RATIO * (float)b.h &&
                               abs(a.w - b.w) * 4 <= a.h && seen[k].digit == t->tracks[i].digit;
            if (alike && x * x + y * y < nearest) {
                nearest = x * x + y * y;
                best = k;
            }
        }
        if (best >= 0) {
            across[votes] = (2 * seen[best].box.x + seen[best].box.w - 2 * a.x - a.w) / 2;
            down[votes++] = (2 * seen[best].box.y + seen[best].box.h - 2 * a.y - a.h) / 2;
        }
    }
    qsort(across, (size_t)votes, sizeof *across, ascending);
    qsort(down, (size_t)votes, sizeof *down, ascending);
    *dx = votes ? across[votes / 2] : 0;
    *dy = votes ? down[votes / 2] : 0;
}

static int best_digit(const float *scores)
{
    int best = 0;
    for (int d = 1; d < TRACK_DIGITS; d++)
        if (scores[d] > scores[best])
            best = d;
    return best;
}

static void see(struct track *track, const struct sighting *sighting, int64_t time_ns)
{
    const int n = track->sightings < TRACK_WINDOW ? track->sightings + 1 : TRACK_WINDOW;
    for (int d = 0; d < TRACK_DIGITS; d++)
        track->scores[d] += (sighting->scores[d] - track->scores[d]) / (float)n;
    track->sightings++;
    track->box = sighting->box;
    track->strokes = sighting->strokes;
    track->last_seen_ns = time_ns;
    const int best = best_digit(track->scores);
    if (track->scores[best] >= track->scores[track->digit] + TRACK_FLIP_MARGIN || !track->shown)
        track->digit = best;
}

/* How well candidate `seen` agrees with a digit that should lie in `box`; 0: not at all. */
static float agreement(struct box box, const struct sighting *seen)
{
    const float share = union_share(box, seen->box);
    return share >= FOLLOW ? share + seen->confidence : 0;
}

static struct box moved_box(struct box box, int dx, int dy)
{
    return (struct box){box.x + dx, box.y + dy, box.w, box.h};
}

/* Finds the candidate a digit has become: of those that lie in `box`, the surest; only its own `digit`, or any (-1). Returns
 * its index, or -1. */
static int find(struct box box, int digit, const struct sighting *seen, int count, const bool *taken, float *agrees)
{
    int best = -1;
    *agrees = 0;
    for (int k = 0; k < count; k++) {
        if (taken[k] || (digit >= 0 && seen[k].digit != digit))
            continue;
        const float score = agreement(box, &seen[k]);
        if (score > *agrees) {
            best = k;
            *agrees = score;
        }
    }
    return best;
}

/* How the digit nearest to a track, of those that were followed, has moved; as the page has, where none was. */
static void nearest_motion(const struct tracker *t, const struct motion *motions, int self, int *dx, int *dy)
{
    const struct box a = t->tracks[self].box;
    int64_t nearest = INT64_MAX;
    for (int i = 0; i < t->count; i++) {
        const struct box b = motions[i].from;
        const int64_t x = 2 * b.x + b.w - 2 * a.x - a.w, y = 2 * b.y + b.h - 2 * a.y - a.h;
        if (motions[i].followed && x * x + y * y < nearest) {
            nearest = x * x + y * y;
            *dx = motions[i].dx;
            *dy = motions[i].dy;
        }
    }
}

/* Is it another page than in the frame before? Most of what was shown has not been found again, though as many digits are to be
 * seen in other places. */
static bool is_another_page(const struct tracker *t, const struct motion *motions, const struct sighting *seen, int count,
                            const bool *taken, float threshold)
{
    int shown = 0, followed = 0, elsewhere = 0;
    for (int i = 0; i < t->count; i++) {
        shown += t->tracks[i].shown;
        followed += t->tracks[i].shown && motions[i].followed;
    }
    if (shown < PAGE_LEAST || followed * PAGE_KEPT >= shown)
        return false;
    for (int k = 0; k < count && seen[k].confidence >= threshold; k++) {
        bool known = taken[k];
        for (int i = 0; i < t->count && !known; i++)
            known = track_same_ink(t->tracks[i].box, seen[k].box);
        elsewhere += !known;
    }
    return 2 * elsewhere >= shown;
}

/* Leaves those of the digits that were followed. */
static void keep_followed(struct tracker *t, const struct motion *motions)
{
    int kept = 0;
    for (int i = 0; i < t->count; i++)
        if (motions[i].followed)
            t->tracks[kept++] = t->tracks[i];
    t->count = kept;
}

/* Follows each digit to where the page has moved, or to where it was: of two pages, one being turned over the other, only one
 * moves. First those that read as before, so that none takes another's ink; the others are where those near them are. */
static void follow(struct tracker *t, const struct sighting *seen, int count, bool *taken, float threshold, int64_t time_ns)
{
    struct motion motions[LAYOUT_MOST_DIGITS] = {0};
    int dx, dy;
    page_motion(t, seen, count, &dx, &dy);
    for (int i = 0; i < t->count; i++) {
        struct track *const track = &t->tracks[i];
        float moved, rests;
        const int there = find(moved_box(track->box, dx, dy), track->digit, seen, count, taken, &moved);
        const int here = find(track->box, track->digit, seen, count, taken, &rests);
        motions[i].from = track->box;
        if (there < 0 && here < 0)
            continue;
        const bool rested = rests > moved;
        motions[i] = (struct motion){true, track->box, rested ? 0 : dx, rested ? 0 : dy};
        taken[rested ? here : there] = true;
        see(track, &seen[rested ? here : there], time_ns);
    }
    if (is_another_page(t, motions, seen, count, taken, threshold)) {
        keep_followed(t, motions);
        return;
    }
    for (int i = 0; i < t->count; i++) {
        struct track *const track = &t->tracks[i];
        float agrees;
        if (motions[i].followed)
            continue;
        int x = dx, y = dy;
        nearest_motion(t, motions, i, &x, &y);
        track->box = moved_box(track->box, x, y);
        const int found = find(track->box, -1, seen, count, taken, &agrees);
        if (found < 0)
            continue;
        taken[found] = true;
        see(track, &seen[found], time_ns);
    }
}

static void decide(struct track *track, float threshold, bool at_once)
{
    const float score = track->scores[track->digit];
    if (track->shown)
        track->shown = score >= TRACK_STAY * threshold;
    else
        track->shown = score >= threshold && (at_once || track->sightings >= 2);
}

/* Were both cut from the same piece of ink in this frame? Then each has ink of its own. */
static bool cut_apart(const struct track *a, int strokes, int64_t time_ns)
{
    return strokes != 0 && a->strokes == strokes && a->last_seen_ns == time_ns;
}

/* Of two tracks over the same ink the surer stays. */
static void drop_doubles(struct tracker *t, int64_t time_ns)
{
    bool drop[LAYOUT_MOST_DIGITS] = {false};
    for (int i = 0; i < t->count; i++)
        for (int j = i + 1; j < t->count && !drop[i]; j++) {
            const struct track *a = &t->tracks[i], *b = &t->tracks[j];
            if (drop[j] || !track_same_ink(a->box, b->box) ||
                (cut_apart(a, b->strokes, time_ns) && b->last_seen_ns == time_ns))
                continue;
            const float lead = a->scores[a->digit] - b->scores[b->digit] + (a->shown ? 0.1f : 0) - (b->shown ? 0.1f : 0);
            drop[lead >= 0 ? j : i] = true;
        }
    int kept = 0;
    for (int i = 0; i < t->count; i++)
        if (!drop[i])
            t->tracks[kept++] = t->tracks[i];
    t->count = kept;
}

static void drop_gone(struct tracker *t, float threshold, int64_t time_ns)
{
    int kept = 0;
    for (int i = 0; i < t->count; i++) {
        const struct track *track = &t->tracks[i];
        const bool gone = time_ns - track->last_seen_ns > TRACK_LINGER_MS * 1000000LL;
        const bool faded = track->scores[track->digit] < TRACK_STAY * threshold;
        const bool never_again = (!track->shown || track->sightings == 1) && track->last_seen_ns != time_ns;
        if (!gone && !faded && !never_again)
            t->tracks[kept++] = *track;
    }
    t->count = kept;
}

static void begin(struct tracker *t, const struct sighting *sighting, int64_t time_ns)
{
    for (int i = 0; i < t->count; i++)
        if (track_same_ink(t->tracks[i].box, sighting->box) &&
            !cut_apart(&t->tracks[i], sighting->strokes, time_ns))
            return;
    if (t->count == LAYOUT_MOST_DIGITS)
        return;
    struct track *const track = &t->tracks[t->count++];
    *track = (struct track){.id = ++t->last_id, .digit = sighting->digit};
    see(track, sighting, time_ns);
}

void tracker_update(struct tracker *tracker, const struct sighting *sightings, int count, float threshold,
                    int64_t time_ns)
{
    bool taken[TRACK_MOST_SIGHTINGS] = {false};
    assert(count <= TRACK_MOST_SIGHTINGS);
    follow(tracker, sightings, count, taken, threshold, time_ns);
    drop_gone(tracker, threshold, time_ns);
    for (int k = 0; k < count && sightings[k].confidence >= threshold; k++)
        if (!taken[k])
            begin(tracker, &sightings[k], time_ns);
    for (int i = 0; i < tracker->count; i++)
        decide(&tracker->tracks[i], threshold, !tracker->began);
    drop_doubles(tracker, time_ns);
    tracker->began = true;
}
