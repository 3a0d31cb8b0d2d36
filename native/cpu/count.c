/* Counts: how often each position occurs, and how many elements fall into each of equal bins. */
#include "types.h"

#define FEW 512 /* bins for which there are TABLES counts each: else one of many equal elements waits for the other */
#define TABLES 4

/* Each position is read once: what is checked is what is used. */
int ch_count(ch_long n, const ch_long *positions, ch_long bins, ch_long *counts, ch_long *bad) {
  ch_long table[TABLES][FEW] = {{0}};
  const int few = bins <= FEW;
  for (ch_long i = 0; i < n; i++) {
    const ch_long at = *(const volatile ch_long *)(positions + i);
    if (UNLIKELY((uint64_t)at >= (uint64_t)bins)) {
      *bad = at;
      return CH_INDEX_OUT_OF_RANGE;
    }
    (few ? table[i % TABLES] : counts)[at]++;
  }
  for (ch_long j = 0; few && j < bins; j++) {
    counts[j] += (table[0][j] + table[1][j]) + (table[2][j] + table[3][j]);
  }
  return CH_OK;
}

/* The bins of a block of elements are found first, in a loop without branches; NaN and what is outside has bin -1. */
#define BLOCK 512
#define HISTOGRAM(S, T, DTYPE)                                                                                  \
  static void histogram_##S(ch_long n, const T *x, T low, T high, T width, ch_long bins, ch_long *counts) {     \
    const T all = (T)bins;                                                                                      \
    for (ch_long done = 0; done < n; done += BLOCK) {                                                           \
      const ch_long count = n - done < BLOCK ? n - done : BLOCK;                                                \
      ch_long at[BLOCK];                                                                                        \
      for (ch_long i = 0; i < count; i++) {                                                                     \
        const T v = x[done + i], place = (v - low) * all / width;                                               \
        const int inside = (v >= low) & (v <= high);                                                            \
        const ch_long bin = inside & (place < all) ? (ch_long)(inside & (place < all) ? place : 0) : bins - 1;  \
        at[i] = inside ? bin : -1;                                                                              \
      }                                                                                                         \
      for (ch_long i = 0; i < count; i++) {                                                                     \
        if (at[i] >= 0 && at[i] < bins) { counts[at[i]]++; }                                                    \
      }                                                                                                         \
    }                                                                                                           \
  }
EACH_FLOATING(HISTOGRAM)

int ch_histogram(int dtype, ch_long n, const void *x, double low, double high, double width, ch_long bins,
                 ch_long *counts) {
  switch (dtype) {
    case CH_FLOAT32: histogram_f32(n, x, (float)low, (float)high, (float)width, bins, counts); return CH_OK;
    case CH_FLOAT64: histogram_f64(n, x, low, high, width, bins, counts); return CH_OK;
    default: return CH_NO_KERNEL;
  }
}
