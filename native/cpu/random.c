/*
 * PyTorch's CPU generator, number for number: each function says which words of the stream it takes and in which order,
 * because the order is the contract: a program that draws the same things in the same order gets PyTorch's numbers.
 *
 * Where PyTorch has several code paths, these are the ones of its x86 wheels on a processor with AVX2: uniforms scaled by
 * one fused multiply-add, 16 or more float normals by the single-precision Cephes polynomials (S. L. Moshier) for log,
 * sin and cos. Without FMA the products are rounded on their own, which may move the last digit. On an Intel processor
 * PyTorch takes bernoulli_(p) of a number from MKL's generator (bernoulli_scalar_kernel in its DistributionKernels.cpp); here
 * it is what PyTorch draws on all others.
 */
#include "generator.h"

/* ---- PyTorch's generator ----------------------------------------------------------------------------------------------------- */

ch_long ch_generator_bytes(void) { return (ch_long)sizeof(struct generator); }

void ch_generator_seed(void *state, ch_long seed) {
  struct generator *g = state;
  memset(g, 0, sizeof *g);
  g->seed = (uint64_t)seed;
  twister_seed(&g->twister, (uint32_t)g->seed);
}

ch_long ch_generator_initial_seed(const void *state) { return (ch_long)((const struct generator *)state)->seed; }

/* torch.get_rng_state(): seed, left, seeded, next, 624 words widened to 64 bits, then the cached normals. */
struct torch_state {
  uint64_t seed;
  int32_t left;
  int32_t seeded;
  uint64_t next;
  uint64_t word[WORDS];
  double normal_x;
  double normal;
  double normal_rho;
  int32_t has_normal;
  int32_t padding;
  float normal_f32;
  uint8_t has_normal_f32;
  uint8_t padding_f32[3];
};

_Static_assert(sizeof(struct torch_state) == CH_TORCH_STATE_BYTES, "torch's state has another size");

void ch_generator_export(const void *state, void *torch) {
  const struct generator *g = state;
  struct torch_state s;
  memset(&s, 0, sizeof s);
  s.seed = g->seed;
  s.next = g->twister.next;
  s.left = s.next == 0 ? 1 : WORDS + 1 - (int32_t)s.next;
  s.seeded = 1;
  for (int i = 0; i < WORDS; i++) s.word[i] = g->twister.word[i];
  s.normal = g->normal;
  s.has_normal = g->has_normal;
  s.normal_f32 = g->normal_f32;
  s.has_normal_f32 = (uint8_t)g->has_normal_f32;
  memcpy(torch, &s, sizeof s);
}

int ch_generator_import(void *state, const void *torch) {
  struct torch_state s;
  memcpy(&s, torch, sizeof s);
  int fresh = s.next == 0 && s.left == 1;
  if (s.seeded != 1 || !(fresh || (s.next >= 1 && s.next <= WORDS && (int64_t)s.next + s.left == WORDS + 1))) {
    return CH_BAD_STATE;
  }
  struct generator *g = state;
  memset(g, 0, sizeof *g);
  g->seed = s.seed;
  g->twister.next = (uint32_t)s.next;
  for (int i = 0; i < WORDS; i++) g->twister.word[i] = (uint32_t)s.word[i];
  g->has_normal = s.has_normal != 0;
  g->normal = g->has_normal ? s.normal : 0;
  g->has_normal_f32 = s.has_normal_f32 != 0;
  g->normal_f32 = g->has_normal_f32 ? s.normal_f32 : 0;
  return CH_OK;
}

/* float32: one word an element. A result that rounding has carried up to `high` becomes `low`. */
static void uniform_f32(struct twister *t, ch_long n, float low, float high, float *y) {
  uint32_t words[CHUNK];
  float range = high - low;
  for (ch_long start = 0; start < n; start += CHUNK) {
    ch_long count = n - start < CHUNK ? n - start : CHUNK;
    draw(t, count, words);
    for (ch_long i = 0; i < count; i++) {
      float value = mad(fraction24(words[i]), range, low);
      y[start + i] = value == high ? low : value;
    }
  }
}

/* float64: two words an element. */
static void uniform_f64(struct twister *t, ch_long n, double low, double high, double *y) {
  uint32_t words[CHUNK];
  double range = high - low;
  for (ch_long start = 0; start < n; start += CHUNK / 2) {
    ch_long count = n - start < CHUNK / 2 ? n - start : CHUNK / 2;
    draw(t, 2 * count, words);
    for (ch_long i = 0; i < count; i++) {
      double value = mad_f64(fraction53(words[2 * i], words[2 * i + 1]), range, low);
      y[start + i] = value == high ? low : value;
    }
  }
}

/* The 16-bit dtypes: float32's numbers, rounded. */
static void uniform_16(struct twister *t, int dtype, ch_long n, float low, float high, uint16_t *y) {
  float values[CHUNK];
  uint16_t low_16 = to_16(dtype, low);
  float high_16 = from_16(dtype, to_16(dtype, high));
  for (ch_long start = 0; start < n; start += CHUNK) {
    ch_long count = n - start < CHUNK ? n - start : CHUNK;
    uint32_t words[CHUNK];
    draw(t, count, words);
    for (ch_long i = 0; i < count; i++) values[i] = mad(fraction24(words[i]), high - low, low);
    for (ch_long i = 0; i < count; i++) {
      uint16_t value = to_16(dtype, values[i]);
      y[start + i] = from_16(dtype, value) == high_16 ? low_16 : value;
    }
  }
}

int ch_random_uniform(void *state, int dtype, ch_long n, double low, double high, void *y) {
  struct twister *t = &((struct generator *)state)->twister;
  switch (dtype) {
    case CH_FLOAT32: uniform_f32(t, n, (float)low, (float)high, y); return CH_OK;
    case CH_FLOAT64: uniform_f64(t, n, low, high, y); return CH_OK;
    case CH_FLOAT16: case CH_BFLOAT16: uniform_16(t, dtype, n, (float)low, (float)high, y); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

/*
 * 16 uniforms to 16 normals by Box and Muller: the first 8 give the radii, the last 8 the angles, and pair j fills places j
 * (cosine) and j + 8 (sine). The polynomials are those of Cephes' logf, sinf and cosf.
 */
INLINE void box_muller_f32(float *restrict y, float mean, float std) {
  float radius[8], angle[8];
  for (int j = 0; j < 8; j++) {
    uint32_t bits = bits_of(1.0f - y[j]);
    uint32_t mantissa = (bits & 0x007fffffu) | 0x3f000000u;
    uint32_t small = 0u - (mantissa < 0x3f3504f3u); /* below sqrt(1/2): compared as bits, which vectorises */
    float m = float_of(mantissa);
    float e = (float)((int32_t)(bits >> 23) - 126 + (int32_t)small);
    float x = m - 1.0f + float_of(mantissa & small);
    float z = x * x;
    float p = 7.0376836292e-2f;
    p = mad(p, x, -1.1514610310e-1f);
    p = mad(p, x, 1.1676998740e-1f);
    p = mad(p, x, -1.2420140846e-1f);
    p = mad(p, x, 1.4249322787e-1f);
    p = mad(p, x, -1.6668057665e-1f);
    p = mad(p, x, 2.0000714765e-1f);
    p = mad(p, x, -2.4999993993e-1f);
    p = mad(p, x, 3.3333331174e-1f);
    p = mad(p * x, z, e * -2.12194440e-4f);
    p = mad(z, -0.5f, p);
    radius[j] = -2.0f * mad(e, 0.693359375f, x + p);
    angle[j] = 6.283185307179586f * y[j + 8];
  }
  /* A loop of its own: where sqrtf may set errno, it alone stays scalar. */
  for (int j = 0; j < 8; j++) radius[j] = sqrtf(radius[j]);
  for (int j = 0; j < 8; j++) {
    int32_t octant = ((int32_t)(angle[j] * 1.27323954473516f) + 1) & ~1;
    float turns = (float)octant;
    float x = mad(turns, -0.78515625f, angle[j]);
    x = mad(turns, -2.4187564849853515625e-4f, x);
    x = mad(turns, -3.77489497744594108e-8f, x);
    float z = x * x;
    float c = 2.443315711809948e-5f;
    c = mad(c, z, -1.388731625493765e-3f);
    c = mad(c, z, 4.166664568298827e-2f);
    c = mad(c * z, z, z * -0.5f) + 1.0f;
    float s = -1.9515295891e-4f;
    s = mad(s, z, 8.3321608736e-3f);
    s = mad(s, z, -1.6666654611e-1f);
    s = mad(s * z, x, x);
    uint32_t swap = 0u - ((uint32_t)octant >> 1 & 1u), s_bits = bits_of(s), c_bits = bits_of(c);
    uint32_t sine = (s_bits ^ ((s_bits ^ c_bits) & swap)) ^ ((uint32_t)octant & 4u) << 29;
    uint32_t cosine = (c_bits ^ ((s_bits ^ c_bits) & swap)) ^ (~(uint32_t)(octant - 2) & 4u) << 29;
    y[j] = mad(radius[j] * float_of(cosine), std, mean);
    y[j + 8] = mad(radius[j] * float_of(sine), std, mean);
  }
}

static void box_muller_f64(double *y, double mean, double std) {
  for (int j = 0; j < 8; j++) {
    double radius = sqrt(-2 * log(1 - y[j]));
    double angle = 6.283185307179586 * y[j + 8];
    y[j] = mad_f64(radius * cos(angle), std, mean);
    y[j + 8] = mad_f64(radius * sin(angle), std, mean);
  }
}

/* 16 or more: n uniforms, transformed by 16s; an incomplete last block is replaced by 16 new ones over the last 16 places. */
static void normal_f32(struct twister *t, ch_long n, float mean, float std, float *y) {
  enum { BLOCKS = 4096 };
  for (ch_long start = 0; start < n; start += BLOCKS) {
    ch_long count = n - start < BLOCKS ? n - start : BLOCKS;
    uniform_f32(t, count, 0, 1, y + start);
    for (ch_long i = 0; i + 16 <= count; i += 16) box_muller_f32(y + start + i, mean, std);
  }
  if (n % 16 != 0) {
    uniform_f32(t, 16, 0, 1, y + n - 16);
    box_muller_f32(y + n - 16, mean, std);
  }
}

static void normal_f64(struct twister *t, ch_long n, double mean, double std, double *y) {
  uniform_f64(t, n, 0, 1, y);
  for (ch_long i = 0; i + 16 <= n; i += 16) box_muller_f64(y + i, mean, std);
  if (n % 16 != 0) {
    uniform_f64(t, 16, 0, 1, y + n - 16);
    box_muller_f64(y + n - 16, mean, std);
  }
}

/* The 16-bit dtypes work in blocks from the start, so an incomplete last block draws 16 words, not its own and 16. */
static void normal_16(struct twister *t, int dtype, ch_long n, float mean, float std, uint16_t *y) {
  for (ch_long i = 0; i < n; i += 16) {
    ch_long at = i + 16 <= n ? i : n - 16;
    float block[16];
    uniform_f32(t, 16, 0, 1, block);
    box_muller_f32(block, mean, std);
    for (int j = 0; j < 16; j++) y[at + j] = to_16(dtype, block[j]);
  }
}

/* Fewer than 16: one at a time in double, whatever the dtype; the sine of each pair waits for the next call. */
static double next_normal(struct generator *g, double mean, double std) {
  if (g->has_normal) {
    double cached = g->normal;
    g->has_normal = 0;
    g->normal = 0;
    return mad_f64(cached, std, mean);
  }
  uint32_t words[4];
  draw(&g->twister, 4, words);
  double angle = 6.283185307179586 * fraction53(words[0], words[1]);
  double radius = sqrt(-2.0 * log1p(-fraction53(words[2], words[3])));
  g->normal = radius * sin(angle);
  g->has_normal = 1;
  return mad_f64(radius * cos(angle), std, mean);
}

int ch_random_normal(void *state, int dtype, ch_long n, double mean, double std, void *y) {
  struct generator *g = state;
  if (dtype < CH_FLOAT16 || dtype > CH_FLOAT64) return CH_NO_KERNEL;
  if (n < 16) {
    for (ch_long i = 0; i < n; i++) store(dtype, y, i, next_normal(g, mean, std));
  } else if (dtype == CH_FLOAT32) {
    normal_f32(&g->twister, n, (float)mean, (float)std, y);
  } else if (dtype == CH_FLOAT64) {
    normal_f64(&g->twister, n, mean, std, y);
  } else {
    normal_16(&g->twister, dtype, n, (float)mean, (float)std, y);
  }
  return CH_OK;
}

/* One number at a time, in double whatever the dtype. */
int ch_random_fill(void *state, int distribution, int dtype, ch_long n, double a, double b, void *y) {
  struct generator *g = state;
  int least = distribution == CH_GEOMETRIC ? CH_UINT8 : CH_FLOAT16;
  if (dtype < least || dtype > CH_FLOAT64) return CH_NO_KERNEL;
  struct twister *t = &g->twister;
  switch (distribution) {
    case CH_EXPONENTIAL: {
      double scale = -1.0 / a;
      for (ch_long i = 0; i < n; i++) store(dtype, y, i, scale * log1p(-uniform53(t)));
      return CH_OK;
    }
    case CH_GEOMETRIC: {
      double failure = log1p(-a);
      for (ch_long i = 0; i < n; i++) store(dtype, y, i, ceil(log(uniform53(t)) / failure));
      return CH_OK;
    }
    case CH_LOG_NORMAL:
      for (ch_long i = 0; i < n; i++) store(dtype, y, i, exp(next_normal(g, a, b)));
      return CH_OK;
    case CH_CAUCHY:
      for (ch_long i = 0; i < n; i++) {
        store(dtype, y, i, mad_f64(b, tan(3.141592653589793 * (uniform53(t) - 0.5)), a));
      }
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

/* ---- integers and masks ------------------------------------------------------------------------------------------------------ */

/* Casts a chunk of int64 to the result's dtype as C does: wrapping, rounding, or "not zero". */
static void cast_integers(int dtype, ch_long n, const int64_t *restrict x, void *restrict y) {
#define CAST(type) for (ch_long i = 0; i < n; i++) ((type *)y)[i] = (type)x[i]
  switch (dtype) {
    case CH_BOOL: for (ch_long i = 0; i < n; i++) ((uint8_t *)y)[i] = x[i] != 0; break;
    case CH_UINT8: case CH_INT8: CAST(uint8_t); break;
    case CH_INT16: CAST(uint16_t); break;
    case CH_INT32: CAST(uint32_t); break;
    case CH_INT64: CAST(int64_t); break;
    case CH_FLOAT32: CAST(float); break;
    case CH_FLOAT64: CAST(double); break;
    default: for (ch_long i = 0; i < n; i++) ((uint16_t *)y)[i] = to_16(dtype, (float)x[i]); break;
  }
#undef CAST
}

__extension__ typedef unsigned __int128 wide;

/* word % range for range < 2^32 by two multiplications (Lemire, Kaser and Kurz, 2019). */
INLINE uint32_t remainder32(uint32_t word, uint64_t reciprocal, uint32_t range) {
  return (uint32_t)((wide)(reciprocal * word) * range >> 64);
}

/*
 * A range below 2^28 takes one word an element, a larger one two; either way the remainder of dividing by the range.
 * high - low is taken modulo 2^64, so that the whole of int64 but its last value can be asked for.
 */
int ch_random_integer(void *state, int dtype, ch_long n, ch_long low, ch_long high, void *y) {
  struct twister *t = &((struct generator *)state)->twister;
  if (dtype < CH_BOOL || dtype > CH_FLOAT64 || high <= low) return CH_NO_KERNEL;
  uint64_t range = (uint64_t)high - (uint64_t)low;
  int two = range >= (uint64_t)1 << 28;
  uint64_t reciprocal = UINT64_MAX / range + 1;
  uint32_t words[CHUNK];
  int64_t values[CHUNK];
  ch_long step = two ? CHUNK / 2 : CHUNK;
  for (ch_long start = 0; start < n; start += step) {
    ch_long count = n - start < step ? n - start : step;
    draw(t, two ? 2 * count : count, words);
    if (two) {
      for (ch_long i = 0; i < count; i++) {
        uint64_t draw = (uint64_t)words[2 * i] << 32 | words[2 * i + 1];
        values[i] = (int64_t)(draw % range + (uint64_t)low);
      }
    } else if (range == 1) {
      for (ch_long i = 0; i < count; i++) values[i] = low;
    } else {
      for (ch_long i = 0; i < count; i++) values[i] = low + remainder32(words[i], reciprocal, (uint32_t)range);
    }
    cast_integers(dtype, count, values, (char *)y + (size_t)start * element_size(dtype));
  }
  return CH_OK;
}

/*
 * As torch's random_ without bounds: in a bool the lowest bit of a word, else the remainder by the number of integers from 0
 * to the greatest of the dtype, or in a floating one to 2^digits; int64 and float64 take two words, others one.
 */
int ch_random_words(void *state, int dtype, ch_long n, void *y) {
  static const uint64_t RANGE[] = {2,         1u << 8,  1u << 7,          1u << 15,         1u << 31, (uint64_t)1 << 63,
                                   2049, 257, ((uint64_t)1 << 24) + 1, ((uint64_t)1 << 53) + 1};
  struct twister *t = &((struct generator *)state)->twister;
  if (dtype < CH_BOOL || dtype > CH_FLOAT64) return CH_NO_KERNEL;
  int64_t values[CHUNK];
  for (ch_long start = 0; start < n; start += CHUNK) {
    ch_long count = n - start < CHUNK ? n - start : CHUNK;
    for (ch_long i = 0; i < count; i++) {
      uint64_t word = dtype == CH_INT64 || dtype == CH_FLOAT64 ? draw64(t) : draw32(t);
      values[i] = (int64_t)(word % RANGE[dtype]);
    }
    cast_integers(dtype, count, values, (char *)y + (size_t)start * element_size(dtype));
  }
  return CH_OK;
}

/* 1 where a 53-bit uniform is below p: two words an element in every dtype. */
int ch_random_bernoulli(void *state, int dtype, ch_long n, double p, void *y) {
  struct twister *t = &((struct generator *)state)->twister;
  if (dtype < CH_BOOL || dtype > CH_FLOAT64) return CH_NO_KERNEL;
  uint32_t words[CHUNK];
  for (ch_long start = 0; start < n; start += CHUNK / 2) {
    ch_long count = n - start < CHUNK / 2 ? n - start : CHUNK / 2;
    draw(t, 2 * count, words);
#define MASK(type, one) \
  for (ch_long i = 0; i < count; i++) \
    ((type *)y)[start + i] = fraction53(words[2 * i], words[2 * i + 1]) < p ? (one) : 0
    switch (dtype) {
      case CH_BOOL: case CH_UINT8: case CH_INT8: MASK(uint8_t, 1); break;
      case CH_INT16: MASK(uint16_t, 1); break;
      case CH_INT32: MASK(uint32_t, 1); break;
      case CH_INT64: MASK(uint64_t, 1); break;
      case CH_FLOAT16: MASK(uint16_t, 0x3c00); break;
      case CH_BFLOAT16: MASK(uint16_t, 0x3f80); break;
      case CH_FLOAT32: MASK(float, 1); break;
      default: MASK(double, 1); break;
    }
#undef MASK
  }
  return CH_OK;
}

int ch_random_bits(void *state, ch_long rows, ch_long n, double p, ch_long *y) {
  struct twister *t = &((struct generator *)state)->twister;
  uint32_t words[128];
  for (ch_long row = 0; row < rows; row++) {
    for (ch_long start = 0; start < n; start += 64) {
      const ch_long count = n - start < 64 ? n - start : 64;
      draw(t, 2 * count, words);
      uint64_t bits = 0;
      for (ch_long i = 0; i < count; i++) {
        bits |= (uint64_t)(fraction53(words[2 * i], words[2 * i + 1]) < p) << i;
      }
      *y++ = (ch_long)bits;
    }
  }
  return CH_OK;
}

/* Fisher and Yates from the front: place i is exchanged with i + word % (n - i), for i = 0 .. n - 2. */
static void permute_by_words(struct twister *t, ch_long n, ch_long *y) {
  uint32_t words[CHUNK];
  for (ch_long i = 0; i < n; i++) y[i] = i;
  for (ch_long start = 0; start < n - 1; start += CHUNK) {
    ch_long count = n - 1 - start < CHUNK ? n - 1 - start : CHUNK;
    draw(t, count, words);
    for (ch_long k = 0; k < count; k++) {
      ch_long i = start + k, j = i + words[k] % (uint32_t)(n - i), held = y[i];
      y[i] = y[j];
      y[j] = held;
    }
  }
}

/* The inside-out form: i goes to place z = draw % (i + 1), and what was there to place i; two words a draw, also for i = 0. */
static void permute_by_pairs(struct twister *t, ch_long n, ch_long *y) {
  uint32_t words[CHUNK];
  for (ch_long start = 0; start < n; start += CHUNK / 2) {
    ch_long count = n - start < CHUNK / 2 ? n - start : CHUNK / 2;
    draw(t, 2 * count, words);
    for (ch_long k = 0; k < count; k++) {
      ch_long i = start + k;
      ch_long z = (ch_long)(((uint64_t)words[2 * k] << 32 | words[2 * k + 1]) % (uint64_t)(i + 1));
      y[i] = i;
      y[i] = y[z];
      y[z] = i;
    }
  }
}

/* From UINT32_MAX / 20 elements on, a 32-bit remainder would be visibly uneven. */
int ch_random_permutation(void *state, ch_long n, ch_long *y) {
  struct twister *t = &((struct generator *)state)->twister;
  if (n < UINT32_MAX / 20) {
    permute_by_words(t, n, y);
  } else {
    permute_by_pairs(t, n, y);
  }
  return CH_OK;
}
