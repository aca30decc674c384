#include "vision/layout.h"

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vision/tilt.h"

#define NUMBER_GAP 0.44f /* widest gap inside a number, in heights of the taller digit */
#define NARROW_GAP                                                                                           \
    0.60f /* the same beside a narrow digit: a plain 1 stands in a place as wide as any other */
#define NARROW         0.35f /* width / height of such a digit */
#define NUMBER_PITCH                                                                                         \
    0.90f /* from centre to centre, likewise: two narrow digits at an even pitch leave a wide gap between them */
#define NUMBER_OVERLAP 0.30f /* deepest overlap of neighbouring boxes (slanted writing), likewise */
#define HEIGHT_RATIO   1.7f  /* most that heights differ inside a number */
#define LEVEL_SHARE    0.5f  /* share of the smaller height by which neighbours overlap vertically */
#define ROW_PITCH      1.6f  /* widest, from centre to centre, between neighbours of a row, in heights of the taller one */
#define ROW_LEAST      3     /* digits that make a row, */
#define ROW_EVEN       1.6f  /* whose widest pitch is at most so many times its narrowest: nobody could say where in it numbers end */
#define APART_PITCH    0.88f /* pitch of an even row, in heights, from which its digits stand for themselves, */
#define APART_GAP      0.34f /* and the gap there must be between them, likewise */

/* A run of digits on one line, while lines are being made. */
struct run {
    int line;
    struct box box;
};

static int by_left(const void *a, const void *b)
{
    const struct reading_digit *p = a, *q = b;
    if (p->box.x != q->box.x)
        return p->box.x < q->box.x ? -1 : 1;
    return (p->box.y > q->box.y) - (p->box.y < q->box.y);
}

static bool on_one_level(struct box a, struct box b)
{
    const int top = a.y > b.y ? a.y : b.y;
    const int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    const int smaller = a.h < b.h ? a.h : b.h;
    return (float)(bottom - top) >= LEVEL_SHARE * (float)smaller;
}

static int taller_of(struct box a, struct box b)
{
    return a.h > b.h ? a.h : b.h;
}

static int gap_between(struct box left, struct box right)
{
    return right.x - (left.x + left.w);
}

/* From centre to centre. */
static int pitch_between(struct box left, struct box right)
{
    return right.x - left.x + (right.w - left.w) / 2;
}

static bool are_neighbours(struct box left, struct box right)
{
    const int smaller = left.h > right.h ? right.h : left.h;
    return on_one_level(left, right) && (float)taller_of(left, right) <= HEIGHT_RATIO * (float)smaller &&
           (float)gap_between(left, right) >= -NUMBER_OVERLAP * (float)taller_of(left, right);
}

/* May `right` be the next digit of the number that `left` ends? */
static bool continues_number(struct box left, struct box right)
{
    const float height = (float)taller_of(left, right);
    const bool narrow = (float)left.w < NARROW * (float)left.h || (float)right.w < NARROW * (float)right.h;
    return are_neighbours(left, right) &&
           ((float)gap_between(left, right) <= (narrow ? NARROW_GAP : NUMBER_GAP) * height ||
            (narrow && (float)pitch_between(left, right) <= NUMBER_PITCH * height));
}

/* And of its row? */
static bool continues_row(struct box left, struct box right)
{
    return are_neighbours(left, right) &&
           (float)pitch_between(left, right) <= ROW_PITCH * (float)taller_of(left, right);
}

/* Puts each digit into the group whose last one is nearest to it and `continues` with it; digits are sorted by their left
 * edge. group[i] receives the index of its group. Returns the count of groups. */
static int group(const struct reading_digit *digits, int count, bool (*continues)(struct box, struct box), int *group)
{
    static const int none = -1;
    int last[LAYOUT_MOST_DIGITS]; /* digit each group ends with so far */
    int lengths[LAYOUT_MOST_DIGITS];
    int groups = 0;
    for (int i = 0; i < count; i++) {
        int best = none, best_gap = 0;
        for (int n = 0; n < groups; n++) {
            const struct box end = digits[last[n]].box;
            const int gap = abs(gap_between(end, digits[i].box));
            if (lengths[n] + 1 < READING_NUMBER_CHARS && continues(end, digits[i].box) &&
                (best < 0 || gap < best_gap)) {
                best = n;
                best_gap = gap;
            }
        }
        if (best == none) {
            best = groups++;
            lengths[best] = 0;
        }
        last[best] = i;
        lengths[best]++;
        group[i] = best;
    }
    return groups;
}

/* Do the digits of a row stand at an even pitch, and so wide that each is meant by itself? `row`: their indices. */
static bool stands_apart(const struct reading_digit *digits, const int *row, int count)
{
    int narrowest = INT_MAX, widest = 0, pitches = 0, gaps = 0, heights = 0;
    for (int k = 1; k < count; k++) {
        const struct box left = digits[row[k - 1]].box, right = digits[row[k]].box;
        const int pitch = pitch_between(left, right);
        narrowest = pitch < narrowest ? pitch : narrowest;
        widest = pitch > widest ? pitch : widest;
        pitches += pitch;
        gaps += gap_between(left, right);
        heights += taller_of(left, right);
    }
    return count >= ROW_LEAST && (float)widest <= ROW_EVEN * (float)narrowest &&
           (float)pitches > APART_PITCH * (float)heights && (float)gaps > APART_GAP * (float)heights;
}

/* Gives each digit the index of its number; digits are sorted by their left edge. Returns the count of numbers. */
static int find_numbers(struct reading_digit *digits, int count)
{
    int number[LAYOUT_MOST_DIGITS], row[LAYOUT_MOST_DIGITS], members[LAYOUT_MOST_DIGITS];
    int numbers = group(digits, count, continues_number, number);
    const int rows = group(digits, count, continues_row, row);
    for (int r = 0; r < rows; r++) {
        int n = 0;
        for (int i = 0; i < count; i++)
            if (row[i] == r)
                members[n++] = i;
        if (stands_apart(digits, members, n))
            for (int k = 0; k < n; k++)
                number[members[k]] = -1;
    }
    /* Numbered anew, since those taken apart may leave numbers without digits. */
    int name[LAYOUT_MOST_DIGITS], used = 0;
    for (int n = 0; n < numbers; n++)
        name[n] = -1;
    for (int i = 0; i < count; i++) {
        int *const mine = number[i] < 0 ? NULL : &name[number[i]];
        digits[i].number = mine && *mine >= 0 ? *mine : used++;
        if (mine)
            *mine = digits[i].number;
    }
    return used;
}

static void fill_numbers(const struct reading_digit *digits, int count, struct reading_number *numbers,
                         int number_count)
{
    memset(numbers, 0, (size_t)number_count * sizeof *numbers);
    for (int i = 0; i < count; i++) {
        struct reading_number *const n = &numbers[digits[i].number];
        const size_t length = strlen(n->text);
        n->box = length ? box_union(n->box, digits[i].box) : digits[i].box;
        n->confidence = (length ? n->confidence : 1) * digits[i].confidence;
        n->text[length] = (char)('0' + digits[i].digit);
    }
}

/* A line of text grows by the run nearest to it: going from left to right, a run joins the line whose
 * rightmost run is on its level; so a line may climb or fall slowly, as it does on a page held askew. */
static int assign_lines(struct run *runs, int count)
{
    int last[LAYOUT_MOST_DIGITS], lines = 0;
    bool done[LAYOUT_MOST_DIGITS] = {false};
    for (int k = 0; k < count; k++) {
        int next = -1;
        for (int i = 0; i < count; i++)
            if (!done[i] && (next < 0 || runs[i].box.x < runs[next].box.x))
                next = i;
        done[next] = true;
        int best = -1, best_gap = 0;
        for (int line = 0; line < lines; line++) {
            const struct box end = runs[last[line]].box;
            const int gap = runs[next].box.x - (end.x + end.w);
            if (on_one_level(end, runs[next].box) && (best < 0 || gap < best_gap)) {
                best = line;
                best_gap = gap;
            }
        }
        runs[next].line = best >= 0 ? best : lines++;
        last[runs[next].line] = next;
    }
    return lines;
}

/* Rank of each run in reading order: by the top of its line, then by its left edge. */
static void rank_runs(struct run *runs, int count, int *rank)
{
    int tops[LAYOUT_MOST_DIGITS];
    const int lines = assign_lines(runs, count);
    for (int line = 0; line < lines; line++) { /* a line stands where its leftmost run does */
        int leftmost = -1;
        for (int i = 0; i < count; i++)
            if (runs[i].line == line && (leftmost < 0 || runs[i].box.x < runs[leftmost].box.x))
                leftmost = i;
        tops[line] = 2 * runs[leftmost].box.y + runs[leftmost].box.h;
    }
    for (int i = 0; i < count; i++) {
        rank[i] = 0;
        for (int j = 0; j < count; j++) {
            const int a = runs[i].line, b = runs[j].line;
            const bool before =
                a == b ? (runs[j].box.x < runs[i].box.x || (runs[j].box.x == runs[i].box.x && j < i))
                       : (tops[b] < tops[a] || (tops[b] == tops[a] && b < a));
            rank[i] += before;
        }
    }
}

static int by_number_then_left(const void *a, const void *b)
{
    const struct reading_digit *p = a, *q = b;
    return p->number != q->number ? (p->number > q->number) - (p->number < q->number) : by_left(a, b);
}

static int layout_level(struct reading_digit *digits, int count, struct reading_number *numbers)
{
    qsort(digits, (size_t)count, sizeof *digits, by_left);
    const int number_count = find_numbers(digits, count);
    fill_numbers(digits, count, numbers, number_count);

    struct run runs[LAYOUT_MOST_DIGITS];
    int rank[LAYOUT_MOST_DIGITS];
    for (int n = 0; n < number_count; n++)
        runs[n] = (struct run){0, numbers[n].box};
    rank_runs(runs, number_count, rank);
    for (int i = 0; i < count; i++)
        digits[i].number = rank[digits[i].number];
    qsort(digits, (size_t)count, sizeof *digits, by_number_then_left);
    fill_numbers(digits, count, numbers, number_count);
    return number_count;
}

/* A page askew is turned level, laid out, and its boxes are put back. */
int layout_digits(struct reading_digit *digits, int count, float tilt, struct reading_number *numbers)
{
    struct reading_digit askew[LAYOUT_MOST_DIGITS];
    assert(count >= 0 && count <= LAYOUT_MOST_DIGITS);
    if (tilt == 0)
        return layout_level(digits, count, numbers);
    for (int i = 0; i < count; i++) {
        askew[i] = digits[i];
        digits[i].box = tilt_level_box(digits[i].box, tilt);
    }
    const int number_count = layout_level(digits, count, numbers);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++)
            if (askew[k].id == digits[i].id)
                digits[i].box = askew[k].box;
    fill_numbers(digits, count, numbers, number_count);
    return number_count;
}
