/*
 * The element types one after the other: EACH_TYPE(X) calls X(suffix, T, dtype) for every dtype with arithmetic. The two
 * half formats have none: they are stored, moved and cast only.
 */
#ifndef CHAGRES_TYPES_H
#define CHAGRES_TYPES_H

#include "target.h"

#define EACH_INTEGER(X)     \
  X(u8, uint8_t, CH_UINT8)  \
  X(i8, int8_t, CH_INT8)    \
  X(i16, int16_t, CH_INT16) \
  X(i32, int32_t, CH_INT32) \
  X(i64, int64_t, CH_INT64)

#define EACH_FLOATING(X)        \
  X(f32, float, CH_FLOAT32)     \
  X(f64, double, CH_FLOAT64)

#define EACH_TYPE(X) X(bool, uint8_t, CH_BOOL) EACH_INTEGER(X) EACH_FLOATING(X)

/* A byte of a bool that others have written may be any: 0 is false and the others are true. */
#define READ_NUMBER(x) (x)
#define READ_TRUTH(x) ((x) != 0)

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

/* The codes of the operations, in the order of ops.def. */
enum {
#define UNARY(NAME, DOMAIN, ...) UNARY_##NAME,
#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
  UNARY_OPS
};
enum {
#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...) BINARY_##NAME,
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
  BINARY_OPS
};
enum {
#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME) REDUCE_##NAME,
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
  REDUCE_OPS
};
enum {
#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...) TERNARY_##NAME,
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
  TERNARY_OPS
};

#endif
