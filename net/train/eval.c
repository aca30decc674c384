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

#include "net/net.h"
#include "net/train/calibrate.h"
#include "net/train/idx.h"

#define EXIT_USAGE 2

const char eval_usage[] =
    "usage: digitcam eval [options] DIR...\n"
    "Says how often a network is right on the IDX sets found in the folders (NAME-images-idx3-ubyte[.gz] "
    "with\n"
    "NAME-labels-idx1-ubyte[.gz]), in the order of their names. Without DIR: those in $DIGITCAM_DATA.\n"
    "Accuracy: the best of the ten digits is the right one. Rejected: no digit would be shown, because the "
    "best score is\n"
    "below the network's threshold or \"not a digit\" has it. A set with \"letters\" or \"symbols\" in its "
    "name holds no\n"
    "digits: to reject is to be right there.\n"
    "  --json           one JSON object a set\n"
    "  --weights FILE   the network (default: weights/digits.safetensors; also $DIGITCAM_WEIGHTS)\n"
    "  --kernels NAME   instruction set to use (also $DIGITCAM_KERNELS)\n";

struct options {
    bool json;
    const char *weights, *kernels;
    const char *folder_of_environment[1];
    const char *const *folders;
    int folder_count;
};

struct tally {
    bool digits; /* whether the set holds digits; in one that does not, to reject is to be right */
    int n, correct, rejected;
};

static int usage(const char *fault, const char *value)
{
    fprintf(stderr, "digitcam eval: %s%s\n%s", fault, value, eval_usage);
    return EXIT_USAGE;
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int parse(struct options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"json", no_argument, NULL, 'j'},
        {"weights", required_argument, NULL, 'w'},
        {"kernels", required_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    optind = 0; /* the caller may have used getopt before */
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        if (option == 'j')
            options->json = true;
        else if (option == 'w')
            options->weights = optarg;
        else if (option == 'k')
            options->kernels = optarg;
        else
            return usage("not an option, or its value is missing: ", argv[optind - 1]);
    }
    options->folders = (const char *const *)argv + optind;
    options->folder_count = argc - optind;
    options->folder_of_environment[0] = from_environment("DIGITCAM_DATA");
    if (options->folder_count == 0 && options->folder_of_environment[0]) {
        options->folders = options->folder_of_environment;
        options->folder_count = 1;
    }
    return options->folder_count > 0 ? 0 : usage("say where the IDX files are", "");
}

static struct tally judge(struct net *net, const struct idx_set *set)
{
    struct tally tally = {.digits = !idx_name_is_negative(set->name), .n = set->count};
    const int classes = net_classes(net);
    float scores[NET_MAX_BATCH * NET_MAX_CLASSES];
    for (int first = 0; first < set->count; first += NET_MAX_BATCH) {
        const int left = set->count - first, batch = left < NET_MAX_BATCH ? left : NET_MAX_BATCH;
        net_forward(net, set->pictures + (size_t)first * NET_PIXELS, batch, scores);
        for (int i = 0; i < batch; i++) {
            const float *mine = scores + (size_t)i * (size_t)classes;
            float share;
            const int digit = calibrate_best_digit(mine, &share);
            const bool rejected = share < net_threshold(net) || (classes > 10 && mine[10] >= share);
            tally.correct += tally.digits ? digit == set->labels[first + i] : rejected;
            tally.rejected += rejected;
        }
    }
    return tally;
}

/* A number of four decimals that prints as such: 0.9953, not 0.99529999999999996. */
static json_t *four_decimals(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4f", value);
    return json_real(strtod(text, NULL));
}

static int print_json(const struct net *net, const char *name, const struct tally *tally)
{
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:o, s:i}", "set", name, "weights", net_name(net), "type",
                  net_type(net), "kernels", net_kernels(net), "n", tally->n, "correct", tally->correct,
                  "accuracy", four_decimals((double)tally->correct / tally->n), "rejected", tally->rejected);
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(line);
    if (!text)
        return -ENOMEM;
    puts(text);
    free(text);
    return 0;
}

static void print_row(const char *name, const struct tally *tally)
{
    const double rejected = 100.0 * tally->rejected / tally->n;
    printf("%-24s %7d  %7d  %7.2f%%  %7d  %6.2f%%%s\n", name, tally->n, tally->correct,
           100.0 * tally->correct / tally->n, tally->rejected, rejected,
           tally->digits ? "" : "  (no digits)");
}

static int eval_folder(struct net *net, const char *folder, bool json, char *why, size_t why_bytes)
{
    char **names;
    int count;
    int error = idx_find(folder, &names, &count, why, why_bytes);
    for (int i = 0; i < count && !error; i++) {
        struct idx_set set;
        error = idx_read(&set, folder, names[i], why, why_bytes);
        if (error)
            break;
        const struct tally tally = judge(net, &set);
        if (!json)
            print_row(set.name, &tally);
        else if ((error = print_json(net, set.name, &tally)) != 0)
            snprintf(why, why_bytes, "not enough memory");
        idx_free(&set);
    }
    idx_free_names(names, count);
    return error;
}

int eval_main(int argc, char **argv)
{
    struct options options = {.weights = from_environment("DIGITCAM_WEIGHTS"),
                              .kernels = from_environment("DIGITCAM_KERNELS")};
    const int status = parse(&options, argc, argv);
    if (status)
        return status;
    char path[PATH_MAX + 64], why[NET_WHY_BYTES] = "";
    struct net *net;
    net_find(options.weights, NET_DEFAULT, path, sizeof path);
    int error = net_load(&net, path, options.kernels, why, sizeof why);
    if (!error) {
        if (net_classes(net) < 10) {
            snprintf(why, sizeof why, "%s does not tell ten digits apart", net_name(net));
            error = -EINVAL;
        } else if (!options.json) {
            printf("%s, %s, %s; a digit is shown from %.2f\n%-24s %7s  %7s  %8s  %7s\n", net_name(net),
                   net_type(net), net_kernels(net), (double)net_threshold(net), "set", "n", "correct",
                   "accuracy", "rejected");
        }
        for (int i = 0; i < options.folder_count && !error; i++)
            error = eval_folder(net, options.folders[i], options.json, why, sizeof why);
        net_destroy(net);
    }
    if (!error)
        return EXIT_SUCCESS;
    fflush(stdout);
    fprintf(stderr, "digitcam eval: %s\n", why);
    return EXIT_FAILURE;
}
