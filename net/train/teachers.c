#include "net/train/teachers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/net.h"

#define SHARE 0.5f /* of the target that is the teachers'; the rest is the label's */

struct teachers {
    int count, threads, classes;
    struct net **nets; /* threads x count: each holds its activations, so threads cannot share one */
};

int teachers_create(struct teachers **teachers, const char *const *paths, int count, int threads, int classes,
                    char *why, size_t why_bytes)
{
    struct teachers *made = calloc(1, sizeof *made);
    if (made) {
        *made = (struct teachers){.count = count, .threads = threads, .classes = classes};
        made->nets = calloc((size_t)count * (size_t)threads, sizeof(struct net *));
    }
    int error = made && made->nets ? 0 : -ENOMEM;
    if (error)
        snprintf(why, why_bytes, "not enough memory for the teachers");
    for (int i = 0; i < count * threads && !error; i++) {
        error = net_load(&made->nets[i], paths[i % count], NULL, why, why_bytes);
        if (!error && net_classes(made->nets[i]) != classes) {
            snprintf(why, why_bytes, "%s: a teacher needs as many answers as its pupil, %d; this one has %d",
                     paths[i % count], classes, net_classes(made->nets[i]));
            error = -EINVAL;
        }
    }
    if (error)
        teachers_destroy(made);
    else
        *teachers = made;
    return error;
}

void teachers_destroy(struct teachers *teachers)
{
    if (!teachers)
        return;
    for (int i = 0; teachers->nets && i < teachers->count * teachers->threads; i++)
        net_destroy(teachers->nets[i]);
    free(teachers->nets);
    free(teachers);
}

void teachers_correct(struct teachers *teachers, int thread, const uint8_t *pictures, int count,
                      float *targets)
{
    float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    const int values = count * teachers->classes;
    for (int i = 0; i < values; i++)
        targets[i] *= 1 - SHARE;
    for (int t = 0; t < teachers->count; t++) {
        net_forward(teachers->nets[thread * teachers->count + t], pictures, count, scores);
        for (int i = 0; i < values; i++)
            targets[i] += SHARE / (float)teachers->count * scores[i];
    }
}
