/*
 * Unsigned keys whose order is that of the elements: false before true, negative numbers before positive ones, both zeros
 * equal, and every NaN, equal to the others, after infinity. The complement of a key has the opposite order.
 */
#ifndef CHAGRES_KEYS_H
#define CHAGRES_KEYS_H

#include "bits.h"

/* X(suffix, type of the bits, dtype) for every dtype. */
#define EACH_KEYED(X)            \
  X(bool, uint8_t, CH_BOOL)      \
  X(u8, uint8_t, CH_UINT8)       \
  X(i8, uint8_t, CH_INT8)        \
  X(i16, uint16_t, CH_INT16)     \
  X(i32, uint32_t, CH_INT32)     \
  X(i64, uint64_t, CH_INT64)     \
  X(f16, uint16_t, CH_FLOAT16)   \
  X(bf16, uint16_t, CH_BFLOAT16) \
  X(f32, uint32_t, CH_FLOAT32)   \
  X(f64, uint64_t, CH_FLOAT64)

INLINE uint8_t key_bool(uint8_t x) { return x != 0; }
INLINE uint8_t key_u8(uint8_t x) { return x; }
INLINE uint8_t key_i8(uint8_t x) { return x ^ 0x80; }
INLINE uint16_t key_i16(uint16_t x) { return x ^ 0x8000; }
INLINE uint32_t key_i32(uint32_t x) { return x ^ 0x80000000u; }
INLINE uint64_t key_i64(uint64_t x) { return x ^ 0x8000000000000000u; }

/* A floating number of these bits: SIGN is its sign's bit, INFINITE infinity's bits. */
#define FLOATING_KEY(S, U, SIGN, INFINITE)              \
  INLINE U key_##S(U x) {                               \
    U size = x & (U)(SIGN - 1);                         \
    U key = x & SIGN ? (U)~x : (U)(x | SIGN);           \
    key = size == 0 ? (U)SIGN : key;                    \
    return size > (U)INFINITE ? (U)~(U)0 : key;         \
  }

FLOATING_KEY(f16, uint16_t, 0x8000, 0x7c00)
FLOATING_KEY(bf16, uint16_t, 0x8000, 0x7f80)
FLOATING_KEY(f32, uint32_t, 0x80000000u, 0x7f800000u)
FLOATING_KEY(f64, uint64_t, 0x8000000000000000u, 0x7ff0000000000000u)

#endif
