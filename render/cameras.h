/* cameras.h - a camera and what it offers, as text or as JSON. */
#ifndef DIGITCAM_RENDER_CAMERAS_H
#define DIGITCAM_RENDER_CAMERAS_H

#include <stdbool.h>
#include <stdio.h>

#include "capture/cameras.h"

/* Some lines for people: path and name, then formats with sizes and rates, then what --control takes by names of ours, then
 * every control as its driver calls it, indented. */
void cameras_print_text(FILE *out, const struct camera *camera);

/* One line of JSON:
 *   {"path":"/dev/video0","name":"HD Webcam","by_id":"…","driver":"uvcvideo","bus":"…","error":"",
 *    "formats":[{"format":"YUYV","description":"YUYV 4:2:2","compressed":false,"emulated":false,
 *                "sizes":[{"min":[640,480],"max":[640,480],"fps":[[30.0,30.0]]}]}],
 *    "settings":[{"name":"exposure","words":["auto"],"min":3,"max":2047}],
 *    "controls":[{"name":"Brightness","kind":"integer","min":0,"max":255,"step":1,"default":128,"value":128,
 *                 "inactive":false,"read_only":false,"items":[{"value":1,"label":"50 Hz"}]}]}
 * "fps" is a list of [lowest, highest]; a setting that takes no number has neither "min" nor "max". Returns 0 or -ENOMEM. */
int cameras_print_json(FILE *out, const struct camera *camera);

/* Every camera of the list, as text or as JSON. Returns 0, or -ENOMEM at the first that could not be printed. */
int cameras_print_list(FILE *out, const struct camera_list *list, bool json);

#endif
