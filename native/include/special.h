/*
 * Special functions in double, without branches where the name has no remark: those of the error function, the logarithm of
 * the gamma function and its slope. The float32 versions round the double once, so that their error is half an ulp and a
 * little; native/test/accuracy.c measures both. The polynomials are fits as in maths.h, in 50 digits. DLMF is the Digital
 * Library of Mathematical Functions, https://dlmf.nist.gov.
 */
#ifndef CHAGRES_SPECIAL_H
#define CHAGRES_SPECIAL_H

#include "bits.h"
#include "maths64.h"

#define ROOT_HALF 0.70710678118654752440
#define LN_PI 1.1447298858494001741
#define HALF_LN_TWO_PI 0.91893853320467274178

/* hi + *lo = x * x, |x| < 1e150. */
INLINE double square_f64(double x, double *lo) {
  double hi = x * x;
#if HAS_FMA
  *lo = mad_f64(x, x, -hi);
#else
  double a = f64_of(bits_of_f64(x) & 0xfffffffff8000000), b = x - a; /* Dekker 1971 */
  *lo = ((a * a - hi) + 2 * a * b) + b * b;
#endif
  return hi;
}

/* ---- the error function ------------------------------------------------------------------------------------------ */

/* exp(x^2) erfc(x) for x >= 0: times 1 + 2 x it is a polynomial in (x - K) / (x + K) (Shepherd and Laframboise 1981). */
INLINE double erfcx_right(double x) {
  double bounded = x > 1e300 ? 1e300 : x, t = (bounded - 3.75) / (bounded + 3.75);
  double p = 0x1.c62be047888fep-32;
  p = mad_f64(p, t, 0x1.59e57793e0b7cp-32);
  p = mad_f64(p, t, -0x1.5e9f0f4e5c3bep-28);
  p = mad_f64(p, t, -0x1.02a712b27e4ffp-28);
  p = mad_f64(p, t, 0x1.4a9dfd52b6d54p-25);
  p = mad_f64(p, t, 0x1.9080bf813cf56p-26);
  p = mad_f64(p, t, -0x1.1571ddf526ca0p-22);
  p = mad_f64(p, t, -0x1.ec1803118c06dp-25);
  p = mad_f64(p, t, 0x1.d62196d1290ffp-20);
  p = mad_f64(p, t, -0x1.055251649e253p-20);
  p = mad_f64(p, t, -0x1.7fff1045d861ep-17);
  p = mad_f64(p, t, 0x1.778b6c4a4b73dp-16);
  p = mad_f64(p, t, 0x1.b143731ee3e5fp-15);
  p = mad_f64(p, t, -0x1.303fa3aa59a78p-12);
  p = mad_f64(p, t, 0x1.33fb2aadeed6ep-12);
  p = mad_f64(p, t, 0x1.cc3a0e6ec66dbp-10);
  p = mad_f64(p, t, -0x1.3f603c3b4c4bdp-7);
  p = mad_f64(p, t, 0x1.d0b0037d38960p-6);
  p = mad_f64(p, t, -0x1.e0d0fa6dd4964p-5);
  p = mad_f64(p, t, 0x1.7a14188a9c2edp-4);
  p = mad_f64(p, t, -0x1.bda9309a29949p-4);
  p = mad_f64(p, t, 0x1.510169d0966c8p-4);
  p = mad_f64(p, t, 0x1.d5f294815a6f9p-9);
  p = mad_f64(p, t, -0x1.1f367683f89a5p-3);
  p = mad_f64(p, t, 0x1.3ccda0b5d5dc2p+0);
  return 0.5 * p / (0.5 + x);
}

INLINE double erfcx_f64(double x) {
  double a = magnitude_f64(x), right = erfcx_right(a), lo;
  double hi = square_f64(a > 30 ? 30 : a, &lo);
  return x < 0 ? 2 * (exp_f64(hi) * (1 + lo)) - right : right;
}

/* exp(-a^2 / 2), a >= 0. */
INLINE double bell_f64(double a) {
  double lo, hi = square_f64(a > 40 ? 40 : a, &lo);
  return exp_f64(-0.5 * hi) * (1 - 0.5 * lo);
}

/* The normal distribution function; the left tail keeps its relative accuracy. */
INLINE double ndtr_f64(double x) {
  double a = magnitude_f64(x), tail = 0.5 * bell_f64(a) * erfcx_right(a * ROOT_HALF);
  return x > 0 ? 1 - tail : tail;
}

INLINE double log_ndtr_f64(double x) {
  double a = magnitude_f64(x), half = 0.5 * erfcx_right(a * ROOT_HALF);
  return x > 0 ? log1p_f64(-bell_f64(a) * half) : log_f64(half) - 0.5 * a * a;
}

/* erf^-1(x) to 2e-9, from w = -log(1 - x^2), for which Giles (2010) found the fits to be short. */
INLINE double erfinv_start(double x, double w) {
  double t = w - 3, p = -0x1.0879516f02a06p-36;
  p = mad_f64(p, t, 0x1.870c210add8b1p-36);
  p = mad_f64(p, t, 0x1.292b1ab54ea22p-30);
  p = mad_f64(p, t, -0x1.9aff4d923588ep-28);
  p = mad_f64(p, t, -0x1.9459f2830b37dp-26);
  p = mad_f64(p, t, 0x1.e5e37427985f8p-22);
  p = mad_f64(p, t, -0x1.d54fae635d3c3p-20);
  p = mad_f64(p, t, -0x1.aae70661413ebp-17);
  p = mad_f64(p, t, 0x1.9912d3d01765ep-13);
  p = mad_f64(p, t, -0x1.b66583de72536p-11);
  p = mad_f64(p, t, -0x1.780dee5f8243ap-8);
  p = mad_f64(p, t, 0x1.eedbeb957350cp-3);
  p = mad_f64(p, t, 0x1.9fa072ed3f212p+0);
  double root = sqrt(w), u = 1 / root - 0.25, q = 0x1.fd54e1a136ecfp+24; /* 2.4 <= root <= 28 */
  q = mad_f64(q, u, 0x1.bbde69301d4e9p+23);
  q = mad_f64(q, u, -0x1.eb5996f84e6d7p+21);
  q = mad_f64(q, u, -0x1.1e66d6389a90bp+21);
  q = mad_f64(q, u, 0x1.065bf97c2837cp+17);
  q = mad_f64(q, u, 0x1.482169059e2c1p+17);
  q = mad_f64(q, u, 0x1.5976735df0562p+12);
  q = mad_f64(q, u, -0x1.a2f5d346b67c2p+12);
  q = mad_f64(q, u, -0x1.9a0ddd87fecadp+9);
  q = mad_f64(q, u, 0x1.eb9f16e280d7bp+6);
  q = mad_f64(q, u, 0x1.25c11597ce31bp+5);
  q = mad_f64(q, u, 0x1.5d877b3fc0f59p+2);
  q = mad_f64(q, u, -0x1.23ace62834a35p-1);
  q = mad_f64(q, u, 0x1.2259b015b30aap-1);
  q = mad_f64(q, u, 0x1.4a42266c9b394p-4);
  q = mad_f64(q, u, -0x1.95e426a586e0ap-3);
  q = mad_f64(q, u, 0x1.eb7e091600fabp-1);
  q = w == (double)INFINITY ? 1 : q;
  return x * (w < 6 ? p : root * q);
}

INLINE double erfinv_rough(double x) { return erfinv_start(x, -log_f64((1 - x) * (1 + x))); }

/* One step of Halley's method triples the digits; the complement keeps those next to 1. An element at a time. */
SLOW double erfinv_f64(double x) {
  double y = erfinv_rough(x), a = magnitude_f64(x), b = magnitude_f64(y);
  if (!(a < 1) || a < 1e-8) {
    return a < 1e-8 ? x * 0.88622692545275801365 : y;
  }
  double off = a < 0.5 ? erf(b) - a : (1 - a) - erfc(b);
  double step = off * 0.88622692545275801365 * exp_f64(b * b);
  b -= step / (1 + b * step);
  return x < 0 ? -b : b;
}

INLINE double ndtri_rough(double p) { return erfinv_start(2 * p - 1, -log_f64(4 * p * (1 - p))) / ROOT_HALF; }

/* The quantile of the normal distribution; beyond the middle the tail that is left is compared, by its logarithm. */
SLOW double ndtri_f64(double p) {
  if (p > 0.25 && p < 0.75) {
    return erfinv_f64(2 * p - 1) / ROOT_HALF;
  }
  double y = ndtri_rough(p), b = magnitude_f64(y);
  if (!(p > 0 && p < 1)) {
    return y;
  }
  double left = exp_f64(log_f64(p < 0.5 ? p : 1 - p) + 0.5 * b * b);
  double step = (left - 0.5 * erfcx_right(b * ROOT_HALF)) * 2.50662827463100050242;
  b -= step / (1 + 0.5 * b * step);
  return p < 0.5 ? -b : b;
}

/* ---- the gamma function -------------------------------------------------------------------------------------------- */

/* sin and cos of pi times what x has beyond a whole number, without their signs, from half a turn at most. */
INLINE double sine_of_half_turns(double x, double *cosine) {
  double rest = magnitude_f64(x - rint(x));
  int low = rest <= 0.25;
  double r = 3.14159265358979323846 * (low ? rest : 0.5 - rest);
  double s = sin_kernel_f64(r, r * r), c = cos_kernel_f64(r * r);
  *cosine = low ? c : s;
  return low ? s : c;
}

/* log Gamma(z) to 1e-10 of itself, z > 0: a fit between its zeros 1 and 2, Stirling's series (DLMF 5.11.1) to the right. */
INLINE double lgamma_right(double z) {
  int below = z < 0.8, shifted = z < 8;
  double x = below ? z + 1 : z, t = x - 1.55;
  double p = -0x1.c531681c79d32p-14;
  p = mad_f64(p, t, 0x1.5d0302f8e3f5fp-13);
  p = mad_f64(p, t, -0x1.f88e5e54fb319p-16);
  p = mad_f64(p, t, 0x1.36c0fcd05d2a7p-14);
  p = mad_f64(p, t, -0x1.6e7a47ae32186p-12);
  p = mad_f64(p, t, 0x1.28b1819bd0ebep-11);
  p = mad_f64(p, t, -0x1.bc7492649f933p-11);
  p = mad_f64(p, t, 0x1.7d7871728cc9cp-10);
  p = mad_f64(p, t, -0x1.4cf9b8dc7fbd1p-9);
  p = mad_f64(p, t, 0x1.237d730ab051cp-8);
  p = mad_f64(p, t, -0x1.046c5e392d3a6p-7);
  p = mad_f64(p, t, 0x1.df72094f41920p-7);
  p = mad_f64(p, t, -0x1.cd90fa2c25fb9p-6);
  p = mad_f64(p, t, 0x1.dedeb130b52bcp-5);
  p = mad_f64(p, t, -0x1.1e81823107ec9p-3);
  p = mad_f64(p, t, 0x1.e76875e5150b3p-2);
  double near = p * (x - 1) * (x - 2);
  double y = shifted ? z + 5 : z, product = shifted ? z * (z + 1) * (z + 2) * (z + 3) * (z + 4) : 1;
  double r = 1 / y, r2 = r * r;
  double series = r * (0x1.5555555555555p-4 - r2 * (0x1.6c16c16c16c17p-9 - r2 * (0x1.a01a01a01a01ap-11 - r2 * (1.0 / 1680))));
  double far = (y - 0.5) * log_f64(y) - y + HALF_LN_TWO_PI + series;
  double core = x > 2.3 ? far : near, factor = below ? z : (x > 2.3 ? product : 1);
  return core - log_f64(factor);
}

/* To the left by Gamma(x) Gamma(1 - x) = pi / sin(pi x) (DLMF 5.5.3). */
INLINE float lgamma_f32(float x) {
  double d = (double)x, cosine, sine = sine_of_half_turns(d, &cosine);
  double right = lgamma_right(d < 0 ? 1 - d : d);
  double y = d < 0 ? LN_PI - log_f64(sine) - right : right;
  y = sine == 0 && d < 0 ? (double)INFINITY : y;
  return magnitude(x) == INFINITY ? INFINITY : (float)y;
}

/* psi(x): the sum of 1 / (x + k) up to 10, from there the asymptotic series (DLMF 5.5.2 and 5.11.2), reflected (5.5.4). */
INLINE double digamma_f64(double x) {
  double cosine, sine = sine_of_half_turns(x, &cosine);
  double rest = x - rint(x);
  double z = x < 0 ? 1 - x : x;
  int shifted = z < 10;
  double slope = 0, product = 1;
  for (int k = 1; k < 10; k++) {
    double factor = z + k;
    slope = mad_f64(slope, factor, product);
    product *= factor;
  }
  double below = shifted ? 1 / z + slope / product : 0, y = shifted ? z + 10 : z;
  double r = 1 / y, r2 = r * r;
  double p = 3617.0 / 8160;
  p = mad_f64(p, -r2, 1.0 / 12);
  p = mad_f64(p, -r2, 691.0 / 32760);
  p = mad_f64(p, -r2, 1.0 / 132);
  p = mad_f64(p, -r2, 1.0 / 240);
  p = mad_f64(p, -r2, 1.0 / 252);
  p = mad_f64(p, -r2, 1.0 / 120);
  p = mad_f64(p, -r2, 1.0 / 12);
  double right = (log_f64(y) - 0.5 * r - r2 * p) - below;
  double cotangent = 3.14159265358979323846 * cosine / (rest < 0 ? -sine : sine);
  double left = rest == 0 ? (double)NAN : right - cotangent;
  double pole = f64_of(bits_of_f64((double)INFINITY) | (sign_of_f64(x) ^ 0x8000000000000000));
  return x < 0 ? left : (x == 0 ? pole : right);
}

/*
 * The zeta function of Hurwitz, the sum of (q + k)^-s, for q > 0 and s > 1, by Euler and Maclaurin (DLMF 25.11.5); times q^s if
 * it is to be scaled, for powers that a double would not hold. An element at a time.
 */
SLOW double hurwitz_zeta(double s, double q, int scaled) {
  static const double bernoulli[] = {/* B_2k / (2 k)! */
      1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160, -691.0 / 1307674368000.0, 1.0 / 74724249600.0,
      -3617.0 / 10670622842880000.0, 43867.0 / 5109094217170944000.0, -174611.0 / 802857662698291200000.0};
  double sum = 0, y = q;
  for (int k = 0; k < 100 && y < 10 + 0.5 * s; k++, y += 1) { /* where s is large they fall by e^2 and more */
    double term = scaled ? pow(q / y, s) : pow(y, -s);
    sum += term;
    if (!(term > 1e-17 * sum)) {
      return sum;
    }
  }
  double power = scaled ? pow(q / y, s) : pow(y, -s), factor = power * s / y, tail = power * y / (s - 1) + 0.5 * power;
  for (int k = 0; k < 10; k++) {
    tail += bernoulli[k] * factor;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (y * y);
  }
  return sum + tail;
}

/* n! zeta(n + 1, q), q > 0. */
SLOW double polygamma_right(double n, double q) {
  double s = n + 1;
  return n < 20 ? tgamma(s) * hurwitz_zeta(s, q, 0) : exp(lgamma_f64(s) - s * log(q)) * hurwitz_zeta(s, q, 1);
}

/*
 * The derivative of psi whose order is n, rounded to an integer: (-1)^(n + 1) n! zeta(n + 1, x) (DLMF 5.15.1). Left of 0 the
 * terms before the change of sign are the difference of two zeta functions, those after it a third. -infinity is one of the
 * poles but for n = 1, as in PyTorch.
 */
SLOW double polygamma_f64(double n, double x) {
  n = rint(n);
  if (n == 0) {
    return digamma_f64(x);
  }
  double sign = fmod(n, 2) == 0 ? -1 : 1, below = floor(x);
  if (!(n > 0) || x != x || (n == 1 && x == -(double)INFINITY)) {
    return (double)NAN;
  } else if (x == (double)INFINITY) {
    return sign * 0;
  } else if (x > 0) {
    return sign * polygamma_right(n, x);
  } else if (x == below) {
    return sign * (double)INFINITY;
  }
  double before = polygamma_right(n, below + 1 - x) - polygamma_right(n, 1 - x);
  return sign * polygamma_right(n, x - below) + before;
}

/* ---- the incomplete gamma functions: P(a, x) and Q(a, x), an element at a time ------------------------------------------ */

/* m - log(1 + m), |m| < 1/2: with s = m / (2 + m) the logarithm is 2 atanh(s). */
SLOW double beyond_log1p(double m) {
  double s = m / (2 + m), z = s * s, sum = 0;
  for (int k = 27; k >= 3; k -= 2) {
    sum = sum * z + 1.0 / k;
  }
  return s * (m - 2 * z * sum);
}

/* x^a exp(-x) / Gamma(a + 1); of large a by Stirling's series, where the powers nearly cancel. */
SLOW double gamma_density(double a, double x) {
  if (a < 10) {
    /* Each factor by itself is right to the last digits, unless it is too small for a normal number. */
    return x < 600 ? pow(x, a) * exp(-x) / tgamma(a + 1) : exp(a * log(x) - x - lgamma_f64(a + 1));
  }
  double m = (x - a) / a, r = 1 / a, r2 = r * r;
  double series = r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 * (1.0 / 1188)))));
  double power = fabs(m) < 0.5 ? beyond_log1p(m) : m - log(x / a);
  return exp(-a * power - series) * 0.39894228040143267794 / sqrt(a);
}

/* P by its series (DLMF 8.11.4), for x not far beyond a. */
SLOW double gamma_lower(double a, double x) {
  double term = 1, sum = 1;
  for (int n = 1; n < 2000 && term > 1e-17 * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return gamma_density(a, x) * sum;
}

/* Q by its continued fraction (DLMF 8.9.2, contracted), for x beyond a; evaluated forward (Lentz 1976). */
SLOW double gamma_upper(double a, double x) {
  double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (int n = 1; n < 2000; n++) {
    double above = -n * (n - a);
    b += 2;
    d = above * d + b;
    c = b + above / c;
    d = 1 / (d == 0 ? 1e-300 : d);
    c = c == 0 ? 1e-300 : c;
    h *= c * d;
    if (fabs(c * d - 1) < 1e-16) {
      break;
    }
  }
  return gamma_density(a, x) * a * h;
}

/* log Gamma(1 + a), where a is small relative to a (DLMF 5.7.3: coefficients (-1)^k (zeta(k) - 1) / k). */
SLOW double lgamma_after_one(double a) {
  static const double zeta[] = {
      0x1.4a34cc4a60fa6p-2, -0x1.13e001a557607p-4, 0x1.51322ac7d8483p-6, -0x1.e404fc218f5f2p-8, 0x1.7add6eadb6c30p-9,
      -0x1.38ac5c2bf8e08p-10, 0x1.0b36af86396e9p-11, -0x1.d3fd4c76d2fc8p-13, 0x1.a127b0f17d65ap-14,
      -0x1.78de5bd7c81efp-15, 0x1.580dcee66eb02p-16, -0x1.3cbc963ce2243p-17, 0x1.2597a39f34aacp-18,
      -0x1.11b2eb7679541p-19, 0x1.0064cdeb22f0fp-20, -0x1.e2600d93cfd2fp-22, 0x1.c76bbb3f07a4dp-23,
      -0x1.af5a6cbbf8a97p-24, 0x1.99b93c2070b0fp-25, -0x1.862c734df3eacp-26, 0x1.7469daccfadcdp-27,
      -0x1.6434a8447aeadp-28, 0x1.555a877ffd2c3p-29, -0x1.47b1679258d0ep-30, 0x1.3b15d2b2fc10cp-31,
      -0x1.2f69a9fabe3e0p-32, 0x1.24932a337434cp-33, -0x1.1a7c26ec2523cp-34};
  double sum = 0;
  if (a > 0.5) {
    return lgamma_f64(1 + a);
  }
  for (int k = sizeof zeta / sizeof *zeta; k > 0; k--) {
    sum = (sum + zeta[k - 1]) * a;
  }
  return a * (0x1.b0ee6072093cep-2 + sum) - log1p(a);
}

/* Q for small a and x, where P is close to 1 (DLMF 8.7.1). */
SLOW double gamma_upper_near_zero(double a, double x) {
  double logarithm = a * log(x) - lgamma_after_one(a), term = 1, sum = 0;
  for (int n = 1; n < 100 && fabs(term) > 1e-18; n++) {
    term *= -x / n;
    sum += term / (a + n);
  }
  return -expm1(logarithm) - exp(logarithm) * a * sum;
}

/*
 * Temme's uniform expansion for large a and x close to it (DLMF 8.12.3, 8.12.4 and 8.12.8): the coefficients are the Taylor
 * series, in eta, of the c_k of 8.12.11. `side` is 1 for Q and -1 for P.
 */
SLOW double gamma_uniform(double a, double x, double side) {
  static const double series[8][18] = {
      {-0x1.5555555555555p-2, 0x1.5555555555555p-4, -0x1.e573ac901e574p-7, 0x1.2f684bda12f68p-10,
       0x1.71de3a556c734p-12, -0x1.76e06fec7273bp-13, 0x1.48c5892f7cd83p-15, -0x1.255370652afc1p-19,
       -0x1.f1b22f594c6b5p-20, 0x1.bd6d21e4b4109p-21, -0x1.7b5f9a2d0465cp-23, 0x1.ccf5ceb7f0d9fp-28,
       0x1.6097d55c37c1cp-27, -0x1.2d2197c7a2faap-28, 0x1.f6e66d24d5c8ap-31, -0x1.c0d9b6edf2b0bp-36,
       -0x1.0070a87340428p-34, 0x1.ac9475c463659p-36},
      {-0x1.e573ac901e574p-10, -0x1.c71c71c71c71cp-9, 0x1.5ac056b015ac0p-9, -0x1.0394f6f09e723p-10,
       0x1.af83440e53dbcp-13, -0x1.af83440e53dbcp-22, -0x1.2fa4ae89e5af0p-16, 0x1.00a9cabd6b83ep-17,
       -0x1.b0bdfcc629cbap-20, 0x1.3f59230a8357cp-28, 0x1.280f2cde3f847p-23, -0x1.ee23d0cba8aeep-25,
       0x1.9aa7a30de114cp-27, -0x1.349fbca3a377bp-36, -0x1.1564ecff73d58p-30, 0x1.c9b434bf3c34ep-32},
      {0x1.0ee643b990ee6p-8, -0x1.5f7268edab4c8p-9, 0x1.948b0fcd6e9e0p-11, 0x1.0db20a88f4696p-19,
       -0x1.c253efaa1a932p-14, 0x1.bbf43daf4fe53p-15, -0x1.ac2d05890f2c3p-17, 0x1.26154ae39151dp-25,
       0x1.7058929663937p-20, -0x1.522cb05171911p-21, 0x1.32ac81c15d3d7p-23, -0x1.c24bd0e740a6cp-33,
       -0x1.e437343a46f5dp-27, 0x1.ac0d455e25360p-28},
      {0x1.547d93b34e2b6p-11, 0x1.e13ce465fa859p-13, -0x1.ebfb188b7ca00p-12, 0x1.18b9b5bf2d984p-12,
       -0x1.3d2a3a29b5d9dp-14, -0x1.0152a1871f27ap-22, 0x1.73df462204ef4p-17, -0x1.7cd6f27b3f020p-18,
       0x1.7e0201539310ep-20, -0x1.ea23269c140a7p-36, -0x1.6c2dcffbefeefp-23, 0x1.5bde8ef4c4dc7p-24},
      {-0x1.c3e0b02da7bf9p-11, 0x1.9b0ff6874f2c4p-11, -0x1.3999a85a4237ap-12, -0x1.88f2ae1def9d0p-20,
       0x1.16908b48ce058p-14, -0x1.4ce3fd902bcadp-15, 0x1.7db4c02846e81p-17, 0x1.13b3c5b7cb45ep-32,
       -0x1.c71c074985d3fp-20, 0x1.de37d9f09164cp-21},
      {-0x1.6128ac5a4fa71p-12, -0x1.247604839c038p-14, 0x1.22be87360ef1fp-12, -0x1.a2042c5148e27p-13,
       0x1.1d1e9cb24760bp-14, 0x1.30bdcf208080ep-23, -0x1.c823fc1b3cc36p-17, 0x1.0d0e229150428p-17},
      {0x1.168ef1b0931c8p-11, -0x1.36773bdb97b48p-11, 0x1.1c0950d3ecb9dp-12, 0x1.a8411da6cab49p-21,
       -0x1.5600945495b37p-14, 0x1.d6bdf83130dc1p-15},
      {0x1.691879c01efb4p-12, 0x1.b1d75d3346711p-15, -0x1.5f3385098cebfp-12, 0x1.26eeb5ece1d9fp-12},
  };
  double m = (x - a) / a, half_square = beyond_log1p(m), eta = copysign(sqrt(2 * half_square), m);
  double sum = 0;
  for (int k = 7; k >= 0; k--) {
    double c = 0;
    for (int n = 17 - 2 * k; n >= 0; n--) {
      c = c * eta + series[k][n];
    }
    sum = sum / a + c;
  }
  double rest = exp(-a * half_square) * 0.39894228040143267794 / sqrt(a) * sum;
  return 0.5 * erfc(side * eta * sqrt(0.5 * a)) + side * rest;
}

SLOW int is_uniform(double a, double x) { return a >= 100 && fabs(x - a) < 0.3 * a; }

SLOW double igamma_f64(double a, double x) {
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0)) {
    return (double)NAN;
  } else if (a == 0 || x == 0) {
    return a == 0;
  } else if (isinf(a) || isinf(x)) {
    return isinf(a) && isinf(x) ? (double)NAN : isinf(x);
  } else if (is_uniform(a, x)) {
    return gamma_uniform(a, x, -1);
  }
  return x > 1.1 && x > a ? 1 - gamma_upper(a, x) : gamma_lower(a, x);
}

SLOW double igammac_f64(double a, double x) {
  if (!(a >= 0 && x >= 0) || a == 0 || x == 0 || isinf(a) || isinf(x)) {
    return 1 - igamma_f64(a, x);
  } else if (is_uniform(a, x)) {
    return gamma_uniform(a, x, 1);
  } else if (x > 1.1 && x > a) {
    return gamma_upper(a, x);
  }
  return x <= 1.1 && a < x + 0.33 ? gamma_upper_near_zero(a, x) : 1 - gamma_lower(a, x);
}

/* ---- float32 ---------------------------------------------------------------------------------------------------------- */

INLINE float erfcx_f32(float x) { return (float)erfcx_f64((double)x); }
INLINE float ndtr_f32(float x) { return (float)ndtr_f64((double)x); }
INLINE float log_ndtr_f32(float x) { return (float)log_ndtr_f64((double)x); }
INLINE float erfinv_f32(float x) { return (float)erfinv_rough((double)x); }
INLINE float ndtri_f32(float x) { return (float)ndtri_rough((double)x); }
INLINE float digamma_f32(float x) { return (float)digamma_f64((double)x); }
SLOW float polygamma_f32(float n, float x) { return (float)polygamma_f64((double)n, (double)x); }
SLOW float igamma_f32(float a, float x) { return (float)igamma_f64((double)a, (double)x); }
SLOW float igammac_f32(float a, float x) { return (float)igammac_f64((double)a, (double)x); }

/* The squares of floats neither overflow nor vanish in double. */
INLINE float hypot_f32(float a, float b) {
  float y = (float)sqrt((double)a * (double)a + (double)b * (double)b);
  return (magnitude(a) == INFINITY) | (magnitude(b) == INFINITY) ? INFINITY : y;
}

/* ---- the parts of a number --------------------------------------------------------------------------------------------- */

/* x = m 2^*e with m in [1/2, 1) without its sign; zeros, infinities and NaN are their own m, and e is 0. */
INLINE float frexp_f32(float x, float *e) {
  float a = magnitude(x);
  int denormal = a < 0x1p-126f, apart = (a == 0) | !(a < INFINITY);
  uint32_t bits = bits_of(denormal ? x * 0x1p24f : x);
  *e = apart ? 0 : (float)((int32_t)(bits >> 23 & 255) - (denormal ? 150 : 126));
  return apart ? x : float_of((bits & 0x807fffff) | 0x3f000000);
}

INLINE double frexp_f64(double x, double *e) {
  double a = magnitude_f64(x);
  int denormal = a < 0x1p-1022, apart = (a == 0) | !(a < (double)INFINITY);
  uint64_t bits = bits_of_f64(denormal ? x * 0x1p54 : x);
  *e = apart ? 0 : (double)((int32_t)(bits >> 52 & 2047) - (denormal ? 1076 : 1022));
  return apart ? x : f64_of((bits & 0x800fffffffffffff) | 0x3fe0000000000000);
}

/* A zero and a NaN have a sign too. */
INLINE int is_negative_f32(float x) { return sign_of(x) != 0; }
INLINE int is_negative_f64(double x) { return sign_of_f64(x) != 0; }
INLINE int is_negative_whole(int64_t x) { return x < 0; }

INLINE float mantissa_f32(float x) { float e; return frexp_f32(x, &e); }
INLINE float exponent_f32(float x) { float e; frexp_f32(x, &e); return e; }
INLINE double mantissa_f64(double x) { double e; return frexp_f64(x, &e); }
INLINE double exponent_f64(double x) { double e; frexp_f64(x, &e); return e; }

#endif
