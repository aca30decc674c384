/* rounding.c - see rounding.h. */
#include "net/rounding.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_INPUTS = 2048,  /* beyond, the nearest step has to do */
    MAX_POSITIONS = 24, /* of a picture looked at: neighbours are much alike */
};

struct rounding {
    const struct layer_spec *layer;
    size_t inputs;
    double *matrix; /* inputs x inputs: first H, its upper half; then R. NULL: round to the nearest */
    float *values;  /* inputs under one window */
    double *left;   /* of each weight, what rounding left over */
    int seen;
};

int rounding_create(struct rounding **rounding, const struct layer_spec *layer)
{
    struct rounding *made = calloc(1, sizeof *made);
    *rounding = NULL;
    if (!made)
        return -ENOMEM;
    made->layer = layer;
    made->inputs = layer_weight_count(layer) / (size_t)layer->out_channels;
    made->values = malloc(made->inputs * sizeof *made->values);
    made->left = malloc(made->inputs * sizeof *made->left);
    if (made->inputs <= MAX_INPUTS)
        made->matrix = calloc(made->inputs * made->inputs, sizeof *made->matrix);
    if (!made->values || !made->left || (made->inputs <= MAX_INPUTS && !made->matrix)) {
        rounding_destroy(made);
        return -ENOMEM;
    }
    *rounding = made;
    return 0;
}

void rounding_destroy(struct rounding *rounding)
{
    if (!rounding)
        return;
    free(rounding->matrix);
    free(rounding->values);
    free(rounding->left);
    free(rounding);
}

/* The inputs that meet the weights at one output position: channel, row, column. */
static void gather(const struct layer_spec *layer, const float *inputs, int y, int x, float *values)
{
    for (int c = 0; c < layer->in_channels; c++)
        for (int row = y * layer->stride - layer->padding;
             row < y * layer->stride - layer->padding + layer->kernel; row++)
            for (int column = x * layer->stride - layer->padding;
                 column < x * layer->stride - layer->padding + layer->kernel; column++) {
                const bool inside =
                    row >= 0 && row < layer->in_height && column >= 0 && column < layer->in_width;
                *values++ = inside ? inputs[(c * layer->in_height + row) * layer->in_width + column] : 0;
            }
}

static void add_outer(struct rounding *rounding, const float *restrict values)
{
    for (size_t i = 0; i < rounding->inputs; i++) {
        double *restrict row = rounding->matrix + i * rounding->inputs;
        const double value = (double)values[i];
        for (size_t j = i; value != 0 && j < rounding->inputs; j++)
            row[j] += value * (double)values[j];
    }
}

void rounding_see(struct rounding *rounding, const float *inputs)
{
    const struct layer_spec *layer = rounding->layer;
    if (!rounding->matrix)
        return;
    if (layer->kind == LAYER_LINEAR) {
        add_outer(rounding, inputs);
        return;
    }
    const int positions = layer->out_height * layer->out_width;
    const int step = (positions + MAX_POSITIONS - 1) / MAX_POSITIONS;
    /* Other positions of every picture. */
    for (int p = rounding->seen++ * 7 % step; p < positions; p += step) {
        gather(layer, inputs, p / layer->out_width, p % layer->out_width, rounding->values);
        add_outer(rounding, rounding->values);
    }
}

/* Upper half of a symmetric matrix to R with R^T R = matrix, row by row in place. A little is added to its
 * diagonal, for inputs that never showed anything or always the same. */
void rounding_finish(struct rounding *rounding)
{
    const size_t n = rounding->inputs;
    double *m = rounding->matrix, trace = 0;
    if (!m)
        return;
    for (size_t i = 0; i < n; i++)
        trace += m[i * n + i];
    const double more = trace > 0 ? 0.01 * trace / (double)n : 1;
    for (size_t i = 0; i < n; i++)
        m[i * n + i] += more;
    for (size_t i = 0; i < n; i++) {
        double *restrict row = m + i * n;
        const double root = sqrt(fmax(row[i], 1e-9 * more));
        for (size_t j = i; j < n; j++)
            row[j] /= root;
        row[i] = root;
        for (size_t k = i + 1; k < n; k++) {
            double *restrict other = m + k * n;
            const double factor = row[k];
            for (size_t j = k; factor != 0 && j < n; j++)
                other[j] -= factor * row[j];
        }
    }
}

void rounding_apply(const struct rounding *rounding, const float *weight, float scale, int8_t *steps)
{
    const size_t n = rounding->inputs;
    for (size_t i = n; i-- > 0;) {
        const double *row = rounding->matrix ? rounding->matrix + i * n : NULL;
        double wanted = (double)weight[i];
        for (size_t j = i + 1; row && j < n; j++)
            wanted += row[j] / row[i] * rounding->left[j];
        const double step = fmin(fmax(rint(wanted / (double)scale), -127), 127);
        rounding->left[i] = (double)weight[i] - step * (double)scale;
        steps[i] = (int8_t)step;
    }
}
