#include "vision/edging.h"

#define ALONG 0.75f /* share of a side that is ink: no stroke runs along so much of the very edge */

static bool clear_row(struct bit_image mask, int y)
{
    uint64_t *const row = mask.words + (size_t)y * mask.stride_words;
    const size_t words = bits_words(mask.width_px);
    int ink = 0;
    for (size_t i = 0; i < words; i++)
        ink += __builtin_popcountll(row[i] & bits_between((int)i, 0, mask.width_px));
    if ((float)ink < ALONG * (float)mask.width_px)
        return false;
    for (size_t i = 0; i < words; i++)
        row[i] = 0;
    return true;
}

static bool clear_column(struct bit_image mask, int x)
{
    uint64_t *const words = mask.words + x / 64;
    int ink = 0;
    for (int y = 0; y < mask.height_px; y++)
        ink += (int)(words[(size_t)y * mask.stride_words] >> (x % 64) & 1);
    if ((float)ink < ALONG * (float)mask.height_px)
        return false;
    for (int y = 0; y < mask.height_px; y++)
        words[(size_t)y * mask.stride_words] &= ~(UINT64_C(1) << (x % 64));
    return true;
}

struct box edging_clear(struct bit_image mask)
{
    int left = 0, top = 0, right = mask.width_px, bottom = mask.height_px;
    /* Columns first: erased rows would leave gaps in them. */
    while (left < EDGING_MOST_PX && left < right && clear_column(mask, left))
        left++;
    while (right > mask.width_px - EDGING_MOST_PX && right > left && clear_column(mask, right - 1))
        right--;
    while (top < EDGING_MOST_PX && top < bottom && clear_row(mask, top))
        top++;
    while (bottom > mask.height_px - EDGING_MOST_PX && bottom > top && clear_row(mask, bottom - 1))
        bottom--;
    return (struct box){left, top, right - left, bottom - top};
}
