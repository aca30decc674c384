/* Clips: every frame with its pixels, time and number; turned, cut off and damaged ones; standard input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "capture/colour.h"
#include "capture/driver.h"
#include "capture/luma.h"
#include "pictures.h"

static int make_state(void **state)
{
    *state = make_folder();
    return 0;
}

static int remove_state(void **state)
{
    remove_folder(*state);
    return 0;
}

/* What frame number `n` shows at x, y. Stays away from the ends, so that a change of range would be seen. */
static uint8_t shade(int n, int x, int y)
{
    return (uint8_t)(40 + (3 * x + 5 * y + 20 * n) % 160);
}

static struct bytes make_y4m(int width, int height, int frames, const char *colours)
{
    const bool mono = strncmp(colours, "mono", 4) == 0;
    const int half_width = (width + 1) / 2, half_height = (height + 1) / 2;
    struct bytes y4m = {0};
    char line[100];
    snprintf(line, sizeof line, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C%s\n", width, height, colours);
    bytes_insert(&y4m, 0, line, strlen(line));
    uint8_t *row = malloc((size_t)width + 1);
    for (int n = 0; n < frames; n++) {
        bytes_insert(&y4m, y4m.size, "FRAME\n", 6);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++)
                row[x] = shade(n, x, y);
            bytes_insert(&y4m, y4m.size, row, (size_t)width);
        }
        memset(row, 128, (size_t)width);
        for (int y = 0; y < 2 * half_height && !mono; y++)
            bytes_insert(&y4m, y4m.size, row, (size_t)half_width);
    }
    free(row);
    return y4m;
}

/* A clip made by libavcodec; the kind of file by its name's ending. `matrix` may be NULL. */
static char *encode_clip(const char *folder, const char *name, enum AVCodecID codec_id,
                         enum AVPixelFormat pixel_format, int width, int height, int frames,
                         const int32_t *matrix)
{
    char *path = path_in(folder, name);
    const AVCodec *codec = avcodec_find_encoder(codec_id);
    assert_non_null(codec);
    AVFormatContext *format = NULL;
    assert_true(avformat_alloc_output_context2(&format, NULL, NULL, path) >= 0);
    AVStream *stream = avformat_new_stream(format, NULL);
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    encoder->width = width;
    encoder->height = height;
    encoder->pix_fmt = pixel_format;
    encoder->time_base = (AVRational){1, 10};
    encoder->framerate = (AVRational){10, 1};
    encoder->bit_rate = 4000000;
    encoder->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    if (format->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    assert_true(avcodec_open2(encoder, codec, NULL) >= 0);
    assert_true(avcodec_parameters_from_context(stream->codecpar, encoder) >= 0);
    stream->time_base = encoder->time_base;
    if (matrix)
        memcpy(av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 36), matrix, 36);
    assert_true(avio_open(&format->pb, path, AVIO_FLAG_WRITE) >= 0);
    assert_true(avformat_write_header(format, NULL) >= 0);
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    frame->width = width;
    frame->height = height;
    frame->format = pixel_format;
    for (int n = 0; n <= frames; n++) {
        if (n < frames) {
            assert_true(av_frame_get_buffer(frame, 0) >= 0);
            for (int plane = 0; plane < 4 && frame->data[plane]; plane++) {
                if (!frame->buf[plane])
                    break;
                memset(frame->buf[plane]->data, plane ? 128 : 0, frame->buf[plane]->size);
            }
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++) {
                    uint8_t *row = frame->data[0] + y * frame->linesize[0];
                    if (pixel_format == AV_PIX_FMT_BGR0)
                        memset(row + 4 * x, shade(n, x, y), 4);
                    else if (pixel_format == AV_PIX_FMT_GRAY16LE)
                        row[2 * x + 1] = shade(n, x, y);
                    else if (pixel_format == AV_PIX_FMT_YUV420P10LE)
                        row[2 * x] = (uint8_t)(shade(n, x, y) << 2), row[2 * x + 1] = shade(n, x, y) >> 6;
                    else
                        row[x] = shade(n, x, y);
                }
            if (pixel_format == AV_PIX_FMT_YUV420P10LE)
                for (int plane = 1; plane < 3; plane++)
                    for (int i = 0; i < frame->linesize[plane] * ((height + 1) / 2); i += 2)
                        frame->data[plane][i] = 0, frame->data[plane][i + 1] = 2;
            frame->pts = n;
        }
        assert_true(avcodec_send_frame(encoder, n < frames ? frame : NULL) >= 0);
        av_frame_unref(frame);
        frame->width = width;
        frame->height = height;
        frame->format = pixel_format;
        while (avcodec_receive_packet(encoder, packet) >= 0) {
            packet->duration = 1;
            av_packet_rescale_ts(packet, encoder->time_base, stream->time_base);
            assert_true(av_interleaved_write_frame(format, packet) >= 0);
        }
    }
    assert_true(av_write_trailer(format) >= 0);
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    avio_closep(&format->pb);
    avformat_free_context(format);
    return path;
}

static struct bytes read_bytes(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct bytes bytes = {malloc(1 << 20), 0};
    bytes.size = fread(bytes.data, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

/* Reads a whole clip; every frame must be shade() within `tolerance`. Returns the number of frames. */
static int read_shades(const char *path, int width, int height, int frames_per_second, int tolerance)
{
    void *clip = NULL;
    char why[SOURCE_WHY_BYTES];
    if (clip_driver.open(&clip, path, NULL, why, sizeof why))
        fail_msg("%s", why);
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    int count = 0, error;
    struct frame frame, gray;
    while ((error = clip_driver.next(clip, &frame, 1000, why, sizeof why)) == 0) {
        assert_int_equal(frame.sequence, count);
        assert_in_range(frame.capture_time_ns, count * 1000000000LL / frames_per_second,
                        count * 1000000000LL / frames_per_second + 1000000);
        assert_int_equal(frame.width_px, width);
        assert_int_equal(frame.height_px, height);
        assert_int_equal(luma_from_frame(luma, &frame, &gray), 0);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const int got = gray.data[(size_t)y * gray.stride_bytes + (size_t)x];
                if (abs(got - shade(count, x, y)) > tolerance)
                    fail_msg("%s: frame %d at %d,%d: %d, not %d", path, count, x, y, got, shade(count, x, y));
            }
        count++;
    }
    if (error != -ENODATA)
        fail_msg("%s", why);
    luma_destroy(luma);
    clip_driver.close(clip);
    return count;
}

static void y4m_of_every_size(void **state)
{
    const int sizes[][2] = {{1, 1}, {3, 5}, {16, 16}, {641, 479}};
    char *path = path_in(*state, "clip.y4m");
    for (int i = 0; i < 4; i++)
        for (int mono = 0; mono < 2; mono++) {
            struct bytes y4m = make_y4m(sizes[i][0], sizes[i][1], 4, mono ? "mono" : "420jpeg");
            write_file(*state, "clip.y4m", y4m.data, y4m.size);
            assert_int_equal(read_shades(path, sizes[i][0], sizes[i][1], 25, 0), 4);
            bytes_free(&y4m);
        }
    free(path);
}

static void a_clip_describes_itself(void **state)
{
    struct bytes y4m = make_y4m(64, 48, 2, "420jpeg");
    write_file(*state, "clip.y4m", y4m.data, y4m.size);
    bytes_free(&y4m);
    char *path = path_in(*state, "clip.y4m"), why[SOURCE_WHY_BYTES];
    void *clip = NULL;
    assert_int_equal(clip_driver.open(&clip, path, NULL, why, sizeof why), 0);
    assert_non_null(strstr(clip_driver.describe(clip), "clip.y4m: 64x48 rawvideo, 25 frames/s"));
    struct frame frame;
    assert_int_equal(clip_driver.next(clip, &frame, 0, why, sizeof why), 0);
    assert_string_equal(frame.name, path);
    assert_int_equal(frame.fourcc, FRAME_YU12);
    assert_int_equal(frame.orientation, 1);
    clip_driver.close(clip); /* in the middle */
    free(path);
}

/* ffv1 loses nothing, so every pixel format must give back its luma; RGB goes by way of the colours. */
static void every_pixel_format_gives_its_luma(void **state)
{
    const enum AVPixelFormat formats[] = {AV_PIX_FMT_GRAY8,    AV_PIX_FMT_YUV420P,    AV_PIX_FMT_YUV422P,
                                          AV_PIX_FMT_YUV444P,  AV_PIX_FMT_YUV411P,    AV_PIX_FMT_BGR0,
                                          AV_PIX_FMT_GRAY16LE, AV_PIX_FMT_YUV420P10LE};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *path = encode_clip(*state, "clip.mkv", AV_CODEC_ID_FFV1, formats[i], 70, 46, 3, NULL);
        assert_int_equal(read_shades(path, 70, 46, 10, 1), 3);
        free(path);
    }
    char *path = encode_clip(*state, "clip.avi", AV_CODEC_ID_MPEG4, AV_PIX_FMT_YUV420P, 64, 48, 12, NULL);
    assert_int_equal(read_shades(path, 64, 48, 10, 60), 12);
    free(path);
    path = encode_clip(*state, "odd.avi", AV_CODEC_ID_MJPEG, AV_PIX_FMT_YUVJ422P, 33, 17, 5, NULL);
    assert_int_equal(read_shades(path, 33, 17, 10, 60), 5);
    free(path);
}

static void an_animated_gif_is_a_clip(void **state)
{
    char *path = encode_clip(*state, "clip.gif", AV_CODEC_ID_GIF, AV_PIX_FMT_GRAY8, 20, 20, 5, NULL);
    assert_int_equal(read_shades(path, 20, 20, 10, 1), 5);
    free(path);
}

static void a_turned_clip_says_so(void **state)
{
    const int32_t one = 1 << 16;
    const struct {
        int32_t a, b, c, d;
        int orientation;
    } turns[] = {{one, 0, 0, one, 1},
                 {0, one, -one, 0, 6},
                 {-one, 0, 0, -one, 3},
                 {0, -one, one, 0, 8},
                 {-one, 0, 0, one, 2}};
    for (int i = 0; i < 5; i++) {
        const int32_t matrix[9] = {turns[i].a, turns[i].b, 0, turns[i].c, turns[i].d, 0, 0, 0, 1 << 30};
        char *path =
                 encode_clip(*state, "phone.mov", AV_CODEC_ID_MPEG4, AV_PIX_FMT_YUV420P, 64, 48, 2, matrix),
             why[SOURCE_WHY_BYTES];
        void *clip = NULL;
        assert_int_equal(clip_driver.open(&clip, path, NULL, why, sizeof why), 0);
        struct frame frame;
        assert_int_equal(clip_driver.next(clip, &frame, 0, why, sizeof why), 0);
        assert_int_equal(frame.orientation, turns[i].orientation);
        clip_driver.close(clip);
        free(path);
    }
}

/* Opens and reads to the end. Returns the frames read; the first error in *error. */
static int read_to_the_end(const char *path, int *error)
{
    void *clip = NULL;
    char why[SOURCE_WHY_BYTES] = "";
    struct frame frame, out;
    int count = 0, result;
    *error = clip_driver.open(&clip, path, NULL, why, sizeof why);
    assert_true(*error <= 0);
    if (*error) {
        assert_null(clip);
        assert_true(why[0] != '\0');
        assert_null(strchr(why, '\n'));
        return 0;
    }
    struct luma *luma;
    struct colour *colour;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(colour_create(&colour), 0);
    for (int rounds = 0; (result = clip_driver.next(clip, &frame, 0, why, sizeof why)) != -ENODATA;
         rounds++) {
        assert_true(rounds < 3000); /* it ends */
        assert_true(result <= 0);
        if (!result) {
            count++;
            assert_int_equal(luma_from_frame(luma, &frame, &out), 0);
            assert_int_equal(colour_from_frame(colour, &frame, &out), 0);
            continue;
        }
        if (!*error)
            *error = result;
        if (result != -EBADMSG)
            break;
    }
    luma_destroy(luma);
    colour_destroy(colour);
    clip_driver.close(clip);
    return count;
}

static void y4m_cut_off_anywhere(void **state)
{
    char *path = path_in(*state, "cut.y4m");
    struct bytes y4m = make_y4m(8, 6, 3, "420jpeg");
    const size_t frame = 6 + 8 * 6 + 2 * 4 * 3, header = y4m.size - 3 * frame;
    for (size_t size = 0; size <= y4m.size; size++) {
        int error;
        write_file(*state, "cut.y4m", y4m.data, size);
        const int count = read_to_the_end(path, &error),
                  expected = size < header ? 0 : (int)((size - header) / frame);
        if (count != expected)
            fail_msg("%zu bytes: %d frames, not %d", size, count, expected);
        if (expected == 0)
            assert_true(error < 0);
        else if (error != ((size - header) % frame ? -EBADMSG : 0)) /* between two frames it ends as it should */
            fail_msg("%zu bytes: error %d", size, error);
    }
    bytes_free(&y4m);
    free(path);
}

/* Once, after the frames that are whole; then it is the end. */
static void assert_ends_in_frame(const char *path, int whole)
{
    char why[SOURCE_WHY_BYTES] = "", words[64];
    void *clip = NULL;
    struct frame frame;
    snprintf(words, sizeof words, "it ends in the middle of frame %d", whole);
    if (clip_driver.open(&clip, path, NULL, why, sizeof why))
        fail_msg("%s", why);
    for (int n = 0; n < whole; n++)
        assert_int_equal(clip_driver.next(clip, &frame, 0, why, sizeof why), 0);
    assert_int_equal(clip_driver.next(clip, &frame, 0, why, sizeof why), -EBADMSG);
    if (!strstr(why, words) || strncmp(why, path, strlen(path)) != 0)
        fail_msg("\"%s\", not \"%s: %s\"", why, path, words);
    assert_int_equal(clip_driver.next(clip, &frame, 0, why, sizeof why), -ENODATA);
    clip_driver.close(clip);
}

static void a_clip_cut_off_in_a_frame_says_so(void **state)
{
    char *path = path_in(*state, "cut.y4m");
    struct bytes y4m = make_y4m(64, 48, 3, "420jpeg");
    write_file(*state, "cut.y4m", y4m.data, y4m.size - 1);
    assert_ends_in_frame(path, 2);
    write_file(*state, "cut.y4m", y4m.data, y4m.size - 2 * (6 + 64 * 48 * 3 / 2) - 5);
    assert_ends_in_frame(path, 0);
    bytes_insert(&y4m, y4m.size, "FRAME\n", 6);
    write_file(*state, "cut.y4m", y4m.data, y4m.size);
    assert_ends_in_frame(path, 3);
    bytes_free(&y4m);
    free(path);

    /* Half a JPEG is a picture to its decoder, but not a whole frame. */
    path = encode_clip(*state, "cut.avi", AV_CODEC_ID_MJPEG, AV_PIX_FMT_YUVJ420P, 160, 120, 6, NULL);
    struct bytes film = read_bytes(path);
    size_t last = film.size;
    while (memcmp(film.data + last - 2, "\xff\xd9", 2) != 0) /* the end of the last JPEG; the index is behind it */
        last--;
    write_file(*state, "cut.avi", film.data, last - 100);
    assert_ends_in_frame(path, 5);
    bytes_free(&film);
    free(path);
}

static void films_cut_off(void **state)
{
    const char *const names[] = {"cut.avi", "cut.mkv", "cut.mov"};
    for (int n = 0; n < 3; n++) {
        char *path = encode_clip(*state, names[n], AV_CODEC_ID_MPEG4, AV_PIX_FMT_YUV420P, 48, 32, 8, NULL);
        struct bytes film = read_bytes(path);
        int error, most = 0;
        const int all = read_to_the_end(path, &error);
        if (all != 8 || error)
            fail_msg("%s: %d frames of 8, error %d", path, all, error);
        for (size_t size = 0; size < film.size; size += 1 + film.size / 60) {
            write_file(*state, names[n], film.data, size);
            const int count = read_to_the_end(path, &error);
            assert_true(count <= 8);
            assert_true(count > 0 || error < 0); /* never silence about nothing */
            if (count > most)
                most = count;
        }
        if (n < 2)
            assert_true(most >= 5); /* what is there is read; a mov has its index at its end */
        bytes_free(&film);
        free(path);
    }
}

static void damaged_clips_do_no_harm(void **state)
{
    const char *const names[] = {"flip.y4m", "flip.avi", "flip.gif"};
    struct bytes originals[3] = {make_y4m(8, 6, 3, "420jpeg")};
    char *path = encode_clip(*state, names[1], AV_CODEC_ID_MPEG4, AV_PIX_FMT_YUV420P, 32, 32, 4, NULL);
    originals[1] = read_bytes(path);
    free(path);
    path = encode_clip(*state, names[2], AV_CODEC_ID_GIF, AV_PIX_FMT_GRAY8, 16, 16, 3, NULL);
    originals[2] = read_bytes(path);
    free(path);
    uint32_t seed = 99;
    for (int i = 0; i < 700; i++) {
        const int which = i < 500 ? 0 : 1 + i % 2;
        struct bytes bytes = bytes_copy(originals[which].data, originals[which].size);
        if (which == 0 && i % 2) { /* the header, where every byte means something */
            bytes.data[10 + next_random(&seed) % 30] = (uint8_t)('0' + next_random(&seed) % 48);
        } else {
            damage(&bytes, &seed);
        }
        write_file(*state, names[which], bytes.data, bytes.size);
        path = path_in(*state, names[which]);
        int error;
        read_to_the_end(path, &error);
        free(path);
        bytes_free(&bytes);
    }
    for (int i = 0; i < 3; i++)
        bytes_free(&originals[i]);
}

static void assert_refused(const char *folder, const char *name, const void *data, size_t size, int error,
                           const char *words)
{
    char *path = path_in(folder, name), why[SOURCE_WHY_BYTES] = "";
    void *clip = NULL;
    write_file(folder, name, data, size);
    const int got = clip_driver.open(&clip, path, NULL, why, sizeof why);
    if (got != error || !strstr(why, words) || !strstr(why, name))
        fail_msg("%s: %d \"%s\", not %d \"%s\"", name, got, why, error, words);
    assert_null(clip);
    free(path);
}

#define TEXT(text) text, sizeof(text) - 1

static void files_that_are_no_clips(void **state)
{
    const char *folder = *state;
    assert_refused(folder, "empty.mp4", "", 0, -EBADMSG, "empty file");
    assert_refused(folder, "text.mp4", TEXT("dear diary, today nothing moved"), -ENOTSUP,
                   "neither a picture nor a video");
    assert_refused(folder, "big.y4m", TEXT("YUV4MPEG2 W20000 H20000 F25:1 C420jpeg\nFRAME\nabc"), -EFBIG,
                   "20000 x 20000");
    assert_refused(folder, "many.y4m", TEXT("YUV4MPEG2 W10000 H10000 F25:1 C420jpeg\nFRAME\nabc"), -EFBIG,
                   "10000 x 10000");
    /* A playlist must not make the program open what it names, though it is there and can be read */
    free(encode_clip(folder, "other.mkv", AV_CODEC_ID_FFV1, AV_PIX_FMT_GRAY8, 16, 16, 2, NULL));
    assert_refused(folder, "list.m3u8",
                   TEXT("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"),
                   -ENOTSUP, "neither a picture nor a video");
    assert_refused(folder, "list.ffconcat", TEXT("ffconcat version 1.0\nfile other.mkv\n"), -ENOTSUP,
                   "neither a picture nor a video");
    char why[SOURCE_WHY_BYTES];
    void *clip = NULL;
    char *path = path_in(folder, "missing.mp4");
    assert_int_equal(clip_driver.open(&clip, path, NULL, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "missing.mp4"));
    free(path);
    assert_int_equal(clip_driver.open(&clip, folder, NULL, why, sizeof why), -EISDIR);
}

static void a_huge_picture_is_refused_before_it_is_decoded(void **state)
{
    /* A BMP whose header promises 20000 x 20000 pixels */
    uint8_t bmp[2000] = {'B', 'M', 0, 8,    0,    0, 0, 0,    0,    0, 54, 0, 0, 0, 40,
                         0,   0,   0, 0x20, 0x4E, 0, 0, 0x20, 0x4E, 0, 0,  1, 0, 24};
    write_file(*state, "big.bmp", bmp, sizeof bmp);
    char *path = path_in(*state, "big.bmp");
    struct rusage before, after;
    int error;
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(read_to_the_end(path, &error), 0);
    getrusage(RUSAGE_SELF, &after);
    assert_true(error < 0);
    assert_true(after.ru_maxrss - before.ru_maxrss < 200000); /* KiB */
    free(path);
}

/* Runs `child` in a process of its own with `fd` as its standard input; it must come back with 0. */
static void with_stdin(int fd, int (*child)(void))
{
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fd, STDIN_FILENO);
        close(fd);
        _exit(child());
    }
    close(fd);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("reading standard input went wrong at check %d", WEXITSTATUS(status));
}

static int read_three_frames(void)
{
    char why[SOURCE_WHY_BYTES];
    void *clip = NULL;
    struct frame frame;
    if (clip_driver.open(&clip, "-", NULL, why, sizeof why))
        return 1;
    for (int n = 0; n < 3; n++) {
        int error;
        while ((error = clip_driver.next(clip, &frame, 50, why, sizeof why)) == -EAGAIN)
            continue;
        if (error)
            return 2;
        if (frame.width_px != 40 || frame.sequence != (uint64_t)n || strcmp(frame.name, "stdin") != 0)
            return 3;
        for (int x = 0; x < 40; x++)
            if (frame.data[(size_t)7 * frame.stride_bytes + (size_t)x] != shade(n, x, 7))
                return 4;
    }
    if (clip_driver.next(clip, &frame, 50, why, sizeof why) != -ENODATA)
        return 5;
    clip_driver.close(clip);
    return 0;
}

static int refuse_text(void)
{
    char why[SOURCE_WHY_BYTES] = "";
    void *clip = NULL;
    if (clip_driver.open(&clip, "-", NULL, why, sizeof why) >= 0)
        return 1;
    return strstr(why, "stdin") ? 0 : 2;
}

/* The writer stops after its first frames: next must come back with -EAGAIN instead of waiting for ever. */
static int wait_in_vain(void)
{
    char why[SOURCE_WHY_BYTES];
    void *clip = NULL;
    struct frame frame;
    alarm(20);
    if (clip_driver.open(&clip, "-", NULL, why, sizeof why))
        return 1;
    int count = 0, error;
    while ((error = clip_driver.next(clip, &frame, 20, why, sizeof why)) == 0)
        count++;
    if (error != -EAGAIN || count != 200)
        return 2;
    clip_driver.close(clip);
    return 0;
}

static int pipe_with(const struct bytes *bytes, int *writer)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    assert_int_equal(write(ends[1], bytes->data, bytes->size), bytes->size);
    if (writer)
        *writer = ends[1];
    else
        close(ends[1]);
    return ends[0];
}

static void y4m_on_standard_input(void **state)
{
    (void)state;
    struct bytes y4m = make_y4m(40, 30, 3, "420jpeg"), text = bytes_copy(TEXT("nothing of the kind\n"));
    with_stdin(pipe_with(&y4m, NULL), read_three_frames);
    write_file(*state, "in.y4m", y4m.data, y4m.size);
    char *path = path_in(*state, "in.y4m");
    with_stdin(open(path, O_RDONLY), read_three_frames);
    with_stdin(pipe_with(&text, NULL), refuse_text);
    text.size = 0;
    with_stdin(pipe_with(&text, NULL), refuse_text);
    free(path);
    bytes_free(&y4m);
    bytes_free(&text);
}

static int read_two_and_a_half_frames(void)
{
    char why[SOURCE_WHY_BYTES];
    void *clip = NULL;
    struct frame frame;
    if (clip_driver.open(&clip, "-", NULL, why, sizeof why))
        return 1;
    int error, count = 0;
    while ((error = clip_driver.next(clip, &frame, 50, why, sizeof why)) == 0 || error == -EAGAIN)
        count += error == 0;
    clip_driver.close(clip);
    return count != 2 ? 2 : strcmp(why, "stdin: it ends in the middle of frame 2") != 0 ? 3 : error != -EBADMSG ? 4 : 0;
}

static void a_pipe_that_ends_in_a_frame(void **state)
{
    (void)state;
    struct bytes y4m = make_y4m(40, 30, 3, "420jpeg");
    y4m.size -= 900;
    with_stdin(pipe_with(&y4m, NULL), read_two_and_a_half_frames);
    bytes_free(&y4m);
}

static void a_pipe_that_falls_silent(void **state)
{
    (void)state;
    struct bytes y4m = make_y4m(40, 30, 200, "420jpeg");
    int writer;
    const int reader = pipe_with(&y4m, &writer);
    with_stdin(reader, wait_in_vain);
    close(writer);
    bytes_free(&y4m);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_state, remove_state)

int main(void)
{
    av_log_set_level(AV_LOG_QUIET); /* the encoders of the tests talk, too */
    const struct CMUnitTest tests[] = {
        IN_FOLDER(y4m_of_every_size),
        IN_FOLDER(a_clip_describes_itself),
        IN_FOLDER(every_pixel_format_gives_its_luma),
        IN_FOLDER(an_animated_gif_is_a_clip),
        IN_FOLDER(a_turned_clip_says_so),
        IN_FOLDER(y4m_cut_off_anywhere),
        IN_FOLDER(a_clip_cut_off_in_a_frame_says_so),
        IN_FOLDER(films_cut_off),
        IN_FOLDER(damaged_clips_do_no_harm),
        IN_FOLDER(files_that_are_no_clips),
        IN_FOLDER(a_huge_picture_is_refused_before_it_is_decoded),
        IN_FOLDER(y4m_on_standard_input),
        IN_FOLDER(a_pipe_that_ends_in_a_frame),
        IN_FOLDER(a_pipe_that_falls_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
