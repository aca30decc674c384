/* What is drawn, and where: boxes at the edges, crowds, nothing at all, pictures of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "render/lines.h"
#include "render/scene.h"
#include "render/tags.h"

#define MOST 3000

/* Every letter 0.6 em wide. */
static float measure(void *context, const char *text, float size)
{
    (void)context;
    return 0.6f * size * (float)strlen(text);
}

static struct reading_digit digits[MOST];
static struct reading_number numbers[MOST];

static struct scene_view view_of(int width, int height)
{
    return (struct scene_view){.width_px = width, .height_px = height, .bar_px = scene_bar_height_px(width, height, 1),
                               .scale = 1, .measure = measure, .boxes = true, .status = true};
}

/* Adds a digit, and a number where it begins one. */
static void add_digit(struct reading *r, int digit, struct box box, bool new_number)
{
    if (new_number)
        numbers[r->number_count++] = (struct reading_number){.box = box, .confidence = 0.9f};
    struct reading_number *const number = &numbers[r->number_count - 1];
    const size_t length = strlen(number->text);
    if (length + 1 < READING_NUMBER_CHARS) {
        number->text[length] = (char)('0' + digit);
        number->text[length + 1] = '\0';
    }
    number->box = box_union(number->box, box);
    digits[r->digit_count] = (struct reading_digit){.id = (uint32_t)r->digit_count + 1, .digit = digit,
                                                    .confidence = 0.97f, .box = box, .number = r->number_count - 1};
    r->digit_count++;
}

static struct reading empty_reading(int width, int height)
{
    return (struct reading){.source = "page.png", .width_px = width, .height_px = height, .orientation = 1,
                            .digits = digits, .numbers = numbers};
}

static int count_kind(const struct scene *scene, enum scene_kind kind)
{
    int count, found = 0;
    const struct scene_item *const items = scene_items(scene, &count);
    for (int i = 0; i < count; i++)
        found += items[i].kind == kind;
    return found;
}

static bool has_text(const struct scene *scene, const char *text)
{
    int count;
    const struct scene_item *const items = scene_items(scene, &count);
    for (int i = 0; i < count; i++)
        if (items[i].kind == SCENE_TEXT && strstr(items[i].text, text))
            return true;
    return false;
}

/* Numbers that can be drawn, whatever was asked. */
static void check_sane(const struct scene *scene)
{
    int count;
    const struct scene_item *const items = scene_items(scene, &count);
    for (int i = 0; i < count; i++) {
        assert_true(isfinite(items[i].rect.x) && isfinite(items[i].rect.y));
        assert_true(items[i].rect.w >= 0 && items[i].rect.h >= 0);
        assert_true(items[i].kind != SCENE_TEXT || items[i].size > 0);
        assert_true(memchr(items[i].text, '\0', SCENE_TEXT_BYTES) != NULL);
    }
}

static void keeps_the_pictures_shape(void **state)
{
    (void)state;
    struct scene_view view = {.width_px = 1000, .height_px = 700, .bar_px = 100};
    struct scene_rect r = scene_picture_rect(&view, 400, 200); /* wide: bands above and below */
    assert_true(r.x == 0 && r.y == 50 && r.w == 1000 && r.h == 500);
    r = scene_picture_rect(&view, 200, 400); /* high: bands left and right */
    assert_true(r.x == 350 && r.y == 0 && r.w == 300 && r.h == 600);
    r = scene_picture_rect(&view, 16384, 1);
    assert_true(r.w == 1000 && r.h == 1);
}

static void boxes_lie_around_the_digits(void **state)
{
    (void)state;
    struct scene *scene;
    struct reading r = empty_reading(500, 300);
    const struct scene_view view = {.width_px = 1000, .height_px = 600, .scale = 1, .measure = measure, .boxes = true};
    add_digit(&r, 7, (struct box){100, 100, 40, 60}, true);
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, &r, &view), 0);
    int count;
    const struct scene_item *const items = scene_items(scene, &count);
    assert_int_equal(items[0].kind, SCENE_BOX);
    const struct scene_rect b = items[0].rect; /* the output is twice the picture */
    assert_true(b.x <= 200 && b.y <= 200 && b.x + b.w >= 280 && b.y + b.h >= 320);
    assert_true(b.x > 180 && b.y > 180 && b.x + b.w < 300 && b.y + b.h < 340);
    assert_int_equal(count_kind(scene, SCENE_TAG), 1);
    assert_int_equal(count_kind(scene, SCENE_FILL), 0); /* no bar was asked for */
    assert_true(has_text(scene, "7") && has_text(scene, "97%"));
    render_scene_destroy(scene);
}

static void no_boxes_when_they_are_off(void **state)
{
    (void)state;
    struct scene *scene;
    struct reading r = empty_reading(640, 480);
    struct scene_view view = view_of(640, 480);
    add_digit(&r, 7, (struct box){100, 100, 40, 60}, true);
    view.boxes = false;
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, &r, &view), 0);
    assert_int_equal(count_kind(scene, SCENE_BOX), 0);
    assert_int_equal(count_kind(scene, SCENE_TAG), 0);
    assert_true(has_text(scene, "7")); /* in the bar */
    render_scene_destroy(scene);
}

/* What was read stays in the bar, dim; nothing is drawn over the picture as if it were seen now, but why. */
static void a_picture_that_is_not_of_now(void **state)
{
    (void)state;
    struct scene *scene;
    int count;
    struct reading r = empty_reading(640, 480);
    struct scene_view view = view_of(640, 480);
    add_digit(&r, 7, (struct box){100, 100, 40, 60}, true);
    view.boxes = view.away = view.frozen = true;
    view.notice = "camera unplugged, waiting";
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, &r, &view), 0);
    assert_int_equal(count_kind(scene, SCENE_BOX), 0);
    assert_true(has_text(scene, "camera unplugged, waiting") && has_text(scene, "frozen"));
    const struct scene_item *const items = scene_items(scene, &count);
    float notice_y = -1, frozen_y = -1;
    for (int i = 0; i < count; i++) {
        if (strcmp(items[i].text, "7") == 0)
            assert_in_range(items[i].colour.r, 100, 200);
        notice_y = strstr(items[i].text, "unplugged") ? items[i].rect.y : notice_y;
        frozen_y = strstr(items[i].text, "frozen") ? items[i].rect.y : frozen_y;
    }
    assert_true(notice_y - frozen_y > 20); /* one below the other */
    view.away = false;
    view.notice = NULL;
    assert_int_equal(scene_build(scene, &r, &view), 0);
    assert_int_equal(count_kind(scene, SCENE_BOX), 1);
    assert_false(has_text(scene, "unplugged"));
    render_scene_destroy(scene);
}

static void says_when_there_is_nothing(void **state)
{
    (void)state;
    struct scene *scene;
    const struct reading r = empty_reading(640, 480);
    struct scene_view view = view_of(640, 480);
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, &r, &view), 0);
    assert_true(has_text(scene, "no digits"));
    assert_int_equal(scene_build(scene, NULL, &view), 0); /* before the first frame */
    assert_int_equal(count_kind(scene, SCENE_TEXT), 0);
    view.help = view.frozen = true;
    view.message = "saved";
    assert_int_equal(scene_build(scene, NULL, &view), 0);
    assert_true(has_text(scene, "full screen") && has_text(scene, "frozen") && has_text(scene, "saved"));
    render_scene_destroy(scene);
}

static float covered(struct scene_rect a, struct scene_rect b)
{
    const float w = fminf(a.x + a.w, b.x + b.w) - fmaxf(a.x, b.x), h = fminf(a.y + a.h, b.y + b.h) - fmaxf(a.y, b.y);
    return w > 0 && h > 0 ? w * h : 0;
}

/* Places the tags of a reading whose output has the picture's own size; `lines` is zeroed before the first call. */
static int place(struct tags *tags, struct lines *lines, const struct reading *r, struct scene_rect *boxes,
                 const struct tag **placed)
{
    const struct scene_view view = view_of(r->width_px, r->height_px);
    int count;
    for (int i = 0; i < r->digit_count; i++) {
        const struct box b = r->digits[i].box;
        boxes[i] = (struct scene_rect){(float)b.x, (float)b.y, (float)b.w, (float)b.h};
    }
    assert_int_equal(lines_find(lines, r, boxes), 0);
    assert_int_equal(tags_place(tags, r, lines, boxes,
                                (struct scene_rect){0, 0, (float)r->width_px, (float)r->height_px}, &view, placed,
                                &count),
                     0);
    return count;
}

static void tags_keep_off_digits_and_each_other(void **state)
{
    (void)state;
    struct tags *tags;
    struct lines lines = {0};
    struct reading r = empty_reading(1280, 720);
    struct scene_rect boxes[64];
    const struct tag *placed;
    for (int line = 0; line < 4; line++)
        for (int i = 0; i < 8; i++)
            add_digit(&r, i, (struct box){60 + 52 * i + i / 3 * 120, 60 + 140 * line + 4 * (i % 2), 40, 64},
                      i % 3 == 0);
    assert_int_equal(tags_create(&tags), 0);
    const int count = place(tags, &lines, &r, boxes, &placed);
    assert_int_equal(count, r.digit_count);
    assert_int_equal(lines.count, 4);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < r.digit_count; j++)
            assert_true(covered(placed[i].rect, boxes[j]) == 0);
        for (int j = 0; j < i; j++)
            assert_true(covered(placed[i].rect, placed[j].rect) == 0);
        assert_true(placed[i].rect.y < boxes[placed[i].digit].y); /* there is room above every line */
    }
    lines_release(&lines);
    tags_destroy(tags);
}

static float distance(struct scene_rect a, struct scene_rect b)
{
    return hypotf(fmaxf(fmaxf(a.x - b.x - b.w, b.x - a.x - a.w), 0),
                  fmaxf(fmaxf(a.y - b.y - b.h, b.y - a.y - a.h), 0));
}

/* The same page of three lines at every distance between them: whose a tag is can always be told, since it is nearer
 * to its own digit than to any of another line and covers none; a line's tags are of one kind and size on one side,
 * which is above if a readable tag fits there. */
static void a_tag_is_nearest_to_its_own_digit(void **state)
{
    (void)state;
    static const char *const page[] = {"0123", "456 789", "2024 17"};
    struct tags *tags;
    struct lines lines = {0};
    assert_int_equal(tags_create(&tags), 0);
    for (int gap = 5; gap < 120; gap++) {
        struct reading r = empty_reading(1280, 720);
        struct scene_rect boxes[32];
        const struct tag *placed, *first[3] = {NULL, NULL, NULL};
        memset(numbers, 0, sizeof numbers);
        for (int line = 0, id = 1000 * gap; line < 3; line++)
            for (int i = 0; page[line][i]; i++) {
                if (page[line][i] == ' ')
                    continue;
                add_digit(&r, page[line][i] - '0',
                          (struct box){100 + 70 * i, 100 + line * (80 + gap) + i % 2, 48, 80},
                          i == 0 || page[line][i - 1] == ' ');
                digits[r.digit_count - 1].id = (uint32_t)id++; /* no habits from one page to the next */
            }
        const int count = place(tags, &lines, &r, boxes, &placed);
        assert_int_equal(count, r.digit_count);
        assert_int_equal(lines.count, 3);
        for (int i = 0; i < count; i++) {
            const struct tag *const tag = &placed[i];
            const int line = lines.line_of[tag->digit];
            const float own = distance(tag->rect, boxes[tag->digit]);
            for (int j = 0; j < r.digit_count; j++) {
                assert_true(j == tag->digit || covered(tag->rect, boxes[j]) == 0);
                assert_true(lines.line_of[j] == line || distance(tag->rect, boxes[j]) > own);
            }
            for (int j = 0; j < i; j++)
                assert_true(covered(tag->rect, placed[j].rect) == 0);
            first[line] = first[line] ? first[line] : tag;
            assert_int_equal(tag->style, first[line]->style);
            assert_true(tag->size == first[line]->size);
            assert_int_equal(tag->rect.y > boxes[tag->digit].y,
                             first[line]->rect.y > boxes[first[line]->digit].y);
            if (gap >= 25)
                assert_true(tag->rect.y < boxes[tag->digit].y && tag->style != TAG_PLAIN);
        }
    }
    lines_release(&lines);
    tags_destroy(tags);
}

/* What stands between the digits of a line, as a plus sign does, stays free of the next line's tags. */
static void tags_keep_off_operators(void **state)
{
    (void)state;
    struct tags *tags;
    struct lines lines = {0};
    struct reading r = empty_reading(1280, 720);
    struct scene_rect boxes[8];
    const struct tag *placed;
    for (int i = 0; i < 3; i++)
        add_digit(&r, i, (struct box){100 + 150 * i, 200, 50, 80}, true);
    for (int i = 0; i < 3; i++)
        add_digit(&r, i, (struct box){175 + 150 * i, 310, 50, 80}, true);
    assert_int_equal(tags_create(&tags), 0);
    const int count = place(tags, &lines, &r, boxes, &placed);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < 2; j++)
            assert_true(covered(placed[i].rect, (struct scene_rect){180 + 150 * (float)j, 220, 40, 40}) == 0);
    lines_release(&lines);
    tags_destroy(tags);
}

/* A line that moves a pixel to and fro below another, at every distance: its tags settle. */
static void tags_do_not_flicker(void **state)
{
    (void)state;
    for (int distance = 64; distance < 130; distance++) {
        struct tags *tags;
        struct lines lines = {0};
        enum tag_style styles[20] = {TAG_SIDE};
        bool below[20] = {false};
        assert_int_equal(tags_create(&tags), 0);
        for (int frame = 0; frame < 12; frame++) {
            struct reading r = empty_reading(1280, 720);
            struct scene_rect boxes[20];
            const struct tag *placed;
            memset(numbers, 0, sizeof numbers);
            for (int i = 0; i < 20; i++)
                add_digit(&r, i % 10,
                          (struct box){100 + 46 * (i % 10), 100 + i / 10 * (distance + frame % 2), 38, 60},
                          i % 10 % 3 == 0);
            const int count = place(tags, &lines, &r, boxes, &placed);
            for (int i = 0; i < count; i++) {
                const bool is_below = placed[i].rect.y > boxes[placed[i].digit].y + 30;
                if (frame > 3) {
                    assert_int_equal(placed[i].style, styles[i]);
                    assert_int_equal(is_below, below[i]);
                }
                styles[i] = placed[i].style;
                below[i] = is_below;
            }
        }
        lines_release(&lines);
        tags_destroy(tags);
    }
}

static void at_the_upper_edge_the_tag_goes_below(void **state)
{
    (void)state;
    struct tags *tags;
    struct lines lines = {0};
    struct reading r = empty_reading(640, 480);
    struct scene_rect box;
    const struct tag *placed;
    add_digit(&r, 5, (struct box){300, 0, 40, 60}, true);
    assert_int_equal(tags_create(&tags), 0);
    assert_int_equal(place(tags, &lines, &r, &box, &placed), 1);
    assert_true(placed[0].rect.y >= 60);
    lines_release(&lines);
    tags_destroy(tags);
}

static void stays_inside_at_the_edges(void **state)
{
    (void)state;
    static const struct box corners[] = {{0, 0, 20, 30}, {620, 0, 20, 30}, {0, 370, 20, 30}, {620, 370, 20, 30},
                                         {0, 0, 640, 400}, {639, 399, 1, 1}};
    struct scene *scene;
    assert_int_equal(render_scene_create(&scene), 0);
    for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
        struct reading r = empty_reading(640, 400);
        struct scene_view view = view_of(640, 400);
        view.bar_px = 0;
        add_digit(&r, 3, corners[i], true);
        assert_int_equal(scene_build(scene, &r, &view), 0);
        check_sane(scene);
        int count;
        const struct scene_item *const items = scene_items(scene, &count);
        for (int j = 0; j < count; j++)
            if (items[j].kind == SCENE_TAG) {
                assert_true(items[j].rect.x >= 0 && items[j].rect.x + items[j].rect.w <= 640);
                assert_true(items[j].rect.y >= 0 && items[j].rect.y + items[j].rect.h <= 400);
            }
    }
    render_scene_destroy(scene);
}

static void draws_crowds(void **state)
{
    (void)state;
    struct scene *scene;
    assert_int_equal(render_scene_create(&scene), 0);
    for (int many = 300; many <= MOST; many *= 10) {
        struct reading r = empty_reading(1920, 1080);
        const struct scene_view view = view_of(1280, 800);
        for (int i = 0; i < many; i++)
            add_digit(&r, i % 10, (struct box){5 + i % 80 * 23, 5 + i / 80 * 28, 12, 18}, i % 4 == 0);
        assert_int_equal(scene_build(scene, &r, &view), 0);
        assert_int_equal(count_kind(scene, SCENE_BOX), many);
        assert_true(count_kind(scene, SCENE_TAG) >= many / 4);
        assert_true(has_text(scene, " more")); /* the bar says that it does not show them all */
        check_sane(scene);
    }
    render_scene_destroy(scene);
}

static void takes_every_size(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 3, 17, 100, 161, 400, 4000};
    const int n = (int)(sizeof sizes / sizeof sizes[0]);
    struct scene *scene;
    assert_int_equal(render_scene_create(&scene), 0);
    for (int i = 0; i < n * n; i++)
        for (int j = 0; j < 3; j++) {
            struct scene_view view = view_of(sizes[i % n], sizes[i / n]);
            const int side = j == 0 ? 1 : j == 1 ? 640 : 16384;
            struct reading r = empty_reading(side, j == 2 ? 1 : side);
            add_digit(&r, 1, (struct box){0, 0, 1, 1}, true);
            view.help = view.frozen = true;
            assert_int_equal(scene_build(scene, &r, &view), 0);
            assert_true(view.bar_px >= 0 && view.bar_px < view.height_px);
            check_sane(scene);
        }
    render_scene_destroy(scene);
}

static void cuts_long_names(void **state)
{
    (void)state;
    struct scene *scene;
    char name[600] = "";
    struct reading r = empty_reading(640, 480);
    const struct scene_view view = view_of(640, 480);
    for (int i = 0; i < 80; i++)
        strcat(name, "grü/é");
    strcat(name, "end.png");
    r.source = name;
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, &r, &view), 0);
    check_sane(scene);
    assert_true(has_text(scene, "end.png")); /* the file's own name is what matters */
    render_scene_destroy(scene);
}

static void colours_follow_confidence(void **state)
{
    (void)state;
    const struct scene_colour sure = scene_confidence_colour(1), unsure = scene_confidence_colour(0.5f);
    assert_true(sure.g > sure.r && unsure.r > unsure.g);
    assert_int_equal(sure.a, 255);
    const struct scene_colour odd = scene_confidence_colour(NAN);
    assert_memory_equal(&odd, &unsure, sizeof odd);
}

static void percents_are_honest(void **state)
{
    (void)state;
    char text[8];
    static const struct {
        float confidence;
        const char *text;
    } cases[] = {{0, "0%"}, {0.981f, "98%"}, {0.996f, "99%"}, {0.9996f, "100%"}, {1, "100%"}, {7, "100%"}, {-1, "0%"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tags_percent(cases[i].confidence, text);
        assert_string_equal(text, cases[i].text);
    }
    tags_percent(NAN, text);
    assert_string_equal(text, "0%");
}

static void reasons_are_drawn_when_wanted(void **state)
{
    (void)state;
    static struct reading_candidate candidates[1000];
    struct scene *scene;
    struct reading reading = empty_reading(640, 480);
    struct scene_view view = view_of(640, 480);
    assert_int_equal(render_scene_create(&scene), 0);
    candidates[0] = (struct reading_candidate){.box = {300, 100, 30, 40}, .reason = READING_READ, .value = 0.99f};
    candidates[1] = (struct reading_candidate){.box = {100, 100, 30, 40}, .reason = READING_NOT_A_DIGIT, .value = 0.93f};
    reading.candidates = candidates;
    reading.candidate_count = 2;
    assert_int_equal(scene_build(scene, &reading, &view), 0);
    assert_int_equal(count_kind(scene, SCENE_BOX), 0);
    view.reasons = true;
    assert_int_equal(scene_build(scene, &reading, &view), 0);
    assert_int_equal(count_kind(scene, SCENE_BOX), 1); /* not what was read */
    assert_true(has_text(scene, "not a digit (93%)"));
    assert_false(has_text(scene, "upside"));
    reading.hint = "the page seems to be upside down";
    assert_int_equal(scene_build(scene, &reading, &view), 0);
    assert_true(has_text(scene, "upside down"));
    for (int i = 0; i < 1000; i++)
        candidates[i] = (struct reading_candidate){.box = {i % 600, i / 3, 12, 12}, .reason = READING_SOLID};
    reading.candidate_count = 1000;
    assert_int_equal(scene_build(scene, &reading, &view), 0);
    assert_in_range(count_kind(scene, SCENE_BOX), 100, 300);
    check_sane(scene);
    render_scene_destroy(scene);
}

/* Digits of one line have outlines of one width, whatever their heights. */
static void outlines_of_a_line_are_equal(void **state)
{
    (void)state;
    struct scene *scene;
    struct reading r = empty_reading(1280, 720);
    const struct scene_view view = view_of(1280, 720);
    int count;
    for (int i = 0; i < 4; i++)
        add_digit(&r, i, (struct box){100 + 80 * i, 200 - 7 * i, 50, 80 + 7 * i}, i == 0);
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, &r, &view), 0);
    const struct scene_item *const items = scene_items(scene, &count);
    assert_int_equal(count_kind(scene, SCENE_BOX), 4);
    for (int i = 1; i < 4; i++) /* boxes come first */
        assert_true(items[i].kind == SCENE_BOX && items[i].line == items[0].line && items[i].radius == items[0].radius);
    render_scene_destroy(scene);
}

/* A reason that would lie over a digit is left out; its box stays. */
static void reasons_keep_off_digits(void **state)
{
    (void)state;
    struct reading_candidate rule = {.box = {100, 190, 400, 8}, .reason = READING_TOO_SMALL, .value = 8};
    struct scene *scene;
    struct reading r = empty_reading(640, 480);
    struct scene_view view = view_of(640, 480);
    add_digit(&r, 7, (struct box){110, 180, 40, 60}, true);
    r.candidates = &rule;
    r.candidate_count = 1;
    view.reasons = true;
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, &r, &view), 0);
    assert_int_equal(count_kind(scene, SCENE_BOX), 2);
    assert_false(has_text(scene, "too small"));
    rule.box.y = 300;
    assert_int_equal(scene_build(scene, &r, &view), 0);
    assert_true(has_text(scene, "too small"));
    render_scene_destroy(scene);
}

/* Both columns of the help lie within its panel, whatever the letters' widths. */
static void the_help_fits_its_panel(void **state)
{
    (void)state;
    struct scene *scene;
    const struct scene_view view = {.width_px = 1280, .height_px = 720, .scale = 1, .measure = measure, .help = true};
    int count;
    assert_int_equal(render_scene_create(&scene), 0);
    assert_int_equal(scene_build(scene, NULL, &view), 0);
    const struct scene_item *const items = scene_items(scene, &count);
    for (int i = 1; i < count; i++) { /* after the panel: keys and what they do, in turn */
        const float right = items[i].rect.x + measure(NULL, items[i].text, items[i].size);
        const float end = i % 2 ? items[i + 1].rect.x : items[0].rect.x + items[0].rect.w;
        assert_true(right + items[i].size <= end);
    }
    render_scene_destroy(scene);
}

/* Frames of a camera are counted in whole ones, slow ones in tenths; pictures shown for long have no rate. */
static void the_rate_is_shown_where_it_says_something(void **state)
{
    (void)state;
    static const struct {
        double fps;
        const char *shown; /* NULL: no rate */
    } rates[] = {{0, NULL}, {0.04, NULL}, {0.5, "0.5 frames/s"}, {9.96, "10 frames/s"}, {29.97, "30 frames/s"}};
    struct scene *scene;
    const struct reading r = empty_reading(640, 480);
    struct scene_view view = view_of(1280, 960);
    assert_int_equal(render_scene_create(&scene), 0);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        view.fps = rates[i].fps;
        assert_int_equal(scene_build(scene, &r, &view), 0);
        assert_true(has_text(scene, "640×480"));
        assert_true(has_text(scene, rates[i].shown ? rates[i].shown : "frames/s") == (rates[i].shown != NULL));
    }
    render_scene_destroy(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_drawn_when_wanted),
        cmocka_unit_test(keeps_the_pictures_shape),
        cmocka_unit_test(the_rate_is_shown_where_it_says_something),
        cmocka_unit_test(boxes_lie_around_the_digits),
        cmocka_unit_test(no_boxes_when_they_are_off),
        cmocka_unit_test(a_picture_that_is_not_of_now),
        cmocka_unit_test(says_when_there_is_nothing),
        cmocka_unit_test(tags_keep_off_digits_and_each_other),
        cmocka_unit_test(a_tag_is_nearest_to_its_own_digit),
        cmocka_unit_test(tags_keep_off_operators),
        cmocka_unit_test(tags_do_not_flicker),
        cmocka_unit_test(outlines_of_a_line_are_equal),
        cmocka_unit_test(reasons_keep_off_digits),
        cmocka_unit_test(the_help_fits_its_panel),
        cmocka_unit_test(at_the_upper_edge_the_tag_goes_below),
        cmocka_unit_test(stays_inside_at_the_edges),
        cmocka_unit_test(draws_crowds),
        cmocka_unit_test(takes_every_size),
        cmocka_unit_test(cuts_long_names),
        cmocka_unit_test(colours_follow_confidence),
        cmocka_unit_test(percents_are_honest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
