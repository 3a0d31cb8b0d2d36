/*
 * The functions of C's mathematical library for float too, and for integers, which count as double, as CUDA has them. C++'s
 * header has them as well, but takes a third of the time that a module is compiled in.
 */
#pragma once

/* What has a remainder is an integer. */
#define EMULATOR_INTEGER(T) class T, class = decltype(T() % 1)

#define EMULATOR_OF_ONE(R, name)                   \
  inline R name(float x) { return name##f(x); }    \
  template <EMULATOR_INTEGER(T)>                   \
  inline auto name(T x) -> decltype(name(0.0)) {   \
    return name((double)x);                        \
  }
#define EMULATOR_OF_TWO(name) \
  inline float name(float x, float y) { return name##f(x, y); }

EMULATOR_OF_ONE(float, acos)
EMULATOR_OF_ONE(float, acosh)
EMULATOR_OF_ONE(float, asin)
EMULATOR_OF_ONE(float, asinh)
EMULATOR_OF_ONE(float, atan)
EMULATOR_OF_ONE(float, atanh)
EMULATOR_OF_ONE(float, cbrt)
EMULATOR_OF_ONE(float, ceil)
EMULATOR_OF_ONE(float, cos)
EMULATOR_OF_ONE(float, cosh)
EMULATOR_OF_ONE(float, erf)
EMULATOR_OF_ONE(float, erfc)
EMULATOR_OF_ONE(float, exp)
EMULATOR_OF_ONE(float, exp2)
EMULATOR_OF_ONE(float, expm1)
EMULATOR_OF_ONE(float, fabs)
EMULATOR_OF_ONE(float, floor)
EMULATOR_OF_ONE(int, ilogb)
EMULATOR_OF_ONE(float, lgamma)
EMULATOR_OF_ONE(long long, llrint)
EMULATOR_OF_ONE(long long, llround)
EMULATOR_OF_ONE(float, log)
EMULATOR_OF_ONE(float, log10)
EMULATOR_OF_ONE(float, log1p)
EMULATOR_OF_ONE(float, log2)
EMULATOR_OF_ONE(float, logb)
EMULATOR_OF_ONE(long, lrint)
EMULATOR_OF_ONE(long, lround)
EMULATOR_OF_ONE(float, nearbyint)
EMULATOR_OF_ONE(float, rint)
EMULATOR_OF_ONE(float, round)
EMULATOR_OF_ONE(float, sin)
EMULATOR_OF_ONE(float, sinh)
EMULATOR_OF_ONE(float, sqrt)
EMULATOR_OF_ONE(float, tan)
EMULATOR_OF_ONE(float, tanh)
EMULATOR_OF_ONE(float, tgamma)
EMULATOR_OF_ONE(float, trunc)
EMULATOR_OF_TWO(atan2)
EMULATOR_OF_TWO(copysign)
EMULATOR_OF_TWO(fdim)
EMULATOR_OF_TWO(fmax)
EMULATOR_OF_TWO(fmin)
EMULATOR_OF_TWO(fmod)
EMULATOR_OF_TWO(hypot)
EMULATOR_OF_TWO(nextafter)
EMULATOR_OF_TWO(pow)
EMULATOR_OF_TWO(remainder)
inline float fma(float x, float y, float z) { return fmaf(x, y, z); }
inline float frexp(float x, int* exponent) { return frexpf(x, exponent); }
inline float ldexp(float x, int exponent) { return ldexpf(x, exponent); }
inline float modf(float x, float* whole) { return modff(x, whole); }
inline float scalbn(float x, int exponent) { return scalbnf(x, exponent); }
inline float scalbln(float x, long exponent) { return scalblnf(x, exponent); }
inline long abs(long x) { return labs(x); }
inline long long abs(long long x) { return llabs(x); }
inline float abs(float x) { return fabsf(x); }
inline double abs(double x) { return fabs(x); }
