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

/*
 * The first `count` lanes of a vector, the others 0 where they are loaded and left alone where they are stored; memory
 * beyond them is not touched. lanes_f32(count) is what selects them.
 */
#if defined(__AVX512F__)
#define HAS_LANES 1
typedef __mmask16 lanes_f32_t;
typedef __mmask8 lanes_f64_t;
INLINE lanes_f32_t lanes_f32(ch_long count) { return (lanes_f32_t)((1u << count) - 1); }
INLINE lanes_f64_t lanes_f64(ch_long count) { return (lanes_f64_t)((1u << count) - 1); }
INLINE vector_f32 load_lanes_f32(lanes_f32_t lanes, const float *at) {
  return (vector_f32)_mm512_maskz_loadu_ps(lanes, at);
}
INLINE vector_f64 load_lanes_f64(lanes_f64_t lanes, const double *at) {
  return (vector_f64)_mm512_maskz_loadu_pd(lanes, at);
}
INLINE void store_lanes_f32(lanes_f32_t lanes, float *at, vector_f32 x) { _mm512_mask_storeu_ps(at, lanes, (__m512)x); }
INLINE void store_lanes_f64(lanes_f64_t lanes, double *at, vector_f64 x) { _mm512_mask_storeu_pd(at, lanes, (__m512d)x); }
#elif defined(__AVX2__)
#define HAS_LANES 1
typedef __m256i lanes_f32_t;
typedef __m256i lanes_f64_t;
INLINE lanes_f32_t lanes_f32(ch_long count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE lanes_f64_t lanes_f64(ch_long count) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
}
INLINE vector_f32 load_lanes_f32(lanes_f32_t lanes, const float *at) { return (vector_f32)_mm256_maskload_ps(at, lanes); }
INLINE vector_f64 load_lanes_f64(lanes_f64_t lanes, const double *at) {
  return (vector_f64)_mm256_maskload_pd(at, lanes);
}
INLINE void store_lanes_f32(lanes_f32_t lanes, float *at, vector_f32 x) { _mm256_maskstore_ps(at, lanes, (__m256)x); }
INLINE void store_lanes_f64(lanes_f64_t lanes, double *at, vector_f64 x) { _mm256_maskstore_pd(at, lanes, (__m256d)x); }
#else
#define HAS_LANES 0
typedef ch_long lanes_f32_t;
typedef ch_long lanes_f64_t;
INLINE lanes_f32_t lanes_f32(ch_long count) { return count; }
INLINE lanes_f64_t lanes_f64(ch_long count) { return count; }
INLINE vector_f32 load_lanes_f32(lanes_f32_t lanes, const float *at) {
  vector_f32 x = {0};
  memcpy(&x, at, (size_t)lanes * sizeof *at);
  return x;
}
INLINE vector_f64 load_lanes_f64(lanes_f64_t lanes, const double *at) {
  vector_f64 x = {0};
  memcpy(&x, at, (size_t)lanes * sizeof *at);
  return x;
}
INLINE void store_lanes_f32(lanes_f32_t lanes, float *at, vector_f32 x) { memcpy(at, &x, (size_t)lanes * sizeof *at); }
INLINE void store_lanes_f64(lanes_f64_t lanes, double *at, vector_f64 x) { memcpy(at, &x, (size_t)lanes * sizeof *at); }
#endif

#endif
