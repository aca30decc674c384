/* peers_onednn.c - a network on oneDNN as its documentation advises: layouts of its own choice between the
 * layers, weights brought into them once, ReLU in the layer before it, every primitive made once. */
#include <errno.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "net/weights.h"
#include "tests/bench/peers.h"

enum { MOST_STEPS = 2 * WEIGHTS_MAX_LAYERS + 2, MOST_MEMORIES = 8 * WEIGHTS_MAX_LAYERS, MOST_ARGUMENTS = 4 };

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        if ((call) != dnnl_success)                                                                          \
            return -EIO;                                                                                     \
    } while (0)

struct step {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[MOST_ARGUMENTS];
    int count;
};

struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct step steps[MOST_STEPS]; /* of every forward */
    int step_count;
    dnnl_memory_t memories[MOST_MEMORIES];
    int memory_count;
    bool int8;
    int batch, classes;
    uint8_t *bytes;            /* int8: the pictures as 0..127 */
    float *floats;             /* else as 0..1 */
    dnnl_memory_t input, last; /* last: what the next step takes */
    float *scores;
};

/* ---- memory ---- */

/* `handle` NULL: the library's own memory. */
static int add_memory(struct onednn *net, const dnnl_memory_desc_t *layout, void *handle,
                      dnnl_memory_t *memory)
{
    if (net->memory_count == MOST_MEMORIES)
        return -EIO;
    TRY(dnnl_memory_create(memory, layout, net->engine, handle ? handle : DNNL_MEMORY_ALLOCATE));
    net->memories[net->memory_count++] = *memory;
    return 0;
}

static int reorder(struct onednn *net, dnnl_memory_t from, const dnnl_memory_desc_t *layout,
                   dnnl_memory_t *to, bool once)
{
    const dnnl_memory_desc_t *was;
    dnnl_primitive_desc_t description;
    struct step *const step = &net->steps[net->step_count];
    TRY(dnnl_memory_get_memory_desc(from, &was));
    *to = from;
    if (dnnl_memory_desc_equal(was, layout))
        return 0;
    if (add_memory(net, layout, NULL, to) != 0)
        return -EIO;
    TRY(dnnl_reorder_primitive_desc_create(&description, was, net->engine, layout, net->engine, NULL));
    TRY(dnnl_primitive_create(&step->primitive, description));
    dnnl_primitive_desc_destroy(description);
    step->arguments[0] = (dnnl_exec_arg_t){DNNL_ARG_FROM, from};
    step->arguments[1] = (dnnl_exec_arg_t){DNNL_ARG_TO, *to};
    step->count = 2;
    net->step_count++;
    if (!once)
        return 0;
    TRY(dnnl_primitive_execute(step->primitive, net->stream, step->count, step->arguments));
    TRY(dnnl_stream_wait(net->stream));
    dnnl_primitive_destroy(step->primitive);
    net->step_count--;
    return 0;
}

/* Memory for a tensor in the layout a primitive asks for, filled from `values` in the usual one. */
static int add_constant(struct onednn *net, dnnl_primitive_desc_t description, dnnl_query_t what,
                        int dimensions, const dnnl_dims_t sizes, dnnl_data_type_t type, const void *values,
                        dnnl_memory_t *memory)
{
    static const dnnl_format_tag_t plain[] = {dnnl_format_tag_undef, dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd};
    dnnl_memory_desc_t usual;
    dnnl_memory_t source;
    TRY(dnnl_memory_desc_init_by_tag(&usual, dimensions, sizes, type, plain[dimensions]));
    const dnnl_memory_desc_t *const wanted = dnnl_primitive_desc_query_md(description, what, 0);
    if (add_memory(net, &usual, (void *)(uintptr_t)values, &source) != 0)
        return -EIO;
    return reorder(net, source, wanted, memory, true);
}

/* ---- layers ---- */

static dnnl_data_type_t activation_type(const struct onednn *net)
{
    return net->int8 ? dnnl_u8 : dnnl_f32;
}

/* What a layer does with its sums: scales of int8, and the ReLU; our int8 activations end at 127. */
static int make_attributes(const struct onednn *net, const struct layer_spec *layer, float next_scale,
                           dnnl_primitive_attr_t *attributes)
{
    dnnl_post_ops_t after;
    TRY(dnnl_primitive_attr_create(attributes));
    TRY(dnnl_post_ops_create(&after));
    if (net->int8) {
        float scales[WEIGHTS_MAX_CHANNELS];
        for (int o = 0; o < layer->out_channels; o++)
            scales[o] = layer->input_scale * layer->scale[o] / next_scale;
        TRY(dnnl_primitive_attr_set_output_scales(*attributes, layer->out_channels, 1 << 1, scales));
    }
    if (layer->activation == ACTIVATION_RELU && net->int8)
        TRY(dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_clip, 0, 127));
    else if (layer->activation == ACTIVATION_RELU)
        TRY(dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_relu, 0, 0));
    TRY(dnnl_primitive_attr_set_post_ops(*attributes, after));
    dnnl_post_ops_destroy(after);
    return 0;
}

/* Conv or linear; the latter takes a picture as it comes. */
static int describe(const struct onednn *net, const struct layer_spec *layer, bool last,
                    dnnl_primitive_attr_t attributes, dnnl_primitive_desc_t *description)
{
    const bool conv = layer->kind == LAYER_CONV;
    const bool flat = !conv && layer->in_height == 1 && layer->in_width == 1;
    const dnnl_dims_t source_sizes = {net->batch, layer->in_channels, layer->in_height, layer->in_width};
    const dnnl_dims_t weight_sizes = {layer->out_channels, layer->in_channels,
                                      conv ? layer->kernel : layer->in_height,
                                      conv ? layer->kernel : layer->in_width};
    const dnnl_dims_t bias_sizes = {layer->out_channels};
    const dnnl_dims_t to_sizes = {net->batch, layer->out_channels, layer->out_height, layer->out_width};
    const dnnl_dims_t stride = {layer->stride, layer->stride}, padding = {layer->padding, layer->padding};
    dnnl_memory_desc_t source, weights, bias, to;
    const dnnl_memory_desc_t *before;
    TRY(dnnl_memory_get_memory_desc(net->last, &before));
    TRY(dnnl_memory_desc_init_by_tag(&source, flat ? 2 : 4, source_sizes, activation_type(net),
                                     dnnl_format_tag_any));
    if (!conv) /* left to choose, it has its source brought into another layout, which takes longer than it
                  gains */
        source = *before;
    TRY(dnnl_memory_desc_init_by_tag(&weights, flat ? 2 : 4, weight_sizes, net->int8 ? dnnl_s8 : dnnl_f32,
                                     dnnl_format_tag_any));
    TRY(dnnl_memory_desc_init_by_tag(&bias, 1, bias_sizes, net->int8 ? dnnl_s32 : dnnl_f32, dnnl_a));
    TRY(dnnl_memory_desc_init_by_tag(&to, conv ? 4 : 2, to_sizes, last ? dnnl_f32 : activation_type(net),
                                     last ? dnnl_ab : dnnl_format_tag_any));
    if (conv) {
        dnnl_convolution_desc_t operation;
        TRY(dnnl_convolution_forward_desc_init(&operation, dnnl_forward_inference, dnnl_convolution_auto,
                                               &source, &weights, &bias, &to, stride, padding, padding));
        TRY(dnnl_primitive_desc_create(description, &operation, attributes, net->engine, NULL));
    } else {
        dnnl_inner_product_desc_t operation;
        TRY(dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_inference, &source, &weights, &bias,
                                                 &to));
        TRY(dnnl_primitive_desc_create(description, &operation, attributes, net->engine, NULL));
    }
    return 0;
}

static int add_weighted(struct onednn *net, const struct layer_spec *layer, float next_scale, bool last)
{
    dnnl_primitive_attr_t attributes;
    dnnl_primitive_desc_t description;
    dnnl_memory_t source, weights, bias, to;
    const bool flat = layer->kind == LAYER_LINEAR && layer->in_height == 1 && layer->in_width == 1;
    const bool conv = layer->kind == LAYER_CONV;
    const dnnl_dims_t sizes = {layer->out_channels, layer->in_channels,
                               conv ? layer->kernel : layer->in_height,
                               conv ? layer->kernel : layer->in_width};
    if (make_attributes(net, layer, next_scale, &attributes) ||
        describe(net, layer, last, attributes, &description))
        return -EIO;
    if (reorder(net, net->last, dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0), &source,
                false) ||
        add_constant(net, description, dnnl_query_weights_md, flat ? 2 : 4, sizes,
                     net->int8 ? dnnl_s8 : dnnl_f32,
                     net->int8 ? (const void *)layer->int8_weight : layer->weight, &weights))
        return -EIO;
    const dnnl_memory_desc_t *const bias_layout =
        dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 1);
    void *const bias_values = net->int8 ? (void *)layer->int8_bias : layer->bias;
    const dnnl_memory_desc_t *const to_layout =
        dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0);
    if (add_memory(net, bias_layout, bias_values, &bias) ||
        add_memory(net, to_layout, last ? net->scores : NULL, &to))
        return -EIO;
    struct step *const step = &net->steps[net->step_count++];
    *step = (struct step){.arguments = {{DNNL_ARG_SRC, source},
                                        {DNNL_ARG_WEIGHTS, weights},
                                        {DNNL_ARG_BIAS, bias},
                                        {DNNL_ARG_DST, to}},
                          .count = 4};
    TRY(dnnl_primitive_create(&step->primitive, description));
    dnnl_primitive_attr_destroy(attributes);
    dnnl_primitive_desc_destroy(description);
    net->last = to;
    return 0;
}

static int add_pool(struct onednn *net, const struct layer_spec *layer)
{
    const dnnl_dims_t sizes = {net->batch, layer->out_channels, layer->out_height, layer->out_width};
    const dnnl_dims_t stride = {layer->stride, layer->stride}, kernel = {layer->kernel, layer->kernel},
                      none = {0};
    const dnnl_memory_desc_t *source;
    dnnl_memory_desc_t wanted;
    dnnl_pooling_desc_t operation;
    dnnl_primitive_desc_t description;
    dnnl_memory_t to;
    TRY(dnnl_memory_get_memory_desc(net->last, &source));
    TRY(dnnl_memory_desc_init_by_tag(&wanted, 4, sizes, activation_type(net), dnnl_format_tag_any));
    TRY(dnnl_pooling_forward_desc_init(&operation, dnnl_forward_inference, dnnl_pooling_max, source, &wanted,
                                       stride, kernel, none, none));
    TRY(dnnl_primitive_desc_create(&description, &operation, NULL, net->engine, NULL));
    if (add_memory(net, dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0), NULL, &to))
        return -EIO;
    struct step *const step = &net->steps[net->step_count++];
    *step = (struct step){.arguments = {{DNNL_ARG_SRC, net->last}, {DNNL_ARG_DST, to}}, .count = 2};
    TRY(dnnl_primitive_create(&step->primitive, description));
    dnnl_primitive_desc_destroy(description);
    net->last = to;
    return 0;
}

/* ---- the network ---- */

static int forward(void *self, const uint8_t *pictures, float *scores)
{
    struct onednn *const net = self;
    const int pixels = net->batch * NET_PIXELS;
    if (net->int8)
        for (int i = 0; i < pixels; i++)
            net->bytes[i] = (uint8_t)((pictures[i] * 127 + 127) / 255);
    else
        for (int i = 0; i < pixels; i++)
            net->floats[i] = (float)pictures[i] / 255;
    for (int i = 0; i < net->step_count; i++)
        TRY(dnnl_primitive_execute(net->steps[i].primitive, net->stream, net->steps[i].count,
                                   net->steps[i].arguments));
    TRY(dnnl_stream_wait(net->stream));
    memcpy(scores, net->scores, sizeof *scores * (size_t)net->batch * (size_t)net->classes);
    return 0;
}

static void destroy(void *self)
{
    struct onednn *const net = self;
    for (int i = 0; i < net->step_count; i++)
        dnnl_primitive_destroy(net->steps[i].primitive);
    for (int i = 0; i < net->memory_count; i++)
        dnnl_memory_destroy(net->memories[i]);
    dnnl_stream_destroy(net->stream);
    dnnl_engine_destroy(net->engine);
    free(net->bytes);
    free(net->floats);
    free(net->scores);
    free(net);
}

/* Scale of the activations that go into the next layer with weights; 1 behind the last, whose scores are
 * real. */
static float next_scale(const struct weights *weights, int index)
{
    for (int i = index + 1; i < weights->layer_count; i++)
        if (weights->layers[i].kind != LAYER_MAXPOOL)
            return weights->layers[i].input_scale;
    return 1;
}

static int build(struct onednn *net, const struct weights *weights)
{
    const dnnl_dims_t sizes = {net->batch, 1, NET_SIDE_PX, NET_SIDE_PX};
    dnnl_memory_desc_t layout;
    TRY(dnnl_engine_create(&net->engine, dnnl_cpu, 0));
    TRY(dnnl_stream_create(&net->stream, net->engine, dnnl_stream_default_flags));
    TRY(dnnl_memory_desc_init_by_tag(&layout, 4, sizes, activation_type(net), dnnl_nchw));
    if (add_memory(net, &layout, net->int8 ? (void *)net->bytes : net->floats, &net->last))
        return -EIO;
    for (int i = 0; i < weights->layer_count; i++) {
        const struct layer_spec *const layer = &weights->layers[i];
        if (layer->kind == LAYER_MAXPOOL
                ? add_pool(net, layer)
                : add_weighted(net, layer, next_scale(weights, i), i + 1 == weights->layer_count))
            return -EIO;
    }
    return 0;
}

int peer_onednn_create(struct peer *peer, const struct weights *weights, bool int8, int batch)
{
    struct onednn *const net = calloc(1, sizeof *net);
    const dnnl_version_t *const version = dnnl_version();
    if (!net)
        return -ENOMEM;
    omp_set_num_threads(1);
    net->int8 = int8, net->batch = batch, net->classes = weights->classes;
    net->bytes = malloc((size_t)batch * NET_PIXELS);
    net->floats = malloc(sizeof *net->floats * (size_t)batch * NET_PIXELS);
    net->scores = malloc(sizeof *net->scores * (size_t)(batch * weights->classes));
    *peer = (struct peer){.self = net, .forward = forward, .destroy = destroy};
    snprintf(peer->name, sizeof peer->name, "oneDNN %d.%d.%d", version->major, version->minor,
             version->patch);
    const int error = net->bytes && net->floats && net->scores ? build(net, weights) : -ENOMEM;
    if (error)
        destroy(net);
    return error;
}
