/* png.h - a picture to a PNG file. */
#ifndef DIGITCAM_RENDER_PNG_H
#define DIGITCAM_RENDER_PNG_H

#include <stddef.h>
#include <stdint.h>

/* Writes width_px x height_px pixels of four bytes (R, G, B, A), rows stride_bytes apart, to `path`, replacing what
 * was there. Alpha is not kept: the file is RGB. Returns 0 or a negative errno with one line for the user in `why`;
 * a file half written is removed. */
int png_write_rgba(const char *path, const uint8_t *pixels, int width_px, int height_px, size_t stride_bytes, char *why,
                   size_t why_bytes);

#endif
