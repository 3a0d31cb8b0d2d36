/*
 * Float32's own versions of the activations and of their slopes, without branches, in the ways of maths.h: those made of
 * the normal distribution function Phi, and those made of the logistic curve.
 */
#ifndef CHAGRES_ACTIVATIONS_H
#define CHAGRES_ACTIVATIONS_H

#include "maths.h"

/* exp(a^2 / 2) Phi(-a), Phi the normal distribution function, a in [0, 14.6]; exp(-a^2 / 2) = (1 + *s) * 2^*n. */
INLINE float normal_tail(float a, float *s, uint32_t *n) {
  float t = (a - 3.375f) / (a + 3.375f); /* times 1 + 2 a it is a polynomial in t */
  float p = 0x1.dbccfcp-14f;
  p = mad(p, t, 0x1.b4c170p-12f);
  p = mad(p, t, -0x1.811f10p-12f);
  p = mad(p, t, -0x1.7af9eap-9f);
  p = mad(p, t, 0x1.0b6aecp-8f);
  p = mad(p, t, 0x1.0ce13cp-6f);
  p = mad(p, t, -0x1.2e4698p-4f);
  p = mad(p, t, 0x1.1bf80ep-3f);
  p = mad(p, t, -0x1.0e3274p-3f);
  p = mad(p, t, -0x1.db5138p-9f);
  p = mad(p, t, 0x1.b3a53ap-1f);
  float low, square = product(a, a, &low);
  *s = exp_parts_of(-0.5f * square, -0.5f * low, n);
  return p / mad(2.0f, a, 1.0f);
}

/* Near zero Phi and x Phi's slope are 1/2 + x times a polynomial in x^2. */
INLINE float normal_centre(float x, float z) {
  float p = 0x1.ca4a30p-14f;
  p = mad(p, z, -0x1.377658p-10f);
  p = mad(p, z, 0x1.46dae2p-7f);
  p = mad(p, z, -0x1.10587ap-4f);
  return mad(x, mad(p, z, 0x1.988454p-2f), 0.5f);
}

INLINE float gelu_slope_centre(float x, float z) {
  float p = -0x1.640bb6p-14f;
  p = mad(p, z, 0x1.24f626p-10f);
  p = mad(p, z, -0x1.367becp-7f);
  p = mad(p, z, 0x1.ea2916p-5f);
  p = mad(p, z, -0x1.1057f6p-2f);
  return mad(x, mad(p, z, 0x1.988452p-1f), 0.5f);
}

/* 0, and NaN for NaN and -inf: what turns -inf times a value of 0 into PyTorch's NaN. */
INLINE float nan_below(float x) { return at_most(x, 0.0f) * 0; }

/* Left of zero the value is x exp(..) tail, rounded once after the product. */
INLINE float gelu_f32(float x) {
  uint32_t n;
  float s, tail = normal_tail(at_most(magnitude(x), 17.0f), &s, &n);
  float w = x < 0 ? mad(at_least(x, -17.0f), tail, nan_below(x)) : tail;
  float y = scale(mad(w, s, w), n);
  y = x < 0 ? y : mad(-at_most(x, 17.0f), y, x);
  return magnitude(x) < 0.7f ? x * normal_centre(x, x * x) : y;
}

/* The same without what large numbers and NaN ask for; |x| <= GELU_NEAR. */
#define GELU_NEAR 12.5f
INLINE float gelu_near_f32(float x) {
  uint32_t n;
  float s, tail = normal_tail(magnitude(x), &s, &n);
  float below = float_of(bits_of(mad(tail, s, tail)) + (n << 23));
  float y = mad(-magnitude(x), below, at_least(x, -0.0f));
  return magnitude(x) < 0.7f ? x * normal_centre(x, x * x) : y;
}

INLINE float gelu_slope_f32(float x) {
  uint32_t n;
  float a = at_most(magnitude(x), 17.0f);
  float s, tail = normal_tail(a, &s, &n);
  float w = mad(a, -0.398942280f, tail);
  float y = scale(mad(w, s, w), n) + x * 0;
  y = x < 0 ? y : 1 - y;
  return a < 1 ? gelu_slope_centre(x, a * a) : y;
}

/* Functions of the logistic curve: from exp(-|x|) = (1 + s) 2^n and near = 1 / (1 + exp(-|x|)). */
INLINE float logistic(float x, float low, float *s, uint32_t *n) {
  *s = exp_parts_of(at_least(-magnitude(x), -150.0f), -low, n);
  return 1 / (1 + scale(1 + *s, *n));
}

INLINE float sigmoid_f32(float x) {
  uint32_t n;
  float s, near = logistic(x, 0, &s, &n);
  return x < 0 ? scale(mad(near, s, near), n) : near;
}

/* 1 + exp(-x - low), |x| <= LOGISTIC_NEAR: what 1 may lose is added to the smaller part of exp(-x - low) = 2^n + s 2^n. */
#define LOGISTIC_NEAR 87.0f
INLINE float logistic_divisor(float x, float low) {
  uint32_t n;
  float s = exp_parts_of(-x, -low, &n), power = float_of((n + 127) << 23);
  return mad(s, power, 1) + power;
}

INLINE float sigmoid_near_f32(float x) { return 1 / logistic_divisor(x, 0); }
INLINE float silu_near_f32(float x) { return x / logistic_divisor(x, 0); }

/* log(1 + exp(x)): the logarithm sees what max(x, 0) leaves, and carries a NaN. */
INLINE float softplus_f32(float x) { return (x > 0 ? x : 0) + log1p_f32(exp_f32(-magnitude(x))); }

/* x sigmoid(v); v may be known to twice the precision, and is past -150 where x is past -17. */
INLINE float silu_of(float x, float v, float low) {
  uint32_t n;
  float s = exp_parts_of(at_least(-magnitude(v), -150.0f), -with_sign(low, sign_of(v)), &n);
  float w = x / (1 + scale(1 + s, n));
  float below = mad(w, s, w);
  return v < 0 ? scale(below, n) : w;
}

INLINE float silu_f32(float x) { return silu_of(at_least(x, -200.0f) + nan_below(x), x, 0); }

INLINE float silu_slope_f32(float x) {
  uint32_t n;
  float s, near = logistic(x, 0, &s, &n);
  float far = scale(mad(near, s, near), n);
  return x < 0 ? far * mad(x, near, 1) : near * mad(x, far, 1);
}

/* v = 2 sqrt(2 / pi) (x + 0.044715 x^3), to twice the precision: exp magnifies its error. |x| <= 17. */
INLINE float gelu_tanh_argument(float x, float *low) {
  float square_low, square = product(x, x, &square_low);
  float term_low, term = product(square, 0.0713548163f, &term_low);
  term_low += mad(square_low, 0.0713548163f, square * 2.39883233e-9f);
  float sum = 1.59576912f + term;
  float sum_low = term > 1.59576912f ? (term - sum) + 1.59576912f : (1.59576912f - sum) + term;
  sum_low += term_low - 4.53406804e-8f;
  float hi = product(x, sum, low);
  *low = mad(x, sum_low, *low);
  return hi;
}

INLINE float gelu_tanh_f32(float x) {
  float low, near_zero = at_least(x, -17.0f), v = gelu_tanh_argument(at_most(near_zero, 17.0f), &low);
  return silu_of(near_zero + nan_below(x), v, low);
}

#define GELU_TANH_NEAR 9.5f
INLINE float gelu_tanh_near_f32(float x) {
  float low, v = gelu_tanh_argument(x, &low);
  return x / logistic_divisor(v, low);
}

INLINE float gelu_tanh_slope_f32(float x) {
  uint32_t n;
  float low, bounded = at_least(at_most(x, 17.0f), -17.0f), v = gelu_tanh_argument(bounded, &low);
  float s, near = logistic(v, with_sign(low, sign_of(v)), &s, &n);
  float far = scale(mad(near, s, near), n);
  float slope = mad(bounded * bounded, 0.214064449f, 1.59576912f);
  float turn = bounded * (far * near) * slope;
  return (x < 0 ? far : near) + mad(x, 0, turn);
}

#endif
