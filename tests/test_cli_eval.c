/* `digitcam eval` from outside, on a folder of IDX files made here: its table, its JSON, what it refuses; and
 * that `digitcam train` teaches a network one class's writing. */
#include <math.h>
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

#include "capture/pen.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, DIGITS = 200 };

static char folder[] = "/tmp/digitcam-eval-XXXXXX";
static char output[1 << 16];

static void put32(FILE *file, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(value >> shift & 255), file);
}

static void mirror(uint8_t *pixels)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE / 2; x++) {
            const uint8_t kept = pixels[y * SIDE + x];
            pixels[y * SIDE + x] = pixels[y * SIDE + SIDE - 1 - x];
            pixels[y * SIDE + SIDE - 1 - x] = kept;
        }
}

/* A set of digits as a felt pen writes them upright, 0 to 9 by turns; or as Leonardo would. `name` may begin
 * with a folder in ours. */
static void write_set(const char *name, uint64_t seed, bool mirrored)
{
    char path[128];
    struct pen_random random;
    pen_random_seed(&random, seed);
    snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte", folder, name);
    FILE *const images = fopen(path, "wb");
    snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte", folder, name);
    FILE *const labels = fopen(path, "wb");
    put32(images, 0x803), put32(images, DIGITS), put32(images, SIDE), put32(images, SIDE);
    put32(labels, 0x801), put32(labels, DIGITS);
    for (int i = 0; i < DIGITS; i++) {
        uint8_t pixels[PIXELS] = {0};
        struct pen_plane plane = {pixels, SIDE, SIDE, SIDE};
        struct pen_glyph glyph;
        struct pen_style style = {.kind = PEN_MARKER, .width_px = 2.5f, .darkness = 1};
        pen_digit(&glyph, i % 10, PEN_ANY, NULL, &random);
        pen_place(&style.transform, 8, 4, 20);
        pen_draw(&plane, &glyph, &style, NULL);
        if (mirrored)
            mirror(pixels);
        fwrite(pixels, 1, PIXELS, images);
        fputc(i % 10, labels);
    }
    fclose(images);
    fclose(labels);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    write_set("some-digits", 1, false);
    write_set("some-letters", 2, false); /* by its name a set without digits */
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* `words`: a printf format for the folder. Returns the exit status. */
static int run_command(const char *name, const char *words)
{
    char all[512], command[1024];
    snprintf(all, sizeof all, words, folder, folder, folder);
    snprintf(command, sizeof command,
             "unset DIGITCAM_WEIGHTS DIGITCAM_KERNELS DIGITCAM_DATA; ./digitcam %s %s 2>&1", name, all);
    FILE *const pipe = popen(command, "r");
    assert_non_null(pipe);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(const char *words)
{
    return run_command("eval", words);
}

static void need_weights(void)
{
    if (access("weights/digits.safetensors", R_OK) == 0)
        return;
    printf("skipped: no weights/digits.safetensors\n");
    skip();
}

/* Reads one line of JSON, holds its numbers against each other, and returns how many were right. */
static int check_line(const char *line, const char *set, const char **corruption, json_t **object)
{
    const char *name, *weights, *type, *kernels;
    int n, correct, rejected;
    double accuracy;
    *object = json_loads(line, 0, NULL);
    *corruption = NULL;
    assert_non_null(*object);
    assert_int_equal(json_unpack(*object, "{s:s, s?s, s:s, s:s, s:s, s:i, s:i, s:F, s:i !}", "set", &name,
                                 "corruption", corruption, "weights", &weights, "type", &type, "kernels",
                                 &kernels, "n", &n, "correct", &correct, "accuracy", &accuracy, "rejected",
                                 &rejected),
                     0);
    assert_string_equal(name, set);
    assert_int_equal(n, DIGITS);
    assert_in_range(rejected, 0, DIGITS);
    assert_true(fabs(accuracy - (double)correct / n) < 1e-4);
    return correct;
}

static void test_every_set(void **state)
{
    (void)state;
    need_weights();
    assert_int_equal(run("--json %s"), 0);
    static const char *const sets[] = {"some-digits", "some-letters"};
    int count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), count++) {
        const char *corruption;
        json_t *object;
        assert_true(count < 2);
        const int correct = check_line(line, sets[count], &corruption, &object);
        assert_null(corruption);
        assert_true(count == 0 ? correct > DIGITS * 9 / 10 : correct < DIGITS / 10);
        json_decref(object);
    }
    assert_int_equal(count, 2);
}

static void test_corrupted(void **state)
{
    (void)state;
    need_weights();
    char seen[32][32];
    int count = 0;
    char *rest = NULL;
    assert_int_equal(run("--corrupt --json %s"), 0); /* the letters are left out */
    for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), count++) {
        const char *corruption;
        json_t *object;
        assert_true(count < 12);
        const int correct = check_line(line, "some-digits", &corruption, &object);
        assert_non_null(corruption);
        for (int i = 0; i < count; i++)
            assert_string_not_equal(seen[i], corruption);
        snprintf(seen[count], sizeof seen[count], "%s", corruption);
        if (strcmp(corruption, "rotate") == 0 || strcmp(corruption, "scale") == 0)
            assert_true(correct > DIGITS * 8 / 10);
        json_decref(object);
    }
    assert_int_equal(count, 12);
    assert_int_equal(run("--corrupt %s"), 0);
    assert_non_null(strstr(output, "dotted-line"));
    assert_non_null(strstr(output, "mean"));
    assert_null(strstr(output, "some-letters"));
}

/* Learning from the very pictures asked about. */
static void test_baselines(void **state)
{
    (void)state;
    static const char *const names[] = {"knn", "svm"};
    for (int i = 0; i < 2; i++) {
        char words[128];
        snprintf(words, sizeof words, "--baseline %s --json --train %%s %%s", names[i]);
        assert_int_equal(run(words), 0);
        const char *corruption;
        json_t *object;
        char *rest = NULL;
        assert_non_null(strstr(strtok_r(output, "\n", &rest), "learning from 200 of 200"));
        const int correct = check_line(strtok_r(NULL, "\n", &rest), "some-digits", &corruption, &object);
        assert_string_equal(json_string_value(json_object_get(object, "weights")), names[i]);
        assert_true(correct > DIGITS * 97 / 100);
        assert_null(strtok_r(NULL, "\n", &rest)); /* sets without digits are left out */
        json_decref(object);
    }
    assert_int_equal(run("--baseline knn --limit 20 --train %s %s"), 0);
    assert_non_null(strstr(output, "learning from 20 of 200"));
}

static int right_in(const char *words)
{
    const char *corruption;
    json_t *object;
    char *rest = NULL;
    assert_int_equal(run(words), 0);
    const int correct = check_line(strtok_r(output, "\n", &rest), "others", &corruption, &object);
    json_decref(object);
    return correct;
}

/* Two hundred digits of one class, who write mirrored: the last layers learn it in seconds. */
static void test_fine_tuning(void **state)
{
    (void)state;
    need_weights();
    char command[512];
    snprintf(command, sizeof command, "mkdir %s/class %s/later", folder, folder);
    assert_int_equal(system(command), 0);
    write_set("class/pupils", 3, true);
    write_set("later/others", 4, true);
    const int before = right_in("--json --weights weights/lenet5.safetensors %s/later");
    snprintf(
        command, sizeof command,
        "./digitcam train %s/class --from weights/lenet5.safetensors --last-layers --rate 0.002 --crops 0 "
        "--out %s/mine.safetensors 2>&1 | grep -c '[0-9] of [0-9]* validation digits right' | grep -qx 2",
        folder, folder);
    assert_int_equal(system(command), 0); /* it says how many before and after */
    const int after = right_in("--json --weights %s/mine.safetensors %s/later");
    snprintf(command, sizeof command,
             "./digitcam train %s/class --from %s/mine.safetensors --last-layers --crops 0 --epochs 1 "
             "--out %s/again.safetensors 2>&1 | grep -c 'all of them are right already' | grep -qx 1",
             folder, folder, folder);
    assert_int_equal(system(command), 0);
    assert_in_range(before, 0, DIGITS * 6 / 10);
    assert_in_range(after, DIGITS * 9 / 10, DIGITS);
}

/* int8 beside float arithmetic: the agreement is there, and near all; --float says what arithmetic it is. */
static void test_agreement(void **state)
{
    (void)state;
    need_weights();
    assert_int_equal(run("--agree --json %s"), 0);
    char *end = strchr(output, '\n');
    assert_non_null(end);
    *end = '\0';
    json_t *object = json_loads(output, 0, NULL);
    double agreement = 0;
    const char *type = "";
    assert_int_equal(json_unpack(object, "{s:s, s:F}", "type", &type, "agreement", &agreement), 0);
    assert_string_equal(type, "int8");
    assert_true(agreement > 0.98 && agreement <= 1);
    json_decref(object);
    assert_int_equal(run("--float --json %s"), 0);
    assert_non_null(strstr(output, "\"type\":\"float\""));
    assert_null(strstr(output, "agreement"));
    assert_int_equal(run("--agree --float %s"), 2);
    assert_int_equal(run("--agree --weights weights/lenet5.safetensors %s"), 1);
    assert_non_null(strstr(output, "is a float network"));
}

/* The threshold it counts with is the network's; the one that the program shows digits from is in another room. */
static void test_thresholds(void **state)
{
    (void)state;
    need_weights();
    char line[256], words[128] = "";
    float shown = 0;
    FILE *const file = fopen("vision/recogniser.c", "r");
    assert_non_null(file);
    for (bool found = false; shown <= 0 && fgets(line, sizeof line, file);) {
        found |= strncmp(line, "#define SHOW ", 13) == 0;
        if (found && sscanf(line, "#define SHOW %f", &shown) != 1)
            sscanf(line, " %f", &shown);
    }
    fclose(file);
    assert_true(shown > 0);
    assert_int_equal(run("%s"), 0);
    assert_non_null(strstr(output, "; its own threshold is "));
    snprintf(words, sizeof words, "(read and live show a digit from %.2f, its surroundings weighed in)\n", (double)shown);
    assert_non_null(strstr(output, words));
    snprintf(words, sizeof words, "show it from a score of %.2f.", (double)shown);
    assert_int_equal(run("--help"), 0);
    assert_non_null(strstr(output, words));
}

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(run("--corupt %s"), 2);
    assert_non_null(strstr(output, "there is no option --corupt\n"));
    assert_int_equal(run("-x %s"), 2);
    assert_non_null(strstr(output, "there is no option -x\n"));
    assert_int_equal(run("%s --weights"), 2);
    assert_non_null(strstr(output, "a value is missing after --weights\n"));
    assert_int_equal(run("--json=1 %s"), 2);
    assert_non_null(strstr(output, "--json takes no value: --json=1\n"));
    assert_int_equal(run("--json"), 2);
    assert_non_null(strstr(output, "say where the IDX files are"));
    assert_int_equal(run("--baseline tree --train %s %s"), 2);
    assert_non_null(strstr(output, "no such baseline: tree"));
    assert_int_equal(run("--baseline knn %s"), 2);
    assert_non_null(strstr(output, "--train DIR"));
    assert_int_equal(run("--limit 5 %s"), 2);
    assert_non_null(strstr(output, "go with --baseline"));
    assert_int_equal(run("--baseline knn --limit 0x --train %s %s"), 2);
    assert_non_null(strstr(output, "--limit wants"));
    assert_int_equal(run("--baseline knn --train %s/nowhere %s"), 1);
    assert_non_null(strstr(output, "nowhere"));
    assert_int_equal(run("--baseline knn --kernels abacus --train %s %s"), 2);
    assert_non_null(strstr(output, "\"abacus\"; there is scalar"));
    assert_int_equal(run("--kernels abacus %s"), 2);
    need_weights();
    assert_int_equal(run("%s/nowhere"), 1);
    assert_non_null(strstr(output, "nowhere"));
    assert_null(strstr(output, "accuracy")); /* no head without a table */
    assert_int_equal(run("%s %s/nowhere"), 1);
    assert_non_null(strstr(output, "accuracy"));
    assert_non_null(strstr(output, "some-digits "));
}

/* What cannot end well is said before any work is done. */
static void test_training_refusals(void **state)
{
    (void)state;
    assert_int_equal(run_command("train", "--out %s/nowhere/mine.safetensors %s"), 1);
    assert_non_null(strstr(output, "nowhere/mine.safetensors cannot be written"));
    assert_null(strstr(output, "epoch"));
    assert_int_equal(run_command("train", "--epochs many %s"), 2);
    assert_non_null(strstr(output, "--epochs wants a whole number from 0 to 100000: many\nSee: digitcam help train\n"));
    assert_int_equal(run_command("train", "--seed -1 %s"), 2);
    assert_non_null(strstr(output, "--seed wants a whole number from 0 to 100000000: -1\n"));
    assert_int_equal(run_command("train", "--epoch5 %s"), 2);
    assert_non_null(strstr(output, "there is no option --epoch5\n"));
    assert_int_equal(run_command("train", "%s --out"), 2);
    assert_non_null(strstr(output, "a value is missing after --out\n"));
    assert_int_equal(run_command("train", "--net lenet5 --from weights/digits.safetensors %s"), 2);
    assert_non_null(strstr(output, "not with --net lenet5\n"));
    assert_int_equal(run_command("train", "--teacher a --teacher b --teacher c --teacher d --teacher e %s"),
                     2);
    assert_non_null(strstr(output, "one more: e"));
    assert_int_equal(
        run_command("train", "--crops 0 --net lenet5 --out %s/x.safetensors --teacher %s/none %s"), 1);
    assert_non_null(strstr(output, "none"));
    assert_int_equal(run_command("train", "--net lenet5 --out %s/x.safetensors --teacher weights/digits.safetensors %s"),
                     1);
    assert_non_null(strstr(output, "a teacher needs as many answers as its pupil, 10; this one has 11\n"));
    assert_null(strstr(output, "pictures")); /* told before anything is read or drawn */
    char command[128];
    snprintf(command, sizeof command, "touch %s/x.safetensors.checkpoint", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(run_command("train", "--net lenet5 --epochs 1 --out %s/x.safetensors %s"), 0);
    assert_non_null(strstr(output, "--resume would go on with it"));
}

/* The pictures of the last training, of which *validation is told too. */
static int pictures_to_train_on(int *validation)
{
    int training;
    const char *line = strstr(output, " pictures to train on");
    assert_non_null(line);
    while (line > output && line[-1] != '\n')
        line--;
    assert_int_equal(sscanf(line, "%d pictures to train on, %d to validate", &training, validation), 2);
    return training;
}

/* --repeat shows what is trained on several times in an epoch, and leaves validation as it is. */
static void test_repeat(void **state)
{
    (void)state;
    int once, twice;
    assert_int_equal(run_command("train", "--repeat 0 %s"), 2);
    assert_non_null(strstr(output, "--repeat wants a whole number from 1 to 100: 0\n"));
    assert_int_equal(run_command("train", "--net lenet5 --epochs 1 --out %s/r.safetensors %s"), 0);
    const int pictures = pictures_to_train_on(&once);
    assert_int_equal(run_command("train", "--net lenet5 --epochs 1 --repeat 2 --out %s/r.safetensors %s"), 0);
    assert_int_equal(pictures_to_train_on(&twice), 2 * pictures);
    assert_int_equal(twice, once);
}

/* What is learned from is not written over, whatever it is called there; and nothing is promised about a training that
 * cannot begin. */
static void test_training_files(void **state)
{
    (void)state;
    char command[512];
    snprintf(command, sizeof command,
             "cd %s && echo >from.safetensors && ln -s from.safetensors link.safetensors && mkdir bare broken && "
             "cp some-digits-images-idx3-ubyte broken/x-images-idx3-ubyte", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(run_command("train", "--from %s/from.safetensors --out %s/link.safetensors %s"), 2);
    assert_non_null(strstr(output, "would be written over; name another with --out: "));
    assert_int_equal(run_command("train", "--teacher %s/link.safetensors --out %s/from.safetensors %s"), 2);
    assert_non_null(strstr(output, "would be written over"));
    static const char *const cannot[] = {"--out %s/y.safetensors %s/nowhere", "--out %s/y.safetensors %s/bare",
                                         "--out %s/y.safetensors %s/broken", "--out %s/y.safetensors --from %s/no %s",
                                         "--out %s/y.safetensors --teacher %s/no %s"};
    for (size_t i = 0; i < sizeof cannot / sizeof *cannot; i++) {
        assert_int_equal(run_command("train", cannot[i]), 1);
        assert_null(strstr(output, "--resume"));
        assert_null(strstr(output, "epoch"));
    }
    snprintf(command, sizeof command,
             "cd %s && mkdir folder && mkfifo broken/p-images-idx3-ubyte && rm broken/x-images-idx3-ubyte", folder);
    static const char *const no_weights[] = {"--out %s/some-digits-images-idx3-ubyte %s", "--out %s/broken %s"};
    for (size_t i = 0; i < sizeof no_weights / sizeof *no_weights; i++) {
        assert_int_equal(run_command("train", no_weights[i]), 1);
        assert_non_null(strstr(output, "is there already and is no weights file; name another with --out\n"));
    }
    assert_int_equal(run_command("train", "--out '' %s"), 2);
    assert_int_equal(run_command("train", "--out %s/y.safetensors %s/broken"), 1);
    assert_non_null(strstr(output, "/x-images-idx3-ubyte has no labels beside it: x-labels-idx1-ubyte[.gz]\n"));
    assert_int_equal(system(command), 0);
    assert_int_equal(run_command("train", "--out %s/y.safetensors %s/broken"), 1); /* it does not wait for a pipe */
    assert_non_null(strstr(output, "/p-images-idx3-ubyte: is not a file\n"));
    assert_int_equal(run_command("train", "--net lenet5 --epochs 1 --out %s/y.safetensors %s"), 0);
    assert_null(strstr(output, "replaces"));
    assert_non_null(strstr(output, "the same command with --resume goes on: "));
    assert_int_equal(run_command("train", "--net lenet5 --epochs 1 --out %s/y.safetensors %s"), 0);
    assert_non_null(strstr(output, "replaces "));
    snprintf(command, sizeof command, "touch %s/y.safetensors.checkpoint", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(run_command("train", "--net lenet5 --epochs 2 --resume --out %s/y.safetensors %s"), 1);
    assert_non_null(strstr(output, "y.safetensors is of another training than the checkpoint beside it"));
    assert_null(strstr(output, "pictures to train on")); /* told before scenes are drawn */
    assert_int_equal(run_command("train", "--net lenet5 --epochs 1 --resume --out %s/y.safetensors %s"), 1);
    assert_non_null(strstr(output, "pictures to train on")); /* the same training, but an empty checkpoint */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_set),         cmocka_unit_test(test_corrupted),
        cmocka_unit_test(test_baselines),         cmocka_unit_test(test_fine_tuning),
        cmocka_unit_test(test_agreement),         cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_training_refusals), cmocka_unit_test(test_training_files),
        cmocka_unit_test(test_thresholds),        cmocka_unit_test(test_repeat),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
