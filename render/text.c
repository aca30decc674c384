#include "render/text.h"

void text_print_reading(FILE *out, const struct reading *reading)
{
    fprintf(out, "%s:", reading->source ? reading->source : "");
    for (int i = 0; i < reading->number_count; i++)
        fprintf(out, " %s", reading->numbers[i].text);
    fputc('\n', out);
}
