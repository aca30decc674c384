#include "capture/orient.h"

#include <assert.h>

/* Where the upright picture's first pixel lies in the stored one, and whether a step to the right in the
 * upright one is a step along a stored row or along a stored column. */
static const struct {
    bool from_right, from_bottom, swapped;
} orientations[9] = {
    [1] = {false, false, false}, [2] = {true, false, false}, [3] = {true, true, false},
    [4] = {false, true, false},  [5] = {false, false, true}, [6] = {false, true, true},
    [7] = {true, true, true},    [8] = {true, false, true},
};

enum { TILE = 32 }; /* pixels: walking columns in tiles keeps the rows they cross in the cache */

bool orient_swaps_sides(int orientation)
{
    return orientation >= 5;
}

/* One tile: `right` and `down` are the steps in the stored picture, in bytes, for one in the upright one. */
static void copy_tile(const uint8_t *source, ptrdiff_t right, ptrdiff_t down, int columns, int rows,
                      int bytes_per_pixel, uint8_t *upright, size_t upright_stride)
{
    for (int y = 0; y < rows; y++) {
        const uint8_t *from = source + y * down;
        uint8_t *to = upright + (size_t)y * upright_stride;
        if (bytes_per_pixel == 1) {
            for (int x = 0; x < columns; x++)
                to[x] = from[x * right];
        } else {
            for (int x = 0; x < columns; x++)
                for (int i = 0; i < 3; i++)
                    to[3 * x + i] = from[x * right + i];
        }
    }
}

void orient_plane(const uint8_t *source, int width_px, int height_px, size_t stride_bytes,
                  int bytes_per_pixel, int orientation, uint8_t *upright)
{
    assert(orientation >= 1 && orientation <= 8);
    assert(bytes_per_pixel == 1 || bytes_per_pixel == 3);
    const bool swapped = orientations[orientation].swapped;
    const bool from_right = orientations[orientation].from_right,
               from_bottom = orientations[orientation].from_bottom;
    const ptrdiff_t along_row = from_right ? -bytes_per_pixel : bytes_per_pixel;
    const ptrdiff_t along_column = from_bottom ? -(ptrdiff_t)stride_bytes : (ptrdiff_t)stride_bytes;
    const uint8_t *corner = source + (from_right ? (size_t)(width_px - 1) * (size_t)bytes_per_pixel : 0) +
                            (from_bottom ? (size_t)(height_px - 1) * stride_bytes : 0);
    const int columns = swapped ? height_px : width_px, rows = swapped ? width_px : height_px;
    const ptrdiff_t right = swapped ? along_column : along_row, down = swapped ? along_row : along_column;
    const size_t upright_stride = (size_t)columns * (size_t)bytes_per_pixel;
    for (int y = 0; y < rows; y += TILE)
        for (int x = 0; x < columns; x += TILE)
            copy_tile(corner + x * right + y * down, right, down, columns - x < TILE ? columns - x : TILE,
                      rows - y < TILE ? rows - y : TILE, bytes_per_pixel,
                      upright + (size_t)y * upright_stride + (size_t)x * (size_t)bytes_per_pixel,
                      upright_stride);
}
