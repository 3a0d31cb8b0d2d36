/* Conversions between element types: the half formats by their bits, and floats to integers without undefined behaviour. */
#ifndef CHAGRES_CONVERT_H
#define CHAGRES_CONVERT_H

#include "bits.h"

typedef struct { uint16_t bits; } half;
typedef struct { uint16_t bits; } bfloat;

/* Exponent and fraction move into place, and a product with 2^112 mends the bias, denormals included. */
INLINE float from_half(half h) {
  uint32_t sign = (uint32_t)(h.bits & 0x8000) << 16, rest = (uint32_t)(h.bits & 0x7fff) << 13;
  float value = float_of(rest) * 0x1p112f;
  value = rest >= 0x0f800000u ? float_of(rest | 0x7f800000u) : value;
  return float_of(bits_of(value) | sign);
}

/* To nearest even. Denormals are rounded by an addition that leaves their bits at the bottom. */
INLINE half to_half(float x) {
  uint32_t bits = bits_of(x) & 0x7fffffff;
  uint32_t normal = (bits + 0xfff + ((bits >> 13) & 1) - 0x38000000u) >> 13;
  uint32_t denormal = bits_of(float_of(bits) + 0.5f) - 0x3f000000u;
  uint32_t y = bits < 0x38800000u ? denormal : normal;
  y = bits >= 0x477ff000u ? 0x7c00 : y;
  y = bits > 0x7f800000u ? 0x7e00 : y;
  half rounded = {(uint16_t)(y | (bits_of(x) >> 16 & 0x8000))};
  return rounded;
}

INLINE float from_bfloat(bfloat b) { return float_of((uint32_t)b.bits << 16); }

INLINE bfloat to_bfloat(float x) {
  uint32_t bits = bits_of(x);
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  bfloat result = {(uint16_t)(x != x ? 0x7fc0 : rounded)};
  return result;
}

/* Truncate; what does not fit, NaN included, becomes the least value, as x86 converts. Narrower types wrap from
   32 bits, uint8 from 64. */
INLINE int32_t int32_of_f32(float x) {
  int fits = (x >= -0x1p31f) & (x < 0x1p31f);
  return fits ? (int32_t)(fits ? x : 0) : INT32_MIN;
}
INLINE int32_t int32_of_f64(double x) {
  int fits = (x > -0x1p31 - 1) & (x < 0x1p31);
  return fits ? (int32_t)(fits ? x : 0) : INT32_MIN;
}
INLINE int64_t int64_of_f32(float x) { return ((x >= -0x1p63f) & (x < 0x1p63f)) ? (int64_t)x : INT64_MIN; }
INLINE int64_t int64_of_f64(double x) { return ((x >= -0x1p63) & (x < 0x1p63)) ? (int64_t)x : INT64_MIN; }

/*
 * start + i * step, rounded once where the product is exact, as that of two floats is: the sum is first rounded to the
 * neighbour whose last bit is odd, after which rounding to float cannot go wrong.
 */
INLINE float mad_once(double start, double i, double step) {
  double product = i * step, sum = product + start, back = sum - product;
  double rest = (product - (sum - back)) + (start - back);
  uint64_t bits = bits_of_f64(sum);
  uint64_t even = (rest > 0) | (rest < 0) ? ~bits & 1 : 0;
  bits = (rest > 0) == (sum > 0) ? bits + even : bits - even;
  return (float)f64_of(bits);
}

/*
 * The neighbour, toward `aim`, of a number x of 16 bits, and the bits of both: but for the sign, they are in the order of
 * their values.
 */
INLINE uint16_t next_16(uint16_t from, float x, uint16_t to, float aim) {
  int away = (x < aim) == (x > 0);
  uint16_t next = x == 0 ? (uint16_t)((to & 0x8000) | 1) : (uint16_t)(from + (away ? 1 : -1));
  return x != x ? from : (aim != aim || x == aim) ? to : next;
}

#endif
