#include "render/commands/outputs.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "render/overlay.h"
#include "render/stages.h"

/* What a file is, whatever it is called. */
struct identity {
    dev_t device;
    ino_t inode;
};

/* Everything that is to be read, so far as it lies in files. */
struct inputs {
    struct identity *files, *folders;
    size_t file_count, folder_count;
    long frames; /* how many will be read at most */
};

static int compare(const void *a, const void *b)
{
    const struct identity *const p = a, *const q = b;
    if (p->device != q->device)
        return p->device < q->device ? -1 : 1;
    return p->inode == q->inode ? 0 : p->inode < q->inode ? -1 : 1;
}

static bool among(const struct stat *about, const struct identity *list, size_t count)
{
    const struct identity wanted = {about->st_dev, about->st_ino};
    return count && bsearch(&wanted, list, count, sizeof *list, compare);
}

static bool append(struct identity **list, size_t *count, const struct stat *about)
{
    if ((*count & (*count - 1)) == 0) { /* full at each power of two */
        struct identity *const grown = realloc(*list, sizeof *grown * (*count ? *count * 2 : 1));
        if (!grown)
            return false;
        *list = grown;
    }
    (*list)[(*count)++] = (struct identity){about->st_dev, about->st_ino};
    return true;
}

static void add_frames(struct inputs *inputs, long frames)
{
    inputs->frames = frames < LONG_MAX - inputs->frames ? inputs->frames + frames : LONG_MAX;
}

/* Every file in it: a few more than will be read do no harm. */
static bool add_folder(struct inputs *inputs, const char *path, const struct stat *about, long most)
{
    DIR *const folder = opendir(path);
    bool good = append(&inputs->folders, &inputs->folder_count, about);
    long files = 0;
    for (struct dirent *entry; good && folder && (entry = readdir(folder));) {
        char name[PATH_MAX + NAME_MAX + 2];
        struct stat file;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &file) != 0 || !S_ISREG(file.st_mode))
            continue;
        good = append(&inputs->files, &inputs->file_count, &file);
        files++;
    }
    if (folder)
        closedir(folder);
    add_frames(inputs, files < most ? files : most);
    return good;
}

static bool is_named_source(const char *spec)
{
    return strcmp(spec, "demo") == 0 || strncmp(spec, "demo:", 5) == 0;
}

static bool add_source(struct inputs *inputs, const char *spec, long frames_wanted)
{
    static const char *const pictures[] = {".jpg", ".jpeg", ".png", ".pgm", ".ppm", ".pnm"};
    const char *const ending = strrchr(spec, '.');
    const bool stdin_clip = strcmp(spec, "-") == 0;
    struct stat about;
    long most = frames_wanted ? frames_wanted : LONG_MAX;
    if (!stdin_clip && (is_named_source(spec) || stat(spec, &about) != 0 || S_ISCHR(about.st_mode)))
        return add_frames(inputs, frames_wanted ? frames_wanted : 1), true;
    if (!stdin_clip && S_ISDIR(about.st_mode))
        return add_folder(inputs, spec, &about, most);
    for (size_t i = 0; ending && i < sizeof pictures / sizeof *pictures; i++)
        if (strcasecmp(ending, pictures[i]) == 0)
            most = 1;
    add_frames(inputs, most);
    return stdin_clip || append(&inputs->files, &inputs->file_count, &about);
}

/* Whether one of the files already in `folder` is to be read, and would be written. `overlay` NULL: by --stages. */
static bool overwrites_in(const struct inputs *inputs, const char *folder, const char *overlay)
{
    DIR *const open = opendir(folder);
    bool found = false;
    for (struct dirent *entry; open && !found && (entry = readdir(open));) {
        const long number = overlay ? overlay_number(overlay, entry->d_name) : stages_writes(entry->d_name);
        char path[PATH_MAX + NAME_MAX + 2];
        struct stat about;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        found = number > 0 && number <= inputs->frames && stat(path, &about) == 0 &&
                among(&about, inputs->files, inputs->file_count);
        if (found)
            fprintf(stderr, "digitcam: %s: %s is a picture to be read; name another %s\n",
                    overlay ? "--overlay" : "--stages", strncmp(path, "./", 2) == 0 ? path + 2 : path,
                    overlay ? "file" : "folder");
    }
    if (open)
        closedir(open);
    return found;
}

static bool refused(const struct inputs *inputs, const char *overlay, const char *folder)
{
    const char *const slash = overlay ? strrchr(overlay, '/') : NULL;
    char of_overlay[PATH_MAX];
    struct stat about;
    if (overlay) { /* "/a.png" lies in "/" */
        snprintf(of_overlay, sizeof of_overlay, "%.*s", !slash ? 1 : slash > overlay ? (int)(slash - overlay) : 1,
                 slash ? overlay : ".");
        folder = of_overlay;
    }
    if (overwrites_in(inputs, folder, overlay))
        return true;
    if (stat(folder, &about) != 0 || !among(&about, inputs->folders, inputs->folder_count))
        return false;
    fprintf(stderr, "digitcam: %s: %s would lie among the pictures to be read; name another folder\n",
            overlay ? "--overlay" : "--stages", overlay ? overlay : "what it writes");
    return true;
}

bool outputs_overwrite(const struct options *options, char **sources, int count)
{
    struct inputs inputs = {0};
    bool good = true, wrong = false;
    if (!options->overlay && !options->stages)
        return false;
    for (int i = 0; i < count && good; i++)
        good = add_source(&inputs, sources[i], options->frames);
    if (!good)
        fputs("digitcam: not enough memory to compare files\n", stderr);
    if (inputs.file_count)
        qsort(inputs.files, inputs.file_count, sizeof *inputs.files, compare);
    if (inputs.folder_count)
        qsort(inputs.folders, inputs.folder_count, sizeof *inputs.folders, compare);
    if (good && options->overlay)
        wrong = refused(&inputs, options->overlay, NULL);
    if (good && !wrong && options->stages)
        wrong = refused(&inputs, NULL, options->stages);
    free(inputs.files);
    free(inputs.folders);
    return wrong || !good;
}
