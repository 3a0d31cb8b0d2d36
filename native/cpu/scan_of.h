/*
 * Running results along the middle axis, for one element type. The file that includes this defines
 *   FN(name)  the names' suffix
 *   T         the element type
 *   ACC       the type that sums and products grow in
 *   OWN_SUM   if sums have a loop of their own
 *   FLOATING  1 or 0
 *   READ      how an element is read
 */

/* Neighbouring results grow side by side; a single one, of constant width, in a register. */
#define SCAN(NAME, A, BEGIN, ...)                                                                                  \
  INLINE void FN(NAME##_body)(ch_long width, ch_long n, const struct scan *s, const T *x, const T *a, T *y,        \
                              ch_long *indices) {                                                                  \
    A acc[STRIP];                                                                                                  \
    ch_long at[STRIP];                                                                                             \
    for (ch_long j = 0; j < width; j++) {                                                                          \
      acc[j] = BEGIN;                                                                                              \
      at[j] = 0;                                                                                                   \
    }                                                                                                              \
    for (ch_long i = 0; i < n; i++) {                                                                              \
      INDEPENDENT for (ch_long j = 0; j < width; j++) { __VA_ARGS__ }                                              \
      x += s->xn;                                                                                                  \
      a = a ? a + s->an : a;                                                                                       \
      y += s->yn;                                                                                                  \
      indices = indices ? indices + s->yn : indices;                                                               \
    }                                                                                                              \
    (void)at;                                                                                                      \
  }                                                                                                                \
  static void FN(NAME)(ch_long width, ch_long n, const struct scan *s, const void *x, const void *a, void *y,      \
                       ch_long *indices) {                                                                         \
    if (width == 1) {                                                                                              \
      FN(NAME##_body)(1, n, s, x, a, y, indices);                                                                  \
    } else {                                                                                                       \
      FN(NAME##_body)(width, n, s, x, a, y, indices);                                                              \
    }                                                                                                              \
  }

#ifdef ACC
#ifndef OWN_SUM
SCAN(sum, ACC, 0, acc[j] += x[j]; y[j] = (T)acc[j];)
#endif
#undef OWN_SUM
SCAN(product, ACC, 1, acc[j] *= x[j]; y[j] = (T)acc[j];)
#undef ACC
#endif

/* The last of equals, and of NaN the last. */
#define EXTREME(NAME, IS)                                                                                          \
  SCAN(NAME, T, READ(x[j]), const T v = READ(x[j]); const int nan = v != v, kept = acc[j] != acc[j];                     \
       const int wins = nan | (!kept & (v IS acc[j])); acc[j] = wins ? v : acc[j]; at[j] = wins ? i : at[j];       \
       y[j] = acc[j]; indices[j] = at[j];)
EXTREME(greatest, >=)
EXTREME(least, <=)

#if FLOATING
SCAN(log_sum, double, -INFINITY, acc[j] = log_add(acc[j], x[j]); y[j] = (T)acc[j];)
SCAN(recurrence, double, 0, acc[j] = x[j] + a[j] * acc[j]; y[j] = (T)acc[j];)
#endif

#undef SCAN
#undef EXTREME
#undef FN
#undef T
#undef READ
#undef FLOATING
