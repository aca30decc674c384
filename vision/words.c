#include "vision/words.h"

#include <stdlib.h>

#define LIKELY        0.5f  /* confidence from which something counts as a digit */
#define SURE          0.95f
#define NO_DIGIT      0.2f  /* probability that something is any digit, below which it is none */
#define NEIGHBOUR_GAP 0.40f /* of the height: neighbours in a string are nearer than this */
#define ALIKE         1.8f  /* most that the heights of neighbours differ */
#define OF_ITS_SIZE   2.5f  /* most that the heights of two things of a size differ */
#define LETTERS       12    /* of its size make a page a text, */
#define PER_RARE      10    /* and so many more for each sure 3, 4 and 7 of it */
#define MOST_STRING   8     /* steps from a digit to what is no digit in its string */

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

/* Does `b` stand next to `a`? *right: on its right. */
static bool next_to(struct box a, struct box b, bool *right)
{
    *right = 2 * b.x + b.w > 2 * a.x + a.w;
    const int gap = *right ? b.x - a.x - a.w : a.x - b.x - b.w;
    return (float)abs(gap) <= NEIGHBOUR_GAP * (float)a.h && words_level(a, b) && !track_same_ink(a, b);
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

int words_letters_near(struct box box, float reach, const struct sighting *sightings, int count, const bool *slash)
{
    int letters = 0;
    for (int i = 0; i < count; i++) {
        const struct box b = sightings[i].box;
        const int gap = b.x > box.x ? b.x - box.x - box.w : box.x - b.x - b.w;
        letters += words_no_digit(&sightings[i]) && !(slash && slash[i]) && 5 * b.w < 4 * b.h && 4 * b.h >= 3 * box.h &&
                   3 * b.h <= 4 * box.h && words_level(box, b) && (float)gap < reach * (float)box.h && !track_same_ink(box, b);
    }
    return letters;
}

static bool is_rare(int digit)
{
    return digit == 3 || digit == 4 || digit == 7;
}

/* Letters of words, as high as the box or not much more or less: what is no digit and has something written beside it. Each sure
 * digit that no letter looks like makes up for some of them. */
static bool is_text(const struct candidate *found, const struct sighting *sightings, int count, struct box box)
{
    int letters = 0, rare = 0;
    for (int i = 0; i < count; i++) {
        const float ratio = (float)found[i].box.h / (float)box.h;
        if (ratio > OF_ITS_SIZE || ratio * OF_ITS_SIZE < 1)
            continue;
        letters += words_no_digit(&sightings[i]) && (found[i].ink_left || found[i].ink_right);
        rare += sightings[i].confidence >= SURE && is_rare(sightings[i].digit);
    }
    return letters >= LETTERS + PER_RARE * rare;
}

void words_find(const struct candidate *found, const struct sighting *sightings, int count, const bool *slash, bool *in_word)
{
    enum { STRANGER = 1, RARE = 2 };
    uint8_t string[CANDIDATES_MOST]; /* what the string of each likely digit holds, as far as is known */
    int digits[CANDIDATES_MOST], digit_count = 0;
    for (int i = 0; i < count; i++) {
        in_word[i] = false;
        if (sightings[i].confidence < LIKELY)
            continue;
        string[i] = (uint8_t)((words_strangers(&found[i], sightings, count, slash) > 0 ? STRANGER : 0) |
                              (sightings[i].confidence >= SURE && is_rare(sightings[i].digit) ? RARE : 0));
        digits[digit_count++] = i;
    }
    bool changed = true, right;
    for (int step = 0; step < MOST_STRING && changed; step++) {
        changed = false;
        for (int k = 0; k < digit_count; k++)
            for (int l = 0; l < digit_count; l++) {
                const int i = digits[k], j = digits[l];
                if ((string[i] & ~string[j]) == 0 || !next_to(found[i].box, found[j].box, &right))
                    continue;
                string[j] |= string[i];
                changed = true;
            }
    }
    for (int k = 0; k < digit_count; k++)
        in_word[digits[k]] = string[digits[k]] == STRANGER && is_text(found, sightings, count, found[digits[k]].box);
}
