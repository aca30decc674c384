/* neighbours.c - distances to all known pictures. |a - b|^2 = |a|^2 + |b|^2 - 2 ab, and the products ab of
 * many pictures with many are what a linear layer of the network computes: the known pictures are its
 * weights, CHUNK of them at a time so that they stay in the cache. So the network's own int8 kernels do the
 * work. They want values up to 127, hence the steps of two gray values. */
#include "net/train/neighbours.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/kernels.h"
#include "net/net.h"

enum { CHUNK = 256, BATCH = 32, STEPS = NET_PIXELS / 4 };

struct neighbours {
    const struct kernels *kernels;
    int count;
    uint8_t *labels;
    int32_t *squares; /* |b|^2 of each */
    uint8_t *packed;  /* chunks of chunk_bytes */
    size_t chunk_bytes;
};

static int32_t halve(const uint8_t *picture, uint8_t *halved)
{
    int32_t square = 0;
    for (int i = 0; i < NET_PIXELS; i++) {
        halved[i] = picture[i] / 2;
        square += halved[i] * halved[i];
    }
    return square;
}

/* Packs chunk by chunk, each of CHUNK pictures; black ones fill the last. */
static int pack(struct neighbours *known, const uint8_t *pictures)
{
    static const int32_t bias[CHUNK];
    static const uint32_t multiplier[CHUNK];
    uint8_t *const weights = malloc((size_t)CHUNK * NET_PIXELS);
    if (!weights)
        return -ENOMEM;
    for (int first = 0; first < known->count; first += CHUNK) {
        memset(weights, 0, (size_t)CHUNK * NET_PIXELS);
        for (int i = 0; i < CHUNK && first + i < known->count; i++)
            known->squares[first + i] =
                halve(pictures + (size_t)(first + i) * NET_PIXELS, weights + (size_t)i * NET_PIXELS);
        known->kernels->int8->pack((const int8_t *)weights, bias, multiplier, CHUNK, STEPS,
                                   known->packed + (size_t)(first / CHUNK) * known->chunk_bytes);
    }
    free(weights);
    return 0;
}

int neighbours_create(struct neighbours **neighbours, const uint8_t *pictures, const uint8_t *labels,
                      int count, const char *kernels)
{
    const struct kernels *const set = kernels ? kernels_find(kernels) : kernels_best();
    if (!set || !set->supported())
        return -ENOTSUP;
    struct neighbours *const made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    const size_t line = KERNELS_ALIGNMENT_BYTES, chunks = (size_t)(count + CHUNK - 1) / CHUNK;
    made->kernels = set;
    made->count = count;
    made->chunk_bytes = (set->int8->packed_bytes(CHUNK, STEPS) + line - 1) / line * line;
    made->labels = malloc((size_t)count + 1);
    made->squares = malloc(sizeof *made->squares * (size_t)(count + 1));
    made->packed = aligned_alloc(line, chunks * made->chunk_bytes);
    if (!made->labels || !made->squares || !made->packed || pack(made, pictures)) {
        neighbours_destroy(made);
        return -ENOMEM;
    }
    memcpy(made->labels, labels, (size_t)count);
    *neighbours = made;
    return 0;
}

void neighbours_destroy(struct neighbours *neighbours)
{
    if (!neighbours)
        return;
    free(neighbours->labels);
    free(neighbours->squares);
    free(neighbours->packed);
    free(neighbours);
}

/* Keeps the nearest, sorted. */
static void insert(struct neighbour *nearest, int32_t distance, int32_t index)
{
    int place = NEIGHBOURS_K - 1;
    for (; place > 0 && (nearest[place - 1].index < 0 || distance < nearest[place - 1].distance); place--)
        nearest[place] = nearest[place - 1];
    nearest[place] = (struct neighbour){distance, index};
}

/* `count` <= BATCH pictures against all that are known. */
static void find_batch(const struct neighbours *known, const uint8_t *pictures, int count,
                       struct neighbour (*nearest)[NEIGHBOURS_K])
{
    _Alignas(KERNELS_ALIGNMENT_BYTES) uint8_t asked[BATCH * NET_PIXELS];
    _Alignas(KERNELS_ALIGNMENT_BYTES) int32_t products[BATCH * CHUNK];
    int32_t squares[BATCH];
    const struct int8_run run = {.column_step = NET_PIXELS, .quads = STEPS};
    const struct int8_shape shape = {.runs = &run,
                                     .run_count = 1,
                                     .steps = STEPS,
                                     .outputs = CHUNK,
                                     .height = 1,
                                     .width = count,
                                     .raw = true,
                                     .out_row_stride = (size_t)count * CHUNK,
                                     .out_column_stride = CHUNK};
    for (int q = 0; q < count; q++) {
        squares[q] = halve(pictures + (size_t)q * NET_PIXELS, asked + (size_t)q * NET_PIXELS);
        for (int k = 0; k < NEIGHBOURS_K; k++)
            nearest[q][k] = (struct neighbour){INT32_MAX, -1};
    }
    for (int first = 0; first < known->count; first += CHUNK) {
        const int left = known->count - first, here = left < CHUNK ? left : CHUNK;
        known->kernels->int8->sum(&shape, known->packed + (size_t)(first / CHUNK) * known->chunk_bytes, asked,
                                  products);
        for (int q = 0; q < count; q++)
            for (int i = 0; i < here; i++) {
                const int32_t distance = squares[q] + known->squares[first + i] - 2 * products[q * CHUNK + i];
                if (distance < nearest[q][NEIGHBOURS_K - 1].distance)
                    insert(nearest[q], distance, first + i);
            }
    }
}

void neighbours_find(const struct neighbours *neighbours, const uint8_t *pictures, int count,
                     struct neighbour (*nearest)[NEIGHBOURS_K])
{
#pragma omp parallel for schedule(dynamic)
    for (int first = 0; first < count; first += BATCH)
        find_batch(neighbours, pictures + (size_t)first * NET_PIXELS,
                   count - first < BATCH ? count - first : BATCH, nearest + first);
}

/* ---- as a judge ---- */

static int vote(const struct neighbours *known, const struct neighbour *nearest)
{
    int votes[10] = {0}, best = known->labels[nearest[0].index];
    for (int k = 0; k < NEIGHBOURS_K && nearest[k].index >= 0; k++)
        votes[known->labels[nearest[k].index]]++;
    for (int k = 1; k < NEIGHBOURS_K && nearest[k].index >= 0; k++)
        if (votes[known->labels[nearest[k].index]] > votes[best])
            best = known->labels[nearest[k].index];
    return best;
}

static int answer(void *self, const uint8_t *pictures, int count, struct verdict *verdicts)
{
    struct neighbour(*const nearest)[NEIGHBOURS_K] = malloc(sizeof *nearest * (size_t)count);
    if (!nearest)
        return -ENOMEM;
    neighbours_find(self, pictures, count, nearest);
    for (int i = 0; i < count; i++)
        verdicts[i] = (struct verdict){.digit = vote(self, nearest[i])};
    free(nearest);
    return 0;
}

static void close_neighbours(void *self)
{
    neighbours_destroy(self);
}

int judge_open_neighbours(struct judge *judge, const uint8_t *pictures, const uint8_t *labels, int count,
                          const char *kernels, char *why, size_t why_bytes)
{
    struct neighbours *known;
    const int error = neighbours_create(&known, pictures, labels, count, kernels);
    if (error == -ENOTSUP)
        snprintf(why, why_bytes,
                 "there are no kernels \"%s\" here; `digitcam help kernels` lists those there are", kernels);
    else if (error)
        snprintf(why, why_bytes, "not enough memory");
    if (error)
        return error;
    *judge = (struct judge){.name = "knn",
                            .type = "int8",
                            .kernels = known->kernels->name,
                            .self = known,
                            .answer = answer,
                            .close = close_neighbours};
    return 0;
}
