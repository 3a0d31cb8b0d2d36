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

/* 2^k exp(r), |r| <= log(2) / 32; k has four bits after the point, which are the last of `shifted`. */
INLINE __m512 scaled_exp_16(__m512 shifted, __m512 k, __m512 r) {
  const __m512 power = _mm512_permutexvar_ps(_mm512_castps_si512(shifted), _mm512_loadu_ps(exp_table));
  const __m512 rest = _mm512_fmadd_ps(_mm512_mul_ps(r, r), _mm512_fmadd_ps(r, every(1.0f / 6), every(0.5f)), r);
  return _mm512_scalef_ps(_mm512_fmadd_ps(power, rest, power), k);
}

INLINE __m512 exp_16(__m512 x) {
  const __m512 bounded = no_less_than(no_more_than(x, 150.0f), -150.0f);
  const __m512 shift = every(0x1.8p19f); /* its last bit is a sixteenth */
  const __m512 shifted = _mm512_fmadd_ps(bounded, every(1.44269504f), shift);
  const __m512 k = _mm512_sub_ps(shifted, shift);
  const __m512 r = _mm512_fmadd_ps(k, every(2.12194440e-4f), _mm512_fnmadd_ps(k, every(0.693359375f), bounded));
  return scaled_exp_16(shifted, k, r);
}

/* x = m 2^e, m in [3/4, 3/2), and the number of m's piece in the tables of logarithms. */
INLINE __m512i mantissa_and_exponent(__m512 x, __m512 *m, __m512 *e) {
  *m = _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
  *e = _mm512_sub_ps(_mm512_getexp_ps(x), _mm512_getexp_ps(*m));
  return _mm512_srli_epi32(_mm512_castps_si512(*m), 18);
}

/* e log(2) + log(c) + log(1 + r), 1 + r = m / c. No two terms cancel: next to 1 log(c) is 0. */
INLINE __m512 log_16(__m512 x) {
  __m512 m, e;
  const __m512i piece = mantissa_and_exponent(x, &m, &e);
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

/*
 * hi + *lo = log2(x), x positive and finite, to about 2^-33 of it: r is m / c - 1 exactly with r_low, and r - r^2 / 2 and the
 * product with 1 / log(2) are carried to twice the precision.
 */
INLINE __m512 log2_pair_16(__m512 x, __m512 *lo) {
  __m512 m, e;
  const __m512i piece = mantissa_and_exponent(x, &m, &e);
  const __m512 inverse = look_up(log_inverses, piece), quotient = _mm512_mul_ps(m, inverse);
  const __m512 r = _mm512_sub_ps(quotient, every(1)), r_low = _mm512_fmsub_ps(m, inverse, quotient);
  const __m512 half = _mm512_mul_ps(r, every(-0.5f)), v = _mm512_fmadd_ps(half, r, r);
  const __m512 v_low = _mm512_fmadd_ps(half, r, _mm512_sub_ps(r, v));
  __m512 third = every(log_third[4]);
  for (int j = 3; j >= 0; j--) {
    third = _mm512_fmadd_ps(third, r, every(log_third[j]));
  }
  const __m512 cube = _mm512_mul_ps(_mm512_mul_ps(r, r), r);
  const __m512 rest = _mm512_fmadd_ps(cube, third, _mm512_add_ps(v_low, _mm512_fnmadd_ps(r_low, r, r_low)));
  const __m512 line = _mm512_mul_ps(v, every(0x1.715476p+0f));
  const __m512 line_low = _mm512_fmadd_ps(v, every(0x1.4ae0c0p-26f), _mm512_fmsub_ps(v, every(0x1.715476p+0f), line));
  const __m512 first = _mm512_add_ps(e, look_up(log2_middles, piece)), sum = _mm512_add_ps(first, line);
  const __m512 sum_low = _mm512_add_ps(_mm512_sub_ps(first, sum), line);
  const __m512 small = _mm512_fmadd_ps(rest, every(0x1.715476p+0f), _mm512_add_ps(line_low, look_up(log2_rests, piece)));
  const __m512 low = _mm512_add_ps(sum_low, small), hi = _mm512_add_ps(sum, low);
  *lo = _mm512_sub_ps(low, _mm512_sub_ps(hi, sum));
  return hi;
}

INLINE __mmask16 is_whole(__m512 x) {
  return _mm512_cmp_ps_mask(_mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), x, _CMP_EQ_OQ);
}

/* 2^(w + low), |w| <= 150. */
INLINE __m512 exp2_pair_16(__m512 w, __m512 low) {
  const __m512 shift = every(0x1.8p19f), shifted = _mm512_add_ps(w, shift), k = _mm512_sub_ps(shifted, shift);
  const __m512 r = _mm512_mul_ps(_mm512_add_ps(_mm512_sub_ps(w, k), low), every(0.693147181f));
  return scaled_exp_16(shifted, k, r);
}

/* |x|^y and the sign of an odd power; the lanes of other operands are pow_f32's. */
INLINE __m512 pow_16(__m512 x, __m512 y) {
  const __m512 size = magnitudes(x), zero = every(0);
  __m512 lo, hi = log2_pair_16(size, &lo);
  const __m512 w = _mm512_mul_ps(y, hi), low = _mm512_fmadd_ps(y, lo, _mm512_fmsub_ps(y, hi, w));
  const __mmask16 below = _mm512_cmp_ps_mask(x, zero, _CMP_LT_OQ);
  const __mmask16 whole = is_whole(y), even = is_whole(_mm512_mul_ps(y, every(0.5f)));
  const __m512 power = exp2_pair_16(w, low);
  __m512 z = _mm512_mask_sub_ps(power, below & (__mmask16)~even, zero, power);
  z = _mm512_mask_mov_ps(z, below & (__mmask16)~whole, every(NAN));
  const __mmask16 finite = _mm512_cmp_ps_mask(size, zero, _CMP_GT_OQ) & _mm512_cmp_ps_mask(size, every(INFINITY), _CMP_LT_OQ);
  const __mmask16 lanes = beyond(w, 150) | (__mmask16)~finite;
  if (UNLIKELY(lanes)) {
    float far[16], exponents[16];
    _mm512_storeu_ps(far, x);
    _mm512_storeu_ps(exponents, y);
    INDEPENDENT for (int i = 0; i < 16; i++) {
      far[i] = pow_f32(far[i], exponents[i]);
    }
    z = _mm512_mask_loadu_ps(z, lanes, far);
  }
  return z;
}

/*
 * The loops over contiguous memory, in place or apart. What is left over at the end is done with what lies before it: a part of
 * a vector costs 200 ns where the rest would reach into another page.
 */
#define LOOKUP(NAME, FUNCTION)                                                        \
  static void NAME##_any_f32(ch_long n, const void *xv, void *yv) {                   \
    const float *x = xv;                                                              \
    float *y = yv;                                                                    \
    if (n < 16) {                                                                     \
      const __mmask16 lanes = (__mmask16)((1u << n) - 1);                             \
      _mm512_mask_storeu_ps(y, lanes, FUNCTION(_mm512_maskz_loadu_ps(lanes, x)));     \
      return;                                                                         \
    }                                                                                 \
    const __m512 last = FUNCTION(_mm512_loadu_ps(x + n - 16)); /* y may be x */       \
    for (ch_long i = 0; i + 16 <= n; i += 16) {                                       \
      _mm512_storeu_ps(y + i, FUNCTION(_mm512_loadu_ps(x + i)));                      \
    }                                                                                 \
    _mm512_storeu_ps(y + n - 16, last);                                               \
  }

INLINE void lookup_pow(ch_long n, const float *a, const float *b, float *y) {
  if (n < 16) {
    const __mmask16 lanes = (__mmask16)((1u << n) - 1);
    const __m512 one = every(1);
    _mm512_mask_storeu_ps(y, lanes, pow_16(_mm512_mask_loadu_ps(one, lanes, a), _mm512_mask_loadu_ps(one, lanes, b)));
    return;
  }
  const __m512 last = pow_16(_mm512_loadu_ps(a + n - 16), _mm512_loadu_ps(b + n - 16));
  for (ch_long i = 0; i + 16 <= n; i += 16) {
    _mm512_storeu_ps(y + i, pow_16(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i)));
  }
  _mm512_storeu_ps(y + n - 16, last);
}

#else
#define HAS_LOOKUP 0
#endif

#endif
