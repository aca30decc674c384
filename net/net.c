/* net.c - a network laid out in one block of memory, and pictures going through it.
 *
 * The layers that work on pictures (conv, maxpool) come first and run one picture at a time, so that their
 * activations stay in the nearest cache; their last output is kept for every picture of the batch, and the
 * linear layers then take the whole batch at once, so that each weight is fetched once for all of them.
 * Pictures run from the last to the first: afterwards every buffer holds the first one, for net_layer. */
#include "net/net.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/kernels.h"
#include "net/net_int8.h"
#include "net/weights.h"

/* Activations of one layer: height x width x channels, within a border of zeros as wide as the next layer
 * pads. */
struct map {
    int channels, height, width, border;
    size_t row_stride;     /* floats from row to row */
    size_t picture_floats; /* of one picture, with the border */
    float *values;         /* one picture, or NET_MAX_BATCH where the linear layers begin and behind */
    float *view;           /* channels x height x width, filled when net_layer asks */
};

struct layer {
    char name[32];
    enum layer_kind kind;
    bool fused; /* a conv that does the 2 x 2 pool behind it; that pool and the map between are then left out
                 */
    union {
        struct conv_shape conv;
        struct maxpool_shape maxpool;
        struct linear_shape linear;
    } shape;
    float *packed; /* weights and biases as the kernels want them */
};

struct net {
    const struct kernels *kernels;
    struct net_int8 *int8; /* does the work where the weights are int8, else NULL; of the maps only the last
                              one and the views are then there */
    int layer_count;
    int picture_layers; /* those before the first linear layer */
    struct layer layers[WEIGHTS_MAX_LAYERS];
    struct map maps[WEIGHTS_MAX_LAYERS + 1]; /* maps[i] goes into layers[i], maps[i + 1] comes out of it */
    int classes;
    float threshold;
    char name[256];
};

static const char *const kind_names[] = {
    [LAYER_CONV] = "conv", [LAYER_MAXPOOL] = "maxpool", [LAYER_LINEAR] = "linear"};

/* ---- Laying out
 * ------------------------------------------------------------------------------------------------ */

/* Hands out the block piece by piece; with base NULL it only counts. */
struct arena {
    float *base;
    size_t used_floats;
};

static float *arena_take(struct arena *arena, size_t floats)
{
    const size_t line = KERNELS_ALIGNMENT_BYTES / sizeof(float);
    float *taken = arena->base ? arena->base + arena->used_floats : NULL;
    arena->used_floats += (floats + line - 1) / line * line;
    return taken;
}

static int layer_steps(const struct layer_spec *spec)
{
    return (int)(layer_weight_count(spec) / (size_t)spec->out_channels);
}

static void plan_maps(struct net *net, const struct weights *weights)
{
    for (int i = 0; i <= net->layer_count; i++) {
        const struct layer_spec *next = i < net->layer_count ? &weights->layers[i] : NULL;
        const struct layer_spec *last = &weights->layers[net->layer_count - 1];
        struct map *map = &net->maps[i];
        map->channels = next ? next->in_channels : last->out_channels;
        map->height = next ? next->in_height : last->out_height;
        map->width = next ? next->in_width : last->out_width;
        map->border = next && next->kind == LAYER_CONV ? next->padding : 0;
        map->row_stride = (size_t)(map->width + 2 * map->border) * (size_t)map->channels;
        map->picture_floats = (size_t)(map->height + 2 * map->border) * map->row_stride;
    }
}

/* A pool over 2 x 2 right behind a conv. */
static bool can_fuse(const struct layer_spec *layer, const struct layer_spec *next)
{
    return layer->kind == LAYER_CONV && next && next->kind == LAYER_MAXPOOL && next->kernel == 2 &&
           next->stride == 2;
}

/* in, out: the maps before and behind it, behind its pool where it is fused. */
static void plan_layer(struct layer *layer, const struct layer_spec *spec, const struct map *in,
                       const struct map *out)
{
    const bool relu = spec->activation == ACTIVATION_RELU;
    const int side = layer->fused ? 2 : 1;
    snprintf(layer->name, sizeof layer->name, "%s", spec->name);
    layer->kind = spec->kind;
    if (spec->kind == LAYER_CONV)
        layer->shape.conv = (struct conv_shape){.in_channels = in->channels,
                                                .out_channels = out->channels,
                                                .kernel = spec->kernel,
                                                .stride = spec->stride,
                                                .out_height = out->height * side,
                                                .out_width = out->width * side,
                                                .in_row_stride = in->row_stride,
                                                .out_row_stride = out->row_stride,
                                                .relu = relu,
                                                .pool = layer->fused};
    else if (spec->kind == LAYER_MAXPOOL)
        layer->shape.maxpool = (struct maxpool_shape){.channels = in->channels,
                                                      .kernel = spec->kernel,
                                                      .stride = spec->stride,
                                                      .out_height = out->height,
                                                      .out_width = out->width,
                                                      .in_row_stride = in->row_stride,
                                                      .out_row_stride = out->row_stride};
    else
        layer->shape.linear = (struct linear_shape){
            .inputs = in->channels * in->height * in->width, .outputs = out->channels, .relu = relu};
}

/* Gives every map and every layer's weights its place. */
static void plan_memory(struct net *net, const struct weights *weights, struct arena *arena)
{
    for (int i = 0; i < net->layer_count; i++) {
        const struct layer_spec *spec = &weights->layers[i];
        if (spec->kind != LAYER_MAXPOOL && !weights->int8)
            net->layers[i].packed =
                arena_take(arena, net->kernels->floats->packed_floats(spec->out_channels, layer_steps(spec)));
    }
    for (int i = 0; i <= net->layer_count; i++) {
        struct map *map = &net->maps[i];
        const size_t pictures = i >= net->picture_layers ? NET_MAX_BATCH : 1;
        if (!weights->int8 || i == net->layer_count)
            map->values = arena_take(arena, pictures * map->picture_floats);
        map->view = arena_take(arena, (size_t)map->channels * (size_t)map->height * (size_t)map->width);
    }
}

/* PyTorch's weights (out, channel, row, column) in the order the kernels meet their inputs (out, row, column,
 * channel). */
static void weights_by_step(const float *weight, int outputs, int channels, int rows, int columns,
                            float *steps)
{
    for (int o = 0; o < outputs; o++)
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++)
                for (int c = 0; c < channels; c++)
                    *steps++ =
                        weight[(((size_t)o * (size_t)channels + (size_t)c) * (size_t)rows + (size_t)y) *
                                   (size_t)columns +
                               (size_t)x];
}

static int pack_weights(struct net *net, const struct weights *weights)
{
    for (int i = 0; i < net->layer_count; i++) {
        const struct layer_spec *spec = &weights->layers[i];
        if (spec->kind == LAYER_MAXPOOL)
            continue;
        float *steps = malloc(layer_weight_count(spec) * sizeof *steps);
        if (!steps)
            return -ENOMEM;
        const bool conv = spec->kind == LAYER_CONV;
        weights_by_step(spec->weight, spec->out_channels, spec->in_channels,
                        conv ? spec->kernel : spec->in_height, conv ? spec->kernel : spec->in_width, steps);
        net->kernels->floats->pack(steps, spec->bias, spec->out_channels, layer_steps(spec),
                                   net->layers[i].packed);
        free(steps);
    }
    return 0;
}

static int choose_kernels(const struct kernels **chosen, const char *name, char *why, size_t why_bytes)
{
    const struct kernels *kernels = name ? kernels_find(name) : kernels_best();
    if (kernels && kernels->supported()) {
        *chosen = kernels;
        return 0;
    }
    char here[128] = "";
    for (int i = 0; kernels_at(i); i++)
        if (kernels_at(i)->supported())
            snprintf(here + strlen(here), sizeof here - strlen(here), " %s", kernels_at(i)->name);
    if (why_bytes > 0)
        snprintf(why, why_bytes, "%s kernels called \"%.40s\"; this machine has:%s",
                 kernels ? "this processor does not run the" : "there are no", name, here);
    return -ENOTSUP;
}

int net_create(struct net **net, const struct weights *weights, const char *name, const char *kernels,
               char *why, size_t why_bytes)
{
    struct net plan = {
        .layer_count = weights->layer_count, .classes = weights->classes, .threshold = weights->threshold};
    struct arena arena = {NULL, 0};

    *net = NULL;
    int error = choose_kernels(&plan.kernels, kernels, why, why_bytes);
    if (error)
        return error;
    assert(plan.classes <= NET_MAX_CLASSES);
    snprintf(plan.name, sizeof plan.name, "%s", name);
    while (plan.picture_layers < plan.layer_count &&
           weights->layers[plan.picture_layers].kind != LAYER_LINEAR)
        plan.picture_layers++;
    plan_maps(&plan, weights);
    for (int i = 0; i < plan.layer_count; i++) {
        const struct layer_spec *spec = &weights->layers[i];
        plan.layers[i].fused = can_fuse(spec, i + 1 < plan.layer_count ? spec + 1 : NULL);
        plan_layer(&plan.layers[i], spec, &plan.maps[i], &plan.maps[i + 1 + plan.layers[i].fused]);
    }

    const size_t line = KERNELS_ALIGNMENT_BYTES;
    const size_t own_bytes = (sizeof plan + line - 1) / line * line;
    plan_memory(&plan, weights, &arena);
    const size_t bytes = own_bytes + arena.used_floats * sizeof(float);
    struct net *made = aligned_alloc(line, bytes);
    if (made) {
        memset(made, 0, bytes); /* the borders stay zero from here on */
        arena = (struct arena){(float *)((char *)made + own_bytes), 0};
        plan_memory(&plan, weights, &arena);
        *made = plan;
    }
    if (!made || (!weights->int8 && pack_weights(made, weights))) {
        free(made);
        if (why_bytes > 0)
            snprintf(why, why_bytes, "out of memory");
        return -ENOMEM;
    }
    if (weights->int8)
        error = net_int8_create(&made->int8, weights, made->kernels->int8, why, why_bytes);
    if (error) {
        net_destroy(made);
        return error;
    }
    *net = made;
    return 0;
}

int net_load(struct net **net, const char *path, const char *kernels, char *why, size_t why_bytes)
{
    struct weights *weights;
    const char *slash = strrchr(path, '/');
    *net = NULL;
    int error = weights_read(&weights, path, why, why_bytes);
    if (error)
        return error;
    error = net_create(net, weights, slash ? slash + 1 : path, kernels, why, why_bytes);
    weights_destroy(weights);
    return error;
}

void net_destroy(struct net *net)
{
    if (net)
        net_int8_destroy(net->int8);
    free(net);
}

/* ---- Forward
 * --------------------------------------------------------------------------------------------------- */

static float *map_picture(const struct map *map, int index)
{
    return map->values + (size_t)index * map->picture_floats;
}

/* The upper left value behind the border. */
static float *map_inside(const struct map *map, float *picture)
{
    return picture + (size_t)map->border * (map->row_stride + (size_t)map->channels);
}

/* 28 x 28 bytes to 28 x 28 floats, 0..1. */
static void fill_input(const struct map *map, const uint8_t *pixels, float *picture)
{
    float *row = map_inside(map, picture);
    for (int y = 0; y < NET_SIDE_PX; y++, row += map->row_stride)
        for (int x = 0; x < NET_SIDE_PX; x++)
            row[x] = (float)*pixels++ * (1.0f / 255);
}

/* One conv or maxpool on one picture; its output goes to place `index` where it is the last of them. */
static void run_on_picture(struct net *net, int i, int index)
{
    const struct layer *layer = &net->layers[i];
    const int to = i + 1 + layer->fused;
    const struct map *map = &net->maps[to];
    float *in = net->maps[i].values,
          *out = map_inside(map, map_picture(map, to == net->picture_layers ? index : 0));
    if (layer->kind == LAYER_CONV)
        net->kernels->floats->conv(&layer->shape.conv, layer->packed, in, out);
    else
        net->kernels->floats->maxpool(&layer->shape.maxpool, in, out);
}

static void run_on_batch(struct net *net, int i, int count)
{
    net->kernels->floats->linear(&net->layers[i].shape.linear, net->layers[i].packed, net->maps[i].values,
                                 count, net->maps[i + 1].values);
}

/* One picture through conv and maxpool; its last map goes to place `index` of the batch. */
static void forward_picture(struct net *net, const uint8_t *pixels, int index)
{
    fill_input(&net->maps[0], pixels, map_picture(&net->maps[0], net->picture_layers == 0 ? index : 0));
    for (int i = 0; i < net->picture_layers; i += 1 + net->layers[i].fused)
        run_on_picture(net, i, index);
}

/* logits: classes values; scores: as many, positive, adding up to 1. */
static void softmax(const float *logits, int classes, float *scores)
{
    float largest = logits[0], sum = 0;
    for (int i = 1; i < classes; i++)
        largest = logits[i] > largest ? logits[i] : largest;
    for (int i = 0; i < classes; i++) {
        scores[i] = expf(logits[i] - largest);
        sum += scores[i];
    }
    /* Weights so large that sums overflowed: no answer is better than another, and no NaN leaves this room.
     */
    const bool usable = sum >= 1 && isfinite(sum);
    for (int i = 0; i < classes; i++)
        scores[i] = usable ? scores[i] / sum : 1.0f / (float)classes;
}

static void forward_float(struct net *net, const uint8_t *pictures, int count)
{
    for (int i = count - 1; i >= 0; i--)
        forward_picture(net, pictures + (size_t)i * NET_PIXELS, i);
    for (int i = net->picture_layers; i < net->layer_count; i++)
        run_on_batch(net, i, count);
}

void net_forward(struct net *net, const uint8_t *pictures, int count, float *scores)
{
    assert(count >= 1 && count <= NET_MAX_BATCH);
    if (net->int8)
        net_int8_forward(net->int8, pictures, count, net->maps[net->layer_count].values);
    else
        forward_float(net, pictures, count);
    const float *logits = net->maps[net->layer_count].values;
    for (int i = 0; i < count; i++)
        softmax(logits + (size_t)i * (size_t)net->classes, net->classes,
                scores + (size_t)i * (size_t)net->classes);
}

bool net_run_layer(struct net *net, int index, int count)
{
    const int i = index - 1;
    assert(index >= 0 && index <= net->layer_count && count >= 1 && count <= NET_MAX_BATCH);
    if (index == 0 || (i > 0 && net->layers[i - 1].fused))
        return false;
    if (net->int8)
        net_int8_run_layer(net->int8, i, count);
    else if (i >= net->picture_layers)
        run_on_batch(net, i, count);
    else
        for (int n = 0; n < count; n++)
            run_on_picture(net, i, n);
    return true;
}

/* ---- Looking inside
 * -------------------------------------------------------------------------------------------- */

int net_classes(const struct net *net)
{
    return net->classes;
}

float net_threshold(const struct net *net)
{
    return net->threshold;
}

const char *net_name(const struct net *net)
{
    return net->name;
}

const char *net_kernels(const struct net *net)
{
    return net->kernels->name;
}

const char *net_type(const struct net *net)
{
    return net->int8 ? "int8" : "float";
}

int net_layer_count(const struct net *net)
{
    return net->layer_count + 1;
}

/* The outputs of a conv that nobody needed before they were pooled. */
static void compute_unfused(const struct net *net, int index)
{
    const struct layer *layer = &net->layers[index];
    const struct map *map = &net->maps[index + 1];
    struct conv_shape shape = layer->shape.conv;
    shape.pool = false;
    shape.out_height = map->height;
    shape.out_width = map->width;
    shape.out_row_stride = map->row_stride;
    net->kernels->floats->conv(&shape, layer->packed, net->maps[index].values, map_inside(map, map->values));
}

static void fill_view(const struct map *map)
{
    float *out = map->view;
    for (int c = 0; c < map->channels; c++)
        for (int y = 0; y < map->height; y++)
            for (int x = 0; x < map->width; x++)
                *out++ = map_inside(
                    map,
                    map->values)[(size_t)y * map->row_stride + (size_t)x * (size_t)map->channels + (size_t)c];
}

void net_layer(const struct net *net, int index, struct net_layer_view *view)
{
    assert(index >= 0 && index <= net->layer_count);
    const struct map *map = &net->maps[index];
    if (net->int8)
        net_int8_view(net->int8, index - 1, map->view);
    else {
        if (index > 0 && net->layers[index - 1].fused)
            compute_unfused(net, index - 1);
        fill_view(map);
    }
    *view = (struct net_layer_view){
        .name = index > 0 ? net->layers[index - 1].name : "input",
        .kind = index > 0 ? kind_names[net->layers[index - 1].kind] : "input",
        .channels = map->channels,
        .height = map->height,
        .width = map->width,
        .activations = map->view,
    };
}
