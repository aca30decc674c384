/* Sums are kept in registers: four outputs by three places (or three taps) at a time, twelve sums, seven
 * loads for every twelve multiply-adds. That fits the sixteen registers of AVX2. */
#include "net/train/correlate.h"

#include "vision/clones.h"

#define OUTPUTS 4
#define PLACES  3

static size_t in_plane(const struct correlation *shape)
{
    return (size_t)shape->in_height * (size_t)shape->in_width;
}

/* ---- forward ---- */

/* The taps that see something else than the border, of `places` places from `at` on in a direction of `size`
 * inputs: from the first to before the last. */
CLONED_INLINE void taps_inside(const struct correlation *shape, int at, int places, int size, int *first,
                               int *last)
{
    const int before = shape->border - (at + places - 1) * shape->stride;
    const int beyond = size - shape->border - at * shape->stride;
    *first = before > 0 ? before : 0;
    *last = beyond < shape->kernel ? beyond : shape->kernel;
}

/* `outputs` x `places` sums of one row, of the taps of rows y0 .. y1 - 1 and columns x0 .. x1 - 1. `weight`
 * and `bias` are those of the first output, `in` is the first place's. */
CLONED_INLINE void correlate_tile(const struct correlation *shape, const int outputs, const int places,
                                  int x0, int x1, int y0, int y1, const float *weight, const float *bias,
                                  const lanes *in, lanes *out, size_t plane)
{
    const int kernel = shape->kernel, stride = shape->stride, square = kernel * kernel;
    const size_t taps = (size_t)shape->channels * (size_t)square;
    const size_t out_plane = (size_t)shape->height * (size_t)shape->width;
    lanes sum[OUTPUTS][PLACES];
    for (int o = 0; o < outputs; o++)
        for (int p = 0; p < places; p++)
            sum[o][p] = (lanes){0} + (bias ? bias[o] : 0.0f);
    for (int c = 0; c < shape->channels; c++, in += plane, weight += square)
        for (int ky = y0; ky < y1; ky++) {
            const lanes *row = in + (size_t)ky * (size_t)shape->in_width;
            const float *tap = weight + ky * kernel + x0;
            for (int kx = x0; kx < x1; kx++, tap++)
                for (int o = 0; o < outputs; o++) {
                    const float factor = tap[(size_t)o * taps];
                    for (int p = 0; p < places; p++)
                        sum[o][p] += factor * row[kx + p * stride];
                }
        }
    for (int o = 0; o < outputs; o++)
        for (int p = 0; p < places; p++)
            out[(size_t)o * out_plane + (size_t)p] = sum[o][p];
}

CLONED_INLINE void correlate_row(const struct correlation *shape, const int outputs, int y,
                                 const float *weight, const float *bias, const lanes *in, lanes *out,
                                 size_t plane)
{
    int x0, x1, y0, y1;
    taps_inside(shape, y, 1, shape->in_height, &y0, &y1);
    for (int x = 0; x < shape->width;) {
        const int left = shape->width - x;
        /* four are better two by two: a single place waits for each sum */
        const int places = left >= PLACES && left != PLACES + 1 ? PLACES : left >= 2 ? 2 : 1;
        const lanes *from = in + x * shape->stride;
        taps_inside(shape, x, places, shape->in_width, &x0, &x1);
        if (places == PLACES)
            correlate_tile(shape, outputs, PLACES, x0, x1, y0, y1, weight, bias, from, out + x, plane);
        else if (places == 2)
            correlate_tile(shape, outputs, 2, x0, x1, y0, y1, weight, bias, from, out + x, plane);
        else
            correlate_tile(shape, outputs, 1, x0, x1, y0, y1, weight, bias, from, out + x, plane);
        x += places;
    }
}

CLONED static void correlate_group(const struct correlation *shape, const float *weight, const float *bias,
                                   const lanes *in, lanes *out, size_t plane)
{
    const size_t taps = (size_t)shape->channels * (size_t)shape->kernel * (size_t)shape->kernel;
    const size_t out_plane = (size_t)shape->height * (size_t)shape->width;
    for (int y = 0; y < shape->height; y++) {
        const lanes *from = in + (size_t)(y * shape->stride) * (size_t)shape->in_width;
        lanes *to = out + (size_t)y * (size_t)shape->width;
        int o = 0;
        for (; o + OUTPUTS <= shape->outputs; o += OUTPUTS)
            correlate_row(shape, OUTPUTS, y, weight + (size_t)o * taps, bias ? bias + o : NULL, from,
                          to + (size_t)o * out_plane, plane);
        for (; o < shape->outputs; o++)
            correlate_row(shape, 1, y, weight + (size_t)o * taps, bias ? bias + o : NULL, from,
                          to + (size_t)o * out_plane, plane);
    }
}

void correlate(const struct correlation *shape, const float *weight, const float *bias, const lanes *in,
               lanes *out)
{
    const size_t out_group = (size_t)shape->outputs * (size_t)shape->height * (size_t)shape->width;
    const size_t plane = in_plane(shape);
    for (int group = 0; group < shape->groups; group++)
        correlate_group(shape, weight, bias, in + (size_t)(group * shape->channels) * plane,
                        out + (size_t)group * out_group, plane);
}

/* ---- the weights' gradient ---- */

/* `outputs` x `taps` sums: taps that lie side by side in one row of the kernel. */
CLONED_INLINE void gradient_tile(const struct correlation *shape, const int outputs, const int taps,
                                 const lanes *in, const lanes *dout, float *dweight)
{
    const size_t plane = in_plane(shape), in_group = plane * (size_t)shape->channels;
    const size_t out_plane = (size_t)shape->height * (size_t)shape->width;
    const size_t out_group = out_plane * (size_t)shape->outputs;
    const size_t all_taps = (size_t)shape->channels * (size_t)shape->kernel * (size_t)shape->kernel;
    lanes sum[OUTPUTS][PLACES];
    for (int o = 0; o < outputs; o++)
        for (int t = 0; t < taps; t++)
            sum[o][t] = (lanes){0};
    for (int group = 0; group < shape->groups; group++)
        for (int y = 0; y < shape->height; y++) {
            const lanes *row =
                in + (size_t)group * in_group + (size_t)(y * shape->stride) * (size_t)shape->in_width;
            const lanes *d = dout + (size_t)group * out_group + (size_t)y * (size_t)shape->width;
            for (int x = 0; x < shape->width; x++)
                for (int o = 0; o < outputs; o++) {
                    const lanes factor = d[(size_t)o * out_plane + (size_t)x];
                    for (int t = 0; t < taps; t++)
                        sum[o][t] += factor * row[x * shape->stride + t];
                }
        }
    for (int o = 0; o < outputs; o++)
        for (int t = 0; t < taps; t++) {
            float total = 0;
            for (int lane = 0; lane < LANES; lane++)
                total += sum[o][t][lane];
            dweight[(size_t)o * all_taps + (size_t)t] += total;
        }
}

CLONED_INLINE void gradient_outputs(const struct correlation *shape, const int outputs, const lanes *in,
                                    const lanes *dout, float *dweight)
{
    for (int c = 0; c < shape->channels; c++)
        for (int ky = 0; ky < shape->kernel; ky++) {
            const lanes *row = in + (size_t)c * in_plane(shape) + (size_t)ky * (size_t)shape->in_width;
            int kx = 0;
            for (; kx + PLACES <= shape->kernel; kx += PLACES, dweight += PLACES)
                gradient_tile(shape, outputs, PLACES, row + kx, dout, dweight);
            for (; kx < shape->kernel; kx++, dweight++)
                gradient_tile(shape, outputs, 1, row + kx, dout, dweight);
        }
}

CLONED void correlate_gradient(const struct correlation *shape, const lanes *in, const lanes *dout,
                               float *dweight)
{
    const size_t taps = (size_t)shape->channels * (size_t)shape->kernel * (size_t)shape->kernel;
    const size_t out_plane = (size_t)shape->height * (size_t)shape->width;
    int o = 0;
    for (; o + OUTPUTS <= shape->outputs; o += OUTPUTS)
        gradient_outputs(shape, OUTPUTS, in, dout + (size_t)o * out_plane, dweight + (size_t)o * taps);
    for (; o < shape->outputs; o++)
        gradient_outputs(shape, 1, in, dout + (size_t)o * out_plane, dweight + (size_t)o * taps);
}
