#include "capture/pnm.h"

#include "capture/frame_check.h"
#include "capture/why.h"

struct text {
    const uint8_t *data;
    size_t size_bytes, at;
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

bool pnm_looks_like(const uint8_t *data, size_t size_bytes)
{
    return size_bytes >= 3 && data[0] == 'P' &&
           (data[1] == '2' || data[1] == '3' || data[1] == '5' || data[1] == '6') &&
           (is_space(data[2]) || data[2] == '#');
}

/* Passes over white space and comments, then reads a number up to `most`. -1: none, or a greater one. */
static long read_number(struct text *text, long most)
{
    while (text->at < text->size_bytes && (is_space(text->data[text->at]) || text->data[text->at] == '#')) {
        if (text->data[text->at] == '#')
            while (text->at < text->size_bytes && text->data[text->at] != '\n' &&
                   text->data[text->at] != '\r')
                text->at++;
        else
            text->at++;
    }
    long number = -1;
    for (; text->at < text->size_bytes && is_digit(text->data[text->at]); text->at++) {
        number = (number < 0 ? 0 : number) * 10 + (text->data[text->at] - '0');
        if (number > most)
            return -1;
    }
    return number;
}

struct header {
    long width_px, height_px, maxval;
};

static int read_header(struct text *text, struct header *header, char *why, size_t why_bytes)
{
    static const char *const names[3] = {"width", "height", "greatest value"};
    long *const fields[3] = {&header->width_px, &header->height_px, &header->maxval};
    for (int i = 0; i < 3; i++) {
        *fields[i] = read_number(text, i == 2 ? 65535 : 1000000000);
        if (*fields[i] < 0 && text->at == text->size_bytes)
            return why_fail(why, why_bytes, -EBADMSG,
                            "cut-off PGM or PPM: %zu bytes, which end before its %s", text->size_bytes,
                            names[i]);
        if (*fields[i] < 0 || (i == 2 && *fields[i] == 0))
            return why_fail(why, why_bytes, -EBADMSG, "damaged PGM or PPM: no usable %s at byte %zu",
                            names[i], text->at);
    }
    return frame_check_size(header->width_px, header->height_px, why, why_bytes);
}

static uint8_t scale(long value, long maxval)
{
    return (uint8_t)(maxval == 255 ? value : (value * 255 + maxval / 2) / maxval);
}

static int read_plain(struct text *text, size_t count, long maxval, uint8_t *pixels, char *why,
                      size_t why_bytes)
{
    for (size_t i = 0; i < count; i++) {
        const long value = read_number(text, maxval);
        if (value < 0 && text->at == text->size_bytes)
            return why_fail(why, why_bytes, -EBADMSG, "cut-off PGM or PPM: %zu of %zu values", i, count);
        if (value < 0)
            return why_fail(why, why_bytes, -EBADMSG,
                            "damaged PGM or PPM: no number from 0 to %ld at byte %zu", maxval, text->at);
        pixels[i] = scale(value, maxval);
    }
    return 0;
}

static int read_binary(struct text *text, size_t count, long maxval, uint8_t *pixels, char *why,
                       size_t why_bytes)
{
    for (size_t i = 0; i < count; i++) {
        long value = text->data[text->at++];
        if (maxval > 255)
            value = value << 8 | text->data[text->at++];
        if (value > maxval)
            return why_fail(why, why_bytes, -EBADMSG,
                            "damaged PGM or PPM: the value %ld before byte %zu is over its limit of %ld",
                            value, text->at, maxval);
        pixels[i] = scale(value, maxval);
    }
    return 0;
}

int pnm_decode(const uint8_t *data, size_t size_bytes, struct pixels *pixels, struct frame *frame, char *why,
               size_t why_bytes)
{
    if (!pnm_looks_like(data, size_bytes))
        return why_fail(why, why_bytes, -EBADMSG, "not a PGM or PPM picture");
    const bool plain = data[1] == '2' || data[1] == '3', gray = data[1] == '2' || data[1] == '5';
    struct text text = {data, size_bytes, 2};
    struct header header;
    int error = read_header(&text, &header, why, why_bytes);
    if (error)
        return error;
    if (text.at < size_bytes && !is_space(data[text.at]))
        return why_fail(why, why_bytes, -EBADMSG,
                        "damaged PGM or PPM: no white space after its header, at byte %zu", text.at);
    text.at++; /* exactly one: the pixels begin after it, and they may look like white space themselves */

    const size_t count = (size_t)header.width_px * (size_t)header.height_px * (gray ? 1 : 3);
    const size_t left = text.at < size_bytes ? size_bytes - text.at : 0;
    /* Every value takes at least a byte (a plain one a digit and a space), so a short file is known before
     * memory is taken for the picture its header promises. */
    const size_t least = plain ? 2 * count - 1 : count * (header.maxval > 255 ? 2 : 1);
    if (left < least)
        return why_fail(why, why_bytes, -EBADMSG,
                        "cut-off PGM or PPM: %zu bytes of pixels, %ld x %ld pixels need %s%zu", left,
                        header.width_px, header.height_px, plain ? "at least " : "", least);
    if (pixels_reserve(pixels, count))
        return why_fail(why, why_bytes, -ENOMEM, "no memory for %ld x %ld pixels", header.width_px,
                        header.height_px);
    error = (plain ? read_plain : read_binary)(&text, count, header.maxval, pixels->data, why, why_bytes);
    if (error)
        return error;

    frame->fourcc = gray ? FRAME_GREY : FRAME_RGB3;
    frame->width_px = (int)header.width_px;
    frame->height_px = (int)header.height_px;
    frame->stride_bytes = (size_t)header.width_px * (gray ? 1 : 3);
    frame->size_bytes = count;
    frame->data = pixels->data;
    return 0;
}
