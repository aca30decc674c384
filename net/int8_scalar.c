/* int8_scalar.c - int8 sums in plain C: what every other set has to give, bit for bit. */
#include <string.h>

#include "net/kernels.h"

/* packed: outputs biases, outputs multipliers, outputs x steps x 4 weights. */
static size_t packed_bytes(int outputs, int steps)
{
    return (size_t)outputs * (8 + 4 * (size_t)steps);
}

static void pack(const int8_t *weight, const int32_t *bias, const uint32_t *multiplier, int outputs,
                 int steps, void *packed)
{
    uint8_t *to = packed;
    const size_t count = (size_t)outputs;
    memcpy(to, bias, count * sizeof *bias);
    memcpy(to + count * 4, multiplier, count * sizeof *multiplier);
    memcpy(to + count * 8, weight, count * (size_t)steps * 4);
}

static int32_t sum_at(const struct int8_shape *shape, const uint8_t *input, const int8_t *weight, int y,
                      int x)
{
    int32_t sum = 0;
    for (int r = 0; r < shape->run_count; r++) {
        const struct int8_run *run = &shape->runs[r];
        const uint8_t *values =
            input + run->offset + (size_t)y * run->row_step + (size_t)x * run->column_step;
        for (int i = 0; i < 4 * run->quads; i++)
            sum += values[i] * *weight++;
    }
    return sum;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static uint8_t requantise(int32_t sum, uint32_t multiplier)
{
    const uint64_t scaled = (uint64_t)larger(sum, 0) * multiplier >> 32;
    return (uint8_t)(scaled < INT8_MAX_ACTIVATION ? scaled : INT8_MAX_ACTIVATION);
}

/* input  runs at height x width positions
 * weight outputs x steps x 4
 * output height x width x outputs, half as high and wide where it pools, strides apart */
static void sum(const struct int8_shape *shape, const void *packed, const uint8_t *input, void *output)
{
    const size_t outputs = (size_t)shape->outputs;
    const int32_t *bias = packed;
    const uint32_t *multiplier = (const uint32_t *)packed + outputs;
    const int8_t *weights = (const int8_t *)packed + outputs * 8;
    const int side = shape->pool ? 2 : 1;
    for (int y = 0; y < shape->height; y += side)
        for (int x = 0; x < shape->width; x += side)
            for (size_t o = 0; o < outputs; o++) {
                const int8_t *weight = weights + o * (size_t)shape->steps * 4;
                int32_t most = sum_at(shape, input, weight, y, x);
                for (int i = 1; i < side * side; i++)
                    most = larger(most, sum_at(shape, input, weight, y + i / 2, x + i % 2));
                most += bias[o];
                const size_t at =
                    (size_t)(y / side) * shape->out_row_stride + (size_t)(x / side) * shape->out_column_stride + o;
                if (shape->raw)
                    ((int32_t *)output)[at] = most;
                else
                    ((uint8_t *)output)[at] = requantise(most, multiplier[o]);
            }
}

const struct int8_kernels int8_scalar = {.packed_bytes = packed_bytes, .pack = pack, .sum = sum};
