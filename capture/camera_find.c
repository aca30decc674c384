/* camera_find.c - from what a person types to a device. See camera_find.h. */
#include "capture/camera_find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "capture/cameras.h"
#include "capture/why.h"

/* The first camera with exactly this name; else the first with a name that has it as a part; else NULL. */
static const struct camera *find_by_name(const struct camera_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->cameras[i].name, name) == 0)
            return &list->cameras[i];
    for (size_t i = 0; i < list->count; i++)
        if (strcasestr(list->cameras[i].name, name))
            return &list->cameras[i];
    return NULL;
}

/* Another camera that is meant as well as `found`; NULL where there is none. The several devices of one camera have
 * one name; the first of them is the one with the pictures for people. */
static const struct camera *find_rival(const struct camera_list *list, const struct camera *found, const char *name)
{
    if (strcasecmp(found->name, name) == 0)
        return NULL;
    for (size_t i = 0; i < list->count; i++)
        if (strcasestr(list->cameras[i].name, name) && strcmp(list->cameras[i].name, found->name) != 0)
            return &list->cameras[i];
    return NULL;
}

static int find_named(const char *name, char *path, size_t path_bytes, char *why, size_t why_bytes)
{
    struct camera_list *list;
    int error = camera_list_create_names(&list);
    if (error)
        return why_fail(why, why_bytes, error, "cannot list the cameras: %s", strerror(-error));
    const struct camera *const found = find_by_name(list, name);
    const struct camera *const rival = found ? find_rival(list, found, name) : NULL;
    if (!found)
        error = why_fail(why, why_bytes, -ENOENT,
                         "no file, folder or camera named %.200s; `digitcam cameras` lists the cameras", name);
    else if (rival)
        error = why_fail(why, why_bytes, -EINVAL, "several cameras are named like %.200s: %s (%s) and %s (%s); say which",
                         name, found->name, found->path, rival->name, rival->path);
    else
        snprintf(path, path_bytes, "%s", found->path);
    camera_list_destroy(list);
    return error;
}

int camera_find(const char *spec, char *path, size_t path_bytes, char *why, size_t why_bytes)
{
    const char *const prefix = strspn(spec, "0123456789") == strlen(spec) ? "/dev/video" : "";
    if (!*prefix && !strchr(spec, '/'))
        return find_named(spec, path, path_bytes, why, why_bytes);
    if ((size_t)snprintf(path, path_bytes, "%s%s", prefix, spec) >= path_bytes)
        return why_fail(why, why_bytes, -EINVAL, "the name %.40s... is too long for a camera", spec);
    return 0;
}
