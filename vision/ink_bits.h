/* ink_bits.h - one row of gray pixels against a limit for each: the pixels beyond it, as bits.
 *
 * The step every pixel of a picture goes through, so it is written for each instruction set; ink_bits_plain
 * says what they do. */
#ifndef DIGITCAM_VISION_INK_BITS_H
#define DIGITCAM_VISION_INK_BITS_H

#include <stdint.h>

/* dark[] receives the bits of gray[x] < darkest[x / 2], light[] those of gray[x] > lightest[x / 2], x <
 * width: bits_words(width) words each, the bits past the width 0. The limits have (width + 1) / 2 entries and
 * INK_BITS_PAD_BYTES more that may be read. */
#define INK_BITS_PAD_BYTES 64
typedef void ink_bits_function(const uint8_t *gray, const uint8_t *darkest, const uint8_t *lightest,
                               int width, uint64_t *dark, uint64_t *light);

ink_bits_function ink_bits_plain;

/* Those this processor can run, slowest first; the first is ink_bits_plain. Returns how many. */
#define INK_BITS_MOST 3
int ink_bits_functions(ink_bits_function *functions[INK_BITS_MOST]);

#endif
