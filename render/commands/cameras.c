/* cameras.c - `digitcam cameras`: what there is. */
#include "render/commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "capture/cameras.h"
#include "capture/source.h"
#include "render/cameras.h"
#include "render/command.h"

int command_cameras(const struct options *options, char **words, int count)
{
    struct camera_list *list;
    (void)words, (void)count;
    int error = camera_list_create(&list);
    if (error) {
        fprintf(stderr, "digitcam: the cameras cannot be listed: %s\n", strerror(-error));
        return EXIT_FAILED;
    }
    if (list->count == 0) {
        char text[SOURCE_WHY_BYTES];
        camera_list_empty_text(text, sizeof text);
        fprintf(stderr, "digitcam: %s; `digitcam demo` shows the program without one\n", text);
    }
    if ((error = cameras_print_list(stdout, list, options->json)) != 0)
        fputs("digitcam: a camera could not be put into JSON\n", stderr);
    camera_list_destroy(list);
    return error ? EXIT_FAILED : EXIT_FINE;
}
