#include "net/train/model.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/pen.h" /* the seeded random generator */
#include "net/kernels.h"
#include "net/net.h"
#include "net/train/lanes.h"

#define CONV(NAME, OUT, KERNEL, PADDING, NORM)                                                               \
    {                                                                                                        \
        .kind = LAYER_CONV, .name = NAME, .out_channels = OUT, .kernel = KERNEL, .stride = 1,                \
        .padding = PADDING, .relu = true, .batch_norm = NORM                                                 \
    }
#define POOL(NAME)                                                                                           \
    {                                                                                                        \
        .kind = LAYER_MAXPOOL, .name = NAME, .kernel = 2, .stride = 2                                        \
    }
#define LINEAR(NAME, OUT, RELU, DROPOUT)                                                                     \
    {                                                                                                        \
        .kind = LAYER_LINEAR, .name = NAME, .out_channels = OUT, .relu = RELU, .dropout = DROPOUT            \
    }

/* LeCun et al. 1998, with ReLU and max pooling as everybody runs it today: 416,520 multiply-adds. */
static const struct layer_plan lenet5[] = {
    CONV("conv1", 6, 5, 2, true),  POOL("pool1"),
    CONV("conv2", 16, 5, 0, true), POOL("pool2"),
    LINEAR("fc1", 120, true, 0),   LINEAR("fc2", 84, true, 0),
    LINEAR("fc3", 10, false, 0),
};

/* The margin of the 28 x 28 field is empty by convention, so the first convolutions need no padding to see the
 * digit's edge; that saves a third of the work. Behind the second pool places are few and channels cheap: two
 * convolutions there are worth more than one and a wide linear layer. 1,856,064 multiply-adds, 226,867
 * parameters. */
static const struct layer_plan digits[] = {
    CONV("conv1", 16, 5, 0, true),
    POOL("pool1"),
    CONV("conv2", 24, 3, 0, true),
    CONV("conv3", 32, 3, 0, true),
    POOL("pool2"),
    CONV("conv4", 80, 3, 1, true),
    CONV("conv5", 128, 3, 0, true),
    LINEAR("fc1", 192, true, 0.1f),
    LINEAR("fc2", 11, false, 0),
};

const struct layer_plan *model_plan(const char *name, int *layer_count)
{
    static const struct {
        const char *name;
        const struct layer_plan *plan;
        int layer_count;
    } known[] = {
        {"lenet5", lenet5, (int)(sizeof lenet5 / sizeof *lenet5)},
        {"digits", digits, (int)(sizeof digits / sizeof *digits)},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) {
            *layer_count = known[i].layer_count;
            return known[i].plan;
        }
    return NULL;
}

/* ---- making one ---- */

static void lay_out_parameters(struct model *model)
{
    for (int i = 0; i < model->layer_count; i++) {
        struct model_layer *layer = &model->layers[i];
        if (layer->spec.kind == LAYER_MAXPOOL)
            continue;
        const size_t channels = (size_t)layer->spec.out_channels;
        layer->weight_at = model->parameter_count;
        layer->bias_at = layer->weight_at + layer_weight_count(&layer->spec);
        layer->gamma_at = layer->bias_at + channels;
        model->parameter_count = layer->gamma_at + (layer->batch_norm ? channels : 0);
        if (layer->batch_norm) {
            layer->mean_at = model->statistic_count;
            layer->variance_at = layer->mean_at + channels;
            model->statistic_count += 2 * channels;
        }
    }
}

static int allocate_parameters(struct model *model)
{
    model->parameters = calloc(model->parameter_count, sizeof *model->parameters);
    model->statistics = calloc(model->statistic_count + 1, sizeof *model->statistics);
    model->decays = calloc(model->parameter_count, 1);
    if (!model->parameters || !model->statistics || !model->decays)
        return -ENOMEM;
    for (int i = 0; i < model->layer_count; i++) {
        const struct model_layer *layer = &model->layers[i];
        memset(model->decays + layer->weight_at, 1, layer_weight_count(&layer->spec));
        for (int c = 0; layer->batch_norm && c < layer->spec.out_channels; c++) {
            model->parameters[layer->gamma_at + (size_t)c] = 1;
            model->statistics[layer->variance_at + (size_t)c] = 1;
        }
    }
    return 0;
}

static void random_weights(struct model *model, uint64_t seed)
{
    struct pen_random random;
    pen_random_seed(&random, seed);
    for (int i = 0; i < model->layer_count; i++) {
        const struct layer_spec *spec = &model->layers[i].spec;
        const size_t count = layer_weight_count(spec);
        const float fan_in = count > 0 ? (float)count / (float)spec->out_channels : 1;
        for (size_t w = 0; w < count; w++)
            model->parameters[model->layers[i].weight_at + w] =
                pen_random_normal(&random, 0, sqrtf(2 / fan_in));
    }
}

int model_create(struct model **model, const struct layer_plan *plan, int layer_count, uint64_t seed,
                 char *why, size_t why_bytes)
{
    assert(layer_count > 0 && layer_count <= WEIGHTS_MAX_LAYERS);
    *model = calloc(1, sizeof **model);
    struct weights *shapes = calloc(1, sizeof *shapes);
    int error = *model && shapes ? 0 : -ENOMEM;
    if (!error) {
        shapes->layer_count = layer_count;
        for (int i = 0; i < layer_count; i++) {
            struct layer_spec *spec = &shapes->layers[i];
            spec->kind = plan[i].kind;
            spec->activation = plan[i].relu ? ACTIVATION_RELU : ACTIVATION_NONE;
            spec->kernel = plan[i].kernel, spec->stride = plan[i].stride, spec->padding = plan[i].padding;
            spec->out_channels = plan[i].out_channels;
            memcpy(spec->name, plan[i].name, sizeof spec->name);
        }
        error = weights_infer_shapes(shapes, why, why_bytes);
    }
    for (int i = 0; !error && i < layer_count; i++)
        if (plan[i].kind == LAYER_CONV && plan[i].padding >= plan[i].kernel) {
            snprintf(why, why_bytes, "layer %s: a padding of %d is no use with a kernel of %d", plan[i].name,
                     plan[i].padding, plan[i].kernel);
            error = -EINVAL;
        }
    if (!error) {
        (*model)->layer_count = layer_count;
        (*model)->classes = shapes->layers[layer_count - 1].out_channels;
        for (int i = 0; i < layer_count; i++)
            (*model)->layers[i] = (struct model_layer){
                .spec = shapes->layers[i], .batch_norm = plan[i].batch_norm, .dropout = plan[i].dropout};
        lay_out_parameters(*model);
        error = allocate_parameters(*model);
    }
    free(shapes);
    if (error) {
        if (error == -ENOMEM)
            snprintf(why, why_bytes, "not enough memory");
        model_destroy(*model);
        *model = NULL;
        return error;
    }
    random_weights(*model, seed);
    return 0;
}

/* Takes over the steps of the activations. */
static int learn_in_int8(struct model *model, const struct weights *weights)
{
    float out_step = 0; /* of what comes out of the layer, from the layers behind it */
    model->rounded = malloc(sizeof *model->rounded * model->parameter_count);
    model->scales = calloc(model->parameter_count, sizeof *model->scales);
    if (!model->rounded || !model->scales)
        return -ENOMEM;
    for (int i = model->layer_count - 1; i >= 0; i--) {
        struct model_layer *layer = &model->layers[i];
        layer->out_step = out_step;
        layer->in_step = layer->spec.kind == LAYER_MAXPOOL ? out_step : weights->layers[i].input_scale;
        out_step = layer->in_step;
        if (layer->spec.kind != LAYER_MAXPOOL)
            memcpy(model->scales + layer->bias_at, weights->layers[i].scale,
                   sizeof *model->scales * (size_t)layer->spec.out_channels);
    }
    model->int8 = true;
    model_round(model);
    return 0;
}

/* The step that an output's weights need. */
static float scale_of(const float *weight, size_t count)
{
    float largest = 1e-30f;
    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(weight[i]));
    return largest / 127;
}

void model_round(struct model *model)
{
    if (!model->int8)
        return;
    memcpy(model->rounded, model->parameters, sizeof *model->rounded * model->parameter_count);
    for (int i = model->first_learning; i < model->layer_count; i++) {
        const struct model_layer *layer = &model->layers[i];
        const size_t fan_in = layer_weight_count(&layer->spec) / (size_t)layer->spec.out_channels;
        for (size_t o = 0; fan_in > 0 && o < (size_t)layer->spec.out_channels; o++) {
            const float *from = model->parameters + layer->weight_at + o * fan_in;
            float *to = model->rounded + layer->weight_at + o * fan_in;
            const float scale = scale_of(from, fan_in);
            for (size_t k = 0; k < fan_in; k++)
                to[k] = rintf(from[k] / scale) * scale;
        }
    }
}

int model_from_weights(struct model **model, const struct weights *weights, bool last_layers, char *why,
                       size_t why_bytes)
{
    struct layer_plan plan[WEIGHTS_MAX_LAYERS] = {{.kind = LAYER_CONV}};
    int first_linear = weights->layer_count;
    for (int i = 0; i < weights->layer_count; i++) {
        const struct layer_spec *spec = &weights->layers[i];
        plan[i] = (struct layer_plan){.kind = spec->kind,
                                      .out_channels = spec->out_channels,
                                      .kernel = spec->kernel,
                                      .stride = spec->stride,
                                      .padding = spec->padding,
                                      .relu = spec->activation == ACTIVATION_RELU};
        memcpy(plan[i].name, spec->name, sizeof plan[i].name);
        if (spec->kind == LAYER_LINEAR && i < first_linear)
            first_linear = i;
    }
    const int error = model_create(model, plan, weights->layer_count, 0, why, why_bytes);
    if (error)
        return error;
    for (int i = 0; i < weights->layer_count; i++) {
        const struct layer_spec *spec = &weights->layers[i];
        const struct model_layer *layer = &(*model)->layers[i];
        if (spec->kind == LAYER_MAXPOOL)
            continue;
        memcpy((*model)->parameters + layer->weight_at, spec->weight,
               sizeof(float) * layer_weight_count(spec));
        memcpy((*model)->parameters + layer->bias_at, spec->bias, sizeof(float) * (size_t)spec->out_channels);
    }
    (*model)->first_learning = last_layers ? first_linear : 0;
    return weights->int8 ? learn_in_int8(*model, weights) : 0;
}

void model_destroy(struct model *model)
{
    if (!model)
        return;
    free(model->parameters);
    free(model->rounded);
    free(model->scales);
    free(model->statistics);
    free(model->decays);
    free(model);
}

/* ---- learning ---- */

#define GROUPS (MODEL_SHARD / LANES)

struct workspace_layer {
    float *out;  /* room for MODEL_SHARD x layer_out_count, after activation and dropout; in groups of lanes,
                    but of a fully connected layer picture after picture */
    float *dout; /* the same of the gradient */
    float *normal;            /* batch norm: the normalised values */
    float *inverse_deviation; /* batch norm: a channel each */
    float *flat, *dflat; /* fully connected after groups: its input picture after picture, and its gradient */
    unsigned char *kept; /* dropout: 1 where an activation was kept */
};

struct workspace {
    struct workspace_layer layers[WEIGHTS_MAX_LAYERS];
    int layer_count;
    float *pictures, *scratch;
    float *scores, *dscores; /* of the last layer, picture after picture */
    float *gradient, *statistics;
    size_t parameter_count;
};

static bool in_groups(const struct model *model,
                      int index) /* whether that layer's output lies in groups of lanes */
{
    return index < 0 || model->layers[index].spec.kind != LAYER_LINEAR;
}

static int allocate_layer(struct workspace_layer *mine, const struct model *model, int index)
{
    const struct model_layer *layer = &model->layers[index];
    const size_t count = layer_out_count(&layer->spec) * MODEL_SHARD;
    mine->out = lanes_allocate(count);
    mine->dout = lanes_allocate(count);
    bool good = mine->out && mine->dout;
    if (layer->batch_norm) {
        mine->normal = lanes_allocate(count);
        mine->inverse_deviation = lanes_allocate((size_t)layer->spec.out_channels);
        good = good && mine->normal && mine->inverse_deviation;
    }
    if (layer->spec.kind == LAYER_LINEAR && in_groups(model, index - 1)) {
        mine->flat = lanes_allocate(layer_in_count(&layer->spec) * MODEL_SHARD);
        mine->dflat = lanes_allocate(layer_in_count(&layer->spec) * MODEL_SHARD);
        good = good && mine->flat && mine->dflat;
    }
    if (layer->dropout > 0)
        good = (mine->kept = malloc(count)) && good;
    return good ? 0 : -ENOMEM;
}

int workspace_create(struct workspace **workspace, const struct model *model)
{
    struct workspace *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->layer_count = model->layer_count;
    made->parameter_count = model->parameter_count;
    size_t scratch = 1;
    int error = 0;
    for (int i = 0; i < model->layer_count && !error; i++) {
        const size_t count = conv_scratch_count(&model->layers[i].spec, GROUPS);
        scratch = count > scratch ? count : scratch;
        error = allocate_layer(&made->layers[i], model, i);
    }
    made->pictures = lanes_allocate((size_t)MODEL_SHARD * NET_PIXELS);
    made->scratch = lanes_allocate(scratch);
    made->scores = lanes_allocate((size_t)MODEL_SHARD * (size_t)model->classes);
    made->dscores = lanes_allocate((size_t)MODEL_SHARD * (size_t)model->classes);
    made->gradient = lanes_allocate(model->parameter_count);
    made->statistics = lanes_allocate(model->statistic_count + 1);
    if (error || !made->pictures || !made->scratch || !made->scores || !made->dscores || !made->gradient ||
        !made->statistics) {
        workspace_destroy(made);
        return -ENOMEM;
    }
    *workspace = made;
    return 0;
}

void workspace_destroy(struct workspace *workspace)
{
    if (!workspace)
        return;
    for (int i = 0; i < workspace->layer_count; i++) {
        struct workspace_layer *mine = &workspace->layers[i];
        free(mine->out);
        free(mine->dout);
        free(mine->normal);
        free(mine->inverse_deviation);
        free(mine->flat);
        free(mine->dflat);
        free(mine->kept);
    }
    free(workspace->pictures);
    free(workspace->scratch);
    free(workspace->scores);
    free(workspace->dscores);
    free(workspace->gradient);
    free(workspace->statistics);
    free(workspace);
}

const float *workspace_gradient(const struct workspace *workspace)
{
    return workspace->gradient;
}

const float *workspace_statistics(const struct workspace *workspace)
{
    return workspace->statistics;
}

static struct batch_norm batch_norm_of(const struct model *model, const struct model_layer *layer,
                                       struct workspace *workspace, struct workspace_layer *mine)
{
    return (struct batch_norm){.channels = layer->spec.out_channels,
                               .area = layer->spec.out_height * layer->spec.out_width,
                               .gamma = model->parameters + layer->gamma_at,
                               .beta = model->parameters + layer->bias_at,
                               .normal = mine->normal,
                               .inverse_deviation = mine->inverse_deviation,
                               .mean = workspace->statistics + layer->mean_at,
                               .variance = workspace->statistics + layer->variance_at};
}

/* Inverted dropout: what is kept is made larger, so that nothing changes when the network is used. */
static void drop_out(float *values, unsigned char *kept, size_t count, float share, struct pen_random *random)
{
    const float gain = 1 / (1 - share);
    for (size_t i = 0; i < count; i++) {
        kept[i] = pen_random_uniform(random, 0, 1) >= share;
        values[i] = kept[i] ? values[i] * gain : 0;
    }
}

/* What goes into a layer: the output of the one before, or the pictures. */
static const float *input_of(const struct workspace *workspace, int index)
{
    return index > 0 ? workspace->layers[index - 1].out : workspace->pictures;
}

/* Floats of a layer's output for `count` pictures, lanes without a picture included. */
static size_t out_floats(const struct model *model, int index, int count)
{
    const size_t pictures = (size_t)(in_groups(model, index) ? lanes_groups(count) * LANES : count);
    return layer_out_count(&model->layers[index].spec) * pictures;
}

/* Activations as int8 has them: 0 .. 127 steps. */
static void round_activations(float *values, size_t count, float step)
{
    const float most = INT8_MAX_ACTIVATION * step;
    for (size_t i = 0; i < count; i++) {
        const float rounded = rintf(values[i] / step) * step;
        values[i] = rounded < most ? rounded : most;
    }
}

/* No gradient where an activation was cut off. */
static void block_cut_off(const float *out, float *dout, size_t count, float step)
{
    const float most = (INT8_MAX_ACTIVATION - 0.5f) * step;
    for (size_t i = 0; i < count; i++)
        dout[i] = out[i] < most ? dout[i] : 0;
}

static void layer_forward(const struct model *model, int index, struct workspace *workspace, int count,
                          struct pen_random *random)
{
    const float *parameters = model->int8 ? model->rounded : model->parameters;
    const struct model_layer *layer = &model->layers[index];
    const struct layer_spec *spec = &layer->spec;
    struct workspace_layer *mine = &workspace->layers[index];
    const float *in = input_of(workspace, index), *weight = parameters + layer->weight_at;
    const float *bias = layer->batch_norm ? NULL : parameters + layer->bias_at;
    if (spec->kind == LAYER_CONV)
        conv_forward(spec, weight, bias, lanes_groups(count), in, mine->out, workspace->scratch);
    else if (spec->kind == LAYER_MAXPOOL)
        maxpool_forward(spec, lanes_groups(count), in, mine->out);
    else {
        if (mine->flat)
            lanes_unpack(count, layer_in_count(spec), in, mine->flat);
        linear_forward(spec, weight, bias, count, mine->flat ? mine->flat : in, mine->out);
    }
    if (layer->batch_norm) {
        const struct batch_norm norm = batch_norm_of(model, layer, workspace, mine);
        batch_norm_forward(&norm, count, mine->out);
    }
    if (spec->activation == ACTIVATION_RELU)
        relu_forward(mine->out, out_floats(model, index, count));
    if (layer->out_step > 0 && spec->kind != LAYER_MAXPOOL)
        round_activations(mine->out, out_floats(model, index, count), layer->out_step);
    if (layer->dropout > 0)
        drop_out(mine->out, mine->kept, out_floats(model, index, count), layer->dropout, random);
}

/* The gradient on its way back through dropout, activation and batch norm: in place on mine->dout. */
static float *before_layer(const struct model *model, int index, struct workspace *workspace, int count)
{
    const struct model_layer *layer = &model->layers[index];
    struct workspace_layer *mine = &workspace->layers[index];
    float *dbias = workspace->gradient + layer->bias_at;
    const size_t floats = out_floats(model, index, count);
    if (layer->dropout > 0)
        for (size_t i = 0; i < floats; i++)
            mine->dout[i] = mine->kept[i] ? mine->dout[i] / (1 - layer->dropout) : 0;
    if (layer->out_step > 0 && layer->spec.kind != LAYER_MAXPOOL)
        block_cut_off(mine->out, mine->dout, floats, layer->out_step);
    if (layer->spec.activation == ACTIVATION_RELU)
        relu_backward(mine->out, mine->dout, floats);
    if (!layer->batch_norm)
        return dbias;
    const struct batch_norm norm = batch_norm_of(model, layer, workspace, mine);
    batch_norm_backward(&norm, count, mine->dout, workspace->gradient + layer->gamma_at, dbias);
    return NULL; /* beta has its gradient now; the convolution itself has no bias */
}

static void layer_backward(const struct model *model, int index, struct workspace *workspace, int count)
{
    const struct model_layer *layer = &model->layers[index];
    const struct layer_spec *spec = &layer->spec;
    struct workspace_layer *mine = &workspace->layers[index];
    const float *in = input_of(workspace, index),
                *weight = (model->int8 ? model->rounded : model->parameters) + layer->weight_at;
    float *dweight = workspace->gradient + layer->weight_at,
          *dbias = before_layer(model, index, workspace, count);
    float *din = index > model->first_learning ? workspace->layers[index - 1].dout : NULL;
    if (spec->kind == LAYER_CONV)
        conv_backward(spec, weight, lanes_groups(count), in, mine->dout, dweight, dbias, din,
                      workspace->scratch);
    else if (spec->kind == LAYER_MAXPOOL) {
        if (din)
            maxpool_backward(spec, lanes_groups(count), in, mine->out, mine->dout, din);
    } else {
        linear_backward(spec, weight, count, mine->flat ? mine->flat : in, mine->dout, dweight, dbias,
                        din && mine->flat ? mine->dflat : din);
        if (din && mine->flat)
            lanes_pack(count, layer_in_count(spec), mine->dflat, din);
    }
}

double model_learn(const struct model *model, struct workspace *workspace, int count, const float *pictures,
                   const float *targets, float scale, uint64_t seed)
{
    assert(count > 0 && count <= MODEL_SHARD);
    struct pen_random random;
    const int last = model->layer_count - 1;
    const size_t classes = (size_t)model->classes;
    struct workspace_layer *final = &workspace->layers[last];
    pen_random_seed(&random, seed);
    memset(workspace->gradient, 0, sizeof(float) * workspace->parameter_count);
    lanes_pack(count, NET_PIXELS, pictures, workspace->pictures);
    if (model->int8)
        round_activations(workspace->pictures, (size_t)lanes_groups(count) * LANES * NET_PIXELS,
                          WEIGHTS_PICTURE_SCALE);
    for (int i = 0; i < model->layer_count; i++)
        layer_forward(model, i, workspace, count, &random);
    if (in_groups(model, last))
        lanes_unpack(count, classes, final->out, workspace->scores);
    else
        memcpy(workspace->scores, final->out, sizeof(float) * classes * (size_t)count);
    const double loss =
        softmax_cross_entropy(count, model->classes, workspace->scores, targets, scale, workspace->dscores);
    if (in_groups(model, last))
        lanes_pack(count, classes, workspace->dscores, final->dout);
    else
        memcpy(final->dout, workspace->dscores, sizeof(float) * classes * (size_t)count);
    for (int i = last; i >= model->first_learning; i--)
        layer_backward(model, i, workspace, count);
    return loss;
}
