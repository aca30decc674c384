/* weights_int8.c - the int8 side of a network's weights: memory, ranges, scales. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "net/kernels.h"
#include "net/weights.h"
#include "net/weights_internal.h"

int weights_add_int8(struct weights *weights)
{
    for (int i = 0; i < weights->layer_count; i++) {
        struct layer_spec *layer = &weights->layers[i];
        const size_t outputs = (size_t)layer->out_channels;
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        layer->int8_weight = calloc(layer_weight_count(layer), 1);
        layer->int8_bias = calloc(outputs, sizeof *layer->int8_bias);
        layer->scale = calloc(outputs, sizeof *layer->scale);
        if (!layer->int8_weight || !layer->int8_bias || !layer->scale)
            return -ENOMEM; /* weights_destroy frees what there is */
    }
    weights->int8 = true;
    return 0;
}

/* The next layer with weights behind `index`; NULL behind the last. */
static const struct layer_spec *next_weighted(const struct weights *weights, int index)
{
    for (int i = index + 1; i < weights->layer_count; i++)
        if (weights->layers[i].kind != LAYER_MAXPOOL)
            return &weights->layers[i];
    return NULL;
}

static double multiplier_of(const struct layer_spec *layer, const struct layer_spec *next, int output)
{
    const double step = (double)layer->input_scale * (double)layer->scale[output];
    return floor(step / (double)next->input_scale * 4294967296.0 + 0.5);
}

uint32_t weights_multiplier(const struct weights *weights, int index, int output)
{
    const struct layer_spec *next = next_weighted(weights, index);
    return next ? (uint32_t)multiplier_of(&weights->layers[index], next, output) : 0;
}

static int check_layer(const struct layer_spec *layer, const struct layer_spec *next, char *why,
                       size_t why_bytes)
{
    const long inputs = (long)(layer_weight_count(layer) / (size_t)layer->out_channels);
    if (inputs > INT8_MAX_SUM / (127 * 127) - 4 * WEIGHTS_MAX_SIDE)
        return weights_fail(-EINVAL, why, why_bytes, "layer \"%s\" adds up %ld products, too many for int8",
                            layer->name, inputs);
    if (next && layer->activation != ACTIVATION_RELU)
        return weights_fail(-EINVAL, why, why_bytes,
                            "layer \"%s\" has no ReLU, which int8 needs in every layer but the last",
                            layer->name);
    if (!(layer->input_scale > 0) || !isfinite(layer->input_scale))
        return weights_fail(-EINVAL, why, why_bytes, "layer \"%s\" has the input_scale %g", layer->name,
                            (double)layer->input_scale);
    for (size_t i = 0; i < layer_weight_count(layer); i++)
        if (layer->int8_weight[i] < -127)
            return weights_fail(-EINVAL, why, why_bytes,
                                "weight %zu of layer \"%s\" is -128; -127 to 127 are possible", i,
                                layer->name);
    for (int o = 0; o < layer->out_channels; o++) {
        const int32_t bias = layer->int8_bias[o];
        if (bias > INT8_MAX_BIAS || bias < -INT8_MAX_BIAS)
            return weights_fail(-EINVAL, why, why_bytes,
                                "bias %d of layer \"%s\" is %ld; at most %d is possible", o, layer->name,
                                (long)bias, INT8_MAX_BIAS);
        if (!(layer->scale[o] > 0) || !isfinite(layer->scale[o]))
            return weights_fail(-EINVAL, why, why_bytes, "scale %d of layer \"%s\" is %g", o, layer->name,
                                (double)layer->scale[o]);
        if (next && !(multiplier_of(layer, next, o) <= 4294967295.0))
            return weights_fail(-EINVAL, why, why_bytes,
                                "scale %d of layer \"%s\" (%g) is too large for the input_scale of layer "
                                "\"%s\" (%g)",
                                o, layer->name, (double)layer->scale[o], next->name,
                                (double)next->input_scale);
    }
    return 0;
}

int weights_check_int8(const struct weights *weights, char *why, size_t why_bytes)
{
    bool first = true;
    if (weights->layers[weights->layer_count - 1].kind == LAYER_MAXPOOL)
        return weights_fail(-EINVAL, why, why_bytes, "a pool as the last layer is not possible in int8");
    for (int i = 0; i < weights->layer_count; i++) {
        const struct layer_spec *layer = &weights->layers[i], *next = next_weighted(weights, i);
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        const int error = next && !(next->input_scale > 0)
                              ? weights_fail(-EINVAL, why, why_bytes, "layer \"%s\" has the input_scale %g",
                                             next->name, (double)next->input_scale)
                              : check_layer(layer, next, why, why_bytes);
        if (error)
            return error;
        if (first && fabsf(layer->input_scale / WEIGHTS_PICTURE_SCALE - 1) > 1e-5f)
            return weights_fail(
                -EINVAL, why, why_bytes,
                "layer \"%s\" has the input_scale %g, but the picture comes in steps of 1/127", layer->name,
                (double)layer->input_scale);
        first = false;
    }
    return 0;
}

void weights_dequantise(struct weights *weights)
{
    for (int i = 0; i < weights->layer_count; i++) {
        struct layer_spec *layer = &weights->layers[i];
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        const size_t inputs = layer_weight_count(layer) / (size_t)layer->out_channels;
        for (size_t o = 0; o < (size_t)layer->out_channels; o++) {
            for (size_t j = o * inputs; j < (o + 1) * inputs; j++)
                layer->weight[j] = (float)layer->int8_weight[j] * layer->scale[o];
            layer->bias[o] = (float)layer->int8_bias[o] * (layer->input_scale * layer->scale[o]);
        }
    }
}
