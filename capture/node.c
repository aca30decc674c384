/* node.c - the way to the operating system. See node.h. */
#include "capture/node.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const char by_id_folder[] = "/dev/v4l/by-id";

int node_open(const char *path)
{
    const int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int node_query(int fd, struct v4l2_capability *capability)
{
    return ioctl(fd, VIDIOC_QUERYCAP, capability) < 0 ? -errno : 0;
}

void node_close(int fd)
{
    close(fd);
}

int node_wait(int fd, int timeout_ms, bool *failed)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    const int ready = poll(&waiting, 1, timeout_ms);
    *failed = false;
    if (ready < 0 && errno != EINTR)
        return -errno;
    *failed = ready > 0 && waiting.revents & (POLLERR | POLLHUP | POLLNVAL);
    return ready > 0 ? 0 : -EAGAIN;
}

void node_sleep(int milliseconds)
{
    poll(NULL, 0, milliseconds);
}

int64_t node_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int64_t node_asleep_ns(void)
{
    struct timespec boot;
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return boot.tv_sec * 1000000000LL + boot.tv_nsec - node_now_ns();
}

/* ---- which there are ----------------------------------------------------------------------------------------- */

/* N of "videoN"; -1 for every other name. */
static int node_number(const char *name)
{
    static const char prefix[] = "video";
    const size_t prefix_length = sizeof prefix - 1;
    if (strncmp(name, prefix, prefix_length) != 0 || !isdigit((unsigned char)name[prefix_length]))
        return -1;
    char *end;
    const long number = strtol(name + prefix_length, &end, 10);
    return *end == '\0' && number >= 0 && number < 100000 ? (int)number : -1;
}

static int compare_numbers(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

int node_list_numbers(int **numbers, size_t *count)
{
    *numbers = NULL;
    *count = 0;
    DIR *const folder = opendir("/dev");
    if (!folder)
        return -errno;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        const int number = node_number(entry->d_name);
        if (number < 0)
            continue;
        int *const grown = realloc(*numbers, (*count + 1) * sizeof **numbers);
        if (!grown) {
            free(*numbers);
            *numbers = NULL;
            closedir(folder);
            return -ENOMEM;
        }
        *numbers = grown;
        grown[(*count)++] = number;
    }
    closedir(folder);
    if (*count)
        qsort(*numbers, *count, sizeof **numbers, compare_numbers);
    return 0;
}

void node_find_by_id(const char *path, char *by_id, size_t by_id_bytes)
{
    char wanted[PATH_MAX], target[PATH_MAX];
    by_id[0] = '\0';
    DIR *const folder = opendir(by_id_folder);
    if (!folder)
        return;
    const bool known = realpath(path, wanted);
    for (const struct dirent *entry; known && (entry = readdir(folder));) {
        char link[sizeof by_id_folder + sizeof entry->d_name];
        snprintf(link, sizeof link, "%s/%s", by_id_folder, entry->d_name);
        if (realpath(link, target) && strcmp(target, wanted) == 0 && strlen(link) < by_id_bytes) {
            snprintf(by_id, by_id_bytes, "%s", link);
            break;
        }
    }
    closedir(folder);
}

void node_read_kernel(char *text, size_t text_bytes)
{
    text[0] = '\0';
    FILE *const file = fopen("/proc/version", "re");
    if (!file)
        return;
    if (fgets(text, (int)text_bytes, file))
        text[strcspn(text, "\n")] = '\0';
    else
        text[0] = '\0';
    fclose(file);
}
