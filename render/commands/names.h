/* names.h - what names can only be meant for: something of ours (instruction sets, the demo's scenes), or a camera. */
#ifndef DIGITCAM_RENDER_COMMANDS_NAMES_H
#define DIGITCAM_RENDER_COMMANDS_NAMES_H

#include <stdbool.h>

#include "render/options.h"

/* True, after one line for the user on stderr, where one of the options or sources has a name that can only be
 * meant for ours, and we have none such. That is wrong usage, and told before anything is read; the name of a
 * file or a camera that is not there is not: it may be there the next time. */
bool names_unknown(const struct options *options, char **sources, int count);

/* "DIGITCAM_WEIGHTS: " where the weights file's name is from the environment, to begin a message about it; else "". */
const char *names_whose_weights(const struct options *options);

/* One line on stderr where an option of the command line is for cameras and `spec`, which was just opened, is none: it
 * does nothing there. `size_counts`: --size does something with every source. True where a line was said. */
bool names_say_idle(const struct options *options, const char *spec, bool size_counts);

/* Whether `word` is the name of a camera that is there, or a part of one. */
bool names_camera(const char *word);

#endif
