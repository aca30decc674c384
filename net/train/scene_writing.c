/* What is written on the paper of a scene: digits from three sources (pen strokes, real digits as stamps,
 * handwriting fonts), letters, operators, scribbles; and printed pages. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "net/net.h"
#include "net/train/scene.h"

/* One person with one pen on one page. */
struct writer {
    struct pen_hand hand;
    struct pen_style style; /* its transform is set for each sign */
    float height_px;        /* of a digit */
    float slant, turn;      /* of the stamps and fonts */
    float sharpness;        /* of the edges of the stamps */
    int font;               /* of handwriting; -1: none is there */
    float stamps, fonts;    /* shares of the digits that come from each */
};

static struct writer make_writer(struct scene *scene, float height_px)
{
    struct writer writer = {.height_px = height_px, .font = -1};
    pen_hand_random(&writer.hand, &scene->random);
    if (scene_chance(scene, 0.3f))
        writer.hand.breadth *= scene_between(scene, 0.85f, 1.45f);
    writer.hand.jitter *= scene_between(scene, 0.8f, 1.5f);
    for (int digit = 0; digit < 10; digit++) /* schools elsewhere teach what is seldom seen here */
        if (scene_chance(scene, 0.6f))
            writer.hand.forms[digit] = scene_below(scene, pen_digit_forms(digit));
    writer.style.kind = (enum pen_kind)scene_below(scene, PEN_KINDS);
    const float share =
        scene_chance(scene, 0.35f) ? scene_between(scene, 0.02f, 0.06f) : scene_between(scene, 0.05f, 0.2f);
    writer.style.width_px = fmaxf(0.9f, share * height_px);
    writer.style.darkness = scene_between(scene, 0.75f, 1);
    writer.style.grain_seed = (uint32_t)pen_random_next(&scene->random);
    writer.slant = pen_random_normal(&scene->random, 0.05f, 0.13f);
    writer.turn = pen_random_normal(&scene->random, 0, 0.07f);
    writer.sharpness = scene_between(scene, 0.5f, 1.5f);
    const int fonts = fonts_count(scene->fonts, true);
    if (fonts > 0)
        writer.font = scene_below(scene, fonts);
    const float kind = scene_between(scene, 0, 1);
    writer.stamps = kind < 0.35f ? 1 : kind < 0.5f ? 0.5f : 0;
    writer.fonts = writer.font >= 0 && kind > 0.85f ? 1 : 0;
    return writer;
}

/* ---- one sign ---- */

/* A real digit, enlarged and turned; its edges made as steep as those of ink at that size. Returns its ink.
 */
static struct pen_box draw_stamp(struct scene *scene, const struct writer *writer, const uint8_t *picture,
                                 float x, float y)
{
    const float scale = writer->height_px / 20, c = cosf(writer->turn), s = sinf(writer->turn);
    const float stretch = writer->hand.breadth, gain = fmaxf(1, writer->sharpness * scale);
    const float middle = scene_between(scene, 90, 140);
    const int reach = (int)(writer->height_px * 0.9f) + 2;
    const float mx = x + 0.35f * writer->height_px, my = y + 0.5f * writer->height_px;
    int x0 = scene->width_px, y0 = scene->height_px, x1 = -1, y1 = -1;
    for (int py = (int)my - reach; py <= (int)my + reach; py++)
        for (int px = (int)mx - reach; px <= (int)mx + reach; px++) {
            if (px < 0 || py < 0 || px >= scene->width_px || py >= scene->height_px)
                continue;
            const float u = ((float)px - mx) / scale, v = ((float)py - my) / scale;
            const float turned_y = v * c - u * s,
                        turned_x = (u * c + v * s) / stretch + writer->slant * turned_y;
            const float sx = turned_x + 13.5f, sy = turned_y + 13.5f;
            if (!(sx >= 0 && sy >= 0 && sx < NET_SIDE_PX - 1 && sy < NET_SIDE_PX - 1))
                continue;
            const int ix = (int)sx, iy = (int)sy;
            const float fx = sx - (float)ix, fy = sy - (float)iy;
            const uint8_t *p = picture + iy * NET_SIDE_PX + ix;
            const float upper = p[0] * (1 - fx) + p[1] * fx;
            const float lower = p[NET_SIDE_PX] * (1 - fx) + p[NET_SIDE_PX + 1] * fx;
            float ink = upper * (1 - fy) + lower * fy;
            ink = gain > 1 ? (ink - middle) * gain + middle : ink;
            ink = ink < 0 ? 0 : ink > 255 ? 255 : ink;
            uint8_t *cover = scene->cover + (size_t)py * (size_t)scene->width_px + (size_t)px;
            *cover = ink > *cover ? (uint8_t)ink : *cover;
            if (ink >= PEN_INK_COVER) {
                x0 = px < x0 ? px : x0, x1 = px > x1 ? px : x1;
                y0 = py < y0 ? py : y0, y1 = py > y1 ? py : y1;
            }
        }
    return x1 < 0 ? (struct pen_box){0, 0, 0, 0} : (struct pen_box){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
}

/* A stamp of an IDX set; -1 if there is none to be found. */
static int pick_stamp(struct scene *scene)
{
    for (int tries = 0; tries < 20 && scene->stamps->count > 0; tries++) {
        const int index = scene_below(scene, scene->stamps->count);
        if (scene->stamps->origins[index] == ORIGIN_DIGITS)
            return index;
    }
    return -1;
}

static struct pen_box draw_glyph(struct scene *scene, struct writer *writer, const struct pen_glyph *glyph,
                                 float x, float y)
{
    struct pen_plane plane = scene_plane(scene);
    struct pen_box ink;
    pen_place(&writer->style.transform, x, y, writer->height_px);
    pen_draw(&plane, glyph, &writer->style, &ink);
    return ink;
}

/* Draws a digit, its upper left corner about x, y, and notes the truth. Returns its ink. */
static struct pen_box write_digit(struct scene *scene, struct writer *writer, float x, float y)
{
    const float source = scene_between(scene, 0, 1);
    const int stamp = source < writer->stamps ? pick_stamp(scene) : -1;
    struct pen_box ink = {0, 0, 0, 0};
    int label = scene_below(scene, 10);
    if (stamp >= 0) {
        label = scene->stamps->labels[stamp];
        ink = draw_stamp(scene, writer, scene->stamps->pictures + (size_t)stamp * NET_PIXELS, x, y);
    } else if (writer->fonts > 0) {
        const struct font_style style = {writer->height_px * 1.35f, writer->slant * 0.5f, writer->turn};
        struct pen_plane plane = scene_plane(scene);
        float advance;
        fonts_draw(scene->fonts, true, writer->font, &style, (char)('0' + label), x, y + writer->height_px,
                   &plane, &ink, &advance);
    } else {
        struct pen_glyph glyph;
        pen_digit(&glyph, label, PEN_ANY, scene_chance(scene, 0.7f) ? &writer->hand : NULL, &scene->random);
        ink = draw_glyph(scene, writer, &glyph, x, y);
    }
    scene_add_truth(scene, ink, label);
    return ink;
}

static bool is_double(char character)
{
    return character == '\0' || strchr("OoIlSsZzBbgqi|/\\", character) != NULL;
}

/* A letter: by the pen, or in a font, where it may also be one that could be taken for a digit. Print has the
 * plain shapes of block letters, which the handwriting fonts lack. */
static struct pen_box write_letter(struct scene *scene, struct writer *writer, float x, float y)
{
    struct pen_box ink = {0, 0, 0, 0};
    const int prints = fonts_count(scene->fonts, false);
    const bool print = prints > 0 && scene_chance(scene, 0.25f);
    if (scene_chance(scene, 0.6f) && (print || writer->font >= 0)) {
        static const char letters[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz?!&%$@#*+=()[]{}<>";
        const char letter = letters[scene_below(scene, (int)sizeof letters - 1)];
        const struct font_style style = {writer->height_px * 1.35f, writer->slant * 0.5f, writer->turn};
        struct pen_plane plane = scene_plane(scene);
        float advance;
        fonts_draw(scene->fonts, !print, print ? scene_below(scene, prints) : writer->font, &style, letter, x,
                   y + writer->height_px, &plane, &ink, &advance);
        if (is_double(letter) || letter == '%')
            scene_add_truth(scene, ink, SCENE_UNKNOWN);
        return ink;
    }
    struct pen_glyph glyph;
    const struct pen_hand *const hand = scene_chance(scene, 0.7f) ? &writer->hand : NULL;
    if (scene_chance(scene, 0.55f))
        pen_letter_variant(&glyph, hand, &scene->random);
    else
        pen_letter(&glyph, 0, hand, &scene->random);
    return draw_glyph(scene, writer, &glyph, x, y);
}

static struct pen_box write_mark(struct scene *scene, struct writer *writer, float x, float y)
{
    struct pen_glyph glyph;
    const int mark = scene_below(scene, pen_mark_count());
    pen_mark(&glyph, mark, &writer->hand, &scene->random);
    const struct pen_box ink = draw_glyph(scene, writer, &glyph, x, y);
    if (strcmp(pen_mark_name(mark), "%") == 0)
        scene_add_truth(scene, ink, SCENE_UNKNOWN); /* its rings are small zeros */
    return ink;
}

static struct pen_box write_scribble(struct scene *scene, struct writer *writer, float x, float y)
{
    struct pen_glyph glyph;
    pen_scribble(&glyph, PEN_ANY, &scene->random);
    return draw_glyph(scene, writer, &glyph, x, y);
}

/* ---- a page ---- */

/* Shares of what a line is made of, in percent; the rest is left empty. */
struct line_kind {
    int digits, letters, marks, scribbles;
};

static const struct line_kind line_kinds[] = {
    {100, 0, 0, 0},  {90, 5, 3, 2}, {60, 0, 40, 0},   {45, 25, 25, 5},
    {10, 75, 10, 5}, {0, 95, 5, 0}, {20, 20, 40, 20},
};

/* One line from left to right; digits may stand close or touch. Returns nothing: truths are noted as they are
 * drawn. */
static void write_line(struct scene *scene, struct writer *writer, float y)
{
    const struct line_kind *kind =
        &line_kinds[scene_below(scene, (int)(sizeof line_kinds / sizeof *line_kinds))];
    const bool touching = kind->digits >= 60 && scene_chance(scene, 0.35f);
    const float usual_height = writer->height_px;
    const float gap = touching ? scene_between(scene, -0.22f, -0.02f) : scene_between(scene, -0.04f, 0.6f);
    float x = scene_between(scene, 2, 0.2f * (float)scene->width_px);
    while (x + 0.6f * usual_height < (float)scene->width_px) {
        const int choice = scene_below(scene, 100);
        struct pen_box ink = {0, 0, 0, 0};
        writer->height_px = usual_height * scene_between(scene, 0.88f, 1.12f);
        const float top = y + scene_between(scene, -0.08f, 0.08f) * usual_height;
        if (choice < kind->digits)
            ink = write_digit(scene, writer, x, top);
        else if (choice < kind->digits + kind->letters)
            ink = write_letter(scene, writer, x, top);
        else if (choice < kind->digits + kind->letters + kind->marks)
            ink = write_mark(scene, writer, x, top);
        else if (choice < kind->digits + kind->letters + kind->marks + kind->scribbles)
            ink = write_scribble(scene, writer, x, top);
        writer->height_px = usual_height;
        const float end = ink.w > 0 ? (float)(ink.x + ink.w) : x + 0.6f * usual_height;
        x = fmaxf(end, x + 0.2f * usual_height) + usual_height * (gap + scene_between(scene, -0.05f, 0.15f));
        if (touching && scene_chance(scene, 0.3f)) /* a string ends, another begins */
            x += usual_height * scene_between(scene, 0.3f, 1);
    }
}

void scene_write_page(struct scene *scene)
{
    const float most = fminf(110, (float)scene->height_px * 0.45f);
    float height = expf(scene_between(scene, logf(13), logf(most)));
    struct writer writer = make_writer(scene, height);
    float y = scene_between(scene, 3, 0.2f * (float)scene->height_px);
    while (y + 1.1f * writer.height_px < (float)scene->height_px) {
        write_line(scene, &writer, y);
        y += writer.height_px * scene_between(scene, 1.25f, 2.5f);
        if (scene_chance(scene, 0.25f)) {
            height = fmaxf(13, fminf(most, height * scene_between(scene, 0.7f, 1.4f)));
            writer = make_writer(scene, height);
        }
    }
}

void scene_write_single(struct scene *scene)
{
    const float side = (float)(scene->width_px < scene->height_px ? scene->width_px : scene->height_px);
    struct writer writer = make_writer(scene, side * scene_between(scene, 0.35f, 0.8f));
    const float x = ((float)scene->width_px - 0.6f * writer.height_px) * scene_between(scene, 0.3f, 0.7f);
    const float y = ((float)scene->height_px - writer.height_px) * scene_between(scene, 0.2f, 0.8f);
    if (scene_chance(scene, 0.8f))
        write_digit(scene, &writer, x, y);
    else if (scene_chance(scene, 0.6f))
        write_letter(scene, &writer, x, y);
    else
        write_mark(scene, &writer, x, y);
}

/* ---- pages of text ---- */

void scene_text_page(struct scene *scene, bool handwriting)
{
    const int fonts = fonts_count(scene->fonts, handwriting);
    if (fonts == 0) {
        scene_write_page(scene);
        return;
    }
    const int font = scene_below(scene, fonts);
    const float size = expf(scene_between(scene, logf(9), logf(60)));
    const struct font_style style = {size, scene_chance(scene, 0.2f) ? scene_between(scene, -0.2f, 0.2f) : 0,
                                     scene_chance(scene, 0.3f) ? scene_between(scene, -0.1f, 0.1f) : 0};
    struct pen_plane plane = scene_plane(scene);
    for (float y = size; y < (float)scene->height_px; y += size * 1.25f) {
        float x = scene_between(scene, 2, 40);
        while (x < (float)scene->width_px) {
            static const char letters[] =
                "etaoinshrdlcumwfgypbvkjxetaoinshrdlcumwfgypbvkETAOINSHRDLCUMWFGYPBVKJX.,-()";
            const int word = 1 + scene_below(scene, 10);
            for (int i = 0; i < word; i++) {
                const bool figure = scene_chance(scene, 0.02f);
                const char character = figure ? (char)('0' + scene_below(scene, 10))
                                              : letters[scene_below(scene, (int)sizeof letters - 1)];
                struct pen_box ink;
                float advance;
                fonts_draw(scene->fonts, handwriting, font, &style, character, x,
                           y - style.turn * (x - (float)scene->width_px / 2), &plane, &ink, &advance);
                if (figure || is_double(character)) /* digits in print are neither taught nor forbidden */
                    scene_add_truth(scene, ink, SCENE_UNKNOWN);
                x += advance;
            }
            x += size * 0.35f;
        }
    }
}

/* ---- ruled paper ---- */

void scene_rules(struct scene *scene, float strength)
{
    const bool squared = scene_chance(scene, 0.4f);
    const float spacing = scene_between(scene, 12, 70), width = scene_between(scene, 0.6f, 2.5f);
    const float tilt = scene_between(scene, -0.05f, 0.05f), from = scene_between(scene, 0, spacing);
    for (int y = 0; y < scene->height_px; y++)
        for (int x = 0; x < scene->width_px; x++) {
            const float v = (float)y + tilt * (float)x + from, u = (float)x - tilt * (float)y + from;
            const float to_row = fabsf(v - spacing * roundf(v / spacing));
            const float to_column = squared ? fabsf(u - spacing * roundf(u / spacing)) : spacing;
            const float nearest = to_row < to_column ? to_row : to_column;
            const float cover = 0.5f + width / 2 - nearest;
            if (cover > 0)
                scene->light[(size_t)y * (size_t)scene->width_px + (size_t)x] *=
                    1 - strength * (cover < 1 ? cover : 1);
        }
}
