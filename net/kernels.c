/* kernels.c - which sets of kernels there are, and the choice between them. */
#include "net/kernels.h"

#include <string.h>

/* From the plainest to the fastest. */
static const struct kernels *const all[] = {
    &kernels_scalar,
#if defined(__x86_64__)
    &kernels_avx2,
#endif
};
enum { COUNT = sizeof all / sizeof *all };

const struct kernels *kernels_at(int index)
{
    return index >= 0 && index < COUNT ? all[index] : NULL;
}

const struct kernels *kernels_find(const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

const struct kernels *kernels_best(void)
{
    int best = COUNT - 1;
    while (best > 0 && !all[best]->supported())
        best--;
    return all[best];
}
