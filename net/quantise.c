/* quantise.c - float weights to int8 ones.
 *
 * Weights of each output get the scale that their largest needs. Activations get the scale that loses least
 * over the pictures shown: a small one rounds finely but cuts off what is larger than 127 steps, and the
 * sum of the squares of both errors decides. Rounded weights and inputs move the mean of each output a little,
 * always the same way; the bias takes that back (Nagel et al. 2019, "Data-free quantization through weight
 * equalization and bias correction"), here by what was measured over the same pictures. */
#include "net/quantise.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/kernels.h"
#include "net/net.h"
#include "net/weights_internal.h"

enum { BINS = 4096, CANDIDATES = 200 };

/* What went into one layer. */
struct seen {
    float largest;
    double bins[BINS]; /* how often a value was in each part of 0..largest */
};

static size_t view_count(const struct net_layer_view *view)
{
    return (size_t)view->channels * (size_t)view->height * (size_t)view->width;
}

static void see(struct seen *seen, const struct net_layer_view *view, bool fill)
{
    const size_t count = view_count(view);
    for (size_t i = 0; i < count; i++) {
        const float value = view->activations[i];
        if (!fill)
            seen->largest = value > seen->largest ? value : seen->largest;
        else if (value > 0)
            seen->bins[(int)fminf(value / seen->largest * BINS, BINS - 1)]++;
    }
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

/* Weights and bias of one output, whose scale also has to be large enough for the bias. */
static void quantise_output(const struct layer_spec *from, struct layer_spec *to, size_t output)
{
    const size_t inputs = layer_weight_count(from) / (size_t)from->out_channels;
    const float *weight = from->weight + output * inputs;
    float largest = 0;
    for (size_t i = 0; i < inputs; i++)
        largest = fmaxf(largest, fabsf(weight[i]));
    const float for_bias = fabsf(from->bias[output]) / to->input_scale / (INT8_MAX_BIAS / 2);
    const float scale = fmaxf(fmaxf(largest / 127, for_bias), 1e-30f);
    to->scale[output] = scale;
    for (size_t i = 0; i < inputs; i++)
        to->int8_weight[output * inputs + i] = (int8_t)lrintf(fminf(fmaxf(weight[i] / scale, -127), 127));
    to->int8_bias[output] = (int32_t)lrint((double)from->bias[output] / ((double)to->input_scale * (double)scale));
}

/* An activation step so small that a single product would be many of them: make it larger. */
static void widen_steps(struct weights *int8)
{
    struct layer_spec *last = NULL;
    for (int i = 0; i < int8->layer_count; i++) {
        struct layer_spec *layer = &int8->layers[i];
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        for (int o = 0; last && o < last->out_channels; o++)
            layer->input_scale = fmaxf(layer->input_scale, 1.001f * last->input_scale * last->scale[o]);
        for (size_t o = 0; o < (size_t)layer->out_channels; o++)
            quantise_output(layer, layer, o);
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
        see_all(net, floats, pictures, count, seen);
        choose_steps(made, seen);
        widen_steps(made);
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
