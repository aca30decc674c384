/* scene.h - drawn pictures of what may lie before a camera, with the truth about every digit in them.
 *
 * Writing of every kind on paper of every kind, under uneven light, through a lens that blurs and a sensor
 * that is noisy; and pictures without any digit: foliage, crowds of shapes, checkerboards, printed pages,
 * noise. */
#ifndef DIGITCAM_NET_TRAIN_SCENE_H
#define DIGITCAM_NET_TRAIN_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/pen.h"
#include "net/train/dataset.h"
#include "net/train/fonts.h"

#define SCENE_MOST_WIDTH_PX  720
#define SCENE_MOST_HEIGHT_PX 540
#define SCENE_MOST_TRUTHS    1024
#define SCENE_UNKNOWN        11 /* label: could be a digit or not (the letter O, printed digits, a lone bar) */

struct scene_truth {
    struct pen_box box; /* of the ink, in pixels */
    int label;          /* 0..9, or SCENE_UNKNOWN; what is no digit is not listed */
};

struct scene {
    int width_px, height_px;
    uint8_t *gray;      /* width x height, finished */
    uint8_t *cover;     /* width x height: how much ink; what the drawing functions draw into */
    float *light;       /* width x height: working picture */
    bool light_on_dark; /* chalk, a screen: ink lighter than what it is on */
    int truth_count;
    struct scene_truth truths[SCENE_MOST_TRUTHS];
    /* What to draw with. */
    struct pen_random random;
    struct fonts *fonts;          /* borrowed */
    const struct dataset *stamps; /* borrowed; only ORIGIN_DIGITS are used */
};

/* A scene with its buffers, to be drawn over and over. `fonts` and `stamps` are borrowed. 0 or -ENOMEM. */
int scene_create(struct scene **scene, struct fonts *fonts, const struct dataset *stamps);
void scene_destroy(struct scene *scene); /* NULL is fine */

/* Draws scene number `seed`: the same for the same seed, fonts and stamps. */
void scene_draw(struct scene *scene, uint64_t seed);

/* ---- for the files of the scene alone ---- */

struct pen_plane scene_plane(struct scene *scene);
bool scene_chance(struct scene *scene, float share);
float scene_between(struct scene *scene, float low, float high);
int scene_below(struct scene *scene, int count);
void scene_add_truth(struct scene *scene, struct pen_box ink, int label);

void scene_write_page(struct scene *scene);   /* lines of digits, letters, sums, scribbles */
void scene_write_single(struct scene *scene); /* one digit, or two, filling much of the picture */
void scene_text_page(struct scene *scene, bool handwriting); /* lines of words in a font */
void scene_rules(struct scene *scene, float strength);       /* lined or squared paper, into `light` */
void scene_clutter(struct scene *scene); /* foliage, shapes, boards, noise: straight into `light` */

#endif
