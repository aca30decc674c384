/* net_int8.c - a network in int8 arithmetic, laid out in one block of memory.
 *
 * Activations are bytes 0..127, row by row, pixel by pixel, channel by channel, within a border of zeros
 * where the next layer pads. Every layer with weights is one call of the kernels' sum(); a pool over 2 x 2
 * behind a conv is done in that same call. Layers that work on pictures take GROUP pictures at a time, so
 * that their activations stay in the nearest cache and their weights are fetched once for all of them; the
 * linear layers take the whole batch. Groups run from the last to the first: afterwards the first place of
 * every buffer holds the first picture, for net_int8_view. */
#include "net/net_int8.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

enum {
    GROUP = 4,
    SLACK = 16 /* bytes behind a picture's activations: kernels read up to three bytes too many */
};

/* Activations between two layers. */
struct map {
    int channels, height, width, border;
    size_t row_bytes, picture_bytes;
    uint8_t *values; /* GROUP pictures, or NET_MAX_BATCH where the linear layers begin and behind */
    float scale;
};

struct layer {
    enum layer_kind kind;
    int kernel, stride; /* of a maxpool */
    bool fused;         /* a conv that does the pool behind it; that pool is then left out */
    bool relu;
    struct int8_shape shape;
    struct int8_run *runs;
    uint8_t *packed;
    float *scale; /* of each output's sums */
};

struct net_int8 {
    const struct int8_kernels *kernels;
    int layer_count;
    int picture_layers; /* those before the first linear layer */
    struct layer layers[WEIGHTS_MAX_LAYERS];
    struct map maps[WEIGHTS_MAX_LAYERS + 1]; /* maps[i] goes into layers[i], maps[i + 1] comes out of it */
    size_t stacked_offset;                   /* of the first map's second form, see build_stacked; 0: none */
    size_t stacked_row_bytes;
    int classes;
    int32_t *sums;    /* of the last layer: NET_MAX_BATCH x classes */
    uint8_t *unfused; /* outputs of a conv before its pool, when somebody looks */
};

/* ---- Laying out */

struct arena {
    uint8_t *base; /* NULL: it only counts */
    size_t used;
};

static void *arena_take(struct arena *arena, size_t bytes)
{
    void *taken = arena->base ? arena->base + arena->used : NULL;
    arena->used += (bytes + KERNELS_ALIGNMENT_BYTES - 1) / KERNELS_ALIGNMENT_BYTES * KERNELS_ALIGNMENT_BYTES;
    return taken;
}

static void plan_map(struct map *map, const struct layer_spec *next, const struct layer_spec *last)
{
    map->channels = next ? next->in_channels : last->out_channels;
    map->height = next ? next->in_height : last->out_height;
    map->width = next ? next->in_width : last->out_width;
    map->border = next && next->kind == LAYER_CONV ? next->padding : 0;
    map->row_bytes = (size_t)(map->width + 2 * map->border) * (size_t)map->channels;
    map->picture_bytes = (size_t)(map->height + 2 * map->border) * map->row_bytes;
}

/* The first layer's inputs have one channel: a window of 5 x 5 would take 5 x 2 quads, most of them half
 * empty. So the picture is kept a second time, with each pixel as a quad of itself and the three below it:
 * four rows of the window are then five quads, and the fifth row two. Whether that saves anything: */
static bool stacking_helps(const struct layer_spec *layer)
{
    const int across = (layer->kernel + 3) / 4, groups = layer->kernel / 4, rest = layer->kernel % 4;
    return layer->kind == LAYER_CONV && layer->in_channels == 1 &&
           groups * layer->kernel + rest * across < layer->kernel * across;
}

/* The runs of a window, in the order that weights_by_run follows. */
static void plan_runs(struct layer *layer, const struct layer_spec *spec, const struct map *in,
                      size_t stacked_offset, size_t stacked_row)
{
    struct int8_shape *shape = &layer->shape;
    const size_t stride = (size_t)spec->stride, channels = (size_t)in->channels;
    int row = 0, count = 0;
    for (; stacked_offset && row + 4 <= spec->kernel; row += 4)
        layer->runs[count++] = (struct int8_run){.offset = stacked_offset + (size_t)row * stacked_row,
                                                 .row_step = stride * stacked_row,
                                                 .column_step = stride * 4,
                                                 .quads = spec->kernel};
    for (; row < spec->kernel; row++)
        layer->runs[count++] = (struct int8_run){.offset = (size_t)row * in->row_bytes,
                                                 .row_step = stride * in->row_bytes,
                                                 .column_step = stride * channels,
                                                 .quads = (spec->kernel * in->channels + 3) / 4};
    shape->run_count = count;
}

static void plan_sums(struct net_int8 *net, struct layer *layer, const struct layer_spec *spec,
                      const struct map *in, const struct map *out, bool last)
{
    struct int8_shape *shape = &layer->shape;
    const int side = layer->fused ? 2 : 1;
    *shape = (struct int8_shape){.runs = layer->runs,
                                 .outputs = spec->out_channels,
                                 .height = out->height * side,
                                 .width = out->width * side,
                                 .pool = layer->fused,
                                 .raw = last,
                                 .out_row_stride = out->row_bytes,
                                 .out_column_stride = (size_t)spec->out_channels};
    if (spec->kind == LAYER_LINEAR) {
        const size_t inputs = in->picture_bytes;
        layer->runs[0] = (struct int8_run){.column_step = inputs, .quads = (int)((inputs + 3) / 4)};
        shape->run_count = 1;
    } else {
        plan_runs(layer, spec, in, in == net->maps ? net->stacked_offset : 0, net->stacked_row_bytes);
    }
    for (int r = 0; r < shape->run_count; r++)
        shape->steps += layer->runs[r].quads;
}

/* Gives everything its place. */
static void plan_memory(struct net_int8 *net, const struct weights *weights, struct arena *arena)
{
    size_t largest = 0;
    for (int i = 0; i < net->layer_count; i++) {
        const struct layer_spec *spec = &weights->layers[i];
        struct layer *layer = &net->layers[i];
        if (spec->kind == LAYER_MAXPOOL)
            continue;
        const bool last = i + 1 == net->layer_count;
        const size_t outputs = (size_t)spec->out_channels;
        layer->runs =
            arena_take(arena, sizeof *layer->runs * (size_t)(spec->kind == LAYER_CONV ? spec->kernel : 1));
        if (arena->base)
            plan_sums(net, layer, spec, &net->maps[i], &net->maps[i + layer->fused + 1], last);
        layer->packed = arena_take(arena, net->kernels->packed_bytes(spec->out_channels, layer->shape.steps));
        layer->scale = arena_take(arena, outputs * sizeof *layer->scale);
        const size_t values = outputs * (size_t)spec->out_height * (size_t)spec->out_width;
        if (layer->fused && values > largest)
            largest = values;
    }
    for (int i = 0; i <= net->layer_count; i++) {
        struct map *map = &net->maps[i];
        const size_t pictures = i >= net->picture_layers ? NET_MAX_BATCH : GROUP;
        map->values = arena_take(arena, pictures * map->picture_bytes + SLACK);
    }
    net->sums = arena_take(arena, (size_t)(NET_MAX_BATCH * net->classes) * sizeof *net->sums);
    net->unfused = arena_take(arena, largest);
}

/* ---- Packing */

/* PyTorch's weights (out, channel, row, column) of one output in the order of the runs. */
static void weights_by_run(const struct layer_spec *spec, const struct int8_shape *shape, bool stacked,
                           const int8_t *weight, int8_t *to)
{
    const bool conv = spec->kind == LAYER_CONV;
    const int rows = conv ? spec->kernel : spec->in_height, columns = conv ? spec->kernel : spec->in_width;
    memset(to, 0, (size_t)shape->steps * 4);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            for (int c = 0; c < spec->in_channels; c++) {
                const int8_t value =
                    weight[((size_t)c * (size_t)rows + (size_t)y) * (size_t)columns + (size_t)x];
                const int groups = stacked ? rows / 4 : 0;
                size_t at;
                if (y < 4 * groups)
                    at = (size_t)((y / 4 * columns + x) * 4 + y % 4);
                else if (conv)
                    at = (size_t)(4 * groups * columns +
                                  (y - 4 * groups) * ((columns * spec->in_channels + 3) / 4 * 4) +
                                  x * spec->in_channels + c);
                else
                    at = (size_t)((y * columns + x) * spec->in_channels + c);
                to[at] = value;
            }
}

/* What makes multiplying and cutting off round to the nearest: half of 2^32 / multiplier. Nothing for the
 * last layer (multiplier 0), whose sums stay as they are. */
static int32_t half_step(uint32_t multiplier)
{
    if (multiplier == 0)
        return 0;
    const uint64_t half = ((1ull << 32) + multiplier) / (2ull * multiplier);
    return (int32_t)(half < INT8_MAX_BIAS ? half : INT8_MAX_BIAS);
}

static int pack_layer(struct net_int8 *net, const struct weights *weights, int index)
{
    const struct layer_spec *spec = &weights->layers[index];
    struct layer *layer = &net->layers[index];
    const size_t outputs = (size_t)spec->out_channels, steps = (size_t)layer->shape.steps;
    const size_t inputs = layer_weight_count(spec) / outputs;
    int8_t *ordered = malloc(outputs * steps * 4);
    uint32_t *multiplier = malloc(outputs * sizeof *multiplier);
    int32_t *bias = malloc(outputs * sizeof *bias);
    const bool stacked = index == 0 && net->stacked_offset > 0;
    const bool memory = ordered && multiplier && bias;
    for (size_t o = 0; memory && o < outputs; o++) {
        weights_by_run(spec, &layer->shape, stacked, spec->int8_weight + o * inputs, ordered + o * steps * 4);
        multiplier[o] = weights_multiplier(weights, index, (int)o);
        bias[o] = spec->int8_bias[o] + half_step(multiplier[o]);
        layer->scale[o] = spec->input_scale * spec->scale[o];
    }
    if (memory)
        net->kernels->pack(ordered, bias, multiplier, spec->out_channels, layer->shape.steps, layer->packed);
    free(ordered);
    free(multiplier);
    free(bias);
    return memory ? 0 : -ENOMEM;
}

/* A pool over 2 x 2 right behind a conv. */
static bool can_fuse(const struct weights *weights, int index)
{
    const struct layer_spec *layer = &weights->layers[index];
    return layer->kind == LAYER_CONV && index + 1 < weights->layer_count && layer[1].kind == LAYER_MAXPOOL &&
           layer[1].kernel == 2 && layer[1].stride == 2;
}

static void plan_layers(struct net_int8 *net, const struct weights *weights)
{
    const struct layer_spec *specs = weights->layers;
    net->layer_count = weights->layer_count;
    net->classes = weights->classes;
    while (net->picture_layers < net->layer_count && specs[net->picture_layers].kind != LAYER_LINEAR)
        net->picture_layers++;
    float scale = WEIGHTS_PICTURE_SCALE;
    for (int i = net->layer_count; i >= 0; i--) {
        const struct layer_spec *next = i < net->layer_count ? &specs[i] : NULL;
        plan_map(&net->maps[i], next, &specs[net->layer_count - 1]);
        if (next && next->kind != LAYER_MAXPOOL)
            scale = next->input_scale;
        net->maps[i].scale = scale; /* a pool leaves the scale as it is */
    }
    for (int i = 0; i < net->layer_count; i++)
        net->layers[i] = (struct layer){.kind = specs[i].kind,
                                        .kernel = specs[i].kernel,
                                        .stride = specs[i].stride,
                                        .fused = can_fuse(weights, i),
                                        .relu = specs[i].activation == ACTIVATION_RELU};
    if (stacking_helps(&specs[0])) {
        struct map *input = &net->maps[0];
        const size_t rows = (size_t)(input->height + 2 * input->border);
        net->stacked_offset = (input->picture_bytes + SLACK + 63) / 64 * 64;
        net->stacked_row_bytes = 4 * input->row_bytes;
        input->picture_bytes = (net->stacked_offset + rows * net->stacked_row_bytes + 63) / 64 * 64;
    }
}

int net_int8_create(struct net_int8 **net, const struct weights *weights, const struct int8_kernels *kernels,
                    char *why, size_t why_bytes)
{
    *net = NULL;
    int error = weights_check_int8(weights, why, why_bytes);
    if (error)
        return error;
    struct net_int8 *plan = calloc(1, sizeof *plan), *made = NULL;
    if (!plan)
        goto no_memory;
    plan->kernels = kernels;
    plan_layers(plan, weights);
    /* Steps of each layer are needed before its weights have a size: plan them with runs of their own. */
    for (int i = 0; i < plan->layer_count; i++) {
        struct int8_run runs[WEIGHTS_MAX_SIDE];
        struct layer *layer = &plan->layers[i];
        layer->runs = runs;
        if (layer->kind != LAYER_MAXPOOL)
            plan_sums(plan, layer, &weights->layers[i], &plan->maps[i], &plan->maps[i + layer->fused + 1],
                      false);
    }
    struct arena arena = {NULL, 0};
    arena_take(&arena, sizeof *made);
    plan_memory(plan, weights, &arena);
    made = aligned_alloc(KERNELS_ALIGNMENT_BYTES, arena.used);
    if (!made)
        goto no_memory;
    memset(made, 0, arena.used); /* the borders stay zero from here on */
    *made = *plan;
    arena = (struct arena){(uint8_t *)made, 0};
    arena_take(&arena, sizeof *made);
    plan_memory(made, weights, &arena);
    for (int i = 0; i < made->layer_count; i++)
        if (made->layers[i].kind != LAYER_MAXPOOL && pack_layer(made, weights, i))
            goto no_memory;
    free(plan);
    *net = made;
    return 0;
no_memory:
    free(plan);
    free(made);
    if (why_bytes > 0)
        snprintf(why, why_bytes, "out of memory");
    return -ENOMEM;
}

void net_int8_destroy(struct net_int8 *net)
{
    free(net);
}

/* ---- Forward */

static uint8_t *map_picture(const struct map *map, int index)
{
    return map->values + (size_t)index * map->picture_bytes;
}

/* Upper left value behind the border. */
static uint8_t *map_inside(const struct map *map, uint8_t *picture)
{
    return picture + (size_t)map->border * (map->row_bytes + (size_t)map->channels);
}

/* to[4 * i + r] = row r of from [i] */
static void interleave_rows(const uint8_t *restrict from, size_t row_bytes, uint8_t *restrict to)
{
    const uint8_t *second = from + row_bytes, *third = second + row_bytes, *fourth = third + row_bytes;
    for (size_t i = 0; i < row_bytes; i++) {
        to[4 * i] = from[i];
        to[4 * i + 1] = second[i];
        to[4 * i + 2] = third[i];
        to[4 * i + 3] = fourth[i];
    }
}

/* Each pixel and the three below it, for all rows that have three below them. */
static void build_stacked(const struct net_int8 *net, uint8_t *picture)
{
    const struct map *map = &net->maps[0];
    for (int y = 0; y + 4 <= map->height + 2 * map->border; y++)
        interleave_rows(picture + (size_t)y * map->row_bytes, map->row_bytes,
                        picture + net->stacked_offset + (size_t)y * net->stacked_row_bytes);
}

/* 28 x 28 bytes 0..255 to 0..127: b * 127 / 255, rounded. */
static void fill_input(const struct net_int8 *net, const uint8_t *pixels, uint8_t *picture)
{
    const struct map *map = &net->maps[0];
    uint8_t steps[NET_PIXELS];
    for (int i = 0; i < NET_PIXELS; i++) {
        const uint16_t scaled = (uint16_t)(pixels[i] * 127 + 128);
        steps[i] = (uint8_t)((uint16_t)(scaled + (scaled >> 8)) >> 8); /* division by 255, exact below 2^16 */
    }
    uint8_t *row = map_inside(map, picture);
    for (int y = 0; y < NET_SIDE_PX; y++, row += map->row_bytes)
        memcpy(row, steps + y * NET_SIDE_PX, NET_SIDE_PX);
    if (net->stacked_offset)
        build_stacked(net, picture);
}

/* input, output: behind the border. */
static void maxpool(const struct layer *layer, const struct map *in, const struct map *out,
                    const uint8_t *input, uint8_t *output)
{
    const int channels = in->channels;
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            const uint8_t *window =
                input + (size_t)(y * layer->stride) * in->row_bytes + (size_t)(x * layer->stride * channels);
            uint8_t *pixel = output + (size_t)y * out->row_bytes + (size_t)(x * channels);
            memset(pixel, 0, (size_t)channels);
            for (int row = 0; row < layer->kernel; row++)
                for (int column = 0; column < layer->kernel; column++)
                    for (int c = 0; c < channels; c++) {
                        const uint8_t value =
                            window[(size_t)row * in->row_bytes + (size_t)(column * channels + c)];
                        pixel[c] = value > pixel[c] ? value : pixel[c];
                    }
        }
}

/* One conv or maxpool, over the picture at place `picture` of its input; its output goes to `place`. */
static void run_on_picture(struct net_int8 *net, int index, int picture, int place)
{
    const struct layer *layer = &net->layers[index];
    const struct map *in = &net->maps[index], *out = &net->maps[index + layer->fused + 1];
    const bool last = index + 1 == net->layer_count;
    uint8_t *input = map_picture(in, picture);
    uint8_t *output = map_inside(out, map_picture(out, place));
    if (layer->kind == LAYER_MAXPOOL)
        maxpool(layer, in, out, map_inside(in, input), output);
    else if (last)
        net->kernels->sum(&layer->shape, layer->packed, input,
                          net->sums + (size_t)place * (size_t)net->classes);
    else
        net->kernels->sum(&layer->shape, layer->packed, input, output);
}

/* One linear layer, over the whole batch. */
static void run_on_batch(struct net_int8 *net, int index, int count)
{
    struct layer *layer = &net->layers[index];
    struct int8_shape shape = layer->shape;
    shape.width = count;
    net->kernels->sum(&shape, layer->packed, net->maps[index].values,
                      shape.raw ? (void *)net->sums : net->maps[index + 1].values);
}

/* `count` pictures through conv and maxpool; their last maps go to places `first` and on. */
static void forward_group(struct net_int8 *net, const uint8_t *pixels, int first, int count)
{
    for (int p = 0; p < count; p++)
        fill_input(net, pixels + (size_t)p * NET_PIXELS,
                   map_picture(&net->maps[0], net->picture_layers == 0 ? first + p : p));
    for (int i = 0; i < net->picture_layers; i += net->layers[i].fused + 1) {
        const bool to_batch = i + net->layers[i].fused + 1 == net->picture_layers;
        for (int p = 0; p < count; p++)
            run_on_picture(net, i, p, to_batch ? first + p : p);
    }
}

void net_int8_run_layer(struct net_int8 *net, int index, int count)
{
    if (index >= net->picture_layers)
        run_on_batch(net, index, count);
    else
        for (int i = 0; i < count; i++)
            run_on_picture(net, index, i % GROUP, i % GROUP);
}

void net_int8_forward(struct net_int8 *net, const uint8_t *pictures, int count, float *logits)
{
    assert(count >= 1 && count <= NET_MAX_BATCH);
    for (int first = (count - 1) / GROUP * GROUP; first >= 0; first -= GROUP)
        forward_group(net, pictures + (size_t)first * NET_PIXELS, first,
                      count - first < GROUP ? count - first : GROUP);
    for (int i = net->picture_layers; i < net->layer_count; i++)
        run_on_batch(net, i, count);
    const struct layer *last = &net->layers[net->layer_count - 1];
    for (int i = 0; i < count; i++)
        for (int c = 0; c < net->classes; c++) {
            const float logit = (float)net->sums[i * net->classes + c] * last->scale[c];
            logits[i * net->classes + c] = last->relu && logit < 0 ? 0 : logit;
        }
}

/* ---- Looking inside */

/* channels last to channels first, in real numbers */
static void view_values(const struct map *map, const uint8_t *values, size_t row_bytes, float *to)
{
    for (int c = 0; c < map->channels; c++)
        for (int y = 0; y < map->height; y++)
            for (int x = 0; x < map->width; x++)
                *to++ = map->scale * (float)values[(size_t)y * row_bytes + (size_t)(x * map->channels + c)];
}

void net_int8_view(struct net_int8 *net, int index, float *activations)
{
    const struct map *map = &net->maps[index + 1];
    const struct layer *layer = index >= 0 ? &net->layers[index] : NULL;
    if (layer && index + 1 == net->layer_count) {
        for (int c = 0; c < net->classes; c++) {
            const float value = (float)net->sums[c] * layer->scale[c];
            activations[c] = layer->relu && value < 0 ? 0 : value;
        }
    } else if (layer && layer->fused) {
        /* Nobody needed it whole: once more, this time without the pool. */
        struct int8_shape shape = layer->shape;
        shape.pool = false;
        shape.height = map->height;
        shape.width = map->width;
        shape.out_row_stride = (size_t)(map->width * map->channels);
        net->kernels->sum(&shape, layer->packed, net->maps[index].values, net->unfused);
        view_values(map, net->unfused, shape.out_row_stride, activations);
    } else {
        view_values(map, map_inside(map, map->values), map->row_bytes, activations);
    }
}
