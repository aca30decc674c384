/* identity.c - knowing a camera again. See identity.h. */
#include "capture/identity.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "capture/node.h"

void identity_take(struct identity *identity, const struct device *device)
{
    *identity = (struct identity){.twin_count = 0};
    snprintf(identity->path, sizeof identity->path, "%s", device->path);
    snprintf(identity->name, sizeof identity->name, "%s", device->name);
    snprintf(identity->bus, sizeof identity->bus, "%s", device->bus);
    node_find_by_id(device->path, identity->by_id, sizeof identity->by_id);
}

static bool has_name(const struct identity *identity, const struct camera *camera)
{
    return strcmp(camera->name, identity->name) == 0;
}

static bool is_same_place(const struct identity *identity, const struct camera *camera)
{
    return strcmp(camera->bus, identity->bus) == 0;
}

void identity_take_twins(struct identity *identity, const struct camera_list *list)
{
    identity->twin_count = 0;
    for (size_t i = 0; i < list->count && identity->twin_count < IDENTITY_TWINS_MOST; i++)
        if (has_name(identity, &list->cameras[i]) && !is_same_place(identity, &list->cameras[i]))
            snprintf(identity->twins[identity->twin_count++], sizeof identity->twins[0], "%s", list->cameras[i].bus);
}

static bool is_twin(const struct identity *identity, const struct camera *camera)
{
    for (size_t i = 0; i < identity->twin_count; i++)
        if (strcmp(identity->twins[i], camera->bus) == 0)
            return true;
    return false;
}

/* How sure it is that this is the camera; 0: it is another one. */
static int likeness(const struct identity *identity, const struct camera *camera)
{
    if (!has_name(identity, camera) || is_twin(identity, camera))
        return 0;
    if (identity->by_id[0] && strcmp(identity->by_id, camera->by_id) == 0)
        return 3;
    if (identity->by_id[0] && camera->by_id[0])
        return 0;
    return is_same_place(identity, camera) ? 2 : 1;
}

const struct camera *identity_find(const struct identity *identity, const struct camera_list *list)
{
    const struct camera *best = NULL;
    int best_likeness = 1; /* the path alone says nothing: numbers are given to whoever comes first */
    for (size_t i = 0; i < list->count; i++) {
        const int same_path = strcmp(identity->path, list->cameras[i].path) == 0;
        const int this_likeness = 2 * likeness(identity, &list->cameras[i]) + same_path;
        if (this_likeness > best_likeness) {
            best = &list->cameras[i];
            best_likeness = this_likeness;
        }
    }
    return best;
}
