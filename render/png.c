#include "render/png.h"

#include <errno.h>
#include <spng.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Row by row, without alpha. Returns spng's error. */
static int encode_rows(spng_ctx *context, const uint8_t *pixels, int width_px, int height_px, size_t stride_bytes,
                       uint8_t *row)
{
    int error = spng_encode_image(context, NULL, 0, SPNG_FMT_PNG, SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE);
    for (int y = 0; y < height_px && !error; y++) {
        const uint8_t *const from = pixels + (size_t)y * stride_bytes;
        for (int x = 0; x < width_px; x++)
            memcpy(row + 3 * x, from + 4 * x, 3);
        error = spng_encode_row(context, row, 3 * (size_t)width_px);
    }
    return error == SPNG_EOI ? 0 : error;
}

static int encode(FILE *file, const uint8_t *pixels, int width_px, int height_px, size_t stride_bytes)
{
    spng_ctx *const context = spng_ctx_new(SPNG_CTX_ENCODER);
    uint8_t *const row = malloc(3 * (size_t)width_px);
    struct spng_ihdr header = {.width = (uint32_t)width_px,
                               .height = (uint32_t)height_px,
                               .bit_depth = 8,
                               .color_type = SPNG_COLOR_TYPE_TRUECOLOR};
    int error = context && row ? 0 : SPNG_EMEM;
    if (!error)
        error = spng_set_png_file(context, file);
    if (!error)
        error = spng_set_ihdr(context, &header);
    if (!error) {
        spng_set_option(context, SPNG_IMG_COMPRESSION_LEVEL, 4); /* twice as quick as 6, a few percent larger */
        error = encode_rows(context, pixels, width_px, height_px, stride_bytes, row);
    }
    free(row);
    spng_ctx_free(context);
    return error == 0 ? 0 : error == SPNG_EMEM ? -ENOMEM : -EIO;
}

int png_write_rgba(const char *path, const uint8_t *pixels, int width_px, int height_px, size_t stride_bytes, char *why,
                   size_t why_bytes)
{
    struct stat status;
    FILE *const file = fopen(path, "wb");
    const bool own = file && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode); /* and not a device */
    int error = file ? encode(file, pixels, width_px, height_px, stride_bytes) : -errno;
    if (file) {
        errno = 0;
        if (fclose(file) != 0 && !error) /* a full disk may show itself only here */
            error = errno ? -errno : -EIO;
        if (error && own)
            unlink(path);
    }
    if (error)
        snprintf(why, why_bytes, "%s cannot be written: %s", path, strerror(-error));
    return error;
}
