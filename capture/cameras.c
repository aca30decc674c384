/* cameras.c - the list of cameras: the nodes of /dev that capture pictures. See cameras.h. */
#include "capture/cameras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/control_plan.h"
#include "capture/device.h"
#include "capture/node.h"
#include "capture/offers.h"

/* Reads the first line of a small file of /sys; "" where it cannot be read. */
static void read_attribute(const char *node, const char *attribute, char *text, size_t text_bytes)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/class/video4linux/%s/%s", node, attribute);
    text[0] = '\0';
    FILE *const file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(text, (int)text_bytes, file))
        text[strcspn(text, "\n")] = '\0';
    else
        text[0] = '\0';
    fclose(file);
}

/* What /sys tells of a camera that we may not open. Returns false where the node is likely none: `index` 0 is the
 * first node of a camera, its pictures; the metadata node comes after it. */
static bool describe_unopened(struct camera *camera, int number, int error)
{
    char node[32], index[16];
    snprintf(node, sizeof node, "video%d", number);
    read_attribute(node, "index", index, sizeof index);
    if (index[0] && strcmp(index, "0") != 0)
        return false;
    read_attribute(node, "name", camera->name, sizeof camera->name);
    camera->error = error;
    return true;
}

/* Fills in *camera. Returns 1 for a camera, 0 for a node that is none, -ENOMEM. */
static int inspect_node(struct camera *camera, int number, bool details)
{
    struct device device;
    *camera = (struct camera){0};
    snprintf(camera->path, sizeof camera->path, "/dev/video%d", number);
    int error = device_open(&device, camera->path, NULL, 0);
    if (error == -EACCES || error == -EPERM || error == -EBUSY) {
        node_find_by_id(camera->path, camera->by_id, sizeof camera->by_id);
        return describe_unopened(camera, number, error);
    }
    if (error)
        return 0;
    snprintf(camera->name, sizeof camera->name, "%s", device.name);
    snprintf(camera->driver, sizeof camera->driver, "%.15s", device.driver);
    snprintf(camera->bus, sizeof camera->bus, "%.31s", device.bus);
    node_find_by_id(camera->path, camera->by_id, sizeof camera->by_id);
    if (details)
        error = offers_list_formats(&device, &camera->formats, &camera->format_count);
    if (details && !error)
        error = offers_list_controls(&device, &camera->controls, &camera->control_count);
    camera->setting_count = control_plan_list(camera->settings, camera->controls, camera->control_count);
    device_close(&device);
    if (error == -ENOMEM) {
        offers_free_formats(camera->formats, camera->format_count);
        return error;
    }
    camera->error = error;
    return 1;
}

static int create(struct camera_list **list, bool details)
{
    int *numbers = NULL;
    size_t count = 0;
    *list = NULL;
    int error = node_list_numbers(&numbers, &count);
    struct camera_list *made = error ? NULL : calloc(1, sizeof *made);
    if (!error && made)
        made->cameras = calloc(count ? count : 1, sizeof *made->cameras);
    if (!error && (!made || !made->cameras))
        error = -ENOMEM;
    for (size_t i = 0; i < count && !error; i++) {
        const int found = inspect_node(&made->cameras[made->count], numbers[i], details);
        if (found < 0)
            error = found;
        else
            made->count += (size_t)found;
    }
    free(numbers);
    if (error) {
        camera_list_destroy(made);
        return error;
    }
    *list = made;
    return 0;
}

int camera_list_create(struct camera_list **list)
{
    return create(list, true);
}

int camera_list_create_names(struct camera_list **list)
{
    return create(list, false);
}

/* Writes why the first node that takes pictures is no camera. False where there is none. */
static bool explain_taker(char *text, size_t text_bytes)
{
    int *numbers = NULL;
    size_t count = 0;
    bool found = false;
    if (node_list_numbers(&numbers, &count) != 0)
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        struct device device;
        char path[32], why[256];
        snprintf(path, sizeof path, "/dev/video%d", numbers[i]);
        if (device_open(&device, path, why, sizeof why) == 0)
            device_close(&device);
        else if ((found = device.takes))
            snprintf(text, text_bytes, "no camera found: %s", why);
    }
    free(numbers);
    return found;
}

void camera_list_empty_text(char *text, size_t text_bytes)
{
    char kernel[512];
    node_read_kernel(kernel, sizeof kernel);
    if (explain_taker(text, text_bytes))
        return;
    if (strcasestr(kernel, "microsoft"))
        snprintf(text, text_bytes,
                 "no camera found: Linux in Windows (WSL) has the cameras that usbipd passes on; in Windows, `usbipd list` "
                 "shows its BUSID, then `usbipd bind --busid BUSID` and `usbipd attach --wsl --busid BUSID` (WSL's kernel "
                 "needs the uvcvideo driver: `sudo modprobe uvcvideo`)");
    else
        snprintf(text, text_bytes, "no camera found");
}

void camera_list_destroy(struct camera_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; list->cameras && i < list->count; i++) {
        offers_free_formats(list->cameras[i].formats, list->cameras[i].format_count);
        offers_free_controls(list->cameras[i].controls, list->cameras[i].control_count);
    }
    free(list->cameras);
    free(list);
}
