#include "capture/demo_scene.h"

#include <string.h>

static const struct demo_scene scenes[] = {
    {.name = "page", .summary = "a page of handwriting, as plain \"demo\" shows it", .layout = DEMO_USUAL},
    {.name = "blackboard",
     .summary = "chalk on a blackboard",
     .own_paper = true,
     .paper = DEMO_BLACKBOARD,
     .pens = DEMO_CHALKS},
    {.name = "whiteboard",
     .summary = "felt pens on a whiteboard with the glare of a lamp",
     .own_paper = true,
     .paper = DEMO_WHITEBOARD,
     .pens = DEMO_MARKERS,
     .glare = 1},
    {.name = "squared",
     .summary = "squared paper, strongly printed",
     .own_paper = true,
     .paper = DEMO_SQUARED,
     .bold_print = 1},
    {.name = "ruled",
     .summary = "ruled paper, strongly printed, the digits standing on the lines",
     .own_paper = true,
     .paper = DEMO_RULED,
     .bold_print = 1},
    {.name = "worksheet",
     .summary = "boxes to fill in, a table, a date, a total underlined, circled numbers",
     .own_paper = true,
     .paper = DEMO_PLAIN,
     .layout = DEMO_WORKSHEET},
    {.name = "touching", .summary = "numbers whose digits touch each other", .touching = 0.6f},
    {.name = "pencil",
     .summary = "pencil only, some of it faint",
     .own_paper = true,
     .paper = DEMO_PLAIN,
     .pens = DEMO_PENCILS},
    {.name = "shadow", .summary = "a shadow with a sharp edge across the writing", .shadow = 0.5f},
    {.name = "dim", .summary = "hardly any light, and the noise a camera then has", .dark = 0.6f, .noise_times = 3.4f},
    {.name = "shake", .summary = "a trembling camera: quick motion and blur", .shake = true},
    {.name = "tilted",
     .summary = "the page turned up to 20 degrees to and fro",
     .tilt = 0.32f,
     .farther = 0.74f},
    {.name = "held", .summary = "a sheet held in a hand: leaning, so that one side is farther away", .tilt = 0.08f, .lean = 0.42f,
     .farther = 0.84f},
    {.name = "pageturn", .summary = "another page slides over the old one every two seconds", .turns = true},
    {.name = "newpage",
     .summary = "another page from one frame to the next, every two seconds",
     .turns = true,
     .sudden = true},
    {.name = "hand", .summary = "a hand with a pen moves over the writing", .hand = true},
};

int demo_scene_total(void)
{
    return (int)(sizeof scenes / sizeof scenes[0]);
}

const struct demo_scene *demo_scene_at(int index)
{
    return &scenes[index];
}

const struct demo_scene *demo_scene_find(const char *name)
{
    if (!name || !*name)
        return &scenes[0];
    for (int i = 0; i < demo_scene_total(); i++)
        if (strcmp(scenes[i].name, name) == 0)
            return &scenes[i];
    return NULL;
}
