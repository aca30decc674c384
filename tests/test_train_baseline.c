/* Nearest neighbours against the plainest way to find them, with every set of kernels; the support vector
 * machine on something it can learn; the folder they learn from. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/kernels.h"
#include "net/net.h"
#include "net/train/baseline.h"
#include "net/train/neighbours.h"
#include "net/train/svm.h"

enum { KNOWN = 600, ASKED = 70 };

static uint8_t known[KNOWN * NET_PIXELS], asked[ASKED * NET_PIXELS], labels[KNOWN];
static char why[256];

/* Pictures of few values, so that many distances are equal; some all black, some all white. */
static void fill(uint8_t *pictures, int count, uint32_t random)
{
    for (int i = 0; i < count * NET_PIXELS; i++) {
        random = random * 1664525u + 1013904223u;
        const int kind = i / NET_PIXELS % 5;
        pictures[i] = kind == 0   ? 0
                      : kind == 1 ? 255
                      : kind == 2 ? (uint8_t)(random >> 31 ? 255 : 0)
                                  : (uint8_t)(random >> 24);
    }
    for (int i = 0; i + 7 < count; i += 7) /* and twins */
        memcpy(pictures + (i + 7) * NET_PIXELS, pictures + i * NET_PIXELS, NET_PIXELS);
}

static int fill_all(void **state)
{
    (void)state;
    fill(known, KNOWN, 1);
    fill(asked, ASKED, 2);
    memcpy(asked + 9 * NET_PIXELS, known + 300 * NET_PIXELS, NET_PIXELS);
    for (int i = 0; i < KNOWN; i++)
        labels[i] = (uint8_t)(i * 7 % 10);
    return 0;
}

static int32_t plain_distance(const uint8_t *a, const uint8_t *b)
{
    int32_t sum = 0;
    for (int i = 0; i < NET_PIXELS; i++)
        sum += (a[i] / 2 - b[i] / 2) * (a[i] / 2 - b[i] / 2);
    return sum;
}

static int by_distance(const void *a, const void *b)
{
    const struct neighbour *const left = a, *const right = b;
    if (left->distance != right->distance)
        return left->distance < right->distance ? -1 : 1;
    return left->index < right->index ? -1 : 1;
}

static void check_against_plain(const char *kernels, int count, int questions)
{
    static struct neighbour found[ASKED][NEIGHBOURS_K], all[KNOWN];
    struct neighbours *neighbours;
    assert_int_equal(neighbours_create(&neighbours, known, labels, count, kernels), 0);
    neighbours_find(neighbours, asked, questions, found);
    for (int q = 0; q < questions; q++) {
        for (int i = 0; i < count; i++)
            all[i] = (struct neighbour){plain_distance(known + i * NET_PIXELS, asked + q * NET_PIXELS), i};
        qsort(all, (size_t)count, sizeof *all, by_distance);
        for (int k = 0; k < NEIGHBOURS_K; k++) {
            assert_int_equal(found[q][k].index, k < count ? all[k].index : -1);
            if (k < count)
                assert_int_equal(found[q][k].distance, all[k].distance);
        }
    }
    neighbours_destroy(neighbours);
}

static void test_neighbours_are_the_nearest(void **state)
{
    (void)state;
    static const int counts[] = {1, 2, 3, 255, 256, 257, KNOWN}, questions[] = {1, 31, 32, 33, ASKED};
    for (int k = 0; kernels_at(k); k++)
        for (int c = 0; c < 7 && kernels_at(k)->supported(); c++)
            check_against_plain(kernels_at(k)->name, counts[c], questions[(c + k) % 5]);
    check_against_plain(NULL, KNOWN, ASKED);
    struct neighbours *none;
    assert_int_equal(neighbours_create(&none, known, labels, KNOWN, "abacus"), -ENOTSUP);
}

/* Pictures with one white row; which one is the label. With noise from the seed. */
static void draw_rows(uint8_t *pictures, uint8_t *rows, int count, uint32_t random)
{
    for (int i = 0; i < count; i++) {
        rows[i] = (uint8_t)(i % 10);
        for (int p = 0; p < NET_PIXELS; p++) {
            random = random * 1664525u + 1013904223u;
            pictures[i * NET_PIXELS + p] = p / NET_SIDE_PX == 2 * rows[i] + 4 ? 255 : (uint8_t)(random >> 27);
        }
    }
}

static void check_learns(struct judge *judge)
{
    struct verdict verdicts[ASKED];
    uint8_t rows[ASKED];
    draw_rows(asked, rows, ASKED, 4);
    assert_int_equal(judge->answer(judge->self, asked, ASKED, verdicts), 0);
    for (int i = 0; i < ASKED; i++) {
        assert_int_equal(verdicts[i].digit, rows[i]);
        assert_false(verdicts[i].rejected);
    }
    judge_close(judge);
    judge_close(judge); /* twice is fine */
}

static void test_judges_learn(void **state)
{
    (void)state;
    struct judge judge = {0};
    draw_rows(known, labels, 200, 3);
    assert_int_equal(judge_open_neighbours(&judge, known, labels, 200, NULL, why, sizeof why), 0);
    check_learns(&judge);
    assert_int_equal(judge_open_svm(&judge, known, labels, 200, why, sizeof why), 0);
    check_learns(&judge);
    assert_int_equal(judge_open_neighbours(&judge, known, labels, 200, "abacus", why, sizeof why), -ENOTSUP);
    assert_non_null(strstr(why, "abacus"));
}

/* Two of three nearest win over the nearest; with three of a kind each, the nearest does. */
static void test_votes(void **state)
{
    (void)state;
    static const uint8_t of[2][3] = {{1, 2, 2}, {5, 6, 7}}, winner[2] = {2, 5};
    for (int i = 0; i < 2; i++) {
        struct judge judge = {0};
        struct verdict verdict;
        for (int k = 0; k < 3; k++)
            memset(known + k * NET_PIXELS, 10 + 10 * k, NET_PIXELS);
        memset(asked, 0, NET_PIXELS);
        assert_int_equal(judge_open_neighbours(&judge, known, of[i], 3, NULL, why, sizeof why), 0);
        assert_int_equal(judge.answer(judge.self, asked, 1, &verdict), 0);
        assert_int_equal(verdict.digit, winner[i]);
        judge_close(&judge);
    }
}

static void test_names_and_folders(void **state)
{
    (void)state;
    struct judge judge = {0};
    assert_true(baseline_known("knn") && baseline_known("svm") && !baseline_known("tree"));
    assert_int_equal(baseline_open(&judge, "knn", "/no/such/folder", 0, NULL, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "/no/such/folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_neighbours_are_the_nearest, fill_all),
        cmocka_unit_test(test_judges_learn),
        cmocka_unit_test(test_votes),
        cmocka_unit_test(test_names_and_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
