/* quantise.c - float weights to int8 ones.
 *
 * Weights of each output get the scale that their largest needs. Activations get the scale that loses least
 * over the pictures shown: a small one rounds finely but cuts off what is larger than 127 steps, and the
 * sum of the squares of both errors decides. All channels of a layer share one scale, so a channel of small
 * values would use few of the 127 steps: before anything is rounded, channels are made alike by dividing each
 * by its range and multiplying the weights it meets in the next layer by the same (a ReLU does not mind;
 * Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction"). Rounding the
 * weights moves the mean of each output a little; the bias takes that back, by the mean of what each weight
 * meets. */
#include "net/quantise.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/kernels.h"
#include "net/net.h"
#include "net/rounding.h"
#include "net/weights_internal.h"

enum { BINS = 4096, CANDIDATES = 200, ROUNDING_PICTURES = 1000 };

/* 1 would make the ranges of a layer's channels equal, and leave the next layer's weights as unlike as the
 * channels were; half way serves both (measured on training sets: MNIST, semeion, optdigits, mdas). */
#define EQUALISING_POWER 0.5

/* What went into one layer. */
struct seen {
    float largest;
    double bins[BINS]; /* how often a value was in each part of 0..largest */
    float channel_largest[WEIGHTS_MAX_CHANNELS];
    double channel_sum[WEIGHTS_MAX_CHANNELS]; /* of all values of a channel */
    double values;                            /* of each channel, over all pictures */
};

static void see(struct seen *seen, const struct net_layer_view *view, bool fill)
{
    const float *value = view->activations;
    const int area = view->height * view->width;
    for (int c = 0; c < view->channels; c++)
        for (int i = 0; i < area; i++, value++) {
            if (!fill) {
                seen->channel_largest[c] = fmaxf(seen->channel_largest[c], *value);
                seen->largest = fmaxf(seen->largest, *value);
                seen->channel_sum[c] += (double)*value;
            } else if (*value > 0) {
                seen->bins[(int)fminf(*value / seen->largest * BINS, BINS - 1)]++;
            }
        }
    seen->values += fill ? 0 : area;
}

/* What every layer with weights gets, over all pictures; `seen` has one for each layer. */
static void see_all(struct net *net, const struct weights *floats, const uint8_t *pictures, int count,
                    struct seen *seen)
{
    float scores[NET_MAX_CLASSES];
    for (int pass = 0; pass < 2; pass++)
        for (int p = 0; p < count; p++) {
            net_forward(net, pictures + (size_t)p * NET_PIXELS, 1, scores);
            for (int i = 0; i < floats->layer_count; i++) {
                struct net_layer_view view;
                if (floats->layers[i].kind == LAYER_MAXPOOL)
                    continue;
                net_layer(net, i, &view);
                see(&seen[i], &view, pass == 1);
            }
        }
}

/* Mean squared error of 0..127 steps of this size, but for a factor. */
static double range_error(const struct seen *seen, double step)
{
    double error = 0;
    for (int i = 0; i < BINS; i++) {
        const double value = (i + 0.5) / BINS * (double)seen->largest;
        const double beyond = value - (INT8_MAX_ACTIVATION + 0.5) * step;
        error += seen->bins[i] * (beyond > 0 ? beyond * beyond + step * step / 4 : step * step / 12);
    }
    return error;
}

static float best_step(const struct seen *seen)
{
    double best = 0, least = INFINITY;
    if (!(seen->largest > 0))
        return 1; /* nothing ever comes through */
    for (int i = CANDIDATES / 10; i <= CANDIDATES; i++) {
        const double step = (double)seen->largest / INT8_MAX_ACTIVATION * i / CANDIDATES;
        const double error = range_error(seen, step);
        if (error < least) {
            least = error;
            best = step;
        }
    }
    return (float)best;
}

/* The scale of one output: large enough for its weights, and for its bias. */
static float needed_scale(const struct layer_spec *layer, size_t output)
{
    const size_t inputs = layer_weight_count(layer) / (size_t)layer->out_channels;
    float largest = 0;
    for (size_t i = output * inputs; i < (output + 1) * inputs; i++)
        largest = fmaxf(largest, fabsf(layer->weight[i]));
    return fmaxf(fmaxf(largest / 127, fabsf(layer->bias[output]) / layer->input_scale / (INT8_MAX_BIAS / 2)),
                 1e-30f);
}

/* Weights and bias of one output to the nearest step. */
static void round_output(struct layer_spec *layer, size_t output)
{
    const size_t inputs = layer_weight_count(layer) / (size_t)layer->out_channels;
    const float scale = layer->scale[output];
    for (size_t i = output * inputs; i < (output + 1) * inputs; i++)
        layer->int8_weight[i] = (int8_t)lrintf(fminf(fmaxf(layer->weight[i] / scale, -127), 127));
    layer->int8_bias[output] =
        (int32_t)lrint((double)layer->bias[output] / ((double)layer->input_scale * (double)scale));
}

/* An activation step so small that a single product would be many of them: make it larger. */
static void widen_step(struct layer_spec *layer, const struct layer_spec *before)
{
    for (int o = 0; before && o < before->out_channels; o++)
        layer->input_scale = fmaxf(layer->input_scale, 1.001f * before->input_scale * before->scale[o]);
}

/* Every layer; a scale that is there already (not 0) is kept. */
static void round_all(struct weights *int8)
{
    struct layer_spec *last = NULL;
    for (int i = 0; i < int8->layer_count; i++) {
        struct layer_spec *layer = &int8->layers[i];
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        widen_step(layer, last);
        for (size_t o = 0; o < (size_t)layer->out_channels; o++) {
            if (!(layer->scale[o] > 0))
                layer->scale[o] = needed_scale(layer, o);
            round_output(layer, o);
        }
        last = layer;
    }
}

/* Adds to each bias what rounding takes from the mean of its output: the difference of each weight times the
 * mean of the channel it meets. */
static void correct_bias(struct layer_spec *layer, const struct seen *seen)
{
    const size_t inputs = layer_weight_count(layer) / (size_t)layer->out_channels;
    const size_t of_channel = inputs / (size_t)layer->in_channels;
    for (int o = 0; o < layer->out_channels; o++) {
        double moved = 0;
        for (size_t i = 0; i < inputs; i++) {
            const size_t at = (size_t)o * inputs + i;
            const double rounded = (double)layer->int8_weight[at] * (double)layer->scale[o];
            moved += (rounded - (double)layer->weight[at]) * seen->channel_sum[i / of_channel] / seen->values;
        }
        const double steps = -moved / ((double)layer->input_scale * (double)layer->scale[o]);
        if (fabs(steps) < INT8_MAX_BIAS / 4)
            layer->int8_bias[o] += (int32_t)lrint(steps);
    }
}

/* Chooses the steps of every weight of one layer anew: net/rounding.h. */
static int round_layer(struct net *net, struct weights *made, int index, const uint8_t *pictures, int count)
{
    struct layer_spec *layer = &made->layers[index];
    const size_t inputs = layer_weight_count(layer) / (size_t)layer->out_channels;
    struct rounding *rounding;
    float scores[NET_MAX_CLASSES];
    const int error = rounding_create(&rounding, layer);
    if (error)
        return error;
    const int step = (count + ROUNDING_PICTURES - 1) / ROUNDING_PICTURES;
    for (int p = 0; p < count; p += step) {
        struct net_layer_view view;
        net_forward(net, pictures + (size_t)p * NET_PIXELS, 1, scores);
        net_layer(net, index, &view);
        rounding_see(rounding, view.activations);
    }
    rounding_finish(rounding);
    for (size_t o = 0; o < (size_t)layer->out_channels; o++)
        rounding_apply(rounding, layer->weight + o * inputs, layer->scale[o],
                       layer->int8_weight + o * inputs);
    rounding_destroy(rounding);
    return 0;
}

/* Makes the channels that go from `layer` to `next` alike: `seen` is what goes into next. */
static void equalise(struct layer_spec *layer, struct layer_spec *next, struct seen *seen, double power)
{
    const size_t inputs = layer_weight_count(layer) / (size_t)layer->out_channels;
    const size_t next_inputs = layer_weight_count(next) / (size_t)next->out_channels;
    const size_t of_channel = next_inputs / (size_t)layer->out_channels;
    for (size_t c = 0; c < (size_t)layer->out_channels; c++) {
        const double share = (double)seen->channel_largest[c] / (double)seen->largest;
        if (!(share > 1e-3)) /* hardly ever anything there */
            continue;
        const float factor = (float)pow(share, power);
        for (size_t i = 0; i < inputs; i++)
            layer->weight[c * inputs + i] /= factor;
        layer->bias[c] /= factor;
        for (size_t o = 0; o < (size_t)next->out_channels; o++)
            for (size_t i = 0; i < of_channel; i++)
                next->weight[o * next_inputs + c * of_channel + i] *= factor;
    }
}

static void equalise_all(struct weights *weights, struct seen *seen, double power)
{
    struct layer_spec *last = NULL;
    for (int i = 0; i < weights->layer_count; i++) {
        struct layer_spec *layer = &weights->layers[i];
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        if (last && seen[i].largest > 0 && last->activation == ACTIVATION_RELU)
            equalise(last, layer, &seen[i], power);
        last = layer;
    }
}

static int copy_weights(const struct weights *floats, struct weights **copy, char *why, size_t why_bytes)
{
    int error = weights_create(copy, floats->layers, floats->layer_count, why, why_bytes);
    if (error)
        return error;
    struct weights *made = *copy;
    char *recipe = strdup(floats->recipe ? floats->recipe : "");
    if (!recipe || weights_add_int8(made)) {
        free(recipe);
        weights_destroy(made);
        *copy = NULL;
        return weights_fail(-ENOMEM, why, why_bytes, "out of memory");
    }
    free(made->recipe);
    made->recipe = recipe;
    made->threshold = floats->threshold;
    for (int i = 0; i < made->layer_count; i++) {
        const struct layer_spec *from = &floats->layers[i];
        struct layer_spec *to = &made->layers[i];
        if (from->kind == LAYER_MAXPOOL)
            continue;
        memcpy(to->weight, from->weight, layer_weight_count(from) * sizeof *to->weight);
        memcpy(to->bias, from->bias, (size_t)from->out_channels * sizeof *to->bias);
    }
    return 0;
}

static void choose_steps(struct weights *int8, const struct seen *seen)
{
    bool first = true;
    for (int i = 0; i < int8->layer_count; i++) {
        struct layer_spec *layer = &int8->layers[i];
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        layer->input_scale = first ? WEIGHTS_PICTURE_SCALE : best_step(&seen[i]);
        first = false;
    }
}

int weights_quantise(const struct weights *floats, const uint8_t *pictures, int count, struct weights **int8,
                     char *why, size_t why_bytes)
{
    struct weights *made = NULL;
    struct net *net = NULL;
    struct seen *seen = calloc((size_t)floats->layer_count, sizeof *seen);
    *int8 = NULL;
    int error = seen ? 0 : weights_fail(-ENOMEM, why, why_bytes, "out of memory");
    if (!error && count < 1)
        error = weights_fail(-EINVAL, why, why_bytes,
                             "int8 weights need pictures that show how large activations become");
    if (!error)
        error = net_create(&net, floats, "", NULL, why, why_bytes);
    if (!error)
        error = copy_weights(floats, &made, why, why_bytes);
    if (!error) {
        see_all(net, made, pictures, count, seen);
        equalise_all(made, seen, EQUALISING_POWER);
        net_destroy(net);
        memset(seen, 0, (size_t)floats->layer_count * sizeof *seen);
        made->int8 = false;
        error = net_create(&net, made, "", NULL, why, why_bytes);
        made->int8 = true;
    }
    if (!error) {
        see_all(net, made, pictures, count, seen);
        choose_steps(made, seen);
        round_all(made);
        for (int i = 0; i < made->layer_count && !error; i++) {
            if (made->layers[i].kind == LAYER_MAXPOOL)
                continue;
            error = round_layer(net, made, i, pictures, count);
            if (!error)
                correct_bias(&made->layers[i], &seen[i]);
        }
        if (error)
            weights_fail(error, why, why_bytes, "out of memory");
    }
    if (!error) {
        error = weights_check_int8(made, why, why_bytes);
    }
    if (!error)
        weights_dequantise(made);
    if (error) {
        weights_destroy(made);
        made = NULL;
    }
    *int8 = made;
    net_destroy(net);
    free(seen);
    return error;
}

int weights_round(struct weights *weights, char *why, size_t why_bytes)
{
    round_all(weights);
    const int error = weights_check_int8(weights, why, why_bytes);
    if (!error)
        weights_dequantise(weights);
    return error;
}
