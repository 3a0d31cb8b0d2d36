/*
 * Attention without the matrix of its scores: tiles of them are made, turned into weights and multiplied with the values
 * while they lie in the cache (Dao, 2023). A row's maximum and sum of exponentials so far go with it; the gradient makes the
 * tiles once more, from the logarithm of the sum.
 */
#include "mathcalls.h"
#include "reduce.h"
#include "types.h"

#define ROWS CH_ATTENTION_ROWS
#define KEYS 64 /* of a tile of scores on the way back, where there are two of them */
#define SIZES CH_ATTENTION_SIZES
#define LANES 32 /* running extremes */

/* exp of NaN and of magnitudes up to EXP_NEAR. */
#define exp_near(x) EITHER(x, exp_near_or_nan_f32, exp_f64)

INLINE ch_long within(ch_long x, ch_long most) { return x < 0 ? 0 : x < most ? x : most; }

/* How many of `width` keys from `from` on a row sees. */
INLINE ch_long seen_by(const struct ch_attention *f, ch_long row, ch_long from, ch_long width) {
  return f->first < 0 ? width : within(f->first + row + 1 - from, width);
}

/* Before the first of so many rows, from `row` on, that sees a key. */
INLINE ch_long blind_rows(const struct ch_attention *f, ch_long row, ch_long rows, ch_long key) {
  return f->first < 0 ? 0 : within(key - f->first - row, rows);
}

/* Behind the last key that a row before `row_end` sees. */
INLINE ch_long keys_end(const struct ch_attention *f, ch_long row_end) { return seen_by(f, row_end - 1, 0, f->keys); }

#define T float
#define S f32
#include "attention_of.h"

#define T double
#define S f64
#include "attention_of.h"

static int fits(int dtype, const struct ch_attention *f) {
  return (dtype == CH_FLOAT32 || dtype == CH_FLOAT64) && f->size > 0 && f->size <= SIZES && f->width > 0 && f->width <= SIZES;
}

int ch_attention(int dtype, const struct ch_attention *f, double scale, const void *q, const void *k, const void *v,
                 const void *mask, const ch_long *kept, void *y, void *logs) {
  if (!fits(dtype, f) || f->rows > ROWS) {
    return CH_NO_KERNEL;
  }
  if (dtype == CH_FLOAT32) {
    forward_f32(f, scale, q, k, v, mask, kept, y, logs);
  } else {
    forward_f64(f, scale, q, k, v, mask, kept, y, logs);
  }
  return CH_OK;
}

int ch_attention_dots(int dtype, const struct ch_attention *f, const void *g, const void *y, void *dots) {
  if (!fits(dtype, f)) {
    return CH_NO_KERNEL;
  }
  if (dtype == CH_FLOAT32) {
    dots_f32(f->rows, f->width, g, f->step_g, y, f->step_y, dots);
  } else {
    dots_f64(f->rows, f->width, g, f->step_g, y, f->step_y, dots);
  }
  return CH_OK;
}

int ch_attention_backward(int dtype, const struct ch_attention *f, const struct ch_attention_part *part, double scale,
                          const void *q, const void *k, const void *v, const void *mask, const ch_long *kept,
                          const void *g, const void *logs, const void *dots, void *gq, void *gk, void *gv) {
  if (!fits(dtype, f)) {
    return CH_NO_KERNEL;
  }
  if (dtype == CH_FLOAT32) {
    backward_f32(f, part, scale, q, k, v, mask, kept, g, logs, dots, gq, gk, gv);
  } else {
    backward_f64(f, part, scale, q, k, v, mask, kept, g, logs, dots, gq, gk, gv);
  }
  return CH_OK;
}

int ch_attention_kept(int dtype, ch_long rows, ch_long keys, double by, const ch_long *kept, void *y) {
  if (dtype == CH_FLOAT32) {
    kept_f32(rows, keys, (float)by, kept, y);
  } else if (dtype == CH_FLOAT64) {
    kept_f64(rows, keys, by, kept, y);
  } else {
    return CH_NO_KERNEL;
  }
  return CH_OK;
}
