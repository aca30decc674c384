/* why.h - writing the line that tells the user what went wrong. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_WHY_H
#define DIGITCAM_CAPTURE_WHY_H

#include <stddef.h>

/* Writes the formatted line into `why` (why_bytes of room, cut off where it is longer) and returns `error`,
 * so that a function can end with `return why_fail(why, why_bytes, -EBADMSG, "...", ...)`. */
__attribute__((format(printf, 4, 5))) int why_fail(char *why, size_t why_bytes, int error, const char *format,
                                                   ...);

#endif
