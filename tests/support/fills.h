/* fills.h - what the tests of kernels fill their buffers with, and choose their sizes by: always the same chance. */
#ifndef DIGITCAM_TESTS_FILLS_H
#define DIGITCAM_TESTS_FILLS_H

#include <stdint.h>

enum fill { FILL_RANDOM, FILL_LEAST, FILL_MOST, FILL_ALTERNATING, FILLS };

static uint64_t random_state = 0x9e3779b97f4a7c15u;

/* xorshift64 (Marsaglia 2003) */
static inline uint32_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32);
}

static inline int random_of(const int *values, int count)
{
    return values[random_bits() % (uint32_t)count];
}
#define RANDOM_OF(...) random_of((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

#endif
