/* The operations of ops.def as types: unary_op::EXP::of(x), binary_op::ADD::of(a, b), ternary_op::LERP::of(a, b, c, v). */
#ifndef CHAGRES_OPERATIONS_CUH
#define CHAGRES_OPERATIONS_CUH

#include "base.cuh"
#include "special.h"

/* ---- functions by the names of the formulas, where CUDA has others or none ---------------------------------------------- */

template <class T>
DEVICE T ndtr(T x) {
  return normcdf(x);
}
template <class T>
DEVICE T ndtri(T x) {
  return normcdfinv(x);
}

#define EITHER_1(NAME)                                    \
  INLINE float NAME(float x) { return NAME##_f32(x); }    \
  INLINE double NAME(double x) { return NAME##_f64(x); }
#define EITHER_2(NAME)                                              \
  INLINE float NAME(float a, float b) { return NAME##_f32(a, b); }    \
  INLINE double NAME(double a, double b) { return NAME##_f64(a, b); }
EITHER_1(log_ndtr)
EITHER_1(digamma)
EITHER_1(mantissa)
EITHER_1(exponent)
EITHER_2(igamma)
EITHER_2(igammac)
EITHER_2(polygamma)

INLINE bool signbit_of(float x) { return is_negative_f32(x); }
INLINE bool signbit_of(double x) { return is_negative_f64(x); }
INLINE bool signbit_of(long long x) { return x < 0; }
INLINE bool signbit_of(int x) { return x < 0; }

/* ---- formulas.h for each type ---------------------------------------------------------------------------------------------- */

#define FORMULA INLINE
#define FN(name) name
#define FORMULAS_FLOATING
#define FORMULAS_ACTIVATIONS
#define T float
#include "formulas.h"
#undef T
#define T double
#include "formulas.h"
#undef T
#undef FORMULAS_FLOATING
#undef FORMULAS_ACTIVATIONS
#define FORMULAS_INTEGER
#define T uint8_t
#include "formulas.h"
#undef T
#define T int8_t
#include "formulas.h"
#undef T
#define T int16_t
#include "formulas.h"
#undef T
#define T int32_t
#include "formulas.h"
#undef T
#define T long long
#include "formulas.h"
#undef T
#undef FORMULAS_INTEGER
#undef FN
#undef FORMULA

/* ---- ops.def ------------------------------------------------------------------------------------------------------------------ */

#define RESULT_F T
#define RESULT_N T
#define RESULT_I T
#define RESULT_A T
#define RESULT_Z T
#define RESULT_D T
#define RESULT_FP bool
#define RESULT_AP bool
#define RESULT_MP bool
#define ALL_BITS ((T)~(T)0)

#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...)
#define UNARY(NAME, DOMAIN, ...)                                                                     \
  struct NAME {                                                                                      \
    template <class T>                                                                               \
    static DEVICE RESULT_##DOMAIN of(T x) {                                                          \
      return (RESULT_##DOMAIN)(__VA_ARGS__);                                                         \
    }                                                                                                \
  };
namespace unary_op {
#include "ops.def"
}
#undef UNARY
#undef BINARY
#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...)                                                                    \
  struct NAME {                                                                                      \
    template <class T>                                                                               \
    static DEVICE RESULT_##DOMAIN of(T a, T b) {                                                     \
      return (RESULT_##DOMAIN)(__VA_ARGS__);                                                         \
    }                                                                                                \
  };
namespace binary_op {
#include "ops.def"

/* A power whose exponent is one for all: the frequent ones by multiplication; sqrt differs from pow at -0 and -inf, as in PyTorch. */
struct POW_HELD {
  template <class T>
  static DEVICE T of(T a, T b) {
    return b == 2               ? a * a
           : b == (T)0.5        ? sqrt(a)
           : b == 1             ? a
           : b == -1            ? 1 / a
           : b == 3             ? a * a * a
           : b == -2            ? 1 / (a * a)
           : b == (T)-0.5       ? 1 / sqrt(a)
                                : pow_of(a, b);
  }
};
}
#undef BINARY
#undef TERNARY
#define BINARY(NAME, DOMAIN, ...)
#define TERNARY(NAME, DOMAIN, ...)                                                                   \
  struct NAME {                                                                                      \
    template <class T>                                                                               \
    static DEVICE T of(T a, T b, T c, T v) {                                                         \
      return (T)(__VA_ARGS__);                                                                       \
    }                                                                                                \
  };
namespace ternary_op {
#include "ops.def"
}
#undef UNARY
#undef BINARY
#undef TERNARY
#undef REDUCE

/* Whether an operation divides integers, so that a divisor of 0 is reported. */
template <class Op, class V>
constexpr bool DIVIDES = !FLOATING<V> && (SAME<Op, binary_op::FLOOR_DIVIDE> || SAME<Op, binary_op::TRUNC_DIVIDE> ||
                                          SAME<Op, binary_op::REMAINDER> || SAME<Op, binary_op::FMOD>);

#endif
