#include "capture/demo_lines.h"

#include <math.h>
#include <string.h>

#define MARGIN        84.0f /* kept free at both sides, so that everything stays in view while the camera moves */
#define LAST_LINE     266.0f
#define NUMBER_DIGITS 4
#define LINE_DIGITS   14 /* most in a line */
#define GOOD_LINE     6  /* in a line, if there is room for so many lines */

/* ---- how many numbers, and where they go ---- */

/* Lines and the height of the digits, such that `digits` fit. */
struct plan {
    int lines;
    float pitch, height;
};

static struct plan make_plan(const struct demo_writer *writer, int digits)
{
    const float width = writer->canvas_width - 2 * MARGIN;
    const int wished = (digits + GOOD_LINE - 1) / GOOD_LINE;
    struct plan plan = {.pitch = DEMO_LINE_PITCH, .height = 66};
    for (;;) {
        /* A digit with its gap takes 0.78 of its height, and the numbers' share of the space between them 0.65. */
        const int per_line = (int)fminf(LINE_DIGITS, width / (1.43f * plan.height));
        const int most = (int)((LAST_LINE - DEMO_FIRST_LINE) / plan.pitch) + 1;
        plan.lines = most < wished ? most : wished;
        if (plan.lines * per_line >= digits || plan.height < 24)
            return plan;
        plan.height *= 0.94f;
        plan.pitch = fminf(plan.pitch, 1.45f * plan.height);
    }
}

/* The numbers of one line. */
struct line {
    int count;
    char numbers[LINE_DIGITS][NUMBER_DIGITS + 1];
};

/* Makes numbers of `digits` digits in all, each of at least `least`, where there are so many. None begins with 0 unless
 * it is a single digit. */
static void make_line(struct demo_writer *writer, int digits, int least, struct line *line)
{
    line->count = 0;
    for (int left = digits; left > 0;) {
        int length = least + pen_random_below(&writer->random, NUMBER_DIGITS + 1 - least);
        if (length > left || (left - length == 1 && length > 1))
            length = left <= NUMBER_DIGITS ? left : 2;
        char *const number = line->numbers[line->count++];
        for (int i = 0; i < length; i++)
            number[i] = (char)(i == 0 && length > 1 ? '1' + pen_random_below(&writer->random, 9)
                                                    : '0' + pen_random_below(&writer->random, 10));
        number[length] = '\0';
        left -= length;
    }
}

/* Writes a line over the whole width, its numbers far from each other. */
static void write_line(struct demo_writer *writer, const struct line *line, int digits, float y, float height,
                       enum demo_ink_name ink)
{
    const float width = writer->canvas_width - 2 * MARGIN;
    const float apart = (width - 0.78f * height * (float)digits) / (float)line->count;
    const float loose = fmaxf(0, apart - 1.25f * height);
    float x = -writer->canvas_width / 2 + MARGIN;
    for (int i = 0; i < line->count; i++) {
        const float indent = loose * pen_random_uniform(&writer->random, 0, 0.95f);
        demo_write_line(writer, line->numbers[i], x + indent, y, height, ink, 0);
        x += apart + 0.78f * height * (float)strlen(line->numbers[i]);
    }
}

/* ---- the page ---- */

static void write_title(struct demo_writer *writer, float left)
{
    static const char *const words[] = {"Make", "FRAME", "Paper", "Math", "MARKER", "Hammer", "Water", "Extra"};
    static const char *const drawings[] = {"star", "heart", "house", "arrow right"};
    const int word = pen_random_below(&writer->random, 8), drawing = pen_random_below(&writer->random, 4);
    const float width = demo_write_line(writer, words[word], left, -270, 42, DEMO_INK_FELT, 0);
    demo_write_rule(writer, left - 6, -256, width + 16, DEMO_INK_FELT);
    demo_write_mark(writer, drawings[drawing], left + width + 50, -266, 40, DEMO_INK_BALLPOINT);
}

/* Below the numbers, where there is room for it. */
static void write_clutter(struct demo_writer *writer, float left, float y)
{
    static const char *const words[] = {"Name", "Peter", "Emma", "Frank", "Martha", "paper"};
    static const enum pen_scribble kinds[] = {PEN_CROSSING_OUT, PEN_COIL, PEN_TANGLE};
    const int word = pen_random_below(&writer->random, 6), kind = pen_random_below(&writer->random, 3);
    if (y > LAST_LINE + 10)
        return;
    const float width = demo_write_line(writer, words[word], left, y, 40, DEMO_INK_PENCIL, 0);
    demo_write_scribble(writer, kinds[kind], left + width + 36, y + 4, 46, DEMO_INK_BALLPOINT);
}

void demo_lines_write(struct demo_writer *writer, int digits)
{
    const struct plan plan = make_plan(writer, digits);
    const float left = -writer->canvas_width / 2 + MARGIN;
    float y = DEMO_FIRST_LINE;
    write_title(writer, left + 4);
    const int least = writer->touching > 0 || digits > DEMO_MAX_NUMBERS ? 2 : 1;
    for (int line = 0, written = 0; line < plan.lines; line++, y += plan.pitch) {
        const int count = (digits - written) / (plan.lines - line); /* the lines share them evenly */
        const float height = plan.height * pen_random_uniform(&writer->random, 0.72f, 1);
        struct line numbers;
        make_line(writer, count, least, &numbers);
        write_line(writer, &numbers, count, y, height, (enum demo_ink_name)(line % DEMO_INKS));
        written += count;
    }
    write_clutter(writer, left + 4, y);
}
