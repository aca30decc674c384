/* The paper under the ink and the rows of ink bits, each against its plain definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/bits.h"
#include "vision/ink_bits.h"
#include "vision/paper.h"

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int clamp(int value, int most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* The extreme of the window whose upper left block is (x, y); the edge is repeated outward. */
static int naive_window(struct gray_view blocks, int x, int y, bool largest)
{
    int best = largest ? 0 : 255;
    for (int v = y; v < y + PAPER_WINDOW; v++)
        for (int u = x; u < x + PAPER_WINDOW; u++) {
            const int value = blocks.pixels[(size_t)clamp(v, blocks.height_px - 1) * blocks.stride_bytes +
                                            (size_t)clamp(u, blocks.width_px - 1)];
            best = largest ? (value > best ? value : best) : (value < best ? value : best);
        }
    return best;
}

static int naive_paper(struct gray_view blocks, int x, int y, bool light)
{
    int best = light ? 0 : 255;
    for (int v = y - PAPER_WINDOW; v <= y + 1; v++)
        for (int u = x - PAPER_WINDOW; u <= x + 1; u++) {
            const int middle_x = u + PAPER_WINDOW / 2, middle_y = v + PAPER_WINDOW / 2;
            if (middle_x < 0 || middle_y < 0 || middle_x > blocks.width_px || middle_y > blocks.height_px)
                continue;
            const int value = naive_window(blocks, u, v, !light);
            best = light ? (value > best ? value : best) : (value < best ? value : best);
        }
    return best;
}

static void paper_is_a_closing(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 40}, {40, 1},  {2, 3},   {7, 8},
                                   {8, 7}, {9, 17}, {63, 16}, {64, 15}, {67, 33},
                                   {343, 8}, {344, 9}, {700, 60}};
    uint32_t random = 5;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int w = sizes[s][0], h = sizes[s][1], stride = w + 5;
        uint8_t *const in = test_malloc((size_t)(stride * h)), *const out = test_malloc((size_t)(w * h));
        for (int i = 0; i < stride * h; i++)
            in[i] = (uint8_t)next_random(&random);
        const struct gray_view view = {in, w, h, (size_t)stride};
        for (int light = 0; light < 2; light++) {
            paper_estimate(view, (struct gray_image){out, w, h, (size_t)w}, light);
            for (int y = 0; y < h; y++)
                for (int x = 0; x < w; x++)
                    assert_int_equal(out[y * w + x], naive_paper(view, x, y, light));
        }
        test_free(in);
        test_free(out);
    }
}

static void pools_blocks_of_two(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1},  {1, 9},  {9, 1},   {2, 2},  {3, 3},
                                   {64, 2}, {65, 5}, {129, 4}, {258, 6}};
    uint32_t random = 6;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int wanted = 0; wanted < 2; wanted++) {
            const int w = sizes[s][0], h = sizes[s][1], bw = (w + 1) / 2, bh = (h + 1) / 2;
            uint8_t *const in = test_malloc((size_t)(w * h)), *const half = test_malloc((size_t)(bw * bh));
            uint8_t *const most = test_malloc((size_t)(bw * bh)), *const least =
                                                                      test_malloc((size_t)(bw * bh));
            for (int i = 0; i < w * h; i++)
                in[i] = (uint8_t)next_random(&random);
            paper_pool((struct gray_view){in, w, h, (size_t)w}, (struct gray_image){most, bw, bh, (size_t)bw},
                       (struct gray_image){least, bw, bh, (size_t)bw},
                       (struct gray_image){wanted ? half : NULL, w / 2, h / 2, (size_t)bw});
            for (int y = 0; y < bh; y++)
                for (int x = 0; x < bw; x++) {
                    int largest = 0, smallest = 255, sum = 2;
                    for (int k = 0; k < 4; k++) {
                        const int value = in[clamp(2 * y + k / 2, h - 1) * w + clamp(2 * x + k % 2, w - 1)];
                        largest = value > largest ? value : largest;
                        smallest = value < smallest ? value : smallest;
                        sum += value;
                    }
                    assert_int_equal(most[y * bw + x], largest);
                    assert_int_equal(least[y * bw + x], smallest);
                    if (wanted && x < w / 2 && y < h / 2)
                        assert_int_equal(half[y * bw + x], sum / 4);
                }
            test_free(in);
            test_free(half);
            test_free(most);
            test_free(least);
        }
}

static void every_instruction_set_finds_the_same_bits(void **state)
{
    (void)state;
    enum { MOST = 1024 };
    uint32_t random = 8;
    ink_bits_function *functions[INK_BITS_MOST];
    const int count = ink_bits_functions(functions);
    uint8_t darkest[MOST / 2 + INK_BITS_PAD_BYTES], lightest[MOST / 2 + INK_BITS_PAD_BYTES];
    uint64_t bits[2][2][MOST / 64];
    assert_ptr_equal(functions[0], ink_bits_plain);
    for (int width = 1; width < MOST; width += width < 140 ? 1 : 97) {
        uint8_t *const gray = test_malloc((size_t)width); /* exactly: reading past it would be found */
        for (int i = 0; i < width; i++)
            gray[i] = (uint8_t)(next_random(&random) % 4 * 85);
        for (size_t i = 0; i < sizeof darkest; i++) {
            darkest[i] = (uint8_t)(next_random(&random) % 3 * 127);
            lightest[i] = (uint8_t)(next_random(&random) % 3 * 127);
        }
        for (int k = 0; k < count; k++) {
            const int at = k > 0;
            functions[k](gray, darkest, lightest, width, bits[at][0], bits[at][1]);
            const size_t bytes = bits_words(width) * sizeof(uint64_t);
            assert_memory_equal(bits[at][0], bits[0][0], bytes);
            assert_memory_equal(bits[at][1], bits[0][1], bytes);
        }
        test_free(gray);
    }
}

static void bits_turn_over(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {64, 64}, {65, 63}, {200, 10}, {3, 130}};
    uint32_t random = 9;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int w = sizes[s][0], h = sizes[s][1];
        const size_t words = bits_words(w) * (size_t)h, turned_words = bits_words(h) * bits_words(w) * 64;
        uint64_t *const from = test_calloc(words, sizeof *from), *const to =
                                                                     test_malloc(turned_words * sizeof *to);
        for (int i = 0; i < w * h; i++)
            from[(size_t)(i / w) * bits_words(w) + (size_t)(i % w) / 64] |=
                (uint64_t)(next_random(&random) & 1) << (i % w % 64);
        const struct bit_view view = {from, w, h, bits_words(w)};
        const struct bit_image turned = {to, h, w, bits_words(h)};
        bits_turn(view, turned);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                assert_int_equal(bit_at(bit_image_view(&turned), y, x), bit_at(view, x, y));
        test_free(from);
        test_free(to);
    }
}

static bool bit_near(struct bit_view bits, int x, int y)
{
    for (int v = y - 1; v <= y + 1; v++)
        for (int u = x - 1; u <= x + 1; u++)
            if ((u != x || v != y) && u >= 0 && v >= 0 && u < bits.width_px && v < bits.height_px && bit_at(bits, u, v))
                return true;
    return false;
}

static void specks_are_dropped(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 9}, {64, 1}, {64, 64}, {65, 63}, {200, 10}, {640, 30}, {3, 130}};
    uint32_t random = 10;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int w = sizes[s][0], h = sizes[s][1];
        const size_t row = bits_words(w), words = row * (size_t)h;
        uint64_t *const from = test_calloc(words, sizeof *from), *const to = test_malloc(words * sizeof *to);
        uint64_t *const room = test_malloc(BITS_SPECK_ROWS * bits_speck_words(w) * sizeof *room);
        for (int i = 0; i < w * h; i++)
            from[(size_t)(i / w) * row + (size_t)(i % w) / 64] |= (uint64_t)(next_random(&random) % 8 == 0)
                                                                   << (i % w % 64);
        const struct bit_view view = {from, w, h, row};
        const struct bit_image clean = {to, w, h, row};
        bits_drop_specks(view, clean, room);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                assert_int_equal(bit_at(bit_image_view(&clean), x, y), bit_at(view, x, y) && bit_near(view, x, y));
        test_free(from);
        test_free(to);
        test_free(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paper_is_a_closing),
        cmocka_unit_test(pools_blocks_of_two),
        cmocka_unit_test(every_instruction_set_finds_the_same_bits),
        cmocka_unit_test(bits_turn_over),
        cmocka_unit_test(specks_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
