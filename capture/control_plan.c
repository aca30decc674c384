/* control_plan.c - names and values of settings. See control_plan.h. */
#include "capture/control_plan.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/why.h"

struct change {
    uint32_t id; /* 0: none */
    int64_t value;
};

/* A word does the first of its changes that the camera can do: a word may stand here twice. */
struct word {
    const char *text;
    struct change change;
    bool for_a_while; /* then back to 0 */
};

enum { WORDS_MOST = 4, NUMBERS_MOST = 2, MANUALS_MOST = 2 };

/* What is done for a number: the first of `manuals` that there is, so that the camera lets it be set, then the number. */
static const struct setting {
    const char *name;
    struct word words[WORDS_MOST];
    uint32_t numbers[NUMBERS_MOST];
    struct change manuals[MANUALS_MOST];
} settings[] = {
    {"exposure",
     {{"auto", {V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_APERTURE_PRIORITY}, false},
      {"auto", {V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_AUTO}, false}},
     {V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CID_EXPOSURE},
     {{V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL}, {V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_SHUTTER_PRIORITY}}},
    {"gain",
     {{"auto", {V4L2_CID_AUTOGAIN, 1}, false}},
     {V4L2_CID_GAIN, V4L2_CID_ANALOGUE_GAIN},
     {{V4L2_CID_AUTOGAIN, 0}}},
    {"focus",
     {{"continuous", {V4L2_CID_FOCUS_AUTO, 1}, false},
      {"once", {V4L2_CID_AUTO_FOCUS_START, 1}, false},
      {"once", {V4L2_CID_FOCUS_AUTO, 1}, true}},
     {V4L2_CID_FOCUS_ABSOLUTE},
     {{V4L2_CID_FOCUS_AUTO, 0}}},
    {"white-balance",
     {{"auto", {V4L2_CID_AUTO_WHITE_BALANCE, 1}, false}},
     {V4L2_CID_WHITE_BALANCE_TEMPERATURE},
     {{V4L2_CID_AUTO_WHITE_BALANCE, 0}}},
    {"flicker",
     {{"off", {V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CID_POWER_LINE_FREQUENCY_DISABLED}, false},
      {"50", {V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CID_POWER_LINE_FREQUENCY_50HZ}, false},
      {"60", {V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CID_POWER_LINE_FREQUENCY_60HZ}, false},
      {"auto", {V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CID_POWER_LINE_FREQUENCY_AUTO}, false}},
     {0},
     {{0, 0}}},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };
_Static_assert((int)SETTINGS == (int)CAMERA_SETTINGS_MOST && (int)WORDS_MOST == (int)CAMERA_SETTING_WORDS_MOST,
               "struct camera has room for every setting");

/* ---- what the camera has ------------------------------------------------------------------------------------- */

static const struct camera_control *control_of(uint32_t id, const struct camera_control *controls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (controls[i].id == id && id && !controls[i].read_only)
            return &controls[i];
    return NULL;
}

static bool takes(const struct camera_control *control, int64_t value)
{
    if (control->kind == CAMERA_CONTROL_BUTTON)
        return true;
    if (value < control->minimum || value > control->maximum)
        return false;
    for (size_t i = 0; i < control->item_count; i++)
        if (control->items[i].value == value)
            return true;
    return control->kind != CAMERA_CONTROL_MENU;
}

static bool can(struct change change, const struct camera_control *controls, size_t count)
{
    const struct camera_control *const control = control_of(change.id, controls, count);
    return control && takes(control, change.value);
}

static const struct setting *setting_of(const char *name)
{
    for (int i = 0; i < SETTINGS; i++)
        if (strcasecmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

static const struct camera_control *number_of(const struct setting *setting, const struct camera_control *controls,
                                              size_t count)
{
    for (int i = 0; i < NUMBERS_MOST; i++) {
        const struct camera_control *const control = control_of(setting->numbers[i], controls, count);
        if (control)
            return control;
    }
    return NULL;
}

const struct camera_control *control_plan_number(const char *name, const struct camera_control *controls, size_t count)
{
    const struct setting *const setting = setting_of(name);
    return setting ? number_of(setting, controls, count) : NULL;
}

/* Returns whether the camera has it at all. */
static bool list_one(struct camera_setting *to, const struct setting *from, const struct camera_control *controls,
                     size_t count)
{
    const struct camera_control *const number = number_of(from, controls, count);
    size_t words = 0;
    *to = (struct camera_setting){.name = from->name, .number = number != NULL};
    if (number) {
        to->minimum = number->minimum;
        to->maximum = number->maximum;
    }
    for (int i = 0; i < WORDS_MOST && from->words[i].text; i++) {
        const bool again = words && strcmp(to->words[words - 1], from->words[i].text) == 0;
        if (!again && can(from->words[i].change, controls, count))
            to->words[words++] = from->words[i].text;
    }
    return number || words;
}

size_t control_plan_list(struct camera_setting *list, const struct camera_control *controls, size_t count)
{
    size_t found = 0;
    for (int i = 0; i < SETTINGS; i++)
        found += list_one(&list[found], &settings[i], controls, count);
    return found;
}

/* ---- what is wanted ------------------------------------------------------------------------------------------ */

static bool parse_number(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return !errno && end != text && !*end;
}

/* "Exposure Time, Absolute" is called exposure_time_absolute, too, and exposuretimeabsolute. */
static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strcspn(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        b += strcspn(b, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

static int no_such_value(const struct camera_control *control, const char *name, const char *value, char *why,
                         size_t why_bytes)
{
    char items[192] = "";
    size_t used = 0;
    for (size_t i = 0; i < control->item_count && used + 48 < sizeof items; i++)
        used += (size_t)snprintf(items + used, sizeof items - used, "%s%" PRId64 " (%s)", i ? ", " : "",
                                 control->items[i].value, control->items[i].label);
    if (used)
        return why_fail(why, why_bytes, -ERANGE, "its %s takes %s, not %s", name, items, value);
    return why_fail(why, why_bytes, -ERANGE, "its %s takes %" PRId64 " to %" PRId64 ", not %s", name, control->minimum,
                    control->maximum, value);
}

/* The value that a text means to a control: a number, on or off, or an item of its menu. */
static bool value_of(const struct camera_control *control, const char *text, int64_t *value)
{
    for (size_t i = 0; i < control->item_count; i++) {
        *value = control->items[i].value;
        if (same_name(control->items[i].label, text) && *text)
            return true;
    }
    if (control->kind == CAMERA_CONTROL_BOOLEAN && (!strcasecmp(text, "on") || !strcasecmp(text, "off"))) {
        *value = !strcasecmp(text, "on");
        return true;
    }
    return parse_number(text, value) && takes(control, *value);
}

static void add_step(struct control_plan *plan, struct change change)
{
    plan->steps[plan->count].id = change.id;
    plan->steps[plan->count++].value = change.value;
}

static void list_words(const struct setting *setting, const struct camera_control *controls, size_t count, char *text,
                       size_t text_bytes)
{
    struct camera_setting has;
    size_t used = 0;
    text[0] = '\0';
    list_one(&has, setting, controls, count);
    for (int i = 0; i < CAMERA_SETTING_WORDS_MOST && has.words[i]; i++)
        used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", used ? ", " : "", has.words[i]);
    if (has.number)
        snprintf(text + used, text_bytes - used, "%s%" PRId64 " to %" PRId64, used ? ", " : "", has.minimum,
                 has.maximum);
}

/* One of the five. */
static int plan_setting(struct control_plan *plan, const struct setting *setting, const struct camera_control *controls,
                        size_t count, const char *value, char *why, size_t why_bytes)
{
    const struct camera_control *const number = number_of(setting, controls, count);
    struct camera_setting unread;
    char words[96];
    int64_t parsed;
    plan->number_id = number ? number->id : 0;
    if (!list_one(&unread, setting, controls, count))
        return why_fail(why, why_bytes, -ENOTSUP, "it has no control for %s", setting->name);
    for (int i = 0; i < WORDS_MOST && setting->words[i].text; i++) {
        if (strcasecmp(setting->words[i].text, value) == 0 && can(setting->words[i].change, controls, count)) {
            add_step(plan, setting->words[i].change);
            plan->let_settle_id = setting->words[i].for_a_while ? setting->words[i].change.id : 0;
            return 0;
        }
    }
    if (!number || !parse_number(value, &parsed) || !takes(number, parsed)) {
        list_words(setting, controls, count, words, sizeof words);
        return why_fail(why, why_bytes, -ERANGE, "its %s takes %s, not %s", setting->name, words, value);
    }
    for (int i = 0; i < MANUALS_MOST && !plan->count; i++)
        if (can(setting->manuals[i], controls, count))
            add_step(plan, setting->manuals[i]);
    add_step(plan, (struct change){number->id, parsed});
    return 0;
}

int control_plan_make(struct control_plan *plan, const struct camera_control *controls, size_t count,
                      const char *text, char *why, size_t why_bytes)
{
    char name[CONTROL_NAME_BYTES] = "";
    const char *const equals = strchr(text, '=');
    const size_t length = equals ? (size_t)(equals - text) : 0;
    int64_t value;
    *plan = (struct control_plan){.count = 0};
    if (length == 0 || length >= sizeof name || !equals[1] || strlen(equals + 1) >= CONTROL_VALUE_BYTES)
        return why_fail(why, why_bytes, -EINVAL, "\"%.60s\" is not of the form NAME=VALUE", text);
    memcpy(name, text, length);
    const struct setting *const setting = setting_of(name);
    if (setting)
        return plan_setting(plan, setting, controls, count, equals + 1, why, why_bytes);
    for (size_t i = 0; i < count; i++) {
        if (!same_name(controls[i].name, name))
            continue;
        if (controls[i].read_only || controls[i].kind == CAMERA_CONTROL_OTHER)
            return why_fail(why, why_bytes, -ENOTSUP, "its %s cannot be set", name);
        if (!value_of(&controls[i], equals + 1, &value))
            return no_such_value(&controls[i], name, equals + 1, why, why_bytes);
        add_step(plan, (struct change){controls[i].id, value});
        return 0;
    }
    return why_fail(why, why_bytes, -ENOTSUP, "it has no control %s; `digitcam cameras` lists those it has", name);
}
