/* Augmented pictures keep MNIST's convention, and the same chance gives the same picture. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/pen.h"
#include "net/net.h"
#include "net/train/augment.h"
#include "vision/normalise.h"

#define SIDE NET_SIDE_PX

static const struct augment_style full = {.geometry = 1, .thickness = 1, .damage = 1, .dirt = 1, .raw = 0};

/* A digit in MNIST's convention, drawn by the pen. */
static void draw_digit(int digit, uint64_t seed, uint8_t *picture)
{
    uint8_t pixels[120 * 120] = {0};
    struct pen_plane plane = {pixels, 120, 120, 120};
    struct pen_random random;
    struct pen_glyph glyph;
    struct pen_box ink;
    pen_random_seed(&random, seed);
    pen_digit(&glyph, digit, PEN_ANY, NULL, &random);
    struct pen_style style = {.kind = PEN_MARKER, .width_px = 9, .darkness = 1};
    pen_place(&style.transform, 20, 20, 80);
    pen_draw(&plane, &glyph, &style, &ink);
    assert_true(ink.w > 0);
    normalise_ink((struct gray_view){pixels + ink.y * 120 + ink.x, ink.w, ink.h, 120}, picture);
}

struct measure {
    double mass, x, y; /* centre of mass, from the middle of the field */
    int width, height;
    int strongest;
};

static struct measure measure(const uint8_t *picture)
{
    struct measure m = {0, 0, 0, 0, 0, 0};
    int left = SIDE, right = -1, top = SIDE, bottom = -1;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int ink = picture[y * SIDE + x];
            m.mass += ink, m.x += ink * (x + 0.5), m.y += ink * (y + 0.5);
            m.strongest = ink > m.strongest ? ink : m.strongest;
            if (ink > 40) {
                left = x < left ? x : left, right = x > right ? x : right;
                top = y < top ? y : top, bottom = y > bottom ? y : bottom;
            }
        }
    m.x = m.x / m.mass - SIDE / 2.0, m.y = m.y / m.mass - SIDE / 2.0;
    m.width = right - left + 1, m.height = bottom - top + 1;
    return m;
}

static void test_keeps_convention(void **state)
{
    (void)state;
    int centred = 0, total = 0;
    for (int digit = 0; digit < 10; digit++)
        for (uint64_t seed = 0; seed < 40; seed++) {
            uint8_t picture[NET_PIXELS], made[NET_PIXELS];
            struct pen_random random;
            draw_digit(digit, seed, picture);
            pen_random_seed(&random, seed);
            augment_picture(&full, &random, picture, made);
            const struct measure m = measure(made);
            const int longer = m.width > m.height ? m.width : m.height;
            assert_true(m.mass > 0);
            assert_in_range(longer, 17, 22); /* a 20-pixel box, give or take faint ends */
            assert_true(m.strongest >= 200);
            centred += fabs(m.x) < 0.7 && fabs(m.y) < 0.7;
            total++;
        }
    /* What would leave the field when its mass is centred stays inside instead: long tails. */
    assert_true(centred * 100 >= total * 97);
}

static void test_same_chance_same_picture(void **state)
{
    (void)state;
    uint8_t picture[NET_PIXELS], a[NET_PIXELS], b[NET_PIXELS], c[NET_PIXELS];
    struct pen_random random;
    draw_digit(5, 1, picture);
    pen_random_seed(&random, 9);
    augment_picture(&full, &random, picture, a);
    augment_picture(&full, &random, picture, c);
    pen_random_seed(&random, 9);
    augment_picture(&full, &random, picture, b);
    assert_memory_equal(a, b, NET_PIXELS);
    assert_memory_not_equal(a, c, NET_PIXELS);
    pen_random_seed(&random, 9);
    augment_picture(&full, &random, picture, picture); /* in place */
    assert_memory_equal(picture, a, NET_PIXELS);
}

static void test_nothing_asked_changes_little(void **state)
{
    (void)state;
    const struct augment_style none = {.raw = 1};
    uint8_t picture[NET_PIXELS], made[NET_PIXELS];
    struct pen_random random;
    draw_digit(2, 3, picture);
    pen_random_seed(&random, 2);
    augment_picture(&none, &random, picture, made);
    double difference = 0, mass = 0;
    for (int i = 0; i < NET_PIXELS; i++) {
        difference += abs(picture[i] - made[i]);
        mass += picture[i];
    }
    assert_true(difference < 0.3 * mass); /* enlarged and shrunk again: softer, but the same */
}

static void test_empty_picture(void **state)
{
    (void)state;
    uint8_t picture[NET_PIXELS] = {0}, made[NET_PIXELS];
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct pen_random random;
        pen_random_seed(&random, seed);
        memset(made, 7, sizeof made);
        augment_picture(&full, &random, picture, made);
        assert_true(measure(made).strongest <=
                    255); /* an empty picture or a stray rule, not what was in memory */
        assert_true(made[0] != 7 || made[1] != 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_convention), cmocka_unit_test(test_same_chance_same_picture),
        cmocka_unit_test(test_nothing_asked_changes_little), cmocka_unit_test(test_empty_picture)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
