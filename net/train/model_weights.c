/* A model as it is saved and used: batch norm folded into the weights, and the forward pass without it. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "net/quantise.h"
#include "net/train/lanes.h"
#include "net/train/model.h"

/* gamma * (w x - mean) / deviation + beta = (gamma / deviation) w x + (beta - gamma / deviation * mean) */
static void fold_layer(const struct model_layer *layer, const float *parameters, const float *statistics,
                       struct layer_spec *to)
{
    const size_t count = layer_weight_count(&layer->spec), channels = (size_t)layer->spec.out_channels;
    const size_t fan_in = count / channels;
    for (size_t c = 0; c < channels; c++) {
        float gain = 1, shift = 0;
        if (layer->batch_norm) {
            gain = parameters[layer->gamma_at + c] /
                   sqrtf(statistics[layer->variance_at + c] + BATCH_NORM_EPSILON);
            shift = gain * statistics[layer->mean_at + c];
        }
        for (size_t i = 0; i < fan_in; i++)
            to->weight[c * fan_in + i] = gain * parameters[layer->weight_at + c * fan_in + i];
        to->bias[c] = parameters[layer->bias_at + c] - shift;
    }
}

static int to_int8(const struct model *model, struct weights **weights, char *why, size_t why_bytes)
{
    int error = weights_add_int8(*weights);
    if (error)
        snprintf(why, why_bytes, "not enough memory");
    for (int i = 0; !error && i < model->layer_count; i++) {
        const struct model_layer *layer = &model->layers[i];
        if (layer->spec.kind == LAYER_MAXPOOL)
            continue;
        (*weights)->layers[i].input_scale = layer->in_step;
        if (i < model->first_learning) /* stays as it was, to the last bit */
            memcpy((*weights)->layers[i].scale, model->scales + layer->bias_at,
                   sizeof(float) * (size_t)layer->spec.out_channels);
    }
    if (!error)
        error = weights_round(*weights, why, why_bytes);
    if (error) {
        weights_destroy(*weights);
        *weights = NULL;
    }
    return error;
}

int model_to_weights(const struct model *model, const float *parameters, const float *statistics,
                     struct weights **weights, char *why, size_t why_bytes)
{
    struct layer_spec *specs = calloc((size_t)model->layer_count, sizeof *specs);
    if (!specs) {
        snprintf(why, why_bytes, "not enough memory");
        return -ENOMEM;
    }
    for (int i = 0; i < model->layer_count; i++)
        specs[i] = model->layers[i].spec;
    const int error = weights_create(weights, specs, model->layer_count, why, why_bytes);
    free(specs);
    for (int i = 0; !error && i < model->layer_count; i++)
        if (model->layers[i].spec.kind != LAYER_MAXPOOL)
            fold_layer(&model->layers[i], parameters, statistics, &(*weights)->layers[i]);
    return error || !model->int8 ? error : to_int8(model, weights, why, why_bytes);
}

/* ---- the forward pass of a weights file ---- */

struct passes {
    float *a, *b, *scratch; /* activations of a group going in and out, by turns */
};

static void passes_free(struct passes *passes)
{
    free(passes->a);
    free(passes->b);
    free(passes->scratch);
}

static int passes_allocate(struct passes *passes, const struct weights *weights)
{
    size_t most = NET_PIXELS, scratch = 1;
    for (int i = 0; i < weights->layer_count; i++) {
        const size_t out = layer_out_count(&weights->layers[i]),
                     need = conv_scratch_count(&weights->layers[i], 1);
        most = out > most ? out : most;
        scratch = need > scratch ? need : scratch;
    }
    passes->a = lanes_allocate(most * LANES);
    passes->b = lanes_allocate(most * LANES);
    passes->scratch = lanes_allocate(scratch);
    return passes->a && passes->b && passes->scratch ? 0 : -ENOMEM;
}

static void swap_passes(struct passes *passes)
{
    float *const swap = passes->a;
    passes->a = passes->b;
    passes->b = swap;
}

/* One layer from passes->a to passes->a. `*grouped` tells whether that lies in a group of lanes. */
static void pass_layer(const struct layer_spec *spec, struct passes *passes, int count, bool *grouped)
{
    if (spec->kind == LAYER_LINEAR && *grouped) {
        lanes_unpack(count, layer_in_count(spec), passes->a, passes->b);
        swap_passes(passes);
        *grouped = false;
    }
    if (spec->kind == LAYER_CONV)
        conv_forward(spec, spec->weight, spec->bias, 1, passes->a, passes->b, passes->scratch);
    else if (spec->kind == LAYER_MAXPOOL)
        maxpool_forward(spec, 1, passes->a, passes->b);
    else
        linear_forward(spec, spec->weight, spec->bias, count, passes->a, passes->b);
    if (spec->activation == ACTIVATION_RELU)
        relu_forward(passes->b, layer_out_count(spec) * LANES);
    swap_passes(passes);
}

/* Up to LANES pictures. */
static void predict_group(const struct weights *weights, struct passes *passes, int count,
                          const uint8_t *pictures, float *scores)
{
    bool grouped = true;
    for (size_t i = 0; i < NET_PIXELS * (size_t)count; i++)
        passes->b[i] = (float)pictures[i] / 255;
    lanes_pack(count, NET_PIXELS, passes->b, passes->a);
    for (int i = 0; i < weights->layer_count; i++)
        pass_layer(&weights->layers[i], passes, count, &grouped);
    const size_t classes = (size_t)weights->classes;
    if (grouped)
        lanes_unpack(count, classes, passes->a, scores);
    else
        memcpy(scores, passes->a, sizeof *scores * classes * (size_t)count);
    for (int n = 0; n < count; n++)
        softmax(scores + (size_t)n * classes, weights->classes);
}

int weights_predict(const struct weights *weights, const uint8_t *pictures, int count, float *scores)
{
    int error = 0;
#pragma omp parallel
    {
        struct passes passes = {NULL, NULL, NULL};
        const int mine = passes_allocate(&passes, weights);
#pragma omp for schedule(static)
        for (int n = 0; n < count; n += LANES)
            if (!mine)
                predict_group(weights, &passes, count - n < LANES ? count - n : LANES,
                              pictures + (size_t)n * NET_PIXELS,
                              scores + (size_t)n * (size_t)weights->classes);
        passes_free(&passes);
        if (mine) {
#pragma omp critical
            error = mine;
        }
    }
    return error;
}

int weights_answer(const struct weights *weights, const uint8_t *pictures, int count, float *scores,
                   char *why, size_t why_bytes)
{
    int error = 0;
#pragma omp parallel
    {
        struct net *net = NULL;
        char mine_why[NET_WHY_BYTES] = "";
        const int mine = net_create(&net, weights, "", NULL, mine_why, sizeof mine_why);
#pragma omp for schedule(static)
        for (int n = 0; n < count; n += NET_MAX_BATCH)
            if (!mine)
                net_forward(net, pictures + (size_t)n * NET_PIXELS,
                            count - n < NET_MAX_BATCH ? count - n : NET_MAX_BATCH,
                            scores + (size_t)n * (size_t)weights->classes);
        net_destroy(net);
        if (mine) {
#pragma omp critical
            {
                error = mine;
                snprintf(why, why_bytes, "%s", mine_why);
            }
        }
    }
    return error;
}
