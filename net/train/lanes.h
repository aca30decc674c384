/* lanes.h - how activations lie while a network learns: LANES pictures side by side, one in each lane of a
 * vector.
 *
 * A batch is cut into groups of LANES pictures; a group's activations are channel x height x width x lane. So
 * every step of a convolution is the same for all pictures of a group and needs no rearranging, whatever the
 * sizes are. Eight floats fill a vector of AVX2; where vectors are shorter the compiler takes two. */
#ifndef DIGITCAM_NET_TRAIN_LANES_H
#define DIGITCAM_NET_TRAIN_LANES_H

#include <stddef.h>

#define LANES 8

typedef float lanes __attribute__((vector_size(4 * LANES), may_alias));
typedef int lanes_mask
    __attribute__((vector_size(4 * LANES), may_alias)); /* what comparing two lanes gives */

/* a where the mask is set, else b */
#define LANES_CHOOSE(mask, a, b) ((lanes)(((mask) & (lanes_mask)(a)) | (~(mask) & (lanes_mask)(b))))

static inline int lanes_groups(int pictures)
{
    return (pictures + LANES - 1) / LANES;
}

/* `count` floats with room for whole groups, aligned for lanes; NULL when there is no memory. free() frees
 * it. */
float *lanes_allocate(size_t count);

/* From pictures that lie one after another (each `each` floats) to groups, and back. The lanes beyond the
 * last picture become 0. */
void lanes_pack(int pictures, size_t each, const float *from, float *to);
void lanes_unpack(int pictures, size_t each, const float *from, float *to);

#endif
