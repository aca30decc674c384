/* weights_internal.h - what the files that read and write weights share. Only for net/weights*.c. */
#ifndef DIGITCAM_NET_WEIGHTS_INTERNAL_H
#define DIGITCAM_NET_WEIGHTS_INTERNAL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "net/weights.h"

#define WEIGHTS_SHA256_HEX_BYTES 65 /* 64 digits and the NUL */

/* Puts a line for the user into `why` (may be NULL where why_bytes is 0) and returns `error`. Bytes that came
 * out of a file and would play tricks with a terminal are shown as '?'. */
__attribute__((format(printf, 4, 5))) int weights_fail(int error, char *why, size_t why_bytes,
                                                       const char *format, ...);

/* SHA-256 in lower-case hexadecimal: of bytes, and of what the metadata say about the network
 * (net/weights.h). */
void weights_sha256(const uint8_t *bytes, size_t count, char hex[WEIGHTS_SHA256_HEX_BYTES]);
void weights_metadata_sha256(const json_t *metadata, char hex[WEIGHTS_SHA256_HEX_BYTES]);

/* The layer list from the text of `digitcam.layers`: kind, name, sizes and activation, and the in_channels
 * the file claims (conv: channels, linear: inputs), which the caller holds against the shapes it works out.
 * `layers` has room for WEIGHTS_MAX_LAYERS. Returns 0, or -EINVAL with the reason in `why`, or -ENOMEM. */
int weights_layers_from_json(const char *text, struct layer_spec *layers, int *layer_count, char *why,
                             size_t why_bytes);

/* The same back to text, which the caller frees; NULL: out of memory. */
char *weights_layers_to_json(const struct layer_spec *layers, int layer_count);

/* Shape of a layer's weight tensor, PyTorch's order. Returns the number of dimensions: 4 conv, 2 linear, 0
 * maxpool. */
int weights_tensor_shape(const struct layer_spec *layer, long shape[4]);

#endif
