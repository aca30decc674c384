/* `digitcam bench`: the cases it measures, its JSON, and what it says where it cannot. Runs ./digitcam. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#define OUTPUT 65536

static void need_weights(void)
{
    if (access("weights/digits.safetensors", R_OK) == 0)
        return;
    printf("skipped: no weights/digits.safetensors\n");
    skip();
}

/* Runs ./digitcam with these words; its output and messages together go to `output`. Returns its exit status. */
static int run(const char *words, char output[OUTPUT])
{
    char command[512];
    snprintf(command, sizeof command, "./digitcam %s 2>&1", words);
    FILE *const pipe = popen(command, "r");
    assert_non_null(pipe);
    const size_t count = fread(output, 1, OUTPUT - 1, pipe);
    output[count] = '\0';
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static double number_at(const json_t *object, const char *outer, const char *inner)
{
    const json_t *const value = json_object_get(json_object_get(object, outer), inner);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

/* One object a count of digits, in the size asked for. */
static void check_cases(const char *words, const char *clip)
{
    static const int digits[] = {0, 10, 20, 50};
    static char output[OUTPUT];
    int cases = 0;
    assert_int_equal(run(words, output), 0);
    for (char *rest = NULL, *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), cases++) {
        json_t *const object = json_loads(line, 0, NULL);
        assert_non_null(object);
        assert_true(cases < 4);
        assert_string_equal(json_string_value(json_object_get(object, "clip")), clip);
        assert_string_equal(json_string_value(json_object_get(object, "size")), "640x480");
        assert_string_equal(json_string_value(json_object_get(object, "input")), "gray");
        assert_int_equal(json_integer_value(json_object_get(object, "digits")), digits[cases]);
        assert_int_equal(json_integer_value(json_object_get(object, "frames")), 5);
        const double p50 = number_at(object, "frame_us", "p50"), most = number_at(object, "frame_us", "max");
        assert_true(p50 > 0 && p50 <= number_at(object, "frame_us", "p95"));
        assert_true(number_at(object, "frame_us", "p99") <= most);
        assert_true(number_at(object, "stages_us", "threshold") > 0 && number_at(object, "stages_us", "threshold") < most);
        const double recall = number_at(object, "accuracy", "recall");
        assert_true(recall >= 0.8 && recall <= 1); /* it does read what it times */
        json_decref(object);
    }
    assert_int_equal(cases, 4);
}

static void measures_the_demo(void **state)
{
    (void)state;
    need_weights();
    check_cases("bench --json --size 640x480 --frames 5", "demo");
}

static void measures_a_scene(void **state)
{
    (void)state;
    need_weights();
    check_cases("bench --json --size 640x480 --frames 5 demo:ruled", "demo:ruled");
}

/* Pages turned and leaning are read nearly as well as straight ones. */
static void reads_pages_askew(void **state)
{
    static const char *const scenes[] = {"tilted", "held"};
    (void)state;
    static char output[OUTPUT];
    char words[128];
    need_weights();
    for (int i = 0; i < 2; i++) {
        int cases = 0;
        snprintf(words, sizeof words, "bench --json --size 1280x720 --frames 5 demo:%s", scenes[i]);
        assert_int_equal(run(words, output), 0);
        for (char *rest = NULL, *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), cases++) {
            json_t *const object = json_loads(line, 0, NULL);
            assert_true(number_at(object, "accuracy", "recall") >= 0.95);
            assert_true(cases == 0 || number_at(object, "accuracy", "precision") >= 0.9);
            json_decref(object);
        }
        assert_int_equal(cases, 4);
    }
}

static void prints_a_table(void **state)
{
    (void)state;
    static char output[OUTPUT];
    need_weights();
    assert_int_equal(run("bench --size 160x120 --frames 2", output), 0);
    assert_non_null(strstr(output, "demo 160x120, 50 digits"));
    assert_non_null(strstr(output, "p99"));
}

static void measures_networks(void **state)
{
    (void)state;
    static char output[OUTPUT];
    need_weights();
    assert_int_equal(run("bench --net --json --kernels scalar", output), 0);
    int lines = 0;
    for (const char *line = output; *line; line = strchr(line, '\n') + 1, lines++) {
        assert_non_null(strstr(line, "{\"net\":"));
        assert_non_null(strstr(line, "\"us_per_digit\":"));
        assert_non_null(strchr(line, '\n'));
    }
    assert_int_equal(lines, 4); /* float and int8, one and sixteen at a time */
    assert_int_equal(run("bench --net --weights no-such.safetensors", output), 1);
    assert_non_null(strstr(output, "no-such.safetensors"));
}

static void says_what_it_cannot_measure(void **state)
{
    (void)state;
    static char output[OUTPUT];
    need_weights();
    assert_int_equal(run("bench demo:chalkboard", output), 2);
    assert_non_null(strstr(output, "blackboard"));
    assert_int_equal(run("bench no-such-file.png", output), 1);
    assert_non_null(strstr(output, "no-such-file.png"));
    assert_int_equal(run("bench --overlay x.png", output), 2);
}

int main(void)
{
    setenv("DIGITCAM_WEIGHTS", "weights/digits.safetensors", 1); /* whatever this shell is set to */
    unsetenv("DIGITCAM_KERNELS");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_the_demo),
        cmocka_unit_test(reads_pages_askew),
        cmocka_unit_test(measures_a_scene),
        cmocka_unit_test(prints_a_table),
        cmocka_unit_test(measures_networks),
        cmocka_unit_test(says_what_it_cannot_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
