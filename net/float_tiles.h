/* float_tiles.h - float layers by tiles, the part that is the same for every instruction set. Only for
 * net/kernels_*.c, which define before they include it:
 *
 *   LANES, MAX_SUMS   outputs in a vector; how many vectors of sums fit into registers: 12 or 24
 *   floats            vector type of LANES floats
 *   floats floats_load(const float *)            aligned
 *   floats floats_load_anywhere(const float *)
 *   void floats_store(float *, floats)           anywhere
 *   void floats_store_some(float *, floats, int lanes)   the first lanes, fewer than LANES, and no more
 *   floats floats_repeat(const float *)          one float in every lane
 *   floats floats_add_product(floats sum, floats, floats)   rounded once, or after the product too
 *   floats floats_max(floats, floats)            the second where one is not a number
 *
 * Lanes are outputs, and a tile of positions shares each load of weights. One multiply-add needs a vector of
 * weights and one input copied to all lanes. A tile of `positions` x `vectors` sums is kept in registers: each
 * step loads `vectors` weights and `positions` inputs and does positions x vectors multiply-adds. Eight sums at
 * least hide the latency of the multiply-add (4 cycles, two a cycle); twelve leave registers for the rest and
 * keep loads below the two a cycle that a core can do. */
#include <stdbool.h>
#include <string.h>

#include "net/kernels.h"

/* Keeps the compiler from seeing that what it loads was loaded a step before, and from keeping it until then:
 * there is no register left for it. */
#define HIDE(pointer) __asm__("" : "+r"(pointer))

enum { MAX_VECTORS = 8, MOST_SUMS = MAX_SUMS + 4 /* of a close tile, see there */ };

/* What a tile works on: outputs at neighbouring positions (pixels of a row, or pictures of a batch). */
struct work {
    int rows, run;        /* of the window: `rows` runs of `run` inputs that lie side by side */
    size_t row_stride;    /* from run to run */
    size_t position_step; /* from the input of one position to that of the next */
    size_t down_step;     /* to that of the position below it, where it pools */
    size_t output_step;   /* from the outputs of one position to those of the next */
    size_t block_floats;  /* packed weights of LANES outputs */
    bool relu;
};

typedef void tile_function(const struct work *work, const float *packed, const float *input, float *output,
                           int lanes);
#include "net/tiles.h"

/* ---- Packing: for each LANES outputs their biases, then step after step their weights; zeros where there is
 * no output */

static size_t block_floats(int steps)
{
    return (size_t)LANES * (1 + (size_t)steps);
}

static size_t packed_floats(int outputs, int steps)
{
    return (size_t)((outputs + LANES - 1) / LANES) * block_floats(steps);
}

static void pack(const float *weight, const float *bias, int outputs, int steps, float *packed)
{
    memset(packed, 0, packed_floats(outputs, steps) * sizeof *packed);
    for (int o = 0; o < outputs; o++) {
        float *lane = packed + (size_t)(o / LANES) * block_floats(steps) + (size_t)(o % LANES);
        *lane = bias[o];
        for (int s = 0; s < steps; s++)
            *(lane += LANES) = *weight++;
    }
}

/* ---- Tiles */

/* The first `lanes` values of `vector`. What lies behind them in memory is not touched: it belongs to the
 * next position, or to a border that has to stay zero. */
INLINE void store_lanes(float *output, floats vector, int lanes)
{
    if (lanes >= LANES)
        floats_store(output, vector);
    else
        floats_store_some(output, vector, lanes);
}

/* rows, columns, vectors and close are constants wherever this is used, so that the sums stay in registers.
 * Two rows: it pools. Close: positions are one float apart. `lanes` outputs exist. */
INLINE void tile(const int rows, const int columns, const int vectors, const bool close,
                 const struct work *work, const float *packed, const float *input, float *output, int lanes)
{
    const size_t step = close ? 1 : work->position_step, block = work->block_floats;
    const int reach = close ? columns : 3;
    floats sum[MOST_SUMS];

    UNROLL for (int p = 0; p < rows * columns; p++)
        UNROLL for (int v = 0; v < vectors; v++)
            sum[p * vectors + v] = floats_load(packed + (size_t)v * block);
    packed += LANES;
    for (int row = 0; row < work->rows; row++) {
        /* A pointer for every third position; the two behind it are reached by the address arithmetic of the
         * load. Where they are close, one for a whole row. */
        const float *start[2 * 4];
        UNROLL for (int y = 0; y < rows; y++)
            UNROLL for (int x = 0; x < columns; x += reach)
                start[y * 4 + x / reach] = input + (size_t)row * work->row_stride +
                                           (size_t)y * work->down_step + (size_t)x * step;
        for (int i = 0; i < work->run; i++, packed += LANES) {
            floats weight[MAX_VECTORS];
            UNROLL for (int y = 0; close && y < rows; y++)
                HIDE(start[y * 4]);
            UNROLL for (int v = 0; v < vectors; v++)
                weight[v] = floats_load(packed + (size_t)v * block);
            UNROLL for (int p = 0; p < rows * columns; p++) {
                const int y = p / columns, x = p % columns;
                const floats value = floats_repeat(start[y * 4 + x / reach] + (size_t)(x % reach) * step);
                UNROLL for (int v = 0; v < vectors; v++)
                    sum[p * vectors + v] = floats_add_product(sum[p * vectors + v], value, weight[v]);
            }
            UNROLL for (int y = 0; y < rows; y++)
                UNROLL for (int x = 0; x < columns; x += reach)
                    start[y * 4 + x / reach]++;
        }
    }
    if (rows == 2)
        UNROLL for (int p = 0; p < columns / 2; p++)
            UNROLL for (int v = 0; v < vectors; v++)
                sum[p * vectors + v] =
                    floats_max(floats_max(sum[2 * p * vectors + v], sum[(2 * p + 1) * vectors + v]),
                               floats_max(sum[(columns + 2 * p) * vectors + v],
                                          sum[(columns + 2 * p + 1) * vectors + v]));
    const float bound = work->relu ? 0 : -__builtin_inff();
    const floats least = floats_repeat(&bound);
    UNROLL for (int p = 0; p < columns / rows; p++)
        UNROLL for (int v = 0; v < vectors; v++)
            store_lanes(output + (size_t)p * work->output_step + (size_t)(v * LANES),
                        floats_max(least, sum[p * vectors + v]), lanes - v * LANES);
}

#define TILE(rows, columns, vectors)                                                                         \
    static void tile_##rows##x##columns##x##vectors(const struct work *work, const float *packed,            \
                                                    const float *input, float *output, int lanes)            \
    {                                                                                                        \
        tile(rows, columns, vectors, false, work, packed, input, output, lanes);                             \
    }
/* Without registers for addresses and repeated inputs there is room for four sums more. */
#define CLOSE_TILE(columns)                                                                                  \
    static void close_##columns(const struct work *work, const float *packed, const float *input,            \
                                float *output, int lanes)                                                    \
    {                                                                                                        \
        tile(2, columns, 1, true, work, packed, input, output, lanes);                                       \
    }

/* clang-format off */
TILE(1, 1, 1) TILE(1, 2, 1) TILE(1, 3, 1) TILE(1, 4, 1) TILE(1, 5, 1) TILE(1, 6, 1)
TILE(1, 7, 1) TILE(1, 8, 1) TILE(1, 9, 1) TILE(1, 10, 1) TILE(1, 11, 1) TILE(1, 12, 1)
TILE(1, 1, 2) TILE(1, 2, 2) TILE(1, 3, 2) TILE(1, 4, 2) TILE(1, 5, 2) TILE(1, 6, 2)
TILE(1, 1, 4) TILE(1, 2, 4) TILE(1, 3, 4) TILE(1, 1, 8)
TILE(2, 2, 1) TILE(2, 4, 1) TILE(2, 6, 1)
CLOSE_TILE(2) CLOSE_TILE(4) CLOSE_TILE(6)
static tile_function *const tiles_1[] = {
    tile_1x1x1, tile_1x2x1, tile_1x3x1, tile_1x4x1, tile_1x5x1, tile_1x6x1,
    tile_1x7x1, tile_1x8x1, tile_1x9x1, tile_1x10x1, tile_1x11x1, tile_1x12x1};
static tile_function *const tiles_8[] = {tile_1x1x8};
#if MAX_SUMS >= 24
TILE(1, 7, 2) TILE(1, 8, 2) TILE(1, 9, 2) TILE(1, 10, 2) TILE(1, 11, 2) TILE(1, 12, 2)
TILE(1, 4, 4) TILE(1, 5, 4) TILE(1, 6, 4)
TILE(2, 8, 1) TILE(2, 10, 1) TILE(2, 12, 1) TILE(2, 2, 2) TILE(2, 4, 2) TILE(2, 6, 2)
static tile_function *const tiles_2[] = {
    tile_1x1x2, tile_1x2x2, tile_1x3x2, tile_1x4x2, tile_1x5x2, tile_1x6x2,
    tile_1x7x2, tile_1x8x2, tile_1x9x2, tile_1x10x2, tile_1x11x2, tile_1x12x2};
static tile_function *const tiles_4[] = {tile_1x1x4, tile_1x2x4, tile_1x3x4, tile_1x4x4, tile_1x5x4, tile_1x6x4};
static tile_function *const pools_1[] = {tile_2x2x1, tile_2x4x1,  tile_2x6x1,
                                         tile_2x8x1, tile_2x10x1, tile_2x12x1};
CLOSE_TILE(8) CLOSE_TILE(10) CLOSE_TILE(12) CLOSE_TILE(14)
static tile_function *const close_pools[] = {close_2, close_4, close_6, close_8, close_10, close_12, close_14};
static tile_function *const pools_2[] = {tile_2x2x2, tile_2x4x2, tile_2x6x2};
#else
static tile_function *const tiles_2[] = {tile_1x1x2, tile_1x2x2, tile_1x3x2, tile_1x4x2, tile_1x5x2, tile_1x6x2};
static tile_function *const tiles_4[] = {tile_1x1x4, tile_1x2x4, tile_1x3x4};
static tile_function *const pools_1[] = {tile_2x2x1, tile_2x4x1, tile_2x6x1};
static tile_function *const close_pools[] = {close_2, close_4, close_6};
#endif
/* clang-format on */

/* From the widest to the narrowest; the last serves always. A wide one serves where there are few positions, a
 * linear layer with a batch of one above all: its sums then come from many outputs. */
static const struct tile_set tile_sets[] = {
    TILES(8, 1, 1, tiles_8), TILES(4, 1, MAX_SUMS / 4, tiles_4), TILES(2, 1, 0, tiles_2),
    TILES(1, 1, 0, tiles_1),
};
static const struct tile_set pool_sets[] = {
#if MAX_SUMS >= 24
    TILES(2, 2, 0, pools_2),
#endif
    TILES(1, 2, 0, pools_1),
};

static const struct tile_set close_pool_set = TILES(1, 2, 0, close_pools);

/* A first layer has inputs of one channel; where it has few outputs, its positions are taken as close ones. */
static const struct tile_set *sets_for(const struct conv_shape *shape)
{
    if (!shape->pool)
        return tile_sets;
    const bool close = shape->in_channels == 1 && shape->stride == 1 && shape->out_channels <= LANES;
    return close ? &close_pool_set : pool_sets;
}

/* `positions` outputs in a row. */
static void run_positions(const struct tile_set *set, const struct work *work, const float *packed,
                          const float *input, float *output, int lanes, int positions)
{
    const int units = positions / set->side, count = tiles_for(set, units);
    for (int i = 0, done = 0; i < count; i++) {
        const int size = (units - done) / (count - i);
        set->tiles[size - 1](work, packed, input + (size_t)(done * set->side) * work->position_step,
                             output + (size_t)done * work->output_step, lanes);
        done += size;
    }
}

/* ---- Layers */

static void conv(const struct conv_shape *shape, const float *packed, const float *input, float *output)
{
    const int run = shape->kernel * shape->in_channels, side = shape->pool ? 2 : 1;
    const struct work work = {
        .rows = shape->kernel,
        .run = run,
        .row_stride = shape->in_row_stride,
        .position_step = (size_t)shape->stride * (size_t)shape->in_channels,
        .down_step = (size_t)shape->stride * shape->in_row_stride,
        .output_step = (size_t)shape->out_channels,
        .block_floats = block_floats(shape->kernel * run),
        .relu = shape->relu,
    };
    /* Outputs outside, rows inside: the weights of one tile stay in the nearest cache for the whole picture.
     */
    for (int o = 0; o < shape->out_channels;) {
        const int lanes = shape->out_channels - o;
        const struct tile_set *set = choose_tiles(sets_for(shape), lanes, shape->out_width);
        for (int y = 0; y < shape->out_height; y += side)
            run_positions(set, &work, packed + (size_t)(o / LANES) * work.block_floats,
                          input + (size_t)(y * shape->stride) * shape->in_row_stride,
                          output + (size_t)(y / side) * shape->out_row_stride + (size_t)o, lanes,
                          shape->out_width);
        o += set->vectors * LANES;
    }
}

static void linear(const struct linear_shape *shape, const float *packed, const float *input, int batch,
                   float *output)
{
    const struct work work = {
        .rows = 1,
        .run = shape->inputs,
        .position_step = (size_t)shape->inputs,
        .output_step = (size_t)shape->outputs,
        .block_floats = block_floats(shape->inputs),
        .relu = shape->relu,
    };
    for (int o = 0; o < shape->outputs;) {
        const int lanes = shape->outputs - o;
        const struct tile_set *set = choose_tiles(tile_sets, lanes, batch);
        run_positions(set, &work, packed + (size_t)(o / LANES) * work.block_floats, input, output + o, lanes,
                      batch);
        o += set->vectors * LANES;
    }
}

/* One output pixel: the largest of each channel under the window. */
static void maxpool_pixel(const struct maxpool_shape *shape, const float *window, float *pixel)
{
    const int channels = shape->channels;
    int c = 0;
    for (; c + LANES <= channels; c += LANES) {
        floats largest = floats_load_anywhere(window + c);
        for (int row = 0; row < shape->kernel; row++)
            for (int column = 0; column < shape->kernel; column++)
                largest = floats_max(largest,
                                     floats_load_anywhere(window + (size_t)row * shape->in_row_stride +
                                                          (size_t)(column * channels + c)));
        floats_store(pixel + c, largest);
    }
    for (; c < channels; c++) {
        float largest = window[c];
        for (int row = 0; row < shape->kernel; row++)
            for (int column = 0; column < shape->kernel; column++) {
                const float value =
                    window[(size_t)row * shape->in_row_stride + (size_t)(column * channels + c)];
                largest = value > largest ? value : largest;
            }
        pixel[c] = largest;
    }
}

static void maxpool(const struct maxpool_shape *shape, const float *input, float *output)
{
    for (int y = 0; y < shape->out_height; y++)
        for (int x = 0; x < shape->out_width; x++)
            maxpool_pixel(shape,
                          input + (size_t)(y * shape->stride) * shape->in_row_stride +
                              (size_t)(x * shape->stride) * (size_t)shape->channels,
                          output + (size_t)y * shape->out_row_stride + (size_t)(x * shape->channels));
}
