/* text.h - a reading as a line of plain text. */
#ifndef DIGITCAM_RENDER_TEXT_H
#define DIGITCAM_RENDER_TEXT_H

#include <stdio.h>

#include "vision/reading.h"

/* Prints "page.jpg: 742 1984 19": the source's name and the numbers in reading order, and a newline. */
void text_print_reading(FILE *out, const struct reading *reading);

#endif
