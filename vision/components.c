#include "vision/components.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A piece while it grows. Pieces that turned out to be one are a tree with the lowest number at its root. */
struct component_draft {
    int parent; /* itself: a root */
    int area, first_run, last_run;
    int16_t left, right, top, bottom; /* right and bottom: the last column and row */
};

static int reserve(struct components *c, int width, int runs)
{
    struct components_memory *const m = &c->memory;
    if (width + 2 > m->edge_capacity) {
        int *const edges = malloc(((size_t)width + 2) * sizeof *edges);
        if (!edges)
            return -ENOMEM;
        free(m->edges);
        m->edges = edges;
        m->edge_capacity = width + 2;
    }
    if (runs > m->run_capacity) {
        struct component *const items = malloc((size_t)runs * sizeof *items);
        struct component_draft *const drafts = malloc((size_t)runs * sizeof *drafts);
        struct run *const all = malloc((size_t)runs * sizeof *all);
        int *const owner = malloc((size_t)runs * sizeof *owner);
        if (!items || !drafts || !all || !owner) {
            free(items);
            free(drafts);
            free(all);
            free(owner);
            return -ENOMEM;
        }
        free(c->items);
        free(c->runs);
        free(m->drafts);
        free(m->owner);
        c->items = items;
        c->runs = all;
        m->drafts = drafts;
        m->owner = owner;
        m->run_capacity = runs;
    }
    return 0;
}

/* Columns at which ink begins and ends in a row, in turn. Returns how many. */
static int find_edges(const uint64_t *row, int width, int *edges)
{
    const int words = (int)bits_words(width);
    uint64_t before = 0; /* the pixel before the word */
    int count = 0;
    for (int i = 0; i < words; i++) {
        while (!before && i + 4 <= words && !(row[i] | row[i + 1] | row[i + 2] | row[i + 3]))
            i += 4;
        if (i == words)
            break;
        const uint64_t word = row[i];
        uint64_t changes = word ^ (word << 1 | before);
        before = word >> 63;
        for (; changes; changes &= changes - 1)
            edges[count++] = 64 * i + __builtin_ctzll(changes);
    }
    if (before)
        edges[count++] = width;
    return count;
}

static inline int root_of(struct component_draft *drafts, int i)
{
    while (drafts[i].parent != i)
        i = drafts[i].parent = drafts[drafts[i].parent].parent;
    return i;
}

static int join(struct components *c, int a, int b)
{
    if (a == b)
        return a;
    struct component_draft *const drafts = c->memory.drafts;
    struct component_draft *const to = &drafts[a < b ? a : b], *const from = &drafts[a < b ? b : a];
    c->runs[to->last_run].next = from->first_run;
    to->last_run = from->last_run;
    to->area += from->area;
    to->left = from->left < to->left ? from->left : to->left;
    to->right = from->right > to->right ? from->right : to->right;
    to->top = from->top < to->top ? from->top : to->top;
    to->bottom = from->bottom > to->bottom ? from->bottom : to->bottom;
    from->parent = (int)(to - drafts);
    return from->parent;
}

static void append(struct components *c, int run, int piece)
{
    const struct run r = c->runs[run];
    struct component_draft *const d = &c->memory.drafts[piece];
    c->memory.owner[run] = piece;
    c->runs[d->last_run].next = run;
    d->last_run = run;
    d->area += r.end - r.first;
    d->left = r.first < d->left ? r.first : d->left;
    d->right = r.end - 1 > d->right ? (int16_t)(r.end - 1) : d->right;
    d->bottom = r.y;
}

/* The runs of one row, given the range of those above. `drafts` counts the drafts. */
static void add_row(struct components *c, int y, const int *edges, int edge_count, int above, int above_end,
                    int *drafts)
{
    for (int k = 0; k < edge_count; k += 2) {
        const int run = c->run_count++, first = edges[k], end = edges[k + 1];
        c->runs[run] = (struct run){(int16_t)first, (int16_t)end, (int16_t)y, -1};
        while (above < above_end && c->runs[above].end < first)
            above++;
        int piece = -1;
        for (int i = above; i < above_end && c->runs[i].first <= end; i++) {
            const int root = root_of(c->memory.drafts, c->memory.owner[i]);
            piece = piece < 0 ? root : join(c, piece, root);
        }
        if (piece >= 0) {
            append(c, run, piece);
            continue;
        }
        c->memory.owner[run] = *drafts;
        c->memory.drafts[*drafts] = (struct component_draft){
            *drafts, end - first, run, run, (int16_t)first, (int16_t)(end - 1), (int16_t)y, (int16_t)y};
        ++*drafts;
    }
}

int components_find(struct components *components, struct bit_view mask, int most_runs)
{
    struct components *const c = components;
    assert(mask.width_px <= INT16_MAX && mask.height_px <= INT16_MAX);
    const int error = reserve(c, mask.width_px, most_runs);
    if (error)
        return error;
    int drafts = 0, above = 0;
    c->run_count = c->count = 0;
    for (int y = 0; y < mask.height_px; y++) {
        const int edges =
            find_edges(mask.words + (size_t)y * mask.stride_words, mask.width_px, c->memory.edges);
        const int row = c->run_count;
        if (row + edges / 2 > most_runs)
            break;
        add_row(c, y, c->memory.edges, edges, above, row, &drafts);
        above = row;
    }
    for (int i = 0; i < drafts; i++) {
        const struct component_draft *d = &c->memory.drafts[i];
        if (d->parent == i)
            c->items[c->count++] = (struct component){
                {d->left, d->top, d->right - d->left + 1, d->bottom - d->top + 1}, d->area, d->first_run};
    }
    return 0;
}

void components_release(struct components *c)
{
    free(c->items);
    free(c->runs);
    free(c->memory.drafts);
    free(c->memory.owner);
    free(c->memory.edges);
    *c = (struct components){0};
}
