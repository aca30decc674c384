#include "net/train/field.h"

void field_blur(struct field *field, float share)
{
    for (int pass = 0; pass < 2; pass++) { /* 1 2 1 across, then down */
        const struct field old = *field;
        for (int y = 1; y < FIELD_SIDE - 1; y++)
            for (int x = 1; x < FIELD_SIDE - 1; x++) {
                const float around =
                    pass == 0 ? old.at[y][x - 1] + old.at[y][x + 1] : old.at[y - 1][x] + old.at[y + 1][x];
                field->at[y][x] += share * (0.25f * around + 0.5f * old.at[y][x] - old.at[y][x]);
            }
    }
}
