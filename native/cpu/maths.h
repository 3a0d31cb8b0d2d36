/*
 * Float32 mathematics without branches, so that a loop over any of these functions becomes SIMD code. NaN, infinities,
 * zeros and denormals are right throughout; native/test/accuracy.c measures the largest error of each, in ulp of the
 * float64 value.
 *
 * The polynomials are minimax fits in the stated range, made by Lawson's iteration (reweighted least squares on
 * Chebyshev nodes in 40 digits), their coefficients rounded to float32 one after the other, the later ones refitted.
 * Argument reductions are those of Cody and Waite (1980).
 */
#ifndef CHAGRES_MATHS_H
#define CHAGRES_MATHS_H

#include "bits.h"
#include "target.h"

/* The lanes beyond these bounds are for libm: sin, cos and tan of large arguments. */
#if HAS_FMA
#define LARGEST_ANGLE 100000.0f
#else
#define LARGEST_ANGLE 8000.0f
#endif

INLINE float with_sign(float x, uint32_t sign) { return float_of(bits_of(x) ^ sign); }
/* A NaN passes through both. */
INLINE float at_most(float x, float bound) { return x > bound ? bound : x; }
INLINE float at_least(float x, float bound) { return x < bound ? bound : x; }

/* hi + *lo = a * b, to twice the precision. */
INLINE float product(float a, float b, float *lo) {
  float hi = a * b;
#if HAS_FMA
  *lo = mad(a, b, -hi);
#else
  float ah = float_of(bits_of(a) & 0xfffff000), al = a - ah; /* Dekker 1971 */
  float bh = float_of(bits_of(b) & 0xfffff000), bl = b - bh;
  *lo = ((ah * bh - hi) + ah * bl + al * bh) + al * bl;
#endif
  return hi;
}

/* Rounds to an integer by adding 1.5 * 2^23: the float result, and the integer in the low bits of *n. |x| < 2^22. */
INLINE float nearest(float x, uint32_t *n) {
  float shifted = x + 12582912.0f;
  *n = bits_of(shifted) - 0x4b400000u;
  return shifted - 12582912.0f;
}

/* m * 2^n in two steps, so that the only rounding is that into a denormal; -252 <= n <= 254. */
INLINE float scale(float m, uint32_t n) {
  uint32_t half = (uint32_t)((int32_t)n >> 1);
  return m * float_of((half + 127) << 23) * float_of((n - half + 127) << 23);
}

/* ---- exponentials ---------------------------------------------------------------------------------------------- */

/* exp(x) = (1 + s) * 2^*n with s in [-0.3, 0.42]; |x| <= 150. */
INLINE float exp_parts(float x, uint32_t *n) {
  float k = nearest(x * 1.44269504f, n);
  float r = mad(k, -0.693359375f, x);
  r = mad(k, 2.12194440e-4f, r);
  float q = 0x1.6a4996p-10f;
  q = mad(q, r, 0x1.1239a0p-7f);
  q = mad(q, r, 0x1.5558b4p-5f);
  q = mad(q, r, 0x1.555492p-3f);
  q = mad(q, r, 0x1.fffffcp-2f);
  return mad(r * r, q, r);
}

/* The same for exp(x + low), low small. */
INLINE float exp_parts_of(float x, float low, uint32_t *n) {
  float s = exp_parts(x, n);
  return mad(1 + s, low, s);
}

INLINE float exp_split(float x, uint32_t *n) { return exp_parts(x, n) + 1; }

INLINE float within_150(float x) { return at_least(at_most(x, 150.0f), -150.0f); }

/* exp(x) * 2^bias. */
INLINE float exp_biased(float x, uint32_t bias) {
  uint32_t n;
  float m = exp_split(within_150(x), &n);
  return scale(m, n + bias);
}

INLINE float exp_f32(float x) { return exp_biased(x, 0); }

/* The same where neither denormals nor infinities come of it: the exponent is added to the bits. |x| <= EXP_NEAR. */
#define EXP_NEAR 87.0f
INLINE float exp_near_f32(float x) {
  uint32_t n;
  float m = exp_split(x, &n);
  return float_of(bits_of(m) + (n << 23));
}

/* That of NaN too. */
INLINE float exp_near_or_nan_f32(float x) {
  uint32_t n;
  float m = exp_split(x, &n);
  return m * float_of((n + 127) << 23);
}

/* 2^r, r in [-1/2, 1/2]. */
INLINE float exp2_kernel(float r) {
  float q = 0x1.e0b4f4p-17f;
  q = mad(q, r, 0x1.440e4ap-13f);
  q = mad(q, r, 0x1.5da584p-10f);
  q = mad(q, r, 0x1.3b2a5cp-7f);
  q = mad(q, r, 0x1.c6b06ep-5f);
  q = mad(q, r, 0x1.ebfbe0p-3f);
  q = mad(q, r, 0x1.62e430p-1f);
  return mad(q, r, 1.0f);
}

INLINE float exp2_f32(float x) {
  uint32_t n;
  x = at_least(at_most(x, 129.0f), -151.0f);
  float r = x - nearest(x, &n);
  return scale(exp2_kernel(r), n);
}

INLINE float expm1_f32(float x) {
  uint32_t n;
  float clamped = at_least(at_most(x, 89.0f), -20.0f);
  float k = nearest(clamped * 1.44269504f, &n);
  float r = mad(k, -0.693359375f, clamped);
  r = mad(k, 2.12194440e-4f, r);
  float q = 0x1.a242e8p-13f;
  q = mad(q, r, 0x1.6d3cacp-10f);
  q = mad(q, r, 0x1.111004p-7f);
  q = mad(q, r, 0x1.5554f6p-5f);
  q = mad(q, r, 0x1.555556p-3f);
  q = mad(q, r, 0.5f);
  float e = mad(r * r, q, r);
  float half = float_of((n + 126) << 23); /* 2^(n - 1) */
  float y = 2 * mad(half, e, half - 0.5f);
  return magnitude(x) < 0x1p-25f ? x : y;
}

/* ---- logarithms ------------------------------------------------------------------------------------------------ */

/* log(1 + f) = f + log1p_rest(f), f in [sqrt(1/2) - 1, sqrt(2) - 1]. */
INLINE float log1p_rest(float f) {
  float p = 0x1.1b4370p-4f;
  p = mad(p, f, -0x1.e2e480p-4f);
  p = mad(p, f, 0x1.e64d70p-4f);
  p = mad(p, f, -0x1.fb43dep-4f);
  p = mad(p, f, 0x1.233306p-3f);
  p = mad(p, f, -0x1.5562e0p-3f);
  p = mad(p, f, 0x1.99a542p-3f);
  p = mad(p, f, -0x1.ffffeep-3f);
  p = mad(p, f, 0x1.555546p-2f);
  float z = f * f;
  return mad(p * z, f, -0.5f * z);
}

/* x = (1 + f) * 2^e with 1 + f in [sqrt(1/2), sqrt(2)]; x positive and finite. */
INLINE float log_split(float x, float *e) {
  int denormal = x < 0x1p-126f;
  uint32_t shifted = bits_of(denormal ? x * 0x1p23f : x) - 0x3f3504f3u;
  *e = (float)((int32_t)shifted >> 23) - (denormal ? 23.0f : 0.0f);
  return float_of((shifted & 0x7fffff) + 0x3f3504f3u) - 1;
}

/* The logarithm's value outside the positive finite numbers. */
INLINE float log_edges(float x, float y) {
  float outside = x == 0 ? -INFINITY : NAN;
  y = x > 0 ? y : outside;
  return x == INFINITY ? x : y;
}

INLINE float log_finite(float x) {
  float e, f = log_split(x, &e);
  float rest = mad(e, -2.12194440e-4f, log1p_rest(f));
  return mad(e, 0.693359375f, f + rest);
}

INLINE float log_f32(float x) { return log_edges(x, log_finite(x)); }

/* e + (f + rest) * factor, the factor in two parts, hi short enough that a product with f is nearly exact. */
INLINE float log_scaled(float f, float e, float hi, float lo) {
  float rest = log1p_rest(f);
  float low = mad(rest, hi + lo, f * lo);
  return e + mad(f, hi, low);
}

INLINE float log2_f32(float x) {
  float e, f = log_split(x, &e);
  return log_edges(x, log_scaled(f, e, 1.44140625f, 1.28879089e-3f));
}

INLINE float log10_f32(float x) {
  float e, f = log_split(x, &e);
  float y = log_scaled(f, e * 4.6050389811952137e-6f, 0.43359375f, 7.0073190e-4f);
  return log_edges(x, mad(e, 0.301025390625f, y));
}

INLINE float log1p_f32(float x) {
  float u = 1 + x;
  uint32_t shifted = bits_of(u) - 0x3f3504f3u;
  int32_t n = (int32_t)shifted >> 23;
  float e = (float)n;
  float inverse = float_of((uint32_t)(127 - n) << 23); /* 2^-n */
  float f = mad(inverse, x, inverse - 1);
  f = u > 0x1p30f ? float_of((shifted & 0x7fffff) + 0x3f3504f3u) - 1 : f;
  float rest = mad(e, -2.12194440e-4f, log1p_rest(f));
  float y = log_edges(u, mad(e, 0.693359375f, f + rest));
  return magnitude(x) < 0x1p-25f ? x : y;
}

/* ---- trigonometry ----------------------------------------------------------------------------------------------- */

/* a = r + *quarter * pi / 2, |r| <= pi / 4; 0 <= a <= LARGEST_ANGLE. */
INLINE float reduce_angle(float a, uint32_t *quarter) {
  float k = nearest(a * 0.636619772f, quarter);
#if HAS_FMA
  float r = mad(k, -0x1.921fb6p+0f, a);
  r = mad(k, 0x1.777a5cp-25f, r);
  return mad(k, 0x1.ee59dap-50f, r);
#else
  float r = a - k * 0x1.92p+0f;
  r = r - k * 0x1.fb4p-12f;
  r = r - k * 0x1.444p-24f;
  return r - k * 0x1.68c234p-39f;
#endif
}

INLINE float sin_kernel(float r, float z) {
  float p = 0x1.7bf19cp-19f;
  p = mad(p, z, -0x1.a058e4p-13f);
  p = mad(p, z, 0x1.111174p-7f);
  p = mad(p, z, -0x1.555556p-3f);
  return mad(p * z, r, r);
}

INLINE float cos_kernel(float z) {
  float p = 0x1.99e1d6p-16f;
  p = mad(p, z, -0x1.6c0c1cp-10f);
  p = mad(p, z, 0x1.55554ap-5f);
  return mad(p * z, z, mad(-0.5f, z, 1.0f));
}

INLINE float sin_f32(float x) {
  uint32_t quarter;
  float r = reduce_angle(magnitude(x), &quarter);
  float z = r * r;
  float y = quarter & 1 ? cos_kernel(z) : sin_kernel(r, z);
  return with_sign(y, sign_of(x) ^ (quarter & 2) << 30);
}

INLINE float cos_f32(float x) {
  uint32_t quarter;
  float r = reduce_angle(magnitude(x), &quarter);
  float z = r * r;
  float y = quarter & 1 ? sin_kernel(r, z) : cos_kernel(z);
  return with_sign(y, ((quarter + 1) & 2) << 30);
}

INLINE float tan_f32(float x) {
  uint32_t quarter;
  float r = reduce_angle(magnitude(x), &quarter);
  float z = r * r;
  float p = 0x1.28ffa4p-8f;
  p = mad(p, z, -0x1.e0c140p-13f);
  p = mad(p, z, 0x1.6b6baap-7f);
  p = mad(p, z, 0x1.5b0c44p-6f);
  p = mad(p, z, 0x1.bb056ep-5f);
  p = mad(p, z, 0x1.110c9cp-3f);
  p = mad(p, z, 0x1.555564p-2f);
  float t = mad(p * z, r, r);
  return with_sign(quarter & 1 ? -1 / t : t, sign_of(x));
}

/* asin(s) for s in [0, 1/2], z = s * s. */
INLINE float asin_kernel(float s, float z) {
  float p = 0x1.343084p-5f;
  p = mad(p, z, 0x1.d692fap-7f);
  p = mad(p, z, 0x1.04bf1ep-5f);
  p = mad(p, z, 0x1.6ca908p-5f);
  p = mad(p, z, 0x1.3338a6p-4f);
  p = mad(p, z, 0x1.55554cp-3f);
  return mad(p * z, s, s);
}

INLINE float asin_f32(float x) {
  float a = magnitude(x);
  int large = a > 0.5f;
  float z = large ? mad(a, -0.5f, 0.5f) : a * a;
  float y = asin_kernel(large ? __builtin_sqrtf(z) : a, z);
  float from_one = mad(-2.0f, y, 0x1.921fb6p+0f) - 0x1.777a5cp-25f;
  return with_sign(large ? from_one : y, sign_of(x));
}

INLINE float acos_f32(float x) {
  float a = magnitude(x);
  int large = a > 0.5f;
  float z = large ? mad(a, -0.5f, 0.5f) : a * a;
  float y = asin_kernel(large ? __builtin_sqrtf(z) : a, z);
  float right = 2 * y;
  float left = mad(-2.0f, y, 0x1.921fb6p+1f) - 0x1.777a5cp-24f;
  float middle = 0x1.921fb6p+0f - (with_sign(y, sign_of(x)) + 0x1.777a5cp-25f);
  return large ? (x > 0 ? right : left) : middle;
}

INLINE float atan_f32(float x) {
  float a = magnitude(x);
  int middle = a > 0.414213562f, large = a > 2.41421356f;
  float above = middle ? a - 1 : a, below = middle ? a + 1 : 1;
  float t = (large ? -1 : above) / (large ? a : below);
  float base = middle ? 0x1.921fb6p-1f : 0.0f, low = middle ? -0x1.777a5cp-26f : 0.0f;
  base = large ? 0x1.921fb6p+0f : base;
  low = large ? -0x1.777a5cp-25f : low;
  float z = t * t;
  float p = -0x1.f2f048p-5f;
  p = mad(p, z, 0x1.b226d8p-4f);
  p = mad(p, z, -0x1.23b9d0p-3f);
  p = mad(p, z, 0x1.9991e4p-3f);
  p = mad(p, z, -0x1.55554ap-2f);
  return with_sign(base + (t + mad(p * z, t, low)), sign_of(x));
}

INLINE float atan2_f32(float y, float x) {
  float ay = magnitude(y), ax = magnitude(x);
  int steep = ay > ax;
  float above = steep ? ax : ay, below = steep ? ay : ax;
  float t = above / below;
  t = above == below ? 1 : t;
  t = ay == 0 ? 0 : t;
  float z = t * t;
  float p = -0x1.ddf6dep-10f;
  p = mad(p, z, 0x1.69fe08p-7f);
  p = mad(p, z, -0x1.016c98p-5f);
  p = mad(p, z, 0x1.dccc5cp-5f);
  p = mad(p, z, -0x1.58c934p-4f);
  p = mad(p, z, 0x1.c0cbfap-4f);
  p = mad(p, z, -0x1.24265ap-3f);
  p = mad(p, z, 0x1.999268p-3f);
  p = mad(p, z, -0x1.555540p-2f);
  float rest = p * z * t;
  /* angle = base + sign * (t + rest), base a multiple of pi / 2 in two parts. */
  int left = sign_of(x) != 0;
  float base = steep ? 0x1.921fb6p+0f : (left ? 0x1.921fb6p+1f : 0.0f);
  float low = steep ? -0x1.777a5cp-25f : (left ? -0x1.777a5cp-24f : 0.0f);
  uint32_t flip = steep != left ? 0x80000000u : 0;
  float angle = base + (with_sign(t, flip) + (with_sign(rest, flip) + low));
  angle = base == 0 ? t + rest : angle;
  angle = ((x != x) | (y != y)) ? x + y : angle;
  return with_sign(angle, sign_of(y));
}

/* ---- hyperbolic functions ------------------------------------------------------------------------------------------ */

/* From e = exp(2 a) - 1 = (1 + s) 2^n - 1 as e / (e + 2), but near zero. */
INLINE float tanh_f32(float x) {
  float a = magnitude(x), z = a * a;
  uint32_t n;
  float s = exp_parts(2 * at_most(a, 10.0f), &n), power = float_of((n + 127) << 23);
  float e = mad(s, power, power - 1), large = e / (e + 2);
  float p = -0x1.a56448p-5f;
  p = mad(p, z, 0x1.10e1d4p-3f);
  p = mad(p, z, -0x1.555518p-2f);
  float small = mad(p * z, a, a);
  return with_sign(a < 0.25f ? small : large, sign_of(x));
}

INLINE float sinh_f32(float x) {
  float a = magnitude(x);
  float half = exp_biased(a, (uint32_t)-1);
  float z = a * a;
  float p = 0x1.75a6f4p-19f;
  p = mad(p, z, 0x1.a02156p-13f);
  p = mad(p, z, 0x1.1110e2p-7f);
  p = mad(p, z, 0x1.555556p-3f);
  float small = mad(p * z, a, a);
  return with_sign(a < 1 ? small : half - 0.25f / half, sign_of(x));
}

INLINE float cosh_f32(float x) {
  float half = exp_biased(magnitude(x), (uint32_t)-1);
  return half + 0.25f / half;
}

INLINE float asinh_f32(float x) {
  float a = magnitude(x);
  float z = a * a;
  int huge = a > 1e9f;
  float large = log1p_f32(huge ? a : a + z / (1 + __builtin_sqrtf(z + 1))) + (huge ? 0.693147181f : 0.0f);
  float p = -0x1.b1700ep-7f;
  p = mad(p, z, 0x1.cd6bdap-6f);
  p = mad(p, z, -0x1.6b9652p-5f);
  p = mad(p, z, 0x1.3324f4p-4f);
  p = mad(p, z, -0x1.555536p-3f);
  float small = mad(p * z, a, a);
  return with_sign(a < 0.5f ? small : large, sign_of(x));
}

INLINE float acosh_f32(float x) {
  float t = x - 1;
  int huge = x > 1e9f;
  float y = log1p_f32(huge ? x : t + __builtin_sqrtf(mad(t, t, 2 * t))) + (huge ? 0.693147181f : 0.0f);
  return x < 1 ? NAN : y;
}

INLINE float atanh_f32(float x) {
  float a = magnitude(x);
  float large = 0.5f * log1p_f32(2 * a / (1 - a));
  float z = a * a;
  float p = 0x1.6afe5cp-3f;
  p = mad(p, z, 0x1.a158f6p-5f);
  p = mad(p, z, 0x1.e4c590p-4f);
  p = mad(p, z, 0x1.23408ap-3f);
  p = mad(p, z, 0x1.99a73cp-3f);
  p = mad(p, z, 0x1.55553ep-2f);
  float small = mad(p * z, a, a);
  return with_sign(a < 0.5f ? small : large, sign_of(x));
}

/* ---- error function ----------------------------------------------------------------------------------------------- */

/* erf(a) / a - 1 for a in [0, 1], z = a * a. */
INLINE float erf_kernel(float z) {
  float p = 0x1.4c344ep-14f;
  p = mad(p, z, -0x1.a50b0ep-11f);
  p = mad(p, z, 0x1.542e10p-8f);
  p = mad(p, z, -0x1.b7fe90p-6f);
  p = mad(p, z, 0x1.ce2d50p-4f);
  p = mad(p, z, -0x1.812740p-2f);
  return mad(p, z, 0x1.06eba8p-3f);
}

INLINE float erf_f32(float x) {
  float a = magnitude(x);
  float small = mad(erf_kernel(a * a), a, a);
  float b = at_most(a, 4.0f);
  float q = 0x1.6c19a2p-16f; /* -log(1 - erf) on [1, 4] */
  q = mad(q, b, -0x1.cef6bep-12f);
  q = mad(q, b, 0x1.139becp-8f);
  q = mad(q, b, -0x1.9d0d5cp-6f);
  q = mad(q, b, 0x1.bc1940p-4f);
  q = mad(q, b, 0x1.4434e8p-1f);
  q = mad(q, b, 0x1.212c2ep+0f);
  q = mad(q, b, -0x1.8b4036p-13f);
  uint32_t n;
  float m = exp_split(-q, &n);
  float large = 1 - m * float_of((n + 127) << 23);
  return with_sign(a < 1 ? small : large, sign_of(x));
}

/* exp(x^2) erfc(x) (1 + 2 x) as a polynomial in (x - K) / (x + K), K = 2.375, for x in [0, 10.5]. */
INLINE float erfc_f32(float x) {
  float a = at_most(magnitude(x), 10.5f);
  float t = (a - 2.375f) / (a + 2.375f);
  float p = 0x1.497906p-13f;
  p = mad(p, t, 0x1.2dc774p-11f);
  p = mad(p, t, -0x1.f5b9cep-12f);
  p = mad(p, t, -0x1.fe408ep-9f);
  p = mad(p, t, 0x1.561db2p-8f);
  p = mad(p, t, 0x1.6ad604p-6f);
  p = mad(p, t, -0x1.81b4e2p-4f);
  p = mad(p, t, 0x1.4c5b10p-3f);
  p = mad(p, t, -0x1.d4a1f4p-4f);
  p = mad(p, t, -0x1.dec182p-4f);
  p = mad(p, t, 0x1.44959ap+0f);
  float low, square = product(a, a, &low);
  uint32_t n;
  float e = exp_parts_of(-square, -low, &n);
  float w = p / mad(2.0f, a, 1.0f);
  float y = scale(mad(w, e, w), n);
  float central = 1 - mad(erf_kernel(square), a, a);
  y = a < 0.5f ? central : y;
  return x < 0 ? 2 - y : y;
}

/* ---- powers and quotients ------------------------------------------------------------------------------------------------ */

/*
 * hi + *lo = log2((1 + f) 2^e) to about 2^-33, f as log_split has it: of s = f / (2 + f) it is 2 atanh(s) / log(2), whose terms
 * in s and s^3 are added up to twice the precision.
 */
INLINE float log2_pair(float f, float e, float *lo) {
  float d = 2 + f, d_low = f - (d - 2);
  float s = f / d, back_low, back = product(s, d, &back_low);
  float s_low = mad(-s, d_low, (f - back) - back_low) * mad(-0.5f, s, 0.5f); /* (1 - s) / 2 is 1 / d */
  float z_low, z = product(s, s, &z_low);
  float t_low, t = product(s, z, &t_low);
  z_low = mad(s + s, s_low, z_low);
  t_low = mad(s, z_low, mad(s_low, z, t_low));
  float q = 0x1.547f04p-2f;
  q = mad(q, z, 0x1.a5f49ep-2f);
  q = mad(q, z, 0x1.2776ccp-1f);
  float cube_low, cube = product(t, 0x1.ec709ep-1f, &cube_low);
  cube_low += mad(t_low, 0x1.ec709ep-1f, t * -0x1.e2fe02p-28f);
  float line_low, line = product(s, 0x1.715476p+1f, &line_low);
  line_low += mad(s, 0x1.4ae0c0p-25f, s_low * 0x1.715476p+1f);
  float first = e + line, sum = first + cube;
  float low = (line - (first - e)) + (cube - (sum - first));
  low += mad(t * z, q, line_low + cube_low);
  float hi = sum + low;
  *lo = low - (hi - sum);
  return hi;
}

/* 2^(w + low) = m 2^n. */
INLINE float exp2_parts(float w, float low, uint32_t *n) { return exp2_kernel((w - nearest(w, n)) + low); }

INLINE float pow_f32(float x, float y) {
  float ax = magnitude(x), e, f = log_split(ax, &e);
  float lo, hi = log2_pair(f, e, &lo);
  float times = at_least(at_most(y, 0x1p34f), -0x1p34f); /* with any logarithm but 0 that is too much */
  float low, w = product(times, hi, &low);
  low = magnitude(w) > 200 ? 0 : mad(times, lo, low);
  uint32_t n;
  float m = exp2_parts(at_least(at_most(w, 200.0f), -200.0f), low, &n);
  float power = scale(m, n);
  float edge = (ax == 0) == (y < 0) ? INFINITY : 0;
  power = ((ax == 0) | (ax == INFINITY)) ? edge : power;
  float half = y * 0.5f;
  int whole = __builtin_rintf(y) == y;
  int odd = whole & (__builtin_rintf(half) != half);
  power = with_sign(power, odd ? sign_of(x) : 0);
  power = ((x < 0) & !whole & (ax != INFINITY)) ? NAN : power;
  power = ((x != x) | (y != y)) ? x + y : power;
  power = ((ax == 1) & (magnitude(y) == INFINITY)) ? 1 : power;
  return ((x == 1) | (y == 0)) ? 1 : power;
}

/*
 * The same bits where x is positive and normal, and so is the power: where base_of_pow and size_of_pow are below their bounds.
 * The latter is the bits of |y| (|log2(x)| + 0.09), the logarithm off by less than 0.09.
 */
#define BASE_NEAR 0x7f000000u
#define SIZE_NEAR 0x42fa0000u /* 125 */
INLINE uint32_t base_of_pow(float x) { return bits_of(x) - 0x00800000u; }
INLINE uint32_t size_of_pow(float x, float y) {
  float about = mad((float)(int32_t)bits_of(x), 0x1p-23f, -127.0f);
  return bits_of(magnitude(y) * (magnitude(about) + 0.09f));
}

INLINE float pow_near_f32(float x, float y) {
  uint32_t shifted = bits_of(x) - 0x3f3504f3u, n;
  float e = (float)((int32_t)shifted >> 23), f = float_of((shifted & 0x7fffff) + 0x3f3504f3u) - 1;
  float lo, hi = log2_pair(f, e, &lo);
  float low, w = product(y, hi, &low);
  float m = exp2_parts(w, mad(y, lo, low), &n);
  return float_of(bits_of(m) + (n << 23));
}

/*
 * a - trunc(a / b) b, exact where |a / b| < 2^27: in double the quotient's integer part is right and its product with b
 * has no rounding. Other operands (and infinities) are for libm.
 */
INLINE float fmod_near(float a, float b) {
  double whole = __builtin_trunc((double)a / (double)b);
  float rest = (float)((double)a - whole * (double)b);
  return float_of((bits_of(rest) & 0x7fffffff) | sign_of(a));
}

INLINE int fmod_is_near(float a, float b) {
  int finite = magnitude(b) < INFINITY, near = magnitude(a) < magnitude(b) * 0x1p27f;
  return finite & near;
}

#endif
