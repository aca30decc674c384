#include "net/train/checkpoint.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <nettle/sha2.h>

#define MAGIC "digitcam training 2\n"

/* The fixed part of the file; it is read on the machine that wrote it, so byte order and padding are its own.
 */
struct header {
    char magic[24];
    uint64_t seed;
    int64_t epochs, pictures, epoch, step;
    double best;
    uint64_t counts[CHECKPOINT_VECTORS];
    uint8_t recipe[SHA256_DIGEST_SIZE];
    uint8_t vectors[SHA256_DIGEST_SIZE]; /* hash of all their bytes */
};

static void hash_vectors(const struct checkpoint *checkpoint, uint8_t *digest)
{
    struct sha256_ctx context;
    sha256_init(&context);
    for (int v = 0; v < checkpoint->count; v++)
        sha256_update(&context, sizeof(float) * checkpoint->vectors[v].count,
                      (const uint8_t *)checkpoint->vectors[v].values);
    sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
}

static struct header header_of(const struct checkpoint *checkpoint)
{
    struct header header;
    memset(&header, 0, sizeof header);
    memcpy(header.magic, MAGIC, sizeof MAGIC);
    header.seed = checkpoint->seed;
    header.epochs = checkpoint->epochs, header.pictures = checkpoint->pictures;
    header.epoch = checkpoint->epoch, header.step = checkpoint->step, header.best = checkpoint->best;
    for (int v = 0; v < checkpoint->count; v++)
        header.counts[v] = checkpoint->vectors[v].count;
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, strlen(checkpoint->recipe), (const uint8_t *)checkpoint->recipe);
    sha256_digest(&context, sizeof header.recipe, header.recipe);
    return header;
}

int checkpoint_write(const struct checkpoint *checkpoint, const char *path, char *why, size_t why_bytes)
{
    char temporary[4200];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "wb");
    struct header header = header_of(checkpoint);
    hash_vectors(checkpoint, header.vectors);
    bool good = file && fwrite(&header, sizeof header, 1, file) == 1;
    for (int v = 0; good && v < checkpoint->count; v++)
        good = fwrite(checkpoint->vectors[v].values, sizeof(float), checkpoint->vectors[v].count, file) ==
               checkpoint->vectors[v].count;
    if (file && fclose(file) != 0)
        good = false;
    if (good && rename(temporary, path) == 0)
        return 0;
    const int error = errno ? -errno : -EIO;
    snprintf(why, why_bytes, "%s: %s", path, strerror(-error));
    remove(temporary);
    return error;
}

int checkpoint_read(struct checkpoint *checkpoint, const char *path, char *why, size_t why_bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        const int error = -errno;
        snprintf(why, why_bytes, "%s: %s; there is nothing to resume", path, strerror(-error));
        return error;
    }
    const struct header wanted = header_of(checkpoint);
    struct header found;
    const char *fault = NULL;
    if (fread(&found, sizeof found, 1, file) != 1 ||
        memcmp(found.magic, wanted.magic, sizeof found.magic) != 0)
        fault = "is no checkpoint";
    else if (found.seed != wanted.seed || found.epochs != wanted.epochs ||
             found.pictures != wanted.pictures ||
             memcmp(found.counts, wanted.counts, sizeof found.counts) != 0 ||
             memcmp(found.recipe, wanted.recipe, sizeof found.recipe) != 0 || found.epoch < 0 ||
             found.epoch > found.epochs)
        fault = "is of another training (the network, the data and all options but --threads must be the same)";
    for (int v = 0; !fault && v < checkpoint->count; v++)
        if (fread(checkpoint->vectors[v].values, sizeof(float), checkpoint->vectors[v].count, file) !=
            checkpoint->vectors[v].count)
            fault = "is cut off";
    fclose(file);
    uint8_t digest[SHA256_DIGEST_SIZE];
    hash_vectors(checkpoint, digest);
    if (!fault && memcmp(digest, found.vectors, sizeof digest) != 0)
        fault = "is damaged: its bytes do not match their checksum";
    if (fault) {
        snprintf(why, why_bytes, "%s %s", path, fault);
        return -EBADMSG;
    }
    checkpoint->epoch = (int)found.epoch, checkpoint->step = (long)found.step, checkpoint->best = found.best;
    return 0;
}
