#include "capture/jpeg.h"

#include <assert.h>
#include <string.h>
#include <turbojpeg.h>

#include "capture/frame_check.h"
#include "capture/why.h"

/* Markers: ITU-T T.81, table B.1. */
enum {
    MARKER_SOF0 = 0xC0,
    MARKER_SOF1 = 0xC1,
    MARKER_SOF15 = 0xCF,
    MARKER_DHT = 0xC4,
    MARKER_JPG = 0xC8,
    MARKER_DAC = 0xCC,
    MARKER_RST0 = 0xD0,
    MARKER_RST7 = 0xD7,
    MARKER_SOI = 0xD8,
    MARKER_EOI = 0xD9,
    MARKER_SOS = 0xDA,
    MARKER_TEM = 0x01,
    MARKER_APP1 = 0xE1,
    MARKER_APP14 = 0xEE,
};

/* ---- the markers ------------------------------------------------------------------------------------- */

struct walk {
    const uint8_t *at, *end;
};

/* Moves past the next marker and returns its code; -1 at the end of the data. Stray bytes before it are
 * passed over, as are stuffed zeros (FF 00) and restart markers, which belong to the picture's data. */
static int next_marker(struct walk *walk)
{
    while (walk->at < walk->end) {
        const uint8_t *ff = memchr(walk->at, 0xFF, (size_t)(walk->end - walk->at));
        if (!ff)
            break;
        while (ff < walk->end && *ff == 0xFF)
            ff++; /* any number of FF may stand before the code */
        if (ff == walk->end)
            break;
        walk->at = ff + 1;
        const int code = *ff;
        if (code == 0 || code == MARKER_TEM || (code >= MARKER_RST0 && code <= MARKER_RST7))
            continue;
        return code;
    }
    walk->at = walk->end;
    return -1;
}

static bool is_frame_header(int marker)
{
    return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT && marker != MARKER_JPG &&
           marker != MARKER_DAC;
}

/* One segment with a length: `body` is what follows the two bytes of it. */
static int read_segment(int marker, const uint8_t *body, size_t bytes, struct jpeg_info *info, char *why,
                        size_t why_bytes)
{
    if (is_frame_header(marker) && info->components == 0) {
        if (bytes < 6)
            return why_fail(why, why_bytes, -EBADMSG, "damaged JPEG: its frame header is too short");
        info->height_px = body[1] << 8 | body[2];
        info->width_px = body[3] << 8 | body[4];
        info->components = body[5];
        info->one_scan = marker == MARKER_SOF0 || marker == MARKER_SOF1;
        return frame_check_size(info->width_px, info->height_px, why, why_bytes);
    }
    if (marker == MARKER_SOS) {
        if (info->components == 0)
            return why_fail(why, why_bytes, -EBADMSG, "damaged JPEG: its pixels come before their size");
        if (bytes < 1 || body[0] != info->components)
            info->one_scan = false;
    }
    if (marker == MARKER_APP14 && bytes >= 5 && memcmp(body, "Adobe", 5) == 0)
        info->adobe = true;
    if (marker == MARKER_APP1 && !info->exif && bytes > 6 && memcmp(body, "Exif\0", 6) == 0) {
        info->exif = body;
        info->exif_bytes = bytes;
    }
    return 0;
}

int jpeg_read_info(const uint8_t *data, size_t size_bytes, struct jpeg_info *info, char *why,
                   size_t why_bytes)
{
    *info = (struct jpeg_info){0};
    if (size_bytes == 0)
        return why_fail(why, why_bytes, -EBADMSG, "an empty picture");
    if (size_bytes < 2 || data[0] != 0xFF || data[1] != MARKER_SOI)
        return why_fail(why, why_bytes, -EBADMSG, "not a JPEG picture");
    struct walk walk = {data + 2, data + size_bytes};
    bool in_pixels = false;
    int marker;
    while ((marker = next_marker(&walk)) >= 0) {
        if (marker == MARKER_EOI) {
            info->ended = true;
            break;
        }
        if (marker == MARKER_SOI)
            continue;
        const size_t left = (size_t)(walk.end - walk.at);
        const size_t length = left >= 2 ? (size_t)(walk.at[0] << 8 | walk.at[1]) : 0;
        if (length < 2 || length > left) {
            if (in_pixels)
                break; /* rubbish among the pixels: the decoder will say what it makes of them */
            return why_fail(why, why_bytes, -EBADMSG, "cut-off JPEG: %zu bytes, which end inside its headers",
                            size_bytes);
        }
        const int error = read_segment(marker, walk.at + 2, length - 2, info, why, why_bytes);
        if (error)
            return error;
        in_pixels |= marker == MARKER_SOS;
        walk.at += length;
    }
    if (!in_pixels)
        return why_fail(why, why_bytes, -EBADMSG, "cut-off JPEG: %zu bytes, none of them pixels", size_bytes);
    return 0;
}

/* ---- the pixels -------------------------------------------------------------------------------------- */

struct jpeg_decoder {
    tjhandle handle;
    struct pixels ended; /* a picture without its end marker, with the marker added */
    struct pixels inks;  /* a CMYK picture, 4 bytes a pixel */
};

int jpeg_decoder_create(struct jpeg_decoder **decoder)
{
    *decoder = calloc(1, sizeof **decoder);
    if (*decoder)
        (*decoder)->handle = tjInitDecompress();
    if (*decoder && (*decoder)->handle)
        return 0;
    free(*decoder);
    *decoder = NULL;
    return -ENOMEM;
}

void jpeg_decoder_destroy(struct jpeg_decoder *decoder)
{
    if (!decoder)
        return;
    tjDestroy(decoder->handle);
    free(decoder->ended.data);
    free(decoder->inks.data);
    free(decoder);
}

/* The library reports only the text of a picture's first warning, so warnings are told apart by their words.
 * One that is not known counts as damage: better a picture refused than one read wrong. */
static bool is_harmless(const char *warning)
{
    static const char *const harmless[] = {"extraneous bytes before marker", "unknown JFIF revision",
                                           "Unknown Adobe color transform"};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (strstr(warning, harmless[i]))
            return true;
    return false;
}

static int decode(struct jpeg_decoder *decoder, const uint8_t *data, size_t size_bytes,
                  const struct jpeg_info *info, int pixel_format, uint8_t *pixels, char *why,
                  size_t why_bytes)
{
    /* TJFLAG_LIMITSCANS: a small progressive file may ask for thousands of passes over a huge picture. */
    if (tjDecompress2(decoder->handle, data, size_bytes, pixels, info->width_px, 0, info->height_px,
                      pixel_format, TJFLAG_LIMITSCANS) == 0)
        return 0;
    const char *message = tjGetErrorStr2(decoder->handle);
    if (tjGetErrorCode(decoder->handle) == TJERR_WARNING && is_harmless(message))
        return 0;
    if (strstr(message, "remature end") || strstr(message, "Premature end"))
        return why_fail(why, why_bytes, -EBADMSG,
                        "cut-off JPEG: its %zu bytes do not hold all of %d x %d pixels",
                        info->ended ? size_bytes : size_bytes - 2, /* without the end marker that was added */
                        info->width_px, info->height_px);
    return why_fail(why, why_bytes, -EBADMSG, "damaged JPEG: %s", message);
}

/* Ink to light. With an Adobe marker the values are stored as light already (255: no ink). */
static void light_from_inks(const uint8_t *inks, size_t count, bool stored_as_light, int bytes_per_pixel,
                            uint8_t *pixels)
{
    const unsigned flip = stored_as_light ? 0 : 255;
    for (size_t i = 0; i < count; i++, inks += 4, pixels += bytes_per_pixel) {
        const unsigned key = inks[3] ^ flip;
        const unsigned red = (inks[0] ^ flip) * key / 255, green = (inks[1] ^ flip) * key / 255;
        const unsigned blue = (inks[2] ^ flip) * key / 255;
        if (bytes_per_pixel == 1) {
            pixels[0] = (uint8_t)((299 * red + 587 * green + 114 * blue + 500) / 1000);
        } else {
            pixels[0] = (uint8_t)red;
            pixels[1] = (uint8_t)green;
            pixels[2] = (uint8_t)blue;
        }
    }
}

/* Adds the end marker to a picture that lacks it, in memory of our own. With it, the decoder warns only where
 * pixels are really missing. */
static int add_end(struct jpeg_decoder *decoder, const uint8_t **data, size_t *size_bytes)
{
    if (pixels_reserve(&decoder->ended, *size_bytes + 2))
        return -ENOMEM;
    memcpy(decoder->ended.data, *data, *size_bytes);
    decoder->ended.data[*size_bytes] = 0xFF;
    decoder->ended.data[*size_bytes + 1] = MARKER_EOI;
    *data = decoder->ended.data;
    *size_bytes += 2;
    return 0;
}

int jpeg_decode(struct jpeg_decoder *decoder, const uint8_t *data, size_t size_bytes, int bytes_per_pixel,
                struct pixels *pixels, struct jpeg_info *info, char *why, size_t why_bytes)
{
    assert(bytes_per_pixel == 1 || bytes_per_pixel == 3);
    int error = jpeg_read_info(data, size_bytes, info, why, why_bytes);
    if (error)
        return error;
    if (!info->ended && !info->one_scan)
        return why_fail(why, why_bytes, -EBADMSG, "cut-off JPEG: %zu bytes, and its last scans are missing",
                        size_bytes);
    const size_t count = (size_t)info->width_px * (size_t)info->height_px;
    const bool inked = info->components == 4;
    error = pixels_reserve(pixels, count * (size_t)bytes_per_pixel);
    if (!error && inked)
        error = pixels_reserve(&decoder->inks, count * 4);
    if (!error && !info->ended)
        error = add_end(decoder, &data, &size_bytes);
    if (error)
        return why_fail(why, why_bytes, error, "no memory for a picture of %d x %d pixels", info->width_px,
                        info->height_px);

    const int pixel_format = inked ? TJPF_CMYK : bytes_per_pixel == 1 ? TJPF_GRAY : TJPF_RGB;
    error = decode(decoder, data, size_bytes, info, pixel_format, inked ? decoder->inks.data : pixels->data,
                   why, why_bytes);
    if (!error && inked)
        light_from_inks(decoder->inks.data, count, info->adobe, bytes_per_pixel, pixels->data);
    return error;
}
