/*
 * Batch normalization for one floating type, included by norm_of.h. A channel's numbers lie in rows of n side by side, which
 * lie `step` apart, the channels n apart. Sums are reckoned in double, of distances from a center, so that nothing cancels.
 */
#define CHAINS NORM_SUMS
#define WIDE_LANES (VECTOR_BYTES / 8)
#define SPAN (CHAINS * WIDE_LANES)
#define WIDEN(at) __builtin_convertvector(*(const FN(narrow) *)(at), vector_f64)
#define SUMMED 8192 /* numbers whose sums are added up in the lanes of vectors */

typedef T FN(narrow) __attribute__((vector_size(VECTOR_BYTES / 8 * sizeof(T)), aligned(sizeof(T)), may_alias));

/* Adds to two sums what a vector brings: its distances from the center and their squares, or slopes and their products. */
INLINE void FN(add_wide)(int sloped, const T *g, const T *x, vector_f64 center, vector_f64 *first, vector_f64 *second) {
  const vector_f64 apart = WIDEN(x) - center, term = sloped ? WIDEN(g) : apart;
  *first += term;
  *second = fused_f64(term, apart, *second);
}

INLINE double FN(lanes_of)(vector_f64 *sum) {
  double all = 0;
  for (int v = 1; v < CHAINS; v++) {
    sum[0] += sum[v];
    sum[v] = (vector_f64){0};
  }
  for (int j = 0; j < WIDE_LANES; j++) {
    all += sum[0][j];
  }
  sum[0] = (vector_f64){0};
  return all;
}

INLINE void FN(plane_sums)(int sloped, ch_long rows, ch_long n, ch_long step, const T *g, const T *x, double center,
                           double *sum, double *product) {
  vector_f64 first[CHAINS] = {{0}}, second[CHAINS] = {{0}};
  const vector_f64 level = center - (vector_f64){0};
  double one = 0, two = 0;
  ch_long done = 0;
  for (ch_long r = 0; r < rows; r++, x += step, g = sloped ? g + step : g) {
    ch_long i = 0;
    for (; i + SPAN <= n; i += SPAN) {
      if (i - done >= SUMMED) {
        done = i;
        one += FN(lanes_of)(first), two += FN(lanes_of)(second);
      }
      _Pragma("GCC unroll 8") for (int v = 0; v < CHAINS; v++) {
        const ch_long at = i + v * WIDE_LANES;
        FN(add_wide)(sloped, sloped ? g + at : g, x + at, level, first + v, second + v);
      }
    }
    for (; i + WIDE_LANES <= n; i += WIDE_LANES) {
      FN(add_wide)(sloped, sloped ? g + i : g, x + i, level, first, second);
    }
    for (; i < n; i++) {
      const double apart = (double)x[i] - center, term = sloped ? (double)g[i] : apart;
      one += term;
      two += term * apart;
    }
    done -= n;
    if (-done >= SUMMED) {
      done = 0;
      one += FN(lanes_of)(first), two += FN(lanes_of)(second);
    }
  }
  *sum = one + FN(lanes_of)(first);
  *product = two + FN(lanes_of)(second);
}

/* Channels that lie side by side, `vectors` of them in doubles. */
INLINE void FN(column_sums)(int sloped, int vectors, ch_long rows, ch_long step, const T *g, const T *x, const double *center,
                            double *sum, double *product) {
  vector_f64 first[CHAINS] = {{0}}, second[CHAINS] = {{0}}, level[CHAINS];
  _Pragma("GCC unroll 8") for (int v = 0; v < vectors; v++) { level[v] = *(const loose_f64 *)(center + v * WIDE_LANES); }
  for (ch_long r = 0; r < rows; r++, x += step, g = sloped ? g + step : g) {
    _Pragma("GCC unroll 8") for (int v = 0; v < vectors; v++) {
      FN(add_wide)(sloped, sloped ? g + v * WIDE_LANES : g, x + v * WIDE_LANES, level[v], first + v, second + v);
    }
  }
  _Pragma("GCC unroll 8") for (int v = 0; v < vectors; v++) {
    *(loose_f64 *)(sum + v * WIDE_LANES) = first[v];
    *(loose_f64 *)(product + v * WIDE_LANES) = second[v];
  }
}

INLINE void FN(sums_of)(int sloped, ch_long rows, ch_long channels, ch_long n, ch_long step, const T *g, const T *x,
                        const double *center, double *sum, double *product) {
  ch_long c = 0;
  for (; n == 1 && c + SPAN <= channels; c += SPAN) {
    FN(column_sums)(sloped, CHAINS, rows, step, sloped ? g + c : g, x + c, center + c, sum + c, product + c);
  }
  for (; n == 1 && c + WIDE_LANES <= channels; c += WIDE_LANES) {
    FN(column_sums)(sloped, 1, rows, step, sloped ? g + c : g, x + c, center + c, sum + c, product + c);
  }
  for (; c < channels; c++) {
    FN(plane_sums)(sloped, rows, n, step, sloped ? g + c * n : g, x + c * n, center[c], sum + c, product + c);
  }
}

static void FN(batch_sums)(ch_long rows, ch_long channels, ch_long n, ch_long step, const void *g, const void *x,
                           const double *center, double *sum, double *product) {
  if (g) {
    FN(sums_of)(1, rows, channels, n, step, g, x, center, sum, product);
  } else {
    FN(sums_of)(0, rows, channels, n, step, g, x, center, sum, product);
  }
}

/* The first number of each channel, but for what is infinite or no number. */
static void FN(batch_centers)(ch_long channels, ch_long n, const void *x, double *center) {
  for (ch_long c = 0; c < channels; c++) {
    const double first = (double)((const T *)x)[c * n];
    center[c] = fabs(first) < INFINITY ? first : 0;
  }
}

/* What a channel's mean as T has it lacks. */
INLINE double FN(rest_of)(double mean) {
  const T near = (T)mean;
  return fabs((double)near) < INFINITY ? mean - (double)near : 0;
}

INLINE T FN(moved)(double momentum, T running, double seen) { return (T)((1 - momentum) * (double)running + momentum * seen); }

/* A channel's places are four numbers, `all` apart: near, by, rest or level, tilt. */
static void FN(norm_places)(ch_long channels, ch_long all, double count, double momentum, double eps, const double *sums,
                            double *statistics, const void *weight, const void *bias, void *mean, void *variance,
                            void *places) {
  T *means = mean, *variances = variance, *place = places;
  for (ch_long c = 0; c < channels; c++) {
    double center, spread;
    if (sums) {
      const double low = sums[c] / count;
      center = statistics[c] + low;
      spread = sums[all + c] / count - low * low;
      spread = spread < 0 ? 0 : spread;
      if (means) {
        means[c] = FN(moved)(momentum, means[c], center);
        variances[c] = FN(moved)(momentum, variances[c], spread * (count / (count - 1)));
      }
    } else {
      center = (double)means[c];
      spread = (double)variances[c];
    }
    const double scale = 1 / sqrt(spread + eps), by = weight ? scale * (double)((const T *)weight)[c] : scale;
    statistics[c] = center;
    statistics[all + c] = scale;
    place[c] = (T)center;
    place[all + c] = (T)by;
    place[2 * all + c] = (T)((bias ? (double)((const T *)bias)[c] : 0) - FN(rest_of)(center) * by);
  }
}

static void FN(slope_places)(ch_long channels, ch_long all, double count, const double *sums, const double *statistics,
                             const void *weight, void *places, void *gweight, void *gbias) {
  T *place = places;
  for (ch_long c = 0; c < channels; c++) {
    const double scale = statistics[all + c], sum = sums ? sums[c] : 0, product = sums ? sums[all + c] : 0;
    const double tilt = scale * scale * (product / count);
    if (gweight) { ((T *)gweight)[c] = (T)(scale * product); }
    if (gbias) { ((T *)gbias)[c] = (T)sum; }
    place[c] = (T)statistics[c];
    place[all + c] = (T)(weight ? scale * (double)((const T *)weight)[c] : scale);
    place[2 * all + c] = (T)(sum / count - FN(rest_of)(statistics[c]) * tilt);
    place[3 * all + c] = (T)tilt;
  }
}

/* What is written: normalized numbers, the gradient where means are the batch's, and the one where they are given. */
struct FN(put) {
  VECTOR near, by, rest, tilt;
};

INLINE VECTOR FN(put_vector)(int way, int whole, EDGE lanes, const T *g, const T *x, const struct FN(put) * p) {
  return way == BATCH_NORMAL  ? FUSED(FN(read)(whole, lanes, x) - p->near, p->by, p->rest)
         : way == BATCH_SLOPE ? FUSED(p->near - FN(read)(whole, lanes, x), p->tilt, FN(read)(whole, lanes, g) - p->rest) * p->by
                              : FN(read)(whole, lanes, g) * p->by;
}

INLINE void FN(put_plane)(int way, ch_long rows, ch_long n, ch_long step, const T *g, const T *x, const T *place, ch_long all,
                          T *y) {
  const struct FN(put) p = {ALL(place[0]), ALL(place[all]), ALL(way < BATCH_SCALED ? place[2 * all] : 0),
                            ALL(way == BATCH_SLOPE ? place[3 * all] : 0)};
  const EDGE lanes = FN(lanes)(n % LANES);
  for (ch_long at = 0; at < rows * step; at += step) {
    ch_long i = 0;
    for (; i + LANES <= n; i += LANES) {
      FN(write)(1, lanes, y + at + i,
                FN(put_vector)(way, 1, lanes, way ? g + at + i : g, way < BATCH_SCALED ? x + at + i : x, &p));
    }
    if (i < n) {
      FN(write)(0, lanes, y + at + i,
                FN(put_vector)(way, 0, lanes, way ? g + at + i : g, way < BATCH_SCALED ? x + at + i : x, &p));
    }
  }
}

INLINE void FN(put_column)(int way, int whole, EDGE lanes, const T *g, const T *x, const T *place, ch_long all, T *y) {
  const struct FN(put) p = {way < BATCH_SCALED ? FN(read)(whole, lanes, place) : (VECTOR){0},
                            FN(read)(whole, lanes, place + all),
                            way < BATCH_SCALED ? FN(read)(whole, lanes, place + 2 * all) : (VECTOR){0},
                            way == BATCH_SLOPE ? FN(read)(whole, lanes, place + 3 * all) : (VECTOR){0}};
  FN(write)(whole, lanes, y, FN(put_vector)(way, whole, lanes, g, x, &p));
}

INLINE void FN(put_columns)(int way, ch_long rows, ch_long channels, ch_long step, const T *g, const T *x, const T *place,
                            ch_long all, T *y) {
  const EDGE lanes = FN(lanes)(channels % LANES);
  for (ch_long at = 0; at < rows * step; at += step) {
    const T *slopes = way ? g + at : g, *numbers = way < BATCH_SCALED ? x + at : x;
    ch_long c = 0;
    for (; c + LANES <= channels; c += LANES) {
      FN(put_column)(way, 1, lanes, way ? slopes + c : g, way < BATCH_SCALED ? numbers + c : x, place + c, all, y + at + c);
    }
    if (c < channels) {
      FN(put_column)(way, 0, lanes, way ? slopes + c : g, way < BATCH_SCALED ? numbers + c : x, place + c, all, y + at + c);
    }
  }
}

INLINE void FN(put_all)(int way, ch_long rows, ch_long channels, ch_long n, ch_long step, const T *g, const T *x, const T *place,
                        ch_long all, T *y) {
  if (n == 1) {
    FN(put_columns)(way, rows, channels, step, g, x, place, all, y);
    return;
  }
  for (ch_long c = 0; c < channels; c++) {
    FN(put_plane)(way, rows, n, step, way ? g + c * n : g, way < BATCH_SCALED ? x + c * n : x, place + c, all, y + c * n);
  }
}

static void FN(batch_put)(ch_long rows, ch_long channels, ch_long n, ch_long step, const void *g, const void *x,
                          const void *places, ch_long all, void *y) {
  if (!g) {
    FN(put_all)(BATCH_NORMAL, rows, channels, n, step, g, x, places, all, y);
  } else if (x) {
    FN(put_all)(BATCH_SLOPE, rows, channels, n, step, g, x, places, all, y);
  } else {
    FN(put_all)(BATCH_SCALED, rows, channels, n, step, g, x, places, all, y);
  }
}

#undef CHAINS
#undef WIDE_LANES
#undef SPAN
#undef WIDEN
#undef SUMMED
