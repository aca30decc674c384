#include "vision/dates.h"

#include <math.h>
#include <stdlib.h>

#include "vision/lean.h"
#include "vision/words.h"

#define LIKELY 0.5f /* confidence from which something counts as a digit */
#define GAP                                                                                                  \
    0.60f /* widest gap in a date, in heights of the taller: more room is left round a slash than in a       \
             number */
#define OVERLAP 0.40f /* deepest overlap of two boxes in it, likewise: a slash leans over its neighbours */
#define FEWEST  6     /* digits and slashes of a date: 1/2/34 */
#define MOST    10    /* 11/12/1314 */
#define BAR_STROKES                                                                                          \
    1.3f /* length of the strokes of a bar without a flag, in diagonals of its box: at most this */
#define LEANING      0.12f /* width / height of a bar that may be a slash */
#define ALIKE_HEIGHT 1.25f /* most that the heights of a date's slashes differ, */
#define ALIKE_LEAN   0.15f /* and their leans */
#define HIGHER       1.08f /* times as high as the other digits, on average, or */
#define LEANS_MORE                                                                                           \
    0.12f /* leaning so much more than they do, is a slash; a higher one may lean less, but by no more than  \
             it is higher */
#define CENTURY_FROM 19
#define CENTURY_TO   20

/* What stands in a row, from left to right, each thing once. */
struct string {
    int members[MOST], count;
};

/* Where the slashes of a date stand in a string: two places, ascending. */
struct places {
    int first, second;
};

/* A leaning bar, be it read as a 1 or as none of the ten digits. */
static bool may_be_slash(const struct candidate *c, const struct sighting *s)
{
    return s->digit == 1 && (float)s->box.w >= LEANING * (float)s->box.h &&
           (s->confidence >= LIKELY || c->strokes <= BAR_STROKES);
}

static bool follows(struct box left, struct box right)
{
    const float height = (float)(left.h > right.h ? left.h : right.h),
                gap = (float)(right.x - left.x - left.w);
    return words_level(left, right) && gap <= GAP * height && gap >= -OVERLAP * height;
}

/* What may be a part of a date by its left edge, each ink once: the surer reading of it. `order` receives
 * their indices. */
static int in_order(const struct candidate *found, const struct sighting *sightings, int count, int *order)
{
    bool member[CANDIDATES_MOST];
    int known = 0;
    for (int i = 0; i < count; i++)
        member[i] = sightings[i].confidence >= LIKELY || may_be_slash(&found[i], &sightings[i]);
    for (int i = 0; i < count; i++) {
        if (!member[i])
            continue;
        bool again = false;
        for (int k = 0; k < count && !again; k++)
            again = k != i && member[k] &&
                    (sightings[k].confidence > sightings[i].confidence ||
                     (sightings[k].confidence == sightings[i].confidence && k < i)) &&
                    track_same_ink(sightings[k].box, sightings[i].box);
        int at = known;
        while (!again && at > 0 && sightings[order[at - 1]].box.x > sightings[i].box.x) {
            order[at] = order[at - 1];
            at--;
        }
        if (!again) {
            order[at] = i;
            known++;
        }
    }
    return known;
}

static int value(const struct sighting *sightings, const int *digits, int from, int to)
{
    int number = 0;
    for (int i = from; i < to; i++)
        number = 10 * number + sightings[digits[i]].digit;
    return number;
}

static bool is_day_and_month(int day, int month)
{
    return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

/* Is the string a date when what stands at these places divides it? */
static bool divides_date(const struct sighting *sightings, const struct string *s, struct places at)
{
    const int lengths[3] = {at.first, at.second - at.first - 1, s->count - at.second - 1};
    const int parts[3] = {value(sightings, s->members, 0, at.first),
                          value(sightings, s->members, at.first + 1, at.second),
                          value(sightings, s->members, at.second + 1, s->count)};
    const bool year_first = lengths[0] == 4;
    const int year = parts[year_first ? 0 : 2], year_length = lengths[year_first ? 0 : 2];
    const int p = parts[year_first ? 2 : 0], q = parts[1];
    if (lengths[1] < 1 || lengths[1] > 2 || lengths[year_first ? 2 : 0] < 1 ||
        lengths[year_first ? 2 : 0] > 2)
        return false;
    if (year_length == 4 ? year / 100 < CENTURY_FROM || year / 100 > CENTURY_TO : year_length != 2)
        return false;
    return is_day_and_month(p, q) || is_day_and_month(q, p);
}

/* Are the bars at these places alike, and unlike everything else in the string? */
static bool stand_out(const struct candidate *found, const struct sighting *sightings, const struct string *s,
                      struct places at)
{
    const int first = s->members[at.first], second = s->members[at.second];
    const float lean[2] = {lean_of(found[first].crop), lean_of(found[second].crop)};
    const float height[2] = {(float)found[first].box.h, (float)found[second].box.h};
    const float lowest = fminf(height[0], height[1]), least = fminf(lean[0], lean[1]);
    if (fabsf(lean[0] - lean[1]) > ALIKE_LEAN || fmaxf(height[0], height[1]) > ALIKE_HEIGHT * lowest ||
        least <= 0)
        return false;
    float mean_height = 0, mean_lean = 0;
    const float others = (float)(s->count - 2);
    for (int i = 0; i < s->count; i++)
        if (i != at.first && i != at.second) {
            mean_height += (float)found[s->members[i]].box.h / others;
            mean_lean += lean_of(found[s->members[i]].crop) / others;
        }
    const bool higher = lowest >= HIGHER * mean_height, leans = least - mean_lean >= LEANS_MORE;
    for (int i = 0; i < s->count; i++) /* a 1 leans and is high as well */
        if (i != at.first && i != at.second && sightings[s->members[i]].digit == 1 &&
            (!higher || lowest < HIGHER * (float)found[s->members[i]].box.h) &&
            least - lean_of(found[s->members[i]].crop) < LEANS_MORE)
            return false;
    return (higher && mean_lean - least < lowest / mean_height - 1) || leans;
}

static void look_for_date(const struct candidate *found, const struct sighting *sightings,
                          const struct string *s, bool *slash)
{
    for (int i = 1; i < s->count; i++)
        for (int k = i + 2; k < s->count; k++) {
            const struct places at = {i, k};
            if (!may_be_slash(&found[s->members[i]], &sightings[s->members[i]]) ||
                !may_be_slash(&found[s->members[k]], &sightings[s->members[k]]) ||
                !divides_date(sightings, s, at) || !stand_out(found, sightings, s, at))
                continue;
            slash[s->members[i]] = slash[s->members[k]] = true;
            return;
        }
}

/* The one that follows order[from] in its string: the nearest; -1 where there is none. */
static int next_in_string(const struct sighting *sightings, const int *order, int known, int from)
{
    int best = -1;
    const struct box left = sightings[order[from]].box;
    for (int k = from + 1; k < known; k++) {
        const struct box box = sightings[order[k]].box;
        if (follows(left, box) &&
            (best < 0 || box.x + box.w < sightings[order[best]].box.x + sightings[order[best]].box.w))
            best = k;
    }
    return best;
}

void dates_find(const struct candidate *found, const struct sighting *sightings, int count, bool *slash)
{
    int order[CANDIDATES_MOST], bars = 0;
    for (int i = 0; i < count; i++) {
        slash[i] = false;
        bars += may_be_slash(&found[i], &sightings[i]);
    }
    if (bars < 2)
        return;
    const int known = in_order(found, sightings, count, order);
    bool followed[CANDIDATES_MOST] = {false};
    for (int i = 0; i < known; i++) {
        if (followed[i])
            continue;
        struct string s = {.count = 0};
        int length = 0;
        for (int k = i; k >= 0; k = next_in_string(sightings, order, known, k)) {
            if (length++ < MOST)
                s.members[s.count++] = order[k];
            followed[k] = true;
        }
        if (length >= FEWEST && length <= MOST)
            look_for_date(found, sightings, &s, slash);
    }
}
