/* The gray closing against a plain one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vision/closing.h"

static uint32_t next_random(void)
{
    static uint32_t state = 7;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* The lightest (darkest) in the window round a pixel, of what lies within the picture. */
static uint8_t plain_window(const uint8_t *in, int w, int h, int x, int y, int reach, bool light)
{
    uint8_t most = in[y * w + x];
    for (int v = y - reach; v <= y + reach; v++)
        for (int u = x - reach; u <= x + reach; u++)
            if (u >= 0 && u < w && v >= 0 && v < h && (light ? in[v * w + u] > most : in[v * w + u] < most))
                most = in[v * w + u];
    return most;
}

static void closing_is_the_plain_one(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 9}, {7, 1}, {2, 3}, {63, 5}, {64, 4}, {65, 6}, {131, 17}};
    enum { STRIDE = 140, ROWS = 20 };
    struct closing closing = {0};
    uint8_t in[STRIDE * ROWS], tight[STRIDE * ROWS], wide[STRIDE * ROWS];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)next_random();
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int reach = 1; reach <= 4; reach++)
            for (int light = 0; light < 2; light++) {
                const int w = sizes[s][0], h = sizes[s][1];
                struct gray_view closed;
                assert_int_equal(closing_run(&closing, (struct gray_view){in, w, h, STRIDE}, light, reach, &closed), 0);
                for (int y = 0; y < h; y++)
                    memcpy(tight + y * w, in + y * STRIDE, (size_t)w);
                for (int i = 0; i < w * h; i++)
                    wide[i] = plain_window(tight, w, h, i % w, i / w, reach, light);
                for (int i = 0; i < w * h; i++)
                    assert_int_equal(closed.pixels[(size_t)(i / w) * closed.stride_bytes + (size_t)(i % w)],
                                     plain_window(wide, w, h, i % w, i / w, reach, !light));
            }
    closing_release(&closing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(closing_is_the_plain_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
