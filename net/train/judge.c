#include "net/train/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/net.h"
#include "net/train/calibrate.h"
#include "net/weights.h"

static int answer_net(void *self, const uint8_t *pictures, int count, struct verdict *verdicts)
{
    struct net *const net = self;
    const int classes = net_classes(net);
    float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    for (int first = 0; first < count; first += NET_MAX_BATCH) {
        const int left = count - first, batch = left < NET_MAX_BATCH ? left : NET_MAX_BATCH;
        net_forward(net, pictures + (size_t)first * NET_PIXELS, batch, scores);
        for (int i = 0; i < batch; i++) {
            const float *const mine = scores + (size_t)i * (size_t)classes;
            float share;
            const int digit = calibrate_best_digit(mine, &share);
            verdicts[first + i] = (struct verdict){.digit = digit,
                                                   .rejected = share < net_threshold(net) ||
                                                               (classes > 10 && mine[10] >= share)};
        }
    }
    return 0;
}

static void close_net(void *self)
{
    net_destroy(self);
}

/* The numbers of the file, whatever their type, as a float network. */
static int load_as_float(struct net **net, const char *path, const char *kernels, char *why, size_t why_bytes)
{
    struct weights *weights;
    int error = weights_read(&weights, path, why, why_bytes);
    if (error)
        return error;
    const char *const slash = strrchr(path, '/');
    weights->int8 = false;
    error = net_create(net, weights, slash ? slash + 1 : path, kernels, why, why_bytes);
    weights_destroy(weights);
    return error;
}

int judge_open_net(struct judge *judge, const char *path, const char *kernels, bool in_float, char *why,
                   size_t why_bytes)
{
    struct net *net;
    const int error = (in_float ? load_as_float : net_load)(&net, path, kernels, why, why_bytes);
    if (error)
        return error;
    *judge = (struct judge){.name = net_name(net),
                            .type = net_type(net),
                            .kernels = net_kernels(net),
                            .threshold = net_threshold(net),
                            .self = net,
                            .answer = answer_net,
                            .close = close_net};
    if (net_classes(net) >= 10)
        return 0;
    snprintf(why, why_bytes, "%s does not tell ten digits apart", net_name(net));
    judge_close(judge);
    return -EINVAL;
}

void judge_close(struct judge *judge)
{
    if (judge->close)
        judge->close(judge->self);
    memset(judge, 0, sizeof *judge);
}
