#include "render/commands/stop.h"

#include <signal.h>
#include <stddef.h>

atomic_bool stop_requested;

void stop_request(int signal_number)
{
    (void)signal_number;
    atomic_store(&stop_requested, true);
}

/* A second Ctrl-C ends the program the hard way. A closed pipe is seen where we write to it. */
void stop_handle_signals(void)
{
    struct sigaction action = {.sa_handler = stop_request, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action = (struct sigaction){.sa_handler = stop_request};
    sigaction(SIGUSR1, &action, NULL); /* ours: wakes a thread that waits for a file (end_thread) */
    action = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
}

void stop_default_signals(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}
