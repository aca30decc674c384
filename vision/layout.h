/* layout.h - single digits to lines and whole numbers, in reading order. */
#ifndef DIGITCAM_VISION_LAYOUT_H
#define DIGITCAM_VISION_LAYOUT_H

#include "vision/reading.h"

#define LAYOUT_MOST_DIGITS 1024

/* Sorts `digits` (count of them, at most LAYOUT_MOST_DIGITS; box, digit and confidence filled in) into reading order:
 * lines from top to bottom, within a line from left to right. Digits of one height that stand close together on one
 * line make a number. Lines fall to the right by `tilt` radians; where that is not 0, no two digits may have the same id.
 * Sets digits[].number, fills `numbers` (room for count) and returns how many there are. */
int layout_digits(struct reading_digit *digits, int count, float tilt, struct reading_number *numbers);

#endif
