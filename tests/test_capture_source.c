/* Which driver a source gets, and what is said about a source that is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/cameras.h"
#include "capture/source.h"

static char folder[64]; /* a place of our own, made anew for every test */

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/digitcam-source-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *write_file(const char *name, const void *bytes, size_t count)
{
    const char *const path = in_folder(name);
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* Opening must fail with `error`, and the line for the user must hold `part`. */
static void assert_refused(const char *spec, int error, const char *part)
{
    char why[SOURCE_WHY_BYTES];
    struct source *source = (struct source *)why; /* anything but NULL */
    assert_int_equal(source_open(&source, spec, NULL, why, sizeof why), error);
    assert_null(source);
    if (!strstr(why, part))
        fail_msg("'%s' does not say '%s'", why, part);
    assert_null(strchr(why, '\n'));
}

static struct source *open_it(const char *spec)
{
    struct source *source;
    char why[SOURCE_WHY_BYTES];
    if (source_open(&source, spec, NULL, why, sizeof why) != 0)
        fail_msg("%s: %s", spec, why);
    return source;
}

static void test_no_name(void **state)
{
    (void)state;
    assert_refused("", -EINVAL, "empty");
    assert_refused(NULL, -EINVAL, "empty");
}

static void test_nothing_of_that_name(void **state)
{
    (void)state;
    assert_refused("no such thing", -ENOENT, "no such thing");
    assert_refused("no such thing", -ENOENT, "digitcam cameras");
    assert_refused("./no/such/page.jpg", -ENOENT, "./no/such/page.jpg");
    assert_refused("/dev/video4711", -ENOENT, "/dev/video4711");
    assert_refused("4711", -ENOENT, "/dev/video4711");
    assert_refused("/dev/v4l/by-id/none", -ENOENT, "/dev/v4l/by-id/none");
    assert_refused("99999999999999999999999999999999", -ENOENT, "there is no /dev/video9999");
}

static void test_endless_name(void **state)
{
    (void)state;
    char name[6000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_refused(name, -ENOENT, "xxx");
    name[0] = '/';
    assert_refused(name, -ENAMETOOLONG, "too long");
    memset(name, '1', sizeof name - 1);
    assert_refused(name, -EINVAL, "too long");
}

static void test_devices_that_are_no_camera(void **state)
{
    (void)state;
    assert_refused("/dev/null", -ENOTTY, "/dev/null is not a camera");
    assert_refused("/dev/zero", -ENOTTY, "not a camera");
}

static void test_socket(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_refused(address.sun_path, -EINVAL, "neither");
    close(fd);
}

static void test_forbidden_file(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        printf("skipped: root may read everything\n");
        skip();
    }
    const char *const path = write_file("secret.pgm", "P5 1 1 255\n0", 12);
    assert_int_equal(chmod(path, 0), 0);
    assert_refused(path, -EACCES, "ermission denied");
}

static void test_folder_without_pictures(void **state)
{
    char why[SOURCE_WHY_BYTES];
    struct source *source;
    (void)state;
    write_file("notes.txt", "no picture", 10);
    assert_true(source_open(&source, folder, NULL, why, sizeof why) < 0);
    assert_null(source);
    assert_non_null(strstr(why, folder));
}

static void test_picture_by_its_bytes(void **state)
{
    static const char gray[] = "P5\n2 1\n255\n\x10\xf0";
    struct frame frame;
    char why[SOURCE_WHY_BYTES];
    (void)state;
    struct source *const source = open_it(write_file("named-like-nothing", gray, sizeof gray - 1));
    assert_false(source_is_live(source));
    assert_int_equal(source_next(source, &frame, 0, why, sizeof why), 0);
    assert_int_equal(frame.width_px, 2);
    assert_int_equal(frame.height_px, 1);
    assert_int_equal(source_next(source, &frame, 0, why, sizeof why), -ENODATA);
    assert_int_equal(source_dropped(source), 0);
    source_close(source);
}

/* A damaged picture is opened by its name, so that the message does not speak of videos. */
static void test_damaged_picture(void **state)
{
    char why[SOURCE_WHY_BYTES];
    struct source *source;
    struct frame frame;
    (void)state;
    const char *const path = write_file("page.JPG", "", 0);
    int error = source_open(&source, path, NULL, why, sizeof why);
    if (!error)
        error = source_next(source, &frame, 0, why, sizeof why);
    assert_true(error < 0);
    assert_null(strstr(why, "video"));
    source_close(source);
}

static void test_neither_picture_nor_video(void **state)
{
    char why[SOURCE_WHY_BYTES];
    struct source *source;
    (void)state;
    assert_true(source_open(&source, write_file("letter", "Dear Sir, ", 10), NULL, why, sizeof why) < 0);
    assert_null(source);
    assert_non_null(strstr(why, "letter"));
}

static void test_demo(void **state)
{
    struct frame frame;
    char why[SOURCE_WHY_BYTES];
    (void)state;
    struct source *const source = open_it("demo");
    assert_true(source_is_live(source));
    assert_true(strlen(source_describe(source)) > 0);
    assert_int_equal(source_next(source, &frame, 1000, why, sizeof why), 0);
    assert_true(frame.width_px > 0 && frame.height_px > 0);
    source_close(source);
}

static void test_close_nothing(void **state)
{
    (void)state;
    source_close(NULL);
    camera_list_destroy(NULL);
}

/* The list agrees with itself, whatever this machine has. */
static void test_list_of_cameras(void **state)
{
    struct camera_list *all, *names;
    (void)state;
    assert_int_equal(camera_list_create(&all), 0);
    assert_int_equal(camera_list_create_names(&names), 0);
    assert_int_equal(all->count, names->count);
    for (size_t i = 0; i < all->count; i++) {
        assert_string_equal(all->cameras[i].path, names->cameras[i].path);
        assert_int_equal(names->cameras[i].format_count, 0);
    }
    if (all->count == 0) {
        struct source *source;
        char why[SOURCE_WHY_BYTES];
        assert_int_equal(source_open_first_camera(&source, NULL, why, sizeof why), -ENODEV);
        assert_null(source);
        assert_non_null(strstr(why, "no camera found"));
    }
    camera_list_destroy(all);
    camera_list_destroy(names);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(test_no_name),
        TEST(test_nothing_of_that_name),
        TEST(test_endless_name),
        TEST(test_devices_that_are_no_camera),
        TEST(test_socket),
        TEST(test_forbidden_file),
        TEST(test_folder_without_pictures),
        TEST(test_picture_by_its_bytes),
        TEST(test_damaged_picture),
        TEST(test_neither_picture_nor_video),
        TEST(test_demo),
        TEST(test_close_nothing),
        TEST(test_list_of_cameras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
