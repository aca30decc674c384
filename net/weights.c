/* weights.c - a network's layers in memory: shapes, tensors, and the limits on both. */
#include "net/weights.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "net/weights_internal.h"

int weights_fail(int error, char *why, size_t why_bytes, const char *format, ...)
{
    if (why_bytes == 0)
        return error;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, why_bytes, format, arguments);
    va_end(arguments);
    for (char *c = why; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return error;
}

int weights_tensor_shape(const struct layer_spec *layer, long shape[4])
{
    switch (layer->kind) {
    case LAYER_CONV:
        shape[0] = layer->out_channels;
        shape[1] = layer->in_channels;
        shape[2] = shape[3] = layer->kernel;
        return 4;
    case LAYER_LINEAR:
        shape[0] = layer->out_channels;
        shape[1] = (long)layer->in_channels * layer->in_height * layer->in_width;
        return 2;
    case LAYER_MAXPOOL:
        break;
    }
    return 0;
}

size_t layer_weight_count(const struct layer_spec *layer)
{
    long shape[4];
    const int dimensions = weights_tensor_shape(layer, shape);
    size_t count = dimensions > 0;
    for (int i = 0; i < dimensions; i++)
        count *= (size_t)shape[i];
    return count;
}

long layer_multiply_adds(const struct layer_spec *layer)
{
    return (long)layer_weight_count(layer) * layer->out_height * layer->out_width;
}

/* Output side of a window that moves over `in` values with `padding` more at either end; 0 or less: it does
 * not fit. */
static int window_positions(int in, int kernel, int stride, int padding)
{
    const int room = in + 2 * padding - kernel;
    return room < 0 ? 0 : room / stride + 1;
}

/* Sets layer's output shape from its input shape, each bounded before it enters a product. */
static int infer_layer(struct layer_spec *layer, int number, char *why, size_t why_bytes)
{
    if (layer->kind != LAYER_CONV && layer->kind != LAYER_MAXPOOL && layer->kind != LAYER_LINEAR)
        return weights_fail(-EINVAL, why, why_bytes, "layer %d is of an unknown kind (%d)", number,
                            (int)layer->kind);
    if (layer->kind == LAYER_MAXPOOL)
        layer->out_channels = layer->in_channels;
    if (layer->out_channels < 1 || layer->out_channels > WEIGHTS_MAX_CHANNELS)
        return weights_fail(-EINVAL, why, why_bytes, "layer %d has %d outputs; 1 to %d are possible", number,
                            layer->out_channels, WEIGHTS_MAX_CHANNELS);
    if (layer->kind == LAYER_LINEAR) {
        layer->out_height = layer->out_width = 1;
        return 0;
    }
    if (layer->kernel < 1 || layer->kernel > WEIGHTS_MAX_SIDE || layer->stride < 1 ||
        layer->stride > WEIGHTS_MAX_SIDE)
        return weights_fail(-EINVAL, why, why_bytes,
                            "layer %d has kernel %d and stride %d; 1 to %d are possible", number,
                            layer->kernel, layer->stride, WEIGHTS_MAX_SIDE);
    if (layer->padding < 0 || layer->padding >= layer->kernel ||
        (layer->kind == LAYER_MAXPOOL && layer->padding))
        return weights_fail(
            -EINVAL, why, why_bytes,
            "layer %d has padding %d; a conv may have 0 to less than its kernel, a maxpool none", number,
            layer->padding);
    layer->out_height = window_positions(layer->in_height, layer->kernel, layer->stride, layer->padding);
    layer->out_width = window_positions(layer->in_width, layer->kernel, layer->stride, layer->padding);
    if (layer->out_height < 1 || layer->out_width < 1)
        return weights_fail(-EINVAL, why, why_bytes,
                            "layer %d does not fit: its %d x %d kernel is larger than its %d x %d input",
                            number, layer->kernel, layer->kernel, layer->in_height, layer->in_width);
    if (layer->out_height > WEIGHTS_MAX_SIDE || layer->out_width > WEIGHTS_MAX_SIDE)
        return weights_fail(-EINVAL, why, why_bytes,
                            "layer %d gives %d x %d values a channel; at most %d x %d are possible", number,
                            layer->out_height, layer->out_width, WEIGHTS_MAX_SIDE, WEIGHTS_MAX_SIDE);
    return 0;
}

int weights_infer_shapes(struct weights *weights, char *why, size_t why_bytes)
{
    int channels = 1, height = NET_SIDE_PX, width = NET_SIDE_PX;
    long activations = 0, multiply_adds = 0;
    size_t weight_bytes = 0;

    if (weights->layer_count < 1 || weights->layer_count > WEIGHTS_MAX_LAYERS)
        return weights_fail(-EINVAL, why, why_bytes, "a network has 1 to %d layers, not %d",
                            WEIGHTS_MAX_LAYERS, weights->layer_count);
    for (int i = 0; i < weights->layer_count; i++) {
        struct layer_spec *layer = &weights->layers[i];
        if (i > 0 && layer[-1].kind == LAYER_LINEAR && layer->kind != LAYER_LINEAR)
            return weights_fail(-EINVAL, why, why_bytes,
                                "layer %d works on a picture, but the linear layer before it gives none",
                                i + 1);
        layer->in_channels = channels;
        layer->in_height = height;
        layer->in_width = width;
        const int error = infer_layer(layer, i + 1, why, why_bytes);
        if (error)
            return error;
        channels = layer->out_channels;
        height = layer->out_height;
        width = layer->out_width;
        /* No overflow: every factor was bounded above, 2^10 channels, 2^6 sides: 2^10 * 2^22 * 2^12 at the
         * most. */
        activations += (long)channels * height * width;
        multiply_adds += layer_multiply_adds(layer);
        weight_bytes += 4 * (layer_weight_count(layer) + (size_t)channels);
        if (activations > WEIGHTS_MAX_ACTIVATIONS || multiply_adds > WEIGHTS_MAX_MULTIPLY_ADDS ||
            weight_bytes > WEIGHTS_MAX_FILE_BYTES)
            return weights_fail(-EINVAL, why, why_bytes,
                                "layer %d makes the network absurdly large (%ld values, %ld multiply-adds, "
                                "%zu bytes of weights)",
                                i + 1, activations, multiply_adds, weight_bytes);
    }
    weights->classes = channels;
    return 0;
}

/* Names end up as tensor names, in messages and on the screen: plain characters, each name once. */
static int check_names(const struct layer_spec *layers, int count, char *why, size_t why_bytes)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    for (int i = 0; i < count; i++) {
        const char *name = layers[i].name;
        const size_t length = strnlen(name, sizeof layers[i].name);
        if (length == 0 || length == sizeof layers[i].name || strspn(name, plain) != length)
            return weights_fail(
                -EINVAL, why, why_bytes,
                "layer %d has no usable name: 1 to %zu letters, digits, '_' or '-' are needed", i + 1,
                sizeof layers[i].name - 1);
        for (int j = 0; j < i; j++)
            if (strcmp(layers[j].name, name) == 0)
                return weights_fail(-EINVAL, why, why_bytes, "layers %d and %d are both called \"%s\"", j + 1,
                                    i + 1, name);
    }
    return 0;
}

static void forget_tensors(struct layer_spec *layer)
{
    layer->weight = layer->bias = layer->scale = NULL;
    layer->int8_weight = NULL;
    layer->int8_bias = NULL;
    layer->input_scale = 0;
}

static int allocate_tensors(struct layer_spec *layer)
{
    const size_t count = layer_weight_count(layer);
    if (count == 0)
        return 0;
    layer->weight = calloc(count, sizeof *layer->weight);
    layer->bias = calloc((size_t)layer->out_channels, sizeof *layer->bias);
    return layer->weight && layer->bias ? 0 : -ENOMEM;
}

int weights_create(struct weights **weights, const struct layer_spec *layers, int layer_count, char *why,
                   size_t why_bytes)
{
    *weights = NULL;
    if (layer_count < 1 || layer_count > WEIGHTS_MAX_LAYERS)
        return weights_fail(-EINVAL, why, why_bytes, "a network has 1 to %d layers, not %d",
                            WEIGHTS_MAX_LAYERS, layer_count);
    struct weights *made = calloc(1, sizeof *made);
    if (!made)
        return weights_fail(-ENOMEM, why, why_bytes, "out of memory");
    made->layer_count = layer_count;
    memcpy(made->layers, layers, (size_t)layer_count * sizeof *layers);
    for (int i = 0; i < layer_count; i++)
        forget_tensors(&made->layers[i]);

    int error = check_names(made->layers, layer_count, why, why_bytes);
    if (!error)
        error = weights_infer_shapes(made, why, why_bytes);
    if (error)
        goto fail;
    const struct layer_spec *last = &made->layers[layer_count - 1];
    if (last->out_height != 1 || last->out_width != 1 || last->out_channels < 2 ||
        last->out_channels > NET_MAX_CLASSES) {
        error = weights_fail(
            -EINVAL, why, why_bytes,
            "the last layer gives %d x %d x %d values; one value for each of 2 to %d classes is needed",
            last->out_channels, last->out_height, last->out_width, NET_MAX_CLASSES);
        goto fail;
    }
    made->recipe = calloc(1, 1);
    error = made->recipe ? 0 : -ENOMEM;
    for (int i = 0; i < layer_count && !error; i++)
        error = allocate_tensors(&made->layers[i]);
    if (error) {
        weights_fail(error, why, why_bytes, "out of memory");
        goto fail;
    }
    *weights = made;
    return 0;
fail:
    weights_destroy(made);
    return error;
}

void weights_destroy(struct weights *weights)
{
    if (!weights)
        return;
    for (int i = 0; i < weights->layer_count; i++) {
        free(weights->layers[i].weight);
        free(weights->layers[i].bias);
        free(weights->layers[i].int8_weight);
        free(weights->layers[i].int8_bias);
        free(weights->layers[i].scale);
    }
    free(weights->recipe);
    free(weights);
}
