/* scene.h - what is drawn over a frame: boxes, tags, the numbers read, the status line.
 *
 * A scene is a list of simple shapes in output pixels. It is worked out for any size of output, and knows neither
 * window nor drawing library: paint.h draws it with SDL, tests look at it as it is.
 *
 * The output is the picture with a bar below it: the numbers read in large type, the status line in small. */
#ifndef DIGITCAM_RENDER_SCENE_H
#define DIGITCAM_RENDER_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vision/reading.h"

#define SCENE_TEXT_BYTES 128 /* longest text of one shape, with its NUL; what is longer ends in "..." */

struct scene_colour {
    uint8_t r, g, b, a;
};

struct scene_rect {
    float x, y, w, h;
};

enum scene_kind {
    SCENE_FILL, /* a filled rectangle */
    SCENE_BOX,  /* a rounded outline with a dark halo; the rectangle is what it surrounds */
    SCENE_TAG,  /* a filled rounded rectangle with a dark halo */
    SCENE_TEXT  /* one line of text, in the middle of the rectangle's height */
};

enum scene_align { SCENE_LEFT, SCENE_CENTRE, SCENE_RIGHT };

struct scene_item {
    enum scene_kind kind;
    struct scene_rect rect;
    struct scene_colour colour;
    float line;   /* BOX: width of the line; halos are half as wide */
    float radius; /* BOX, TAG: of the corners */
    float size;   /* TEXT: height of the letters (the em) */
    enum scene_align align;
    char text[SCENE_TEXT_BYTES]; /* UTF-8 */
};

/* Width in output pixels of `text` in letters of `size`. */
typedef float scene_measure(void *context, const char *text, float size);

/* What to draw on. */
struct scene_view {
    int width_px, height_px; /* of the whole output, 1 at least */
    int bar_px;              /* how much of the height the bar takes; 0: none */
    float scale;             /* least letter size: 1 for a usual screen, 2 for one with twice the pixels an inch */
    scene_measure *measure;
    void *measure_context;
    bool boxes;  /* draw boxes and tags */
    bool reasons; /* draw what was not read, and why, where the reading says so */
    bool help;   /* draw the list of keys */
    bool frozen; /* say that the picture stands still */
    bool away;   /* the picture is not of now: no boxes, and the numbers dim */
    const char *notice; /* stands at the top of the picture ("adjusting to the light"); NULL: nothing */
    bool status; /* draw the status line */
    double fps;  /* frames read a second; 0: not known */
    uint64_t dropped;   /* frames that came too late to be read or shown */
    const char *message; /* shown for a moment over the picture ("saved digitcam-1.png"); NULL: nothing */
};

struct scene; /* grows to the largest reading it has seen */

/* With the room's name before them, since net/train draws scenes of its own. */
int render_scene_create(struct scene **scene); /* 0 or -ENOMEM */
void render_scene_destroy(struct scene *scene); /* NULL is fine */

/* Where a picture of this size is drawn in such an output: above the bar, as large as fits, its shape kept. */
struct scene_rect scene_picture_rect(const struct scene_view *view, int picture_width_px, int picture_height_px);

/* A good height of the bar for a picture or window of this size: 0 where it is too small for one. */
int scene_bar_height_px(int width_px, int height_px, float scale);

/* Works out what is drawn for `reading` (NULL: no frame yet, only the bar). Returns 0 or -ENOMEM. Allocates only when
 * there are more digits than ever before. */
int scene_build(struct scene *scene, const struct reading *reading, const struct scene_view *view);

/* The shapes in drawing order; owned by the scene, valid until the next build. */
const struct scene_item *scene_items(const struct scene *scene, int *count);

/* From vermilion (0.5 and less) over amber to green (1). Bright on purpose: with its dark halo it can be told from
 * paper and from a blackboard, and the three can be told apart by the colour-blind. */
struct scene_colour scene_confidence_colour(float confidence);

#endif
