#include "net/train/layers.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

size_t layer_in_count(const struct layer_spec *layer)
{
    return (size_t)layer->in_channels * (size_t)layer->in_height * (size_t)layer->in_width;
}

size_t layer_out_count(const struct layer_spec *layer)
{
    return (size_t)layer->out_channels * (size_t)layer->out_height * (size_t)layer->out_width;
}

/* ---- convolution: the input laid out as columns, then one matrix product ---- */

static int taps(const struct layer_spec *layer)
{
    return layer->in_channels * layer->kernel * layer->kernel;
}

static int area(const struct layer_spec *layer)
{
    return layer->out_height * layer->out_width;
}

size_t conv_columns_count(const struct layer_spec *layer)
{
    return layer->kind == LAYER_CONV ? (size_t)taps(layer) * (size_t)area(layer) : 0;
}

/* One row of the columns matrix: the input seen by one tap (channel, ky, kx) at every output place. */
static void gather_row(const struct layer_spec *layer, const float *plane, int ky, int kx, float *row)
{
    for (int y = 0; y < layer->out_height; y++) {
        const int in_y = y * layer->stride + ky - layer->padding;
        float *out = row + (size_t)y * (size_t)layer->out_width;
        if (in_y < 0 || in_y >= layer->in_height) {
            memset(out, 0, sizeof *out * (size_t)layer->out_width);
            continue;
        }
        const float *in = plane + (size_t)in_y * (size_t)layer->in_width;
        if (layer->stride == 1) {
            const int first = layer->padding > kx ? layer->padding - kx : 0;
            const int beyond = layer->in_width + layer->padding - kx;
            const int end = beyond < layer->out_width ? beyond : layer->out_width;
            for (int x = 0; x < first; x++)
                out[x] = 0;
            memcpy(out + first, in + (first + kx - layer->padding), sizeof *out * (size_t)(end - first));
            for (int x = end; x < layer->out_width; x++)
                out[x] = 0;
            continue;
        }
        for (int x = 0; x < layer->out_width; x++) {
            const int in_x = x * layer->stride + kx - layer->padding;
            out[x] = in_x >= 0 && in_x < layer->in_width ? in[in_x] : 0;
        }
    }
}

static void gather_columns(const struct layer_spec *layer, const float *in, float *columns)
{
    const size_t plane = (size_t)layer->in_height * (size_t)layer->in_width;
    for (int c = 0; c < layer->in_channels; c++)
        for (int ky = 0; ky < layer->kernel; ky++)
            for (int kx = 0; kx < layer->kernel; kx++, columns += area(layer))
                gather_row(layer, in + (size_t)c * plane, ky, kx, columns);
}

static void scatter_row(const struct layer_spec *layer, const float *row, int ky, int kx, float *plane)
{
    for (int y = 0; y < layer->out_height; y++) {
        const int in_y = y * layer->stride + ky - layer->padding;
        if (in_y < 0 || in_y >= layer->in_height)
            continue;
        const float *from = row + (size_t)y * (size_t)layer->out_width;
        float *to = plane + (size_t)in_y * (size_t)layer->in_width;
        if (layer->stride == 1) {
            const int first = layer->padding > kx ? layer->padding - kx : 0;
            const int beyond = layer->in_width + layer->padding - kx;
            const int end = beyond < layer->out_width ? beyond : layer->out_width;
            float *shifted = to + (first + kx - layer->padding);
            for (int x = 0; x < end - first; x++)
                shifted[x] += from[first + x];
            continue;
        }
        for (int x = 0; x < layer->out_width; x++) {
            const int in_x = x * layer->stride + kx - layer->padding;
            if (in_x >= 0 && in_x < layer->in_width)
                to[in_x] += from[x];
        }
    }
}

void conv_forward(const struct layer_spec *layer, const float *weight, const float *bias, const float *in,
                  float *out, float *columns)
{
    gather_columns(layer, in, columns); /* taps x area */
    if (bias)
        for (int o = 0; o < layer->out_channels; o++)
            for (int i = 0; i < area(layer); i++)
                out[o * area(layer) + i] = bias[o];
    /* out (out_channels x area) = weight (out_channels x taps) * columns (taps x area) */
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, layer->out_channels, area(layer), taps(layer), 1,
                weight, taps(layer), columns, area(layer), bias ? 1 : 0, out, area(layer));
}

void conv_backward(const struct layer_spec *layer, const float *weight, const float *in, const float *dout,
                   float *dweight, float *dbias, float *din, float *columns)
{
    gather_columns(layer, in, columns);
    /* dweight (out_channels x taps) += dout (out_channels x area) * columns' (area x taps) */
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, layer->out_channels, taps(layer), area(layer), 1,
                dout, area(layer), columns, area(layer), 1, dweight, taps(layer));
    if (dbias)
        for (int o = 0; o < layer->out_channels; o++) {
            const float *mine = dout + o * area(layer);
            float sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int i = 0; i < area(layer); i++)
                sum += mine[i];
            dbias[o] += sum;
        }
    if (!din)
        return;
    /* dcolumns (taps x area) = weight' (taps x out_channels) * dout (out_channels x area) */
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, taps(layer), area(layer), layer->out_channels, 1,
                weight, taps(layer), dout, area(layer), 0, columns, area(layer));
    memset(din, 0, sizeof *din * layer_in_count(layer));
    const size_t plane = (size_t)layer->in_height * (size_t)layer->in_width;
    const float *row = columns;
    for (int c = 0; c < layer->in_channels; c++)
        for (int ky = 0; ky < layer->kernel; ky++)
            for (int kx = 0; kx < layer->kernel; kx++, row += area(layer))
                scatter_row(layer, row, ky, kx, din + (size_t)c * plane);
}

/* ---- max pooling ---- */

void maxpool_forward(const struct layer_spec *layer, const float *in, float *out, int32_t *winner)
{
    const int plane = layer->in_height * layer->in_width;
    for (int c = 0; c < layer->out_channels; c++)
        for (int y = 0; y < layer->out_height; y++)
            for (int x = 0; x < layer->out_width; x++) {
                int best = c * plane + y * layer->stride * layer->in_width + x * layer->stride;
                const int corner = best;
                for (int ky = 0; ky < layer->kernel; ky++)
                    for (int kx = 0; kx < layer->kernel; kx++) {
                        const int at = corner + ky * layer->in_width + kx;
                        best = in[at] > in[best] ? at : best;
                    }
                *out++ = in[best];
                *winner++ = best;
            }
}

void maxpool_backward(const struct layer_spec *layer, const float *dout, const int32_t *winner, float *din)
{
    memset(din, 0, sizeof *din * layer_in_count(layer));
    for (size_t i = 0; i < layer_out_count(layer); i++)
        din[winner[i]] += dout[i];
}

/* ---- fully connected ---- */

void linear_forward(const struct layer_spec *layer, const float *weight, const float *bias, int count,
                    const float *in, float *out)
{
    const int inputs = (int)layer_in_count(layer), outputs = layer->out_channels;
    if (bias)
        for (int n = 0; n < count; n++)
            memcpy(out + (size_t)n * (size_t)outputs, bias, sizeof *out * (size_t)outputs);
    /* out (count x outputs) = in (count x inputs) * weight' (inputs x outputs) */
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, outputs, inputs, 1, in, inputs, weight,
                inputs, bias ? 1 : 0, out, outputs);
}

void linear_backward(const struct layer_spec *layer, const float *weight, int count, const float *in,
                     const float *dout, float *dweight, float *dbias, float *din)
{
    const int inputs = (int)layer_in_count(layer), outputs = layer->out_channels;
    /* dweight (outputs x inputs) += dout' (outputs x count) * in (count x inputs) */
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, outputs, inputs, count, 1, dout, outputs, in, inputs,
                1, dweight, inputs);
    if (dbias)
        for (int n = 0; n < count; n++)
            for (int o = 0; o < outputs; o++)
                dbias[o] += dout[(size_t)n * (size_t)outputs + (size_t)o];
    /* din (count x inputs) = dout (count x outputs) * weight (outputs x inputs) */
    if (din)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, inputs, outputs, 1, dout, outputs,
                    weight, inputs, 0, din, inputs);
}

/* ---- activations ---- */

void relu_forward(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
}

void relu_backward(const float *out, float *dout, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dout[i] = out[i] > 0 ? dout[i] : 0;
}

/* ---- batch norm ---- */

static void channel_statistics(const float *values, int count, int channels, int area_, int c, float *mean,
                               float *variance)
{
    double sum = 0, squares = 0;
    for (int n = 0; n < count; n++) {
        const float *x = values + ((size_t)n * (size_t)channels + (size_t)c) * (size_t)area_;
        float part = 0, part_squares = 0;
#pragma omp simd reduction(+ : part, part_squares)
        for (int i = 0; i < area_; i++) {
            part += x[i];
            part_squares += x[i] * x[i];
        }
        sum += part;
        squares += part_squares;
    }
    const double total = (double)count * area_;
    *mean = (float)(sum / total);
    const double spread = squares / total - (sum / total) * (sum / total);
    *variance = (float)(spread > 0 ? spread : 0);
}

void batch_norm_forward(const struct batch_norm *norm, int count, float *values)
{
    for (int c = 0; c < norm->channels; c++) {
        channel_statistics(values, count, norm->channels, norm->area, c, &norm->mean[c], &norm->variance[c]);
        const float mean = norm->mean[c], scale = 1 / sqrtf(norm->variance[c] + BATCH_NORM_EPSILON);
        norm->inverse_deviation[c] = scale;
        for (int n = 0; n < count; n++) {
            const size_t at = ((size_t)n * (size_t)norm->channels + (size_t)c) * (size_t)norm->area;
            float *x = values + at, *normal = norm->normal + at;
            for (int i = 0; i < norm->area; i++) {
                normal[i] = (x[i] - mean) * scale;
                x[i] = norm->gamma[c] * normal[i] + norm->beta[c];
            }
        }
    }
}

void batch_norm_backward(const struct batch_norm *norm, int count, float *dout, float *dgamma, float *dbeta)
{
    for (int c = 0; c < norm->channels; c++) {
        double sum = 0, sum_normal = 0;
        for (int n = 0; n < count; n++) {
            const size_t at = ((size_t)n * (size_t)norm->channels + (size_t)c) * (size_t)norm->area;
            float part = 0, part_normal = 0;
#pragma omp simd reduction(+ : part, part_normal)
            for (int i = 0; i < norm->area; i++) {
                part += dout[at + (size_t)i];
                part_normal += dout[at + (size_t)i] * norm->normal[at + (size_t)i];
            }
            sum += part;
            sum_normal += part_normal;
        }
        dbeta[c] += (float)sum;
        dgamma[c] += (float)sum_normal;
        const double total = (double)count * norm->area;
        const float mean = (float)(sum / total), mean_normal = (float)(sum_normal / total);
        const float scale = norm->gamma[c] * norm->inverse_deviation[c];
        for (int n = 0; n < count; n++) {
            const size_t at = ((size_t)n * (size_t)norm->channels + (size_t)c) * (size_t)norm->area;
            float *d = dout + at;
            const float *normal = norm->normal + at;
            for (int i = 0; i < norm->area; i++)
                d[i] = scale * (d[i] - mean - normal[i] * mean_normal);
        }
    }
}

/* ---- loss ---- */

void softmax(float *scores, int classes)
{
    float largest = scores[0], sum = 0;
    for (int k = 1; k < classes; k++)
        largest = scores[k] > largest ? scores[k] : largest;
    for (int k = 0; k < classes; k++)
        sum += scores[k] = expf(scores[k] - largest);
    for (int k = 0; k < classes; k++)
        scores[k] /= sum;
}

double softmax_cross_entropy(int count, int classes, const float *scores, const float *targets, float scale,
                             float *dscores)
{
    double loss = 0;
    for (int n = 0; n < count; n++) {
        float shares[WEIGHTS_MAX_CHANNELS];
        memcpy(shares, scores + (size_t)n * (size_t)classes, sizeof *shares * (size_t)classes);
        softmax(shares, classes);
        for (int k = 0; k < classes; k++) {
            const size_t at = (size_t)n * (size_t)classes + (size_t)k;
            if (targets[at] > 0)
                loss -= (double)targets[at] * log((double)shares[k] + 1e-20);
            dscores[at] = scale * (shares[k] - targets[at]);
        }
    }
    return loss;
}
