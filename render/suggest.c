#include "render/suggest.h"

#include <limits.h>
#include <string.h>

int suggest_distance(const char *a, const char *b)
{
    int row[32];
    const int width = (int)strlen(b);
    if (width >= 32 || strlen(a) >= 32)
        return INT_MAX;
    for (int j = 0; j <= width; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= width; j++) {
            const int changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            const int shorter = row[j - 1] < row[j] ? row[j - 1] + 1 : row[j] + 1;
            row[j] = changed < shorter ? changed : shorter;
        }
    }
    return row[width];
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
