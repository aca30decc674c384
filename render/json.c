#include "render/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Length of the UTF-8 sequence at `text`, or 0 where there is none. Overlong forms, surrogates and numbers over
 * U+10FFFF are none (Unicode 15, table 3-7): jansson refuses them too. */
static size_t utf8_length(const unsigned char *text)
{
    const unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    const size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                          : first >= 0xe0 && first <= 0xef ? 3
                          : first >= 0xf0 && first <= 0xf4 ? 4
                                                           : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

char *json_utf8(const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    char *const copy = malloc(3 * strlen(text) + 1);
    char *to = copy;
    if (!copy)
        return NULL;
    while (*from) {
        const size_t length = utf8_length(from);
        memcpy(to, length ? (const char *)from : "\xef\xbf\xbd", length ? length : 3);
        to += length ? length : 3;
        from += length ? length : 1;
    }
    *to = '\0';
    return copy;
}

/* JSON has no infinity and no NaN: they become 0. */
static json_t *real(double value, double steps)
{
    return json_real(isfinite(value) ? round(value * steps) / steps : 0);
}

static json_t *confidence(float value)
{
    return real((double)value, 1e4);
}

static json_t *box(struct box b)
{
    return json_pack("[i,i,i,i]", b.x, b.y, b.w, b.h);
}

static json_t *digit(const struct reading_digit *d)
{
    json_t *const top = json_array();
    for (int i = 0; i < READING_TOP; i++)
        json_array_append_new(top, json_pack("[i,o]", d->top[i].digit, confidence(d->top[i].confidence)));
    return json_pack("{s:I,s:i,s:o,s:o,s:i,s:o}", "id", (json_int_t)d->id, "digit", d->digit, "confidence",
                     confidence(d->confidence), "box", box(d->box), "number", d->number, "top", top);
}

static json_t *number(const struct reading_number *n)
{
    return json_pack("{s:s,s:o,s:o}", "text", n->text, "box", box(n->box), "confidence", confidence(n->confidence));
}

static json_t *candidate(const struct reading_candidate *c)
{
    json_t *const object = json_pack("{s:o,s:s,s:o}", "box", box(c->box), "reason", reading_reason_word(c->reason),
                                     "value", confidence(c->value));
    json_t *const top = c->asked ? json_array() : NULL;
    for (int i = 0; i < READING_TOP && top; i++)
        json_array_append_new(top, json_pack("[i,o]", c->top[i].digit, confidence(c->top[i].confidence)));
    if (top && json_object_set_new(object, "top", top) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *times(const struct reading_times *t)
{
    const struct {
        const char *name;
        double microseconds;
    } stages[] = {
        {"luma", t->luma},           {"threshold", t->threshold}, {"contour", t->contour}, {"segment", t->segment},
        {"normalise", t->normalise}, {"net", t->net},             {"track", t->track},     {"total", t->total},
    };
    json_t *const object = json_object();
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        json_object_set_new(object, stages[i].name, json_integer((json_int_t)llround(stages[i].microseconds)));
    return object;
}

/* Appending NULL is an error jansson reports; it is remembered in *whole. */
static json_t *list_of_digits(const struct reading *reading, bool *whole)
{
    json_t *const list = json_array();
    for (int i = 0; i < reading->digit_count; i++)
        if (json_array_append_new(list, digit(&reading->digits[i])) != 0)
            *whole = false;
    return list;
}

static json_t *list_of_numbers(const struct reading *reading, bool *whole)
{
    json_t *const list = json_array();
    for (int i = 0; i < reading->number_count; i++)
        if (json_array_append_new(list, number(&reading->numbers[i])) != 0)
            *whole = false;
    return list;
}

static json_t *list_of_candidates(const struct reading *reading, bool *whole)
{
    json_t *const list = json_array();
    for (int i = 0; i < reading->candidate_count; i++)
        if (json_array_append_new(list, candidate(&reading->candidates[i])) != 0)
            *whole = false;
    return list;
}

int json_from_reading(const struct reading *reading, char **line)
{
    bool whole = true;
    char *const source = json_utf8(reading->source ? reading->source : "");
    *line = NULL;
    if (!source)
        return -ENOMEM;
    json_t *const object =
        json_pack("{s:s,s:I,s:o,s:i,s:i}", "source", source, "frame", (json_int_t)reading->frame, "time",
                  real(reading->time_s, 1e3), "width", reading->width_px, "height", reading->height_px);
    free(source);
    if (reading->orientation > 1)
        whole &= json_object_set_new(object, "orientation", json_integer(reading->orientation)) == 0;
    whole &= json_object_set_new(object, "digits", list_of_digits(reading, &whole)) == 0;
    whole &= json_object_set_new(object, "numbers", list_of_numbers(reading, &whole)) == 0;
    if (reading->hint)
        whole &= json_object_set_new(object, "hint", json_string(reading->hint)) == 0;
    if (reading->candidates)
        whole &= json_object_set_new(object, "candidates", list_of_candidates(reading, &whole)) == 0;
    whole &= json_object_set_new(object, "times_us", times(&reading->times_us)) == 0;
    /* Ten figures: enough for the time of a day-long run, few enough to hide that 0.998 is no binary fraction. */
    if (object && whole)
        *line = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(10));
    json_decref(object);
    return *line ? 0 : -ENOMEM;
}
