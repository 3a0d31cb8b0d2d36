/* CUDA's functions that C's library has not, or declares for itself under the same name. */
#pragma once

#define EMULATOR_EXTREMES(T, A, B)                            \
  inline T min(A a, B b) { return (T)a < (T)b ? (T)a : (T)b; } \
  inline T max(A a, B b) { return (T)a > (T)b ? (T)a : (T)b; }
EMULATOR_EXTREMES(int, int, int)
EMULATOR_EXTREMES(unsigned, unsigned, unsigned)
EMULATOR_EXTREMES(unsigned, int, unsigned)
EMULATOR_EXTREMES(unsigned, unsigned, int)
EMULATOR_EXTREMES(long, long, long)
EMULATOR_EXTREMES(unsigned long, unsigned long, unsigned long)
EMULATOR_EXTREMES(unsigned long, long, unsigned long)
EMULATOR_EXTREMES(unsigned long, unsigned long, long)
EMULATOR_EXTREMES(long long, long long, long long)
EMULATOR_EXTREMES(unsigned long long, unsigned long long, unsigned long long)
EMULATOR_EXTREMES(unsigned long long, long long, unsigned long long)
EMULATOR_EXTREMES(unsigned long long, unsigned long long, long long)
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
inline double min(float a, double b) { return fmin(a, b); }
inline double max(float a, double b) { return fmax(a, b); }
inline double min(double a, float b) { return fmin(a, b); }
inline double max(double a, float b) { return fmax(a, b); }

namespace emulator {

constexpr double PI = 3.14159265358979323846, SQRT_2 = 1.41421356237309504880;

/* erfc(x) * exp(x * x): the product itself while erfc has all its digits, then Laplace's continued fraction. */
inline double scaledErfc(double x) {
  if (x < 10) {
    return (double)(expl((long double)x * x) * erfcl(x));
  }
  double fraction = 0;
  for (int k = 60; k > 0; k--) {
    fraction = k / 2.0 / (x + fraction);
  }
  return 1 / ((x + fraction) * sqrt(PI));
}

/* The x with erfc(x) = y, by Newton's steps on log(erfc), whose slope hardly changes far out. */
inline double inverseErfc(double y) {
  if (!(y > 0 && y < 2)) {
    return y == 0 ? INFINITY : y == 2 ? -INFINITY : NAN;
  }
  if (y > 1) {
    return -inverseErfc(2 - y);
  }
  double x = y > 0.1 ? (1 - y) * 0.886 : sqrt(-log(y));
  for (int step = 0; step < 60; step++) {
    double tail = erfc(x), next = x + tail * log(tail / y) * sqrt(PI) / 2 * exp(x * x);
    bool settled = fabs(next - x) <= 1e-16 * fabs(x);
    x = next;
    if (settled) {
      break;
    }
  }
  return x;
}

inline double inverseErf(double y) {
  if (fabs(y) > 0.5) {
    return copysign(inverseErfc(1 - fabs(y)), y);
  }
  double x = y * 0.886;
  for (int step = 0; step < 8; step++) {
    x -= (erf(x) - y) * sqrt(PI) / 2 * exp(x * x);
  }
  return y == 0 ? y : x;
}

/* Of the modified Bessel functions I0 and I1, by their integral: the trapezoidal rule converges exponentially. */
inline double bessel(int order, double x) {
  const int steps = 64 + (int)fmin(8 * sqrt(fabs(x)), 4096);
  double sum = (1 + (order ? -exp(-2 * fabs(x)) : exp(-2 * fabs(x)))) / 2;
  for (int i = 1; i < steps; i++) {
    double c = cos(PI * i / steps);
    sum += exp(fabs(x) * (c - 1)) * (order ? c : 1);
  }
  double value = sum / steps * exp(fabs(x));
  return order && x < 0 ? -value : value;
}

inline double sinTurns(double x) {
  double rest = remainder(x, 2);
  return rest == 0 || fabs(rest) == 1 ? copysign(0.0, x) : sin(PI * rest);
}

inline double cosTurns(double x) {
  double rest = fabs(remainder(x, 2));
  return rest == 0.5 ? 0 : cos(PI * rest);
}

}  // namespace emulator

#define EMULATOR_FUNCTION(name, formula)                                      \
  inline double name(double x) { return formula; }                            \
  inline float name(float x) { return (float)name((double)x); }               \
  inline float name##f(float x) { return (float)name((double)x); }

EMULATOR_FUNCTION(rsqrt, 1 / sqrt(x))
EMULATOR_FUNCTION(rcbrt, 1 / cbrt(x))
EMULATOR_FUNCTION(erfinv, emulator::inverseErf(x))
EMULATOR_FUNCTION(erfcinv, emulator::inverseErfc(x))
EMULATOR_FUNCTION(erfcx, emulator::scaledErfc(x))
EMULATOR_FUNCTION(normcdf, (double)(erfcl(-(long double)x * 0.70710678118654752440L) / 2))
EMULATOR_FUNCTION(normcdfinv, -emulator::SQRT_2 * emulator::inverseErfc(2 * x))
EMULATOR_FUNCTION(sinpi, emulator::sinTurns(x))
EMULATOR_FUNCTION(cospi, emulator::cosTurns(x))
EMULATOR_FUNCTION(cyl_bessel_i0, emulator::bessel(0, x))
EMULATOR_FUNCTION(cyl_bessel_i1, emulator::bessel(1, x))

inline float exp10(float x) { return exp10f(x); }
inline double rhypot(double a, double b) { return 1 / hypot(a, b); }
inline float rhypotf(float a, float b) { return (float)(1 / hypot((double)a, (double)b)); }
inline void sincospi(double x, double* s, double* c) { *s = sinpi(x), *c = cospi(x); }
inline void sincospif(float x, float* s, float* c) { *s = sinpif(x), *c = cospif(x); }
inline float fdividef(float a, float b) { return a / b; }

/* The fast forms are as exact here as the others; on a GPU they are not. */
#define __expf(x) expf(x)
#define __exp10f(x) exp10f(x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __log10f(x) log10f(x)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __tanf(x) tanf(x)
#define __sincosf(x, s, c) sincosf(x, s, c)
#define __powf(x, y) powf(x, y)
#define __fdividef(x, y) ((float)(x) / (float)(y))
#define __saturatef(x) fminf(fmaxf(x, 0.0f), 1.0f)
#define __frsqrt_rn(x) rsqrtf(x)

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline float __frcp_rn(float a) { return 1 / a; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return sqrt(a); }
inline double __drcp_rn(double a) { return 1 / a; }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }

namespace emulator {

template <class To, class From>
To castBits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  memcpy(&result, &value, sizeof(To));
  return result;
}

/* As the GPU's conversion: beyond the type's range its nearest bound, of NaN 0. */
template <class To>
To toInteger(double value) {
  constexpr bool isSigned = (To)-1 < 0;
  constexpr To least = isSigned ? (To)((unsigned long long)1 << (sizeof(To) * 8 - 1)) : 0;
  constexpr To most = (To)~least;
  if (value != value) {
    return 0;
  }
  return value <= (double)least ? least : value >= (double)most ? most : (To)value;
}

}  // namespace emulator

inline int __float_as_int(float x) { return emulator::castBits<int>(x); }
inline unsigned __float_as_uint(float x) { return emulator::castBits<unsigned>(x); }
inline float __int_as_float(int x) { return emulator::castBits<float>(x); }
inline float __uint_as_float(unsigned x) { return emulator::castBits<float>(x); }
inline long long __double_as_longlong(double x) { return emulator::castBits<long long>(x); }
inline double __longlong_as_double(long long x) { return emulator::castBits<double>(x); }
inline int __double2hiint(double x) { return (int)(emulator::castBits<long long>(x) >> 32); }
inline int __double2loint(double x) { return (int)emulator::castBits<long long>(x); }
inline double __hiloint2double(int high, int low) {
  return emulator::castBits<double>((long long)high << 32 | (unsigned)low);
}

#define EMULATOR_CONVERSION(from, F, to, T)                                                      \
  inline T __##from##2##to##_rn(F x) { return emulator::toInteger<T>(nearbyint((double)x)); }    \
  inline T __##from##2##to##_rz(F x) { return emulator::toInteger<T>(trunc((double)x)); }        \
  inline T __##from##2##to##_rd(F x) { return emulator::toInteger<T>(floor((double)x)); }        \
  inline T __##from##2##to##_ru(F x) { return emulator::toInteger<T>(ceil((double)x)); }
EMULATOR_CONVERSION(float, float, int, int)
EMULATOR_CONVERSION(float, float, uint, unsigned)
EMULATOR_CONVERSION(float, float, ll, long long)
EMULATOR_CONVERSION(float, float, ull, unsigned long long)
EMULATOR_CONVERSION(double, double, int, int)
EMULATOR_CONVERSION(double, double, uint, unsigned)
EMULATOR_CONVERSION(double, double, ll, long long)
EMULATOR_CONVERSION(double, double, ull, unsigned long long)
inline float __int2float_rn(int x) { return (float)x; }
inline float __uint2float_rn(unsigned x) { return (float)x; }
inline float __ll2float_rn(long long x) { return (float)x; }
inline float __double2float_rn(double x) { return (float)x; }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
inline int __clzll(long long x) { return x ? __builtin_clzll((unsigned long long)x) : 64; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned long long __brevll(unsigned long long x) {
  unsigned long long result = 0;
  for (int i = 0; i < 64; i++) {
    result |= (x >> i & 1) << (63 - i);
  }
  return result;
}
inline unsigned __brev(unsigned x) { return (unsigned)(__brevll(x) >> 32); }
inline unsigned __byte_perm(unsigned low, unsigned high, unsigned selector) {
  unsigned long long bytes = (unsigned long long)high << 32 | low;
  unsigned result = 0;
  for (int i = 0; i < 4; i++) {
    result |= (unsigned)(bytes >> (selector >> 4 * i & 7) * 8 & 0xff) << 8 * i;
  }
  return result;
}
inline int __mulhi(int a, int b) { return (int)((long long)a * b >> 32); }
inline unsigned __umulhi(unsigned a, unsigned b) {
  return (unsigned)((unsigned long long)a * b >> 32);
}
inline long long __mul64hi(long long a, long long b) { return (long long)((__int128)a * b >> 64); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return (unsigned long long)((unsigned __int128)a * b >> 64);
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
  return (unsigned)(((unsigned long long)high << 32 | low) << (shift & 31) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  return (unsigned)(((unsigned long long)high << 32 | low) >> (shift & 31));
}

/* Loads and stores that say how they use the caches. */
#define EMULATOR_ACCESS(name)      \
  template <class T>               \
  T name(const T* address) {       \
    return *address;               \
  }
EMULATOR_ACCESS(__ldg)
EMULATOR_ACCESS(__ldca)
EMULATOR_ACCESS(__ldcg)
EMULATOR_ACCESS(__ldcs)
EMULATOR_ACCESS(__ldlu)

/* The load that sees what others write meanwhile: with it begins a loop around atomicCAS. */
template <class T>
T __ldcv(const T* address) {
  T value;
  __atomic_load(address, &value, __ATOMIC_RELAXED);
  return value;
}
#define EMULATOR_STORE(name)              \
  template <class T>                      \
  void name(T* address, T value) {        \
    *address = value;                     \
  }
EMULATOR_STORE(__stwb)
EMULATOR_STORE(__stcg)
EMULATOR_STORE(__stcs)
EMULATOR_STORE(__stwt)
