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

const char *names_whose_weights(const struct options *options)
{
    return options->weights && options->weights == getenv("DIGITCAM_WEIGHTS") ? "DIGITCAM_WEIGHTS: " : "";
}

static void begin_idle(const char *spec, int before)
{
    if (before)
        fputs(", ", stderr);
    else
        fprintf(stderr, "digitcam: %s is no camera: ", strcmp(spec, "-") == 0 ? "standard input" : spec);
}

bool names_say_idle(const struct options *options, const char *spec, bool size_counts)
{
    const bool demo = strcmp(spec, "demo") == 0 || strncmp(spec, "demo:", 5) == 0;
    const struct {
        const char *name;
        bool idle;
    } all[] = {{"size", !demo && !size_counts}, {"fps", !demo}, {"format", true}};
    int count = 0;
    if (source_means_camera(spec))
        return false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].idle && options_have(options, all[i].name))
            begin_idle(spec, count++), fprintf(stderr, "--%s", all[i].name);
    for (int i = 0; i < options->control_count; i++)
        begin_idle(spec, count++), fprintf(stderr, "--control %s", options->controls[i]);
    if (count)
        fputs(count > 1 ? " do nothing\n" : " does nothing\n", stderr);
    return count > 0;
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
