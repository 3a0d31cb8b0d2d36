/*
 * What every kernel file needs: the exported interface, and the few words that differ between compilers and processors.
 *
 * The files are compiled once per variant (-march) with
 *   -O3 -std=c11 -fPIC -fvisibility=hidden -fwrapv -fno-strict-aliasing -fno-math-errno -fno-trapping-math
 *   -ffp-contract=off, and for GCC -fno-thread-jumps
 * Signed integers wrap (-fwrapv), and a product is fused with a sum only where the source says so, by mad(): results
 * are then those of the written formula. NaN, infinities, signed zeros and denormals keep their meaning.
 */
#ifndef CHAGRES_TARGET_H
#define CHAGRES_TARGET_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(default)
#include "../include/kernels.h"
#pragma GCC visibility pop

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#else
#pragma GCC diagnostic ignored "-Wpsabi" /* no vector crosses a call: every function that takes one is inlined */
#endif

#define INLINE static inline __attribute__((always_inline, unused))
/* Before a function that is too long to be a part of every loop. */
#define SLOW static __attribute__((unused))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/*
 * Before a loop whose iterations are independent: its result is the same elements as an operand, or apart. Holds for
 * in-place work too, where `restrict` would lie.
 */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* Vectors as wide as the variant's registers. */
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

#if defined(__FMA__) || defined(__aarch64__)
#define HAS_FMA 1
#else
#define HAS_FMA 0
#endif

/* a * b + c, rounded once where the processor can, twice elsewhere. */
INLINE float mad(float a, float b, float c) {
#if HAS_FMA
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

INLINE double mad_f64(double a, double b, double c) {
#if HAS_FMA
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

#define MOST_AXES 64
#define DTYPES (CH_FLOAT64 + 1)

/* Bytes of one element; 0 for a number that is no dtype. */
INLINE size_t element_size(int dtype) {
  static const uint8_t sizes[DTYPES] = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8};
  return dtype >= 0 && dtype < DTYPES ? sizes[dtype] : 0;
}

#endif
