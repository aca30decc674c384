/* A camera that is unplugged and comes back. This program brings its own node_* (capture/node.h) and v4l2_*, which the
 * linker takes before those of capture.a and libv4l2: two cameras with a bus, a name and a number, and a clock that only
 * moves when somebody waits. Any of their calls can be made to fail. */
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

struct fake {
    bool plugged, silent;
    int number, fps, width, height;
    const char *name, *bus, *by_id;
    uint32_t capabilities;
    unsigned plugged_times; /* a descriptor of an earlier time is of no use any more */
    bool streaming;
    uint32_t queued[BUFFERS], queued_count, sequence;
    int64_t next_frame_ns;
};

static struct {
    struct fake cameras[CAMERAS];
    struct {
        int camera; /* -1: not open */
        unsigned plugged_times;
    } descriptors[DESCRIPTORS];
    int64_t now_ns;
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
    if (*(uint32_t *)argument > 0) /* each list has one entry; `index` is the first member of all of them */
        return EINVAL;
    if (request == VIDIOC_ENUM_FMT) {
        ((struct v4l2_fmtdesc *)argument)->pixelformat = V4L2_PIX_FMT_GREY;
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

static void set_format(const struct fake *camera, struct v4l2_pix_format *pix)
{
    pix->width = (uint32_t)camera->width;
    pix->height = (uint32_t)camera->height;
    pix->pixelformat = V4L2_PIX_FMT_GREY;
    pix->bytesperline = (uint32_t)camera->width;
}

static void tell_rate(const struct fake *camera, struct v4l2_streamparm *parameters)
{
    parameters->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    parameters->parm.capture.timeperframe = (struct v4l2_fract){1, (uint32_t)camera->fps};
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
        camera->streaming = true;
        camera->sequence = 0;
        camera->next_frame_ns = fakes.now_ns + second_ns / camera->fps;
        return 0;
    case VIDIOC_STREAMOFF:
        camera->streaming = false;
        camera->queued_count = 0;
        return 0;
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
    void *const memory = calloc(1, length);
    assert_non_null(memory);
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
static const char waiting[] = "camera unplugged, waiting";

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

static void take(int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(next(), 0);
        assert_int_equal(frame.data[0], 0); /* it is there */
    }
}

/* Waits for a frame, at most so long; all the while `why` must say this (NULL: whatever it likes). */
static void wait_for_frame(int64_t most_ns, const char *saying)
{
    const int64_t until_ns = fakes.now_ns + most_ns;
    int error;
    while ((error = next()) == -EAGAIN && fakes.now_ns < until_ns)
        if (saying)
            assert_string_equal(why, saying);
    assert_int_equal(error, 0);
}

static void wait_in_vain(int64_t time_ns, const char *saying)
{
    const int64_t until_ns = fakes.now_ns + time_ns;
    while (fakes.now_ns < until_ns) {
        assert_int_equal(next(), -EAGAIN);
        assert_string_equal(why, saying);
    }
}

/* ---- unplugged and back -------------------------------------------------------------------------------------- */

static void test_back_under_its_number(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(5);
    assert_int_equal(frame.sequence, 4);
    unplug(first);
    wait_in_vain(20 * second_ns, waiting);
    assert_int_equal(fakes.open, 0); /* or it could not come back under its number */
    assert_int_equal(fakes.mapped, 0);
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.sequence, 5);
    assert_int_equal(source_dropped(source), 0);
    take(5);
    assert_int_equal(frame.sequence, 10);
    assert_int_equal(next(), 0);
}

static void test_dropped_goes_on_counting(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    first->sequence += 3;
    take(1);
    assert_int_equal(frame.sequence, 4);
    assert_int_equal(source_dropped(source), 3);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    assert_int_equal(source_dropped(source), 3);
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.sequence, 5);
    first->sequence += 2;
    take(1);
    assert_int_equal(frame.sequence, 8);
    assert_int_equal(source_dropped(source), 5);
}

static void test_another_number_and_size(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    assert_non_null(strstr(source_describe(source), "Fake (/dev/video3): 32x24"));
    unplug(first);
    wait_in_vain(second_ns, waiting);
    assert_non_null(strstr(source_describe(source), "Fake (/dev/video3): 32x24"));
    first->number = 7;
    first->width = 16;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 16);
    assert_string_equal(frame.name, "/dev/video7");
    assert_non_null(strstr(source_describe(source), "Fake (/dev/video7): 16x24"));
}

static void test_another_port(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    plug_in(second);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 64);
}

/* The same make, in use by somebody else perhaps: it is not taken for the one that is gone. */
static void test_a_twin_is_left_alone(void **state)
{
    (void)state;
    plug_in(second);
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(10 * second_ns, waiting);
    first->number = 5;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 32);
}

static void test_another_camera_under_its_number(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    second->name = "Other";
    second->bus = first->bus;
    second->number = first->number;
    plug_in(second);
    wait_in_vain(5 * second_ns, waiting);
    first->number = 0;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 32);
}

static void test_known_by_its_serial_number(void **state)
{
    (void)state;
    first->by_id = "/dev/v4l/by-id/usb-Fake_1111-video-index0";
    second->by_id = "/dev/v4l/by-id/usb-Fake_2222-video-index0";
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    second->bus = "usb-1"; /* plugged in where the first was */
    plug_in(second);
    wait_in_vain(5 * second_ns, waiting);
    first->bus = "usb-3";
    first->number = 9;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
    assert_int_equal(frame.width_px, 32);
}

static void test_exit_on_unplug(void **state)
{
    (void)state;
    options.exit_on_unplug = true;
    assert_int_equal(open_first(), 0);
    take(3);
    unplug(first);
    assert_int_equal(next(), -ENODEV);
    assert_non_null(strstr(why, "/dev/video3 (Fake) is gone"));
    assert_int_equal(fakes.open, 0);
    plug_in(first);
    assert_int_equal(next(), -ENODEV);
    assert_non_null(strstr(why, "unplugged"));
}

static void test_lasting_read_errors(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    fakes.request = VIDIOC_DQBUF;
    fakes.request_error = EIO;
    wait_in_vain(10 * second_ns, waiting);
    fakes.request_error = 0;
    wait_for_frame(second_ns, waiting);
}

/* A driver that says there is a frame and then has none must not keep us running in circles. */
static void test_empty_promises(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    fakes.request = VIDIOC_DQBUF;
    fakes.request_error = EAGAIN;
    const long before = fakes.calls;
    wait_in_vain(second_ns, "");
    assert_true(fakes.calls - before < 3000);
    fakes.request_error = 0;
    wait_for_frame(second_ns, "");
}

static void test_back_but_busy(void **state)
{
    (void)state;
    assert_int_equal(open_first(), 0);
    take(1);
    unplug(first);
    wait_in_vain(second_ns, waiting);
    fakes.request = VIDIOC_REQBUFS;
    fakes.request_error = EBUSY;
    plug_in(first);
    for (int i = 0; i < 50; i++)
        assert_int_equal(next(), -EAGAIN);
    assert_non_null(strstr(why, "is busy"));
    fakes.request_error = 0;
    wait_for_frame(second_ns, NULL);
    assert_int_equal(fakes.open, 1);
}

/* ---- silence ------------------------------------------------------------------------------------------------- */

static void test_silent_camera_is_opened_again(void **state)
{
    (void)state;
    const char *const opened_again = "camera sends nothing; opened again";
    assert_int_equal(open_first(), 0);
    take(5);
    first->silent = true;
    wait_in_vain(2 * second_ns - 150 * ms_ns, "");
    assert_true(first->streaming);
    while (next() == -EAGAIN && !*why)
        assert_true(fakes.now_ns < 1010 * second_ns);
    assert_string_equal(why, opened_again);
    assert_int_equal(fakes.open, 1);
    first->silent = false;
    wait_for_frame(second_ns, opened_again);
    assert_int_equal(frame.sequence, 5);
    assert_int_equal(next(), 0);
}

/* One that stays silent is opened again less and less often; one that vanishes meanwhile is waited for. */
static void test_lasting_silence(void **state)
{
    (void)state;
    int openings = 0;
    assert_int_equal(open_first(), 0);
    take(1);
    first->silent = true;
    for (int64_t last_calls = 0, i = 0; i < 3000; i++) {
        assert_int_equal(next(), -EAGAIN);
        openings += fakes.calls - last_calls > 10;
        last_calls = fakes.calls;
    }
    assert_in_range(openings, 8, 14); /* in 300 s: after 2, 4, 8, 16 s, then every 32 s */
    unplug(first);
    assert_int_equal(next(), -EAGAIN);
    wait_in_vain(2 * second_ns, waiting);
    first->silent = false;
    plug_in(first);
    wait_for_frame(second_ns, waiting);
}

static void test_slow_is_not_silent(void **state)
{
    (void)state;
    first->fps = 1;
    assert_int_equal(open_first(), 0);
    wait_for_frame(2 * second_ns, "");
    first->next_frame_ns = fakes.now_ns + 9 * second_ns;
    wait_for_frame(10 * second_ns, "");
    assert_int_equal(frame.sequence, 1);
}

static void test_silent_and_gone(void **state)
{
    (void)state;
    options.exit_on_unplug = true;
    assert_int_equal(open_first(), 0);
    take(1);
    first->silent = true;
    wait_in_vain(second_ns, "");
    fakes.request = VIDIOC_S_FMT;
    fakes.request_error = ENODEV;
    int error;
    while ((error = next()) == -EAGAIN)
        assert_true(fakes.now_ns < 1010 * second_ns);
    assert_int_equal(error, -ENODEV);
    assert_int_equal(next(), -ENODEV);
}

/* ---- often --------------------------------------------------------------------------------------------------- */

static void test_thousand_rounds(void **state)
{
    (void)state;
    unsigned random = 1;
    int64_t longest_ns = 0;
    assert_int_equal(open_first(), 0);
    for (int round = 0; round < 1000; round++) {
        random = random * 1103515245u + 12345u;
        take(1 + round % 3);
        const uint64_t sequence = frame.sequence;
        unplug(first);
        assert_int_equal(next(), -EAGAIN);
        assert_int_equal(fakes.open, 0);
        assert_int_equal(fakes.mapped, 0);
        first->number = (int)(random >> 16) % 10;
        const int64_t back_ns = fakes.replug_ns = fakes.now_ns + (random >> 8) % 5000 * ms_ns;
        wait_for_frame(7 * second_ns, waiting);
        assert_int_equal(frame.sequence, sequence + 1);
        assert_int_equal(fakes.open, 1);
        assert_int_equal(fakes.mapped, BUFFERS);
        if (fakes.now_ns - back_ns > longest_ns)
            longest_ns = fakes.now_ns - back_ns;
    }
    assert_true(longest_ns < second_ns);
    print_message("1000 rounds, the longest took %d ms to resume\n", (int)(longest_ns / ms_ns));
}

/* ---- every call fails, with every errno ---------------------------------------------------------------------- */

static const int errors[] = {EPERM, ENOENT, EINTR,  EIO,  ENXIO,   EAGAIN,   ENOMEM,  EACCES,    EBUSY,     ENODEV,
                             EINVAL, ENOSPC, EPIPE, EDOM, ENOTTY, ENODATA, EPROTO, ENOLINK, EOPNOTSUPP, ETIMEDOUT};
enum { ERRORS = sizeof errors / sizeof errors[0] };


/* Opens, takes frames, is unplugged, comes back, takes frames again, while call number `from` and those after it before
 * `until` fail. Returns how many calls were made; counts openings that
 * were refused in *refused. */
static long live_through(long from, long until, int error, int *refused)
{
    const bool passing = until - from < 8;
    set_up(NULL);
    fakes.fail_from = from;
    fakes.fail_until = until;
    fakes.fail_error = error;
    const int opened = open_first();
    if (opened) {
        assert_true(why[0] != '\0');
        assert_null(source);
        ++*refused;
    }
    for (int part = 0; part < 2 && !opened; part++) {
        int taken = 0;
        for (int i = 0; i < 100 && taken < 4; i++) {
            const int result = next();
            assert_true(result == 0 || result == -EAGAIN);
            taken += result == 0;
        }
        if (passing)
            assert_int_equal(taken, 4);
        if (part == 0) {
            unplug(first);
            assert_int_equal(next(), -EAGAIN);
            fakes.replug_ns = fakes.now_ns + 300 * ms_ns;
        }
    }
    source_close(source);
    source = NULL;
    assert_int_equal(fakes.open, 0);
    assert_int_equal(fakes.mapped, 0);
    return fakes.calls;
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    int refused = 0;
    const long calls = live_through(-1, -1, 0, &refused);
    assert_int_equal(refused, 0);
    assert_in_range(calls, 50, 500);
    for (int i = 0; i < ERRORS; i++)
        for (long call = 1; call <= calls; call++)
            live_through(call, call + 1, errors[i], &refused);
    assert_in_range(refused, ERRORS, ERRORS * calls / 2);
}

/* From some call on nothing works any more. EINTR is left out: nobody is interrupted for ever. */
static void test_every_call_fails_for_good(void **state)
{
    (void)state;
    int refused = 0;
    const long calls = live_through(-1, -1, 0, &refused);
    for (int i = 0; i < ERRORS; i++)
        for (long call = 1; call <= calls && errors[i] != EINTR; call++)
            live_through(call, 1000000, errors[i], &refused);
    assert_true(refused > 0);
}

/* ---- what is said -------------------------------------------------------------------------------------------- */

static void assert_refused(int error, const char *part)
{
    assert_int_equal(open_first(), -error);
    assert_null(source);
    if (!strstr(why, part))
        fail_msg("'%s' does not say '%s'", why, part);
}

static void test_messages(void **state)
{
    (void)state;
    first->capabilities = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING;
    assert_refused(ENOTTY, "start the program that writes into it");
    first->capabilities = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
    assert_refused(ENOTTY, "data about pictures");
    first->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    fakes.request = VIDIOC_STREAMON;
    fakes.request_error = ENOSPC;
    assert_refused(ENOSPC, "another USB port");
    assert_refused(ENOSPC, "--size");
    assert_refused(ENOSPC, "--format MJPG");
    fakes.request = VIDIOC_S_FMT;
    fakes.request_error = EBUSY;
    assert_refused(EBUSY, "busy");
    unplug(first);
    assert_refused(ENOENT, "there is no /dev/video3");
}

static void test_no_camera(void **state)
{
    (void)state;
    unplug(first);
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), -ENODEV);
    assert_string_equal(why, "no camera found");
    fakes.kernel = "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@941d701f84f1)";
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), -ENODEV);
    assert_non_null(strstr(why, "usbipd attach --wsl"));
    plug_in(first);
    assert_int_equal(source_open_first_camera(&source, &options, why, sizeof why), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_back_under_its_number),
        TEST(test_dropped_goes_on_counting),
        TEST(test_another_number_and_size),
        TEST(test_another_port),
        TEST(test_a_twin_is_left_alone),
        TEST(test_another_camera_under_its_number),
        TEST(test_known_by_its_serial_number),
        TEST(test_exit_on_unplug),
        TEST(test_lasting_read_errors),
        TEST(test_empty_promises),
        TEST(test_back_but_busy),
        TEST(test_silent_camera_is_opened_again),
        TEST(test_lasting_silence),
        TEST(test_slow_is_not_silent),
        TEST(test_silent_and_gone),
        TEST(test_thousand_rounds),
        TEST(test_every_call_fails_once),
        TEST(test_every_call_fails_for_good),
        TEST(test_messages),
        TEST(test_no_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
