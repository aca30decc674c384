#include "vision/words.h"

#include <limits.h>
#include <stdlib.h>

#define LIKELY        0.5f  /* confidence from which something counts as a digit */
#define RARE_SURE     0.985f /* a Y is taken for a 4 with less */
#define NO_DIGIT      0.2f  /* probability that something is any digit, below which it is none */
#define NEIGHBOUR_GAP 0.30f /* of the height: neighbours in a string are nearer than this */
#define CLOSE_GAP     0.25f /* and letters of one word always */
#define ALIKE         1.8f  /* most that the heights of neighbours differ */
#define OF_ITS_SIZE   2.5f  /* most that the heights of two things of a size differ */
#define LETTERS       11    /* of its size make a page a text, */
#define RARE_EACH     2     /* and one more for so many sure 3s, 4s and 7s of it */
#define UNEVEN        1.28f /* times as high as the lowest digit of a string, 1s left out: some are capitals, others are not */

bool words_no_digit(const struct sighting *sighting)
{
    float any = 0; /* that it is a digit, whichever */
    for (int d = 0; d < TRACK_DIGITS; d++)
        any += sighting->scores[d];
    return any < NO_DIGIT;
}

bool words_level(struct box a, struct box b)
{
    const int top = a.y > b.y ? a.y : b.y;
    const int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    const int smaller = a.h < b.h ? a.h : b.h, taller = a.h < b.h ? b.h : a.h;
    return 2 * (bottom - top) >= smaller && (float)taller <= ALIKE * (float)smaller;
}

/* Does `b` stand next to `a`, no further away than `reach` times its height? *right: on its right. */
static bool within_reach(struct box a, struct box b, float reach, bool *right)
{
    *right = 2 * b.x + b.w > 2 * a.x + a.w;
    const int gap = *right ? b.x - a.x - a.w : a.x - b.x - b.w;
    return (float)abs(gap) <= reach * (float)a.h && words_level(a, b) && !track_same_ink(a, b);
}

static bool next_to(struct box a, struct box b, bool *right)
{
    return within_reach(a, b, NEIGHBOUR_GAP, right);
}

/* On which sides likely digits, or slashes, stand: left, right. */
static void digits_beside(struct box box, const struct sighting *sightings, int count, const bool *slash, bool digit[2])
{
    bool right;
    digit[0] = digit[1] = false;
    for (int i = 0; i < count; i++)
        if ((sightings[i].confidence >= LIKELY || (slash && slash[i])) && next_to(box, sightings[i].box, &right))
            digit[right] = true;
}

bool words_between_digits(const struct candidate *found, const struct sighting *sightings, int count, int self)
{
    bool digit[2];
    digits_beside(found[self].box, sightings, count, NULL, digit);
    return digit[0] && digit[1];
}

int words_strangers(const struct candidate *c, const struct sighting *sightings, int count, const bool *slash)
{
    bool digit[2];
    if (!c->ink_left && !c->ink_right)
        return 0;
    digits_beside(c->box, sightings, count, slash, digit);
    return (c->ink_left && !digit[0]) + (c->ink_right && !digit[1]);
}

/* No digit, and no slash between digits either. */
static bool may_be_letter(const struct sighting *sightings, const bool *slash, int i)
{
    return words_no_digit(&sightings[i]) && !(slash && slash[i]);
}

int words_letters_near(struct box box, float reach, float lowest, const struct sighting *sightings, int count,
                       const bool *slash)
{
    int letters = 0;
    for (int i = 0; i < count; i++) {
        const struct box b = sightings[i].box;
        const int gap = b.x > box.x ? b.x - box.x - box.w : box.x - b.x - b.w;
        letters += may_be_letter(sightings, slash, i) && 5 * b.w < 4 * (b.h > box.h ? b.h : box.h) &&
                   (float)b.h >= lowest * (float)box.h && 3 * b.h <= 4 * box.h && words_level(box, b) &&
                   (float)gap < reach * (float)box.h && !track_same_ink(box, b);
    }
    return letters;
}

/* Is it a digit that hardly any letter looks like? */
static bool is_rare(const struct sighting *s)
{
    return s->confidence >= RARE_SURE && (s->digit == 3 || s->digit == 4 || s->digit == 7);
}

/* Does a letter stand close beside the box, with little enough ink on that side to be overlooked, as a T or an L? */
static bool beside_letter(struct box box, const struct sighting *sightings, int count, const bool *slash)
{
    bool right;
    for (int i = 0; i < count; i++)
        if (may_be_letter(sightings, slash, i) && 4 * sightings[i].box.h >= 3 * box.h &&
            within_reach(box, sightings[i].box, CLOSE_GAP, &right))
            return true;
    return false;
}

/* Letters stand beside each other, operators beside digits; and boxes, which do as well, round digits. */
static bool is_letter(const struct candidate *found, const struct sighting *sightings, int count, int self)
{
    bool right, in_row = false;
    if (!words_no_digit(&sightings[self]) || (!found[self].ink_left && !found[self].ink_right))
        return false;
    for (int i = 0; i < count; i++) {
        if (sightings[i].confidence >= LIKELY && 5 * found[self].box.h >= 6 * found[i].box.h &&
            track_same_ink(found[self].box, found[i].box))
            return false;
        in_row = in_row || (words_no_digit(&sightings[i]) && next_to(found[self].box, found[i].box, &right));
    }
    return in_row;
}

/* What a picture holds that could be a text. */
struct text {
    int letters, rare;
    int letter_h[CANDIDATES_MOST], rare_h[CANDIDATES_MOST]; /* their heights */
    float letter_contrast[CANDIDATES_MOST], rare_contrast[CANDIDATES_MOST];
};

static void look_at_text(const struct candidate *found, const struct sighting *sightings, int count, struct text *text)
{
    text->letters = text->rare = 0;
    for (int i = 0; i < count; i++) {
        if (is_letter(found, sightings, count, i)) {
            text->letter_contrast[text->letters] = found[i].contrast;
            text->letter_h[text->letters++] = found[i].box.h;
        }
        if (is_rare(&sightings[i])) {
            text->rare_contrast[text->rare] = found[i].contrast;
            text->rare_h[text->rare++] = found[i].box.h;
        }
    }
}

/* How many are as high as `c`, or not much more or less, and no paler than the same pen could make them. */
static int of_its_kind(const int *heights, const float *contrasts, int count, const struct candidate *c)
{
    int alike = 0;
    for (int i = 0; i < count; i++) {
        const float ratio = (float)heights[i] / (float)c->box.h;
        alike += ratio <= OF_ITS_SIZE && ratio * OF_ITS_SIZE >= 1 && contrasts[i] >= WORDS_PALER * c->contrast;
    }
    return alike;
}

/* Is what stands there of the kind of `c` a text? Each sure digit that no letter looks like makes up for some letters. */
static bool is_text(const struct text *text, const struct candidate *c)
{
    return of_its_kind(text->letter_h, text->letter_contrast, text->letters, c) >=
           LETTERS + of_its_kind(text->rare_h, text->rare_contrast, text->rare, c) / RARE_EACH;
}

static int root_of(int *parent, int i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* What stands in a row with a likely digit. */
struct string {
    bool stranger, rare; /* something in it is no digit; is a digit that no letter looks like */
    int digits;          /* in it */
    int lowest, highest; /* of their heights, 1s left out */
};

static struct string string_of_one(const struct candidate *found, const struct sighting *sightings, int count, const bool *slash,
                                   int self)
{
    const struct box box = found[self].box;
    const bool one = sightings[self].digit == 1;
    return (struct string){words_strangers(&found[self], sightings, count, slash) > 0 ||
                               beside_letter(box, sightings, count, slash),
                           is_rare(&sightings[self]), 1, one ? INT_MAX : box.h, one ? 0 : box.h};
}

static void join(struct string *whole, const struct string *part)
{
    whole->stranger |= part->stranger;
    whole->rare |= part->rare;
    whole->digits += part->digits;
    whole->lowest = part->lowest < whole->lowest ? part->lowest : whole->lowest;
    whole->highest = part->highest > whole->highest ? part->highest : whole->highest;
}

void words_find(const struct candidate *found, const struct sighting *sightings, int count, const bool *slash,
                struct word *words)
{
    struct string strings[CANDIDATES_MOST];
    int digits[CANDIDATES_MOST], digit_count = 0, parent[CANDIDATES_MOST];
    bool any = false, right;
    for (int i = 0; i < count; i++) {
        words[i] = (struct word){false, 1};
        if (sightings[i].confidence < LIKELY)
            continue;
        strings[i] = string_of_one(found, sightings, count, slash, i);
        parent[i] = i;
        digits[digit_count++] = i;
    }
    for (int k = 0; k < digit_count; k++)
        for (int l = 0; l < k; l++) {
            const int i = digits[k], j = digits[l];
            if (track_same_ink(found[i].box, found[j].box))
                strings[i].digits = 0; /* seen before, on another level */
            else if (next_to(found[i].box, found[j].box, &right))
                parent[root_of(parent, i)] = root_of(parent, j);
        }
    for (int k = 0; k < digit_count; k++) {
        const int i = digits[k], root = root_of(parent, i);
        if (i != root)
            join(&strings[root], &strings[i]);
    }
    for (int k = 0; k < digit_count; k++) {
        const int i = digits[k];
        const struct string *const s = &strings[root_of(parent, i)];
        const bool uneven = (float)s->highest > UNEVEN * (float)s->lowest;
        words[i].in_word = !s->rare && (s->stranger || uneven);
        words[i].digits = s->stranger || s->digits < 1 ? 1 : s->digits;
        any |= words[i].in_word;
    }
    if (!any)
        return;
    struct text text;
    look_at_text(found, sightings, count, &text);
    for (int k = 0; k < digit_count; k++)
        words[digits[k]].in_word = words[digits[k]].in_word && is_text(&text, &found[digits[k]]);
}
