#include "vision/unruled.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define UNDERLINE       0.90f /* length of a line under a number, in widths of what hangs together with it, */
#define UNDERLINE_WIDTH 1.4f  /* which is at least so many heights wide, */
#define UNDERLINE_LEAST_PX 50 /* and so many pixels */
#define MOST_UNDERLINES 32    /* looked for on one level */

/* Paints a piece of ink into a mask, or takes it out. */
static void paint(const struct components *all, int piece, struct bit_image mask, bool in)
{
    for (int k = all->items[piece].first_run; k >= 0; k = all->runs[k].next) {
        const struct run r = all->runs[k];
        uint64_t *const row = mask.words + (size_t)r.y * mask.stride_words;
        (in ? bits_fill : bits_clear)(row, r.first, r.end);
    }
}

static bool is_large(struct box b)
{
    return b.w >= RULES_LEAST_LENGTH_PX || b.h >= RULES_LEAST_LENGTH_PX;
}

/* Paints all ink that hangs together over more than a digit's size. Returns the box round it; its w is 0 where there is none. */
static struct box paint_large(const struct components *all, struct bit_image large)
{
    struct box area = {0, 0, 0, 0};
    memset(large.words, 0, large.stride_words * (size_t)large.height_px * sizeof *large.words);
    for (int i = 0; i < all->count; i++) {
        const struct box b = all->items[i].box;
        if (!is_large(b))
            continue;
        area = area.w ? box_union(area, b) : b;
        paint(all, i, large, true);
    }
    return area;
}

/* Erases the lines that numbers stand on, where those touch them: each is nearly as long as all that hangs together with it,
 * and what that is now lies in `large`. */
static int erase_underlines(struct unruled *u, const struct components *all, const struct ink *ink, struct bit_image large,
                            int least_height_px, int most_height_px, int *erased)
{
    int error = 0, looked_at = 0;
    for (int i = 0; i < all->count && looked_at < MOST_UNDERLINES && !error; i++) {
        const struct box b = all->items[i].box;
        const int least = (int)(UNDERLINE * (float)b.w);
        if (b.w < UNDERLINE_LEAST_PX || (float)b.w < UNDERLINE_WIDTH * (float)b.h || b.h < least_height_px ||
            b.h > 2 * most_height_px)
            continue;
        int more;
        if (!is_large(b))
            paint(all, i, large, true);
        const struct box below = {b.x, b.y + b.h / 2, b.w, b.h - b.h / 2}; /* the bars of two 4s may lie in a line as well */
        error = rules_erase(&u->rules, large, ink, below, (struct rules_least){least, INT_MAX}, &more);
        if (!is_large(b) && !error && more == 0)
            paint(all, i, large, false);
        *erased += more;
        u->rule_px = u->rule_px > 0 ? u->rule_px : u->rules.width_px;
        looked_at++;
    }
    return error;
}

int unruled_find(struct unruled *unruled, const struct components *components, const struct ink *ink, int least_height_px,
                 int most_height_px, struct bit_view *left)
{
    struct unruled *const u = unruled;
    const int w = ink->mask.width_px, height = ink->mask.height_px;
    const size_t words = bits_words(w) * (size_t)height;
    *left = (struct bit_view){NULL, 0, 0, 0};
    if (words > u->capacity) {
        uint64_t *const memory = malloc(words * sizeof *memory);
        if (!memory)
            return -ENOMEM;
        free(u->memory);
        u->memory = memory;
        u->capacity = words;
    }
    const struct bit_image large = {u->memory, w, height, bits_words(w)};
    const struct box area = paint_large(components, large);
    const struct rules_least least = {rules_least_length(w), rules_least_length(height)};
    int erased = 0, error = 0;
    u->rule_px = 0;
    if (area.w > 0) {
        error = rules_erase(&u->rules, large, ink, area, least, &erased);
        u->rule_px = u->rules.width_px;
    }
    if (!error)
        error = erase_underlines(u, components, ink, large, least_height_px, most_height_px, &erased);
    if (!error && erased > 0)
        *left = bit_image_view(&large);
    return error;
}

void unruled_release(struct unruled *unruled)
{
    rules_release(&unruled->rules);
    free(unruled->memory);
    *unruled = (struct unruled){0};
}
