/* command.h - from the words of a command line to the command they ask for: finding it in the program's table, giving
 * it its options and arguments, help, and messages about wrong usage. What commands do is not known here. */
#ifndef DIGITCAM_RENDER_COMMAND_H
#define DIGITCAM_RENDER_COMMAND_H

#include <stddef.h>

#include "render/options.h"

/* Exit statuses, the same for every command. */
enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOTHING_READ = 4 };

/* One command of the program. Exactly one of `run` and `main` is set; of the command "help", which this file knows,
 * neither. Both return an exit status. An entry with `topic` is no command but a page that `digitcam help NAME` prints. */
struct command {
    const char *name;
    unsigned options; /* one of OPTIONS_OF_... */
    int (*run)(const struct options *options, char **words, int count); /* words: its arguments besides options */
    int (*main)(int argc, char **argv); /* reads its own arguments; argv[0] is the command's name */
    void (*topic)(void);                /* prints the page */
    const char *own_usage;              /* help text of a command with its own main */
    int least, most;                    /* arguments besides options */
    const char *synopsis, *summary;
    const char *details; /* more lines of help, each ended; NULL: none */
};

/* Runs the command that the command line names in a table of `count`; where it names none, table[0] with its words as
 * arguments. `is_camera` says whether a word that looks like a command misspelt names a camera. Prints help to stdout
 * and messages about wrong usage to stderr. Returns an exit status. */
int command_run(const struct command *table, size_t count, bool (*is_camera)(const char *word), int argc, char **argv);

#endif
