#include "net/train/scene.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PIXELS ((size_t)SCENE_MOST_WIDTH_PX * SCENE_MOST_HEIGHT_PX)

int scene_create(struct scene **scene, struct fonts *fonts, const struct dataset *stamps)
{
    struct scene *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->fonts = fonts;
    made->stamps = stamps;
    made->gray = malloc(MOST_PIXELS);
    made->cover = malloc(MOST_PIXELS);
    made->light = malloc(MOST_PIXELS * sizeof *made->light);
    if (!made->gray || !made->cover || !made->light) {
        scene_destroy(made);
        return -ENOMEM;
    }
    *scene = made;
    return 0;
}

void scene_destroy(struct scene *scene)
{
    if (!scene)
        return;
    free(scene->gray);
    free(scene->cover);
    free(scene->light);
    free(scene);
}

struct pen_plane scene_plane(struct scene *scene)
{
    return (struct pen_plane){scene->cover, scene->width_px, scene->height_px, (size_t)scene->width_px};
}

bool scene_chance(struct scene *scene, float share)
{
    return pen_random_uniform(&scene->random, 0, 1) < share;
}

float scene_between(struct scene *scene, float low, float high)
{
    return pen_random_uniform(&scene->random, low, high);
}

int scene_below(struct scene *scene, int count)
{
    return pen_random_below(&scene->random, count);
}

void scene_add_truth(struct scene *scene, struct pen_box ink, int label)
{
    if (ink.w > 0 && scene->truth_count < SCENE_MOST_TRUTHS)
        scene->truths[scene->truth_count++] = (struct scene_truth){ink, label};
}

/* ---- paper and light ---- */

static void lay_paper(struct scene *scene)
{
    const int w = scene->width_px, h = scene->height_px;
    const float level =
        scene_chance(scene, 0.7f) ? scene_between(scene, 150, 245) : scene_between(scene, 70, 170);
    const float slope_x = scene_between(scene, -0.35f, 0.35f), slope_y = scene_between(scene, -0.35f, 0.35f);
    const float vignette = scene_chance(scene, 0.4f) ? scene_between(scene, 0, 0.5f) : 0;
    const float grain = scene_chance(scene, 0.4f) ? scene_between(scene, 0, 5) : 0;
    float wave_x = scene_between(scene, 0.005f, 0.06f), wave_y = scene_between(scene, 0.005f, 0.06f);
    const float swing = scene_chance(scene, 0.3f) ? scene_between(scene, 0, 0.08f) : 0; /* crumpled */
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const float u = (float)x / (float)w - 0.5f, v = (float)y / (float)h - 0.5f;
            float value = level * (1 + slope_x * u + slope_y * v) * (1 - vignette * (u * u + v * v));
            value *= 1 + swing * sinf(wave_x * (float)x + 2 * sinf(wave_y * (float)y));
            scene->light[(size_t)y * (size_t)w + (size_t)x] = value;
        }
    if (grain > 0)
        for (size_t i = 0; i < (size_t)w * (size_t)h; i++)
            scene->light[i] += pen_random_uniform(&scene->random, -grain, grain);
}

/* The shadow of a hand, a phone, the edge of the next sheet: half a plane, with a soft or a hard edge. */
static void cast_shadow(struct scene *scene)
{
    const float angle = scene_between(scene, 0, 6.2832f), nx = cosf(angle), ny = sinf(angle);
    const float at = scene_between(scene, -0.3f, 0.3f) * (float)scene->width_px;
    const float soft = scene_chance(scene, 0.3f) ? 1 : scene_between(scene, 2, 60);
    const float depth = scene_between(scene, 0.1f, 0.55f);
    for (int y = 0; y < scene->height_px; y++)
        for (int x = 0; x < scene->width_px; x++) {
            const float u = (float)(x - scene->width_px / 2), v = (float)(y - scene->height_px / 2);
            float inside = (u * nx + v * ny - at) / soft;
            inside = inside < 0 ? 0 : inside > 1 ? 1 : inside;
            scene->light[(size_t)y * (size_t)scene->width_px + (size_t)x] *= 1 - depth * inside;
        }
}

static void lay_ink(struct scene *scene)
{
    const float darkness =
        scene_chance(scene, 0.3f) ? scene_between(scene, 0.12f, 0.4f) : scene_between(scene, 0.4f, 0.95f);
    for (size_t i = 0; i < (size_t)scene->width_px * (size_t)scene->height_px; i++)
        scene->light[i] *= 1 - darkness * (float)scene->cover[i] / 255;
}

/* ---- lens and sensor ---- */

/* Two box filters of the same width, in place: near enough to a Gaussian of the same spread. */
static void blur_line(float *line, int count, int step, int radius, float *copy)
{
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count; i++)
            copy[i] = line[(size_t)i * (size_t)step];
        float sum = copy[0] * (float)(radius + 1);
        for (int i = 0; i < radius; i++)
            sum += copy[i < count ? i : count - 1];
        for (int i = 0; i < count; i++) {
            const int in = i + radius < count ? i + radius : count - 1,
                      out = i - radius - 1 > 0 ? i - radius - 1 : 0;
            sum += copy[in] - (i > 0 ? copy[out] : copy[0]);
            line[(size_t)i * (size_t)step] = sum / (float)(2 * radius + 1);
        }
    }
}

static void blur(struct scene *scene, int radius_x, int radius_y)
{
    float copy[SCENE_MOST_WIDTH_PX > SCENE_MOST_HEIGHT_PX ? SCENE_MOST_WIDTH_PX : SCENE_MOST_HEIGHT_PX];
    const int w = scene->width_px, h = scene->height_px;
    for (int y = 0; y < h && radius_x > 0; y++)
        blur_line(scene->light + (size_t)y * (size_t)w, w, 1, radius_x, copy);
    for (int x = 0; x < w && radius_y > 0; x++)
        blur_line(scene->light + x, h, w, radius_y, copy);
}

/* A touch of softness that every lens has: 1 2 1 both ways, mixed in. */
static void soften(struct scene *scene, float share)
{
    const int w = scene->width_px, h = scene->height_px;
    for (int y = 0; y < h; y++) {
        float *row = scene->light + (size_t)y * (size_t)w, before = row[0];
        for (int x = 0; x < w; x++) {
            const float here = row[x], after = x + 1 < w ? row[x + 1] : here;
            row[x] += share * (0.25f * (before + after) - 0.5f * here);
            before = here;
        }
    }
    for (int x = 0; x < w; x++) {
        float before = scene->light[x];
        for (int y = 0; y < h; y++) {
            float *pixel = scene->light + (size_t)y * (size_t)w + (size_t)x;
            const float here = *pixel, after = y + 1 < h ? pixel[w] : here;
            *pixel += share * (0.25f * (before + after) - 0.5f * here);
            before = here;
        }
    }
}

static void take_picture(struct scene *scene)
{
    soften(scene, scene_between(scene, 0.2f, 1));
    if (scene_chance(scene, 0.35f)) {
        const int radius = 1 + scene_below(scene, scene_chance(scene, 0.3f) ? 4 : 2);
        const bool motion = scene_chance(scene, 0.25f);
        blur(scene, radius, motion ? 0 : radius);
    }
    const float noise = scene_chance(scene, 0.3f) ? scene_between(scene, 3, 12) : scene_between(scene, 0, 3);
    const float exposure = scene_between(scene, 0.85f, 1.15f);
    const size_t count = (size_t)scene->width_px * (size_t)scene->height_px;
    for (size_t i = 0; i < count; i++) {
        float value = scene->light[i] * exposure;
        if (scene->light_on_dark)
            value = 255 - value;
        if (noise > 0.2f)
            value += pen_random_uniform(&scene->random, -1.7f, 1.7f) * noise;
        scene->gray[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

/* ---- the whole ---- */

void scene_draw(struct scene *scene, uint64_t seed)
{
    pen_random_seed(&scene->random, seed);
    scene->truth_count = 0;
    const float kind = scene_between(scene, 0, 1);
    const bool single = kind > 0.82f;
    scene->width_px =
        single ? 48 + scene_below(scene, 300) : 240 + scene_below(scene, SCENE_MOST_WIDTH_PX - 240);
    scene->height_px =
        single ? 48 + scene_below(scene, 300) : 180 + scene_below(scene, SCENE_MOST_HEIGHT_PX - 180);
    scene->light_on_dark = scene_chance(scene, 0.12f);
    memset(scene->cover, 0, (size_t)scene->width_px * (size_t)scene->height_px);
    if (kind < 0.26f) {
        scene_clutter(scene);
        take_picture(scene);
        return;
    }
    lay_paper(scene);
    if (kind < 0.33f)
        scene_text_page(scene, false);
    else if (kind < 0.41f)
        scene_text_page(scene, true);
    else if (single)
        scene_write_single(scene);
    else
        scene_write_page(scene);
    if (scene_chance(scene, 0.3f))
        scene_rules(scene, scene_chance(scene, 0.7f) ? scene_between(scene, 0.05f, 0.25f)
                                                     : scene_between(scene, 0.25f, 0.6f));
    lay_ink(scene);
    if (scene_chance(scene, 0.3f))
        cast_shadow(scene);
    take_picture(scene);
}
