/* node.h - what the camera code asks of the operating system besides ioctls: opening nodes of /dev, waiting on them,
 * the time, and which nodes there are. All of it in one object file, so that a test can bring its own instead, with
 * cameras that are plugged in and out and a clock of its own. Only for files in capture/ and their tests. */
#ifndef DIGITCAM_CAPTURE_NODE_H
#define DIGITCAM_CAPTURE_NODE_H

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens a node for capturing, without waiting. Returns a descriptor or a negative errno. */
int node_open(const char *path);

/* Asks the driver who it is, past libv4l2. Returns 0 or a negative errno. */
int node_query(int fd, struct v4l2_capability *capability);

/* Closes what node_open opened and libv4l2 has not been given. */
void node_close(int fd);

/* Waits until there is something to take, at most `timeout_ms`. Returns 0; -EAGAIN where nothing came in time (or a
 * signal came); a negative errno. *failed tells that the driver reports an error: the next ioctl says which. */
int node_wait(int fd, int timeout_ms, bool *failed);

/* Lets the time go by; a signal ends it early. */
void node_sleep(int milliseconds);

int64_t node_now_ns(void); /* CLOCK_MONOTONIC, which stands still while the computer sleeps */

int64_t node_asleep_ns(void); /* how long it has slept since it was started */

/* The numbers of all /dev/videoN, in order; they may have gaps. *numbers is the caller's to free. Returns 0, -ENOMEM,
 * or the errno of a /dev that cannot be read (then *numbers is NULL). */
int node_list_numbers(int **numbers, size_t *count);

/* Finds the link in /dev/v4l/by-id that leads to `path`, which is a node or a link to one; "" where there is none. */
void node_find_by_id(const char *path, char *by_id, size_t by_id_bytes);

/* What the kernel says it is: the line in /proc/version; "" where that cannot be read. */
void node_read_kernel(char *text, size_t text_bytes);

#endif
