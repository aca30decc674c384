/* pictures.h - files and JPEGs for the tests of capture/: everything is made on the spot, in a folder of its
 * own. */
#ifndef DIGITCAM_TESTS_PICTURES_H
#define DIGITCAM_TESTS_PICTURES_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <unistd.h>

struct bytes { /* malloc'ed; bytes_free */
    uint8_t *data;
    size_t size;
};

static inline struct bytes bytes_copy(const void *data, size_t size)
{
    struct bytes copy = {malloc(size ? size : 1), size};
    assert(copy.data);
    memcpy(copy.data, data, size);
    return copy;
}

static inline void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

/* A small generator of its own, so that a failing variant can be made again from its number. */
static inline uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* Changes one to eight bytes. */
static inline void damage(struct bytes *bytes, uint32_t *state)
{
    const uint32_t count = 1 + next_random(state) % 8;
    for (uint32_t i = 0; i < count; i++)
        bytes->data[next_random(state) % bytes->size] = (uint8_t)next_random(state);
}

/* Gray values that are smooth enough for a JPEG to keep, and different everywhere. */
static inline uint8_t smooth(int x, int y, int width, int height)
{
    return (uint8_t)(20 + 200 * x / (width > 1 ? width - 1 : 1) * 3 / 4 +
                     50 * y / (height > 1 ? height - 1 : 1));
}

/* A JPEG of smooth() as R = G = B. */
static inline struct bytes make_jpeg(int width, int height, int subsampling, int flags)
{
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
    assert(rgb);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            memset(rgb + 3 * ((size_t)y * (size_t)width + (size_t)x), smooth(x, y, width, height), 3);
    tjhandle handle = tjInitCompress();
    unsigned char *jpeg = NULL;
    unsigned long size = 0;
    const int failed =
        tjCompress2(handle, rgb, width, 0, height, TJPF_RGB, &jpeg, &size, subsampling, 95, flags);
    assert(!failed);
    (void)failed;
    struct bytes bytes = bytes_copy(jpeg, size);
    tjFree(jpeg);
    tjDestroy(handle);
    free(rgb);
    return bytes;
}

/* Where the segment with this marker begins (at its FF), or 0. Only before the first scan. */
static inline size_t find_segment(const struct bytes *jpeg, uint8_t marker)
{
    for (size_t at = 2; at + 4 <= jpeg->size && jpeg->data[at] == 0xFF;) {
        if (jpeg->data[at + 1] == marker)
            return at;
        at += 2 + (size_t)(jpeg->data[at + 2] << 8 | jpeg->data[at + 3]);
    }
    return 0;
}

static inline void bytes_remove(struct bytes *bytes, size_t at, size_t count)
{
    memmove(bytes->data + at, bytes->data + at + count, bytes->size - at - count);
    bytes->size -= count;
}

static inline void bytes_insert(struct bytes *bytes, size_t at, const void *data, size_t count)
{
    uint8_t *grown = realloc(bytes->data, bytes->size + count);
    assert(grown);
    memmove(grown + at + count, grown + at, bytes->size - at);
    memcpy(grown + at, data, count);
    bytes->data = grown;
    bytes->size += count;
}

/* An APP1 segment with one EXIF field, the orientation, behind the start marker. */
static inline void add_exif_orientation(struct bytes *jpeg, int orientation)
{
    uint8_t app1[] = {0xFF, 0xE1, 0, 34, 'E', 'x',  'i',  'f', 0, 0, 'M', 'M', 0, 42, 0,
                      0,    0,    8, 0,  1,   0x01, 0x12, 0,   3, 0, 0,   0,   1, 0,  (uint8_t)orientation,
                      0,    0,    0, 0,  0,   0};
    bytes_insert(jpeg, 2, app1, sizeof app1);
}

/* A new folder under $TMPDIR or /tmp; remove_folder takes it away with what is in it. */
static inline char *make_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/digitcam-test-XXXXXX", base && *base ? base : "/tmp") < 0 || !mkdtemp(path)) {
        perror("mkdtemp");
        abort();
    }
    return path;
}

static inline char *path_in(const char *folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

static inline void write_file(const char *folder, const char *name, const void *data, size_t size)
{
    char *path = path_in(folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || (size && fwrite(data, 1, size, file) != size) || fclose(file)) {
        perror(path);
        abort();
    }
    free(path);
}

static inline void remove_folder(char *path)
{
    char *command = NULL;
    if (asprintf(&command, "rm -rf '%s'", path) < 0 || system(command) != 0)
        perror(path);
    free(command);
    free(path);
}

#endif
