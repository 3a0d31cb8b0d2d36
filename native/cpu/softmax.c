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
