/* camera_find.h - which device a person means by "0", "/dev/video0" or "webcam". Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_CAMERA_FIND_H
#define DIGITCAM_CAPTURE_CAMERA_FIND_H

#include <stddef.h>

/* Writes the path of the device into `path`: of "N" it is /dev/videoN, of a path (anything with a '/') that path, of
 * anything else the camera with this name (in any case), or with a name that has it as a part. Returns 0; -ENOENT
 * where no camera has such a name; -EINVAL where several different ones have, or where the text is too long. */
int camera_find(const char *spec, char *path, size_t path_bytes, char *why, size_t why_bytes);

#endif
