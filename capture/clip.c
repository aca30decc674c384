/* clip.c - video files, and video on standard input for "-" (Y4M, or whatever else libavformat recognises
 * there).
 *
 * libav reads through our own file descriptor and knows no protocol but that: a playlist cannot make it open
 * other files or the network. Opening a clip silences libav's messages for the whole process (its log level
 * is global). */
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/clip_frame.h"
#include "capture/driver.h"
#include "capture/frame_check.h"
#include "capture/why.h"

enum { IO_BUFFER_BYTES = 64 << 10, MAX_BAD_PACKETS = 1000 };

struct clip {
    char *name; /* frame.name: the path, or "stdin" */
    char description[256];
    int fd;
    bool is_pipe;    /* nothing to seek in, and reading may have to wait */
    bool all_read;   /* the file is at its end; the decoder may still hold frames */
    bool unreadable; /* libav gave up at an error in the middle */
    bool cut;        /* it ends in the middle of a frame */
    int64_t packet_end; /* where the last packet ends in the file; before the first, where the header does */
    bool ended;      /* and the user has been told */
    char head[128];  /* the first bytes, with a zero behind them: what a refused Y4M says of its size */
    size_t head_bytes;
    AVIOContext *io;
    AVFormatContext *format;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *decoded;
    AVStream *stream;
    struct clip_frame made;
    int64_t time_ns;     /* of the last frame */
    int64_t interval_ns; /* from one frame to the next, where the file gives no times */
    int64_t first_pts;
    uint64_t sequence; /* of the next frame */
    int bad_packets;   /* since the last good frame */
};

static void clip_close(void *state)
{
    struct clip *clip = state;
    clip_frame_release(&clip->made);
    av_frame_free(&clip->decoded);
    av_packet_free(&clip->packet);
    avcodec_free_context(&clip->decoder);
    avformat_close_input(&clip->format); /* leaves our io alone */
    if (clip->io)
        av_freep(&clip->io->buffer);
    avio_context_free(&clip->io);
    if (clip->fd > STDIN_FILENO)
        close(clip->fd);
    free(clip->name);
    free(clip);
}

/* ---- opening ----------------------------------------------------------------------------------------- */

static int io_read(void *opaque, uint8_t *buffer, int bytes)
{
    struct clip *clip = opaque;
    const ssize_t got = read(clip->fd, buffer, (size_t)bytes);
    if (got < 0)
        return errno == EINTR ? AVERROR_EXIT : AVERROR(errno);
    if (clip->head_bytes == 0 && got > 0) {
        clip->head_bytes = (size_t)got < sizeof clip->head ? (size_t)got : sizeof clip->head - 1;
        memcpy(clip->head, buffer, clip->head_bytes);
    }
    return got == 0 ? AVERROR_EOF : (int)got;
}

static int64_t io_seek(void *opaque, int64_t offset, int whence)
{
    const struct clip *clip = opaque;
    struct stat status;
    if (whence == AVSEEK_SIZE)
        return fstat(clip->fd, &status) == 0 ? status.st_size : AVERROR(errno);
    const off_t at = lseek(clip->fd, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
}

static int open_file(struct clip *clip, const char *spec, char *why, size_t why_bytes)
{
    const bool standard_input = strcmp(spec, "-") == 0;
    clip->name = strdup(standard_input ? "stdin" : spec);
    if (!clip->name)
        return why_fail(why, why_bytes, -ENOMEM, "%s: no memory", spec);
    clip->fd = standard_input ? STDIN_FILENO : open(spec, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    if (clip->fd < 0 || fstat(clip->fd, &status) < 0)
        return why_fail(why, why_bytes, -errno, "%s: %s", clip->name, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return why_fail(why, why_bytes, -EISDIR, "%s: a folder, not a video", clip->name);
    if (standard_input && isatty(clip->fd))
        return why_fail(why, why_bytes, -ENOTSUP,
                        "stdin: a terminal; send it a video, as in: ffmpeg -i clip.mp4 -f yuv4mpegpipe - | "
                        "digitcam read -");
    clip->is_pipe = !S_ISREG(status.st_mode);
    if (!clip->is_pipe && status.st_size == 0)
        return why_fail(why, why_bytes, -EBADMSG, "%s: an empty file", clip->name);
    return 0;
}

static int describe_failure(const struct clip *clip, int av_error, char *why, size_t why_bytes)
{
    char message[AV_ERROR_MAX_STRING_SIZE], reason[160];
    av_strerror(av_error, message, sizeof message);
    /* libav refuses the sizes it finds too large itself, without saying that this is the reason. */
    long long width_px, height_px;
    if (sscanf(clip->head, "YUV4MPEG2 W%lld H%lld", &width_px, &height_px) == 2 &&
        frame_check_size(width_px, height_px, reason, sizeof reason) == -EFBIG)
        return why_fail(why, why_bytes, -EFBIG, "%s: %s", clip->name, reason);
    if (av_error == AVERROR(ENOMEM))
        return why_fail(why, why_bytes, -ENOMEM, "%s: no memory", clip->name);
    if (av_error == AVERROR_EXIT)
        return why_fail(why, why_bytes, -EINTR, "%s: reading was interrupted", clip->name);
    if (clip->is_pipe && av_error == AVERROR_EOF)
        return why_fail(why, why_bytes, -EBADMSG, "%s: it ended before a first picture", clip->name);
    if (clip->is_pipe)
        return why_fail(why, why_bytes, -ENOTSUP,
                        "%s: not a video that can be read from a pipe (%s); Y4M is the safe choice",
                        clip->name, message);
    return why_fail(why, why_bytes, -ENOTSUP,
                    "%s: neither a picture nor a video that can be read, or cut off (%s)", clip->name,
                    message);
}

/* Finding out about the streams may decode their first frames, so the limit of a picture's size has to hold
 * there too. */
static int find_streams(AVFormatContext *format)
{
    const unsigned count = format->nb_streams;
    AVDictionary **options = calloc(count + 1, sizeof *options);
    if (!options)
        return AVERROR(ENOMEM);
    for (unsigned i = 0; i < count; i++)
        av_dict_set_int(&options[i], "max_pixels", FRAME_MAX_PIXELS, 0);
    const int error = avformat_find_stream_info(format, options);
    for (unsigned i = 0; i < count; i++)
        av_dict_free(&options[i]);
    free(options);
    return error;
}

/* The sizes that the streams give so far; a size not yet known is 0. */
static int check_sizes(const struct clip *clip, char *why, size_t why_bytes)
{
    for (unsigned i = 0; i < clip->format->nb_streams; i++) {
        const AVCodecParameters *parameters = clip->format->streams[i]->codecpar;
        if (parameters->codec_type != AVMEDIA_TYPE_VIDEO ||
            (parameters->width == 0 && parameters->height == 0))
            continue;
        char reason[160];
        const int error = frame_check_size(parameters->width, parameters->height, reason, sizeof reason);
        if (error)
            return why_fail(why, why_bytes, error, "%s: %s", clip->name, reason);
    }
    return 0;
}

static int open_container(struct clip *clip, char *why, size_t why_bytes)
{
    uint8_t *buffer = av_malloc(IO_BUFFER_BYTES);
    clip->io = buffer ? avio_alloc_context(buffer, IO_BUFFER_BYTES, 0, clip, io_read, NULL,
                                           clip->is_pipe ? NULL : io_seek)
                      : NULL;
    if (!clip->io)
        av_free(buffer);
    clip->format = avformat_alloc_context();
    if (!clip->io || !clip->format)
        return describe_failure(clip, AVERROR(ENOMEM), why, why_bytes);
    clip->format->pb = clip->io;
    clip->format->protocol_whitelist = av_strdup("none");
    int error = avformat_open_input(&clip->format, clip->is_pipe ? "" : clip->name, NULL, NULL);
    if (error < 0)
        return describe_failure(clip, error, why, why_bytes);
    clip->packet_end = avio_tell(clip->io);
    error = check_sizes(clip, why, why_bytes);
    if (error)
        return error;
    error = find_streams(clip->format);
    return error < 0 ? describe_failure(clip, error, why, why_bytes) : 0;
}

static int open_decoder(struct clip *clip, char *why, size_t why_bytes)
{
    const AVCodec *codec = NULL;
    const int number = av_find_best_stream(clip->format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (number == AVERROR_DECODER_NOT_FOUND)
        return why_fail(why, why_bytes, -ENOTSUP, "%s: no decoder for its video is installed", clip->name);
    if (number < 0 || (clip->format->streams[number]->disposition & AV_DISPOSITION_ATTACHED_PIC))
        return why_fail(why, why_bytes, -ENOTSUP, "%s: no video in it", clip->name);
    clip->stream = clip->format->streams[number];
    for (unsigned i = 0; i < clip->format->nb_streams; i++)
        if ((int)i != number)
            clip->format->streams[i]->discard = AVDISCARD_ALL;
    int error = check_sizes(clip, why, why_bytes);
    if (error)
        return error;

    clip->decoder = avcodec_alloc_context3(codec);
    clip->packet = av_packet_alloc();
    clip->decoded = av_frame_alloc();
    if (!clip->decoder || !clip->packet || !clip->decoded)
        return describe_failure(clip, AVERROR(ENOMEM), why, why_bytes);
    error = avcodec_parameters_to_context(clip->decoder, clip->stream->codecpar);
    clip->decoder->max_pixels = FRAME_MAX_PIXELS;
    clip->decoder->pkt_timebase = clip->stream->time_base;
    if (error >= 0)
        error = avcodec_open2(clip->decoder, codec, NULL);
    return error < 0 ? describe_failure(clip, error, why, why_bytes) : 0;
}

static void describe(struct clip *clip)
{
    const AVCodecParameters *parameters = clip->stream->codecpar;
    const AVRational rate = av_guess_frame_rate(clip->format, clip->stream, NULL);
    const double fps = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 25;
    clip->interval_ns = (int64_t)(1e9 / fps);
    clip->first_pts = clip->stream->start_time;
    snprintf(clip->description, sizeof clip->description, "%s: %dx%d %s, %.4g frames/s", clip->name,
             parameters->width, parameters->height, avcodec_get_name(parameters->codec_id), fps);
}

static int clip_open(void **state, const char *spec, const struct source_options *options, char *why,
                     size_t why_bytes)
{
    (void)options;
    struct clip *clip = calloc(1, sizeof *clip);
    if (!clip)
        return why_fail(why, why_bytes, -ENOMEM, "%s: no memory", spec);
    clip->fd = -1;
    av_log_set_level(AV_LOG_QUIET); /* what the user has to know, `why` says */
    int error = open_file(clip, spec, why, why_bytes);
    if (!error)
        error = open_container(clip, why, why_bytes);
    if (!error)
        error = open_decoder(clip, why, why_bytes);
    if (error) {
        clip_close(clip);
        return error;
    }
    describe(clip);
    *state = clip;
    return 0;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

/* Nothing to read from a pipe within the time given? Only asked between packets: a writer that stops in the
 * middle of one is waited for. */
static bool must_wait(const struct clip *clip, int timeout_ms)
{
    if (!clip->is_pipe || clip->io->buf_ptr < clip->io->buf_end || clip->io->eof_reached)
        return false;
    struct pollfd input = {.fd = clip->fd, .events = POLLIN};
    return poll(&input, 1, timeout_ms) <= 0;
}

/* libav takes the end of a Y4M for a proper one wherever it comes; but there is nothing behind its last frame. */
static bool ends_in_a_y4m_frame(const struct clip *clip)
{
    return strcmp(clip->format->iformat->name, "yuv4mpegpipe") == 0 && avio_tell(clip->io) > clip->packet_end;
}

/* The packet is all that was left of its frame. Some decoders would make a whole picture of it. */
static bool ends_in_packet(const struct clip *clip)
{
    return (clip->packet->flags & AV_PKT_FLAG_CORRUPT) && avio_feof(clip->io) &&
           avio_tell(clip->io) == clip->packet_end;
}

/* Reads the next packet of the video into the decoder, or tells it that there are no more. 0, or -EBADMSG. */
static int feed(struct clip *clip)
{
    int error = av_read_frame(clip->format, clip->packet);
    if (error < 0) {
        clip->all_read = true;
        clip->unreadable = error != AVERROR_EOF || (clip->io->error < 0 && clip->io->error != AVERROR_EOF);
        clip->cut |= ends_in_a_y4m_frame(clip);
        avcodec_send_packet(clip->decoder, NULL);
        return 0;
    }
    if (clip->packet->stream_index == clip->stream->index) {
        clip->packet_end = clip->packet->pos + clip->packet->size;
        clip->cut = ends_in_packet(clip);
        if (!clip->cut)
            error = avcodec_send_packet(clip->decoder, clip->packet);
    }
    av_packet_unref(clip->packet);
    /* EAGAIN cannot be: the decoder is emptied before it is fed. What it cannot use is one bad picture. */
    return error < 0 ? -EBADMSG : 0;
}

static int orientation_of(const struct clip *clip)
{
    const AVFrameSideData *of_frame = av_frame_get_side_data(clip->decoded, AV_FRAME_DATA_DISPLAYMATRIX);
    if (of_frame && of_frame->size >= 9 * sizeof(int32_t))
        return clip_frame_orientation((const int32_t *)(const void *)of_frame->data);
    size_t bytes = 0;
    const uint8_t *of_stream = av_stream_get_side_data(clip->stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    return clip_frame_orientation(bytes >= 9 * sizeof(int32_t) ? (const int32_t *)(const void *)of_stream
                                                               : NULL);
}

static void set_time(struct clip *clip, struct frame *frame)
{
    const int64_t pts = clip->decoded->best_effort_timestamp;
    if (pts != AV_NOPTS_VALUE) {
        if (clip->first_pts == AV_NOPTS_VALUE)
            clip->first_pts = pts;
        clip->time_ns =
            av_rescale_q(pts - clip->first_pts, clip->stream->time_base, (AVRational){1, 1000000000});
    } else if (clip->sequence > 0) {
        clip->time_ns += clip->interval_ns;
    }
    frame->capture_time_ns = clip->time_ns;
    frame->sequence = clip->sequence++;
    frame->name = clip->name;
    frame->orientation = orientation_of(clip);
}

static int hand_out(struct clip *clip, struct frame *frame, char *why, size_t why_bytes)
{
    struct frame next = {0};
    char reason[160];
    int error = 0;
    set_time(clip, &next);
    if (clip->decoded->decode_error_flags || (clip->decoded->flags & AV_FRAME_FLAG_CORRUPT))
        error = why_fail(reason, sizeof reason, -EBADMSG, "damaged, or cut off");
    else
        error = clip_frame_make(&clip->made, clip->decoded, &next, reason, sizeof reason);
    if (error)
        return why_fail(why, why_bytes, error == -ENOMEM ? error : -EBADMSG, "%s: frame %llu: %s", clip->name,
                        (unsigned long long)next.sequence, reason);
    clip->bad_packets = 0;
    *frame = next;
    return 0;
}

/* A file that stopped where it should not, and one without a single frame, are said so once; then it is the
 * end. */
static int at_end(struct clip *clip, char *why, size_t why_bytes)
{
    const bool nothing = !clip->unreadable && clip->sequence == 0;
    if (clip->ended || !(clip->unreadable || clip->cut || nothing))
        return -ENODATA;
    clip->ended = true;
    if (clip->cut && !clip->unreadable)
        return why_fail(why, why_bytes, -EBADMSG, "%s: it ends in the middle of frame %llu", clip->name,
                        (unsigned long long)clip->sequence);
    if (nothing)
        return why_fail(why, why_bytes, -EBADMSG, "%s: no frame in it that can be read", clip->name);
    return why_fail(why, why_bytes, -EBADMSG, "%s: cut off, or damaged, after %llu frame%s", clip->name,
                    (unsigned long long)clip->sequence, clip->sequence == 1 ? "" : "s");
}

static int clip_next(void *state, struct frame *frame, int timeout_ms, char *why, size_t why_bytes)
{
    struct clip *clip = state;
    for (;;) {
        int error = avcodec_receive_frame(clip->decoder, clip->decoded);
        if (error >= 0)
            return hand_out(clip, frame, why, why_bytes);
        if (error == AVERROR_EOF || clip->all_read)
            return at_end(clip, why, why_bytes);
        const bool bad = error != AVERROR(EAGAIN);
        if (!bad && must_wait(clip, timeout_ms))
            return -EAGAIN;
        if ((bad || feed(clip)) && ++clip->bad_packets <= MAX_BAD_PACKETS)
            return why_fail(why, why_bytes, -EBADMSG, "%s: a damaged frame after frame %llu", clip->name,
                            (unsigned long long)clip->sequence);
        if (clip->bad_packets > MAX_BAD_PACKETS)
            return why_fail(why, why_bytes, -EIO, "%s: nothing but damaged frames; giving up", clip->name);
    }
}

static const char *clip_describe(const void *state)
{
    return ((const struct clip *)state)->description;
}

const struct source_driver clip_driver = {
    .name = "clip",
    .open = clip_open,
    .next = clip_next,
    .describe = clip_describe,
    .close = clip_close,
};
