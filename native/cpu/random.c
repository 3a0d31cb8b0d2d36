/*
 * Random streams: PyTorch's CPU generator and numpy's legacy RandomState, number for number.
 *
 * Both draw 32-bit words from mt19937 (Matsumoto and Nishimura, 1998), seeded by Knuth's multiplicative recurrence from
 * 32 bits. What differs is how words become numbers; each function below says which words it takes and in which order,
 * because the order is the contract: a program that draws the same things in the same order gets PyTorch's numbers.
 *
 * Where PyTorch has several code paths, these are the ones of its x86 wheels on a processor with AVX2: uniforms scaled by
 * one fused multiply-add, 16 or more float normals by the single-precision Cephes polynomials (S. L. Moshier) for log,
 * sin and cos. Without FMA the products are rounded on their own, which may move the last digit. On an Intel processor
 * PyTorch takes bernoulli_(p) of a number from MKL's generator (bernoulli_scalar_kernel in its DistributionKernels.cpp); here
 * it is what PyTorch draws on all others.
 */
#include "convert.h"

/* ---- mt19937 ------------------------------------------------------------------------------------------------------------ */

enum { WORDS = 624, SHIFT = 397 };

/* `next` is the word to hand out; 0 (only after seeding) and WORDS mean that a new block is due. */
struct twister {
  uint32_t word[WORDS];
  uint32_t next;
};

static void twister_seed(struct twister *t, uint32_t seed) {
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

static void twister_advance(struct twister *t) {
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
static void draw(struct twister *t, ch_long n, uint32_t *restrict out) {
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

/* ---- PyTorch's generator ----------------------------------------------------------------------------------------------------- */

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

/* As C casts in torch, where a value beyond 32 bits becomes the least int32 on its way to a narrow integer. */
static void store(int dtype, void *y, ch_long i, double value) {
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

INLINE double uniform53(struct twister *t) {
  uint32_t high = draw32(t);
  return fraction53(high, draw32(t));
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

/* ---- counts: a draw for each element, with parameters of its own ---------------------------------------------------------------- */

/*
 * Poisson: below 10 the product of uniforms until it falls under exp(-rate) (Knuth); from 10 on the transformed rejection
 * PTRS of Hormann (The transformed rejection method for generating Poisson random variables, 1993), its constants too.
 */
static double poisson(struct twister *t, double rate) {
  if (!(rate > 0)) return 0;
  if (rate < 10) {
    double limit = exp(-rate), product = 1;
    for (double count = 0;; count++) {
      product *= uniform53(t);
      if (!(product > limit)) return count;
    }
  }
  double logarithm = log(rate);
  double b = 0.931 + 2.53 * sqrt(rate);
  double a = -0.059 + 0.02483 * b;
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  double box = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    double u = uniform53(t) - 0.5;
    double v = uniform53(t);
    double us = 0.5 - fabs(u);
    double k = (double)int64_of_f64(floor((2 * a / us + b) * u + rate + 0.43));
    if (us >= 0.07 && v <= box) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    double left = log(v) + log(inverse_alpha) - log(a / (us * us) + b);
    if (left <= -rate + k * logarithm - lgamma(k + 1)) return k;
  }
}

/* What Stirling's series leaves of log(k!): a table below 10, its first terms from there on. */
static double stirling_rest(double k) {
  static const double TABLE[] = {0.0810614667953272,  0.0413406959554092,  0.0276779256849983,  0.0207906721037650,
                                 0.0166446911898211,  0.0138761288230707,  0.0118967099458917,  0.0104112652619720,
                                 0.00925546218271273, 0.00833056343336287};
  if (k <= 9) return TABLE[k > 0 ? (int)k : 0];
  double square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

/* The transformed rejection BTRS of Hormann (The generation of binomial random variates, 1993), with the missing log. */
static double binomial_by_rejection(struct twister *t, double count, double p) {
  double deviation = sqrt(count * p * (1 - p));
  double b = 1.15 + 2.53 * deviation;
  double a = -0.0873 + 0.0248 * b + 0.01 * p;
  double c = count * p + 0.5;
  double box = 0.92 - 4.2 / b;
  double ratio = p / (1 - p);
  double alpha = (2.83 + 5.1 / b) * deviation;
  double m = floor((count + 1) * p);
  for (;;) {
    double u = uniform53(t) - 0.5;
    double v = uniform53(t);
    double us = 0.5 - fabs(u);
    double k = floor((2 * a / us + b) * u + c);
    if (k < 0 || k > count) continue;
    if (us >= 0.07 && v <= box) return k;
    double bound = (m + 0.5) * log((m + 1) / (ratio * (count - m + 1))) +
                   (count + 1) * log((count - m + 1) / (count - k + 1)) +
                   (k + 0.5) * log(ratio * (count - k + 1) / (k + 1)) + stirling_rest(m) + stirling_rest(count - m) -
                   stirling_rest(k) - stirling_rest(count - k);
    if (log(v * alpha / (a / (us * us) + b)) <= bound) return k;
  }
}

/* Few successes: the sum of the waiting times, which are geometric, until it passes the count. */
static double binomial_by_waiting(struct twister *t, double count, double p) {
  double failure = log1p(-p), sum = 0;
  for (double successes = 0;; successes++) {
    sum += ceil(log(uniform53(t)) / failure);
    if (!(sum <= count)) return successes;
  }
}

static double binomial_at_most_half(struct twister *t, double count, double p) {
  return count * p >= 10 ? binomial_by_rejection(t, count, p) : binomial_by_waiting(t, count, p);
}

static double binomial(struct twister *t, double count, double p) {
  if (count <= 0 || p <= 0) return 0;
  if (p >= 1) return count;
  if (isnan(count) || isnan(p)) return NAN;
  return p <= 0.5 ? binomial_at_most_half(t, count, p) : count - binomial_at_most_half(t, count, 1 - p);
}

static double load(int dtype, const void *x, ch_long i) {
  switch (dtype) {
    case CH_FLOAT32: return ((const float *)x)[i];
    case CH_FLOAT64: return ((const double *)x)[i];
    default: return from_16(dtype, ((const uint16_t *)x)[i]);
  }
}

int ch_random_each(void *state, int trial, int dtype, ch_long n, const void *a, const void *b, void *y) {
  struct twister *t = &((struct generator *)state)->twister;
  if (dtype < (trial == CH_BINOMIAL ? CH_FLOAT32 : CH_FLOAT16) || dtype > CH_FLOAT64) return CH_NO_KERNEL;
  switch (trial) {
    case CH_BERNOULLI:
      for (ch_long i = 0; i < n; i++) {
        double drawn = dtype == CH_FLOAT64 ? uniform53(t) : (double)fraction24(draw32(t));
        store(dtype, y, i, drawn < load(dtype, a, i));
      }
      return CH_OK;
    case CH_POISSON:
      for (ch_long i = 0; i < n; i++) store(dtype, y, i, poisson(t, load(dtype, a, i)));
      return CH_OK;
    case CH_BINOMIAL:
      for (ch_long i = 0; i < n; i++) store(dtype, y, i, binomial(t, load(dtype, a, i), load(dtype, b, i)));
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}

/* ---- categories ----------------------------------------------------------------------------------------------------------------- */

/* The slot of each 53-bit uniform in the cumulative distribution, whose last slot ends at 1 whatever rounding made of it. */
#define CHOICES(type)                                                                            \
  static void choices_##type(struct twister *t, ch_long slots, type *p, ch_long n, ch_long *y) { \
    type sum = 0;                                                                                \
    for (ch_long i = 0; i < slots; i++) p[i] = sum += p[i];                                      \
    for (ch_long i = 0; i < slots; i++) p[i] /= sum;                                             \
    p[slots - 1] = 1;                                                                            \
    for (ch_long i = 0; i < n; i++) {                                                            \
      double drawn = uniform53(t);                                                               \
      ch_long first = 0, past = slots;                                                           \
      while (first < past) {                                                                     \
        ch_long middle = first + (past - first) / 2;                                             \
        if ((double)p[middle] < drawn) {                                                         \
          first = middle + 1;                                                                    \
        } else {                                                                                 \
          past = middle;                                                                         \
        }                                                                                        \
      }                                                                                          \
      y[i] = first;                                                                              \
    }                                                                                            \
  }
CHOICES(float)
CHOICES(double)
#undef CHOICES

int ch_random_choices(void *state, int dtype, ch_long rows, ch_long slots, void *p, ch_long n, ch_long *y) {
  struct twister *t = &((struct generator *)state)->twister;
  if ((dtype != CH_FLOAT32 && dtype != CH_FLOAT64) || slots < 1) return CH_NO_KERNEL;
  for (ch_long row = 0; row < rows; row++) {
    if (dtype == CH_FLOAT32) {
      choices_float(t, slots, (float *)p + row * slots, n, y + row * n);
    } else {
      choices_double(t, slots, (double *)p + row * slots, n, y + row * n);
    }
  }
  return CH_OK;
}

/* Whether the element at i is nearer to the front than the one at j: the greater one; NaN is the greatest. */
static int precedes(int dtype, const void *x, ch_long i, ch_long j) {
  double a = load(dtype, x, i), b = load(dtype, x, j);
  if (isnan(a) || isnan(b)) return isnan(a) && (!isnan(b) || i < j);
  return a > b || (a == b && i < j);
}

/* Moves the position at `hole` down the heap, whose root is the last in order. */
static void sink(int dtype, const void *x, ch_long *heap, ch_long size, ch_long hole) {
  ch_long held = heap[hole];
  for (ch_long child; (child = 2 * hole + 1) < size; hole = child) {
    if (child + 1 < size && precedes(dtype, x, heap[child], heap[child + 1])) child++;
    if (precedes(dtype, x, heap[child], held)) break;
    heap[hole] = heap[child];
  }
  heap[hole] = held;
}

int ch_largest(int dtype, ch_long rows, ch_long n, const void *x, ch_long k, ch_long *y) {
  if (dtype < CH_FLOAT16 || dtype > CH_FLOAT64 || k < 1 || k > n) return CH_NO_KERNEL;
  for (ch_long row = 0; row < rows; row++) {
    const void *values = (const char *)x + (size_t)(row * n) * element_size(dtype);
    ch_long *heap = y + row * k;
    for (ch_long i = 0; i < k; i++) heap[i] = i;
    for (ch_long i = k / 2; i-- > 0;) sink(dtype, values, heap, k, i);
    for (ch_long i = k; i < n; i++) {
      if (precedes(dtype, values, i, heap[0])) {
        heap[0] = i;
        sink(dtype, values, heap, k, 0);
      }
    }
    for (ch_long size = k - 1; size > 0; size--) {
      ch_long last = heap[0];
      heap[0] = heap[size];
      heap[size] = last;
      sink(dtype, values, heap, size, 0);
    }
  }
  return CH_OK;
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

/* ---- numpy's legacy RandomState ------------------------------------------------------------------------------------------------- */

struct random_state {
  struct twister twister;
  double normal;
  int has_normal;
};

ch_long ch_numpy_bytes(void) { return (ch_long)sizeof(struct random_state); }

void ch_numpy_seed(void *state, ch_long seed) {
  struct random_state *r = state;
  memset(r, 0, sizeof *r);
  twister_seed(&r->twister, (uint32_t)seed);
}

/* The high 27 bits of the first word and the high 26 of the second, as a multiple of 2^-53. */
INLINE double fraction_27_26(uint32_t first, uint32_t second) {
  return ((double)(int32_t)(first >> 5) * 0x1p26 + (double)(int32_t)(second >> 6)) * 0x1p-53;
}

void ch_numpy_uniform(void *state, ch_long n, double *y) {
  struct twister *t = &((struct random_state *)state)->twister;
  uint32_t words[CHUNK];
  for (ch_long start = 0; start < n; start += CHUNK / 2) {
    ch_long count = n - start < CHUNK / 2 ? n - start : CHUNK / 2;
    draw(t, 2 * count, words);
    for (ch_long i = 0; i < count; i++) y[start + i] = fraction_27_26(words[2 * i], words[2 * i + 1]);
  }
}

/* Marsaglia's polar method: points of the square are rejected until one lies in the circle; it gives two normals. */
static double numpy_next_normal(struct random_state *r) {
  if (r->has_normal) {
    r->has_normal = 0;
    return r->normal;
  }
  double x1, x2, square;
  do {
    uint32_t words[4];
    draw(&r->twister, 4, words);
    x1 = 2.0 * fraction_27_26(words[0], words[1]) - 1.0;
    x2 = 2.0 * fraction_27_26(words[2], words[3]) - 1.0;
    square = x1 * x1 + x2 * x2;
  } while (square >= 1.0 || square == 0.0);
  double factor = sqrt(-2.0 * log(square) / square);
  r->normal = factor * x1;
  r->has_normal = 1;
  return factor * x2;
}

void ch_numpy_normal(void *state, ch_long n, double mean, double std, double *y) {
  struct random_state *r = state;
  for (ch_long i = 0; i < n; i++) y[i] = mean + std * numpy_next_normal(r);
}

/* An integer in 0 .. max: the low bits of a draw, masked to max's width and rejected while above max. */
static uint64_t numpy_interval(struct twister *t, uint64_t max) {
  uint64_t mask = max, value;
  for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
  if (max == 0) return 0;
  do {
    value = (max <= UINT32_MAX ? draw32(t) : draw64(t)) & mask;
  } while (value > max);
  return value;
}

int ch_numpy_integer(void *state, ch_long n, ch_long low, ch_long high, ch_long *y) {
  struct twister *t = &((struct random_state *)state)->twister;
  if (high <= low) return CH_NO_KERNEL;
  uint64_t max = (uint64_t)high - (uint64_t)low - 1;
  for (ch_long i = 0; i < n; i++) y[i] = (ch_long)((uint64_t)low + numpy_interval(t, max));
  return CH_OK;
}

void ch_numpy_shuffle(void *state, ch_long n, ch_long *y) {
  struct twister *t = &((struct random_state *)state)->twister;
  for (ch_long i = n - 1; i > 0; i--) {
    ch_long j = (ch_long)numpy_interval(t, (uint64_t)i), held = y[i];
    y[i] = y[j];
    y[j] = held;
  }
}
