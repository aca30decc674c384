/* test_net_int8_network.c - whole networks in int8: the same bits from every set of kernels and on every
 * machine, sums done by hand, and close to the float network they were made from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/kernels.h"
#include "net/net.h"
#include "net/quantise.h"
#include "net/weights.h"

enum { PICTURES = 20 };

static char why[NET_WHY_BYTES];
static uint32_t random_state = 7;

static uint32_t random_bits(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
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

/* Networks of every shape the code tells apart: first kernels of 3 to 7 (one of them read as stacked rows),
 * pools that are fused and pools that are not, odd sizes before a pool, linear only, conv to the end. */
static const struct layer_spec lenet5[] = {
    CONV("conv1", 6, 5, 1, 2),           POOL("pool1", 2, 2),
    CONV("conv2", 16, 5, 1, 0),          POOL("pool2", 2, 2),
    LINEAR("fc1", 120, ACTIVATION_RELU), LINEAR("fc2", 84, ACTIVATION_RELU),
    LINEAR("fc3", 10, ACTIVATION_NONE)};
static const struct layer_spec digits[] = {CONV("conv1", 16, 5, 1, 0),
                                           POOL("pool1", 2, 2),
                                           CONV("conv2", 32, 3, 1, 0),
                                           CONV("conv3", 32, 3, 1, 0),
                                           POOL("pool2", 2, 2),
                                           CONV("conv4", 64, 3, 1, 1),
                                           LINEAR("fc1", 48, ACTIVATION_RELU),
                                           LINEAR("fc2", 11, ACTIVATION_NONE)};
static const struct layer_spec linear_only[] = {LINEAR("fc1", 30, ACTIVATION_RELU),
                                                LINEAR("fc2", 11, ACTIVATION_NONE)};
static const struct layer_spec conv_only[] = {CONV("a", 5, 3, 2, 1), CONV("b", 9, 4, 3, 2), POOL("c", 5, 1),
                                              CONV("d", 10, 1, 1, 0)};
static const struct layer_spec odd[] = {CONV("a", 7, 7, 1, 0), CONV("b", 17, 4, 1, 0),
                                        POOL("c", 2, 2),       POOL("d", 3, 2),
                                        CONV("e", 3, 2, 2, 1), LINEAR("f", 11, ACTIVATION_NONE)};
static const struct layer_spec pool_first[] = {POOL("a", 2, 2), CONV("b", 12, 6, 2, 3), POOL("c", 2, 2),
                                               LINEAR("d", 10, ACTIVATION_RELU)};
static const struct {
    const char *name;
    const struct layer_spec *layers;
    int count;
    uint32_t checksum; /* of the last layer's sums for PICTURES pictures, on every machine */
} networks[] = {
    {"lenet5", lenet5, 7, 0xc827d4e5u},
    {"digits", digits, 8, 0x8272f2f5u},
    {"linear_only", linear_only, 2, 0x0d2eb3f5u},
    {"conv_only", conv_only, 4, 0xbc5d8665u},
    {"odd", odd, 6, 0x166662f5u},
    {"pool_first", pool_first, 4, 0x9ff09de5u},
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static struct weights *make(const struct layer_spec *layers, int count)
{
    struct weights *weights;
    if (weights_create(&weights, layers, count, why, sizeof why))
        fail_msg("%s", why);
    return weights;
}

/* int8 weights without any float arithmetic that a machine could round in its own way: scales are powers of
 * two but for the picture's. */
static struct weights *make_int8(const struct layer_spec *layers, int count)
{
    struct weights *weights = make(layers, count);
    bool first = true;
    assert_int_equal(weights_add_int8(weights), 0);
    for (int i = 0; i < count; i++) {
        struct layer_spec *layer = &weights->layers[i];
        const size_t values = layer_weight_count(layer);
        if (values == 0)
            continue;
        const size_t inputs = values / (size_t)layer->out_channels;
        layer->input_scale = first ? WEIGHTS_PICTURE_SCALE : 1.0f / 64;
        first = false;
        for (size_t j = 0; j < values; j++)
            layer->int8_weight[j] = (int8_t)((int)(random_bits() % 255) - 127);
        for (int o = 0; o < layer->out_channels; o++) {
            layer->int8_bias[o] = (int32_t)(random_bits() % 20001) - 5000;
            layer->scale[o] = ldexpf(1.0f, -6 - (int)log2((double)inputs) / 2 - (int)(random_bits() % 2));
        }
    }
    if (weights_check_int8(weights, why, sizeof why))
        fail_msg("%s", why);
    weights_dequantise(weights);
    return weights;
}

static void random_pictures(uint8_t *pictures, int count)
{
    for (int i = 0; i < count * NET_PIXELS; i++)
        pictures[i] = (uint8_t)random_bits();
}

static struct net *load(const struct weights *weights, const char *kernels)
{
    struct net *net;
    if (net_create(&net, weights, "test", kernels, why, sizeof why))
        fail_msg("%s", why);
    return net;
}

/* FNV-1a over the last layer of the first picture: what a float network could not repeat to the bit. */
static uint32_t checksum_logits(struct net *net, uint32_t hash)
{
    struct net_layer_view view;
    net_layer(net, net_layer_count(net) - 1, &view);
    for (int c = 0; c < view.channels; c++) {
        uint32_t bits;
        memcpy(&bits, &view.activations[c], sizeof bits);
        hash = (hash ^ bits) * 16777619u;
    }
    return hash;
}

static void check_views(struct net *net, struct net *twin)
{
    for (int i = 0; i < net_layer_count(net); i++) {
        struct net_layer_view a, b;
        net_layer(net, i, &a);
        net_layer(twin, i, &b);
        assert_int_equal(a.channels * 10000 + a.height * 100 + a.width,
                         b.channels * 10000 + b.height * 100 + b.width);
        assert_memory_equal(a.activations, b.activations,
                            sizeof(float) * (size_t)(a.channels * a.height * a.width));
    }
}

static void check_network(int n, const struct kernels *kernels)
{
    static uint8_t pictures[PICTURES * NET_PIXELS];
    float scores[PICTURES * NET_MAX_CLASSES], expected[PICTURES * NET_MAX_CLASSES];
    random_state = 7;
    struct weights *weights = make_int8(networks[n].layers, networks[n].count);
    const size_t classes = (size_t)weights->classes;
    random_pictures(pictures, PICTURES);
    struct net *scalar = load(weights, "scalar"), *net = load(weights, kernels->name);
    assert_string_equal(net_type(net), "int8");
    uint32_t hash = 2166136261u;
    for (int i = 0; i < PICTURES; i++) {
        net_forward(scalar, pictures + i * NET_PIXELS, 1, expected + (size_t)i * classes);
        net_forward(net, pictures + i * NET_PIXELS, 1, scores);
        assert_memory_equal(scores, expected + (size_t)i * classes, classes * sizeof *scores);
        hash = checksum_logits(net, hash);
        check_views(net, scalar);
        for (int l = 0; l < net_layer_count(net); l++) /* once more, over what is there: nothing changes */
            net_run_layer(net, l, 1 + i % 3);
        check_views(net, scalar);
    }
    if (hash != networks[n].checksum)
        print_error("%s with %s: checksum 0x%08x\n", networks[n].name, kernels->name, (unsigned)hash);
    assert_true(hash == networks[n].checksum);
    static const int counts[] = {1, 2, 3, 4, 5, 7, 16, PICTURES};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        net_forward(net, pictures, counts[c], scores);
        assert_memory_equal(scores, expected, (size_t)counts[c] * classes * sizeof *scores);
    }
    net_destroy(scalar);
    net_destroy(net);
    weights_destroy(weights);
}

static void test_every_set_gives_the_same_bits(void **state)
{
    (void)state;
    for (int n = 0; n < NETWORKS; n++)
        for (int k = 0; kernels_at(k); k++)
            if (kernels_at(k)->supported())
                check_network(n, kernels_at(k));
}

/* One conv that looks up and to the left, a pool over quarters, a linear layer: as in test_net_forward.c. */
static void test_by_hand(void **state)
{
    (void)state;
    const struct layer_spec layers[] = {CONV("conv", 2, 3, 1, 1), POOL("pool", 14, 14),
                                        LINEAR("fc", 2, ACTIVATION_NONE)};
    struct weights *weights = make(layers, 3);
    assert_int_equal(weights_add_int8(weights), 0);
    struct layer_spec *conv = &weights->layers[0], *fc = &weights->layers[2];
    conv->input_scale = WEIGHTS_PICTURE_SCALE;
    conv->int8_weight[0] = 100;     /* up and to the left */
    conv->int8_weight[9 + 4] = -50; /* the middle */
    conv->int8_bias[1] = 127 * 50;
    conv->scale[0] = conv->scale[1] = 0.01f;
    fc->input_scale = 1.0f / 100; /* a step of the conv's outputs is 0.01 */
    for (int i = 0; i < 8; i++)
        fc->int8_weight[i] = (int8_t)(i + 1);
    fc->int8_bias[0] = -1000;
    fc->int8_bias[1] = 77;
    fc->scale[0] = fc->scale[1] = 0.5f;
    struct net *net = load(weights, NULL);

    uint8_t picture[NET_PIXELS] = {0};
    picture[3 * NET_SIDE_PX + 13] = 255; /* 127 steps; its copy in the upper right quarter */
    picture[20 * NET_SIDE_PX + 2] = 51;  /* 25.4: 25 steps; its copy in the lower left quarter */
    float scores[2];
    net_forward(net, picture, 1, scores);
    struct net_layer_view view;
    net_layer(net, 0, &view);
    assert_float_equal(view.activations[3 * NET_SIDE_PX + 13], 1, 1e-6);
    assert_float_equal(view.activations[20 * NET_SIDE_PX + 2], 25 / 127.0f, 1e-6);
    net_layer(net, 1, &view);
    assert_float_equal(view.activations[4 * NET_SIDE_PX + 14], 1, 1e-6);
    assert_float_equal(view.activations[21 * NET_SIDE_PX + 3], 0.2f,
                       1e-6); /* 25 * 100 / 127 = 19.7: 20 steps */
    assert_float_equal(view.activations[NET_PIXELS], 0.5f, 1e-6);
    assert_float_equal(view.activations[NET_PIXELS + 3 * NET_SIDE_PX + 13], 0, 1e-6);
    net_layer(net, 2, &view);
    const float pooled[8] = {0, 1, 0.2f, 0, 0.5f, 0.5f, 0.5f, 0.5f};
    for (int i = 0; i < 8; i++)
        assert_float_equal(view.activations[i], pooled[i], 1e-6);
    net_layer(net, 3, &view);
    /* (100*2 + 20*3 + 50*(5+6+7+8) - 1000) * 0.01 * 0.5 */
    assert_float_equal(view.activations[0], (200 + 60 + 1300 - 1000) * 0.005f, 1e-5);
    assert_float_equal(view.activations[1], 77 * 0.005f, 1e-5);
    assert_float_equal(scores[0], 1 / (1 + expf(0.385f - 2.8f)), 1e-5);
    net_destroy(net);
    weights_destroy(weights);
}

/* ---- From float weights */

static struct weights *random_floats(const struct layer_spec *layers, int count)
{
    struct weights *weights = make(layers, count);
    for (int i = 0; i < count; i++) {
        struct layer_spec *layer = &weights->layers[i];
        const size_t values = layer_weight_count(layer);
        const float scale = values ? 2 / sqrtf((float)values / (float)layer->out_channels) : 0;
        for (size_t j = 0; j < values; j++)
            layer->weight[j] = scale * ((float)random_bits() / 8388608.0f - 1);
        for (int j = 0; values && j < layer->out_channels; j++)
            layer->bias[j] = ((float)random_bits() / 8388608.0f - 1) / 4;
    }
    weights->threshold = 0.5f;
    return weights;
}

static void test_close_to_the_float_network(void **state)
{
    (void)state;
    static uint8_t pictures[100 * NET_PIXELS];
    random_state = 11;
    random_pictures(pictures, 100);
    for (int n = 0; n < 2; n++) {
        struct weights *floats = random_floats(networks[n].layers, networks[n].count), *int8;
        if (weights_quantise(floats, pictures, 100, &int8, why, sizeof why))
            fail_msg("%s", why);
        assert_true(int8->int8 && !floats->int8);
        assert_float_equal(int8->threshold, 0.5f, 0);
        struct net *a = load(floats, NULL), *b = load(int8, NULL);
        double error = 0, size = 0;
        for (int i = 0; i < 100; i++) {
            float scores[NET_MAX_CLASSES];
            struct net_layer_view x, y;
            net_forward(a, pictures + i * NET_PIXELS, 1, scores);
            net_forward(b, pictures + i * NET_PIXELS, 1, scores);
            net_layer(a, networks[n].count, &x);
            net_layer(b, networks[n].count, &y);
            for (int c = 0; c < x.channels; c++) {
                const double difference = (double)(x.activations[c] - y.activations[c]);
                error += difference * difference;
                size += (double)x.activations[c] * (double)x.activations[c];
            }
        }
        if (!(error < 0.0025 * size)) /* five percent of the size of the sums */
            fail_msg("%s: int8 is %.3f away from float", networks[n].name, sqrt(error / size));
        net_destroy(a);
        net_destroy(b);
        weights_destroy(int8);
        weights_destroy(floats);
    }
}

static void test_what_cannot_be_quantised(void **state)
{
    (void)state;
    uint8_t picture[NET_PIXELS] = {0};
    struct weights *int8;
    struct weights *floats = random_floats(lenet5, 7);
    assert_int_equal(weights_quantise(floats, picture, 0, &int8, why, sizeof why), -EINVAL);
    assert_null(int8);
    /* Pictures that show nothing still give a network. */
    assert_int_equal(weights_quantise(floats, picture, 1, &int8, why, sizeof why), 0);
    weights_destroy(int8);
    floats->layers[0].activation = ACTIVATION_NONE;
    assert_int_equal(weights_quantise(floats, picture, 1, &int8, why, sizeof why), -EINVAL);
    assert_non_null(strstr(why, "ReLU"));
    weights_destroy(floats);
}

/* Each of these would overflow or mean nothing. */
static void test_bad_int8_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct weights *weights = make_int8(lenet5, 7);
        struct layer_spec *conv = &weights->layers[0], *fc = &weights->layers[4];
        struct net *net;
        switch (i) {
        case 0:
            conv->int8_weight[3] = -128;
            break;
        case 1:
            conv->int8_bias[0] = INT8_MAX_BIAS + 1;
            break;
        case 2:
            conv->scale[1] = 0;
            break;
        case 3:
            conv->scale[1] = NAN;
            break;
        case 4:
            conv->scale[1] = 1e9f;
            break;
        case 5:
            conv->input_scale = 1;
            break;
        case 6:
            fc->input_scale = -1;
            break;
        case 7:
            fc->activation = ACTIVATION_NONE;
            break;
        }
        why[0] = '\0';
        assert_int_equal(net_create(&net, weights, "test", NULL, why, sizeof why), -EINVAL);
        assert_null(net);
        assert_true(strlen(why) > 10);
        weights_destroy(weights);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_every_set_gives_the_same_bits),
        cmocka_unit_test(test_close_to_the_float_network),
        cmocka_unit_test(test_what_cannot_be_quantised),
        cmocka_unit_test(test_bad_int8_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
