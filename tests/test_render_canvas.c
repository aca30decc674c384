/* Pixels of the overlay: boxes where they should be, the picture untouched elsewhere, and the PNG of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <spng.h>
#include <stdio.h>
#include <unistd.h>

#include "render/canvas.h"
#include "render/png.h"

static char why[512];

/* A picture without two equal neighbours, so that every change shows. The caller frees its data. */
static struct frame picture_of(int width, int height)
{
    uint8_t *const data = malloc(3 * (size_t)width * (size_t)height);
    assert_non_null(data);
    for (int i = 0; i < 3 * width * height; i++)
        data[i] = (uint8_t)(i * 7 + i / 31);
    return (struct frame){.fourcc = FRAME_RGB3, .width_px = width, .height_px = height, .data = data,
                          .stride_bytes = 3 * (size_t)width, .size_bytes = 3 * (size_t)width * (size_t)height,
                          .orientation = 1, .name = "picture"};
}

static void release(struct frame frame)
{
    free((void *)(uintptr_t)frame.data);
}

static struct canvas *new_canvas(void)
{
    struct canvas *canvas;
    const int error = canvas_create(&canvas, why, sizeof why);
    if (error == -ENOENT) {
        printf("skipped: no font here: %s\n", why);
        skip();
    }
    assert_int_equal(error, 0);
    return canvas;
}

static bool unchanged(const struct canvas_picture *out, const struct frame *in, int x, int y)
{
    const uint8_t *const a = out->pixels + (size_t)y * out->stride_bytes + 4 * (size_t)x;
    return memcmp(a, in->data + (size_t)y * in->stride_bytes + 3 * (size_t)x, 3) == 0 && a[3] == 255;
}

static void draws_the_box_and_nothing_else(void **state)
{
    (void)state;
    struct canvas *const canvas = new_canvas();
    const struct frame in = picture_of(640, 480);
    struct reading_digit digit = {.id = 1, .digit = 7, .confidence = 0.99f, .box = {300, 200, 50, 80}};
    struct reading_number number = {.text = "7", .box = {300, 200, 50, 80}, .confidence = 0.99f};
    const struct reading r = {.width_px = 640, .height_px = 480, .digits = &digit, .digit_count = 1,
                              .numbers = &number, .number_count = 1};
    struct canvas_picture out;
    int changed_inside = 0, changed_far = 0, ring = 0;
    assert_int_equal(canvas_draw(canvas, &in, &r, &out), 0);
    assert_int_equal(out.width_px, 640);
    assert_true(out.height_px > 480); /* the bar stands below the picture and covers none of it */
    for (int y = 0; y < 480; y++)
        for (int x = 0; x < 640; x++) {
            const bool changed = !unchanged(&out, &in, x, y);
            if (x >= 302 && x < 348 && y >= 202 && y < 278)
                changed_inside += changed;
            else if (x < 240 || x >= 410 || y < 130 || y >= 300)
                changed_far += changed;
            else
                ring += changed;
        }
    assert_int_equal(changed_inside, 0);
    assert_int_equal(changed_far, 0);
    assert_true(ring > 2 * (50 + 80)); /* the outline, and the tag */
    bool green = false; /* the line itself, left of the box, halfway down */
    for (int x = 285; x < 300; x++) {
        const uint8_t *const p = out.pixels + 240 * out.stride_bytes + 4 * (size_t)x;
        green |= p[1] > 180 && p[0] < 90;
    }
    assert_true(green);
    canvas_destroy(canvas);
    release(in);
}

static void nothing_read_changes_nothing(void **state)
{
    (void)state;
    struct canvas *const canvas = new_canvas();
    const struct frame in = picture_of(333, 217);
    const struct reading r = {.width_px = 333, .height_px = 217};
    struct canvas_picture out;
    assert_int_equal(canvas_draw(canvas, &in, &r, &out), 0);
    for (int y = 0; y < 217; y++)
        for (int x = 0; x < 333; x++)
            assert_true(unchanged(&out, &in, x, y));
    canvas_destroy(canvas);
    release(in);
}

static void takes_every_size_in_any_order(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2000, 30}, {30, 2000}, {1, 1}, {640, 480}, {16384, 1}, {9, 9}};
    struct canvas *const canvas = new_canvas();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct frame in = picture_of(sizes[i][0], sizes[i][1]);
        struct reading_digit digit = {.id = 1, .digit = 1, .confidence = 0.4f, .box = {0, 0, sizes[i][0], sizes[i][1]}};
        struct reading_number number = {.text = "1", .box = digit.box, .confidence = 0.4f};
        const struct reading r = {.width_px = sizes[i][0], .height_px = sizes[i][1], .digits = &digit,
                                  .digit_count = 1, .numbers = &number, .number_count = 1};
        struct canvas_picture out;
        assert_int_equal(canvas_draw(canvas, &in, &r, &out), 0);
        assert_int_equal(out.width_px, sizes[i][0]);
        assert_true(out.height_px >= sizes[i][1]);
        assert_true(out.stride_bytes >= 4 * (size_t)out.width_px);
        release(in);
    }
    canvas_destroy(canvas);
}

static void refuses_other_frames(void **state)
{
    (void)state;
    struct canvas *const canvas = new_canvas();
    struct frame in = picture_of(8, 8);
    const struct reading r = {.width_px = 8, .height_px = 8};
    struct canvas_picture out;
    in.orientation = 3;
    assert_int_equal(canvas_draw(canvas, &in, &r, &out), -EINVAL);
    in.orientation = 1;
    in.fourcc = FRAME_YUYV;
    assert_int_equal(canvas_draw(canvas, &in, &r, &out), -EINVAL);
    canvas_destroy(canvas);
    release(in);
}

static void png_comes_back_as_it_was(void **state)
{
    (void)state;
    char path[] = "/tmp/digitcam-test-XXXXXX";
    uint8_t rgba[3 * 16], back[3 * 2 * 3];
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof rgba; i++)
        rgba[i] = (uint8_t)(5 * i);
    assert_int_equal(png_write_rgba(path, rgba, 2, 3, 16, why, sizeof why), 0);
    FILE *const file = fopen(path, "rb");
    spng_ctx *const context = spng_ctx_new(0);
    assert_non_null(file);
    assert_int_equal(spng_set_png_file(context, file), 0);
    assert_int_equal(spng_decode_image(context, back, sizeof back, SPNG_FMT_RGB8, 0), 0);
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 2; x++)
            assert_memory_equal(back + 3 * (2 * y + x), rgba + 16 * y + 4 * x, 3);
    spng_ctx_free(context);
    fclose(file);
    unlink(path);
}

static void png_that_cannot_be_written_says_so(void **state)
{
    (void)state;
    const uint8_t pixel[4] = {0};
    assert_int_equal(png_write_rgba("/no/such/folder/x.png", pixel, 1, 1, 4, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "/no/such/folder/x.png"));
    if (access("/dev/full", W_OK) == 0) {
        assert_true(png_write_rgba("/dev/full", pixel, 1, 1, 4, why, sizeof why) < 0);
        assert_int_equal(access("/dev/full", F_OK), 0); /* a device is not removed */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_the_box_and_nothing_else), cmocka_unit_test(nothing_read_changes_nothing),
        cmocka_unit_test(takes_every_size_in_any_order),  cmocka_unit_test(refuses_other_frames),
        cmocka_unit_test(png_comes_back_as_it_was),       cmocka_unit_test(png_that_cannot_be_written_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
