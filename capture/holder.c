/* holder.c - looking through /proc for whoever has a file open. See holder.h.
 *
 * The links in /proc/N/fd are read, not followed: following one into a file system that hangs would hang us too. */
#include "capture/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_NAMED = 3 };

static bool has_open(const char *process, const char *path)
{
    char folder_name[64], link[PATH_MAX];
    snprintf(folder_name, sizeof folder_name, "/proc/%.20s/fd", process);
    DIR *const folder = opendir(folder_name);
    if (!folder)
        return false; /* another user's, or it has just ended */
    bool found = false;
    for (const struct dirent *entry; !found && (entry = readdir(folder));) {
        const ssize_t length = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        link[length > 0 ? length : 0] = '\0';
        found = strcmp(link, path) == 0;
    }
    closedir(folder);
    return found;
}

/* The name of a process is its own choice: what would disturb a terminal is left out. */
static void read_name(const char *process, char *name, size_t name_bytes)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/comm", process);
    snprintf(name, name_bytes, "a program");
    FILE *const file = fopen(path, "re");
    if (!file)
        return;
    char line[32];
    if (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        for (char *c = line; *c; c++)
            if (iscntrl((unsigned char)*c))
                *c = '?';
        if (*line)
            snprintf(name, name_bytes, "%s", line);
    }
    fclose(file);
}

int holder_list(const char *path, char *text, size_t text_bytes)
{
    char real[PATH_MAX], name[32];
    int count = 0;
    size_t used = 0;
    text[0] = '\0';
    DIR *const processes = realpath(path, real) ? opendir("/proc") : NULL;
    if (!processes)
        return 0;
    for (const struct dirent *entry; count < MOST_NAMED && (entry = readdir(processes));) {
        const char *const process = entry->d_name;
        if (!isdigit((unsigned char)*process) || atol(process) == (long)getpid() || !has_open(process, real))
            continue;
        read_name(process, name, sizeof name);
        const int written = snprintf(text + used, text_bytes - used, "%s%s (process %.20s)", count ? " and " : "", name,
                                     process);
        if (written < 0 || (size_t)written >= text_bytes - used) {
            text[used] = '\0'; /* half a name is none */
            break;
        }
        used += (size_t)written;
        count++;
    }
    closedir(processes);
    return count;
}
