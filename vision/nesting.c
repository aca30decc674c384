#include "vision/nesting.h"

#include <errno.h>
#include <stdlib.h>

enum { OUTSIDE = 0 }; /* the background round everything */

static int reserve(struct nesting *n, int runs)
{
    enum { ARRAYS = 7 };
    if (runs <= n->memory.run_capacity)
        return 0;
    const size_t each = (size_t)runs + 1;
    int *const memory = malloc(ARRAYS * each * sizeof *memory);
    if (!memory)
        return -ENOMEM;
    free(n->hole_in);
    n->hole_in = memory;
    n->lies_in = memory + each;
    n->memory = (struct nesting_memory){memory + 2 * each, memory + 3 * each, memory + 4 * each,
                                        memory + 5 * each, memory + 6 * each, runs};
    return 0;
}

static inline int root_of(int *parent, int i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static inline int join(int *parent, int a, int b)
{
    return a < b ? (parent[b] = a) : (parent[a] = b);
}

static inline void join_outside(int *parent, int label)
{
    parent[root_of(parent, label)] = OUTSIDE;
}

/* Runs of the row above, and the first of them that may still matter. */
struct row_above {
    int first, end, at;
};

/* The background between run `left` and the next one: part of what it meets in the row above, or new. */
static int label_gap(struct nesting_memory *m, const struct run *runs, int left, struct row_above *above,
                     int *labels)
{
    const int first = runs[left].end, end = runs[left + 1].first; /* the gap's columns */
    int label = -1;
    while (above->at < above->end && runs[above->at].first <= first)
        above->at++;
    /* The gap before run i begins where run i - 1 ends; the first and the last gap of a row are outside. */
    for (int i = above->at; i <= above->end && (i == above->first || runs[i - 1].end < end); i++) {
        const bool outside = i == above->first || i == above->end;
        const int root = outside ? OUTSIDE : root_of(m->parent, m->gap[i - 1]);
        label = label < 0 || label == root ? root : join(m->parent, label, root);
    }
    if (label < 0) {
        label = (*labels)++;
        m->parent[label] = label;
        m->first_run[label] = left;
    }
    return label;
}

/* Labels the gaps between the runs row .. row_end - 1 of one row. `last`: what is below them is outside. */
static void label_row(struct nesting_memory *m, const struct run *runs, int row, int row_end,
                      struct row_above above, bool last, int *labels)
{
    /* What lies in the row above over the outside at either end of this one is outside. */
    for (int i = above.first + 1; i < above.end && runs[i - 1].end < runs[row].first; i++)
        join_outside(m->parent, m->gap[i - 1]);
    for (int i = above.end - 1; i > above.first && runs[i].first > runs[row_end - 1].end; i--)
        join_outside(m->parent, m->gap[i - 1]);
    for (int r = row; r + 1 < row_end; r++) {
        m->gap[r] = above.first == above.end ? OUTSIDE : label_gap(m, runs, r, &above, labels);
        if (last)
            join_outside(m->parent, m->gap[r]);
    }
}

int nesting_find(struct nesting *nesting, const struct components *components)
{
    const struct run *runs = components->runs;
    const int count = components->run_count;
    const int error = reserve(nesting, count);
    if (error)
        return error;
    struct nesting_memory *const m = &nesting->memory;
    for (int i = 0; i < components->count; i++)
        for (int r = components->items[i].first_run; r >= 0; r = runs[r].next)
            m->component[r] = i;
    int labels = 1, above = 0;
    m->parent[OUTSIDE] = OUTSIDE;
    for (int row = 0, row_end; row < count; above = row, row = row_end) {
        for (row_end = row + 1; row_end < count && runs[row_end].y == runs[row].y; row_end++)
            ;
        const int from = row > 0 && runs[above].y == runs[row].y - 1 ? above : row;
        const bool last =
            row_end == count || runs[row_end].y != runs[row].y + 1; /* a blank row below is outside */
        label_row(m, runs, row, row_end, (struct row_above){from, row, from}, last, &labels);
    }
    nesting->hole_count = 0;
    for (int i = 1; i < labels; i++)
        if (m->parent[i] == i) {
            m->hole[i] = nesting->hole_count;
            nesting->hole_in[nesting->hole_count++] = m->component[m->first_run[i]];
        }
    for (int i = 0; i < components->count; i++) {
        const int first = components->items[i].first_run;
        const bool leftmost = first == 0 || runs[first - 1].y != runs[first].y;
        const int background = leftmost ? OUTSIDE : root_of(m->parent, m->gap[first - 1]);
        nesting->lies_in[i] = background == OUTSIDE ? -1 : m->hole[background];
    }
    return 0;
}

void nesting_release(struct nesting *nesting)
{
    free(nesting->hole_in);
    *nesting = (struct nesting){0};
}
