/* loop_writer - writes frames into a v4l2loopback device, as a program does that plays a virtual camera.
 *
 *     loop_writer DEVICE WIDTH HEIGHT FOURCC FILE FPS COUNT
 *
 * FILE has one raw frame; it is written COUNT times, then the device is let go. */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what)
{
    fprintf(stderr, "loop_writer: %s: %s\n", what, strerror(errno));
    return 1;
}

/* Streaming is switched on so that the driver takes us for the writer: then it notices that we are gone. */
static int begin(int device, char **words, size_t *bytes)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    struct v4l2_streamparm rate = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
    int type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
    format.fmt.pix.width = (uint32_t)atoi(words[2]);
    format.fmt.pix.height = (uint32_t)atoi(words[3]);
    memcpy(&format.fmt.pix.pixelformat, words[4], 4);
    format.fmt.pix.field = V4L2_FIELD_NONE;
    format.fmt.pix.sizeimage = 2 * format.fmt.pix.width * format.fmt.pix.height;
    rate.parm.output.timeperframe = (struct v4l2_fract){1, (uint32_t)atoi(words[6])};
    if (ioctl(device, VIDIOC_S_FMT, &format) != 0)
        return fail("setting the format");
    ioctl(device, VIDIOC_S_PARM, &rate);
    ioctl(device, VIDIOC_STREAMON, &type);
    *bytes = format.fmt.pix.sizeimage;
    return 0;
}

int main(int count, char **words)
{
    if (count != 8 || strlen(words[4]) != 4) {
        fprintf(stderr, "usage: loop_writer DEVICE WIDTH HEIGHT FOURCC FILE FPS COUNT\n");
        return 2;
    }
    size_t bytes = 0;
    const int device = open(words[1], O_RDWR | O_CLOEXEC);
    FILE *const file = fopen(words[5], "rb");
    if (device < 0 || !file)
        return fail(device < 0 ? words[1] : words[5]);
    if (begin(device, words, &bytes) != 0)
        return 1;
    char *const frame = malloc(bytes);
    if (!frame || fread(frame, 1, bytes, file) != bytes)
        return fail(words[5]);
    const long interval_ns = 1000000000 / atoi(words[6]);
    for (int i = atoi(words[7]); i > 0; i--) {
        if (write(device, frame, bytes) != (ssize_t)bytes)
            return fail("writing");
        nanosleep(&(struct timespec){.tv_nsec = interval_ns}, NULL);
    }
    free(frame);
    fclose(file);
    return close(device);
}
