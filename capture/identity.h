/* identity.h - which camera this is, so that it is known again after it was unplugged: in the same USB port or in
 * another, under its old number or a new one. Only for files in capture/. */
#ifndef DIGITCAM_CAPTURE_IDENTITY_H
#define DIGITCAM_CAPTURE_IDENTITY_H

#include <stddef.h>

#include "capture/cameras.h"
#include "capture/device.h"

enum { IDENTITY_TWINS_MOST = 8 };

struct identity {
    char path[288];  /* as it was opened */
    char by_id[288]; /* the link in /dev/v4l/by-id, with the serial number of a camera that has one; "": none */
    char name[33];
    char bus[33];
    char twins[IDENTITY_TWINS_MOST][33]; /* buses of other cameras of this name: each of them is another camera */
    size_t twin_count;
};

/* Takes down who `device`, which is open, is. */
void identity_take(struct identity *identity, const struct device *device);

/* Takes down which other cameras look like this one. To be called when it has just gone: one that is plugged in later
 * can be this one in another port. */
void identity_take_twins(struct identity *identity, const struct camera_list *list);

/* The same camera among those that are there now; NULL where it is not. It has the same name and, in this order, the
 * same by-id link, the same place on the bus, or a place where no other camera of that name was; among equals, the same path. A by-id link that is
 * another one tells a camera of the same make apart. Owned by the list. */
const struct camera *identity_find(const struct identity *identity, const struct camera_list *list);

#endif
