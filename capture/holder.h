/* holder.h - who has a camera open, for the message about one that is busy. Only for files in capture/ and their tests. */
#ifndef DIGITCAM_CAPTURE_HOLDER_H
#define DIGITCAM_CAPTURE_HOLDER_H

#include <stddef.h>

/* Writes which other processes have `path` (a file or a link to one) open: "firefox (process 1234) and cheese
 * (process 99)", three at most; "" where none is seen. Processes of other users are seen by root alone. Returns how many
 * are named. */
int holder_list(const char *path, char *text, size_t text_bytes);

#endif
