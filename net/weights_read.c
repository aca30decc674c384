/* weights_read.c - a safetensors file to a network. Nothing the file says is believed before it was checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/weights_internal.h"
#include "net/weights_json.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensor bytes are copied as they are: little-endian only");

enum { LENGTH_BYTES = 8, MAX_TENSORS = 4 * WEIGHTS_MAX_LAYERS };

/* One tensor the layer list asks for. */
struct tensor {
    char name[48];
    long shape[4];
    int dimensions;
    void *values;      /* where it goes, `count` of them */
    const char *dtype; /* as safetensors calls it: "F32", "I32", "I8" */
    size_t count, value_bytes;
    size_t begin, end; /* its bytes in the file, from the start of the data */
    bool found;
};

/* A file on its way to becoming a network. */
struct reader {
    const char *path;
    uint8_t *bytes;
    size_t size;
    const uint8_t *data; /* behind the header */
    size_t data_bytes;
    json_t *header, *metadata;
    struct weights *weights;
    struct tensor tensors[MAX_TENSORS];
    int tensor_count;
    char *why;
    size_t why_bytes;
};

/* "PATH: what is wrong" into reader->why; the value is the error. */
#define REFUSE(reader, error, format, ...)                                                                   \
    weights_fail((error), (reader)->why, (reader)->why_bytes, "%s: " format, (reader)->path, __VA_ARGS__)
#define ALTERED "the file is damaged or was made by a program that does not keep to the format"

static int refuse_errno(struct reader *reader, int error)
{
    return REFUSE(reader, -error, "cannot be read: %s", strerror(error));
}

static int read_all(struct reader *reader, int file)
{
    size_t have = 0;
    while (have < reader->size) {
        const ssize_t got = read(file, reader->bytes + have, reader->size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse_errno(reader, errno);
        if (got == 0)
            return REFUSE(reader, -EBADMSG, "%s", "became shorter while it was read; try again");
        have += (size_t)got;
    }
    return 0;
}

/* The whole file into memory; its size is bounded first. */
static int load_bytes(struct reader *reader)
{
    struct stat status;
    const int file = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (file < 0)
        return refuse_errno(reader, errno);
    int error = 0;
    if (fstat(file, &status))
        error = refuse_errno(reader, errno);
    else if (!S_ISREG(status.st_mode))
        error = REFUSE(reader, -EBADMSG, "%s", "is not a file; give the name of a .safetensors file");
    else if (status.st_size > WEIGHTS_MAX_FILE_BYTES)
        error =
            REFUSE(reader, -EBADMSG, "%lld bytes are too many for a network that reads digits (at most %ld)",
                   (long long)status.st_size, WEIGHTS_MAX_FILE_BYTES);
    else if (status.st_size < LENGTH_BYTES + 2)
        error = REFUSE(reader, -EBADMSG, "%lld bytes are too few for a safetensors file; copy it again",
                       (long long)status.st_size);
    if (!error) {
        reader->size = (size_t)status.st_size;
        reader->bytes = malloc(reader->size);
        error = reader->bytes ? read_all(reader, file) : REFUSE(reader, -ENOMEM, "%s", "out of memory");
    }
    close(file);
    return error;
}

static int parse_header(struct reader *reader)
{
    uint64_t length = 0;
    json_error_t problem;
    for (int i = 0; i < LENGTH_BYTES; i++)
        length |= (uint64_t)reader->bytes[i] << 8 * i;
    if (length > WEIGHTS_MAX_HEADER_BYTES && (reader->size == LENGTH_BYTES || reader->bytes[LENGTH_BYTES] != '{'))
        return REFUSE(reader, -EBADMSG, "%s", "is not a safetensors file"); /* whose length would tell nothing */
    if (length > WEIGHTS_MAX_HEADER_BYTES)
        return REFUSE(
            reader, -EBADMSG,
            "is not a safetensors file, or a damaged one: its header would be %llu bytes long (at most %ld)",
            (unsigned long long)length, WEIGHTS_MAX_HEADER_BYTES);
    if (length > reader->size - LENGTH_BYTES)
        return REFUSE(reader, -EBADMSG, "cut off: %zu bytes where its header alone takes %llu; copy it again",
                      reader->size, (unsigned long long)length + LENGTH_BYTES);
    reader->data = reader->bytes + LENGTH_BYTES + length;
    reader->data_bytes = reader->size - LENGTH_BYTES - (size_t)length;

    reader->header = json_loadb((const char *)reader->bytes + LENGTH_BYTES, (size_t)length,
                                JSON_REJECT_DUPLICATES, &problem);
    if (!reader->header && json_error_code(&problem) == json_error_duplicate_key)
        return REFUSE(reader, -EBADMSG, "names something twice in its header (before byte %d); " ALTERED,
                      LENGTH_BYTES + problem.position);
    if (!reader->header)
        return REFUSE(reader, -EBADMSG,
                      "is not a safetensors file, or a damaged one: its header is not JSON (byte %d)",
                      LENGTH_BYTES + problem.position);
    if (!json_is_object(reader->header))
        return REFUSE(reader, -EBADMSG, "%s", "its header is not a JSON object; " ALTERED);
    return 0;
}

/* A required metadata entry, or NULL with the reason in why. */
static const char *metadata_text(struct reader *reader, const char *key)
{
    const char *text = json_string_value(json_object_get(reader->metadata, key));
    if (!text)
        REFUSE(reader, -EBADMSG,
               "has no \"%s\" in its __metadata__: a safetensors file, but not one that tells digitcam how "
               "its layers "
               "go together (net/train/pytorch_example.py shows how to write one)",
               key);
    return text;
}

/* A metadata entry that holds a number as text: integer or real, as `type` asks. */
static int metadata_number(struct reader *reader, const char *key, double least, double most, bool whole,
                           double *number)
{
    const char *text = metadata_text(reader, key);
    if (!text)
        return -EBADMSG;
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    const bool fits = whole ? json_is_integer(value) : json_is_number(value);
    *number = fits ? json_number_value(value) : 0;
    json_decref(value);
    if (!fits || !(*number >= least && *number <= most))
        return REFUSE(reader, -EBADMSG, "\"%s\" is \"%.40s\"; %s from %g to %g is needed", key, text,
                      whole ? "a whole number" : "a number", least, most);
    return 0;
}

static int read_version(struct reader *reader)
{
    double version;
    reader->metadata = json_object_get(reader->header, "__metadata__");
    const int error = metadata_number(reader, "digitcam.version", 1, 1e9, true, &version);
    if (!error && version > WEIGHTS_VERSION)
        return REFUSE(reader, -ENOTSUP,
                      "was written for a newer digitcam (version %.0f; this one knows %d): update digitcam",
                      version, WEIGHTS_VERSION);
    return error;
}

/* The inputs the file claims for each layer against those its place in the list gives it. */
static int check_inputs(struct reader *reader, const struct layer_spec *claimed)
{
    for (int i = 0; i < reader->weights->layer_count; i++) {
        const struct layer_spec *layer = &reader->weights->layers[i];
        long inputs = layer->in_channels;
        if (layer->kind == LAYER_LINEAR)
            inputs *= (long)layer->in_height * layer->in_width;
        if (layer->kind != LAYER_MAXPOOL && claimed[i].in_channels != inputs)
            return REFUSE(reader, -EBADMSG,
                          "layer \"%s\" takes %d inputs but gets %ld from the layer before it", layer->name,
                          claimed[i].in_channels, inputs);
    }
    return 0;
}

static int read_layers(struct reader *reader)
{
    struct layer_spec layers[WEIGHTS_MAX_LAYERS];
    int count;
    char reason[256];
    const char *text = metadata_text(reader, "digitcam.layers");
    if (!text)
        return -EBADMSG;
    int error = weights_layers_from_json(text, layers, &count, reason, sizeof reason);
    if (!error)
        error = weights_create(&reader->weights, layers, count, reason, sizeof reason);
    if (error)
        return REFUSE(reader, error == -EINVAL ? -EBADMSG : error, "%s", reason);
    return check_inputs(reader, layers);
}

static int read_metadata(struct reader *reader)
{
    double classes, threshold;
    int error = metadata_number(reader, "digitcam.classes", 1, WEIGHTS_MAX_CHANNELS, true, &classes);
    if (error)
        return error;
    if ((int)classes != reader->weights->classes)
        return REFUSE(reader, -EBADMSG,
                      "says it tells %.0f classes apart, but its last layer gives %d values", classes,
                      reader->weights->classes);
    error = metadata_number(reader, "digitcam.threshold", 0, 1, false, &threshold);
    if (error)
        return error;
    reader->weights->threshold = (float)threshold;
    const char *recipe = json_string_value(json_object_get(reader->metadata, "digitcam.recipe"));
    if (recipe) {
        free(reader->weights->recipe);
        reader->weights->recipe = strdup(recipe);
        if (!reader->weights->recipe)
            return REFUSE(reader, -ENOMEM, "%s", "out of memory");
    }
    return 0;
}

/* A tensor of `dimensions` dimensions of its layer's weights; the last ones of smaller tensors. */
static void expect_tensor(struct reader *reader, const struct layer_spec *layer, const char *kind,
                          const char *dtype, void *values, size_t count, int dimensions)
{
    struct tensor *tensor = &reader->tensors[reader->tensor_count++];
    snprintf(tensor->name, sizeof tensor->name, "%s.%s", layer->name, kind);
    weights_tensor_shape(layer, tensor->shape);
    if (dimensions == 1)
        tensor->shape[0] = (long)count;
    tensor->dimensions = dimensions;
    tensor->dtype = dtype;
    tensor->values = values;
    tensor->count = count;
    tensor->value_bytes = strcmp(dtype, "I8") == 0 ? 1 : 4;
}

/* Whether the first tensor of weights is of type I8; then all have to be. */
static bool is_int8(const struct reader *reader)
{
    for (int i = 0; i < reader->weights->layer_count; i++) {
        char name[48];
        snprintf(name, sizeof name, "%s.weight", reader->weights->layers[i].name);
        const json_t *entry = json_object_get(reader->header, name);
        const char *dtype = json_string_value(json_object_get(entry, "dtype"));
        if (dtype)
            return strcmp(dtype, "I8") == 0;
    }
    return false;
}

static int expect_tensors(struct reader *reader)
{
    const bool int8 = is_int8(reader);
    if (int8 && weights_add_int8(reader->weights))
        return REFUSE(reader, -ENOMEM, "%s", "out of memory");
    for (int i = 0; i < reader->weights->layer_count; i++) {
        struct layer_spec *layer = &reader->weights->layers[i];
        const size_t count = layer_weight_count(layer), outputs = (size_t)layer->out_channels;
        const int dimensions = layer->kind == LAYER_CONV ? 4 : 2;
        if (layer->kind == LAYER_MAXPOOL)
            continue;
        if (int8) {
            expect_tensor(reader, layer, "weight", "I8", layer->int8_weight, count, dimensions);
            expect_tensor(reader, layer, "bias", "I32", layer->int8_bias, outputs, 1);
            expect_tensor(reader, layer, "scale", "F32", layer->scale, outputs, 1);
            expect_tensor(reader, layer, "input_scale", "F32", &layer->input_scale, 1, 1);
        } else {
            expect_tensor(reader, layer, "weight", "F32", layer->weight, count, dimensions);
            expect_tensor(reader, layer, "bias", "F32", layer->bias, outputs, 1);
        }
    }
    return 0;
}

static void shape_text(const struct tensor *tensor, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < tensor->dimensions && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%ld", i ? ", " : "", tensor->shape[i]);
}

static bool shape_matches(const json_t *list, const struct tensor *tensor)
{
    if (json_array_size(list) != (size_t)tensor->dimensions)
        return false;
    for (int i = 0; i < tensor->dimensions; i++)
        if (json_integer_value(json_array_get(list, (size_t)i)) != tensor->shape[i])
            return false;
    return true;
}

/* data_offsets of one tensor: two whole numbers that enclose exactly its values. */
static int read_offsets(struct reader *reader, const json_t *list, struct tensor *tensor)
{
    const json_t *first = json_array_get(list, 0), *last = json_array_get(list, 1);
    if (json_array_size(list) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return REFUSE(reader, -EBADMSG, "tensor \"%s\" has no data_offsets; " ALTERED, tensor->name);
    const json_int_t begin = json_integer_value(first), end = json_integer_value(last);
    if (begin < 0 || end < begin || end > WEIGHTS_MAX_FILE_BYTES)
        return REFUSE(reader, -EBADMSG,
                      "tensor \"%s\" would lie at bytes %lld to %lld, which cannot be; " ALTERED,
                      tensor->name, (long long)begin, (long long)end);
    if (begin % (json_int_t)tensor->value_bytes)
        return REFUSE(reader, -EBADMSG,
                      "tensor \"%s\" begins at byte %lld, not at a multiple of four; " ALTERED, tensor->name,
                      (long long)begin);
    if ((size_t)(end - begin) != tensor->count * tensor->value_bytes)
        return REFUSE(reader, -EBADMSG, "tensor \"%s\" has %lld bytes where its shape needs %zu; " ALTERED,
                      tensor->name, (long long)(end - begin), tensor->count * tensor->value_bytes);
    tensor->begin = (size_t)begin;
    tensor->end = (size_t)end;
    return 0;
}

static int read_tensor_entry(struct reader *reader, const char *name, const json_t *entry)
{
    struct tensor *tensor = NULL;
    char shape[64];
    for (int i = 0; i < reader->tensor_count && !tensor; i++)
        if (strcmp(reader->tensors[i].name, name) == 0)
            tensor = &reader->tensors[i];
    if (!tensor)
        return REFUSE(reader, -EBADMSG, "holds a tensor \"%.60s\" that belongs to none of its layers", name);
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype)
        return REFUSE(reader, -EBADMSG, "tensor \"%s\" has no dtype; " ALTERED, name);
    if (strcmp(dtype, tensor->dtype) != 0)
        return REFUSE(reader, -EBADMSG, "tensor \"%s\" is of type %.16s; %s is needed%s", name, dtype,
                      tensor->dtype,
                      strcmp(tensor->dtype, "F32") == 0 ? " (in PyTorch: tensor.float())" : " in an int8 file");
    shape_text(tensor, shape, sizeof shape);
    if (!shape_matches(json_object_get(entry, "shape"), tensor))
        return REFUSE(reader, -EBADMSG, "tensor \"%s\" is not of the shape [%s] that its layer needs", name,
                      shape);
    const int error = read_offsets(reader, json_object_get(entry, "data_offsets"), tensor);
    tensor->found = !error;
    return error;
}

static int read_tensor_entries(struct reader *reader)
{
    const char *name;
    json_t *entry;
    json_object_foreach(reader->header, name, entry)
    {
        const int error = strcmp(name, "__metadata__") ? read_tensor_entry(reader, name, entry) : 0;
        if (error)
            return error;
    }
    for (int i = 0; i < reader->tensor_count; i++)
        if (!reader->tensors[i].found)
            return REFUSE(reader, -EBADMSG, "the tensor \"%s\" is missing", reader->tensors[i].name);
    return 0;
}

static int by_begin(const void *left, const void *right)
{
    const struct tensor *a = left, *b = right;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

/* Tensors follow each other without overlap, hole or rest, and all of them are there. */
static int check_layout(struct reader *reader)
{
    size_t expected = 0;
    qsort(reader->tensors, (size_t)reader->tensor_count, sizeof *reader->tensors, by_begin);
    for (int i = 0; i < reader->tensor_count; i++) {
        const struct tensor *tensor = &reader->tensors[i];
        if (tensor->begin < expected)
            return REFUSE(reader, -EBADMSG, "tensors \"%s\" and \"%s\" overlap; " ALTERED,
                          reader->tensors[i - 1].name, tensor->name);
        if (tensor->begin > expected)
            return REFUSE(reader, -EBADMSG, "%zu bytes before tensor \"%s\" belong to nothing; " ALTERED,
                          tensor->begin - expected, tensor->name);
        expected = tensor->end;
    }
    const size_t whole = reader->size - reader->data_bytes + expected;
    if (expected > reader->data_bytes)
        return REFUSE(reader, -EBADMSG, "cut off: %zu bytes where the header says %zu; copy it again",
                      reader->size, whole);
    if (expected < reader->data_bytes)
        return REFUSE(
            reader, -EBADMSG,
            "%zu bytes too many behind the last tensor (%zu where the header says %zu); copy it again",
            reader->data_bytes - expected, reader->size, whole);
    return 0;
}

/* Holds one checksum against what the file says it is; a file may do without. */
static int check_hash(struct reader *reader, const char *key, const char *hash, const char *what)
{
    const json_t *entry = json_object_get(reader->metadata, key);
    if (entry && (!json_is_string(entry) || strcasecmp(json_string_value(entry), hash) != 0))
        return REFUSE(
            reader, -EBADMSG,
            "its %s do not match their SHA-256: the file was damaged; copy it again (if you changed them "
            "yourself, leave %s out of its metadata)",
            what, key);
    return 0;
}

static int check_hashes(struct reader *reader)
{
    char hash[WEIGHTS_SHA256_HEX_BYTES];
    weights_sha256(reader->data, reader->data_bytes, hash);
    int error = check_hash(reader, "digitcam.sha256", hash, "weights");
    if (!error) {
        weights_metadata_sha256(reader->metadata, hash);
        error = check_hash(reader, "digitcam.metadata_sha256", hash, "metadata");
    }
    return error;
}

static int check_finite(struct reader *reader, const struct tensor *tensor)
{
    const float *values = tensor->values;
    for (size_t i = 0; i < tensor->count; i++)
        if (!isfinite(values[i]))
            return REFUSE(reader, -EBADMSG,
                          "value %zu of tensor \"%s\" is %s: the training that made it went wrong; train again",
                          i, tensor->name, isnan(values[i]) ? "not a number" : "infinite");
    return 0;
}

static int copy_values(struct reader *reader)
{
    for (int i = 0; i < reader->tensor_count; i++) {
        const struct tensor *tensor = &reader->tensors[i];
        memcpy(tensor->values, reader->data + tensor->begin, tensor->count * tensor->value_bytes);
        const int error = strcmp(tensor->dtype, "F32") == 0 ? check_finite(reader, tensor) : 0;
        if (error)
            return error;
    }
    return 0;
}

static int finish_int8(struct reader *reader)
{
    char reason[256];
    if (!reader->weights->int8)
        return 0;
    if (weights_check_int8(reader->weights, reason, sizeof reason))
        return REFUSE(reader, -EBADMSG, "%s", reason);
    weights_dequantise(reader->weights);
    return 0;
}

int weights_read(struct weights **weights, const char *path, char *why, size_t why_bytes)
{
    static int (*const steps[])(struct reader *) = {
        load_bytes,     parse_header,        read_version, read_layers,  read_metadata,
        expect_tensors, read_tensor_entries, check_layout, check_hashes, copy_values,  finish_int8};
    struct reader reader = {.path = path, .why = why, .why_bytes = why_bytes};
    int error = 0;

    *weights = NULL;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !error; i++)
        error = steps[i](&reader);
    if (error)
        weights_destroy(reader.weights);
    else
        *weights = reader.weights;
    json_decref(reader.header);
    free(reader.bytes);
    return error;
}
