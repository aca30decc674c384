#include "net/train/field.h"

/* Pixels of the picture that are full or empty by chance. */
static void add_specks(struct field *field, struct pen_random *random)
{
    const float share = pen_random_uniform(random, 0.005f, 0.2f), full = pen_random_uniform(random, 0.3f, 1);
    for (int y = 0; y < FIELD_SIDE; y += 2)
        for (int x = 0; x < FIELD_SIDE; x += 2)
            if (field_chance(random, share)) {
                const float value = field_chance(random, full) ? 255 : 0;
                field->at[y][x] = field->at[y][x + 1] = field->at[y + 1][x] = field->at[y + 1][x + 1] = value;
            }
}

/* Every place shows what is at another one near it, as through rough glass. */
static void scatter(struct field *field, struct pen_random *random)
{
    const struct field old = *field;
    const int reach = 1 + pen_random_below(random, 4);
    for (int y = reach; y < FIELD_SIDE - reach; y++)
        for (int x = reach; x < FIELD_SIDE - reach; x++)
            field->at[y][x] = old.at[y + pen_random_below(random, 2 * reach + 1) - reach]
                                    [x + pen_random_below(random, 2 * reach + 1) - reach];
}

/* A place of a stroke across, on one side of the middle or the other. */
static float beside_middle(bool far, struct pen_random *random)
{
    return FIELD_SIDE / 2.0f + (far ? 1 : -1) * pen_random_uniform(random, 4, FIELD_SIDE / 2.0f - 8);
}

/* A stroke of somebody else from edge to edge, bent a few times. It goes to and fro across the middle: beside the digit it
 * would be another one. */
static void cross_out(struct field *field, struct pen_random *random)
{
    const int bends = 1 + pen_random_below(random, 5);
    const float half = pen_random_uniform(random, 0.6f, 1.8f);
    const bool across = field_chance(random, 0.5f);
    bool far = field_chance(random, 0.5f);
    float from = beside_middle(far, random), x = 4;
    for (int i = 0; i <= bends; i++) {
        far = !far;
        const float to = beside_middle(far, random), step = (FIELD_SIDE - 8) / (float)(bends + 1);
        for (float t = 0; t < 1; t += 0.02f) {
            const int along = (int)(x + t * step), middle = (int)(from + t * (to - from));
            for (int w = -(int)half; w <= (int)half; w++)
                *(across ? &field->at[middle + w][along] : &field->at[along][middle + w]) = 255;
        }
        from = to, x += step;
    }
}

/* A band in which ink and paper have changed places. */
static void invert_band(struct field *field, struct pen_random *random)
{
    const bool across = field_chance(random, 0.3f);
    const int width = 4 + pen_random_below(random, 14),
              at = FIELD_MARGIN + pen_random_below(random, FIELD_SIDE - 2 * FIELD_MARGIN - width);
    for (int i = FIELD_MARGIN; i < FIELD_SIDE - FIELD_MARGIN; i++)
        for (int w = at; w < at + width; w++) {
            float *const value = across ? &field->at[w][i] : &field->at[i][w];
            *value = 255 - *value;
        }
}

void field_soil(struct field *field, float strength, struct pen_random *random)
{
    if (!field_chance(random, 0.45f * strength))
        return;
    const int kind = pen_random_below(random, 10);
    if (kind < 3) {
        add_specks(field, random);
    } else if (kind < 5) {
        scatter(field, random);
        field_blur(field, pen_random_uniform(random, 0, 1));
    } else if (kind < 6) {
        for (int i = 3 + pen_random_below(random, 14); i > 0; i--)
            field_blur(field, 1);
    } else if (kind < 8) {
        cross_out(field, random);
    } else {
        for (int i = pen_random_below(random, 2); i >= 0; i--)
            invert_band(field, random);
    }
}
