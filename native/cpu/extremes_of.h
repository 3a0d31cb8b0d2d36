/*
 * The extremes of a row of T with suffix S, for the kernels that shift rows before their exponentials: LANES running ones.
 */
#define FOLD_LANES(r, BEATS)                        \
  _Pragma("GCC unroll 8")                            \
  for (int w = LANES / 2; w > 0; w /= 2) {           \
    for (int k = 0; k < w; k++) {                    \
      r[k] = r[k + w] BEATS r[k] ? r[k + w] : r[k];  \
    }                                                \
  }

/* The maximum and the minimum. A NaN among the values may be lost here: it comes back through x - maximum. */
static T FN(maximum)(ch_long n, const T *x, T *minimum) {
  T most[LANES], least[LANES];
  for (int k = 0; k < LANES; k++) {
    most[k] = -(T)INFINITY;
    least[k] = (T)INFINITY;
  }
  ch_long i = 0;
  for (; i + LANES <= n; i += LANES) {
    for (int k = 0; k < LANES; k++) {
      most[k] = x[i + k] > most[k] ? x[i + k] : most[k];
      least[k] = x[i + k] < least[k] ? x[i + k] : least[k];
    }
  }
  for (int k = 0; i + k < n; k++) {
    most[k] = x[i + k] > most[k] ? x[i + k] : most[k];
    least[k] = x[i + k] < least[k] ? x[i + k] : least[k];
  }
  FOLD_LANES(most, >)
  FOLD_LANES(least, <)
  *minimum = least[0];
  return most[0];
}
#undef FOLD_LANES
