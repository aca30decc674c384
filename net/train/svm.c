#include "net/train/svm.h"

#include <errno.h>
#include <libsvm/svm.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/net.h"

#define COST     5.0  /* of a picture on the wrong side */
#define GAMMA    0.02 /* exp(-GAMMA |a - b|^2), gray values from 0 to 1 */
#define CACHE_MB 400

struct machine {
    struct svm_model *model;
    struct svm_node *nodes; /* of the pictures trained on: the model points into them */
};

static void say_nothing(const char *text)
{
    (void)text;
}

/* The pixels with ink as libsvm wants them: index and value, closed by index -1. Returns the place behind. */
static struct svm_node *put_nodes(const uint8_t *picture, struct svm_node *node)
{
    for (int i = 0; i < NET_PIXELS; i++)
        if (picture[i])
            *node++ = (struct svm_node){.index = i + 1, .value = picture[i] / 255.0};
    *node++ = (struct svm_node){.index = -1};
    return node;
}

static size_t count_nodes(const uint8_t *pictures, int count)
{
    size_t nodes = (size_t)count;
    for (size_t i = 0; i < (size_t)count * NET_PIXELS; i++)
        nodes += pictures[i] > 0;
    return nodes;
}

static int answer(void *self, const uint8_t *pictures, int count, struct verdict *verdicts)
{
    const struct machine *const machine = self;
#pragma omp parallel for schedule(dynamic, 16)
    for (int i = 0; i < count; i++) {
        struct svm_node nodes[NET_PIXELS + 1];
        put_nodes(pictures + (size_t)i * NET_PIXELS, nodes);
        verdicts[i] = (struct verdict){.digit = (int)svm_predict(machine->model, nodes)};
    }
    return 0;
}

static void close_machine(void *self)
{
    struct machine *const machine = self;
    if (machine) {
        svm_free_and_destroy_model(&machine->model);
        free(machine->nodes);
    }
    free(machine);
}

/* The model keeps pointers into machine->nodes, but not into the arrays of the problem. */
static int train(struct machine *machine, const uint8_t *pictures, const uint8_t *labels, int count)
{
    struct svm_problem problem = {.l = count,
                                  .y = malloc(sizeof *problem.y * (size_t)count),
                                  .x = malloc(sizeof *problem.x * (size_t)count)};
    const struct svm_parameter parameters = {.svm_type = C_SVC,
                                             .kernel_type = RBF,
                                             .gamma = GAMMA,
                                             .C = COST,
                                             .cache_size = CACHE_MB,
                                             .eps = 0.01,
                                             .shrinking = 1};
    struct svm_node *node = machine->nodes = malloc(sizeof *node * count_nodes(pictures, count));
    if (problem.y && problem.x && node) {
        for (int i = 0; i < count; i++) {
            problem.y[i] = labels[i];
            problem.x[i] = node;
            node = put_nodes(pictures + (size_t)i * NET_PIXELS, node);
        }
        svm_set_print_string_function(say_nothing);
        machine->model = svm_train(&problem, &parameters);
    }
    free(problem.y);
    free(problem.x);
    return machine->model ? 0 : -ENOMEM;
}

int judge_open_svm(struct judge *judge, const uint8_t *pictures, const uint8_t *labels, int count, char *why,
                   size_t why_bytes)
{
    struct machine *const machine = calloc(1, sizeof *machine);
    const int error = machine ? train(machine, pictures, labels, count) : -ENOMEM;
    if (error) {
        close_machine(machine);
        snprintf(why, why_bytes, "not enough memory");
        return error;
    }
    *judge = (struct judge){.name = "svm",
                            .type = "double",
                            .kernels = "libsvm",
                            .self = machine,
                            .answer = answer,
                            .close = close_machine};
    return 0;
}
