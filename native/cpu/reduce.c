/*
 * Reductions along one axis. Two shapes matter: rows, where the reduced axis is walked alone (contiguous, or gathered
 * through a buffer), and columns, where many neighbouring results grow side by side. Floating sums and products are
 * pairwise: blocks of a few hundred elements over fixed lanes, the blocks added as the leaves of a binary tree. The order
 * of the additions depends on the shape alone, so that results are the same in every run and on every variant.
 */
#include "reduce.h"

#include "maths.h"
#include "shapes.h"
#include "types.h"

#define FEW 32          /* shorter rows are folded by a plain loop */
#define LEAF 512        /* elements of a row that one leaf of the tree adds */
#define LEAF_ROWS 64    /* rows that one leaf of a column sum adds */
#define WIDTH_BYTES 1024 /* of the results that grow side by side */
#define LEVELS 48       /* of the tree: 2^48 leaves */
#define LANE_BYTES 128  /* of one row's partial results, whatever the vectors' width */

typedef void (*row_kernel)(ch_long n, const void *x, ch_long sn, void *y);
typedef void (*column_kernel)(ch_long n, ch_long width, const void *x, ch_long sn, void *y);

struct reduction {
  row_kernel row;
  column_kernel columns;
};

/* ---- floating sums and products ------------------------------------------------------------------------------------ */

#define MAGNITUDES(S, T, U, MASK)                                                                                  \
  typedef T vector_##S __attribute__((vector_size(VECTOR_BYTES)));                                                 \
  typedef U bits_##S __attribute__((vector_size(VECTOR_BYTES)));                                                   \
  INLINE vector_##S magnitudes_##S(vector_##S x) { return (vector_##S)((bits_##S)x & ((bits_##S){0} + MASK)); }
MAGNITUDES(f32, float, uint32_t, 0x7fffffffu)
MAGNITUDES(f64, double, uint64_t, 0x7fffffffffffffffu)
INLINE float magnitude_f32(float x) { return __builtin_fabsf(x); }

/* What a tree combines of each element (ONE), and of each vector of elements (MANY). */
#define ONE_ITSELF(S, x) (x)
#define MANY_ITSELF(S, x) (x)
#define ONE_SQUARE(S, x) ((x) * (x))
#define MANY_SQUARE(S, x) ((x) * (x))
#define ONE_MAGNITUDE(S, x) magnitude_##S(x)
#define MANY_MAGNITUDE(S, x) magnitudes_##S(x)

#define TREE(NAME, S, T, OP, IDENTITY, OF)                                                                         \
  static T NAME##_leaf_##S(const T *x, ch_long n) {                                                                \
    typedef T vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));                    \
    enum { LANES = LANE_BYTES / sizeof(T), VECTORS = LANE_BYTES / VECTOR_BYTES, EACH = VECTOR_BYTES / sizeof(T) }; \
    vector partial[VECTORS];                                                                                       \
    for (int v = 0; v < VECTORS; v++) { partial[v] = (vector){0} + (T)IDENTITY; }                                  \
    ch_long i = 0;                                                                                                 \
    for (; i + LANES <= n; i += LANES) {                                                                           \
      for (int v = 0; v < VECTORS; v++) { partial[v] OP MANY_##OF(S, *(const vector *)(x + i + v * EACH)); }       \
    }                                                                                                              \
    T lane[LANES];                                                                                                 \
    memcpy(lane, partial, sizeof lane);                                                                            \
    for (ch_long j = 0; i + j < n; j++) { lane[j] OP ONE_##OF(S, x[i + j]); }                                      \
    for (int w = LANES / 2; w > 0; w /= 2) {                                                                       \
      for (int j = 0; j < w; j++) { lane[j] OP lane[j + w]; }                                                      \
    }                                                                                                              \
    return lane[0];                                                                                                \
  }                                                                                                                \
  static void NAME##_row_##S(ch_long n, const void *xv, ch_long sn, void *y) {                                     \
    const T *x = xv;                                                                                               \
    if (n < FEW) {                                                                                                 \
      T total = (T)IDENTITY;                                                                                       \
      for (ch_long i = 0; i < n; i++) { total OP ONE_##OF(S, x[i * sn]); }                                         \
      *(T *)y = total;                                                                                             \
      return;                                                                                                      \
    }                                                                                                              \
    T tree[LEVELS], gathered[LEAF];                                                                                \
    int top = 0;                                                                                                   \
    for (ch_long done = 0, leaf = 0; done < n; done += LEAF, leaf++) {                                             \
      ch_long count = n - done < LEAF ? n - done : LEAF;                                                           \
      const T *from = x + done * sn;                                                                               \
      if (sn != 1) {                                                                                               \
        ch_move(sizeof(T), count, from, sn, gathered, 1);                                                          \
        from = gathered;                                                                                           \
      }                                                                                                            \
      tree[top++] = NAME##_leaf_##S(from, count);                                                                  \
      for (ch_long full = leaf; full & 1; full >>= 1) {                                                            \
        top--;                                                                                                     \
        tree[top - 1] OP tree[top];                                                                                \
      }                                                                                                            \
    }                                                                                                              \
    for (; top > 1; top--) { tree[top - 2] OP tree[top - 1]; }                                                     \
    *(T *)y = tree[0];                                                                                             \
  }                                                                                                                \
  static void NAME##_columns_##S(ch_long n, ch_long width, const void *xv, ch_long sn, void *yv) {                 \
    const T *x = xv;                                                                                               \
    enum { MOST = WIDTH_BYTES / sizeof(T) };                                                                       \
    T tree[LEVELS][MOST];                                                                                          \
    int top = 0;                                                                                                   \
    for (ch_long done = 0, leaf = 0; done < n; done += LEAF_ROWS, leaf++) {                                        \
      ch_long count = n - done < LEAF_ROWS ? n - done : LEAF_ROWS, r = 0;                                          \
      T *part = tree[top++];                                                                                       \
      for (ch_long j = 0; j < width; j++) { part[j] = (T)IDENTITY; }                                               \
      for (; r + 4 <= count; r += 4) {                                                                             \
        const T *a = x + (done + r) * sn, *b = a + sn, *c = b + sn, *d = c + sn;                                   \
        INDEPENDENT for (ch_long j = 0; j < width; j++) {                                                          \
          T left = ONE_##OF(S, a[j]), right = ONE_##OF(S, c[j]);                                                   \
          left OP ONE_##OF(S, b[j]);                                                                               \
          right OP ONE_##OF(S, d[j]);                                                                              \
          left OP right;                                                                                           \
          part[j] OP left;                                                                                         \
        }                                                                                                          \
      }                                                                                                            \
      for (; r < count; r++) {                                                                                     \
        const T *a = x + (done + r) * sn;                                                                          \
        INDEPENDENT for (ch_long j = 0; j < width; j++) { part[j] OP ONE_##OF(S, a[j]); }                          \
      }                                                                                                            \
      for (ch_long full = leaf; full & 1; full >>= 1) {                                                            \
        top--;                                                                                                     \
        INDEPENDENT for (ch_long j = 0; j < width; j++) { tree[top - 1][j] OP tree[top][j]; }                      \
      }                                                                                                            \
    }                                                                                                              \
    for (; top > 1; top--) {                                                                                       \
      INDEPENDENT for (ch_long j = 0; j < width; j++) { tree[top - 2][j] OP tree[top - 1][j]; }                    \
    }                                                                                                              \
    memcpy(yv, tree[0], (size_t)width * sizeof(T));                                                                \
  }

#define FLOATING_TREES(S, T, DTYPE)          \
  TREE(sum, S, T, +=, 0, ITSELF)             \
  TREE(prod, S, T, *=, 1, ITSELF)            \
  TREE(sum_squares, S, T, +=, 0, SQUARE)     \
  TREE(sum_magnitudes, S, T, +=, 0, MAGNITUDE)
EACH_FLOATING(FLOATING_TREES)

float ch_sum_f32(ch_long n, const float *x) {
  float total;
  sum_row_f32(n, x, 1, &total);
  return total;
}

double ch_sum_f64(ch_long n, const double *x) {
  double total;
  sum_row_f64(n, x, 1, &total);
  return total;
}

/* ---- folds whose order does not matter: integers, truth values, extremes ------------------------------------------------ */

/*
 * A fold over one row and over columns. K is the type of the running value and KEY(x) an element as such a value;
 * STEP(r, k) folds k into r, and the result is VALUE(r), of type R.
 */
#define FOLD_ROW(NAME, S, T, R, K, KEY, STEP, VALUE, START)                                                           \
  static void NAME##_row_##S(ch_long n, const void *xv, ch_long sn, void *y) {                                     \
    const T *x = xv;                                                                                               \
    K r = START;                                                                                                   \
    if (sn == 1) {                                                                                                 \
      for (ch_long i = 0; i < n; i++) {                                                                            \
        K k = KEY(x[i]);                                                                                           \
        r = STEP(r, k);                                                                                            \
      }                                                                                                            \
    } else {                                                                                                       \
      for (ch_long i = 0; i < n; i++) {                                                                            \
        K k = KEY(x[i * sn]);                                                                                      \
        r = STEP(r, k);                                                                                            \
      }                                                                                                            \
    }                                                                                                              \
    *(R *)y = VALUE(r);                                                                                            \
  }
#define FOLD_COLUMNS(NAME, S, T, R, K, KEY, STEP, VALUE, START)                                                       \
  static void NAME##_columns_##S(ch_long n, ch_long width, const void *xv, ch_long sn, void *yv) {                 \
    const T *x = xv;                                                                                               \
    R *y = yv;                                                                                                     \
    K r[WIDTH_BYTES / sizeof(T)];                                                                                  \
    for (ch_long j = 0; j < width; j++) { r[j] = START; }                                                          \
    for (ch_long i = 0; i < n; i++) {                                                                              \
      const T *row = x + i * sn;                                                                                   \
      INDEPENDENT for (ch_long j = 0; j < width; j++) {                                                            \
        K k = KEY(row[j]);                                                                                         \
        r[j] = STEP(r[j], k);                                                                                      \
      }                                                                                                            \
    }                                                                                                              \
    for (ch_long j = 0; j < width; j++) { y[j] = VALUE(r[j]); }                                                    \
  }
#define FOLD(NAME, S, T, R, K, KEY, STEP, VALUE, START)   \
  FOLD_ROW(NAME, S, T, R, K, KEY, STEP, VALUE, START)      \
  FOLD_COLUMNS(NAME, S, T, R, K, KEY, STEP, VALUE, START)

#define SAME(x) (x)
#define TRUTH(x) ((x) != 0)
#define PLUS(r, k) ((r) + (k))
#define TIMES(r, k) ((r) * (k))
#define LARGER(r, k) ((k) > (r) ? (k) : (r))
#define SMALLER(r, k) ((k) < (r) ? (k) : (r))
#define EITHER_OF(r, k) ((r) | (k))
#define BOTH_OF(r, k) ((r) & (k))

#define INTEGER_FOLDS(S, T, LEAST, MOST)                         \
  FOLD(sum, S, T, int64_t, int64_t, (int64_t), PLUS, SAME, 0)    \
  FOLD(prod, S, T, int64_t, int64_t, (int64_t), TIMES, SAME, 1)  \
  FOLD(max, S, T, T, T, SAME, LARGER, SAME, LEAST)               \
  FOLD(min, S, T, T, T, SAME, SMALLER, SAME, MOST)
INTEGER_FOLDS(u8, uint8_t, 0, UINT8_MAX)
INTEGER_FOLDS(i8, int8_t, INT8_MIN, INT8_MAX)
INTEGER_FOLDS(i16, int16_t, INT16_MIN, INT16_MAX)
INTEGER_FOLDS(i32, int32_t, INT32_MIN, INT32_MAX)
INTEGER_FOLDS(i64, int64_t, INT64_MIN, INT64_MAX)
FOLD(any, bool, uint8_t, uint8_t, uint8_t, TRUTH, EITHER_OF, SAME, 0)
FOLD(all, bool, uint8_t, uint8_t, uint8_t, TRUTH, BOTH_OF, SAME, 1)
FOLD(sum, bool, uint8_t, int64_t, int64_t, TRUTH, PLUS, SAME, 0)
FOLD(prod, bool, uint8_t, int64_t, int64_t, TRUTH, TIMES, SAME, 1)

/*
 * Floats compare as integers once the magnitude bits of the negative ones are flipped. NaNs show as magnitudes past that
 * of infinity. Both are reductions that compilers vectorise, as those of floats are not.
 */
INLINE int32_t integer_of_f32(float x) { return (int32_t)bits_of(x); }
INLINE float value_of_f32(int32_t i) { return float_of((uint32_t)i); }
INLINE int64_t integer_of_f64(double x) {
  union { double d; int64_t i; } pun = {x};
  return pun.i;
}
INLINE double value_of_f64(int64_t i) {
  union { int64_t i; double d; } pun = {i};
  return pun.d;
}

#define BETTER(k, r, BEATS) ((((k) BEATS (r)) | ((k) != (k))) & ((r) == (r)))

#define EXTREME(NAME, S, T, K, U, STEP, START, INFINITE)                                                           \
  INLINE K NAME##_step_##S(K r, T x) {                                                                             \
    K i = integer_of_##S(x);                                                                                       \
    K k = i ^ (K)((U)(i >> (sizeof(K) * 8 - 1)) >> 1);                                                             \
    return STEP(r, k);                                                                                             \
  }                                                                                                                \
  INLINE K NAME##_size_##S(K r, T x) {                                                                             \
    K i = (K)((U)integer_of_##S(x) << 1 >> 1);                                                                     \
    return LARGER(r, i);                                                                                           \
  }                                                                                                                \
  static void NAME##_row_##S(ch_long n, const void *xv, ch_long sn, void *y) {                                     \
    const T *x = xv;                                                                                               \
    K r = START, size = 0;                                                                                         \
    if (sn == 1) {                                                                                                 \
      for (ch_long i = 0; i < n; i++) {                                                                            \
        r = NAME##_step_##S(r, x[i]);                                                                              \
        size = NAME##_size_##S(size, x[i]);                                                                        \
      }                                                                                                            \
    } else {                                                                                                       \
      for (ch_long i = 0; i < n; i++) {                                                                            \
        r = NAME##_step_##S(r, x[i * sn]);                                                                         \
        size = NAME##_size_##S(size, x[i * sn]);                                                                   \
      }                                                                                                            \
    }                                                                                                              \
    *(T *)y = size > (INFINITE) ? (T)NAN : value_of_##S(r ^ (K)((U)(r >> (sizeof(K) * 8 - 1)) >> 1));              \
  }
EXTREME(max, f32, float, int32_t, uint32_t, LARGER, INT32_MIN, 0x7f800000)
EXTREME(min, f32, float, int32_t, uint32_t, SMALLER, INT32_MAX, 0x7f800000)
EXTREME(max, f64, double, int64_t, uint64_t, LARGER, INT64_MIN, 0x7ff0000000000000)
EXTREME(min, f64, double, int64_t, uint64_t, SMALLER, INT64_MAX, 0x7ff0000000000000)

#define UPPER(r, k) (BETTER(k, r, >) ? (k) : (r))
#define LOWER(r, k) (BETTER(k, r, <) ? (k) : (r))
FOLD_COLUMNS(max, f32, float, float, float, SAME, UPPER, SAME, -INFINITY)
FOLD_COLUMNS(min, f32, float, float, float, SAME, LOWER, SAME, INFINITY)
FOLD_COLUMNS(max, f64, double, double, double, SAME, UPPER, SAME, -(double)INFINITY)
FOLD_COLUMNS(min, f64, double, double, double, SAME, LOWER, SAME, (double)INFINITY)

/* ---- positions of extremes ------------------------------------------------------------------------------------------ */

/* Rows: the extreme first, then the first element that equals it (or is NaN as it is), looked for in blocks. */
#define POSITION(NAME, EXTREME, S, T, BEATS, K, KEY)                                                               \
  static void NAME##_row_##S(ch_long n, const void *xv, ch_long sn, void *y) {                                     \
    const T *x = xv;                                                                                               \
    if (sn != 1 || n < FEW) {                                                                                      \
      K r = KEY(x[0]);                                                                                             \
      ch_long at = 0;                                                                                              \
      for (ch_long i = 1; i < n; i++) {                                                                            \
        K k = KEY(x[i * sn]);                                                                                      \
        at = k BEATS r ? i : at;                                                                                   \
        r = k BEATS r ? k : r;                                                                                     \
      }                                                                                                            \
      *(int64_t *)y = at;                                                                                          \
      return;                                                                                                      \
    }                                                                                                              \
    T best;                                                                                                        \
    EXTREME##_row_##S(n, x, sn, &best);                                                                            \
    ch_long first = 0;                                                                                             \
    for (; first + 64 <= n; first += 64) {                                                                         \
      int found = 0;                                                                                               \
      for (int i = 0; i < 64; i++) { found |= (x[first + i] == best) | (x[first + i] != x[first + i]); }           \
      if (found) { break; }                                                                                        \
    }                                                                                                              \
    while (first < n - 1 && x[first] != best && x[first] == x[first]) { first++; }                                 \
    *(int64_t *)y = first;                                                                                         \
  }                                                                                                                \
  static void NAME##_columns_##S(ch_long n, ch_long width, const void *xv, ch_long sn, void *yv) {                 \
    const T *x = xv;                                                                                               \
    int64_t *y = yv;                                                                                               \
    T best[WIDTH_BYTES / sizeof(T)];                                                                               \
    memcpy(best, x, (size_t)width * sizeof(T));                                                                    \
    for (ch_long j = 0; j < width; j++) { y[j] = 0; }                                                              \
    for (ch_long i = 1; i < n; i++) {                                                                              \
      const T *row = x + i * sn;                                                                                   \
      INDEPENDENT for (ch_long j = 0; j < width; j++) {                                                            \
        T k = row[j], r = best[j];                                                                                 \
        int better = BETTER(k, r, BEATS);                                                                          \
        best[j] = better ? k : r;                                                                                  \
        y[j] = better ? i : y[j];                                                                                  \
      }                                                                                                            \
    }                                                                                                              \
  }
#define POSITIONS(S, T, DTYPE)              \
  POSITION(argmax, max, S, T, >, T, SAME)   \
  POSITION(argmin, min, S, T, <, T, SAME)
EACH_INTEGER(POSITIONS)

/* A float's place among the integers, -0 that of 0 and NaN that of the winner. */
INLINE int32_t place_of_f32(float x, int32_t winner) {
  int32_t i = integer_of_f32(x + 0);
  return x != x ? winner : i ^ (int32_t)((uint32_t)(i >> 31) >> 1);
}
INLINE int64_t place_of_f64(double x, int64_t winner) {
  int64_t i = integer_of_f64(x + 0);
  return x != x ? winner : i ^ (int64_t)((uint64_t)(i >> 63) >> 1);
}
#define HIGH_F32(x) place_of_f32(x, INT32_MAX)
#define LOW_F32(x) place_of_f32(x, INT32_MIN)
#define HIGH_F64(x) place_of_f64(x, INT64_MAX)
#define LOW_F64(x) place_of_f64(x, INT64_MIN)
POSITION(argmax, max, f32, float, >, int32_t, HIGH_F32)
POSITION(argmin, min, f32, float, <, int32_t, LOW_F32)
POSITION(argmax, max, f64, double, >, int64_t, HIGH_F64)
POSITION(argmin, min, f64, double, <, int64_t, LOW_F64)

/* ---- tables ------------------------------------------------------------------------------------------------------------ */

#define PAIR(NAME, S) {NAME##_row_##S, NAME##_columns_##S}
#define OF_NUMBERS(S, T, DTYPE)                                                                                    \
  [DTYPE] = {[REDUCE_SUM] = PAIR(sum, S),       [REDUCE_PROD] = PAIR(prod, S),     [REDUCE_MAX] = PAIR(max, S),    \
             [REDUCE_MIN] = PAIR(min, S),       [REDUCE_ARGMAX] = PAIR(argmax, S), [REDUCE_ARGMIN] = PAIR(argmin, S)},
#define OF_MAGNITUDES(S, T, DTYPE)                                                                                  \
  [DTYPE][REDUCE_SUM_SQUARES] = PAIR(sum_squares, S), [DTYPE][REDUCE_SUM_MAGNITUDES] = PAIR(sum_magnitudes, S),
static const struct reduction reductions[DTYPES][REDUCE_OPS] = {
    EACH_INTEGER(OF_NUMBERS) EACH_FLOATING(OF_NUMBERS) EACH_FLOATING(OF_MAGNITUDES)[CH_BOOL] = {
        [REDUCE_SUM] = PAIR(sum, bool),       [REDUCE_PROD] = PAIR(prod, bool),
        [REDUCE_MAX] = PAIR(any, bool),       [REDUCE_MIN] = PAIR(all, bool), [REDUCE_ARGMAX] = PAIR(argmax, u8),
        [REDUCE_ARGMIN] = PAIR(argmin, u8),   [REDUCE_ANY] = PAIR(any, bool), [REDUCE_ALL] = PAIR(all, bool)}};

/* Results of an empty axis: SUM and ANY 0, PROD and ALL 1. */
static void fill_identity(int op, int dtype, ch_long n, void *y) {
  uint8_t truth = op == REDUCE_PROD || op == REDUCE_ALL;
  ch_copy_1d(CH_BOOL, dtype, n, &truth, 0, y, 1);
}

int ch_reduce(int op, int dtype, ch_long outer, ch_long n, ch_long inner, const void *x, ch_long so, ch_long sn,
              ch_long si, void *y) {
  if (op < 0 || op >= REDUCE_OPS || dtype < 0 || dtype >= DTYPES || !reductions[dtype][op].row) {
    return CH_NO_KERNEL;
  }
  const int adds = op == REDUCE_SUM || op == REDUCE_PROD, floats = dtype == CH_FLOAT32 || dtype == CH_FLOAT64;
  const int type = op == REDUCE_ARGMAX || op == REDUCE_ARGMIN || (adds && !floats) ? CH_INT64 : dtype;
  if (n == 0) {
    fill_identity(op, type, outer * inner, y);
    return CH_OK;
  }
  const struct reduction *kernel = &reductions[dtype][op];
  const ch_long size = (ch_long)element_size(dtype), result = (ch_long)element_size(type);
  const ch_long most = WIDTH_BYTES / size;
  const char *from = x;
  char *to = y;
  for (ch_long o = 0; o < outer; o++, from += so * size) {
    if (si == 1 && inner >= 8) {
      for (ch_long i = 0; i < inner; i += most) {
        ch_long width = inner - i < most ? inner - i : most;
        kernel->columns(n, width, from + i * size, sn, to);
        to += width * result;
      }
      continue;
    }
    for (ch_long i = 0; i < inner; i++) {
      kernel->row(n, from + i * si * size, sn, to);
      to += result;
    }
  }
  return CH_OK;
}
