/* no_files.c - in place of net/weights_read.c, which needs libraries: programs built by tests/cross.sh read no
 * files. */
#include <errno.h>
#include <stdio.h>

#include "net/weights.h"

int weights_read(struct weights **weights, const char *path, char *why, size_t why_bytes)
{
    *weights = NULL;
    if (why_bytes > 0)
        snprintf(why, why_bytes, "%s: this program was built without the means to read files", path);
    return -ENOTSUP;
}
