#include "vision/touching.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "vision/context.h"

#define CUT_SURE_WHOLE  0.80f /* a region read as one digit with this confidence is not cut */
#define CUT_LEAST_SCORE 0.60f /* confidence of each digit that is cut from touching ones, */
#define CUT_LEAST_MEAN  0.93f /* and of all of them, the geometric mean: half a letter may look like a digit */

struct touching {
    struct candidate_piece pieces[CANDIDATES_MOST_PIECES];
    struct sighting seen[CANDIDATES_MOST_PIECES]; /* what the network says of each */
};

int touching_create(struct touching **touching)
{
    *touching = malloc(sizeof **touching);
    return *touching ? 0 : -ENOMEM;
}

void touching_destroy(struct touching *touching)
{
    free(touching);
}

/* The digits one region was cut into: sightings[first .. first + digits - 1]. */
struct way {
    struct box box;
    int first, digits;
    float mean; /* confidence */
};

/* The same strokes may have been cut on two levels of the picture: the surer way stays. Returns how many ways
 * there are more. */
static int keep_surer_way(struct sighting *sightings, struct way *ways, int count, const struct way *way)
{
    for (int k = 0; k < count; k++) {
        if (!track_same_ink(ways[k].box, way->box))
            continue;
        const struct way *const worse = ways[k].mean >= way->mean ? way : &ways[k];
        for (int i = 0; i < worse->digits; i++)
            sightings[worse->first + i].confidence = 0;
        if (worse != way)
            ways[k] = *way;
        return 0;
    }
    ways[count] = *way;
    return 1;
}

/* What a piece's digits add up to is taken for certain: beside digits that touch it, it is one itself. */
static void settle_piece(struct sighting *piece)
{
    float sum = 0;
    for (int d = 0; d < TRACK_DIGITS; d++)
        sum += piece->scores[d];
    for (int d = 0; d < TRACK_DIGITS; d++)
        piece->scores[d] /= sum;
    piece->confidence /= sum;
}

/* The surest way over the pieces from the left end to the right: the greatest product of confidences, every
 * piece being likely by itself (dynamic programming over the cuts). Appends its digits to the sightings and
 * returns how many; 0 where no way is sure enough on the whole, or surer than `alone`, the region read as one
 * digit. */
static int choose_way(const struct touching *t, int count, int cuts, float alone, struct sighting *sightings,
                      struct way *way)
{
    const struct candidate_piece *const pieces = t->pieces;
    const struct sighting *const seen = t->seen;
    int sighting_count = way->first;
    float best[CANDIDATES_MOST_CUTS + 2] = {1}; /* of the ways that end at each cut */
    int by[CANDIDATES_MOST_CUTS + 2] = {0};     /* the piece they end with */
    for (int to = 1; to <= cuts + 1; to++)
        for (int i = 0; i < count; i++) {
            const float way_so_far = best[pieces[i].from] * seen[i].confidence;
            if (pieces[i].to == to && seen[i].confidence >= CUT_LEAST_SCORE && way_so_far > best[to]) {
                best[to] = way_so_far;
                by[to] = i;
            }
        }
    int digits = 0;
    bool bars_only = true; /* cut anyhow, a slanted line is a row of ones */
    float product = 1;
    for (int at = cuts + 1; at > 0 && best[cuts + 1] > 0; at = pieces[by[at]].from, digits++) {
        bars_only &= seen[by[at]].digit == 1;
        product *= seen[by[at]].confidence;
    }
    const float mean = digits ? powf(product, 1 / (float)digits) : 0;
    if (mean < CUT_LEAST_MEAN || mean <= alone || bars_only || sighting_count + digits > CANDIDATES_MOST)
        return 0;
    way->digits = digits;
    way->mean = mean;
    for (int at = cuts + 1; at > 0; at = pieces[by[at]].from) {
        sightings[sighting_count] = seen[by[at]];
        settle_piece(&sightings[sighting_count++]);
    }
    return digits;
}

/* Which stretches of a cut region are asked about first. What is no row of digits mostly ends or begins with
 * something that is none, and then the rest need not be asked about. */
enum turn { FIRST, LAST, MIDDLE };

static enum turn turn_of(int from, int to, int end)
{
    return from == 0 ? FIRST : to == end ? LAST : MIDDLE;
}

/* Asks the network about the stretches of wide region `index`; t->pieces and t->seen receive them. Returns how
 * many there are, 0 where no way over them can be sure, or a negative errno. */
static int classify_cut(struct touching *t, struct candidates *candidates, struct ask *ask, int index, int *cuts)
{
    int count = 0;
    const int error = candidates_cut(candidates, index, cuts);
    if (error)
        return error;
    const int end = *cuts + 1;
    for (enum turn turn = FIRST; turn <= MIDDLE; turn++) {
        const int before = count;
        bool sure = turn == MIDDLE;
        for (int from = 0; from < end; from++)
            for (int to = from + 1; to <= end; to++)
                if (turn_of(from, to, end) == turn && (from > 0 || to < end) &&
                    candidates_piece(candidates, from, to, &t->pieces[count])) {
                    t->seen[count].box = t->pieces[count].candidate.box;
                    ask_about(ask, t->pieces[count].candidate.crop, &t->seen[count]);
                    count++;
                }
        ask_finish(ask);
        for (int i = before; i < count; i++)
            sure |= t->seen[i].confidence >= CUT_LEAST_SCORE;
        if (!sure)
            return 0;
    }
    return count;
}

int touching_read(struct touching *touching, struct candidates *candidates, struct ask *ask,
                  struct sighting *sightings, int *count, struct explanation *explanation)
{
    struct way ways[CANDIDATES_MOST_WIDE];
    int way_count = 0;
    const int whole = *count;
    for (int k = 0; k < candidates_wide_count(candidates); k++) {
        const struct candidate *const wide = candidates_wide(candidates, k);
        const int alone = candidates_wide_alone(candidates, k);
        const float sure = alone >= 0 ? sightings[alone].confidence : 0;
        if (sure >= CUT_SURE_WHOLE || !context_may_be_number(wide, sightings, whole))
            continue;
        int cuts;
        const int pieces = classify_cut(touching, candidates, ask, k, &cuts);
        if (pieces < 0)
            return pieces;
        struct way way = {.box = wide->box, .first = *count};
        const int digits = choose_way(touching, pieces, cuts, sure, sightings, &way);
        *count += digits;
        if (digits)
            way_count += keep_surer_way(sightings, ways, way_count, &way);
        if (digits)
            explain_note(explanation, wide->box, 1, READING_CUT, (float)digits);
    }
    return 0;
}
