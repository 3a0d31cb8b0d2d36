/* The meaning of each elementwise operation, on doubles and on 64-bit integers, written anew for the tests. */
#ifndef CHAGRES_TEST_REFERENCE_H
#define CHAGRES_TEST_REFERENCE_H

#include "values.h"

/* Set where an operation has no meaning here: those that were added later have theirs in the Java tests. */
static int missing;

static double logistic(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
static double cubic(double x) { return 2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x); }
static double bell(double x) { return exp(-0.5 * x * x) / sqrt(2 * M_PI); }

static double unary_value(int op, double x) {
  switch (op) {
    case UNARY_NEG: return -x;
    case UNARY_ABS: return fabs(x);
    case UNARY_SIGN: return isnan(x) ? 0 : (x > 0) - (x < 0);
    case UNARY_SQUARE: return x * x;
    case UNARY_RECIPROCAL: return 1 / x;
    case UNARY_SQRT: return sqrt(x);
    case UNARY_RSQRT: return 1 / sqrt(x);
    case UNARY_EXP: return exp(x);
    case UNARY_EXP2: return exp2(x);
    case UNARY_EXPM1: return expm1(x);
    case UNARY_LOG: return log(x);
    case UNARY_LOG2: return log2(x);
    case UNARY_LOG10: return log10(x);
    case UNARY_LOG1P: return log1p(x);
    case UNARY_SIN: return sin(x);
    case UNARY_COS: return cos(x);
    case UNARY_TAN: return tan(x);
    case UNARY_ASIN: return asin(x);
    case UNARY_ACOS: return acos(x);
    case UNARY_ATAN: return atan(x);
    case UNARY_SINH: return sinh(x);
    case UNARY_COSH: return cosh(x);
    case UNARY_TANH: return tanh(x);
    case UNARY_ASINH: return asinh(x);
    case UNARY_ACOSH: return acosh(x);
    case UNARY_ATANH: return atanh(x);
    case UNARY_ERF: return erf(x);
    case UNARY_ERFC: return erfc(x);
    case UNARY_SIGMOID: return logistic(x);
    case UNARY_SILU: return x * logistic(x);
    case UNARY_GELU: return x * (0.5 * erfc(-x * M_SQRT1_2));
    case UNARY_GELU_TANH: return x * logistic(cubic(x));
    case UNARY_RELU: return x < 0 ? 0 : x;
    case UNARY_FLOOR: return floor(x);
    case UNARY_CEIL: return ceil(x);
    case UNARY_ROUND: return rint(x);
    case UNARY_TRUNC: return trunc(x);
    case UNARY_LOGICAL_NOT: return x == 0;
    case UNARY_ISNAN: return isnan(x) != 0;
    case UNARY_ISINF: return isinf(x) != 0;
    case UNARY_ISFINITE: return isfinite(x) != 0;
    case UNARY_ISPOSINF: return x == (double)INFINITY;
    case UNARY_ISNEGINF: return x == -(double)INFINITY;
    case UNARY_SIGNBIT: return signbit(x) != 0;
    case UNARY_FRAC: return x - trunc(x);
    case UNARY_FREXP_MANTISSA: {
      int exponent;
      return isfinite(x) ? frexp(x, &exponent) : x;
    }
    case UNARY_FREXP_EXPONENT: return x == 0 || !isfinite(x) ? 0 : ilogb(x) + 1;
    case UNARY_BITWISE_NOT: return 0; /* of integers alone */
    default: missing = 1; return 0;
  }
}

/* 0 where the operation has no integer kernel. */
static int unary_integer(int op, int dtype, int64_t x, int64_t *y) {
  int number = dtype != CH_BOOL;
  uint64_t u = (uint64_t)x;
  switch (op) {
    case UNARY_NEG: *y = (int64_t)(0 - u); return number;
    case UNARY_ABS: *y = x < 0 ? (int64_t)(0 - u) : x; return number;
    case UNARY_SIGN: *y = (x > 0) - (x < 0); return number;
    case UNARY_SQUARE: *y = (int64_t)(u * u); return number;
    case UNARY_RELU: *y = x > 0 ? x : 0; return number;
    case UNARY_BITWISE_NOT: *y = dtype == CH_BOOL ? !x : ~x; return 1;
    case UNARY_LOGICAL_NOT: *y = x == 0; return 1;
    case UNARY_SIGNBIT: *y = x < 0; return 1;
    default: return 0;
  }
}

static double python_remainder(double a, double b) {
  double rest = fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

static double python_floor_divide(double a, double b) {
  if (b == 0) {
    return a / b;
  }
  if (isinf(b) && isfinite(a)) {
    return a != 0 && (a < 0) != (b < 0) ? -1 : 0;
  }
  double quotient = (a - python_remainder(a, b)) / b;
  return isfinite(quotient) ? rint(quotient) : (isnan(quotient) ? (double)NAN : quotient);
}

static double binary_value(int op, double a, double b) {
  switch (op) {
    case BINARY_ADD: return a + b;
    case BINARY_SUB: return a - b;
    case BINARY_MUL: return a * b;
    case BINARY_DIV: return a / b;
    case BINARY_FLOOR_DIVIDE: return python_floor_divide(a, b);
    case BINARY_TRUNC_DIVIDE: return trunc(a / b);
    case BINARY_REMAINDER: return python_remainder(a, b);
    case BINARY_FMOD: return fmod(a, b);
    case BINARY_POW: return pow(a, b);
    case BINARY_MAXIMUM: return isnan(a) || isnan(b) ? (double)NAN : a > b ? a : b;
    case BINARY_MINIMUM: return isnan(a) || isnan(b) ? (double)NAN : a < b ? a : b;
    case BINARY_ATAN2: return atan2(a, b);
    case BINARY_COPYSIGN: return copysign(a, b);
    case BINARY_FMAX: return fmax(a, b);
    case BINARY_FMIN: return fmin(a, b);
    case BINARY_HEAVISIDE: return a == 0 ? b : a > 0;
    case BINARY_HYPOT: return hypot(a, b);
    case BINARY_SQUARED_DIFFERENCE: return (a - b) * (a - b);
    case BINARY_GCD: case BINARY_LCM: case BINARY_BITWISE_LEFT_SHIFT: case BINARY_BITWISE_RIGHT_SHIFT: return 0;
    case BINARY_EQ: return a == b;
    case BINARY_NE: return a != b;
    case BINARY_LT: return a < b;
    case BINARY_LE: return a <= b;
    case BINARY_GT: return a > b;
    case BINARY_GE: return a >= b;
    case BINARY_LOGICAL_AND: return a != 0 && b != 0;
    case BINARY_LOGICAL_OR: return a != 0 || b != 0;
    case BINARY_LOGICAL_XOR: return (a != 0) != (b != 0);
    case BINARY_RELU_BACKWARD: return b <= 0 ? 0 : a;
    case BINARY_SIGMOID_BACKWARD: return a * b * (1 - b);
    case BINARY_TANH_BACKWARD: return a * (1 - b * b);
    case BINARY_SILU_BACKWARD: return a * (logistic(b) * (1 + b * logistic(-b)));
    case BINARY_GELU_BACKWARD: return a * (0.5 * erfc(-b * M_SQRT1_2) + b * bell(b));
    case BINARY_GELU_TANH_BACKWARD: {
      double s = logistic(cubic(b)), slope = 2 * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * b * b);
      return a * (s + b * s * logistic(-cubic(b)) * slope);
    }
    case BINARY_BITWISE_AND: case BINARY_BITWISE_OR: case BINARY_BITWISE_XOR: return 0; /* of integers alone */
    default: missing = 1; return 0;
  }
}

static int64_t integer_power(int64_t a, int64_t b) {
  if (b < 0) {
    return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
  }
  uint64_t result = 1, base = (uint64_t)a;
  for (; b > 0; b /= 2, base *= base) {
    result *= b % 2 ? base : 1;
  }
  return (int64_t)result;
}

/* The value as the dtype stores it. */
static struct value stored(int dtype, struct value v) {
  uint64_t cell = 0;
  put(dtype, &cell, 0, v);
  return get(dtype, &cell, 0);
}

static uint64_t common_divisor(int64_t a, int64_t b) {
  uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, y = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
  return y == 0 ? x : common_divisor((int64_t)y, (int64_t)(x % y));
}

/* As the dtype stores them: the divisor, the quotient, and what int or int64 holds of the product. */
static int64_t common_multiple(int dtype, int64_t a, int64_t b) {
  int64_t divisor = stored(dtype, (struct value){0, (int64_t)common_divisor(a, b)}).i;
  if (divisor == 0) {
    return 0;
  }
  int64_t part = divisor == -1 ? (int64_t)(0 - (uint64_t)a) : a / divisor;
  int64_t product = (int64_t)((uint64_t)stored(dtype, (struct value){0, part}).i * (uint64_t)b);
  product = dtype == CH_INT64 ? product : (int32_t)product;
  return product < 0 ? (int64_t)(0 - (uint64_t)product) : product;
}

/* 0 where there is no integer kernel. Divisors are not 0. */
static int binary_integer(int op, int dtype, int64_t a, int64_t b, int64_t *y) {
  int number = dtype != CH_BOOL, bits = 8 * (int)element_size(dtype);
  uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
  int64_t quotient = 0, rest = 0;
  if (op >= BINARY_FLOOR_DIVIDE && op <= BINARY_FMOD && b != 0) {
    quotient = b == -1 ? (int64_t)(0 - ua) : a / b;
    rest = b == -1 ? 0 : a % b;
  }
  int below = rest != 0 && (rest < 0) != (b < 0);
  switch (op) {
    case BINARY_ADD: *y = number ? (int64_t)(ua + ub) : a | b; return 1;
    case BINARY_SUB: *y = (int64_t)(ua - ub); return number;
    case BINARY_MUL: *y = (int64_t)(ua * ub); return 1;
    case BINARY_FLOOR_DIVIDE: *y = quotient - below; return number;
    case BINARY_TRUNC_DIVIDE: *y = quotient; return number;
    case BINARY_REMAINDER: *y = below ? rest + b : rest; return number;
    case BINARY_FMOD: *y = rest; return number;
    case BINARY_POW: *y = integer_power(a, b); return number;
    case BINARY_MAXIMUM: *y = a > b ? a : b; return 1;
    case BINARY_MINIMUM: *y = a < b ? a : b; return 1;
    case BINARY_FMAX: *y = a > b ? a : b; return 1;
    case BINARY_FMIN: *y = a < b ? a : b; return 1;
    case BINARY_HEAVISIDE: *y = a == 0 ? b : a > 0; return 1;
    case BINARY_GCD: *y = (int64_t)common_divisor(a, b); return number;
    case BINARY_LCM: *y = common_multiple(dtype, a, b); return number;
    case BINARY_BITWISE_LEFT_SHIFT: *y = b < 0 || b >= bits ? 0 : (int64_t)(ua << b); return number;
    case BINARY_BITWISE_RIGHT_SHIFT: *y = a >> (b < 0 || b >= bits ? 63 : b); return number;
    case BINARY_EQ: *y = a == b; return 1;
    case BINARY_NE: *y = a != b; return 1;
    case BINARY_LT: *y = a < b; return 1;
    case BINARY_LE: *y = a <= b; return 1;
    case BINARY_GT: *y = a > b; return 1;
    case BINARY_GE: *y = a >= b; return 1;
    case BINARY_LOGICAL_AND: *y = a && b; return 1;
    case BINARY_LOGICAL_OR: *y = a || b; return 1;
    case BINARY_LOGICAL_XOR: *y = !a != !b; return 1;
    case BINARY_BITWISE_AND: *y = a & b; return 1;
    case BINARY_BITWISE_OR: *y = a | b; return 1;
    case BINARY_BITWISE_XOR: *y = a ^ b; return 1;
    case BINARY_RELU_BACKWARD: *y = b > 0 ? a : 0; return number;
    default: return 0;
  }
}

#endif
