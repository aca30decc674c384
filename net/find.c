#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/net.h"

void net_find(const char *asked, const char *name, char *path, size_t path_bytes)
{
    char program[PATH_MAX];
    if (asked) {
        snprintf(path, path_bytes, "%s", asked);
        return;
    }
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        *strrchr(program, '/') = '\0';
        static const char *const folders[] = {"weights", "../share/digitcam/weights"}; /* built here; installed */
        for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
            snprintf(path, path_bytes, "%s/%s/%s", program, folders[i], name);
            if (access(path, F_OK) == 0)
                return;
        }
    }
    snprintf(path, path_bytes, "%s/weights/%s", DIGITCAM_SHARE, name);
}
