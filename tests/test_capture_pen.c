/* pen.h: every sign can be written, is the same for the same seed, and stays where its bounds say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/pen.h"

#define SIDE 160

struct canvas {
    uint8_t pixels[SIDE * SIDE];
    struct pen_plane plane;
};

static struct canvas *make_canvas(void)
{
    struct canvas *const canvas = calloc(1, sizeof *canvas);
    assert_non_null(canvas);
    canvas->plane = (struct pen_plane){canvas->pixels, SIDE, SIDE, SIDE};
    return canvas;
}

/* The box of the pixels with a cover of at least `least`, found the slow way. */
static struct pen_box ink_box(const struct canvas *canvas, int least)
{
    int left = SIDE, top = SIDE, right = 0, bottom = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            if (canvas->pixels[y * SIDE + x] >= least) {
                left = x < left ? x : left, right = x + 1 > right ? x + 1 : right;
                top = y < top ? y : top, bottom = y + 1;
            }
    return right ? (struct pen_box){left, top, right - left, bottom - top} : (struct pen_box){0, 0, 0, 0};
}

static struct pen_style style_for(enum pen_kind kind, float width_px)
{
    struct pen_style style = {.kind = kind, .width_px = width_px, .darkness = 1, .grain_seed = 3};
    pen_place(&style.transform, 50, 40, 60);
    return style;
}

/* Draws, and holds pen_draw's box and pen_ink_bounds against the pixels. */
static void check_drawing(struct canvas *canvas, const struct pen_glyph *glyph, const struct pen_style *style)
{
    struct pen_box told;
    memset(canvas->pixels, 0, sizeof canvas->pixels);
    pen_draw(&canvas->plane, glyph, style, &told);
    const struct pen_box seen = ink_box(canvas, PEN_INK_COVER), touched = ink_box(canvas, 1);
    assert_true(seen.w > 0 && seen.h > 0);
    assert_memory_equal(&told, &seen, sizeof seen);
    const struct pen_bounds bounds = pen_ink_bounds(glyph, style);
    assert_true((float)touched.x + 1.6f >= bounds.left - 0.5f || touched.x == 0);
    assert_true((float)touched.x >= floorf(bounds.left - 0.5f));
    assert_true((float)touched.y >= floorf(bounds.top - 0.5f));
    assert_true((float)(touched.x + touched.w) <= ceilf(bounds.right + 0.5f));
    assert_true((float)(touched.y + touched.h) <= ceilf(bounds.bottom + 0.5f));
    if (style->kind == PEN_MARKER) { /* full ink: the bounds are tight too */
        assert_true((float)seen.x <= bounds.left + 1.5f && (float)seen.y <= bounds.top + 1.5f);
        assert_true((float)(seen.x + seen.w) >= bounds.right - 1.5f);
        assert_true((float)(seen.y + seen.h) >= bounds.bottom - 1.5f);
    }
}

static void every_form_of_every_digit_draws_within_its_bounds(void **state)
{
    struct canvas *const canvas = *state;
    struct pen_random random;
    struct pen_glyph glyph;
    pen_random_seed(&random, 11);
    for (int digit = 0; digit < 10; digit++) {
        assert_true(pen_digit_forms(digit) >= 2);
        for (int form = 0; form < pen_digit_forms(digit); form++) {
            assert_true(strlen(pen_digit_form_name(digit, form)) > 0);
            for (int i = 0; i < 40; i++) {
                pen_digit(&glyph, digit, form, NULL, &random);
                const struct pen_bounds path = pen_glyph_bounds(&glyph);
                assert_true(path.top > -0.45f && path.bottom < 1.35f && path.bottom - path.top > 0.55f);
                assert_true(path.left > -0.7f && path.right < 1.7f && path.right - path.left < 1.6f);
                const struct pen_style style =
                    style_for((enum pen_kind)(i % PEN_KINDS), 1.5f + (float)(i % 5));
                check_drawing(canvas, &glyph, &style);
            }
        }
    }
}

static void letters_marks_and_scribbles_draw_within_their_bounds(void **state)
{
    struct canvas *const canvas = *state;
    struct pen_random random;
    struct pen_glyph glyph;
    const struct pen_style style = style_for(PEN_MARKER, 4);
    pen_random_seed(&random, 12);
    assert_true(strlen(pen_letters) >= 30);
    for (const char *letter = pen_letters; *letter; letter++) {
        assert_int_equal(pen_letter(&glyph, *letter, NULL, &random), *letter);
        check_drawing(canvas, &glyph, &style);
    }
    char written[128] = {0}; /* the letters whose further forms came up */
    for (int i = 0; i < 400; i++) {
        const char letter = pen_letter_variant(&glyph, NULL, &random);
        assert_non_null(strchr(pen_letters, letter));
        written[(int)letter] = 1;
        check_drawing(canvas, &glyph, &style);
    }
    int letters = 0;
    for (int i = 0; i < 128; i++)
        letters += written[i];
    assert_true(letters >= 30);
    for (int mark = 0; mark < pen_mark_count(); mark++) {
        assert_int_equal(pen_mark_find(pen_mark_name(mark)), mark);
        pen_mark(&glyph, mark, NULL, &random);
        check_drawing(canvas, &glyph, &style);
    }
    for (int i = 0; i < 40 * PEN_SCRIBBLES; i++) {
        pen_scribble(&glyph, i % PEN_SCRIBBLES, &random);
        assert_true(glyph.count < PEN_MAX_POINTS); /* none is cut off */
        struct pen_box ink;
        memset(canvas->pixels, 0, sizeof canvas->pixels);
        pen_draw(&canvas->plane, &glyph, &style, &ink);
        assert_true(ink.w > 10 && ink.h > 3);
    }
}

static void doubles_of_digits_are_no_letters(void **state)
{
    (void)state;
    for (const char *twin = "OoIlSsZzBbgq"; *twin; twin++)
        assert_null(strchr(pen_letters, *twin));
    struct pen_random random;
    struct pen_glyph glyph;
    pen_random_seed(&random, 1);
    assert_non_null(strchr(pen_letters, pen_letter(&glyph, 'O', NULL, &random)));
    assert_int_equal(pen_mark_find("no such mark"), PEN_ANY);
}

static void the_same_seed_writes_the_same(void **state)
{
    (void)state;
    struct pen_glyph first, second;
    for (int digit = 0; digit < 10; digit++) {
        struct pen_random a, b;
        pen_random_seed(&a, (uint64_t)digit);
        pen_random_seed(&b, (uint64_t)digit);
        memset(&first, 0, sizeof first);
        memset(&second, 0xAA, sizeof second);
        pen_digit(&first, digit, PEN_ANY, NULL, &a);
        pen_digit(&second, digit, PEN_ANY, NULL, &b);
        assert_int_equal(first.count, second.count);
        for (int i = 0; i < first.count; i++) {
            assert_true(first.points[i].x == second.points[i].x && first.points[i].y == second.points[i].y);
            assert_true(first.points[i].pressure == second.points[i].pressure);
        }
        pen_digit(&second, digit, PEN_ANY, NULL, &b); /* and the next is another */
        assert_true(first.count != second.count || first.points[0].x != second.points[0].x);
    }
}

static void a_hand_keeps_its_forms(void **state)
{
    (void)state;
    struct pen_random random;
    struct pen_hand hand;
    struct pen_glyph glyph;
    pen_random_seed(&random, 5);
    pen_hand_random(&hand, &random);
    hand.forms[5] = 1; /* two strokes */
    int strokes = 0;
    for (int i = 0; i < 50; i++) {
        pen_digit(&glyph, 5, PEN_ANY, &hand, &random);
        for (int k = 0; k < glyph.count; k++)
            strokes += glyph.points[k].begins;
    }
    assert_int_equal(strokes, 100);
}

/* What few people write is written where it is asked for, and by no hand that is made up. */
static void forms_seldom_seen_are_not_met_by_chance(void **state)
{
    (void)state;
    struct pen_random random;
    struct pen_hand hand;
    bool met = false, asked = false;
    pen_random_seed(&random, 6);
    for (int i = 0; i < 500; i++) {
        pen_hand_random(&hand, &random);
        met |= strcmp(pen_digit_form_name(4, hand.forms[4]), "slanted zigzag") == 0;
    }
    for (int form = 0; form < pen_digit_forms(4); form++)
        asked |= strcmp(pen_digit_form_name(4, form), "slanted zigzag") == 0;
    assert_true(asked && !met);
}

static void random_numbers_keep_to_their_ranges(void **state)
{
    (void)state;
    struct pen_random random;
    pen_random_seed(&random, 0);
    int seen[7] = {0};
    double sum = 0, squares = 0;
    for (int i = 0; i < 20000; i++) {
        const float uniform = pen_random_uniform(&random, -2, 3), normal = pen_random_normal(&random, 1, 2);
        assert_true(uniform >= -2 && uniform < 3);
        assert_true(normal >= -5 && normal <= 7);
        seen[pen_random_below(&random, 7)]++;
        sum += normal;
        squares += (normal - 1) * (normal - 1);
    }
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 20000 / 7 - 300, 20000 / 7 + 300);
    assert_true(fabs(sum / 20000 - 1) < 0.06 && fabs(sqrt(squares / 20000) - 2) < 0.06);
}

/* Outside, across the edge, far too large, turned, upside down, one pixel: nothing is written beyond the
 * plane. */
static void drawing_never_leaves_the_plane(void **state)
{
    (void)state;
    const struct pen_transform places[] = {{60, 0, -30, 0, 60, -30},         {60, 0, 400, 0, 60, 400},
                                           {1e6f, 0, -3e5f, 0, 1e6f, -3e5f}, {0, -40, 30, 40, 0, 5},
                                           {-30, 0, 30, 0, -30, 30},         {0.01f, 0, 5, 0, 0.01f, 5}};
    struct pen_random random;
    struct pen_glyph glyph;
    pen_random_seed(&random, 2);
    for (int width = 1; width < 40; width += 19)
        for (int height = 1; height < 40; height += 19)
            for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
                const size_t stride = (size_t)width + 3;
                uint8_t *const pixels = calloc(stride, (size_t)height);
                assert_non_null(pixels);
                struct pen_plane plane = {pixels, width, height, stride};
                struct pen_style style = {
                    .kind = PEN_CHALK, .width_px = 3, .darkness = 1, .transform = places[i]};
                struct pen_box ink;
                pen_digit(&glyph, (int)i, PEN_ANY, NULL, &random);
                pen_draw(&plane, &glyph, &style, &ink);
                assert_true(ink.x >= 0 && ink.y >= 0 && ink.x + ink.w <= width && ink.y + ink.h <= height);
                for (int y = 0; y < height; y++)
                    for (size_t x = (size_t)width; x < stride; x++)
                        assert_int_equal(pixels[(size_t)y * stride + x], 0);
                free(pixels);
            }
}

static void drawing_keeps_the_stronger_cover(void **state)
{
    struct canvas *const canvas = *state;
    struct pen_random random;
    struct pen_glyph glyph;
    struct pen_style style = style_for(PEN_MARKER, 6);
    pen_random_seed(&random, 9);
    pen_digit(&glyph, 8, PEN_ANY, NULL, &random);
    memset(canvas->pixels, 77, sizeof canvas->pixels);
    pen_draw(&canvas->plane, &glyph, &style, NULL);
    int full = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        assert_true(canvas->pixels[i] >= 77);
        full += canvas->pixels[i] == 255;
    }
    assert_true(full > 300);
}

static void thin_strokes_get_fainter_but_stay(void **state)
{
    struct canvas *const canvas = *state;
    struct pen_random random;
    struct pen_glyph glyph;
    pen_random_seed(&random, 9);
    pen_digit(&glyph, 1, 0, NULL, &random);
    int strongest[2] = {0};
    for (int i = 0; i < 2; i++) {
        const struct pen_style style = style_for(PEN_MARKER, i ? 0.4f : 1.5f);
        memset(canvas->pixels, 0, sizeof canvas->pixels);
        pen_draw(&canvas->plane, &glyph, &style, NULL);
        for (int k = 0; k < SIDE * SIDE; k++)
            strongest[i] = canvas->pixels[k] > strongest[i] ? canvas->pixels[k] : strongest[i];
    }
    assert_true(strongest[0] > 230 && strongest[1] > 60 && strongest[1] < 130);
}

static void transforms_follow_each_other(void **state)
{
    (void)state;
    const struct pen_transform first = {2, 1, 3, -1, 2, 5}, then = {0, -1, 7, 1, 0, -2};
    const struct pen_transform both = pen_transform_then(&first, &then);
    const float x = 2 * 4 + 1 * 9 + 3, y = -1 * 4 + 2 * 9 + 5;
    assert_true(both.a * 4 + both.b * 9 + both.c == -y + 7);
    assert_true(both.d * 4 + both.e * 9 + both.f == x - 2);
}

static int set_up(void **state)
{
    *state = make_canvas();
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_every_digit_draws_within_its_bounds),
        cmocka_unit_test(letters_marks_and_scribbles_draw_within_their_bounds),
        cmocka_unit_test(doubles_of_digits_are_no_letters),
        cmocka_unit_test(the_same_seed_writes_the_same),
        cmocka_unit_test(a_hand_keeps_its_forms),
        cmocka_unit_test(forms_seldom_seen_are_not_met_by_chance),
        cmocka_unit_test(random_numbers_keep_to_their_ranges),
        cmocka_unit_test(drawing_never_leaves_the_plane),
        cmocka_unit_test(drawing_keeps_the_stronger_cover),
        cmocka_unit_test(thin_strokes_get_fainter_but_stay),
        cmocka_unit_test(transforms_follow_each_other),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
