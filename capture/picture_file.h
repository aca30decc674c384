/* picture_file.h - one picture file, read into a frame; what picture.c and folder.c share. Only for files in
 * capture/. */
#ifndef DIGITCAM_CAPTURE_PICTURE_FILE_H
#define DIGITCAM_CAPTURE_PICTURE_FILE_H

#include "capture/frame.h"
#include "capture/pixels.h"

struct picture_file {     /* zeroed: empty. Its memory is used again from picture to picture */
    struct pixels file;   /* the bytes of the file */
    struct pixels pixels; /* of a PNG, PGM or PPM */
};

void picture_file_release(struct picture_file *picture);

/* Can this be a picture? Looks at the file's kind and first bytes only. 0, or -ENOTSUP where it can be read
 * but is neither JPEG, PNG, PGM nor PPM (it may be a clip), -EBADMSG where it is empty, -EISDIR, or the errno
 * of opening it; with a line for the user, which begins with the path. */
int picture_file_probe(const char *path, char *why, size_t why_bytes);

/* Reads the file and fills *frame, which borrows from `picture` and `path` until the next call. A JPEG
 * becomes an MJPG frame: its headers are checked and its EXIF orientation is read, its pixels are left to
 * luma and colour. PNG, PGM and PPM are decoded to GREY or RGB3. Every failure of the file itself is -EBADMSG
 * with a line in `why` that begins with the path; -ENOMEM is possible too. */
int picture_file_load(struct picture_file *picture, const char *path, struct frame *frame, char *why,
                      size_t why_bytes);

#endif
