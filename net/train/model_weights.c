/* A model as it is saved and used: batch norm folded into the weights, and the forward pass without it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
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
    return error;
}

/* ---- the forward pass of a weights file ---- */

struct passes {
    float *a, *b, *columns; /* activations going in and out, by turns */
    int32_t *winner;
};

static void passes_free(struct passes *passes)
{
    free(passes->a);
    free(passes->b);
    free(passes->columns);
    free(passes->winner);
}

static int passes_allocate(struct passes *passes, const struct weights *weights)
{
    size_t most = NET_PIXELS, columns = 1;
    for (int i = 0; i < weights->layer_count; i++) {
        const size_t out = layer_out_count(&weights->layers[i]),
                     need = conv_columns_count(&weights->layers[i]);
        most = out > most ? out : most;
        columns = need > columns ? need : columns;
    }
    passes->a = malloc(sizeof(float) * most);
    passes->b = malloc(sizeof(float) * most);
    passes->columns = malloc(sizeof(float) * columns);
    passes->winner = malloc(sizeof(int32_t) * most);
    return passes->a && passes->b && passes->columns && passes->winner ? 0 : -ENOMEM;
}

static void predict_one(const struct weights *weights, struct passes *passes, const uint8_t *picture,
                        float *scores)
{
    float *in = passes->a, *out = passes->b;
    for (int i = 0; i < NET_PIXELS; i++)
        in[i] = (float)picture[i] / 255;
    for (int i = 0; i < weights->layer_count; i++) {
        const struct layer_spec *spec = &weights->layers[i];
        if (spec->kind == LAYER_CONV)
            conv_forward(spec, spec->weight, spec->bias, in, out, passes->columns);
        else if (spec->kind == LAYER_MAXPOOL)
            maxpool_forward(spec, in, out, passes->winner);
        else
            linear_forward(spec, spec->weight, spec->bias, 1, in, out);
        if (spec->activation == ACTIVATION_RELU)
            relu_forward(out, layer_out_count(spec));
        float *const swap = in;
        in = out;
        out = swap;
    }
    memcpy(scores, in, sizeof *scores * (size_t)weights->classes);
    softmax(scores, weights->classes);
}

int weights_predict(const struct weights *weights, const uint8_t *pictures, int count, float *scores)
{
    int error = 0;
#pragma omp parallel
    {
        struct passes passes = {NULL, NULL, NULL, NULL};
        const int mine = passes_allocate(&passes, weights);
#pragma omp for schedule(static)
        for (int n = 0; n < count; n++)
            if (!mine)
                predict_one(weights, &passes, pictures + (size_t)n * NET_PIXELS,
                            scores + (size_t)n * (size_t)weights->classes);
        passes_free(&passes);
        if (mine) {
#pragma omp critical
            error = mine;
        }
    }
    return error;
}
