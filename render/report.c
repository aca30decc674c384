#include "render/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/json.h"
#include "render/text.h"

int report_reading(const struct reading *reading, bool json)
{
    if (json) {
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

void report_waiting(struct report_waiting *waiting, const char *why)
{
    if (*why && strcmp(waiting->said, why) != 0)
        fprintf(stderr, "digitcam: %s\n", why);
    snprintf(waiting->said, sizeof waiting->said, "%s", why);
}

bool report_back(struct report_waiting *waiting, const char *description)
{
    const bool waited = *waiting->said;
    if (waited)
        fprintf(stderr, "digitcam: the camera is back: %s\n", description);
    *waiting->said = '\0';
    return waited;
}
