#include "capture/png.h"

#include <spng.h>
#include <stdbool.h>
#include <string.h>

#include "capture/frame_check.h"
#include "capture/why.h"

/* Colour profiles, texts and the like may be long; more than this in one chunk, or in all, is an attack. */
enum { MAX_CHUNK_BYTES = 16 << 20, MAX_KEPT_BYTES = 64 << 20 };

static int explain(int error, size_t size_bytes, char *why, size_t why_bytes)
{
    switch (error) {
    case SPNG_EMEM:
        return why_fail(why, why_bytes, -ENOMEM, "no memory for this PNG picture");
    case SPNG_IO_EOF:
    case SPNG_EOF:
    case SPNG_EIDAT_TOO_SHORT:
        return why_fail(why, why_bytes, -EBADMSG, "cut-off PNG: its %zu bytes do not hold all of it",
                        size_bytes);
    case SPNG_ESIGNATURE:
        return why_fail(why, why_bytes, -EBADMSG, "not a PNG picture");
    case SPNG_EWIDTH:
    case SPNG_EHEIGHT:
        return why_fail(why, why_bytes, -EFBIG,
                        "too large for a PNG, or empty: its header gives an impossible size");
    default:
        return why_fail(why, why_bytes, -EBADMSG, "damaged PNG: %s", spng_strerror(error));
    }
}

/* The library stops at the last pixel, so a file that lost its closing chunk would go unnoticed: look for it
 * too. */
static int decode_all(spng_ctx *context, void *pixels, size_t bytes, int format)
{
    const int error = spng_decode_image(context, pixels, bytes, format, SPNG_DECODE_TRNS);
    return error ? error : spng_decode_chunks(context);
}

static bool has_transparency(spng_ctx *context, const struct spng_ihdr *header)
{
    struct spng_trns ignored;
    return header->color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
           header->color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA || spng_get_trns(context, &ignored) == 0;
}

/* In place: the picture as it looks on white paper, from 4 bytes a pixel to 3. */
static void lay_on_white(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned alpha = pixels[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] = (uint8_t)((pixels[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

static int decode_to_frame(spng_ctx *context, size_t size_bytes, struct pixels *pixels, struct frame *frame,
                           char *why, size_t why_bytes)
{
    struct spng_ihdr header;
    int error = spng_get_ihdr(context, &header);
    if (error)
        return explain(error, size_bytes, why, why_bytes);
    error = frame_check_size(header.width, header.height, why, why_bytes);
    if (error)
        return error;

    /* 16-bit gray has no direct way to 8 bits in the library; it goes through RGBA like everything else. */
    const bool gray = header.color_type == SPNG_COLOR_TYPE_GRAYSCALE && header.bit_depth <= 8 &&
                      !has_transparency(context, &header);
    const int format = gray ? SPNG_FMT_G8 : SPNG_FMT_RGBA8;
    const size_t count = (size_t)header.width * header.height, bytes = count * (gray ? 1 : 4);
    if (pixels_reserve(pixels, bytes))
        return explain(SPNG_EMEM, size_bytes, why, why_bytes);
    error = decode_all(context, pixels->data, bytes, format);
    if (error)
        return explain(error, size_bytes, why, why_bytes);
    if (!gray)
        lay_on_white(pixels->data, count);

    frame->fourcc = gray ? FRAME_GREY : FRAME_RGB3;
    frame->width_px = (int)header.width;
    frame->height_px = (int)header.height;
    frame->stride_bytes = (size_t)header.width * (gray ? 1 : 3);
    frame->size_bytes = frame->stride_bytes * header.height;
    frame->data = pixels->data;
    return 0;
}

int png_decode(const uint8_t *data, size_t size_bytes, struct pixels *pixels, struct frame *frame, char *why,
               size_t why_bytes)
{
    spng_ctx *context = spng_ctx_new(0);
    if (!context)
        return explain(SPNG_EMEM, size_bytes, why, why_bytes);
    int error = spng_set_chunk_limits(context, MAX_CHUNK_BYTES, MAX_KEPT_BYTES);
    /* A wrong checksum in a text or a colour profile harms no pixel: such chunks are passed over. */
    if (!error)
        error = spng_set_crc_action(context, SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
    if (!error)
        error = spng_set_png_buffer(context, data, size_bytes);
    error = error ? explain(error, size_bytes, why, why_bytes)
                  : decode_to_frame(context, size_bytes, pixels, frame, why, why_bytes);
    spng_ctx_free(context);
    return error;
}
