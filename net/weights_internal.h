/* weights_internal.h - what the files that read and write weights share. Only for net/weights*.c. */
#ifndef DIGITCAM_NET_WEIGHTS_INTERNAL_H
#define DIGITCAM_NET_WEIGHTS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "net/weights.h"

/* Puts a line for the user into `why` (may be NULL where why_bytes is 0) and returns `error`. Bytes that came
 * out of a file and would play tricks with a terminal are shown as '?'. */
__attribute__((format(printf, 4, 5))) int weights_fail(int error, char *why, size_t why_bytes,
                                                       const char *format, ...);

/* Shape of a layer's weight tensor, PyTorch's order. Returns the number of dimensions: 4 conv, 2 linear, 0
 * maxpool. */
int weights_tensor_shape(const struct layer_spec *layer, long shape[4]);

#endif
