/* weights_json.h - the JSON of a weights file. Only for net/weights*.c. */
#ifndef DIGITCAM_NET_WEIGHTS_JSON_H
#define DIGITCAM_NET_WEIGHTS_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "net/weights.h"

#define WEIGHTS_SHA256_HEX_BYTES 65 /* 64 digits and the NUL */

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

#endif
