/* Who may include whom: every room's includes against the rules of the house. Run from the root of the repository. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the files matching `files` may include of the project, as beginnings of the included path. */
struct rule {
    const char *files;
    const char *allowed[8];
};

static const struct rule rules[] = {
    {"capture/*.[ch]", {"capture/"}},
    {"net/*.[ch]", {"net/"}},
    {"vision/*.[ch]", {"vision/", "capture/frame.h", "net/net.h"}},
    {"net/train/*.[ch]", {"net/", "vision/", "capture/pen.h"}},
    /* capture/cameras.h: plain data, like a reading; render lays the list out as text and JSON. */
    {"render/*.[ch]",
     {"render/", "vision/reading.h", "vision/gray.h", "vision/watch.h", "capture/frame.h", "capture/cameras.h", "net/net.h"}},
    {"render/commands/*.[ch]", {"render/", "capture/", "vision/", "net/"}},
};

/* Folders that stand above the room they lie in: nobody but their own files may include them. */
static const char *const above[] = {"net/train/", "render/commands/"};

static bool from_above(const char *file, const char *path)
{
    for (size_t i = 0; i < sizeof above / sizeof *above; i++)
        if (strncmp(path, above[i], strlen(above[i])) == 0 && strncmp(file, above[i], strlen(above[i])) != 0)
            return true;
    return false;
}

static bool allowed(const struct rule *rule, const char *path)
{
    for (int i = 0; i < 8 && rule->allowed[i]; i++)
        if (strncmp(path, rule->allowed[i], strlen(rule->allowed[i])) == 0)
            return true;
    return false;
}

/* Counts the includes of `file` that break `rule`, naming each; adds the project's includes it saw to *seen. */
static int broken_in(const struct rule *rule, const char *file, int *seen)
{
    FILE *const in = fopen(file, "r");
    assert_non_null(in);
    char line[512], path[512];
    int broken = 0;
    while (fgets(line, sizeof line, in))
        if (sscanf(line, " # include \"%511[^\"]\"", path) == 1) {
            ++*seen;
            if (!allowed(rule, path) || from_above(file, path)) {
                print_error("%s must not include %s\n", file, path);
                broken++;
            }
        }
    fclose(in);
    return broken;
}

static void rooms_include_only_what_they_may(void **state)
{
    (void)state;
    int broken = 0;
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        glob_t found;
        int seen = 0;
        assert_int_equal(glob(rules[r].files, 0, NULL, &found), 0); /* a room without files: run from the root? */
        for (size_t i = 0; i < found.gl_pathc; i++)
            broken += broken_in(&rules[r], found.gl_pathv[i], &seen);
        globfree(&found);
        assert_true(seen > 0); /* a scan that sees no include checks nothing */
    }
    assert_int_equal(broken, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rooms_include_only_what_they_may)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
