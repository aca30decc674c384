/* usage.h - what train and eval say of an option that getopt_long could not take. */
#ifndef DIGITCAM_NET_TRAIN_USAGE_H
#define DIGITCAM_NET_TRAIN_USAGE_H

#include <getopt.h>

#define USAGE_STATUS 2 /* exit status of wrong usage */

/* Writes one line to stderr, "digitcam COMMAND: FAULT VALUE", and where to read on. Returns USAGE_STATUS. */
int usage_wrong(const char *command, const char *fault, const char *value);

/* The same of what getopt_long, called with ":" as its short options and with these long ones, has just answered with
 * `answer`, '?' or ':': no such option, a value missing, or a value where none is taken. */
int usage_wrong_option(const char *command, int answer, char **argv, const struct option *long_options);

#endif
