/* test_net_int8_files.c - weights files of type int8: what is written is read back, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/kernels.h"
#include "net/net.h"
#include "net/weights.h"

static char folder[] = "/tmp/digitcam-int8-XXXXXX";
static char path[64];
static char why[NET_WHY_BYTES];

/* Outputs and weights of odd numbers, so that nothing is aligned by luck. */
static const struct layer_spec small[] = {
    {.kind = LAYER_CONV,
     .name = "conv1",
     .activation = ACTIVATION_RELU,
     .kernel = 5,
     .stride = 3,
     .out_channels = 3},
    {.kind = LAYER_MAXPOOL, .name = "pool1", .kernel = 2, .stride = 2},
    {.kind = LAYER_LINEAR, .name = "fc1", .out_channels = 3},
};
enum { SMALL = sizeof small / sizeof *small };

static struct weights *make_int8(void)
{
    struct weights *weights;
    assert_int_equal(weights_create(&weights, small, SMALL, why, sizeof why), 0);
    assert_int_equal(weights_add_int8(weights), 0);
    for (int i = 0; i < SMALL; i++) {
        struct layer_spec *layer = &weights->layers[i];
        for (size_t j = 0; j < layer_weight_count(layer); j++)
            layer->int8_weight[j] = (int8_t)((int)(j * 37 % 255) - 127);
        for (int o = 0; layer->weight && o < layer->out_channels; o++) {
            layer->int8_bias[o] = 1000 * o - 700;
            layer->scale[o] = 0.01f / (float)(o + 1);
        }
        layer->input_scale = i == 0 ? WEIGHTS_PICTURE_SCALE : 0.05f;
    }
    weights->threshold = 0.25f;
    weights_dequantise(weights);
    return weights;
}

static bool same_network(const struct weights *a, const struct weights *b)
{
    if (a->int8 != b->int8 || a->layer_count != b->layer_count)
        return false;
    for (int i = 0; i < a->layer_count; i++) {
        const struct layer_spec *x = &a->layers[i], *y = &b->layers[i];
        const size_t count = layer_weight_count(x), outputs = (size_t)x->out_channels;
        if (count > 0 && (memcmp(x->int8_weight, y->int8_weight, count) != 0 ||
                          memcmp(x->int8_bias, y->int8_bias, outputs * sizeof(int32_t)) != 0 ||
                          memcmp(x->scale, y->scale, outputs * sizeof(float)) != 0 ||
                          memcmp(&x->input_scale, &y->input_scale, sizeof(float)) != 0 ||
                          memcmp(x->weight, y->weight, count * sizeof(float)) != 0 ||
                          memcmp(x->bias, y->bias, outputs * sizeof(float)) != 0))
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
    uint8_t *bytes = malloc(*count + 1);
    FILE *file = fopen(path, "rb");
    assert_true(bytes && file);
    assert_int_equal(fread(bytes, 1, *count, file), *count);
    bytes[*count] = 0;
    fclose(file);
    return bytes;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct weights *written = make_int8(), *read = NULL;
    struct net *net;
    if (weights_write(written, path, why, sizeof why) || weights_read(&read, path, why, sizeof why))
        fail_msg("%s", why);
    assert_true(read->int8 && same_network(written, read));
    assert_float_equal(read->layers[0].weight[0], -127 * 0.01f, 1e-6);
    assert_float_equal(read->layers[2].bias[2], 1300 * 0.05f * 0.01f / 3, 1e-6);
    assert_float_equal(read->threshold, 0.25f, 0);
    if (net_load(&net, path, NULL, why, sizeof why))
        fail_msg("%s", why);
    assert_string_equal(net_type(net), "int8");
    net_destroy(net);
    weights_destroy(written);
    weights_destroy(read);
}

static void test_cut_off_or_altered(void **state)
{
    (void)state;
    struct weights *written = make_int8(), *read;
    assert_int_equal(weights_write(written, path, why, sizeof why), 0);
    size_t count;
    uint8_t *bytes = get_file(&count);
    for (size_t length = 0; length < count; length++) {
        put_file(bytes, length);
        assert_int_equal(weights_read(&read, path, why, sizeof why), -EBADMSG);
    }
    for (size_t i = 0; i < count; i++) {
        bytes[i] ^= 0x11;
        put_file(bytes, count);
        const int error = weights_read(&read, path, why, sizeof why);
        if (!error && !same_network(written, read))
            fail_msg("byte %zu of %zu altered: another network", i, count);
        weights_destroy(error ? NULL : read);
        bytes[i] ^= 0x11;
    }
    free(bytes);
    weights_destroy(written);
}

/* Replaces `from` by `to`, of the same length, everywhere in the header, takes the checksums away and expects
 * `message`. */
static void check_header_change(const char *from, const char *to, const char *message)
{
    struct weights *written = make_int8(), *read;
    assert_int_equal(strlen(from), strlen(to));
    assert_int_equal(weights_write(written, path, why, sizeof why), 0);
    size_t count;
    uint8_t *bytes = get_file(&count);
    const size_t header = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    int changes = 0;
    for (size_t i = 8; i + 15 < 8 + header; i++) {
        if (memcmp(bytes + i, "digitcam.sha256", 15) == 0 || memcmp(bytes + i, "metadata_sha256", 15) == 0)
            bytes[i + 14] = 'x';
        if (i + strlen(from) < 8 + header && memcmp(bytes + i, from, strlen(from)) == 0) {
            memcpy(bytes + i, to, strlen(to));
            changes++;
        }
    }
    assert_true(changes > 0);
    put_file(bytes, count);
    assert_int_equal(weights_read(&read, path, why, sizeof why), -EBADMSG);
    if (!strstr(why, message))
        fail_msg("\"%s\" does not say \"%s\"", why, message);
    free(bytes);
    weights_destroy(written);
}

static void test_header_faults(void **state)
{
    (void)state;
    check_header_change("\"fc1.weight\":{\"dtype\":\"I8\"", "\"fc1.weight\":{\"dtype\":\"U8\"",
                        "I8 is needed");
    check_header_change("\"conv1.weight\":{\"dtype\":\"I8\"", "\"conv1.weight\":{\"dtype\":\"I4\"",
                        "F32 is needed");
    check_header_change("\"fc1.bias\":{\"dtype\":\"I32\"", "\"fc1.bias\":{\"dtype\":\"F32\"",
                        "I32 is needed");
    check_header_change("conv1.input_scale", "conv1.inputscales", "belongs to none");
    check_header_change("\\\"relu\\\"", "\\\"none\\\"", "ReLU");
}

static void test_bad_values_are_not_written(void **state)
{
    (void)state;
    struct weights *weights = make_int8();
    unlink(path);
    weights->layers[0].int8_weight[1] = -128;
    assert_int_equal(weights_write(weights, path, why, sizeof why), -EINVAL);
    assert_non_null(strstr(why, "-128"));
    assert_int_equal(access(path, F_OK), -1);
    weights_destroy(weights);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/int8.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_cut_off_or_altered),
        cmocka_unit_test(test_header_faults),
        cmocka_unit_test(test_bad_values_are_not_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
