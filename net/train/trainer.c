#include "net/train/trainer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/net.h"
#include "net/train/adam.h"
#include "net/train/augment.h"
#include "net/train/calibrate.h"
#include "net/train/checkpoint.h"
#include "net/train/teachers.h"

#define SHARDS         4 /* in a batch, unless there are too few pictures */
#define WEIGHT_DECAY   0.01f
#define MEAN_KEEP      0.998f /* of the running mean of the weights, a step */
#define STATISTIC_KEEP 0.95f  /* of the running batch norm statistics, a batch */
#define GENTLE_FROM    0.7f   /* share of the epochs after which pictures are changed less and less, */
#define GENTLE_END     0.5f   /* down to this share of the strength */

/* How pictures are changed before they are learned. Dirt comes alike over digits and what is none, so that it tells
 * nothing. */
static const struct augment_style
    as_they_are = {.geometry = 1, .thickness = 1, .damage = 1, .dirt = 1, .raw = 0.35f},
    from_scenes = {.geometry = 0.35f, .thickness = 0.3f, .damage = 0.2f, .dirt = 0.7f, .raw = 0.5f},
    others_from_scenes = {.geometry = 0.7f, .thickness = 0.6f, .damage = 0.2f, .dirt = 0.7f, .raw = 0.5f};

float trainer_gentleness(int epoch, int epochs)
{
    const float progress = (float)epoch / (float)(epochs > 1 ? epochs - 1 : 1);
    return progress < GENTLE_FROM ? 1 : 1 - (1 - GENTLE_END) * (progress - GENTLE_FROM) / (1 - GENTLE_FROM);
}

static struct augment_style style_of(const struct dataset *set, int index, float strength)
{
    struct augment_style style = set->origins[index] != ORIGIN_SCENES            ? as_they_are
                                 : set->labels[index] == DATASET_NOT_A_DIGIT ? others_from_scenes
                                                                             : from_scenes;
    style.geometry *= strength, style.thickness *= strength;
    style.damage *= strength, style.dirt *= strength;
    return style;
}

struct trainer {
    struct model *model;
    const struct dataset *training, *validation;
    const struct trainer_options *options;
    struct adam adam;
    struct workspace *workspaces[SHARDS];
    struct teachers *teachers; /* NULL: only the labels are learned */
    uint8_t *bytes;            /* pictures of a batch, as a network takes them */
    float *pictures, *targets; /* of a batch */
    float *gradient;
    float *mean_parameters, *mean_statistics; /* running means, which are what is saved */
    int *order;
    float *shares; /* of the validation set */
    double best;
    int shards;
};

static void trainer_free(struct trainer *trainer)
{
    adam_destroy(&trainer->adam);
    for (int s = 0; s < SHARDS; s++)
        workspace_destroy(trainer->workspaces[s]);
    teachers_destroy(trainer->teachers);
    free(trainer->bytes);
    free(trainer->pictures);
    free(trainer->targets);
    free(trainer->gradient);
    free(trainer->mean_parameters);
    free(trainer->mean_statistics);
    free(trainer->order);
    free(trainer->shares);
}

static int trainer_allocate(struct trainer *trainer, char *why, size_t why_bytes)
{
    snprintf(why, why_bytes, "not enough memory to train");
    const struct model *model = trainer->model;
    const size_t batch = SHARDS * MODEL_SHARD, floats = sizeof(float);
    trainer->shards = trainer->training->count < 16 * (int)batch ? 1 : SHARDS;
    for (int s = 0; s < SHARDS; s++)
        if (workspace_create(&trainer->workspaces[s], model))
            return -ENOMEM;
    trainer->bytes = malloc(batch * NET_PIXELS);
    trainer->pictures = malloc(batch * NET_PIXELS * floats);
    trainer->targets = malloc(batch * (size_t)model->classes * floats);
    trainer->gradient = malloc(model->parameter_count * floats);
    trainer->mean_parameters = malloc(model->parameter_count * floats);
    trainer->mean_statistics = malloc((model->statistic_count + 1) * floats);
    trainer->order = malloc(sizeof *trainer->order * (size_t)trainer->training->count);
    trainer->shares = malloc(floats * (size_t)(trainer->validation->count + 1) * (size_t)model->classes);
    if (!trainer->bytes || !trainer->pictures || !trainer->targets || !trainer->gradient ||
        !trainer->mean_parameters || !trainer->mean_statistics || !trainer->order || !trainer->shares)
        return -ENOMEM;
    memcpy(trainer->mean_parameters, model->parameters, model->parameter_count * floats);
    memcpy(trainer->mean_statistics, model->statistics, model->statistic_count * floats);
    if (adam_create(&trainer->adam, model->parameter_count))
        return -ENOMEM;
    return trainer->options->teacher_count == 0
               ? 0
               : teachers_create(&trainer->teachers, trainer->options->teachers,
                                 trainer->options->teacher_count, SHARDS, model->classes, why, why_bytes);
}

/* ---- one batch ---- */

/* A seed for one thing of one place in the training, so that nothing depends on the order of the threads. */
static uint64_t seed_of(const struct trainer *trainer, long epoch, long place, long thing)
{
    struct pen_random random;
    pen_random_seed(&random, trainer->options->seed * 0x9e3779b97f4a7c15u + (uint64_t)epoch);
    pen_random_seed(&random, pen_random_next(&random) + (uint64_t)place);
    return pen_random_next(&random) + (uint64_t)thing;
}

static void prepare_picture(const struct trainer *trainer, int epoch, int place, uint8_t *bytes,
                            float *picture, float *target)
{
    const struct dataset *set = trainer->training;
    const int index = trainer->order[place], classes = trainer->model->classes;
    memcpy(bytes, set->pictures + (size_t)index * NET_PIXELS, NET_PIXELS);
    struct pen_random random;
    pen_random_seed(&random, seed_of(trainer, epoch, place, 1));
    const float strength = trainer->options->augment * trainer_gentleness(epoch, trainer->options->epochs);
    const struct augment_style style = style_of(set, index, strength);
    if (strength > 0)
        augment_picture(&style, &random, bytes, bytes);
    for (int i = 0; i < NET_PIXELS; i++)
        picture[i] = (float)bytes[i] / 255;
    const float smoothing = trainer->options->smoothing;
    for (int k = 0; k < classes; k++)
        target[k] = smoothing / (float)classes + (set->labels[index] == k ? 1 - smoothing : 0);
}

static double learn_shard(struct trainer *trainer, int epoch, int first, int shard, int count, float scale)
{
    uint8_t *bytes = trainer->bytes + (size_t)shard * MODEL_SHARD * NET_PIXELS;
    float *pictures = trainer->pictures + (size_t)shard * MODEL_SHARD * NET_PIXELS;
    float *targets = trainer->targets + (size_t)shard * MODEL_SHARD * (size_t)trainer->model->classes;
    for (int i = 0; i < count; i++)
        prepare_picture(trainer, epoch, first + i, bytes + (size_t)i * NET_PIXELS,
                        pictures + (size_t)i * NET_PIXELS,
                        targets + (size_t)i * (size_t)trainer->model->classes);
    if (trainer->teachers)
        teachers_correct(trainer->teachers, shard, bytes, count, targets);
    return model_learn(trainer->model, trainer->workspaces[shard], count, pictures, targets, scale,
                       seed_of(trainer, epoch, first, 2));
}

static void update_means(struct trainer *trainer, int shards)
{
    struct model *model = trainer->model;
    for (size_t i = 0; i < model->statistic_count; i++) {
        float sum = 0;
        for (int s = 0; s < shards; s++)
            sum += workspace_statistics(trainer->workspaces[s])[i];
        model->statistics[i] += (1 - STATISTIC_KEEP) * (sum / (float)shards - model->statistics[i]);
    }
    const float warm = (1.0f + (float)trainer->adam.step) / (10.0f + (float)trainer->adam.step);
    const float keep = fminf(MEAN_KEEP, warm);
    for (size_t i = 0; i < model->parameter_count; i++)
        trainer->mean_parameters[i] += (1 - keep) * (model->parameters[i] - trainer->mean_parameters[i]);
    for (size_t i = 0; i < model->statistic_count; i++)
        trainer->mean_statistics[i] += (1 - keep) * (model->statistics[i] - trainer->mean_statistics[i]);
}

static double learn_batch(struct trainer *trainer, int epoch, int first, int count, float rate)
{
    struct model *model = trainer->model;
    const int shards = (count + MODEL_SHARD - 1) / MODEL_SHARD;
    double losses[SHARDS] = {0}, loss = 0;
#pragma omp parallel for schedule(dynamic)
    for (int s = 0; s < shards; s++) {
        const int left = count - s * MODEL_SHARD;
        losses[s] = learn_shard(trainer, epoch, first + s * MODEL_SHARD, s,
                                left < MODEL_SHARD ? left : MODEL_SHARD, 1 / (float)count);
    }
    memset(trainer->gradient, 0, sizeof(float) * model->parameter_count);
    for (int s = 0; s < shards; s++) {
        const float *mine = workspace_gradient(trainer->workspaces[s]);
        for (size_t i = 0; i < model->parameter_count; i++)
            trainer->gradient[i] += mine[i];
        loss += losses[s];
    }
    size_t first_parameter = 0;
    for (int i = 0; i < model->first_learning; i++)
        if (model->layers[i].spec.kind != LAYER_MAXPOOL)
            first_parameter = model->layers[i].bias_at + (size_t)model->layers[i].spec.out_channels;
    adam_step(&trainer->adam, model->parameters, trainer->gradient, model->decays, first_parameter, rate,
              WEIGHT_DECAY);
    model_round(model);
    update_means(trainer, shards);
    return loss;
}

/* ---- one epoch ---- */

static void shuffle(struct trainer *trainer, int epoch)
{
    struct pen_random random;
    pen_random_seed(&random, seed_of(trainer, epoch, 0, 3));
    for (int i = 0; i < trainer->training->count; i++)
        trainer->order[i] = i;
    for (int i = trainer->training->count - 1; i > 0; i--) {
        const int j = pen_random_below(&random, i + 1), kept = trainer->order[i];
        trainer->order[i] = trainer->order[j];
        trainer->order[j] = kept;
    }
}

static double learn_epoch(struct trainer *trainer, int epoch)
{
    const int count = trainer->training->count, batch = trainer->shards * MODEL_SHARD;
    const long steps = (count + batch - 1) / batch;
    double loss = 0;
    shuffle(trainer, epoch);
    for (long step = 0; step < steps; step++) {
        const int first = (int)step * batch, left = count - first;
        const float rate =
            adam_rate((long)epoch * steps + step, steps * trainer->options->epochs, trainer->options->rate);
        if (left < MODEL_SHARD / 2 && step > 0) /* too few for batch norm to say anything */
            break;
        loss += learn_batch(trainer, epoch, first, left < batch ? left : batch, rate);
    }
    return loss / count;
}

/* ---- validation ---- */

static void count_right(const struct trainer *trainer, struct trainer_progress *progress)
{
    const struct dataset *set = trainer->validation;
    const int classes = trainer->model->classes;
    int right[3] = {0}, total[3] = {0};
    for (int n = 0; n < set->count; n++) {
        const float *mine = trainer->shares + (size_t)n * (size_t)classes;
        float share;
        int answer = calibrate_best_digit(mine, &share);
        if (classes > 10 && set->origins[n] != ORIGIN_DIGITS && mine[10] > share)
            answer = DATASET_NOT_A_DIGIT;
        right[set->origins[n]] += answer == set->labels[n];
        total[set->origins[n]]++;
    }
    progress->digits = total[ORIGIN_DIGITS] ? (double)right[ORIGIN_DIGITS] / total[ORIGIN_DIGITS] : NAN;
    progress->others =
        total[ORIGIN_NEGATIVES] ? (double)right[ORIGIN_NEGATIVES] / total[ORIGIN_NEGATIVES] : NAN;
    progress->scenes = total[ORIGIN_SCENES] ? (double)right[ORIGIN_SCENES] / total[ORIGIN_SCENES] : NAN;
}

/* Divides the scores by the temperature, by way of the last layer's weights, and sets the threshold. */
static void calibrate(const struct trainer *trainer, struct weights *weights)
{
    const struct dataset *set = trainer->validation;
    const int classes = trainer->model->classes;
    const float temperature = calibrate_temperature(trainer->shares, set->labels, set->count, classes);
    calibrate_apply(trainer->shares, set->count, classes, temperature);
    struct layer_spec *last = &weights->layers[weights->layer_count - 1];
    for (size_t i = 0; i < layer_weight_count(last); i++)
        last->weight[i] /= temperature;
    for (int i = 0; i < classes; i++) {
        last->bias[i] /= temperature;
        if (weights->int8)
            last->scale[i] /= temperature; /* of the bias as well */
    }
    weights->threshold = calibrate_threshold(trainer->shares, set->labels, set->origins, set->count, classes);
}

/* Measures the running mean of the weights, and writes it if it is the best so far. */
static int validate(struct trainer *trainer, struct trainer_progress *progress, char *why, size_t why_bytes)
{
    struct weights *weights;
    int error = model_to_weights(trainer->model, trainer->mean_parameters, trainer->mean_statistics, &weights,
                                 why, why_bytes);
    if (error)
        return error;
    error = weights_answer(weights, trainer->validation->pictures, trainer->validation->count,
                           trainer->shares, why, why_bytes);
    count_right(trainer, progress);
    const double merit = (isnan(progress->digits) ? 0 : 2 * progress->digits) +
                         (isnan(progress->scenes) ? 0 : progress->scenes);
    if (!error && merit >= trainer->best) {
        trainer->best = merit;
        progress->saved = true;
        weights->threshold = trainer->options->threshold;
        if (weights->threshold <= 0)
            calibrate(trainer, weights);
        free(weights->recipe);
        weights->recipe = strdup(trainer->options->recipe);
        error = weights_write(weights, trainer->options->out, why, why_bytes);
    }
    weights_destroy(weights);
    return error;
}

/* ---- the whole ---- */

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static struct checkpoint checkpoint_of(struct trainer *trainer)
{
    struct model *model = trainer->model;
    return (struct checkpoint){.seed = trainer->options->seed,
                               .recipe = trainer->options->recipe,
                               .epochs = trainer->options->epochs,
                               .pictures = trainer->training->count,
                               .best = trainer->best,
                               .step = trainer->adam.step,
                               .count = CHECKPOINT_VECTORS,
                               .vectors = {{model->parameters, model->parameter_count},
                                           {trainer->mean_parameters, model->parameter_count},
                                           {trainer->adam.mean, model->parameter_count},
                                           {trainer->adam.square, model->parameter_count},
                                           {model->statistics, model->statistic_count},
                                           {trainer->mean_statistics, model->statistic_count}}};
}

static int run_epochs(struct trainer *trainer, void (*report)(const struct trainer_progress *), char *why,
                      size_t why_bytes)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s.checkpoint", trainer->options->out) >= sizeof path) {
        snprintf(why, why_bytes, "%s: the path is too long", trainer->options->out);
        return -ENAMETOOLONG;
    }
    struct checkpoint state = checkpoint_of(trainer);
    int error = 0;
    if (trainer->options->resume && (error = checkpoint_read(&state, path, why, why_bytes)))
        return error;
    trainer->best = state.best;
    trainer->adam.step = state.step;
    model_round(trainer->model);
    const int first = state.epoch;
    const double start = now_s();
    for (int epoch = first; epoch < trainer->options->epochs && !error; epoch++) {
        struct trainer_progress progress = {.epoch = epoch + 1, .epochs = trainer->options->epochs};
        progress.loss = learn_epoch(trainer, epoch);
        if (!isfinite(progress.loss)) {
            snprintf(why, why_bytes,
                     "the loss of epoch %d is not a number: the training went wrong; a smaller --rate may help",
                     epoch + 1);
            return -ERANGE;
        }
        error = validate(trainer, &progress, why, why_bytes);
        state.epoch = epoch + 1, state.best = trainer->best, state.step = trainer->adam.step;
        if (!error)
            error = checkpoint_write(&state, path, why, why_bytes);
        progress.seconds_left =
            (now_s() - start) / (epoch + 1 - first) * (trainer->options->epochs - epoch - 1);
        if (!error && report)
            report(&progress);
    }
    if (!error)
        remove(path); /* nothing is left to resume */
    return error;
}

int trainer_run(struct model *model, const struct dataset *training, const struct dataset *validation,
                const struct trainer_options *options,
                void (*report)(const struct trainer_progress *progress), char *why, size_t why_bytes)
{
    struct trainer trainer = {
        .model = model, .training = training, .validation = validation, .options = options, .best = -1};
    int error = trainer_allocate(&trainer, why, why_bytes);
    if (!error)
        error = run_epochs(&trainer, report, why, why_bytes);
    trainer_free(&trainer);
    return error;
}
