/*
 * What the random streams are made of: mt19937 (Matsumoto and Nishimura, 1998), seeded by Knuth's multiplicative recurrence
 * from 32 bits, PyTorch's generator, and how elements of all dtypes are read and written.
 */
#ifndef CHAGRES_GENERATOR_H
#define CHAGRES_GENERATOR_H

#include "convert.h"

/* ---- mt19937 ------------------------------------------------------------------------------------------------------------ */

enum { WORDS = 624, SHIFT = 397 };

/* `next` is the word to hand out; 0 (only after seeding) and WORDS mean that a new block is due. */
struct twister {
  uint32_t word[WORDS];
  uint32_t next;
};

static inline void twister_seed(struct twister *t, uint32_t seed) {
  t->word[0] = seed;
  for (uint32_t i = 1; i < WORDS; i++) {
    uint32_t previous = t->word[i - 1];
    t->word[i] = 1812433253u * (previous ^ (previous >> 30)) + i;
  }
  t->next = 0;
}

INLINE uint32_t twist(uint32_t high, uint32_t low, uint32_t far) {
  uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
  return far ^ (mixed >> 1) ^ (0x9908b0dfu & (0u - (low & 1u)));
}

static inline void twister_advance(struct twister *t) {
  uint32_t *w = t->word;
  for (int i = 0; i < WORDS - SHIFT; i++) w[i] = twist(w[i], w[i + 1], w[i + SHIFT]);
  for (int i = WORDS - SHIFT; i < WORDS - 1; i++) w[i] = twist(w[i], w[i + 1], w[i + SHIFT - WORDS]);
  w[WORDS - 1] = twist(w[WORDS - 1], w[0], w[SHIFT - 1]);
}

INLINE uint32_t temper(uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

/* The next n words of the stream. */
static inline void draw(struct twister *t, ch_long n, uint32_t *restrict out) {
  while (n > 0) {
    if (t->next == 0 || t->next == WORDS) {
      twister_advance(t);
      t->next = 0;
    }
    ch_long left = WORDS - t->next;
    ch_long count = n < left ? n : left;
    const uint32_t *restrict from = t->word + t->next;
    for (ch_long i = 0; i < count; i++) out[i] = temper(from[i]);
    t->next += (uint32_t)count;
    out += count;
    n -= count;
  }
}

INLINE uint32_t draw32(struct twister *t) {
  if (UNLIKELY(t->next == 0 || t->next == WORDS)) {
    twister_advance(t);
    t->next = 0;
  }
  return temper(t->word[t->next++]);
}

/* Two words, the first one high. */
INLINE uint64_t draw64(struct twister *t) {
  uint64_t high = draw32(t);
  return high << 32 | draw32(t);
}

/* The low 53 bits of a 64-bit draw as a multiple of 2^-53: 21 bits of the first word, all of the second. */
INLINE double fraction53(uint32_t high, uint32_t low) {
  double upper = (double)(int32_t)(high & 0x1fffffu);
  double lower = (double)(int32_t)(low ^ 0x80000000u) + 0x1p31;
  return (upper * 0x1p32 + lower) * 0x1p-53;
}

INLINE float fraction24(uint32_t word) { return (float)(int32_t)(word & 0xffffffu) * 0x1p-24f; }

INLINE uint16_t to_16(int dtype, float x) { return dtype == CH_BFLOAT16 ? to_bfloat(x).bits : to_half(x).bits; }

INLINE float from_16(int dtype, uint16_t bits) {
  return dtype == CH_BFLOAT16 ? from_bfloat((bfloat){bits}) : from_half((half){bits});
}

/* ---- PyTorch's generator ------------------------------------------------------------------------------------------ */

/* The float normal is never made on the CPU; it is kept so that an imported state is exported unchanged. */
struct generator {
  struct twister twister;
  uint64_t seed;
  double normal;
  float normal_f32;
  int has_normal;
  int has_normal_f32;
};

/* Words drawn at a time: even, so that a pair never straddles two chunks. */
enum { CHUNK = 2 * WORDS };

INLINE double uniform53(struct twister *t) {
  uint32_t high = draw32(t);
  return fraction53(high, draw32(t));
}

/* ---- elements ----------------------------------------------------------------------------------------------------- */

/* As C casts in torch, where a value beyond 32 bits becomes the least int32 on its way to a narrow integer. */
static inline void store(int dtype, void *y, ch_long i, double value) {
  switch (dtype) {
    case CH_UINT8: case CH_INT8: ((uint8_t *)y)[i] = (uint8_t)int32_of_f64(value); break;
    case CH_INT16: ((uint16_t *)y)[i] = (uint16_t)int32_of_f64(value); break;
    case CH_INT32: ((int32_t *)y)[i] = int32_of_f64(value); break;
    case CH_INT64: ((int64_t *)y)[i] = int64_of_f64(value); break;
    case CH_FLOAT32: ((float *)y)[i] = (float)value; break;
    case CH_FLOAT64: ((double *)y)[i] = value; break;
    default: ((uint16_t *)y)[i] = to_16(dtype, (float)value); break;
  }
}

static inline double load(int dtype, const void *x, ch_long i) {
  switch (dtype) {
    case CH_FLOAT32: return ((const float *)x)[i];
    case CH_FLOAT64: return ((const double *)x)[i];
    default: return from_16(dtype, ((const uint16_t *)x)[i]);
  }
}

#endif
