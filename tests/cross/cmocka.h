/* cmocka.h - as much of cmocka as the tests of net/ use, for building them with a cross compiler: the libraries of
 * another processor are seldom installed. tests/cross.sh puts this folder in front of the real one. */
#ifndef DIGITCAM_TESTS_CROSS_CMOCKA_H
#define DIGITCAM_TESTS_CROSS_CMOCKA_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};

#define cmocka_unit_test(function)                                                                           \
    {                                                                                                        \
        #function, function                                                                                  \
    }

static inline int cmocka_run_tests(const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *state = NULL;
        printf("[ RUN      ] %s\n", tests[i].name);
        fflush(stdout);
        tests[i].run(&state);
        printf("[       OK ] %s\n", tests[i].name);
    }
    return 0;
}
#define cmocka_run_group_tests(tests, setup, teardown) cmocka_run_tests(tests, sizeof(tests) / sizeof *(tests))

/* A failed check ends the program, with exit status 1. */
#define print_error(...) fprintf(stderr, __VA_ARGS__)
#define fail()           fail_msg("%s", "failed")
#define fail_msg(...)                                                                                        \
    (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))
#define assert_true(condition) ((condition) ? (void)0 : fail_msg("not true: %s", #condition))
#define assert_false(condition)     assert_true(!(condition))
#define assert_null(pointer)        assert_true((pointer) == NULL)
#define assert_non_null(pointer)    assert_true((pointer) != NULL)
#define assert_ptr_equal(a, b)      assert_true((const void *)(a) == (const void *)(b))
#define assert_int_equal(a, b)      assert_true((a) == (b))
#define assert_int_not_equal(a, b)  assert_true((a) != (b))
#define assert_string_equal(a, b)   assert_true(strcmp((a), (b)) == 0)
#define assert_memory_equal(a, b, bytes)     assert_true(memcmp((a), (b), (bytes)) == 0)
#define assert_memory_not_equal(a, b, bytes) assert_true(memcmp((a), (b), (bytes)) != 0)
#define assert_float_equal(a, b, epsilon)    assert_true(fabs((double)(a) - (double)(b)) <= (double)(epsilon))

#endif
