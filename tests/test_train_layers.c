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

/* The function under test: its loss is the sum of its outputs, each times a fixed random number. */
struct probe {
    struct layer_spec spec;
    int count; /* pictures */
    float in[MOST], weight[MOST], bias[MOST], out[MOST], factor[MOST], columns[MOST];
    float din[MOST], dweight[MOST], dbias[MOST];
    int32_t winner[MOST];
};

static double probe_loss(struct probe *p)
{
    const size_t ins = layer_in_count(&p->spec), outs = layer_out_count(&p->spec);
    double loss = 0;
    if (p->spec.kind == LAYER_LINEAR)
        linear_forward(&p->spec, p->weight, p->bias, p->count, p->in, p->out);
    for (size_t n = 0; n < (size_t)p->count; n++) {
        if (p->spec.kind == LAYER_CONV)
            conv_forward(&p->spec, p->weight, p->bias, p->in + n * ins, p->out + n * outs, p->columns);
        else if (p->spec.kind == LAYER_MAXPOOL)
            maxpool_forward(&p->spec, p->in + n * ins, p->out + n * outs, p->winner + n * outs);
    }
    for (size_t i = 0; i < outs * (size_t)p->count; i++)
        loss += (double)p->factor[i] * (double)p->out[i];
    return loss;
}

static void probe_backward(struct probe *p)
{
    const size_t ins = layer_in_count(&p->spec), outs = layer_out_count(&p->spec);
    if (p->spec.kind == LAYER_LINEAR)
        linear_backward(&p->spec, p->weight, p->count, p->in, p->factor, p->dweight, p->dbias, p->din);
    for (size_t n = 0; n < (size_t)p->count; n++) {
        if (p->spec.kind == LAYER_CONV)
            conv_backward(&p->spec, p->weight, p->in + n * ins, p->factor + n * outs, p->dweight, p->dbias,
                          p->din + n * ins, p->columns);
        else if (p->spec.kind == LAYER_MAXPOOL)
            maxpool_backward(&p->spec, p->factor + n * outs, p->winner + n * outs, p->din + n * ins);
    }
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
    p->spec = spec, p->count = 3;
    const size_t ins = layer_in_count(&spec) * 3, outs = layer_out_count(&spec) * 3;
    const size_t weights = spec.kind == LAYER_MAXPOOL ? 0 : layer_weight_count(&spec);
    assert_true(ins <= MOST && outs <= MOST && weights <= MOST && conv_columns_count(&spec) <= MOST);
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
    free(p);
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

enum { CHANNELS = 3, AREA = 4, PICTURES = 5, VALUES = CHANNELS * AREA * PICTURES };

static double norm_loss(const struct batch_norm *norm, const float *in, const float *factor)
{
    float values[VALUES];
    double loss = 0;
    memcpy(values, in, sizeof values);
    batch_norm_forward(norm, PICTURES, values);
    for (int i = 0; i < VALUES; i++)
        loss += (double)factor[i] * (double)values[i];
    return loss;
}

static void test_batch_norm(void **state)
{
    (void)state;
    float in[VALUES], factor[VALUES], normal[VALUES], dout[VALUES];
    float gamma[CHANNELS] = {1, 0.5f, -2}, beta[CHANNELS] = {0, 1, 2}, inverse[CHANNELS], mean[CHANNELS],
          variance[CHANNELS];
    float dgamma[CHANNELS] = {0}, dbeta[CHANNELS] = {0};
    pen_random_seed(&chance, 6);
    fill(in, VALUES, 2);
    fill(factor, VALUES, 1);
    const struct batch_norm norm = {CHANNELS, AREA, gamma, beta, normal, inverse, mean, variance};
    norm_loss(&norm, in, factor);
    memcpy(dout, factor, sizeof dout);
    batch_norm_backward(&norm, PICTURES, dout, dgamma, dbeta);
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
        cmocka_unit_test(test_conv),          cmocka_unit_test(test_conv_padded),
        cmocka_unit_test(test_conv_strided),  cmocka_unit_test(test_maxpool),
        cmocka_unit_test(test_linear),        cmocka_unit_test(test_relu),
        cmocka_unit_test(test_batch_norm),    cmocka_unit_test(test_softmax_cross_entropy),
        cmocka_unit_test(test_whole_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
