/* kernels_scalar.c - the layers in plain C, written for reading: what the other kernels have to agree with.
 */
#include <string.h>

#include "net/kernels.h"

/* packed: outputs biases, then outputs x steps weights. */
static size_t packed_floats(int outputs, int steps)
{
    return (size_t)outputs * (1 + (size_t)steps);
}

static void pack(const float *weight, const float *bias, int outputs, int steps, float *packed)
{
    memcpy(packed, bias, (size_t)outputs * sizeof *packed);
    memcpy(packed + outputs, weight, (size_t)outputs * (size_t)steps * sizeof *packed);
}

static float activate(float sum, bool relu)
{
    return relu && sum < 0 ? 0 : sum;
}

static float sum_at(const struct conv_shape *shape, const float *window, const float *weight, float sum)
{
    const int run = shape->kernel * shape->in_channels; /* values under one row of the window */
    for (int row = 0; row < shape->kernel; row++)
        for (int i = 0; i < run; i++)
            sum += window[(size_t)row * shape->in_row_stride + (size_t)i] * *weight++;
    return sum;
}

/* input  (rows under the windows) x (pixels under the windows) x in_channels
 * weight out_channels x kernel x (kernel x in_channels)
 * output out_height x out_width x out_channels, half as high and wide where it pools */
static void conv(const struct conv_shape *shape, const float *packed, const float *input, float *output)
{
    const int steps = shape->kernel * shape->kernel * shape->in_channels, side = shape->pool ? 2 : 1;
    const size_t down = (size_t)shape->stride * shape->in_row_stride;
    const size_t right = (size_t)shape->stride * (size_t)shape->in_channels;
    for (int y = 0; y < shape->out_height; y += side) {
        for (int x = 0; x < shape->out_width; x += side) {
            const float *window = input + (size_t)y * down + (size_t)x * right;
            float *pixel = output + (size_t)(y / side) * shape->out_row_stride +
                           (size_t)(x / side) * (size_t)shape->out_channels;
            const float *weight = packed + shape->out_channels;
            for (int o = 0; o < shape->out_channels; o++, weight += steps) {
                float most = sum_at(shape, window, weight, packed[o]);
                for (int i = 1; i < side * side; i++) {
                    const float other = sum_at(
                        shape, window + (size_t)(i / 2) * down + (size_t)(i % 2) * right, weight, packed[o]);
                    most = other > most ? other : most;
                }
                pixel[o] = activate(most, shape->relu);
            }
        }
    }
}

/* input  (rows under the windows) x (pixels under the windows) x channels
 * output out_height x out_width x channels */
static void maxpool(const struct maxpool_shape *shape, const float *input, float *output)
{
    const size_t channels = (size_t)shape->channels;
    for (int y = 0; y < shape->out_height; y++) {
        for (int x = 0; x < shape->out_width; x++) {
            const float *window = input + (size_t)(y * shape->stride) * shape->in_row_stride +
                                  (size_t)(x * shape->stride) * channels;
            float *pixel = output + (size_t)y * shape->out_row_stride + (size_t)x * channels;
            for (size_t c = 0; c < channels; c++) {
                float largest = window[c];
                for (int row = 0; row < shape->kernel; row++)
                    for (int column = 0; column < shape->kernel; column++) {
                        const float value =
                            window[(size_t)row * shape->in_row_stride + (size_t)column * channels + c];
                        largest = value > largest ? value : largest;
                    }
                pixel[c] = largest;
            }
        }
    }
}

/* input  batch x inputs
 * weight outputs x inputs
 * output batch x outputs */
static void linear(const struct linear_shape *shape, const float *packed, const float *input, int batch,
                   float *output)
{
    for (int b = 0; b < batch; b++) {
        const float *weight = packed + shape->outputs;
        for (int o = 0; o < shape->outputs; o++) {
            float sum = packed[o];
            for (int i = 0; i < shape->inputs; i++)
                sum += input[i] * *weight++;
            output[o] = activate(sum, shape->relu);
        }
        input += shape->inputs;
        output += shape->outputs;
    }
}

const struct float_kernels float_scalar = {
    .packed_floats = packed_floats,
    .pack = pack,
    .conv = conv,
    .maxpool = maxpool,
    .linear = linear,
};
