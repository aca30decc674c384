#include "net/train/train.h"

#include <cblas.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/net.h"
#include "net/train/calibrate.h"
#include "net/train/generate.h"
#include "net/train/teachers.h"
#include "net/train/to_int8.h"
#include "net/train/trainer.h"
#include "net/train/usage.h"

#define FEW_TO_VALIDATE   30   /* fewer digits say nothing */
#define VALIDATION_PART 12   /* generated crops for validation: one for so many in training */
#define GENTLE          0.6f /* how much pictures are changed in fine-tuning, over the usual */
#define SMOOTHING                                                                                            \
    0.02f /* of the targets, where pictures are changed as much as usual: those are hard enough */
#define ENOUGH_TO_JUDGE 4000  /* validation pictures from which a fine-tuned network is calibrated anew */
#define SCENE_SEED      7000u /* of training scenes; validation scenes have their own */

const char train_usage[] =
    "Usage: digitcam train DIR... [options]\n"
    "\n"
    "Trains a network on the IDX sets found in the folders (NAME-images-idx3-ubyte[.gz] with\n"
    "NAME-labels-idx1-ubyte[.gz]). Sets with \"letters\" or \"symbols\" in their name show what is not a digit.\n"
    "\n"
    "Options:\n"
    "  --net NAME       digits (default; eleven answers, the last is \"not a digit\") or lenet5 (ten)\n"
    "  --out FILE       weights file to write (default NAME.safetensors); always the best epoch so far; not\n"
    "                   one that is learned from\n"
    "  --epochs N       times all pictures are seen (default 30); 0 with --from and --int8: only that\n"
    "  --crops N        crops cut out of generated scenes, for nets with eleven answers (default 150000; with\n"
    "                   --from at most two for each picture of the folders)\n"
    "  --repeat N       times an epoch shows the pictures of the folders, each time changed anew, while it shows\n"
    "                   each crop once (default 1)\n"
    "  --seed N         the same seed gives the same network (default 1)\n"
    "  --rate R         highest learning rate (default 0.002; 0.0005 with --from)\n"
    "  --augment S      how much the pictures are changed, 0 to 1 (default 1; 0.6 with --from)\n"
    "  --threads N      default: one for each processor\n"
    "  --from FILE      go on from this weights file, whichever network it is: fine-tuning, for instance on\n"
    "                   your pupils' own writing\n"
    "  --int8           at the end, turn the network into int8 arithmetic: a quarter of the size, and faster;\n"
    "                   one that went on from an int8 file always stays int8, and learns under its rounding\n"
    "  --last-layers    with --from: only the fully connected layers learn, which is quick\n"
    "  --teacher FILE   learn the answers of this weights file too, half and half with the labels; up to four\n"
    "                   times\n"
    "  --resume         go on where an interrupted training with the same options stopped (FILE.checkpoint)\n"
    "  --help           show this help\n";

struct options {
    const char *net, *out, *from;
    bool net_given;
    int epochs, crops, repeat, threads;
    uint64_t seed;
    float rate, augment; /* augment below 0: not said */
    bool last_layers, resume, int8;
    const char *teachers[TEACHERS_MOST];
    int teacher_count;
};

enum {
    OPTION_NET = 256,
    OPTION_OUT,
    OPTION_EPOCHS,
    OPTION_CROPS,
    OPTION_REPEAT,
    OPTION_SEED,
    OPTION_RATE,
    OPTION_AUGMENT,
    OPTION_THREADS,
    OPTION_FROM,
    OPTION_LAST_LAYERS,
    OPTION_TEACHER,
    OPTION_RESUME,
    OPTION_INT8
};

static const struct option long_options[] = {
    {"net", required_argument, NULL, OPTION_NET},
    {"out", required_argument, NULL, OPTION_OUT},
    {"epochs", required_argument, NULL, OPTION_EPOCHS},
    {"crops", required_argument, NULL, OPTION_CROPS},
    {"repeat", required_argument, NULL, OPTION_REPEAT},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"augment", required_argument, NULL, OPTION_AUGMENT},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"from", required_argument, NULL, OPTION_FROM},
    {"last-layers", no_argument, NULL, OPTION_LAST_LAYERS},
    {"teacher", required_argument, NULL, OPTION_TEACHER},
    {"resume", no_argument, NULL, OPTION_RESUME},
    {"int8", no_argument, NULL, OPTION_INT8},
    {NULL, 0, NULL, 0},
};

static int usage(const char *fault, const char *value)
{
    return usage_wrong("train", fault, value);
}

/* A whole number within bounds; -1 if it is none. */
static long whole(const char *text, long low, long high)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    return errno || end == text || *end || value < low || value > high ? -1 : value;
}

static int set_number(struct options *options, int option, const char *text)
{
    if (option == OPTION_RATE || option == OPTION_AUGMENT) {
        const bool rate = option == OPTION_RATE;
        char *end;
        const float real = strtof(text, &end);
        if (end == text || *end || !(rate ? real > 0 : real >= 0) || !(real <= 1))
            return usage(rate ? "--rate wants a number above 0, up to 1: "
                              : "--augment wants a number from 0 to 1: ",
                         text);
        *(rate ? &options->rate : &options->augment) = real;
        return 0;
    }
    const struct bounds {
        int option, low, high;
        const char *wants;
    } *bounds, all[] = {{OPTION_EPOCHS, 0, 100000, "--epochs wants a whole number from 0 to 100000: "},
                        {OPTION_THREADS, 1, 1024, "--threads wants a whole number from 1 to 1024: "},
                        {OPTION_CROPS, 0, 100000000, "--crops wants a whole number from 0 to 100000000: "},
                        {OPTION_REPEAT, 1, 100, "--repeat wants a whole number from 1 to 100: "},
                        {OPTION_SEED, 0, 100000000, "--seed wants a whole number from 0 to 100000000: "}};
    for (bounds = all; bounds->option != option;)
        bounds++;
    const long value = whole(text, bounds->low, bounds->high);
    if (value < 0)
        return usage(bounds->wants, text);
    if (option == OPTION_EPOCHS)
        options->epochs = (int)value;
    else if (option == OPTION_CROPS)
        options->crops = (int)value;
    else if (option == OPTION_REPEAT)
        options->repeat = (int)value;
    else if (option == OPTION_SEED)
        options->seed = (uint64_t)value;
    else
        options->threads = (int)value;
    return 0;
}

/* By default the file is named after the network. */
static const char *out_of(const struct options *options, char *room, size_t room_bytes)
{
    snprintf(room, room_bytes, "%s.safetensors", options->net);
    return options->out ? options->out : room;
}

static bool same_file(const char *a, const char *b)
{
    struct stat about_a, about_b;
    return stat(a, &about_a) == 0 && stat(b, &about_b) == 0 && about_a.st_dev == about_b.st_dev &&
           about_a.st_ino == about_b.st_ino;
}

/* What is learned from stays: the first epoch may be worse than it was. */
static int refuse_to_overwrite(const struct options *options)
{
    char room[4096];
    const char *const out = out_of(options, room, sizeof room);
    bool read = options->from && same_file(options->from, out);
    for (int i = 0; i < options->teacher_count; i++)
        read |= same_file(options->teachers[i], out);
    return read ? usage("a weights file to learn from would be written over; name another with --out: ", out) : 0;
}

static int parse(struct options *options, int argc, char **argv)
{
    optind = 0; /* the caller may have used getopt before */
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1;) {
        int status = 0;
        switch (option) {
        case OPTION_NET:
            options->net = optarg;
            options->net_given = true;
            break;
        case OPTION_OUT:
            options->out = optarg;
            break;
        case OPTION_FROM:
            options->from = optarg;
            break;
        case OPTION_LAST_LAYERS:
            options->last_layers = true;
            break;
        case OPTION_TEACHER:
            if (options->teacher_count == TEACHERS_MOST)
                return usage("there can be four teachers at most; this is one more: ", optarg);
            options->teachers[options->teacher_count++] = optarg;
            break;
        case OPTION_RESUME:
            options->resume = true;
            break;
        case OPTION_INT8:
            options->int8 = true;
            break;
        case '?':
        case ':':
            return usage_wrong_option("train", option, argv, long_options);
        default:
            status = set_number(options, option, optarg);
        }
        if (status)
            return status;
    }
    int layers;
    if (optind >= argc)
        return usage("say where the IDX files are", "");
    if (!model_plan(options->net, &layers))
        return usage("there is no such network: ", options->net);
    if (options->epochs == 0 && !(options->from && options->int8))
        return usage("--epochs 0 is only for turning a file into int8: --from FILE --int8 --epochs 0", "");
    if (options->out && !*options->out)
        return usage("--out wants the name of a file", "");
    if (options->last_layers && !options->from)
        return usage("--last-layers needs --from FILE", "");
    if (options->net_given && options->from)
        return usage("--from FILE says which network it is; not with --net ", options->net);
    return refuse_to_overwrite(options);
}

/* ---- what is said meanwhile ---- */

static void print_share(const char *what, double share)
{
    if (!isnan(share))
        fprintf(stderr, "  %s %.2f%%", what, 100 * share);
}

static void print_progress(const struct trainer_progress *progress)
{
    fprintf(stderr, "epoch %d/%d  loss %.4f  validation:", progress->epoch, progress->epochs, progress->loss);
    print_share("digits", progress->digits);
    print_share("others", progress->others);
    print_share("scenes", progress->scenes);
    const int left = (int)(progress->seconds_left + 0.5);
    fprintf(stderr, "  left %d:%02d:%02d%s\n", left / 3600, left / 60 % 60, left % 60,
            progress->saved ? "  saved" : "");
}

/* Accuracy of a weights file on the validation digits, for before and after fine-tuning; and how well its
 * scores are calibrated. Where it is `final` nothing is said of what could still be gained. */
static int print_accuracy(const char *when, const char *path, const struct dataset *validation, bool final,
                          char *why, size_t why_bytes)
{
    struct weights *weights;
    int error = weights_read(&weights, path, why, why_bytes);
    if (error)
        return error;
    float *shares = malloc(sizeof(float) * (size_t)(validation->count + 1) * (size_t)weights->classes);
    error = shares ? weights_answer(weights, validation->pictures, validation->count, shares, why, why_bytes)
                   : -ENOMEM;
    if (!shares)
        snprintf(why, why_bytes, "not enough memory");
    if (!error) {
        int right = 0, digits = 0;
        for (int n = 0; n < validation->count; n++) {
            float share;
            const int answer = calibrate_best_digit(shares + (size_t)n * (size_t)weights->classes, &share);
            right += validation->origins[n] == ORIGIN_DIGITS && answer == validation->labels[n];
            digits += validation->origins[n] == ORIGIN_DIGITS;
        }
        fprintf(stderr,
                "%s: %d of %d validation digits right (%.2f%%), calibration error %.4f, threshold %.2f\n",
                when, right, digits, 100.0 * right / (digits > 0 ? digits : 1),
                (double)calibrate_error(shares, validation->labels, validation->count, weights->classes),
                (double)weights->threshold);
        if (!final && digits > 0 && right == digits)
            fprintf(stderr, "all of them are right already: there is hardly anything to gain\n");
    }
    free(shares);
    weights_destroy(weights);
    return error;
}

/* ---- the steps ---- */

/* *threshold receives that of the weights file to go on from, or 0. */
static int make_model(struct model **model, const struct options *options, float *threshold, char *why,
                      size_t why_bytes)
{
    *threshold = 0;
    if (!options->from) {
        int layers;
        const struct layer_plan *plan = model_plan(options->net, &layers);
        return model_create(model, plan, layers, options->seed, why, why_bytes);
    }
    struct weights *weights;
    int error = weights_read(&weights, options->from, why, why_bytes);
    if (error)
        return error;
    if (weights->classes != 10 && weights->classes != 11) {
        snprintf(why, why_bytes, "%s: a network of 10 or 11 answers is needed; this one has %d",
                 options->from, weights->classes);
        error = -EINVAL;
    } else {
        error = model_from_weights(model, weights, options->last_layers, why, why_bytes);
        *threshold = weights->threshold;
    }
    weights_destroy(weights);
    return error;
}

static int copy_weights(const char *from, const char *to, char *why, size_t why_bytes)
{
    struct weights *weights;
    int error = weights_read(&weights, from, why, why_bytes);
    if (error)
        return error;
    error = weights_write(weights, to, why, why_bytes);
    weights_destroy(weights);
    return error;
}

/* Scenes are a whole training's worth of new crops; fine-tuning on a few pictures gets by with few, so that
 * it does not forget them. */
static int crops_of(const struct options *options, int pictures)
{
    return options->from && options->crops > 2 * pictures ? 2 * pictures : options->crops;
}

static int add_scenes(const struct options *options, int crops, struct dataset *training,
                      struct dataset *validation, char *why, size_t why_bytes)
{
    if (crops == 0)
        return 0;
    fprintf(stderr, "drawing scenes for %d crops ...\n", crops);
    int error =
        generate_crops(validation, crops / VALIDATION_PART, SCENE_SEED + 1 + 2 * options->seed, validation);
    if (!error)
        error = generate_crops(training, crops, SCENE_SEED + 2 * options->seed, training);
    if (error)
        snprintf(why, why_bytes, "not enough memory for the generated crops");
    return error;
}

/* Only weights are written over: a name typed wrong must not cost anything else. */
static int check_out(const char *out, char *why, size_t why_bytes)
{
    struct stat status;
    uint8_t head[9] = {0};
    if (stat(out, &status) != 0)
        return 0; /* nothing there, or nothing that could be: the folder tells */
    FILE *const file = S_ISREG(status.st_mode) ? fopen(out, "rb") : NULL;
    const size_t bytes = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    /* safetensors: the length of a JSON header, which is less than a megabyte, then the header */
    if (file && (bytes == 0 || (bytes == sizeof head && head[8] == '{' && head[3] == 0 && head[4] == 0)))
        return 0;
    snprintf(why, why_bytes, "%.300s is there already and is no weights file; name another with --out", out);
    return -EEXIST;
}

/* The training in words: its options, then after a semicolon what it was. */
static void write_recipe(const struct options *options, float augment, int crops, int pictures, char *recipe,
                         size_t recipe_bytes)
{
    char teachers[TEACHERS_MOST * 80] = "";
    for (int i = 0; i < options->teacher_count; i++) {
        const char *const slash = strrchr(options->teachers[i], '/');
        const size_t used = strlen(teachers);
        snprintf(teachers + used, sizeof teachers - used, " --teacher %.60s",
                 slash ? slash + 1 : options->teachers[i]);
    }
    snprintf(recipe, recipe_bytes,
             "digitcam train --net %s --epochs %d --seed %llu --crops %d --repeat %d --rate %g --augment %g%s%s%s%s; "
             "%d pictures, "
             "Adam, one cycle, "
             "affine, elastic and stroke augmentation, running mean of the weights",
             options->net, options->epochs, (unsigned long long)options->seed, crops, options->repeat,
             (double)options->rate, (double)augment, options->from ? " --from a weights file" : "",
             options->last_layers ? " --last-layers" : "", options->int8 ? " --int8" : "", teachers, pictures);
}

/* What goes on where it stopped goes on in the same file: one of the same recipe, at least in its first `length`
 * letters. */
static int check_resumed(const char *out, const char *recipe, size_t length, char *why, size_t why_bytes)
{
    struct weights *weights;
    int error = weights_read(&weights, out, why, why_bytes);
    if (error)
        return error;
    if (!weights->recipe || strncmp(weights->recipe, recipe, length) != 0) {
        snprintf(why, why_bytes,
                 "%.300s is of another training than the checkpoint beside it should be (the network, the data and all "
                 "options but --threads must be the same)",
                 out);
        error = -EBADMSG;
    }
    weights_destroy(weights);
    return error;
}

/* What would otherwise show only when all pictures are read, or after the first epoch: whether the files are
 * there, and that of the result can be written. */
static int check_files(const struct options *options, const char *out, char *why, size_t why_bytes)
{
    char checkpoint[4200];
    int error = check_out(out, why, why_bytes);
    if (error)
        return error;
    snprintf(checkpoint, sizeof checkpoint, "%s.new", out);
    FILE *const probe = fopen(checkpoint, "wb"); /* files are written under this name first */
    if (!probe) {
        error = -errno;
        snprintf(why, why_bytes, "%.300s cannot be written: %s", out, strerror(-error));
        return error;
    }
    fclose(probe);
    remove(checkpoint);
    if (options->epochs == 0)
        return 0;
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", out);
    if (options->resume && access(checkpoint, R_OK) != 0) {
        error = -errno;
        snprintf(why, why_bytes, "%.300s: %.100s; there is nothing to resume", checkpoint, strerror(-error));
        return error;
    }
    return 0;
}

/* What is wrong with the pictures of the folders, if anything: a network learns what it is shown, and validation is worth
 * as much as there is of it. */
static void say_pictures(const struct dataset *training, const struct dataset *validation)
{
    int seen[11] = {0}, kept = 0;
    for (int i = 0; i < training->count; i++)
        seen[training->labels[i]]++;
    for (int i = 0; i < validation->count; i++)
        kept += validation->labels[i] < DATASET_NOT_A_DIGIT;
    fprintf(stderr, "%d pictures in the folders, %d more kept to validate\n", training->count, validation->count);
    for (int digit = 0; digit < 10; digit++)
        if (seen[digit] == 0)
            fprintf(stderr, "there is no %d to learn from\n", digit);
    if (kept < FEW_TO_VALIDATE)
        fprintf(stderr, "%d digits to validate say little about how good it is, and which epoch is best\n", kept);
}

/* As training begins: what becomes of the files, and of a training that is interrupted. */
static void say_files(const struct options *options, const char *out)
{
    char checkpoint[4200];
    snprintf(checkpoint, sizeof checkpoint, "%s.checkpoint", out);
    if (!options->resume && access(out, F_OK) == 0)
        fprintf(stderr, "replaces %s\n", out);
    if (options->epochs == 0)
        return;
    if (!options->resume && access(checkpoint, F_OK) == 0)
        fprintf(stderr,
                "%s is of a training that was interrupted; starting anew (--resume would go on with it)\n",
                checkpoint);
    else
        fprintf(stderr, "where this is interrupted after its first epoch, the same command with --resume goes on: %s\n",
                checkpoint);
}

/* Whether the teachers can teach this network, before minutes go into drawing what they would teach from. */
static int check_teachers(const struct options *options, int classes, char *why, size_t why_bytes)
{
    struct teachers *teachers = NULL;
    if (options->teacher_count == 0)
        return 0;
    const int error =
        teachers_create(&teachers, options->teachers, options->teacher_count, 1, classes, why, why_bytes);
    teachers_destroy(teachers);
    return error;
}

static int run(const struct options *options, const char *const *folders, int folder_count, char *why,
               size_t why_bytes)
{
    struct dataset training = {0}, validation = {0};
    struct model *model = NULL;
    char out[4096], recipe[1024];
    const float augment = options->augment >= 0 ? options->augment : options->from ? GENTLE : 1;
    struct trainer_options trainer_options = {.epochs = options->epochs,
                                              .seed = options->seed,
                                              .rate = options->rate,
                                              .smoothing = augment < 1 ? 0 : SMOOTHING,
                                              .augment = augment,
                                              .out = out_of(options, out, sizeof out),
                                              .recipe = recipe,
                                              .teachers = options->teachers,
                                              .teacher_count = options->teacher_count,
                                              .resume = options->resume};
    int error = check_files(options, trainer_options.out, why, why_bytes);
    if (!error)
        error = make_model(&model, options, &trainer_options.threshold, why, why_bytes);
    const bool negatives = model && model->classes > 10;
    if (!error)
        error = check_teachers(options, model->classes, why, why_bytes);
    if (!error)
        error = dataset_load(folders, folder_count, negatives, options->repeat, &training, &validation, why,
                             why_bytes);
    const int crops = negatives ? crops_of(options, training.count) : 0;
    if (!error)
        say_pictures(&training, &validation);
    if (!error && options->resume) { /* told now, what can be told before minutes of drawing */
        write_recipe(options, augment, crops, 0, recipe, sizeof recipe);
        error = check_resumed(trainer_options.out, recipe, strcspn(recipe, ";") + 1, why, why_bytes);
    }
    if (!error)
        error = add_scenes(options, crops, &training, &validation, why, why_bytes);
    if (!error) {
        fprintf(stderr, "%d pictures to train on, %d to validate; %zu parameters%s\n", training.count,
                validation.count, model->parameter_count, options->from ? "" : ", batch norm's among them");
        write_recipe(options, augment, crops, training.count, recipe, sizeof recipe);
        if (options->from)
            error = print_accuracy("before", options->from, &validation, false, why, why_bytes);
    }
    if (!error && options->resume)
        error = check_resumed(trainer_options.out, recipe, sizeof recipe, why, why_bytes);
    if (!error)
        say_files(options, trainer_options.out);
    if (validation.count >= ENOUGH_TO_JUDGE && negatives)
        trainer_options.threshold = 0;
    if (!error && options->epochs == 0)
        error = copy_weights(options->from, trainer_options.out, why, why_bytes);
    else if (!error)
        error = trainer_run(model, &training, &validation, &trainer_options, print_progress, why, why_bytes);
    if (!error && options->int8 && options->epochs > 0)
        error = print_accuracy("float", trainer_options.out, &validation, true, why, why_bytes);
    if (!error && options->int8)
        error = to_int8(trainer_options.out, &training, options->seed, why, why_bytes);
    if (!error)
        error = print_accuracy("after", trainer_options.out, &validation, true, why, why_bytes);
    model_destroy(model);
    dataset_free(&training);
    dataset_free(&validation);
    return error;
}

int train_main(int argc, char **argv)
{
    struct options options = {.net = "digits", .epochs = 30, .crops = 150000, .repeat = 1, .seed = 1, .augment = -1};
    const int status = parse(&options, argc, argv);
    if (status)
        return status;
    if (options.rate <= 0)
        options.rate = options.from ? 0.0005f : 0.002f;
    if (options.threads > 0)
        omp_set_num_threads(options.threads);
    openblas_set_num_threads(1); /* the threads are ours: one shard of a batch each */
    char why[NET_WHY_BYTES] = "";
    if (run(&options, (const char *const *)argv + optind, argc - optind, why, sizeof why)) {
        fprintf(stderr, "digitcam train: %s\n", why);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
