#include "render/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A delivery with the memory behind it. */
struct slot {
    struct mailbox_item item;
    uint8_t *pixels;
    size_t pixels_bytes;
    char *name;
    size_t name_bytes;
    struct reading_digit *digits;
    struct reading_number *numbers;
    struct reading_candidate *candidates;
    size_t digits_bytes, numbers_bytes, candidates_bytes;
};

enum { TURNS_MOST = 8 };

struct turn {
    enum mailbox_knob knob;
    int steps;
};

struct mailbox {
    pthread_mutex_t lock; /* guards the three pointers and what stands below them */
    pthread_cond_t news;
    struct slot slots[3];
    struct slot *filling, *ready, *shown;
    bool ready_is_new, closed, linger;
    uint64_t replaced;
    atomic_bool reasons_wanted;
    struct mailbox_notice notice;
    struct turn turns[TURNS_MOST]; /* the oldest first */
    int turn_count;
};

int mailbox_create(struct mailbox **mailbox)
{
    struct mailbox *const m = calloc(1, sizeof *m);
    pthread_condattr_t attributes;
    *mailbox = m;
    if (!m)
        return -ENOMEM;
    m->filling = &m->slots[0];
    m->ready = &m->slots[1];
    m->shown = &m->slots[2];
    pthread_mutex_init(&m->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* somebody may set the wall clock meanwhile */
    pthread_cond_init(&m->news, &attributes);
    pthread_condattr_destroy(&attributes);
    return 0;
}

void mailbox_destroy(struct mailbox *mailbox)
{
    if (!mailbox)
        return;
    for (int i = 0; i < 3; i++) {
        free(mailbox->slots[i].pixels);
        free(mailbox->slots[i].name);
        free(mailbox->slots[i].digits);
        free(mailbox->slots[i].numbers);
        free(mailbox->slots[i].candidates);
    }
    pthread_cond_destroy(&mailbox->news);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

/* Memory that only grows; what it held is lost. NULL: there is none, and the old is still the caller's. */
static void *grow(void *memory, size_t *have_bytes, size_t need_bytes)
{
    if (memory && need_bytes <= *have_bytes)
        return memory;
    void *const larger = malloc(need_bytes ? need_bytes : 1);
    if (!larger)
        return NULL;
    free(memory);
    *have_bytes = need_bytes;
    return larger;
}

static int copy_frame(struct slot *slot, const struct frame *rgb)
{
    const size_t row_bytes = 3 * (size_t)rgb->width_px, height = (size_t)rgb->height_px;
    uint8_t *const pixels = grow(slot->pixels, &slot->pixels_bytes, row_bytes * height);
    if (!pixels)
        return -ENOMEM;
    slot->pixels = pixels;
    for (size_t y = 0; y < height; y++)
        memcpy(slot->pixels + y * row_bytes, rgb->data + y * rgb->stride_bytes, row_bytes);
    slot->item.rgb = *rgb;
    slot->item.rgb.data = slot->pixels;
    slot->item.rgb.stride_bytes = row_bytes;
    slot->item.rgb.size_bytes = row_bytes * height;
    return 0;
}

static int copy_reading(struct slot *slot, const struct reading *reading)
{
    const char *const source = reading->source ? reading->source : "";
    const size_t digits_bytes = (size_t)reading->digit_count * sizeof *slot->digits;
    const size_t numbers_bytes = (size_t)reading->number_count * sizeof *slot->numbers;
    const size_t candidates_bytes = (size_t)reading->candidate_count * sizeof *slot->candidates;
    void *memory;
    if (!(memory = grow(slot->name, &slot->name_bytes, strlen(source) + 1)))
        return -ENOMEM;
    slot->name = memory;
    if (!(memory = grow(slot->digits, &slot->digits_bytes, digits_bytes)))
        return -ENOMEM;
    slot->digits = memory;
    if (!(memory = grow(slot->numbers, &slot->numbers_bytes, numbers_bytes)))
        return -ENOMEM;
    slot->numbers = memory;
    if (!(memory = grow(slot->candidates, &slot->candidates_bytes, candidates_bytes)))
        return -ENOMEM;
    slot->candidates = memory;
    memcpy(slot->name, source, strlen(source) + 1);
    if (digits_bytes)
        memcpy(slot->digits, reading->digits, digits_bytes);
    if (numbers_bytes)
        memcpy(slot->numbers, reading->numbers, numbers_bytes);
    if (candidates_bytes)
        memcpy(slot->candidates, reading->candidates, candidates_bytes);
    slot->item.reading = *reading;
    slot->item.reading.source = slot->item.rgb.name = slot->name;
    slot->item.reading.digits = slot->digits;
    slot->item.reading.numbers = slot->numbers;
    slot->item.reading.candidates = slot->candidates;
    return 0;
}

int mailbox_post(struct mailbox *mailbox, const struct frame *rgb, const struct reading *reading, double fps,
                 uint64_t dropped)
{
    struct slot *const slot = mailbox->filling; /* the reading thread's own */
    if (rgb->fourcc != FRAME_RGB3 || rgb->orientation > 1)
        return -EINVAL;
    if (copy_frame(slot, rgb) != 0 || copy_reading(slot, reading) != 0)
        return -ENOMEM;
    slot->item.fps = fps;
    slot->item.dropped = dropped;
    pthread_mutex_lock(&mailbox->lock);
    mailbox->replaced += mailbox->ready_is_new;
    mailbox->filling = mailbox->ready;
    mailbox->ready = slot;
    mailbox->ready_is_new = true;
    pthread_cond_signal(&mailbox->news);
    pthread_mutex_unlock(&mailbox->lock);
    return 0;
}

void mailbox_close(struct mailbox *mailbox, bool linger)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->closed = true;
    mailbox->linger = linger;
    pthread_cond_signal(&mailbox->news);
    pthread_mutex_unlock(&mailbox->lock);
}

static struct timespec deadline(int timeout_ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return t;
}

int mailbox_take(struct mailbox *mailbox, const struct mailbox_item **item, int timeout_ms)
{
    const struct timespec until = deadline(timeout_ms);
    int waited = 0, result = -EAGAIN;
    pthread_mutex_lock(&mailbox->lock);
    while (!mailbox->ready_is_new && !mailbox->closed && waited == 0)
        waited = pthread_cond_timedwait(&mailbox->news, &mailbox->lock, &until);
    if (mailbox->ready_is_new) {
        struct slot *const newest = mailbox->ready;
        mailbox->ready = mailbox->shown;
        mailbox->shown = newest;
        mailbox->ready_is_new = false;
        *item = &newest->item;
        result = 0;
    } else if (mailbox->closed) {
        result = mailbox->linger ? -ENODATA : -EPIPE;
    }
    pthread_mutex_unlock(&mailbox->lock);
    return result;
}

uint64_t mailbox_replaced(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    const uint64_t replaced = mailbox->replaced;
    pthread_mutex_unlock(&mailbox->lock);
    return replaced;
}

void mailbox_want_reasons(struct mailbox *mailbox, bool wanted)
{
    atomic_store_explicit(&mailbox->reasons_wanted, wanted, memory_order_relaxed);
}

bool mailbox_reasons_wanted(struct mailbox *mailbox)
{
    return atomic_load_explicit(&mailbox->reasons_wanted, memory_order_relaxed);
}

/* ---- besides frames ------------------------------------------------------------------------------------------- */

void mailbox_say(struct mailbox *mailbox, const char *text, bool away)
{
    pthread_mutex_lock(&mailbox->lock);
    snprintf(mailbox->notice.text, sizeof mailbox->notice.text, "%s", text);
    mailbox->notice.away = away;
    pthread_mutex_unlock(&mailbox->lock);
}

void mailbox_tell(struct mailbox *mailbox, const char *message)
{
    pthread_mutex_lock(&mailbox->lock);
    snprintf(mailbox->notice.message, sizeof mailbox->notice.message, "%s", message);
    mailbox->notice.messages++;
    pthread_mutex_unlock(&mailbox->lock);
}

bool mailbox_hear(struct mailbox *mailbox, struct mailbox_notice *notice)
{
    pthread_mutex_lock(&mailbox->lock);
    const struct mailbox_notice *const now = &mailbox->notice;
    const bool other = strcmp(now->text, notice->text) != 0 || now->away != notice->away ||
                       now->messages != notice->messages;
    if (other)
        *notice = *now;
    pthread_mutex_unlock(&mailbox->lock);
    return other;
}

/* Steps of one knob that were not taken yet become one request. */
void mailbox_turn(struct mailbox *mailbox, enum mailbox_knob knob, int steps)
{
    pthread_mutex_lock(&mailbox->lock);
    struct turn *const last = mailbox->turn_count ? &mailbox->turns[mailbox->turn_count - 1] : NULL;
    if (last && last->knob == knob && last->steps && steps && last->steps + steps)
        last->steps += steps;
    else if (mailbox->turn_count < TURNS_MOST)
        mailbox->turns[mailbox->turn_count++] = (struct turn){knob, steps};
    pthread_mutex_unlock(&mailbox->lock);
}

bool mailbox_take_turn(struct mailbox *mailbox, enum mailbox_knob *knob, int *steps)
{
    pthread_mutex_lock(&mailbox->lock);
    const bool any = mailbox->turn_count > 0;
    if (any) {
        *knob = mailbox->turns[0].knob;
        *steps = mailbox->turns[0].steps;
        mailbox->turn_count--;
        memmove(mailbox->turns, mailbox->turns + 1, (size_t)mailbox->turn_count * sizeof mailbox->turns[0]);
    }
    pthread_mutex_unlock(&mailbox->lock);
    return any;
}
