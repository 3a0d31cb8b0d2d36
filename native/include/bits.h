/* Numbers as their bits. Each target has a target.h of its own, with the words that these functions are made of. */
#ifndef CHAGRES_BITS_H
#define CHAGRES_BITS_H

#include "target.h"

INLINE uint32_t bits_of(float x) {
  union { float f; uint32_t u; } pun = {x};
  return pun.u;
}

INLINE float float_of(uint32_t bits) {
  union { uint32_t u; float f; } pun = {bits};
  return pun.f;
}

INLINE float magnitude(float x) { return float_of(bits_of(x) & 0x7fffffff); }
INLINE uint32_t sign_of(float x) { return bits_of(x) & 0x80000000; }

INLINE uint64_t bits_of_f64(double x) {
  union { double d; uint64_t u; } pun = {x};
  return pun.u;
}

INLINE double f64_of(uint64_t bits) {
  union { uint64_t u; double d; } pun = {bits};
  return pun.d;
}

INLINE double magnitude_f64(double x) { return f64_of(bits_of_f64(x) & 0x7fffffffffffffff); }
INLINE uint64_t sign_of_f64(double x) { return bits_of_f64(x) & 0x8000000000000000; }

#endif
