/* Rules of lined and squared paper: erased where nothing crosses them, strokes kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/rules.h"

#define W 300
#define H 200

static uint8_t mask[W * H];
static uint8_t levels[W * H]; /* contrast of the ink, 50 unless a test says otherwise */
static const struct box whole = {0, 0, W, H};
static struct rules rules;

static int clean(void **state)
{
    (void)state;
    rules_release(&rules);
    return 0;
}

static int start(void **state)
{
    (void)state;
    memset(levels, 50, sizeof levels);
    return 0;
}

/* Erases rules within `area` of the mask, which is turned to bits and back. Returns how many pixels went. */
static int erase(struct box area)
{
    enum { WORDS = (W + 63) / 64, PAPER = 200 };
    static uint64_t bits[WORDS * H];
    static uint8_t gray[W * H], paper[W / 2 * H / 2];
    memset(bits, 0, sizeof bits);
    memset(paper, PAPER, sizeof paper);
    for (int i = 0; i < W * H; i++) {
        gray[i] = (uint8_t)(PAPER - levels[i]);
        bits[i / W * WORDS + i % W / 64] |= (uint64_t)mask[i] << (i % W % 64);
    }
    const struct bit_image image = {bits, W, H, WORDS};
    const struct ink ink = {.gray = {gray, W, H, W},
                            .paper = {paper, W / 2, H / 2, W / 2},
                            .mask = bit_image_view(&image),
                            .inside = {0, 0, W, H}};
    const struct rules_least least = {rules_least_length(W), rules_least_length(H)};
    int erased = -1;
    assert_int_equal(rules_erase(&rules, image, &ink, area, least, &erased), 0);
    for (int i = 0; i < W * H; i++)
        mask[i] = bit_at(ink.mask, i % W, i / W);
    return erased;
}

static void fill(int x, int y, int w, int h)
{
    for (int v = y; v < y + h; v++)
        memset(mask + v * W + x, 1, (size_t)w);
}

static int count(int x, int y, int w, int h)
{
    int ink = 0;
    for (int v = y; v < y + h; v++)
        for (int u = x; u < x + w; u++)
            ink += mask[v * W + u];
    return ink;
}

static void a_stroke_across_a_rule_stays(void **state)
{
    (void)state;
    memset(mask, 0, sizeof mask);
    fill(0, 100, W, 2);
    fill(150, 70, 4, 60); /* an upright stroke */
    const int erased = erase(whole);
    assert_in_range(erased, 2 * (W - 10), 2 * W);
    assert_int_equal(count(150, 70, 4, 60), 240);
    assert_int_equal(count(0, 0, W, H), 240);
}

/* Its stroke along the rule hides as much of it as the digit is wide. */
static void a_rule_goes_on_behind_a_digit_on_it(void **state)
{
    (void)state;
    memset(mask, 0, sizeof mask);
    fill(0, 100, 60, 2);
    fill(60, 90, 30, 22);
    fill(90, 100, W - 90, 2);
    assert_true(erase(whole) > 0);
    assert_int_equal(count(0, 100, 60, 2), 0);
    assert_int_equal(count(60, 90, 30, 22), 30 * 22);
    memset(mask, 0, sizeof mask); /* but two short strokes far apart are no rule */
    fill(0, 100, 30, 2);
    fill(70, 100, 30, 2);
    assert_int_equal(erase(whole), 0);
}

/* What is left of a rule between digits is too short for one, but lies in a line with the rest. */
static void the_pieces_of_a_rule_between_digits_go(void **state)
{
    (void)state;
    memset(mask, 0, sizeof mask);
    for (int x = 0; x < W; x++)
        fill(x, 100 + x / 40, 1, 2);
    fill(100, 80, 50, 50);
    fill(170, 80, 50, 50);
    fill(240, 80, 50, 50);
    erase(whole);
    assert_int_equal(count(0, 0, W, H), 3 * 50 * 50);
    memset(mask, 0, sizeof mask); /* dashes alone, the longest too short to tell a line, are none */
    for (int i = 0; i < 5; i++)
        fill(60 * i, 100, 30, 2);
    assert_int_equal(erase(whole), 0);
    memset(mask, 0, sizeof mask);
    fill(0, 50, W, 2);
    fill(0, 100, 70, 2); /* a line of another slope, or beside this one, either */
    fill(150, 110, 40, 2);
    assert_int_equal(erase(whole), 2 * W);
    assert_true(rules.width_px == 2);
}

static void a_strong_stroke_along_a_rule_stays(void **state)
{
    (void)state;
    memset(mask, 0, sizeof mask);
    fill(0, 100, W, 2);
    for (int y = 100; y < 102; y++)
        memset(levels + y * W + 140, 120, 40); /* the bar of a 7 */
    assert_true(erase(whole) > 0);
    assert_int_equal(count(0, 0, W, H), count(140, 100, 40, 2));
    assert_int_equal(count(140, 100, 40, 2), 80);
}

static void squared_paper_goes_and_slanted_lines_too(void **state)
{
    (void)state;
    memset(mask, 0, sizeof mask);
    for (int x = 0; x < W; x++) /* held askew by about 6 degrees */
        for (int k = 0; k < 2; k++) {
            mask[(30 + x / 10 + k) * W + x] = 1;
            mask[(90 + x / 10 + k) * W + x] = 1;
        }
    for (int y = 0; y < H; y++)
        for (int k = 0; k < 2; k++)
            mask[y * W + 60 - y / 10 + k] = mask[y * W + 200 - y / 10 + k] = 1;
    const int before = count(0, 0, W, H);
    const int erased = erase(whole);
    assert_true(erased * 100 >= before * 95);
}

static void digits_are_no_rules(void **state)
{
    (void)state;
    memset(mask, 0, sizeof mask);
    fill(20, 20, 3, 60);
    fill(100, 20, 40, 3);
    fill(100, 50, 40, 3);
    fill(200, 20, 8, 150); /* a broad bar */
    const int before = count(0, 0, W, H);
    const int erased = erase(whole);
    assert_int_equal(erased, 0);
    assert_int_equal(count(0, 0, W, H), before);
}

static void noise_ends_in_time(void **state)
{
    (void)state;
    srand(3);
    for (int i = 0; i < W * H; i++)
        mask[i] = rand() % 3 == 0;
    const int erased = erase(whole);
    assert_in_range(erased, 0, W * H);
    for (int w = 1; w < 4; w++) /* slivers */
        assert_in_range(erase((struct box){5, 5, w, 180}), 0, W * H);
    memset(mask, 1, sizeof mask);
    assert_int_equal(erase(whole), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_stroke_across_a_rule_stays, start),
        cmocka_unit_test_setup(a_rule_goes_on_behind_a_digit_on_it, start),
        cmocka_unit_test_setup(the_pieces_of_a_rule_between_digits_go, start),
        cmocka_unit_test_setup(a_strong_stroke_along_a_rule_stays, start),
        cmocka_unit_test_setup(squared_paper_goes_and_slanted_lines_too, start),
        cmocka_unit_test_setup(digits_are_no_rules, start),
        cmocka_unit_test_setup(noise_ends_in_time, start),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
