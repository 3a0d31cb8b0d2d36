/*
 * The largest error of each float32 function, in ulp of the float64 value (libm's), over a dense sample of all floats,
 * and of the float64 functions that are not libm's, in ulp of the long double value.
 *
 *   accuracy [step]
 *
 * Every step-th float of the 2^32 is tried, 997 by default; 1 tries all. A larger step also takes fewer pairs and fewer
 * doubles. native/Build.java compiles and runs it. Exits with 1 when an error is past a function's bound, or a NaN, an infinity or the
 * sign of a zero is wrong.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cpu/types.h"

static double square_root(double x) { return sqrt(x); }
static double reciprocal_root(double x) { return 1 / sqrt(x); }
static double reciprocal(double x) { return 1 / x; }
static double sigmoid(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }
static double silu(double x) { return x == -INFINITY ? NAN : x * sigmoid(x); }
static double gelu(double x) { return x == -INFINITY ? NAN : x * (0.5 * erfc(-x / sqrt(2))); }
static double cubic(double x) { return 2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x); }
static double gelu_tanh(double x) { return x == -INFINITY ? NAN : x * sigmoid(cubic(x)); }
static double silu_slope(double x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }
static double gelu_slope(double x) { return 0.5 * erfc(-x / sqrt(2)) + x * exp(-0.5 * x * x) / sqrt(2 * M_PI); }
static double gelu_tanh_slope(double x) {
  double v = cubic(x);
  return sigmoid(v) + x * sigmoid(v) * sigmoid(-v) * 2 * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
}

/* ---- special functions in long double, each by a plain way ---- */

#define ROOT_PI_L 1.77245385090551602729816748334114518L
#define PI_L 3.14159265358979323846264338327950288L

/* exp(x^2) erfc(x): Laplace's continued fraction where erfc is small. */
static long double erfcx_l(long double x) {
  if (x < 4) {
    return expl(x * x) * erfcl(x);
  }
  long double fraction = x;
  for (int n = 150; n > 0; n--) {
    fraction = x + n / (2 * fraction);
  }
  return 1 / (ROOT_PI_L * fraction);
}

static long double normal_l(long double x) {
  return x < -5 ? 0.5L * expl(-0.5L * x * x) * erfcx_l(-x * sqrtl(0.5L)) : 0.5L * erfcl(-x * sqrtl(0.5L));
}
static long double log_normal_l(long double x) {
  return x > 0 ? log1pl(-normal_l(-x)) : x < -5 ? logl(0.5L * erfcx_l(-x * sqrtl(0.5L))) - 0.5L * x * x : logl(normal_l(x));
}

/* x with log erfc(x) = wanted, by Newton's method. */
static long double log_erfc_inverse(long double wanted) {
  long double x = 0;
  for (int i = 0; i < 80; i++) {
    long double scaled = erfcx_l(x), step = (logl(scaled) - x * x - wanted) * 0.5L * ROOT_PI_L * scaled;
    x += step;
    if (fabsl(step) < 1e-19L * x) {
      break;
    }
  }
  return x;
}

static long double erf_inverse_l(long double x) {
  long double a = fabsl(x), y = a * 0.5L * ROOT_PI_L;
  if (!(a < 1)) {
    return a == 1 ? x * (long double)INFINITY : (long double)NAN;
  } else if (a > 0.5L) {
    return copysignl(log_erfc_inverse(logl(1 - a)), x);
  }
  for (int i = 0; i < 40; i++) {
    y += (a - erfl(y)) * 0.5L * ROOT_PI_L * expl(y * y);
  }
  return copysignl(y, x);
}

static long double quantile_l(long double p) {
  if (!(p > 0 && p < 1)) {
    return p == 0 ? -(long double)INFINITY : p == 1 ? (long double)INFINITY : (long double)NAN;
  } else if (p > 0.25L && p < 0.75L) {
    return sqrtl(2) * erf_inverse_l(2 * p - 1);
  }
  long double y = sqrtl(2) * log_erfc_inverse(logl(2 * (p < 0.5L ? p : 1 - p)));
  return p < 0.5L ? -y : y;
}

static long double turn_l(long double x, long double *cosine) {
  long double rest = x - rintl(x);
  *cosine = cosl(PI_L * rest);
  return sinl(PI_L * rest);
}

static long double log_gamma_l(long double x) {
  long double cosine;
  if (isinf(x) || (x <= 0 && x == rintl(x))) {
    return (long double)INFINITY;
  }
  return x < 0 ? logl(PI_L) - logl(fabsl(turn_l(x, &cosine))) - lgammal(1 - x) : lgammal(x);
}

static long double digamma_l(long double x) {
  static const long double bernoulli[] = {1 / 6.0L, -1 / 30.0L, 1 / 42.0L, -1 / 30.0L, 5 / 66.0L, -691 / 2730.0L, 7 / 6.0L};
  long double sum = 0, cosine;
  if (x == 0) {
    return -1 / x;
  } else if (x < 0) {
    long double sine = turn_l(x, &cosine);
    return x == rintl(x) ? (long double)NAN : digamma_l(1 - x) - PI_L * cosine / sine;
  }
  for (; x < 30; x++) {
    sum -= 1 / x;
  }
  sum += logl(x) - 0.5L / x;
  for (int k = 1; k <= 7; k++) {
    sum -= bernoulli[k - 1] / (2 * k * powl(x, 2 * k));
  }
  return sum;
}

static double scaled_complement(double x) { return (double)erfcx_l((long double)x); }
static double normal(double x) { return (double)normal_l((long double)x); }
static double log_normal(double x) { return (double)log_normal_l((long double)x); }
static double erf_inverse(double x) { return (double)erf_inverse_l((long double)x); }
static double quantile(double x) { return (double)quantile_l((long double)x); }
static double log_gamma(double x) { return (double)log_gamma_l((long double)x); }
static double slope_of_log_gamma(double x) { return (double)digamma_l((long double)x); }
static double entropy(double x) { return x > 0 ? -x * log(x) : x == 0 ? 0 : x < 0 ? -(double)INFINITY : x; }

static long double density_l(long double a, long double x) { return expl(a * logl(x) - x - lgammal(a)); }

/* The incomplete gamma functions of ordinary operands, by the series and by the continued fraction from far out. */
static long double lower_l(long double a, long double x) {
  long double term = 1 / a, sum = term;
  for (int n = 1; n < 3000 && term > 1e-22L * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return density_l(a, x) * sum;
}

static long double upper_l(long double a, long double x) {
  long double fraction = 0;
  for (int n = 3000; n > 0; n--) {
    fraction = n * (a - n) / (x + 2 * n + 1 - a + fraction);
  }
  return density_l(a, x) / (x + 1 - a + fraction);
}

/* Both, over operands of up to 300 and close to one another, where the ways of evaluation meet; relative to the value. */
static int sample_gamma(int share) {
  double worst[2] = {0, 0}, bound = 1e-12;
  float worst_single = 0;
  uint64_t state = 3;
  for (int i = 0; i < 40000 / share; i++) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    double u = (double)(state >> 11) * 0x1p-53;
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    double v = (double)(state >> 11) * 0x1p-53;
    double a = exp(log(1e-3) + u * log(3e5)), x = i % 2 ? a * exp(2 * v - 1) : exp(log(1e-3) + v * log(3e5)), y;
    long double lower = x < a + 1 ? lower_l((long double)a, (long double)x) : 1 - upper_l((long double)a, (long double)x);
    long double upper = x < a + 1 ? 1 - lower : upper_l((long double)a, (long double)x);
    for (int side = 0; side < 2; side++) {
      int op = side ? BINARY_IGAMMAC : BINARY_IGAMMA;
      long double exact = side ? upper : lower;
      if (exact < (side && x < a + 1 ? 1e-5L : 1e-280L)) {
        continue; /* what is left of 1 - P has lost its digits here, or is denormal */
      }
      ch_binary_1d(op, CH_FLOAT64, 1, &a, 1, &x, 1, &y, 1);
      worst[side] = fmax(worst[side], (double)fabsl((long double)y / exact - 1));
      volatile float a0 = (float)a, x0 = (float)x;
      float single, pair[2] = {a0, x0};
      double both[2] = {(double)a0, (double)x0};
      ch_binary_1d(op, CH_FLOAT64, 1, both, 1, both + 1, 1, &y, 1);
      ch_binary_1d(op, CH_FLOAT32, 1, pair, 1, pair + 1, 1, &single, 1);
      worst_single = fmaxf(worst_single, fabsf(single - (float)y));
    }
  }
  int bad = !(worst[0] <= bound && worst[1] <= bound && worst_single == 0);
  printf("igamma, igammac  %.2g, %.2g of the value %s\n", worst[0], worst[1], bad ? "PAST ITS BOUND" : "");
  return bad;
}

struct function {
  const char *name;
  int op;
  double (*reference)(double);
  double bound;
  double floor; /* ulps are those of at least this magnitude: for functions that cross zero by cancellation */
};

static const struct function unary[] = {
    {"sqrt", UNARY_SQRT, square_root, 0.51, 0},
    {"rsqrt", UNARY_RSQRT, reciprocal_root, 2, 0},
    {"reciprocal", UNARY_RECIPROCAL, reciprocal, 0.51, 0},
    {"exp", UNARY_EXP, exp, 2, 0},
    {"exp2", UNARY_EXP2, exp2, 2, 0},
    {"expm1", UNARY_EXPM1, expm1, 2, 0},
    {"log", UNARY_LOG, log, 2, 0},
    {"log2", UNARY_LOG2, log2, 2, 0},
    {"log10", UNARY_LOG10, log10, 2, 0},
    {"log1p", UNARY_LOG1P, log1p, 2, 0},
    {"sin", UNARY_SIN, sin, 2, 0},
    {"cos", UNARY_COS, cos, 2, 0},
    {"tan", UNARY_TAN, tan, 3, 0},
    {"asin", UNARY_ASIN, asin, 2, 0},
    {"acos", UNARY_ACOS, acos, 2, 0},
    {"atan", UNARY_ATAN, atan, 2, 0},
    {"sinh", UNARY_SINH, sinh, 2, 0},
    {"cosh", UNARY_COSH, cosh, 2, 0},
    {"tanh", UNARY_TANH, tanh, 2.1, 0},
    {"asinh", UNARY_ASINH, asinh, 2, 0},
    {"acosh", UNARY_ACOSH, acosh, 2, 0},
    {"atanh", UNARY_ATANH, atanh, 2, 0},
    {"erf", UNARY_ERF, erf, 2, 0},
    {"erfc", UNARY_ERFC, erfc, 3, 0},
    {"sigmoid", UNARY_SIGMOID, sigmoid, 2, 0},
    {"softplus", UNARY_SOFTPLUS, softplus, 3, 0},
    {"silu", UNARY_SILU, silu, 3, 0},
    {"gelu", UNARY_GELU, gelu, 3, 0},
    {"gelu_tanh", UNARY_GELU_TANH, gelu_tanh, 3, 0},
    {"erfinv", UNARY_ERFINV, erf_inverse, 0.54, 0},
    {"erfcx", UNARY_ERFCX, scaled_complement, 0.51, 0},
    {"ndtr", UNARY_NDTR, normal, 0.51, 0},
    {"ndtri", UNARY_NDTRI, quantile, 0.6, 0},
    {"log_ndtr", UNARY_LOG_NDTR, log_normal, 0.51, 0},
    {"lgamma", UNARY_LGAMMA, log_gamma, 1.5, 1e-6},
    {"digamma", UNARY_DIGAMMA, slope_of_log_gamma, 0.6, 1e-6},
    {"entr", UNARY_ENTR, entropy, 2, 1e-30},
};

static const struct function slopes[] = {
    {"silu slope", BINARY_SILU_BACKWARD, silu_slope, 3, 0.5},
    {"gelu slope", BINARY_GELU_BACKWARD, gelu_slope, 3, 0.5},
    {"gelu_tanh slope", BINARY_GELU_TANH_BACKWARD, gelu_tanh_slope, 3, 0.5},
};

static float float_from(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

/* The distance in ulp; infinite where the kind of value differs. */
static double error(float y, double exact, double floor) {
  float rounded = (float)exact;
  if (isnan(rounded) || isnan(y)) {
    return isnan(rounded) && isnan(y) ? 0 : INFINITY;
  }
  if (isinf(rounded) && isinf(y)) {
    return (rounded > 0) == (y > 0) ? 0 : INFINITY;
  }
  if (exact == 0 && y == 0) {
    return floor > 0 || !signbit(exact) == !signbit(y) ? 0 : INFINITY;
  }
  double size = fmax(fabs(exact), floor);
  int exponent = size >= FLT_MAX ? 127 : size < FLT_MIN ? -126 : ilogb(size);
  double value = isinf(y) ? copysign(0x1p128, y) : y;
  double target = isinf(exact) ? copysign(0x1p128, exact) : exact;
  return fabs(value - target) / ldexp(1, exponent - 23);
}

enum { BLOCK = 4096 };

/* By how much the pairs and doubles are fewer than those of the default step. */
static int fewer = 1;

static int sample(const struct function *f, int binary, uint64_t step) {
  static float x[BLOCK], y[BLOCK];
  const float one = 1;
  double worst = 0;
  float at = 0;
  static const float edges[] = {INFINITY, -INFINITY, NAN, 0.0f, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN, 1, -1, 0x1p-149f};
  enum { EDGES = sizeof edges / sizeof *edges };
  for (uint64_t first = 0; first < 0x100000000ull; first += step * (BLOCK - EDGES)) {
    ch_long n = EDGES;
    memcpy(x, edges, sizeof edges);
    for (uint64_t bits = first; n < BLOCK && bits < 0x100000000ull; bits += step) {
      x[n++] = float_from((uint32_t)bits);
    }
    int status = binary ? ch_binary_1d(f->op, CH_FLOAT32, n, &one, 0, x, 1, y, 1)
                        : ch_unary_1d(f->op, CH_FLOAT32, n, x, 1, y, 1);
    if (status != CH_OK) {
      printf("%s: status %d\n", f->name, status);
      return 1;
    }
    for (ch_long i = 0; i < n; i++) {
      if (binary && (isinf(x[i]) || fabs(x[i]) > 1e4)) {
        continue; /* far out the slopes are 0, 1 or, as in PyTorch, NaN */
      }
      double e = error(y[i], f->reference((double)x[i]), f->floor);
      if (e > worst) {
        worst = e;
        at = x[i];
      }
    }
  }
  int bad = !(worst <= f->bound);
  printf("%-16s %8.3f ulp at %-15.9g %s\n", f->name, worst, (double)at, bad ? "PAST ITS BOUND" : "");
  return bad;
}

/* Powers of ordinary numbers, many of them as large or as small as a float can be: by the shorter way and, with a NaN among
   them, by the longer one, which has to have the same bits. */
static int sample_powers(double bound) {
  static float a[BLOCK], b[BLOCK], y[BLOCK], z[BLOCK];
  double worst = 0;
  float at = 0, and = 0;
  uint64_t state = 5;
  int differ = 0;
  for (int round = 0; round < 1500 / fewer; round++) {
    for (int i = 0; i < BLOCK; i++) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      double u = (double)(state >> 11) * 0x1p-53;
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      double v = (double)(state >> 11) * 0x1p-52 - 1;
      a[i] = (float)(round & 1 ? 0.5 + 1.5 * u : exp2(250 * u - 125));
      double most = 120 / (fabs(log2((double)a[i])) + 0.09);
      b[i] = (float)(most * (round & 2 ? v : copysign(0.9 + 0.1 * fabs(v), v)));
    }
    if (ch_binary_1d(BINARY_POW, CH_FLOAT32, BLOCK, a, 1, b, 1, y, 1) != CH_OK) {
      return 1;
    }
    for (int i = 0; i < BLOCK; i++) {
      double e = error(y[i], pow((double)a[i], (double)b[i]), 0);
      if (e > worst) {
        worst = e;
        at = a[i];
        and = b[i];
      }
    }
    for (int i = 0; i < BLOCK; i += 256) {
      a[i] = NAN;
    }
    ch_binary_1d(BINARY_POW, CH_FLOAT32, BLOCK, a, 1, b, 1, z, 1);
    for (int i = 0; i < BLOCK; i++) {
      differ += i % 256 != 0 && memcmp(&y[i], &z[i], sizeof(float)) != 0;
    }
  }
  int bad = !(worst <= bound) || differ;
  printf("%-16s %8.3f ulp at %.9g, %.9g, %d differ %s\n", "pow, ordinary", worst, (double)at, (double)and, differ,
         bad ? "PAST ITS BOUND" : "");
  return bad;
}

/* Two operands: pairs of special values, and pairs drawn by a linear congruential generator. */
static int sample_pairs(const char *name, int op, double (*reference)(double, double), double bound, int near) {
  static const float specials[] = {0.0f,   -0.0f, 1,     -1,     2,        -2,        3,         -3,        0.5f, -0.5f,
                                   1.5f,   100,   -100,  1e-40f, -1e-40f,  FLT_MIN,   FLT_MAX,   -FLT_MAX,  1e10f,
                                   0x1p24f, 0x1p25f, 0x1.fffffep24f, INFINITY, -INFINITY, NAN,     7,         -7};
  enum { SPECIALS = sizeof specials / sizeof *specials };
  static float a[BLOCK], b[BLOCK], y[BLOCK];
  double worst = 0;
  float at = 0, and = 0;
  uint64_t state = 1;
  for (int round = 0; round < 1500 / fewer; round++) {
    for (int i = 0; i < BLOCK; i++) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      uint32_t u = (uint32_t)(state >> 32);
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      uint32_t v = (uint32_t)(state >> 32);
      a[i] = float_from(u);
      b[i] = near ? (float)((int32_t)v * 0x1p-25) : float_from(v);
      if (near && (round & 1)) {
        a[i] = (float)fabs(u * 0x1p-30);
        b[i] = (float)((int32_t)v * 0x1p-24);
      }
      if (round == 0 && i < SPECIALS * SPECIALS) {
        a[i] = specials[i / SPECIALS];
        b[i] = specials[i % SPECIALS];
      }
    }
    if (ch_binary_1d(op, CH_FLOAT32, BLOCK, a, 1, b, 1, y, 1) != CH_OK) {
      return 1;
    }
    for (int i = 0; i < BLOCK; i++) {
      double e = error(y[i], reference((double)a[i], (double)b[i]), 0);
      if (e > worst) {
        worst = e;
        at = a[i];
        and = b[i];
      }
    }
  }
  int bad = !(worst <= bound);
  printf("%-16s %8.3f ulp at %.9g, %.9g %s\n", name, worst, (double)at, (double)and, bad ? "PAST ITS BOUND" : "");
  return bad;
}

static double remainder_of(double a, double b) {
  double rest = fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

/* float64 against long double, where that is wider: values of every size that matters to the function. */
static int sample_double(const char *name, int op, long double (*reference)(long double), double most,
                         double bound) {
  static const double edges[] = {INFINITY, -INFINITY, NAN, 0.0, -0.0, DBL_MAX, -DBL_MAX, DBL_MIN, 0x1p-1074, 1, -1, 1e300};
  enum { EDGES = sizeof edges / sizeof *edges };
  static double x[BLOCK], y[BLOCK];
  double worst = 0, at = 0;
  uint64_t state = 7;
  for (int round = 0; round < 500 / fewer; round++) {
    for (int i = 0; i < BLOCK; i++) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      double u = (double)(int64_t)state * 0x1p-63;
      x[i] = i < EDGES ? edges[i] : round % 4 == 0 ? ldexp(u, (int)(state >> 7) % 1070) : round % 4 == 1 ? u : u * most;
      x[i] = op == UNARY_LOG && round % 4 == 2 ? 1 + u * 0.3 : x[i];
    }
    ch_unary_1d(op, CH_FLOAT64, BLOCK, x, 1, y, 1);
    for (int i = 0; i < BLOCK; i++) {
      long double exact = reference((long double)x[i]);
      double rounded = (double)exact, e;
      if (isnan(rounded) || isnan(y[i]) || isinf(rounded) || isinf(y[i]) || rounded == 0) {
        int same = isnan(rounded) ? isnan(y[i]) : rounded == y[i] && !signbit(rounded) == !signbit(y[i]);
        e = same ? 0 : (double)INFINITY;
      } else {
        int exponent = fabs(rounded) < DBL_MIN ? -1022 : ilogb(rounded);
        e = (double)(fabsl((long double)y[i] - exact) / ldexpl(1, exponent - 52));
      }
      if (e > worst) {
        worst = e;
        at = x[i];
      }
    }
  }
  int bad = !(worst <= bound);
  printf("%-12s f64 %8.3f ulp at %-15.17g %s\n", name, worst, at, bad ? "PAST ITS BOUND" : "");
  return bad;
}

int main(int count, char **words) {
  uint64_t step = count > 1 ? strtoull(words[1], NULL, 10) : 997;
  int bad = 0;
  fewer = step > 997 ? (int)(step / 997) : 1;
  for (size_t i = 0; i < sizeof unary / sizeof *unary; i++) {
    bad |= sample(unary + i, 0, step);
  }
  for (size_t i = 0; i < sizeof slopes / sizeof *slopes; i++) {
    bad |= sample(slopes + i, 1, step);
  }
  bad |= sample_double("exp", UNARY_EXP, expl, 750, 2);
  bad |= sample_double("expm1", UNARY_EXPM1, expm1l, 10, 2);
  bad |= sample_double("log", UNARY_LOG, logl, 10, 2);
  bad |= sample_double("log1p", UNARY_LOG1P, log1pl, 4, 2);
  bad |= sample_double("sin", UNARY_SIN, sinl, 100, 2.5);
  bad |= sample_double("cos", UNARY_COS, cosl, 1e6, 2.5);
  bad |= sample_double("tanh", UNARY_TANH, tanhl, 10, 3);
  bad |= sample_double("erfinv", UNARY_ERFINV, erf_inverse_l, 1, 4);
  bad |= sample_double("erfcx", UNARY_ERFCX, erfcx_l, 26, 6);
  bad |= sample_double("ndtri", UNARY_NDTRI, quantile_l, 1, 6);
  bad |= sample_gamma(fewer);
  bad |= sample_pairs("hypot", BINARY_HYPOT, hypot, 0.51, 0);
  bad |= sample_pairs("pow", BINARY_POW, pow, 2, 1);
  bad |= sample_pairs("pow, any", BINARY_POW, pow, 2, 0);
  bad |= sample_powers(2);
  bad |= sample_pairs("atan2", BINARY_ATAN2, atan2, 2, 0);
  bad |= sample_pairs("atan2, near", BINARY_ATAN2, atan2, 2, 1);
  bad |= sample_pairs("fmod", BINARY_FMOD, fmod, 0, 0);
  bad |= sample_pairs("fmod, near", BINARY_FMOD, fmod, 0, 1);
  bad |= sample_pairs("remainder", BINARY_REMAINDER, remainder_of, 1, 0);
  bad |= sample_pairs("remainder, near", BINARY_REMAINDER, remainder_of, 1, 1);
  return bad;
}
