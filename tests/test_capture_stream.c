/* Streaming from a camera that is not there: this program brings its own v4l2_ioctl and v4l2_mmap, which the linker
 * takes before those of libv4l2. A pipe holds one byte for each filled buffer, so that poll is the real one. */
#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/node.h"
#include "capture/stream.h"

enum { BUFFERS = 4, WIDTH = 8, HEIGHT = 4, BYTES = WIDTH * HEIGHT, BUFFER_BYTES = 64 };

enum place { NOWHERE, WITH_DRIVER, FILLED, WITH_CALLER };

static struct {
    uint8_t memory[BUFFERS][BUFFER_BYTES];
    struct v4l2_buffer filled[BUFFERS]; /* first in, first out */
    int filled_count;
    enum place places[BUFFERS];
    int mapped;
    int streaming;
    int pipe[2];
    unsigned long failing; /* this request fails ... */
    int failing_error;     /* ... with this errno ... */
    int failing_times;     /* ... so often */
    uint32_t granted;      /* buffers the driver grants */
} camera;

/* ---- the driver ---------------------------------------------------------------------------------------------- */

static int refuse(int error)
{
    errno = error;
    return -1;
}

static int fake_dequeue(struct v4l2_buffer *buffer)
{
    char byte;
    if (camera.filled_count == 0)
        return refuse(EAGAIN);
    *buffer = camera.filled[0];
    memmove(camera.filled, camera.filled + 1, sizeof camera.filled - sizeof camera.filled[0]);
    camera.filled_count--;
    assert_int_equal(read(camera.pipe[0], &byte, 1), 1);
    camera.places[buffer->index] = WITH_CALLER;
    return 0;
}

static int fake_queue(const struct v4l2_buffer *buffer)
{
    assert_true(buffer->index < BUFFERS);
    assert_true(camera.places[buffer->index] == NOWHERE || camera.places[buffer->index] == WITH_CALLER);
    camera.places[buffer->index] = WITH_DRIVER;
    return 0;
}

int v4l2_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *const argument = va_arg(arguments, void *);
    va_end(arguments);
    assert_int_equal(fd, camera.pipe[0]);
    if (request == camera.failing && camera.failing_times > 0) {
        camera.failing_times--;
        return refuse(camera.failing_error);
    }
    switch (request) {
    case VIDIOC_REQBUFS:
        ((struct v4l2_requestbuffers *)argument)->count = camera.granted;
        return 0;
    case VIDIOC_QUERYBUF:
        ((struct v4l2_buffer *)argument)->length = BUFFER_BYTES;
        ((struct v4l2_buffer *)argument)->m.offset = ((struct v4l2_buffer *)argument)->index;
        return 0;
    case VIDIOC_QBUF:
        return fake_queue(argument);
    case VIDIOC_DQBUF:
        return fake_dequeue(argument);
    case VIDIOC_STREAMON:
        camera.streaming = 1;
        return 0;
    case VIDIOC_STREAMOFF:
        camera.streaming = 0;
        return 0;
    default:
        return refuse(ENOTTY);
    }
}

void *v4l2_mmap(void *start, size_t length, int prot, int flags, int fd, int64_t offset)
{
    (void)start, (void)prot, (void)flags, (void)fd;
    assert_int_equal(length, BUFFER_BYTES);
    if (camera.failing == (unsigned long)-1 && camera.failing_times > 0 && --camera.failing_times == 0) {
        errno = camera.failing_error;
        return MAP_FAILED;
    }
    camera.mapped++;
    return camera.memory[offset];
}

int v4l2_munmap(void *start, size_t length)
{
    (void)start, (void)length;
    camera.mapped--;
    return 0;
}

/* The driver fills the next of its buffers. */
static void fill(uint32_t sequence, uint32_t bytes, uint32_t flags, int64_t time_ns)
{
    for (uint32_t i = 0; i < BUFFERS; i++) {
        if (camera.places[i] != WITH_DRIVER)
            continue;
        camera.places[i] = FILLED;
        memset(camera.memory[i], (int)(sequence & 0xff), BUFFER_BYTES);
        camera.filled[camera.filled_count++] =
            (struct v4l2_buffer){.index = i,
                                 .sequence = sequence,
                                 .bytesused = bytes,
                                 .flags = flags | V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
                                 .timestamp = {time_ns / 1000000000, time_ns % 1000000000 / 1000}};
        assert_int_equal(write(camera.pipe[1], "x", 1), 1);
        return;
    }
    fail_msg("the driver has no buffer left to fill");
}

static void fill_good(uint32_t sequence)
{
    fill(sequence, BYTES, 0, node_now_ns());
}

static int count_with_driver(void)
{
    int count = 0;
    for (int i = 0; i < BUFFERS; i++)
        count += camera.places[i] == WITH_DRIVER;
    return count;
}

/* ---- setting up ---------------------------------------------------------------------------------------------- */

static struct device device;
static struct stream stream;
static struct frame frame;
static char why[512];

static int start_as(uint32_t fourcc)
{
    const struct frame shape = {.fourcc = fourcc,
                                .width_px = WIDTH,
                                .height_px = HEIGHT,
                                .stride_bytes = fourcc == FRAME_MJPG ? 0 : WIDTH,
                                .name = "fake"};
    why[0] = '\0';
    return stream_start(&stream, &device, &shape, why, sizeof why);
}

static int set_up(void **state)
{
    (void)state;
    memset(&camera, 0, sizeof camera);
    camera.granted = BUFFERS;
    if (pipe2(camera.pipe, O_NONBLOCK | O_CLOEXEC) != 0)
        return -1;
    device = (struct device){.fd = camera.pipe[0], .path = "/dev/video0", .name = "Fake"};
    return start_as(FRAME_GREY);
}

/* Every test must leave a camera that is off and nothing mapped. */
static int tear_down(void **state)
{
    (void)state;
    stream_stop(&stream);
    stream_stop(&stream); /* twice does no harm */
    close(camera.pipe[0]);
    close(camera.pipe[1]);
    return camera.mapped == 0 && camera.streaming == 0 ? 0 : -1;
}

static int next(void)
{
    why[0] = '\0';
    return stream_next(&stream, &frame, 0, why, sizeof why);
}

/* The next frame must be the one that the driver numbered `sequence`. */
static void assert_next(uint32_t sequence)
{
    assert_int_equal(next(), 0);
    assert_int_equal(frame.data[0], sequence & 0xff);
}

/* ---- the tests ----------------------------------------------------------------------------------------------- */

static void test_one_after_the_other(void **state)
{
    (void)state;
    assert_int_equal(next(), -EAGAIN);
    for (uint32_t i = 0; i < 100; i++) {
        const int64_t before_ns = node_now_ns();
        fill_good(i);
        assert_next(i);
        assert_int_equal(frame.sequence, i);
        assert_int_equal(frame.size_bytes, BYTES);
        assert_int_equal(frame.stride_bytes, WIDTH);
        assert_string_equal(frame.name, "fake");
        assert_true(frame.capture_time_ns >= before_ns - 1000 && frame.capture_time_ns <= node_now_ns());
        assert_int_equal(count_with_driver(), BUFFERS - 1); /* the caller has one */
    }
    assert_int_equal(stream.dropped, 0);
}

static void test_only_the_newest(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        fill_good(i);
    assert_next(3);
    assert_int_equal(frame.sequence, 3);
    assert_int_equal(stream.dropped, 3);
    assert_int_equal(stream.stale, 3);
    assert_int_equal(next(), -EAGAIN);
    assert_int_equal(count_with_driver(), BUFFERS);
}

/* The driver makes frame 9 while stream_next waits in poll (nothing else touches the camera then). */
static void *fill_soon(void *unused)
{
    usleep(40000);
    fill_good(9);
    return unused;
}

static void test_slow_caller_gets_a_fresh_frame(void **state)
{
    (void)state;
    const int64_t second_ns = 1000000000;
    stream.started_ns -= 10 * second_ns;
    fill_good(0);
    assert_next(0);
    for (uint32_t i = 1; i < 4; i++) /* the driver runs dry, three seconds ago */
        fill(i, BYTES, 0, node_now_ns() - 3 * second_ns);
    pthread_t driver;
    assert_int_equal(pthread_create(&driver, NULL, fill_soon, NULL), 0);
    assert_int_equal(stream_next(&stream, &frame, 1000, why, sizeof why), 0);
    assert_int_equal(pthread_join(driver, NULL), 0);
    assert_int_equal(frame.data[0], 9);
    assert_true(node_now_ns() - frame.capture_time_ns < second_ns);
    assert_int_equal(frame.sequence, 9);
    assert_int_equal(stream.dropped, 8);
}

/* Where no fresh one comes, an old frame is better than none. */
static void test_slow_caller_gets_an_old_frame(void **state)
{
    (void)state;
    const int64_t second_ns = 1000000000, before_ns = node_now_ns();
    stream.started_ns -= 10 * second_ns;
    for (uint32_t i = 0; i < 4; i++)
        fill(i, BYTES, 0, node_now_ns() - 3 * second_ns);
    assert_int_equal(stream_next(&stream, &frame, 1000, why, sizeof why), 0);
    assert_int_equal(frame.data[0], 3);
    assert_true(node_now_ns() - before_ns < second_ns);
}

static void test_frame_stays_until_the_next_call(void **state)
{
    (void)state;
    fill_good(1);
    assert_next(1);
    for (uint32_t i = 2; i < 5; i++) /* the driver goes on with the other three */
        fill_good(i);
    assert_int_equal(frame.data[0], 1);
    assert_next(4);
}

static void test_gaps_count_as_dropped(void **state)
{
    (void)state;
    fill_good(17); /* where a driver begins does not matter */
    assert_next(17);
    assert_int_equal(frame.sequence, 0);
    fill_good(20);
    assert_next(20);
    assert_int_equal(frame.sequence, 3);
    assert_int_equal(stream.dropped, 2);
    assert_int_equal(stream.stale + stream.torn, 0); /* they never came */
}

static void test_sequence_wraps_around(void **state)
{
    (void)state;
    fill_good(0xfffffffe);
    assert_next(0xfffffffe);
    fill_good(1);
    assert_next(1);
    assert_int_equal(frame.sequence, 3);
    assert_int_equal(stream.dropped, 2);
}

static void test_driver_that_does_not_count(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 5; i++) {
        fill_good(0);
        assert_next(0);
        assert_int_equal(frame.sequence, i);
    }
    assert_int_equal(stream.dropped, 0);
}

static void test_broken_frames_are_dropped(void **state)
{
    (void)state;
    fill(0, BYTES, V4L2_BUF_FLAG_ERROR, node_now_ns());
    assert_int_equal(next(), -EAGAIN);
    fill(1, BYTES - 1, 0, node_now_ns());
    assert_int_equal(next(), -EAGAIN);
    fill(2, 0, 0, node_now_ns());
    assert_int_equal(next(), -EAGAIN);
    assert_int_equal(stream.dropped, 3);
    assert_int_equal(stream.torn, 3);
    assert_int_equal(count_with_driver(), BUFFERS);
    fill_good(3);
    assert_next(3);
    assert_int_equal(frame.sequence, 3);
}

/* A broken frame that comes after a good one does not take the good one away. */
static void test_good_then_broken(void **state)
{
    (void)state;
    fill_good(0);
    fill(1, BYTES, V4L2_BUF_FLAG_ERROR, node_now_ns());
    assert_next(0);
    assert_int_equal(stream.dropped, 1);
}

/* A driver that claims more bytes than its buffer has is not believed. */
static void test_more_bytes_than_the_buffer(void **state)
{
    (void)state;
    fill(0, 1u << 30, 0, node_now_ns());
    assert_next(0);
    assert_int_equal(frame.size_bytes, BUFFER_BYTES);
}

static void test_jpeg_needs_its_start(void **state)
{
    (void)state;
    stream_stop(&stream);
    memset(camera.places, 0, sizeof camera.places);
    assert_int_equal(start_as(FRAME_MJPG), 0);
    fill(0, 40, 0, node_now_ns());
    assert_int_equal(next(), -EAGAIN);
    fill(1, 0, 0, node_now_ns());
    assert_int_equal(next(), -EAGAIN);
    assert_int_equal(stream.dropped, 2);
    fill(2, 40, 0, node_now_ns());
    memcpy(camera.memory[camera.filled[0].index], "\xff\xd8\xff\xe0", 4);
    assert_int_equal(next(), 0);
    assert_int_equal(frame.size_bytes, 40);
    assert_int_equal(frame.stride_bytes, 0);
}

static void test_left_over_frames(void **state)
{
    (void)state;
    fill(0, BYTES, 0, stream.started_ns - 5000000);
    assert_int_equal(next(), -EAGAIN);
    fill_good(150);
    assert_next(150);
    assert_int_equal(frame.sequence, 0);
    assert_int_equal(stream.dropped, 0);
}

/* Times of another clock, or no times at all: the frames come all the same, with the time of their arrival. */
static void test_useless_times(void **state)
{
    (void)state;
    const int64_t day_ns = 86400 * 1000000000LL;
    const int64_t times_ns[] = {0, node_now_ns() + day_ns, 1700000000 * 1000000000LL};
    for (uint32_t i = 0; i < 3; i++) {
        const int64_t before_ns = node_now_ns();
        fill(i, BYTES, 0, times_ns[i]);
        assert_next(i);
        assert_in_range(frame.capture_time_ns, before_ns, node_now_ns());
    }
}

static void fail_next(unsigned long request, int error, int times)
{
    camera.failing = request;
    camera.failing_error = error;
    camera.failing_times = times;
}

static void test_unplugged(void **state)
{
    (void)state;
    fill_good(0);
    assert_next(0);
    fill_good(1);
    fail_next(VIDIOC_DQBUF, ENODEV, 1000);
    assert_int_equal(next(), -ENODEV);
    assert_non_null(strstr(why, "unplugged"));
}

static void test_unplugged_while_a_frame_is_looked_at(void **state)
{
    (void)state;
    fill_good(0);
    assert_next(0);
    fail_next(VIDIOC_QBUF, ENODEV, 1);
    assert_int_equal(next(), -ENODEV);
    assert_non_null(strstr(why, "unplugged"));
}

/* The end that fills the pipe goes away: poll says POLLHUP from now on. That must not become a busy wait. */
static void test_hung_up(void **state)
{
    (void)state;
    close(camera.pipe[1]);
    camera.pipe[1] = -1;
    assert_int_equal(stream_next(&stream, &frame, 100000, why, sizeof why), -EIO);
    assert_non_null(strstr(why, "/dev/video0 (Fake)"));
}

static void test_passing_read_errors(void **state)
{
    (void)state;
    fill_good(0);
    fail_next(VIDIOC_DQBUF, EIO, 3);
    assert_next(0);
    assert_int_equal(stream.dropped, 3);
}

static void test_lasting_read_errors(void **state)
{
    (void)state;
    fill_good(0);
    fail_next(VIDIOC_DQBUF, EIO, 1000000);
    assert_int_equal(next(), -EIO);
    assert_non_null(strstr(why, "input/output error"));
}

static void test_interrupted(void **state)
{
    (void)state;
    fill_good(0);
    fail_next(VIDIOC_DQBUF, EINTR, 2);
    assert_next(0);
    assert_int_equal(stream.dropped, 0);
}

/* Each step of starting fails once, with nothing left behind (see tear_down). */
static void test_start_fails(void **state)
{
    static const struct {
        unsigned long request; /* -1: mapping */
        int error;
        const char *part;
    } cases[] = {
        {VIDIOC_REQBUFS, EBUSY, "busy"},      {VIDIOC_REQBUFS, ENOMEM, "requesting buffers"},
        {VIDIOC_QUERYBUF, EINVAL, "mapping"}, {(unsigned long)-1, ENOMEM, "mapping"},
        {VIDIOC_QBUF, EINVAL, "queueing"},    {VIDIOC_STREAMON, ENOSPC, "bandwidth"},
        {VIDIOC_STREAMON, ENOLINK, "signal"}, {VIDIOC_STREAMON, ENODEV, "gone"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stream_stop(&stream);
        memset(camera.places, 0, sizeof camera.places);
        fail_next(cases[i].request, cases[i].error, cases[i].request == (unsigned long)-1 ? 3 : 1);
        assert_int_equal(start_as(FRAME_GREY), -cases[i].error);
        if (!strstr(why, cases[i].part))
            fail_msg("'%s' does not say '%s'", why, cases[i].part);
        assert_int_equal(camera.mapped, 0);
        assert_int_equal(camera.streaming, 0);
    }
}

static void test_few_buffers(void **state)
{
    (void)state;
    stream_stop(&stream);
    memset(camera.places, 0, sizeof camera.places);
    camera.granted = 1;
    assert_int_equal(start_as(FRAME_GREY), -ENOMEM);
    camera.granted = 2;
    assert_int_equal(start_as(FRAME_GREY), 0);
    for (uint32_t i = 0; i < 10; i++) {
        fill_good(i);
        assert_next(i);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_one_after_the_other),
        TEST(test_only_the_newest),
        TEST(test_slow_caller_gets_a_fresh_frame),
        TEST(test_slow_caller_gets_an_old_frame),
        TEST(test_frame_stays_until_the_next_call),
        TEST(test_gaps_count_as_dropped),
        TEST(test_sequence_wraps_around),
        TEST(test_driver_that_does_not_count),
        TEST(test_broken_frames_are_dropped),
        TEST(test_good_then_broken),
        TEST(test_more_bytes_than_the_buffer),
        TEST(test_jpeg_needs_its_start),
        TEST(test_left_over_frames),
        TEST(test_useless_times),
        TEST(test_unplugged),
        TEST(test_unplugged_while_a_frame_is_looked_at),
        TEST(test_hung_up),
        TEST(test_passing_read_errors),
        TEST(test_lasting_read_errors),
        TEST(test_interrupted),
        TEST(test_start_fails),
        TEST(test_few_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
