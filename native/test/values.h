/* Typed buffers of the kernel tests: elements read and written as values, allocated to the byte so that ASan sees every slip. */
#ifndef CHAGRES_TEST_VALUES_H
#define CHAGRES_TEST_VALUES_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cpu/types.h"

static const char *const dtype_names[DTYPES] = {"bool", "u8", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64"};
static long checks, failures;

#define FAIL(...)                                       \
  do {                                                  \
    if (++failures <= 40) {                             \
      printf("FAILED ");                                \
      printf(__VA_ARGS__);                              \
      printf("\n");                                     \
    }                                                   \
  } while (0)
#define CHECK(condition, ...)    \
  do {                           \
    checks++;                    \
    if (!(condition)) {          \
      FAIL(__VA_ARGS__);         \
    }                            \
  } while (0)

/* A value of any dtype: floats in d, integers and bools in i. */
struct value {
  double d;
  int64_t i;
};

static int is_floating(int dtype) { return dtype >= CH_FLOAT16; }
static int is_half(int dtype) { return dtype == CH_FLOAT16 || dtype == CH_BFLOAT16; }

static double half_value(uint16_t bits, int exponent_bits) {
  int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  int exponent = (bits & 0x7fff) >> fraction_bits, fraction = bits & ((1 << fraction_bits) - 1);
  double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) {
    return fraction ? (double)NAN : sign * (double)INFINITY;
  }
  if (exponent == 0) {
    return sign * ldexp(fraction, 1 - bias - fraction_bits);
  }
  return sign * ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

/* To nearest even, of the float32 nearest to d. */
static uint16_t half_bits(double d, int exponent_bits) {
  int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1, most = (1 << exponent_bits) - 1;
  double x = (float)d;
  uint16_t sign = signbit(x) ? 0x8000 : 0;
  if (isnan(x)) {
    return (uint16_t)(sign | most << fraction_bits | 1 << (fraction_bits - 1));
  }
  x = fabs(x);
  if (isinf(x)) {
    return (uint16_t)(sign | most << fraction_bits);
  }
  int exponent = x == 0 ? -10000 : ilogb(x);
  int step = (exponent < 1 - bias ? 1 - bias : exponent) - fraction_bits;
  double rounded = rint(ldexp(x, -step));
  if (ldexp(rounded, step) >= ldexp(1, bias + 1)) {
    return (uint16_t)(sign | most << fraction_bits);
  }
  uint32_t whole = (uint32_t)rounded, base = exponent < 1 - bias ? 0 : (uint32_t)(exponent + bias - 1) << fraction_bits;
  return (uint16_t)(sign | (base + whole));
}

static struct value get(int dtype, const void *base, ch_long i) {
  switch (dtype) {
    case CH_BOOL:
    case CH_UINT8: return (struct value){0, ((const uint8_t *)base)[i]};
    case CH_INT8: return (struct value){0, ((const int8_t *)base)[i]};
    case CH_INT16: return (struct value){0, ((const int16_t *)base)[i]};
    case CH_INT32: return (struct value){0, ((const int32_t *)base)[i]};
    case CH_INT64: return (struct value){0, ((const int64_t *)base)[i]};
    case CH_FLOAT16: return (struct value){half_value(((const uint16_t *)base)[i], 5), 0};
    case CH_BFLOAT16: return (struct value){half_value(((const uint16_t *)base)[i], 8), 0};
    case CH_FLOAT32: return (struct value){(double)((const float *)base)[i], 0};
    default: return (struct value){((const double *)base)[i], 0};
  }
}

static void put(int dtype, void *base, ch_long i, struct value v) {
  switch (dtype) {
    case CH_BOOL: ((uint8_t *)base)[i] = v.i != 0; break;
    case CH_UINT8: ((uint8_t *)base)[i] = (uint8_t)v.i; break;
    case CH_INT8: ((int8_t *)base)[i] = (int8_t)v.i; break;
    case CH_INT16: ((int16_t *)base)[i] = (int16_t)v.i; break;
    case CH_INT32: ((int32_t *)base)[i] = (int32_t)v.i; break;
    case CH_INT64: ((int64_t *)base)[i] = v.i; break;
    case CH_FLOAT16: ((uint16_t *)base)[i] = half_bits(v.d, 5); break;
    case CH_BFLOAT16: ((uint16_t *)base)[i] = half_bits(v.d, 8); break;
    case CH_FLOAT32: ((float *)base)[i] = (float)v.d; break;
    default: ((double *)base)[i] = v.d; break;
  }
}

static uint64_t random_state = 42;
static uint32_t random_word(void) {
  random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t)(random_state >> 32);
}

static struct value random_value(int dtype) {
  static const double specials[] = {0, -0.0, INFINITY, -INFINITY, NAN, 1, -1, 0.5, 1e-40, 3e38};
  uint32_t word = random_word();
  if (is_floating(dtype)) {
    if (word % 16 == 0) {
      return (struct value){specials[random_word() % 10], 0};
    }
    double d = (double)(int32_t)random_word() * 0x1p-29; /* [-4, 4] */
    return (struct value){is_half(dtype) ? half_value(half_bits(d, dtype == CH_FLOAT16 ? 5 : 8), dtype == CH_FLOAT16 ? 5 : 8)
                          : dtype == CH_FLOAT32 ? (double)(float)d : d, 0};
  }
  if (dtype == CH_BOOL) {
    return (struct value){0, word >> 31};
  }
  if (word % 4 == 0) { /* any bits */
    struct value v = {0, 0};
    uint64_t bits = (uint64_t)random_word() << 32 | random_word();
    put(dtype, &v.i, 0, (struct value){0, (int64_t)bits});
    return get(dtype, &v.i, 0);
  }
  return (struct value){0, dtype == CH_UINT8 ? (int64_t)(word >> 4) % 20 : (int64_t)(word >> 4) % 20 - 10};
}

/* A run of n elements with a stride in a block that holds nothing else; `first` is where element 0 lies. */
struct run {
  char *block;
  size_t bytes;
  int dtype;
  ch_long stride, first;
};

static struct run make_run(int dtype, ch_long n, ch_long stride) {
  ch_long span = n == 0 ? 0 : (n - 1) * llabs(stride) + 1;
  struct run r = {NULL, (size_t)span * element_size(dtype), dtype, stride, stride < 0 ? (n - 1) * -stride : 0};
  if (n == 0) {
    r.first = 0;
  }
  r.block = malloc(r.bytes ? r.bytes : 1);
  memset(r.block, 0x55, r.bytes);
  for (ch_long i = 0; i < (stride == 0 && n > 0 ? 1 : n); i++) {
    put(dtype, r.block, r.first + i * stride, random_value(dtype));
  }
  return r;
}

static inline void *start_of(const struct run *r) { return r->block + r->first * (ch_long)element_size(r->dtype); }
static struct value at(const struct run *r, ch_long i) { return get(r->dtype, r->block, r->first + i * r->stride); }

static struct run copy_of(const struct run *r) {
  struct run c = *r;
  c.block = malloc(r->bytes ? r->bytes : 1);
  memcpy(c.block, r->block, r->bytes);
  return c;
}

/* Whether the elements between those of the run are as they were made. */
static inline int gaps_kept(const struct run *r, ch_long n) {
  ch_long step = llabs(r->stride), size = (ch_long)element_size(r->dtype);
  for (ch_long i = 0; step > 1 && i < (n - 1) * step; i++) {
    for (ch_long b = 0; i % step != 0 && b < size; b++) {
      if (r->block[i * size + b] != 0x55) {
        return 0;
      }
    }
  }
  return 1;
}

/* Equal, or within `ulps` of the dtype's precision around the expected value. */
static int close_to(int dtype, struct value y, struct value expected, double ulps) {
  if (!is_floating(dtype)) {
    return y.i == expected.i;
  }
  if (isnan(expected.d) || isnan(y.d)) {
    return isnan(expected.d) && isnan(y.d);
  }
  double e = dtype == CH_FLOAT32 ? (double)(float)expected.d : expected.d;
  if (y.d == e) {
    return 1;
  }
  if (isinf(e) || isinf(y.d)) {
    return 0;
  }
  double unit = dtype == CH_FLOAT32 ? fmax(fabs(e) * 0x1p-23, 0x1p-149) : fmax(fabs(e) * 0x1p-52, 0x1p-1074);
  return fabs(y.d - e) <= ulps * unit;
}

#endif
