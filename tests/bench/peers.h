/* peers.h - what a user would take instead of digitcam's own code, each library in a file of its own that is
 * built only where the library is there. */
#ifndef DIGITCAM_TESTS_BENCH_PEERS_H
#define DIGITCAM_TESTS_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>

struct weights;

/* One way to run one network on a fixed number of pictures at a time. */
struct peer {
    char name[48]; /* "oneDNN 2.6.3 int8" */
    void *self;
    /* `pictures`: batch x 28 x 28 bytes; `scores`: batch x classes, before the softmax. 0 or -EIO. */
    int (*forward)(void *self, const uint8_t *pictures, float *scores);
    void (*destroy)(void *self);
};

/* The network with these weights (of type int8 where `int8`), on one thread. 0, or -EIO (the library cannot).
 */
int peer_onednn_create(struct peer *peer, const struct weights *weights, bool int8, int batch);

/* The same; `int8` is quantised by OpenCV itself, from the float weights and `count` pictures. */
int peer_opencv_create(struct peer *peer, const struct weights *weights, bool int8, int batch,
                       const uint8_t *pictures, int count);

/* OpenCV's usual way from a YUYV frame (2 bytes a pixel, no gaps) to borders: gray, adaptiveThreshold over 31
 * x 31 pixels, findContours with the whole hierarchy. Returns the number of borders. */
int peer_opencv_borders(const uint8_t *yuyv, int width_px, int height_px);

/* findContours alone, on a mask of 0 and not 0. */
int peer_opencv_borders_of_mask(const uint8_t *mask, int width_px, int height_px, int stride_bytes);

const char *peer_opencv_version(void);

/* The part of the bench that looks at frames (peers_vision.c): prints its table. 0 or a negative errno. */
int peers_bench_vision(void);

#endif
