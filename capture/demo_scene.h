/* demo_scene.h - the demo's scenes: what is hard about each, as a table. Only for the files of the demo. */
#ifndef DIGITCAM_CAPTURE_DEMO_SCENE_H
#define DIGITCAM_CAPTURE_DEMO_SCENE_H

#include <stdbool.h>

/* What everything is written with. */
enum demo_pens { DEMO_PENS, DEMO_CHALKS, DEMO_MARKERS, DEMO_PENCILS, DEMO_PEN_SETS };

enum demo_paper { DEMO_PLAIN, DEMO_SQUARED, DEMO_RULED, DEMO_BLACKBOARD, DEMO_WHITEBOARD, DEMO_PAPERS };

/* What stands on the page. */
enum demo_layout {
    DEMO_NUMBERS, /* lines of numbers */
    DEMO_USUAL,   /* a bit of everything, as plain "demo" shows it */
    DEMO_WORKSHEET,
};

struct demo_scene {
    const char *name;    /* as in "demo:NAME" */
    const char *summary; /* for lists of scenes: a few words */
    enum demo_layout layout; /* if no number of digits is asked for; else lines of numbers */
    bool own_paper;      /* `paper`; else another one for every seed */
    enum demo_paper paper;
    enum demo_pens pens;
    float touching;    /* share of digits that touch the one before them */
    float bold_print;  /* how much stronger the printed lines are than in plain "demo"; 0: as there */
    float glare;       /* of a lamp on a glossy board, 0..1 */
    float shadow;      /* light lost in a shadow with a sharp edge across the writing, 0..1 */
    float dark;        /* light lost everywhere, 0..1 */
    float noise_times; /* the camera's noise over the usual; 0: as usual */
    bool shake;        /* a trembling hand holds the camera: quick motion, and blur along it */
    float tilt;        /* how far the page is turned to and fro, radians */
    float lean;        /* how much its far side is smaller than its near one, as of a sheet held in a hand; 0..1 */
    float farther;     /* share of the usual size it is seen at, so that all of it stays in view; 0: as usual */
    bool turns;        /* pages are turned */
    bool sudden;       /* ... from one frame to the next, without a sheet that slides */
    bool hand;         /* a hand with a pen moves over the writing */
};

int demo_scene_total(void);

/* 0 <= index < demo_scene_total(). */
const struct demo_scene *demo_scene_at(int index);

/* NULL and "" are the usual page; NULL where there is no scene of that name. */
const struct demo_scene *demo_scene_find(const char *name);

#endif
