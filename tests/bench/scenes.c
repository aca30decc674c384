/* scenes - how well and how fast digitcam reads the demo's scenes, whose digits are known.
 *
 *     make bench                      every scene, three pages each, 120 frames, 1280x720
 *     build/tests/bench/scenes --json blackboard hand
 *
 * Each clip is played to the recogniser frame by frame, as a camera of 30 frames/s would. Per scene:
 *   precision, recall, F1  of digits, counted frame by frame (the rule: render/match.h)
 *   numbers                share of the written numbers read right, whole and without anything added
 *   flips                  changes of a digit's label, per digit and minute
 *   first, turn, uncover   mean time until a digit has its right label: at the first frame, on a new page, from under
 *                          the hand; ms
 *   stale                  longest time a label of the old page stayed after the page was turned; ms
 *   us                     microseconds a frame by stage, mean
 * What has just appeared or gone counts neither way for 150 ms, but at the first frame; nor does what the hand covers. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "tests/bench/clip.h"

#define MOST_FRAMES 100000

struct wishes {
    int frames, first, seeds, width_px, height_px;
    bool json, errors, help;
    const char *weights, *kernels;
};

static const char usage[] =
    "Usage: scenes [OPTION...] [SCENE...]\n\n"
    "Reads the demo's scenes and says how many of their digits were right.\n\n"
    "  --frames N      frames of each clip (120)\n"
    "  --seeds N       pages of each scene (3)\n"
    "  --from N        the first of them (1)\n"
    "  --size WxH      (1280x720)\n"
    "  --weights FILE  the network (DIGITCAM_WEIGHTS, or weights/digits.safetensors)\n"
    "  --kernels NAME  instruction set to compute with, instead of the best there is\n"
    "  --errors        also name every digit missed, misread or invented and every number read wrong, on standard error\n"
    "  --json          one JSON object a scene\n"
    "  --help          this\n\nScenes:\n";

static void print_usage(void)
{
    fputs(usage, stdout);
    for (int i = 0; i < demo_scene_count(); i++)
        printf("  %-14s  %s\n", demo_scene_name(i), demo_scene_summary(i));
}

/* ---- options ---- */

static bool parse_count(const char *text, int most, int *value)
{
    char *end;
    const long number = strtol(text, &end, 10);
    if (*end || end == text || number < 1 || number > most)
        return false;
    *value = (int)number;
    return true;
}

/* One option; false where its value is wrong. */
static bool take_option(int option, const char *value, struct wishes *wishes)
{
    char rest;
    switch (option) {
    case 'f':
        return parse_count(value, MOST_FRAMES, &wishes->frames);
    case 's':
        return parse_count(value, 1000, &wishes->seeds);
    case 'o':
        return parse_count(value, 1000000, &wishes->first);
    case 'z':
        return sscanf(value, "%dx%d%c", &wishes->width_px, &wishes->height_px, &rest) == 2 && wishes->width_px > 0 &&
               wishes->height_px > 0;
    case 'w':
        wishes->weights = value;
        return true;
    case 'k':
        wishes->kernels = value;
        return true;
    case 'e':
        return wishes->errors = true;
    case 'j':
        return wishes->json = true;
    case 'h':
        return wishes->help = true;
    default:
        return false; /* getopt has said so */
    }
}

static bool take_options(int argc, char **argv, struct wishes *wishes)
{
    static const struct option options[] = {
        {"frames", required_argument, NULL, 'f'},  {"seeds", required_argument, NULL, 's'},
        {"from", required_argument, NULL, 'o'},
        {"size", required_argument, NULL, 'z'},    {"weights", required_argument, NULL, 'w'},
        {"kernels", required_argument, NULL, 'k'}, {"errors", no_argument, NULL, 'e'},
        {"json", no_argument, NULL, 'j'},          {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (!take_option(option, optarg, wishes)) {
            if (option != '?')
                fprintf(stderr, "scenes: \"%s\" is no value for this option; --help lists them\n", optarg);
            return false;
        }
    return true;
}

/* ---- results ---- */

static double per_minute(const struct clip_score *score)
{
    return score->labelled_s > 0 ? (double)score->flips * 60 / score->labelled_s : 0;
}

static double share_right(const struct match_tally *numbers)
{
    return numbers->written ? (double)numbers->right / (double)numbers->written : 1;
}

static double mean_ms(const struct clip_delay *delay)
{
    return delay->count ? delay->sum_ms / (double)delay->count : 0;
}

/* A delay in the table; "-" where nothing of the kind happened. */
static const char *delay_text(const struct clip_delay *delay, char text[16])
{
    if (delay->count)
        snprintf(text, 16, "%.0f", mean_ms(delay));
    else
        snprintf(text, 16, "-");
    return text;
}

static void print_head(const struct wishes *wishes, const struct net *net)
{
    printf("%dx%d, %d frames of %d pages each, %s (%s, %s)\n\n", wishes->width_px, wishes->height_px, wishes->frames,
           wishes->seeds, net_name(net), net_type(net), net_kernels(net));
    printf("%-11s %6s %6s %6s %7s %6s %6s %5s %7s %6s | %5s %5s %5s %5s %5s %5s %6s us\n", "scene", "precis", "recall",
           "F1", "numbers", "flips", "first", "turn", "uncover", "stale", "thres", "cont", "segm", "norm", "net",
           "track", "total");
}

static void print_row(const char *name, const struct clip_score *score)
{
    char first[16], turned[16], uncovered[16], stale[16] = "-";
    const double n = score->frames > 0 ? (double)score->frames : 1;
    const struct reading_times *const t = &score->times_us;
    if (score->turned.count)
        snprintf(stale, sizeof stale, "%.0f", score->stale_most_ms);
    printf("%-11s %6.3f %6.3f %6.3f %7.3f %6.2f %6s %5s %7s %6s | %5.0f %5.0f %5.0f %5.0f %5.0f %5.0f %6.0f\n", name,
           match_precision(&score->digits), match_recall(&score->digits), match_f1(&score->digits),
           share_right(&score->numbers), per_minute(score), delay_text(&score->first, first),
           delay_text(&score->turned, turned), delay_text(&score->uncovered, uncovered), stale, t->threshold / n,
           t->contour / n, t->segment / n, t->normalise / n, t->net / n, t->track / n, t->total / n);
    fflush(stdout);
}

static void print_delay(const char *name, const struct clip_delay *delay)
{
    printf("\"%s\":{\"digits\":%ld,\"mean\":%.1f,\"max\":%.1f}", name, delay->count, mean_ms(delay), delay->most_ms);
}

static void print_json(const char *name, const struct wishes *wishes, const struct clip_score *score)
{
    const double n = score->frames > 0 ? (double)score->frames : 1;
    const struct reading_times *const t = &score->times_us;
    printf("{\"scene\":\"%s\",\"size\":\"%dx%d\",\"frames\":%ld,\"digits\":{\"written\":%ld,\"found\":%ld,\"right\":%ld,"
           "\"precision\":%.4f,\"recall\":%.4f,\"f1\":%.4f},\"numbers\":{\"written\":%ld,\"found\":%ld,\"right\":%ld,"
           "\"share\":%.4f},\"flips_per_minute\":%.3f,\"delay_ms\":{",
           name, wishes->width_px, wishes->height_px, score->frames, score->digits.written, score->digits.found,
           score->digits.right, match_precision(&score->digits), match_recall(&score->digits), match_f1(&score->digits),
           score->numbers.written, score->numbers.found, score->numbers.right, share_right(&score->numbers),
           per_minute(score));
    print_delay("first", &score->first);
    putchar(',');
    print_delay("turn", &score->turned);
    putchar(',');
    print_delay("uncover", &score->uncovered);
    printf("},\"stale_ms\":%.1f,\"times_us\":{\"luma\":%.1f,\"threshold\":%.1f,\"contour\":%.1f,\"segment\":%.1f,"
           "\"normalise\":%.1f,\"net\":%.1f,\"track\":%.1f,\"total\":%.1f}}\n",
           score->stale_most_ms, t->luma / n, t->threshold / n, t->contour / n, t->segment / n, t->normalise / n,
           t->net / n, t->track / n, t->total / n);
    fflush(stdout);
}

/* ---- running ---- */

static void add_score(struct match_tally *sum, const struct match_tally *part)
{
    sum->written += part->written;
    sum->found += part->found;
    sum->located += part->located;
    sum->right += part->right;
}

/* Every page of one scene. Says what went wrong itself. */
static int run_scene(const char *scene, const struct wishes *wishes, const struct clip_tools *tools,
                     struct clip_score *score)
{
    int error = 0;
    for (int seed = wishes->first; seed < wishes->first + wishes->seeds && !error; seed++) {
        const struct demo_options options = {.scene = scene,
                                             .seed = (uint64_t)seed,
                                             .width_px = wishes->width_px,
                                             .height_px = wishes->height_px,
                                             .digits = DEMO_USUAL_DIGITS};
        char label[64];
        snprintf(label, sizeof label, "%s %d", scene, seed);
        error = clip_run(&options, wishes->frames, tools, score, wishes->errors ? stderr : NULL, label);
    }
    if (error == -ENOENT)
        fprintf(stderr, "scenes: there is no scene \"%s\"; --help lists them\n", scene);
    else if (error)
        fprintf(stderr, "scenes: %s at %dx%d: %s\n", scene, wishes->width_px, wishes->height_px, strerror(-error));
    return error;
}

static int run_scenes(char **names, int count, const struct wishes *wishes, const struct net *net,
                      const struct clip_tools *tools)
{
    struct match_tally digits = {0}, numbers = {0};
    const int scenes = count ? count : demo_scene_count();
    if (!wishes->json)
        print_head(wishes, net);
    for (int i = 0; i < scenes; i++) {
        const char *const name = count ? names[i] : demo_scene_name(i);
        struct clip_score score = {0};
        const int error = run_scene(name, wishes, tools, &score);
        if (error)
            return error;
        if (wishes->json)
            print_json(name, wishes, &score);
        else
            print_row(name, &score);
        add_score(&digits, &score.digits);
        add_score(&numbers, &score.numbers);
    }
    if (!wishes->json)
        printf("%-11s %6.3f %6.3f %6.3f %7.3f\n", "all", match_precision(&digits), match_recall(&digits),
               match_f1(&digits), share_right(&numbers));
    return 0;
}

int main(int argc, char **argv)
{
    const char *const from_environment = getenv("DIGITCAM_WEIGHTS");
    struct wishes wishes = {.frames = 120, .first = 1, .seeds = 3, .width_px = 1280, .height_px = 720};
    wishes.weights = from_environment && *from_environment ? from_environment : "weights/digits.safetensors";
    if (!take_options(argc, argv, &wishes))
        return 2;
    if (wishes.help) {
        print_usage();
        return 0;
    }
    char why[NET_WHY_BYTES];
    struct net *net = NULL;
    struct clip_tools tools = {NULL, NULL};
    int error = net_load(&net, wishes.weights, wishes.kernels, why, sizeof why);
    if (error)
        fprintf(stderr, "scenes: %s\n", why);
    else if ((error = recogniser_create(&tools.recogniser, net)) != 0 || (error = luma_create(&tools.luma)) != 0)
        fprintf(stderr, "scenes: %s\n", strerror(-error));
    else
        error = run_scenes(argv + optind, argc - optind, &wishes, net, &tools);
    luma_destroy(tools.luma);
    recogniser_destroy(tools.recogniser);
    net_destroy(net);
    return error ? 1 : 0;
}
