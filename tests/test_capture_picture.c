/* Picture files and folders: what every kind gives, and what is said about those that cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <errno.h>
#include <spng.h>
#include <sys/stat.h>

#include "capture/driver.h"
#include "capture/luma.h"
#include "pictures.h"

struct opened {
    void *state;
    struct frame frame;
    char why[SOURCE_WHY_BYTES];
    int error; /* of open, or of the first next */
};

/* Writes a file into `folder` and reads it as a picture; close_opened afterwards. */
static struct opened open_bytes(const char *folder, const char *name, const void *data, size_t size)
{
    struct opened opened = {0};
    write_file(folder, name, data, size);
    char *path = path_in(folder, name);
    opened.error = picture_driver.open(&opened.state, path, NULL, opened.why, sizeof opened.why);
    if (!opened.error)
        opened.error = picture_driver.next(opened.state, &opened.frame, 100, opened.why, sizeof opened.why);
    if (opened.error) {
        assert_non_null(strstr(opened.why, name));
        assert_null(strchr(opened.why, '\n'));
    } else {
        assert_string_equal(opened.frame.name, path);
        assert_int_equal(opened.frame.sequence, 0);
    }
    free(path);
    return opened;
}

static void close_opened(struct opened *opened)
{
    if (!opened->state)
        return;
    struct frame frame;
    assert_int_equal(picture_driver.next(opened->state, &frame, 0, opened->why, sizeof opened->why),
                     -ENODATA);
    picture_driver.close(opened->state);
}

static void assert_refused(const char *folder, const char *name, const void *data, size_t size, int error,
                           const char *words)
{
    struct opened opened = open_bytes(folder, name, data, size);
    if (opened.error != error || !strstr(opened.why, words))
        fail_msg("%s: %d \"%s\", not %d \"...%s...\"", name, opened.error, opened.why, error, words);
    close_opened(&opened);
}

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

/* ---- PNG --------------------------------------------------------------------------------------------- */

struct png_options {
    uint8_t color_type, bit_depth, interlace;
    const struct spng_plte *palette;
    const struct spng_trns *transparency;
    const struct spng_iccp *profile;
};

static struct bytes make_png(int width, int height, struct png_options options, const void *pixels,
                             size_t size)
{
    spng_ctx *context = spng_ctx_new(SPNG_CTX_ENCODER);
    struct spng_ihdr header = {.width = (uint32_t)width,
                               .height = (uint32_t)height,
                               .color_type = options.color_type,
                               .bit_depth = options.bit_depth,
                               .interlace_method = options.interlace};
    assert_int_equal(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1), 0);
    assert_int_equal(spng_set_ihdr(context, &header), 0);
    if (options.palette)
        assert_int_equal(spng_set_plte(context, (struct spng_plte *)(uintptr_t)options.palette), 0);
    if (options.transparency)
        assert_int_equal(spng_set_trns(context, (struct spng_trns *)(uintptr_t)options.transparency), 0);
    if (options.profile)
        assert_int_equal(spng_set_iccp(context, (struct spng_iccp *)(uintptr_t)options.profile), 0);
    assert_int_equal(spng_encode_image(context, pixels, size, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
    int error = 0;
    size_t bytes = 0;
    void *png = spng_get_png_buffer(context, &bytes, &error);
    assert_int_equal(error, 0);
    struct bytes copy = bytes_copy(png, bytes);
    free(png);
    spng_ctx_free(context);
    return copy;
}

/* Reads it, and holds its luma against `expected`. */
static void assert_png(const char *folder, const char *name, struct bytes png, int width, int height,
                       const uint8_t *expected)
{
    struct opened opened = open_bytes(folder, name, png.data, png.size);
    if (opened.error)
        fail_msg("%s", opened.why);
    assert_int_equal(opened.frame.width_px, width);
    assert_int_equal(opened.frame.height_px, height);
    struct luma *luma;
    struct frame gray;
    assert_int_equal(luma_create(&luma), 0);
    assert_int_equal(luma_from_frame(luma, &opened.frame, &gray), 0);
    for (int i = 0; i < width * height; i++)
        if (gray.data[(size_t)(i / width) * gray.stride_bytes + (size_t)(i % width)] != expected[i])
            fail_msg("%s: pixel %d is %d, not %d", name, i, gray.data[i], expected[i]);
    luma_destroy(luma);
    close_opened(&opened);
    bytes_free(&png);
}

static void png_of_every_kind(void **state)
{
    const char *folder = *state;
    const uint8_t gray[6] = {0, 50, 100, 150, 200, 255};
    uint8_t wide[12], alpha[12], rgb[18], rgba[24], black_or_not[6];
    for (int i = 0; i < 6; i++) {
        wide[2 * i] = wide[2 * i + 1] = gray[i]; /* spng takes host order: the same either way */
        alpha[2 * i] = gray[i];
        alpha[2 * i + 1] = i < 3 ? 255 : 0;
        memset(rgb + 3 * i, gray[i], 3);
        memset(rgba + 4 * i, gray[i], 3);
        rgba[4 * i + 3] = i < 3 ? 255 : 0;
        black_or_not[i] = i < 3 ? gray[i] : 255; /* transparent is white */
    }
    for (uint8_t interlace = 0; interlace < 2; interlace++) {
        assert_png(folder, "gray8.png",
                   make_png(3, 2, (struct png_options){0, 8, interlace, 0, 0, 0}, gray, 6), 3, 2, gray);
        assert_png(folder, "gray16.png",
                   make_png(3, 2, (struct png_options){0, 16, interlace, 0, 0, 0}, wide, 12), 3, 2, gray);
        assert_png(folder, "grayalpha.png",
                   make_png(3, 2, (struct png_options){4, 8, interlace, 0, 0, 0}, alpha, 12), 3, 2,
                   black_or_not);
        assert_png(folder, "rgb.png", make_png(3, 2, (struct png_options){2, 8, interlace, 0, 0, 0}, rgb, 18),
                   3, 2, gray);
        assert_png(folder, "rgba.png",
                   make_png(3, 2, (struct png_options){6, 8, interlace, 0, 0, 0}, rgba, 24), 3, 2,
                   black_or_not);
    }
    const uint8_t bits[2] = {0xA0, 0x40}, from_bits[6] = {255, 0, 255, 0, 255, 0};
    assert_png(folder, "gray1.png", make_png(3, 2, (struct png_options){0, 1, 0, 0, 0, 0}, bits, 2), 3, 2,
               from_bits);
    const uint8_t pairs[2] = {0x1B, 0xE4}, from_pairs[8] = {0, 85, 170, 255, 255, 170, 85, 0};
    assert_png(folder, "gray2.png", make_png(4, 2, (struct png_options){0, 2, 0, 0, 0, 0}, pairs, 2), 4, 2,
               from_pairs);
    assert_png(folder, "one.png", make_png(1, 1, (struct png_options){0, 8, 1, 0, 0, 0}, gray + 2, 1), 1, 1,
               gray + 2);
}

static void png_with_a_palette_and_a_profile(void **state)
{
    const char *folder = *state;
    const struct spng_plte palette = {
        .n_entries = 3, .entries = {{10, 10, 10, 255}, {200, 200, 200, 255}, {90, 90, 90, 255}}};
    const struct spng_trns clear = {.n_type3_entries = 3, .type3_alpha = {255, 255, 0}};
    const struct spng_trns clear_gray = {.gray = 50};
    struct spng_iccp profile = {.profile_name = "a profile", .profile_len = 5000, .profile = calloc(1, 5000)};
    const uint8_t index[6] = {0, 1, 2, 2, 1, 0}, gray[6] = {10, 200, 90, 90, 200, 10};
    const uint8_t on_white[6] = {10, 200, 255, 255, 200, 10};
    const uint8_t values[6] = {0, 50, 100, 50, 1, 2}, key_on_white[6] = {0, 255, 100, 255, 1, 2};
    assert_png(folder, "palette.png", make_png(3, 2, (struct png_options){3, 8, 0, &palette, 0, 0}, index, 6),
               3, 2, gray);
    assert_png(folder, "clear.png",
               make_png(3, 2, (struct png_options){3, 8, 1, &palette, &clear, 0}, index, 6), 3, 2, on_white);
    assert_png(folder, "key.png", make_png(3, 2, (struct png_options){0, 8, 0, 0, &clear_gray, 0}, values, 6),
               3, 2, key_on_white);
    assert_png(folder, "icc.png", make_png(3, 2, (struct png_options){0, 8, 0, 0, 0, &profile}, gray, 6), 3,
               2, gray);
    free(profile.profile);
}

static struct bytes noisy_png(int width, int height)
{
    uint8_t *pixels = malloc((size_t)(width * height));
    uint32_t seed = 5;
    for (int i = 0; i < width * height; i++)
        pixels[i] = (uint8_t)next_random(&seed);
    struct bytes png =
        make_png(width, height, (struct png_options){0, 8, 0, 0, 0, 0}, pixels, (size_t)(width * height));
    free(pixels);
    return png;
}

static uint32_t crc_of(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

static void set_be32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void png_too_large_or_damaged(void **state)
{
    const char *folder = *state;
    struct bytes png = noisy_png(8, 8);
    const uint32_t bombs[][2] = {{20000, 20000}, {1, 16385}, {10000, 10000}};
    for (int i = 0; i < 3; i++) {
        struct bytes bomb = bytes_copy(png.data, png.size);
        set_be32(bomb.data + 16, bombs[i][0]);
        set_be32(bomb.data + 20, bombs[i][1]);
        set_be32(bomb.data + 29, crc_of(bomb.data + 12, 17));
        char size[64];
        snprintf(size, sizeof size, "too large: %u x %u pixels; the limit is", bombs[i][0], bombs[i][1]);
        assert_refused(folder, "bomb.png", bomb.data, bomb.size, -EBADMSG, size);
        bytes_free(&bomb);
    }
    png.data[45] ^= 0x55; /* in its pixels: the checksum does not fit any more */
    assert_refused(folder, "damaged.png", png.data, png.size, -EBADMSG, "damaged PNG");
    bytes_free(&png);
}

/* ---- PGM and PPM ------------------------------------------------------------------------------------- */

static void assert_pnm(const char *folder, const char *text, size_t size, int width, int height,
                       const char *pixels)
{
    struct opened opened = open_bytes(folder, "picture.pnm", text, size);
    if (opened.error)
        fail_msg("%s: %s", text, opened.why);
    assert_int_equal(opened.frame.width_px, width);
    assert_int_equal(opened.frame.height_px, height);
    const size_t count = (size_t)(width * height) * (opened.frame.fourcc == FRAME_RGB3 ? 3 : 1);
    assert_int_equal(opened.frame.size_bytes, count);
    assert_memory_equal(opened.frame.data, pixels, count);
    close_opened(&opened);
}

#define PNM(text) text, sizeof(text) - 1

static void pnm_of_every_kind(void **state)
{
    const char *folder = *state;
    assert_pnm(folder, PNM("P2 2 2 255\n65 66 67 68\n"), 2, 2, "ABCD");
    assert_pnm(folder, PNM("P2\n# a comment\n2 # another\n2\n255\n65 66\n# between\n67 68"), 2, 2, "ABCD");
    assert_pnm(folder, PNM("P5 2 2 255\nABCD"), 2, 2, "ABCD");
    assert_pnm(folder, PNM("P5\n#c\n2 2\n255\n\n# A"), 2, 2, "\n# A");
    assert_pnm(folder, PNM("P3 1 2 255 65 66 67 68 69 70"), 1, 2, "ABCDEF");
    assert_pnm(folder, PNM("P6 1 2 255 ABCDEF and more after it"), 1, 2, "ABCDEF");
    assert_pnm(folder, PNM("P2 3 1 1 0 1 1"), 3, 1, "\x00\xFF\xFF");
    assert_pnm(folder, PNM("P2 3 1 15 0 7 15"), 3, 1, "\x00\x77\xFF");
    assert_pnm(folder, PNM("P2 3 1 65535 0 32768 65535"), 3, 1, "\x00\x80\xFF");
    assert_pnm(folder, PNM("P5 3 1 65535\n\0\0\x80\0\xFF\xFF"), 3, 1, "\x00\x80\xFF");
    assert_pnm(folder, PNM("P5 2 1 1000\n\0\0\x03\xE8"), 2, 1, "\x00\xFF");
}

static void pnm_with_faults(void **state)
{
    const char *folder = *state;
    assert_refused(folder, "a.pgm", PNM("P5 20000 20000 255\n"), -EBADMSG, "20000 x 20000");
    assert_refused(folder, "a.pgm", PNM("P5 16000 4000 255\nabc"), -EBADMSG, "cut-off");
    assert_refused(folder, "a.pgm", PNM("P2 16000 4000 255\n1 2 3"), -EBADMSG, "cut-off");
    assert_refused(folder, "a.pgm", PNM("P5 99999999999999999999 2 255\n"), -EBADMSG, "width");
    assert_refused(folder, "a.pgm", PNM("P5 0 2 255\n"), -EBADMSG, "nothing in it");
    assert_refused(folder, "a.pgm", PNM("P5 -2 2 255\n"), -EBADMSG, "width at byte 3");
    assert_refused(folder, "a.pgm", PNM("P5 2 x 255\n"), -EBADMSG, "height at byte 5");
    assert_refused(folder, "a.pgm", PNM("P5 2 2 0\nABCD"), -EBADMSG, "greatest value");
    assert_refused(folder, "a.pgm", PNM("P5 2 2 65536\nABCDABCD"), -EBADMSG, "greatest value");
    assert_refused(folder, "a.pgm", PNM("P5 2 2"), -EBADMSG, "cut-off");
    assert_refused(folder, "a.pgm", PNM("P5 2 2 255"), -EBADMSG, "cut-off");
    assert_refused(folder, "a.pgm", PNM("P5 2 2 255\nABC"), -EBADMSG, "3 bytes of pixels");
    assert_refused(folder, "a.pgm", PNM("P5 2 2 255xABCD"), -EBADMSG, "white space");
    assert_refused(folder, "a.pgm", PNM("P5 2 2 100\nABCz"), -EBADMSG, "over its limit of 100");
    assert_refused(folder, "a.pgm", PNM("P2 2 2 255\n1 2 3 x    "), -EBADMSG, "at byte 17");
    assert_refused(folder, "a.pgm", PNM("P2 2 2 255\n1 2 3 256"), -EBADMSG, "from 0 to 255");
    assert_refused(folder, "a.pgm", PNM("P2 2 2 255\n1 2 3          "), -EBADMSG, "3 of 4 values");
}

/* ---- JPEG -------------------------------------------------------------------------------------------- */

static void jpeg_is_handed_on_with_its_orientation(void **state)
{
    const char *folder = *state;
    for (int orientation = 0; orientation <= 9; orientation++) {
        struct bytes jpeg = make_jpeg(48, 32, TJSAMP_420, 0);
        /* Long metadata of another kind in front of it, as photographs have */
        uint8_t *other = calloc(1, 65537);
        memcpy(other, "\xFF\xE1\xFF\xFFhttp://ns.adobe.com/xap/1.0/", 32);
        bytes_insert(&jpeg, 2, other, 65537);
        free(other);
        if (orientation > 0)
            add_exif_orientation(&jpeg, orientation);
        if (orientation % 2) { /* and the other way round: EXIF behind the long segment */
            struct bytes exif = bytes_copy(jpeg.data + 2, 36);
            bytes_remove(&jpeg, 2, 36);
            bytes_insert(&jpeg, 2 + 65537, exif.data, 36);
            bytes_free(&exif);
        }
        struct opened opened = open_bytes(folder, "photo.jpg", jpeg.data, jpeg.size);
        if (opened.error)
            fail_msg("%s", opened.why);
        assert_int_equal(opened.frame.fourcc, FRAME_MJPG);
        assert_int_equal(opened.frame.width_px, 48);
        assert_int_equal(opened.frame.height_px, 32);
        assert_int_equal(opened.frame.orientation, orientation >= 1 && orientation <= 8 ? orientation : 1);
        assert_int_equal(opened.frame.size_bytes, jpeg.size);
        assert_memory_equal(opened.frame.data, jpeg.data, jpeg.size);
        close_opened(&opened);
        bytes_free(&jpeg);
    }
}

/* Everything that goes wrong before the pixels is found by the source, the rest by luma; nothing is let
 * through. */
static void assert_cut_off_everywhere(const char *folder, const char *name, const struct bytes *whole,
                                      size_t may_miss)
{
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    for (size_t size = 0; size + may_miss < whole->size; size++) {
        struct opened opened = open_bytes(folder, name, whole->data, size);
        struct frame gray;
        int error = opened.error;
        if (!error)
            error = luma_from_frame(luma, &opened.frame, &gray);
        if (error != -EBADMSG && error != -ENOTSUP)
            fail_msg("%s, %zu bytes of %zu: %d", name, size, whole->size, error);
        close_opened(&opened);
    }
    struct opened opened = open_bytes(folder, name, whole->data, whole->size);
    assert_int_equal(opened.error, 0);
    close_opened(&opened);
    luma_destroy(luma);
}

static void pictures_cut_off_anywhere(void **state)
{
    struct bytes jpeg = make_jpeg(40, 30, TJSAMP_420, TJFLAG_PROGRESSIVE), png = noisy_png(20, 20);
    struct bytes ppm = bytes_copy(PNM("P6 2 2 255\nABCDEFGHIJKL")),
                 pgm = bytes_copy(PNM("P2 2 2 255 111 122 133 144"));
    add_exif_orientation(&jpeg, 6);
    assert_cut_off_everywhere(*state, "cut.jpg", &jpeg, 0);
    assert_cut_off_everywhere(*state, "cut.png", &png,
                              4); /* the checksum of the closing chunk covers no pixels */
    assert_cut_off_everywhere(*state, "cut.ppm", &ppm, 0);
    assert_cut_off_everywhere(*state, "cut.pgm", &pgm, 2); /* 144 cut to 14 or 1 is a number too */
    bytes_free(&jpeg);
    bytes_free(&png);
    bytes_free(&ppm);
    bytes_free(&pgm);
}

static void damaged_pictures_do_no_harm(void **state)
{
    struct bytes originals[5] = {make_jpeg(24, 16, TJSAMP_420, 0), noisy_png(12, 9),
                                 bytes_copy(PNM("P6 2 2 255\nABCDEFGHIJKL")),
                                 bytes_copy(PNM("P2 # c\n2 2 255 111 122 133 144")), noisy_png(1, 1)};
    add_exif_orientation(&originals[0], 3);
    struct luma *luma;
    assert_int_equal(luma_create(&luma), 0);
    uint32_t seed = 424242;
    for (int i = 0; i < 2500; i++) {
        struct bytes bytes = bytes_copy(originals[i % 5].data, originals[i % 5].size);
        damage(&bytes, &seed);
        struct opened opened = open_bytes(*state, "flipped", bytes.data, bytes.size);
        struct frame gray;
        assert_true(opened.error <= 0);
        if (!opened.error)
            assert_true(luma_from_frame(luma, &opened.frame, &gray) <= 0);
        close_opened(&opened);
        bytes_free(&bytes);
    }
    /* Again with the first header of the PNG left alone and its checksums made right: the damage reaches the
     * decoder. */
    for (int i = 0; i < 500; i++) {
        struct bytes png = bytes_copy(originals[1].data, originals[1].size);
        png.data[16 + next_random(&seed) % 13] = (uint8_t)next_random(&seed);
        set_be32(png.data + 29, crc_of(png.data + 12, 17));
        struct opened opened = open_bytes(*state, "flipped", png.data, png.size);
        assert_true(opened.error <= 0);
        close_opened(&opened);
        bytes_free(&png);
    }
    luma_destroy(luma);
    for (int i = 0; i < 5; i++)
        bytes_free(&originals[i]);
}

/* ---- files and folders ------------------------------------------------------------------------------- */

static void files_that_are_no_pictures(void **state)
{
    const char *folder = *state;
    char why[SOURCE_WHY_BYTES];
    void *opened = NULL;
    assert_refused(folder, "empty.jpg", "", 0, -EBADMSG, "empty file");
    assert_refused(folder, "text.txt", PNM("dear diary"), -ENOTSUP, "not a JPEG, PNG, PGM or PPM picture");
    assert_refused(folder, "short.jpg", "\xFF\xD8\xFF", 3, -EBADMSG, "cut-off JPEG: 3 bytes");
    assert_refused(folder, "fax.pbm", PNM("P4 2 2\nab"), -ENOTSUP, "not a JPEG");
    char *path = path_in(folder, "missing.png");
    assert_int_equal(picture_driver.open(&opened, path, NULL, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "missing.png"));
    free(path);
    assert_int_equal(picture_driver.open(&opened, folder, NULL, why, sizeof why), -EISDIR);
    path = path_in(folder, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(picture_driver.open(&opened, path, NULL, why, sizeof why),
                     -ENOTSUP); /* and does not wait for a writer */
    free(path);
}

static void a_file_that_may_not_be_read(void **state)
{
    if (geteuid() == 0) {
        print_message("skipped: root may read every file\n");
        skip();
    }
    char why[SOURCE_WHY_BYTES], *path = path_in(*state, "locked.pgm");
    void *opened = NULL;
    write_file(*state, "locked.pgm", PNM("P5 1 1 255\nA"));
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(picture_driver.open(&opened, path, NULL, why, sizeof why), -EACCES);
    assert_non_null(strstr(why, "Permission denied"));
    free(path);
}

static void a_folder_in_the_order_of_its_names(void **state)
{
    const char *folder = *state;
    const char *const names[] = {"Cover.PGM",  "page1.pgm",   "page01.pgm", "page2.ppm",
                                 "page10.PNM", "page10b.pgm", "page100.pgm"};
    /* page1 and page01 are the same number; which is first is settled byte by byte */
    const char *const expected[] = {"Cover.PGM",  "page01.pgm",  "page1.pgm",  "page2.ppm",
                                    "page10.PNM", "page10b.pgm", "page100.pgm"};
    for (int i = 6; i >= 0; i--)
        write_file(folder, names[i], PNM("P5 1 1 255\nA"));
    write_file(folder, "notes.txt", PNM("not a picture, and not asked about"));
    write_file(folder, ".hidden.pgm", PNM("P5 1 1 255\nA"));
    char *inner = path_in(folder, "inner.png"), why[SOURCE_WHY_BYTES];
    assert_int_equal(mkdir(inner, 0700), 0);
    void *opened = NULL;
    assert_int_equal(folder_driver.open(&opened, folder, NULL, why, sizeof why), 0);
    assert_non_null(strstr(folder_driver.describe(opened), "7 pictures"));
    struct frame frame;
    for (uint64_t i = 0; i < 7; i++) {
        assert_int_equal(folder_driver.next(opened, &frame, 0, why, sizeof why), 0);
        char *path = path_in(folder, expected[i]);
        assert_string_equal(frame.name, path);
        assert_int_equal(frame.sequence, i);
        assert_int_equal(frame.data[0], 'A');
        free(path);
    }
    assert_int_equal(folder_driver.next(opened, &frame, 0, why, sizeof why), -ENODATA);
    assert_int_equal(folder_driver.next(opened, &frame, 0, why, sizeof why), -ENODATA);
    folder_driver.close(opened);
    free(inner);
}

static void a_bad_picture_does_not_end_a_folder(void **state)
{
    const char *folder = *state;
    struct bytes jpeg = make_jpeg(20, 20, TJSAMP_420, 0), png = noisy_png(9, 9);
    write_file(folder, "1.jpg", jpeg.data, jpeg.size);
    write_file(folder, "2.png", png.data, png.size - 20);
    write_file(folder, "3.jpg", "", 0);
    write_file(folder, "4.jpg", png.data, png.size); /* a PNG under a wrong name */
    write_file(folder, "5.png", PNM("hello"));
    write_file(folder, "6.pgm", PNM("P5 1 1 255\nA"));
    bytes_free(&jpeg);
    bytes_free(&png);
    const struct {
        int error;
        const char *words;
    } expected[6] = {{0, ""}, {-EBADMSG, "cut-off PNG"}, {-EBADMSG, "empty file"},
                     {0, ""}, {-EBADMSG, "not a JPEG"},  {0, ""}};
    void *opened = NULL;
    char why[SOURCE_WHY_BYTES];
    char *with_slash = path_in(folder, "");
    assert_int_equal(folder_driver.open(&opened, with_slash, NULL, why, sizeof why), 0);
    for (uint64_t i = 0; i < 6; i++) {
        struct frame frame;
        why[0] = '\0';
        assert_int_equal(folder_driver.next(opened, &frame, 0, why, sizeof why), expected[i].error);
        assert_non_null(strstr(why, expected[i].words));
        if (expected[i].error)
            continue;
        assert_int_equal(frame.sequence, i);
        assert_null(strstr(frame.name, "//"));
    }
    folder_driver.close(opened);
    free(with_slash);
}

static void a_folder_without_pictures(void **state)
{
    const char *folder = *state;
    char why[SOURCE_WHY_BYTES], expected[SOURCE_WHY_BYTES];
    void *opened = NULL;
    write_file(folder, "notes.txt", PNM("none here"));
    assert_int_equal(folder_driver.open(&opened, folder, NULL, why, sizeof why), -ENOENT);
    snprintf(expected, sizeof expected, "no JPEG, PNG, PGM or PPM picture in %s", folder);
    assert_string_equal(why, expected);
    assert_int_equal(folder_driver.open(&opened, "/nowhere/at/all", NULL, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "/nowhere/at/all"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_state, remove_state)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(png_of_every_kind),
        IN_FOLDER(png_with_a_palette_and_a_profile),
        IN_FOLDER(png_too_large_or_damaged),
        IN_FOLDER(pnm_of_every_kind),
        IN_FOLDER(pnm_with_faults),
        IN_FOLDER(jpeg_is_handed_on_with_its_orientation),
        IN_FOLDER(pictures_cut_off_anywhere),
        IN_FOLDER(damaged_pictures_do_no_harm),
        IN_FOLDER(files_that_are_no_pictures),
        IN_FOLDER(a_file_that_may_not_be_read),
        IN_FOLDER(a_folder_in_the_order_of_its_names),
        IN_FOLDER(a_bad_picture_does_not_end_a_folder),
        IN_FOLDER(a_folder_without_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
