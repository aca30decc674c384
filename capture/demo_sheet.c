#include "capture/demo_sheet.h"

#include <math.h>
#include <stdio.h>

#define MARGIN       84.0f /* kept free at both sides, so that everything stays in view while the camera moves */
#define DIGIT        46.0f /* height of most */
#define BOX_WIDTH    58.0f
#define BOX_HEIGHT   72.0f
#define BOX_PITCH    104.0f /* so far from each other that each holds a number of its own */
#define RING         84.0f
#define RING_PITCH   150.0f
#define COLUMN_WIDTH 122.0f
#define ROW_HEIGHT   74.0f
#define ROWS         2
#define MOST_COLUMNS 6
#define MOST_BOXES   7
#define MOST_RINGS   5

static void write_number(struct demo_writer *writer, int low, int high, float middle, float y, float height, enum demo_ink_name ink)
{
    char text[16];
    snprintf(text, sizeof text, "%d", low + pen_random_below(&writer->random, high - low + 1));
    demo_write_line(writer, text, middle, y, height, ink, 0.5f);
}

static void write_box(struct demo_writer *writer, float x, float y, float width, float height)
{
    demo_write_rule(writer, x, y, width, DEMO_INK_FELT);
    demo_write_rule(writer, x, y + height, width, DEMO_INK_FELT);
    demo_write_upright(writer, x, y, height, DEMO_INK_FELT);
    demo_write_upright(writer, x + width, y, height, DEMO_INK_FELT);
}

static void write_ringed(struct demo_writer *writer, float middle, float y)
{
    demo_write_ring(writer, middle, y, RING, DEMO_INK_FELT);
    write_number(writer, 0, 9, middle, y + 0.47f * DIGIT, 0.94f * DIGIT, DEMO_INK_BALLPOINT);
}

/* How many things `pitch` apart fit into `width`, at most `most`. */
static int fitting(float width, float pitch, int most)
{
    return (int)fminf((float)most, width / pitch);
}

void demo_sheet_write(struct demo_writer *writer)
{
    const float left = -writer->canvas_width / 2 + MARGIN, width = writer->canvas_width - 2 * MARGIN;
    const int boxes = fitting(width - RING_PITCH, BOX_PITCH, MOST_BOXES), columns = fitting(width, COLUMN_WIDTH, MOST_COLUMNS),
              rings = fitting(width, RING_PITCH, MOST_RINGS);

    demo_write_mark(writer, "star", left, -262, 40, DEMO_INK_BALLPOINT);
    demo_write_line(writer, "MATH", left + 70, -262, 40, DEMO_INK_FELT, 0);

    const float first = -176;
    write_ringed(writer, left + RING / 2, first);
    for (int i = 0; i < boxes; i++) {
        const float x = left + RING_PITCH + BOX_PITCH * (float)i;
        write_box(writer, x, first - BOX_HEIGHT / 2, BOX_WIDTH, BOX_HEIGHT);
        write_number(writer, 0, 9, x + BOX_WIDTH / 2, first + DIGIT / 2, DIGIT, DEMO_INK_BALLPOINT);
    }

    const float top = -96;
    for (int row = 0; row <= ROWS; row++)
        demo_write_rule(writer, left, top + ROW_HEIGHT * (float)row, COLUMN_WIDTH * (float)columns, DEMO_INK_FELT);
    for (int column = 0; column <= columns; column++)
        demo_write_upright(writer, left + COLUMN_WIDTH * (float)column, top, ROW_HEIGHT * ROWS, DEMO_INK_FELT);
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < columns; column++)
            write_number(writer, 2, 98, left + COLUMN_WIDTH * ((float)column + 0.5f), top + ROW_HEIGHT * (float)row + 59, 0.94f * DIGIT,
                         DEMO_INK_PENCIL);

    char date[40];
    snprintf(date, sizeof date, "%d/%d/20%02d", 1 + pen_random_below(&writer->random, 28), 1 + pen_random_below(&writer->random, 12),
             10 + pen_random_below(&writer->random, 90));
    const float dated = demo_write_line(writer, date, left + 6, 142, 0.9f * DIGIT, DEMO_INK_BALLPOINT, 0);
    if (dated + 260 < width) {
        char total[16];
        snprintf(total, sizeof total, "%d", 102 + pen_random_below(&writer->random, 9000));
        const float x = left + dated + 90, long_ = demo_write_line(writer, total, x, 142, 1.1f * DIGIT, DEMO_INK_BALLPOINT, 0);
        demo_write_rule(writer, x - 10, 143, long_ + 20, DEMO_INK_BALLPOINT); /* the digits stand on it */
    }

    for (int i = 0; i < rings; i++)
        write_ringed(writer, left + RING / 2 + RING_PITCH * (float)i, 228);
}
