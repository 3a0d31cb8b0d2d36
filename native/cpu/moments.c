/*
 * Means and sums of squared distances from them, in two passes over blocks that stay in the first cache, which are joined
 * as Chan, Golub and LeVeque (1979) do. Everything is reckoned in double: the spread of numbers far from 0 is that of
 * their last bits.
 */
#include "target.h"
#include "types.h"

#define BLOCK 1024     /* elements of a row in one block */
#define BLOCK_ROWS 32  /* rows of a block of columns */
#define BLOCK_WIDTH 64 /* columns that are worked through side by side */
#define LANES 8        /* partial sums of a row */

/* What is known of a number of elements. */
struct moments {
  double count, mean, squares;
};

INLINE void join(struct moments *all, double count, double mean, double squares) {
  double total = all->count + count, apart = mean - all->mean;
  all->squares += squares + apart * apart * (all->count * count / total);
  all->mean += fabs(apart) < INFINITY ? apart * (count / total) : mean; /* of infinite ones the sum tells */
  all->count = total;
}

INLINE double sum_of(const double *lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double sum(ch_long n, const double *x) {
  double lane[LANES] = {0};
  ch_long i = 0;
  for (; i + LANES <= n; i += LANES) {
    for (int j = 0; j < LANES; j++) { lane[j] += x[i + j]; }
  }
  for (int j = 0; i + j < n; j++) { lane[j] += x[i + j]; }
  return sum_of(lane);
}

/* What rounding left out of a mean, by the sum of the distances from it, is taken out of both: the spread of equal numbers
 * is 0, as theirs is in the algorithm of Welford (1962). Of infinite numbers nothing is known. */
INLINE void correct(double count, double apart, double *mean, double *squares) {
  double by = apart / count;
  if (fabs(by) < INFINITY) {
    double less = *squares - apart * by;
    *mean += by;
    *squares = less > 0 ? less : less <= 0 ? 0 : *squares; /* which may have overflowed */
  }
}

static double squares_around(double *mean, ch_long n, const double *x) {
  double around[LANES] = {0}, aside[LANES] = {0}, own = *mean;
  ch_long i = 0;
  for (; i + LANES <= n; i += LANES) {
    for (int j = 0; j < LANES; j++) {
      double apart = x[i + j] - own;
      aside[j] += apart;
      around[j] += apart * apart;
    }
  }
  for (int j = 0; i + j < n; j++) {
    double apart = x[i + j] - own;
    aside[j] += apart;
    around[j] += apart * apart;
  }
  double squares = sum_of(around);
  correct((double)n, sum_of(aside), mean, &squares);
  return squares;
}

#define MOMENTS(S, T, DTYPE)                                                                                       \
  static void row_##S(ch_long n, const T *x, ch_long sn, double *mean, double *squares) {                          \
    struct moments all = {0, 0, 0};                                                                                \
    double block[BLOCK];                                                                                           \
    for (ch_long done = 0; done < n; done += BLOCK) {                                                              \
      ch_long count = n - done < BLOCK ? n - done : BLOCK;                                                         \
      const T *from = x + done * sn;                                                                               \
      if (sn == 1) {                                                                                               \
        for (ch_long i = 0; i < count; i++) { block[i] = (double)from[i]; }                                        \
      } else {                                                                                                     \
        for (ch_long i = 0; i < count; i++) { block[i] = (double)from[i * sn]; }                                   \
      }                                                                                                            \
      double own = sum(count, block) / (double)count;                                                              \
      double squares_here = squares_around(&own, count, block);                                                    \
      join(&all, (double)count, own, squares_here);                                                                \
    }                                                                                                              \
    *mean = all.mean;                                                                                              \
    *squares = all.squares;                                                                                        \
  }                                                                                                                \
  static void columns_##S(ch_long n, ch_long width, const T *x, ch_long sn, double *mean, double *squares) {       \
    for (ch_long j = 0; j < width; j++) { mean[j] = squares[j] = 0; }                                              \
    for (ch_long done = 0; done < n; done += BLOCK_ROWS) {                                                         \
      ch_long count = n - done < BLOCK_ROWS ? n - done : BLOCK_ROWS;                                               \
      const T *from = x + done * sn;                                                                               \
      double own[BLOCK_WIDTH] = {0}, around[BLOCK_WIDTH] = {0}, aside[BLOCK_WIDTH] = {0};                          \
      for (ch_long i = 0; i < count; i++) {                                                                        \
        const T *row = from + i * sn;                                                                              \
        INDEPENDENT for (ch_long j = 0; j < width; j++) { own[j] += (double)row[j]; }                              \
      }                                                                                                            \
      for (ch_long j = 0; j < width; j++) { own[j] /= (double)count; }                                             \
      for (ch_long i = 0; i < count; i++) {                                                                        \
        const T *row = from + i * sn;                                                                              \
        INDEPENDENT for (ch_long j = 0; j < width; j++) {                                                          \
          double apart = (double)row[j] - own[j];                                                                  \
          aside[j] += apart;                                                                                       \
          around[j] += apart * apart;                                                                              \
        }                                                                                                          \
      }                                                                                                            \
      for (ch_long j = 0; j < width; j++) {                                                                        \
        struct moments all = {(double)done, mean[j], squares[j]};                                                  \
        correct((double)count, aside[j], own + j, around + j);                                                     \
        join(&all, (double)count, own[j], around[j]);                                                              \
        mean[j] = all.mean;                                                                                        \
        squares[j] = all.squares;                                                                                  \
      }                                                                                                            \
    }                                                                                                              \
  }                                                                                                                \
  static void moments_##S(ch_long outer, ch_long n, ch_long inner, const T *x, ch_long so, ch_long sn, ch_long si, \
                          double *mean, double *squares) {                                                         \
    for (ch_long o = 0; o < outer; o++, x += so, mean += inner, squares += inner) {                                \
      if (si == 1 && inner >= 4) {                                                                                 \
        for (ch_long i = 0; i < inner; i += BLOCK_WIDTH) {                                                         \
          ch_long width = inner - i < BLOCK_WIDTH ? inner - i : BLOCK_WIDTH;                                       \
          columns_##S(n, width, x + i, sn, mean + i, squares + i);                                                 \
        }                                                                                                          \
      } else {                                                                                                     \
        for (ch_long i = 0; i < inner; i++) { row_##S(n, x + i * si, sn, mean + i, squares + i); }                 \
      }                                                                                                            \
    }                                                                                                              \
  }
EACH_FLOATING(MOMENTS)

int ch_moments(int dtype, ch_long outer, ch_long n, ch_long inner, const void *x, ch_long so, ch_long sn, ch_long si,
               double *mean, double *squares) {
  if (dtype == CH_FLOAT32) {
    moments_f32(outer, n, inner, x, so, sn, si, mean, squares);
  } else if (dtype == CH_FLOAT64) {
    moments_f64(outer, n, inner, x, so, sn, si, mean, squares);
  } else {
    return CH_NO_KERNEL;
  }
  return CH_OK;
}

int ch_join_moments(ch_long outer, ch_long n, ch_long inner, ch_long each, ch_long last, const double *mean,
                    const double *squares, double *joined_mean, double *joined_squares) {
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0; i < inner; i++) {
      struct moments all = {0, 0, 0};
      for (ch_long j = 0; j < n; j++) {
        ch_long at = (o * n + j) * inner + i;
        join(&all, (double)(j == n - 1 ? last : each), mean[at], squares[at]);
      }
      joined_mean[o * inner + i] = all.mean;
      joined_squares[o * inner + i] = all.squares;
    }
  }
  return CH_OK;
}
