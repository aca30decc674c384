/* uvc.c - descriptors and control requests. See uvc.h. The numbers are those of the USB 2.0 and UVC 1.0
 * specifications. */
#include "tests/camera/rig/uvc.h"

#include <errno.h>
#include <string.h>

enum { TERMINAL_ID = 1, PROCESSING_ID = 2, OUTPUT_ID = 3, STREAMING_INTERFACE = 1 };
enum { SET_CUR = 0x01, GET_CUR = 0x81, GET_MIN, GET_MAX, GET_RES, GET_LEN, GET_INFO, GET_DEF };
enum { INTERVAL_30 = 333333, INTERVAL_15 = 666666, INTERVAL_5 = 2000000 }; /* of 100 ns */

/* ---- the controls
 * -------------------------------------------------------------------------------------------- */

static struct control {
    uint8_t unit, selector, bytes;
    int32_t least, most, step, usual, now;
} controls[] = {
    {TERMINAL_ID, 0x02, 1, 0, 0, 9, 8, 8}, /* exposure mode: a bit each; by hand and aperture priority */
    {TERMINAL_ID, 0x04, 4, 3, 2047, 1, 250, 250},         /* exposure time */
    {TERMINAL_ID, 0x06, 2, 0, 250, 5, 0, 30},             /* focus */
    {TERMINAL_ID, 0x08, 1, 0, 1, 1, 1, 1},                /* automatic focus */
    {PROCESSING_ID, 0x02, 2, -64, 64, 1, 0, 0},           /* brightness */
    {PROCESSING_ID, 0x04, 2, 0, 100, 1, 20, 20},          /* gain */
    {PROCESSING_ID, 0x05, 1, 0, 2, 1, 1, 1},              /* mains frequency */
    {PROCESSING_ID, 0x0a, 2, 2800, 6500, 10, 4600, 4600}, /* white balance */
    {PROCESSING_ID, 0x0b, 1, 0, 1, 1, 1, 1},              /* automatic white balance */
};

static void put(uint8_t *to, int32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)((uint32_t)value >> 8 * i);
}

static int32_t get(const uint8_t *from, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)from[i] << 8 * i;
    return bytes == 2 ? (int16_t)value : (int32_t)value;
}

static int answer_control(uint8_t request, const struct control *control, uint8_t *answer)
{
    const int32_t values[] = {[GET_CUR - GET_CUR] = control->now,
                              [GET_MIN - GET_CUR] = control->least,
                              [GET_MAX - GET_CUR] = control->most,
                              [GET_RES - GET_CUR] = control->step,
                              [GET_DEF - GET_CUR] = control->usual};
    if (request == GET_INFO) {
        answer[0] = 3; /* can be read and set */
        return 1;
    }
    if (request == GET_LEN) {
        put(answer, control->bytes, 2);
        return 2;
    }
    if (request < GET_CUR || request > GET_DEF)
        return -EPIPE;
    put(answer, values[request - GET_CUR], control->bytes);
    return control->bytes;
}

static int control_request(const uint8_t *setup, const uint8_t *sent, size_t sent_bytes, uint8_t *answer)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct control *const control = &controls[i];
        if (control->unit != setup[5] || control->selector != setup[3])
            continue;
        if (setup[1] != SET_CUR)
            return answer_control(setup[1], control, answer);
        if (sent_bytes < control->bytes)
            return -EPIPE;
        control->now = get(sent, control->bytes);
        return 0;
    }
    return -EPIPE;
}

/* ---- the stream
 * ---------------------------------------------------------------------------------------------- */

/* Formats and frames are counted from 1, raw and compressed ones apart. */
static void indices(const struct uvc *uvc, int mode, int *format, int *frame)
{
    const bool raw_first = !uvc->modes[0].compressed;
    *format = uvc->modes[mode].compressed && raw_first ? 2 : 1;
    *frame = 1;
    for (int i = 0; i < mode; i++)
        *frame += uvc->modes[i].compressed == uvc->modes[mode].compressed;
}

int uvc_current_mode(const struct uvc *uvc)
{
    int format, frame;
    for (int i = 0; i < uvc->mode_count; i++) {
        indices(uvc, i, &format, &frame);
        if (uvc->probe[2] == format && uvc->probe[3] == frame)
            return i;
    }
    return 0;
}

int64_t uvc_interval_ns(const struct uvc *uvc)
{
    return get(uvc->probe + 4, 4) * 100LL;
}

/* What was asked for, made possible. */
static void negotiate(struct uvc *uvc)
{
    int format, frame;
    const int mode = uvc_current_mode(uvc);
    indices(uvc, mode, &format, &frame);
    uvc->probe[2] = (uint8_t)format;
    uvc->probe[3] = (uint8_t)frame;
    if (uvc_interval_ns(uvc) <= 0)
        put(uvc->probe + 4, INTERVAL_30, 4);
    put(uvc->probe + 18, uvc->modes[mode].width_px * uvc->modes[mode].height_px * 2, 4);
    put(uvc->probe + 22, UVC_PAYLOAD_BYTES, 4);
}

static int stream_request(struct uvc *uvc, const uint8_t *setup, const uint8_t *sent, size_t sent_bytes,
                          uint8_t *answer)
{
    const bool commit = setup[3] == 2;
    if (setup[1] == SET_CUR) {
        memcpy(uvc->probe, sent, sent_bytes < sizeof uvc->probe ? sent_bytes : sizeof uvc->probe);
        negotiate(uvc);
        uvc->committed |= commit;
        return 0;
    }
    if (setup[1] == GET_INFO) {
        answer[0] = 3;
        return 1;
    }
    if (setup[1] == GET_LEN) {
        put(answer, sizeof uvc->probe, 2);
        return 2;
    }
    memcpy(answer, uvc->probe, sizeof uvc->probe);
    return sizeof uvc->probe;
}

/* ---- descriptors
 * --------------------------------------------------------------------------------------------- */

static const uint8_t device[18] = {18,   1,    0x00, 0x02, 0xef, 2, 1, 64, 0x09,
                                   0x12, 0x02, 0x00, 0x00, 0x01, 1, 2, 3,  1};

static void append(struct uvc *uvc, const uint8_t *bytes, size_t count)
{
    memcpy(uvc->configuration + uvc->configuration_bytes, bytes, count);
    uvc->configuration_bytes += count;
}
#define APPEND(uvc, ...) append(uvc, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define TWO(value)       (uint8_t)((value)&0xff), (uint8_t)((value) >> 8 & 0xff)
#define FOUR(value)      TWO(value), TWO((value) >> 16)

static void describe_control(struct uvc *uvc)
{
    APPEND(uvc, 8, 11, 0, 2, 14, 3, 0, 0);   /* two interfaces that are one camera */
    APPEND(uvc, 9, 4, 0, 0, 0, 14, 1, 0, 0); /* the one that controls */
    APPEND(uvc, 13, 0x24, 1, TWO(0x0100), TWO(13 + 18 + 11 + 9), FOUR(48000000), 1, STREAMING_INTERFACE);
    APPEND(uvc, 18, 0x24, 2, TERMINAL_ID, TWO(0x0201), 0, 0, TWO(0), TWO(0), TWO(0), 3, 0x2a, 0x00, 0x02);
    APPEND(uvc, 11, 0x24, 5, PROCESSING_ID, TERMINAL_ID, TWO(0), 2, 0x41, 0x16, 0);
    APPEND(uvc, 9, 0x24, 3, OUTPUT_ID, TWO(0x0101), 0, PROCESSING_ID, 0);
}

static void describe_frame(struct uvc *uvc, const struct uvc_mode *mode, int number)
{
    const int pixels = mode->width_px * mode->height_px;
    APPEND(uvc, 38, 0x24, mode->compressed ? 7 : 5, (uint8_t)number, 0, TWO(mode->width_px),
           TWO(mode->height_px), FOUR(pixels * 16 * 5), FOUR(pixels * 16 * 30), FOUR(pixels * 2),
           FOUR(INTERVAL_30), 3, FOUR(INTERVAL_30), FOUR(INTERVAL_15), FOUR(INTERVAL_5));
}

static int count_modes(const struct uvc *uvc, bool compressed)
{
    int count = 0;
    for (int i = 0; i < uvc->mode_count; i++)
        count += uvc->modes[i].compressed == compressed;
    return count;
}

static void describe_format(struct uvc *uvc, bool compressed, int index)
{
    const uint8_t frames = (uint8_t)count_modes(uvc, compressed);
    int number = 0;
    if (compressed)
        APPEND(uvc, 11, 0x24, 6, (uint8_t)index, frames, 1, 1, 0, 0, 0, 0);
    else
        APPEND(uvc, 27, 0x24, 4, (uint8_t)index, frames, 'Y', 'U', 'Y', '2', 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa,
               0, 0x38, 0x9b, 0x71, 16, 1, 0, 0, 0, 0);
    for (int i = 0; i < uvc->mode_count; i++)
        if (uvc->modes[i].compressed == compressed)
            describe_frame(uvc, &uvc->modes[i], ++number);
    APPEND(uvc, 6, 0x24, 13, 1, 1, 4);
}

static void describe_stream(struct uvc *uvc)
{
    const bool raw = count_modes(uvc, false) > 0, compressed = count_modes(uvc, true) > 0;
    const uint8_t formats = (uint8_t)(raw + compressed);
    APPEND(uvc, 9, 4, STREAMING_INTERFACE, 0, 1, 14, 2, 0, 0);
    const size_t start = uvc->configuration_bytes;
    APPEND(uvc, (uint8_t)(13 + formats), 0x24, 1, formats, TWO(0), 0x81, 0, OUTPUT_ID, 0, 0, 0, 1);
    for (int i = 0; i < formats; i++)
        APPEND(uvc, 0);
    if (raw)
        describe_format(uvc, false, 1);
    if (compressed)
        describe_format(uvc, true, formats);
    put(uvc->configuration + start + 4, (int32_t)(uvc->configuration_bytes - start), 2);
    APPEND(uvc, 7, 5, 0x81, 2, TWO(512), 0); /* bulk, in */
}

void uvc_prepare(struct uvc *uvc)
{
    uvc->configuration_bytes = 0;
    APPEND(uvc, 9, 2, TWO(0), 2, 1, 0, 0x80, 250);
    describe_control(uvc);
    describe_stream(uvc);
    put(uvc->configuration + 2, (int32_t)uvc->configuration_bytes, 2);
    memset(uvc->probe, 0, sizeof uvc->probe);
    uvc->probe[0] = uvc->probe[2] = uvc->probe[3] = 1;
    negotiate(uvc);
}

static int text_descriptor(uint8_t index, uint8_t *answer)
{
    static const char *const texts[] = {"", "digitcam", "Rig camera", "RIG0001"};
    size_t bytes = 2;
    if (index >= sizeof texts / sizeof texts[0])
        return -EPIPE;
    if (index == 0) {
        put(answer + bytes, 0x0409, 2); /* English */
        bytes += 2;
    }
    for (const char *c = texts[index]; *c; c++, bytes += 2)
        put(answer + bytes, *c, 2);
    answer[0] = (uint8_t)bytes;
    answer[1] = 3;
    return (int)bytes;
}

static int descriptor(const struct uvc *uvc, const uint8_t *setup, uint8_t *answer)
{
    switch (setup[3]) {
    case 1:
        memcpy(answer, device, sizeof device);
        return sizeof device;
    case 2:
        memcpy(answer, uvc->configuration, uvc->configuration_bytes);
        return (int)uvc->configuration_bytes;
    case 3:
        return text_descriptor(setup[2], answer);
    default:
        return -EPIPE;
    }
}

int uvc_request(struct uvc *uvc, const uint8_t *setup, const uint8_t *sent, size_t sent_bytes,
                uint8_t *answer)
{
    enum { KIND = 0x60, STANDARD = 0x00, CLASS = 0x20, TO_HOST = 0x80, GET_DESCRIPTOR = 6 };
    memset(answer, 0, 64);
    if ((setup[0] & KIND) == CLASS)
        return setup[4] == STREAMING_INTERFACE ? stream_request(uvc, setup, sent, sent_bytes, answer)
                                               : control_request(setup, sent, sent_bytes, answer);
    if ((setup[0] & KIND) != STANDARD)
        return -EPIPE;
    if (!(setup[0] & TO_HOST))
        return 0; /* configuration, interface, feature: as you like */
    if (setup[1] == GET_DESCRIPTOR)
        return descriptor(uvc, setup, answer);
    return setup[1] == 0 ? 2 : 1; /* status; configuration, interface */
}
