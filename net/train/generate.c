#include "net/train/generate.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

#define ROUND          64 /* scenes drawn between two looks at whether there are enough crops */
#define MOST_OF_SCENE  60 /* crops taken from one scene */
#define MOST_NEGATIVES 12 /* of them, "not a digit"; more than that of one pile of leaves teaches little */
#define MOST_PIECES    24 /* and beside them, of what wide regions are cut into */
#define MOST_PIECES_NO 6 /* of them, "not a digit" */
#define BARS_KEPT                                                                                            \
    0.2f /* share of the bars taught as "not a digit": enough to make the network doubt a 1 a little */

/* How alike a candidate's crop and the true ink must be, as the correlation of their pixels. */
#define SAME_DIGIT      0.80f /* it shows the digit, wherever its box ends */
#define SAME_WHERE_FITS 0.60f /* it does so in the digit's own box, though blurred or broken */
#define WHOLE           0.80f /* share of a written digit's box from which a candidate holds all of it */
#define NOTHING_LEFT    0.55f /* below this nobody could read it; between, nobody knows */
#define EDGE_SLACK      0.10f /* how far an edge of a fitting box may be off, over the digit's longer side */
#define LEAST_PART      0.60f /* of a candidate's longer side, that a digit must fill to be what it shows */

static float overlap_share(struct pen_box a, struct pen_box b) /* of the area of a that lies in b */
{
    const struct box ba = {a.x, a.y, a.w, a.h}, bb = {b.x, b.y, b.w, b.h};
    return (float)box_overlap_px(ba, bb) / (float)(a.w * a.h);
}

static int longer_side(struct pen_box box)
{
    return box.w > box.h ? box.w : box.h;
}

/* How far the worst edge is off, over the longer side of the truth. A pixel or two are within every
 * threshold. */
static float edge_error(struct pen_box truth, struct pen_box found)
{
    const int off[] = {truth.x - found.x, truth.y - found.y, truth.x + truth.w - found.x - found.w,
                       truth.y + truth.h - found.y - found.h};
    int worst = 0;
    for (int i = 0; i < 4; i++)
        worst = abs(off[i]) > worst ? abs(off[i]) : worst;
    return (float)(worst > 2 ? worst - 1 : 0) / (float)longer_side(truth);
}

static float correlation(const uint8_t *a, const uint8_t *b)
{
    double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    for (int i = 0; i < NET_PIXELS; i++) {
        sa += a[i], sb += b[i];
        saa += a[i] * a[i], sbb += b[i] * b[i], sab += a[i] * b[i];
    }
    const double va = saa - sa * sa / NET_PIXELS, vb = sbb - sb * sb / NET_PIXELS;
    return va > 0 && vb > 0 ? (float)((sab - sa * sb / NET_PIXELS) / sqrt(va * vb)) : 0;
}

/* How much the candidate's crop is like a crop of nothing but the true ink of one digit, in the same box. */
static float likeness(const struct scene *scene, const struct candidate *candidate, struct pen_box truth,
                      uint8_t *ink)
{
    const struct box box = candidate->box;
    uint8_t crop[NET_PIXELS];
    for (int y = 0; y < box.h; y++)
        for (int x = 0; x < box.w; x++) {
            const int px = box.x + x, py = box.y + y;
            const bool inside =
                px >= truth.x && py >= truth.y && px < truth.x + truth.w && py < truth.y + truth.h;
            ink[y * box.w + x] = inside ? scene->cover[(size_t)py * (size_t)scene->width_px + (size_t)px] : 0;
        }
    normalise_ink((struct gray_view){ink, box.w, box.h, (size_t)box.w}, crop);
    return correlation(crop, candidate->crop);
}

/* What one written digit makes of a candidate: itself, DATASET_NOT_A_DIGIT, or GENERATE_DROPPED. */
static int label_by_truth(const struct scene *scene, const struct candidate *candidate,
                          const struct scene_truth *truth, uint8_t *ink)
{
    const struct pen_box found = {candidate->box.x, candidate->box.y, candidate->box.w, candidate->box.h};
    const float in_truth = overlap_share(found, truth->box), covered = overlap_share(truth->box, found);
    if (truth->label == SCENE_UNKNOWN)
        return in_truth > 0.5f || (covered > 0.6f && in_truth > 0.2f) ? GENERATE_DROPPED : DATASET_NOT_A_DIGIT;
    if (covered < 0.35f || in_truth < 0.1f)
        return DATASET_NOT_A_DIGIT;
    const float like = likeness(scene, candidate, truth->box, ink);
    const bool fits = edge_error(truth->box, found) <= EDGE_SLACK;
    const bool fills = (float)longer_side(truth->box) > LEAST_PART * (float)longer_side(found);
    if (covered > WHOLE && fills && like > (fits ? SAME_WHERE_FITS : SAME_DIGIT))
        return truth->label;
    if (like > NOTHING_LEFT || fits)
        return GENERATE_DROPPED;
    return covered < WHOLE && in_truth > 0.7f ? GENERATE_DROPPED /* the ring of a 9 is a 0 */ : DATASET_NOT_A_DIGIT;
}

/* Does a candidate hold several digits, so that it is more like all of them together than like any one? */
static bool holds_several(const struct scene *scene, const struct candidate *candidate, uint8_t *ink)
{
    const struct pen_box found = {candidate->box.x, candidate->box.y, candidate->box.w, candidate->box.h};
    struct box all = {0, 0, 0, 0};
    int digits = 0;
    float likest = 0;
    for (int i = 0; i < scene->truth_count; i++) {
        const struct pen_box b = scene->truths[i].box;
        if (scene->truths[i].label == SCENE_UNKNOWN || overlap_share(b, found) < WHOLE)
            continue;
        const struct box box = {b.x, b.y, b.w, b.h};
        all = digits++ ? box_union(all, box) : box;
    }
    for (int i = 0; i < scene->truth_count && digits > 1; i++)
        if (scene->truths[i].label != SCENE_UNKNOWN && overlap_share(scene->truths[i].box, found) >= WHOLE)
            likest = fmaxf(likest, likeness(scene, candidate, scene->truths[i].box, ink));
    return digits > 1 && likeness(scene, candidate, (struct pen_box){all.x, all.y, all.w, all.h}, ink) > likest;
}

int generate_label(struct scene *scene, const struct candidate *candidate, float bars_kept, uint8_t *ink)
{
    const struct box box = candidate->box;
    if (box.x < 0 || box.y < 0 || box.x + box.w > scene->width_px || box.y + box.h > scene->height_px)
        return GENERATE_DROPPED; /* seen on a smaller level of the pyramid, at the very edge */
    int label = DATASET_NOT_A_DIGIT;
    if (candidate->light_on_dark == scene->light_on_dark && holds_several(scene, candidate, ink))
        return DATASET_NOT_A_DIGIT;
    for (int i = 0; i < scene->truth_count && candidate->light_on_dark == scene->light_on_dark; i++) {
        const int mine = label_by_truth(scene, candidate, &scene->truths[i], ink);
        if (mine == GENERATE_DROPPED)
            return GENERATE_DROPPED;
        label = mine != DATASET_NOT_A_DIGIT ? mine : label;
    }
    const bool bar = label == DATASET_NOT_A_DIGIT && dataset_looks_like_one(candidate->crop);
    return bar && !scene_chance(scene, bars_kept) ? GENERATE_DROPPED : label;
}

/* The crops of one scene, kept until it is their turn. */
struct harvest {
    int count;
    uint8_t labels[MOST_OF_SCENE + MOST_PIECES];
    uint8_t crops[MOST_OF_SCENE + MOST_PIECES][NET_PIXELS];
};

/* Takes a candidate's crop if it is known what it is: see generate_label. *negatives_left: how many may still be no digits. */
static void take(struct scene *scene, const struct candidate *candidate, float bars_kept, uint8_t *ink,
                 struct harvest *harvest, int *negatives_left)
{
    const int label = generate_label(scene, candidate, bars_kept, ink);
    if (label == GENERATE_DROPPED || (label == DATASET_NOT_A_DIGIT && *negatives_left == 0))
        return;
    *negatives_left -= label == DATASET_NOT_A_DIGIT;
    harvest->labels[harvest->count] = (uint8_t)label;
    memcpy(harvest->crops[harvest->count++], candidate->crop, NET_PIXELS);
}

static void gather(struct scene *scene, const struct candidate *found, int count, uint8_t *ink,
                   struct harvest *harvest)
{
    int negatives_left = MOST_NEGATIVES, *order = malloc(sizeof *order * (size_t)(count + 1));
    harvest->count = 0;
    for (int i = 0; i < count && order;
         i++) { /* in random order, so that no part of the picture is preferred */
        const int j = scene_below(scene, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (int i = 0; i < count && order && harvest->count < MOST_OF_SCENE; i++)
        take(scene, &found[order[i]], BARS_KEPT, ink, harvest, &negatives_left);
    free(order);
}

/* What wide regions are cut into, as the recogniser asks about it. Bars among that are left out: every stroke has
 * some, and too many of them would make the network doubt each 1. */
static int gather_pieces(struct candidates *candidates, struct scene *scene, uint8_t *ink,
                         struct harvest *harvest)
{
    const int most = harvest->count + MOST_PIECES;
    int negatives_left = MOST_PIECES_NO;
    for (int i = 0; i < candidates_wide_count(candidates); i++) {
        int cuts;
        const int error = candidates_cut(candidates, i, &cuts);
        if (error)
            return error;
        for (int from = 0; from <= cuts; from++)
            for (int to = from + 1; to <= cuts + 1; to++) {
                struct candidate_piece piece;
                if (harvest->count == most)
                    return 0;
                if (to - from <= cuts && candidates_piece(candidates, from, to, &piece))
                    take(scene, &piece.candidate, 0, ink, harvest, &negatives_left);
            }
    }
    return 0;
}

/* What one thread draws and looks with. */
struct studio {
    struct fonts *fonts;
    struct scene *scene;
    struct candidates *candidates;
    uint8_t *ink; /* room for a scene */
};

static void studio_close(struct studio *studio)
{
    free(studio->ink);
    candidates_destroy(studio->candidates);
    scene_destroy(studio->scene);
    fonts_destroy(studio->fonts);
}

static int studio_open(struct studio *studio, const struct dataset *stamps)
{
    *studio = (struct studio){.ink = malloc((size_t)SCENE_MOST_WIDTH_PX * SCENE_MOST_HEIGHT_PX)};
    if (!studio->ink || fonts_create(&studio->fonts) || scene_create(&studio->scene, studio->fonts, stamps) ||
        candidates_create(&studio->candidates)) {
        studio_close(studio);
        return -ENOMEM;
    }
    return 0;
}

static int draw_one(struct studio *studio, uint64_t seed, struct harvest *harvest)
{
    struct scene *scene = studio->scene;
    const struct candidate *found;
    int count;
    scene_draw(scene, seed);
    const struct gray_view gray = {scene->gray, scene->width_px, scene->height_px, (size_t)scene->width_px};
    const int error = candidates_find(studio->candidates, gray, &found, &count, NULL);
    if (error)
        return error;
    gather(scene, found, count, studio->ink, harvest);
    return gather_pieces(studio->candidates, scene, studio->ink, harvest);
}

/* ROUND scenes, shared out among the threads. */
static int draw_round(struct harvest *harvests, uint64_t seed, long first, struct studio *studios,
                      int studio_count)
{
    int error = 0;
#pragma omp parallel for schedule(static, 1) num_threads(studio_count)
    for (int t = 0; t < studio_count; t++)
        for (int i = t; i < ROUND; i += studio_count) {
            const int mine = draw_one(&studios[t], (seed << 32) + (uint64_t)(first + i), &harvests[i]);
            if (mine) {
#pragma omp atomic write
                error = mine;
            }
        }
    return error;
}

int generate_crops(struct dataset *into, int count, uint64_t seed, const struct dataset *stamps)
{
    const int threads = omp_get_max_threads();
    struct studio *studios = calloc((size_t)threads, sizeof *studios);
    struct harvest *harvests = calloc(ROUND, sizeof *harvests);
    struct dataset view =
        *stamps; /* `into` may be the same and grow and move; the stamps stay those of the beginning */
    int error = studios && harvests ? 0 : -ENOMEM, made = 0;
    for (int t = 0; t < threads && !error; t++)
        error = studio_open(&studios[t], &view);
    for (long first = 0; made < count && !error; first += ROUND) {
        view.pictures = stamps->pictures, view.labels = stamps->labels, view.origins = stamps->origins;
        error = draw_round(harvests, seed, first, studios, threads);
        for (int i = 0; i < ROUND && !error; i++)
            for (int k = 0; k < harvests[i].count && made < count && !error; k++, made++)
                error = dataset_append(into, harvests[i].crops[k], harvests[i].labels[k], ORIGIN_SCENES);
    }
    for (int t = 0; t < threads && studios; t++)
        studio_close(&studios[t]);
    free(studios);
    free(harvests);
    return error;
}
