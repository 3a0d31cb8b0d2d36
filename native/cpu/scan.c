/*
 * Scans: running sums, products, extremes and log-sums along one axis, and the recurrence that their gradients are made of.
 * Where the axis is not the last, a strip of neighbouring columns is worked through at once, so nothing is transposed.
 */
#include "types.h"

#define STRIP 128 /* columns side by side */

/* The strides of the middle axis. */
struct scan { ch_long xn, an, yn; };

typedef void (*scan_kernel)(ch_long width, ch_long n, const struct scan *s, const void *x, const void *a, void *y,
                            ch_long *indices);

/* log(exp(a) + exp(b)), for infinities too. */
INLINE double log_add(double a, double b) {
  const double low = a < b ? a : b, high = a < b ? b : a;
  if (a != a || b != b) { return a + b; }
  return low == high && isinf(low) ? low : high + log1p(exp(low - high));
}

#define T uint8_t
#define FN(NAME) NAME##_bool
#define READ READ_TRUTH
#define FLOATING 0
#include "scan_of.h"

#define T uint8_t
#define FN(NAME) NAME##_u8
#define READ READ_NUMBER
#define FLOATING 0
#include "scan_of.h"

#define T int8_t
#define FN(NAME) NAME##_i8
#define READ READ_NUMBER
#define FLOATING 0
#include "scan_of.h"

#define T int16_t
#define FN(NAME) NAME##_i16
#define READ READ_NUMBER
#define FLOATING 0
#include "scan_of.h"

#define T int32_t
#define FN(NAME) NAME##_i32
#define READ READ_NUMBER
#define FLOATING 0
#include "scan_of.h"

#define T int64_t
#define ACC int64_t
#define FN(NAME) NAME##_i64
#define READ READ_NUMBER
#define FLOATING 0
#include "scan_of.h"

/* As in PyTorch, the sums and products of float32 grow in double. */
#define T float
#define ACC double
#define OWN_SUM
#define FN(NAME) NAME##_f32
#define READ READ_NUMBER
#define FLOATING 1
#include "scan_of.h"

#define T double
#define ACC double
#define FN(NAME) NAME##_f64
#define READ READ_NUMBER
#define FLOATING 1
#include "scan_of.h"

/*
 * Running sums of float32, in doubles: four elements are added up one after the other, and to the sum before these, for
 * which only the next four wait. They differ from adding one after the other by the rounding of doubles, which do not
 * overflow here, as those of float64 might in other places. Sums of what is not negative do not fall.
 */
INLINE void running_sums(ch_long n, ch_long xn, ch_long yn, const float *x, float *y) {
  double before = 0;
  ch_long i = 0;
  for (; i + 4 <= n; i += 4, x += 4 * xn, y += 4 * yn) {
    const double a = x[0], ab = a + x[xn], abc = ab + x[2 * xn], all = abc + x[3 * xn];
    y[0] = (float)(before + a);
    y[yn] = (float)(before + ab);
    y[2 * yn] = (float)(before + abc);
    before += all;
    y[3 * yn] = (float)before;
  }
  for (double rest = 0; i < n; i++, x += xn, y += yn) {
    rest += *x;
    *y = (float)(before + rest);
  }
}

/* The same of columns that lie side by side. */
static void columns_of_sums(ch_long width, ch_long n, const struct scan *s, const float *x, float *y) {
  double before[STRIP], rest[STRIP];
  for (ch_long j = 0; j < width; j++) {
    before[j] = rest[j] = 0;
  }
  for (ch_long i = 0; i < n; i++, x += s->xn, y += s->yn) {
    if (i % 4 != 3) {
      INDEPENDENT for (ch_long j = 0; j < width; j++) {
        rest[j] += x[j];
        y[j] = (float)(before[j] + rest[j]);
      }
    } else {
      INDEPENDENT for (ch_long j = 0; j < width; j++) {
        before[j] += rest[j] + x[j];
        y[j] = (float)before[j];
        rest[j] = 0;
      }
    }
  }
}

static void line_sum_f32(ch_long width, ch_long n, const struct scan *s, const void *x, const void *a, void *y,
                         ch_long *indices) {
  (void)a;
  (void)indices;
  if (width != 1) {
    columns_of_sums(width, n, s, x, y);
  } else if (s->xn == 1 && s->yn == 1) {
    running_sums(n, 1, 1, x, y);
  } else {
    running_sums(n, s->xn, s->yn, x, y);
  }
}

int ch_scan(int op, int dtype, ch_long outer, ch_long n, ch_long inner, const ch_long *strides, const void *x,
            const void *a, void *y, ch_long *indices) {
  static const scan_kernel kernels[DTYPES][CH_SCAN_RECURRENCE + 1] = {
#define EXTREMES(S, U, D) [D] [CH_SCAN_MAX] = greatest_##S, [D] [CH_SCAN_MIN] = least_##S,
#define SUMS(S, D) [D] [CH_SCAN_SUM] = sum_##S, [D] [CH_SCAN_PROD] = product_##S,
#define FLOATS(S, U, D) [D] [CH_SCAN_LOGSUMEXP] = log_sum_##S, [D] [CH_SCAN_RECURRENCE] = recurrence_##S,
      EACH_TYPE(EXTREMES) SUMS(i64, CH_INT64) SUMS(f64, CH_FLOAT64) EACH_FLOATING(FLOATS)
      [CH_FLOAT32] [CH_SCAN_SUM] = line_sum_f32, [CH_FLOAT32] [CH_SCAN_PROD] = product_f32,
  };
  if (op < 0 || op > CH_SCAN_RECURRENCE || dtype < 0 || dtype >= DTYPES || !kernels[dtype][op]) {
    return CH_NO_KERNEL;
  }
  if ((op == CH_SCAN_MAX || op == CH_SCAN_MIN) != (indices != NULL) || (op == CH_SCAN_RECURRENCE) != (a != NULL)) {
    return CH_NO_KERNEL;
  }
  if (n == 0) {
    return CH_OK;
  }
  const scan_kernel kernel = kernels[dtype][op];
  const ch_long size = (ch_long)element_size(dtype);
  const struct scan s = {strides[1], strides[4], strides[7]};
  const int columns = strides[2] == 1 && strides[5] == 1 && strides[8] == 1;
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0, width; i < inner; i += width) {
      width = !columns ? 1 : inner - i < STRIP ? inner - i : STRIP;
      const ch_long at = o * strides[6] + i * strides[8];
      kernel(width, n, &s, (const char *)x + (o * strides[0] + i * strides[2]) * size,
             a ? (const char *)a + (o * strides[3] + i * strides[5]) * size : NULL, (char *)y + at * size,
             indices ? indices + at : NULL);
    }
  }
  return CH_OK;
}
