/* numpy's legacy RandomState, number for number. */
#include "generator.h"

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
