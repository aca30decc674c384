#include "capture/picture_file.h"

#include <fcntl.h>
#include <libexif/exif-data.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/jpeg.h"
#include "capture/png.h"
#include "capture/pnm.h"
#include "capture/why.h"

/* The plainest PPM of the largest picture there may be stays below this. */
#define MAX_FILE_BYTES (1LL << 30)

enum { HEAD_BYTES = 16 };

void picture_file_release(struct picture_file *picture)
{
    free(picture->file.data);
    free(picture->pixels.data);
    *picture = (struct picture_file){0};
}

/* ---- which kind it is -------------------------------------------------------------------------------- */

static bool jpeg_looks_like(const uint8_t *data, size_t size_bytes)
{
    return size_bytes >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

static bool png_looks_like(const uint8_t *data, size_t size_bytes)
{
    return size_bytes >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0;
}

/* Which way up the camera was held, 1..8; 1 where the file does not say, or says it wrongly. */
static int exif_orientation(const uint8_t *exif, size_t exif_bytes)
{
    if (!exif || exif_bytes > UINT16_MAX)
        return 1;
    ExifData *data = exif_data_new_from_data(exif, (unsigned)exif_bytes);
    if (!data)
        return 1;
    int orientation = 1;
    const ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
    if (entry && entry->format == EXIF_FORMAT_SHORT && entry->components >= 1 && entry->size >= 2)
        orientation = exif_get_short(entry->data, exif_data_get_byte_order(data));
    exif_data_unref(data);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/* JPEG: header checks only. */
static int jpeg_to_frame(const uint8_t *data, size_t size_bytes, struct pixels *pixels, struct frame *frame,
                         char *why, size_t why_bytes)
{
    (void)pixels;
    struct jpeg_info info;
    const int error = jpeg_read_info(data, size_bytes, &info, why, why_bytes);
    if (error)
        return error;
    frame->fourcc = FRAME_MJPG;
    frame->width_px = info.width_px;
    frame->height_px = info.height_px;
    frame->data = data;
    frame->size_bytes = size_bytes;
    frame->orientation = exif_orientation(info.exif, info.exif_bytes);
    return 0;
}

static const struct kind {
    bool (*looks_like)(const uint8_t *data, size_t size_bytes);
    int (*to_frame)(const uint8_t *data, size_t size_bytes, struct pixels *pixels, struct frame *frame,
                    char *why, size_t why_bytes);
} kinds[] = {
    {jpeg_looks_like, jpeg_to_frame},
    {png_looks_like, png_decode},
    {pnm_looks_like, pnm_decode},
};

static const struct kind *kind_of(const uint8_t *data, size_t size_bytes)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].looks_like(data, size_bytes))
            return &kinds[i];
    return NULL;
}

/* ---- reading the file -------------------------------------------------------------------------------- */

/* Opens a plain file; -1 and errno otherwise. Not blocking, so that a named pipe cannot hold us up. */
static int open_file(const char *path, struct stat *status, char *why, size_t why_bytes, int *error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, status) < 0) {
        *error = why_fail(why, why_bytes, -errno, "%s: %s", path, strerror(errno));
    } else if (S_ISDIR(status->st_mode)) {
        *error = why_fail(why, why_bytes, -EISDIR, "%s: a folder, not a picture", path);
    } else if (!S_ISREG(status->st_mode)) {
        *error = why_fail(why, why_bytes, -ENOTSUP, "%s: not a plain file", path);
    } else if (status->st_size == 0) {
        *error = why_fail(why, why_bytes, -EBADMSG, "%s: an empty file", path);
    } else {
        *error = 0;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Reads until `bytes` are there or the file ends; the count read, or a negative errno. */
static ssize_t read_all(int fd, uint8_t *data, size_t bytes)
{
    size_t got = 0;
    while (got < bytes) {
        const ssize_t n = read(fd, data + got, bytes - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static int not_a_picture(const char *path, int error, char *why, size_t why_bytes)
{
    return why_fail(why, why_bytes, error, "%s: not a JPEG, PNG, PGM or PPM picture", path);
}

int picture_file_probe(const char *path, char *why, size_t why_bytes)
{
    struct stat status;
    int error;
    const int fd = open_file(path, &status, why, why_bytes, &error);
    if (fd < 0)
        return error;
    uint8_t head[HEAD_BYTES];
    const ssize_t got = read_all(fd, head, sizeof head);
    close(fd);
    if (got < 0)
        return why_fail(why, why_bytes, (int)got, "%s: reading failed: %s", path, strerror((int)-got));
    return kind_of(head, (size_t)got) ? 0 : not_a_picture(path, -ENOTSUP, why, why_bytes);
}

/* The whole file into picture->file; the number of bytes through the last pointer. */
static int read_file(struct picture_file *picture, const char *path, char *why, size_t why_bytes,
                     size_t *size_bytes)
{
    struct stat status;
    int error;
    const int fd = open_file(path, &status, why, why_bytes, &error);
    if (fd < 0)
        return -EBADMSG; /* `why` says what it was */
    if (status.st_size > MAX_FILE_BYTES) {
        error = why_fail(why, why_bytes, -EBADMSG, "%s: too large: %lld bytes; the limit is %lld", path,
                         (long long)status.st_size, MAX_FILE_BYTES);
    } else if (pixels_reserve(&picture->file, (size_t)status.st_size)) {
        error = why_fail(why, why_bytes, -ENOMEM, "%s: no memory for its %lld bytes", path,
                         (long long)status.st_size);
    } else {
        const ssize_t got = read_all(fd, picture->file.data, (size_t)status.st_size);
        if (got < 0)
            error = why_fail(why, why_bytes, -EBADMSG, "%s: reading failed: %s", path, strerror((int)-got));
        else
            *size_bytes = (size_t)got;
    }
    close(fd);
    return error;
}

int picture_file_load(struct picture_file *picture, const char *path, struct frame *frame, char *why,
                      size_t why_bytes)
{
    size_t size_bytes = 0;
    int error = read_file(picture, path, why, why_bytes, &size_bytes);
    if (error)
        return error;
    const struct kind *kind = kind_of(picture->file.data, size_bytes);
    if (!kind)
        return not_a_picture(path, -EBADMSG, why, why_bytes);

    char reason[256];
    struct frame loaded = {.orientation = 1, .name = path};
    error = kind->to_frame(picture->file.data, size_bytes, &picture->pixels, &loaded, reason, sizeof reason);
    if (error)
        return why_fail(why, why_bytes, error == -ENOMEM ? -ENOMEM : -EBADMSG, "%s: %s", path, reason);
    *frame = loaded;
    return 0;
}
