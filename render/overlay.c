#include "render/overlay.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "render/png.h"

int overlay_check(const char *file, char *why, size_t why_bytes)
{
    const char *const slash = strrchr(file, '/');
    char folder[PATH_MAX];
    struct stat about;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file) + 1 : 1, slash ? file : ".");
    int error = 0;
    if (stat(folder, &about) != 0) /* "none/" is also refused where "none" is a file */
        error = errno;
    else if (stat(file, &about) == 0 && S_ISDIR(about.st_mode))
        error = EISDIR;
    else if (access(file, F_OK) == 0 ? access(file, W_OK) != 0 : access(folder, W_OK | X_OK) != 0)
        error = errno;
    if (error == ENOENT)
        snprintf(why, why_bytes, "--overlay: %s cannot be written: there is no folder %s; make it first", file, folder);
    else if (error)
        snprintf(why, why_bytes, "--overlay: %s cannot be written: %s", file, strerror(error));
    return -error;
}

/* How many letters of the path `file` stand before its ending. */
static int stem_length(const char *file)
{
    const char *const dot = strrchr(file, '.');
    return dot && !strchr(dot, '/') ? (int)(dot - file) : (int)strlen(file);
}

long overlay_number(const char *file, const char *name)
{
    const char *const slash = strrchr(file, '/'), *const base = slash ? slash + 1 : file;
    const size_t stem = (size_t)stem_length(base);
    if (strcmp(name, base) == 0)
        return 1;
    if (strncmp(name, base, stem) != 0 || name[stem] != '-' || name[stem + 1] < '1' || name[stem + 1] > '9')
        return 0;
    char *end;
    const long number = strtol(name + stem + 1, &end, 10);
    return number > 1 && number < LONG_MAX && strcmp(end, base + stem) == 0 ? number : 0;
}

int overlay_save(struct canvas *canvas, const char *file, int number, const struct frame *rgb,
                 const struct reading *reading, char *why, size_t why_bytes)
{
    const int stem = stem_length(file);
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
