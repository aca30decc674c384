/* test_net_bench.c - what bench_nets prints: every set, type and batch, as numbers that go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/bench.h"
#include "net/net.h"
#include "net/weights.h"

static char folder[] = "/tmp/digitcam-bench-XXXXXX";
static char path[64];
static char why[NET_WHY_BYTES];

/* Writes a small network to `path`; returns its multiply-adds. */
static double write_small(void)
{
    const struct layer_spec layers[] = {{.kind = LAYER_CONV,
                                         .name = "a",
                                         .activation = ACTIVATION_RELU,
                                         .kernel = 5,
                                         .stride = 2,
                                         .out_channels = 4},
                                        {.kind = LAYER_MAXPOOL, .name = "b", .kernel = 2, .stride = 2},
                                        {.kind = LAYER_LINEAR, .name = "c", .out_channels = 10}};
    struct weights *weights;
    assert_int_equal(weights_create(&weights, layers, 3, why, sizeof why), 0);
    for (int i = 0; i < 3; i++)
        for (size_t j = 0; j < layer_weight_count(&weights->layers[i]); j++)
            weights->layers[i].weight[j] = (float)(j % 7) / 7 - 0.4f;
    assert_int_equal(weights_write(weights, path, why, sizeof why), 0);
    const double macs =
        (double)(layer_multiply_adds(&weights->layers[0]) + layer_multiply_adds(&weights->layers[2]));
    weights_destroy(weights);
    return macs;
}

/* The conv and the linear layer; the pool is done in the conv. What they take adds up to about
 * the whole; but a busy machine may be far slower in one measurement than in the other. */
static void check_layers(const json_t *layers, bool share_known, double total_us)
{
    static const char *const names[] = {"a", "c"};
    double sum_us = 0;
    assert_int_equal(json_array_size(layers), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *const layer = json_array_get(layers, i), *const share =
                                                                   json_object_get(layer, "share_of_peak");
        assert_string_equal(json_string_value(json_object_get(layer, "layer")), names[i]);
        assert_true(json_number_value(json_object_get(layer, "gmacs")) > 0);
        assert_true(share_known ? json_number_value(share) > 0 : json_is_null(share));
        sum_us += json_number_value(json_object_get(layer, "us_per_digit"));
    }
    assert_true(sum_us > 0 && sum_us < 10 * total_us);
}

static void check_line(const char *line, double macs, int *seen)
{
    json_t *object = json_loads(line, 0, NULL);
    const char *net, *type, *kernels;
    int batch;
    double us, gmacs;
    json_t *share, *layers;
    assert_non_null(object);
    assert_int_equal(json_unpack(object, "{s:s, s:s, s:s, s:i, s:F, s:F, s:o, s:o !}", "net", &net, "type",
                                 &type, "kernels", &kernels, "batch", &batch, "us_per_digit", &us, "gmacs",
                                 &gmacs, "share_of_peak", &share, "layers", &layers),
                     0);
    assert_string_equal(net, "small");
    assert_true(batch == 1 || batch == 16);
    const bool int8 = strcmp(type, "int8") == 0;
    assert_true(int8 || strcmp(type, "float") == 0);
    assert_true(kernels_find(kernels) && kernels_find(kernels)->supported());
    assert_true(us > 0 && fabs(gmacs * us * 1e3 / macs - 1) < 0.01);
    if (bench_peak_gmacs(kernels_find(kernels), int8) > 0)
        assert_true(json_number_value(share) > 0 && json_number_value(share) < 1.5);
    else
        assert_true(json_is_null(share));
    check_layers(layers, !json_is_null(share), us);
    for (int k = 0; kernels_at(k); k++)
        if (strcmp(kernels_at(k)->name, kernels) == 0)
            seen[k] |= 1 << (2 * int8 + (batch == 16));
    json_decref(object);
}

static void test_json(void **state)
{
    (void)state;
    int seen[16] = {0};
    char line[512];
    const char *const paths[] = {path};
    const double macs = write_small();
    FILE *out = tmpfile();
    assert_non_null(out);
    if (bench_nets(paths, 1, NULL, true, out, why, sizeof why))
        fail_msg("%s", why);
    rewind(out);
    while (fgets(line, sizeof line, out))
        check_line(line, macs, seen);
    fclose(out);
    for (int k = 0; kernels_at(k); k++)
        assert_int_equal(seen[k], kernels_at(k)->supported() ? 15 : 0);
}

static void test_faults(void **state)
{
    (void)state;
    const char *const paths[] = {path}, *const missing[] = {"/nowhere/at-all.safetensors"};
    write_small();
    assert_int_equal(bench_nets(paths, 1, "abacus", false, stdout, why, sizeof why), -ENOTSUP);
    assert_non_null(strstr(why, "abacus"));
    assert_int_equal(bench_nets(missing, 1, NULL, false, stdout, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "at-all"));
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
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
