/* luma and colour: every format against known values, all orientations, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <errno.h>

#include "capture/colour.h"
#include "capture/luma.h"
#include "pictures.h"

static const uint32_t raw_formats[] = {FRAME_GREY, FRAME_YUYV, FRAME_UYVY,
                                       FRAME_NV12, FRAME_YU12, FRAME_RGB3};
enum { RAW_FORMATS = sizeof raw_formats / sizeof *raw_formats };

static uint8_t pattern(int x, int y)
{
    return (uint8_t)(7 * x + 13 * y + x * y % 11);
}

/* A frame in memory of exactly the bytes it needs, so that a sanitizer sees every step beyond. U and V are
 * 100 and 160. */
static struct frame make_frame(uint32_t fourcc, int width, int height, size_t extra_stride)
{
    const size_t w = (size_t)width, h = (size_t)height, half_w = (w + 1) / 2, half_h = (h + 1) / 2;
    size_t row = w;
    if (fourcc == FRAME_YUYV || fourcc == FRAME_UYVY)
        row = half_w * 4;
    if (fourcc == FRAME_RGB3)
        row = 3 * w;
    if (fourcc == FRAME_NV12)
        row = half_w * 2;
    const size_t stride = row + extra_stride, half_stride = (stride + 1) / 2;
    size_t size = stride * (h - 1) + row;
    if (fourcc == FRAME_NV12)
        size = stride * (h + half_h - 1) + half_w * 2;
    if (fourcc == FRAME_YU12)
        size = stride * h + half_stride * (2 * half_h - 1) + half_w;
    uint8_t *data = malloc(size);
    assert_non_null(data);
    memset(data, 0xEE, size);
    for (int y = 0; y < height; y++) {
        uint8_t *at = data + (size_t)y * stride;
        for (int x = 0; x < width; x++) {
            if (fourcc == FRAME_YUYV || fourcc == FRAME_UYVY) {
                const int first = fourcc == FRAME_UYVY;
                at[2 * x + first] = pattern(x, y);
                at[x / 2 * 4 + !first] = 100;
                at[x / 2 * 4 + 2 + !first] = 160;
            } else if (fourcc == FRAME_RGB3) {
                memset(at + 3 * x, pattern(x, y), 3);
            } else {
                at[x] = pattern(x, y);
            }
        }
    }
    for (size_t y = 0; y < half_h; y++)
        for (size_t x = 0; x < half_w; x++) {
            if (fourcc == FRAME_NV12) {
                data[stride * (h + y) + 2 * x] = 100;
                data[stride * (h + y) + 2 * x + 1] = 160;
            } else if (fourcc == FRAME_YU12) {
                data[stride * h + half_stride * y + x] = 100;
                data[stride * h + half_stride * (half_h + y) + x] = 160;
            }
        }
    return (struct frame){.fourcc = fourcc,
                          .width_px = width,
                          .height_px = height,
                          .data = data,
                          .size_bytes = size,
                          .stride_bytes = stride,
                          .orientation = 1,
                          .name = "test",
                          .sequence = 9,
                          .capture_time_ns = 77};
}

static void free_frame(struct frame *frame)
{
    free((void *)(uintptr_t)frame->data);
}

static struct frame jpeg_frame(const struct bytes *jpeg)
{
    return (struct frame){.fourcc = FRAME_MJPG,
                          .width_px = 1,
                          .height_px = 1,
                          .data = jpeg->data,
                          .size_bytes = jpeg->size,
                          .orientation = 1,
                          .name = "test.jpg"};
}

/* ---- raw formats ------------------------------------------------------------------------------------- */

static const int sizes[][2] = {{1, 1}, {3, 5}, {2, 2}, {16, 9}, {33, 65}, {641, 479}};
static const size_t extras[] = {0, 1, 13};

static void luma_of_every_format(void **state)
{
    (void)state;
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    for (size_t f = 0; f < RAW_FORMATS; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t e = 0; e < sizeof extras / sizeof *extras; e++) {
                struct frame frame = make_frame(raw_formats[f], sizes[s][0], sizes[s][1], extras[e]), gray;
                assert_int_equal(luma_from_frame(luma, &frame, &gray), 0);
                assert_string_equal(luma_error(luma), "");
                assert_int_equal(gray.fourcc, FRAME_GREY);
                assert_int_equal(gray.width_px, frame.width_px);
                assert_int_equal(gray.height_px, frame.height_px);
                assert_int_equal(gray.orientation, 1);
                assert_int_equal(gray.sequence, 9);
                assert_int_equal(gray.capture_time_ns, 77);
                for (int y = 0; y < gray.height_px; y++)
                    for (int x = 0; x < gray.width_px; x++)
                        assert_int_equal(gray.data[(size_t)y * gray.stride_bytes + (size_t)x], pattern(x, y));
                free_frame(&frame);
            }
    luma_destroy(luma);
    luma_destroy(NULL);
}

static void a_gray_plane_is_borrowed(void **state)
{
    (void)state;
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    const uint32_t formats[] = {FRAME_GREY, FRAME_NV12, FRAME_YU12};
    for (int i = 0; i < 3; i++) {
        struct frame frame = make_frame(formats[i], 20, 10, 4), gray;
        assert_int_equal(luma_from_frame(luma, &frame, &gray), 0);
        assert_ptr_equal(gray.data, frame.data);
        assert_int_equal(gray.stride_bytes, frame.stride_bytes);
        free_frame(&frame);
    }
    luma_destroy(luma);
}

static void luma_of_colours(void **state)
{
    (void)state;
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    const uint8_t rgb[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0};
    const struct frame frame = {.fourcc = FRAME_RGB3,
                                .width_px = 5,
                                .height_px = 1,
                                .data = rgb,
                                .size_bytes = sizeof rgb,
                                .stride_bytes = sizeof rgb,
                                .orientation = 1};
    struct frame gray;
    assert_int_equal(luma_from_frame(luma, &frame, &gray), 0);
    const uint8_t expected[] = {76, 150, 29, 255, 0};
    assert_memory_equal(gray.data, expected, 5);
    luma_destroy(luma);
}

static int clamped(double value)
{
    return value < 0 ? 0 : value > 255 ? 255 : (int)(value + 0.5);
}

static void colour_of_every_format(void **state)
{
    (void)state;
    struct colour *colour;
    assert_int_equal(colour_create(&colour), 0);
    for (size_t f = 0; f < RAW_FORMATS; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t e = 0; e < sizeof extras / sizeof *extras; e++) {
                struct frame frame = make_frame(raw_formats[f], sizes[s][0], sizes[s][1], extras[e]), rgb;
                assert_int_equal(colour_from_frame(colour, &frame, &rgb), 0);
                assert_int_equal(rgb.fourcc, FRAME_RGB3);
                const bool plain = frame.fourcc == FRAME_GREY || frame.fourcc == FRAME_RGB3;
                for (int y = 0; y < rgb.height_px; y++)
                    for (int x = 0; x < rgb.width_px; x++) {
                        const uint8_t *got = rgb.data + (size_t)y * rgb.stride_bytes + 3 * (size_t)x;
                        const double luma = pattern(x, y), light = 255.0 / 219 * (luma - 16), u = 100 - 128,
                                     v = 160 - 128;
                        const int red = clamped(plain ? luma : light + 1.596 * v);
                        const int green = clamped(plain ? luma : light - 0.392 * u - 0.813 * v);
                        const int blue = clamped(plain ? luma : light + 2.017 * u);
                        if (abs(got[0] - red) > 1 || abs(got[1] - green) > 1 || abs(got[2] - blue) > 1)
                            fail_msg("format %zu at %d,%d: %d %d %d, not %d %d %d", f, x, y, got[0], got[1],
                                     got[2], red, green, blue);
                    }
                free_frame(&frame);
            }
    colour_destroy(colour);
    colour_destroy(NULL);
}

static void upright_rgb_is_borrowed(void **state)
{
    (void)state;
    struct colour *colour;
    assert_int_equal(colour_create(&colour), 0);
    struct frame frame = make_frame(FRAME_RGB3, 7, 3, 5), rgb;
    assert_int_equal(colour_from_frame(colour, &frame, &rgb), 0);
    assert_ptr_equal(rgb.data, frame.data);
    assert_int_equal(rgb.stride_bytes, frame.stride_bytes);
    free_frame(&frame);
    colour_destroy(colour);
}

static void raw_frames_that_cannot_be(void **state)
{
    (void)state;
    struct luma *luma;
    struct colour *colour;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(colour_create(&colour), 0);
    struct frame out;
    for (size_t f = 0; f < RAW_FORMATS; f++) {
        struct frame frame = make_frame(raw_formats[f], 6, 4, 3), bad = frame;
        bad.size_bytes--;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EBADMSG);
        assert_non_null(strstr(luma_error(luma), "cut off"));
        assert_int_equal(colour_from_frame(colour, &bad, &out), -EBADMSG);
        assert_non_null(strstr(colour_error(colour), "cut off"));
        bad = frame, bad.size_bytes = 0;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EBADMSG);
        bad = frame, bad.data = NULL;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EBADMSG);
        bad = frame, bad.stride_bytes = 5;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EBADMSG);
        bad = frame, bad.stride_bytes = SIZE_MAX - 1;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EBADMSG);
        bad = frame, bad.width_px = 0;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EBADMSG);
        bad = frame, bad.height_px = -4;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EBADMSG);
        bad = frame, bad.width_px = bad.height_px = 20000;
        assert_int_equal(luma_from_frame(luma, &bad, &out), -EFBIG);
        assert_non_null(strstr(luma_error(luma), "20000 x 20000"));
        bad = frame, bad.width_px = bad.height_px = 10000; /* sides fine, too many pixels */
        assert_int_equal(colour_from_frame(colour, &bad, &out), -EFBIG);
        bad = frame, bad.fourcc = FRAME_FOURCC('H', '2', '6', '4');
        assert_int_equal(luma_from_frame(luma, &bad, &out), -ENOTSUP);
        assert_int_equal(colour_from_frame(colour, &bad, &out), -ENOTSUP);
        assert_int_equal(luma_from_frame(luma, &frame, &out), 0);
        assert_int_equal(colour_from_frame(colour, &frame, &out), 0);
        assert_string_equal(colour_error(colour), "");
        free_frame(&frame);
    }
    luma_destroy(luma);
    colour_destroy(colour);
}

/* ---- orientation ------------------------------------------------------------------------------------- */

/* abc over def, upright, as the EXIF standard's pictures show it. */
static const char *const turned[9] = {[1] = "abcdef", [2] = "cbafed", [3] = "fedcba", [4] = "defabc",
                                      [5] = "adbecf", [6] = "daebfc", [7] = "fcebda", [8] = "cfbead"};

static void six_letters_in_all_orientations(void **state)
{
    (void)state;
    struct luma *luma;
    struct colour *colour;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(colour_create(&colour), 0);
    for (int orientation = 1; orientation <= 8; orientation++) {
        const uint8_t letters[] = "abc--def";
        struct frame frame = {.fourcc = FRAME_GREY,
                              .width_px = 3,
                              .height_px = 2,
                              .data = letters,
                              .size_bytes = 8,
                              .stride_bytes = 5,
                              .orientation = orientation},
                     out;
        assert_int_equal(luma_from_frame(luma, &frame, &out), 0);
        assert_int_equal(out.width_px, orientation < 5 ? 3 : 2);
        assert_int_equal(out.height_px, orientation < 5 ? 2 : 3);
        assert_int_equal(out.orientation, 1);
        for (int i = 0; i < 6; i++)
            assert_int_equal(
                out.data[(size_t)(i / out.width_px) * out.stride_bytes + (size_t)(i % out.width_px)],
                turned[orientation][i]);
        const uint8_t pairs[] = "a-b-c---d-e-f---";
        frame.fourcc = FRAME_YUYV, frame.data = pairs, frame.size_bytes = 16, frame.stride_bytes = 8;
        assert_int_equal(luma_from_frame(luma, &frame, &out), 0);
        assert_memory_equal(out.data, turned[orientation], 6);
        const uint8_t coloured[] = "aAzbBzcCzdDzeEzfFz";
        frame.fourcc = FRAME_RGB3, frame.data = coloured, frame.size_bytes = 18, frame.stride_bytes = 9;
        assert_int_equal(colour_from_frame(colour, &frame, &out), 0);
        assert_int_equal(out.width_px, orientation < 5 ? 3 : 2);
        for (int i = 0; i < 6; i++) {
            assert_int_equal(out.data[3 * i], turned[orientation][i]);
            assert_int_equal(out.data[3 * i + 1], turned[orientation][i] - 'a' + 'A');
            assert_int_equal(out.data[3 * i + 2], 'z');
        }
    }
    luma_destroy(luma);
    colour_destroy(colour);
}

struct plane {
    int width, height;
    uint8_t *data;
};

static struct plane mirrored(const struct plane *from)
{
    struct plane to = {from->width, from->height, malloc((size_t)(from->width * from->height))};
    for (int y = 0; y < to.height; y++)
        for (int x = 0; x < to.width; x++)
            to.data[y * to.width + x] = from->data[y * from->width + from->width - 1 - x];
    return to;
}

static struct plane quarter_clockwise(const struct plane *from)
{
    struct plane to = {from->height, from->width, malloc((size_t)(from->width * from->height))};
    for (int y = 0; y < from->height; y++)
        for (int x = 0; x < from->width; x++)
            to.data[x * to.width + to.width - 1 - y] = from->data[y * from->width + x];
    return to;
}

/* Larger than the tiles the turning works in. Expected from two steps: mirror first, then quarter turns. */
static void a_large_picture_in_all_orientations(void **state)
{
    (void)state;
    static const struct {
        bool mirror;
        int quarters;
    } steps[9] = {{0}, {0, 0}, {1, 0}, {0, 2}, {1, 2}, {1, 3}, {0, 1}, {1, 1}, {0, 3}};
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct frame frame = make_frame(FRAME_UYVY, 101, 67, 2), gray;
        frame.orientation = orientation;
        struct plane expected = {101, 67, malloc(101 * 67)};
        for (int i = 0; i < 101 * 67; i++)
            expected.data[i] = pattern(i % 101, i / 101);
        for (int step = 0; step < steps[orientation].mirror + steps[orientation].quarters; step++) {
            const bool mirror = steps[orientation].mirror && step == 0;
            struct plane next = mirror ? mirrored(&expected) : quarter_clockwise(&expected);
            free(expected.data);
            expected = next;
        }
        assert_int_equal(luma_from_frame(luma, &frame, &gray), 0);
        assert_int_equal(gray.width_px, expected.width);
        assert_int_equal(gray.height_px, expected.height);
        assert_int_equal(gray.stride_bytes, expected.width);
        assert_memory_equal(gray.data, expected.data, 101 * 67);
        free(expected.data);
        free_frame(&frame);
    }
    luma_destroy(luma);
}

/* ---- JPEG -------------------------------------------------------------------------------------------- */

static void assert_smooth(const struct frame *gray, int width, int height)
{
    assert_int_equal(gray->width_px, width);
    assert_int_equal(gray->height_px, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const int got = gray->data[(size_t)y * gray->stride_bytes + (size_t)x],
                      wanted = smooth(x, y, width, height);
            if (abs(got - wanted) > 4)
                fail_msg("%dx%d at %d,%d: %d, not %d", width, height, x, y, got, wanted);
        }
}

/* (Under valgrind run with JSIMD_FORCENONE=1: it takes the unused lanes of the library's vector code at the
 * right edge of 4:4:0 pictures for a use of uninitialised bytes. The pixels are the same with and without
 * that code.) */
static void jpeg_of_every_kind(void **state)
{
    (void)state;
    const int kinds[] = {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY, TJSAMP_440, TJSAMP_411};
    struct luma *luma;
    struct colour *colour;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(colour_create(&colour), 0);
    for (int k = 0; k < 6; k++)
        for (int progressive = 0; progressive < 2; progressive++)
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
                struct bytes jpeg =
                    make_jpeg(sizes[s][0], sizes[s][1], kinds[k], progressive ? TJFLAG_PROGRESSIVE : 0);
                struct frame frame = jpeg_frame(&jpeg), gray, rgb;
                assert_int_equal(luma_from_frame(luma, &frame, &gray), 0);
                assert_smooth(&gray, sizes[s][0], sizes[s][1]);
                assert_int_equal(colour_from_frame(colour, &frame, &rgb), 0);
                assert_int_equal(rgb.width_px, sizes[s][0]);
                for (int i = 0; i < 3 * rgb.width_px * rgb.height_px; i++)
                    assert_in_range(rgb.data[i], gray.data[i / 3] < 6 ? 0 : gray.data[i / 3] - 6,
                                    gray.data[i / 3] + 6);
                bytes_free(&jpeg);
            }
    luma_destroy(luma);
    colour_destroy(colour);
}

/* Printers' JPEGs. 4 inks of 8x8 pixels; the values are light, as the Adobe marker says. */
static void jpeg_in_cmyk(void **state)
{
    (void)state;
    uint8_t inks[32 * 32 * 4];
    for (int i = 0; i < 32 * 32; i++)
        inks[4 * i] = 200, inks[4 * i + 1] = 100, inks[4 * i + 2] = 50, inks[4 * i + 3] = 128;
    tjhandle handle = tjInitCompress();
    unsigned char *data = NULL;
    unsigned long size = 0;
    assert_int_equal(tjCompress2(handle, inks, 32, 0, 32, TJPF_CMYK, &data, &size, TJSAMP_444, 98, 0), 0);
    struct bytes jpeg = bytes_copy(data, size);
    tjFree(data);
    tjDestroy(handle);
    struct luma *luma;
    struct colour *colour;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(colour_create(&colour), 0);
    struct frame frame = jpeg_frame(&jpeg), out;
    assert_int_equal(colour_from_frame(colour, &frame, &out), 0);
    assert_in_range(out.data[300], 97, 103);
    assert_in_range(out.data[301], 47, 53);
    assert_in_range(out.data[302], 22, 28);
    assert_int_equal(luma_from_frame(luma, &frame, &out), 0);
    assert_in_range(out.data[100], 58, 66);
    luma_destroy(luma);
    colour_destroy(colour);
    bytes_free(&jpeg);
}

static void camera_jpeg_without_huffman_tables(void **state)
{
    (void)state;
    struct bytes jpeg = make_jpeg(64, 48, TJSAMP_422, 0);
    size_t at, removed = 0;
    while ((at = find_segment(&jpeg, 0xC4)) != 0) {
        bytes_remove(&jpeg, at, 2 + (size_t)(jpeg.data[at + 2] << 8 | jpeg.data[at + 3]));
        removed++;
    }
    assert_true(removed > 0);
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    struct frame frame = jpeg_frame(&jpeg), gray;
    assert_int_equal(luma_from_frame(luma, &frame, &gray), 0);
    assert_smooth(&gray, 64, 48);
    luma_destroy(luma);
    bytes_free(&jpeg);
}

static void jpeg_with_harmless_faults(void **state)
{
    (void)state;
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    for (int fault = 0; fault < 4; fault++) {
        struct bytes jpeg = make_jpeg(64, 48, TJSAMP_420, 0);
        const uint8_t stray[600] = {0};
        if (fault == 0)
            bytes_insert(&jpeg, jpeg.size - 2, stray, 7); /* before the end marker */
        if (fault == 1)
            bytes_insert(&jpeg, jpeg.size, stray, 600); /* after it, as many cameras do */
        if (fault == 2)
            jpeg.size -= 2; /* no end marker */
        if (fault == 3)
            bytes_insert(&jpeg, find_segment(&jpeg, 0xDB), stray, 5);
        struct frame frame = jpeg_frame(&jpeg), gray;
        const int error = luma_from_frame(luma, &frame, &gray);
        if (error)
            fail_msg("fault %d: %s", fault, luma_error(luma));
        assert_smooth(&gray, 64, 48);
        bytes_free(&jpeg);
    }
    luma_destroy(luma);
}

/* Cut off at every byte: an error, or the very same pixels as the whole picture has; and after every one of
 * them a good picture must still come out right. */
static void jpeg_cut_off_anywhere(void **state)
{
    (void)state;
    struct luma *luma, *other;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(luma_create(&other), 0);
    const int kinds[][2] = {{TJSAMP_420, 0}, {TJSAMP_GRAY, 0}, {TJSAMP_444, TJFLAG_PROGRESSIVE}};
    for (int k = 0; k < 3; k++) {
        struct bytes jpeg = make_jpeg(50, 40, kinds[k][0], kinds[k][1]);
        struct frame whole = jpeg_frame(&jpeg), expected, got;
        assert_int_equal(luma_from_frame(other, &whole, &expected), 0);
        size_t accepted = 0;
        for (size_t size = 0; size < jpeg.size; size++) {
            struct bytes cut = bytes_copy(jpeg.data, size);
            struct frame frame = jpeg_frame(&cut);
            const int error = luma_from_frame(luma, &frame, &got);
            if (error) {
                assert_int_equal(error, -EBADMSG);
                assert_true(luma_error(luma)[0] != '\0');
            } else {
                accepted++;
                assert_memory_equal(got.data, expected.data, 50 * 40);
            }
            if (size % 16 == 0) {
                assert_int_equal(luma_from_frame(luma, &whole, &got), 0);
                assert_memory_equal(got.data, expected.data, 50 * 40);
            }
            bytes_free(&cut);
        }
        assert_true(accepted <=
                    (kinds[k][1] ? 0 : 3)); /* only the end marker, or padding bits, may be missing */
        bytes_free(&jpeg);
    }
    luma_destroy(luma);
    luma_destroy(other);
}

/* A torn camera frame: its end is there, but a piece of its middle is not. */
static void jpeg_with_a_hole(void **state)
{
    (void)state;
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    struct bytes jpeg = make_jpeg(641, 479, TJSAMP_422, 0);
    bytes_remove(&jpeg, jpeg.size / 2, jpeg.size / 4);
    struct frame frame = jpeg_frame(&jpeg), gray;
    assert_int_equal(luma_from_frame(luma, &frame, &gray), -EBADMSG);
    bytes_free(&jpeg);
    luma_destroy(luma);
}

static void oversized_jpeg_then_a_good_one(void **state)
{
    (void)state;
    struct luma *luma;
    struct colour *colour;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(colour_create(&colour), 0);
    struct bytes good = make_jpeg(64, 48, TJSAMP_420, 0), bomb = bytes_copy(good.data, good.size);
    const size_t header = find_segment(&bomb, 0xC0);
    assert_true(header > 0);
    bomb.data[header + 5] = bomb.data[header + 7] = 65500 >> 8;
    bomb.data[header + 6] = bomb.data[header + 8] = 65500 & 255;
    for (int round = 0; round < 3; round++) {
        struct frame frame = jpeg_frame(&bomb), out;
        assert_int_equal(luma_from_frame(luma, &frame, &out), -EFBIG);
        assert_non_null(strstr(luma_error(luma), "65500 x 65500"));
        assert_int_equal(colour_from_frame(colour, &frame, &out), -EFBIG);
        frame = jpeg_frame(&good);
        assert_int_equal(luma_from_frame(luma, &frame, &out), 0);
        assert_smooth(&out, 64, 48);
        assert_int_equal(colour_from_frame(colour, &frame, &out), 0);
    }
    bytes_free(&bomb);
    bytes_free(&good);
    luma_destroy(luma);
    colour_destroy(colour);
}

static void damaged_jpegs_do_no_harm(void **state)
{
    (void)state;
    struct luma *luma;
    struct colour *colour;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(colour_create(&colour), 0);
    uint32_t seed = 20261122;
    struct bytes originals[3] = {make_jpeg(40, 30, TJSAMP_420, 0),
                                 make_jpeg(33, 17, TJSAMP_444, TJFLAG_PROGRESSIVE),
                                 make_jpeg(24, 24, TJSAMP_GRAY, 0)};
    for (int i = 0; i < 1500; i++) {
        struct bytes jpeg = bytes_copy(originals[i % 3].data, originals[i % 3].size);
        damage(&jpeg, &seed);
        struct frame frame = jpeg_frame(&jpeg), out;
        frame.orientation = i % 10;
        assert_true(luma_from_frame(luma, &frame, &out) <= 0);
        assert_true(colour_from_frame(colour, &frame, &out) <= 0);
        bytes_free(&jpeg);
    }
    for (int i = 0; i < 3; i++) {
        struct frame frame = jpeg_frame(&originals[i]), out;
        assert_int_equal(luma_from_frame(luma, &frame, &out), 0);
        bytes_free(&originals[i]);
    }
    luma_destroy(luma);
    colour_destroy(colour);
}

static void rubbish_is_no_jpeg(void **state)
{
    (void)state;
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    uint32_t seed = 7;
    for (int i = 0; i < 500; i++) {
        struct bytes rubbish = {malloc(300), 300};
        for (size_t b = 0; b < 300; b++)
            rubbish.data[b] = (uint8_t)next_random(&seed);
        if (i % 2)
            rubbish.data[0] = 0xFF, rubbish.data[1] = 0xD8;
        struct frame frame = jpeg_frame(&rubbish), gray;
        const int error = luma_from_frame(luma, &frame, &gray);
        assert_true(error == -EBADMSG || error == -EFBIG);
        bytes_free(&rubbish);
    }
    luma_destroy(luma);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(luma_of_every_format),
        cmocka_unit_test(a_gray_plane_is_borrowed),
        cmocka_unit_test(luma_of_colours),
        cmocka_unit_test(colour_of_every_format),
        cmocka_unit_test(upright_rgb_is_borrowed),
        cmocka_unit_test(raw_frames_that_cannot_be),
        cmocka_unit_test(six_letters_in_all_orientations),
        cmocka_unit_test(a_large_picture_in_all_orientations),
        cmocka_unit_test(jpeg_of_every_kind),
        cmocka_unit_test(jpeg_in_cmyk),
        cmocka_unit_test(camera_jpeg_without_huffman_tables),
        cmocka_unit_test(jpeg_with_harmless_faults),
        cmocka_unit_test(jpeg_cut_off_anywhere),
        cmocka_unit_test(jpeg_with_a_hole),
        cmocka_unit_test(oversized_jpeg_then_a_good_one),
        cmocka_unit_test(damaged_jpegs_do_no_harm),
        cmocka_unit_test(rubbish_is_no_jpeg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
