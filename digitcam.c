/* digitcam.c - the program: its commands, its options, and the two loops that bring the rooms together.
 *
 * `read` takes every picture in turn; `live` takes the newest frame and, with a window, lets one thread read while
 * this one shows. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/cameras.h"
#include "capture/colour.h"
#include "capture/demo.h"
#include "capture/hold.h"
#include "capture/luma.h"
#include "capture/source.h"
#include "net/net.h"
#include "net/train/eval.h"
#include "net/train/train.h"
#include "render/bench.h"
#include "render/cameras.h"
#include "render/canvas.h"
#include "render/json.h"
#include "render/mailbox.h"
#include "render/png.h"
#include "render/text.h"
#include "render/window.h"
#include "vision/recogniser.h"

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOTHING_READ = 4 };

#define WAIT_MS             100 /* longest wait for a frame before the stop flag is looked at again */
#define PICTURE_S           2   /* how long live shows each picture of a folder */
#define MAX_FRAMES          1000000000L
#define MAX_THREADS         256
#define MAX_FPS             1000

/* Set by Ctrl-C, SIGTERM and the window; every loop looks at it. */
static atomic_bool stop_requested;

static void request_stop(int signal_number)
{
    (void)signal_number;
    atomic_store(&stop_requested, true);
}

/* A second Ctrl-C ends the program the hard way. A closed pipe is seen where we write to it. */
static void handle_signals(void)
{
    struct sigaction action = {.sa_handler = request_stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action = (struct sigaction){.sa_handler = request_stop};
    sigaction(SIGUSR1, &action, NULL); /* ours: wakes a thread that waits for a file (end_thread) */
    action = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- options -------------------------------------------------------------------------------------------------- */

struct options {
    struct source_options source;
    const char *weights, *kernels, *overlay;
    long frames; /* 0: not given */
    int threads; /* 0: not given */
    bool json, headless, fullscreen, help, version;
};

/* One bit a command, for the table of options. */
enum {
    LIVE = 1,
    READ = 2,
    CAMERAS = 4,
    HELP = 8,
    BENCH = 16,
    READING = LIVE | READ | BENCH,
    EVERY = READING | CAMERAS | HELP
};

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
    options->source.width_px = (int)w;
    options->source.height_px = (int)h;
    return true;
}

static bool parse_fps(const char *text, struct options *options)
{
    long value;
    if (!parse_whole(text, 1, MAX_FPS, &value))
        return false;
    options->source.fps = (int)value;
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
    options->source.fourcc = code;
    return true;
}

static bool parse_seed(const char *text, struct options *options)
{
    char *end;
    errno = 0;
    options->source.seed = strtoull(text, &end, 10);
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
    {"size", "WxH", "DIGITCAM_SIZE", parse_size, 0, READING, "a size such as 1280x720",
     "picture size to ask the camera (or the demo) for"},
    {"fps", "N", "DIGITCAM_FPS", parse_fps, 0, READING, "a frame rate from 1 to 1000", "frame rate to ask for"},
    {"format", "FOURCC", "DIGITCAM_FORMAT", parse_format, 0, READING, "a pixel format such as MJPG or YUYV",
     "pixel format to ask the camera for"},
    {"weights", "FILE", "DIGITCAM_WEIGHTS", NULL, offsetof(struct options, weights), READING,
     "the name of a weights file", "the network to read with"},
    {"kernels", "NAME", "DIGITCAM_KERNELS", NULL, offsetof(struct options, kernels), READING,
     "an instruction set such as scalar or avx2", "instruction set to compute with, instead of the best there is"},
    {"threads", "N", "DIGITCAM_THREADS", parse_threads, 0, READING, "a number of threads from 1 to 256",
     "threads for large computations (reading one frame needs just one)"},
    {"seed", "N", "DIGITCAM_SEED", parse_seed, 0, READING, "a whole number", "which page the demo shows"},
    {"exit-on-unplug", NULL, NULL, NULL, offsetof(struct options, source.exit_on_unplug), READING, NULL,
     "end when the camera is unplugged, instead of waiting for it"},
    {"frames", "N", NULL, parse_frames, 0, READING, "a number of frames from 1", "stop after N frames"},
    {"json", NULL, NULL, NULL, offsetof(struct options, json), READING | CAMERAS, NULL,
     "print JSON, one object a line"},
    {"overlay", "FILE.png", NULL, NULL, offsetof(struct options, overlay), READ, "the name of a PNG file",
     "save the picture with what was read (further pictures: FILE-2.png ...)"},
    {"headless", NULL, NULL, NULL, offsetof(struct options, headless), LIVE, NULL,
     "no window; print what is read"},
    {"fullscreen", NULL, NULL, NULL, offsetof(struct options, fullscreen), LIVE, NULL,
     "fill the screen (f switches)"},
    {"help", NULL, NULL, NULL, offsetof(struct options, help), EVERY, NULL, "show this help"},
    {"version", NULL, NULL, NULL, offsetof(struct options, version), EVERY, NULL, "show the version"},
};
#define OPTION_COUNT (sizeof option_table / sizeof option_table[0])

/* ---- commands ------------------------------------------------------------------------------------------------- */

static int run_live(const struct options *options, char **sources, int count);
static int run_read(const struct options *options, char **sources, int count);
static int run_cameras(const struct options *options, char **sources, int count);
static int run_bench(const struct options *options, char **sources, int count);
static int run_help(const struct options *options, char **sources, int count);

static const struct command {
    const char *name;
    unsigned bit;
    int (*run)(const struct options *options, char **sources, int count); /* NULL: reads its own arguments with main */
    int (*main)(int argc, char **argv);
    const char *own_usage; /* help text of a command with its own main */
    int least, most;       /* arguments besides options */
    const char *synopsis, *summary;
} command_table[] = {
    {"live", LIVE, run_live, NULL, NULL, 0, 1, "live [SOURCE]", "show a camera with the digits read"},
    {"read", READ, run_read, NULL, NULL, 1, INT_MAX, "read SOURCE...", "print what is read in pictures or clips"},
    {"cameras", CAMERAS, run_cameras, NULL, NULL, 0, 0, "cameras", "list cameras and what they offer"},
    {"bench", BENCH, run_bench, NULL, NULL, 0, 1, "bench [SOURCE]", "measure how fast frames are read"},
    {"train", 0, NULL, train_main, train_usage, 0, 0, "train DIR...", "train a network on IDX files"},
    {"eval", 0, NULL, eval_main, eval_usage, 0, 0, "eval DIR...", "how often a network is right on IDX files"},
    {"help", HELP, run_help, NULL, NULL, 0, 1, "help [COMMAND]", "show help"},
};
#define COMMAND_COUNT (sizeof command_table / sizeof command_table[0])

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    return NULL;
}

/* How many letters have to be put in, left out or changed to make one word of the other (Levenshtein 1966). */
static int word_distance(const char *a, const char *b)
{
    int row[32];
    const int width = (int)strlen(b);
    if (width >= 32 || strlen(a) >= 32)
        return INT_MAX;
    for (int j = 0; j <= width; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= width; j++) {
            const int changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            const int shorter = row[j - 1] < row[j] ? row[j - 1] + 1 : row[j] + 1;
            row[j] = changed < shorter ? changed : shorter;
        }
    }
    return row[width];
}

/* The nearest of the names, or NULL where none is near enough to have been meant. */
static const char *nearest(const char *word, const char *const *names, size_t count, int limit)
{
    const char *best = NULL;
    for (size_t i = 0; i < count; i++) {
        const int distance = word_distance(word, names[i]);
        if (distance <= limit) {
            limit = distance - 1;
            best = names[i];
        }
    }
    return best;
}

static const char *nearest_command(const char *word, int limit)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = command_table[i].name;
    return nearest(word, names, COMMAND_COUNT, limit);
}

static int unknown_command(const char *word)
{
    const char *const near = nearest_command(word, 2);
    fprintf(stderr, "digitcam: there is no command \"%s\"", word);
    if (near)
        fprintf(stderr, "; did you mean \"%s\"?\n", near);
    else
        fputs("; `digitcam help` lists them\n", stderr);
    return EXIT_USAGE;
}

static int unknown_option(const char *word)
{
    const char *names[OPTION_COUNT], *const bare = word + strspn(word, "-");
    char name[32] = "";
    for (size_t i = 0; i < OPTION_COUNT; i++)
        names[i] = option_table[i].name;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(bare, "="), bare);
    const char *const near = nearest(name, names, OPTION_COUNT, 3);
    fprintf(stderr, "digitcam: there is no option \"%s\"", word);
    if (near)
        fprintf(stderr, "; did you mean --%s?\n", near);
    else
        fputs("; `digitcam help` lists them\n", stderr);
    return EXIT_USAGE;
}

/* ---- help ----------------------------------------------------------------------------------------------------- */

static void print_options(unsigned commands)
{
    puts("\nOptions:");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *const o = &option_table[i];
        char form[32];
        if (!(o->commands & commands))
            continue;
        snprintf(form, sizeof form, "--%s %s", o->name, o->argument ? o->argument : "");
        printf("  %-20s %s%s%s%s\n", form, o->summary, o->variable ? " [" : "", o->variable ? o->variable : "",
               o->variable ? "]" : "");
    }
}

static void print_sources(void)
{
    puts("\nSOURCE is /dev/videoN, N, part of a camera's name, a picture (JPEG, PNG, PGM, PPM), a folder of\n"
         "pictures, a video file, - (Y4M on standard input), demo (a built-in page of handwriting), or demo:SCENE\n"
         "(pages that are harder to read; demo:? names them).");
}

static void print_overview(void)
{
    puts("digitcam reads handwritten digits in front of a camera.\n\n"
         "Usage: digitcam COMMAND [OPTION...] [ARGUMENT...]\n"
         "       digitcam [SOURCE]      the same as live\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-20s %s\n", command_table[i].synopsis, command_table[i].summary);
    print_sources();
    print_options(EVERY);
    puts("A name in brackets is an environment variable that does the same.\n\n"
         "Exit status: 0 fine, 1 something failed, 2 wrong usage, 4 nothing was read (read only).\n"
         "`digitcam help COMMAND` says more about one command.");
}

static void print_command_help(const struct command *command)
{
    if (command->own_usage) {
        fputs(command->own_usage, stdout);
        return;
    }
    printf("Usage: digitcam %s\n\n%c%s.\n", command->synopsis, toupper((unsigned char)command->summary[0]),
           command->summary + 1);
    if (command->bit == LIVE)
        puts("Without SOURCE: the first camera, or the demo where there is none.\n"
             "Keys: q or Esc ends, f full screen, space holds the picture, b boxes, s saves a PNG, h help.");
    if (command->bit == READ)
        puts("One line a picture: its name and the numbers in it. Of a camera and of the demo one frame is read,\n"
             "unless --frames says otherwise. Exit status 4 where no digit was found at all.");
    if (command->bit == BENCH)
        puts("Frames are held in memory and read over and over; the first ones do not count. Without SOURCE: the demo at\n"
             "640x480, 1280x720 and 1920x1080 (or at --size) with 0, 10, 20 and 50 digits, and how many of them were\n"
             "read right. --frames says how many frames are read in each case. Times are in microseconds.");
    if (command->bit & READING)
        print_sources();
    print_options(command->bit);
}

static int run_help(const struct options *options, char **words, int count)
{
    (void)options;
    const struct command *const command = count ? find_command(words[0]) : NULL;
    if (count && !command)
        return unknown_command(words[0]);
    if (command)
        print_command_help(command);
    else
        print_overview();
    return EXIT_FINE;
}

/* ---- reading a frame ------------------------------------------------------------------------------------------ */

/* What it takes to read frames. Destroy with reader_destroy, also when it was made only in part. */
struct reader {
    struct net *net;
    struct recogniser *recogniser;
    struct luma *luma;
    struct colour *colour;
    char name[256]; /* of the picture read last: another picture's digits are other digits */
    int64_t first_capture_ns;
    bool any_frame;
};

static void reader_destroy(struct reader *reader)
{
    colour_destroy(reader->colour);
    luma_destroy(reader->luma);
    recogniser_destroy(reader->recogniser);
    net_destroy(reader->net);
}

/* The weights file: as told, else beside the program, else where `make install` puts it. */
static void find_weights(const struct options *options, char *path, size_t path_bytes)
{
    static const char name[] = "weights/digits.safetensors";
    char program[PATH_MAX];
    if (options->weights) {
        snprintf(path, path_bytes, "%s", options->weights);
        return;
    }
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        *strrchr(program, '/') = '\0';
        snprintf(path, path_bytes, "%s/%s", program, name);
        if (access(path, F_OK) == 0)
            return;
    }
    snprintf(path, path_bytes, "%s/%s", DIGITCAM_SHARE, name);
}

/* Says what went wrong itself. */
static int reader_create(struct reader *reader, const struct options *options)
{
    char path[PATH_MAX + 64], why[NET_WHY_BYTES];
    *reader = (struct reader){0};
    find_weights(options, path, sizeof path);
    int error = net_load(&reader->net, path, options->kernels, why, sizeof why);
    if (error) {
        fprintf(stderr, "digitcam: %s\n", why);
        if (error == -ENOENT && !options->weights)
            fputs("digitcam: name a weights file with --weights FILE, or make one with digitcam train\n", stderr);
        return error;
    }
    if ((error = recogniser_create(&reader->recogniser, reader->net)) != 0)
        fprintf(stderr, error == -EINVAL ? "digitcam: %s does not hold a network that tells ten digits apart\n"
                                         : "digitcam: %s: not enough memory\n", path);
    else if ((error = luma_create(&reader->luma)) != 0 || (error = colour_create(&reader->colour)) != 0)
        fputs("digitcam: not enough memory\n", stderr);
    return error;
}

/* Why a frame could not be read, for the user: what luma knows of the picture, or what the error means. */
static const char *frame_error_text(const struct reader *reader, int error)
{
    const char *const of_picture = luma_error(reader->luma);
    return *of_picture        ? of_picture
           : error == -ENOMEM ? "not enough memory"
                              : strerror(-error);
}

/* Reads one frame. `live`: its times are a clock's, and count from the first frame. The reading is valid until the
 * next call. */
static int reader_read(struct reader *reader, const struct frame *frame, bool live, struct reading *reading)
{
    const char *const name = frame->name ? frame->name : "";
    const int64_t start = now_ns();
    struct frame gray;
    int error = luma_from_frame(reader->luma, frame, &gray);
    if (error)
        return error;
    const double luma_us = (double)(now_ns() - start) / 1e3;
    if (strncmp(reader->name, name, sizeof reader->name - 1) != 0) {
        recogniser_forget(reader->recogniser);
        snprintf(reader->name, sizeof reader->name, "%s", name);
    }
    if (!reader->any_frame)
        reader->first_capture_ns = live ? frame->capture_time_ns : 0;
    reader->any_frame = true;
    if ((error = recogniser_read(reader->recogniser, &gray, reading)) != 0)
        return error;
    reading->source = name;
    reading->frame = frame->sequence;
    reading->orientation = frame->orientation;
    reading->time_s = (double)(frame->capture_time_ns - reader->first_capture_ns) / 1e9;
    reading->times_us.luma = luma_us;
    reading->times_us.total += luma_us;
    return 0;
}

/* One line to stdout, at once. -EPIPE: nobody listens any more, which is no failure; -EIO and others are said here. */
static int print_reading(const struct options *options, const struct reading *reading)
{
    if (options->json) {
        char *line;
        if (json_from_reading(reading, &line) != 0) {
            fputs("digitcam: not enough memory\n", stderr);
            return -ENOMEM;
        }
        fputs(line, stdout);
        fputc('\n', stdout);
        free(line);
    } else {
        text_print_reading(stdout, reading);
    }
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    const int error = errno ? errno : EIO;
    if (error != EPIPE)
        fprintf(stderr, "digitcam: cannot write the results: %s\n", strerror(error));
    return -error;
}

/* What a camera is waited for: the source says it at every call, the user hears it once. `said` is what was said last,
 * at first "". */
static void say_waiting(char said[SOURCE_WHY_BYTES], const char *why)
{
    if (*why && strcmp(said, why) != 0)
        fprintf(stderr, "digitcam: %s\n", why);
    snprintf(said, SOURCE_WHY_BYTES, "%s", why);
}

static void say_back(char said[SOURCE_WHY_BYTES], const struct source *source)
{
    if (*said)
        fprintf(stderr, "digitcam: the camera is back: %s\n", source_describe(source));
    *said = '\0';
}

/* ---- read ----------------------------------------------------------------------------------------------------- */

struct read_state {
    const struct options *options;
    struct reader reader;
    struct canvas *canvas; /* made for the first overlay */
    int overlays;
    bool failed, any_digit, ended; /* ended: stdout is closed, or Ctrl-C */
};

/* Saves the picture with what was read: the first as FILE.png, then FILE-2.png and so on. */
static int save_overlay(struct read_state *state, const struct frame *frame, const struct reading *reading)
{
    const char *const file = state->options->overlay, *const dot = strrchr(file, '.');
    const int stem = dot && !strchr(dot, '/') ? (int)(dot - file) : (int)strlen(file);
    char path[PATH_MAX], why[SOURCE_WHY_BYTES];
    struct canvas_picture picture;
    struct frame rgb;
    int error = 0;
    snprintf(why, sizeof why, "not enough memory for the overlay");
    if (!state->canvas)
        error = canvas_create(&state->canvas, why, sizeof why);
    if (!error)
        error = colour_from_frame(state->reader.colour, frame, &rgb);
    if (!error)
        error = canvas_draw(state->canvas, &rgb, reading, &picture);
    if (++state->overlays == 1)
        snprintf(path, sizeof path, "%s", file);
    else
        snprintf(path, sizeof path, "%.*s-%d%s", stem, file, state->overlays, file + stem);
    if (!error)
        error = png_write_rgba(path, picture.pixels, picture.width_px, picture.height_px, picture.stride_bytes, why,
                               sizeof why);
    if (error)
        fprintf(stderr, "digitcam: %s\n", why);
    return error;
}

static void read_frame(struct read_state *state, const struct frame *frame, bool live)
{
    struct reading reading;
    const int error = reader_read(&state->reader, frame, live, &reading);
    if (error) {
        fprintf(stderr, "digitcam: %s: %s\n", frame->name, frame_error_text(&state->reader, error));
        state->failed = true;
        return;
    }
    state->any_digit |= reading.digit_count > 0;
    const int printed = print_reading(state->options, &reading);
    state->ended |= printed != 0;
    state->failed |= printed && printed != -EPIPE;
    if (state->options->overlay && save_overlay(state, frame, &reading) != 0)
        state->failed = true;
}

static void say_failure(struct read_state *state, const char *why)
{
    fprintf(stderr, "digitcam: %s\n", why);
    state->failed = true;
}

static void read_source(struct read_state *state, const char *spec)
{
    char why[SOURCE_WHY_BYTES], said[SOURCE_WHY_BYTES] = "";
    struct source *source;
    struct frame frame;
    if (source_open(&source, spec, &state->options->source, why, sizeof why) != 0) {
        say_failure(state, why);
        return;
    }
    const bool live = source_is_live(source);
    const long most = state->options->frames ? state->options->frames : live ? 1 : LONG_MAX;
    state->reader.any_frame = false;
    recogniser_forget(state->reader.recogniser);
    for (long frames = 0; !state->ended && frames < most;) {
        const int error = source_next(source, &frame, WAIT_MS, why, sizeof why);
        if (error == 0) {
            say_back(said, source);
            read_frame(state, &frame, live);
            frames++;
        } else if (error == -EAGAIN) {
            say_waiting(said, why);
        } else if (error != -ENODATA) {
            say_failure(state, why);
        }
        if (error && error != -EAGAIN && error != -EBADMSG)
            break;
        state->ended |= atomic_load(&stop_requested);
    }
    source_close(source);
}

static int run_read(const struct options *options, char **sources, int count)
{
    struct read_state state = {.options = options};
    state.failed = reader_create(&state.reader, options) != 0;
    for (int i = 0; i < count && state.reader.colour && !state.ended; i++)
        read_source(&state, sources[i]);
    canvas_destroy(state.canvas);
    reader_destroy(&state.reader);
    if (state.failed || atomic_load(&stop_requested))
        return EXIT_FAILED;
    return state.any_digit || state.ended ? EXIT_FINE : EXIT_NOTHING_READ;
}

/* ---- live ----------------------------------------------------------------------------------------------------- */

/* The reading side of live. `ending` may be looked at once the thread has been joined. */
struct live {
    const struct options *options;
    struct source *source;
    struct reader reader;
    struct mailbox *mailbox; /* NULL: no window */
    enum { END_OF_SOURCE, END_WANTED, END_FAILED } ending;
    double fps;              /* frames read a second, a running mean */
    int64_t last_read_ns, start_ns, last_capture_ns;
};

static void sleep_until(int64_t due_ns)
{
    while (!atomic_load(&stop_requested)) {
        int64_t left_ns = due_ns - now_ns();
        if (left_ns <= 0)
            return;
        if (left_ns > WAIT_MS * 1000000)
            left_ns = WAIT_MS * 1000000;
        nanosleep(&(struct timespec){.tv_nsec = (long)left_ns}, NULL);
    }
}

/* A clip plays at its own pace; of a folder each picture is shown for a while. Cameras and the demo set the pace. */
static void live_pace(struct live *live, const struct frame *frame, long frames)
{
    if (!source_is_live(live->source)) {
        if (frames == 0)
            live->start_ns = now_ns() - frame->capture_time_ns;
        else if (frame->capture_time_ns > live->last_capture_ns)
            sleep_until(live->start_ns + frame->capture_time_ns);
        else if (live->mailbox)
            sleep_until(now_ns() + (int64_t)PICTURE_S * 1000000000);
    }
    live->last_capture_ns = frame->capture_time_ns;
}

/* Reads, prints and posts one frame. 0, or why live must end. */
static int live_frame(struct live *live, const struct frame *frame)
{
    struct reading reading;
    struct frame rgb;
    int error = reader_read(&live->reader, frame, source_is_live(live->source), &reading);
    if (error)
        return error;
    const int64_t now = now_ns();
    if (live->last_read_ns) {
        const double fps = 1e9 / (double)(now - live->last_read_ns + 1);
        live->fps = live->fps > 0 ? 0.9 * live->fps + 0.1 * fps : fps;
    }
    live->last_read_ns = now;
    if ((live->options->json || !live->mailbox) && (error = print_reading(live->options, &reading)) != 0)
        return error;
    if (live->mailbox && (error = colour_from_frame(live->reader.colour, frame, &rgb)) == 0)
        error = mailbox_post(live->mailbox, &rgb, &reading, live->fps, source_dropped(live->source));
    return error;
}

/* Until the source ends, the user wants to end, or something fails for good. One damaged frame does not: a camera
 * sends them now and then. The first is said, the others are not. */
static void live_loop(struct live *live)
{
    char why[SOURCE_WHY_BYTES] = "", waiting[SOURCE_WHY_BYTES] = "";
    struct frame frame;
    bool said = false;
    int error = 0;
    live->ending = END_WANTED;
    for (long frames = 0; !atomic_load(&stop_requested);) {
        if (live->options->frames && frames >= live->options->frames)
            return;
        error = source_next(live->source, &frame, WAIT_MS, why, sizeof why);
        if (error == -EAGAIN)
            say_waiting(waiting, why);
        if (error == 0) {
            say_back(waiting, live->source);
            live_pace(live, &frame, frames);
            frames++;
            if ((error = live_frame(live, &frame)) != 0)
                snprintf(why, sizeof why, "%s: %s", frame.name, frame_error_text(&live->reader, error));
        }
        if (error == -EBADMSG && !said)
            said = fprintf(stderr, "digitcam: %s\n", why) > 0;
        if (error && error != -EAGAIN && error != -EBADMSG)
            break;
    }
    if (error == -ENODATA)
        live->ending = END_OF_SOURCE;
    if (!error || atomic_load(&stop_requested) || error == -ENODATA || error == -EAGAIN || error == -EBADMSG || error == -EPIPE)
        return;
    fprintf(stderr, "digitcam: %s\n", *why ? why : strerror(-error));
    live->ending = END_FAILED;
}

static void *live_thread(void *context)
{
    struct live *const live = context;
    live_loop(live);
    mailbox_close(live->mailbox, live->ending == END_OF_SOURCE);
    return NULL;
}

/* The thread sees the stop flag at its next frame. Where it waits for one (on standard input it may do so for ever), a
 * signal interrupts it; again and again, as the first may come just before it begins to wait. */
static void end_thread(pthread_t thread)
{
    struct timespec soon;
    request_stop(0);
    do {
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec += 1;
        pthread_kill(thread, SIGUSR1);
    } while (pthread_timedjoin_np(thread, NULL, &soon) == ETIMEDOUT);
}

/* The window, and the thread that reads behind it. */
static int live_with_window(struct live *live)
{
    char why[SOURCE_WHY_BYTES], title[SOURCE_WHY_BYTES];
    struct window *window = NULL;
    pthread_t thread;
    snprintf(title, sizeof title, "digitcam - %s", source_describe(live->source));
    int error = mailbox_create(&live->mailbox);
    snprintf(why, sizeof why, "not enough memory");
    if (!error)
        error = window_create(&window, title, live->options->source.width_px, live->options->source.height_px,
                              live->options->fullscreen, why, sizeof why);
    if (!error && (error = -pthread_create(&thread, NULL, live_thread, live)) != 0)
        snprintf(why, sizeof why, "cannot start a thread: %s", strerror(-error));
    if (error) {
        fprintf(stderr, "digitcam: %s\n", why);
    } else {
        if ((error = window_show(window, live->mailbox, &stop_requested)) != 0)
            fprintf(stderr, "digitcam: the window cannot be drawn: %s\n", strerror(-error));
        end_thread(thread);
        if (live->ending == END_FAILED)
            error = -EIO;
    }
    window_destroy(window);
    mailbox_destroy(live->mailbox);
    return error;
}

static int open_live_source(struct source **source, const struct options *options, const char *spec)
{
    char why[SOURCE_WHY_BYTES];
    int error;
    if (spec) {
        error = source_open(source, spec, &options->source, why, sizeof why);
    } else if ((error = source_open_first_camera(source, &options->source, why, sizeof why)) == -ENODEV) {
        fprintf(stderr, "digitcam: %s; showing the built-in demo\n", why);
        error = source_open(source, "demo", &options->source, why, sizeof why);
    }
    if (error && atomic_load(&stop_requested))
        return -EINTR; /* Ctrl-C while a camera or standard input was waited for */
    if (error)
        fprintf(stderr, "digitcam: %s\n", why);
    return error;
}

static int run_live(const struct options *options, char **sources, int count)
{
    struct live live = {.options = options};
    int error = reader_create(&live.reader, options);
    if (!error)
        error = open_live_source(&live.source, options, count ? sources[0] : NULL);
    if (!error && options->headless) {
        live_loop(&live);
        error = live.ending == END_FAILED ? -EIO : 0;
    } else if (!error) {
        error = live_with_window(&live);
    }
    source_close(live.source);
    reader_destroy(&live.reader);
    return error && error != -EINTR ? EXIT_FAILED : EXIT_FINE;
}

/* ---- cameras -------------------------------------------------------------------------------------------------- */

static int run_cameras(const struct options *options, char **words, int count)
{
    struct camera_list *list;
    (void)words, (void)count;
    int error = camera_list_create(&list);
    if (error) {
        fprintf(stderr, "digitcam: the cameras cannot be listed: %s\n", strerror(-error));
        return EXIT_FAILED;
    }
    if (list->count == 0)
        fprintf(stderr, "digitcam: %s; `digitcam demo` shows the program without one\n",
                camera_list_empty_text());
    for (size_t i = 0; i < list->count && !error; i++) {
        if (options->json)
            error = cameras_print_json(stdout, &list->cameras[i]);
        else
            cameras_print_text(stdout, &list->cameras[i]);
    }
    if (error)
        fputs("digitcam: a camera could not be put into JSON\n", stderr);
    camera_list_destroy(list);
    return error ? EXIT_FAILED : EXIT_FINE;
}

/* ---- bench ---------------------------------------------------------------------------------------------------- */

#define BENCH_HELD    30 /* frames held in memory */
#define BENCH_WARM_UP 30 /* frames that do not count */
#define BENCH_FRAMES  300

/* What is written in a frame of the demo, in the form bench_add takes. */
static int list_written(const struct demo_truth *truth, struct match_digit *written)
{
    int count = 0;
    for (; count < truth->digit_count; count++) {
        const struct demo_digit *const d = &truth->digits[count];
        written[count] = (struct match_digit){d->digit, {d->box.x, d->box.y, d->box.w, d->box.h}, d->hidden};
    }
    if (truth->blind.w)
        written[count++] = (struct match_digit){
            0, {truth->blind.x, truth->blind.y, truth->blind.w, truth->blind.h}, true};
    return count;
}

/* Reads the held frames over and over. */
static int bench_clip(struct reader *reader, const struct hold *hold, int frames, struct bench *bench)
{
    struct match_digit written[DEMO_MAX_DIGITS + 1];
    int error = 0;
    reader->any_frame = false;
    recogniser_forget(reader->recogniser);
    for (uint64_t n = 0; n < (uint64_t)frames + BENCH_WARM_UP && !error; n++) {
        struct frame frame;
        struct reading reading;
        if (atomic_load(&stop_requested))
            return -EINTR;
        hold_frame(hold, n, &frame);
        const int64_t start = now_ns();
        if ((error = reader_read(reader, &frame, false, &reading)) != 0)
            break;
        const double elapsed_us = (double)(now_ns() - start) / 1e3;
        const struct demo_truth *const truth = hold_truth(hold, n);
        if (n >= BENCH_WARM_UP)
            error = bench_add(bench, &reading, truth ? written : NULL, truth ? list_written(truth, written) : 0,
                              elapsed_us);
    }
    return error;
}

/* Measures and prints one case; says what went wrong itself. */
static int bench_case(const struct options *options, struct reader *reader, const struct hold *hold,
                      struct bench_case *about)
{
    const int frames = options->frames && options->frames < INT_MAX / 2 ? (int)options->frames : BENCH_FRAMES;
    struct bench *bench;
    about->threads = 1; /* one frame is read by one thread */
    about->kernels = net_kernels(reader->net);
    int error = bench_create(&bench, frames);
    if (!error)
        error = bench_clip(reader, hold, frames, bench);
    if (!error && options->json)
        error = bench_print_json(stdout, about, bench);
    else if (!error)
        bench_print_table(stdout, about, bench);
    bench_destroy(bench);
    if (error && error != -EINTR)
        fprintf(stderr, "digitcam: %s: %s\n", about->clip, frame_error_text(reader, error));
    return error;
}

/* `scene` NULL: the usual paper. */
static int bench_demo(const struct options *options, struct reader *reader, const char *spec, const char *scene)
{
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1920, 1080}}, digits[] = {0, 10, 20, 50};
    const bool sized = options->source.width_px > 0;
    int error = 0;
    for (int i = 0; i < (sized ? 1 : 3) && !error; i++)
        for (int k = 0; k < 4 && !error; k++) {
            struct bench_case about = {.clip = spec, .input = "gray", .digits = digits[k]};
            about.width_px = sized ? options->source.width_px : sizes[i][0];
            about.height_px = sized ? options->source.height_px : sizes[i][1];
            const struct demo_options wanted = {.scene = scene,
                                                .seed = options->source.seed ? options->source.seed : DEMO_DEFAULT_SEED,
                                                .width_px = about.width_px,
                                                .height_px = about.height_px,
                                                .digits = digits[k]};
            struct hold *hold;
            if ((error = hold_demo(&hold, &wanted, BENCH_HELD)) != 0)
                fprintf(stderr, "digitcam: not enough memory for a demo of %dx%d\n", about.width_px, about.height_px);
            else
                error = bench_case(options, reader, hold, &about);
            hold_destroy(hold);
        }
    return error;
}

static int bench_source(const struct options *options, struct reader *reader, const char *spec)
{
    char why[SOURCE_WHY_BYTES], input[5] = "";
    struct hold *hold;
    struct frame frame;
    int error = hold_source(&hold, spec, &options->source, BENCH_HELD, why, sizeof why);
    if (error) {
        fprintf(stderr, "digitcam: %s\n", why);
        return error;
    }
    hold_frame(hold, 0, &frame);
    for (int i = 0; i < 4; i++)
        input[i] = (char)tolower((int)(frame.fourcc >> (8 * i) & 0xff));
    struct bench_case about = {
        .clip = spec, .width_px = frame.width_px, .height_px = frame.height_px, .digits = -1, .input = input};
    error = bench_case(options, reader, hold, &about);
    hold_destroy(hold);
    return error;
}

static int run_bench(const struct options *options, char **sources, int count)
{
    struct reader reader;
    int error = reader_create(&reader, options);
    const char *const spec = count ? sources[0] : "demo";
    if (!error && strcmp(spec, "demo") == 0)
        error = bench_demo(options, &reader, spec, NULL);
    else if (!error && strncmp(spec, "demo:", 5) == 0 && demo_scene_known(spec + 5))
        error = bench_demo(options, &reader, spec, spec + 5);
    else if (!error)
        error = bench_source(options, &reader, spec);
    reader_destroy(&reader);
    return error ? EXIT_FAILED : EXIT_FINE;
}

/* ---- main ----------------------------------------------------------------------------------------------------- */

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

/* Takes one option of argv, and its argument. Returns how many words that were, 0 after saying what is wrong. */
static int take_option(char **words, int count, unsigned *used, struct options *options)
{
    const char *const word = strcmp(words[0], "-h") == 0 ? "--help" : words[0];
    const char *const equals = strchr(word, '=');
    const struct option *const option =
        word[1] == '-' ? find_option(word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word) - 2) : NULL;
    if (!option)
        return unknown_option(word), 0;
    if (!option->argument && equals)
        return fprintf(stderr, "digitcam: --%s takes no value\n", option->name), 0;
    if (option->argument && !equals && count < 2)
        return fprintf(stderr, "digitcam: --%s needs a value: %s\n", option->name, option->expects), 0;
    const char *const text = equals ? equals + 1 : option->argument ? words[1] : "";
    if (!set_option(option, text, options))
        return fprintf(stderr, "digitcam: --%s: \"%s\" is not %s\n", option->name, text, option->expects), 0;
    *used |= 1u << (option - option_table);
    return option->argument && !equals ? 2 : 1;
}

/* What the command line does not say may be said by the environment. */
static bool take_environment(unsigned commands, unsigned used, struct options *options)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *const option = &option_table[i];
        const char *const text = option->variable ? getenv(option->variable) : NULL;
        if (!text || !*text || !(option->commands & commands) || used & 1u << i)
            continue;
        if (!set_option(option, text, options)) {
            fprintf(stderr, "digitcam: %s: \"%s\" is not %s\n", option->variable, text, option->expects);
            return false;
        }
    }
    return true;
}

/* Options go to *options, all other words to `words`. Returns how many those are, or -1 after saying what is wrong. */
static int take_arguments(int argc, char **argv, char **words, unsigned *used, struct options *options)
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
            const int taken = take_option(argv + i, argc - i, used, options);
            if (!taken)
                return -1;
            i += taken;
        }
    }
    return count;
}

/* A first word that is no command is a source, unless it can only be a command misspelt. */
static bool misspelt_command(char **words, int count)
{
    return count > 1 || (nearest_command(words[0], 1) && access(words[0], F_OK) != 0);
}

static int wrong_count(const struct command *command, int count, char **words)
{
    if (count < command->least)
        fprintf(stderr, "digitcam: %s needs a SOURCE: digitcam %s\n", command->name, command->synopsis);
    else
        fprintf(stderr, "digitcam: %s does not take \"%s\": digitcam %s\n", command->name, words[command->most],
                command->synopsis);
    return EXIT_USAGE;
}

/* A command and its words, after the options were taken out of them. */
static int run_words(const struct command *command, struct options *options, unsigned used, char **words, int count)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (used & 1u << i && !(option_table[i].commands & command->bit)) {
            fprintf(stderr, "digitcam: %s has no option --%s; `digitcam help %s` lists those it has\n", command->name,
                    option_table[i].name, command->name);
            return EXIT_USAGE;
        }
    if (count < command->least || count > command->most)
        return wrong_count(command, count, words);
    if (!take_environment(command->bit, used, options))
        return EXIT_USAGE;
    return command->run(options, words, count);
}

/* `words` has room for all of argv. */
static int run_line(int argc, char **argv, char **words)
{
    struct options options = {0};
    unsigned used = 0;
    const int count = take_arguments(argc, argv, words, &used, &options);
    if (count < 0)
        return EXIT_USAGE;
    const struct command *const named = count ? find_command(words[0]) : NULL;
    if (options.version)
        return puts("digitcam " DIGITCAM_VERSION), EXIT_FINE;
    if (options.help)
        return run_help(&options, words, named != NULL);
    if (named && named->main)
        return fprintf(stderr, "digitcam: put the word %s first: digitcam %s\n", named->name, named->synopsis),
               EXIT_USAGE;
    if (!named && count && misspelt_command(words, count))
        return unknown_command(words[0]);
    return named ? run_words(named, &options, used, words + 1, count - 1)
                 : run_words(&command_table[0], &options, used, words, count);
}

int main(int argc, char **argv)
{
    const struct command *const first = argc > 1 ? find_command(argv[1]) : NULL;
    const char *const second = argc > 2 ? argv[2] : "";
    handle_signals();
    if (first && first->main && strcmp(second, "--help") && strcmp(second, "-h") && strcmp(second, "--version"))
        return first->main(argc - 1, argv + 1);
    char **const words = calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        fputs("digitcam: not enough memory\n", stderr);
        return EXIT_FAILED;
    }
    int status = run_line(argc, argv, words);
    free(words);
    if (fflush(stdout) != 0 && errno != EPIPE && status == EXIT_FINE) {
        fprintf(stderr, "digitcam: cannot write the results: %s\n", strerror(errno));
        status = EXIT_FAILED;
    }
    return status;
}
