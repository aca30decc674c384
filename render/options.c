#include "render/options.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/frame.h"
#include "render/suggest.h"

#define MAX_FRAMES  1000000000L
#define MAX_THREADS 256
#define MAX_FPS     1000

#define TEXT(value)  #value
#define LIMIT(value) TEXT(value)
_Static_assert(FRAME_MAX_PIXELS == 64000000, "as --size tells");

/* A whole number from `least` to `most` and nothing else. */
static bool parse_whole(const char *text, long least, long most, long *value)
{
    char *end;
    errno = 0;
    *value = strtol(text, &end, 10);
    return !errno && isdigit((unsigned char)*text) && !*end && *value >= least && *value <= most;
}

static bool parse_size(const char *text, struct options *options)
{
    char width[8] = "";
    const char *const x = strpbrk(text, "xX");
    long w, h;
    if (!x || (size_t)(x - text) >= sizeof width)
        return false;
    memcpy(width, text, (size_t)(x - text));
    if (!parse_whole(width, 1, FRAME_MAX_SIDE_PX, &w) || !parse_whole(x + 1, 1, FRAME_MAX_SIDE_PX, &h) ||
        w * h > FRAME_MAX_PIXELS)
        return false;
    options->width_px = (int)w;
    options->height_px = (int)h;
    return true;
}

static bool parse_fps(const char *text, struct options *options)
{
    long value;
    if (!parse_whole(text, 1, MAX_FPS, &value))
        return false;
    options->fps = (int)value;
    return true;
}

static bool parse_format(const char *text, struct options *options)
{
    const size_t length = strlen(text);
    uint32_t code = 0;
    if (length < 3 || length > 4) /* "Y16" is written without its blank */
        return false;
    for (size_t i = 0; i < 4; i++) {
        const int c = i < length ? toupper((unsigned char)text[i]) : ' ';
        if (!isalnum(c) && c != ' ')
            return false;
        code |= (uint32_t)c << (8 * i);
    }
    options->fourcc = code;
    return true;
}

static bool parse_seed(const char *text, struct options *options)
{
    char *end;
    errno = 0;
    options->seed = strtoull(text, &end, 10);
    return !errno && isdigit((unsigned char)*text) && !*end;
}

static bool parse_frames(const char *text, struct options *options)
{
    return parse_whole(text, 1, MAX_FRAMES, &options->frames);
}

static bool parse_threads(const char *text, struct options *options)
{
    long value;
    if (!parse_whole(text, 1, MAX_THREADS, &value))
        return false;
    options->threads = (int)value;
    return true;
}

/* Each one counts, in their order. */
static bool parse_control(const char *text, struct options *options)
{
    const char *const equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1] || strlen(text) >= OPTIONS_CONTROL_BYTES ||
        options->control_count == OPTIONS_CONTROLS_MOST)
        return false;
    options->controls[options->control_count++] = text;
    return true;
}

static bool parse_overlay(const char *text, struct options *options)
{
    const size_t length = strlen(text);
    options->overlay = text;
    return length > 4 && strcasecmp(text + length - 4, ".png") == 0;
}

/* An option without `parse` is stored as it is: text where it has an argument, else a flag. */
static const struct option {
    const char *name;     /* without its two dashes */
    const char *argument; /* NULL: takes none */
    const char *variable; /* environment variable with the same meaning; NULL: none */
    bool (*parse)(const char *text, struct options *options);
    size_t offset; /* of what it sets in struct options, where `parse` does not */
    unsigned commands;
    const char *expects; /* for the message about a wrong value */
    const char *summary;
} option_table[] = {
    {"size", "WxH", "DIGITCAM_SIZE", parse_size, 0, OPTIONS_OF_READING, "a size such as 1280x720 (at most " LIMIT(FRAME_MAX_SIDE_PX) " a side, 64 million pixels in all)",
     "picture size to ask the camera (or the demo) for"},
    {"fps", "N", "DIGITCAM_FPS", parse_fps, 0, OPTIONS_OF_READING, "a frame rate from 1 to 1000",
     "frame rate to ask for"},
    {"format", "FOURCC", "DIGITCAM_FORMAT", parse_format, 0, OPTIONS_OF_READING, "a pixel format such as MJPG or YUYV",
     "pixel format to ask the camera for"},
    {"control", "NAME=VALUE", NULL, parse_control, 0, OPTIONS_OF_READING,
     "a setting such as exposure=auto or gain=10 (16 at most)",
     "set a camera's control until the end; as often as you like (digitcam cameras lists them)"},
    {"weights", "FILE", "DIGITCAM_WEIGHTS", NULL, offsetof(struct options, weights), OPTIONS_OF_READING,
     "the name of a weights file", "the network to read with"},
    {"kernels", "NAME", "DIGITCAM_KERNELS", NULL, offsetof(struct options, kernels), OPTIONS_OF_READING,
     "an instruction set such as scalar or avx2", "instruction set to compute with, instead of the best there is"},
    {"threads", "N", "DIGITCAM_THREADS", parse_threads, 0, OPTIONS_OF_READING, "a number of threads from 1 to 256",
     "threads for large computations (reading one frame needs just one)"},
    {"seed", "N", "DIGITCAM_SEED", parse_seed, 0, OPTIONS_OF_READING, "a whole number", "which page the demo shows"},
    {"exit-on-unplug", NULL, NULL, NULL, offsetof(struct options, exit_on_unplug), OPTIONS_OF_READING, NULL,
     "end when the camera is unplugged, instead of waiting for it"},
    {"net", NULL, NULL, NULL, offsetof(struct options, net), OPTIONS_OF_BENCH, NULL,
     "measure the networks alone: each set of kernels this processor has, against its peak"},
    {"frames", "N", NULL, parse_frames, 0, OPTIONS_OF_READING, "a number of frames from 1", "stop after N frames"},
    {"json", NULL, NULL, NULL, offsetof(struct options, json), OPTIONS_OF_READING | OPTIONS_OF_CAMERAS, NULL,
     "print JSON, one object a line"},
    {"explain", NULL, NULL, NULL, offsetof(struct options, explain), OPTIONS_OF_LIVE | OPTIONS_OF_READ, NULL,
     "also say of everything else that was looked at why it was not read"},
    {"overlay", "FILE.png", NULL, parse_overlay, 0, OPTIONS_OF_READ, "the name of a PNG file, ending in .png",
     "save the picture with what was read (further pictures: FILE-2.png ...); never over a picture to be read"},
    {"stages", "FOLDER", NULL, NULL, offsetof(struct options, stages), OPTIONS_OF_READ, "the name of a folder",
     "save each stage of reading as a picture: gray, masks, contours, regions, crops, scores"},
    {"headless", NULL, NULL, NULL, offsetof(struct options, headless), OPTIONS_OF_LIVE, NULL,
     "no window; print what is read"},
    {"statistics", NULL, NULL, NULL, offsetof(struct options, statistics), OPTIONS_OF_LIVE, NULL,
     "print frame counts and delays at the end to standard output, with --json as JSON"},
    {"fullscreen", NULL, NULL, NULL, offsetof(struct options, fullscreen), OPTIONS_OF_LIVE, NULL,
     "fill the screen (f switches)"},
    {"help", NULL, NULL, NULL, offsetof(struct options, help), OPTIONS_OF_EVERY, NULL, "show this help"},
    {"version", NULL, NULL, NULL, offsetof(struct options, version), OPTIONS_OF_EVERY, NULL, "show the version"},
};
#define OPTION_COUNT (sizeof option_table / sizeof option_table[0])
_Static_assert(OPTION_COUNT <= 32, "struct options has one bit of `given` for each option");

static bool set_option(const struct option *option, const char *text, struct options *options)
{
    void *const place = (char *)options + option->offset;
    if (option->parse)
        return option->parse(text, options);
    if (option->argument)
        *(const char **)place = text;
    else
        *(bool *)place = true;
    return !option->argument || *text != '\0';
}

static const struct option *find_option(const char *name, size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(option_table[i].name) == length && memcmp(option_table[i].name, name, length) == 0)
            return &option_table[i];
    return NULL;
}

/* Those that begin with `name`, for the user. False where none does. */
static bool say_longer(const char *name, FILE *messages)
{
    const char *found[OPTION_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT && *name; i++)
        if (strncmp(option_table[i].name, name, strlen(name)) == 0)
            found[count++] = option_table[i].name;
    for (size_t i = 0; i < count; i++)
        fprintf(messages, "%s--%s", i == 0 ? "; did you mean " : i + 1 < count ? ", " : " or ", found[i]);
    if (count)
        fputs("?\n", messages);
    return count > 0;
}

static void say_unknown(const char *word, FILE *messages)
{
    const char *names[OPTION_COUNT], *const bare = word + strspn(word, "-");
    char name[32] = "";
    for (size_t i = 0; i < OPTION_COUNT; i++)
        names[i] = option_table[i].name;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(bare, "="), bare);
    const int half = (int)strlen(name) / 2; /* of one letter, every short name is near */
    const char *const near = suggest_nearest(name, names, OPTION_COUNT, half < 3 ? half : 3);
    fprintf(messages, "digitcam: there is no option \"%s\"", word);
    if (say_longer(name, messages))
        return;
    if (near)
        fprintf(messages, "; did you mean --%s?\n", near);
    else
        fputs("; `digitcam help` lists them\n", messages);
}

/* Takes one option of argv, and its argument. Returns how many words that were, 0 after saying what is wrong. */
static int take_option(char **words, int count, struct options *options, FILE *messages)
{
    const char *const word = strcmp(words[0], "-h") == 0 ? "--help" : words[0];
    const char *const equals = strchr(word, '=');
    const struct option *const option =
        word[1] == '-' ? find_option(word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word) - 2) : NULL;
    if (!option)
        return say_unknown(word, messages), 0;
    if (!option->argument && equals)
        return fprintf(messages, "digitcam: --%s takes no value\n", option->name), 0;
    if (option->argument && !equals && count < 2)
        return fprintf(messages, "digitcam: --%s needs a value: %s\n", option->name, option->expects), 0;
    const char *const text = equals ? equals + 1 : option->argument ? words[1] : "";
    if (!set_option(option, text, options))
        return fprintf(messages, "digitcam: --%s: \"%s\" is not %s\n", option->name, text, option->expects), 0;
    options->given |= 1u << (option - option_table);
    return option->argument && !equals ? 2 : 1;
}

int options_take(int argc, char **argv, char **words, struct options *options, FILE *messages)
{
    int count = 0;
    bool only_words = false;
    for (int i = 1; i < argc;) {
        if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
            words[count++] = argv[i++];
        } else if (strcmp(argv[i], "--") == 0) {
            only_words = true;
            i++;
        } else {
            const int taken = take_option(argv + i, argc - i, options, messages);
            if (!taken)
                return -EINVAL;
            i += taken;
        }
    }
    return count;
}

int options_take_environment(unsigned commands, struct options *options, FILE *messages)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *const option = &option_table[i];
        const char *const text = option->variable ? getenv(option->variable) : NULL;
        if (!text || !*text || !(option->commands & commands) || options->given & 1u << i)
            continue;
        if (!set_option(option, text, options)) {
            fprintf(messages, "digitcam: %s: \"%s\" is not %s\n", option->variable, text, option->expects);
            return -EINVAL;
        }
    }
    return 0;
}

bool options_have(const struct options *options, const char *name)
{
    const struct option *const option = find_option(name, strlen(name));
    return option && options->given & 1u << (option - option_table);
}

const char *options_first_foreign(const struct options *options, unsigned commands)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (options->given & 1u << i && !(option_table[i].commands & commands))
            return option_table[i].name;
    return NULL;
}

void options_print_help(FILE *out, unsigned commands)
{
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *const o = &option_table[i];
        char form[32];
        if (!(o->commands & commands))
            continue;
        snprintf(form, sizeof form, "--%s %s", o->name, o->argument ? o->argument : "");
        fprintf(out, "  %-20s %s%s%s%s\n", form, o->summary, o->variable ? " [" : "", o->variable ? o->variable : "",
                o->variable ? "]" : "");
    }
}
