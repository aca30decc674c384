#include "tests/bench/clip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FPS         30
#define GRACE       (CLIP_GRACE_MS * FPS / 1000 + 1) /* frames */
#define MOST_FOUND  512
#define MOST_FALSE  128 /* invented digits that --errors tells apart */
#define MOST_WRITTEN (2 * DEMO_MAX_DIGITS + 1)

/* What has happened to one written digit. */
struct history {
    bool visible;
    long since;    /* the frame it came into view */
    bool labelled; /* rightly, since then */
    int label;     /* the last one; -1: none yet */
    long frames, missed, wrong;
    int wrong_label;
};

struct invented {
    int digit;
    struct box box;
    long frames;
};

struct clip {
    struct demo *demo;
    uint8_t *pixels;
    const struct demo_options *options;
    struct clip_score *score;
    FILE *errors;
    const char *label;
    struct demo_truth truth, old; /* old: the page before, as it was last seen */
    long page_since;              /* the frame at which the page came */
    bool stale[DEMO_MAX_DIGITS];  /* of the old page's digits: the label has been there ever since */
    struct history digits[DEMO_MAX_DIGITS];
    struct invented invented[MOST_FALSE];
    int invented_count;
    struct match_digit written[MOST_WRITTEN], found[MOST_FOUND];
    int written_count, found_count, found_of[MOST_WRITTEN], written_of[MOST_FOUND];
};

static struct box box_of(struct demo_box box)
{
    return (struct box){box.x, box.y, box.w, box.h};
}

static double ms_of(long frames)
{
    return (double)frames * 1000 / FPS;
}

static void note_delay(struct clip_delay *delay, double ms)
{
    delay->count++;
    delay->sum_ms += ms;
    delay->most_ms = ms > delay->most_ms ? ms : delay->most_ms;
}

/* ---- what is written in this frame ---- */

static void print_errors(const struct clip *clip)
{
    for (int i = 0; i < clip->truth.digit_count && clip->errors; i++) {
        const struct history *const h = &clip->digits[i];
        const struct demo_digit *const d = &clip->truth.digits[i];
        if (h->missed || h->wrong)
            fprintf(clip->errors, "%s: %d at %d,%d %dx%d: missed in %ld, misread in %ld (as %d) of %ld frames\n",
                    clip->label, d->digit, d->box.x, d->box.y, d->box.w, d->box.h, h->missed, h->wrong, h->wrong_label,
                    h->frames);
    }
}

static void print_invented(const struct clip *clip)
{
    for (int i = 0; i < clip->invented_count && clip->errors; i++) {
        const struct invented *const v = &clip->invented[i];
        fprintf(clip->errors, "%s: invented %d at %d,%d %dx%d in %ld frames\n", clip->label, v->digit, v->box.x,
                v->box.y, v->box.w, v->box.h, v->frames);
    }
}

/* Takes the truth of a frame; on a new page nothing has happened to its digits yet. */
static void take_truth(struct clip *clip, long frame)
{
    struct demo_truth truth;
    demo_truth(clip->demo, (uint64_t)frame, &truth);
    if (frame == 0 || truth.page != clip->truth.page) {
        print_errors(clip);
        clip->old = clip->truth;
        clip->page_since = frame;
        memset(clip->digits, 0, sizeof clip->digits);
        memset(clip->stale, true, sizeof clip->stale);
        for (int i = 0; i < DEMO_MAX_DIGITS; i++)
            clip->digits[i].label = -1;
    }
    clip->truth = truth;
    for (int i = 0; i < truth.digit_count; i++) {
        struct history *const h = &clip->digits[i];
        if (!truth.digits[i].hidden && !h->visible) {
            h->since = frame;
            h->labelled = false;
        }
        h->visible = !truth.digits[i].hidden;
    }
}

static bool in_grace(const struct clip *clip, int digit, long frame)
{
    const struct history *const h = &clip->digits[digit];
    return h->since > 0 && frame - h->since < GRACE;
}

static void add_ignored(struct clip *clip, struct demo_box box)
{
    clip->written[clip->written_count++] = (struct match_digit){.box = box_of(box), .ignored = true};
}

/* First the digits in their order, then what else is to be ignored. */
static void list_written(struct clip *clip, long frame)
{
    const struct demo_truth *const truth = &clip->truth;
    clip->written_count = 0;
    for (int i = 0; i < truth->digit_count; i++)
        clip->written[clip->written_count++] =
            (struct match_digit){truth->digits[i].digit, box_of(truth->digits[i].box),
                                 truth->digits[i].hidden || in_grace(clip, i, frame)};
    if (truth->blind.w)
        add_ignored(clip, truth->blind);
    for (int i = 0; i < clip->old.digit_count && clip->page_since > 0 && frame - clip->page_since < GRACE; i++)
        add_ignored(clip, clip->old.digits[i].box);
}

/* ---- what was read ---- */

static void list_found(struct clip *clip, const struct reading *reading)
{
    clip->found_count = reading->digit_count < MOST_FOUND ? reading->digit_count : MOST_FOUND;
    for (int i = 0; i < clip->found_count; i++)
        clip->found[i] = (struct match_digit){reading->digits[i].digit, reading->digits[i].box, false};
}

/* The same for a digit whether it counts in this frame or not. */
static int label_now(const struct clip *clip, int digit)
{
    int best = -1;
    double most = 0;
    for (int j = 0; j < clip->found_count; j++) {
        const double overlap = match_overlap(box_of(clip->truth.digits[digit].box), clip->found[j].box);
        if (overlap > most) {
            most = overlap;
            best = clip->found[j].digit;
        }
    }
    return best;
}

static void follow_digit(struct clip *clip, int i, long frame)
{
    struct history *const h = &clip->digits[i];
    const bool counts = !clip->written[i].ignored;
    const int partner = clip->found_of[i];
    const int label = counts ? (partner >= 0 ? clip->found[partner].digit : -1) : label_now(clip, i);
    if (!h->visible)
        return;
    if (label == clip->truth.digits[i].digit && !h->labelled) {
        struct clip_delay *const delay = h->since == 0                  ? &clip->score->first
                                         : h->since == clip->page_since ? &clip->score->turned
                                                                        : &clip->score->uncovered;
        note_delay(delay, ms_of(frame - h->since));
        h->labelled = true;
    }
    if (!counts)
        return;
    h->frames++;
    h->missed += label < 0;
    h->wrong += label >= 0 && label != clip->truth.digits[i].digit;
    if (label < 0)
        return;
    if (label != clip->truth.digits[i].digit)
        h->wrong_label = label;
    clip->score->flips += h->label >= 0 && label != h->label;
    clip->score->labelled_s += 1.0 / FPS;
    h->label = label;
}

static void note_invented(struct clip *clip, const struct reading_digit *digit)
{
    int i = 0;
    while (i < clip->invented_count && (clip->invented[i].digit != digit->digit ||
                                        match_overlap(clip->invented[i].box, digit->box) <= 0))
        i++;
    if (i == MOST_FALSE)
        return;
    if (i == clip->invented_count)
        clip->invented[clip->invented_count++] = (struct invented){digit->digit, digit->box, 0};
    clip->invented[i].frames++;
    clip->invented[i].box = digit->box; /* it moves with the page */
}

static bool is_label_of(const struct demo_digit *digit, const struct match_digit *found)
{
    return digit->digit == found->digit && match_overlap(box_of(digit->box), found->box) > 0;
}

/* Is the label of a digit of the page before still shown, and not because the new page has the same there? */
static bool is_stale(const struct clip *clip, const struct demo_digit *old)
{
    for (int j = 0; j < clip->found_count; j++) {
        if (!is_label_of(old, &clip->found[j]))
            continue;
        bool new_too = false;
        for (int k = 0; k < clip->truth.digit_count; k++)
            new_too |= is_label_of(&clip->truth.digits[k], &clip->found[j]);
        if (!new_too)
            return true;
    }
    return false;
}

/* Follows the labels of the page before until each is gone for the first time. */
static void look_for_stale(struct clip *clip, long frame)
{
    for (int i = 0; i < clip->old.digit_count && clip->page_since > 0; i++) {
        clip->stale[i] = clip->stale[i] && is_stale(clip, &clip->old.digits[i]);
        const double ms = ms_of(frame + 1 - clip->page_since);
        if (clip->stale[i] && ms > clip->score->stale_most_ms)
            clip->score->stale_most_ms = ms;
    }
}

/* Names the numbers of this frame that were read wrong. */
static void print_wrong(const struct clip *clip, const struct reading *reading, const struct match_digit *written,
                        const int *found_of, long frame)
{
    for (int i = 0; i < clip->truth.number_count && clip->errors; i++) {
        const char *const text = found_of[i] >= 0 ? reading->numbers[found_of[i]].text : "nothing";
        const struct box b = written[i].box;
        if (!written[i].ignored && strcmp(text, clip->truth.numbers[i].text) != 0)
            fprintf(clip->errors, "%s: frame %ld: %s at %d,%d %dx%d read as %s\n", clip->label, frame,
                    clip->truth.numbers[i].text, b.x, b.y, b.w, b.h, text);
    }
}

/* A number is right where its digits are, and none more. */
static int score_numbers(struct clip *clip, const struct reading *reading, long frame)
{
    struct match_digit written[MOST_WRITTEN], found[MOST_FOUND];
    int found_of[MOST_WRITTEN], written_of[MOST_FOUND], count = 0;
    const int found_count = reading->number_count < MOST_FOUND ? reading->number_count : MOST_FOUND;
    for (int i = 0; i < clip->truth.number_count; i++) {
        bool ignored = false;
        for (int k = 0; k < clip->truth.digit_count; k++)
            ignored |= clip->truth.digits[k].number == i && clip->written[k].ignored;
        written[count++] = (struct match_digit){i, box_of(clip->truth.numbers[i].box), ignored};
    }
    for (int i = clip->truth.digit_count; i < clip->written_count; i++)
        written[count++] = clip->written[i];
    for (int j = 0; j < found_count; j++)
        found[j] = (struct match_digit){-1, reading->numbers[j].box, false};
    const int error = match_digits(written, count, found, found_count, found_of, written_of);
    if (error)
        return error;
    for (int i = 0; i < clip->truth.number_count; i++)
        if (found_of[i] >= 0 && strcmp(reading->numbers[found_of[i]].text, clip->truth.numbers[i].text) == 0)
            found[found_of[i]].digit = i;
    print_wrong(clip, reading, written, found_of, frame);
    match_count(&clip->score->numbers, written, count, found, found_count, found_of, written_of);
    return 0;
}

static int score_frame(struct clip *clip, const struct reading *reading, long frame)
{
    take_truth(clip, frame);
    list_written(clip, frame);
    list_found(clip, reading);
    int error = match_digits(clip->written, clip->written_count, clip->found, clip->found_count, clip->found_of,
                             clip->written_of);
    if (!error)
        error = score_numbers(clip, reading, frame);
    if (error)
        return error;
    match_count(&clip->score->digits, clip->written, clip->written_count, clip->found, clip->found_count,
                clip->found_of, clip->written_of);
    for (int i = 0; i < clip->truth.digit_count; i++)
        follow_digit(clip, i, frame);
    for (int j = 0; j < clip->found_count; j++)
        if (clip->written_of[j] == MATCH_NONE)
            note_invented(clip, &reading->digits[j]);
    look_for_stale(clip, frame);
    clip->score->frames++;
    return 0;
}

/* ---- the clip ---- */

static void add_times(struct reading_times *sum, const struct reading_times *times)
{
    sum->luma += times->luma;
    sum->threshold += times->threshold;
    sum->contour += times->contour;
    sum->segment += times->segment;
    sum->normalise += times->normalise;
    sum->net += times->net;
    sum->track += times->track;
    sum->total += times->total;
}

static int run_frames(struct clip *clip, int frames, const struct clip_tools *tools)
{
    int error = 0;
    recogniser_forget(tools->recogniser);
    for (long n = 0; n < frames && !error; n++) {
        struct frame gray;
        struct reading reading;
        demo_render(clip->demo, (uint64_t)n, true, clip->pixels);
        const struct frame frame = {.fourcc = FRAME_YU12,
                                    .width_px = clip->options->width_px,
                                    .height_px = clip->options->height_px,
                                    .data = clip->pixels,
                                    .size_bytes = demo_frame_bytes(clip->demo),
                                    .stride_bytes = (size_t)clip->options->width_px,
                                    .capture_time_ns = n * 1000000000 / FPS,
                                    .sequence = (uint64_t)n,
                                    .orientation = 1,
                                    .name = "demo"};
        error = luma_from_frame(tools->luma, &frame, &gray);
        if (!error)
            error = recogniser_read(tools->recogniser, &gray, &reading);
        if (!error)
            error = score_frame(clip, &reading, n);
        if (!error)
            add_times(&clip->score->times_us, &reading.times_us);
    }
    return error;
}

int clip_run(const struct demo_options *options, int frames, const struct clip_tools *tools, struct clip_score *score,
             FILE *errors, const char *label)
{
    struct clip *const clip = calloc(1, sizeof *clip);
    if (!clip)
        return -ENOMEM;
    clip->options = options;
    clip->score = score;
    clip->errors = errors;
    clip->label = label;
    int error = demo_create_scene(&clip->demo, options);
    if (!error && !(clip->pixels = malloc(demo_frame_bytes(clip->demo))))
        error = -ENOMEM;
    if (!error)
        error = run_frames(clip, frames, tools);
    if (!error) {
        print_errors(clip);
        print_invented(clip);
    }
    demo_destroy(clip->demo);
    free(clip->pixels);
    free(clip);
    return error;
}
