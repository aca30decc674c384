#include "render/overlay.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "render/png.h"

int overlay_save(struct canvas *canvas, const char *file, int number, const struct frame *rgb,
                 const struct reading *reading, char *why, size_t why_bytes)
{
    const char *const dot = strrchr(file, '.');
    const int stem = dot && !strchr(dot, '/') ? (int)(dot - file) : (int)strlen(file);
    char path[PATH_MAX];
    struct canvas_picture picture;
    const int error = canvas_draw(canvas, rgb, reading, &picture);
    if (error) {
        snprintf(why, why_bytes, "not enough memory for the overlay");
        return error;
    }
    if (number == 1)
        snprintf(path, sizeof path, "%s", file);
    else
        snprintf(path, sizeof path, "%.*s-%d%s", stem, file, number, file + stem);
    return png_write_rgba(path, picture.pixels, picture.width_px, picture.height_px, picture.stride_bytes, why,
                          why_bytes);
}
