/* Pictures that hold far more than any page: they take no more than so many times a page's time, and their
 * memory stays the same. */
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/shipped.h"
#include "vision/candidates.h"
#include "vision/recogniser.h"

/* Sanitizers slow each kind of work down in its own way. */
#if defined(__SANITIZE_ADDRESS__)
#define ALLOWED (4 * RECOGNISER_MOST_TIMES)
#else
#define ALLOWED RECOGNISER_MOST_TIMES
#endif

#define TURNS 5

#define W     1280
#define H     720

static uint8_t picture[W * H];

static void fill(int x, int y, int w, int h, int gray)
{
    for (int v = y; v < y + h && v < H; v++)
        for (int u = x; u < x + w && u < W; u++)
            picture[v * W + u] = (uint8_t)gray;
}

/* ---- what is shown ---- */

/* Twenty digits, like a 4 each, on paper with a little noise. */
static void page(void)
{
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)(208 + rand() % 9);
    for (int k = 0; k < 20; k++) {
        const int x = 90 + k % 5 * 230, y = 60 + k / 5 * 160;
        fill(x, y, 5, 30, 50);
        fill(x, y + 26, 34, 5, 50);
        fill(x + 22, y, 5, 50, 50);
    }
}

static void black(void)
{
    memset(picture, 0, sizeof picture);
}

static void white(void)
{
    memset(picture, 255, sizeof picture);
}

static void noise(void)
{
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)rand();
}

static void pale_noise(void)
{
    for (int i = 0; i < W * H; i++)
        picture[i] = (uint8_t)(120 + rand() % 16);
}

static void specks(void)
{
    memset(picture, 220, sizeof picture);
    for (int i = 0; i < 10000; i++)
        fill(rand() % (W - 3), rand() % (H - 3), 3, 3, 30);
}

static void strokes(void)
{
    memset(picture, 220, sizeof picture);
    for (int i = 0; i < 10000; i++) {
        const int x = rand() % (W - 4), y = rand() % (H - 12);
        for (int v = 0; v < 11; v++)
            picture[(y + v) * W + x + v % 3] = 30;
    }
}

static void board(void)
{
    for (int i = 0; i < W * H; i++)
        picture[i] = (i % W / 5 + i / W / 5) % 2 ? 220 : 30;
}

static void squares(void)
{
    for (int i = 0; i < W * H; i++)
        picture[i] = i % W % 8 < 2 || i / W % 8 < 2 ? 120 : 220;
}

/* Lines of small letters. */
static void text(void)
{
    memset(picture, 220, sizeof picture);
    for (int y = 4; y + 14 < H; y += 18)
        for (int x = 4; x + 9 < W; x += 10) {
            fill(x, y, 2, 12, 30);
            fill(x, y + rand() % 3 * 5, 7, 1, 30);
            fill(x + 5, y + rand() % 2 * 5, 2, 7, 30);
        }
}

/* Digits above more strokes than there is room for. */
static void page_and_strokes(void)
{
    page();
    fill(0, H / 2, W, H / 2, 212);
    for (int i = 0; i < 5000; i++) {
        const int x = rand() % (W - 4), y = H / 2 + rand() % (H / 2 - 12);
        for (int v = 0; v < 11; v++)
            picture[(y + v) * W + x + v % 3] = 30;
    }
}

static const struct {
    const char *name;
    void (*paint)(void);
    int most_digits;
} shown[] = {{"black", black, 0},           {"white", white, 0},       {"noise", noise, 0},
             {"pale noise", pale_noise, 0}, {"specks", specks, 2},     {"board", board, 0},
             {"squares", squares, 2},       {"strokes", strokes, 100}, {"small text", text, 20},
             {"page and strokes", page_and_strokes, 100}};
enum { SHOWN = sizeof shown / sizeof *shown };

/* ---- */

/* Processor time of one reading, ms. */
static double read_ms(int width, int height, int *digits)
{
    const struct frame frame = gray_frame(picture, width, height, W);
    struct reading reading;
    struct timespec from, to;
    recogniser_forget(recogniser);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    assert_int_equal(recogniser_read(recogniser, &frame, &reading), 0);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    *digits = reading.digit_count;
    return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

/* The page and each picture take turns and the quickest of each counts, since machines are not equally fast
 * all the time. */
static void nothing_takes_much_longer_than_a_page(void **state)
{
    (void)state;
    srand(5);
    for (int i = 0; i < SHOWN; i++) {
        double usual = INFINITY, ms = INFINITY;
        for (int turn = 0; turn < TURNS; turn++) {
            int digits;
            page();
            usual = fmin(usual, read_ms(W, H, &digits));
            assert_int_equal(digits, 20);
            shown[i].paint();
            ms = fmin(ms, read_ms(W, H, &digits));
            assert_true(digits <= shown[i].most_digits);
        }
        print_message("%s: %.1f times a page\n", shown[i].name, ms / usual);
        assert_true(ms <= ALLOWED * usual);
    }
}

/* Where there is no room left, a region is drawn only for who asks for explanations: the digits are the same. */
static void saved_work_costs_no_digit(void **state)
{
    (void)state;
    const struct frame frame = gray_frame(picture, W, H, W);
    struct reading plain, explained;
    struct reading_digit kept[CANDIDATES_MOST];
    int most = 0;
    srand(7);
    for (int i = 0; i < SHOWN; i++) {
        shown[i].paint();
        recogniser_forget(recogniser);
        assert_int_equal(recogniser_read(recogniser, &frame, &plain), 0);
        const int count = plain.digit_count;
        assert_in_range(count, 0, CANDIDATES_MOST);
        for (int k = 0; k < count; k++)
            kept[k] = plain.digits[k];
        recogniser_forget(recogniser);
        assert_int_equal(recogniser_explain(recogniser, true), 0);
        assert_int_equal(recogniser_read(recogniser, &frame, &explained), 0);
        assert_int_equal(recogniser_explain(recogniser, false), 0);
        assert_int_equal(explained.digit_count, count);
        for (int k = 0; k < count; k++) {
            assert_memory_equal(&kept[k].box, &explained.digits[k].box, sizeof kept[k].box);
            assert_int_equal(kept[k].digit, explained.digits[k].digit);
        }
        most = count > most ? count : most;
    }
    assert_true(most > 0);
}

/* What a size of picture needs at most is bounded by its size; a second look at the same pictures, and at
 * smaller ones in between, needs nothing more. */
static void memory_stays(void **state)
{
    (void)state;
    int digits;
    size_t before = 0;
    for (int round = 0; round < 2; round++) {
        srand(6);
        for (int i = 0; i < SHOWN; i++) {
            shown[i].paint();
            read_ms(W, H, &digits);
            read_ms(1 + i, 1, &digits);
            read_ms(W / 2 + i, H / 3, &digits);
        }
        const size_t used = mallinfo2().uordblks + mallinfo2().hblkhd;
        if (round > 0)
            assert_int_equal(used, before);
        before = used;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_takes_much_longer_than_a_page),
        cmocka_unit_test(saved_work_costs_no_digit),
        cmocka_unit_test(memory_stays),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
