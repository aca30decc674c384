#include "capture/demo_page.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/demo_lines.h"
#include "capture/demo_paint.h"
#include "capture/demo_scene.h"
#include "capture/demo_sheet.h"
#include "capture/demo_writer.h"
#include "capture/pen.h"

#define CANVAS_HEIGHT 720.0f  /* units */
#define TALL_CANVAS   900.0f  /* up to this width everything stands one below the other */
#define WIDE_CANVAS   1150.0f /* from this width on there is room for more */
#define MARGIN        78.0f   /* kept free of writing, so that it stays in view while the camera moves */
#define SPARE         1.2f    /* the painted page over the frame */
#define SPARE_FARTHER 1.7f    /* where it is seen from farther away, turned or leaning */
#define LINES_DIGITS  26     /* on a page of numbers, if nobody asks for another count */
#define MAX_PAINTED   (8L * 1000 * 1000) /* pixels; larger frames enlarge the page */

/* ---- what stands on the page ---- */

static const char *one_of(struct demo_writer *writer, const char *const *words, int count)
{
    return words[pen_random_below(&writer->random, count)];
}

/* A word with a line under it and a small drawing: nothing of it may be read. */
static void write_title(struct demo_writer *writer, float left, float y)
{
    static const char *const words[] = {"MARK", "FRAME", "PAPER", "MATH", "MARKER", "HAMMER", "WATER"};
    static const char *const drawings[] = {"star", "heart", "house", "arrow right"};
    const float width = demo_write_line(writer, one_of(writer, words, 7), left, y, 38, DEMO_INK_FELT, 0);
    demo_write_rule(writer, left - 6, y + 17, width + 16, DEMO_INK_FELT);
    demo_write_mark(writer, one_of(writer, drawings, 4), left + width + 50, y + 4, 40, DEMO_INK_BALLPOINT);
}

/* The ten digits set wide, each a number of its own. */
static void write_ten(struct demo_writer *writer, const int order[10], int first, int count, float y)
{
    const float pitch = (writer->canvas_width - 2 * MARGIN) / (float)count;
    const float height = fminf(62, 0.58f * pitch);
    for (int i = 0; i < count; i++) {
        const char text[2] = {(char)('0' + order[first + i]), '\0'};
        const float x = -writer->canvas_width / 2 + MARGIN + pitch * ((float)i + 0.45f);
        demo_write_line(writer, text, x, y + pen_random_normal(&writer->random, 0, 2.0f), height,
                   DEMO_INK_BALLPOINT, 0.5f);
    }
}

static void make_order(struct demo_writer *writer, int order[10])
{
    for (int i = 0; i < 10; i++)
        order[i] = i;
    if (pen_random_below(&writer->random, 2) == 0)
        return;
    for (int i = 9; i > 0; i--) {
        const int j = pen_random_below(&writer->random, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

struct texts {
    char numbers[64], sum[64], product[64], small[64], big[16], over[16], under[32], result[16];
};

static int between(struct demo_writer *writer, int low, int high)
{
    return low + pen_random_below(&writer->random, high - low + 1);
}

static void make_texts(struct demo_writer *writer, struct texts *texts)
{
    int draws[10]; /* drawn one by one: compilers differ in the order of a call's arguments */
    static const int ranges[10][2] = {{102, 987}, {1950, 2049}, {12, 98},     {11, 79},   {2, 9},
                                      {2, 9},     {2, 9},       {1000, 9999}, {100, 999}, {120, 880}};
    for (int i = 0; i < 10; i++)
        draws[i] = between(writer, ranges[i][0], ranges[i][1]);
    const int under = between(writer, 12, 98), big = between(writer, 102, 987);
    if (writer->canvas_width > WIDE_CANVAS)
        snprintf(texts->numbers, sizeof texts->numbers, "%d   %d   %d", draws[0], draws[1], draws[2]);
    else
        snprintf(texts->numbers, sizeof texts->numbers, "%d   %d", draws[0], draws[1]);
    snprintf(texts->sum, sizeof texts->sum, "%d + %d = %d", draws[3], draws[4], draws[3] + draws[4]);
    snprintf(texts->product, sizeof texts->product, "%d * %d = %d", draws[5], draws[6], draws[5] * draws[6]);
    snprintf(texts->small, sizeof texts->small, "%d   %d", draws[7], draws[8]);
    snprintf(texts->big, sizeof texts->big, "%d", big);
    snprintf(texts->over, sizeof texts->over, "%d", draws[9]);
    snprintf(texts->under, sizeof texts->under, "+  %d", under);
    snprintf(texts->result, sizeof texts->result, "%d", draws[9] + under);
}

/* Things that are no digits, in the free corner below. */
static void write_clutter(struct demo_writer *writer, float left, float y)
{
    static const char *const words[] = {"Name", "Peter", "Emma", "Frank", "Martha", "paper"};
    static const enum pen_scribble kinds[] = {PEN_CROSSING_OUT, PEN_COIL, PEN_TANGLE};
    const float width = demo_write_line(writer, one_of(writer, words, 6), left, y, 40, DEMO_INK_PENCIL, 0);
    demo_write_scribble(writer, kinds[pen_random_below(&writer->random, 3)], left + width + 36, y + 4, 46,
             DEMO_INK_BALLPOINT);
}

/* Wider than tall: the lines to the left, a written addition to the right. The addition's lines stand beside
 * the others, so that the reading order is beyond doubt: line by line. */
static void write_wide(struct demo_writer *writer, const struct texts *texts, const int order[10])
{
    const float left = -writer->canvas_width / 2 + MARGIN, right = writer->canvas_width / 2 - MARGIN - 24;
    write_title(writer, left + 6, -248);
    write_ten(writer, order, 0, 10, -128);
    demo_write_line(writer, texts->numbers, left + 6, -20, 60, DEMO_INK_BALLPOINT, 0);
    demo_write_line(writer, texts->over, right, -20, 54, DEMO_INK_PENCIL, 1);
    demo_write_line(writer, texts->sum, left + 6, 76, 56, DEMO_INK_FELT, 0);
    const float width = demo_write_line(writer, texts->under, right, 76, 54, DEMO_INK_PENCIL, 1);
    demo_write_rule(writer, right - width - 14, 98, width + 34, DEMO_INK_PENCIL);
    demo_write_line(writer, texts->product, left + 6, 174, 56, DEMO_INK_BALLPOINT, 0);
    if (writer->canvas_width > WIDE_CANVAS)
        demo_write_line(writer, texts->big, 40, 190, 104, DEMO_INK_FELT, 0.5f);
    demo_write_line(writer, texts->result, right, 174, 54, DEMO_INK_PENCIL, 1);
    demo_write_line(writer, texts->small, left + 6, 264, 40, DEMO_INK_BALLPOINT, 0);
    write_clutter(writer, right - 310, 268);
    demo_write_mark(writer, "tick", right + 26, 172, 34, DEMO_INK_FELT);
}

static void write_tall(struct demo_writer *writer, const struct texts *texts, const int order[10])
{
    const float left = -writer->canvas_width / 2 + MARGIN;
    write_title(writer, left + 6, -260);
    write_ten(writer, order, 0, 5, -166);
    write_ten(writer, order, 5, 5, -86);
    demo_write_line(writer, texts->numbers, left + 6, 2, 48, DEMO_INK_BALLPOINT, 0);
    demo_write_line(writer, texts->sum, left + 6, 82, 46, DEMO_INK_FELT, 0);
    demo_write_line(writer, texts->product, left + 6, 162, 46, DEMO_INK_PENCIL, 0);
    demo_write_line(writer, texts->small, left + 6, 234, 36, DEMO_INK_BALLPOINT, 0);
    write_clutter(writer, left + 6, 300);
}

/* Neat enough that nobody doubts a digit. */
static void choose_hand(struct demo_writer *writer)
{
    pen_hand_random(&writer->hand, &writer->random);
    writer->hand.jitter = pen_random_uniform(&writer->random, 0.5f, 0.8f);
    writer->hand.slant = pen_random_uniform(&writer->random, 0.0f, 0.2f);
    writer->hand.breadth = pen_random_uniform(&writer->random, 0.95f, 1.2f);
    if (strcmp(pen_digit_form_name(0, writer->hand.forms[0]), "slashed") == 0)
        writer->hand.forms[0] = 0;
    if (strcmp(pen_digit_form_name(1, writer->hand.forms[1]), "slanted bar") == 0)
        writer->hand.forms[1] = 0;
}

/* As plain "demo" shows it. */
static void write_usual(struct demo_writer *writer)
{
    struct texts texts;
    int order[10];
    make_texts(writer, &texts);
    make_order(writer, order);
    if (writer->canvas_width > TALL_CANVAS)
        write_wide(writer, &texts, order);
    else
        write_tall(writer, &texts, order);
}

/* Sizes of the canvas and of the painted page. Returns the canvas's width in units. */
static float measure(struct demo_page *page, float farther, int frame_width_px, int frame_height_px)
{
    const float width = (float)frame_width_px, height = (float)frame_height_px;
    const float canvas_width = fminf(1280, fmaxf(560, CANVAS_HEIGHT * width / height));
    page->px_per_unit = fminf(width / canvas_width, height / CANVAS_HEIGHT);
    const float spare = farther > 0 ? SPARE_FARTHER : SPARE;
    const float painted = (width * spare + 16) * (height * spare + 16);
    const float shrink = fminf(1, sqrtf((float)MAX_PAINTED / painted));
    page->painted_per_unit = page->px_per_unit * shrink;
    page->width_px = ((int)((width * spare + 16) * shrink) & ~1) + 4;
    page->height_px = ((int)((height * spare + 16) * shrink) & ~1) + 4;
    return canvas_width;
}

int demo_page_create(struct demo_page *page, const struct demo_scene *scene, int digits, uint64_t seed,
                     int frame_width_px, int frame_height_px)
{
    int error = -ENOMEM;
    memset(page, 0, sizeof *page);
    struct demo_writer *const writer = calloc(1, sizeof *writer);
    if (!writer)
        return error;
    writer->page = page;
    writer->canvas_width = measure(page, scene->farther, frame_width_px, frame_height_px);
    pen_random_seed(&writer->random, seed);
    const size_t pixels = (size_t)page->width_px * (size_t)page->height_px;
    writer->touching = scene->touching;
    demo_paint_inks(writer->layers, scene->pens, page->painted_per_unit, &writer->random);
    for (int i = 0; i < DEMO_INKS; i++)
        if (!(writer->layers[i].cover = calloc(1, pixels)))
            goto out;
    for (int i = 0; i < 3; i++)
        if (!(page->planes[i] = malloc(i == 0 ? pixels : pixels / 4)))
            goto out;
    choose_hand(writer);
    const enum demo_layout layout = digits == DEMO_USUAL_DIGITS ? scene->layout : DEMO_NUMBERS;
    if (layout == DEMO_USUAL)
        write_usual(writer);
    else if (layout == DEMO_WORKSHEET)
        demo_sheet_write(writer);
    else
        demo_lines_write(writer, digits == DEMO_USUAL_DIGITS ? LINES_DIGITS : digits);
    if (writer->no_memory)
        goto out;
    error = 0;
    const struct demo_light light =
        demo_paint_light(scene, seed, &writer->random, (float)frame_width_px / page->px_per_unit,
                         (float)frame_height_px / page->px_per_unit);
    demo_paint(page, writer->layers, &light);
out:
    for (int i = 0; i < DEMO_INKS; i++)
        free(writer->layers[i].cover);
    free(writer);
    if (error)
        demo_page_destroy(page);
    return error;
}

void demo_page_destroy(struct demo_page *page)
{
    for (int i = 0; i < 3; i++)
        free(page->planes[i]);
    free(page->ink);
    memset(page, 0, sizeof *page);
}
