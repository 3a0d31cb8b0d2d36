/*
 * Normalization of rows and of batches (norm_batch_of.h), and its gradients. A row is walked three times while it lies in the first cache: for its
 * mean, for the distances from that mean, and to write. The distances are from the mean as the dtype has it, and what it
 * lacks is found with them, so that nothing cancels in float32 that would not in float64.
 */
#include "fused.h"
#include "types.h"

enum { BATCH_NORMAL, BATCH_SLOPE, BATCH_SCALED };

#define NORM_SUMS 4 /* vectors of running sums */
#if defined(__AVX512F__) || defined(__aarch64__)
#define NORM_ROWS 4 /* rows whose gradients are written together, by the number of registers */
#else
#define NORM_ROWS 2
#endif

#define T float
#define S f32
#include "norm_of.h"

#define T double
#define S f64
#include "norm_of.h"

int ch_layer_norm(int dtype, ch_long rows, ch_long n, double eps, const void *x, const void *weight, const void *bias,
                  void *y, double *mean, double *rstd) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? norms_f32 : norms_f64)(rows, n, eps, x, weight, bias, y, mean, rstd);
  return CH_OK;
}

int ch_layer_norm_backward(int dtype, ch_long rows, ch_long n, const void *g, const void *x, const void *weight,
                           const double *mean, const double *rstd, void *gx, void *gweight, void *gbias) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? slopes_f32 : slopes_f64)(rows, n, g, x, weight, mean, rstd, gx, gweight, gbias);
  return CH_OK;
}

int ch_batch_centers(int dtype, ch_long channels, ch_long n, const void *x, double *center) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? batch_centers_f32 : batch_centers_f64)(channels, n, x, center);
  return CH_OK;
}

int ch_batch_sums(int dtype, ch_long rows, ch_long channels, ch_long n, ch_long step, const void *g, const void *x,
                  const double *center, double *sum, double *product) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? batch_sums_f32 : batch_sums_f64)(rows, channels, n, step, g, x, center, sum, product);
  return CH_OK;
}

int ch_batch_norm_places(int dtype, ch_long channels, ch_long all, double count, double momentum, double eps,
                         const double *sums, double *statistics, const void *weight, const void *bias, void *mean,
                         void *variance, void *places) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? norm_places_f32 : norm_places_f64)(channels, all, count, momentum, eps, sums, statistics, weight, bias,
                                                            mean, variance, places);
  return CH_OK;
}

int ch_batch_slope_places(int dtype, ch_long channels, ch_long all, double count, const double *sums, const double *statistics,
                          const void *weight, void *places, void *gweight, void *gbias) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? slope_places_f32 : slope_places_f64)(channels, all, count, sums, statistics, weight, places, gweight,
                                                              gbias);
  return CH_OK;
}

int ch_batch_put(int dtype, ch_long rows, ch_long channels, ch_long n, ch_long step, const void *g, const void *x,
                 const void *places, ch_long all, void *y) {
  if (dtype != CH_FLOAT32 && dtype != CH_FLOAT64) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? batch_put_f32 : batch_put_f64)(rows, channels, n, step, g, x, places, all, y);
  return CH_OK;
}
