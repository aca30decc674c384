/* judge.h - whatever says which digit a picture shows, so that all of it is evaluated alike: a network, or
 * one of the methods that networks are compared with. */
#ifndef DIGITCAM_NET_TRAIN_JUDGE_H
#define DIGITCAM_NET_TRAIN_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is said about one picture. */
struct verdict {
    int digit;     /* the likeliest of the ten */
    bool rejected; /* no digit would be shown */
};

struct judge {
    const char *name;    /* "digits.safetensors" */
    const char *type;    /* its arithmetic: "int8" */
    const char *kernels; /* the instruction set it uses: "avx2" */
    float threshold;     /* least score at which a digit is shown; 0: it shows everything */
    void *self;
    /* `pictures`: count x 28 x 28, white on black; `verdicts`: count. 0 or -ENOMEM. */
    int (*answer)(void *self, const uint8_t *pictures, int count, struct verdict *verdicts);
    void (*close)(void *self); /* NULL as self is fine */
};

/* A network in a weights file, with at least ten classes; `kernels` as for net_load. `in_float`: in float
 * arithmetic, also where the file is int8. The judge is the caller's to close. Returns what net_load does, or
 * -EINVAL, with a line in `why`. */
int judge_open_net(struct judge *judge, const char *path, const char *kernels, bool in_float, char *why,
                   size_t why_bytes);

void judge_close(struct judge *judge); /* a zeroed one is fine */

#endif
