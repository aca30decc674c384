/* Options: good and bad values of each, environment variables, unknown options with what they may have meant. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/frame.h"
#include "render/options.h"
#include "render/suggest.h"

enum { MAX_WORDS = 12 };

static struct options options; /* as the last take() or environment() left them */
static char *words[MAX_WORDS]; /* of the last take() */
static char said[1024];        /* by the last take() or environment() */

static FILE *messages_open(void)
{
    memset(said, 0, sizeof said);
    FILE *const messages = fmemopen(said, sizeof said, "w");
    assert_non_null(messages);
    return messages;
}

/* Takes up to four words as a command line; NULL ends them. */
static int take(const char *a, const char *b, const char *c, const char *d)
{
    const char *const given[] = {"digitcam", a, b, c, d, NULL};
    char *argv[6] = {0};
    int argc = 0;
    for (; given[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)given[argc]; /* options_take changes no text, as main's argv is not const */
    FILE *const messages = messages_open();
    memset(&options, 0, sizeof options);
    const int count = options_take(argc, argv, words, &options, messages);
    fclose(messages);
    return count;
}

static int environment(unsigned commands)
{
    FILE *const messages = messages_open();
    const int error = options_take_environment(commands, &options, messages);
    fclose(messages);
    return error;
}

/* The option is taken in both its forms. */
static void good(const char *option, const char *value)
{
    char joined[128];
    assert_int_equal(take(option, value, NULL, NULL), 0);
    const struct options apart = options;
    snprintf(joined, sizeof joined, "%s=%s", option, value);
    assert_int_equal(take(joined, NULL, NULL, NULL), 0);
    assert_string_equal(said, "");
    assert_int_equal(options.given, apart.given);
    assert_int_not_equal(options.given, 0);
}

/* The value is refused in both forms, with these words. */
static void bad(const char *option, const char *value, const char *expects)
{
    char joined[128], message[256];
    snprintf(message, sizeof message, "digitcam: %s: \"%s\" is not %s\n", option, value, expects);
    assert_int_equal(take(option, value, NULL, NULL), -EINVAL);
    assert_string_equal(said, message);
    snprintf(joined, sizeof joined, "%s=%s", option, value);
    assert_int_equal(take(joined, NULL, NULL, NULL), -EINVAL);
    assert_string_equal(said, message);
}

static void nothing_given_is_all_zero(void **state)
{
    (void)state;
    const struct options none = {0};
    assert_int_equal(take(NULL, NULL, NULL, NULL), 0);
    assert_memory_equal(&options, &none, sizeof none);
}

static void sizes(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",     "12",   "x",     "12x",   "x12",     "axb",     "1x1x",        "0x0",       "-1x1",          "1x-1",
        " 1x1", "1 x1", "1x1 ",  "1.5x1", "99999x1", "16385x1", "16384x16384", "8001x8000", "00000000001x1", "1x16385",
        "1x99999999999999999999"};
    good("--size", "1280x720");
    assert_int_equal(options.width_px, 1280);
    assert_int_equal(options.height_px, 720);
    good("--size", "16384X3906"); /* capital X; the longest side, nearly the most pixels */
    assert_int_equal(options.width_px, FRAME_MAX_SIDE_PX);
    assert_int_equal(options.height_px, 3906);
    good("--size", "8000x8000");
    good("--size", "1x1");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        bad("--size", wrong[i], "a size such as 1280x720 (at most 16384 a side, 64 million pixels in all)");
}

static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *option, *expects, *most, *more;
    } cases[] = {
        {"--fps", "a frame rate from 1 to 1000", "1000", "1001"},
        {"--frames", "a number of frames from 1", "1000000000", "1000000001"},
        {"--threads", "a number of threads from 1 to 256", "256", "257"},
    };
    static const char *const wrong[] = {"",  "0",   "-1",  "+1",   " 1", "1 ",
                                        "x", "1e3", "1.5", "0x10", "99999999999999999999"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        good(cases[i].option, "1");
        good(cases[i].option, "030"); /* decimal, not octal */
        good(cases[i].option, cases[i].most);
        bad(cases[i].option, cases[i].more, cases[i].expects);
        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
            bad(cases[i].option, wrong[k], cases[i].expects);
    }
    good("--fps", "030");
    assert_int_equal(options.fps, 30);
    good("--frames", "1000000000");
    assert_int_equal(options.frames, 1000000000);
    good("--threads", "256");
    assert_int_equal(options.threads, 256);
}

static void seeds(void **state)
{
    (void)state;
    good("--seed", "18446744073709551615");
    assert_true(options.seed == UINT64_MAX);
    good("--seed", "0");
    bad("--seed", "18446744073709551616", "a whole number");
    bad("--seed", "-1", "a whole number");
    bad("--seed", "7a", "a whole number");
    bad("--seed", "", "a whole number");
}

static void formats(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "MJ", "MJPEG", "M-PG", "MJP\n", "\303\244\303\244"};
    good("--format", "MJPG");
    assert_int_equal(options.fourcc, FRAME_MJPG);
    good("--format", "yuyv");
    assert_int_equal(options.fourcc, FRAME_YUYV);
    good("--format", "Y16"); /* its blank unsaid */
    assert_int_equal(options.fourcc, FRAME_FOURCC('Y', '1', '6', ' '));
    good("--format", "Y16 ");
    assert_int_equal(options.fourcc, FRAME_FOURCC('Y', '1', '6', ' '));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        bad("--format", wrong[i], "a pixel format such as MJPG or YUYV");
}

static void texts(void **state)
{
    (void)state;
    good("--weights", "a=b c.safetensors"); /* only the first = parts option and value */
    assert_string_equal(options.weights, "a=b c.safetensors");
    good("--kernels", "scalar");
    assert_string_equal(options.kernels, "scalar");
    good("--overlay", "--x.png"); /* a value may begin with dashes */
    assert_string_equal(options.overlay, "--x.png");
    bad("--weights", "", "the name of a weights file");
    bad("--kernels", "", "an instruction set such as scalar or avx2");
    bad("--overlay", "", "the name of a PNG file, ending in .png");
    bad("--overlay", "x.jpg", "the name of a PNG file, ending in .png");
}

static void flags(void **state)
{
    (void)state;
    static const struct {
        const char *option;
        size_t offset;
    } cases[] = {
        {"--json", offsetof(struct options, json)},
        {"--headless", offsetof(struct options, headless)},
        {"--fullscreen", offsetof(struct options, fullscreen)},
        {"--exit-on-unplug", offsetof(struct options, exit_on_unplug)},
        {"--statistics", offsetof(struct options, statistics)},
        {"--help", offsetof(struct options, help)},
        {"-h", offsetof(struct options, help)},
        {"--version", offsetof(struct options, version)},
    };
    char valued[64], message[128];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(take(cases[i].option, NULL, NULL, NULL), 0);
        struct options only = {.given = options.given};
        *(bool *)((char *)&only + cases[i].offset) = true;
        assert_memory_equal(&options, &only, sizeof only); /* this flag and no other */
        if (cases[i].option[1] != '-')
            continue;
        snprintf(valued, sizeof valued, "%s=1", cases[i].option);
        snprintf(message, sizeof message, "digitcam: %s takes no value\n", cases[i].option);
        assert_int_equal(take(valued, NULL, NULL, NULL), -EINVAL);
        assert_string_equal(said, message);
    }
}

static void words_and_options_mix(void **state)
{
    (void)state;
    assert_int_equal(take("read", "--fps", "5", "page.png"), 2);
    assert_string_equal(words[0], "read");
    assert_string_equal(words[1], "page.png");
    assert_int_equal(options.fps, 5);
    assert_int_equal(take("read", "-", "--", "--json"), 3); /* standard input; a file named --json */
    assert_string_equal(words[1], "-");
    assert_string_equal(words[2], "--json");
    assert_false(options.json);
    assert_int_equal(take("--fps=5", "--fps=7", NULL, NULL), 0);
    assert_int_equal(options.fps, 7);
    assert_int_equal(take("read", "--size", NULL, NULL), -EINVAL);
    assert_string_equal(said, "digitcam: --size needs a value: a size such as 1280x720 (at most 16384 a side, 64 million pixels in all)\n");
}

static void unknown_options_are_told_their_neighbours(void **state)
{
    (void)state;
    static const struct {
        const char *word, *ending;
    } cases[] = {
        {"--jsno", "; did you mean --json?\n"},
        {"--siz=640x480", "; did you mean --size?\n"},
        {"--wieghts", "; did you mean --weights?\n"},
        {"-fullscreen", "; did you mean --fullscreen?\n"},
        {"--jsonn", "; did you mean --json?\n"},
        {"--js", "; did you mean --json?\n"},
        {"--j", "; did you mean --json?\n"},
        {"-j", "; did you mean --json?\n"},
        {"--fsp", "; did you mean --fps?\n"},
        {"--se", "; did you mean --seed?\n"},
        {"--st", "; did you mean --stages or --statistics?\n"},
        {"--f", "; did you mean --fps, --format, --frames or --fullscreen?\n"},
        {"-x", "; `digitcam help` lists them\n"},
        {"--=", "; `digitcam help` lists them\n"},
        {"--xyz", "; `digitcam help` lists them\n"},
        {"--quux-and-more", "; `digitcam help` lists them\n"},
        {"--a-word-that-is-longer-than-any-option-could-be", "; `digitcam help` lists them\n"},
    };
    char message[160];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(message, sizeof message, "digitcam: there is no option \"%s\"%s", cases[i].word, cases[i].ending);
        assert_int_equal(take(cases[i].word, NULL, NULL, NULL), -EINVAL);
        assert_string_equal(said, message);
    }
}

static const char *const variables[][2] = {
    {"DIGITCAM_SIZE", "320x240"}, {"DIGITCAM_FPS", "12"},     {"DIGITCAM_FORMAT", "YUYV"},
    {"DIGITCAM_WEIGHTS", "w"},    {"DIGITCAM_KERNELS", "k"},  {"DIGITCAM_THREADS", "3"},
    {"DIGITCAM_SEED", "9"},
};
#define VARIABLE_COUNT (sizeof variables / sizeof variables[0])

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        unsetenv(variables[i][0]);
    return 0;
}

static void environment_fills_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        setenv(variables[i][0], variables[i][1], 1);
    assert_int_equal(take("--fps", "5", NULL, NULL), 0);
    assert_int_equal(environment(OPTIONS_OF_READ), 0);
    assert_int_equal(options.fps, 5); /* the command line wins */
    assert_int_equal(options.width_px, 320);
    assert_int_equal(options.height_px, 240);
    assert_int_equal(options.fourcc, FRAME_YUYV);
    assert_string_equal(options.weights, "w");
    assert_string_equal(options.kernels, "k");
    assert_int_equal(options.threads, 3);
    assert_int_equal(options.seed, 9);
    assert_null(options_first_foreign(&options, OPTIONS_OF_READ));
}

static void environment_of_other_commands_is_not_looked_at(void **state)
{
    (void)state;
    const struct options none = {0};
    setenv("DIGITCAM_SIZE", "big", 1);
    setenv("DIGITCAM_FPS", "", 1); /* empty says nothing */
    take(NULL, NULL, NULL, NULL);
    assert_int_equal(environment(OPTIONS_OF_CAMERAS), 0);
    assert_memory_equal(&options, &none, sizeof none);
    assert_int_equal(environment(OPTIONS_OF_LIVE), -EINVAL);
    assert_string_equal(said, "digitcam: DIGITCAM_SIZE: \"big\" is not a size such as 1280x720 (at most 16384 a side, 64 million pixels in all)\n");
    take("--size=8x8", NULL, NULL, NULL); /* then nobody needs the variable */
    assert_int_equal(environment(OPTIONS_OF_LIVE), 0);
    assert_int_equal(options.fps, 0);
}

static void options_belong_to_commands(void **state)
{
    (void)state;
    assert_int_equal(take("--json", "--overlay=x.png", NULL, NULL), 0);
    assert_null(options_first_foreign(&options, OPTIONS_OF_READ));
    assert_string_equal(options_first_foreign(&options, OPTIONS_OF_LIVE), "overlay");
    assert_string_equal(options_first_foreign(&options, OPTIONS_OF_HELP), "json");
    assert_int_equal(take("--explain", NULL, NULL, NULL), 0);
    assert_true(options.explain);
    assert_null(options_first_foreign(&options, OPTIONS_OF_LIVE));
    assert_string_equal(options_first_foreign(&options, OPTIONS_OF_BENCH), "explain");
    assert_int_equal(take("--help", "--version", NULL, NULL), 0);
    assert_null(options_first_foreign(&options, OPTIONS_OF_HELP));
}

static void controls_add_up(void **state)
{
    (void)state;
    char text[OPTIONS_CONTROL_BYTES + 1], *many[3 + 2 * OPTIONS_CONTROLS_MOST] = {text};
    assert_int_equal(take("--control", "gain=10", "--control=focus=once", "--control=a b=c=d"), 0);
    assert_int_equal(options.control_count, 3);
    assert_string_equal(options.controls[0], "gain=10");
    assert_string_equal(options.controls[1], "focus=once");
    assert_string_equal(options.controls[2], "a b=c=d");
    memset(text, 'x', sizeof text);
    text[3] = '=';
    text[sizeof text - 1] = '\0';
    const char *const wrong[] = {"gain", "=10", "gain=", "=", text};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        bad("--control", wrong[i], "a setting such as exposure=auto or gain=10 (16 at most)");
    memcpy(text, "--control=gain=1", sizeof "--control=gain=1");
    for (int i = 1; i <= OPTIONS_CONTROLS_MOST + 1; i++)
        many[i] = text;
    options = (struct options){0};
    assert_int_equal(options_take(1 + OPTIONS_CONTROLS_MOST, many, words, &options, stderr), 0);
    FILE *const messages = messages_open();
    options = (struct options){0};
    assert_int_equal(options_take(2 + OPTIONS_CONTROLS_MOST, many, words, &options, messages), -EINVAL);
    fclose(messages);
    assert_non_null(strstr(said, "(16 at most)"));
}

static void help_lists_what_a_command_has(void **state)
{
    (void)state;
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    options_print_help(out, OPTIONS_OF_CAMERAS);
    fclose(out);
    assert_string_equal(text, "\nOptions:\n"
                              "  --json               print JSON, one object a line\n"
                              "  --help               show this help\n"
                              "  --version            show the version\n");
    out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    options_print_help(out, OPTIONS_OF_EVERY);
    fclose(out);
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        assert_non_null(strstr(text, variables[i][0]));
}

static void distances(void **state)
{
    (void)state;
    static const char *const names[] = {"read", "real", "reading"};
    assert_int_equal(suggest_distance("", ""), 0);
    assert_int_equal(suggest_distance("", "abc"), 3);
    assert_int_equal(suggest_distance("abc", ""), 3);
    assert_int_equal(suggest_distance("read", "raed"), 1);
    assert_int_equal(suggest_distance("benhc", "bench"), 1);
    assert_int_equal(suggest_distance("ab", "ba"), 1);
    assert_int_equal(suggest_distance("ca", "abc"), 3); /* each letter once */
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
    assert_int_equal(suggest_distance("a", "0123456789012345678901234567890"), 31);
    assert_int_equal(suggest_distance("a", "01234567890123456789012345678901"), INT_MAX);
    assert_int_equal(suggest_distance("01234567890123456789012345678901", "a"), INT_MAX);
    assert_string_equal(suggest_nearest("rea", names, 3, 2), "read"); /* the first of two as near */
    assert_string_equal(suggest_nearest("readin", names, 3, 2), "reading");
    assert_null(suggest_nearest("write", names, 3, 2));
    assert_null(suggest_nearest("read", names, 0, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_is_all_zero),
        cmocka_unit_test(sizes),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(seeds),
        cmocka_unit_test(formats),
        cmocka_unit_test(texts),
        cmocka_unit_test(flags),
        cmocka_unit_test(words_and_options_mix),
        cmocka_unit_test(unknown_options_are_told_their_neighbours),
        cmocka_unit_test_setup_teardown(environment_fills_in, clear_environment, clear_environment),
        cmocka_unit_test_setup_teardown(environment_of_other_commands_is_not_looked_at, clear_environment,
                                        clear_environment),
        cmocka_unit_test(options_belong_to_commands),
        cmocka_unit_test(controls_add_up),
        cmocka_unit_test(help_lists_what_a_command_has),
        cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
