#include "render/cameras.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "render/json.h"

static const char *fourcc_text(uint32_t fourcc, char text[5])
{
    for (int i = 0; i < 4; i++)
        text[i] = (char)(fourcc >> (8 * i) & 0x7f);
    text[4] = '\0';
    return text;
}

/* What a driver calls things need not be UTF-8. */
static json_t *string_json(const char *text)
{
    char *const copy = json_utf8(text);
    json_t *const string = copy ? json_string(copy) : NULL;
    free(copy);
    return string;
}

static json_t *size_json(const struct camera_size *size)
{
    json_t *const rates = json_array();
    for (size_t i = 0; i < size->interval_count; i++) {
        const struct camera_interval_range *const range = &size->intervals[i];
        json_array_append_new(rates, json_pack("[f,f]", camera_interval_fps(range->longest),
                                               camera_interval_fps(range->shortest)));
    }
    return json_pack("{s:[i,i],s:[i,i],s:o}", "min", size->min_width_px, size->min_height_px, "max",
                     size->max_width_px, size->max_height_px, "fps", rates);
}

static json_t *format_json(const struct camera_format *format)
{
    char code[5];
    json_t *const sizes = json_array();
    for (size_t i = 0; i < format->size_count; i++)
        json_array_append_new(sizes, size_json(&format->sizes[i]));
    return json_pack("{s:s,s:o,s:b,s:b,s:o}", "format", fourcc_text(format->fourcc, code), "description",
                     string_json(format->description), "compressed",
                     format->compressed, "emulated", format->emulated, "sizes", sizes);
}

static json_t *items_json(const struct camera_control *control)
{
    json_t *const items = json_array();
    for (size_t i = 0; i < control->item_count; i++)
        json_array_append_new(items, json_pack("{s:I,s:o}", "value", (json_int_t)control->items[i].value, "label",
                                               string_json(control->items[i].label)));
    return items;
}

static json_t *control_json(const struct camera_control *c)
{
    return json_pack("{s:o,s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:o}", "name", string_json(c->name), "kind",
                     camera_control_kind_name(c->kind), "min", (json_int_t)c->minimum, "max", (json_int_t)c->maximum,
                     "step", (json_int_t)c->step, "default", (json_int_t)c->default_value, "value",
                     (json_int_t)c->value, "inactive", c->inactive, "read_only", c->read_only, "items", items_json(c));
}

static json_t *setting_json(const struct camera_setting *setting)
{
    json_t *const words = json_array(), *const object = json_object();
    for (int i = 0; i < CAMERA_SETTING_WORDS_MOST && setting->words[i]; i++)
        json_array_append_new(words, json_string(setting->words[i]));
    json_object_set_new(object, "name", json_string(setting->name));
    json_object_set_new(object, "words", words);
    if (setting->number) {
        json_object_set_new(object, "min", json_integer((json_int_t)setting->minimum));
        json_object_set_new(object, "max", json_integer((json_int_t)setting->maximum));
    }
    return object;
}

int cameras_print_json(FILE *out, const struct camera *camera)
{
    json_t *const formats = json_array(), *const settings = json_array(), *const controls = json_array();
    for (size_t i = 0; i < camera->format_count; i++)
        json_array_append_new(formats, format_json(&camera->formats[i]));
    for (size_t i = 0; i < camera->setting_count; i++)
        json_array_append_new(settings, setting_json(&camera->settings[i]));
    for (size_t i = 0; i < camera->control_count; i++)
        json_array_append_new(controls, control_json(&camera->controls[i]));
    json_t *const object =
        json_pack("{s:s,s:o,s:o,s:s,s:s,s:s,s:o,s:o,s:o}", "path", camera->path, "name", string_json(camera->name), "by_id",
                  string_json(camera->by_id), "driver", camera->driver, "bus", camera->bus, "error",
                  camera->error ? strerror(-camera->error) : "", "formats", formats, "settings", settings, "controls", controls);
    char *const line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    if (line)
        fprintf(out, "%s\n", line);
    free(line);
    json_decref(object);
    return line ? 0 : -ENOMEM;
}

/* "    --control exposure=       auto, or 3 to 2047". */
static void print_setting(FILE *out, const struct camera_setting *setting)
{
    char name[32];
    snprintf(name, sizeof name, "%s=", setting->name);
    fprintf(out, "    --control %-22s ", name);
    for (int i = 0; i < CAMERA_SETTING_WORDS_MOST && setting->words[i]; i++)
        fprintf(out, "%s%s", i ? ", " : "", setting->words[i]);
    if (setting->number)
        fprintf(out, "%s%" PRId64 " to %" PRId64, setting->words[0] ? ", or " : "", setting->minimum, setting->maximum);
    fputc('\n', out);
}

static void print_control(FILE *out, const struct camera_control *c)
{
    fprintf(out, "    %-32s %" PRId64 "  (%" PRId64 " to %" PRId64 ", usually %" PRId64 ")%s", c->name, c->value,
            c->minimum, c->maximum, c->default_value, c->inactive ? " inactive" : "");
    for (size_t i = 0; i < c->item_count; i++)
        fprintf(out, "%s%" PRId64 " %s", i ? ", " : "  ", c->items[i].value, c->items[i].label);
    fputc('\n', out);
}

void cameras_print_text(FILE *out, const struct camera *camera)
{
    char code[5];
    fprintf(out, "%s  %s\n", camera->path, camera->name);
    if (camera->error)
        fprintf(out, "    cannot be opened: %s\n", strerror(-camera->error));
    for (size_t i = 0; i < camera->format_count; i++) {
        const struct camera_format *const format = &camera->formats[i];
        fprintf(out, "    %s  %s%s\n", fourcc_text(format->fourcc, code), format->description,
               format->emulated ? " (converted)" : "");
        for (size_t j = 0; j < format->size_count; j++) {
            const struct camera_size *const size = &format->sizes[j];
            fprintf(out, "        %dx%d", size->min_width_px, size->min_height_px);
            if (size->max_width_px != size->min_width_px || size->max_height_px != size->min_height_px)
                fprintf(out, " to %dx%d", size->max_width_px, size->max_height_px);
            for (size_t k = 0; k < size->interval_count; k++)
                fprintf(out, "%s%.4g", k ? ", " : "  frames/s: ", camera_interval_fps(size->intervals[k].shortest));
            fputc('\n', out);
        }
    }
    for (size_t i = 0; i < camera->setting_count; i++)
        print_setting(out, &camera->settings[i]);
    for (size_t i = 0; i < camera->control_count; i++)
        print_control(out, &camera->controls[i]);
}

int cameras_print_list(FILE *out, const struct camera_list *list, bool json)
{
    int error = 0;
    for (size_t i = 0; i < list->count && !error; i++) {
        if (json)
            error = cameras_print_json(out, &list->cameras[i]);
        else
            cameras_print_text(out, &list->cameras[i]);
    }
    return error;
}
