/*
 * Layer normalization of rows, and its gradients. A row is walked three times while it lies in the first cache: for its
 * mean, for the distances from that mean, and to write. The distances are from the mean as the dtype has it, and what it
 * lacks is found with them, so that nothing cancels in float32 that would not in float64.
 */
#include "mathcalls.h"
#include "reduce.h"
#include "types.h"

#define SUMS 128         /* running sums of one row */
#define TILE (16 * SUMS) /* elements that they add up */

#define NORM(S, T, DTYPE)                                                                                             \
  static void norm_row_##S(ch_long n, double eps, const T *x, const T *w, const T *b, T *y, double *mean,            \
                           double *rstd) {                                                                            \
    const T near = (T)((double)ch_sum_##S(n, x) / (double)n);                                                         \
    double first = 0, second = 0;                                                                                     \
    T sum[SUMS], squares[SUMS];                                                                                       \
    for (ch_long done = 0; done < n; done += TILE) {                                                                  \
      const ch_long end = n - done < TILE ? n : done + TILE, width = end - done < SUMS ? end - done : SUMS;           \
      for (ch_long j = 0; j < width; j++) { sum[j] = squares[j] = 0; }                                                \
      for (ch_long i = done; i < end; i += SUMS) {                                                                    \
        const ch_long count = end - i < SUMS ? end - i : SUMS;                                                        \
        INDEPENDENT for (ch_long j = 0; j < count; j++) {                                                             \
          T apart = x[i + j] - near;                                                                                  \
          sum[j] += apart;                                                                                            \
          squares[j] += apart * apart;                                                                                \
        }                                                                                                             \
      }                                                                                                               \
      first += (double)ch_sum_##S(width, sum);                                                                        \
      second += (double)ch_sum_##S(width, squares);                                                                   \
    }                                                                                                                 \
    const double low = first / (double)n, spread = second / (double)n - low * low;                                    \
    const double scale = 1 / sqrt((spread < 0 ? 0 : spread) + eps);                                                   \
    const T by = (T)scale, rest = (T)low;                                                                             \
    *mean = (double)near + low;                                                                                       \
    *rstd = scale;                                                                                                    \
    if (w && b) {                                                                                                     \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = (x[i] - near - rest) * by * w[i] + b[i]; }                 \
    } else if (w) {                                                                                                   \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = (x[i] - near - rest) * by * w[i]; }                        \
    } else if (b) {                                                                                                   \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = (x[i] - near - rest) * by + b[i]; }                        \
    } else {                                                                                                          \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = (x[i] - near - rest) * by; }                               \
    }                                                                                                                 \
  }                                                                                                                   \
  static void norms_##S(ch_long rows, ch_long n, double eps, const void *x, const void *w, const void *b, void *y,    \
                        double *mean, double *rstd) {                                                                 \
    for (ch_long r = 0; r < rows; r++) {                                                                              \
      norm_row_##S(n, eps, (const T *)x + r * n, w, b, (T *)y + r * n, mean + r, rstd + r);                           \
    }                                                                                                                 \
  }                                                                                                                   \
  /* With the slope s of the normalized row z: (s - mean(s) - z mean(s z)) rstd. */                                   \
  static void norm_slopes_##S(ch_long n, const T *g, const T *x, const T *w, double mean, double rstd, T *gx, T *gw,  \
                              T *gb) {                                                                                \
    const T near = (T)mean, rest = (T)(mean - (double)near), by = (T)rstd;                                            \
    double first = 0, second = 0;                                                                                     \
    T sum[SUMS], products[SUMS];                                                                                      \
    for (ch_long done = 0; done < n; done += TILE) {                                                                  \
      const ch_long end = n - done < TILE ? n : done + TILE, width = end - done < SUMS ? end - done : SUMS;           \
      for (ch_long j = 0; j < width; j++) { sum[j] = products[j] = 0; }                                               \
      for (ch_long i = done; i < end; i += SUMS) {                                                                    \
        const ch_long count = end - i < SUMS ? end - i : SUMS;                                                        \
        if (w) {                                                                                                      \
          INDEPENDENT for (ch_long j = 0; j < count; j++) {                                                           \
            T s = g[i + j] * w[i + j], z = (x[i + j] - near - rest) * by;                                             \
            sum[j] += s;                                                                                              \
            products[j] += s * z;                                                                                     \
          }                                                                                                           \
        } else {                                                                                                      \
          INDEPENDENT for (ch_long j = 0; j < count; j++) {                                                           \
            T z = (x[i + j] - near - rest) * by;                                                                      \
            sum[j] += g[i + j];                                                                                       \
            products[j] += g[i + j] * z;                                                                              \
          }                                                                                                           \
        }                                                                                                             \
      }                                                                                                               \
      first += (double)ch_sum_##S(width, sum);                                                                        \
      second += (double)ch_sum_##S(width, products);                                                                  \
    }                                                                                                                 \
    const T level = (T)(first / (double)n), tilt = (T)(second / (double)n);                                           \
    if (w) {                                                                                                          \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                   \
        T z = (x[i] - near - rest) * by;                                                                              \
        gx[i] = (g[i] * w[i] - level - z * tilt) * by;                                                                \
        gw[i] += g[i] * z;                                                                                            \
        gb[i] += g[i];                                                                                                \
      }                                                                                                               \
    } else {                                                                                                          \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                                   \
        T z = (x[i] - near - rest) * by;                                                                              \
        gx[i] = (g[i] - level - z * tilt) * by;                                                                       \
        gw[i] += g[i] * z;                                                                                            \
        gb[i] += g[i];                                                                                                \
      }                                                                                                               \
    }                                                                                                                 \
  }                                                                                                                   \
  static void slopes_##S(ch_long rows, ch_long n, const void *g, const void *x, const void *w, const double *mean,    \
                         const double *rstd, void *gx, void *gw, void *gb) {                                          \
    memset(gw, 0, (size_t)n * sizeof(T));                                                                             \
    memset(gb, 0, (size_t)n * sizeof(T));                                                                             \
    for (ch_long r = 0; r < rows; r++) {                                                                              \
      norm_slopes_##S(n, (const T *)g + r * n, (const T *)x + r * n, w, mean[r], rstd[r], (T *)gx + r * n, gw, gb);   \
    }                                                                                                                 \
  }
EACH_FLOATING(NORM)

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
