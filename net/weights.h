/* weights.h - a network in a file: safetensors, the format PyTorch, NumPy and JAX read and write.
 *
 * A safetensors file is 8 bytes of little-endian header length, a JSON header naming each tensor's type,
 * shape and place, then the bytes of the tensors (github.com/huggingface/safetensors, "Format"). Ours holds
 * tensors in PyTorch's own layouts (conv: out, in, kernel, kernel; linear: out, in, where `in` runs over
 * channel, row, column), either float:
 *   NAME.weight F32, NAME.bias F32 [out]
 * or int8, where one step of a weight or an activation stands for a real number, its scale:
 *   NAME.weight I8 -127..127, NAME.bias I32 [out] in steps of input_scale * scale,
 *   NAME.scale F32 [out] of each output's weights, NAME.input_scale F32 [1] of the activations coming in
 * (0..127; of the picture 1/127: byte b becomes b * 127 / 255, rounded). Every int8 layer but the last needs
 * a ReLU. In `__metadata__`, whose values are all strings, and required where it is not said to be optional:
 *
 *   digitcam.layers           the layer list as JSON:
 *       [{"kind":"conv","name":"conv1","in":1,"out":6,"kernel":5,"stride":1,"padding":2,"activation":"relu"},
 *        {"kind":"maxpool","name":"pool1","kernel":2,"stride":2},
 *        {"kind":"linear","name":"fc1","in":400,"out":120,"activation":"relu"}, …]
 *       As in PyTorch stride is 1 where a conv does not say and the kernel where a maxpool does not, padding is
 *       0; activation is "none" or "relu", "none" where not said.
 *   digitcam.version          of these conventions: "1"
 *   digitcam.classes          "10" or "11" (the eleventh: not a digit)
 *   digitcam.threshold        least confidence at which a digit is shown, 0 to 1
 *   digitcam.recipe           how it was trained, for people; optional
 *   digitcam.sha256           of the tensor bytes, in hexadecimal; optional, so that a few lines of Python can
 *       write a file, and held against the bytes wherever it is there
 *   digitcam.metadata_sha256  the same of the values of digitcam.classes, .layers, .recipe, .threshold and
 *       .version, in this order, each followed by a newline; optional (a padding that changed from 1 to 0 may
 *       still fit, and would only show in wrong answers)
 *
 * Other entries of `__metadata__` are left alone, other tensors are refused. */
#ifndef DIGITCAM_NET_WEIGHTS_H
#define DIGITCAM_NET_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIGHTS_VERSION          1
#define WEIGHTS_MAX_LAYERS       32
#define WEIGHTS_MAX_CHANNELS     1024
#define WEIGHTS_MAX_FILE_BYTES   (64L << 20)
#define WEIGHTS_MAX_HEADER_BYTES (1L << 20)
/* A network beyond these is a mistake or an attack: digits need a thousandth of it. */
#define WEIGHTS_MAX_SIDE          64          /* height or width of any layer's output, and of a kernel */
#define WEIGHTS_MAX_ACTIVATIONS   (4L << 20)  /* values in all layers' outputs together, one picture */
#define WEIGHTS_MAX_MULTIPLY_ADDS 1000000000L /* of one picture */

enum layer_kind { LAYER_CONV, LAYER_MAXPOOL, LAYER_LINEAR };
enum activation { ACTIVATION_NONE, ACTIVATION_RELU };

/* One layer. Shapes of its input and output are worked out and checked when a file is read
 * (weights_infer_shapes does it for a list made by hand). Pooling is without padding; a conv pads with zeros.
 */
struct layer_spec {
    enum layer_kind kind;
    enum activation activation;
    char name[32];                           /* letters, digits, '_', '-'; no two layers share one */
    int kernel, stride, padding;             /* conv, maxpool; square kernels */
    int in_channels, in_height, in_width;    /* linear: in_channels * in_height * in_width inputs */
    int out_channels, out_height, out_width; /* linear: out_channels x 1 x 1 */
    float *weight;                           /* NULL for maxpool; owned by struct weights */
    float *bias;                             /* out_channels values */
    /* Of int8 weights only, else NULL and 0; `weight` and `bias` then hold the same numbers as floats. */
    int8_t *int8_weight;
    int32_t *int8_bias;
    float *scale; /* out_channels values */
    float input_scale;
};

struct weights {
    int layer_count;
    struct layer_spec layers[WEIGHTS_MAX_LAYERS];
    bool int8;       /* the network is meant for int8 arithmetic, and the int8 tensors are there */
    int classes;     /* out_channels of the last layer */
    float threshold; /* 0..1 */
    char *recipe;    /* NUL-terminated; may be ""; owned: free it before putting another one made with malloc
                        here */
};

/* Works out every in_* and out_* shape from a 1 x 28 x 28 input. Returns 0, or -EINVAL with the reason in
 * `why` (layers that do not fit, absurd sizes). Needs only kind, kernel, stride, padding and out_channels to
 * be set. */
int weights_infer_shapes(struct weights *weights, char *why, size_t why_bytes);

/* Number of floats in a layer's weight tensor (0 for maxpool). */
size_t layer_weight_count(const struct layer_spec *layer);
/* Multiply-adds of one picture through this layer. */
long layer_multiply_adds(const struct layer_spec *layer);

/* Reads and checks a file: nothing in it is trusted for an allocation or an offset. On success *weights is
 * the caller's to destroy. Errors as in net_load. */
int weights_read(struct weights **weights, const char *path, char *why, size_t why_bytes);

/* Writes `path` (through a temporary file beside it and rename, so that a failure leaves an old file whole).
 * Returns 0, -EINVAL (a threshold outside 0..1, a weight that is not finite), -EIO (what was written does not
 * read back) or the errno of what failed. */
int weights_write(const struct weights *weights, const char *path, char *why, size_t why_bytes);

/* ---- int8 (weights_int8.c); net/quantise.h makes such weights from float ones. */

/* Adds zeroed int8 tensors to weights made by weights_create. Returns 0 or -ENOMEM. */
int weights_add_int8(struct weights *weights);

/* Whether int8 weights can be computed with: values in range, scales that fit each other, a ReLU where one is
 * needed. Returns 0, or -EINVAL with the reason in `why`. */
int weights_check_int8(const struct weights *weights, char *why, size_t why_bytes);

/* Fills the float tensors from the int8 ones. */
void weights_dequantise(struct weights *weights);

/* What int8 sums of output `output` of layer `index` are multiplied with, over 2^32, to become the next layer's
 * activations (struct int8_kernels); 0 for the last layer with weights, whose sums stay as they are. */
uint32_t weights_multiplier(const struct weights *weights, int index, int output);

#define WEIGHTS_PICTURE_SCALE (1.0f / 127)

/* A struct with zeroed tensors for the given layer list (names set; shapes are worked out here, pointers
 * ignored), one value a class at its end, threshold 0 and recipe "". On success *weights is the caller's to
 * destroy. Returns 0, -EINVAL with the reason in `why`, or -ENOMEM. */
int weights_create(struct weights **weights, const struct layer_spec *layers, int layer_count, char *why,
                   size_t why_bytes);
void weights_destroy(struct weights *weights); /* NULL is fine */

#endif
