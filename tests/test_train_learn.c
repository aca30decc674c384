/* The training as a whole: it learns, saves what the runtime reads alike, goes on after an interruption. */
#include <errno.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/pen.h"
#include "net/net.h"
#include "net/train/calibrate.h"
#include "net/train/to_int8.h"
#include "net/train/trainer.h"
#include "vision/normalise.h"

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/digitcam-learn-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* `count` digits by the pen, 0 to 9 by turns. */
static void draw_digits(struct dataset *set, int count, uint64_t seed)
{
    struct pen_random random;
    pen_random_seed(&random, seed);
    for (int i = 0; i < count; i++) {
        uint8_t pixels[100 * 100] = {0}, crop[NET_PIXELS];
        struct pen_plane plane = {pixels, 100, 100, 100};
        struct pen_glyph glyph;
        struct pen_box ink;
        struct pen_style style = {.kind = PEN_MARKER, .width_px = 6, .darkness = 1};
        pen_digit(&glyph, i % 10, PEN_ANY, NULL, &random);
        pen_place(&style.transform, 15, 15, 60);
        pen_draw(&plane, &glyph, &style, &ink);
        normalise_ink((struct gray_view){pixels + ink.y * 100 + ink.x, ink.w, ink.h, 100}, crop);
        assert_int_equal(dataset_append(set, crop, i % 10, ORIGIN_DIGITS), 0);
    }
}

static struct model *lenet5(uint64_t seed)
{
    struct model *model;
    int layers;
    char why[256] = "";
    const struct layer_plan *plan = model_plan("lenet5", &layers);
    assert_non_null(plan);
    assert_int_equal(model_create(&model, plan, layers, seed, why, sizeof why), 0);
    return model;
}

static int right_answers(const char *file, const struct dataset *set)
{
    struct net *net;
    char why[512] = "";
    int right = 0;
    if (net_load(&net, file, NULL, why, sizeof why))
        fail_msg("%s", why);
    for (int i = 0; i < set->count; i++) {
        float scores[NET_MAX_CLASSES], share;
        net_forward(net, set->pictures + (size_t)i * NET_PIXELS, 1, scores);
        right += calibrate_best_digit(scores, &share) == set->labels[i];
    }
    net_destroy(net);
    return right;
}

static void train(struct model *model, const struct dataset *set, struct trainer_options options)
{
    char why[512] = "";
    options.out = path, options.recipe = "a test";
    if (trainer_run(model, set, set, &options, NULL, why, sizeof why))
        fail_msg("%s", why);
}

static void test_learns_32_by_heart(void **state)
{
    (void)state;
    struct dataset set = {0};
    draw_digits(&set, 32, 1);
    struct model *model = lenet5(1);
    train(model, &set, (struct trainer_options){.epochs = 60, .seed = 1, .rate = 0.003f});
    assert_int_equal(right_answers(path, &set), 32);
    assert_int_not_equal(access(path, R_OK), -1);
    model_destroy(model);
    dataset_free(&set);
}

static void test_generalises(void **state)
{
    (void)state;
    struct dataset set = {0}, others = {0};
    draw_digits(&set, 1500, 2);
    draw_digits(&others, 300, 3);
    struct model *model = lenet5(1);
    train(model, &set, (struct trainer_options){.epochs = 3, .seed = 1, .rate = 0.003f, .augment = 1});
    const int right = right_answers(path, &others);
    assert_true(right > 240);
    model_destroy(model);
    dataset_free(&set);
    dataset_free(&others);
}

/* Where the labels are wrong by turns, a pupil learns what is right from its teacher. */
static void test_learns_from_a_teacher(void **state)
{
    (void)state;
    struct dataset set = {0}, misleading = {0};
    char teacher[160], why[512] = "";
    draw_digits(&set, 300, 6);
    for (int i = 0; i < set.count; i++)
        assert_int_equal(
            dataset_append(&misleading, set.pictures + (size_t)i * NET_PIXELS, i / 10 % 10, ORIGIN_DIGITS),
            0);
    struct model *model = lenet5(1);
    train(model, &set, (struct trainer_options){.epochs = 20, .seed = 1, .rate = 0.003f});
    model_destroy(model);
    snprintf(teacher, sizeof teacher, "%s/teacher.safetensors", folder);
    assert_int_equal(rename(path, teacher), 0);
    assert_true(right_answers(teacher, &set) > 290);
    const char *const teachers[] = {teacher, teacher};
    struct trainer_options options = {
        .epochs = 10, .seed = 1, .rate = 0.003f, .teachers = teachers, .teacher_count = 2};
    model = lenet5(2);
    train(model, &misleading, options);
    model_destroy(model);
    assert_true(right_answers(path, &set) > 240);
    assert_true(right_answers(path, &misleading) < 60);

    int layers;
    const struct layer_plan *const plan = model_plan("digits", &layers);
    assert_int_equal(model_create(&model, plan, layers, 1, why, sizeof why), 0);
    options.out = path, options.recipe = "";
    assert_int_equal(trainer_run(model, &set, &set, &options, NULL, why, sizeof why), -EINVAL);
    assert_non_null(strstr(why, "teacher.safetensors: a teacher needs as many answers as its pupil, 11"));
    model_destroy(model);
    dataset_free(&set);
    dataset_free(&misleading);
}

static void read_file(const char *name, char **bytes, long *count)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *count = ftell(file);
    rewind(file);
    *bytes = malloc((size_t)*count);
    assert_non_null(*bytes);
    assert_int_equal(fread(*bytes, 1, (size_t)*count, file), *count);
    fclose(file);
}

static void test_same_seed_same_network(void **state)
{
    (void)state;
    struct dataset set = {0};
    char *bytes[3];
    long counts[3];
    const int threads = omp_get_max_threads();
    draw_digits(&set, 200, 4);
    for (int run = 0; run < 3; run++) {
        struct model *model = lenet5(run < 2 ? 1 : 2);
        omp_set_num_threads(run == 0 ? 1 : 3);
        train(model, &set,
              (struct trainer_options){.epochs = 2, .seed = run < 2 ? 1 : 2, .rate = 0.003f, .augment = 1});
        read_file(path, &bytes[run], &counts[run]);
        model_destroy(model);
    }
    omp_set_num_threads(threads);
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(bytes[0], bytes[1], (size_t)counts[0]);
    assert_true(counts[0] != counts[2] || memcmp(bytes[0], bytes[2], (size_t)counts[0]) != 0);
    for (int run = 0; run < 3; run++)
        free(bytes[run]);
    dataset_free(&set);
}

/* Interrupts the training after its second epoch, by a copy of the checkpoint made then. */
static void copy_checkpoint(const struct trainer_progress *progress)
{
    char command[1024];
    if (progress->epoch == 2) {
        snprintf(command, sizeof command, "cp '%s.checkpoint' '%s.kept' && cp '%s' '%s.early'", path, path,
                 path, path);
        assert_int_equal(system(command), 0);
    }
}

static void test_resumes(void **state)
{
    (void)state;
    struct dataset set = {0};
    char why[512] = "", command[1024], checkpoint[160], *whole, *resumed;
    long whole_count, resumed_count;
    draw_digits(&set, 200, 5);
    struct trainer_options options = {
        .epochs = 4, .seed = 1, .rate = 0.003f, .augment = 1, .out = path, .recipe = ""};
    struct model *model = lenet5(1);
    assert_int_equal(trainer_run(model, &set, &set, &options, copy_checkpoint, why, sizeof why), 0);
    model_destroy(model);
    read_file(path, &whole, &whole_count);
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", path);
    assert_int_equal(access(checkpoint, F_OK), -1); /* a finished training leaves none */

    snprintf(command, sizeof command, "mv '%s.kept' '%s.checkpoint' && mv '%s.early' '%s'", path, path, path,
             path);
    assert_int_equal(system(command), 0);
    options.resume = true;
    model = lenet5(1);
    if (trainer_run(model, &set, &set, &options, NULL, why, sizeof why))
        fail_msg("%s", why);
    model_destroy(model);
    read_file(path, &resumed, &resumed_count);
    assert_int_equal(resumed_count, whole_count);
    assert_memory_equal(resumed, whole, (size_t)whole_count);
    free(whole);
    free(resumed);
    dataset_free(&set);
}

static void test_refuses_a_wrong_checkpoint(void **state)
{
    (void)state;
    struct dataset set = {0};
    char why[512] = "", checkpoint[160];
    draw_digits(&set, 40, 6);
    const struct trainer_options options = {
        .epochs = 1, .seed = 1, .rate = 0.003f, .out = path, .recipe = "", .resume = true};
    struct model *model = lenet5(1);
    assert_int_equal(trainer_run(model, &set, &set, &options, NULL, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "nothing to resume"));
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", path);
    FILE *file = fopen(checkpoint, "wb");
    assert_non_null(file);
    fputs("not a checkpoint", file);
    fclose(file);
    assert_int_equal(trainer_run(model, &set, &set, &options, NULL, why, sizeof why), -EBADMSG);
    assert_non_null(strstr(why, checkpoint));
    model_destroy(model);
    dataset_free(&set);
}

/* One bit of a checkpoint turned, or one option another: neither is gone on from. */
static void test_refuses_a_damaged_checkpoint(void **state)
{
    (void)state;
    struct dataset set = {0};
    char why[512] = "", command[1024], checkpoint[160];
    draw_digits(&set, 40, 6);
    struct trainer_options options = {.epochs = 3, .seed = 1, .rate = 0.003f, .out = path, .recipe = "--rate 1"};
    struct model *model = lenet5(1);
    assert_int_equal(trainer_run(model, &set, &set, &options, copy_checkpoint, why, sizeof why), 0);
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", path);
    snprintf(command, sizeof command, "mv '%s.kept' '%s'", path, checkpoint);
    assert_int_equal(system(command), 0);
    options.resume = true, options.recipe = "--rate 2";
    assert_int_equal(trainer_run(model, &set, &set, &options, NULL, why, sizeof why), -EBADMSG);
    assert_non_null(strstr(why, "is of another training"));
    FILE *const file = fopen(checkpoint, "r+b");
    assert_non_null(file);
    fseek(file, -1000, SEEK_END);
    const int byte = fgetc(file);
    fseek(file, -1000, SEEK_END);
    fputc(byte ^ 1, file);
    fclose(file);
    options.recipe = "--rate 1";
    assert_int_equal(trainer_run(model, &set, &set, &options, NULL, why, sizeof why), -EBADMSG);
    assert_non_null(strstr(why, "is damaged"));
    model_destroy(model);
    dataset_free(&set);
}

/* A training of `count` pictures that ends with a fault, told in these words. */
static void expect_fault(int count, struct trainer_options options, int fault, const char *words)
{
    struct dataset set = {0};
    char why[512] = "";
    draw_digits(&set, count, 6);
    options.seed = 1, options.recipe = "";
    struct model *model = lenet5(1);
    assert_int_equal(trainer_run(model, &set, &set, &options, NULL, why, sizeof why), fault);
    assert_non_null(strstr(why, words));
    model_destroy(model);
    dataset_free(&set);
}

static void test_stops_where_weights_go_to_infinity(void **state)
{
    (void)state;
    expect_fault(200, (struct trainer_options){.epochs = 30, .rate = 1e20f, .out = path}, -ERANGE, "is not a number");
}

static void test_says_when_it_cannot_write(void **state)
{
    (void)state;
    expect_fault(40, (struct trainer_options){.epochs = 1, .rate = 0.003f, .out = "/no/such/folder/x.safetensors"},
                 -ENOENT, "/no/such/folder");
}

/* The trainer's own forward pass and the runtime's give the same scores. */
static void test_runtime_agrees(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct weights *weights;
    struct net *net;
    char why[512] = "";
    draw_digits(&set, 64, 8);
    struct model *model = lenet5(5);
    train(model, &set, (struct trainer_options){.epochs = 3, .seed = 1, .rate = 0.003f});
    assert_int_equal(weights_read(&weights, path, why, sizeof why), 0);
    assert_int_equal(net_load(&net, path, NULL, why, sizeof why), 0);
    float mine[64 * 10], theirs[64 * 10];
    assert_int_equal(weights_predict(weights, set.pictures, 64, mine), 0);
    net_forward(net, set.pictures, 64, theirs);
    for (int i = 0; i < 640; i++)
        assert_true(fabsf(mine[i] - theirs[i]) < 1e-4f);
    net_destroy(net);
    weights_destroy(weights);
    model_destroy(model);
    dataset_free(&set);
}

static void test_fine_tunes_the_last_layers_only(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct weights *before, *after;
    char why[512] = "";
    draw_digits(&set, 64, 9);
    struct model *model = lenet5(5);
    train(model, &set, (struct trainer_options){.epochs = 3, .seed = 1, .rate = 0.003f});
    model_destroy(model);
    assert_int_equal(weights_read(&before, path, why, sizeof why), 0);
    assert_int_equal(model_from_weights(&model, before, true, why, sizeof why), 0);
    train(model, &set, (struct trainer_options){.epochs = 2, .seed = 1, .rate = 0.003f, .threshold = 0.625f});
    assert_int_equal(weights_read(&after, path, why, sizeof why), 0);
    assert_true(after->threshold == 0.625f); /* a few pictures of digits say nothing about what is none */
    for (int i = 0; i < before->layer_count; i++) {
        const size_t bytes = sizeof(float) * layer_weight_count(&before->layers[i]);
        if (before->layers[i].kind == LAYER_CONV)
            assert_memory_equal(before->layers[i].weight, after->layers[i].weight, bytes);
        else if (before->layers[i].kind == LAYER_LINEAR)
            assert_memory_not_equal(before->layers[i].weight, after->layers[i].weight, bytes);
    }
    weights_destroy(before);
    weights_destroy(after);
    model_destroy(model);
    dataset_free(&set);
}

/* A float network turned into int8, and then trained further under int8's rounding. */
static void test_learns_in_int8(void **state)
{
    (void)state;
    struct dataset set = {0}, others = {0};
    struct weights *before, *after;
    char why[512] = "";
    draw_digits(&set, 600, 10);
    draw_digits(&others, 300, 11);
    struct model *model = lenet5(5);
    train(model, &set, (struct trainer_options){.epochs = 4, .seed = 1, .rate = 0.003f});
    model_destroy(model);
    const int right_float = right_answers(path, &others);
    assert_int_equal(to_int8(path, &set, 1, why, sizeof why), 0);
    assert_true(abs(right_answers(path, &others) - right_float) <= 3);
    assert_int_equal(weights_read(&before, path, why, sizeof why), 0);
    assert_true(before->int8);
    assert_int_equal(model_from_weights(&model, before, false, why, sizeof why), 0);
    train(model, &set, (struct trainer_options){.epochs = 4, .seed = 1, .rate = 0.001f, .augment = 0.5f});
    model_destroy(model);
    assert_int_equal(weights_read(&after, path, why, sizeof why), 0);
    assert_true(after->int8);
    assert_memory_not_equal(before->layers[0].int8_weight, after->layers[0].int8_weight,
                            layer_weight_count(&before->layers[0]));
    assert_true(right_answers(path, &others) >= right_float - 3); /* of 300; float had them all */
    assert_true(right_answers(path, &set) > 590);
    weights_destroy(before);
    weights_destroy(after);
    dataset_free(&set);
    dataset_free(&others);
}

/* With --last-layers the rest of an int8 network stays as it is, to the last bit. */
static void test_fine_tunes_int8(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct weights *before, *after;
    char why[512] = "";
    draw_digits(&set, 64, 12);
    struct model *model = lenet5(5);
    train(model, &set, (struct trainer_options){.epochs = 3, .seed = 1, .rate = 0.003f});
    model_destroy(model);
    assert_int_equal(to_int8(path, &set, 1, why, sizeof why), 0);
    assert_int_equal(weights_read(&before, path, why, sizeof why), 0);
    assert_int_equal(model_from_weights(&model, before, true, why, sizeof why), 0);
    train(model, &set, (struct trainer_options){.epochs = 2, .seed = 1, .rate = 0.003f, .threshold = 0.625f});
    assert_int_equal(weights_read(&after, path, why, sizeof why), 0);
    for (int i = 0; i < before->layer_count; i++) {
        const struct layer_spec *old = &before->layers[i], *new = &after->layers[i];
        if (old->kind == LAYER_CONV) {
            assert_memory_equal(old->int8_weight, new->int8_weight, layer_weight_count(old));
            assert_memory_equal(old->int8_bias, new->int8_bias, sizeof(int32_t) * (size_t)old->out_channels);
        } else if (old->kind == LAYER_LINEAR) {
            assert_memory_not_equal(old->int8_weight, new->int8_weight, layer_weight_count(old));
        }
    }
    weights_destroy(before);
    weights_destroy(after);
    model_destroy(model);
    dataset_free(&set);
}

/* The trainer's forward pass under rounding is the int8 network's own: the loss says so. */
static void test_int8_loss_agrees(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct weights *weights;
    struct workspace *workspace;
    char why[512] = "";
    enum { COUNT = MODEL_SHARD };
    float pictures[COUNT * NET_PIXELS], targets[COUNT * 10] = {0}, scores[COUNT * 10];
    draw_digits(&set, COUNT, 13);
    struct model *model = lenet5(5);
    train(model, &set, (struct trainer_options){.epochs = 3, .seed = 1, .rate = 0.003f});
    model_destroy(model);
    assert_int_equal(to_int8(path, &set, 1, why, sizeof why), 0);
    assert_int_equal(weights_read(&weights, path, why, sizeof why), 0);
    assert_int_equal(model_from_weights(&model, weights, false, why, sizeof why), 0);
    assert_int_equal(workspace_create(&workspace, model), 0);
    assert_int_equal(weights_answer(weights, set.pictures, COUNT, scores, why, sizeof why), 0);
    double wanted = 0;
    for (int n = 0; n < COUNT; n++) {
        targets[n * 10 + set.labels[n]] = 1;
        wanted -= log((double)scores[n * 10 + set.labels[n]]);
        for (int i = 0; i < NET_PIXELS; i++)
            pictures[n * NET_PIXELS + i] = (float)set.pictures[n * NET_PIXELS + i] / 255;
    }
    const double loss = model_learn(model, workspace, COUNT, pictures, targets, 1, 1);
    if (fabs(loss - wanted) > 0.01 * COUNT)
        fail_msg("a loss of %f in training, %f in use", loss, wanted);
    workspace_destroy(workspace);
    weights_destroy(weights);
    model_destroy(model);
    dataset_free(&set);
}

static void test_networks_are_of_the_promised_size(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        long least, most;
        int classes;
    } promised[] = {{"lenet5", 416520, 416520, 10}, {"digits", 1000000, 2000000, 11}};
    for (int i = 0; i < 2; i++) {
        struct model *model;
        int layers;
        long multiply_adds = 0;
        char why[256] = "";
        const struct layer_plan *plan = model_plan(promised[i].name, &layers);
        assert_int_equal(model_create(&model, plan, layers, 1, why, sizeof why), 0);
        for (int l = 0; l < layers; l++)
            multiply_adds += layer_multiply_adds(&model->layers[l].spec);
        assert_in_range(multiply_adds, promised[i].least, promised[i].most);
        assert_int_equal(model->classes, promised[i].classes);
        assert_true(model->parameter_count < 390000); /* 400 kB as int8 */
        model_destroy(model);
    }
    int layers;
    assert_null(model_plan("alexnet", &layers));
}

static void test_calibration(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    static float shares[COUNT * 2];
    static uint8_t labels[COUNT];
    struct pen_random random;
    pen_random_seed(&random, 1);
    for (int i = 0; i < COUNT; i++) { /* says 99% and is right in 80 of 100 cases */
        shares[2 * i] = 0.99f, shares[2 * i + 1] = 0.01f;
        labels[i] = pen_random_uniform(&random, 0, 1) > 0.8f;
    }
    assert_true(calibrate_error(shares, labels, COUNT, 2) > 0.15f);
    const float temperature = calibrate_temperature(shares, labels, COUNT, 2);
    assert_true(temperature > 2);
    calibrate_apply(shares, COUNT, 2, temperature);
    assert_true(calibrate_error(shares, labels, COUNT, 2) < 0.1f);
    assert_true(fabsf(shares[0] + shares[1] - 1) < 1e-5f);
}

static void test_threshold(void **state)
{
    (void)state;
    enum { COUNT = 600, CLASSES = 11 };
    static float shares[COUNT * CLASSES];
    static uint8_t labels[COUNT], origins[COUNT];
    memset(shares, 0, sizeof shares);
    for (int i = 0; i < COUNT; i++) { /* digits with 0.95; others taken for a digit with 0.6 */
        const int other = i >= 300;
        labels[i] = other ? DATASET_NOT_A_DIGIT : 3;
        origins[i] = other ? ORIGIN_NEGATIVES : ORIGIN_DIGITS;
        shares[i * CLASSES + 3] = other ? 0.6f : 0.95f;
        shares[i * CLASSES + 10] = other ? 0.4f : 0.05f;
    }
    const float threshold = calibrate_threshold(shares, labels, origins, COUNT, CLASSES);
    assert_true(threshold > 0.6f && threshold <= 0.95f);
}

/* Pictures are changed in full at first, never more later, and half as much in the last epoch; also where there is one. */
static void test_gentler_towards_the_end(void **state)
{
    (void)state;
    assert_float_equal(trainer_gentleness(0, 50), 1, 0);
    assert_float_equal(trainer_gentleness(34, 50), 1, 0);
    assert_float_equal(trainer_gentleness(49, 50), 0.5f, 1e-6f);
    for (int epoch = 1; epoch < 50; epoch++)
        assert_true(trainer_gentleness(epoch, 50) <= trainer_gentleness(epoch - 1, 50));
    assert_true(trainer_gentleness(40, 50) < 1 && trainer_gentleness(40, 50) > 0.5f);
    assert_float_equal(trainer_gentleness(0, 1), 1, 0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_learns_32_by_heart),
        IN_FOLDER(test_generalises),
        IN_FOLDER(test_learns_from_a_teacher),
        IN_FOLDER(test_same_seed_same_network),
        IN_FOLDER(test_resumes),
        IN_FOLDER(test_refuses_a_wrong_checkpoint),
        IN_FOLDER(test_refuses_a_damaged_checkpoint),
        IN_FOLDER(test_stops_where_weights_go_to_infinity),
        IN_FOLDER(test_says_when_it_cannot_write),
        IN_FOLDER(test_runtime_agrees),
        IN_FOLDER(test_fine_tunes_the_last_layers_only),
        IN_FOLDER(test_learns_in_int8),
        IN_FOLDER(test_fine_tunes_int8),
        IN_FOLDER(test_int8_loss_agrees),
        cmocka_unit_test(test_networks_are_of_the_promised_size),
        cmocka_unit_test(test_gentler_towards_the_end),
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
