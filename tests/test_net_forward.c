/* test_net_forward.c - pictures through a network: sums done by hand, batches, layer views, every set of
 * kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/kernels.h"
#include "net/net.h"
#include "net/weights.h"

static char why[NET_WHY_BYTES];

static struct weights *make(const struct layer_spec *layers, int count)
{
    struct weights *weights;
    if (weights_create(&weights, layers, count, why, sizeof why))
        fail_msg("%s", why);
    return weights;
}

static struct net *load(const struct weights *weights, const char *kernels)
{
    struct net *net;
    if (net_create(&net, weights, "test", kernels, why, sizeof why))
        fail_msg("%s", why);
    return net;
}

static uint32_t random_state = 1;
static uint32_t random_bits(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static void randomise(struct weights *weights)
{
    for (int i = 0; i < weights->layer_count; i++) {
        struct layer_spec *layer = &weights->layers[i];
        const size_t count = layer_weight_count(layer);
        if (count == 0)
            continue;
        const float scale = 2 / sqrtf((float)count / (float)layer->out_channels);
        for (size_t j = 0; j < count; j++)
            layer->weight[j] = scale * ((float)random_bits() / 8388608.0f - 1);
        for (int j = 0; j < layer->out_channels; j++)
            layer->bias[j] = (float)random_bits() / 8388608.0f - 1;
    }
}

static void random_pictures(uint8_t *pictures, int count)
{
    for (int i = 0; i < count * NET_PIXELS; i++)
        pictures[i] = (uint8_t)random_bits();
}

#define CONV(title, outputs, side, step, pad)                                                                \
    {                                                                                                        \
        .kind = LAYER_CONV, .name = title, .activation = ACTIVATION_RELU, .kernel = side, .stride = step,    \
        .padding = pad, .out_channels = outputs                                                              \
    }
#define POOL(title, side, step)                                                                              \
    {                                                                                                        \
        .kind = LAYER_MAXPOOL, .name = title, .kernel = side, .stride = step                                 \
    }
#define LINEAR(title, outputs, how)                                                                          \
    {                                                                                                        \
        .kind = LAYER_LINEAR, .name = title, .activation = how, .out_channels = outputs                      \
    }

/* Networks of every shape the code tells apart: conv first, linear only, conv to the end, overlapping pools.
 */
static const struct layer_spec lenet5[] = {
    CONV("conv1", 6, 5, 1, 2),           POOL("pool1", 2, 2),
    CONV("conv2", 16, 5, 1, 0),          POOL("pool2", 2, 2),
    LINEAR("fc1", 120, ACTIVATION_RELU), LINEAR("fc2", 84, ACTIVATION_RELU),
    LINEAR("fc3", 10, ACTIVATION_NONE)};
static const struct layer_spec linear_only[] = {LINEAR("fc1", 30, ACTIVATION_RELU),
                                                LINEAR("fc2", 11, ACTIVATION_NONE)};
static const struct layer_spec conv_only[] = {CONV("a", 5, 3, 2, 1), CONV("b", 9, 4, 3, 2), POOL("c", 5, 1),
                                              CONV("d", 10, 1, 1, 0)};
static const struct layer_spec padded[] = {CONV("a", 16, 3, 1, 1), CONV("b", 17, 3, 1, 1), POOL("c", 3, 2),
                                           CONV("d", 33, 3, 1, 1), LINEAR("e", 11, ACTIVATION_NONE)};
static const struct {
    const char *name;
    const struct layer_spec *layers;
    int count;
} networks[] = {{"lenet5", lenet5, 7},
                {"linear_only", linear_only, 2},
                {"conv_only", conv_only, 4},
                {"padded", padded, 5}};
enum { NETWORKS = sizeof networks / sizeof *networks };

/* ---- By hand
 * --------------------------------------------------------------------------------------------------- */

/* A conv that looks one pixel up and to the left and one that inverts, a pool over quarters, a linear layer
 * that tells the quarters apart by their weights: everything in PyTorch's order of weights. */
static void check_by_hand(const char *kernels)
{
    const struct layer_spec layers[] = {CONV("conv", 2, 3, 1, 1), POOL("pool", 14, 14),
                                        LINEAR("fc", 2, ACTIVATION_NONE)};
    struct weights *weights = make(layers, 3);
    weights->layers[0].weight[0] = 1;      /* channel 0, row 0, column 0: up and to the left */
    weights->layers[0].weight[9 + 4] = -2; /* channel 1, the middle */
    weights->layers[0].bias[1] = 1;
    for (int i = 0; i < 8; i++) { /* channel, row, column of the quarter */
        weights->layers[2].weight[i] = (float)(i + 1);
        weights->layers[2].weight[8 + i] = i == 5 ? 1 : 0;
    }
    weights->layers[2].bias[0] = -35;
    struct net *net = load(weights, kernels);

    uint8_t picture[NET_PIXELS] = {0};
    picture[3 * NET_SIDE_PX + 13] = 255;  /* its copy at row 4, column 14: upper right quarter */
    picture[27 * NET_SIDE_PX + 27] = 255; /* its copy would be outside */
    picture[20 * NET_SIDE_PX + 2] = 51;   /* 0.2; its copy at row 21, column 3: lower left quarter */
    float scores[2];
    net_forward(net, picture, 1, scores);

    struct net_layer_view view;
    assert_int_equal(net_layer_count(net), 4);
    net_layer(net, 0, &view);
    assert_string_equal(view.name, "input");
    assert_string_equal(view.kind, "input");
    assert_int_equal(view.channels * 10000 + view.height * 100 + view.width, 12828);
    assert_float_equal(view.activations[3 * NET_SIDE_PX + 13], 1, 1e-6);
    assert_float_equal(view.activations[20 * NET_SIDE_PX + 2], 0.2f, 1e-6);

    net_layer(net, 1, &view);
    assert_string_equal(view.name, "conv");
    assert_string_equal(view.kind, "conv");
    assert_int_equal(view.channels * 10000 + view.height * 100 + view.width, 22828);
    for (int i = 0; i < NET_PIXELS; i++) {
        const float shifted = i == 4 * NET_SIDE_PX + 14 ? 1 : i == 21 * NET_SIDE_PX + 3 ? 0.2f : 0;
        const float inverted = picture[i] == 255 ? 0 /* 1 - 2, then ReLU */ : picture[i] == 51 ? 0.6f : 1;
        assert_float_equal(view.activations[i], shifted, 1e-6);
        assert_float_equal(view.activations[NET_PIXELS + i], inverted, 1e-6);
    }
    net_layer(net, 2, &view);
    assert_string_equal(view.kind, "maxpool");
    const float pooled[8] = {0, 1, 0.2f, 0, 1, 1, 1, 1};
    for (int i = 0; i < 8; i++)
        assert_float_equal(view.activations[i], pooled[i], 1e-6);

    net_layer(net, 3, &view);
    assert_string_equal(view.name, "fc");
    assert_string_equal(view.kind, "linear");
    assert_int_equal(view.channels * 10000 + view.height * 100 + view.width, 20101);
    assert_float_equal(view.activations[0], 2 + 0.6f + 5 + 6 + 7 + 8 - 35, 1e-5); /* -6.4 */
    assert_float_equal(view.activations[1], 1, 1e-5);
    assert_float_equal(scores[1], 1 / (1 + expf(-7.4f)), 1e-6);
    assert_float_equal(scores[0] + scores[1], 1, 1e-6);
    net_destroy(net);
    weights_destroy(weights);
}

static void test_by_hand(void **state)
{
    (void)state;
    for (int k = 0; kernels_at(k); k++)
        if (kernels_at(k)->supported())
            check_by_hand(kernels_at(k)->name);
}

/* ---- Batches
 * --------------------------------------------------------------------------------------------------- */

static void check_batches(const struct weights *weights, const char *kernels, const uint8_t *pictures)
{
    static const int counts[] = {1, 2, 3, 5, 16, 17, NET_MAX_BATCH};
    static float single[NET_MAX_BATCH * NET_MAX_CLASSES], batch[(NET_MAX_BATCH + 1) * NET_MAX_CLASSES];
    const size_t classes = (size_t)weights->classes;
    struct net *net = load(weights, kernels);
    for (int i = 0; i < NET_MAX_BATCH; i++)
        net_forward(net, pictures + i * NET_PIXELS, 1, single + (size_t)i * classes);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        const size_t values = (size_t)counts[c] * classes;
        batch[values] = 42;
        net_forward(net, pictures, counts[c], batch);
        assert_float_equal(batch[values], 42, 0); /* not one score more */
        for (size_t i = 0; i < values; i++)
            assert_float_equal(batch[i], single[i], 1e-5);
        for (int i = 0; i < counts[c]; i++) {
            float sum = 0;
            for (size_t j = 0; j < classes; j++) {
                const float score = batch[(size_t)i * classes + j];
                assert_true(score >= 0 && score <= 1);
                sum += score;
            }
            assert_float_equal(sum, 1, 1e-5);
        }
    }
    net_destroy(net);
}

/* A layer that runs once more finds and leaves what the forward pass did; one that does nothing by itself says so. */
static void run_every_layer_again(struct net *net, const struct weights *weights, int count)
{
    assert_false(net_run_layer(net, 0, count));
    for (int i = 1; i < net_layer_count(net); i++) {
        const struct layer_spec *layer = &weights->layers[i - 1];
        const bool fused = i > 1 && layer->kind == LAYER_MAXPOOL && layer->kernel == 2 && layer->stride == 2 &&
                           layer[-1].kind == LAYER_CONV;
        assert_true(net_run_layer(net, i, count) == !fused);
    }
}

/* Layer views after a batch are those of its first picture alone, also where its layers run twice. */
static void check_views(const struct weights *weights, const char *kernels, const uint8_t *pictures)
{
    static float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    struct net *one = load(weights, kernels), *many = load(weights, kernels),
               *scalar = load(weights, "scalar");
    net_forward(one, pictures, 1, scores);
    net_forward(scalar, pictures, 1, scores);
    net_forward(many, pictures, 13, scores);
    assert_int_equal(net_layer_count(one), weights->layer_count + 1);
    run_every_layer_again(many, weights, 13);
    for (int i = 0; i < net_layer_count(one); i++) {
        struct net_layer_view a, b, twin;
        net_layer(one, i, &a);
        net_layer(many, i, &b);
        net_layer(scalar, i, &twin);
        if (i > 0) {
            const struct layer_spec *layer = &weights->layers[i - 1];
            assert_string_equal(a.name, layer->name);
            assert_int_equal(a.channels, layer->out_channels);
            assert_int_equal(a.height, layer->out_height);
            assert_int_equal(a.width, layer->out_width);
        }
        float largest = 0;
        for (int j = 0; j < a.channels * a.height * a.width; j++)
            largest = fmaxf(largest, fabsf(twin.activations[j]));
        assert_true(largest > 0);
        for (int j = 0; j < a.channels * a.height * a.width; j++) {
            assert_float_equal(a.activations[j], b.activations[j], 1e-5f * largest);
            assert_float_equal(a.activations[j], twin.activations[j], 1e-4f * largest);
        }
    }
    net_destroy(one);
    net_destroy(many);
    net_destroy(scalar);
}

static void test_batches_views_and_kernels_agree(void **state)
{
    (void)state;
    static uint8_t pictures[NET_MAX_BATCH * NET_PIXELS];
    for (int n = 0; n < NETWORKS; n++) {
        struct weights *weights = make(networks[n].layers, networks[n].count);
        randomise(weights);
        random_pictures(pictures, NET_MAX_BATCH);
        for (int k = 0; kernels_at(k); k++)
            if (kernels_at(k)->supported()) {
                check_batches(weights, kernels_at(k)->name, pictures);
                check_views(weights, kernels_at(k)->name, pictures);
            }
        weights_destroy(weights);
    }
}

/* A second picture finds nothing of the first one: borders stay zero, buffers are filled again. */
static void test_nothing_is_remembered(void **state)
{
    (void)state;
    static uint8_t pictures[NET_MAX_BATCH * NET_PIXELS];
    float before[11], between[NET_MAX_BATCH * 11], after[11];
    struct weights *weights = make(padded, 5);
    randomise(weights);
    random_pictures(pictures, NET_MAX_BATCH);
    struct net *net = load(weights, NULL);
    net_forward(net, pictures, 1, before);
    net_forward(net, pictures, NET_MAX_BATCH, between);
    net_forward(net, pictures, 1, after);
    assert_memory_equal(before, after, sizeof before);
    net_destroy(net);
    weights_destroy(weights);
}

/* Weights that are finite but absurd: sums overflow, and still no NaN comes out. */
static void test_overflow_gives_scores(void **state)
{
    (void)state;
    static uint8_t picture[NET_PIXELS];
    float scores[11];
    memset(picture, 255, sizeof picture);
    struct weights *weights = make(linear_only, 2);
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < layer_weight_count(&weights->layers[i]); j++)
            weights->layers[i].weight[j] = 3e38f;
    struct net *net = load(weights, NULL);
    net_forward(net, picture, 1, scores);
    for (int i = 0; i < 11; i++)
        assert_float_equal(scores[i], 1.0f / 11, 1e-6);
    net_destroy(net);
    weights_destroy(weights);
}

/* ---- From a file
 * ----------------------------------------------------------------------------------------------- */

static void test_load(void **state)
{
    (void)state;
    char folder[] = "/tmp/digitcam-net-XXXXXX", path[64];
    struct weights *weights = make(lenet5, 7);
    struct net *net;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/five.safetensors", folder);
    randomise(weights);
    weights->threshold = 0.25f;
    assert_int_equal(weights_write(weights, path, why, sizeof why), 0);

    if (net_load(&net, path, NULL, why, sizeof why))
        fail_msg("%s", why);
    assert_string_equal(net_name(net), "five.safetensors");
    assert_string_equal(net_kernels(net), kernels_best()->name);
    assert_string_equal(net_type(net), "float");
    assert_int_equal(net_classes(net), 10);
    assert_float_equal(net_threshold(net), 0.25f, 0);

    /* The file answers as the weights in memory do. */
    uint8_t picture[NET_PIXELS];
    float from_file[10], from_memory[10];
    random_pictures(picture, 1);
    struct net *same = load(weights, NULL);
    net_forward(net, picture, 1, from_file);
    net_forward(same, picture, 1, from_memory);
    assert_memory_equal(from_file, from_memory, sizeof from_file);
    net_destroy(same);
    net_destroy(net);

    if (net_load(&net, path, "scalar", why, sizeof why))
        fail_msg("%s", why);
    assert_string_equal(net_kernels(net), "scalar");
    net_destroy(net);
    assert_int_equal(net_load(&net, path, "abacus", why, sizeof why), -ENOTSUP);
    assert_null(net);
    assert_non_null(strstr(why, "abacus"));
    assert_non_null(strstr(why, "scalar"));
    unlink(path);
    assert_int_equal(net_load(&net, path, NULL, why, sizeof why), -ENOENT);
    assert_null(net);
    assert_non_null(strstr(why, path));
    net_destroy(NULL);
    weights_destroy(weights);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_batches_views_and_kernels_agree),
        cmocka_unit_test(test_nothing_is_remembered),
        cmocka_unit_test(test_overflow_gives_scores),
        cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
