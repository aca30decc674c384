/* Every layer's gradient against central differences, and the whole network's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/pen.h"
#include "net/net.h"
#include "net/train/layers.h"
#include "net/train/model.h"

#define MOST 4096

static struct pen_random chance;

static void fill(float *values, size_t count, float reach)
{
    for (size_t i = 0; i < count; i++)
        values[i] = pen_random_uniform(&chance, -reach, reach);
}

/* The function under test: its loss is the sum of its outputs, each times a fixed random number. All arrays
 * lie picture after picture; where a layer wants groups of lanes, they are packed on the way in and unpacked
 * on the way out. */
struct probe {
    struct layer_spec spec;
    int count; /* pictures */
    float in[MOST], weight[MOST], bias[MOST], out[MOST], factor[MOST];
    float din[MOST], dweight[MOST], dbias[MOST];
    float *packed_in, *packed_out, *packed_dout, *packed_din, *scratch;
};

static double probe_loss(struct probe *p)
{
    const size_t ins = layer_in_count(&p->spec), outs = layer_out_count(&p->spec);
    const int groups = lanes_groups(p->count);
    double loss = 0;
    lanes_pack(p->count, ins, p->in, p->packed_in);
    if (p->spec.kind == LAYER_LINEAR)
        linear_forward(&p->spec, p->weight, p->bias, p->count, p->in, p->out);
    else if (p->spec.kind == LAYER_CONV)
        conv_forward(&p->spec, p->weight, p->bias, groups, p->packed_in, p->packed_out, p->scratch);
    else
        maxpool_forward(&p->spec, groups, p->packed_in, p->packed_out);
    if (p->spec.kind != LAYER_LINEAR)
        lanes_unpack(p->count, outs, p->packed_out, p->out);
    for (size_t i = 0; i < outs * (size_t)p->count; i++)
        loss += (double)p->factor[i] * (double)p->out[i];
    return loss;
}

static void probe_backward(struct probe *p)
{
    const int groups = lanes_groups(p->count);
    lanes_pack(p->count, layer_out_count(&p->spec), p->factor, p->packed_dout);
    if (p->spec.kind == LAYER_LINEAR)
        linear_backward(&p->spec, p->weight, p->count, p->in, p->factor, p->dweight, p->dbias, p->din);
    else if (p->spec.kind == LAYER_CONV)
        conv_backward(&p->spec, p->weight, groups, p->packed_in, p->packed_dout, p->dweight, p->dbias,
                      p->packed_din, p->scratch);
    else
        maxpool_backward(&p->spec, groups, p->packed_in, p->packed_out, p->packed_dout, p->packed_din);
    if (p->spec.kind != LAYER_LINEAR)
        lanes_unpack(p->count, layer_in_count(&p->spec), p->packed_din, p->din);
}

static void compare(struct probe *p, const char *what, float *values, const float *gradient, size_t count,
                    float step)
{
    for (size_t i = 0; i < count; i++) {
        const float kept = values[i];
        values[i] = kept + step;
        const double up = probe_loss(p);
        values[i] = kept - step;
        const double down = probe_loss(p);
        values[i] = kept;
        const double wanted = (up - down) / (2 * (double)step);
        if (fabs(wanted - (double)gradient[i]) > 2e-3 * (1 + fabs(wanted)))
            fail_msg("%s %s %zu: gradient %f, by differences %f", p->spec.name, what, i, (double)gradient[i],
                     wanted);
    }
}

static void check(struct layer_spec spec)
{
    struct probe *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->spec = spec, p->count = LANES + 2; /* a full group and one with empty lanes */
    const size_t pictures = (size_t)p->count, groups = (size_t)lanes_groups(p->count);
    const size_t ins = layer_in_count(&spec) * pictures, outs = layer_out_count(&spec) * pictures;
    const size_t weights = spec.kind == LAYER_MAXPOOL ? 0 : layer_weight_count(&spec);
    assert_true(ins <= MOST && outs <= MOST && weights <= MOST);
    p->packed_in = lanes_allocate(layer_in_count(&spec) * groups * LANES);
    p->packed_din = lanes_allocate(layer_in_count(&spec) * groups * LANES);
    p->packed_out = lanes_allocate(layer_out_count(&spec) * groups * LANES);
    p->packed_dout = lanes_allocate(layer_out_count(&spec) * groups * LANES);
    p->scratch = lanes_allocate(conv_scratch_count(&spec, (int)groups) + 1);
    assert_true(p->packed_in && p->packed_din && p->packed_out && p->packed_dout && p->scratch);
    pen_random_seed(&chance, 5);
    fill(p->in, ins, 1);
    fill(p->weight, weights, 1);
    fill(p->bias, (size_t)spec.out_channels, 1);
    fill(p->factor, outs, 1);
    probe_loss(p);
    probe_backward(p);
    compare(p, "input", p->in, p->din, ins, spec.kind == LAYER_MAXPOOL ? 1e-4f : 1e-2f);
    compare(p, "weight", p->weight, p->dweight, weights, 1e-2f);
    compare(p, "bias", p->bias, p->dbias, weights > 0 ? (size_t)spec.out_channels : 0, 1e-2f);
    free(p->packed_in);
    free(p->packed_din);
    free(p->packed_out);
    free(p->packed_dout);
    free(p->scratch);
    free(p);
}

/* A convolution's output against the sum written out. */
static void test_conv_plain(void **state)
{
    (void)state;
    enum { IN = 3, OUT = 6, SIDE = 9, KERNEL = 3, STRIDE = 2, PADDING = 1, WIDE = 5, COUNT = 9 };
    const struct layer_spec spec = {.kind = LAYER_CONV,
                                    .kernel = KERNEL,
                                    .stride = STRIDE,
                                    .padding = PADDING,
                                    .in_channels = IN,
                                    .in_height = SIDE,
                                    .in_width = SIDE,
                                    .out_channels = OUT,
                                    .out_height = WIDE,
                                    .out_width = WIDE};
    const size_t groups = (size_t)lanes_groups(COUNT);
    float in[COUNT * IN * SIDE * SIDE], weight[OUT * IN * KERNEL * KERNEL], bias[OUT],
        out[COUNT * OUT * WIDE * WIDE];
    float *packed = lanes_allocate(groups * LANES * IN * SIDE * SIDE);
    float *result = lanes_allocate(groups * LANES * OUT * WIDE * WIDE);
    float *scratch = lanes_allocate(conv_scratch_count(&spec, (int)groups));
    assert_true(packed && result && scratch);
    pen_random_seed(&chance, 9);
    fill(in, sizeof in / sizeof *in, 1);
    fill(weight, sizeof weight / sizeof *weight, 1);
    fill(bias, OUT, 1);
    lanes_pack(COUNT, IN * SIDE * SIDE, in, packed);
    conv_forward(&spec, weight, bias, (int)groups, packed, result, scratch);
    lanes_unpack(COUNT, OUT * WIDE * WIDE, result, out);
    for (int n = 0; n < COUNT; n++)
        for (int o = 0; o < OUT; o++)
            for (int y = 0; y < WIDE; y++)
                for (int x = 0; x < WIDE; x++) {
                    double sum = (double)bias[o];
                    for (int c = 0; c < IN; c++)
                        for (int ky = 0; ky < KERNEL; ky++)
                            for (int kx = 0; kx < KERNEL; kx++) {
                                const int py = y * STRIDE + ky - PADDING, px = x * STRIDE + kx - PADDING;
                                if (py >= 0 && px >= 0 && py < SIDE && px < SIDE)
                                    sum += (double)in[((n * IN + c) * SIDE + py) * SIDE + px] *
                                           (double)weight[((o * IN + c) * KERNEL + ky) * KERNEL + kx];
                            }
                    assert_true(fabs(sum - (double)out[((n * OUT + o) * WIDE + y) * WIDE + x]) < 1e-4);
                }
    free(packed);
    free(result);
    free(scratch);
}

static void test_conv(void **state)
{
    (void)state;
    check((struct layer_spec){.kind = LAYER_CONV,
                              .name = "conv",
                              .kernel = 3,
                              .stride = 1,
                              .in_channels = 2,
                              .in_height = 7,
                              .in_width = 6,
                              .out_channels = 3,
                              .out_height = 5,
                              .out_width = 4});
}

static void test_conv_padded(void **state)
{
    (void)state;
    check((struct layer_spec){.kind = LAYER_CONV,
                              .name = "padded",
                              .kernel = 5,
                              .stride = 1,
                              .padding = 2,
                              .in_channels = 2,
                              .in_height = 6,
                              .in_width = 7,
                              .out_channels = 2,
                              .out_height = 6,
                              .out_width = 7});
}

static void test_conv_strided(void **state)
{
    (void)state;
    check((struct layer_spec){.kind = LAYER_CONV,
                              .name = "strided",
                              .kernel = 3,
                              .stride = 2,
                              .padding = 1,
                              .in_channels = 3,
                              .in_height = 8,
                              .in_width = 7,
                              .out_channels = 2,
                              .out_height = 4,
                              .out_width = 4});
}

static void test_maxpool(void **state)
{
    (void)state;
    check((struct layer_spec){.kind = LAYER_MAXPOOL,
                              .name = "pool",
                              .kernel = 2,
                              .stride = 2,
                              .in_channels = 3,
                              .in_height = 7,
                              .in_width = 6,
                              .out_channels = 3,
                              .out_height = 3,
                              .out_width = 3});
    check((struct layer_spec){.kind = LAYER_MAXPOOL,
                              .name = "overlapping",
                              .kernel = 3,
                              .stride = 2,
                              .in_channels = 2,
                              .in_height = 7,
                              .in_width = 7,
                              .out_channels = 2,
                              .out_height = 3,
                              .out_width = 3});
}

static void test_linear(void **state)
{
    (void)state;
    check((struct layer_spec){.kind = LAYER_LINEAR,
                              .name = "linear",
                              .in_channels = 2,
                              .in_height = 3,
                              .in_width = 3,
                              .out_channels = 5,
                              .out_height = 1,
                              .out_width = 1});
}

static void test_relu(void **state)
{
    (void)state;
    float values[] = {-2, -0.5f, 0, 0.5f, 2}, gradient[] = {1, 2, 3, 4, 5};
    const float wanted[] = {0, 0, 0, 0.5f, 2}, wanted_gradient[] = {0, 0, 0, 4, 5};
    relu_forward(values, 5);
    relu_backward(values, gradient, 5);
    assert_memory_equal(values, wanted, sizeof wanted);
    assert_memory_equal(gradient, wanted_gradient, sizeof wanted_gradient);
}

/* ---- batch norm ---- */

enum { CHANNELS = 3, AREA = 4, PICTURES = LANES + 3, VALUES = CHANNELS * AREA * PICTURES };
enum { GROUPED = CHANNELS * AREA * 2 * LANES };

static double norm_loss(const struct batch_norm *norm, const float *in, const float *factor)
{
    _Alignas(64) float values[GROUPED];
    float out[VALUES];
    double loss = 0;
    lanes_pack(PICTURES, CHANNELS * AREA, in, values);
    batch_norm_forward(norm, PICTURES, values);
    lanes_unpack(PICTURES, CHANNELS * AREA, values, out);
    for (int i = 0; i < VALUES; i++)
        loss += (double)factor[i] * (double)out[i];
    return loss;
}

static void test_batch_norm(void **state)
{
    (void)state;
    _Alignas(64) float normal[GROUPED], grouped[GROUPED];
    float in[VALUES], factor[VALUES], dout[VALUES];
    float gamma[CHANNELS] = {1, 0.5f, -2}, beta[CHANNELS] = {0, 1, 2}, inverse[CHANNELS], mean[CHANNELS],
          variance[CHANNELS];
    float dgamma[CHANNELS] = {0}, dbeta[CHANNELS] = {0};
    pen_random_seed(&chance, 6);
    fill(in, VALUES, 2);
    fill(factor, VALUES, 1);
    const struct batch_norm norm = {CHANNELS, AREA, gamma, beta, normal, inverse, mean, variance};
    norm_loss(&norm, in, factor);
    lanes_pack(PICTURES, CHANNELS * AREA, factor, grouped);
    batch_norm_backward(&norm, PICTURES, grouped, dgamma, dbeta);
    lanes_unpack(PICTURES, CHANNELS * AREA, grouped, dout);
    for (int i = 0; i < CHANNELS * AREA * LANES;
         i++) /* of the second group; lanes without a picture stay empty */
        assert_true(i % LANES < PICTURES - LANES || grouped[CHANNELS * AREA * LANES + i] == 0);
    for (int i = 0; i < VALUES; i++) {
        const float kept = in[i];
        in[i] = kept + 1e-2f;
        const double up = norm_loss(&norm, in, factor);
        in[i] = kept - 1e-2f;
        const double wanted = (up - norm_loss(&norm, in, factor)) / 2e-2;
        in[i] = kept;
        assert_true(fabs(wanted - (double)dout[i]) < 3e-3 * (1 + fabs(wanted)));
    }
    for (int c = 0; c < CHANNELS; c++)
        for (int which = 0; which < 2; which++) {
            float *value = which ? &beta[c] : &gamma[c];
            const double got = which ? dbeta[c] : dgamma[c];
            *value += 1e-2f;
            const double up = norm_loss(&norm, in, factor);
            *value -= 2e-2f;
            const double wanted = (up - norm_loss(&norm, in, factor)) / 2e-2;
            *value += 1e-2f;
            assert_true(fabs(wanted - got) < 3e-3 * (1 + fabs(wanted)));
        }
}

static void test_softmax_cross_entropy(void **state)
{
    (void)state;
    enum { CLASSES = 4, COUNT = 3 };
    float scores[COUNT * CLASSES], dscores[COUNT * CLASSES], unused[COUNT * CLASSES];
    const float targets[COUNT * CLASSES] = {1, 0, 0, 0, 0.1f, 0.2f, 0.3f, 0.4f, 0, 0, 0.5f, 0.5f};
    pen_random_seed(&chance, 7);
    fill(scores, COUNT * CLASSES, 3);
    softmax_cross_entropy(COUNT, CLASSES, scores, targets, 0.5f, dscores);
    for (int i = 0; i < COUNT * CLASSES; i++) {
        const float kept = scores[i];
        scores[i] = kept + 1e-2f;
        const double up = softmax_cross_entropy(COUNT, CLASSES, scores, targets, 1, unused);
        scores[i] = kept - 1e-2f;
        const double down = softmax_cross_entropy(COUNT, CLASSES, scores, targets, 1, unused);
        scores[i] = kept;
        assert_true(fabs(0.5 * (up - down) / 2e-2 - (double)dscores[i]) < 1e-3);
    }
    float sure[3] = {1000, 0, -1000};
    softmax(sure, 3);
    assert_true(sure[0] == 1 && sure[1] == 0 && sure[2] == 0);
}

/* ---- all of it together: a small network with batch norm ---- */

static const struct layer_plan small[] = {
    {.kind = LAYER_CONV,
     .name = "conv1",
     .out_channels = 3,
     .kernel = 5,
     .stride = 2,
     .relu = true,
     .batch_norm = true},
    {.kind = LAYER_MAXPOOL, .name = "pool1", .kernel = 2, .stride = 2},
    {.kind = LAYER_LINEAR, .name = "fc1", .out_channels = 6, .relu = true},
    {.kind = LAYER_LINEAR, .name = "fc2", .out_channels = 4},
};

static void test_whole_network(void **state)
{
    (void)state;
    enum { COUNT = 4, CLASSES = 4 };
    static float pictures[COUNT * NET_PIXELS];
    float targets[COUNT * CLASSES] = {0};
    struct model *model;
    struct workspace *workspace;
    char why[256] = "";
    assert_int_equal(model_create(&model, small, 4, 3, why, sizeof why), 0);
    assert_int_equal(workspace_create(&workspace, model), 0);
    pen_random_seed(&chance, 8);
    fill(pictures, COUNT * NET_PIXELS, 1);
    for (int n = 0; n < COUNT; n++)
        targets[n * CLASSES + n % CLASSES] = 1;
    model_learn(model, workspace, COUNT, pictures, targets, 1, 1);
    float *gradient = malloc(sizeof *gradient * model->parameter_count);
    assert_non_null(gradient);
    memcpy(gradient, workspace_gradient(workspace), sizeof *gradient * model->parameter_count);
    int off = 0, checked = 0;
    for (size_t i = 0; i < model->parameter_count; i += 1) {
        const float kept = model->parameters[i], step = 2e-3f;
        model->parameters[i] = kept + step;
        const double up = model_learn(model, workspace, COUNT, pictures, targets, 1, 1);
        model->parameters[i] = kept - step;
        const double down = model_learn(model, workspace, COUNT, pictures, targets, 1, 1);
        model->parameters[i] = kept;
        const double wanted = (up - down) / (2 * (double)step);
        off += fabs(wanted - (double)gradient[i]) > 0.02 * (0.05 + fabs(wanted));
        checked++;
    }
    /* A step can push a value over the corner of a ReLU or change the winner of a pool: a few may be off. */
    if (off * 20 > checked)
        fail_msg("%d of %d gradients are off", off, checked);
    free(gradient);
    workspace_destroy(workspace);
    model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv_plain),
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_conv_padded),
        cmocka_unit_test(test_conv_strided),
        cmocka_unit_test(test_maxpool),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_relu),
        cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_softmax_cross_entropy),
        cmocka_unit_test(test_whole_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
