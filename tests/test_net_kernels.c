/* test_net_kernels.c - every set of kernels against the scalar twin; with --bench: how fast each is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/bench.h"
#include "net/kernels.h"
#include "net/net.h"
#include "net/weights.h"
#include "fills.h"

enum {
    CASES = 4000,
    /* of a conv, a pool and a linear layer each */ GUARD = 24 /* floats before and behind each buffer */
};

/* The twins add up in their own order, with or without rounding between multiplication and addition. Errors
 * are held against the sum of the absolute products, since the sum itself may be nearly nothing. */
static const float tolerance = 1e-5f;

static int cases = CASES; /* fewer where an emulator is slow: the first argument */

static void fill(float *values, size_t count, enum fill how)
{
    for (size_t i = 0; i < count; i++)
        values[i] = how == FILL_RANDOM  ? (float)(int32_t)random_bits() * (1.0f / 2147483648.0f)
                    : how == FILL_LEAST ? -1
                    : how == FILL_MOST  ? 1
                    : i % 2             ? 1
                                        : -1;
}

/* A buffer of `count` floats (64-byte aligned where asked) with guards that hold NaN: reading them spoils the
 * result, writing them is seen by guards_whole. */
struct buffer {
    float *memory, *values;
    size_t count;
};

static const uint32_t guard_bits = 0x7fc0dead;

static struct buffer buffer_make(size_t count)
{
    const size_t front = 32; /* floats: keeps the 64-byte alignment */
    struct buffer buffer = {.count = count};
    const size_t bytes = ((front + count + GUARD) * sizeof(float) + 63) / 64 * 64;
    buffer.memory = aligned_alloc(64, bytes);
    assert_non_null(buffer.memory);
    for (size_t i = 0; i < bytes / sizeof(float); i++)
        memcpy(buffer.memory + i, &guard_bits, sizeof guard_bits);
    buffer.values = buffer.memory + front;
    return buffer;
}

static bool is_guard(const float *value)
{
    return memcmp(value, &guard_bits, sizeof guard_bits) == 0;
}

static bool guards_whole(const struct buffer *buffer)
{
    for (const float *guard = buffer->memory; guard < buffer->values; guard++)
        if (!is_guard(guard))
            return false;
    for (size_t i = 0; i < GUARD; i++)
        if (!is_guard(buffer->values + buffer->count + i))
            return false;
    return true;
}

/* One layer of any kind with its weights and input, run by one set of kernels. */
enum operation { CONV, MAXPOOL, LINEAR };
struct trial {
    enum operation operation;
    struct conv_shape conv;
    struct maxpool_shape maxpool;
    struct linear_shape linear;
    int batch;
    int outputs, steps; /* of conv and linear */
    float *weight, *bias;
    struct buffer input;
    size_t output_count; /* floats of the output, gaps between rows included */
    int out_height;
    size_t out_row, out_row_stride; /* floats of a row that are written, and from row to row */
};

static struct buffer run(const struct kernels *kernels, const struct trial *trial)
{
    struct buffer output = buffer_make(trial->output_count), packed = {0};
    if (trial->operation != MAXPOOL) {
        packed = buffer_make(kernels->floats->packed_floats(trial->outputs, trial->steps));
        kernels->floats->pack(trial->weight, trial->bias, trial->outputs, trial->steps, packed.values);
        assert_true(guards_whole(&packed));
    }
    if (trial->operation == CONV)
        kernels->floats->conv(&trial->conv, packed.values, trial->input.values, output.values);
    else if (trial->operation == MAXPOOL)
        kernels->floats->maxpool(&trial->maxpool, trial->input.values, output.values);
    else
        kernels->floats->linear(&trial->linear, packed.values, trial->input.values, trial->batch,
                                output.values);
    free(packed.memory);
    return output;
}

static void make_absolute(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = fabsf(values[i]);
}

static void compare(const struct kernels *kernels, struct trial *trial, const char *what)
{
    const struct buffer expected = run(kernels_at(0), trial), got = run(kernels, trial);
    if (trial->operation != MAXPOOL) {
        make_absolute(trial->weight, (size_t)trial->outputs * (size_t)trial->steps);
        make_absolute(trial->bias, (size_t)trial->outputs);
        make_absolute(trial->input.values, trial->input.count);
    }
    const struct buffer scale = run(kernels_at(0), trial);
    assert_true(guards_whole(&expected) && guards_whole(&got) && guards_whole(&trial->input));
    for (int y = 0; y < trial->out_height; y++)
        for (size_t i = 0; i < trial->out_row_stride; i++) {
            const size_t at = (size_t)y * trial->out_row_stride + i;
            if (at >= trial->output_count)
                continue;
            const float e = expected.values[at], g = got.values[at];
            const float allowed = trial->operation == MAXPOOL ? 0 : tolerance * fabsf(scale.values[at]);
            const bool written = i < trial->out_row;
            if (written ? !(fabsf(e - g) <= allowed)
                        : !is_guard(&got.values[at]) || !is_guard(&expected.values[at])) {
                print_error("%s, %s: row %d, value %zu of %zu: %g instead of %g%s\n", kernels->name, what, y,
                            i, trial->out_row, (double)g, (double)e, written ? "" : " (must not be written)");
                fail();
            }
        }
    free(expected.memory);
    free(got.memory);
    free(scale.memory);
}

static void fill_weights(struct trial *trial, enum fill how)
{
    const size_t count = (size_t)trial->outputs * (size_t)trial->steps;
    trial->weight = malloc(count * sizeof(float));
    trial->bias = malloc((size_t)trial->outputs * sizeof(float));
    assert_true(trial->weight && trial->bias);
    fill(trial->weight, count, how);
    fill(trial->bias, (size_t)trial->outputs, how);
}

static void trial_free(struct trial *trial)
{
    free(trial->weight);
    free(trial->bias);
    free(trial->input.memory);
}

/* height and width are those of the outputs, behind the pool where there is one. */
static struct trial conv_trial(int in, int out, int kernel, int stride, int height, int width, int in_gap,
                               int out_gap, bool pool)
{
    struct trial trial = {
        .operation = CONV, .outputs = out, .steps = kernel * kernel * in, .out_height = height};
    trial.out_row = (size_t)(width * out);
    trial.out_row_stride = trial.out_row + (size_t)out_gap;
    trial.output_count = (size_t)(height - 1) * trial.out_row_stride + trial.out_row;
    height *= pool ? 2 : 1;
    width *= pool ? 2 : 1;
    const size_t in_pixels = (size_t)((width - 1) * stride + kernel),
                 in_rows = (size_t)((height - 1) * stride + kernel);
    trial.conv = (struct conv_shape){.in_channels = in,
                                     .out_channels = out,
                                     .kernel = kernel,
                                     .stride = stride,
                                     .out_height = height,
                                     .out_width = width,
                                     .in_row_stride = in_pixels * (size_t)in + (size_t)in_gap,
                                     .out_row_stride = trial.out_row_stride,
                                     .relu = random_bits() % 2,
                                     .pool = pool};
    trial.input = buffer_make((in_rows - 1) * trial.conv.in_row_stride + in_pixels * (size_t)in);
    return trial;
}

static struct trial maxpool_trial(int channels, int kernel, int stride, int height, int width, int in_gap,
                                  int out_gap)
{
    struct trial trial =
        conv_trial(channels, channels, kernel, stride, height, width, in_gap, out_gap, false);
    trial.operation = MAXPOOL;
    trial.maxpool = (struct maxpool_shape){.channels = channels,
                                           .kernel = kernel,
                                           .stride = stride,
                                           .out_height = height,
                                           .out_width = width,
                                           .in_row_stride = trial.conv.in_row_stride,
                                           .out_row_stride = trial.out_row_stride};
    return trial;
}

static struct trial linear_trial(int inputs, int outputs, int batch)
{
    struct trial trial = {
        .operation = LINEAR, .outputs = outputs, .steps = inputs, .batch = batch, .out_height = 1};
    trial.linear = (struct linear_shape){.inputs = inputs, .outputs = outputs, .relu = random_bits() % 2};
    trial.out_row = trial.out_row_stride = trial.output_count = (size_t)batch * (size_t)outputs;
    trial.input = buffer_make((size_t)batch * (size_t)inputs);
    return trial;
}

#define AWKWARD 1, 2, 3, 5, 6, 7, 8, 9, 11, 15, 16, 17, 23, 24, 31, 32, 33

static void check_all_cases(const struct kernels *kernels)
{
    for (int i = 0; i < cases; i++) {
        const enum fill how = (enum fill)(i % FILLS);
        const int kernel = RANDOM_OF(1, 2, 3, 4, 5, 7), stride = RANDOM_OF(1, 1, 2, 3);
        const int height = RANDOM_OF(1, 2, 3, 5), width = RANDOM_OF(1, 2, 3, 4, 5, 6, 7, 10, 13, 14, 28);
        const int in = i % 5 ? RANDOM_OF(AWKWARD) : 1, out = RANDOM_OF(AWKWARD), gap = RANDOM_OF(0, 1, 5, 9);
        char what[128];
        struct trial trial =
            conv_trial(in, out, kernel, stride, height, width, gap, RANDOM_OF(0, 1, 3, 8, 20), i / FILLS % 2);
        snprintf(what, sizeof what, "conv %d: %d to %d channels, kernel %d, stride %d, %d x %d%s, fill %d", i,
                 in, out, kernel, stride, height, width, trial.conv.pool ? ", pooled" : "", (int)how);
        fill(trial.input.values, trial.input.count, how == FILL_ALTERNATING ? FILL_RANDOM : how);
        fill_weights(&trial, how);
        compare(kernels, &trial, what);
        trial_free(&trial);

        trial = maxpool_trial(in, kernel, stride, height, width, gap, RANDOM_OF(0, 1, 3, 8, 20));
        snprintf(what, sizeof what, "maxpool %d: %d channels, kernel %d, stride %d, %d x %d, fill %d", i, in,
                 kernel, stride, height, width, (int)how);
        fill(trial.input.values, trial.input.count, how);
        compare(kernels, &trial, what);
        trial_free(&trial);

        const int inputs = RANDOM_OF(AWKWARD, 63, 64, 65, 127, 400, 1023),
                  batch = RANDOM_OF(1, 2, 3, 4, 5, 6, 7, 13, 16, 64);
        const int outputs = RANDOM_OF(AWKWARD, 63, 64, 65, 84, 120);
        trial = linear_trial(inputs, outputs, batch);
        snprintf(what, sizeof what, "linear %d: %d to %d, batch %d, fill %d", i, inputs, outputs, batch,
                 (int)how);
        fill(trial.input.values, trial.input.count, how == FILL_ALTERNATING ? FILL_RANDOM : how);
        fill_weights(&trial, how);
        compare(kernels, &trial, what);
        trial_free(&trial);
    }
}

static void test_every_set_agrees_with_scalar(void **state)
{
    (void)state;
    for (int i = 0; kernels_at(i); i++) {
        if (kernels_at(i)->supported())
            check_all_cases(kernels_at(i));
        else
            printf("skipped: kernels %s: this processor does not have them\n", kernels_at(i)->name);
    }
}

/* The scalar twin itself, against sums worked out by hand. */
static void test_scalar_by_hand(void **state)
{
    (void)state;
    /* 2 x 3 pixels of 2 channels, a 2 x 2 window, 1 output: weights count 1..8 in the order of memory. */
    const float input[] = {1, 2, 3, 4, 5, 6, /* */ 7, 8, 9, 10, 11, 12};
    const float weight[] = {1, 2, 3, 4, 5, 6, 7, 8}, bias[] = {-100};
    float packed[9], output[2];
    const struct conv_shape shape = {.in_channels = 2,
                                     .out_channels = 1,
                                     .kernel = 2,
                                     .stride = 1,
                                     .out_height = 1,
                                     .out_width = 2,
                                     .in_row_stride = 6,
                                     .out_row_stride = 2,
                                     .relu = true};
    assert_int_equal(float_scalar.packed_floats(1, 8), 9);
    float_scalar.pack(weight, bias, 1, 8, packed);
    float_scalar.conv(&shape, packed, input, output);
    /* 1+4+9+16 + 35+48+63+80 - 100 = 156; 3+8+15+24 + 45+60+77+96 - 100 = 228 */
    assert_float_equal(output[0], 156, 0);
    assert_float_equal(output[1], 228, 0);

    const struct maxpool_shape pool = {.channels = 2,
                                       .kernel = 2,
                                       .stride = 1,
                                       .out_height = 1,
                                       .out_width = 2,
                                       .in_row_stride = 6,
                                       .out_row_stride = 4};
    float pooled[4];
    float_scalar.maxpool(&pool, input, pooled);
    assert_memory_equal(pooled, ((const float[]){9, 10, 11, 12}), sizeof pooled);

    const struct linear_shape linear = {.inputs = 3, .outputs = 2, .relu = true};
    float linear_packed[8], sums[2];
    float_scalar.pack((const float[]){1, 2, 3, -1, -2, -3}, (const float[]){0.5f, 0.5f}, 2, 3, linear_packed);
    float_scalar.linear(&linear, linear_packed, input, 1, sums);
    assert_float_equal(sums[0], 14.5f, 0);
    assert_float_equal(sums[1], 0, 0); /* -13.5 before the ReLU */
}

static void test_choice(void **state)
{
    (void)state;
    assert_ptr_equal(kernels_at(0)->floats, &float_scalar);
    assert_ptr_equal(kernels_find("scalar"), kernels_at(0));
    assert_null(kernels_find("abacus"));
    assert_null(kernels_find(""));
    assert_null(kernels_at(-1));
    assert_true(kernels_best()->supported());
    for (int i = 0; kernels_at(i); i++) {
        assert_ptr_equal(kernels_find(kernels_at(i)->name), kernels_at(i));
        assert_true(strlen(kernels_at(i)->description) > 0);
    }
}

/* ---- --bench
 * --------------------------------------------------------------------------------------------------- */

/* Best of several: the least disturbed one. */
static void bench_trial(const struct kernels *kernels, struct trial *trial, const char *what, int pictures,
                        double macs, double peak)
{
    enum { MAX_PICTURES = 16 };
    struct buffer inputs[MAX_PICTURES], outputs[MAX_PICTURES];
    struct buffer packed = buffer_make(kernels->floats->packed_floats(trial->outputs, trial->steps) + 1);
    kernels->floats->pack(trial->weight, trial->bias, trial->outputs, trial->steps, packed.values);
    for (int i = 0; i < pictures; i++) {
        inputs[i] = buffer_make(trial->input.count);
        fill(inputs[i].values, inputs[i].count, FILL_RANDOM);
        outputs[i] = buffer_make(trial->output_count);
    }
    const int rounds = (int)(2e7 / (macs * pictures)) + 1;
    double best = 1e30;
    for (int repeat = 0; repeat < 15; repeat++) {
        const double start = bench_now_ns();
        for (int r = 0; r < rounds; r++)
            for (int i = 0; i < pictures; i++) {
                if (trial->operation == CONV)
                    kernels->floats->conv(&trial->conv, packed.values, inputs[i].values, outputs[i].values);
                else
                    kernels->floats->linear(&trial->linear, packed.values, inputs[i].values, trial->batch,
                                            outputs[i].values);
            }
        const double each = (bench_now_ns() - start) / (rounds * pictures);
        best = each < best ? each : best;
    }
    printf("%-8s %-34s %10.0f ns %7.2f G multiply-adds/s", kernels->name, what, best, macs / best);
    printf(peak > 0 ? "  %3.0f%% of the peak\n" : "\n", peak > 0 ? 100 * macs / best / peak : 0);
    for (int i = 0; i < pictures; i++) {
        free(inputs[i].memory);
        free(outputs[i].memory);
    }
    free(packed.memory);
    trial_free(trial);
}

static void bench_conv(const struct kernels *kernels, int in, int out, int kernel, int side, double peak)
{
    char what[64];
    snprintf(what, sizeof what, "conv %dx%d %d->%d at %dx%d, batch 16", kernel, kernel, in, out, side, side);
    struct trial trial = conv_trial(in, out, kernel, 1, side, side, 0, 2 * out, false);
    fill_weights(&trial, FILL_RANDOM);
    bench_trial(kernels, &trial, what, 16, (double)in * out * kernel * kernel * side * side, peak);
}

static void bench_linear(const struct kernels *kernels, int inputs, int outputs, int batch, double peak)
{
    char what[64];
    snprintf(what, sizeof what, "linear %d->%d, batch %d", inputs, outputs, batch);
    struct trial trial = linear_trial(inputs, outputs, batch);
    fill_weights(&trial, FILL_RANDOM);
    bench_trial(kernels, &trial, what, 1, (double)inputs * outputs * batch, peak);
}

#define CONV_LAYER(outputs, side, pad)                                                                       \
    {                                                                                                        \
        .kind = LAYER_CONV, .activation = ACTIVATION_RELU, .kernel = side, .stride = 1, .padding = pad,      \
        .out_channels = outputs                                                                              \
    }
#define POOL_LAYER                                                                                           \
    {                                                                                                        \
        .kind = LAYER_MAXPOOL, .kernel = 2, .stride = 2                                                      \
    }
#define LINEAR_LAYER(outputs, how)                                                                           \
    {                                                                                                        \
        .kind = LAYER_LINEAR, .activation = how, .out_channels = outputs                                     \
    }

static void bench_network(const char *name, struct layer_spec *layers, int count)
{
    static uint8_t pictures[NET_MAX_BATCH * NET_PIXELS];
    static float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    struct weights *weights;
    char why[NET_WHY_BYTES] = "";
    double macs = 0;
    for (int i = 0; i < count; i++)
        snprintf(layers[i].name, sizeof layers[i].name, "layer%d", i + 1);
    if (weights_create(&weights, layers, count, why, sizeof why)) {
        printf("%s: %s\n", name, why);
        return;
    }
    for (int i = 0; i < count; i++) {
        fill(weights->layers[i].weight, layer_weight_count(&weights->layers[i]), FILL_RANDOM);
        macs += (double)layer_multiply_adds(&weights->layers[i]);
    }
    for (size_t i = 0; i < sizeof pictures; i++)
        pictures[i] = (uint8_t)random_bits();
    for (int k = 0; kernels_at(k); k++) {
        struct net *net;
        if (!kernels_at(k)->supported() ||
            net_create(&net, weights, name, kernels_at(k)->name, why, sizeof why))
            continue;
        const double peak = bench_peak_gmacs(kernels_at(k), false);
        for (int batch = 1; batch <= NET_MAX_BATCH; batch *= 4) {
            const int rounds = (int)(1e7 / (macs * batch)) + 1;
            double best = 1e30;
            for (int repeat = 0; repeat < 15; repeat++) {
                const double start = bench_now_ns();
                for (int r = 0; r < rounds; r++)
                    net_forward(net, pictures, batch, scores);
                const double each = (bench_now_ns() - start) / (rounds * batch);
                best = each < best ? each : best;
            }
            printf("%-8s %-26s batch %2d %8.2f us a digit %7.2f G multiply-adds/s", kernels_at(k)->name, name,
                   batch, best / 1e3, macs / best);
            printf(peak > 0 ? "  %3.0f%% of the peak\n" : "\n", peak > 0 ? 100 * macs / best / peak : 0);
        }
        net_destroy(net);
    }
    weights_destroy(weights);
}

static int bench(void)
{
    for (int k = 0; kernels_at(k); k++) {
        const struct kernels *kernels = kernels_at(k);
        if (!kernels->supported())
            continue;
        const double peak = bench_peak_gmacs(kernels, false);
        if (peak > 0)
            printf("%s: peak %.1f G multiply-adds/s\n", kernels->name, peak);
        bench_conv(kernels, 1, 6, 5, 28, peak);
        bench_conv(kernels, 6, 16, 5, 10, peak);
        bench_conv(kernels, 1, 16, 3, 28, peak);
        bench_conv(kernels, 16, 16, 3, 28, peak);
        bench_conv(kernels, 16, 32, 3, 14, peak);
        bench_conv(kernels, 32, 32, 3, 14, peak);
        bench_conv(kernels, 32, 64, 3, 7, peak);
        bench_linear(kernels, 400, 120, 1, peak);
        bench_linear(kernels, 400, 120, 16, peak);
        bench_linear(kernels, 3136, 64, 1, peak);
        bench_linear(kernels, 3136, 64, 16, peak);
    }
    struct layer_spec lenet5[] = {CONV_LAYER(6, 5, 2),
                                  POOL_LAYER,
                                  CONV_LAYER(16, 5, 0),
                                  POOL_LAYER,
                                  LINEAR_LAYER(120, ACTIVATION_RELU),
                                  LINEAR_LAYER(84, ACTIVATION_RELU),
                                  LINEAR_LAYER(10, ACTIVATION_NONE)};
    struct layer_spec larger[] = {CONV_LAYER(16, 3, 1),
                                  CONV_LAYER(16, 3, 1),
                                  POOL_LAYER,
                                  CONV_LAYER(32, 3, 1),
                                  CONV_LAYER(32, 3, 1),
                                  POOL_LAYER,
                                  CONV_LAYER(64, 3, 1),
                                  POOL_LAYER,
                                  LINEAR_LAYER(64, ACTIVATION_RELU),
                                  LINEAR_LAYER(11, ACTIVATION_NONE)};
    bench_network("LeNet-5", lenet5, sizeof lenet5 / sizeof *lenet5);
    bench_network("five 3x3 convs", larger, sizeof larger / sizeof *larger);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--bench") == 0)
        return bench();
    if (argc > 1 && atoi(argv[1]) > 0)
        cases = atoi(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalar_by_hand),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_every_set_agrees_with_scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
