#include "capture/demo_warp.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "capture/frame.h"

#define ONE 65536.0f

struct demo_warp demo_warp_make(const struct demo_page *page, const struct demo_pose *pose, int plane)
{
    const float half = plane ? 2 : 1; /* both the page's chroma planes and the frame's are half as large */
    const float det = pose->cosine * pose->cosine + pose->sine * pose->sine;
    const float along = page->painted_per_unit * pose->cosine / det,
                side = page->painted_per_unit * pose->sine / det;
    const float x = half / 2 - pose->x_px, y = half / 2 - pose->y_px; /* middle of the first pixel */
    return (struct demo_warp){
        .source = page->planes[plane],
        .source_width = page->width_px / (int)half,
        .source_height = page->height_px / (int)half,
        .start_x = (int64_t)(ONE * ((along * x + side * y + (float)page->width_px / 2) / half - 0.5f)),
        .start_y = (int64_t)(ONE * ((-side * x + along * y + (float)page->height_px / 2) / half - 0.5f)),
        .column_x = (int64_t)(ONE * along),
        .column_y = (int64_t)(-ONE * side),
        .row_x = (int64_t)(ONE * side),
        .row_y = (int64_t)(ONE * along),
        .leans = pose->lean_x != 0 || pose->lean_y != 0,
        .pose = *pose,
        .source_per_unit = page->painted_per_unit / half,
        .half = half,
    };
}

static bool inside(const struct demo_warp *warp, int64_t x, int64_t y)
{
    return x >= 0 && y >= 0 && x >> 16 < warp->source_width - 1 && y >> 16 < warp->source_height - 1;
}

static inline int bilinear(const uint8_t *p, size_t stride, int u, int v)
{
    const int above = p[0] * (256 - u) + p[1] * u, below = p[stride] * (256 - u) + p[stride + 1] * u;
    return (above * (256 - v) + below * v + 32768) >> 16;
}

/* One row that lies inside the plane from end to end. */
static void warp_row(const struct demo_warp *warp, int64_t start_x, int64_t start_y, uint8_t *out, int count)
{
    const size_t stride = (size_t)warp->source_width;
    int32_t x = (int32_t)start_x, y = (int32_t)start_y;
    const int32_t step_x = (int32_t)warp->column_x, step_y = (int32_t)warp->column_y;
    for (int i = 0; i < count; i++, x += step_x, y += step_y)
        out[i] = (uint8_t)bilinear(warp->source + (size_t)(y >> 16) * stride + (size_t)(x >> 16), stride,
                                   x >> 8 & 255, y >> 8 & 255);
}

/* One row that leaves the plane: beyond its edge the edge goes on. */
static void warp_row_clamped(const struct demo_warp *warp, int64_t x, int64_t y, uint8_t *out, int count)
{
    const size_t stride = (size_t)warp->source_width;
    const int64_t most_x = ((int64_t)(warp->source_width - 1) << 16) - 1;
    const int64_t most_y = ((int64_t)(warp->source_height - 1) << 16) - 1;
    for (int i = 0; i < count; i++, x += warp->column_x, y += warp->column_y) {
        const int64_t cx = x < 0 ? 0 : x > most_x ? most_x : x, cy = y < 0 ? 0 : y > most_y ? most_y : y;
        out[i] = (uint8_t)bilinear(warp->source + (size_t)(cy >> 16) * stride + (size_t)(cx >> 16), stride,
                                   (int)(cx >> 8 & 255), (int)(cy >> 8 & 255));
    }
}

/* One row of a page that leans: the way back from each pixel is worked out by itself. */
static void warp_row_leaning(const struct demo_warp *warp, int row, int first, int width, uint8_t *out)
{
    const struct demo_pose *const p = &warp->pose;
    const size_t stride = (size_t)warp->source_width;
    const float most_x = (float)(warp->source_width - 1) - 0.01f, most_y = (float)(warp->source_height - 1) - 0.01f;
    const float v = ((float)row + 0.5f) * warp->half - p->y_px;
    for (int i = first; i < width; i++) {
        const float u = ((float)i + 0.5f) * warp->half - p->x_px;
        const float a = p->cosine - u * p->lean_x, b = -p->sine - u * p->lean_y;
        const float c = p->sine - v * p->lean_x, d = p->cosine - v * p->lean_y, det = a * d - b * c;
        const float x = (u * d - b * v) / det * warp->source_per_unit + (float)warp->source_width / 2 - 0.5f;
        const float y = (a * v - c * u) / det * warp->source_per_unit + (float)warp->source_height / 2 - 0.5f;
        const float within_x = x < 0 ? 0 : x > most_x ? most_x : x, within_y = y < 0 ? 0 : y > most_y ? most_y : y;
        const int left = (int)within_x, top = (int)within_y;
        out[i] = (uint8_t)bilinear(warp->source + (size_t)top * stride + (size_t)left, stride,
                                   (int)((within_x - (float)left) * 256), (int)((within_y - (float)top) * 256));
    }
}

/* Columns `first` up to `width` of one row. */
static void warp_part(const struct demo_warp *warp, int row, int first, int width, uint8_t *out)
{
    if (warp->leans) {
        warp_row_leaning(warp, row, first, width, out);
        return;
    }
    const int64_t x = warp->start_x + row * warp->row_x + first * warp->column_x;
    const int64_t y = warp->start_y + row * warp->row_y + first * warp->column_y;
    const int64_t last_x = x + (width - first - 1) * warp->column_x;
    const int64_t last_y = y + (width - first - 1) * warp->column_y;
    if (inside(warp, x, y) && inside(warp, last_x, last_y))
        warp_row(warp, x, y, out + first, width - first);
    else
        warp_row_clamped(warp, x, y, out + first, width - first);
}

/* The mean of several warps. */
static void warp_blurred(const struct demo_warp *warps, int count, int row, int first, int width, uint8_t *out)
{
    uint16_t sums[FRAME_MAX_SIDE_PX];
    uint8_t one[FRAME_MAX_SIDE_PX];
    memset(sums, 0, (size_t)width * sizeof *sums);
    for (int k = 0; k < count; k++) {
        warp_part(&warps[k], row, first, width, one);
        for (int i = first; i < width; i++)
            sums[i] = (uint16_t)(sums[i] + one[i]);
    }
    for (int i = first; i < width; i++)
        out[i] = (uint8_t)((sums[i] + count / 2) / count);
}

void demo_warp_plane(const struct demo_warp *warps, int count, uint8_t *out, int width, int height, int first)
{
    assert(count >= 1 && count <= DEMO_WARP_MOST && width <= FRAME_MAX_SIDE_PX);
    for (int row = 0; row < height && first < width; row++, out += width) {
        if (count == 1)
            warp_part(warps, row, first, width, out);
        else
            warp_blurred(warps, count, row, first, width, out);
    }
}
