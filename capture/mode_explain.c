/* mode_explain.c - why a mode was chosen, in words. See mode.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capture/frame.h"
#include "capture/mode.h"

struct text {
    char *to;
    size_t bytes, used;
};

/* Adds a part, after "; " where there is one before it. */
__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    char part[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(part, sizeof part, format, arguments);
    va_end(arguments);
    const int written =
        snprintf(text->to + text->used, text->bytes - text->used, "%s%s", text->used ? "; " : "", part);
    text->used += written > 0 && (size_t)written < text->bytes - text->used ? (size_t)written : 0;
    text->to[text->used] = '\0'; /* half a part is none */
}

static void explain_size(struct text *text, const struct source_options *wish, const struct mode *mode)
{
    if (wish->width_px <= 0 || wish->height_px <= 0)
        return;
    if (wish->width_px == mode->width_px && wish->height_px == mode->height_px)
        add(text, "size as asked");
    else
        add(text, "%dx%d is the nearest it has to the %dx%d asked for", mode->width_px, mode->height_px,
            wish->width_px, wish->height_px);
}

static void explain_rate(struct text *text, const struct source_options *wish, const struct mode *mode)
{
    const double fps = camera_interval_fps(mode->interval);
    if (wish->fps <= 0)
        return;
    if (fps <= 0)
        add(text, "it does not say which rates it has");
    else if (fabs(fps - wish->fps) <= 0.01 * wish->fps)
        add(text, "rate as asked");
    else
        add(text, "%.4g frames/s is the nearest it has in this size to the %d asked for", fps, wish->fps);
}

/* Compressed, although there are raw formats: what the best of them would have been. */
static void explain_compressed(struct text *text, const struct mode *mode, const struct mode *raw)
{
    const double fps = camera_interval_fps(mode->interval), raw_fps = camera_interval_fps(raw->interval);
    char code[5], raw_code[5];
    mode_fourcc_text(mode->fourcc, code);
    mode_fourcc_text(raw->fourcc, raw_code);
    if (raw->width_px != mode->width_px || raw->height_px != mode->height_px)
        add(text, "%s since the best raw format, %s, is %dx%d at %.4g frames/s", code, raw_code, raw->width_px,
            raw->height_px, raw_fps);
    else if (raw_fps > 0 && raw_fps < fps)
        add(text, "%s since %s comes at %.4g frames/s in this size", code, raw_code, raw_fps);
    else
        add(text, "%s since %s does not say how fast it is", code, raw_code);
}

static void explain_format(struct text *text, const struct camera_format *formats, size_t count,
                           const struct source_options *wish, const struct mode *mode)
{
    struct mode raw;
    char code[5];
    mode_fourcc_text(mode->fourcc, code);
    if (wish->fourcc)
        add(text, "format as asked");
    else if (mode->emulated)
        add(text, "libv4l converts to %s, the camera has no format that digitcam reads", code);
    else if (mode->fourcc != FRAME_MJPG)
        add(text, "%s needs no decoding", code);
    else if (mode_choose_raw(formats, count, wish, &raw) == 0)
        explain_compressed(text, mode, &raw);
    else
        add(text, "%s is all it has", code);
}

void mode_explain(const struct camera_format *formats, size_t count, const struct source_options *wish,
                  const struct mode *mode, char *text, size_t text_bytes)
{
    static const struct source_options nothing;
    struct text line = {text, text_bytes, 0};
    if (text_bytes == 0)
        return;
    text[0] = '\0';
    wish = wish ? wish : &nothing;
    explain_size(&line, wish, mode);
    explain_rate(&line, wish, mode);
    explain_format(&line, formats, count, wish, mode);
}

void mode_fourcc_text(uint32_t fourcc, char text[5])
{
    for (int i = 0; i < 4; i++)
        text[i] = (char)(fourcc >> 8 * i & 0x7f);
    text[4] = '\0';
    for (int i = 3; i >= 0 && text[i] == ' '; i--)
        text[i] = '\0';
}
