/* commands.h - the program's commands, and the pages of its help that look into another room. This folder brings
 * capture, vision, net and render together, and stands above them as net/train does; only digitcam.c uses it,
 * which has the table of commands.
 *
 * Commands take the options and the other words of the command line, and return an exit status (render/command.h). */
#ifndef DIGITCAM_RENDER_COMMANDS_COMMANDS_H
#define DIGITCAM_RENDER_COMMANDS_COMMANDS_H

#include "render/options.h"

int command_live(const struct options *options, char **sources, int count);
int command_read(const struct options *options, char **sources, int count);
int command_cameras(const struct options *options, char **words, int count);
int command_bench(const struct options *options, char **sources, int count);

void topic_kernels(void);
void topic_scenes(void);

#endif
