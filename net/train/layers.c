#include "net/train/layers.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "net/train/correlate.h"
#include "vision/clones.h"

size_t layer_in_count(const struct layer_spec *layer)
{
    return (size_t)layer->in_channels * (size_t)layer->in_height * (size_t)layer->in_width;
}

size_t layer_out_count(const struct layer_spec *layer)
{
    return (size_t)layer->out_channels * (size_t)layer->out_height * (size_t)layer->out_width;
}

/* ---- convolution ---- */

static int bordered_height(const struct layer_spec *layer)
{
    return layer->in_height + 2 * layer->padding;
}

static int bordered_width(const struct layer_spec *layer)
{
    return layer->in_width + 2 * layer->padding;
}

/* The gradient of the outputs, spread to the stride and with borders, so that one tap more than fits lies
 * round it. */
static int spread_height(const struct layer_spec *layer)
{
    return layer->in_height + layer->kernel - 1;
}

static int spread_width(const struct layer_spec *layer)
{
    return layer->in_width + layer->kernel - 1;
}

size_t conv_scratch_count(const struct layer_spec *layer, int groups)
{
    if (layer->kind != LAYER_CONV)
        return 0;
    const size_t bordered =
        (size_t)layer->in_channels * (size_t)bordered_height(layer) * (size_t)bordered_width(layer);
    const size_t spread =
        (size_t)layer->out_channels * (size_t)spread_height(layer) * (size_t)spread_width(layer);
    const size_t most = bordered > spread ? bordered : spread;
    return most * (size_t)groups * LANES + layer_weight_count(layer) + LANES;
}

/* Lays planes of height x width into larger ones, `step` apart, from (top, left) on; 0 between and round
 * them. */
static void lay_out(int planes, int height, int width, const lanes *from, int step, int top, int left,
                    int to_height, int to_width, lanes *to)
{
    const size_t to_plane = (size_t)to_height * (size_t)to_width;
    memset(to, 0, sizeof *to * to_plane * (size_t)planes);
    for (int p = 0; p < planes; p++, to += to_plane)
        for (int y = 0; y < height; y++) {
            lanes *row = to + (size_t)(top + y * step) * (size_t)to_width + left;
            for (int x = 0; x < width; x++)
                row[x * step] = *from++;
        }
}

static struct correlation forward_shape(const struct layer_spec *layer, int groups)
{
    return (struct correlation){.groups = groups,
                                .channels = layer->in_channels,
                                .in_height = bordered_height(layer),
                                .in_width = bordered_width(layer),
                                .outputs = layer->out_channels,
                                .height = layer->out_height,
                                .width = layer->out_width,
                                .kernel = layer->kernel,
                                .stride = layer->stride,
                                .border = layer->padding};
}

static const lanes *with_border(const struct layer_spec *layer, int groups, const float *in, float *scratch)
{
    if (layer->padding == 0)
        return (const lanes *)in;
    lay_out(groups * layer->in_channels, layer->in_height, layer->in_width, (const lanes *)in, 1,
            layer->padding, layer->padding, bordered_height(layer), bordered_width(layer), (lanes *)scratch);
    return (const lanes *)scratch;
}

void conv_forward(const struct layer_spec *layer, const float *weight, const float *bias, int groups,
                  const float *in, float *out, float *scratch)
{
    const struct correlation shape = forward_shape(layer, groups);
    correlate(&shape, weight, bias, with_border(layer, groups, in, scratch), (lanes *)out);
}

static void add_bias_gradient(const struct layer_spec *layer, int groups, const float *dout, float *dbias)
{
    const size_t each = (size_t)layer->out_height * (size_t)layer->out_width * LANES;
    for (int group = 0; group < groups; group++)
        for (int o = 0; o < layer->out_channels; o++, dout += each) {
            float sum = 0;
            for (size_t i = 0; i < each; i++)
                sum += dout[i];
            dbias[o] += sum;
        }
}

/* out_channels x in_channels x taps becomes in_channels x out_channels x taps the other way round. */
static void turn_weights(const struct layer_spec *layer, const float *weight, float *turned)
{
    const int taps = layer->kernel * layer->kernel;
    for (int o = 0; o < layer->out_channels; o++)
        for (int c = 0; c < layer->in_channels; c++, weight += taps)
            for (int t = 0; t < taps; t++)
                turned[(c * layer->out_channels + o) * taps + taps - 1 - t] = weight[t];
}

/* The input's gradient is the correlation of the outputs' with the kernel turned round. */
static void input_gradient(const struct layer_spec *layer, const float *weight, int groups, const float *dout,
                           float *din, float *scratch)
{
    const int border = layer->kernel - 1 - layer->padding;
    const struct correlation shape = {.groups = groups,
                                      .channels = layer->out_channels,
                                      .in_height = spread_height(layer),
                                      .in_width = spread_width(layer),
                                      .outputs = layer->in_channels,
                                      .height = layer->in_height,
                                      .width = layer->in_width,
                                      .kernel = layer->kernel,
                                      .stride = 1,
                                      .border = border};
    const size_t spread =
        (size_t)layer->out_channels * (size_t)spread_height(layer) * (size_t)spread_width(layer);
    float *turned = scratch + spread * (size_t)groups * LANES;
    lay_out(groups * layer->out_channels, layer->out_height, layer->out_width, (const lanes *)dout,
            layer->stride, border, border, spread_height(layer), spread_width(layer), (lanes *)scratch);
    turn_weights(layer, weight, turned);
    correlate(&shape, turned, NULL, (const lanes *)scratch, (lanes *)din);
}

void conv_backward(const struct layer_spec *layer, const float *weight, int groups, const float *in,
                   const float *dout, float *dweight, float *dbias, float *din, float *scratch)
{
    const struct correlation shape = forward_shape(layer, groups);
    correlate_gradient(&shape, with_border(layer, groups, in, scratch), (const lanes *)dout, dweight);
    if (dbias)
        add_bias_gradient(layer, groups, dout, dbias);
    if (din)
        input_gradient(layer, weight, groups, dout, din, scratch);
}

/* ---- max pooling ---- */

CLONED void maxpool_forward(const struct layer_spec *layer, int groups, const float *in, float *out)
{
    const lanes *plane = (const lanes *)in;
    lanes *to = (lanes *)out;
    const int width = layer->in_width;
    for (int c = 0; c < groups * layer->out_channels; c++, plane += layer->in_height * width)
        for (int y = 0; y < layer->out_height; y++)
            for (int x = 0; x < layer->out_width; x++) {
                const lanes *corner = plane + y * layer->stride * width + x * layer->stride;
                lanes best = *corner;
                for (int ky = 0; ky < layer->kernel; ky++)
                    for (int kx = 0; kx < layer->kernel; kx++) {
                        const lanes here = corner[ky * width + kx];
                        best = LANES_CHOOSE(here > best, here, best);
                    }
                *to++ = best;
            }
}

CLONED void maxpool_backward(const struct layer_spec *layer, int groups, const float *in, const float *out,
                             const float *dout, float *din)
{
    const lanes *plane = (const lanes *)in, *best = (const lanes *)out, *d = (const lanes *)dout;
    lanes *to = (lanes *)din;
    const int width = layer->in_width, area = layer->in_height * width;
    memset(din, 0, sizeof(lanes) * (size_t)groups * (size_t)layer->out_channels * (size_t)area);
    for (int c = 0; c < groups * layer->out_channels; c++, plane += area, to += area)
        for (int y = 0; y < layer->out_height; y++)
            for (int x = 0; x < layer->out_width; x++, best++, d++) {
                const int corner = y * layer->stride * width + x * layer->stride;
                lanes left = *d; /* not yet given to the first input that is the largest */
                for (int ky = 0; ky < layer->kernel; ky++)
                    for (int kx = 0; kx < layer->kernel; kx++) {
                        const int at = corner + ky * width + kx;
                        const lanes_mask wins = plane[at] == *best;
                        to[at] += LANES_CHOOSE(wins, left, (lanes){0});
                        left = LANES_CHOOSE(wins, (lanes){0}, left);
                    }
            }
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

/* Adds the lanes that hold pictures to *total. */
static void add_lanes(const lanes *sum, int pictures, double *total)
{
    for (int lane = 0; lane < LANES && lane < pictures; lane++)
        *total += (double)(*sum)[lane];
}

CLONED static void channel_statistics(const struct batch_norm *norm, int count, int c, const float *values)
{
    double sum = 0, squares = 0;
    for (int group = 0; group < lanes_groups(count); group++) {
        const lanes *x = (const lanes *)values + (group * norm->channels + c) * norm->area;
        lanes part = {0}, part_squares = {0};
        for (int i = 0; i < norm->area; i++) {
            part += x[i];
            part_squares += x[i] * x[i];
        }
        add_lanes(&part, count - group * LANES, &sum);
        add_lanes(&part_squares, count - group * LANES, &squares);
    }
    const double total = (double)count * norm->area, spread = squares / total - (sum / total) * (sum / total);
    norm->mean[c] = (float)(sum / total);
    norm->variance[c] = (float)(spread > 0 ? spread : 0);
    norm->inverse_deviation[c] = 1 / sqrtf(norm->variance[c] + BATCH_NORM_EPSILON);
}

CLONED void batch_norm_forward(const struct batch_norm *norm, int count, float *values)
{
    for (int c = 0; c < norm->channels; c++) {
        channel_statistics(norm, count, c, values);
        const float mean = norm->mean[c], scale = norm->inverse_deviation[c];
        for (int group = 0; group < lanes_groups(count); group++) {
            const int at = (group * norm->channels + c) * norm->area;
            lanes *x = (lanes *)values + at, *normal = (lanes *)norm->normal + at;
            for (int i = 0; i < norm->area; i++) {
                normal[i] = (x[i] - mean) * scale;
                x[i] = norm->gamma[c] * normal[i] + norm->beta[c];
            }
        }
    }
}

/* The sums of the gradient, and of its products with the normalised values, over one channel. */
CLONED static void channel_sums(const struct batch_norm *norm, int count, int c, const float *dout,
                                double *sum, double *sum_normal)
{
    *sum = *sum_normal = 0;
    for (int group = 0; group < lanes_groups(count); group++) {
        const int at = (group * norm->channels + c) * norm->area;
        const lanes *d = (const lanes *)dout + at, *normal = (const lanes *)norm->normal + at;
        lanes part = {0}, part_normal = {0};
        for (int i = 0; i < norm->area; i++) {
            part += d[i];
            part_normal += d[i] * normal[i];
        }
        add_lanes(&part, count - group * LANES, sum);
        add_lanes(&part_normal, count - group * LANES, sum_normal);
    }
}

CLONED void batch_norm_backward(const struct batch_norm *norm, int count, float *dout, float *dgamma,
                                float *dbeta)
{
    for (int c = 0; c < norm->channels; c++) {
        double sum, sum_normal;
        channel_sums(norm, count, c, dout, &sum, &sum_normal);
        dbeta[c] += (float)sum;
        dgamma[c] += (float)sum_normal;
        const double total = (double)count * norm->area;
        const float mean = (float)(sum / total), mean_normal = (float)(sum_normal / total);
        const float scale = norm->gamma[c] * norm->inverse_deviation[c];
        for (int group = 0; group < lanes_groups(count); group++) {
            const int at = (group * norm->channels + c) * norm->area, pictures = count - group * LANES;
            lanes *d = (lanes *)dout + at, held = {0}; /* 1 in lanes that hold a picture */
            const lanes *normal = (const lanes *)norm->normal + at;
            for (int lane = 0; lane < LANES && lane < pictures; lane++)
                held[lane] = 1;
            for (int i = 0; i < norm->area; i++)
                d[i] = held * (scale * (d[i] - mean - normal[i] * mean_normal));
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
