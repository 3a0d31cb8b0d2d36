/* Layer normalization for one floating type T with suffix S; included by norm.c once per type. */
#define FN(name) JOIN(name, S)
#define VECTOR JOIN(vector, S)
#define LOOSE JOIN(loose, S)
#define FUSED JOIN(fused, S)
#define EDGE JOIN(FN(lanes), t)
#define LANES ((ch_long)(VECTOR_BYTES / sizeof(T)))
#define ROUND (LANES * NORM_SUMS)
#define ALL(x) ((x) - (VECTOR){0}) /* x - 0 is x, so this is a broadcast and no more */

#define LAST (16 / sizeof(T) - 1)
#define HALF JOIN(half, S)
#define QUARTER JOIN(quarter, S)

typedef T HALF __attribute__((vector_size(VECTOR_BYTES == 16 ? 16 : VECTOR_BYTES / 2)));
typedef T QUARTER __attribute__((vector_size(16)));

/* What one row is shifted and scaled by: a number is (x - near) * by + rest. */
struct FN(place) {
  T near, by, rest;
};

INLINE struct FN(place) FN(place_of)(T near, double low, double scale) {
  return (struct FN(place)){near, (T)scale, (T)(-low * scale)};
}

/* A vector, or its first lanes with zeros behind them. */
INLINE VECTOR FN(read)(int whole, EDGE lanes, const T *at) {
  return whole ? (VECTOR) * (const LOOSE *)at : FN(load_lanes)(lanes, at);
}

INLINE void FN(write)(int whole, EDGE lanes, T *at, VECTOR x) {
  if (whole) {
    *(LOOSE *)at = x;
  } else {
    FN(store_lanes)(lanes, at, x);
  }
}

/* The sum of all lanes of NORM_SUMS vectors, which are lost. */
INLINE double FN(drain)(VECTOR *sum) {
#pragma GCC unroll 8
  for (int w = NORM_SUMS / 2; w > 0; w /= 2) {
#pragma GCC unroll 8
    for (int v = 0; v < w; v++) {
      sum[v] += sum[v + w];
    }
  }
  T lane[16 / sizeof(T)];
#if VECTOR_BYTES == 16
  memcpy(lane, sum, sizeof lane);
#else
  HALF low, high;
  memcpy(&low, sum, sizeof low);
  memcpy(&high, (const char *)sum + sizeof low, sizeof low);
  low += high;
#if VECTOR_BYTES == 64
  QUARTER left, right;
  memcpy(&left, &low, sizeof left);
  memcpy(&right, (const char *)&low + sizeof left, sizeof left);
  left += right;
  memcpy(lane, &left, sizeof lane);
#else
  memcpy(lane, &low, sizeof lane);
#endif
#endif
  return sizeof(T) == 8 ? (double)(lane[0] + lane[1]) : (double)((lane[0] + lane[1]) + (lane[LAST - 1] + lane[LAST]));
}

INLINE void FN(empty)(VECTOR *sum) {
#pragma GCC unroll 8
  for (int v = 0; v < NORM_SUMS; v++) {
    sum[v] = (VECTOR){0};
  }
}

/* Adds to sums what one vector of a row brings. */
INLINE void FN(add_distances)(int whole, EDGE lanes, const T *x, VECTOR near, VECTOR *sum, VECTOR *squares) {
  VECTOR apart = FN(read)(whole, lanes, x) - near;
  if (!whole) {
    T some[VECTOR_BYTES / sizeof(T)] = {0};
    FN(store_lanes)(lanes, some, apart);
    memcpy(&apart, some, sizeof apart);
  }
  *sum += apart;
  *squares = FUSED(apart, apart, *squares);
}

INLINE void FN(add_slopes)(int whole, int weighted, EDGE lanes, const T *g, const T *x, const T *w, struct FN(place) p,
                           VECTOR *sum, VECTOR *products) {
  VECTOR s = FN(read)(whole, lanes, g), z = FUSED(FN(read)(whole, lanes, x) - p.near, ALL(p.by), ALL(p.rest));
  if (weighted) {
    s *= FN(read)(whole, lanes, w);
  }
  *sum += s;
  *products = FUSED(s, z, *products);
}

/*
 * Calls STEP(whole, lanes, i, v) for each vector of n elements from the i-th on; v is the sum that it goes to. Sums are
 * emptied by DRAIN after every 16 rounds, so that rounding errors do not grow with n.
 */
#define FOR_SUMS(n, STEP, EMPTY, DRAIN)                               \
  do {                                                            \
    ch_long i = 0, end = 16 * ROUND;                              \
    EMPTY                                                         \
    for (; i + ROUND <= (n); i += ROUND) {                        \
      if (i == end) {                                             \
        end += 16 * ROUND;                                        \
        DRAIN                                                     \
        EMPTY                                                     \
      }                                                           \
      _Pragma("GCC unroll 8") for (int v = 0; v < NORM_SUMS; v++) { \
        STEP(1, FN(lanes)(0), i + v * LANES, v);                  \
      }                                                           \
    }                                                             \
    for (; i + LANES <= (n); i += LANES) {                        \
      STEP(1, FN(lanes)(0), i, 0);                                \
    }                                                             \
    if (i < (n)) {                                                \
      STEP(0, FN(lanes)((n) - i), i, 0);                          \
    }                                                             \
    DRAIN                                                         \
  } while (0)

INLINE VECTOR FN(normal)(int weighted, int biased, int whole, EDGE lanes, const T *x, const T *w, const T *b,
                         struct FN(place) p) {
  const VECTOR z = FUSED(FN(read)(whole, lanes, x) - p.near, ALL(p.by), ALL(p.rest));
  return weighted && biased ? FUSED(z, FN(read)(whole, lanes, w), FN(read)(whole, lanes, b))
         : weighted         ? z * FN(read)(whole, lanes, w)
         : biased           ? z + FN(read)(whole, lanes, b)
                            : z;
}

INLINE void FN(norm_out)(int weighted, int biased, ch_long n, const T *x, const T *w, const T *b, struct FN(place) p, T *y) {
  ch_long i = 0;
  for (; i + LANES <= n; i += LANES) {
    FN(write)(1, FN(lanes)(0), y + i, FN(normal)(weighted, biased, 1, FN(lanes)(0), x + i, w + i, b + i, p));
  }
  if (i < n) {
    const EDGE lanes = FN(lanes)(n - i);
    FN(write)(0, lanes, y + i, FN(normal)(weighted, biased, 0, lanes, x + i, w + i, b + i, p));
  }
}

static void FN(norm_row)(ch_long n, double eps, const T *x, const T *w, const T *b, T *y, double *mean, double *rstd) {
  VECTOR sum[NORM_SUMS], squares[NORM_SUMS];
  double total = 0, first = 0, second = 0;
#define STEP(whole, lanes, i, v) sum[v] += FN(read)(whole, lanes, x + (i))
#define EMPTY FN(empty)(sum);
#define DRAIN total += FN(drain)(sum);
  FOR_SUMS(n, STEP, EMPTY, DRAIN);
#undef STEP
#undef DRAIN
#undef EMPTY
  const T near = (T)(total / (double)n);
  const VECTOR level = ALL(near);
#define STEP(whole, lanes, i, v) FN(add_distances)(whole, lanes, x + (i), level, sum + (v), squares + (v))
#define EMPTY        \
  FN(empty)(sum);    \
  FN(empty)(squares);
#define DRAIN                  \
  first += FN(drain)(sum);     \
  second += FN(drain)(squares);
  FOR_SUMS(n, STEP, EMPTY, DRAIN);
#undef STEP
#undef DRAIN
#undef EMPTY
  const double low = first / (double)n, spread = second / (double)n - low * low;
  const double scale = 1 / sqrt((spread < 0 ? 0 : spread) + eps);
  const struct FN(place) p = FN(place_of)(near, low, scale);
  *mean = (double)near + low;
  *rstd = scale;
  if (w && b) {
    FN(norm_out)(1, 1, n, x, w, b, p, y);
  } else if (w) {
    FN(norm_out)(1, 0, n, x, w, b, p, y);
  } else if (b) {
    FN(norm_out)(0, 1, n, x, w, b, p, y);
  } else {
    FN(norm_out)(0, 0, n, x, w, b, p, y);
  }
}

static void FN(norms)(ch_long rows, ch_long n, double eps, const void *x, const void *w, const void *b, void *y, double *mean,
                      double *rstd) {
  for (ch_long r = 0; r < rows; r++) {
    FN(norm_row)(n, eps, (const T *)x + r * n, w, b, (T *)y + r * n, mean + r, rstd + r);
  }
}

/* With the slope s of the normalized row z its gradient is (s - mean(s) - z mean(s z)) rstd; it is 0 where the row has one element. */
struct FN(slope) {
  struct FN(place) at;
  T level, tilt;
};

INLINE struct FN(slope) FN(slope_of)(int input, int weighted, ch_long n, const T *g, const T *x, const T *w, double mean,
                                     double rstd) {
  const T near = (T)mean;
  const struct FN(place) p = FN(place_of)(near, mean - (double)near, rstd);
  if (!input) { return (struct FN(slope)){p, 0, 0}; }
  VECTOR sum[NORM_SUMS], products[NORM_SUMS];
  double first = 0, second = 0;
#define STEP(whole, lanes, i, v) \
  FN(add_slopes)(whole, weighted, lanes, g + (i), x + (i), weighted ? w + (i) : w, p, sum + (v), products + (v))
#define EMPTY         \
  FN(empty)(sum);     \
  FN(empty)(products);
#define DRAIN                   \
  first += FN(drain)(sum);      \
  second += FN(drain)(products);
  FOR_SUMS(n, STEP, EMPTY, DRAIN);
#undef STEP
#undef DRAIN
#undef EMPTY
  return (struct FN(slope)){p, (T)(first / (double)n), (T)(second / (double)n)};
}

/* One vector of a few rows: what is written of the input's gradient, and is added up for weight and bias. */
INLINE void FN(slope_vector)(int input, int parameters, int rows, int whole, int weighted, EDGE lanes, ch_long n, const T *g,
                             const T *x, const T *w, const struct FN(slope) *slopes, T *gx, T *gw, T *gb) {
  VECTOR weight = {0}, weights = {0}, biases = {0};
  if (weighted) {
    weight = FN(read)(whole, lanes, w);
  }
  if (parameters) {
    weights = FN(read)(whole, lanes, gw);
    biases = FN(read)(whole, lanes, gb);
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; r++) {
    const struct FN(slope) p = slopes[r];
    const VECTOR own = FN(read)(whole, lanes, g + r * n);
    const VECTOR z = FUSED(FN(read)(whole, lanes, x + r * n) - p.at.near, ALL(p.at.by), ALL(p.at.rest));
    if (input) {
      const VECTOR s = weighted ? own * weight : own;
      FN(write)(whole, lanes, gx + r * n, FUSED(z, ALL(-p.tilt), s - p.level) * p.at.by);
    }
    if (parameters) {
      weights = FUSED(own, z, weights);
      biases += own;
    }
  }
  if (parameters) {
    FN(write)(whole, lanes, gw, weights);
    FN(write)(whole, lanes, gb, biases);
  }
}

INLINE void FN(slope_rows)(int input, int parameters, int rows, int weighted, ch_long n, const T *g, const T *x, const T *w,
                           const double *mean, const double *rstd, T *gx, T *gw, T *gb) {
  struct FN(slope) slopes[NORM_ROWS];
  for (int r = 0; r < rows; r++) {
    slopes[r] = FN(slope_of)(input, weighted, n, g + r * n, x + r * n, w, mean[r], rstd[r]);
  }
  ch_long i = 0;
  for (; i + LANES <= n; i += LANES) {
    FN(slope_vector)(input, parameters, rows, 1, weighted, FN(lanes)(0), n, g + i, x + i, weighted ? w + i : w, slopes,
                     input ? gx + i : gx, parameters ? gw + i : gw, parameters ? gb + i : gb);
  }
  if (i < n) {
    const EDGE lanes = FN(lanes)(n - i);
    FN(slope_vector)(input, parameters, rows, 0, weighted, lanes, n, g + i, x + i, weighted ? w + i : w, slopes,
                     input ? gx + i : gx, parameters ? gw + i : gw, parameters ? gb + i : gb);
  }
}

INLINE void FN(all_slopes)(int input, int parameters, int weighted, ch_long rows, ch_long n, const T *g, const T *x, const T *w,
                           const double *mean, const double *rstd, T *gx, T *gw, T *gb) {
  if (parameters) {
    memset(gw, 0, (size_t)n * sizeof(T));
    memset(gb, 0, (size_t)n * sizeof(T));
  }
  ch_long r = 0;
  for (; r + NORM_ROWS <= rows; r += NORM_ROWS) {
    FN(slope_rows)(input, parameters, NORM_ROWS, weighted, n, g + r * n, x + r * n, w, mean + r, rstd + r,
                   input ? gx + r * n : gx, gw, gb);
  }
  for (; r < rows; r++) {
    FN(slope_rows)(input, parameters, 1, weighted, n, g + r * n, x + r * n, w, mean + r, rstd + r, input ? gx + r * n : gx, gw,
                   gb);
  }
}

static void FN(slopes)(ch_long rows, ch_long n, const void *g, const void *x, const void *w, const double *mean,
                       const double *rstd, void *gx, void *gw, void *gb) {
  if (!gx) {
    FN(all_slopes)(0, 1, 0, rows, n, g, x, w, mean, rstd, gx, gw, gb);
  } else if (gw && w) {
    FN(all_slopes)(1, 1, 1, rows, n, g, x, w, mean, rstd, gx, gw, gb);
  } else if (gw) {
    FN(all_slopes)(1, 1, 0, rows, n, g, x, w, mean, rstd, gx, gw, gb);
  } else if (w) {
    FN(all_slopes)(1, 0, 1, rows, n, g, x, w, mean, rstd, gx, gw, gb);
  } else {
    FN(all_slopes)(1, 0, 0, rows, n, g, x, w, mean, rstd, gx, gw, gb);
  }
}

#include "norm_batch_of.h"

#undef FN
#undef VECTOR
#undef LOOSE
#undef FUSED
#undef EDGE
#undef LANES
#undef ROUND
#undef ALL
#undef LAST
#undef HALF
#undef QUARTER
#undef FOR_SUMS
#undef T
#undef S
