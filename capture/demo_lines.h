/* demo_lines.h - a page with as many digits as were asked for: lines of numbers. Only for capture/demo_page.c. */
#ifndef DIGITCAM_CAPTURE_DEMO_LINES_H
#define DIGITCAM_CAPTURE_DEMO_LINES_H

#include "capture/demo_writer.h"

/* Writes a title that is no number, then numbers of one to four digits, `digits` (0..DEMO_MOST_DIGITS) digits in all,
 * with some clutter below. The space between numbers is wider than a digit. */
void demo_lines_write(struct demo_writer *writer, int digits);

#endif
