/*
 * Softmax and its kin for one floating type T with suffix S; included by softmax.c once per type. exp and log are the
 * target's for T.
 */
#define FN(name) JOIN(name, S)
#define TILE ((ch_long)(8192 / sizeof(T)))
#define STRIP ((ch_long)(512 / sizeof(T)))
#define RUNNING (256 / (int)sizeof(T))

#include "extremes_of.h"

static void FN(exponentials)(ch_long n, T *y) {
  INDEPENDENT for (ch_long i = 0; i < n; i++) {
    y[i] = exp(y[i]);
  }
}

static void FN(scale)(ch_long n, T factor, const T *x, T *y) {
  INDEPENDENT for (ch_long i = 0; i < n; i++) {
    y[i] = x[i] * factor;
  }
}

static void FN(shift)(ch_long n, T by, const T *x, T *y) {
  INDEPENDENT for (ch_long i = 0; i < n; i++) {
    y[i] = x[i] - by;
  }
}

/*
 * The sums of leaves, side by side in rows of `width`, on their way up a binary tree: join() adds the newest leaf to what is
 * as large as it, together() what is left, and the sum is the first row. So rounding errors do not grow with the leaves.
 */
static int FN(join)(ch_long leaf, int top, ch_long width, ch_long step, T *tree) {
  for (ch_long full = leaf; full & 1; full >>= 1) {
    top--;
    INDEPENDENT for (ch_long j = 0; j < width; j++) {
      tree[(top - 1) * step + j] += tree[top * step + j];
    }
  }
  return top;
}

static void FN(together)(int top, ch_long width, ch_long step, T *tree) {
  for (; top > 1; top--) {
    INDEPENDENT for (ch_long j = 0; j < width; j++) {
      tree[(top - 2) * step + j] += tree[(top - 1) * step + j];
    }
  }
}

/* Empties the sums of the leaf whose first row is `done`; returns the end of its rows. */
static ch_long FN(begin)(ch_long n, ch_long done, ch_long width, T *part) {
  for (ch_long j = 0; j < width; j++) {
    part[j] = 0;
  }
  return n - done < LEAF_ROWS ? n : done + LEAF_ROWS;
}

/* Adds the exponentials of x - maximum to sums, each its own, and stores them in y unless it is null. */
INLINE void FN(add_exponentials)(int near, ch_long n, const T *x, T maximum, T *part, T *y) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    T e = near ? exp_near(x[j] - maximum) : exp(x[j] - maximum);
    if (y) { y[j] = e; }
    part[j] += e;
  }
}

/* The sum of the exponentials of x - maximum. Each place of a strip has a sum of its own, for at most TILE elements. */
INLINE T FN(exponential_sum)(int near, ch_long n, const T *x, T maximum, T *y) {
  T part[SUMS], tree[LEVELS];
  int top = 0;
  for (ch_long done = 0, leaf = 0; done < n; done += TILE, leaf++) {
    const ch_long end = n - done < TILE ? n : done + TILE, width = end - done < SUMS ? end - done : SUMS;
    for (ch_long j = 0; j < width; j++) {
      part[j] = 0;
    }
    for (ch_long i = done; i < end; i += SUMS) {
      const ch_long count = end - i < SUMS ? end - i : SUMS;
      if (near) { /* decided outside of the loop */
        FN(add_exponentials)(1, count, x + i, maximum, part, y ? y + i : NULL);
      } else {
        FN(add_exponentials)(0, count, x + i, maximum, part, y ? y + i : NULL);
      }
    }
    tree[top] = FN(ch_sum)(width, part);
    top = FN(join)(leaf, top + 1, 1, 1, tree);
  }
  FN(together)(top, 1, 1, tree);
  return tree[0];
}

static void FN(long_row)(ch_long n, const T *x, T *y) {
  T minimum;
  const T maximum = FN(maximum)(n, x, &minimum);
  FN(scale)(n, 1 / FN(exponential_sum)(maximum - minimum <= (T)EXP_NEAR, n, x, maximum, y), y, y);
}

static void FN(long_row_logarithm)(ch_long n, const T *x, T *y) {
  T minimum;
  const T maximum = FN(maximum)(n, x, &minimum);
  const T below = log(FN(exponential_sum)(maximum - minimum <= (T)EXP_NEAR, n, x, maximum, NULL));
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    y[j] = x[j] - maximum - below;
  }
}

static void FN(rows)(int logarithm, ch_long rows, ch_long n, const T *x, T *y) {
  if (n >= LONG_ROW) {
    for (ch_long r = 0; r < rows; r++) {
      (logarithm ? FN(long_row_logarithm) : FN(long_row))(n, x + r * n, y + r * n);
    }
    return;
  }
  const ch_long most = TILE / n;
  for (ch_long r = 0; r < rows; r += most) {
    ch_long count = rows - r < most ? rows - r : most;
    const T *x0 = x + r * n;
    T *y0 = y + r * n;
    for (ch_long i = 0; i < count; i++) {
      T minimum;
      FN(shift)(n, FN(maximum)(n, x0 + i * n, &minimum), x0 + i * n, y0 + i * n);
    }
    if (logarithm) {
      T part[TILE], below[TILE];
      memcpy(part, y0, (size_t)(count * n) * sizeof(T));
      FN(exponentials)(count * n, part);
      for (ch_long i = 0; i < count; i++) {
        below[i] = FN(ch_sum)(n, part + i * n);
      }
      INDEPENDENT for (ch_long i = 0; i < count; i++) {
        below[i] = log(below[i]);
      }
      for (ch_long i = 0; i < count; i++) {
        FN(shift)(n, below[i], y0 + i * n, y0 + i * n);
      }
    } else {
      FN(exponentials)(count * n, y0);
      for (ch_long i = 0; i < count; i++) {
        FN(scale)(n, 1 / FN(ch_sum)(n, y0 + i * n), y0 + i * n, y0 + i * n);
      }
    }
  }
}

static void FN(columns)(int logarithm, ch_long n, ch_long inner, ch_long width, const T *x, T *y) {
  T maximum[STRIP], tree[LEVELS][STRIP], *total = tree[0];
  for (ch_long j = 0; j < width; j++) {
    maximum[j] = x[j];
  }
  for (ch_long i = 1; i < n; i++) {
    INDEPENDENT for (ch_long j = 0; j < width; j++) {
      T k = x[i * inner + j];
      maximum[j] = k > maximum[j] ? k : maximum[j];
    }
  }
  int top = 0;
  for (ch_long done = 0, leaf = 0; done < n; done += LEAF_ROWS, leaf++) {
    T *part = tree[top];
    const ch_long end = FN(begin)(n, done, width, part);
    for (ch_long i = done; i < end; i++) {
      INDEPENDENT for (ch_long j = 0; j < width; j++) {
        T e = exp(x[i * inner + j] - maximum[j]);
        y[i * inner + j] = logarithm ? x[i * inner + j] - maximum[j] : e;
        part[j] += e;
      }
    }
    top = FN(join)(leaf, top + 1, width, STRIP, tree[0]);
  }
  FN(together)(top, width, STRIP, tree[0]);
  INDEPENDENT for (ch_long j = 0; j < width; j++) {
    total[j] = logarithm ? log(total[j]) : 1 / total[j];
  }
  for (ch_long i = 0; i < n; i++) {
    T *y0 = y + i * inner;
    INDEPENDENT for (ch_long j = 0; j < width; j++) {
      y0[j] = logarithm ? y0[j] - total[j] : y0[j] * total[j];
    }
  }
}

static void FN(forward)(int logarithm, ch_long outer, ch_long n, ch_long inner, const void *xv, void *yv) {
  const T *x = xv;
  T *y = yv;
  if (inner == 1) {
    FN(rows)(logarithm, outer, n, x, y);
    return;
  }
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0; i < inner; i += STRIP) {
      ch_long at = o * n * inner + i;
      FN(columns)(logarithm, n, inner, inner - i < STRIP ? inner - i : STRIP, x + at, y + at);
    }
  }
}

/* The sum of x, or of x times y, at most TILE elements, in RUNNING sums that stay in registers. */
INLINE T FN(running_sum)(int product, ch_long n, const T *x, const T *y) {
  typedef T vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));
  enum { EACH = VECTOR_BYTES / sizeof(T), VECTORS = RUNNING / EACH };
  vector sum[VECTORS];
  for (int v = 0; v < VECTORS; v++) {
    sum[v] = (vector){0};
  }
  ch_long i = 0;
  for (; i + RUNNING <= n; i += RUNNING) {
    for (int v = 0; v < VECTORS; v++) {
      const ch_long at = i + v * EACH;
      vector more = *(const vector *)(x + at);
      if (product) { more *= *(const vector *)(y + at); }
      sum[v] += more;
    }
  }
  T lane[RUNNING];
  memcpy(lane, sum, sizeof lane);
  for (int j = 0; i + j < n; j++) {
    lane[j] += product ? x[i + j] * y[i + j] : x[i + j];
  }
#pragma GCC unroll 8
  for (int w = RUNNING / 2; w > 0; w /= 2) {
    for (int j = 0; j < w; j++) {
      lane[j] += lane[j + w];
    }
  }
  return lane[0];
}

/* softmax: y (g - sum g y); log-softmax: g - exp(y) sum g. */
INLINE T FN(weight)(int logarithm, ch_long n, const T *g, const T *y) {
  T tree[LEVELS];
  int top = 0;
  for (ch_long done = 0, leaf = 0; done < n; done += TILE, leaf++) {
    ch_long count = n - done < TILE ? n - done : TILE;
    tree[top] = FN(running_sum)(!logarithm, count, g + done, y + done);
    top = FN(join)(leaf, top + 1, 1, 1, tree);
  }
  FN(together)(top, 1, 1, tree);
  return tree[0];
}

/* g - exp(y) w, where all of y may be near 0. */
INLINE void FN(backward_logarithm)(int near, ch_long n, T w, const T *g, const T *y, T *gx) {
  INDEPENDENT for (ch_long i = 0; i < n; i++) {
    gx[i] = g[i] - (near ? exp_near(y[i]) : exp(y[i])) * w;
  }
}

static void FN(backward_rows)(int logarithm, ch_long rows, ch_long n, const T *g, const T *y, T *gx) {
  for (ch_long r = 0; r < rows; r++, g += n, y += n, gx += n) {
    const T w = logarithm ? FN(weight)(1, n, g, y) : FN(weight)(0, n, g, y);
    if (logarithm) {
      T minimum;
      if (FN(maximum)(n, y, &minimum) <= (T)EXP_NEAR && minimum >= -(T)EXP_NEAR) {
        FN(backward_logarithm)(1, n, w, g, y, gx);
      } else {
        FN(backward_logarithm)(0, n, w, g, y, gx);
      }
    } else {
      INDEPENDENT for (ch_long i = 0; i < n; i++) {
        gx[i] = (g[i] - w) * y[i];
      }
    }
  }
}

static void FN(backward_columns)(int logarithm, ch_long n, ch_long inner, ch_long width, const T *g, const T *y,
                                 T *gx) {
  T tree[LEVELS][STRIP];
  const T *w = tree[0];
  int top = 0;
  for (ch_long done = 0, leaf = 0; done < n; done += LEAF_ROWS, leaf++) {
    T *part = tree[top];
    const ch_long end = FN(begin)(n, done, width, part);
    for (ch_long i = done; i < end; i++) {
      const T *g0 = g + i * inner, *y0 = y + i * inner;
      INDEPENDENT for (ch_long j = 0; j < width; j++) {
        part[j] += logarithm ? g0[j] : g0[j] * y0[j];
      }
    }
    top = FN(join)(leaf, top + 1, width, STRIP, tree[0]);
  }
  FN(together)(top, width, STRIP, tree[0]);
  for (ch_long i = 0; i < n; i++) {
    const T *g0 = g + i * inner, *y0 = y + i * inner;
    T *gx0 = gx + i * inner;
    if (logarithm) {
      INDEPENDENT for (ch_long j = 0; j < width; j++) {
        gx0[j] = g0[j] - exp(y0[j]) * w[j];
      }
    } else {
      INDEPENDENT for (ch_long j = 0; j < width; j++) {
        gx0[j] = (g0[j] - w[j]) * y0[j];
      }
    }
  }
}

static void FN(backward)(int logarithm, ch_long outer, ch_long n, ch_long inner, const void *gv, const void *yv,
                         void *gxv) {
  const T *g = gv, *y = yv;
  T *gx = gxv;
  if (inner == 1) {
    FN(backward_rows)(logarithm, outer, n, g, y, gx);
    return;
  }
  for (ch_long o = 0; o < outer; o++) {
    for (ch_long i = 0; i < inner; i += STRIP) {
      ch_long at = o * n * inner + i, width = inner - i < STRIP ? inner - i : STRIP;
      FN(backward_columns)(logarithm, n, inner, width, g + at, y + at, gx + at);
    }
  }
}

/* Each row's maximum, and the logarithm of the sum of its exponentials from there. */
static void FN(levels)(ch_long rows, ch_long n, const T *x, T *most, T *below) {
  if (n >= LONG_ROW) {
    for (ch_long r = 0; r < rows; r++, x += n) {
      T minimum;
      most[r] = FN(maximum)(n, x, &minimum);
      below[r] = FN(exponential_sum)(most[r] - minimum <= (T)EXP_NEAR, n, x, most[r], NULL);
    }
  } else {
    const ch_long step = TILE / n;
    T part[TILE];
    for (ch_long r = 0; r < rows; r += step) {
      const ch_long count = rows - r < step ? rows - r : step;
      for (ch_long i = 0; i < count; i++) {
        T minimum;
        most[r + i] = FN(maximum)(n, x + (r + i) * n, &minimum);
        FN(shift)(n, most[r + i], x + (r + i) * n, part + i * n);
      }
      FN(exponentials)(count * n, part);
      for (ch_long i = 0; i < count; i++) {
        below[r + i] = FN(ch_sum)(n, part + i * n);
      }
    }
  }
  INDEPENDENT for (ch_long r = 0; r < rows; r++) {
    below[r] = log(below[r]);
  }
}

/* Each class is read once: what is checked is what is used. */
static int FN(cross_entropy)(ch_long rows, ch_long n, ch_long ignored, const T *x, const ch_long *target, const T *weight,
                             T *most, T *below, T *share, T *losses, ch_long *bad) {
  FN(levels)(rows, n, x, most, below);
  for (ch_long r = 0; r < rows; r++) {
    const ch_long t = *(const volatile ch_long *)(target + r);
    if (t == ignored) {
      share[r] = losses[r] = 0;
    } else if (t < 0 || t >= n) {
      *bad = t;
      return CH_INDEX_OUT_OF_RANGE;
    } else {
      share[r] = weight ? weight[t] : 1;
      losses[r] = -(x[r * n + t] - most[r] - below[r]) * share[r];
    }
  }
  return CH_OK;
}

/* The probabilities times a factor. */
INLINE void FN(shares)(int near, ch_long n, const T *x, T most, T below, T by, T *gx) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    T y = x[j] - most - below;
    gx[j] = (near ? exp_near(y) : exp(y)) * by;
  }
}

static void FN(cross_entropy_backward)(ch_long rows, ch_long n, ch_long ignored, const T *g, ch_long step, T total,
                                       const T *x, const ch_long *target, const T *most, const T *below, const T *share,
                                       T *gx) {
  for (ch_long r = 0; r < rows; r++, x += n, gx += n) {
    const ch_long t = *(const volatile ch_long *)(target + r);
    const T by = t == ignored ? 0 : g[r * step] / total * share[r];
    T minimum = -(T)INFINITY;
    if (n >= LONG_ROW) {
      FN(maximum)(n, x, &minimum);
    }
    if (minimum - most[r] - below[r] >= -(T)EXP_NEAR) {
      FN(shares)(1, n, x, most[r], below[r], by, gx);
    } else {
      FN(shares)(0, n, x, most[r], below[r], by, gx);
    }
    if (t != ignored && t >= 0 && t < n) {
      gx[t] -= by;
    }
  }
}

#undef FN
#undef TILE
#undef STRIP
#undef RUNNING
#undef T
#undef S
