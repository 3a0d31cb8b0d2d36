/*
 * Softmax and its kin for one floating type T with suffix S; included by softmax.c once per type. exp and log are the
 * target's for T.
 */
#define FN(name) JOIN(name, S)
#define TILE ((ch_long)(8192 / sizeof(T)))
#define STRIP ((ch_long)(512 / sizeof(T)))

/* A NaN among the values may be lost here: it comes back through x - maximum. */
static T FN(maximum)(ch_long n, const T *x) {
  T m[LANES];
  for (int k = 0; k < LANES; k++) {
    m[k] = -(T)INFINITY;
  }
  ch_long i = 0;
  for (; i + LANES <= n; i += LANES) {
    for (int k = 0; k < LANES; k++) {
      m[k] = x[i + k] > m[k] ? x[i + k] : m[k];
    }
  }
  for (; i < n; i++) {
    m[0] = x[i] > m[0] ? x[i] : m[0];
  }
  for (int w = LANES / 2; w > 0; w /= 2) {
    for (int k = 0; k < w; k++) {
      m[k] = m[k + w] > m[k] ? m[k + w] : m[k];
    }
  }
  return m[0];
}

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

/* The logarithm of the sum of the exponentials of x - maximum, through a buffer. */
static T FN(log_sum)(ch_long n, const T *x, T maximum) {
  T part[TILE], tree[LEVELS];
  int top = 0;
  for (ch_long done = 0, leaf = 0; done < n; done += TILE, leaf++) {
    ch_long count = n - done < TILE ? n - done : TILE;
    FN(shift)(count, maximum, x + done, part);
    FN(exponentials)(count, part);
    tree[top] = FN(ch_sum)(count, part);
    top = FN(join)(leaf, top + 1, 1, 1, tree);
  }
  FN(together)(top, 1, 1, tree);
  return log(tree[0]);
}

static void FN(rows)(int logarithm, ch_long rows, ch_long n, const T *x, T *y) {
  ch_long most = n < TILE ? TILE / n : 1;
  for (ch_long r = 0; r < rows; r += most) {
    ch_long count = rows - r < most ? rows - r : most;
    const T *x0 = x + r * n;
    T *y0 = y + r * n;
    if (logarithm && n >= 64) {
      for (ch_long i = 0; i < count; i++) {
        T maximum = FN(maximum)(n, x0 + i * n), below = FN(log_sum)(n, x0 + i * n, maximum);
        INDEPENDENT for (ch_long j = 0; j < n; j++) {
          y0[i * n + j] = x0[i * n + j] - maximum - below;
        }
      }
      continue;
    }
    for (ch_long i = 0; i < count; i++) {
      FN(shift)(n, FN(maximum)(n, x0 + i * n), x0 + i * n, y0 + i * n);
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

/* softmax: y (g - sum g y); log-softmax: g - exp(y) sum g. */
static T FN(weight)(int logarithm, ch_long n, const T *g, const T *y) {
  if (logarithm) { return FN(ch_sum)(n, g); }
  T part[TILE], tree[LEVELS];
  int top = 0;
  for (ch_long done = 0, leaf = 0; done < n; done += TILE, leaf++) {
    ch_long count = n - done < TILE ? n - done : TILE;
    const T *g0 = g + done, *y0 = y + done;
    for (ch_long i = 0; i < count; i++) {
      part[i] = g0[i] * y0[i];
    }
    tree[top] = FN(ch_sum)(count, part);
    top = FN(join)(leaf, top + 1, 1, 1, tree);
  }
  FN(together)(top, 1, 1, tree);
  return tree[0];
}

static void FN(backward_rows)(int logarithm, ch_long rows, ch_long n, const T *g, const T *y, T *gx) {
  for (ch_long r = 0; r < rows; r++, g += n, y += n, gx += n) {
    const T w = FN(weight)(logarithm, n, g, y);
    if (logarithm) {
      INDEPENDENT for (ch_long i = 0; i < n; i++) {
        gx[i] = g[i] - exp(y[i]) * w;
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

#undef FN
#undef TILE
#undef STRIP
#undef T
#undef S
