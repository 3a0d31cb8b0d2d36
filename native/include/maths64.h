/*
 * The float64 functions that are worth their own vector code; the others are libm's. Same ways as maths.h: reductions of
 * Cody and Waite, minimax polynomials by Lawson's iteration in 50 digits, no branches. Within 2 ulp, tanh
 * within 3, sin and cos within 2.5 where products are not fused (native/test/accuracy.c).
 */
#ifndef CHAGRES_MATHS64_H
#define CHAGRES_MATHS64_H

#include "bits.h"

#define LARGEST_ANGLE_F64 1e6

/* 2^k for a whole k, -1022 <= k <= 1023: adding 1.5 * 2^52 + 1023 leaves the exponent's bits at the bottom. */
INLINE double power_of_two(double k) { return f64_of(bits_of_f64(k + 6755399441056767.0) << 52); }

/* Rounds to an integer, |x| < 2^51; its low bits are those of the result's second value. */
INLINE double nearest_f64(double x, uint64_t *bits) {
  double shifted = x + 6755399441055744.0;
  *bits = bits_of_f64(shifted);
  return shifted - 6755399441055744.0;
}

/* x = k log(2) + r, |r| <= log(2) / 2. */
INLINE double exp_rest(double x, double *k) {
  uint64_t bits;
  *k = nearest_f64(x * 1.4426950408889634, &bits);
  double r = mad_f64(*k, -0x1.62e42fef00000p-1, x);
  return mad_f64(*k, -0x1.473de6af278edp-34, r);
}

INLINE double exp_f64(double x) {
  double k;
  x = x > 720 ? 720 : x;
  x = x < -760 ? -760 : x;
  double r = exp_rest(x, &k);
  double q = 0x1.af7d803bac882p-26;
  q = mad_f64(q, r, 0x1.28b064cae0300p-22);
  q = mad_f64(q, r, 0x1.71dde5167e968p-19);
  q = mad_f64(q, r, 0x1.a01996702d44dp-16);
  q = mad_f64(q, r, 0x1.a01a01b8625fbp-13);
  q = mad_f64(q, r, 0x1.6c16c185b7a04p-10);
  q = mad_f64(q, r, 0x1.111111110de28p-7);
  q = mad_f64(q, r, 0x1.555555554ffccp-5);
  q = mad_f64(q, r, 0x1.555555555555fp-3);
  q = mad_f64(q, r, 0x1.000000000000cp-1);
  double m = mad_f64(r * r, q, r) + 1, half = floor(k * 0.5);
  return m * power_of_two(half) * power_of_two(k - half);
}

INLINE double expm1_f64(double x) {
  double bounded = x > 710 ? 710 : x;
  bounded = bounded < -40 ? -40 : bounded;
  double k, r = exp_rest(bounded, &k);
  double q = 0x1.1f957f9e1d049p-29;
  q = mad_f64(q, r, 0x1.af5eba96828d3p-26);
  q = mad_f64(q, r, 0x1.27e4c58d6aceep-22);
  q = mad_f64(q, r, 0x1.71ddf85643e7bp-19);
  q = mad_f64(q, r, 0x1.a01a01b0c060cp-16);
  q = mad_f64(q, r, 0x1.a01a01afe418bp-13);
  q = mad_f64(q, r, 0x1.6c16c16c14435p-10);
  q = mad_f64(q, r, 0x1.111111110f6b1p-7);
  q = mad_f64(q, r, 0x1.555555555555ap-5);
  q = mad_f64(q, r, 0x1.5555555555559p-3);
  q = mad_f64(q, r, 0.5);
  double e = mad_f64(r * r, q, r), half = power_of_two(k - 1);
  double y = 2 * mad_f64(half, e, half - 0.5);
  return magnitude_f64(x) < 0x1p-54 ? x : y;
}

/* With t = expm1(2 |x|): t / (t + 2). */
INLINE double tanh_f64(double x) {
  double a = magnitude_f64(x);
  double t = expm1_f64(2 * (a > 20 ? 20 : a));
  double y = t / (t + 2);
  y = a < 0x1p-28 ? a : y;
  return f64_of(bits_of_f64(y) ^ sign_of_f64(x));
}

/* log(1 + f) + e log(2) = f - (f^2 / 2 - s (f^2 / 2 + R)) + ..., s = f / (2 + f), R a polynomial in s^2. */
INLINE double log_parts_f64(double f, double e) {
  double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
  double p = 0x1.2f0dd93c13968p-3;
  p = mad_f64(p, z, 0x1.39a0ecebb98a1p-3);
  p = mad_f64(p, z, 0x1.746646857c65cp-3);
  p = mad_f64(p, z, 0x1.c71c51e60d1a8p-3);
  p = mad_f64(p, z, 0x1.249249421a5ffp-2);
  p = mad_f64(p, z, 0x1.999999997faf5p-2);
  p = mad_f64(p, z, 0x1.5555555555593p-1);
  double low = mad_f64(e, 0x1.473de6af278edp-34, s * mad_f64(p, z, half));
  return mad_f64(e, 0x1.62e42fef00000p-1, f - (half - low));
}

/* x = (1 + f) 2^e with 1 + f in [sqrt(1/2), sqrt(2)], x positive and finite. */
INLINE double log_split_f64(double x, double *e) {
  int denormal = x < 0x1p-1022;
  uint64_t shifted = bits_of_f64(denormal ? x * 0x1p54 : x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  *e = f64_of(shifted >> 52 | 0x4330000000000000) - (denormal ? 0x1p52 + 1077 : 0x1p52 + 1023);
  return f64_of((shifted & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1;
}

INLINE double log_edges_f64(double x, double y) {
  double outside = x == 0 ? -(double)INFINITY : (double)NAN;
  y = x > 0 ? y : outside;
  return x == (double)INFINITY ? x : y;
}

INLINE double log_f64(double x) {
  double e, f = log_split_f64(x, &e);
  return log_edges_f64(x, log_parts_f64(f, e));
}

INLINE double log1p_f64(double x) {
  double u = 1 + x, e, far = log_split_f64(u, &e);
  double inverse = power_of_two(-e), f = mad_f64(inverse, x, inverse - 1);
  f = u > 0x1p60 ? far : f;
  double y = log_edges_f64(u, log_parts_f64(f, e));
  return magnitude_f64(x) < 0x1p-54 ? x : y;
}

/* a = r + quarter * pi / 2; |a| <= LARGEST_ANGLE_F64. */
INLINE double reduce_angle_f64(double a, uint64_t *quarter) {
  double k = nearest_f64(a * 0.63661977236758134, quarter);
#if HAS_FMA
  double r = mad_f64(k, -0x1.921fb54442d18p+0, a);
  r = mad_f64(k, -0x1.1a62633145c07p-54, r);
  return mad_f64(k, 0x1.f1976b7ed8fbcp-110, r);
#else
  double r = a - k * 0x1.921fb54400000p+0;
  r = r - k * 0x1.0b4611a600000p-34;
  r = r - k * 0x1.3198a2e000000p-69;
  return r - k * 0x1.b839a252049c1p-104;
#endif
}

INLINE double sin_kernel_f64(double r, double z) {
  double p = 0x1.5d915c09ec88ap-33;
  p = mad_f64(p, z, -0x1.ae5e60bcc99a6p-26);
  p = mad_f64(p, z, 0x1.71de3570f2322p-19);
  p = mad_f64(p, z, -0x1.a01a019c0a19cp-13);
  p = mad_f64(p, z, 0x1.111111110f841p-7);
  p = mad_f64(p, z, -0x1.5555555555549p-3);
  return mad_f64(p * z, r, r);
}

INLINE double cos_kernel_f64(double z) {
  double p = -0x1.8facca002b49ap-37;
  p = mad_f64(p, z, 0x1.1ee9e8816493ap-29);
  p = mad_f64(p, z, -0x1.27e4f8051b1b4p-22);
  p = mad_f64(p, z, 0x1.a01a019cab4e6p-16);
  p = mad_f64(p, z, -0x1.6c16c16c1513ep-10);
  p = mad_f64(p, z, 0x1.555555555554cp-5);
  double half = 0.5 * z, top = 1 - half;
  return top + mad_f64(p * z, z, (1 - top) - half);
}

INLINE double sin_f64(double x) {
  uint64_t quarter;
  double r = reduce_angle_f64(magnitude_f64(x), &quarter), z = r * r;
  double y = quarter & 1 ? cos_kernel_f64(z) : sin_kernel_f64(r, z);
  return f64_of(bits_of_f64(y) ^ sign_of_f64(x) ^ (quarter & 2) << 62);
}

INLINE double cos_f64(double x) {
  uint64_t quarter;
  double r = reduce_angle_f64(magnitude_f64(x), &quarter), z = r * r;
  double y = quarter & 1 ? sin_kernel_f64(r, z) : cos_kernel_f64(z);
  return f64_of(bits_of_f64(y) ^ ((quarter + 1) & 2) << 62);
}

/* ---- the logarithm of |Gamma|: libm's ---- */

/* Where lgamma writes the sign to a variable of the process, which threads would share, there is lgamma_r beside it. */
#if defined(_WIN32) || defined(CHAGRES_CUDA)
INLINE double lgamma_f64(double x) { return lgamma(x); }
#else
extern double lgamma_r(double x, int *sign);
INLINE double lgamma_f64(double x) {
  int sign;
  return lgamma_r(x, &sign);
}
#endif

#endif
