/* usb_camera - a USB camera that exists only in this program, for the kernel's own uvcvideo driver to find:
 * it speaks USB/IP, over a pair of sockets, with the kernel's virtual host controller.
 *
 *     usb_camera FAULT FORMAT:WIDTH:HEIGHT:FILE...
 *
 * FORMAT is YUYV or MJPG, those with YUYV first; FILE has the frames, one after the other, which are sent
 * over and over. FAULT is one of
 *
 *     none
 *     unplug@N   gone in the middle of frame N (from 0, of each stream)
 *     error@N    frame N is marked as broken
 *     short@N    of frame N, and of every fourth after it, half is sent, as if it were all: one alone may be
 *                among those that a busy machine never looks at
 *     corrupt@N  bytes in frame N's middle are overwritten
 *     stall@N    nothing more from frame N on
 *
 * Ends when it is unplugged: by its fault, or by a signal. Needs root, and the modules vhci-hcd and uvcvideo. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/camera/rig/uvc.h"

enum { SHORT_EVERY = 4 };
enum { URBS_MOST = 64, FRAMES_MOST = 256, HEADER_WORDS = 12, SENT_MOST = 4096, PORT = 0, HIGH_SPEED = 3 };
enum { SUBMIT = 1, UNLINK = 2, SUBMITTED = 3, UNLINKED = 4 };
enum { FRAME_ID = 0x01, END_OF_FRAME = 0x02, BROKEN = 0x40, END_OF_HEADER = 0x80, PAYLOAD_HEADER = 2 };

/* The frames of one mode. */
struct clip {
    uint8_t *bytes;
    size_t starts[FRAMES_MOST + 1];
    int count;
};

static struct {
    struct uvc uvc;
    struct clip clips[UVC_MODES_MOST];
    char fault[16];
    long fault_frame; /* -1: none */
    int socket;
    struct {
        uint32_t number, bytes;
    } urbs[URBS_MOST]; /* that wait for data, the oldest first */
    int urb_count;
    /* the frame being sent */
    const uint8_t *frame;
    uint8_t *damaged;
    size_t frame_bytes, sent_bytes;
    bool sending, stalled, leaving;
    uint8_t flags;
    long number;    /* of the next frame in this stream */
    int64_t due_ns; /* its time */
} camera = {.fault_frame = -1};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "usb_camera: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- frames from files
 * --------------------------------------------------------------------------------------- */

static void split(struct clip *clip, const struct uvc_mode *mode, size_t bytes)
{
    const size_t raw_bytes = (size_t)mode->width_px * (size_t)mode->height_px * 2;
    for (size_t end = 2; mode->compressed && end <= bytes && clip->count < FRAMES_MOST; end++)
        if (clip->bytes[end - 2] == 0xff && clip->bytes[end - 1] == 0xd9)
            clip->starts[++clip->count] = end;
    for (size_t end = raw_bytes; !mode->compressed && end <= bytes && clip->count < FRAMES_MOST;
         end += raw_bytes)
        clip->starts[++clip->count] = end;
}

static void load(struct clip *clip, const struct uvc_mode *mode, const char *path)
{
    FILE *const file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail(path);
    const long bytes = ftell(file);
    rewind(file);
    clip->bytes = malloc(bytes > 0 ? (size_t)bytes : 1);
    if (!clip->bytes || bytes <= 0 || fread(clip->bytes, 1, (size_t)bytes, file) != (size_t)bytes)
        fail(path);
    fclose(file);
    split(clip, mode, (size_t)bytes);
    if (clip->count == 0) {
        fprintf(stderr, "usb_camera: %s has no whole frame\n", path);
        exit(1);
    }
}

static int take_mode(const char *word)
{
    struct uvc_mode *const mode = &camera.uvc.modes[camera.uvc.mode_count];
    char format[5], path[512];
    if (camera.uvc.mode_count == UVC_MODES_MOST ||
        sscanf(word, "%4[A-Z]:%d:%d:%511s", format, &mode->width_px, &mode->height_px, path) != 4)
        return -1;
    mode->compressed = strcmp(format, "MJPG") == 0;
    load(&camera.clips[camera.uvc.mode_count++], mode, path);
    return 0;
}

static int take_fault(const char *word)
{
    if (strcmp(word, "none") == 0)
        return 0;
    return sscanf(word, "%15[a-z]@%ld", camera.fault, &camera.fault_frame) == 2 ? 0 : -1;
}

/* ---- USB/IP
 * -------------------------------------------------------------------------------------------------- */

static void receive(void *to, size_t bytes)
{
    while (bytes > 0) {
        const ssize_t got = read(camera.socket, to, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) /* the kernel has let go of us */
            exit(0);
        to = (char *)to + got;
        bytes -= (size_t)got;
    }
}

static void transmit(struct iovec *parts, int count)
{
    for (int i = 0; i < count;) {
        const ssize_t put = writev(camera.socket, parts + i, count - i);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            exit(0);
        size_t left = (size_t)put;
        for (; i < count && left >= parts[i].iov_len; i++)
            left -= parts[i].iov_len;
        if (i < count && left) {
            parts[i].iov_base = (char *)parts[i].iov_base + left;
            parts[i].iov_len -= left;
        }
    }
}

/* `length`: as the kernel should count it, also of data that goes the other way. */
static void reply(uint32_t command, uint32_t number, int status, size_t length, const uint8_t *head,
                  size_t head_bytes, const uint8_t *data, size_t data_bytes)
{
    uint32_t header[HEADER_WORDS] = {htonl(command), htonl(number)};
    header[5] = htonl((uint32_t)status);
    header[6] = htonl((uint32_t)length);
    struct iovec parts[] = {{header, sizeof header},
                            {(void *)(uintptr_t)head, head_bytes},
                            {(void *)(uintptr_t)data, data_bytes}};
    transmit(parts, 3);
}

static void handle_control(uint32_t number, const uint8_t *setup, const uint8_t *sent, size_t sent_bytes)
{
    static uint8_t answer[UVC_ANSWER_BYTES];
    const size_t wanted = (size_t)(setup[6] | setup[7] << 8);
    const int made = uvc_request(&camera.uvc, setup, sent, sent_bytes, answer);
    if (made < 0) {
        reply(SUBMITTED, number, made, 0, NULL, 0, NULL, 0);
        return;
    }
    const bool to_host = setup[0] & 0x80;
    const size_t bytes = (size_t)made < wanted ? (size_t)made : wanted;
    reply(SUBMITTED, number, 0, to_host ? bytes : sent_bytes, NULL, 0, answer, to_host ? bytes : 0);
}

static void handle_submit(const uint32_t *header)
{
    static uint8_t sent[SENT_MOST];
    const uint32_t number = ntohl(header[1]), length = ntohl(header[6]);
    const bool to_host = ntohl(header[3]) != 0;
    if (!to_host) {
        if (length > sizeof sent)
            exit(1);
        receive(sent, length);
    }
    if (ntohl(header[4]) == 0) {
        handle_control(number, (const uint8_t *)&header[10], sent, to_host ? 0 : length);
    } else if (camera.urb_count < URBS_MOST) {
        camera.urbs[camera.urb_count].number = number;
        camera.urbs[camera.urb_count++].bytes = length;
    }
}

static void forget_urb(int index)
{
    camera.urb_count--;
    memmove(&camera.urbs[index], &camera.urbs[index + 1],
            (size_t)(camera.urb_count - index) * sizeof camera.urbs[0]);
}

static void handle_unlink(const uint32_t *header)
{
    int status = 0;
    for (int i = 0; i < camera.urb_count && !status; i++) {
        if (camera.urbs[i].number == ntohl(header[5])) {
            forget_urb(i);
            status = -ECONNRESET;
        }
    }
    reply(UNLINKED, ntohl(header[1]), status, 0, NULL, 0, NULL, 0);
}

static void handle_one(void)
{
    uint32_t header[HEADER_WORDS];
    receive(header, sizeof header);
    if (ntohl(header[0]) == SUBMIT)
        handle_submit(header);
    else if (ntohl(header[0]) == UNLINK)
        handle_unlink(header);
    if (camera.uvc.committed) { /* a new stream */
        camera.uvc.committed = false;
        camera.sending = camera.stalled = false;
        camera.number = 0;
        camera.due_ns = now_ns();
    }
}

/* ---- sending
 * ------------------------------------------------------------------------------------------------- */

static void corrupt(void)
{
    camera.damaged = realloc(camera.damaged, camera.frame_bytes);
    if (!camera.damaged)
        fail("memory");
    memcpy(camera.damaged, camera.frame, camera.frame_bytes);
    for (size_t i = camera.frame_bytes / 2; i < camera.frame_bytes / 2 + 64 && i < camera.frame_bytes; i++)
        camera.damaged[i] = (uint8_t)(i * 37);
    camera.frame = camera.damaged;
}

/* For the frame that comes next. */
static bool fault_is_due(void)
{
    const long since = camera.number - camera.fault_frame;
    if (camera.fault_frame < 0 || since < 0)
        return false;
    return since == 0 || (strcmp(camera.fault, "short") == 0 && since % SHORT_EVERY == 0);
}

static void commit_fault(void)
{
    fprintf(stderr, "usb_camera: %s at frame %ld\n", camera.fault, camera.number);
    if (strcmp(camera.fault, "unplug") == 0 || strcmp(camera.fault, "short") == 0)
        camera.frame_bytes /= 2;
    camera.leaving = strcmp(camera.fault, "unplug") == 0;
    camera.stalled = strcmp(camera.fault, "stall") == 0;
    if (strcmp(camera.fault, "error") == 0)
        camera.flags |= BROKEN;
    if (strcmp(camera.fault, "corrupt") == 0)
        corrupt();
}

static void begin_frame(void)
{
    const struct clip *const clip = &camera.clips[uvc_current_mode(&camera.uvc)];
    const int index = (int)(camera.number % clip->count);
    camera.frame = clip->bytes + clip->starts[index];
    camera.frame_bytes = clip->starts[index + 1] - clip->starts[index];
    camera.sent_bytes = 0;
    camera.sending = true;
    camera.flags = (uint8_t)(END_OF_HEADER | ((camera.flags ^ FRAME_ID) & FRAME_ID)); /* it alternates */
    if (fault_is_due())
        commit_fault();
    camera.number++;
    camera.due_ns += uvc_interval_ns(&camera.uvc);
    if (camera.due_ns < now_ns() - 1000000000) /* nobody asked for long: no hurry to catch up */
        camera.due_ns = now_ns();
}

/* As much of the frame as there are requests for. */
static void send_frame(void)
{
    while (camera.sending && camera.urb_count > 0) {
        const size_t room =
            camera.urbs[0].bytes < UVC_PAYLOAD_BYTES ? camera.urbs[0].bytes : UVC_PAYLOAD_BYTES;
        const size_t left = camera.frame_bytes - camera.sent_bytes, most = room - PAYLOAD_HEADER;
        const size_t bytes = left < most ? left : most;
        const bool last = bytes == left;
        const uint8_t head[PAYLOAD_HEADER] = {PAYLOAD_HEADER,
                                              (uint8_t)(camera.flags | (last ? END_OF_FRAME : 0))};
        const uint32_t number = camera.urbs[0].number;
        forget_urb(0);
        reply(SUBMITTED, number, 0, bytes + PAYLOAD_HEADER, head, sizeof head,
              camera.frame + camera.sent_bytes, bytes);
        camera.sent_bytes += bytes;
        camera.sending = !last;
        if (last && camera.leaving)
            exit(0);
    }
}

static void run(void)
{
    for (;;) {
        int wait_ms = -1;
        if (camera.urb_count > 0 && !camera.stalled && !camera.sending) {
            const int64_t left_ns = camera.due_ns - now_ns();
            if (left_ns <= 0)
                begin_frame();
            else
                wait_ms = (int)(left_ns / 1000000) + 1;
        }
        if (camera.stalled)
            camera.sending = false;
        send_frame();
        struct pollfd waiting = {.fd = camera.socket, .events = POLLIN};
        if (camera.urb_count > 0 && !camera.stalled && !camera.sending && wait_ms < 0)
            wait_ms = 0;
        if (poll(&waiting, 1, wait_ms) > 0)
            handle_one();
    }
}

/* Gives the kernel one end of a pair of sockets, as if it were a cable. */
static void plug_in(void)
{
    int ends[2], bytes = 1 << 20;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        fail("socketpair");
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    const int attach = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY | O_CLOEXEC);
    if (attach < 0 || dprintf(attach, "%d %d %d %d", PORT, ends[1], 0x10001, HIGH_SPEED) < 0)
        fail("plugging in (is vhci-hcd loaded?)");
    close(attach);
    close(ends[1]);
    camera.socket = ends[0];
}

int main(int count, char **words)
{
    int wrong = count < 3 || take_fault(words[1]) != 0;
    for (int i = 2; i < count && !wrong; i++)
        wrong = take_mode(words[i]) != 0;
    if (wrong) {
        fprintf(stderr, "usage: usb_camera none|unplug@N|error@N|short@N|corrupt@N|stall@N "
                        "FORMAT:WIDTH:HEIGHT:FILE...\n");
        return 2;
    }
    uvc_prepare(&camera.uvc);
    plug_in();
    run();
}
