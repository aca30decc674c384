#include "render/command.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render/suggest.h"

#define MAX_COMMANDS 32

struct commands {
    const struct command *table;
    size_t count;
    bool (*is_camera)(const char *word);
};

/* A command or, among the pages of help, a topic. */
static const struct command *find_page(const struct commands *commands, const char *name)
{
    for (size_t i = 0; i < commands->count; i++)
        if (strcmp(commands->table[i].name, name) == 0)
            return &commands->table[i];
    return NULL;
}

static const struct command *find_command(const struct commands *commands, const char *name)
{
    const struct command *const page = find_page(commands, name);
    return page && !page->topic ? page : NULL;
}

/* ---- wrong usage ---------------------------------------------------------------------------------------------- */

static const char *nearest_command(const struct commands *commands, const char *word, int limit)
{
    const char *names[MAX_COMMANDS + 1];
    for (size_t i = 0; i < commands->count; i++)
        names[i] = commands->table[i].name;
    names[commands->count] = "version"; /* which is an option, but people try */
    return suggest_nearest(word, names, commands->count + 1, limit);
}

static int unknown_command(const struct commands *commands, const char *word)
{
    const char *const near = nearest_command(commands, word, 2);
    const struct command *const page = near ? find_page(commands, near) : NULL;
    fprintf(stderr, "digitcam: there is no command \"%s\"", word);
    if (page)
        fprintf(stderr, "; did you mean \"%s\"?\n", page->topic ? page->synopsis : page->name);
    else if (near)
        fprintf(stderr, "; did you mean --%s?\n", near);
    else
        fputs("; `digitcam help` lists them\n", stderr);
    return EXIT_USAGE;
}

/* No command is called like this: "page.jpg", "/dev/video0", "0", "-", "demo". */
static bool called_like_a_source(const char *word)
{
    return strcmp(word, "demo") == 0 || strcmp(word, "-") == 0 || strpbrk(word, "./:0123456789");
}

/* A first word that is no command is a source, unless it can only be a command misspelt. */
static bool misspelt_command(const struct commands *commands, char **words, int count)
{
    if (access(words[0], F_OK) == 0)
        return false;
    if (count > 1)
        return nearest_command(commands, words[0], 2) || !called_like_a_source(words[0]);
    return nearest_command(commands, words[0], 1) && !commands->is_camera(words[0]);
}

static int wrong_count(const struct command *command, int count, char **words)
{
    const bool too_many_sources = count > command->most && command->most == 1 && command->options & OPTIONS_OF_READING;
    if (count < command->least)
        fprintf(stderr, "digitcam: %s needs a SOURCE: digitcam %s\n", command->name, command->synopsis);
    else if (too_many_sources)
        fprintf(stderr, "digitcam: %s takes one SOURCE: with \"%s\" it does not take \"%s\" as well%s\n",
                command->name, words[0], words[1],
                command->options & OPTIONS_OF_LIVE ? "; `digitcam read` takes several" : "");
    else
        fprintf(stderr, "digitcam: %s does not take \"%s\": digitcam %s\n", command->name, words[command->most],
                command->synopsis);
    return EXIT_USAGE;
}

/* ---- help ----------------------------------------------------------------------------------------------------- */

static void print_sources(void)
{
    puts("\nSOURCE is /dev/videoN, N, part of a camera's name, a picture (JPEG, PNG, PGM, PPM), a folder of\n"
         "pictures, a video file, - (Y4M on standard input), demo (a built-in page of handwriting), or demo:SCENE\n"
         "(pages that are harder to read; `digitcam help scenes` lists them).");
}

static void print_overview(const struct commands *commands)
{
    puts("digitcam reads handwritten digits in front of a camera.\n\n"
         "Usage: digitcam COMMAND [OPTION...] [ARGUMENT...]\n"
         "       digitcam [SOURCE]      the same as live\n");
    for (size_t i = 0; i < commands->count; i++)
        printf("  %-20s %s\n", commands->table[i].synopsis, commands->table[i].summary);
    print_sources();
    options_print_help(stdout, OPTIONS_OF_EVERY);
    puts("A name in brackets is an environment variable that does the same.\n\n"
         "Exit status: 0 fine, 1 something failed, 2 wrong usage, 4 nothing was read (read only).\n"
         "`digitcam help COMMAND` says more about one command.");
}

static void print_command_help(const struct command *command)
{
    if (command->topic) {
        command->topic();
        return;
    }
    if (command->own_usage) {
        fputs(command->own_usage, stdout);
        return;
    }
    printf("Usage: digitcam %s\n\n%c%s.\n", command->synopsis, toupper((unsigned char)command->summary[0]),
           command->summary + 1);
    if (command->details)
        fputs(command->details, stdout);
    if (command->options & OPTIONS_OF_READING)
        print_sources();
    options_print_help(stdout, command->options);
}

static int print_help(const struct commands *commands, char **words, int count)
{
    const struct command *const command = count ? find_page(commands, words[0]) : NULL;
    if (count && !command)
        return unknown_command(commands, words[0]);
    if (command)
        print_command_help(command);
    else
        print_overview(commands);
    return EXIT_FINE;
}

/* ---- running -------------------------------------------------------------------------------------------------- */

/* A command and its words, after the options were taken out of them. */
static int run_words(const struct commands *commands, const struct command *command, struct options *options,
                     char **words, int count)
{
    const char *const foreign = options_first_foreign(options, command->options);
    if (foreign) {
        fprintf(stderr, "digitcam: %s has no option --%s; `digitcam help %s` lists those it has\n", command->name,
                foreign, command->name);
        return EXIT_USAGE;
    }
    if (count < command->least || count > command->most)
        return wrong_count(command, count, words);
    if (options_take_environment(command->options, options, stderr) != 0)
        return EXIT_USAGE;
    return command->run ? command->run(options, words, count) : print_help(commands, words, count);
}

/* `words` has room for all of argv. */
static int run_line(const struct commands *commands, int argc, char **argv, char **words)
{
    struct options options = {0};
    const int count = options_take(argc, argv, words, &options, stderr);
    if (count < 0)
        return EXIT_USAGE;
    const struct command *const named = count ? find_command(commands, words[0]) : NULL;
    if (options.version)
        return puts("digitcam " DIGITCAM_VERSION), EXIT_FINE;
    if (options.help)
        return print_help(commands, words, named != NULL);
    if (named && named->main)
        return fprintf(stderr, "digitcam: put the word %s first: digitcam %s\n", named->name, named->synopsis),
               EXIT_USAGE;
    if (!named && count && misspelt_command(commands, words, count))
        return unknown_command(commands, words[0]);
    return named ? run_words(commands, named, &options, words + 1, count - 1)
                 : run_words(commands, &commands->table[0], &options, words, count);
}

int command_run(const struct command *table, size_t count, bool (*is_camera)(const char *word), int argc, char **argv)
{
    const struct commands commands = {table, count, is_camera};
    assert(count > 0 && count <= MAX_COMMANDS);
    const struct command *const first = argc > 1 ? find_command(&commands, argv[1]) : NULL;
    const char *const second = argc > 2 ? argv[2] : "";
    if (first && first->main && strcmp(second, "--help") && strcmp(second, "-h") && strcmp(second, "--version"))
        return first->main(argc - 1, argv + 1);
    char **const words = calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        fputs("digitcam: not enough memory\n", stderr);
        return EXIT_FAILED;
    }
    int status = run_line(&commands, argc, argv, words);
    free(words);
    if (fflush(stdout) != 0 && errno != EPIPE && status == EXIT_FINE) {
        fprintf(stderr, "digitcam: cannot write the results: %s\n", strerror(errno));
        status = EXIT_FAILED;
    }
    return status;
}
