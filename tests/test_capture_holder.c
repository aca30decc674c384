/* Who has a file open: another process, by its name; not this one. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/device.h"
#include "capture/holder.h"

static char folder[] = "/tmp/digitcam-holder-XXXXXX", path[64], other_path[64];

/* Starts a process called `name` that has `file` open. */
static pid_t hold(const char *file, const char *name)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const int fd = open(file, O_RDWR | O_CREAT, 0600);
        prctl(PR_SET_NAME, name);
        if (fd < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/camera", folder);
    snprintf(other_path, sizeof other_path, "%s/link", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(other_path);
    return rmdir(folder);
}

static void test_names_the_process(void **state)
{
    char text[128], expected[64];
    (void)state;
    const pid_t child = hold(path, "camera hog");
    assert_int_equal(holder_list(path, text, sizeof text), 1);
    snprintf(expected, sizeof expected, "camera hog (process %d)", (int)child);
    assert_string_equal(text, expected);
    assert_int_equal(symlink(path, other_path), 0); /* as a by-id link leads to a camera */
    assert_int_equal(holder_list(other_path, text, sizeof text), 1);
    assert_string_equal(text, expected);
    struct device busy = {.name = "Webcam"};
    char why[512];
    snprintf(busy.path, sizeof busy.path, "%s", path);
    device_explain(&busy, "setting the format", -EBUSY, why, sizeof why);
    assert_non_null(strstr(why, "(Webcam) is busy: camera hog (process "));
    end(child);
    assert_int_equal(holder_list(path, text, sizeof text), 0);
    device_explain(&busy, "setting the format", -EBUSY, why, sizeof why);
    assert_non_null(strstr(why, "another program is using it"));
}

static void test_names_several(void **state)
{
    char text[256], little[40];
    (void)state;
    pid_t children[5];
    for (int i = 0; i < 5; i++)
        children[i] = hold(path, "hog\033[31m");
    assert_int_equal(holder_list(path, text, sizeof text), 3);
    assert_non_null(strstr(text, ") and hog?[31m (process "));
    assert_int_equal(holder_list(path, little, sizeof little), 1);
    assert_null(strstr(little, "and"));
    for (int i = 0; i < 5; i++)
        end(children[i]);
}

static void test_not_this_one(void **state)
{
    char text[128] = "x";
    (void)state;
    const int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(holder_list(path, text, sizeof text), 0);
    assert_string_equal(text, "");
    close(fd);
    assert_int_equal(holder_list("/nowhere/at/all", text, sizeof text), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_the_process),
        cmocka_unit_test(test_names_several),
        cmocka_unit_test(test_not_this_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
