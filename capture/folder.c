/* folder.c - a source of every picture in a folder (not in the folders within it), in the natural order of
 * their names: page2.png before page10.png. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/driver.h"
#include "capture/picture_file.h"
#include "capture/why.h"

struct folder {
    struct picture_file file;
    struct dirent **names;
    int count, at;
    char *path;         /* of the folder */
    char *picture_path; /* of the picture handed out last: frame.name */
    char *description;
};

/* Files are chosen by their names, so that a folder may hold notes and clips beside its pictures; what a
 * chosen file really is, its first bytes tell. Hidden files are left out. */
static int is_picture_name(const struct dirent *entry)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".pgm", ".ppm", ".pnm"};
    const char *dot = strrchr(entry->d_name, '.');
    if (entry->d_name[0] == '.' || !dot || entry->d_type == DT_DIR)
        return 0;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return 1;
    return 0;
}

static size_t digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

/* Runs of digits are compared by their value, everything else byte by byte, whatever the locale. */
static int compare_naturally(const char *a, const char *b)
{
    while (*a && *b) {
        if (digits_at(a) > 0 && digits_at(b) > 0) {
            a += strspn(a, "0");
            b += strspn(b, "0");
            const size_t a_digits = digits_at(a), b_digits = digits_at(b);
            if (a_digits != b_digits)
                return a_digits < b_digits ? -1 : 1;
            const int order = memcmp(a, b, a_digits);
            if (order)
                return order;
            a += a_digits;
            b += b_digits;
        } else {
            if (*a != *b)
                return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
            a++;
            b++;
        }
    }
    return (*a != 0) - (*b != 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    const int order = compare_naturally((*a)->d_name, (*b)->d_name);
    return order ? order
                 : strcmp((*a)->d_name, (*b)->d_name); /* page1 and page01: always in the same order */
}

static void folder_close(void *state)
{
    struct folder *folder = state;
    picture_file_release(&folder->file);
    for (int i = 0; i < folder->count; i++)
        free(folder->names[i]);
    free(folder->names);
    free(folder->path);
    free(folder->picture_path);
    free(folder->description);
    free(folder);
}

static int folder_open(void **state, const char *spec, const struct source_options *options, char *why,
                       size_t why_bytes)
{
    (void)options;
    struct folder *folder = calloc(1, sizeof *folder);
    if (!folder)
        return why_fail(why, why_bytes, -ENOMEM, "%s: no memory", spec);
    const int count = scandir(spec, &folder->names, is_picture_name, by_name);
    if (count < 0) {
        const int error = -errno;
        free(folder);
        return why_fail(why, why_bytes, error, "%s: %s", spec, strerror(-error));
    }
    folder->count = count;
    folder->path = strdup(spec);
    int error = 0;
    if (count == 0) {
        error = why_fail(why, why_bytes, -ENOENT, "no JPEG, PNG, PGM or PPM picture in %s", spec);
    } else if (!folder->path ||
               asprintf(&folder->description, "%s: %d picture%s", spec, count, count == 1 ? "" : "s") < 0) {
        folder->description = NULL; /* asprintf leaves it undefined */
        error = why_fail(why, why_bytes, -ENOMEM, "%s: no memory", spec);
    }
    if (error)
        folder_close(folder);
    else
        *state = folder;
    return error;
}

static int folder_next(void *state, struct frame *frame, int timeout_ms, char *why, size_t why_bytes)
{
    (void)timeout_ms;
    struct folder *folder = state;
    if (folder->at == folder->count)
        return -ENODATA;
    const int number = folder->at++;
    const size_t length = strlen(folder->path);
    const char *slash = length > 0 && folder->path[length - 1] == '/' ? "" : "/";
    free(folder->picture_path);
    if (asprintf(&folder->picture_path, "%s%s%s", folder->path, slash, folder->names[number]->d_name) < 0) {
        folder->picture_path = NULL;
        return why_fail(why, why_bytes, -ENOMEM, "%s: no memory", folder->path);
    }
    const int error = picture_file_load(&folder->file, folder->picture_path, frame, why, why_bytes);
    if (!error)
        frame->sequence = (uint64_t)number;
    return error;
}

static const char *folder_describe(const void *state)
{
    return ((const struct folder *)state)->description;
}

const struct source_driver folder_driver = {
    .name = "folder",
    .open = folder_open,
    .next = folder_next,
    .describe = folder_describe,
    .close = folder_close,
};
