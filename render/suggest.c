#include "render/suggest.h"

#include <limits.h>
#include <string.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

int suggest_distance(const char *a, const char *b)
{
    int rows[3][32]; /* row i is in rows[i % 3] */
    const int height = (int)strlen(a), width = (int)strlen(b);
    if (width >= 32 || height >= 32)
        return INT_MAX;
    for (int j = 0; j <= width; j++)
        rows[0][j] = j;
    for (int i = 1; i <= height; i++) {
        const int *const before = rows[(i + 1) % 3], *const above = rows[(i + 2) % 3];
        int *const row = rows[i % 3];
        row[0] = i;
        for (int j = 1; j <= width; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[height % 3][width];
}

const char *suggest_nearest(const char *word, const char *const *names, size_t count, int limit)
{
    const char *best = NULL;
    for (size_t i = 0; i < count; i++) {
        const int distance = suggest_distance(word, names[i]);
        if (distance <= limit) {
            limit = distance - 1;
            best = names[i];
        }
    }
    return best;
}
