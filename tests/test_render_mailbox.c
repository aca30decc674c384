/* The mailbox: the newest wins, copies are deep, late ones are counted, the end is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "render/mailbox.h"

static uint8_t pixels[64 * 64 * 3];
static struct reading_digit digits[8];
static struct reading_number numbers[8];

static struct frame frame_of(int width, int height, uint64_t sequence)
{
    return (struct frame){.fourcc = FRAME_RGB3, .width_px = width, .height_px = height, .data = pixels,
                          .stride_bytes = 64 * 3, .size_bytes = (size_t)height * 64 * 3, .sequence = sequence,
                          .orientation = 1, .name = "frame"};
}

static int post(struct mailbox *mailbox, int width, int height, uint64_t sequence, int count)
{
    const struct frame frame = frame_of(width, height, sequence);
    const struct reading reading = {.source = "a name", .frame = sequence, .digits = digits, .digit_count = count,
                                    .numbers = numbers, .number_count = count};
    memset(pixels, (int)(sequence & 0xff), sizeof pixels);
    for (int i = 0; i < count; i++)
        digits[i].digit = (int)(sequence % 10);
    return mailbox_post(mailbox, &frame, &reading, 30, 0);
}

static void the_newest_wins(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    const struct mailbox_item *item;
    assert_int_equal(mailbox_create(&mailbox), 0);
    assert_int_equal(mailbox_take(mailbox, &item, 0), -EAGAIN);
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(post(mailbox, 8, 8, i, 1), 0);
    assert_int_equal(mailbox_take(mailbox, &item, 0), 0);
    assert_int_equal(item->reading.frame, 4);
    assert_int_equal(mailbox_replaced(mailbox), 4);
    assert_int_equal(mailbox_take(mailbox, &item, 0), -EAGAIN);
    mailbox_destroy(mailbox);
}

static void copies_are_deep(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    const struct mailbox_item *item;
    assert_int_equal(mailbox_create(&mailbox), 0);
    assert_int_equal(post(mailbox, 5, 3, 7, 2), 0);
    assert_int_equal(mailbox_take(mailbox, &item, 0), 0);
    memset(pixels, 0xee, sizeof pixels);
    digits[0].digit = 1;
    assert_int_equal(item->rgb.stride_bytes, 15);
    for (int i = 0; i < 45; i++)
        assert_int_equal(item->rgb.data[i], 7);
    assert_int_equal(item->reading.digits[0].digit, 7);
    assert_string_equal(item->reading.source, "a name");
    assert_int_equal(post(mailbox, 64, 64, 9, 8), 0); /* what is shown stays as it is while others come */
    assert_int_equal(post(mailbox, 64, 64, 10, 8), 0);
    assert_int_equal(item->rgb.data[44], 7);
    assert_int_equal(item->reading.digits[1].digit, 7);
    mailbox_destroy(mailbox);
}

static void takes_only_upright_rgb(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    struct frame frame = frame_of(4, 4, 0);
    const struct reading reading = {.source = NULL};
    assert_int_equal(mailbox_create(&mailbox), 0);
    frame.orientation = 6;
    assert_int_equal(mailbox_post(mailbox, &frame, &reading, 0, 0), -EINVAL);
    frame.orientation = 1;
    frame.fourcc = FRAME_GREY;
    assert_int_equal(mailbox_post(mailbox, &frame, &reading, 0, 0), -EINVAL);
    frame.fourcc = FRAME_RGB3;
    assert_int_equal(mailbox_post(mailbox, &frame, &reading, 0, 0), 0); /* nothing read, no name: fine */
    mailbox_destroy(mailbox);
}

static void the_end_comes_after_the_last(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    const struct mailbox_item *item;
    for (int linger = 0; linger < 2; linger++) {
        assert_int_equal(mailbox_create(&mailbox), 0);
        assert_int_equal(post(mailbox, 8, 8, 1, 0), 0);
        mailbox_close(mailbox, linger);
        assert_int_equal(mailbox_take(mailbox, &item, 1000), 0);
        assert_int_equal(mailbox_take(mailbox, &item, 1000), linger ? -ENODATA : -EPIPE);
        mailbox_destroy(mailbox);
    }
}

#define POSTS 3000

static void *poster(void *context)
{
    for (uint64_t i = 1; i <= POSTS; i++)
        if (post(context, 1 + (int)(i % 64), 1 + (int)(i % 17), i, (int)(i % 9)) != 0)
            return context;
    mailbox_close(context, false);
    return NULL;
}

/* Every delivery is whole, newer than the one before, and none is both lost and not counted. */
static void two_threads_meet(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    const struct mailbox_item *item;
    pthread_t thread;
    void *failed;
    uint64_t last = 0, taken = 0;
    int error;
    assert_int_equal(mailbox_create(&mailbox), 0);
    assert_int_equal(pthread_create(&thread, NULL, poster, mailbox), 0);
    while ((error = mailbox_take(mailbox, &item, 50)) != -EPIPE) {
        if (error)
            continue;
        taken++;
        assert_true(item->reading.frame > last);
        last = item->reading.frame;
        assert_int_equal(item->rgb.width_px, 1 + (int)(last % 64));
        for (size_t i = 0; i < item->rgb.size_bytes; i++)
            assert_int_equal(item->rgb.data[i], (int)(last & 0xff));
        for (int i = 0; i < item->reading.digit_count; i++)
            assert_int_equal(item->reading.digits[i].digit, (int)(last % 10));
    }
    pthread_join(thread, &failed);
    assert_null(failed);
    assert_int_equal(last, POSTS);
    assert_int_equal(taken + mailbox_replaced(mailbox), POSTS);
    mailbox_destroy(mailbox);
}

static void waits_no_longer_than_told(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    const struct mailbox_item *item;
    struct timespec start, end;
    assert_int_equal(mailbox_create(&mailbox), 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(mailbox_take(mailbox, &item, 30), -EAGAIN);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double waited = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    assert_true(waited > 0.025 && waited < 5);
    mailbox_destroy(mailbox);
}

static void reasons_travel_along(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    const struct mailbox_item *item;
    struct reading_candidate candidates[2] = {{.reason = READING_SOLID, .value = 0.9f}, {.reason = READING_READ}};
    const struct frame frame = frame_of(8, 8, 0);
    const struct reading reading = {.source = "a name", .candidates = candidates, .candidate_count = 2};
    assert_int_equal(mailbox_create(&mailbox), 0);
    assert_false(mailbox_reasons_wanted(mailbox));
    mailbox_want_reasons(mailbox, true);
    assert_true(mailbox_reasons_wanted(mailbox));
    assert_int_equal(mailbox_post(mailbox, &frame, &reading, 30, 0), 0);
    memset(candidates, 0, sizeof candidates);
    assert_int_equal(mailbox_take(mailbox, &item, 0), 0);
    assert_int_equal(item->reading.candidate_count, 2);
    assert_int_equal(item->reading.candidates[0].reason, READING_SOLID);
    assert_int_equal(item->reading.candidates[1].reason, READING_READ);
    mailbox_destroy(mailbox);
}

static void notices_are_heard_once(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    struct mailbox_notice notice = {.text = ""};
    char longer[400];
    assert_int_equal(mailbox_create(&mailbox), 0);
    assert_false(mailbox_hear(mailbox, &notice));
    mailbox_say(mailbox, "camera unplugged, waiting", true);
    assert_true(mailbox_hear(mailbox, &notice));
    assert_string_equal(notice.text, "camera unplugged, waiting");
    assert_true(notice.away);
    mailbox_say(mailbox, "camera unplugged, waiting", true); /* said again and again while it lasts */
    assert_false(mailbox_hear(mailbox, &notice));
    mailbox_tell(mailbox, "gain=10");
    mailbox_tell(mailbox, "gain=10");
    assert_true(mailbox_hear(mailbox, &notice));
    assert_int_equal(notice.messages, 2);
    assert_false(mailbox_hear(mailbox, &notice));
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    mailbox_say(mailbox, longer, false);
    assert_true(mailbox_hear(mailbox, &notice));
    assert_int_equal(strlen(notice.text), sizeof notice.text - 1);
    assert_false(notice.away);
    mailbox_destroy(mailbox);
}

static void turns_are_taken_in_their_order(void **state)
{
    (void)state;
    struct mailbox *mailbox;
    enum mailbox_knob knob;
    int steps, count = 0;
    assert_int_equal(mailbox_create(&mailbox), 0);
    assert_false(mailbox_take_turn(mailbox, &knob, &steps));
    mailbox_turn(mailbox, MAILBOX_GAIN, 1);
    mailbox_turn(mailbox, MAILBOX_GAIN, 2);
    mailbox_turn(mailbox, MAILBOX_GAIN, 0);
    mailbox_turn(mailbox, MAILBOX_EXPOSURE, -1);
    assert_true(mailbox_take_turn(mailbox, &knob, &steps));
    assert_int_equal(knob, MAILBOX_GAIN);
    assert_int_equal(steps, 3);
    assert_true(mailbox_take_turn(mailbox, &knob, &steps));
    assert_int_equal(steps, 0); /* automatic is no step */
    assert_true(mailbox_take_turn(mailbox, &knob, &steps));
    assert_int_equal(knob, MAILBOX_EXPOSURE);
    assert_int_equal(steps, -1);
    mailbox_turn(mailbox, MAILBOX_GAIN, 1);
    mailbox_turn(mailbox, MAILBOX_GAIN, -1); /* together these would be 0, which is automatic */
    assert_true(mailbox_take_turn(mailbox, &knob, &steps));
    assert_int_equal(steps, 1);
    assert_true(mailbox_take_turn(mailbox, &knob, &steps));
    assert_int_equal(steps, -1);
    for (int i = 0; i < 100; i++)
        mailbox_turn(mailbox, i % 2 ? MAILBOX_GAIN : MAILBOX_EXPOSURE, 1);
    while (mailbox_take_turn(mailbox, &knob, &steps))
        count++;
    assert_in_range(count, 2, 99);
    mailbox_destroy(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_travel_along),
        cmocka_unit_test(the_newest_wins),          cmocka_unit_test(copies_are_deep),
        cmocka_unit_test(takes_only_upright_rgb),   cmocka_unit_test(the_end_comes_after_the_last),
        cmocka_unit_test(notices_are_heard_once),   cmocka_unit_test(turns_are_taken_in_their_order),
        cmocka_unit_test(two_threads_meet),         cmocka_unit_test(waits_no_longer_than_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
