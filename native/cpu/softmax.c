/*
 * Softmax and log-softmax along the middle axis, and their gradients from the output. Each row is shifted by its maximum,
 * so that no exponential overflows. Short rows are taken several at a time, so that their exponentials fill whole vectors too. Where the axis is not the last, a strip of neighbouring columns is worked through at once.
 */
#include "mathcalls.h"
#include "reduce.h"
#include "types.h"

#define LANES 64     /* running maxima of one row */
#define SUMS 128     /* running sums of one row */
#define LONG_ROW 64  /* elements of a row that is worked through alone */
#define LEAF_ROWS 64 /* rows that one leaf of a column's sum adds */
#define LEVELS 48    /* of the tree that adds the leaves: 2^48 of them */

/* exp of NaN and of magnitudes up to EXP_NEAR. */
#define exp_near(x) EITHER(x, exp_near_or_nan_f32, exp_f64)

#define T float
#define S f32
#include "softmax_of.h"

#define T double
#define S f64
#include "softmax_of.h"

int ch_softmax(int logarithm, int dtype, ch_long outer, ch_long n, ch_long inner, const void *x, void *y) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  if (outer > 0 && n > 0 && inner > 0) {
    (dtype == CH_FLOAT32 ? forward_f32 : forward_f64)(logarithm, outer, n, inner, x, y);
  }
  return CH_OK;
}

int ch_softmax_backward(int logarithm, int dtype, ch_long outer, ch_long n, ch_long inner, const void *g, const void *y,
                        void *gx) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  if (outer > 0 && n > 0 && inner > 0) {
    (dtype == CH_FLOAT32 ? backward_f32 : backward_f64)(logarithm, outer, n, inner, g, y, gx);
  }
  return CH_OK;
}

int ch_cross_entropy(int dtype, ch_long rows, ch_long n, ch_long ignored, const void *x, const ch_long *target,
                     const void *weight, void *most, void *below, void *share, void *losses, ch_long *bad) {
  switch (dtype) {
    case CH_FLOAT32: return cross_entropy_f32(rows, n, ignored, x, target, weight, most, below, share, losses, bad);
    case CH_FLOAT64: return cross_entropy_f64(rows, n, ignored, x, target, weight, most, below, share, losses, bad);
    default: return CH_NO_KERNEL;
  }
}

int ch_cross_entropy_backward(int dtype, ch_long rows, ch_long n, ch_long ignored, const void *g, ch_long step, double total,
                              const void *x, const ch_long *target, const void *most, const void *below, const void *share,
                              void *gx) {
  switch (dtype) {
    case CH_FLOAT32:
      cross_entropy_backward_f32(rows, n, ignored, g, step, (float)total, x, target, most, below, share, gx);
      return CH_OK;
    case CH_FLOAT64:
      cross_entropy_backward_f64(rows, n, ignored, g, step, total, x, target, most, below, share, gx);
      return CH_OK;
    default: return CH_NO_KERNEL;
  }
}
