/* clones.h - functions compiled once for each of several instruction sets, the best one chosen when the program starts.
 *
 * For plain loops over bytes that the compiler turns into vector code by itself. Everything such a function calls must be
 * inlined into it to share in that: mark it CLONED_INLINE. Where a compiler or processor has no such thing, both
 * are an ordinary function. */
#ifndef DIGITCAM_VISION_CLONES_H
#define DIGITCAM_VISION_CLONES_H

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__)
#if !defined(__clang__) && __GNUC__ >= 12
#define CLONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif !defined(__clang__)
#define CLONED __attribute__((target_clones("avx2", "default")))
#endif
#endif
#ifndef CLONED
#define CLONED
#endif
/* The next loop reads only what it has not written yet, so that its steps may run together. */
#if defined(__clang__)
#define CLONED_LOOP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define CLONED_LOOP _Pragma("GCC ivdep")
#else
#define CLONED_LOOP
#endif
#define CLONED_INLINE static inline __attribute__((always_inline))

#endif
