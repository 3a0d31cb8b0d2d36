/*
 * Squares of four by four elements, for the kernels that lay rows out as columns: four_f32 and four_f64 are four elements at
 * any address that one may have.
 */
#ifndef CHAGRES_FOURS_H
#define CHAGRES_FOURS_H

#include "target.h"

typedef float four_f32 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double four_f64 __attribute__((vector_size(32), aligned(8), may_alias));

/* Four of the eight elements of two vectors, by number. */
#if defined(__clang__)
#define SHUFFLE(NUMBERS, a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int numbers_f32 __attribute__((vector_size(16)));
typedef long long numbers_f64 __attribute__((vector_size(32)));
#define SHUFFLE(NUMBERS, a, b, i, j, k, l) __builtin_shuffle(a, b, (NUMBERS){i, j, k, l})
#endif

/* Turns four rows of four elements into columns. */
#define TURN_OF(FOUR, NUMBERS, NAME)                                                                                     \
  INLINE void NAME(FOUR *row) {                                                                                          \
    const FOUR ab = SHUFFLE(NUMBERS, row[0], row[1], 0, 4, 1, 5), cd = SHUFFLE(NUMBERS, row[2], row[3], 0, 4, 1, 5);     \
    const FOUR ab2 = SHUFFLE(NUMBERS, row[0], row[1], 2, 6, 3, 7), cd2 = SHUFFLE(NUMBERS, row[2], row[3], 2, 6, 3, 7);   \
    row[0] = SHUFFLE(NUMBERS, ab, cd, 0, 1, 4, 5);                                                                       \
    row[1] = SHUFFLE(NUMBERS, ab, cd, 2, 3, 6, 7);                                                                       \
    row[2] = SHUFFLE(NUMBERS, ab2, cd2, 0, 1, 4, 5);                                                                     \
    row[3] = SHUFFLE(NUMBERS, ab2, cd2, 2, 3, 6, 7);                                                                     \
  }
TURN_OF(four_f32, numbers_f32, turn_f32)
TURN_OF(four_f64, numbers_f64, turn_f64)
#undef TURN_OF
#undef SHUFFLE

#endif
