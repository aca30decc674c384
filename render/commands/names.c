#include "render/commands/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/cameras.h"
#include "capture/demo.h"
#include "capture/source.h"
#include "net/kernels.h"

static bool no_such_kernels(const char *name)
{
    const struct kernels *const set = name ? kernels_find(name) : NULL;
    const char *const variable = getenv("DIGITCAM_KERNELS");
    if (!name || (set && set->supported()))
        return false;
    fprintf(stderr, "digitcam: %s: \"%s\" %s; there is", name == variable ? "DIGITCAM_KERNELS" : "--kernels", name,
            set ? "is nothing that this processor runs" : "is no instruction set");
    const char *comma = "";
    for (int i = 0; kernels_at(i); i++)
        if (kernels_at(i)->supported())
            fprintf(stderr, "%s %s", comma, kernels_at(i)->name), comma = ",";
    fputc('\n', stderr);
    return true;
}

static bool no_such_scene(const char *spec)
{
    char why[SOURCE_WHY_BYTES];
    struct source *source;
    if (strncmp(spec, "demo:", 5) != 0 || demo_scene_known(spec + 5) ||
        source_open(&source, spec, NULL, why, sizeof why) == 0)
        return false;
    fprintf(stderr, "digitcam: %s\n", why);
    return true;
}

bool names_unknown(const struct options *options, char **sources, int count)
{
    bool wrong = no_such_kernels(options->kernels);
    for (int i = 0; i < count && !wrong; i++)
        wrong = no_such_scene(sources[i]);
    return wrong;
}

bool names_camera(const char *word)
{
    struct camera_list *list;
    bool found = false;
    if (camera_list_create_names(&list) != 0)
        return false;
    for (size_t i = 0; i < list->count; i++)
        found |= strcasestr(list->cameras[i].name, word) != NULL;
    camera_list_destroy(list);
    return found;
}
