#include "vision/context.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "vision/dates.h"
#include "vision/lean.h"
#include "vision/words.h"

#define LIKELY        0.5f  /* confidence from which a neighbour counts as a digit */
#define UNLIKELY      0.3f  /* below it, as none */
#define HOPELESS      8     /* log-odds that outweigh a confidence of 0.9997 */
#define SURE          0.95f /* a digit to judge the page by */
#define MOST_SURE     256
#define BAR_STROKES   1.5f /* length of the strokes of a bar or a corner, in diagonals of the box: at most this */
#define ONE_STROKES   2.0f /* and of a 1 with flag and foot */
#define RUNS_OFF      0.5f  /* log-odds against what runs off the picture: who knows how it goes on */
#define CLEAN_BAR     0.5f  /* log-odds for a bar that nothing speaks against */
#define DIGITS_BAR    1.4f  /* and on a page with at least so many sure digits, */
#define PAGE_DIGITS   3
#define ALIKE_BAR     1.5f  /* of heights and strokes that differ by no more than this factor */
#define TEXT_WORDS    6     /* a page with this many more words than sure digits begins to be a text */
#define TEXT_EACH     0.25f /* each of those speaks so much against its digits, */
#define TEXT_MOST     5.0f  /* and all together at most this */
#define OF_ITS_SIZE   2.5f  /* most that the heights of two things of a size differ */
#define PER_DIGIT     4     /* so many other marks go with each sure digit: operators, letters, the pieces of digits */
#define ODD_ONE       12    /* a digit among this many more things of its size begins to be a chance likeness */
#define ODD_ONE_MOST  5.0f  /* and at most this speaks against it */
#define WIDE_CLUTTER  0.15f /* most clutter and unrest round digits that touch */
#define WORD_NEAR     2.5f  /* heights, within which so many letters make a word of what might be digits that touch */
#define WORD_LETTERS  3
#define WORD_LOWEST   0.62f /* of its height: an a beside a p */
#define LETTER_NEAR   1.0f  /* and one makes a bar a letter, for all that is known, */
#define LETTER_LOWEST 0.75f /* where it is higher than an operator */
#define WIDE_UNREST   0.8f
#define MOST_NEIGHBOURS 8
#define BAR_INK       0.4f  /* contrast times width of a bar's stroke, as a share of that of a circle's round it */
#define ALIKE_CIRCLES 1.2f  /* most that the sizes of circles on a page differ */
#define RING_GAP      16    /* of the height: what lies in a ring is so far from its outside */
#define POINT_HEIGHT  0.48f /* of a digit's: a point beside it is lower, */
#define COMMA_HEIGHT  0.6f  /* and a comma, */
#define POINT_GAP     0.35f /* and so near */
#define SMALL_PX      18    /* lower digits are hardly ever written */

/* From where on a measure speaks against a digit, and how much (in log-odds for each unit above it). Chosen on photographs:
 * of the digits in them, less than one in a hundred lies beyond any of these. */
struct limit {
    float from, weight;
};

struct limits {
    struct limit unrest, clutter, grain, faint;
};

/* Of a bar's width / height: beyond it is a tick, a slash, a corner. On a page whose digits tell how far its writer leans, it
 * moves along with that and is stricter. */
static const struct limit broad_bar = {0.65f, 8};
#define STRICTER     20
#define LEAN_FROM    2     /* digits */
#define LEANING      0.30f /* width / height of a bar from which its lean is looked at */
#define SLASH_UNLIKE 1.12f /* times as high as the digits beside it, or as low */
#define DATES_SLASH  10    /* log-odds against what divides a date */
#define FLAG_STROKES 1.3f  /* a bar with more strokes has a flag: no slash */

static const struct limits of_bars = {{0.20f, 12}, {0.08f, 40}, {0.50f, 8}, {28, 0.25f}};
static const struct limits of_digits = {{0.95f, 4}, {0.13f, 25}, {0.70f, 6}, {22, 0.25f}};

static float beyond(struct limit limit, float value)
{
    return value > limit.from ? limit.weight * (value - limit.from) : 0;
}

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

/* Passes one thing that speaks against a digit on, and remembers it where it is the worst so far. */
static inline float blame(struct context_blame *worst, float against, enum reading_reason reason, float value)
{
    if (worst && against > worst->against)
        *worst = (struct context_blame){against, reason, value};
    return against;
}

/* Is a 1 no more than a bar, a tick or a corner? One with a flag and a foot has more strokes than those. */
static bool is_bar(const struct candidate *c, int digit)
{
    return digit == 1 && (2 * c->box.w < c->box.h || c->strokes < BAR_STROKES || c->strokes > ONE_STROKES);
}

/* Log-odds against a digit by the place it lies in. A 1 is little more than a bar, and the world is full of bars; beyond
 * `broad` a bar is too broad for a 1. */
static float against_place(const struct candidate *c, int digit, float clutter, struct limit broad,
                           struct context_blame *worst)
{
    const bool only_a_bar = is_bar(c, digit);
    const struct limits *limits = only_a_bar ? &of_bars : &of_digits;
    const float faint = c->contrast < limits->faint.from ? limits->faint.weight * (limits->faint.from - c->contrast) : 0;
    const float width = (float)c->box.w / (float)c->box.h, bar = only_a_bar ? beyond(broad, width) : 0;
    const float small = c->box.h < SMALL_PX ? 0.5f * (float)(SMALL_PX - c->box.h) : 0;
    const float unrest = only_a_bar ? c->paper_unrest : c->unrest; /* in a number, a 1 has others close by */
    return blame(worst, beyond(limits->unrest, unrest), READING_RESTLESS, unrest) +
           blame(worst, beyond(limits->clutter, clutter), READING_CLUTTERED, clutter) +
           blame(worst, beyond(limits->grain, c->grain), READING_GRAINY, c->grain) +
           blame(worst, faint, READING_FAINT, c->contrast) + blame(worst, small, READING_TINY, (float)c->box.h) +
           blame(worst, bar, READING_SLANTED_BAR, width) +
           blame(worst, c->on_edge ? RUNS_OFF : 0, READING_OFF_PICTURE, (float)c->box.h);
}

bool context_is_hopeless(const struct candidate *candidate, struct context_blame *worst)
{
    static const int bar = 1, not_a_bar = 8;
    return against_place(candidate, bar, candidate->clutter, broad_bar, NULL) > HOPELESS &&
           against_place(candidate, not_a_bar, candidate->clutter, broad_bar, worst) > HOPELESS;
}

static bool is_broad(struct box box)
{
    return (float)box.w > broad_bar.from * (float)box.h;
}

/* May a 1 be a slash, so that the page has to tell? As few are. */
static bool asks_for_lean(const struct candidate *c, const struct sighting *s)
{
    return s->digit == 1 && s->confidence >= UNLIKELY && (float)c->box.w > LEANING * (float)c->box.h;
}

static struct lean look_at_lean(const struct candidate *found, const struct sighting *sightings, int count)
{
    for (int i = 0; i < count; i++)
        if (asks_for_lean(&found[i], &sightings[i]))
            return lean_of_page(found, sightings, count, SURE);
    return (struct lean){0, 0};
}

/* From which width on a bar is no 1 on this page: one that leans the way its digits do may be broader. */
static struct limit broadest_bar(const struct candidate *c, struct lean page)
{
    struct limit broad = broad_bar;
    if (page.digits < LEAN_FROM || !is_broad(c->box))
        return broad;
    broad.from += fmaxf(lean_of(c->crop) > 0 ? page.mean : -page.mean, 0);
    broad.weight = STRICTER;
    return broad;
}

/* Log-odds against a bar that leans more than the page's digits as the slashes of dates and fractions do: one that is higher than
 * those on its line, or lower, or stands between two of them, or leans more than any 1 does. *value receives its width / height. */
static float against_slash(const struct candidate *found, const struct sighting *sightings, int count, int self,
                           struct lean page, float *value)
{
    const struct limit other_height = {0.52f, 40}, between = {0.36f, 60}, far_over = {0.58f, 40};
    const struct candidate *const c = &found[self];
    *value = (float)c->box.w / (float)c->box.h;
    if (page.digits < LEAN_FROM || !asks_for_lean(c, &sightings[self]) || c->strokes > FLAG_STROKES)
        return 0;
    const float height = lean_height_on_line(found, sightings, count, self, SURE);
    const float unlike = height > 1 ? height : 1 / height, lean = fabsf(lean_of(c->crop) - page.mean);
    const float odd = unlike < SLASH_UNLIKE ? lean : lean * unlike * unlike * unlike;
    const float against = beyond(unlike < SLASH_UNLIKE ? far_over : other_height, odd);
    return beyond(between, odd) > against && words_between_digits(found, sightings, count, self) ? beyond(between, odd) : against;
}

/* The clutter round a 1 without what sure digits beside it have their share in: in a number others stand close by, and a narrow
 * 1 has little else round it. */
static float strange_clutter(const struct candidate *found, const struct sighting *sightings, int count, int self)
{
    const struct candidate *const c = &found[self];
    const int margin = c->box.h * 2 / 5; /* as far as clutter was looked for */
    const struct box around = {c->box.x - margin, c->box.y - margin, c->box.w + 2 * margin, c->box.h + 2 * margin};
    const float area = (float)around.w * (float)around.h;
    int neighbours[MOST_NEIGHBOURS], known = 0;
    float clutter = c->clutter;
    for (int i = 0; i < count && known < MOST_NEIGHBOURS && clutter > 0; i++) {
        const struct box b = found[i].box;
        if (sightings[i].confidence < SURE || sightings[i].digit == 1 || found[i].light_on_dark != c->light_on_dark ||
            !words_level(c->box, b) || box_overlap_px(around, b) == 0 || track_same_ink(c->box, b))
            continue;
        bool twice = false; /* the same, on another level */
        for (int k = 0; k < known; k++)
            twice |= track_same_ink(found[neighbours[k]].box, b);
        if (twice)
            continue;
        neighbours[known++] = i;
        const float w = (float)b.w, h = (float)b.h, ink = found[i].strokes * found[i].stroke_px * sqrtf(w * w + h * h);
        clutter -= ink * (float)box_overlap_px(around, b) / (w * h) / area;
    }
    return clutter > 0 ? clutter : 0;
}

bool context_may_be_number(const struct candidate *wide, const struct sighting *sightings, int count)
{
    return wide->clutter <= WIDE_CLUTTER && wide->unrest <= WIDE_UNREST &&
           words_strangers(wide, sightings, count, NULL) == 0 &&
           words_letters_near(wide->box, WORD_NEAR, WORD_LOWEST, sightings, count, NULL) < WORD_LETTERS;
}

/* Log-odds against a digit by the strangers beside it: one may be a bracket or an operator; two make a word. */
static const float against_strangers[3] = {0, 1.0f, 3.5f};
#define AGAINST_LETTER 8 /* and against what is a letter of a word, by all that can be seen */

/* Log-odds against a 1 that is a line of a table, as seen on this level of the pyramid or on another. */
static float against_rule(const struct candidate *found, const struct sighting *sightings, int count, int self)
{
    const struct box box = found[self].box;
    if (sightings[self].digit != 1)
        return 0;
    for (int i = 0; i < count; i++) {
        const struct box b = found[i].box;
        if (found[i].between_rules && 4 * abs(b.h - box.h) <= box.h && track_same_ink(b, box))
            return 8;
    }
    return 0;
}

/* How many things of its size there are in the picture that are no digits, beyond those that go with the sure digits of its
 * size. Of a crowd of shapes - leaves, type, a street - one always looks like a digit. What is far paler is no part of the crowd; `found`
 * NULL: nobody knows. */
static float outnumbered(const struct candidate *found, const struct sighting *sightings, int count, int self)
{
    const struct box box = sightings[self].box;
    int others = 0, digits = 0;
    for (int i = 0; i < count; i++) {
        const struct box b = sightings[i].box;
        const float ratio = (float)b.h / (float)box.h;
        if (ratio > OF_ITS_SIZE || ratio * OF_ITS_SIZE < 1 || (found && found[i].contrast < WORDS_PALER * found[self].contrast) ||
            track_same_ink(b, box))
            continue;
        others += words_no_digit(&sightings[i]);
        digits += sightings[i].confidence >= SURE;
    }
    return (float)(others - PER_DIGIT * digits);
}

static float against_odd_one(float more)
{
    const struct limit limit = {ODD_ONE, 0.2f};
    return smaller(beyond(limit, more), ODD_ONE_MOST);
}

/* Does `inner` lie within `outer` with blank paper between them on every side? */
static bool within(struct box inner, struct box outer)
{
    const int gap = outer.h / RING_GAP + 1;
    return inner.x >= outer.x + gap && inner.y >= outer.y + gap && inner.x + inner.w + gap <= outer.x + outer.w &&
           inner.y + inner.h + gap <= outer.y + outer.h;
}

/* Is a bar within a 0 no 1, but the stroke through it, where it is not round, or a piece of a rule, thin and pale? */
static bool belongs_to_zero(const struct candidate *bar, const struct candidate *zero)
{
    const bool round = 5 * zero->box.w >= 4 * zero->box.h;
    return (2 * bar->box.h > zero->box.h && (!round || is_broad(bar->box))) ||
           bar->contrast * bar->stroke_px < BAR_INK * zero->contrast * zero->stroke_px;
}

/* Can `inner`, read as a digit, be what `outer` is drawn round, which looks like `digit`? */
static bool is_drawn_round(const struct candidate *outer, int digit, const struct candidate *inner, int inner_digit)
{
    if (inner->light_on_dark != outer->light_on_dark || !within(inner->box, outer->box))
        return false;
    if (digit != 0) /* a box that looks like one; in the corners of a 7 lie pieces of rules */
        return inner_digit != 1 && 3 * inner->box.h >= outer->box.h;
    return 8 * inner->box.h >= outer->box.h && (inner_digit != 1 || !belongs_to_zero(inner, outer));
}

/* Log-odds against what has digits inside: it is drawn round them, a circle or a box. */
static float against_circle(const struct candidate *found, const struct sighting *sightings, int count, int self)
{
    for (int i = 0; i < count; i++)
        if (sightings[i].confidence >= LIKELY &&
            is_drawn_round(&found[self], sightings[self].digit, &found[i], sightings[i].digit))
            return 10;
    return 0;
}

/* Is `small`, beside a digit in `box`, where a point or comma is: close, low on its line, and far smaller? A comma hangs from the line. */
static bool is_point(struct box small, struct box box)
{
    const int gap = box.x > small.x ? box.x - small.x - small.w : small.x - box.x - box.w;
    const int below = small.y + small.h - box.y - box.h;
    const float height = 10 * below >= box.h ? COMMA_HEIGHT : POINT_HEIGHT;
    return (float)small.h < height * (float)box.h && gap >= 0 && (float)gap < POINT_GAP * (float)box.h &&
           2 * small.y > 2 * box.y + box.h && small.y < box.y + box.h;
}

/* Log-odds against the point or comma of a number, drawn as a small ring or stroke. *height receives how high it is, in heights of
 * the sure digit that it stands beside. */
static float against_point(const struct candidate *found, const struct sighting *sightings, int count, int self, float *height)
{
    *height = 0;
    for (int i = 0; i < count && sightings[self].digit <= 1; i++)
        if (sightings[i].confidence >= SURE && sightings[i].digit != 1 && found[i].light_on_dark == found[self].light_on_dark &&
            is_point(found[self].box, found[i].box)) {
            *height = (float)found[self].box.h / (float)found[i].box.h;
            return 10;
        }
    return 0;
}

/* Confidence `p` with `against` taken from its log-odds. */
static float weigh(float p, float against)
{
    const float odds = p / (1 - p + 1e-6f) * expf(-against);
    return odds / (1 + odds);
}

/* What the sure digits of the picture have in common. */
struct page {
    int count;        /* of sure digits; the rest means nothing where it is 0 */
    float contrast;   /* median of their ink */
    float height_px;  /* median */
    float stroke_px;  /* median width of their strokes */
    int light;        /* how many are light on dark */
    int words;        /* pieces of joined writing on it */
};

static int ascending(const void *a, const void *b)
{
    const float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

static struct page look_at_page(const struct candidate *found, const struct sighting *sightings, int count, int words)
{
    float contrast[MOST_SURE], height[MOST_SURE], stroke[MOST_SURE];
    struct page page = {.words = words};
    for (int i = 0; i < count && page.count < MOST_SURE; i++)
        if (sightings[i].confidence >= SURE && sightings[i].digit != 1) {
            contrast[page.count] = found[i].contrast;
            stroke[page.count] = found[i].stroke_px;
            height[page.count++] = (float)found[i].box.h;
            page.light += found[i].light_on_dark;
        }
    if (page.count == 0)
        return page;
    qsort(contrast, (size_t)page.count, sizeof *contrast, ascending);
    qsort(height, (size_t)page.count, sizeof *height, ascending);
    qsort(stroke, (size_t)page.count, sizeof *stroke, ascending);
    page.contrast = contrast[page.count / 2];
    page.height_px = height[page.count / 2];
    page.stroke_px = stroke[page.count / 2];
    return page;
}

/* Log-odds against a digit that is unlike the sure ones of its page: far paler (writing that shows through from the other
 * side), far smaller (specks beside large digits), white where they are black, or one among many words. */
static float against_page(const struct candidate *c, int digit, const struct page *page, struct context_blame *worst)
{
    const struct limit text = {TEXT_WORDS, TEXT_EACH};
    const float words = (float)(page->words - page->count);
    const float among_words = blame(worst, smaller(beyond(text, words), TEXT_MOST), READING_IN_TEXT, words);
    if (page->count == 0)
        return among_words;
    const struct limit pale = {1 - 0.40f, 8}, small = {1 - 0.22f, 20};
    const float contrast = c->contrast / page->contrast, height = (float)c->box.h / page->height_px;
    const struct limit hairline = {1 - 0.25f, 30};
    const float ink = contrast * c->stroke_px / page->stroke_px; /* pieces of rules are thin and pale at once */
    const bool odd = c->light_on_dark ? page->light * 4 < page->count : page->light * 4 > 3 * page->count;
    return blame(worst, beyond(pale, 1 - contrast), READING_PALER, contrast) +
           blame(worst, is_bar(c, digit) ? beyond(hairline, 1 - ink) : 0, READING_PALER, contrast) +
           blame(worst, beyond(small, 1 - height), READING_SMALLER, height) +
           blame(worst, odd ? 3 : 0, READING_INVERTED, (float)page->light / (float)page->count) + among_words;
}

static bool alike_within(float factor, float a, float b)
{
    return a <= factor * b && b <= factor * a;
}

static void weigh_in(struct sighting *s, float against)
{
    if (against == 0)
        return;
    const float lowered = weigh(s->confidence, against), share = lowered / s->confidence;
    for (int d = 0; d < TRACK_DIGITS; d++)
        s->scores[d] *= share;
    s->confidence = lowered;
}

/* The network was taught that one bar in five is no 1, because it cannot see what is around a bar. Where nothing here
 * speaks against one either, the surroundings take that doubt back; the more so on a page of digits written as high, with the
 * same pen, unless letters stand beside it. */
static float for_clean_bar(const struct candidate *found, const struct sighting *sightings, int count, int self,
                           const bool *slash, const struct page *page, float against)
{
    const struct candidate *const c = &found[self];
    if (sightings[self].digit != 1 || against != 0 || 2 * c->box.w > c->box.h)
        return 0;
    const bool alike = page->count >= PAGE_DIGITS && alike_within(ALIKE_BAR, (float)c->box.h, page->height_px) &&
                       alike_within(ALIKE_BAR, c->stroke_px, page->stroke_px);
    return alike && words_letters_near(c->box, LETTER_NEAR, LETTER_LOWEST, sightings, count, slash) == 0 ? DIGITS_BAR
                                                                                                         : CLEAN_BAR;
}

/* Takes what is drawn round digits for what it is; and with circles, those of their size that hold none. */
static void weigh_circles(const struct candidate *found, struct sighting *sightings, int count, struct context_blame *blames)
{
    float against[CANDIDATES_MOST] = {0};
    bool circle[CANDIDATES_MOST] = {false}, any = false;
    for (int i = 0; i < count; i++)
        if (sightings[i].confidence >= UNLIKELY) {
            against[i] = against_circle(found, sightings, count, i);
            any |= circle[i] = against[i] > 0 && sightings[i].digit == 0;
        }
    for (int i = 0; i < count && any; i++)
        for (int k = 0; k < count && sightings[i].digit == 0 && against[i] == 0; k++)
            if (circle[k] && alike_within(ALIKE_CIRCLES, (float)found[i].box.h, (float)found[k].box.h) &&
                alike_within(ALIKE_CIRCLES, (float)found[i].box.w, (float)found[k].box.w))
                against[i] = 10;
    for (int i = 0; i < count; i++)
        if (against[i] > 0)
            weigh_in(&sightings[i], blame(blames ? &blames[i] : NULL, against[i], READING_CIRCLE, (float)found[i].box.h));
}

void context_weigh(const struct candidate *found, struct sighting *sightings, int count, int words,
                   struct context_blame *blames)
{
    float clutter[CANDIDATES_MOST];
    float slash[CANDIDATES_MOST];
    bool in_date[CANDIDATES_MOST];
    struct limit broad[CANDIDATES_MOST];
    struct lean page_lean = {0, 0};
    assert(count <= CANDIDATES_MOST);
    /* Places first: what lies in a bad one is neither a neighbour nor a page to go by; nor is what is drawn round digits. The 1s
     * last, which need neighbours. */
    for (int ones = 0; ones < 2; ones++) {
        if (ones)
            weigh_circles(found, sightings, count, blames);
        if (ones) {
            page_lean = look_at_lean(found, sightings, count);
            dates_find(found, sightings, count, in_date);
        }
        for (int i = 0; i < count; i++) {
            struct context_blame *const worst = blames ? &blames[i] : NULL;
            if (sightings[i].confidence < UNLIKELY || (sightings[i].digit == 1) != ones)
                continue;
            broad[i] = ones ? broadest_bar(&found[i], page_lean) : broad_bar;
            clutter[i] = ones ? strange_clutter(found, sightings, count, i) : found[i].clutter;
            float width;
            const float rule = against_rule(found, sightings, count, i);
            slash[i] = against_slash(found, sightings, count, i, page_lean, &width);
            if (ones && in_date[i])
                slash[i] += DATES_SLASH;
            weigh_in(&sightings[i], against_place(&found[i], sightings[i].digit, clutter[i], broad[i], worst) +
                                     blame(worst, slash[i], READING_SLANTED_BAR, width) +
                                     blame(worst, rule, READING_RULE, (float)found[i].box.h));
        }
    }
    const struct page page = look_at_page(found, sightings, count, words);
    struct word strings[CANDIDATES_MOST];
    words_find(found, sightings, count, in_date, strings);
    float more[CANDIDATES_MOST]; /* of all, before anything is taken from any */
    for (int i = 0; i < count; i++)
        if (sightings[i].confidence >= UNLIKELY)
            more[i] = outnumbered(found, sightings, count, i);
    for (int i = 0; i < count; i++)
        if (sightings[i].confidence >= UNLIKELY) {
            struct context_blame *const worst = blames ? &blames[i] : NULL;
            float height;
            const float point = against_point(found, sightings, count, i, &height);
            const int strangers = words_strangers(&found[i], sightings, count, in_date);
            const float place = against_place(&found[i], sightings[i].digit, clutter[i], broad[i], NULL);
            const float against = against_page(&found[i], sightings[i].digit, &page, worst) +
                                  blame(worst, point, READING_SMALLER, height) +
                                  blame(worst, strings[i].in_word ? AGAINST_LETTER : against_strangers[strangers],
                                        READING_IN_WORD, (float)strangers) +
                                  blame(worst, against_odd_one(more[i]) / (float)strings[i].digits,
                                        READING_OUTNUMBERED, more[i]);
            weigh_in(&sightings[i],
                     against - for_clean_bar(found, sightings, count, i, in_date, &page, place + slash[i] + against));
        }
}

void context_weigh_cut(struct sighting *sightings, int whole, int count, int words)
{
    const struct limit text = {TEXT_WORDS, TEXT_EACH};
    int digits = count - whole;
    for (int i = 0; i < whole; i++)
        digits += sightings[i].confidence >= SURE && sightings[i].digit != 1;
    const float in_text = smaller(beyond(text, (float)(words - digits)), TEXT_MOST);
    float against[CANDIDATES_MOST];
    assert(count <= CANDIDATES_MOST);
    for (int i = whole; i < count; i++)
        against[i] = in_text + against_odd_one(outnumbered(NULL, sightings, count, i));
    for (int i = whole; i < count; i++)
        weigh_in(&sightings[i], against[i]);
}
