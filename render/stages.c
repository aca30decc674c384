#include "render/stages.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "render/png.h"

#define SIDE       WATCH_CROP_SIDE_PX
#define ANSWERS    (WATCH_DIGITS + 1)
#define MOST_CROPS 600 /* on one sheet; the surest are shown */
#define COLUMNS    15
#define ZOOM       3
#define CELL_PX    (SIDE * ZOOM)
#define GAP_PX     44 /* room for a tag */
#define BAR_PX     7
#define GLYPH_PX   3 /* width of the figures below the bars; height 5 */

struct seen {
    uint8_t crop[SIDE * SIDE];
    float scores[ANSWERS];
    int best;
};

struct picture { /* RGB, no gaps */
    uint8_t *pixels;
    int width_px, height_px;
};

struct stages {
    char folder[PATH_MAX - 64];
    struct watch watch;
    int number; /* of the picture */
    struct seen *seen;
    int count, capacity;
    struct picture gray;
    int error; /* the first of this picture */
    char why[512];
};

/* ---- files
 * ---------------------------------------------------------------------------------------------------- */

static int open_folder(const char *folder, char *why, size_t why_bytes)
{
    struct stat about;
    if (mkdir(folder, 0777) == 0)
        return 0;
    const int error = errno;
    if (error != EEXIST)
        snprintf(why, why_bytes, "--stages: the folder %s cannot be made: %s%s", folder, strerror(error),
                 error == ENOENT ? "; make the folder it is to lie in first" : "");
    else if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        snprintf(why, why_bytes, "--stages: %s is no folder; name another", folder);
    else if (access(folder, W_OK | X_OK) != 0)
        snprintf(why, why_bytes, "--stages: nothing can be written into %s: %s", folder, strerror(errno));
    else
        return 0;
    return error == EEXIST ? -ENOTDIR : -error;
}

static void fail(struct stages *s, int error, const char *why)
{
    if (s->error)
        return;
    s->error = error;
    snprintf(s->why, sizeof s->why, "%s", why);
}

bool stages_writes(const char *name)
{
    static const char *const begin[] = {"gray", "mask-", "contours-", "regions", "crops", "scores"};
    const size_t length = strlen(name);
    bool known = false;
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        known |= strncmp(name, begin[i], strlen(begin[i])) == 0;
    return known && length > 4 && strcmp(name + length - 4, ".png") == 0;
}

static void path_of(const struct stages *s, const char *name, char *path, size_t path_bytes)
{
    if (s->number == 1)
        snprintf(path, path_bytes, "%s/%s.png", s->folder, name);
    else
        snprintf(path, path_bytes, "%s/%s-%d.png", s->folder, name, s->number);
}

static void write_rgba(struct stages *s, const char *name, const uint8_t *pixels, int w, int h, size_t stride)
{
    char path[PATH_MAX], why[512];
    path_of(s, name, path, sizeof path);
    const int error = png_write_rgba(path, pixels, w, h, stride, why, sizeof why);
    if (error)
        fail(s, error, why);
}

/* ---- masks and contours
 * --------------------------------------------------------------------------------------- */

static uint8_t at(struct gray_view mask, int x, int y)
{
    return x >= 0 && y >= 0 && x < mask.width_px && y < mask.height_px
               ? mask.pixels[(size_t)y * mask.stride_bytes + (size_t)x]
               : 0;
}

/* Marks all background that hangs together with the picture's edge in outside[]; `queue` has room for every
 * pixel. */
static void flood(struct gray_view mask, uint8_t *outside, int *queue)
{
    const int w = mask.width_px, h = mask.height_px;
    int head = 0, tail = 0;
    memset(outside, 0, (size_t)w * (size_t)h);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x += y == 0 || y == h - 1 || w == 1 ? 1 : w - 1)
            if (!at(mask, x, y) && !outside[y * w + x]) {
                outside[y * w + x] = 1;
                queue[tail++] = y * w + x;
            }
    while (head < tail) {
        static const int dx[4] = {1, -1, 0, 0}, dy[4] = {0, 0, 1, -1};
        const int here = queue[head++];
        for (int k = 0; k < 4; k++) {
            const int x = here % w + dx[k], y = here / w + dy[k];
            if (x < 0 || y < 0 || x >= w || y >= h || at(mask, x, y) || outside[y * w + x])
                continue;
            outside[y * w + x] = 1;
            queue[tail++] = y * w + x;
        }
    }
}

/* 0: inside the ink or off it; 1: at the background outside; 2: at a hole. Ink at the picture's edge is at
 * the outside. */
static int border_at(struct gray_view mask, const uint8_t *outside, int x, int y)
{
    int hole = 0;
    if (!at(mask, x, y))
        return 0;
    for (int k = 0; k < 4; k++) {
        const int u = x + (k == 0) - (k == 1), v = y + (k == 2) - (k == 3);
        if (u < 0 || v < 0 || u >= mask.width_px || v >= mask.height_px)
            return 1;
        if (!at(mask, u, v) && outside[v * mask.width_px + u])
            return 1;
        hole |= !at(mask, u, v);
    }
    return hole ? 2 : 0;
}

static void draw_mask(struct gray_view mask, const uint8_t *outside, uint8_t *rgba)
{
    static const uint8_t ink[2][3][3] = {{{20, 20, 20}, {20, 20, 20}, {20, 20, 20}},
                                         {{225, 225, 225}, {200, 40, 30}, {30, 80, 210}}};
    for (int y = 0; y < mask.height_px; y++)
        for (int x = 0; x < mask.width_px; x++, rgba += 4) {
            const int border = outside ? border_at(mask, outside, x, y) : 0;
            memset(rgba, 255, 4);
            if (at(mask, x, y))
                memcpy(rgba, ink[outside != NULL][border], 3);
        }
}

static void take_gray(struct stages *s, struct gray_view gray)
{
    const size_t pixels = (size_t)gray.width_px * (size_t)gray.height_px;
    uint8_t *const rgb = realloc(s->gray.pixels, 3 * pixels);
    if (!rgb) {
        fail(s, -ENOMEM, "not enough memory for --stages");
        return;
    }
    s->gray = (struct picture){rgb, gray.width_px, gray.height_px};
    for (int y = 0; y < gray.height_px; y++)
        for (int x = 0; x < gray.width_px; x++)
            memset(rgb + 3 * ((size_t)y * (size_t)gray.width_px + (size_t)x),
                   gray.pixels[(size_t)y * gray.stride_bytes + (size_t)x], 3);
}

static void take_level(void *context, int level, bool light_on_dark, struct gray_view gray,
                       struct gray_view mask)
{
    struct stages *const s = context;
    const size_t pixels = (size_t)mask.width_px * (size_t)mask.height_px;
    bool any = false;
    char name[64];
    if (level == 0 && !light_on_dark)
        take_gray(s, gray);
    for (int y = 0; y < mask.height_px && !any; y++)
        any = memchr(mask.pixels + (size_t)y * mask.stride_bytes, 1, (size_t)mask.width_px) != NULL;
    if (!any || s->error)
        return;
    uint8_t *const rgba = malloc(4 * pixels), *const outside = malloc(pixels);
    int *const queue = malloc(pixels * sizeof *queue);
    if (rgba && outside && queue) {
        draw_mask(mask, NULL, rgba);
        snprintf(name, sizeof name, "mask-%d-%s", level, light_on_dark ? "light" : "dark");
        write_rgba(s, name, rgba, mask.width_px, mask.height_px, 4 * (size_t)mask.width_px);
        flood(mask, outside, queue);
        draw_mask(mask, outside, rgba);
        snprintf(name, sizeof name, "contours-%d-%s", level, light_on_dark ? "light" : "dark");
        write_rgba(s, name, rgba, mask.width_px, mask.height_px, 4 * (size_t)mask.width_px);
    } else {
        fail(s, -ENOMEM, "not enough memory for --stages");
    }
    free(rgba);
    free(outside);
    free(queue);
}

/* ---- crops and scores
 * ----------------------------------------------------------------------------------------- */

static void take_candidate(void *context, struct box box, const uint8_t *crop,
                           const float scores[WATCH_DIGITS])
{
    struct stages *const s = context;
    (void)box;
    if (s->count == s->capacity) {
        const int capacity = s->capacity ? 2 * s->capacity : 256;
        struct seen *const more = realloc(s->seen, (size_t)capacity * sizeof *more);
        if (!more) {
            fail(s, -ENOMEM, "not enough memory for --stages");
            return;
        }
        s->seen = more;
        s->capacity = capacity;
    }
    struct seen *const seen = &s->seen[s->count++];
    memcpy(seen->crop, crop, sizeof seen->crop);
    memcpy(seen->scores, scores, WATCH_DIGITS * sizeof *scores);
    seen->scores[WATCH_DIGITS] = 1;
    seen->best = 0;
    for (int d = 0; d < WATCH_DIGITS; d++) {
        seen->scores[WATCH_DIGITS] -= scores[d];
        seen->best = scores[d] > scores[seen->best] ? d : seen->best;
    }
}

static int surest_first(const void *a, const void *b)
{
    const struct seen *p = a, *q = b;
    const float x = p->scores[p->best], y = q->scores[q->best];
    return (x < y) - (x > y);
}

static void fill(struct picture *p, int x, int y, int w, int h, const uint8_t colour[3])
{
    for (int v = y; v < y + h; v++)
        for (int u = x; u < x + w; u++)
            memcpy(p->pixels + 3 * ((size_t)v * (size_t)p->width_px + (size_t)u), colour, 3);
}

static void draw_crop(struct picture *p, const struct seen *seen, int x, int y)
{
    for (int v = 0; v < SIDE; v++)
        for (int u = 0; u < SIDE; u++) {
            const uint8_t gray = (uint8_t)(255 - seen->crop[v * SIDE + u]), colour[3] = {gray, gray, gray};
            fill(p, x + u * ZOOM, y + v * ZOOM, ZOOM, ZOOM, colour);
        }
}

/* A bar for each answer, and below it the figure it stands for. */
static void draw_scores(struct picture *p, const struct seen *seen, int x, int y)
{
    static const uint16_t figures[ANSWERS] = {
        075557, 022222, 071747, 071717, 055711, 074717,
        074757, 071111, 075757, 075717, 005250}; /* rows of three bits */
    static const uint8_t paper[3] = {250, 250, 250}, bar[3] = {40, 110, 190}, none[3] = {170, 90, 60},
                         ink[3] = {60, 60, 60};
    const int room = CELL_PX - 8;
    fill(p, x, y, CELL_PX, CELL_PX, paper);
    for (int i = 0; i < ANSWERS; i++) {
        const float score = seen->scores[i] < 0 ? 0 : seen->scores[i] > 1 ? 1 : seen->scores[i];
        const int h = (int)(score * (float)(room - 1)), left = x + 3 + i * BAR_PX;
        fill(p, left, y + room - h, BAR_PX - 2, h, i < WATCH_DIGITS ? bar : none);
        for (int k = 0; k < 15; k++)
            if (figures[i] >> (14 - k) & 1)
                fill(p, left + 1 + k % GLYPH_PX, y + room + 2 + k / GLYPH_PX, 1, 1, ink);
    }
}

/* A sheet of all candidates, each with its best guess drawn over it as digits in a picture are. */
static void save_sheet(struct stages *s, struct canvas *canvas, const char *name,
                       void (*draw)(struct picture *p, const struct seen *seen, int x, int y))
{
    static const uint8_t desk[3] = {205, 205, 205};
    const int count = s->count < MOST_CROPS ? s->count : MOST_CROPS, pitch = CELL_PX + GAP_PX;
    const int rows = count > 0 ? (count + COLUMNS - 1) / COLUMNS : 1;
    struct picture sheet = {NULL, COLUMNS * pitch + GAP_PX, rows * pitch + GAP_PX};
    struct reading reading = {.source = name, .width_px = sheet.width_px, .height_px = sheet.height_px};
    struct reading_number *const numbers = calloc((size_t)count + 1, sizeof *numbers);
    reading.digits = calloc((size_t)count + 1, sizeof *reading.digits);
    reading.numbers = numbers;
    sheet.pixels = malloc(3 * (size_t)sheet.width_px * (size_t)sheet.height_px);
    if (sheet.pixels && numbers && reading.digits) {
        fill(&sheet, 0, 0, sheet.width_px, sheet.height_px, desk);
        for (int i = 0; i < count; i++) {
            const struct seen *const seen = &s->seen[i];
            const struct box box = {GAP_PX + i % COLUMNS * pitch, GAP_PX + i / COLUMNS * pitch, CELL_PX,
                                    CELL_PX};
            draw(&sheet, seen, box.x, box.y);
            reading.digits[i] = (struct reading_digit){.id = (uint32_t)i + 1,
                                                       .digit = seen->best,
                                                       .box = box,
                                                       .number = i,
                                                       .confidence = seen->scores[seen->best]};
            numbers[i] = (struct reading_number){.box = box, .confidence = seen->scores[seen->best]};
            numbers[i].text[0] = (char)('0' + seen->best);
        }
        reading.digit_count = count;
        struct canvas_picture drawn;
        const struct frame frame = {.fourcc = FRAME_RGB3,
                                    .width_px = sheet.width_px,
                                    .height_px = sheet.height_px,
                                    .data = sheet.pixels,
                                    .stride_bytes = 3 * (size_t)sheet.width_px,
                                    .orientation = 1};
        if (canvas_draw(canvas, &frame, &reading, &drawn) == 0) /* without the bar of numbers */
            write_rgba(s, name, drawn.pixels, sheet.width_px, sheet.height_px, drawn.stride_bytes);
        else
            fail(s, -ENOMEM, "not enough memory for --stages");
    } else {
        fail(s, -ENOMEM, "not enough memory for --stages");
    }
    free(sheet.pixels);
    free(reading.digits);
    free(numbers);
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------ */

int stages_create(struct stages **stages, const char *folder, char *why, size_t why_bytes)
{
    *stages = NULL;
    const int error = open_folder(folder, why, why_bytes);
    if (error)
        return error;
    struct stages *const s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(why, why_bytes, "not enough memory for --stages");
        return -ENOMEM;
    }
    snprintf(s->folder, sizeof s->folder, "%s", folder);
    s->watch = (struct watch){s, take_level, take_candidate};
    *stages = s;
    return 0;
}

void stages_destroy(struct stages *stages)
{
    if (!stages)
        return;
    free(stages->seen);
    free(stages->gray.pixels);
    free(stages);
}

const struct watch *stages_watch(struct stages *stages)
{
    return &stages->watch;
}

void stages_begin(struct stages *stages)
{
    stages->number++;
    stages->count = 0;
    stages->error = 0;
}

int stages_save(struct stages *stages, struct canvas *canvas, const struct reading *reading, char *why,
                size_t why_bytes)
{
    struct stages *const s = stages;
    struct reading none = *reading;
    struct canvas_picture drawn;
    const struct frame gray = {.fourcc = FRAME_RGB3,
                               .width_px = s->gray.width_px,
                               .height_px = s->gray.height_px,
                               .data = s->gray.pixels,
                               .stride_bytes = 3 * (size_t)s->gray.width_px,
                               .orientation = 1};
    none.digit_count = none.number_count = none.candidate_count = 0;
    if (!s->error && canvas_draw(canvas, &gray, &none, &drawn) == 0)
        write_rgba(s, "gray", drawn.pixels, gray.width_px, gray.height_px, drawn.stride_bytes);
    if (!s->error && canvas_draw(canvas, &gray, reading, &drawn) == 0)
        write_rgba(s, "regions", drawn.pixels, drawn.width_px, drawn.height_px, drawn.stride_bytes);
    if (s->count)
        qsort(s->seen, (size_t)s->count, sizeof *s->seen, surest_first);
    if (!s->error)
        save_sheet(s, canvas, "crops", draw_crop);
    if (!s->error)
        save_sheet(s, canvas, "scores", draw_scores);
    if (s->error)
        snprintf(why, why_bytes, "%s", s->why);
    return s->error;
}
