#include "vision/candidates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vision/components.h"
#include "vision/cut.h"
#include "vision/enclosures.h"
#include "vision/grain.h"
#include "vision/pyramid.h"
#include "vision/segment.h"
#include "vision/threshold.h"
#include "vision/unruled.h"

#define LEAST_HEIGHT_PX 10 /* of a digit on the picture itself */
#define LEVEL_LEAST_PX  20 /* of a digit on a smaller level: what is smaller was seen on the level above */
#define LEVEL_MOST_PX   60 /* of a digit on every level but the smallest ones, */
#define LEVEL_WHOLE_PX  200 /* those at most so high: there it may fill the picture, which the smallest shows coarsely */
#define LEAST_CONTRAST                                                                                       \
    16 /* of small digits' ink on the picture itself, gray levels: printed rules and noise lie below */
#define LEVEL_LEAST_CONTRAST 9 /* on smaller levels, where noise has been averaged away */
#define FLOOR                                                                                                \
    10 /* least contrast of a pixel of ink on the picture itself: of digits just strong enough, their rim */
#define LEVEL_FLOOR        5 /* and on smaller levels */
#define LEVEL_HUGE_PX      5000000 /* see set_room */
#define LEVEL_GRAIN_PX     200000 /* on levels below the first two that are smaller, digits are as small as grains, and were found before */
#define RUN_SHARE          6 /* at most one run of ink for so many pixels is looked at on one level and polarity, */
#define MOST_RUNS          400000 /* and at most so many */

#define READ_TOGETHER      4 /* the network is asked about fewer candidates at a time only where it must be */

#define RULE_STROKE        1.3f  /* a line of a table is at most so many times, and a pixel, wider than its rules */

#define WIDE               0.55f /* width / height from which a region may be two digits */
#define PIECE_MOST_WIDTH   1.10f /* of one digit among touching ones, in heights of the region */
#define PIECE_LEAST_HEIGHT 0.45f

/* A region that may be several digits, kept for cutting. */
struct wide {
    struct candidate about;  /* box, level, … of the whole; no crop */
    int alone;               /* index of the candidate it is itself, or -1 */
    int width_px, height_px; /* of its ink, on its level */
    size_t ink;              /* where its ink begins in `inks` */
};

/* Where a candidate is: all that is asked about most of them, without the crops between. */
struct place {
    struct box box;
    bool light_on_dark;
    bool large; /* on its level: its strokes may be wider than ink is looked for */
};

_Static_assert(CANDIDATES_MOST_CUTS == CUT_MOST_SEAMS, "every cut can be handed out");

struct candidates {
    struct pyramid pyramid;
    struct threshold *threshold;
    struct components components;
    struct segmenter *segmenter;
    struct unruled unruled;
    struct enclosures enclosures;
    struct grain grain;
    uint64_t *clean; /* mask without specks */
    size_t clean_capacity;
    struct candidate *found;
    int count, capacity;
    struct place places[CANDIDATES_MOST]; /* of those found */
    int finer_count; /* of those, found on finer levels than the current one */
    struct wide wide[CANDIDATES_MOST_WIDE];
    int wide_count;
    uint8_t *inks; /* ink of the wide ones */
    size_t inks_used, inks_capacity;
    struct cut cut;
    int cut_wide;   /* the one the cut is of */
    uint8_t *piece; /* ink of one piece */
    size_t piece_capacity;
    struct bit_view ruled; /* mask with the rules still in it, while their pieces are looked at; else width 0 */
    int level;           /* being worked on, */
    int most, most_wide; /* candidates and wide regions when it is done */
    bool light_on_dark;  /* likewise */
    double normalise_us; /* spent in this picture so far */
    double read_us;      /* likewise */
    const struct candidates_reader *reader; /* borrowed; NULL: nobody reads them yet */
    bool sure[CANDIDATES_MOST];             /* of the candidates read so far: a digit beyond doubt */
    int read_count;
    struct explanation *explanation; /* borrowed; NULL: nobody asks why */
    const struct watch *watch;       /* likewise: nobody looks */
    uint8_t *watched;                /* the mask it is shown */
    size_t watched_capacity;
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int candidates_create(struct candidates **candidates)
{
    struct candidates *const c = calloc(1, sizeof *c);
    *candidates = NULL;
    if (!c)
        return -ENOMEM;
    if (threshold_create(&c->threshold) || segmenter_create(&c->segmenter)) {
        candidates_destroy(c);
        return -ENOMEM;
    }
    *candidates = c;
    return 0;
}

void candidates_destroy(struct candidates *c)
{
    if (!c)
        return;
    pyramid_release(&c->pyramid);
    threshold_destroy(c->threshold);
    components_release(&c->components);
    segmenter_destroy(c->segmenter);
    unruled_release(&c->unruled);
    enclosures_release(&c->enclosures);
    grain_release(&c->grain);
    free(c->clean);
    free(c->watched);
    free(c->found);
    free(c->inks);
    free(c->piece);
    cut_release(&c->cut);
    free(c);
}

void candidates_explain(struct candidates *candidates, struct explanation *explanation)
{
    candidates->explanation = explanation;
}

void candidates_watch(struct candidates *candidates, const struct watch *watch)
{
    candidates->watch = watch;
}

void candidates_read_by(struct candidates *candidates, const struct candidates_reader *reader)
{
    candidates->reader = reader;
}

/* Is candidate `index` a digit beyond doubt? Has it and all others that are waiting read, where it was not yet. */
static bool is_sure(struct candidates *c, int index)
{
    if (index >= c->read_count) {
        const double start = now_us();
        c->reader->read(c->reader->context, c->found, c->read_count, c->count, c->sure);
        c->read_count = c->count;
        c->read_us += now_us() - start;
    }
    return c->sure[index];
}

/* Is there ink of the mask in column x, somewhere in rows y .. y + h - 1? */
static bool ink_in_column(struct bit_view mask, int x, int y, int h)
{
    if (x < 0 || x >= mask.width_px)
        return false;
    for (int v = y < 0 ? 0 : y; v < y + h && v < mask.height_px; v++)
        if (bit_at(mask, x, v))
            return true;
    return false;
}

/* Do erased rules run on beside a region, both at its top and at its bottom, with strokes as thin as theirs? Then it is a line
 * of a table. */
static bool between_rules(const struct candidates *c, struct box b, float stroke_px)
{
    const int end = b.h / 5 + 2; /* rows looked at on each end */
    bool found[2] = {false, false};
    if (c->ruled.width_px == 0 || stroke_px > RULE_STROKE * c->unruled.rule_px + 1)
        return false;
    for (int k = 0; k < 2; k++) {
        const int y = k == 0 ? b.y - 2 : b.y + b.h + 2 - end;
        found[k] =
            ink_in_column(c->ruled, b.x - 2, y, end) || ink_in_column(c->ruled, b.x + b.w + 1, y, end);
    }
    return found[0] && found[1];
}

/* What a region of the current level is in the picture; the crop is left to the caller. */
static struct candidate describe(const struct candidates *c, const struct region *region)
{
    const int scale = 1 << c->level;
    const struct box b = region->box;
    return (struct candidate){.box = {b.x * scale, b.y * scale, b.w * scale, b.h * scale},
                              .light_on_dark = c->light_on_dark,
                              .level = c->level,
                              .stroke_px = region->stroke_px * (float)scale,
                              .strokes = region->strokes,
                              .contrast = region->contrast,
                              .on_edge = region->on_edge,
                              .between_rules = between_rules(c, b, region->stroke_px),
                              .clutter = region->around.clutter,
                              .unrest = region->around.unrest,
                              .paper_unrest = region->around.paper_unrest,
                              .grain = region->around.grain,
                              .ink_left = region->around.ink_left,
                              .ink_right = region->around.ink_right};
}

static int take_whole(struct candidates *c, const struct region *region)
{
    if (c->count == c->capacity) {
        const int capacity = c->capacity ? 2 * c->capacity : 256;
        struct candidate *const larger = realloc(c->found, (size_t)capacity * sizeof *larger);
        if (!larger)
            return -ENOMEM;
        c->found = larger;
        c->capacity = capacity;
    }
    const double start = now_us();
    struct candidate *const found = &c->found[c->count];
    *found = describe(c, region);
    c->places[c->count++] = (struct place){found->box, found->light_on_dark, found->box.h > LEVEL_MOST_PX << c->level};
    normalise_ink(region->ink, found->crop);
    c->normalise_us += now_us() - start;
    return 0;
}

static int take_wide(struct candidates *c, const struct region *region, int alone)
{
    const size_t bytes = (size_t)region->box.w * (size_t)region->box.h;
    if (c->inks_used + bytes > c->inks_capacity) {
        const size_t capacity = 2 * (c->inks_used + bytes);
        uint8_t *const larger = realloc(c->inks, capacity);
        if (!larger)
            return -ENOMEM;
        c->inks = larger;
        c->inks_capacity = capacity;
    }
    for (int y = 0; y < region->box.h; y++)
        memcpy(c->inks + c->inks_used + (size_t)(y * region->box.w),
               region->ink.pixels + (size_t)y * region->ink.stride_bytes, (size_t)region->box.w);
    c->wide[c->wide_count++] =
        (struct wide){describe(c, region), alone, region->box.w, region->box.h, c->inks_used};
    c->inks_used += bytes;
    return 0;
}

/* The candidate of a finer level that has this very box, give or take a pixel of this level; -1: none. The
 * finer one is drawn in more detail, so this one is not needed; unless it was so large there that its strokes may be wider
 * than ink is looked for. */
static int find_finer(const struct candidates *c, struct box on_level)
{
    const int scale = 1 << c->level, slack = 2 * scale;
    const struct box b = {on_level.x * scale, on_level.y * scale, on_level.w * scale, on_level.h * scale};
    for (int i = 0; i < c->finer_count; i++) {
        const struct box a = c->places[i].box;
        if (abs(a.x - b.x) <= slack && abs(a.y - b.y) <= slack && abs(a.x + a.w - b.x - b.w) <= slack &&
            abs(a.y + a.h - b.y - b.h) <= slack && !c->places[i].large && c->places[i].light_on_dark == c->light_on_dark)
            return i;
    }
    return -1;
}

/* Is the box enclosed by a digit in ink of the other kind? Then what looks like ink in it is the paper of that. Where
 * only few candidates have not been read, it is not worth asking. */
static bool enclosed_by_digit(struct candidates *c, struct box on_level)
{
    const int scale = 1 << c->level;
    const struct box b = {on_level.x * scale, on_level.y * scale, on_level.w * scale, on_level.h * scale};
    for (int i = 0; i < c->count; i++)
        if (c->places[i].light_on_dark != c->light_on_dark && box_overlap_px(b, c->places[i].box) == b.w * b.h &&
            (i < c->read_count || c->count - c->read_count >= READ_TOGETHER) && is_sure(c, i))
            return true;
    return false;
}

/* Need a region not be looked at, since it was on a finer level, or is no ink? */
static bool known(void *context, struct box on_level)
{
    struct candidates *const c = context;
    const int finer = find_finer(c, on_level);
    if (finer >= 0)
        c->found[finer].between_rules |= between_rules(c, on_level, c->found[finer].stroke_px / (float)(1 << c->level));
    return finer >= 0 || (c->reader && enclosed_by_digit(c, on_level));
}

/* A wide piece of ink is also kept for cutting. Who asks for explanations hears of each region there is no room for; for others
 * none is drawn in vain. */
static bool has_room(void *context, struct box on_level, int pieces)
{
    const struct candidates *const c = context;
    const bool wide = pieces == 1 && (float)on_level.w >= WIDE * (float)on_level.h;
    return c->explanation || c->count < c->most || (wide && c->wide_count < c->most_wide);
}

/* Is the piece of ink in this box a digit beyond doubt, as found on this level or a finer one? */
static bool settled(void *context, struct box on_level)
{
    struct candidates *const c = context;
    const int scale = 1 << c->level, finer = find_finer(c, on_level);
    const struct box b = {on_level.x * scale, on_level.y * scale, on_level.w * scale, on_level.h * scale};
    if (finer >= 0)
        return is_sure(c, finer);
    for (int i = c->finer_count; i < c->count; i++)
        if (c->places[i].light_on_dark == c->light_on_dark && memcmp(&c->places[i].box, &b, sizeof b) == 0)
            return is_sure(c, i);
    return false;
}

/* Takes a region of the current level as a candidate of the picture, and keeps it for cutting where it is
 * wide. */
static int take(void *context, const struct region *region)
{
    struct candidates *const c = context;
    const float width = (float)region->box.w / (float)region->box.h;
    int alone = -1, error = 0;
    if (find_finer(c, region->box) >= 0 && known(c, region->box)) /* now that it is drawn, what is pale taken away */
        return 0;
    if (width <= SEGMENT_MOST_WIDTH && c->count < c->most) {
        alone = c->count;
        error = take_whole(c, region);
    } else if (width <= SEGMENT_MOST_WIDTH) {
        explain_note(c->explanation, region->box, 1 << c->level, READING_TOO_MANY, (float)c->most);
    }
    if (!error && width >= WIDE && region->part_count == 1 && c->wide_count < c->most_wide)
        error = take_wide(c, region, alone);
    return error;
}

static int most_runs(struct bit_view mask)
{
    const int64_t share = (int64_t)mask.width_px * mask.height_px / RUN_SHARE + 64;
    return share < MOST_RUNS ? (int)share : MOST_RUNS;
}

/* Looks again at what hung together with rules of the paper, or with a line under it, now that those are gone. */
static int find_on_rules(struct candidates *c, const struct segment_input *input)
{
    const struct bit_view all = input->ink->mask;
    struct ink ink = *input->ink;
    struct segment_input again = *input;
    int error = unruled_find(&c->unruled, &c->components, input->ink, input->least_height_px, input->most_height_px, &ink.mask);
    if (error || ink.mask.width_px == 0)
        return error;
    again.ink = &ink;
    c->ruled = all;
    error = components_find(&c->components, ink.mask, most_runs(all));
    if (!error)
        error = segment_find(c->segmenter, &again, take, c);
    c->ruled.width_px = 0;
    return error;
}

/* Shows the level to whoever watches, its mask a byte a pixel. */
static int show_level(struct candidates *c, const struct ink *ink)
{
    const struct bit_view mask = ink->mask;
    const size_t width = (size_t)mask.width_px, pixels = width * (size_t)mask.height_px;
    if (pixels > c->watched_capacity) {
        uint8_t *const watched = malloc(pixels);
        if (!watched)
            return -ENOMEM;
        free(c->watched);
        c->watched = watched;
        c->watched_capacity = pixels;
    }
    for (size_t i = 0; i < pixels; i++)
        c->watched[i] = bit_at(mask, (int)(i % width), (int)(i / width));
    c->watch->level(c->watch->context, c->level, ink->light_on_dark, ink->gray,
                    (struct gray_view){c->watched, mask.width_px, mask.height_px, width});
    return 0;
}

/* Finds the components of a mask but for single pixels, of which noise has more than a page has strokes. */
static int find_components(struct candidates *c, struct bit_view mask)
{
    const size_t room = BITS_SPECK_ROWS * bits_speck_words(mask.width_px), row = bits_words(mask.width_px);
    const size_t words = room + row * (size_t)mask.height_px;
    if (words > c->clean_capacity) {
        uint64_t *const clean = malloc(words * sizeof *clean);
        if (!clean)
            return -ENOMEM;
        free(c->clean);
        c->clean = clean;
        c->clean_capacity = words;
    }
    const struct bit_image clean = {c->clean + room, mask.width_px, mask.height_px, row};
    bits_drop_specks(mask, clean, c->clean);
    return components_find(&c->components, bit_image_view(&clean), most_runs(mask));
}

/* Finds the components of the ink; where its strokes are grains, *ink becomes the ink with those joined. */
static int find_pieces(struct candidates *c, struct ink *ink)
{
    struct ink joined;
    const int error = find_components(c, ink->mask);
    if (error || (c->level > 1 && (int64_t)ink->mask.width_px * ink->mask.height_px < LEVEL_GRAIN_PX))
        return error;
    const int grainy = grain_join(&c->grain, ink, &c->components, c->level == 0 ? FLOOR : LEVEL_FLOOR, most_runs(ink->mask), &joined);
    if (grainy <= 0)
        return grainy;
    *ink = joined;
    return find_components(c, ink->mask);
}

/* One polarity on one level. */
static int find_ink(struct candidates *c, struct ink *ink, struct reading_times *times)
{
    const bool whole = ink->gray.height_px <= LEVEL_WHOLE_PX || c->level == c->pyramid.level_count - 1;
    struct segment_input input = {.ink = ink,
                                  .components = &c->components,
                                  .known = known,
                                  .settled = c->reader ? settled : NULL,
                                  .has_room = has_room,
                                  .explanation = c->explanation,
                                  .scale = 1 << c->level};
    input.least_height_px = c->level == 0 ? LEAST_HEIGHT_PX : LEVEL_LEAST_PX;
    input.least_contrast = c->level == 0 ? LEAST_CONTRAST : LEVEL_LEAST_CONTRAST;
    input.most_height_px = whole ? ink->gray.height_px : LEVEL_MOST_PX;
    c->light_on_dark = ink->light_on_dark;

    const double start = now_us();
    int error = find_pieces(c, ink);
    if (!error && c->watch)
        error = show_level(c, ink);
    const double connected = now_us();
    struct ink around = *ink;
    if (!error)
        error = enclosures_find(&c->enclosures, &c->components, ink->mask, input.least_height_px, input.most_height_px);
    if (!error) {
        around.mask = c->enclosures.rest;
        around.drawn = c->enclosures.drawn;
        input.ink = &around;
        error = segment_find(c->segmenter, &input, take, c);
        input.ink = ink;
    }
    if (!error)
        error = find_on_rules(c, &input);
    times->contour += connected - start;
    times->segment += now_us() - connected;
    return error;
}

/* On a level this large, digits of its size are so small on the picture that most of what is there will be specks: it may take a
 * quarter of the room that is left. */
static void set_room(struct candidates *c)
{
    const struct gray_view level = c->pyramid.levels[c->level];
    const int share = (int64_t)level.width_px * level.height_px > LEVEL_HUGE_PX ? 4 : 1;
    c->most = c->count + (CANDIDATES_MOST - c->count) / share;
    c->most_wide = c->wide_count + (CANDIDATES_MOST_WIDE - c->wide_count) / share;
}

/* Both polarities on one level; the next level is made on the way. */
static int find_on_level(struct candidates *c, struct reading_times *times)
{
    const double start = now_us();
    struct ink ink[2];
    const int floor = c->level == 0 ? FLOOR : LEVEL_FLOOR;
    c->finer_count = c->count;
    set_room(c);
    int error = threshold_run(c->threshold, c->pyramid.levels[c->level], floor,
                              pyramid_half(&c->pyramid, c->level), ink);
    times->threshold += now_us() - start;
    for (int light = 0; light < 2 && !error; light++)
        error = find_ink(c, &ink[light], times);
    return error;
}

int candidates_find(struct candidates *candidates, struct gray_view gray, const struct candidate **found,
                    int *count, struct reading_times *times_us)
{
    struct candidates *const c = candidates;
    struct reading_times times = {0};
    c->count = c->wide_count = 0;
    c->inks_used = 0;
    c->normalise_us = c->read_us = 0;
    c->read_count = 0;
    const double start = now_us();
    int error = pyramid_lay_out(&c->pyramid, gray);
    times.threshold = now_us() - start;
    for (c->level = 0; c->level < c->pyramid.level_count && !error; c->level++)
        error = find_on_level(c, &times);
    *found = c->found;
    *count = error ? 0 : c->count;
    if (times_us) {
        times_us->threshold = times.threshold;
        times_us->contour = times.contour;
        times_us->normalise = c->normalise_us;
        times_us->segment = times.segment - c->normalise_us - c->read_us; /* both happen while regions are handed on */
        times_us->net += c->read_us;
    }
    return error;
}

int candidates_wide_count(const struct candidates *candidates)
{
    return candidates->wide_count;
}

int candidates_wide_alone(const struct candidates *candidates, int index)
{
    return candidates->wide[index].alone;
}

const struct candidate *candidates_wide(const struct candidates *candidates, int index)
{
    return &candidates->wide[index].about;
}

void candidates_wide_crop(const struct candidates *candidates, int index, uint8_t *crop)
{
    const struct wide *const wide = &candidates->wide[index];
    normalise_ink((struct gray_view){candidates->inks + wide->ink, wide->width_px, wide->height_px,
                                     (size_t)wide->width_px},
                  crop);
}

int candidates_cut(struct candidates *candidates, int index, int *cuts)
{
    struct candidates *const c = candidates;
    const struct wide *wide = &c->wide[index];
    const int w = wide->width_px, h = wide->height_px;
    const size_t bytes = (size_t)w * (size_t)h;
    if (bytes > c->piece_capacity) {
        uint8_t *const piece = malloc(bytes);
        if (!piece)
            return -ENOMEM;
        free(c->piece);
        c->piece = piece;
        c->piece_capacity = bytes;
    }
    const struct gray_view ink = {c->inks + wide->ink, w, h, (size_t)w};
    const int error = cut_find(&c->cut, ink, wide->about.stroke_px / (float)(1 << wide->about.level));
    c->cut_wide = index;
    *cuts = error ? 0 : c->cut.seam_count;
    return error;
}

int candidates_cut_rank(const struct candidates *candidates, int cut)
{
    return candidates->cut.ranks[cut - 1];
}

int candidates_cut_place(const struct candidates *candidates, int cut)
{
    const struct wide *const wide = &candidates->wide[candidates->cut_wide];
    const struct cut *const c = &candidates->cut;
    if (cut == 0 || cut > c->seam_count)
        return cut == 0 ? 0 : 1000;
    long sum = 0;
    for (int y = 0; y < wide->height_px; y++)
        sum += c->seams[(size_t)(cut - 1) * (size_t)wide->height_px + (size_t)y];
    return (int)(1000 * sum / ((long)wide->height_px * wide->width_px));
}

bool candidates_piece(struct candidates *candidates, int from, int to, struct candidate_piece *piece)
{
    struct candidates *const c = candidates;
    const struct wide *wide = &c->wide[c->cut_wide];
    const int w = wide->width_px, h = wide->height_px, scale = 1 << wide->about.level;
    const struct gray_view ink = {c->inks + wide->ink, w, h, (size_t)w};
    const struct box b = cut_piece(&c->cut, ink, from, to, (struct gray_image){c->piece, w, h, (size_t)w});
    if (b.w == 0 || (float)b.w > PIECE_MOST_WIDTH * (float)h || (float)b.h < PIECE_LEAST_HEIGHT * (float)h)
        return false;
    piece->from = from;
    piece->to = to;
    piece->candidate = wide->about;
    piece->candidate.box = (struct box){wide->about.box.x + b.x * scale, wide->about.box.y + b.y * scale,
                                        b.w * scale, b.h * scale};
    normalise_ink((struct gray_view){c->piece + b.y * w + b.x, b.w, b.h, (size_t)w}, piece->candidate.crop);
    return true;
}
