/*
 * Float32 functions by tables that registers hold: one permutation of AVX-512 looks sixteen elements up at once, which
 * takes less than the arithmetic that it saves. Values, NaN, infinities, zeros and denormals are those that maths.h and
 * activations.h promise, to the same bounds, but not always the same last bit.
 */
#ifndef CHAGRES_LOOKUP_H
#define CHAGRES_LOOKUP_H

#include "activations.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define HAS_LOOKUP 1

#include <immintrin.h>

#include "tables.h"

#define ALL_LANES ((__mmask16)0xffff)

INLINE __m512 every(float x) { return _mm512_set1_ps(x); }
INLINE __m512 magnitudes(__m512 x) { return _mm512_andnot_ps(every(-0.0f), x); }
INLINE __m512 with_sign_of(__m512 y, __m512 x) { return _mm512_or_ps(y, _mm512_and_ps(x, every(-0.0f))); }
/* A NaN passes through. */
INLINE __m512 no_more_than(__m512 x, float bound) { return _mm512_min_ps(every(bound), x); }
INLINE __m512 no_less_than(__m512 x, float bound) { return _mm512_max_ps(every(bound), x); }

/* Entries of a table of 32, by the low five bits of each number. */
INLINE __m512 look_up(const float *table, __m512i number) {
  return _mm512_permutex2var_ps(_mm512_loadu_ps(table), number, _mm512_loadu_ps(table + 16));
}

/* Finds the piece that a is in, 0 <= a < 31.5 step: returns its number, and in *t the distance to its middle. */
INLINE __m512i piece_of(float step, __m512 a, __m512 *t) {
  const __m512 shift = every(12582912.0f); /* 1.5 * 2^23, as in nearest() */
  const __m512 shifted = _mm512_fmadd_ps(a, every(1 / step), shift);
  *t = _mm512_fnmadd_ps(_mm512_sub_ps(shifted, shift), every(step), a);
  return _mm512_castps_si512(shifted);
}

/* The sum of the powers of t from `lowest` on, over t^lowest. */
INLINE __m512 powers(const float (*table)[32], int lowest, int highest, __m512i piece, __m512 t) {
  __m512 y = look_up(table[highest], piece);
  for (int j = highest - 1; j >= lowest; j--) {
    y = _mm512_fmadd_ps(y, t, look_up(table[j], piece));
  }
  return y;
}
#define DEGREE(table) ((int)(sizeof(table) / sizeof(table)[0]) - 1)

INLINE __m512 piecewise(const float (*table)[32], int degree, float step, __m512 a) {
  __m512 t;
  const __m512i piece = piece_of(step, a, &t);
  return powers(table, 0, degree, piece, t);
}

/* Past these bounds the nearest float is 1. */
INLINE __m512 tanh_16(__m512 x) {
  return with_sign_of(piecewise(tanh_table, DEGREE(tanh_table), TANH_STEP, no_more_than(magnitudes(x), 9.25f)), x);
}

/* ERF_LINE is what the nearest float lacks of erf's slope at 0. */
INLINE __m512 erf_16(__m512 x) {
  __m512 t;
  const __m512i piece = piece_of(ERF_STEP, no_more_than(magnitudes(x), 3.93f), &t);
  const __m512 line = _mm512_fmadd_ps(t, every(ERF_LINE), look_up(erf_table[0], piece));
  return with_sign_of(_mm512_fmadd_ps(powers(erf_table, 1, DEGREE(erf_table), piece, t), t, line), x);
}

/* exp(x) = 2^(k / 16) exp(r), |r| <= log(2) / 32, the sixteenths of 2^(k / 16) from the table. */
INLINE __m512 exp_16(__m512 x) {
  const __m512 bounded = no_less_than(no_more_than(x, 150.0f), -150.0f);
  const __m512 shift = every(0x1.8p19f); /* its last bit is a sixteenth */
  const __m512 shifted = _mm512_fmadd_ps(bounded, every(1.44269504f), shift);
  const __m512 k = _mm512_sub_ps(shifted, shift);
  const __m512 r = _mm512_fmadd_ps(k, every(2.12194440e-4f), _mm512_fnmadd_ps(k, every(0.693359375f), bounded));
  const __m512 power = _mm512_permutexvar_ps(_mm512_castps_si512(shifted), _mm512_loadu_ps(exp_table));
  const __m512 rest = _mm512_fmadd_ps(_mm512_mul_ps(r, r), _mm512_fmadd_ps(r, every(1.0f / 6), every(0.5f)), r);
  return _mm512_scalef_ps(_mm512_fmadd_ps(power, rest, power), k);
}

/* x = m 2^e, m in [3/4, 3/2); log(m) = log(c) + log(1 + r), 1 + r = m / c. No two terms cancel: next to 1 log(c) is 0. */
INLINE __m512 log_16(__m512 x) {
  const __m512 m = _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
  const __m512 e = _mm512_sub_ps(_mm512_getexp_ps(x), _mm512_getexp_ps(m));
  const __m512i piece = _mm512_srli_epi32(_mm512_castps_si512(m), 18);
  const __m512 r = _mm512_fmsub_ps(m, look_up(log_inverses, piece), every(1));
  const __m512 whole = _mm512_fmadd_ps(e, every(0.693147181f), look_up(log_middles, piece));
  __m512 rest = every(log_rest[3]);
  for (int j = 2; j >= 0; j--) {
    rest = _mm512_fmadd_ps(rest, r, every(log_rest[j]));
  }
  return _mm512_add_ps(whole, _mm512_fmadd_ps(_mm512_mul_ps(r, r), rest, r));
}

/* The lanes whose |x| is past the bound, or NaN. */
INLINE __mmask16 beyond(__m512 x, float bound) {
  return _mm512_cmp_ps_mask(magnitudes(x), every(bound), _CMP_NLE_UQ);
}

/* Puts the values of an activation's own formula into those lanes. */
#define FAR_LANES(FORMULA, x, y, lanes)                               \
  if (UNLIKELY(lanes)) {                                              \
    float far[16];                                                    \
    _mm512_storeu_ps(far, x);                                         \
    INDEPENDENT for (int i = 0; i < 16; i++) {                        \
      far[i] = FORMULA(far[i]);                                       \
    }                                                                 \
    y = _mm512_mask_loadu_ps(y, lanes, far);                          \
  }

/* x share(x), where share(x) + share(-x) = 1, from share(-|x|). */
INLINE __m512 times_share(__m512 x, __m512 share) {
  return _mm512_fnmadd_ps(magnitudes(x), share, no_less_than(x, -0.0f));
}

INLINE __m512 gelu_16(__m512 x) {
  __m512 y = times_share(x, piecewise(normal_table, DEGREE(normal_table), NORMAL_STEP, magnitudes(x)));
  FAR_LANES(gelu_f32, x, y, beyond(x, 5.875f))
  return y;
}

INLINE __m512 gelu_tanh_16(__m512 x) {
  __m512 y = times_share(x, piecewise(cubic_table, DEGREE(cubic_table), CUBIC_STEP, magnitudes(x)));
  FAR_LANES(gelu_tanh_f32, x, y, beyond(x, 4.875f))
  return y;
}

INLINE __m512 silu_16(__m512 x) {
  __m512 y = times_share(x, piecewise(logistic_table, DEGREE(logistic_table), LOGISTIC_STEP, magnitudes(x)));
  FAR_LANES(silu_f32, x, y, beyond(x, 16.5f))
  return y;
}

INLINE __m512 sigmoid_16(__m512 x) {
  const __m512 below = piecewise(logistic_table, DEGREE(logistic_table), LOGISTIC_STEP, magnitudes(x));
  __m512 y = _mm512_mask_sub_ps(below, _mm512_cmp_ps_mask(x, every(0), _CMP_GT_OQ), every(1), below);
  FAR_LANES(sigmoid_f32, x, y, beyond(x, 16.5f))
  return y;
}

/* The loop over contiguous memory, in place or apart. */
#define LOOKUP(NAME, FUNCTION)                                                            \
  static void NAME##_any_f32(ch_long n, const void *xv, void *yv) {                       \
    const float *x = xv;                                                                  \
    float *y = yv;                                                                        \
    ch_long i = 0;                                                                        \
    for (; i + 16 <= n; i += 16) {                                                        \
      _mm512_storeu_ps(y + i, FUNCTION(_mm512_loadu_ps(x + i)));                          \
    }                                                                                     \
    if (i < n) {                                                                          \
      const __mmask16 lanes = (__mmask16)((1u << (n - i)) - 1);                           \
      _mm512_mask_storeu_ps(y + i, lanes, FUNCTION(_mm512_maskz_loadu_ps(lanes, x + i))); \
    }                                                                                     \
  }

#else
#define HAS_LOOKUP 0
#endif

#endif
