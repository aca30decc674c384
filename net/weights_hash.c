/* weights_hash.c - the two checksums of a weights file. */
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

#include "net/weights_internal.h"
#include "net/weights_json.h"

static void finish(struct sha256_ctx *context, char hex[WEIGHTS_SHA256_HEX_BYTES])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void weights_sha256(const uint8_t *bytes, size_t count, char hex[WEIGHTS_SHA256_HEX_BYTES])
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, count, bytes);
    finish(&context, hex);
}

void weights_metadata_sha256(const json_t *metadata, char hex[WEIGHTS_SHA256_HEX_BYTES])
{
    static const char *const keys[] = {"digitcam.classes", "digitcam.layers", "digitcam.recipe",
                                       "digitcam.threshold", "digitcam.version"};
    struct sha256_ctx context;
    sha256_init(&context);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = json_string_value(json_object_get(metadata, keys[i]));
        if (text)
            sha256_update(&context, strlen(text), (const uint8_t *)text);
        sha256_update(&context, 1, (const uint8_t *)"\n");
    }
    finish(&context, hex);
}
