/* names.h - names that can only be meant for something of ours: instruction sets and the demo's scenes. */
#ifndef DIGITCAM_RENDER_COMMANDS_NAMES_H
#define DIGITCAM_RENDER_COMMANDS_NAMES_H

#include <stdbool.h>

#include "render/options.h"

/* True, after one line for the user on stderr, where one of the options or sources has a name that can only be
 * meant for ours, and we have none such. That is wrong usage, and told before anything is read; the name of a
 * file or a camera that is not there is not: it may be there the next time. */
bool names_unknown(const struct options *options, char **sources, int count);

#endif
