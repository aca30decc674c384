/* peers - how fast digitcam is beside the libraries a user would take instead.
 *
 *     make bench-peers
 *
 * The shipped networks, float and int8, one picture and sixteen at a time, on one thread, by digitcam, oneDNN
 * and OpenCV with the same weights; and OpenCV's usual way from a frame to borders beside ours. Everything is
 * measured in turns, many times for a short while; the shortest counts. Before that their answers are held
 * against each other. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/pen.h"
#include "net/bench.h"
#include "net/net.h"
#include "net/quantise.h"
#include "net/weights.h"
#include "tests/bench/peers.h"

enum { PICTURES = 256, MOST_BATCH = 16, REPEATS = 60, REPEAT_NS = 300000, MOST_PEERS = 3 };

/* ---- digitcam as one of them ---- */

struct ours {
    struct net *net;
    int batch;
};

static int forward_ours(void *self, const uint8_t *pictures, float *scores)
{
    const struct ours *const ours = self;
    net_forward(ours->net, pictures, ours->batch, scores);
    return 0;
}

static void destroy_ours(void *self)
{
    struct ours *const ours = self;
    net_destroy(ours->net);
    free(ours);
}

static int create_ours(struct peer *peer, const struct weights *weights, int batch)
{
    char why[NET_WHY_BYTES];
    struct ours *const ours = calloc(1, sizeof *ours);
    if (!ours || net_create(&ours->net, weights, "", NULL, why, sizeof why)) {
        free(ours);
        return -ENOMEM;
    }
    ours->batch = batch;
    *peer = (struct peer){.self = ours, .forward = forward_ours, .destroy = destroy_ours};
    snprintf(peer->name, sizeof peer->name, "digitcam");
    return 0;
}

/* ---- one case: a network, a type, a batch ---- */

struct case_of_bench {
    const char *net;
    const struct weights *floats, *int8;
    bool is_int8;
    int batch;
    struct peer peers[MOST_PEERS]; /* ours first */
    int count;
    double best_ns[MOST_PEERS]; /* a picture */
};

static void draw_pictures(uint8_t *pictures)
{
    struct pen_random random;
    pen_random_seed(&random, 1);
    memset(pictures, 0, (size_t)PICTURES * NET_PIXELS);
    for (int i = 0; i < PICTURES; i++) {
        struct pen_plane plane = {pictures + (size_t)i * NET_PIXELS, NET_SIDE_PX, NET_SIDE_PX, NET_SIDE_PX};
        struct pen_style style = {.kind = PEN_MARKER, .width_px = 2.5f, .darkness = 1};
        struct pen_glyph glyph;
        pen_digit(&glyph, i % 10, PEN_ANY, NULL, &random);
        pen_place(&style.transform, 8, 4, 20);
        pen_draw(&plane, &glyph, &style, NULL);
    }
}

static int create_peers(struct case_of_bench *run, const uint8_t *pictures)
{
    const struct weights *const weights = run->is_int8 ? run->int8 : run->floats;
    int error = create_ours(&run->peers[run->count++], weights, run->batch);
    (void)pictures;
#ifdef PEERS_ONEDNN
    if (!error)
        error = peer_onednn_create(&run->peers[run->count++], weights, run->is_int8, run->batch);
#endif
#ifdef PEERS_OPENCV
    if (!error)
        error = peer_opencv_create(&run->peers[run->count++], run->floats, run->is_int8, run->batch, pictures,
                                   PICTURES);
#endif
    run->count -= error != 0; /* the last one was not made */
    return error;
}

static void softmax(float *scores, int classes)
{
    float most = scores[0], sum = 0;
    for (int c = 1; c < classes; c++)
        most = fmaxf(most, scores[c]);
    for (int c = 0; c < classes; c++)
        sum += scores[c] = expf(scores[c] - most);
    for (int c = 0; c < classes; c++)
        scores[c] /= sum;
}

static int best_class(const float *scores, int classes)
{
    int best = 0;
    for (int c = 1; c < classes; c++)
        best = scores[c] > scores[best] ? c : best;
    return best;
}

/* The answers of one peer beside ours: how often another class is the best, and the largest difference of a
 * score. */
static int compare(const struct case_of_bench *run, const struct peer *peer, const uint8_t *pictures,
                   int *others, float *difference)
{
    const int classes = run->floats->classes;
    static float ours[MOST_BATCH * NET_MAX_CLASSES], theirs[MOST_BATCH * NET_MAX_CLASSES];
    *others = 0, *difference = 0;
    for (int first = 0; first < PICTURES; first += run->batch) {
        const uint8_t *const batch = pictures + (size_t)first * NET_PIXELS;
        if (run->peers[0].forward(run->peers[0].self, batch, ours) ||
            peer->forward(peer->self, batch, theirs))
            return -EIO;
        for (int i = 0; i < run->batch; i++) {
            softmax(theirs + i * classes, classes);
            *others += best_class(ours + i * classes, classes) != best_class(theirs + i * classes, classes);
            for (int c = 0; c < classes; c++)
                *difference = fmaxf(*difference, fabsf(ours[i * classes + c] - theirs[i * classes + c]));
        }
    }
    return 0;
}

/* OpenCV quantises by itself, so its int8 answers may differ from ours a little more. */
static int check(const struct case_of_bench *run, const uint8_t *pictures)
{
    for (int i = 1; i < run->count; i++) {
        const struct peer *const peer = &run->peers[i];
        const bool own_numbers = run->is_int8 && strncmp(peer->name, "OpenCV", 6) == 0;
        int others;
        float difference;
        const int error = compare(run, peer, pictures, &others, &difference);
        if (error)
            return error;
        printf("  answers of %s: %d of %d as ours, scores differ by up to %.2g\n", peer->name,
               PICTURES - others, PICTURES, (double)difference);
        if (own_numbers ? others > PICTURES / 20 : difference > (run->is_int8 ? 0.02f : 1e-3f)) {
            fprintf(stderr, "peers: %s does not compute the same network; its times would mean nothing\n",
                    peer->name);
            return -EBADMSG;
        }
    }
    return 0;
}

/* Rounds of all pictures for some REPEAT_NS; ns a picture. */
static double measure(const struct case_of_bench *run, const struct peer *peer, const uint8_t *pictures,
                      int rounds)
{
    float scores[MOST_BATCH * NET_MAX_CLASSES];
    const double start = bench_now_ns();
    for (int r = 0, first = 0; r < rounds; r++, first = (first + run->batch) % PICTURES)
        peer->forward(peer->self, pictures + (size_t)first * NET_PIXELS, scores);
    return (bench_now_ns() - start) / (rounds * run->batch);
}

static void measure_in_turns(struct case_of_bench *run, const uint8_t *pictures)
{
    for (int i = 0; i < run->count; i++)
        run->best_ns[i] = measure(run, &run->peers[i], pictures, 3);
    for (int repeat = 0; repeat < REPEATS; repeat++)
        for (int i = 0; i < run->count; i++) {
            const int rounds = (int)(REPEAT_NS / (run->best_ns[i] * run->batch)) + 1;
            run->best_ns[i] = fmin(run->best_ns[i], measure(run, &run->peers[i], pictures, rounds));
        }
}

static int bench_case(struct case_of_bench *run, const uint8_t *pictures)
{
    printf("%s, %s, batch %d\n", run->net, run->is_int8 ? "int8" : "float", run->batch);
    int error = create_peers(run, pictures);
    if (!error)
        error = check(run, pictures);
    if (!error)
        measure_in_turns(run, pictures);
    for (int i = 0; i < run->count && !error; i++)
        printf("  %-16s %8.2f us a digit   %5.2f x\n", run->peers[i].name, run->best_ns[i] / 1e3,
               run->best_ns[i] / run->best_ns[0]);
    for (int i = 0; i < run->count; i++)
        run->peers[i].destroy(run->peers[i].self);
    return error;
}

/* ---- the whole ---- */

static int bench_net(const char *path, const char *name, const uint8_t *pictures)
{
    static const int batches[] = {1, 16};
    char why[NET_WHY_BYTES] = "";
    struct weights *read = NULL, *made = NULL;
    int error = weights_read(&read, path, why, sizeof why);
    if (!error && !read->int8)
        error = weights_quantise(read, pictures, PICTURES, &made, why, sizeof why);
    if (error) {
        fprintf(stderr, "peers: %s\n", why);
        return error;
    }
    struct weights floats = *read; /* with the same tensors: an int8 file has its floats as well */
    floats.int8 = false;
    for (int i = 0; i < 4 && !error; i++) {
        struct case_of_bench run = {.net = name,
                                    .floats = &floats,
                                    .int8 = made ? made : read,
                                    .is_int8 = i >= 2,
                                    .batch = batches[i % 2]};
        error = bench_case(&run, pictures);
    }
    weights_destroy(made);
    weights_destroy(read);
    return error;
}

int main(void)
{
    static uint8_t pictures[PICTURES * NET_PIXELS];
#ifndef PEERS_ONEDNN
    puts("skipped: oneDNN 2 is not installed (Debian: libdnnl-dev)");
#endif
#ifndef PEERS_OPENCV
    puts("skipped: OpenCV is not installed (Debian: libopencv-dev)");
#endif
    setvbuf(stdout, NULL, _IOLBF, 0);
    draw_pictures(pictures);
    printf("kernels: %s; x: how many times our time\n", kernels_best()->name);
    int error = bench_net("weights/lenet5.safetensors", "lenet5", pictures);
    if (!error)
        error = bench_net("weights/digits.safetensors", "digits", pictures);
    if (!error)
        error = peers_bench_vision();
    if (error)
        fprintf(stderr, "peers: %s\n", strerror(-error));
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
