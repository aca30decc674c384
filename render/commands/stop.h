/* stop.h - the wish to end: a signal's, or the window's. */
#ifndef DIGITCAM_RENDER_COMMANDS_STOP_H
#define DIGITCAM_RENDER_COMMANDS_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

/* Set by Ctrl-C, SIGTERM and the window; every loop looks at it. */
extern atomic_bool stop_requested;

/* Sets it. Can be the handler of a signal; else the number is 0. */
void stop_request(int signal_number);

/* Makes Ctrl-C and SIGTERM set it, and SIGUSR1; and a pipe that is closed an error of writing to it. */
void stop_handle_signals(void);

/* Makes Ctrl-C and SIGTERM end the program at once again. */
void stop_default_signals(void);

#endif
