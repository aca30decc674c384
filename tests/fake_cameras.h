/* fake_cameras.h - cameras that are plugged in and out, for tests: the program that includes this (once) has its own node_*
 * (capture/node.h) and v4l2_*, which the linker takes before those of capture.a and libv4l2: cameras with a bus, a name
 * and a number, and a clock that only moves when somebody waits. Any of their calls can be made to fail. */
#ifndef DIGITCAM_TESTS_FAKE_CAMERAS_H
#define DIGITCAM_TESTS_FAKE_CAMERAS_H

#include <errno.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "capture/node.h"
#include "capture/source.h"

enum { BUFFERS = 4, CAMERAS = 3, DESCRIPTORS = 8, FIRST_DESCRIPTOR = 100000, CALL_US = 20 };
static const int64_t ms_ns = 1000000, second_ns = 1000000000;

/* ---- the cameras --------------------------------------------------------------------------------------------- */

enum { CONTROLS = 10 };

struct fake_control {
    uint32_t id, type;
    const char *name;
    int32_t minimum, maximum, value;
    uint32_t governor; /* while this control is not ... */
    int32_t manual;    /* ... this, ours cannot be set; 0: always */
    const char *items[5];
};

struct fake {
    bool plugged, silent;
    int number, fps, width, height;
    const char *name, *bus, *by_id;
    uint32_t capabilities;
    unsigned plugged_times; /* a descriptor of an earlier time is of no use any more */
    bool streaming;
    uint32_t queued[BUFFERS], queued_count, sequence;
    int64_t next_frame_ns;
    bool offers_jpeg, jpeg; /* has MJPG besides GREY; is set to it */
    int raw_refused;        /* GREY does not start, with this errno; 0: it does */
    struct fake_control controls[CONTROLS]; /* in the order of their ids; id 0 ends them */
};

static struct {
    struct fake cameras[CAMERAS];
    struct {
        int camera; /* -1: not open */
        unsigned plugged_times;
    } descriptors[DESCRIPTORS];
    int64_t now_ns, asleep_ns;
    int open, mapped;
    long calls;                   /* so far */
    long fail_from, fail_until;   /* calls of these numbers fail ... */
    int fail_error;               /* ... with this errno */
    unsigned long request;        /* and so does this request, always ... */
    int request_error;            /* ... with this errno; 0: no */
    const char *kernel;           /* /proc/version */
    int64_t replug_ns;            /* the first camera comes back then; 0: never */
} fakes;

static void plug_in(struct fake *camera)
{
    camera->plugged = true;
    camera->plugged_times++;
    camera->streaming = false;
    camera->queued_count = 0;
}

static void unplug(struct fake *camera)
{
    camera->plugged = false;
}

static void pass(int64_t time_ns)
{
    fakes.now_ns += time_ns;
    if (fakes.replug_ns && fakes.now_ns >= fakes.replug_ns) {
        fakes.replug_ns = 0;
        plug_in(&fakes.cameras[0]);
    }
}

/* Every call takes a little time, and may have to fail. */
static bool fails(int *error)
{
    pass(CALL_US * 1000);
    fakes.calls++;
    *error = fakes.fail_error;
    return fakes.calls >= fakes.fail_from && fakes.calls < fakes.fail_until;
}

/* The camera behind a descriptor; NULL where it has gone. */
static struct fake *camera_of(int fd)
{
    assert_in_range(fd, FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + DESCRIPTORS - 1);
    const int index = fakes.descriptors[fd - FIRST_DESCRIPTOR].camera;
    assert_in_range(index, 0, CAMERAS - 1);
    struct fake *const camera = &fakes.cameras[index];
    const bool same = camera->plugged && camera->plugged_times == fakes.descriptors[fd - FIRST_DESCRIPTOR].plugged_times;
    return same ? camera : NULL;
}

int64_t node_now_ns(void)
{
    return fakes.now_ns;
}

int64_t node_asleep_ns(void)
{
    return fakes.asleep_ns;
}

void node_sleep(int milliseconds)
{
    pass(milliseconds * ms_ns);
}

int node_open(const char *path)
{
    int error, number = -1, fd = 0;
    if (fails(&error))
        return -error;
    sscanf(path, "/dev/video%d", &number);
    for (int i = 0; i < CAMERAS; i++) {
        if (!fakes.cameras[i].plugged || fakes.cameras[i].number != number)
            continue;
        while (fakes.descriptors[fd].camera >= 0)
            assert_true(++fd < DESCRIPTORS);
        fakes.descriptors[fd].camera = i;
        fakes.descriptors[fd].plugged_times = fakes.cameras[i].plugged_times;
        fakes.open++;
        return FIRST_DESCRIPTOR + fd;
    }
    return -ENOENT;
}

void node_close(int fd)
{
    struct fake *const camera = camera_of(fd);
    if (camera)
        camera->streaming = false;
    fakes.descriptors[fd - FIRST_DESCRIPTOR].camera = -1;
    fakes.open--;
}

int v4l2_fd_open(int fd, int flags)
{
    int error;
    (void)flags;
    if (!fails(&error))
        return fd;
    errno = error;
    return -1;
}

int v4l2_close(int fd)
{
    node_close(fd);
    return 0;
}

int node_query(int fd, struct v4l2_capability *capability)
{
    int error;
    const struct fake *const camera = camera_of(fd);
    if (fails(&error) || !camera)
        return camera ? -error : -ENODEV;
    *capability = (struct v4l2_capability){.capabilities = camera->capabilities};
    snprintf((char *)capability->card, sizeof capability->card, "%s", camera->name);
    snprintf((char *)capability->bus_info, sizeof capability->bus_info, "%s", camera->bus);
    return 0;
}

int node_list_numbers(int **numbers, size_t *count)
{
    *count = 0;
    *numbers = calloc(CAMERAS, sizeof **numbers);
    assert_non_null(*numbers);
    for (int number = 0; number < 10; number++)
        for (int i = 0; i < CAMERAS; i++)
            if (fakes.cameras[i].plugged && fakes.cameras[i].number == number)
                (*numbers)[(*count)++] = number;
    return 0;
}

void node_find_by_id(const char *path, char *by_id, size_t by_id_bytes)
{
    int number = -1;
    sscanf(path, "/dev/video%d", &number);
    by_id[0] = '\0';
    for (int i = 0; i < CAMERAS; i++)
        if (fakes.cameras[i].plugged && fakes.cameras[i].number == number && fakes.cameras[i].by_id)
            snprintf(by_id, by_id_bytes, "%s", fakes.cameras[i].by_id);
}

void node_read_kernel(char *text, size_t text_bytes)
{
    snprintf(text, text_bytes, "%s", fakes.kernel ? fakes.kernel : "Linux version 6.1.0-13-amd64");
}

int node_wait(int fd, int timeout_ms, bool *failed)
{
    const struct fake *const camera = camera_of(fd);
    int error;
    *failed = !camera;
    if (fails(&error) && error != EINTR)
        return -error;
    if (!camera)
        return 0;
    const bool comes = camera->streaming && !camera->silent && camera->queued_count > 0;
    const int64_t left_ns = camera->next_frame_ns - fakes.now_ns;
    if (comes && left_ns <= timeout_ms * ms_ns) {
        pass(left_ns > 0 ? left_ns : 0);
        return 0;
    }
    pass(timeout_ms * ms_ns);
    return -EAGAIN;
}

static int dequeue(struct fake *camera, struct v4l2_buffer *buffer)
{
    if (camera->silent || camera->queued_count == 0 || camera->next_frame_ns > fakes.now_ns)
        return EAGAIN;
    buffer->index = camera->queued[0];
    camera->queued_count--;
    memmove(camera->queued, camera->queued + 1, camera->queued_count * sizeof camera->queued[0]);
    buffer->sequence = camera->sequence++;
    buffer->bytesused = (uint32_t)(camera->width * camera->height);
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->timestamp.tv_sec = fakes.now_ns / second_ns;
    buffer->timestamp.tv_usec = fakes.now_ns % second_ns / 1000;
    camera->next_frame_ns = fakes.now_ns + second_ns / camera->fps;
    return 0;
}

static int offer(const struct fake *camera, unsigned long request, void *argument)
{
    const uint32_t index = *(uint32_t *)argument; /* the first member of all of them */
    const bool second_format = request == VIDIOC_ENUM_FMT && index == 1 && camera->offers_jpeg;
    if (index > 0 && !second_format) /* every other list has one entry */
        return EINVAL;
    if (request == VIDIOC_ENUM_FMT) {
        ((struct v4l2_fmtdesc *)argument)->pixelformat = second_format ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_GREY;
    } else if (request == VIDIOC_ENUM_FRAMESIZES) {
        struct v4l2_frmsizeenum *const size = argument;
        size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        size->discrete = (struct v4l2_frmsize_discrete){(uint32_t)camera->width, (uint32_t)camera->height};
    } else {
        struct v4l2_frmivalenum *const interval = argument;
        interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        interval->discrete = (struct v4l2_fract){1, (uint32_t)camera->fps};
    }
    return 0;
}

static void set_format(struct fake *camera, struct v4l2_pix_format *pix)
{
    camera->jpeg = camera->offers_jpeg && pix->pixelformat == V4L2_PIX_FMT_MJPEG;
    pix->width = (uint32_t)camera->width;
    pix->height = (uint32_t)camera->height;
    pix->pixelformat = camera->jpeg ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_GREY;
    pix->bytesperline = (uint32_t)camera->width;
}

static void tell_rate(const struct fake *camera, struct v4l2_streamparm *parameters)
{
    parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    parameters->parm.capture.timeperframe = (struct v4l2_fract){1, (uint32_t)camera->fps};
}

/* ---- controls ------------------------------------------------------------------------------------------------ */

static inline struct fake_control *fake_control(struct fake *camera, uint32_t id)
{
    for (int i = 0; i < CONTROLS && camera->controls[i].id; i++)
        if (camera->controls[i].id == id)
            return &camera->controls[i];
    return NULL;
}

static inline int32_t fake_value(struct fake *camera, uint32_t id)
{
    const struct fake_control *const control = fake_control(camera, id);
    assert_non_null(control);
    return control->value;
}

static int query_control(const struct fake *camera, struct v4l2_query_ext_ctrl *query)
{
    const uint32_t after = query->id & ~V4L2_CTRL_FLAG_NEXT_CTRL;
    for (int i = 0; i < CONTROLS && camera->controls[i].id; i++) {
        const struct fake_control *const control = &camera->controls[i];
        if (control->id <= after)
            continue;
        *query = (struct v4l2_query_ext_ctrl){.id = control->id, .type = control->type, .minimum = control->minimum,
                                              .maximum = control->maximum, .step = 1, .default_value = control->value};
        snprintf(query->name, sizeof query->name, "%s", control->name);
        return 0;
    }
    return EINVAL;
}

static int query_item(struct fake *camera, struct v4l2_querymenu *item)
{
    const struct fake_control *const control = fake_control(camera, item->id);
    if (!control || item->index > 4 || !control->items[item->index])
        return EINVAL;
    snprintf((char *)item->name, sizeof item->name, "%s", control->items[item->index]);
    return 0;
}

static int exchange_control(struct fake *camera, unsigned long request, struct v4l2_ext_control *value)
{
    struct fake_control *const control = fake_control(camera, value->id);
    if (!control)
        return EINVAL;
    if (request == VIDIOC_G_EXT_CTRLS && control->type == V4L2_CTRL_TYPE_BUTTON)
        return EACCES;
    if (request == VIDIOC_G_EXT_CTRLS) {
        value->value = control->value;
        return 0;
    }
    if (control->governor && fake_value(camera, control->governor) != control->manual)
        return EACCES;
    if (value->value < control->minimum || value->value > control->maximum)
        return ERANGE;
    control->value = value->value;
    return 0;
}

/* The usual webcam's. */
static inline void give_controls(struct fake *camera)
{
    static const struct fake_control usual[] = {
        {V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", -64, 64, 5, 0, 0, {0}},
        {V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CTRL_TYPE_BOOLEAN, "White Balance, Automatic", 0, 1, 1, 0, 0, {0}},
        {V4L2_CID_GAIN, V4L2_CTRL_TYPE_INTEGER, "Gain", 0, 100, 20, 0, 0, {0}},
        {V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CTRL_TYPE_MENU, "Power Line Frequency", 0, 2, 1, 0, 0,
         {"Disabled", "50 Hz", "60 Hz"}},
        {V4L2_CID_WHITE_BALANCE_TEMPERATURE, V4L2_CTRL_TYPE_INTEGER, "White Balance Temperature", 2800, 6500, 4600,
         V4L2_CID_AUTO_WHITE_BALANCE, 0, {0}},
        {V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, "Auto Exposure", 0, 3, 3, 0, 0,
         {NULL, "Manual Mode", NULL, "Aperture Priority Mode"}},
        {V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Exposure Time, Absolute", 3, 2047, 250,
         V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL, {0}},
        {V4L2_CID_FOCUS_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Focus, Absolute", 0, 250, 30, V4L2_CID_FOCUS_AUTO, 0, {0}},
        {V4L2_CID_FOCUS_AUTO, V4L2_CTRL_TYPE_BOOLEAN, "Focus, Automatic Continuous", 0, 1, 0, 0, 0, {0}},
    };
    memcpy(camera->controls, usual, sizeof usual);
}

/* Returns 0 or an errno. */
static int answer(struct fake *camera, unsigned long request, void *argument)
{
    switch (request) {
    case VIDIOC_G_INPUT:
        *(int *)argument = 0;
        return 0;
    case VIDIOC_ENUMINPUT:
        return 0;
    case VIDIOC_ENUM_FMT:
    case VIDIOC_ENUM_FRAMESIZES:
    case VIDIOC_ENUM_FRAMEINTERVALS:
        return offer(camera, request, argument);
    case VIDIOC_S_FMT:
        set_format(camera, &((struct v4l2_format *)argument)->fmt.pix);
        return 0;
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM:
        tell_rate(camera, argument);
        return 0;
    case VIDIOC_REQBUFS:
        ((struct v4l2_requestbuffers *)argument)->count = BUFFERS;
        camera->queued_count = 0;
        return 0;
    case VIDIOC_QUERYBUF:
        ((struct v4l2_buffer *)argument)->length = (uint32_t)(camera->width * camera->height);
        return 0;
    case VIDIOC_QBUF:
        assert_true(camera->queued_count < BUFFERS);
        camera->queued[camera->queued_count++] = ((struct v4l2_buffer *)argument)->index;
        return 0;
    case VIDIOC_DQBUF:
        return dequeue(camera, argument);
    case VIDIOC_STREAMON:
        if (camera->raw_refused && !camera->jpeg)
            return camera->raw_refused;
        camera->streaming = true;
        camera->sequence = 0;
        camera->next_frame_ns = fakes.now_ns + second_ns / camera->fps;
        return 0;
    case VIDIOC_STREAMOFF:
        camera->streaming = false;
        camera->queued_count = 0;
        return 0;
    case VIDIOC_QUERY_EXT_CTRL:
        return query_control(camera, argument);
    case VIDIOC_QUERYMENU:
        return query_item(camera, argument);
    case VIDIOC_G_EXT_CTRLS:
    case VIDIOC_S_EXT_CTRLS:
        return exchange_control(camera, request, ((struct v4l2_ext_controls *)argument)->controls);
    default:
        return ENOTTY;
    }
}

int v4l2_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *const argument = va_arg(arguments, void *);
    va_end(arguments);
    struct fake *const camera = camera_of(fd);
    int error;
    if (!fails(&error))
        error = request == fakes.request ? fakes.request_error : 0;
    if (!camera)
        error = ENODEV;
    if (!error)
        error = answer(camera, request, argument);
    errno = error;
    return error ? -1 : 0;
}

/* Memory of its own for each mapping, so that using it after it is gone is found out. */
void *v4l2_mmap(void *start, size_t length, int prot, int flags, int fd, int64_t offset)
{
    int error;
    (void)start, (void)prot, (void)flags, (void)offset;
    if (fails(&error) || !camera_of(fd)) {
        errno = camera_of(fd) ? error : ENODEV;
        return MAP_FAILED;
    }
    fakes.mapped++;
    uint8_t *const memory = calloc(1, length);
    assert_non_null(memory);
    if (camera_of(fd)->jpeg)
        memcpy(memory, "\xff\xd8", 2);
    return memory;
}

int v4l2_munmap(void *start, size_t length)
{
    (void)length;
    fakes.mapped--;
    free(start);
    return 0;
}

/* ---- setting up ---------------------------------------------------------------------------------------------- */

static struct source *source;
static struct source_options options;
static struct frame frame;
static char why[SOURCE_WHY_BYTES];
#define waiting "camera unplugged, waiting"

static struct fake *const first = &fakes.cameras[0], *const second = &fakes.cameras[1];

static int set_up(void **state)
{
    (void)state;
    memset(&fakes, 0, sizeof fakes);
    options = (struct source_options){0};
    source = NULL;
    for (int i = 0; i < DESCRIPTORS; i++)
        fakes.descriptors[i].camera = -1;
    fakes.now_ns = 1000 * second_ns;
    *first = (struct fake){.number = 3,
                           .fps = 30,
                           .width = 32,
                           .height = 24,
                           .name = "Fake",
                           .bus = "usb-1",
                           .capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING};
    *second = *first;
    second->number = 4;
    second->bus = "usb-2";
    second->width = 64;
    plug_in(first);
    return 0;
}

static int open_first(void)
{
    return source_open(&source, "3", &options, why, sizeof why);
}

/* Every test must leave nothing open and nothing mapped. */
static int tear_down(void **state)
{
    (void)state;
    source_close(source);
    return fakes.open == 0 && fakes.mapped == 0 ? 0 : -1;
}

static int next(void)
{
    snprintf(why, sizeof why, "what was here before");
    const int64_t before_ns = fakes.now_ns;
    const int error = source_next(source, &frame, 100, why, sizeof why);
    assert_true(fakes.now_ns - before_ns < 300 * ms_ns); /* whatever happens, the caller has it back soon */
    return error;
}

static inline void take(int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(next(), 0);
        assert_int_equal(frame.data[0], 0); /* it is there */
    }
}

/* Waits for a frame, at most so long; all the while `why` must say this (NULL: whatever it likes). */
static inline void wait_for_frame(int64_t most_ns, const char *saying)
{
    const int64_t until_ns = fakes.now_ns + most_ns;
    int error;
    while ((error = next()) == -EAGAIN && fakes.now_ns < until_ns)
        if (saying)
            assert_string_equal(why, saying);
    assert_int_equal(error, 0);
}

static inline void wait_in_vain(int64_t time_ns, const char *saying)
{
    const int64_t until_ns = fakes.now_ns + time_ns;
    while (fakes.now_ns < until_ns) {
        assert_int_equal(next(), -EAGAIN);
        assert_string_equal(why, saying);
    }
}

#endif
