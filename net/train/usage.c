#include "net/train/usage.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int usage_wrong(const char *command, const char *fault, const char *value)
{
    fprintf(stderr, "digitcam %s: %s%s\nSee: digitcam help %s\n", command, fault, value, command);
    return USAGE_STATUS;
}

int usage_wrong_option(const char *command, int answer, char **argv, const struct option *long_options)
{
    const char *const word = argv[optind - 1];
    const char *needless = NULL; /* the option that was given a value and takes none */
    char fault[64], letter[3] = {'-', (char)optopt, '\0'};
    if (answer == ':')
        return usage_wrong(command, "a value is missing after ", word);
    const bool is_long = strncmp(word, "--", 2) == 0;
    for (int i = 0; long_options[i].name && is_long; i++)
        if (optopt && long_options[i].val == optopt)
            needless = long_options[i].name;
    if (needless) {
        snprintf(fault, sizeof fault, "--%s takes no value: ", needless);
        return usage_wrong(command, fault, word);
    }
    return usage_wrong(command, "there is no option ", optopt ? letter : word);
}
