#include "net/train/dataset.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/pen.h"
#include "net/net.h"
#include "net/train/idx.h"

#define HELD_OUT      20 /* one in so many is for validation */
#define HELD_OUT_FEW  5  /* where there are so few that a twentieth would say nothing */
#define FEW           2000
#define HELD_OUT_MOST 3000
#define REPEATS_MOST  4
#define SPLIT_SEED    20260101u
#define ONE_ELONGATION                                                                                       \
    6.0 /* ratio of the second moments: a stroke two and a half times as long as wide, or a longer one that is bent */
#define ONE_UPRIGHTNESS                                                                                      \
    0.5                   /* sine of the least angle to the horizontal of one that leans forward, as 1s do */
#define ONE_BACKWARD 0.7 /* cosine of the same for one that leans backward, which few hands do */

int dataset_append(struct dataset *dataset, const uint8_t *picture, int label, enum dataset_origin origin)
{
    if (dataset->count == dataset->capacity) {
        const size_t capacity = dataset->capacity > 0 ? (size_t)dataset->capacity * 2 : 1024;
        uint8_t *pictures = realloc(dataset->pictures, capacity * NET_PIXELS);
        dataset->pictures = pictures ? pictures : dataset->pictures;
        uint8_t *labels = realloc(dataset->labels, capacity);
        dataset->labels = labels ? labels : dataset->labels;
        uint8_t *origins = realloc(dataset->origins, capacity);
        dataset->origins = origins ? origins : dataset->origins;
        if (!pictures || !labels || !origins)
            return -ENOMEM;
        dataset->capacity = (int)capacity;
    }
    memcpy(dataset->pictures + (size_t)dataset->count * NET_PIXELS, picture, NET_PIXELS);
    dataset->labels[dataset->count] = (uint8_t)label;
    dataset->origins[dataset->count] = (uint8_t)origin;
    dataset->count++;
    return 0;
}

void dataset_free(struct dataset *dataset)
{
    free(dataset->pictures);
    free(dataset->labels);
    free(dataset->origins);
    memset(dataset, 0, sizeof *dataset);
}

bool dataset_looks_like_one(const uint8_t *picture)
{
    double mass = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
    for (int y = 0; y < NET_SIDE_PX; y++)
        for (int x = 0; x < NET_SIDE_PX; x++) {
            const double ink = picture[y * NET_SIDE_PX + x];
            mass += ink, sx += ink * x, sy += ink * y;
            sxx += ink * x * x, sxy += ink * x * y, syy += ink * y * y;
        }
    if (mass <= 0)
        return false;
    const double mx = sx / mass, my = sy / mass;
    const double xx = sxx / mass - mx * mx, xy = sxy / mass - mx * my, yy = syy / mass - my * my;
    const double middle = (xx + yy) / 2, reach = sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
    const double longest = middle + reach, shortest = middle - reach;
    const double angle = 0.5 * atan2(2 * xy, xx - yy); /* of the longest axis to the horizontal */
    const double along = cos(angle), up = -sin(angle), forward = up < 0 ? -along : along; /* y points down */
    return longest > ONE_ELONGATION * (shortest + 0.3) && fabs(up) > ONE_UPRIGHTNESS &&
           forward > -ONE_BACKWARD;
}

/* One picture in `held_out` goes to `validation`. */
static int add_set(const struct idx_set *set, int repeats, int held_out, struct dataset *training,
                   struct dataset *validation)
{
    struct pen_random random;
    pen_random_seed(&random, SPLIT_SEED);
    const bool negative = idx_name_is_negative(set->name);
    const enum dataset_origin origin = negative ? ORIGIN_NEGATIVES : ORIGIN_DIGITS;
    int held = 0, error = 0;
    for (int i = 0; i < set->count && !error; i++) {
        const uint8_t *picture = set->pictures + (size_t)i * NET_PIXELS;
        const int label = negative ? DATASET_NOT_A_DIGIT : set->labels[i];
        const bool hold = pen_random_below(&random, held_out) == 0 && held < HELD_OUT_MOST;
        if (negative && dataset_looks_like_one(picture))
            continue;
        held += hold;
        if (hold)
            error = dataset_append(validation, picture, label, origin);
        for (int r = 0; r < repeats && !hold && !error; r++)
            error = dataset_append(training, picture, label, origin);
    }
    return error;
}

/* The sets of one folder, appended to *sets. */
static int read_folder(const char *folder, struct idx_set **sets, int *count, char *why, size_t why_bytes)
{
    char **names;
    int name_count;
    int error = idx_find(folder, &names, &name_count, why, why_bytes);
    for (int i = 0; i < name_count && !error; i++) {
        struct idx_set *grown = realloc(*sets, sizeof **sets * ((size_t)*count + 1));
        if (!grown) {
            snprintf(why, why_bytes, "not enough memory");
            error = -ENOMEM;
            break;
        }
        *sets = grown;
        error = idx_read(&grown[*count], folder, names[i], why, why_bytes);
        *count += error ? 0 : 1;
    }
    idx_free_names(names, name_count);
    return error;
}

int dataset_load(const char *const *folders, int folder_count, bool negatives, int times,
                 struct dataset *training, struct dataset *validation, char *why, size_t why_bytes)
{
    struct idx_set *sets = NULL;
    int count = 0, error = 0, largest = 0, digits = 0;
    for (int i = 0; i < folder_count && !error; i++)
        error = read_folder(folders[i], &sets, &count, why, why_bytes);
    for (int i = 0; i < count; i++)
        if (!idx_name_is_negative(sets[i].name)) {
            largest = sets[i].count > largest ? sets[i].count : largest;
            digits += sets[i].count;
        }
    if (!error && digits == 0) {
        error = -ENOENT;
        snprintf(why, why_bytes,
                 "%s: no set of digits here (sets named \"letters\" or \"symbols\" hold none)", folders[0]);
    }
    for (int i = 0; i < count && !error; i++) {
        const bool negative = idx_name_is_negative(sets[i].name);
        const int wanted = negative ? 1 : largest / 8 / sets[i].count + 1;
        if (negative && !negatives)
            continue;
        error = add_set(&sets[i], times * (wanted > REPEATS_MOST ? REPEATS_MOST : wanted),
                        digits < FEW ? HELD_OUT_FEW : HELD_OUT, training, validation);
        if (error)
            snprintf(why, why_bytes, "not enough memory for the training sets");
    }
    for (int i = 0; i < count; i++)
        idx_free(&sets[i]);
    free(sets);
    return error;
}
