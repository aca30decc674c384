/* strings - how many numbers written so close that their digits touch are read right, with and without
 * cutting.
 *
 * Strings of two to six digits are made from the pictures of an IDX set: each digit is moved up against the
 * one before it until their ink touches or overlaps by a little, or one stands under the other's roof by so
 * much; the string is drawn on paper, and the whole frame is read. A string is right where its digits are,
 * from left to right, and none more. The same seed makes the same strings. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "net/train/idx.h"
#include "vision/recogniser.h"

#define LEAST       2 /* digits of a string */
#define MOST        6
#define SIDE        28
#define ZOOM        2
#define DEEPEST     3 /* pixels of a digit's picture that strokes overlap at most */
#define DEEPEST_BOX 5 /* likewise their boxes: what stands under a 7 does not creep further */
#define FRAME_W     640
#define FRAME_H     240
#define INK         100 /* of a digit's picture: from here on it counts when strings are put together */
#define PAPER       225
#define PEN         50

static const char usage[] = "Usage: strings [OPTION...] FOLDER\n\n"
                            "Reads strings of touching digits made from an IDX set in FOLDER.\n\n"
                            "  --set NAME      mnist-t10k; choose parameters on mnist-train, and report on mnist-t10k\n"
                            "  --count N       strings (640), as many of each length from 2 to 6\n"
                            "  --seed N        which strings (1)\n"
                            "  --weights FILE  the network (weights/digits.safetensors)\n"
                            "  --errors        also print the strings read wrong\n"
                            "  --json          one JSON object\n";

struct wishes {
    const char *folder, *set, *weights;
    int count;
    unsigned seed;
    bool errors, json;
};

struct result {
    int strings[MOST + 1], right[MOST + 1]; /* by length */
};

/* ---- making strings ---- */

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

/* A string in pixels of the set's pictures: white on black. */
struct strip {
    int width;
    uint8_t ink[SIDE + 4][MOST * SIDE];
    char text[MOST + 1];
};

static bool inked(const struct strip *strip, int x, int y)
{
    return x >= 0 && strip->ink[y][x] >= INK;
}

/* The leftmost place of a digit's picture at which no ink of it is nearer than one pixel to the strip's. */
static int place_beside(const struct strip *strip, const uint8_t *picture, int down)
{
    int place = -SIDE;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            if (picture[y * SIDE + x] < INK)
                continue;
            for (int v = y + down - 1; v <= y + down + 1; v++)
                for (int at = strip->width - 1; at >= 0 && v >= 0 && v < SIDE + 4; at--)
                    if (inked(strip, at, v)) {
                        place = at + 1 - x > place ? at + 1 - x : place;
                        break;
                    }
        }
    return place;
}

/* The first column of a digit's picture with ink. */
static int left_of(const uint8_t *picture)
{
    for (int x = 0; x < SIDE; x++)
        for (int y = 0; y < SIDE; y++)
            if (picture[y * SIDE + x] >= INK)
                return x;
    return 0;
}

static void add_digit(struct strip *strip, const uint8_t *picture, int place, int down)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int at = place + x, ink = picture[y * SIDE + x];
            if (at < 0 || at >= MOST * SIDE || ink == 0)
                continue;
            uint8_t *const pixel = &strip->ink[y + down][at];
            *pixel = *pixel > ink ? *pixel : (uint8_t)ink;
            if (ink >= INK && at + 1 > strip->width)
                strip->width = at + 1;
        }
}

static void make_strip(const struct idx_set *set, int length, uint32_t *random, struct strip *strip)
{
    memset(strip, 0, sizeof *strip);
    for (int i = 0; i < length; i++) {
        const uint32_t which = draw(random, (uint32_t)set->count);
        const uint8_t *const picture = set->pictures + (size_t)which * SIDE * SIDE;
        const int down = 1 + (int)draw(random, 3), overlap = (int)draw(random, DEEPEST + 1);
        const int touching = place_beside(strip, picture, down) - overlap,
                  nested = strip->width - DEEPEST_BOX - left_of(picture);
        const int place = i == 0 ? -left_of(picture) : touching > nested ? touching : nested;
        add_digit(strip, picture, place, down);
        strip->text[i] = (char)('0' + set->labels[which]);
    }
}

/* Draws the strip in the middle of the frame, enlarged linearly, on paper with a little noise. */
static void draw_strip(const struct strip *strip, uint32_t *random, uint8_t *frame)
{
    const int left = (FRAME_W - ZOOM * strip->width) / 2, top = (FRAME_H - ZOOM * (SIDE + 4)) / 2;
    for (int y = 0; y < FRAME_H; y++)
        for (int x = 0; x < FRAME_W; x++) {
            const float u = ((float)(x - left) + 0.5f) / ZOOM - 0.5f,
                        v = ((float)(y - top) + 0.5f) / ZOOM - 0.5f;
            const int i = (int)floorf(u), j = (int)floorf(v);
            float ink = 0;
            for (int k = 0; k < 4; k++) {
                const int p = i + (k & 1), q = j + (k >> 1);
                const float share =
                    (k & 1 ? u - (float)i : 1 - u + (float)i) * (k >> 1 ? v - (float)j : 1 - v + (float)j);
                if (p >= 0 && q >= 0 && p < MOST * SIDE && q < SIDE + 4)
                    ink += share * (float)strip->ink[q][p];
            }
            frame[y * FRAME_W + x] =
                (uint8_t)(PAPER - (PAPER - PEN) * ink / 255 + (float)draw(random, 5) - 2);
        }
}

/* ---- reading them ---- */

static int by_left(const void *a, const void *b)
{
    const struct reading_digit *p = a, *q = b;
    return (p->box.x > q->box.x) - (p->box.x < q->box.x);
}

static int read_strings(const struct idx_set *set, const struct wishes *wishes, struct net *net, bool cutting,
                        struct result *result)
{
    static uint8_t pixels[FRAME_W * FRAME_H];
    static struct strip strip;
    uint32_t random = 2654435769u * wishes->seed + 1;
    struct recogniser *recogniser;
    int error = recogniser_create(&recogniser, net);
    if (error)
        return error;
    recogniser_cut(recogniser, cutting);
    for (int i = 0; i < wishes->count && !error; i++) {
        const int length = LEAST + i % (MOST - LEAST + 1);
        make_strip(set, length, &random, &strip);
        draw_strip(&strip, &random, pixels);
        const struct frame frame = {.fourcc = FRAME_GREY,
                                    .width_px = FRAME_W,
                                    .height_px = FRAME_H,
                                    .data = pixels,
                                    .size_bytes = sizeof pixels,
                                    .stride_bytes = FRAME_W,
                                    .orientation = 1,
                                    .name = "string"};
        struct reading reading;
        char text[64] = "";
        recogniser_forget(recogniser);
        if ((error = recogniser_read(recogniser, &frame, &reading)) != 0)
            break;
        qsort(reading.digits, (size_t)reading.digit_count, sizeof *reading.digits, by_left);
        for (int k = 0; k < reading.digit_count && k < 63; k++)
            text[k] = (char)('0' + reading.digits[k].digit);
        const bool right = strcmp(text, strip.text) == 0;
        result->strings[length]++;
        result->right[length] += right;
        if (!right && wishes->errors && cutting)
            printf("%s read as %s\n", strip.text, *text ? text : "nothing");
    }
    recogniser_destroy(recogniser);
    return error;
}

static double share(const struct result *result, int least, int most)
{
    int strings = 0, right = 0;
    for (int n = least; n <= most; n++) {
        strings += result->strings[n];
        right += result->right[n];
    }
    return strings ? (double)right / strings : 0;
}

static void print_results(const struct wishes *wishes, const struct result results[2])
{
    static const char *const names[2] = {"without cutting", "with cutting"};
    if (wishes->json) {
        printf("{\"set\":\"%s\",\"strings\":%d,\"uncut\":%.4f,\"cut\":%.4f}\n", wishes->set, wishes->count,
               share(&results[0], LEAST, MOST), share(&results[1], LEAST, MOST));
        return;
    }
    printf("%d strings from %s, right as a whole\n\n%-16s %6s", wishes->count, wishes->set, "digits", "all");
    for (int n = LEAST; n <= MOST; n++)
        printf(" %6d", n);
    for (int k = 0; k < 2; k++) {
        printf("\n%-16s %6.3f", names[k], share(&results[k], LEAST, MOST));
        for (int n = LEAST; n <= MOST; n++)
            printf(" %6.3f", share(&results[k], n, n));
    }
    putchar('\n');
}

static int run(const struct wishes *wishes)
{
    char why[512];
    struct idx_set set = {0};
    struct net *net = NULL;
    struct result results[2] = {0};
    int error = idx_read(&set, wishes->folder, wishes->set, why, sizeof why);
    if (error == -ENOENT) {
        printf("strings: skipped: there is no %s in %s\n", wishes->set, wishes->folder);
        return 0;
    }
    if (!error)
        error = net_load(&net, wishes->weights, NULL, why, sizeof why);
    if (error)
        fprintf(stderr, "strings: %s\n", why);
    for (int k = 0; k < 2 && !error; k++)
        if ((error = read_strings(&set, wishes, net, k == 1, &results[k])) != 0)
            fprintf(stderr, "strings: %s\n", strerror(-error));
    if (!error)
        print_results(wishes, results);
    net_destroy(net);
    idx_free(&set);
    return error ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"set", required_argument, NULL, 's'},  {"count", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 'r'}, {"weights", required_argument, NULL, 'w'},
        {"errors", no_argument, NULL, 'e'},     {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
    struct wishes wishes = {
        .set = "mnist-t10k", .weights = "weights/digits.safetensors", .count = 640, .seed = 1};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 's')
            wishes.set = optarg;
        else if (option == 'n')
            wishes.count = atoi(optarg);
        else if (option == 'r')
            wishes.seed = (unsigned)atoi(optarg);
        else if (option == 'w')
            wishes.weights = optarg;
        else if (option == 'e')
            wishes.errors = true;
        else if (option == 'j')
            wishes.json = true;
        else
            return fputs(usage, option == 'h' ? stdout : stderr), option == 'h' ? 0 : 2;
    }
    if (optind == argc) {
        puts("strings: skipped: no data folder given (make bench DATA=FOLDER)");
        return 0;
    }
    wishes.folder = argv[optind];
    if (wishes.count < 1) {
        fputs("strings: --count must be 1 or more\n", stderr);
        return 2;
    }
    return run(&wishes);
}
