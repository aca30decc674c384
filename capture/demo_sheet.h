/* demo_sheet.h - a worksheet as pupils get them: boxes to fill in, a table, a date, a total underlined, numbers in circles.
 * Only for capture/demo_page.c. */
#ifndef DIGITCAM_CAPTURE_DEMO_SHEET_H
#define DIGITCAM_CAPTURE_DEMO_SHEET_H

#include "capture/demo_writer.h"

/* As many digits as there is room for in the width of the canvas; 20 to 44. */
void demo_sheet_write(struct demo_writer *writer);

#endif
