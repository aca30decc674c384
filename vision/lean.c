#include "vision/lean.h"

#include <stdlib.h>

#define MOST_ON_LINE 64
#define NEAR         2 /* heights */

float lean_of(const uint8_t *crop)
{
    float mass = 0, sx = 0, sy = 0, sxy = 0, syy = 0;
    for (int y = 0; y < NORMALISE_SIDE_PX; y++)
        for (int x = 0; x < NORMALISE_SIDE_PX; x++) {
            const float ink = crop[y * NORMALISE_SIDE_PX + x], u = (float)x, v = (float)y;
            mass += ink, sx += ink * u, sy += ink * v, sxy += ink * u * v, syy += ink * v * v;
        }
    const float upright = mass > 0 ? syy - sy * sy / mass : 0;
    return upright > 0 ? (sx * sy / mass - sxy) / upright : 0;
}

struct lean lean_of_page(const struct candidate *found, const struct sighting *sightings, int count, float sure)
{
    struct lean page = {0, 0};
    for (int i = 0; i < count; i++)
        if (sightings[i].confidence >= sure && sightings[i].digit != 1) {
            page.mean += lean_of(found[i].crop);
            page.digits++;
        }
    if (page.digits)
        page.mean /= (float)page.digits;
    return page;
}

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Does the larger part of `b` lie in the rows of `a`, not far to its left or right? */
static bool near_on_line(struct box a, struct box b)
{
    const int top = a.y > b.y ? a.y : b.y, bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    const int gap = b.x > a.x ? b.x - a.x - a.w : a.x - b.x - b.w;
    return 2 * (bottom - top) > b.h && gap <= NEAR * a.h;
}

float lean_height_on_line(const struct candidate *found, const struct sighting *sightings, int count, int self, float sure)
{
    int heights[MOST_ON_LINE], known = 0;
    for (int i = 0; i < count && known < MOST_ON_LINE; i++)
        if (sightings[i].confidence >= sure && sightings[i].digit != 1 && near_on_line(found[self].box, found[i].box))
            heights[known++] = found[i].box.h;
    if (known == 0)
        return 1;
    qsort(heights, (size_t)known, sizeof *heights, ascending);
    return (float)found[self].box.h / (float)heights[known / 2];
}
