/* json.h - a reading as one line of JSON, the same object from every command. */
#ifndef DIGITCAM_RENDER_JSON_H
#define DIGITCAM_RENDER_JSON_H

#include <stdbool.h>

#include "vision/reading.h"

/* Makes the line, without a newline at its end:
 *   {"source":"page.jpg","frame":0,"time":0.033,"width":1280,"height":720,
 *    "digits":[{"id":3,"digit":7,"confidence":0.998,"box":[x,y,w,h],"number":0,
 *               "top":[[7,0.998],[1,0.001],[9,0.0005]]}],
 *    "numbers":[{"text":"742","box":[x,y,w,h],"confidence":0.99}],
 *    "times_us":{"luma":41,"threshold":88,"contour":60,"segment":12,"normalise":30,"net":95,"track":4,"total":330}}
 * Where the reading has them, these stand before the times:
 *    "hint":"the page seems to be upside down",
 *    "candidates":[{"box":[x,y,w,h],"reason":"not_a_digit","value":0.93,"top":[[8,0.04],[3,0.01],[0,0.005]]}]
 * with the words of reading_reason_word and the number vision/reading.h gives for each; "top" only where the network was
 * asked. "orientation" follows "height" where one was applied. Confidences have four decimals, the time three, stage times
 * are whole microseconds. Bytes of the source's name that are not UTF-8 become U+FFFD. On success *line is the caller's
 * to free(). Returns 0 or -ENOMEM. */
int json_from_reading(const struct reading *reading, char **line);

/* A copy of `text` that is UTF-8 whatever `text` was: each byte that cannot be becomes U+FFFD. The caller's to free();
 * NULL where memory is short. */
char *json_utf8(const char *text);

#endif
