/* demo.h - the built-in source: a page of handwriting before an imagined hand-held camera, and what is
 * written on it; and scenes of the same kind that are harder to read.
 *
 * Digits set wide, whole numbers, sums, and things that must not be read: operators, letters, a scribble, an
 * underline. Everything follows from the seed, the size and the number of the frame: frame 7 is the same
 * bytes whatever was asked before. demo_driver (capture/driver.h, in demo_player.c) plays it at the pace of a
 * camera; tests use this header. */
#ifndef DIGITCAM_CAPTURE_DEMO_H
#define DIGITCAM_CAPTURE_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEMO_DEFAULT_WIDTH_PX  1280
#define DEMO_DEFAULT_HEIGHT_PX 720
#define DEMO_DEFAULT_FPS       30
#define DEMO_DEFAULT_SEED      1 /* demo_driver takes it for seed 0, "own choice" */

#define DEMO_MAX_DIGITS        64
#define DEMO_MAX_NUMBERS       32
#define DEMO_MOST_DIGITS       60   /* that may be asked for */
#define DEMO_USUAL_DIGITS      (-1) /* as many as the scene has by itself */

/* Of the scenes "pageturn" and "newpage": every DEMO_TURN_PERIOD frames another page lies there. In "pageturn" it slides
 * over the old one, coming from the right, in the DEMO_TURN_FRAMES frames before. */
#define DEMO_TURN_PERIOD 60
#define DEMO_TURN_FRAMES 8

struct demo; /* opaque; never changes once made, so any number of threads may use one */

/* Whole pixels of the frame, as vision's boxes: x, y is the upper left corner; w, h > 0. Holds the ink of the
 * strokes; the soft edge of a stroke may reach one pixel further. Always within the frame. */
struct demo_box {
    int x, y, w, h;
};

struct demo_digit {
    int digit; /* 0..9 */
    struct demo_box box;
    int number; /* index into `numbers` */
    bool hidden; /* covered, in whole or in part: whether it is read or not counts neither way */
};

struct demo_number {
    char text[8]; /* "742"; a digit that stands alone is a number too */
    struct demo_box box;
    bool hidden; /* one of its digits is */
};

struct demo_truth {
    int page;              /* counts the pages that were turned: another one has other digits */
    struct demo_box blind; /* what is read in here counts neither way: a sheet being moved; w = 0: nowhere */
    int digit_count, number_count; /* the same from frame to frame of one page */
    struct demo_digit digits[DEMO_MAX_DIGITS]; /* in reading order: by lines, in a line from left to right */
    struct demo_number numbers[DEMO_MAX_NUMBERS]; /* likewise */
};

/* Scenes are numbered from 0; number 0 is what plain "demo" shows. Names are single words ("blackboard"), summaries a
 * few words. */
int demo_scene_count(void);
const char *demo_scene_name(int scene);
const char *demo_scene_summary(int scene);
bool demo_scene_known(const char *name);

struct demo_options {
    const char *scene; /* NULL: the page plain "demo" shows */
    uint64_t seed;
    int width_px, height_px;
    int digits; /* 0..DEMO_MOST_DIGITS, or DEMO_USUAL_DIGITS */
};

/* As demo_create, below; -ENOENT where there is no such scene, -EINVAL also for a wrong count of digits. */
int demo_create_scene(struct demo **demo, const struct demo_options *options);

/* Paints the page for frames of the given size (1x1 up to the limits of capture/frame.h; below about 200 x
 * 150 the writing is too small to be read). On success *demo is the caller's to destroy. Returns 0, -EINVAL
 * (no such size) or -ENOMEM. */
int demo_create(struct demo **demo, uint64_t seed, int width_px, int height_px);
void demo_destroy(struct demo *demo); /* NULL is fine */

/* Bytes of one frame: YU12 without gaps, stride width_px, chroma rows (width_px + 1) / 2. */
size_t demo_frame_bytes(const struct demo *demo);

/* Renders a frame into `pixels`, demo_frame_bytes of them; Y is 16..235 (BT.601). Frames are 1/30 s of motion
 * apart. `noise` false leaves out the camera's noise, for tests. Allocates nothing. */
void demo_render(const struct demo *demo, uint64_t frame_number, bool noise, uint8_t *pixels);

/* What is to be read in that frame, and where. */
void demo_truth(const struct demo *demo, uint64_t frame_number, struct demo_truth *truth);

#endif
