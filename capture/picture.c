/* picture.c - a source of one picture. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/driver.h"
#include "capture/picture_file.h"
#include "capture/why.h"

struct picture {
    struct picture_file file;
    bool given; /* the one picture has been handed out, or has failed */
    char path[];
};

static int picture_open(void **state, const char *spec, const struct source_options *options, char *why,
                        size_t why_bytes)
{
    (void)options;
    const int error = picture_file_probe(spec, why, why_bytes);
    if (error)
        return error;
    const size_t bytes = strlen(spec) + 1;
    struct picture *picture = calloc(1, sizeof *picture + bytes);
    if (!picture)
        return why_fail(why, why_bytes, -ENOMEM, "%s: no memory", spec);
    memcpy(picture->path, spec, bytes);
    *state = picture;
    return 0;
}

static int picture_next(void *state, struct frame *frame, int timeout_ms, char *why, size_t why_bytes)
{
    (void)timeout_ms;
    struct picture *picture = state;
    if (picture->given)
        return -ENODATA;
    picture->given = true;
    return picture_file_load(&picture->file, picture->path, frame, why, why_bytes);
}

static const char *picture_describe(const void *state)
{
    return ((const struct picture *)state)->path;
}

static void picture_close(void *state)
{
    struct picture *picture = state;
    picture_file_release(&picture->file);
    free(picture);
}

const struct source_driver picture_driver = {
    .name = "picture",
    .open = picture_open,
    .next = picture_next,
    .describe = picture_describe,
    .close = picture_close,
};
