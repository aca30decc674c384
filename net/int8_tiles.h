/* int8_tiles.h - int8 sums by tiles, the part that is the same for every instruction set. Only for net/int8_*.c,
 * which define before they include it:
 *
 *   LANES, MAX_SUMS      outputs in a vector; how many vectors of sums fit into registers: 12 or 24
 *   sums, bytes          vector types: LANES int32_t, LANES * 4 bytes
 *   sums sums_load(const void *)                   LANES int32_t, aligned
 *   bytes bytes_load(const void *)                 LANES * 4 weights, aligned
 *   bytes bytes_repeat(const uint8_t *)            four activations, repeated in every lane
 *   sums sums_dot(sums, bytes activations, bytes weights)   adds the four products of each lane
 *   sums sums_max(sums, sums)
 *   void sums_store(void *, sums)                  LANES int32_t, anywhere
 *   void sums_requantise(void *, sums, sums multiplier)   as net/kernels.h says: LANES bytes, anywhere
 *
 * Lanes are outputs. A tile of rows x columns positions by `vectors` vectors of outputs keeps its sums in
 * registers: each step loads `vectors` vectors of weights and repeats four inputs for each position. Four
 * sums at least hide the latency of a dot product. Pooling takes the largest of the sums, before they are
 * requantised: requantising keeps their order, and there are then a quarter as many. */
#include <stdbool.h>
#include <string.h>

#include "net/kernels.h"

enum {
    MAX_VECTORS = 8,
    STEP_BYTES = 4 * LANES,
    HEAD_BYTES = 8 * LANES /* of a block: biases and multipliers of LANES outputs; then their weights */
};

/* ---- Packing: block after block of LANES outputs, zeros where there is no output */

static size_t block_bytes(int steps)
{
    return HEAD_BYTES + (size_t)steps * STEP_BYTES;
}

static size_t tiles_packed_bytes(int outputs, int steps)
{
    return (size_t)((outputs + LANES - 1) / LANES) * block_bytes(steps);
}

static void tiles_pack(const int8_t *weight, const int32_t *bias, const uint32_t *multiplier, int outputs,
                       int steps, void *packed)
{
    memset(packed, 0, tiles_packed_bytes(outputs, steps));
    for (int o = 0; o < outputs; o++) {
        uint8_t *block = (uint8_t *)packed + (size_t)(o / LANES) * block_bytes(steps);
        const size_t lane = (size_t)(o % LANES);
        memcpy(block + lane * 4, &bias[o], 4);
        memcpy(block + (LANES + lane) * 4, &multiplier[o], 4);
        for (int s = 0; s < steps; s++, weight += 4)
            memcpy(block + HEAD_BYTES + (size_t)s * STEP_BYTES + lane * 4, weight, 4);
    }
}

/* ---- Tiles */

/* Where a tile works: its upper left position and its first output. */
struct place {
    const struct int8_shape *shape;
    const uint8_t *packed; /* of its first output */
    const uint8_t *input;  /* as sum() was given it */
    void *output;          /* of its first position and output */
    int y, x;
    int lanes; /* outputs from here on */
};

typedef void tile_function(const struct place *place);
#include "net/tiles.h"

/* rows, columns and vectors are constants wherever this is used, so that the sums stay in registers. */
INLINE void tile_accumulate(const int rows, const int columns, const int vectors, const struct place *place,
                            sums *sum)
{
    const struct int8_shape *shape = place->shape;
    const size_t block = block_bytes(shape->steps);
    const uint8_t *weights = place->packed + HEAD_BYTES;

    UNROLL for (int p = 0; p < rows * columns; p++)
        UNROLL for (int v = 0; v < vectors; v++)
            sum[p * vectors + v] = sums_load(place->packed + (size_t)v * block);
    for (int r = 0; r < shape->run_count; r++) {
        const struct int8_run *run = &shape->runs[r];
        const size_t step = run->column_step;
        const uint8_t *start =
            place->input + run->offset + (size_t)place->y * run->row_step + (size_t)place->x * step;
        /* A pointer for every third column; the two behind it are reached by the address arithmetic of the
         * load. */
        const uint8_t *third[2 * 4];
        UNROLL for (int y = 0; y < rows; y++)
            UNROLL for (int x = 0; x < columns; x += 3)
                third[y * 4 + x / 3] = start + (size_t)y * run->row_step + (size_t)x * step;
        for (int q = 0; q < run->quads; q++, weights += STEP_BYTES) {
            bytes weight[MAX_VECTORS];
            UNROLL for (int v = 0; v < vectors; v++)
                weight[v] = bytes_load(weights + (size_t)v * block);
            UNROLL for (int p = 0; p < rows * columns; p++) {
                const int y = p / columns, x = p % columns;
                const bytes value = bytes_repeat(third[y * 4 + x / 3] + (size_t)(x % 3) * step);
                UNROLL for (int v = 0; v < vectors; v++)
                    sum[p * vectors + v] = sums_dot(sum[p * vectors + v], value, weight[v]);
            }
            UNROLL for (int y = 0; y < rows; y++)
                UNROLL for (int x = 0; x < columns; x += 3)
                    third[y * 4 + x / 3] += 4;
        }
    }
}

/* A few bytes, fewer than a call of memcpy is worth. */
static void copy_bytes(uint8_t *to, const uint8_t *from, size_t count)
{
    for (; count >= 8; count -= 8, to += 8, from += 8)
        memcpy(to, from, 8);
    if (count & 4) {
        memcpy(to, from, 4);
        to += 4, from += 4;
    }
    if (count & 2) {
        memcpy(to, from, 2);
        to += 2, from += 2;
    }
    if (count & 1)
        *to = *from;
}

/* Results of `positions` neighbours, each `stride` outputs from the one before it; all LANES of every vector are
 * written. */
INLINE void tile_store(const int positions, const int vectors, const struct place *place, const sums *result,
                       void *output, size_t stride)
{
    const size_t block = block_bytes(place->shape->steps);
    UNROLL for (int v = 0; v < vectors; v++)
    {
        const sums multiplier = sums_load(place->packed + (size_t)v * block + LANES * 4);
        UNROLL for (int p = 0; p < positions; p++)
        {
            const size_t at = (size_t)p * stride + (size_t)(v * LANES);
            if (place->shape->raw)
                sums_store((int32_t *)output + at, result[p * vectors + v]);
            else
                sums_requantise((uint8_t *)output + at, result[p * vectors + v], multiplier);
        }
    }
}

/* Where fewer outputs exist than the vectors have lanes: what lies behind them in memory belongs to the next
 * position, or to a border that has to stay zero. */
INLINE void tile_store_some(const int positions, const int vectors, const struct place *place,
                            const sums *result)
{
    int32_t values[24 * LANES];
    const size_t width = (size_t)(vectors * LANES), stride = place->shape->out_column_stride;
    const size_t size = place->shape->raw ? 4 : 1;
    tile_store(positions, vectors, place, result, values, width);
    for (size_t p = 0; p < (size_t)positions; p++)
        copy_bytes((uint8_t *)place->output + p * stride * size, (const uint8_t *)values + p * width * size,
                   (size_t)place->lanes * size);
}

INLINE void tile(const int rows, const int columns, const int vectors, const struct place *place)
{
    sums sum[24];
    tile_accumulate(rows, columns, vectors, place, sum);
    if (rows == 2) /* it pools */
        UNROLL for (int p = 0; p < columns / 2; p++)
            UNROLL for (int v = 0; v < vectors; v++)
                sum[p * vectors + v] =
                    sums_max(sums_max(sum[2 * p * vectors + v], sum[(2 * p + 1) * vectors + v]),
                             sums_max(sum[(columns + 2 * p) * vectors + v],
                                      sum[(columns + 2 * p + 1) * vectors + v]));
    if (place->lanes >= vectors * LANES)
        tile_store(columns / rows, vectors, place, sum, place->output, place->shape->out_column_stride);
    else
        tile_store_some(columns / rows, vectors, place, sum);
}

#define TILE(rows, columns, vectors)                                                                         \
    static void tile_##rows##x##columns##x##vectors(const struct place *place)                               \
    {                                                                                                        \
        tile(rows, columns, vectors, place);                                                                 \
    }

/* clang-format off */
TILE(1, 1, 1) TILE(1, 2, 1) TILE(1, 3, 1) TILE(1, 4, 1) TILE(1, 5, 1) TILE(1, 6, 1)
TILE(1, 7, 1) TILE(1, 8, 1) TILE(1, 9, 1) TILE(1, 10, 1) TILE(1, 11, 1) TILE(1, 12, 1)
TILE(1, 1, 2) TILE(1, 2, 2) TILE(1, 3, 2) TILE(1, 4, 2) TILE(1, 5, 2)
TILE(1, 1, 3) TILE(1, 2, 3) TILE(1, 3, 3)
TILE(1, 1, 4) TILE(1, 1, 8)
TILE(2, 2, 1) TILE(2, 4, 1) TILE(2, 6, 1)
static tile_function *const tiles_1[] = {
    tile_1x1x1, tile_1x2x1, tile_1x3x1, tile_1x4x1, tile_1x5x1, tile_1x6x1,
    tile_1x7x1, tile_1x8x1, tile_1x9x1, tile_1x10x1, tile_1x11x1, tile_1x12x1};
static tile_function *const tiles_8[] = {tile_1x1x8};
#if MAX_SUMS >= 24
TILE(1, 6, 2) TILE(1, 7, 2) TILE(1, 8, 2) TILE(1, 9, 2) TILE(1, 10, 2) TILE(1, 11, 2) TILE(1, 12, 2)
TILE(1, 4, 3) TILE(1, 5, 3) TILE(1, 6, 3) TILE(1, 7, 3) TILE(1, 8, 3)
TILE(1, 2, 4) TILE(1, 3, 4) TILE(1, 4, 4) TILE(1, 5, 4) TILE(1, 6, 4)
TILE(2, 2, 2) TILE(2, 4, 2) TILE(2, 6, 2)
TILE(2, 8, 1) TILE(2, 10, 1) TILE(2, 12, 1)
static tile_function *const tiles_2[] = {
    tile_1x1x2, tile_1x2x2, tile_1x3x2, tile_1x4x2, tile_1x5x2, tile_1x6x2,
    tile_1x7x2, tile_1x8x2, tile_1x9x2, tile_1x10x2, tile_1x11x2, tile_1x12x2};
static tile_function *const tiles_3[] = {tile_1x1x3, tile_1x2x3, tile_1x3x3, tile_1x4x3,
                                         tile_1x5x3, tile_1x6x3, tile_1x7x3, tile_1x8x3};
static tile_function *const tiles_4[] = {tile_1x1x4, tile_1x2x4, tile_1x3x4, tile_1x4x4, tile_1x5x4, tile_1x6x4};
static tile_function *const pools_1[] = {tile_2x2x1, tile_2x4x1,  tile_2x6x1,
                                         tile_2x8x1, tile_2x10x1, tile_2x12x1};
static tile_function *const pools_2[] = {tile_2x2x2, tile_2x4x2, tile_2x6x2};
#else
static tile_function *const pools_1[] = {tile_2x2x1, tile_2x4x1, tile_2x6x1};
static tile_function *const tiles_2[] = {tile_1x1x2, tile_1x2x2, tile_1x3x2, tile_1x4x2, tile_1x5x2};
static tile_function *const tiles_3[] = {tile_1x1x3, tile_1x2x3, tile_1x3x3};
static tile_function *const tiles_4[] = {tile_1x1x4};
#endif
/* clang-format on */

/* From the widest to the narrowest; the last serves always. */
static const struct tile_set tile_sets[] = {
    TILES(8, 1, 1, tiles_8),
#if MAX_SUMS >= 24
    TILES(4, 1, 0, tiles_4), TILES(3, 1, 0, tiles_3), TILES(2, 1, 0, tiles_2),
#else
    TILES(4, 1, 1, tiles_4), TILES(3, 1, 3, tiles_3), TILES(2, 1, 5, tiles_2),
#endif
    TILES(1, 1, 0, tiles_1),
};
static const struct tile_set pool_sets[] = {
#if MAX_SUMS >= 24
    TILES(2, 2, 0, pools_2),
#endif
    TILES(1, 2, 0, pools_1),
};

static void tiles_sum(const struct int8_shape *shape, const void *packed, const uint8_t *input, void *output)
{
    const size_t output_bytes = shape->raw ? sizeof(int32_t) : sizeof(uint8_t);
    struct place place = {.shape = shape, .input = input};
    for (int o = 0; o < shape->outputs;) {
        place.packed = (const uint8_t *)packed + (size_t)(o / LANES) * block_bytes(shape->steps);
        place.lanes = shape->outputs - o;
        const struct tile_set *set = choose_tiles(shape->pool ? pool_sets : tile_sets, place.lanes, shape->width);
        const int side = set->side, units = shape->width / side;
        const int tiles = tiles_for(set, units);
        for (place.y = 0; place.y < shape->height; place.y += side) {
            const size_t row = (size_t)(place.y / side) * shape->out_row_stride + (size_t)o;
            for (int i = 0, done = 0; i < tiles; i++) {
                const int size = (units - done) / (tiles - i);
                place.x = done * side;
                place.output =
                    (uint8_t *)output + output_bytes * (row + (size_t)done * shape->out_column_stride);
                set->tiles[size - 1](&place);
                done += size;
            }
        }
        o += set->vectors * LANES;
    }
}
