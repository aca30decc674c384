#include "render/text.h"

void text_print_reading(FILE *out, const struct reading *reading)
{
    fprintf(out, "%s:", reading->source ? reading->source : "");
    for (int i = 0; i < reading->number_count; i++)
        fprintf(out, " %s", reading->numbers[i].text);
    fputc('\n', out);
    for (int i = 0; i < reading->candidate_count; i++) {
        const struct reading_candidate *const c = &reading->candidates[i];
        char reason[64];
        if (c->reason == READING_READ)
            continue;
        reading_reason_text(c, reason, sizeof reason);
        fprintf(out, "    %d,%d %dx%d: %s", c->box.x, c->box.y, c->box.w, c->box.h, reason);
        if (c->asked)
            fprintf(out, "; most like %d (%.0f%%)", c->top[0].digit, (double)c->top[0].confidence * 100);
        fputc('\n', out);
    }
}
