/* kernels_avx2.c - AVX2 with FMA: eight outputs fill a vector, and a tile of positions shares each load of
 * weights.
 *
 * One multiply-add needs a vector of weights and one input copied to all lanes. A tile of `positions` x
 * `vectors` sums is kept in registers: each step loads `vectors` weights and `positions` inputs and does
 * positions x vectors multiply-adds. Eight sums at least hide the latency of the multiply-add (4 cycles, two
 * a cycle); twelve leave registers for the rest and keep loads below the two a cycle that a core can do. */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "net/kernels.h"

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

enum { LANES = 8, MAX_POSITIONS = 12 };

/* What a tile works on: outputs at neighbouring positions (pixels of a row, or pictures of a batch). */
struct work {
    int rows, run;        /* of the window: `rows` runs of `run` inputs that lie side by side */
    size_t row_stride;    /* from run to run */
    size_t position_step; /* from the input of one position to that of the next */
    size_t output_step;   /* from the outputs of one position to those of the next */
    size_t block_floats;  /* packed weights of eight outputs */
    bool relu;
};

typedef void tile_function(const struct work *work, const float *packed, const float *input, float *output,
                           int lanes);

/* ---- Packing: for each eight outputs their biases, then step after step their weights; zeros where there is
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

/* ---- Tiles
 * ----------------------------------------------------------------------------------------------------- */

/* The first `lanes` values of `vector`. What lies behind them in memory is not touched: it belongs to the
 * next position, or to a border that has to stay zero. */
static inline void store_lanes(float *output, __m256 vector, int lanes)
{
    if (lanes >= LANES) {
        _mm256_storeu_ps(output, vector);
        return;
    }
    __m128 rest = _mm256_castps256_ps128(vector);
    if (lanes & 4) {
        _mm_storeu_ps(output, rest);
        rest = _mm256_extractf128_ps(vector, 1);
        output += 4;
    }
    if (lanes & 2) {
        _mm_storel_pi((__m64 *)(void *)output, rest);
        rest = _mm_movehl_ps(rest, rest);
        output += 2;
    }
    if (lanes & 1)
        _mm_store_ss(output, rest);
}

/* positions and vectors are constants wherever this is used, so that the sums stay in registers. `lanes`
 * outputs exist. */
static inline __attribute__((always_inline)) void tile(const int positions, const int vectors,
                                                       const struct work *work, const float *packed,
                                                       const float *input, float *output, int lanes)
{
    const size_t step = work->position_step, block = work->block_floats;
    __m256 sum[MAX_POSITIONS * LANES];

    UNROLL for (int p = 0; p < positions; p++) UNROLL for (int v = 0; v < vectors; v++) sum[p * vectors + v] =
        _mm256_load_ps(packed + (size_t)v * block);
    packed += LANES;
    for (int row = 0; row < work->rows; row++) {
        /* A pointer for every third position; the two behind it are reached by the address arithmetic of the
         * load. */
        const float *third[(MAX_POSITIONS + 2) / 3];
        UNROLL for (int p = 0; p < positions; p += 3) third[p / 3] =
            input + (size_t)row * work->row_stride + (size_t)p * step;
        for (int i = 0; i < work->run; i++, packed += LANES) {
            __m256 weight[LANES];
            UNROLL for (int v = 0; v < vectors; v++) weight[v] = _mm256_load_ps(packed + (size_t)v * block);
            UNROLL for (int p = 0; p < positions; p++)
            {
                const __m256 value = _mm256_broadcast_ss(third[p / 3] + (size_t)(p % 3) * step);
                UNROLL for (int v = 0; v < vectors; v++) sum[p * vectors + v] =
                    _mm256_fmadd_ps(value, weight[v], sum[p * vectors + v]);
            }
            UNROLL for (int p = 0; p < positions; p += 3) third[p / 3]++;
        }
    }
    const __m256 least = work->relu ? _mm256_setzero_ps() : _mm256_set1_ps(-__builtin_inff());
    UNROLL for (int p = 0; p < positions; p++) UNROLL for (int v = 0; v < vectors; v++)
        store_lanes(output + (size_t)p * work->output_step + (size_t)(v * LANES),
                    _mm256_max_ps(least, sum[p * vectors + v]), lanes - v * LANES);
}

#define TILE(positions, vectors)                                                                             \
    static void tile_##positions##x##vectors(const struct work *work, const float *packed,                   \
                                             const float *input, float *output, int lanes)                   \
    {                                                                                                        \
        tile(positions, vectors, work, packed, input, output, lanes);                                        \
    }

TILE(1, 1)
TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1)
    TILE(11, 1) TILE(12, 1) TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(1, 4)
        TILE(2, 4) TILE(3, 4) TILE(1, 8)

    /* tiles[positions - 1] for each number of vectors. */
    static tile_function *const tiles_1[] = {tile_1x1, tile_2x1, tile_3x1, tile_4x1,  tile_5x1,  tile_6x1,
                                             tile_7x1, tile_8x1, tile_9x1, tile_10x1, tile_11x1, tile_12x1};
static tile_function *const tiles_2[] = {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2};
static tile_function *const tiles_4[] = {tile_1x4, tile_2x4, tile_3x4};
static tile_function *const tiles_8[] = {tile_1x8};

/* From the widest to the narrowest. A wide one serves where there are few positions, a linear layer with a
 * batch of one above all: its sums then come from many outputs. */
static const struct tile_set {
    int vectors, max_positions;
    int positions_below; /* worth it for fewer positions than this */
    tile_function *const *tiles;
} tile_sets[] = {{8, 1, 2, tiles_8}, {4, 3, 4, tiles_4}, {2, 6, 1 << 30, tiles_2}, {1, 12, 1 << 30, tiles_1}};

/* The widest tiles that `outputs` left over and `positions` side by side fill. */
static const struct tile_set *choose_tiles(int outputs, int positions)
{
    const struct tile_set *set = tile_sets;
    while (set->vectors > 1 && (outputs <= (set->vectors - 1) * LANES || positions >= set->positions_below))
        set++;
    return set;
}

/* `positions` outputs in tiles of nearly the same size, since small ones are slow. */
static void run_positions(const struct tile_set *set, const struct work *work, const float *packed,
                          const float *input, float *output, int lanes, int positions)
{
    const int count = (positions + set->max_positions - 1) / set->max_positions;
    for (int i = 0, done = 0; i < count; i++) {
        const int size = (positions - done) / (count - i);
        set->tiles[size - 1](work, packed, input + (size_t)done * work->position_step,
                             output + (size_t)done * work->output_step, lanes);
        done += size;
    }
}

/* ---- Layers
 * ---------------------------------------------------------------------------------------------------- */

static void conv(const struct conv_shape *shape, const float *packed, const float *input, float *output)
{
    const int run = shape->kernel * shape->in_channels;
    const struct work work = {
        .rows = shape->kernel,
        .run = run,
        .row_stride = shape->in_row_stride,
        .position_step = (size_t)shape->stride * (size_t)shape->in_channels,
        .output_step = (size_t)shape->out_channels,
        .block_floats = block_floats(shape->kernel * run),
        .relu = shape->relu,
    };
    /* Outputs outside, rows inside: the weights of one tile stay in the nearest cache for the whole picture.
     */
    for (int o = 0; o < shape->out_channels;) {
        const int lanes = shape->out_channels - o;
        const struct tile_set *set = choose_tiles(lanes, shape->out_width);
        for (int y = 0; y < shape->out_height; y++)
            run_positions(set, &work, packed + (size_t)(o / LANES) * work.block_floats,
                          input + (size_t)(y * shape->stride) * shape->in_row_stride,
                          output + (size_t)y * shape->out_row_stride + (size_t)o, lanes, shape->out_width);
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
        const struct tile_set *set = choose_tiles(lanes, batch);
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
        __m256 largest = _mm256_loadu_ps(window + c);
        for (int row = 0; row < shape->kernel; row++)
            for (int column = 0; column < shape->kernel; column++)
                largest = _mm256_max_ps(largest, _mm256_loadu_ps(window + (size_t)row * shape->in_row_stride +
                                                                 (size_t)(column * channels + c)));
        _mm256_storeu_ps(pixel + c, largest);
    }
    for (; c + LANES / 2 <= channels; c += LANES / 2) {
        __m128 largest = _mm_loadu_ps(window + c);
        for (int row = 0; row < shape->kernel; row++)
            for (int column = 0; column < shape->kernel; column++)
                largest = _mm_max_ps(largest, _mm_loadu_ps(window + (size_t)row * shape->in_row_stride +
                                                           (size_t)(column * channels + c)));
        _mm_storeu_ps(pixel + c, largest);
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

const struct float_kernels float_avx2 = {
    .packed_floats = packed_floats,
    .pack = pack,
    .conv = conv,
    .maxpool = maxpool,
    .linear = linear,
};

#else
/* ISO C wants a declaration in every file. */
typedef int kernels_avx2_needs_x86_64;
#endif
