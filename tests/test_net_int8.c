/* test_net_int8.c - int8 sums: every set of kernels gives the same bits as the scalar twin; with --bench: how
 * fast each is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/bench.h"
#include "net/kernels.h"
#include "fills.h"

enum {
    CASES = 10000,
    MAX_RUNS = 7,
    GUARD = 64,        /* bytes before and behind an output */
    GUARD_BYTE = 0xa5, /* no output: those are 0..127, and sums of four such bytes would be a rare accident */
    SLACK = 3          /* bytes that may be read behind the last run */
};

static int cases = CASES; /* fewer where an emulator is slow: the first argument */

static int fill_value(enum fill how, size_t i, int least, int most)
{
    return how == FILL_RANDOM  ? least + (int)(random_bits() % (uint32_t)(most - least + 1))
           : how == FILL_LEAST ? least
           : how == FILL_MOST  ? most
           : i % 2             ? most
                               : least;
}

static void *aligned(size_t bytes)
{
    void *memory =
        aligned_alloc(KERNELS_ALIGNMENT_BYTES, (bytes + KERNELS_ALIGNMENT_BYTES - 1) /
                                                   KERNELS_ALIGNMENT_BYTES * KERNELS_ALIGNMENT_BYTES);
    assert_non_null(memory);
    return memory;
}

/* One layer with its weights and input. */
struct trial {
    struct int8_shape shape;
    struct int8_run runs[MAX_RUNS];
    int8_t *weight;
    int32_t *bias;
    uint32_t *multiplier;
    uint8_t *input;
    size_t input_bytes;
    int out_height;
    size_t out_row; /* outputs written of each row */
};

/* A conv window of `rows` runs of `run` bytes, over positions `step` bytes apart. */
static struct trial make_shape(int rows, int run, int step, int gap)
{
    struct trial trial = {{0}, {{0}}, 0, 0, 0, 0, 0, 0, 0};
    struct int8_shape *shape = &trial.shape;
    shape->pool = random_bits() % 2;
    shape->raw = random_bits() % 4 == 0;
    shape->outputs =
        RANDOM_OF(1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17, 23, 24, 25, 31, 32, 33, 40, 48, 63, 64, 65);
    shape->height = RANDOM_OF(1, 1, 2, 3, 4) * (shape->pool ? 2 : 1);
    shape->width = RANDOM_OF(1, 2, 3, 4, 5, 6, 7, 10, 12, 13, 14, 16, 25) * (shape->pool ? 2 : 1);
    const size_t row_bytes = (size_t)(shape->width - 1) * (size_t)step + (size_t)run + (size_t)gap;
    const int stride = RANDOM_OF(1, 1, 2);
    for (int r = 0; r < rows; r++) {
        trial.runs[r] = (struct int8_run){.offset = (size_t)r * row_bytes,
                                          .row_step = (size_t)stride * row_bytes,
                                          .column_step = (size_t)step,
                                          .quads = (run + 3) / 4};
        shape->steps += trial.runs[r].quads;
    }
    shape->run_count = rows;
    trial.input_bytes = (size_t)((shape->height - 1) * stride + rows) * row_bytes - (size_t)gap;
    const int side = shape->pool ? 2 : 1;
    trial.out_height = shape->height / side;
    shape->out_column_stride = (size_t)(shape->outputs + RANDOM_OF(0, 0, 0, 1, 8, 40));
    trial.out_row = (size_t)(shape->width / side - 1) * shape->out_column_stride + (size_t)shape->outputs;
    shape->out_row_stride = trial.out_row + (size_t)RANDOM_OF(0, 1, 3, 8, 20);
    return trial;
}

static void fill_trial(struct trial *trial, int run, enum fill how)
{
    const struct int8_shape *shape = &trial->shape;
    const size_t outputs = (size_t)shape->outputs, steps = (size_t)shape->steps;
    trial->weight = malloc(outputs * steps * 4);
    trial->bias = malloc(outputs * 4);
    trial->multiplier = malloc(outputs * 4);
    trial->input = malloc(trial->input_bytes + SLACK);
    assert_true(trial->weight && trial->bias && trial->multiplier && trial->input);
    for (size_t i = 0; i < trial->input_bytes + SLACK; i++)
        trial->input[i] = (uint8_t)fill_value(how == FILL_LEAST ? FILL_MOST : how, i, 0, INT8_MAX_ACTIVATION);
    const size_t run_bytes = steps * 4 / (size_t)shape->run_count;
    for (size_t i = 0; i < outputs * steps * 4; i++)
        trial->weight[i] = i % run_bytes < (size_t)run ? (int8_t)fill_value(how, i, -127, 127) : 0;
    /* Sums spread over the 0..127 of the outputs, sometimes much less or much more. */
    const double spread = 127.0 * 127.0 * (double)steps * 4 * (how == FILL_RANDOM ? 0.2 : 1);
    const double multiplier = 127 / spread * 4294967296.0 * (double)RANDOM_OF(1, 1, 1, 4, 1000) / 2;
    for (size_t o = 0; o < outputs; o++) {
        trial->bias[o] = how == FILL_RANDOM ? (int32_t)random_bits() >> 16
                                            : fill_value(how, o, -INT8_MAX_SUM, INT8_MAX_SUM);
        trial->multiplier[o] = random_bits() % 16 == 0     ? 0xffffffffu
                               : multiplier > 4294967295.0 ? 0xffffffffu - random_bits() % 1000
                                                           : (uint32_t)multiplier - random_bits() % 100;
    }
}

static void trial_free(struct trial *trial)
{
    free(trial->weight);
    free(trial->bias);
    free(trial->multiplier);
    free(trial->input);
}

/* All outputs of one set of kernels, guards and gaps included; the caller frees. */
static uint8_t *run(const struct int8_kernels *kernels, struct trial *trial, size_t *bytes)
{
    struct int8_shape *shape = &trial->shape;
    shape->runs = trial->runs;
    const size_t size = shape->raw ? 4 : 1;
    const size_t packed_bytes = kernels->packed_bytes(shape->outputs, shape->steps);
    uint8_t *packed = aligned(packed_bytes + GUARD);
    memset(packed, GUARD_BYTE, packed_bytes + GUARD);
    kernels->pack(trial->weight, trial->bias, trial->multiplier, shape->outputs, shape->steps, packed);
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(packed[packed_bytes + i], GUARD_BYTE);
    *bytes = 2 * GUARD + size * (shape->out_row_stride * (size_t)(trial->out_height - 1) + trial->out_row);
    uint8_t *output = malloc(*bytes);
    assert_non_null(output);
    memset(output, GUARD_BYTE, *bytes);
    kernels->sum(shape, packed, trial->input, output + GUARD);
    free(packed);
    return output;
}

static void compare(const struct kernels *kernels, struct trial *trial, const char *what)
{
    size_t bytes;
    uint8_t *expected = run(&int8_scalar, trial, &bytes), *got = run(kernels->int8, trial, &bytes);
    for (size_t i = 0; i < bytes; i++)
        if (expected[i] != got[i]) {
            print_error("%s, %s: byte %zu of %zu: %d instead of %d\n", kernels->name, what, i - GUARD,
                        bytes - 2 * GUARD, got[i], expected[i]);
            fail();
        }
    free(expected);
    free(got);
}

/* The bytes that no output belongs to are as they were: in the scalar twin, and so in all that equal it. */
static void check_gaps(struct trial *trial)
{
    size_t bytes;
    uint8_t *output = run(&int8_scalar, trial, &bytes);
    const size_t size = trial->shape.raw ? 4 : 1, stride = trial->shape.out_row_stride * size;
    const size_t column = trial->shape.out_column_stride * size;
    for (size_t i = 0; i < bytes; i++) {
        const bool guard = i < GUARD || i >= bytes - GUARD;
        const size_t in_row = (i - GUARD) % stride;
        if (guard || in_row >= trial->out_row * size || in_row % column >= (size_t)trial->shape.outputs * size)
            assert_int_equal(output[i], GUARD_BYTE);
        else if (!trial->shape.raw)
            assert_true(output[i] <= INT8_MAX_ACTIVATION);
    }
    free(output);
}

static void check_all_cases(const struct kernels *kernels)
{
    for (int i = 0; i < cases; i++) {
        const enum fill how = (enum fill)(i % FILLS);
        const int rows = RANDOM_OF(1, 1, 2, 3, 5, 7);
        const int length =
            rows == 1 ? RANDOM_OF(1, 2, 3, 4, 5, 16, 31, 84, 255, 1023) : RANDOM_OF(1, 3, 5, 6, 8, 30, 48);
        const int step = RANDOM_OF(1, 2, 3, 4, 6, 16, 33);
        char what[160];
        struct trial trial = make_shape(rows, length, step, RANDOM_OF(0, 1, 5, 9));
        snprintf(what, sizeof what, "case %d: %d runs of %d, step %d, %d outputs at %d x %d%s%s, fill %d", i,
                 rows, length, step, trial.shape.outputs, trial.shape.height, trial.shape.width,
                 trial.shape.pool ? ", pooled" : "", trial.shape.raw ? ", sums" : "", (int)how);
        fill_trial(&trial, length, how);
        compare(kernels, &trial, what);
        if (i % 16 == 0)
            check_gaps(&trial);
        trial_free(&trial);
    }
}

static void test_every_set_gives_the_same_bits(void **state)
{
    (void)state;
    for (int i = 1; kernels_at(i); i++) {
        if (!kernels_at(i)->supported()) {
            printf("skipped: kernels %s: this processor does not have them\n", kernels_at(i)->name);
            continue;
        }
        check_all_cases(kernels_at(i));
        printf("%s: %d cases alike, bit for bit\n", kernels_at(i)->name, cases);
    }
}

/* The scalar twin itself, against sums worked out by hand. */
static void test_scalar_by_hand(void **state)
{
    (void)state;
    /* Two rows of six inputs; a window of 2 x 4 and its three neighbours to the right and below. */
    const uint8_t input[] = {1, 2, 3, 4, 5, 6, /* */ 7, 8, 9, 10, 11, 12, /* */ 0, 0, 0, 0, 0, 1};
    const int8_t weight[] = {1, 0, 0, -1, 2, 0, 0, 127, /* */ -1, -1, -1, -1, -1, -1, -1, -1};
    const int32_t bias[] = {-1000, 50};
    const uint32_t multiplier[] = {1u << 30 /* a quarter */, 1u << 31 /* half */};
    const struct int8_run runs[] = {{0, 6, 1, 1}, {6, 6, 1, 1}};
    struct int8_shape shape = {.runs = runs,
                               .run_count = 2,
                               .steps = 2,
                               .outputs = 2,
                               .height = 2,
                               .width = 2,
                               .raw = true,
                               .out_row_stride = 4,
                               .out_column_stride = 2};
    uint32_t packed[2 + 2 + 4];
    int32_t sums[8];
    assert_int_equal(int8_scalar.packed_bytes(2, 2), sizeof packed);
    int8_scalar.pack(weight, bias, multiplier, 2, 2, packed);
    int8_scalar.sum(&shape, packed, input, sums);
    /* Upper left: 1 - 4 + 2*7 + 127*10 - 1000 = 281; 50 - (1+2+3+4+7+8+9+10) = 6. */
    const int32_t expected[] = {
        281, 6, 2 - 5 + 16 + 127 * 11 - 1000, 50 - 14 - 38, 7 - 10 - 1000, 50 - 34, 8 - 11 - 1000, 50 - 38};
    assert_memory_equal(sums, expected, sizeof expected);
    shape.raw = false;
    uint8_t outputs[8];
    int8_scalar.sum(&shape, packed, input, outputs);
    assert_int_equal(outputs[0], 70);  /* 281 / 4 = 70.25 */
    assert_int_equal(outputs[1], 3);   /* 6 / 2 */
    assert_int_equal(outputs[2], 102); /* 410 / 4 = 102.5, downwards */
    assert_int_equal(outputs[3], 0);   /* -2: the ReLU */
    shape.pool = true;
    int8_scalar.sum(&shape, packed, input, outputs);
    assert_int_equal(outputs[0], 102);
    assert_int_equal(outputs[1], 8); /* of 6, -2, 16 and 12 */
}

/* ---- --bench */

/* A layer as net/net_int8.c asks for it. */
struct bench_layer {
    const char *name;
    int rows, run, step, outputs, height,
        width; /* rows of the window, bytes of a row, from position to position */
    bool pool;
    double multiply_adds;
};

#define CONV3(in, out, side, pool)                                                                           \
    3, 3 * (in), (in), out, side, side, pool, 9.0 * (in) * (out) * (side) * (side)
static const struct bench_layer bench_layers[] = {
    {"conv 5x5 6->16 at 10x10, pooled", 5, 30, 6, 16, 10, 10, true, 25.0 * 6 * 16 * 100},
    {"conv 3x3 16->32 at 10x10", CONV3(16, 32, 10, false)},
    {"conv 3x3 16->24 at 14x14", CONV3(16, 24, 14, false)},
    {"conv 3x3 32->32 at 8x8, pooled", CONV3(32, 32, 8, true)},
    {"conv 3x3 32->64 at 4x4", CONV3(32, 64, 4, false)},
    {"conv 3x3 16->16 at 28x28", CONV3(16, 16, 28, false)},
    {"linear 400->120, batch 1", 1, 400, 400, 120, 1, 1, false, 400.0 * 120},
    {"linear 400->120, batch 16", 1, 400, 400, 120, 1, 16, false, 400.0 * 120 * 16},
    {"linear 1024->48, batch 16", 1, 1024, 1024, 48, 1, 16, false, 1024.0 * 48 * 16},
};
enum { BENCH_LAYERS = sizeof bench_layers / sizeof *bench_layers, BENCH_REPEATS = 100 };

static void bench_one(const struct kernels *kernels, const struct bench_layer *layer, double peak)
{
    struct trial trial = {.out_height = layer->height};
    struct int8_shape *shape = &trial.shape;
    const size_t row = (size_t)(layer->width - 1) * (size_t)layer->step + (size_t)layer->run;
    *shape = (struct int8_shape){.runs = trial.runs,
                                 .run_count = layer->rows,
                                 .steps = layer->rows * ((layer->run + 3) / 4),
                                 .outputs = layer->outputs,
                                 .height = layer->height,
                                 .width = layer->width,
                                 .pool = layer->pool,
                                 .out_row_stride = (size_t)(layer->width * layer->outputs),
                                 .out_column_stride = (size_t)layer->outputs};
    for (int r = 0; r < layer->rows; r++)
        trial.runs[r] = (struct int8_run){(size_t)r * row, row, (size_t)layer->step, (layer->run + 3) / 4};
    trial.input_bytes = row * (size_t)(layer->height + layer->rows - 1);
    fill_trial(&trial, layer->run, FILL_RANDOM);
    void *packed = aligned(kernels->int8->packed_bytes(shape->outputs, shape->steps));
    uint8_t *output = malloc(shape->out_row_stride * (size_t)shape->height);
    assert_non_null(output);
    kernels->int8->pack(trial.weight, trial.bias, trial.multiplier, shape->outputs, shape->steps, packed);
    const int rounds = (int)(5e6 / layer->multiply_adds) + 1;
    double best = 1e30;
    for (int repeat = 0; repeat < BENCH_REPEATS; repeat++) {
        const double start = bench_now_ns();
        for (int r = 0; r < rounds; r++)
            kernels->int8->sum(shape, packed, trial.input, output);
        const double each = (bench_now_ns() - start) / rounds;
        best = each < best ? each : best;
    }
    printf("%-10s  %-34s %9.0f ns  %7.1f G multiply-adds/s", kernels->name, layer->name, best,
           layer->multiply_adds / best);
    printf(peak > 0 ? "  %3.0f%% of the peak\n" : "\n",
           peak > 0 ? 100 * layer->multiply_adds / best / peak : 0);
    free(packed);
    free(output);
    trial_free(&trial);
}

static int bench(void)
{
    for (int k = 0; kernels_at(k); k++) {
        const struct kernels *kernels = kernels_at(k);
        if (!kernels->supported())
            continue;
        const double peak = bench_peak_gmacs(kernels, true);
        if (peak > 0)
            printf("%s: peak %.1f G multiply-adds/s\n", kernels->name, peak);
        for (int i = 0; i < BENCH_LAYERS; i++)
            bench_one(kernels, &bench_layers[i], peak);
    }
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
        cmocka_unit_test(test_every_set_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
