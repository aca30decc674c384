/* source.c - which driver a source needs, and the way to it. See source.h. */
#include "capture/source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/cameras.h"
#include "capture/driver.h"
#include "capture/why.h"

struct source {
    const struct source_driver *driver;
    void *state;
};

/* ---- is a file a picture? ------------------------------------------------------------------------------------ */

static const struct {
    const char *bytes;
    size_t count;
} picture_starts[] = {
    {"\xff\xd8", 2}, {"\x89PNG", 4}, {"P2", 2}, {"P3", 2}, {"P5", 2}, {"P6", 2},
};

static const char *const picture_endings[] = {".jpg", ".jpeg", ".png", ".pgm", ".ppm", ".pnm"};

static bool starts_like_a_picture(const char *bytes, size_t count)
{
    for (size_t i = 0; i < sizeof picture_starts / sizeof picture_starts[0]; i++)
        if (count >= picture_starts[i].count && memcmp(bytes, picture_starts[i].bytes, picture_starts[i].count) == 0)
            return true;
    return false;
}

static bool is_called_like_a_picture(const char *path)
{
    const char *const ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof picture_endings / sizeof picture_endings[0]; i++)
        if (strcasecmp(ending, picture_endings[i]) == 0)
            return true;
    return false;
}

/* By its first bytes; a file that is damaged there, by its name, so that the message speaks of a picture. */
static int choose_for_file(const char *path, const struct source_driver **driver, char *why, size_t why_bytes)
{
    char bytes[8];
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return why_fail(why, why_bytes, -errno, "cannot open %.300s: %s", path, strerror(errno));
    const ssize_t count = read(file, bytes, sizeof bytes);
    const int error = count < 0 ? -errno : 0;
    close(file);
    if (error)
        return why_fail(why, why_bytes, error, "cannot read %.300s: %s", path, strerror(-error));
    const bool picture = starts_like_a_picture(bytes, (size_t)count) || is_called_like_a_picture(path);
    *driver = picture ? &picture_driver : &clip_driver;
    return 0;
}

/* ---- choosing ------------------------------------------------------------------------------------------------ */

/* Sources with a name of their own; "demo:" and a scene is one too. A file that has the same name is opened as "./demo". */
static const struct {
    const char *spec;
    const struct source_driver *driver;
} named[] = {
    {"demo", &demo_driver},
    {"-", &clip_driver},
};

static int choose_driver(const char *spec, const struct source_driver **driver, char *why, size_t why_bytes)
{
    struct stat status;
    if (!spec || !*spec)
        return why_fail(why, why_bytes, -EINVAL,
                        "the name of the source is empty; name a camera, a picture, a folder, a video file, - or demo");
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (strcmp(spec, named[i].spec) == 0) {
            *driver = named[i].driver;
            return 0;
        }
    }
    if (strncmp(spec, "demo:", 5) == 0) {
        *driver = &demo_driver;
        return 0;
    }
    *driver = &camera_driver; /* what is no file may be a camera's number or a part of its name */
    if (stat(spec, &status) != 0) {
        const bool path = strchr(spec, '/');
        if (errno == ENOENT && path && strncmp(spec, "/dev/", 5) != 0)
            return why_fail(why, why_bytes, -ENOENT, "there is no file or folder %.300s", spec);
        if (path && errno != ENOENT)
            return why_fail(why, why_bytes, -errno, "cannot open %.300s: %s", spec, strerror(errno));
        return 0;
    }
    switch (status.st_mode & S_IFMT) {
    case S_IFCHR:
        return 0;
    case S_IFDIR:
        *driver = &folder_driver;
        return 0;
    case S_IFREG:
        return choose_for_file(spec, driver, why, why_bytes);
    case S_IFIFO:
        *driver = &clip_driver; /* `digitcam read <(ffmpeg ...)`; looking into it would take bytes out of it */
        return 0;
    default:
        return why_fail(why, why_bytes, -EINVAL, "%.300s is neither a file, a folder nor a camera", spec);
    }
}

/* ---- the way to the driver ----------------------------------------------------------------------------------- */

static int open_with(struct source **source, const struct source_driver *driver, const char *spec,
                     const struct source_options *options, char *why, size_t why_bytes)
{
    struct source *const made = calloc(1, sizeof *made);
    if (!made)
        return why_fail(why, why_bytes, -ENOMEM, "not enough memory to open %.300s", spec);
    made->driver = driver;
    const int error = driver->open(&made->state, spec, options, why, why_bytes);
    if (error) {
        free(made);
        return error;
    }
    *source = made;
    return 0;
}

int source_open(struct source **source, const char *spec, const struct source_options *options, char *why,
                size_t why_bytes)
{
    static const struct source_options no_wishes;
    const struct source_driver *driver;
    assert(source && why && why_bytes > 0);
    *source = NULL;
    why[0] = '\0';
    const int error = choose_driver(spec, &driver, why, why_bytes);
    return error ? error : open_with(source, driver, spec, options ? options : &no_wishes, why, why_bytes);
}

bool source_means_camera(const char *spec)
{
    const struct source_driver *driver;
    char why[SOURCE_WHY_BYTES];
    return choose_driver(spec, &driver, why, sizeof why) == 0 && driver == &camera_driver;
}

int source_open_first_camera(struct source **source, const struct source_options *options, char *why,
                             size_t why_bytes)
{
    struct camera_list *list;
    char unread[SOURCE_WHY_BYTES];
    assert(source && why && why_bytes > 0);
    *source = NULL;
    why[0] = '\0';
    int error = camera_list_create_names(&list);
    if (error)
        return why_fail(why, why_bytes, error, "cannot list the cameras: %s", strerror(-error));
    if (list->count == 0) {
        camera_list_empty_text(why, why_bytes);
        error = -ENODEV;
    }
    for (size_t i = 0; i < list->count; i++) {
        /* One that is busy or forbidden does not stand in the way of the next. If none opens, the first says why. */
        const int refused = i == 0
                                ? source_open(source, list->cameras[i].path, options, why, why_bytes)
                                : source_open(source, list->cameras[i].path, options, unread, sizeof unread);
        if (i == 0 || !refused)
            error = refused;
        if (!refused)
            break;
    }
    camera_list_destroy(list);
    return error;
}

int source_next(struct source *source, struct frame *frame, int timeout_ms, char *why, size_t why_bytes)
{
    if (why_bytes > 0)
        why[0] = '\0'; /* what was wrong with the frame before is no word about this one */
    return source->driver->next(source->state, frame, timeout_ms, why, why_bytes);
}

bool source_is_live(const struct source *source)
{
    return source->driver->live;
}

const char *source_describe(const struct source *source)
{
    return source->driver->describe(source->state);
}

const char *source_explain(const struct source *source)
{
    return source->driver->explain ? source->driver->explain(source->state) : "";
}

uint64_t source_dropped(const struct source *source)
{
    const struct source_losses losses = source_losses(source);
    return losses.missed + losses.stale + losses.torn;
}

struct source_losses source_losses(const struct source *source)
{
    return source->driver->losses ? source->driver->losses(source->state) : (struct source_losses){0, 0, 0};
}

bool source_has_clock(const struct source *source)
{
    return source->driver->clock;
}

int source_turn(struct source *source, enum source_knob knob, int steps, char *text, size_t text_bytes)
{
    if (source->driver->turn)
        return source->driver->turn(source->state, knob, steps, text, text_bytes);
    return why_fail(text, text_bytes, -ENOTSUP, "only a camera has exposure and gain");
}

bool source_adjusts(const struct source *source)
{
    return source->driver->adjusts && source->driver->adjusts(source->state);
}

void source_close(struct source *source)
{
    if (!source)
        return;
    source->driver->close(source->state);
    free(source);
}
