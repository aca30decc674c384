/* net.h - a feed-forward network described by its weights file, and its answer to 28x28 pictures of digits.
 *
 *     struct net *net;
 *     if (net_load(&net, "weights/digits.safetensors", NULL, why, sizeof why) == 0) {
 *         net_forward(net, pictures, 16, scores);
 *         net_destroy(net);
 *     }
 */
#ifndef DIGITCAM_NET_NET_H
#define DIGITCAM_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_SIDE_PX     28 /* pictures are 28 x 28, white ink on black, as in MNIST */
#define NET_PIXELS      (NET_SIDE_PX * NET_SIDE_PX)
#define NET_MAX_CLASSES 64
#define NET_MAX_BATCH   64 /* most pictures in one call of net_forward */
#define NET_WHY_BYTES   512

struct net; /* opaque; one per thread, since it holds the activations */

#define NET_DEFAULT "digits.safetensors" /* the network that reads when nobody asks for another */

/* Writes into `path` where a weights file lies: `asked`, where that is not NULL; else the shipped file `name` beside the
 * program, in weights/ or ../share/digitcam/weights/; else where `make install` puts it. Whether there is a file is not looked at for the last. */
void net_find(const char *asked, const char *name, char *path, size_t path_bytes);

/* Loads a safetensors file (format and metadata: net/weights.h). `kernels` names the instruction set to use
 * (net/kernels.h) or is NULL for the best this processor has. On success *net is the caller's to destroy.
 * Returns 0, or a negative errno with one line for the user in `why`: -ENOENT, -EACCES, -EBADMSG (cut off,
 * altered, not a network we can run), -ENOTSUP (a newer version, or kernels this machine does not have),
 * -ENOMEM. */
int net_load(struct net **net, const char *path, const char *kernels, char *why, size_t why_bytes);
void net_destroy(struct net *net); /* NULL is fine */

/* The same from weights in memory (net/weights.h), which are copied; `name` is what net_name says. -ENOTSUP,
 * -EINVAL (int8 weights that weights_check_int8 refuses), -ENOMEM. */
struct weights;
int net_create(struct net **net, const struct weights *weights, const char *name, const char *kernels,
               char *why, size_t why_bytes);

/* Scores of `count` pictures (1..NET_MAX_BATCH): `pictures` is count x 28 x 28 bytes, `scores` count x
 * classes probabilities (softmax; they add up to 1). Allocates nothing. */
void net_forward(struct net *net, const uint8_t *pictures, int count, float *scores);

int net_classes(const struct net *net);      /* 10: the digits; 11: the last is "not a digit" */
float net_threshold(const struct net *net);  /* least confidence at which a digit is shown; from the file */
const char *net_name(const struct net *net); /* file name without its folder: "digits.safetensors" */
const char *net_kernels(const struct net *net); /* the instruction set in use: "scalar", "avx2", … */
const char *net_type(const struct net *net);    /* arithmetic, as the file has it: "float" or "int8" */

/* A read-only look inside, for the teaching views. Layer 0 is the input. */
struct net_layer_view {
    const char *name;            /* "input", "conv1", "pool1", "fc1", … */
    const char *kind;            /* "input", "conv", "maxpool", "linear", … */
    int channels, height, width; /* shape of the activations; 1 x 1 for a fully connected layer */
    const float *activations;    /* of the first picture of the last net_forward: channels x height x width;
                                  * valid until the next net_forward */
};
int net_layer_count(const struct net *net);
void net_layer(const struct net *net, int index, struct net_layer_view *view);

/* Layer `index` alone, once more over `count` (1..NET_MAX_BATCH) pictures that the last net_forward left before it: for
 * measuring. What they are does not matter to the time, so it may be the same few over and over. False, and nothing was
 * done, where it does no work of its own: the input, and a pool that is done together with the conv before it. */
bool net_run_layer(struct net *net, int index, int count);

#endif
