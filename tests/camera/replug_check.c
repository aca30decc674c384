/* replug_check - unplugs a camera and plugs it in again, over and over, and sees whether frames come again, how soon, and
 * whether anything is left behind.
 *
 *     replug_check SOURCE ROUNDS NAME UNBIND BIND
 *
 * Three rounds more are done, at the beginning: only what is left from then on counts, since a first round may load or
 * allocate what stays.
 *
 * NAME is written into UNBIND to take the device away and into BIND to bring it back:
 *     replug_check /dev/video0 50 vivid.0 /sys/bus/platform/drivers/vivid/unbind /sys/bus/platform/drivers/vivid/bind
 *
 * Exit status 0: frames came again within a second each time, and no descriptor, mapping or byte was left. The seconds
 * count from the device being back; what the machine needs to bring it back and to start it is not ours. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/source.h"

enum { WARM_UP_ROUNDS = 3, FRAMES = 3, LONGEST_MS = 15000, ALLOWED_MS = 1000 };

struct left_behind {
    int descriptors, mappings;
    size_t bytes; /* allocated */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int count_descriptors(void)
{
    int count = 0;
    DIR *const folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static int count_mappings(void)
{
    char line[512];
    int count = 0;
    FILE *const file = fopen("/proc/self/maps", "re");
    while (file && fgets(line, sizeof line, file))
        count += strstr(line, "/dev/video") != NULL;
    if (file)
        fclose(file);
    return count;
}

static struct left_behind look(void)
{
    const struct left_behind now = {count_descriptors(), count_mappings(), mallinfo2().uordblks};
    return now;
}

static bool write_word(const char *path, const char *word)
{
    FILE *const file = fopen(path, "we");
    if (!file) {
        perror(path);
        return false;
    }
    const bool fine = fputs(word, file) >= 0;
    return fclose(file) == 0 && fine;
}

/* Takes frames until there were `count`, or the source says that it waits. Returns 0, -EAGAIN or the failure. */
static int take(struct source *source, int count, char *why)
{
    struct frame frame;
    const int64_t until_ms = now_ms() + LONGEST_MS;
    while (count > 0 && now_ms() < until_ms) {
        const int error = source_next(source, &frame, 100, why, SOURCE_WHY_BYTES);
        if (error && (error != -EAGAIN || *why))
            return error;
        count -= error == 0;
    }
    return count ? -ETIMEDOUT : 0;
}

/* Waits while the source waits. Returns after how many ms there was a frame, or -1. */
static int64_t wait_until_back(struct source *source, char *why)
{
    struct frame frame;
    const int64_t began_ms = now_ms();
    int error = -EAGAIN;
    while (error == -EAGAIN && now_ms() < began_ms + LONGEST_MS)
        error = source_next(source, &frame, 100, why, SOURCE_WHY_BYTES);
    return error ? -1 : now_ms() - began_ms;
}

/* One round; returns how many ms it took to resume, or -1 after saying what went wrong. */
static int64_t replug(struct source *source, int round, char **words, struct left_behind *left)
{
    char why[SOURCE_WHY_BYTES];
    int error = take(source, FRAMES, why);
    if (error) {
        printf("round %d: no frames: %s\n", round, *why ? why : strerror(-error));
        return -1;
    }
    if (!write_word(words[1], words[0]))
        return -1;
    while ((error = take(source, 1000, why)) == 0) /* what had been filled before */
        ;
    if (error != -EAGAIN || strcmp(why, "camera unplugged, waiting") != 0) {
        printf("round %d: unplugged, but: %s (%s)\n", round, strerror(-error), why);
        return -1;
    }
    *left = look();
    const int64_t away_ms = round % 5 * 300;
    for (const int64_t until_ms = now_ms() + away_ms; now_ms() < until_ms;)
        take(source, 1, why);
    if (!write_word(words[2], words[0]))
        return -1;
    const int64_t took_ms = wait_until_back(source, why);
    if (took_ms < 0)
        printf("round %d: it did not come back: %s\n", round, why);
    return took_ms;
}

/* Starts this program once more, with an allocator that keeps no freed memory in a cache where it counts as in use. */
static void restart_without_cache(char **words)
{
    if (getenv("GLIBC_TUNABLES"))
        return;
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    execv("/proc/self/exe", words);
}

int main(int count, char **words)
{
    struct source *source;
    struct left_behind before = {0}, after = {0};
    char why[SOURCE_WHY_BYTES];
    restart_without_cache(words);
    mallopt(M_MXFAST, 0);
    if (count != 6) {
        fprintf(stderr, "usage: replug_check SOURCE ROUNDS NAME UNBIND BIND\n");
        return 2;
    }
    const struct source_options options = {.width_px = 320, .height_px = 180};
    if (source_open(&source, words[1], &options, why, sizeof why) != 0) {
        printf("refused: %s\n", why);
        return 1;
    }
    const int rounds = atoi(words[2]);
    if (rounds < 1) {
        fprintf(stderr, "replug_check: ROUNDS must be 1 or more: %s\n", words[2]);
        return 2;
    }
    int64_t longest_ms = 0, sum_ms = 0, took_ms = 0;
    int done = 0;
    for (; done < WARM_UP_ROUNDS + rounds && took_ms >= 0; done++) {
        took_ms = replug(source, done, words + 3, done < WARM_UP_ROUNDS ? &before : &after);
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
        sum_ms += took_ms;
    }
    source_close(source);
    const bool leaked = after.descriptors != before.descriptors || after.mappings || after.bytes > before.bytes;
    printf("%d rounds, resumed after %" PRId64 " ms on average, %" PRId64 " ms at most; left behind: %d descriptors, "
           "%d mappings, %zd bytes\n",
           done, sum_ms / (done ? done : 1), longest_ms, after.descriptors - before.descriptors, after.mappings,
           (ssize_t)(after.bytes - before.bytes));
    return took_ms < 0 || longest_ms > ALLOWED_MS || leaked;
}
