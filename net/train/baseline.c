#include "net/train/baseline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/net.h"
#include "net/train/dataset.h"
#include "net/train/idx.h"
#include "net/train/neighbours.h"
#include "net/train/svm.h"

static int open_svm(struct judge *judge, const uint8_t *pictures, const uint8_t *labels, int count,
                    const char *kernels, char *why, size_t why_bytes)
{
    (void)kernels; /* libsvm is plain C */
    return judge_open_svm(judge, pictures, labels, count, why, why_bytes);
}

static const struct baseline {
    const char *name;
    int limit; /* pictures it learns from where nobody says how many; 0: all */
    int (*open)(struct judge *judge, const uint8_t *pictures, const uint8_t *labels, int count,
                const char *kernels, char *why, size_t why_bytes);
} baselines[] = {
    {"knn", 0, judge_open_neighbours},
    {"svm", 10000, open_svm},
};

static const struct baseline *find(const char *name)
{
    for (size_t i = 0; i < sizeof baselines / sizeof *baselines; i++)
        if (strcmp(baselines[i].name, name) == 0)
            return &baselines[i];
    return NULL;
}

bool baseline_known(const char *name)
{
    return find(name) != NULL;
}

/* Appends the digits of a folder to `all`. */
static int read_digits(const char *folder, struct dataset *all, char *why, size_t why_bytes)
{
    char **names;
    int count;
    int error = idx_find(folder, &names, &count, why, why_bytes);
    for (int i = 0; i < count && !error; i++) {
        struct idx_set set;
        if (idx_name_is_negative(names[i]))
            continue;
        error = idx_read(&set, folder, names[i], why, why_bytes);
        if (error)
            break;
        for (int n = 0; n < set.count && !error; n++)
            error = dataset_append(all, set.pictures + (size_t)n * NET_PIXELS, set.labels[n], ORIGIN_DIGITS);
        if (error)
            snprintf(why, why_bytes, "not enough memory");
        idx_free(&set);
    }
    idx_free_names(names, count);
    if (!error && all->count == 0) {
        error = -ENOENT;
        snprintf(why, why_bytes,
                 "%s: no set of digits here (sets named \"letters\" or \"symbols\" hold none)", folder);
    }
    return error;
}

/* Keeps `limit` pictures, evenly taken; 0: all. */
static void thin_out(struct dataset *all, int limit)
{
    if (limit == 0 || limit >= all->count)
        return;
    for (int i = 0; i < limit; i++) {
        const size_t from = (size_t)i * (size_t)all->count / (size_t)limit; /* never before i */
        memmove(all->pictures + (size_t)i * NET_PIXELS, all->pictures + from * NET_PIXELS, NET_PIXELS);
        all->labels[i] = all->labels[from];
    }
    all->count = limit;
}

int baseline_open(struct judge *judge, const char *name, const char *folder, int limit, const char *kernels,
                  char *why, size_t why_bytes)
{
    const struct baseline *const baseline = find(name);
    struct dataset all = {0};
    int error = read_digits(folder, &all, why, why_bytes);
    if (!error) {
        const int found = all.count;
        thin_out(&all, limit ? limit : baseline->limit);
        fprintf(stderr, "%s: learning from %d of %d pictures ...\n", name, all.count, found);
        error = baseline->open(judge, all.pictures, all.labels, all.count, kernels, why, why_bytes);
    }
    dataset_free(&all);
    return error;
}
