#include "net/train/eval.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/kernels.h"
#include "net/net.h"
#include "net/train/baseline.h"
#include "net/train/corrupt.h"
#include "net/train/idx.h"
#include "net/train/judge.h"
#include "net/train/usage.h"

/* Least score at which read and live show a digit, where the network's own threshold is not higher: SHOW in
 * vision/recogniser.c, which a test holds this against. */
#define SHOWN_FROM 0.74f

const char eval_usage[] =
    "Usage: digitcam eval [options] DIR...\n"
    "\n"
    "Says how often a network is right on the IDX sets found in the folders (NAME-images-idx3-ubyte[.gz] with\n"
    "NAME-labels-idx1-ubyte[.gz]), in the order of their names. Without DIR: those in $DIGITCAM_DATA.\n"
    "Accuracy: the best of the ten digits is the right one. Rejected: the network takes it for no digit,\n"
    "because the best score is below its own threshold or \"not a digit\" has it. (read and live see more than\n"
    "one picture of 28 x 28: they look twice where in doubt, weigh in a digit's surroundings, and\n"
    "show it from a score of 0.74.) A set with \"letters\" or \"symbols\" in its name holds no digits: to reject\n"
    "is to be right there.\n"
    "\n"
    "Options:\n"
    "  --corrupt        the pictures damaged in twelve ways instead (noise, blur, lines, stripes, other\n"
    "                   shapes, light, dirt), each by itself, and the mean of them; sets without digits are\n"
    "                   left out\n"
    "  --float          a network of int8 in float arithmetic\n"
    "  --agree          also how often int8 and float arithmetic give the same digit (no digits: the same\n"
    "                   rejection)\n"
    "  --json           one JSON object a set; with --corrupt one a set and kind of damage\n"
    "  --baseline NAME  instead of a network: knn (the three nearest of all known pictures) or svm (a support\n"
    "                   vector machine), to compare with; both learn from the sets of digits in the folder\n"
    "                   --train names\n"
    "  --train DIR      with --baseline: the folder to learn from\n"
    "  --limit N        with --baseline: learn from so many of its pictures (default: all for knn, 10000 for\n"
    "                   svm, which takes minutes)\n"
    "  --weights FILE   the network (default: weights/digits.safetensors; also $DIGITCAM_WEIGHTS)\n"
    "  --kernels NAME   instruction set to use (also $DIGITCAM_KERNELS)\n"
    "  --help           show this help\n";

struct options {
    bool json, corrupt, in_float, agree;
    const char *weights, *kernels, *baseline, *train;
    int limit; /* 0: the baseline's own */
    const char *folder_of_environment[1];
    const char *const *folders;
    int folder_count;
};

struct tally {
    bool digits; /* whether the set holds digits; in one that does not, to reject is to be right */
    int n, correct, rejected;
    int agreed; /* with the second judge; -1: there is none */
};

static int usage(const char *fault, const char *value)
{
    return usage_wrong("eval", fault, value);
}

static int no_such_kernels(const char *name)
{
    char there_is[128] = "";
    for (int i = 0; kernels_at(i); i++)
        if (kernels_at(i)->supported())
            snprintf(there_is + strlen(there_is), sizeof there_is - strlen(there_is), "%s%s", *there_is ? ", " : "",
                     kernels_at(i)->name);
    fprintf(stderr, "digitcam eval: this processor has no kernels called \"%s\"; there is %s\n", name, there_is);
    return USAGE_STATUS;
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Where the option's value goes, if that is a text. */
static const char **text_option(struct options *options, int option)
{
    switch (option) {
    case 'b':
        return &options->baseline;
    case 't':
        return &options->train;
    case 'w':
        return &options->weights;
    case 'k':
        return &options->kernels;
    default:
        return NULL;
    }
}

static int parse(struct options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"baseline", required_argument, NULL, 'b'}, {"train", required_argument, NULL, 't'},
        {"limit", required_argument, NULL, 'l'},    {"corrupt", no_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},           {"weights", required_argument, NULL, 'w'},
        {"kernels", required_argument, NULL, 'k'},  {"float", no_argument, NULL, 'f'},
        {"agree", no_argument, NULL, 'a'},          {NULL, 0, NULL, 0},
    };
    optind = 0; /* the caller may have used getopt before */
    opterr = 0;
    char behind;
    for (int option; (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1;) {
        const char **const text = text_option(options, option);
        if (text)
            *text = optarg;
        else if (option == 'j')
            options->json = true;
        else if (option == 'c')
            options->corrupt = true;
        else if (option == 'f')
            options->in_float = true;
        else if (option == 'a')
            options->agree = true;
        else if (option != 'l')
            return usage_wrong_option("eval", option, argv, long_options);
        else if (sscanf(optarg, "%9d%c", &options->limit, &behind) != 1 || options->limit < 1)
            return usage("--limit wants a whole number from 1 up: ", optarg);
    }
    if (options->baseline && !baseline_known(options->baseline))
        return usage("there is no such baseline: ", options->baseline);
    if (options->baseline && !options->train)
        return usage("--baseline learns from a folder of IDX files: --train DIR", "");
    if (options->agree && (options->baseline || options->in_float))
        return usage("--agree compares int8 with float arithmetic: not with --baseline or --float", "");
    const struct kernels *const set = options->kernels ? kernels_find(options->kernels) : NULL;
    if (options->kernels && !(set && set->supported()))
        return no_such_kernels(options->kernels);
    if (!options->baseline && (options->train || options->limit))
        return usage("--train and --limit go with --baseline", "");
    options->folders = (const char *const *)argv + optind;
    options->folder_count = argc - optind;
    options->folder_of_environment[0] = from_environment("DIGITCAM_DATA");
    if (options->folder_count == 0 && options->folder_of_environment[0]) {
        options->folders = options->folder_of_environment;
        options->folder_count = 1;
    }
    return options->folder_count > 0 ? 0 : usage("say where the IDX files are", "");
}

/* Who answers: a judge, and perhaps a second one whose agreement is counted. */
struct court {
    struct judge judge, second;
    bool headed; /* the table has its head */
};

static int ask(const struct judge *judge, const uint8_t *pictures, int count, struct verdict **verdicts)
{
    *verdicts = malloc(sizeof **verdicts * (size_t)count);
    return *verdicts ? judge->answer(judge->self, pictures, count, *verdicts) : -ENOMEM;
}

/* What is said about `pictures`, which are those of the set, perhaps damaged. 0 or -ENOMEM. */
static int tally_up(const struct court *court, const struct idx_set *set, const uint8_t *pictures,
                    struct tally *tally)
{
    struct verdict *verdicts = NULL, *others = NULL;
    int error = ask(&court->judge, pictures, set->count, &verdicts);
    const bool second = court->second.self != NULL;
    if (!error && second)
        error = ask(&court->second, pictures, set->count, &others);
    *tally = (struct tally){
        .digits = !idx_name_is_negative(set->name), .n = set->count, .agreed = second ? 0 : -1};
    for (int i = 0; i < set->count && !error; i++) {
        tally->correct += tally->digits ? verdicts[i].digit == set->labels[i] : verdicts[i].rejected;
        tally->rejected += verdicts[i].rejected;
        tally->agreed += second && (tally->digits ? verdicts[i].digit == others[i].digit
                                                  : verdicts[i].rejected == others[i].rejected);
    }
    free(verdicts);
    free(others);
    return error;
}

/* ---- what is printed ---- */

/* A number of four decimals that prints as such: 0.9953, not 0.99529999999999996. */
static json_t *four_decimals(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4f", value);
    return json_real(strtod(text, NULL));
}

/* `corruption` NULL: the pictures as they are. */
static int print_json(const struct judge *judge, const char *name, const char *corruption,
                      const struct tally *tally)
{
    json_t *line = json_pack("{s:s, s:s*, s:s, s:s, s:s, s:i, s:i, s:o, s:i}", "set", name, "corruption",
                             corruption, "weights", judge->name, "type", judge->type, "kernels",
                             judge->kernels, "n", tally->n, "correct", tally->correct, "accuracy",
                             four_decimals((double)tally->correct / tally->n), "rejected", tally->rejected);
    if (line && tally->agreed >= 0)
        json_object_set_new(line, "agreement", four_decimals((double)tally->agreed / tally->n));
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(line);
    if (!text)
        return -ENOMEM;
    puts(text);
    free(text);
    return 0;
}

static void print_head(const struct judge *judge, bool corrupt, bool agree)
{
    printf("%s, %s, %s", judge->name, judge->type, judge->kernels);
    if (judge->threshold > 0)
        printf("; its own threshold is %.2f (read and live show a digit from %.2f, its surroundings weighed in)",
               (double)judge->threshold, (double)(judge->threshold > SHOWN_FROM ? judge->threshold : SHOWN_FROM));
    printf("\n%-24s %s%7s  %7s  %8s  %7s%s\n", "set", corrupt ? "damage          " : "", "n", "correct",
           "accuracy", "rejected", agree ? "          same as float" : "");
}

/* The head comes with the first row: without one there is no table. */
static void print_row(struct court *court, const char *name, const char *corruption, const struct tally *tally)
{
    if (!court->headed)
        print_head(&court->judge, corruption != NULL, court->second.self != NULL);
    court->headed = true;
    const double rejected = 100.0 * tally->rejected / tally->n;
    printf("%-24s ", name);
    if (corruption)
        printf("%-16s", corruption);
    printf("%7d  %7d  %7.2f%%  %7d  %6.2f%%", tally->n, tally->correct, 100.0 * tally->correct / tally->n,
           tally->rejected, rejected);
    if (tally->agreed >= 0)
        printf("  %7d  %6.2f%%", tally->agreed, 100.0 * tally->agreed / tally->n);
    puts(tally->digits ? "" : "  (no digits)");
}

/* ---- the sets ---- */

static int eval_set(struct court *court, const struct idx_set *set, bool json)
{
    struct tally tally;
    const int error = tally_up(court, set, set->pictures, &tally);
    if (!error && json)
        return print_json(&court->judge, set->name, NULL, &tally);
    if (!error)
        print_row(court, set->name, NULL, &tally);
    return error;
}

/* The set under every corruption, and in the table their mean. */
static int eval_corrupted(struct court *court, const struct idx_set *set, bool json)
{
    struct tally tally, sum = {.digits = true, .agreed = court->second.self ? 0 : -1};
    uint8_t *const pictures = malloc((size_t)set->count * NET_PIXELS);
    int error = pictures ? 0 : -ENOMEM;
    for (int c = 0; corrupt_name(c) && !error; c++) {
        for (int i = 0; i < set->count; i++)
            corrupt_picture(c, (uint64_t)i, set->pictures + (size_t)i * NET_PIXELS,
                            pictures + (size_t)i * NET_PIXELS);
        error = tally_up(court, set, pictures, &tally);
        if (!error && json)
            error = print_json(&court->judge, set->name, corrupt_name(c), &tally);
        else if (!error)
            print_row(court, set->name, corrupt_name(c), &tally);
        sum.n += tally.n, sum.correct += tally.correct, sum.rejected += tally.rejected;
        sum.agreed += tally.agreed > 0 ? tally.agreed : 0;
    }
    if (!error && !json)
        print_row(court, set->name, "mean", &sum);
    free(pictures);
    return error;
}

static int eval_folder(struct court *court, const struct options *options, const char *folder,
                       char *why, size_t why_bytes)
{
    char **names;
    int count;
    int error = idx_find(folder, &names, &count, why, why_bytes);
    for (int i = 0; i < count && !error; i++) {
        struct idx_set set;
        if ((options->corrupt || options->baseline) && idx_name_is_negative(names[i]))
            continue;
        error = idx_read(&set, folder, names[i], why, why_bytes);
        if (error)
            break;
        error = (options->corrupt ? eval_corrupted : eval_set)(court, &set, options->json);
        if (error)
            snprintf(why, why_bytes, "not enough memory");
        idx_free(&set);
    }
    idx_free_names(names, count);
    return error;
}

static int open_court(struct court *court, const struct options *options, char *why, size_t why_bytes)
{
    if (options->baseline)
        return baseline_open(&court->judge, options->baseline, options->train, options->limit,
                             options->kernels, why, why_bytes);
    char path[PATH_MAX + 64];
    net_find(options->weights, NET_DEFAULT, path, sizeof path);
    int error = judge_open_net(&court->judge, path, options->kernels, options->in_float, why, why_bytes);
    if (!error && options->agree && strcmp(court->judge.type, "int8") != 0) {
        snprintf(why, why_bytes, "%s is a float network: --agree is for one of int8", court->judge.name);
        error = -EINVAL;
    }
    if (!error && options->agree)
        error = judge_open_net(&court->second, path, NULL, true, why, why_bytes);
    return error;
}

int eval_main(int argc, char **argv)
{
    struct options options = {.weights = from_environment("DIGITCAM_WEIGHTS"),
                              .kernels = from_environment("DIGITCAM_KERNELS")};
    const int status = parse(&options, argc, argv);
    if (status)
        return status;
    char why[NET_WHY_BYTES] = "";
    struct court court = {0};
    int error = open_court(&court, &options, why, sizeof why);
    const bool of_environment =
        error && !options.baseline && options.weights && options.weights == from_environment("DIGITCAM_WEIGHTS");
    for (int i = 0; i < options.folder_count && !error; i++)
        error = eval_folder(&court, &options, options.folders[i], why, sizeof why);
    judge_close(&court.judge);
    judge_close(&court.second);
    if (!error)
        return EXIT_SUCCESS;
    fflush(stdout);
    fprintf(stderr, "digitcam eval: %s%s\n", of_environment ? "DIGITCAM_WEIGHTS: " : "", why);
    return EXIT_FAILURE;
}
