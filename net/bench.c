/* bench.c - how fast networks run: every set of kernels, float and int8, one picture and sixteen. */
#include "net/bench.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "net/quantise.h"
#include "net/weights.h"

enum { MAX_CASES = 64, PICTURES = 64, REPEATS = 40, REPEAT_NS = 400000, LAYER_NS = 60000, SHOWN_BATCH = 16 };

/* One way to run one network. */
struct bench_case {
    struct net *net; /* shared between the batches of one type and set */
    const struct kernels *kernels;
    bool int8;
    int batch, rounds;
    double best_ns; /* a picture */
    struct layer_time {
        double macs, best_ns;         /* best_ns 0: it does nothing by itself */
    } layers[WEIGHTS_MAX_LAYERS + 1]; /* as net_layer counts them */
};

/* Something like handwriting: dark with bright strokes; its values hardly matter. */
static void draw_pictures(uint8_t *pictures)
{
    uint32_t random = 1;
    for (int i = 0; i < PICTURES * NET_PIXELS; i++) {
        random = random * 1664525u + 1013904223u;
        pictures[i] = random >> 29 == 0 ? (uint8_t)(random >> 16) : 0;
    }
}

static double measure(const struct bench_case *run, const uint8_t *pictures, float *scores)
{
    const double start = bench_now_ns();
    for (int r = 0, first = 0; r < run->rounds; r++, first = (first + run->batch) % PICTURES)
        net_forward(run->net, pictures + (size_t)first * NET_PIXELS, run->batch, scores);
    return (bench_now_ns() - start) / (run->rounds * run->batch);
}

/* Layer by layer: each for a short while, over what a measurement of the whole left. */
static void measure_layers(struct bench_case *run)
{
    for (int l = 1; l < net_layer_count(run->net); l++) {
        struct layer_time *const layer = &run->layers[l];
        const double start = bench_now_ns();
        if (!net_run_layer(run->net, l, run->batch))
            continue;
        const double first_ns = bench_now_ns() - start;
        const int rounds = (int)(LAYER_NS / (first_ns + 1)) + 1;
        const double again = bench_now_ns();
        for (int r = 0; r < rounds; r++)
            net_run_layer(run->net, l, run->batch);
        const double ns = (bench_now_ns() - again) / (rounds * run->batch);
        layer->best_ns = layer->best_ns <= 0 || ns < layer->best_ns ? ns : layer->best_ns;
    }
}

/* All cases in turns, so that a disturbance meets all of them alike. */
static void measure_all(struct bench_case *cases, int count, const uint8_t *pictures)
{
    float scores[PICTURES * NET_MAX_CLASSES];
    for (int i = 0; i < count; i++) {
        cases[i].rounds = 1;
        const double warm_ns = measure(&cases[i], pictures, scores) * cases[i].batch;
        cases[i].rounds = (int)(REPEAT_NS / warm_ns) + 1;
        cases[i].best_ns = warm_ns;
    }
    for (int repeat = 0; repeat < REPEATS; repeat++)
        for (int i = 0; i < count; i++) {
            const double ns = measure(&cases[i], pictures, scores);
            cases[i].best_ns = ns < cases[i].best_ns ? ns : cases[i].best_ns;
            measure_layers(&cases[i]);
        }
}

/* ---- what is printed ---- */

static json_t *share_of(double gmacs, double peak)
{
    return peak > 0 ? json_real(gmacs / peak) : json_null();
}

static json_t *layers_as_json(const struct bench_case *run, double peak)
{
    json_t *const list = json_array();
    for (int l = 1; l < net_layer_count(run->net); l++) {
        const struct layer_time *const layer = &run->layers[l];
        struct net_layer_view view;
        if (layer->best_ns <= 0)
            continue;
        net_layer(run->net, l, &view);
        const double gmacs = layer->macs / layer->best_ns;
        json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:o}", "layer", view.name, "us_per_digit",
                                              layer->best_ns / 1e3, "gmacs", gmacs, "share_of_peak",
                                              share_of(gmacs, peak)));
    }
    return list;
}

static void print_layers(const struct bench_case *run, double peak, FILE *out)
{
    for (int l = 1; l < net_layer_count(run->net); l++) {
        const struct layer_time *const layer = &run->layers[l];
        struct net_layer_view view;
        if (layer->best_ns <= 0)
            continue;
        net_layer(run->net, l, &view);
        fprintf(out, "  %-42s %8.2f us a digit", view.name, layer->best_ns / 1e3);
        if (layer->macs > 0)
            fprintf(out, "  %7.1f G multiply-adds/s", layer->macs / layer->best_ns);
        if (layer->macs > 0 && peak > 0)
            fprintf(out, "  %3.0f%% of the peak", 100 * layer->macs / layer->best_ns / peak);
        fputc('\n', out);
    }
}

/* `layers`: people see them too. */
static int print_case(const struct bench_case *run, const char *name, double macs, bool layers, bool json,
                      FILE *out)
{
    const char *type = run->int8 ? "int8" : "float";
    const double gmacs = macs / run->best_ns, peak = bench_peak_gmacs(run->kernels, run->int8);
    if (json) {
        json_t *object =
            json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:o, s:o}", "net", name, "type", type, "kernels",
                      run->kernels->name, "batch", run->batch, "us_per_digit", run->best_ns / 1e3, "gmacs",
                      gmacs, "share_of_peak", share_of(gmacs, peak), "layers", layers_as_json(run, peak));
        const int failed = !object || json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(4));
        json_decref(object);
        fputc('\n', out);
        return failed || ferror(out) ? -EIO : 0;
    }
    fprintf(out, "%-16s %-5s  %-10s  batch %2d  %8.2f us a digit  %7.1f G multiply-adds/s", name, type,
            run->kernels->name, run->batch, run->best_ns / 1e3, gmacs);
    if (peak > 0)
        fprintf(out, "  %3.0f%% of the peak", 100 * gmacs / peak);
    fputc('\n', out);
    if (layers)
        print_layers(run, peak, out);
    return ferror(out) ? -EIO : 0;
}

/* Adds the cases of one type of weights. */
static int add_cases(struct bench_case *cases, int *count, const struct weights *weights, const char *only,
                     char *why, size_t why_bytes)
{
    static const int batches[] = {1, 16};
    for (int k = 0; kernels_at(k); k++) {
        const struct kernels *kernels = kernels_at(k);
        struct net *net;
        if (only ? strcmp(only, kernels->name) != 0 : !kernels->supported())
            continue;
        const int error = net_create(&net, weights, "", kernels->name, why, why_bytes);
        if (error)
            return error;
        for (size_t b = 0; b < sizeof batches / sizeof *batches && *count < MAX_CASES; b++) {
            struct bench_case *const made = &cases[(*count)++];
            *made = (struct bench_case){
                .net = net, .kernels = kernels, .int8 = weights->int8, .batch = batches[b]};
            for (int l = 0; l < weights->layer_count; l++)
                made->layers[l + 1].macs = (double)layer_multiply_adds(&weights->layers[l]);
        }
    }
    return 0;
}

/* "weights/lenet5.safetensors" is "lenet5". */
static void short_name(const char *path, char *name, size_t bytes)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, bytes, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot && dot > name)
        *dot = '\0';
}

static int bench_file(const char *path, const char *kernels, bool json, const uint8_t *pictures, FILE *out,
                      char *why, size_t why_bytes)
{
    struct bench_case cases[MAX_CASES];
    struct weights *weights = NULL, *int8 = NULL;
    char name[128];
    int count = 0;
    double macs = 0;

    short_name(path, name, sizeof name);
    int error = weights_read(&weights, path, why, why_bytes);
    for (int i = 0; !error && i < weights->layer_count; i++)
        macs += (double)layer_multiply_adds(&weights->layers[i]);
    if (!error) {
        const bool is_int8 = weights->int8;
        weights->int8 = false; /* its floats are there in any case */
        error = add_cases(cases, &count, weights, kernels, why, why_bytes);
        weights->int8 = is_int8;
    }
    if (!error && !weights->int8)
        error = weights_quantise(weights, pictures, PICTURES, &int8, why, why_bytes);
    if (!error)
        error = add_cases(cases, &count, int8 ? int8 : weights, kernels, why, why_bytes);
    if (!error)
        measure_all(cases, count, pictures);
    for (int i = 0; i < count && !error; i++)
        error = print_case(&cases[i], name, macs,
                           cases[i].batch == SHOWN_BATCH && (kernels || cases[i].kernels == kernels_best()),
                           json, out);
    if (error == -EIO && why_bytes > 0)
        snprintf(why, why_bytes, "cannot write the measurements: %s", strerror(EIO));
    for (int i = 0; i < count; i++)
        if (i + 1 == count || cases[i].net != cases[i + 1].net)
            net_destroy(cases[i].net);
    weights_destroy(int8);
    weights_destroy(weights);
    return error;
}

int bench_nets(const char *const *paths, int path_count, const char *kernels, bool json, FILE *out, char *why,
               size_t why_bytes)
{
    uint8_t *pictures = malloc(2 * PICTURES * NET_PIXELS); /* twice: a batch may begin at the last picture */
    int error = pictures ? 0 : -ENOMEM;
    if (error && why_bytes > 0)
        snprintf(why, why_bytes, "out of memory");
    if (!error && kernels && !kernels_find(kernels)) {
        struct net *none;
        struct weights *weights;
        error = weights_read(&weights, paths[0], why, why_bytes);
        if (!error)
            error = net_create(&none, weights, "", kernels, why, why_bytes); /* says what there is */
        weights_destroy(weights);
    }
    if (!error)
        draw_pictures(pictures);
    if (!error)
        memcpy(pictures + PICTURES * NET_PIXELS, pictures, PICTURES * NET_PIXELS);
    for (int i = 0; i < path_count && !error; i++)
        error = bench_file(paths[i], kernels, json, pictures, out, why, why_bytes);
    free(pictures);
    return error;
}
