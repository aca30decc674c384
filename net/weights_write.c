/* weights_write.c - a network to a safetensors file. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/weights_internal.h"
#include "net/weights_json.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensor bytes are copied as they are: little-endian only");

static size_t tensor_bytes(const struct weights *weights)
{
    size_t bytes = 0;
    for (int i = 0; i < weights->layer_count; i++) {
        const struct layer_spec *layer = &weights->layers[i];
        const size_t count = layer_weight_count(layer), outputs = (size_t)layer->out_channels;
        if (layer->weight)
            bytes += weights->int8 ? count + 8 * outputs + 4 : 4 * (count + outputs);
    }
    return bytes;
}

static int check_finite(const struct weights *weights, const char *path, char *why, size_t why_bytes)
{
    if (!(weights->threshold >= 0 && weights->threshold <= 1))
        return weights_fail(-EINVAL, why, why_bytes,
                            "%s: not written: the threshold %g is not between 0 and 1", path,
                            (double)weights->threshold);
    for (int i = 0; i < weights->layer_count; i++) {
        const struct layer_spec *layer = &weights->layers[i];
        bool finite = true;
        for (size_t j = 0; j < layer_weight_count(layer); j++)
            finite &= isfinite(layer->weight[j]) != 0;
        for (int j = 0; layer->weight && j < layer->out_channels; j++)
            finite &= isfinite(layer->bias[j]) != 0;
        if (!finite)
            return weights_fail(-EINVAL, why, why_bytes,
                                "%s: not written: layer \"%s\" has weights that are not finite numbers", path,
                                layer->name);
    }
    return 0;
}

/* Adds one tensor to the header and its bytes at data + *offset. */
static int add_tensor(json_t *header, const struct layer_spec *layer, const char *kind, const char *dtype,
                      const void *values, const long *shape, int dimensions, uint8_t *data, size_t *offset)
{
    char name[sizeof layer->name + 16];
    json_t *list = json_array();
    size_t bytes = strcmp(dtype, "I8") == 0 ? 1 : 4;
    int failed = !list;
    for (int i = 0; i < dimensions; i++) {
        failed = failed || json_array_append_new(list, json_integer(shape[i]));
        bytes *= (size_t)shape[i];
    }
    snprintf(name, sizeof name, "%s.%s", layer->name, kind);
    memcpy(data + *offset, values, bytes);
    json_t *entry = json_pack("{s:s, s:o, s:[I,I]}", "dtype", dtype, "shape", list, "data_offsets",
                              (json_int_t)*offset, (json_int_t)(*offset + bytes));
    if (failed)
        json_decref(entry);
    else
        failed = json_object_set_new(header, name, entry);
    *offset += bytes;
    return failed ? -ENOMEM : 0;
}

static int add_float_tensors(json_t *header, const struct layer_spec *layer, uint8_t *data, size_t *offset)
{
    long shape[4];
    const int dimensions = weights_tensor_shape(layer, shape);
    int error = add_tensor(header, layer, "weight", "F32", layer->weight, shape, dimensions, data, offset);
    if (!error)
        error = add_tensor(header, layer, "bias", "F32", layer->bias, shape, 1, data, offset);
    return error;
}

static int add_int8_scales(json_t *header, const struct layer_spec *layer, uint8_t *data, size_t *offset)
{
    const long outputs = layer->out_channels, one = 1;
    int error = add_tensor(header, layer, "bias", "I32", layer->int8_bias, &outputs, 1, data, offset);
    if (!error)
        error = add_tensor(header, layer, "scale", "F32", layer->scale, &outputs, 1, data, offset);
    if (!error)
        error = add_tensor(header, layer, "input_scale", "F32", &layer->input_scale, &one, 1, data, offset);
    return error;
}

static int add_int8_weight(json_t *header, const struct layer_spec *layer, uint8_t *data, size_t *offset)
{
    long shape[4];
    const int dimensions = weights_tensor_shape(layer, shape);
    return add_tensor(header, layer, "weight", "I8", layer->int8_weight, shape, dimensions, data, offset);
}

typedef int add_function(json_t *header, const struct layer_spec *layer, uint8_t *data, size_t *offset);

/* Tensors of four-byte values come first, so that all of them begin at multiples of four. */
static int add_tensors(json_t *header, const struct weights *weights, uint8_t *data)
{
    static add_function *const float_passes[] = {add_float_tensors, NULL};
    static add_function *const int8_passes[] = {add_int8_scales, add_int8_weight, NULL};
    size_t offset = 0;
    for (add_function *const *add = weights->int8 ? int8_passes : float_passes; *add; add++)
        for (int i = 0; i < weights->layer_count; i++) {
            const struct layer_spec *layer = &weights->layers[i];
            const int error = layer->weight ? (*add)(header, layer, data, &offset) : 0;
            if (error)
                return error;
        }
    return 0;
}

/* A number as JSON writes it, whatever the locale says about decimal points. */
static char *number_text(double value)
{
    json_t *number = json_real(value);
    char *text = number ? json_dumps(number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(number);
    return text;
}

static int add_metadata(json_t *header, const struct weights *weights, const uint8_t *data, size_t data_bytes)
{
    char version[16], classes[16], hash[WEIGHTS_SHA256_HEX_BYTES];
    char *layers = weights_layers_to_json(weights->layers, weights->layer_count);
    char *threshold = number_text((double)weights->threshold);
    int failed = !layers || !threshold;

    snprintf(version, sizeof version, "%d", WEIGHTS_VERSION);
    snprintf(classes, sizeof classes, "%d", weights->classes);
    weights_sha256(data, data_bytes, hash);
    if (!failed) {
        json_t *metadata =
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "digitcam.version", version, "digitcam.layers",
                      layers, "digitcam.classes", classes, "digitcam.threshold", threshold, "digitcam.sha256",
                      hash, "digitcam.recipe", weights->recipe ? weights->recipe : "");
        weights_metadata_sha256(metadata, hash);
        failed = json_object_set_new(metadata, "digitcam.metadata_sha256", json_string(hash));
        if (failed)
            json_decref(metadata);
        else
            failed = json_object_set_new(header, "__metadata__", metadata);
    }
    free(layers);
    free(threshold);
    return failed ? -ENOMEM : 0;
}

/* The header as text, filled up with spaces so that the tensors begin at a multiple of eight. */
static char *header_text(const json_t *header, size_t *bytes)
{
    char *text = json_dumps(header, JSON_COMPACT);
    if (!text)
        return NULL;
    const size_t length = strlen(text);
    *bytes = (length + 7) / 8 * 8;
    char *padded = realloc(text, *bytes + 1);
    if (!padded) {
        free(text);
        return NULL;
    }
    memset(padded + length, ' ', *bytes - length);
    return padded;
}

static int write_all(int file, const void *bytes, size_t count)
{
    const uint8_t *next = bytes;
    while (count > 0) {
        const ssize_t written = write(file, next, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        next += written;
        count -= (size_t)written;
    }
    return 0;
}

/* A file that we would refuse ourselves must not replace a good one. (jansson can leave out a key when memory
 * runs out while it writes, and does not say so.) */
static int read_back(const char *path)
{
    struct weights *weights;
    const int error = weights_read(&weights, path, NULL, 0);
    weights_destroy(weights);
    return error == -EBADMSG ? -EIO : error;
}

/* Puts the parts into a new file beside `path`, then moves it to its place in one step. */
static int write_file(const char *path, const char *header, size_t header_bytes, const uint8_t *data,
                      size_t data_bytes)
{
    char *temporary;
    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)((uint64_t)header_bytes >> 8 * i);
    if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0)
        return -ENOMEM;
    unlink(temporary); /* left by a process that had our number and was killed */
    const int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int error = file < 0 ? -errno : write_all(file, length, sizeof length);
    if (!error)
        error = write_all(file, header, header_bytes);
    if (!error)
        error = write_all(file, data, data_bytes);
    if (!error && fsync(file))
        error = -errno;
    if (file >= 0 && close(file) && !error)
        error = -errno;
    if (!error)
        error = read_back(temporary);
    if (!error && rename(temporary, path))
        error = -errno;
    if (error && file >= 0)
        unlink(temporary);
    free(temporary);
    return error;
}

int weights_write(const struct weights *weights, const char *path, char *why, size_t why_bytes)
{
    int error = check_finite(weights, path, why, why_bytes);
    char reason[256];
    if (!error && weights->int8 && weights_check_int8(weights, reason, sizeof reason))
        error = weights_fail(-EINVAL, why, why_bytes, "%s: not written: %s", path, reason);
    if (error)
        return error;
    const size_t data_bytes = tensor_bytes(weights);
    size_t header_bytes = 0;
    uint8_t *data = malloc(data_bytes + 1);
    json_t *header = json_object();
    char *text = NULL;

    error = data && header ? add_tensors(header, weights, data) : -ENOMEM;
    if (!error)
        error = add_metadata(header, weights, data, data_bytes);
    if (!error && !(text = header_text(header, &header_bytes)))
        error = -ENOMEM;
    if (!error && header_bytes > WEIGHTS_MAX_HEADER_BYTES)
        error = -EINVAL;
    if (!error)
        error = write_file(path, text, header_bytes, data, data_bytes);
    if (error == -EINVAL)
        weights_fail(error, why, why_bytes, "%s: not written: its recipe is too long", path);
    else if (error)
        weights_fail(error, why, why_bytes, "%s: cannot be written: %s", path, strerror(-error));
    free(text);
    json_decref(header);
    free(data);
    return error;
}
