/* IDX files: good ones are read, bad ones refused with file and offset. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "net/net.h"
#include "net/train/idx.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/digitcam-idx-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void put32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void write_file(const char *name, const uint8_t *bytes, size_t count)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int gzip = strstr(name, ".gz") != NULL;
    if (gzip) {
        gzFile file = gzopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(gzwrite(file, bytes, (unsigned)count), (int)count);
        gzclose(file);
    } else {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, count, file), count);
        fclose(file);
    }
}

/* A set of `count` pictures, the i-th all i, labelled i % 10; `cut_` bytes of the end are left out. */
static void write_set(const char *name, const char *ending, uint32_t count, uint32_t side, size_t cut)
{
    char file[128];
    const size_t size = 16 + (size_t)count * side * side;
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    put32(bytes, 0x803), put32(bytes + 4, count), put32(bytes + 8, side), put32(bytes + 12, side);
    for (uint32_t i = 0; i < count; i++)
        memset(bytes + 16 + (size_t)i * side * side, (int)i, (size_t)side * side);
    snprintf(file, sizeof file, "%s-images-idx3-ubyte%s", name, ending);
    write_file(file, bytes, size - cut);
    put32(bytes, 0x801);
    for (uint32_t i = 0; i < count; i++)
        bytes[8 + i] = (uint8_t)(i % 10);
    snprintf(file, sizeof file, "%s-labels-idx1-ubyte%s", name, ending);
    write_file(file, bytes, 8 + count);
    free(bytes);
}

static void expect_bad(const char *name, const char *file, const char *words)
{
    struct idx_set set;
    char why[512] = "";
    assert_int_equal(idx_read(&set, folder, name, why, sizeof why), -EBADMSG);
    assert_null(set.pictures);
    if (!strstr(why, file) || !strstr(why, words) || !strstr(why, "at byte"))
        fail_msg("message: %s; wanted in it: %s and %s", why, file, words);
}

static void test_reads_plain_and_gzipped(void **state)
{
    (void)state;
    static const char *const endings[] = {"", ".gz"};
    for (int e = 0; e < 2; e++) {
        struct idx_set set;
        char why[512] = "", name[32];
        snprintf(name, sizeof name, "good%d", e);
        write_set(name, endings[e], 12, 28, 0);
        assert_int_equal(idx_read(&set, folder, name, why, sizeof why), 0);
        assert_int_equal(set.count, 12);
        assert_int_equal(set.pictures[11 * NET_PIXELS + 783], 11);
        assert_int_equal(set.labels[11], 1);
        idx_free(&set);
    }
}

static void test_finds_sets_in_order(void **state)
{
    (void)state;
    char **names, why[512] = "";
    int count;
    write_set("b", "", 1, 28, 0);
    write_set("a", ".gz", 1, 28, 0);
    write_set("b", ".gz", 1, 28, 0);
    write_file("c-labels-idx1-ubyte", (const uint8_t *)"x", 1);
    assert_int_equal(idx_find(folder, &names, &count, why, sizeof why), 0);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    idx_free_names(names, count);
}

static void test_empty_and_missing_folders(void **state)
{
    (void)state;
    char **names, why[512] = "";
    int count;
    assert_int_equal(idx_find(folder, &names, &count, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "no IDX sets"));
    assert_int_equal(idx_find("/no/such/folder", &names, &count, why, sizeof why), -ENOENT);
    assert_int_equal(count, 0);
}

static void test_cut_off(void **state)
{
    (void)state;
    write_set("short", "", 3, 28, 100);
    expect_bad("short", "short-images-idx3-ubyte", "ends too early");
    write_set("header", "", 3, 28, 3 * 28 * 28 + 7);
    expect_bad("header", "header-images", "at byte 9");
    write_set("labels", "", 3, 28, 0);
    write_file("labels-labels-idx1-ubyte", (const uint8_t *)"\0\0\x08\x01\0\0\0\x03\x01\x02", 10);
    expect_bad("labels", "labels-labels", "ends too early");
}

static void test_cut_off_gzip(void **state)
{
    (void)state;
    char path[256];
    write_set("zip", ".gz", 40, 28, 0);
    snprintf(path, sizeof path, "%s/zip-images-idx3-ubyte.gz", folder);
    assert_int_equal(truncate(path, 60), 0);
    expect_bad("zip", "zip-images-idx3-ubyte.gz", "at byte");
}

static void test_too_long(void **state)
{
    (void)state;
    write_set("long", "", 2, 28, 0);
    write_file("long-labels-idx1-ubyte", (const uint8_t *)"\0\0\x08\x01\0\0\0\x02\x01\x02\x03", 11);
    expect_bad("long", "long-labels", "more bytes");
}

static void test_wrong_kind_and_shape(void **state)
{
    (void)state;
    uint8_t bytes[16] = {0};
    write_set("kind", "", 1, 28, 0);
    write_file("kind-images-idx3-ubyte", bytes, sizeof bytes);
    expect_bad("kind", "kind-images", "no IDX file");
    write_set("shape", "", 2, 32, 0);
    expect_bad("shape", "shape-images", "28 x 28");
    put32(bytes, 0x803), put32(bytes + 4, 0xffffffffu), put32(bytes + 8, 28), put32(bytes + 12, 28);
    write_set("huge", "", 1, 28, 0);
    write_file("huge-images-idx3-ubyte", bytes, sizeof bytes);
    expect_bad("huge", "huge-images", "number of pictures");
}

static void test_labels(void **state)
{
    (void)state;
    write_set("eleven", "", 2, 28, 0);
    write_file("eleven-labels-idx1-ubyte", (const uint8_t *)"\0\0\x08\x01\0\0\0\x02\x01\x0b", 10);
    expect_bad("eleven", "eleven-labels", "at byte 9");
    write_set("count", "", 2, 28, 0);
    write_file("count-labels-idx1-ubyte", (const uint8_t *)"\0\0\x08\x01\0\0\0\x03\x01\x02\x03", 11);
    expect_bad("count", "count-labels", "labels for 3 pictures, but there are 2");
    write_set("my-letters", "", 2, 28, 0); /* of letters, labels above nine are fine */
    write_file("my-letters-labels-idx1-ubyte", (const uint8_t *)"\0\0\x08\x01\0\0\0\x02\x01\x33", 10);
    struct idx_set set;
    char why[512] = "";
    assert_int_equal(idx_read(&set, folder, "my-letters", why, sizeof why), 0);
    assert_true(idx_name_is_negative(set.name));
    idx_free(&set);
    assert_false(idx_name_is_negative("mnist-t10k"));
}

static void test_missing_labels(void **state)
{
    (void)state;
    char path[256], why[512] = "";
    struct idx_set set;
    write_set("alone", "", 2, 28, 0);
    snprintf(path, sizeof path, "%s/alone-labels-idx1-ubyte", folder);
    unlink(path);
    assert_int_equal(idx_read(&set, folder, "alone", why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "alone-labels-idx1-ubyte"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_reads_plain_and_gzipped),
        IN_FOLDER(test_finds_sets_in_order),
        IN_FOLDER(test_empty_and_missing_folders),
        IN_FOLDER(test_cut_off),
        IN_FOLDER(test_cut_off_gzip),
        IN_FOLDER(test_too_long),
        IN_FOLDER(test_wrong_kind_and_shape),
        IN_FOLDER(test_labels),
        IN_FOLDER(test_missing_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
