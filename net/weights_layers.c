/* weights_layers.c - the layer list of a weights file: JSON text to layers and back. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/weights_internal.h"
#include "net/weights_json.h"

/* One number a layer may have. */
struct number_key {
    const char *key;
    size_t offset; /* of the int in struct layer_spec */
};

#define NUMBER(key, member)                                                                                  \
    {                                                                                                        \
        key, offsetof(struct layer_spec, member)                                                             \
    }
static const struct number_key numbers[] = {
    NUMBER("in", in_channels), NUMBER("out", out_channels), NUMBER("kernel", kernel),
    NUMBER("stride", stride),  NUMBER("padding", padding),
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* What each kind has to say and what it may say. */
static const struct {
    const char *name;
    const char *required[NUMBERS + 1], *optional[NUMBERS + 1];
    bool activation;
} kinds[] = {
    [LAYER_CONV] = {"conv", {"in", "out", "kernel"}, {"stride", "padding"}, true},
    [LAYER_MAXPOOL] = {"maxpool", {"kernel"}, {"stride"}, false},
    [LAYER_LINEAR] = {"linear", {"in", "out"}, {NULL}, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };
static const char *const activations[] = {[ACTIVATION_NONE] = "none", [ACTIVATION_RELU] = "relu"};
enum { ACTIVATIONS = sizeof activations / sizeof *activations };

static bool is_listed(const char *const *list, const char *key)
{
    for (; *list; list++)
        if (strcmp(*list, key) == 0)
            return true;
    return false;
}

/* One number of a layer; the sizes themselves are judged when shapes are worked out. */
static int read_number(const json_t *value, int *number)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1 << 24)
        return -EINVAL;
    *number = (int)json_integer_value(value);
    return 0;
}

static int read_kind(const json_t *object, struct layer_spec *layer)
{
    const char *text = json_string_value(json_object_get(object, "kind"));
    for (int i = 0; text && i < KINDS; i++)
        if (strcmp(text, kinds[i].name) == 0) {
            layer->kind = (enum layer_kind)i;
            return 0;
        }
    return -EINVAL;
}

static int read_name(const json_t *value, struct layer_spec *layer)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) >= sizeof layer->name)
        return -EINVAL;
    strcpy(layer->name, text);
    return 0;
}

static int read_activation(const json_t *value, struct layer_spec *layer)
{
    const char *text = json_string_value(value);
    for (int i = 0; text && i < ACTIVATIONS; i++)
        if (strcmp(text, activations[i]) == 0) {
            layer->activation = (enum activation)i;
            return 0;
        }
    return -EINVAL;
}

static int read_entry(const char *key, const json_t *value, struct layer_spec *layer)
{
    if (strcmp(key, "kind") == 0)
        return 0;
    if (strcmp(key, "name") == 0)
        return read_name(value, layer);
    if (strcmp(key, "activation") == 0 && kinds[layer->kind].activation)
        return read_activation(value, layer);
    if (!is_listed(kinds[layer->kind].required, key) && !is_listed(kinds[layer->kind].optional, key))
        return -ENOENT;
    for (int i = 0; i < NUMBERS; i++)
        if (strcmp(numbers[i].key, key) == 0)
            return read_number(value, (int *)((char *)layer + numbers[i].offset));
    return -ENOENT;
}

static int read_layer(json_t *object, int number, struct layer_spec *layer, char *why, size_t why_bytes)
{
    *layer = (struct layer_spec){0};
    if (!json_is_object(object))
        return weights_fail(-EINVAL, why, why_bytes, "layer %d is not a JSON object", number);
    if (read_kind(object, layer))
        return weights_fail(-EINVAL, why, why_bytes,
                            "layer %d has no kind that this digitcam knows (conv, maxpool, linear)", number);
    const char *kind = kinds[layer->kind].name;
    if (!json_object_get(object, "name"))
        return weights_fail(-EINVAL, why, why_bytes, "layer %d (%s) has no \"name\"", number, kind);
    for (const char *const *key = kinds[layer->kind].required; *key; key++)
        if (!json_object_get(object, *key))
            return weights_fail(-EINVAL, why, why_bytes, "layer %d (%s) does not say \"%s\"", number, kind,
                                *key);

    layer->stride = layer->kind == LAYER_CONV; /* where it does not say */
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const int error = read_entry(key, value, layer);
        if (error == -ENOENT)
            return weights_fail(-EINVAL, why, why_bytes,
                                "layer %d (%s) says \"%.40s\", which this digitcam does not know", number,
                                kind, key);
        if (error)
            return weights_fail(-EINVAL, why, why_bytes, "layer %d (%s): the value of \"%s\" is not usable",
                                number, kind, key);
    }
    if (layer->kind == LAYER_MAXPOOL && !json_object_get(object, "stride"))
        layer->stride = layer->kernel;
    return 0;
}

int weights_layers_from_json(const char *text, struct layer_spec *layers, int *layer_count, char *why,
                             size_t why_bytes)
{
    json_error_t problem;
    json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    int error = 0;
    if (!list)
        return weights_fail(-EINVAL, why, why_bytes, "digitcam.layers is not valid JSON (at character %d)",
                            problem.position);
    const size_t count = json_array_size(list);
    if (!json_is_array(list) || count < 1 || count > WEIGHTS_MAX_LAYERS)
        error = weights_fail(-EINVAL, why, why_bytes, "digitcam.layers has to be a list of 1 to %d layers",
                             WEIGHTS_MAX_LAYERS);
    for (size_t i = 0; i < count && !error; i++)
        error = read_layer(json_array_get(list, i), (int)i + 1, &layers[i], why, why_bytes);
    *layer_count = error ? 0 : (int)count;
    json_decref(list);
    return error;
}

static json_t *layer_to_json(const struct layer_spec *layer)
{
    json_t *object = json_pack("{s:s, s:s}", "kind", kinds[layer->kind].name, "name", layer->name);
    int failed = !object;
    for (int i = 0; i < NUMBERS && !failed; i++) {
        const char *key = numbers[i].key;
        if (!is_listed(kinds[layer->kind].required, key) && !is_listed(kinds[layer->kind].optional, key))
            continue;
        long value = *(const int *)((const char *)layer + numbers[i].offset);
        if (layer->kind == LAYER_LINEAR && strcmp(key, "in") == 0)
            value *= (long)layer->in_height * layer->in_width;
        failed = json_object_set_new(object, key, json_integer(value));
    }
    if (!failed && kinds[layer->kind].activation)
        failed = json_object_set_new(object, "activation", json_string(activations[layer->activation]));
    if (failed) {
        json_decref(object);
        return NULL;
    }
    return object;
}

char *weights_layers_to_json(const struct layer_spec *layers, int layer_count)
{
    json_t *list = json_array();
    char *text = NULL;
    for (int i = 0; list && i < layer_count; i++)
        if (json_array_append_new(list, layer_to_json(&layers[i])))
            goto done;
    if (list)
        text = json_dumps(list, JSON_COMPACT);
done:
    json_decref(list);
    return text;
}
