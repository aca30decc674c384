/* jpeg.h - JPEG pictures: what their headers say, and their pixels. The one place that knows which faults of
 * a JPEG are harmless. Only for files in capture/.
 *
 * A picture is refused (-EBADMSG) where pixels are missing or wrong: cut-off files, torn camera frames, data
 * that cannot be decoded. It is accepted with faults that leave every pixel in place: stray bytes before a
 * marker (many cameras pad their frames), an unknown JFIF revision or Adobe colour code, and a missing end
 * marker where one scan holds the whole picture and that scan is complete (some cameras never send the
 * marker). JPEGs without Huffman tables (usual in camera frames) are decoded with the standard's tables. */
#ifndef DIGITCAM_CAPTURE_JPEG_H
#define DIGITCAM_CAPTURE_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/pixels.h"

struct jpeg_info {
    int width_px, height_px;
    int components;      /* 1 gray, 3 colour, 4 CMYK */
    bool one_scan;       /* the first scan holds all of the picture: baseline, all components together */
    bool adobe;          /* has an Adobe marker: CMYK values are stored inverted */
    bool ended;          /* the end marker is there */
    const uint8_t *exif; /* points into the data: "Exif\0\0" and what follows; NULL: none */
    size_t exif_bytes;
};

/* Walks the markers of a JPEG and checks its size against the limits of frame.h. Decodes nothing, allocates
 * nothing. 0, -EBADMSG (not a JPEG; cut off before its first pixel) or -EFBIG, with a line for the user in
 * `why`. */
int jpeg_read_info(const uint8_t *data, size_t size_bytes, struct jpeg_info *info, char *why,
                   size_t why_bytes);

struct jpeg_decoder; /* one per thread */

int jpeg_decoder_create(struct jpeg_decoder **decoder);  /* 0 or -ENOMEM */
void jpeg_decoder_destroy(struct jpeg_decoder *decoder); /* NULL is fine */

/* Decodes to 1 byte a pixel (luma only) or 3 (R, G, B), rows without gaps, into `pixels`. A failure leaves
 * the decoder usable. Same errors as jpeg_read_info, and -ENOMEM. */
int jpeg_decode(struct jpeg_decoder *decoder, const uint8_t *data, size_t size_bytes, int bytes_per_pixel,
                struct pixels *pixels, struct jpeg_info *info, char *why, size_t why_bytes);

#endif
