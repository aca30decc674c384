/* outputs.h - that what `read` writes does not lie where it reads. */
#ifndef DIGITCAM_RENDER_COMMANDS_OUTPUTS_H
#define DIGITCAM_RENDER_COMMANDS_OUTPUTS_H

#include <stdbool.h>

#include "render/options.h"

/* True, after one line for the user on stderr, where a file that --overlay or --stages would write is a picture to be
 * read, under whichever name (a link too), or would come to lie among the pictures of a folder to be read. Nothing is
 * read or written here. Out of memory counts as true: what is not known to be safe is not done. */
bool outputs_overwrite(const struct options *options, char **sources, int count);

#endif
