#include "net/train/to_int8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "net/quantise.h"
#include "net/train/augment.h"
#include "net/weights.h"

#define MOST_PICTURES 3000 /* more change nothing but the time it takes */

/* `count` pictures of the set, every other one as training changes those of digits. */
static void choose_pictures(const struct dataset *set, uint64_t seed, int count, uint8_t *pictures)
{
    static const struct augment_style style = {.geometry = 1, .thickness = 1, .damage = 1, .dirt = 1, .raw = 0.35f};
    struct pen_random random;
    pen_random_seed(&random, seed);
    for (int i = 0; i < count; i++, pictures += NET_PIXELS) {
        const int index = pen_random_below(&random, set->count);
        memcpy(pictures, set->pictures + (size_t)index * NET_PIXELS, NET_PIXELS);
        if (i % 2 == 0 && set->origins[index] != ORIGIN_SCENES)
            augment_picture(&style, &random, pictures, pictures);
    }
}

int to_int8(const char *path, const struct dataset *training, uint64_t seed, char *why, size_t why_bytes)
{
    struct weights *floats, *int8 = NULL;
    int error = weights_read(&floats, path, why, why_bytes);
    if (error)
        return error;
    if (floats->int8) {
        weights_destroy(floats);
        return 0;
    }
    const int count = training->count < MOST_PICTURES ? training->count : MOST_PICTURES;
    uint8_t *pictures = malloc((size_t)(count + 1) * NET_PIXELS);
    if (!pictures) {
        snprintf(why, why_bytes, "not enough memory");
        error = -ENOMEM;
    } else {
        choose_pictures(training, seed, count, pictures);
        error = weights_quantise(floats, pictures, count, &int8, why, why_bytes);
    }
    if (!error)
        error = weights_write(int8, path, why, why_bytes);
    free(pictures);
    weights_destroy(int8);
    weights_destroy(floats);
    return error;
}
