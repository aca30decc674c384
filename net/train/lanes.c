#include "net/train/lanes.h"

#include <stdlib.h>
#include <string.h>

float *lanes_allocate(size_t count)
{
    const size_t bytes = (sizeof(float) * count + 63) / 64 * 64;
    float *made = aligned_alloc(64, bytes);
    if (made)
        memset(made, 0, bytes);
    return made;
}

void lanes_pack(int pictures, size_t each, const float *from, float *to)
{
    for (int group = 0; group < lanes_groups(pictures); group++, from += LANES * each)
        for (size_t i = 0; i < each; i++)
            for (int lane = 0; lane < LANES; lane++)
                *to++ = group * LANES + lane < pictures ? from[(size_t)lane * each + i] : 0;
}

void lanes_unpack(int pictures, size_t each, const float *from, float *to)
{
    for (int n = 0; n < pictures; n++, to += each) {
        const float *lane = from + (size_t)(n / LANES) * LANES * each + n % LANES;
        for (size_t i = 0; i < each; i++)
            to[i] = lane[i * LANES];
    }
}
