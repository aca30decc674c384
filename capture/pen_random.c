#include <assert.h>
#include <math.h>

#include "capture/pen.h"

void pen_random_seed(struct pen_random *random, uint64_t seed)
{
    random->state = seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u;
}

uint64_t pen_random_next(struct pen_random *random)
{
    uint64_t z = (random->state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

int pen_random_below(struct pen_random *random, int count)
{
    assert(count > 0);
    return (int)((pen_random_next(random) >> 32) * (uint64_t)count >> 32);
}

float pen_random_uniform(struct pen_random *random, float low, float high)
{
    return low + (high - low) * ((float)(pen_random_next(random) >> 40) / 16777216.0f);
}

/* The sum of twelve sixteen-bit draws is as good as normal for handwriting, and it is bounded and fast. */
float pen_random_normal(struct pen_random *random, float mean, float deviation)
{
    uint32_t sum = 0;
    for (int i = 0; i < 3; i++) {
        const uint64_t draw = pen_random_next(random);
        sum += (uint32_t)((draw & 0xFFFF) + (draw >> 16 & 0xFFFF) + (draw >> 32 & 0xFFFF) + (draw >> 48));
    }
    const float z = ((float)sum + 6.0f) / 65536.0f - 6.0f;
    return mean + deviation * fminf(3.0f, fmaxf(-3.0f, z));
}
