/* test_net_weights.c - weights files: what is written is read back, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/net.h"
#include "net/weights.h"

static char folder[] = "/tmp/digitcam-weights-XXXXXX";
static char path[64]; /* the file every test writes to */
static char why[NET_WHY_BYTES];

/* conv 1->2 3x3 stride 3 padding 1, maxpool 3, linear 2*3*3 -> 2: small, and has every kind. */
static const struct layer_spec small[] = {
    {.kind = LAYER_CONV,
     .name = "conv1",
     .activation = ACTIVATION_RELU,
     .kernel = 3,
     .stride = 3,
     .padding = 1,
     .out_channels = 2},
    {.kind = LAYER_MAXPOOL, .name = "pool1", .kernel = 3, .stride = 3},
    {.kind = LAYER_LINEAR, .name = "fc1", .out_channels = 2},
};
enum { SMALL = sizeof small / sizeof *small, SMALL_VALUES = 18 + 2 + 36 + 2 };

static struct weights *make_small(void)
{
    struct weights *weights;
    assert_int_equal(weights_create(&weights, small, SMALL, why, sizeof why), 0);
    float next = -1.5f;
    for (int i = 0; i < SMALL; i++) {
        struct layer_spec *layer = &weights->layers[i];
        for (size_t j = 0; j < layer_weight_count(layer); j++)
            layer->weight[j] = next += 0.37f;
        for (int j = 0; layer->bias && j < layer->out_channels; j++)
            layer->bias[j] = next *= -0.9f;
    }
    weights->threshold = 0.7f;
    free(weights->recipe);
    weights->recipe = strdup("seed 1, \"three\" epochs");
    return weights;
}

static bool same_network(const struct weights *a, const struct weights *b)
{
    if (a->layer_count != b->layer_count || a->classes != b->classes ||
        memcmp(&a->threshold, &b->threshold, sizeof a->threshold) != 0 || strcmp(a->recipe, b->recipe) != 0)
        return false;
    for (int i = 0; i < a->layer_count; i++) {
        const struct layer_spec *x = &a->layers[i], *y = &b->layers[i];
        const size_t weights = layer_weight_count(x);
        if (x->kind != y->kind || x->kernel != y->kernel || x->stride != y->stride ||
            x->padding != y->padding || x->activation != y->activation || strcmp(x->name, y->name) != 0 ||
            layer_weight_count(y) != weights)
            return false;
        if (weights > 0 && (memcmp(x->weight, y->weight, weights * sizeof(float)) != 0 ||
                            memcmp(x->bias, y->bias, (size_t)x->out_channels * sizeof(float)) != 0))
            return false;
    }
    return true;
}

static void put_file(const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static uint8_t *get_file(size_t *count)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    *count = (size_t)status.st_size;
    uint8_t *bytes = malloc(*count);
    FILE *file = fopen(path, "rb");
    assert_true(bytes && file);
    assert_int_equal(fread(bytes, 1, *count, file), *count);
    fclose(file);
    return bytes;
}

/* Reading `path` has to fail with `error`, naming the file and saying `message`. */
static void assert_refused(int error, const char *message)
{
    struct weights *weights = (struct weights *)folder; /* anything but NULL */
    why[0] = '\0';
    const int got = weights_read(&weights, path, why, sizeof why);
    if (got != error || !strstr(why, message) || strncmp(why, path, strlen(path)) != 0)
        fail_msg("expected %d and \"%s\", got %d and \"%s\"", error, message, got, why);
    assert_null(weights);
    assert_null(strchr(why, '\n'));
}

/* ---- What is right
 * --------------------------------------------------------------------------------------------- */

static void check_round_trip(void)
{
    struct weights *written = make_small(), *read;
    assert_int_equal(weights_write(written, path, why, sizeof why), 0);
    if (weights_read(&read, path, why, sizeof why))
        fail_msg("%s", why);
    assert_true(same_network(written, read));
    assert_int_equal(read->layers[2].in_channels * read->layers[2].in_height * read->layers[2].in_width, 18);
    weights_destroy(read);
    weights_destroy(written);
}

static void test_round_trip(void **state)
{
    (void)state;
    check_round_trip();
    /* A locale with decimal commas must not reach the file. */
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        check_round_trip();
    setlocale(LC_NUMERIC, "C");
}

static void test_header_is_aligned(void **state)
{
    (void)state;
    struct weights *weights = make_small();
    size_t count;
    assert_int_equal(weights_write(weights, path, why, sizeof why), 0);
    uint8_t *bytes = get_file(&count);
    assert_int_equal(bytes[0] % 8, 0);
    assert_int_equal(bytes[8], '{');
    assert_int_equal(8 + bytes[0] + 256 * bytes[1] + 4 * SMALL_VALUES, count);
    free(bytes);
    weights_destroy(weights);
}

static void test_failed_write_keeps_the_old_file(void **state)
{
    (void)state;
    size_t before, after;
    struct weights *weights = make_small();
    assert_int_equal(weights_write(weights, path, why, sizeof why), 0);
    uint8_t *old = get_file(&before);

    weights->layers[2].weight[5] = INFINITY;
    assert_int_equal(weights_write(weights, path, why, sizeof why), -EINVAL);
    assert_non_null(strstr(why, "\"fc1\""));
    weights->layers[2].weight[5] = 0;
    weights->threshold = 1.5f;
    assert_int_equal(weights_write(weights, path, why, sizeof why), -EINVAL);
    assert_non_null(strstr(why, "threshold"));
    weights->threshold = 0.5f;
    strcpy(weights->layers[2].name, "conv1"); /* a list that would not be read again */
    assert_int_equal(weights_write(weights, path, why, sizeof why), -EIO);
    strcpy(weights->layers[2].name, "fc1");
    assert_int_equal(weights_write(weights, "/nowhere/at/all.safetensors", why, sizeof why), -ENOENT);

    uint8_t *now = get_file(&after);
    assert_int_equal(before, after);
    assert_memory_equal(old, now, before);
    free(old);
    free(now);
    weights_destroy(weights);
}

/* ---- What is damaged
 * ------------------------------------------------------------------------------------------- */

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    struct weights *weights = make_small();
    size_t count;
    assert_int_equal(weights_write(weights, path, why, sizeof why), 0);
    uint8_t *bytes = get_file(&count);
    for (size_t length = 0; length < count; length++) {
        put_file(bytes, length);
        assert_refused(-EBADMSG, length < 10 ? "too few" : "cut off");
    }
    free(bytes);
    weights_destroy(weights);
}

/* Every byte altered in turn, in three ways. A change in the name of an entry that may be left out, or in the
 * case of a checksum's letters, passes; but nothing ever comes out different. */
static void test_every_altered_byte_is_refused_or_harmless(void **state)
{
    (void)state;
    static const uint8_t masks[] = {0x01, 0x20, 0xff};
    struct weights *weights = make_small(), *read;
    size_t count, harmless = 0, refused_values = 0;
    assert_int_equal(weights_write(weights, path, why, sizeof why), 0);
    uint8_t *bytes = get_file(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < sizeof masks; m++) {
            bytes[i] ^= masks[m];
            put_file(bytes, count);
            bytes[i] ^= masks[m];
            why[0] = '\0';
            const int error = weights_read(&read, path, why, sizeof why);
            if (error) {
                assert_true(error == -EBADMSG || error == -ENOTSUP);
                assert_true(strlen(why) > strlen(path));
                refused_values += i >= count - 4 * SMALL_VALUES;
                continue;
            }
            if (!same_network(weights, read))
                fail_msg("byte %zu altered by %02x gives another network", i, masks[m]);
            harmless++;
            weights_destroy(read);
        }
    assert_int_equal(refused_values,
                     4 * SMALL_VALUES * sizeof masks); /* the checksum sees every bit of the weights */
    assert_true(harmless > 0 && harmless < count);
    free(bytes);
    weights_destroy(weights);
}

/* ---- What was made by hand
 * ------------------------------------------------------------------------------------- */

#define VERSION   "\"digitcam.version\":\"1\","
#define CLASSES   "\"digitcam.classes\":\"2\","
#define THRESHOLD "\"digitcam.threshold\":\"0.5\","
#define ONE_LAYER                                                                                            \
    "\"digitcam.layers\":\"[{\\\"kind\\\":\\\"linear\\\",\\\"name\\\":\\\"fc\\\",\\\"in\\\":784,"            \
    "\\\"out\\\":2}]\""
#define METADATA "\"__metadata__\":{" VERSION CLASSES THRESHOLD ONE_LAYER "}"
#define WEIGHT   "\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,784],\"data_offsets\":[0,6272]}"
#define BIAS     "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6272,6280]}"
enum { ONE_LAYER_BYTES = 6280 };

static const float *file_values; /* of the tensors put_header writes; NULL: zeros */

static void put_header(const char *header, size_t data_bytes)
{
    const size_t length = strlen(header);
    uint8_t *bytes = calloc(1, 8 + length + data_bytes);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    if (file_values)
        memcpy(bytes + 8 + length, file_values, data_bytes);
    put_file(bytes, 8 + length + data_bytes);
    free(bytes);
}

static void assert_header_refused(const char *header, const char *message)
{
    put_header(header, ONE_LAYER_BYTES);
    assert_refused(-EBADMSG, message);
}

static void test_a_plain_file_is_accepted(void **state)
{
    (void)state;
    struct weights *weights;
    /* No checksum, tensors in another order, entries of other programs, an odd header length. */
    put_header("{" BIAS "," WEIGHT ",\"__metadata__\":{\"format\":\"pt\"," VERSION CLASSES THRESHOLD ONE_LAYER
               "}}   ",
               ONE_LAYER_BYTES);
    if (weights_read(&weights, path, why, sizeof why))
        fail_msg("%s", why);
    assert_int_equal(weights->classes, 2);
    assert_string_equal(weights->recipe, "");
    weights_destroy(weights);
}

/* What a layer does not say is as in PyTorch. */
static void test_defaults(void **state)
{
    (void)state;
    struct weights *weights;
    put_header(
        "{\"__metadata__\":{" VERSION CLASSES THRESHOLD "\"digitcam.layers\":\"["
        "{\\\"kind\\\":\\\"conv\\\",\\\"name\\\":\\\"c\\\",\\\"in\\\":1,\\\"out\\\":2,\\\"kernel\\\":5},"
        "{\\\"kind\\\":\\\"maxpool\\\",\\\"name\\\":\\\"p\\\",\\\"kernel\\\":3},"
        "{\\\"kind\\\":\\\"linear\\\",\\\"name\\\":\\\"f\\\",\\\"in\\\":128,\\\"out\\\":2}]\"},"
        "\"c.weight\":{\"dtype\":\"F32\",\"shape\":[2,1,5,5],\"data_offsets\":[0,200]},"
        "\"c.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[200,208]},"
        "\"f.weight\":{\"dtype\":\"F32\",\"shape\":[2,128],\"data_offsets\":[208,1232]},"
        "\"f.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1232,1240]}}",
        1240);
    if (weights_read(&weights, path, why, sizeof why))
        fail_msg("%s", why);
    assert_int_equal(weights->layers[0].stride, 1);
    assert_int_equal(weights->layers[0].padding, 0);
    assert_int_equal(weights->layers[0].activation, ACTIVATION_NONE);
    assert_int_equal(weights->layers[0].out_height, 24);
    assert_int_equal(weights->layers[1].stride, 3);
    assert_int_equal(weights->layers[1].out_height, 8);
    weights_destroy(weights);
}

static void test_header_faults(void **state)
{
    (void)state;
    assert_header_refused("[1,2]", "not a JSON object");
    assert_header_refused("{\"a\":}", "not JSON");
    assert_header_refused("{" METADATA "," WEIGHT "," WEIGHT "," BIAS "}", "twice");
    assert_header_refused("{" WEIGHT "," BIAS "}", "no \"digitcam.version\"");
    assert_header_refused("{\"__metadata__\":{\"format\":\"pt\"}," WEIGHT "," BIAS "}", "pytorch_example.py");
    assert_header_refused("{\"__metadata__\":[]," WEIGHT "," BIAS "}", "no \"digitcam.version\"");
    assert_header_refused("{\"__metadata__\":{" VERSION CLASSES "\"a\":\"b\"}}", "no \"digitcam.layers\"");
    assert_header_refused("{\"__metadata__\":{" VERSION THRESHOLD ONE_LAYER "}}", "no \"digitcam.classes\"");
    assert_header_refused("{\"__metadata__\":{" VERSION CLASSES ONE_LAYER "}}", "no \"digitcam.threshold\"");
    assert_header_refused("{\"__metadata__\":{\"digitcam.version\":1}}", "no \"digitcam.version\"");
    assert_header_refused("{\"__metadata__\":{\"digitcam.version\":\"one\"}}", "whole number");
    assert_header_refused("{\"__metadata__\":{\"digitcam.version\":\"0\"}}", "whole number");
    put_header("{\"__metadata__\":{\"digitcam.version\":\"2\"}}", 0);
    assert_refused(-ENOTSUP, "update digitcam");
    assert_header_refused("{\"__metadata__\":{" VERSION "\"digitcam.classes\":\"10\"," THRESHOLD ONE_LAYER
                          "}," WEIGHT "," BIAS "}",
                          "10 classes apart, but its last layer gives 2");
    static const char *const thresholds[] = {"1.01", "-0.1", "NaN", "", "half", "1e999", "0.5 "};
    for (size_t i = 0; i + 1 < sizeof thresholds / sizeof *thresholds; i++) {
        char header[1024];
        snprintf(header, sizeof header,
                 "{\"__metadata__\":{" VERSION CLASSES "\"digitcam.threshold\":\"%s\"," ONE_LAYER "}}",
                 thresholds[i]);
        assert_header_refused(header, "from 0 to 1");
    }
    assert_header_refused("{\"__metadata__\":{" VERSION CLASSES THRESHOLD ONE_LAYER
                          ",\"digitcam.sha256\":\"00\"}," WEIGHT "," BIAS "}",
                          "SHA-256");
}

static void test_header_length_is_not_believed(void **state)
{
    (void)state;
    uint8_t bytes[64] = {0};
    memset(bytes, 0xff, 8);
    put_file(bytes, sizeof bytes);
    assert_refused(-EBADMSG, "is not a safetensors file");
    bytes[8] = '{'; /* now it may be one, and its length tells something */
    put_file(bytes, sizeof bytes);
    assert_refused(-EBADMSG, "its header would be 18446744073709551615 bytes long");
    const uint64_t lengths[] = {WEIGHTS_MAX_HEADER_BYTES, 57};
    for (int i = 0; i < 2; i++) {
        memcpy(bytes, &lengths[i], 8);
        put_file(bytes, sizeof bytes);
        assert_refused(-EBADMSG, "cut off");
    }
    /* Nested deeper than any parser's stack. */
    char *deep = malloc(500001);
    memset(deep, '[', 500000);
    deep[500000] = '\0';
    put_header(deep, 0);
    assert_refused(-EBADMSG, "not JSON");
    free(deep);
    /* A name that would play tricks with the terminal. */
    put_header("{\"__metadata__\":{" VERSION CLASSES THRESHOLD ONE_LAYER "},\"\\u001b[2Jx\":{}}", 0);
    assert_refused(-EBADMSG, "\"?[2Jx\" that belongs to none");
}

static void test_tensor_faults(void **state)
{
    (void)state;
    static const struct {
        const char *weight, *bias, *message;
    } cases[] = {
        {"\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,784],\"data_offsets\":[0,6272]}", "\"x\":1",
         "belongs to none"},
        {WEIGHT, "\"fc.scale\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6272,6280]}",
         "belongs to none"},
        {WEIGHT, "\"fc.bias\":7", "no dtype"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[6272,6280]}",
         "is of type F16"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[6272,6284]}",
         "not of the shape [2]"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[6272,6280]}",
         "not of the shape [2]"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[6272,6280]}",
         "not of the shape [2]"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"data_offsets\":[6272,6280]}", "not of the shape [2]"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2]}", "no data_offsets"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6272]}", "no data_offsets"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6272,\"6280\"]}",
         "no data_offsets"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}", "which cannot be"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6280,6272]}",
         "which cannot be"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6272,9223372036854775807]}",
         "which cannot be"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6272,18446744073709551615]}",
         "not JSON"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6273,6281]}",
         "multiple of four"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6272,6276]}",
         "4 bytes where its shape needs 8"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6268,6276]}", "overlap"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}", "overlap"},
        {WEIGHT, "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6276,6284]}",
         "4 bytes before tensor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[2048];
        snprintf(header, sizeof header, "{" METADATA ",%s,%s}", cases[i].weight, cases[i].bias);
        assert_header_refused(header, cases[i].message);
    }
    assert_header_refused("{" METADATA "," WEIGHT "}", "\"fc.bias\" is missing");
    put_header("{" METADATA "," WEIGHT "," BIAS "}", ONE_LAYER_BYTES + 3);
    assert_refused(-EBADMSG, "3 bytes too many");
    put_header("{" METADATA "," WEIGHT "," BIAS "}", ONE_LAYER_BYTES - 3);
    assert_refused(-EBADMSG, "cut off");
}

static void test_values_have_to_be_numbers(void **state)
{
    (void)state;
    static float values[ONE_LAYER_BYTES / sizeof(float)];
    file_values = values;
    values[1567] = NAN;
    put_header("{" METADATA "," WEIGHT "," BIAS "}", ONE_LAYER_BYTES);
    assert_refused(-EBADMSG, "value 1567 of tensor \"fc.weight\" is not a number");
    values[1567] = 0;
    values[1569] = -INFINITY;
    put_header("{" METADATA "," WEIGHT "," BIAS "}", ONE_LAYER_BYTES);
    assert_refused(-EBADMSG, "value 1 of tensor \"fc.bias\" is infinite");
    file_values = NULL;
}

/* The layer list in `text`, with ' for \" so that it can be read here. */
static void assert_layers_refused(const char *text, const char *message)
{
    char header[8192] = "{\"__metadata__\":{" VERSION CLASSES THRESHOLD "\"digitcam.layers\":\"";
    size_t length = strlen(header);
    for (const char *c = text; *c; c++) {
        assert_true(length + 10 < sizeof header);
        if (*c == '\'')
            header[length++] = '\\';
        header[length++] = *c == '\'' ? '"' : *c;
    }
    strcpy(header + length, "\"}}");
    assert_header_refused(header, message);
}

static void test_layer_faults(void **state)
{
    (void)state;
    assert_layers_refused("", "not valid JSON");
    assert_layers_refused("[", "not valid JSON");
    assert_layers_refused("{}", "list of 1 to 32 layers");
    assert_layers_refused("[]", "list of 1 to 32 layers");
    assert_layers_refused("[1]", "layer 1 is not a JSON object");
    assert_layers_refused("[{'name':'a'}]", "layer 1 has no kind");
    assert_layers_refused("[{'kind':'attention','name':'a'}]", "layer 1 has no kind");
    assert_layers_refused("[{'kind':'linear','in':784,'out':2}]", "no \"name\"");
    assert_layers_refused("[{'kind':'linear','name':'a','out':2}]", "does not say \"in\"");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':2}]", "does not say \"kernel\"");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':2,'dilation':2}]",
                          "\"dilation\", which");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':2,'kernel':2}]", "\"kernel\", which");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':2,'out':3}]", "not valid JSON");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':'2'}]", "value of \"out\"");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':-2}]", "value of \"out\"");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':99999999999}]", "value of \"out\"");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':2,'activation':'tanh'}]",
                          "value of \"activation\"");
    assert_layers_refused("[{'kind':'linear','name':'a/b','in':784,'out':2}]", "no usable name");
    assert_layers_refused("[{'kind':'linear','name':'','in':784,'out':2}]", "no usable name");
    assert_layers_refused("[{'kind':'linear','name':'abcdefghijklmnopqrstuvwxyzabcdefgh','in':784,'out':2}]",
                          "value of \"name\"");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':0}]", "0 outputs");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':1025}]", "1025 outputs");
    assert_layers_refused("[{'kind':'linear','name':'a','in':785,'out':2}]", "takes 785 inputs but gets 784");
    assert_layers_refused(
        "[{'kind':'linear','name':'a','in':784,'out':9},{'kind':'linear','name':'a','in':9,'out':2}]",
        "both called");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':65}]", "the last layer gives");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':2,'kernel':3}]",
                          "the last layer gives 2 x 26 x 26");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':2,'kernel':29}]", "does not fit");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':2,'kernel':0}]", "kernel 0");
    assert_layers_refused("[{'kind':'maxpool','name':'a','kernel':0}]", "kernel 0");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':2,'kernel':3,'stride':0}]", "stride 0");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':2,'kernel':3,'padding':3}]", "padding 3");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':2,'kernel':60,'padding':59}]",
                          "at most 64 x 64");
    assert_layers_refused("[{'kind':'maxpool','name':'a','kernel':2,'padding':1}]", "\"padding\", which");
    assert_layers_refused("[{'kind':'linear','name':'a','in':784,'out':9},{'kind':'conv','name':'b','in':9,'"
                          "out':2,'kernel':1}]",
                          "layer 2 works on a picture");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':1024,'kernel':1},"
                          "{'kind':'linear','name':'b','in':802816,'out':1024}]",
                          "absurdly large");
    assert_layers_refused("[{'kind':'conv','name':'a','in':1,'out':1024,'kernel':3,'padding':1},"
                          "{'kind':'conv','name':'b','in':1024,'out':1024,'kernel':3,'padding':1}]",
                          "absurdly large");
    char many[3000] = "[";
    for (int i = 0; i < WEIGHTS_MAX_LAYERS + 1; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many),
                 "%s{'kind':'maxpool','name':'p%d','kernel':1}", i ? "," : "", i);
    strcat(many, "]");
    assert_layers_refused(many, "list of 1 to 32 layers");
}

static void test_not_a_file(void **state)
{
    (void)state;
    struct weights *weights;
    assert_int_equal(unlink(path), 0);
    assert_refused(-ENOENT, "No such file");
    assert_int_equal(weights_read(&weights, folder, why, sizeof why), -EBADMSG);
    assert_non_null(strstr(why, "is not a file"));
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes to it: must not wait */
    assert_refused(-EBADMSG, "is not a file");
    unlink(path);
    put_file("", 0);
    assert_refused(-EBADMSG, "0 bytes are too few");
    assert_int_equal(truncate(path, WEIGHTS_MAX_FILE_BYTES + 1), 0); /* sparse */
    assert_refused(-EBADMSG, "too many");
    if (geteuid() != 0) {
        put_file("", 0);
        chmod(path, 0);
        assert_refused(-EACCES, "Permission denied");
        chmod(path, 0600);
    }
}

/* ---- Shapes
 * ---------------------------------------------------------------------------------------------------- */

static void test_shapes_and_counts(void **state)
{
    (void)state;
    const struct layer_spec lenet5[] = {
        {.kind = LAYER_CONV, .name = "conv1", .kernel = 5, .stride = 1, .padding = 2, .out_channels = 6},
        {.kind = LAYER_MAXPOOL, .name = "pool1", .kernel = 2, .stride = 2},
        {.kind = LAYER_CONV, .name = "conv2", .kernel = 5, .stride = 1, .out_channels = 16},
        {.kind = LAYER_MAXPOOL, .name = "pool2", .kernel = 2, .stride = 2},
        {.kind = LAYER_LINEAR, .name = "fc1", .out_channels = 120},
        {.kind = LAYER_LINEAR, .name = "fc2", .out_channels = 84},
        {.kind = LAYER_LINEAR, .name = "fc3", .out_channels = 10},
    };
    static const int outputs[][3] = {{6, 28, 28}, {6, 14, 14}, {16, 10, 10}, {16, 5, 5},
                                     {120, 1, 1}, {84, 1, 1},  {10, 1, 1}};
    struct weights *weights;
    long multiply_adds = 0;
    size_t parameters = 0;
    assert_int_equal(weights_create(&weights, lenet5, 7, why, sizeof why), 0);
    for (int i = 0; i < 7; i++) {
        const struct layer_spec *layer = &weights->layers[i];
        assert_int_equal(layer->out_channels, outputs[i][0]);
        assert_int_equal(layer->out_height, outputs[i][1]);
        assert_int_equal(layer->out_width, outputs[i][2]);
        multiply_adds += layer_multiply_adds(layer);
        parameters += layer_weight_count(layer) + (layer->bias ? (size_t)layer->out_channels : 0);
    }
    assert_int_equal(multiply_adds, 416520); /* LeNet-5 with ReLU and max-pooling */
    assert_int_equal(parameters, 61706);
    assert_int_equal(weights->classes, 10);
    weights_destroy(weights);
    weights_destroy(NULL);
    assert_int_equal(weights_create(&weights, lenet5, 0, why, sizeof why), -EINVAL);
    assert_int_equal(weights_create(&weights, lenet5, WEIGHTS_MAX_LAYERS + 1, why, sizeof why), -EINVAL);
    assert_null(weights);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/small.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails where a temporary file was left behind */
}

static void weights_are_found_where_asked(void **state)
{
    (void)state;
    char found[256];
    net_find("some/where", NET_DEFAULT, found, sizeof found);
    assert_string_equal(found, "some/where");
    net_find(NULL, NET_DEFAULT, found, sizeof found); /* beside this test there are none */
    assert_string_equal(found, DIGITCAM_SHARE "/weights/digits.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_found_where_asked),
        cmocka_unit_test(test_shapes_and_counts),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_header_is_aligned),
        cmocka_unit_test(test_failed_write_keeps_the_old_file),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_altered_byte_is_refused_or_harmless),
        cmocka_unit_test(test_a_plain_file_is_accepted),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_header_faults),
        cmocka_unit_test(test_header_length_is_not_believed),
        cmocka_unit_test(test_tensor_faults),
        cmocka_unit_test(test_values_have_to_be_numbers),
        cmocka_unit_test(test_layer_faults),
        cmocka_unit_test(test_not_a_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
