#include "net/train/idx.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "net/net.h"

#define IMAGES_SUFFIX "-images-idx3-ubyte"
#define LABELS_SUFFIX "-labels-idx1-ubyte"
#define IMAGES_MAGIC  0x803u
#define LABELS_MAGIC  0x801u
#define PATH_BYTES    4096

bool idx_name_is_negative(const char *name)
{
    return strstr(name, "letters") || strstr(name, "symbols");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The length of the set's name if `file` is its images file, else 0. */
static size_t set_name_length(const char *file)
{
    const char *end = strstr(file, IMAGES_SUFFIX);
    if (!end || end == file)
        return 0;
    const char *rest = end + strlen(IMAGES_SUFFIX);
    const bool known = *rest == '\0' || strcmp(rest, ".gz") == 0;
    return known && (size_t)(end - file) < IDX_NAME_BYTES ? (size_t)(end - file) : 0;
}

static bool has_name(char **names, int count, const char *name, size_t length)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

void idx_free_names(char **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static int append_name(char ***names, int *count, const char *file, size_t length)
{
    char **grown = realloc(*names, sizeof *grown * ((size_t)*count + 1));
    if (!grown)
        return -ENOMEM;
    *names = grown;
    grown[*count] = strndup(file, length);
    if (!grown[*count])
        return -ENOMEM;
    (*count)++;
    return 0;
}

int idx_find(const char *folder, char ***names, int *count, char *why, size_t why_bytes)
{
    *names = NULL;
    *count = 0;
    DIR *dir = opendir(folder);
    if (!dir) {
        const int error = -errno;
        snprintf(why, why_bytes, error == -ENOTDIR ? "%s: %s; a folder of IDX files is expected" : "%s: %s", folder,
                 strerror(-error));
        return error;
    }
    int error = 0;
    for (struct dirent *entry = readdir(dir); entry && !error; entry = readdir(dir)) {
        const size_t length = set_name_length(entry->d_name);
        if (length > 0 && !has_name(*names, *count, entry->d_name, length)) /* as it is and gzipped: once */
            error = append_name(names, count, entry->d_name, length);
    }
    closedir(dir);
    if (!error && *count == 0) {
        error = -ENOENT;
        snprintf(why, why_bytes,
                 "%s: no IDX sets here (NAME" IMAGES_SUFFIX "[.gz] and NAME" LABELS_SUFFIX "[.gz])", folder);
    } else if (error) {
        snprintf(why, why_bytes, "%s: %s", folder, strerror(-error));
    }
    if (error) {
        idx_free_names(*names, *count);
        *names = NULL;
        *count = 0;
        return error;
    }
    qsort(*names, (size_t)*count, sizeof **names, compare_names);
    return 0;
}

/* One file being read: zlib reads plain files too. */
struct reader {
    gzFile file;
    char path[PATH_BYTES];
    char *why;
    size_t why_bytes;
};

/* Opens reader->path, which must be a file: a pipe would make us wait. Returns 0 or a negative errno; -ENOTSUP: it is
 * something else. */
static int open_file(struct reader *reader)
{
    struct stat status;
    const int file = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return -errno;
    const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    reader->file = regular ? gzdopen(file, "rb") : NULL;
    if (!reader->file)
        close(file);
    return reader->file ? 0 : regular ? -ENOMEM : -ENOTSUP;
}

static int open_reader(struct reader *reader, const char *folder, const char *name, const char *suffix)
{
    static const char *const endings[] = {".gz", ""};
    int error = -ENOENT;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const int length =
            snprintf(reader->path, sizeof reader->path, "%s/%s%s%s", folder, name, suffix, endings[i]);
        if (length < 0 || (size_t)length >= sizeof reader->path) {
            snprintf(reader->why, reader->why_bytes, "%s: the path is too long", folder);
            return -ENAMETOOLONG;
        }
        if (access(reader->path, F_OK) != 0)
            continue;
        error = open_file(reader);
        if (!error)
            return 0;
        break;
    }
    if (error == -ENOTSUP)
        snprintf(reader->why, reader->why_bytes, "%s: is not a file", reader->path);
    else if (error == -ENOENT && strcmp(suffix, LABELS_SUFFIX) == 0)
        snprintf(reader->why, reader->why_bytes,
                 "%s/%s" IMAGES_SUFFIX " has no labels beside it: %s" LABELS_SUFFIX "[.gz]", folder, name, name);
    else
        snprintf(reader->why, reader->why_bytes, "%s: %s", reader->path, strerror(-error));
    return error;
}

static int bad(const struct reader *reader, long offset, const char *what)
{
    snprintf(reader->why, reader->why_bytes, "%s: %s at byte %ld%s", reader->path, what, offset,
             reader->file && !gzdirect(reader->file) ? " of what is unpacked" : "");
    return -EBADMSG;
}

static int read_bytes(const struct reader *reader, uint8_t *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        const size_t want = count - done < (1u << 20) ? count - done : 1u << 20;
        const int got = gzread(reader->file, bytes + done, (unsigned)want);
        if (got < 0)
            return bad(reader, gztell(reader->file), "the compressed data is damaged");
        if (got == 0)
            return bad(reader, gztell(reader->file), "the file ends too early,");
        done += (size_t)got;
    }
    return 0;
}

static int expect_end(const struct reader *reader)
{
    uint8_t extra;
    const int got = gzread(reader->file, &extra, 1);
    if (got < 0)
        return bad(reader, gztell(reader->file), "the compressed data is damaged or cut off");
    return got == 0
               ? 0
               : bad(reader, gztell(reader->file) - 1, "there are more bytes than the header announces,");
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int read_images(const struct reader *reader, struct idx_set *set)
{
    uint8_t header[16];
    int error = read_bytes(reader, header, 4);
    if (error)
        return error;
    if (big_endian(header) != IMAGES_MAGIC)
        return bad(reader, 0, "this is no IDX file of pictures: 00 00 08 03 is expected");
    error = read_bytes(reader, header + 4, sizeof header - 4);
    if (error)
        return error;
    const uint32_t count = big_endian(header + 4);
    if (count == 0 || count > IDX_MAX_PICTURES)
        return bad(reader, 4, "the number of pictures is not between 1 and 4,000,000:");
    if (big_endian(header + 8) != NET_SIDE_PX || big_endian(header + 12) != NET_SIDE_PX) {
        char sizes[80];
        snprintf(sizes, sizeof sizes, "the pictures are %" PRIu32 " x %" PRIu32 ", not 28 x 28:",
                 big_endian(header + 8), big_endian(header + 12));
        return bad(reader, 8, sizes);
    }
    set->pictures = malloc((size_t)count * NET_PIXELS);
    if (!set->pictures) {
        snprintf(reader->why, reader->why_bytes, "%s: not enough memory for %u pictures", reader->path,
                 count);
        return -ENOMEM;
    }
    set->count = (int)count;
    error = read_bytes(reader, set->pictures, (size_t)count * NET_PIXELS);
    return error ? error : expect_end(reader);
}

static int read_labels(const struct reader *reader, struct idx_set *set)
{
    uint8_t header[8];
    int error = read_bytes(reader, header, 4);
    if (error)
        return error;
    if (big_endian(header) != LABELS_MAGIC)
        return bad(reader, 0, "this is no IDX file of labels: 00 00 08 01 is expected");
    error = read_bytes(reader, header + 4, sizeof header - 4);
    if (error)
        return error;
    if (big_endian(header + 4) != (uint32_t)set->count) {
        char counts[96];
        snprintf(counts, sizeof counts, "labels for %" PRIu32 " pictures, but there are %d pictures; the number is",
                 big_endian(header + 4), set->count);
        return bad(reader, 4, counts);
    }
    set->labels = malloc((size_t)set->count);
    if (!set->labels) {
        snprintf(reader->why, reader->why_bytes, "%s: not enough memory", reader->path);
        return -ENOMEM;
    }
    error = read_bytes(reader, set->labels, (size_t)set->count);
    const int largest = idx_name_is_negative(set->name) ? IDX_MAX_LABEL : 9;
    for (int i = 0; i < set->count && !error; i++)
        if (set->labels[i] > largest) {
            char label[80];
            snprintf(label, sizeof label, "label %d is out of range (0 to %d)", set->labels[i], largest);
            error = bad(reader, 8L + i, label);
        }
    return error ? error : expect_end(reader);
}

int idx_read(struct idx_set *set, const char *folder, const char *name, char *why, size_t why_bytes)
{
    memset(set, 0, sizeof *set);
    snprintf(set->name, sizeof set->name, "%s", name);
    struct reader reader = {.why = why, .why_bytes = why_bytes};
    int error = open_reader(&reader, folder, name, IMAGES_SUFFIX);
    if (!error) {
        error = read_images(&reader, set);
        gzclose(reader.file);
    }
    if (!error && !(error = open_reader(&reader, folder, name, LABELS_SUFFIX))) {
        error = read_labels(&reader, set);
        gzclose(reader.file);
    }
    if (error)
        idx_free(set);
    return error;
}

void idx_free(struct idx_set *set)
{
    free(set->pictures);
    free(set->labels);
    memset(set, 0, sizeof *set);
}
