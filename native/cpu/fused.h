/*
 * Vectors as wide as the variant's registers with a fused multiply-add, for the matrix kernels: single_vector and
 * double_vector; where the processor has no fused operation the product is rounded on its own.
 */
#ifndef CHAGRES_FUSED_H
#define CHAGRES_FUSED_H

#include "target.h"

#if defined(__FMA__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef float vector_f32 __attribute__((vector_size(VECTOR_BYTES)));
typedef double vector_f64 __attribute__((vector_size(VECTOR_BYTES)));
/* The same at any address that a float or double may have. */
typedef float loose_f32 __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef double loose_f64 __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));

/* a * b + c */
INLINE vector_f32 fused_f32(vector_f32 a, vector_f32 b, vector_f32 c) {
#if defined(__AVX512F__)
  return (vector_f32)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
  return (vector_f32)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
  return (vector_f32)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

INLINE vector_f64 fused_f64(vector_f64 a, vector_f64 b, vector_f64 c) {
#if defined(__AVX512F__)
  return (vector_f64)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
  return (vector_f64)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__aarch64__)
  return (vector_f64)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

#endif
