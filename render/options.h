/* options.h - what the user asks for: options of the command line, and environment variables that do the same.
 *
 *     struct options options = {0};
 *     int count = options_take(argc, argv, words, &options, stderr);
 *     if (count < 0 || options_take_environment(OPTIONS_OF_READ, &options, stderr) != 0)
 *         return 2;
 */
#ifndef DIGITCAM_RENDER_OPTIONS_H
#define DIGITCAM_RENDER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One bit a command: each option belongs to some of them. */
enum {
    OPTIONS_OF_LIVE = 1,
    OPTIONS_OF_READ = 2,
    OPTIONS_OF_CAMERAS = 4,
    OPTIONS_OF_HELP = 8,
    OPTIONS_OF_BENCH = 16,
    OPTIONS_OF_READING = OPTIONS_OF_LIVE | OPTIONS_OF_READ | OPTIONS_OF_BENCH, /* those that read digits */
    OPTIONS_OF_EVERY = OPTIONS_OF_READING | OPTIONS_OF_CAMERAS | OPTIONS_OF_HELP
};

enum { OPTIONS_CONTROLS_MOST = 16, OPTIONS_CONTROL_BYTES = 64 };

/* All zero: nothing was asked for. Texts point into argv and the environment. */
struct options {
    int width_px, height_px; /* 1 to FRAME_MAX_SIDE_PX, together at most FRAME_MAX_PIXELS; 0: not given */
    int fps;                 /* 1 to 1000; 0: not given */
    uint32_t fourcc;         /* as in capture/frame.h, in capitals; 0: not given */
    uint64_t seed;           /* of the demo; 0: not given */
    const char *controls[OPTIONS_CONTROLS_MOST]; /* "gain=10", of the form NAME=VALUE; what they mean the camera knows */
    int control_count;
    bool exit_on_unplug, statistics;
    bool net; /* bench: the networks alone */
    const char *weights, *kernels, *overlay, *stages; /* never ""; NULL: not given */
    long frames;                             /* 1 to 1,000,000,000; 0: not given */
    int threads;                             /* 1 to 256; 0: not given */
    bool explain;                            /* say why what was not read was not */
    bool json, headless, fullscreen, help, version;
    unsigned given; /* one bit for each option that the command line had; only for the functions below */
};

/* Takes argv[1] and what follows: options into *options, all other words into `words`, which has room for argc - 1
 * of them. Behind "--" everything is a word, and so is "-". Of an option given twice the last counts, but of
 * --control each. Returns the
 * number of words, or -EINVAL after writing one line for the user to `messages`. */
int options_take(int argc, char **argv, char **words, struct options *options, FILE *messages);

/* Sets what the command line left open and the environment says, of options that one of `commands` has. An empty
 * variable says nothing. Returns 0, or -EINVAL after writing one line for the user to `messages`. */
int options_take_environment(unsigned commands, struct options *options, FILE *messages);

/* Whether the command line itself, not the environment, has the option of this name (without its dashes). */
bool options_have(const struct options *options, const char *name);

/* The name of the first option on the command line that none of `commands` has, without its dashes; NULL: they have
 * them all. */
const char *options_first_foreign(const struct options *options, unsigned commands);

/* The help text: a line for each option that one of `commands` has. */
void options_print_help(FILE *out, unsigned commands);

#endif
