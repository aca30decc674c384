/* patch.h - the ink of one region by itself: which pixels are its own, and how much ink each holds. */
#ifndef DIGITCAM_VISION_PATCH_H
#define DIGITCAM_VISION_PATCH_H

#include <stdint.h>

#include "vision/components.h"
#include "vision/gray.h"
#include "vision/threshold.h"

/* Working memory and result; zero it before the first use. All planes have the size of `box`, row y of those
 * of bytes beginning at y * stride_bytes, of those of bits at y * stride_words. */
struct patch {
    struct box box; /* on the picture: smaller than what was asked for, where pale ink was shed */
    size_t stride_bytes, stride_words; /* stride_bytes is 64 * stride_words */
    uint64_t *own;                     /* bits: its own pixels */
    uint64_t *rim;     /* bits: the blurred edge round those, where it belongs to nobody else */
    uint8_t *contrast; /* of every pixel, whoever it belongs to */
    uint8_t *ink;      /* 0 none .. 255 full; 0 where neither own nor rim */
    int area;          /* pixels of its own */
    int full;          /* contrast of full ink, gray levels */
    float stroke_px;   /* mean width of its strokes */
    uint8_t *memory;
    size_t capacity_bytes;
};

/* Draws the own pixels of `count` components, which lie within `box`, and measures full, area and stroke_px;
 * pale ink that only hangs on is shed. Returns 0 or -ENOMEM. */
int patch_draw(struct patch *patch, const struct ink *ink, const struct components *components,
               const int *parts, int count, struct box box);

/* Finds the rim of a drawn patch. */
void patch_find_rim(struct patch *patch, const struct ink *ink);

/* Fills the ink of a patch whose rim is known. */
void patch_fill(struct patch *patch);

void patch_release(struct patch *patch);

#endif
