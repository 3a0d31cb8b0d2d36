/*
 * Small matrix products for one floating type T with suffix S; included by gemm_small.c once per type. C is built from
 * tiles of up to TILE_ROWS rows by TILE_VECTORS vectors that stay in registers while k runs.
 */
#define FN(name) JOIN(name, S)
#define VECTOR JOIN(vector, S)
#define LOOSE JOIN(loose, S)
#define FUSED JOIN(fused, S)
#define LANES ((ch_long)(VECTOR_BYTES / sizeof(T)))
#define PANEL (LANES * TILE_VECTORS)

/* c[i * sc] = scale.alpha * sum + scale.beta * c[i * sc]; beta = 0 does not read c. */
struct FN(scale) {
  T alpha, beta;
};

INLINE void FN(finish)(struct FN(scale) s, T sum, T *c) { *c = s.beta == 0 ? s.alpha * sum : s.alpha * sum + s.beta * *c; }

INLINE void FN(finish_vector)(struct FN(scale) s, VECTOR sum, T *c) {
  sum *= s.alpha;
  *(LOOSE *)c = s.beta == 0 ? sum : sum + s.beta * *(const LOOSE *)c;
}

/* One operand of a tile: its first element and the strides along the tile's side and along k. */
struct FN(side) {
  const T *at;
  ch_long across, along;
};

/*
 * A tile of `rows` by `vectors`, constants once inlined; b's vectors are contiguous. The last `columns` < LANES of the
 * last vector count only, when columns is not 0.
 */
INLINE void FN(tile)(int rows, int vectors, ch_long k, struct FN(side) a, struct FN(side) b, struct FN(scale) s, T *c,
                     ch_long ldc, ch_long columns) {
  VECTOR sum[TILE_ROWS][WIDEST];
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = (VECTOR){0};
    }
  }
  const T *a0 = a.at, *b0 = b.at;
  for (ch_long p = 0; p < k; p++, a0 += a.along, b0 += b.along) {
    VECTOR right[WIDEST];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) {
      right[v] = *(const LOOSE *)(b0 + v * LANES);
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
      VECTOR left = a0[i * a.across] - (VECTOR){0}; /* x - 0 is x, so this is a broadcast and no more */
#pragma GCC unroll 16
      for (int v = 0; v < vectors; v++) {
        sum[i][v] = FUSED(left, right[v], sum[i][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; v++) {
      T *to = c + i * ldc + v * LANES;
      if (columns == 0 || v < vectors - 1) {
        FN(finish_vector)(s, sum[i][v], to);
      } else {
        T part[VECTOR_BYTES / sizeof(T)];
        memcpy(part, &sum[i][v], sizeof part);
        for (ch_long j = 0; j < columns; j++) {
          FN(finish)(s, part[j], to + j);
        }
      }
    }
  }
}

/* Tiles with a constant number of vectors, by their number of rows. */
#define TILE_CASE(R) \
  case R: FN(tile)(R, vectors, k, a, b, s, c, ldc, columns); break;
INLINE void FN(tile_rows)(ch_long rows, int vectors, ch_long k, struct FN(side) a, struct FN(side) b,
                          struct FN(scale) s, T *c, ch_long ldc, ch_long columns) {
  switch (rows) {
    EACH_TILE_ROWS(TILE_CASE)
    default: break;
  }
}
#undef TILE_CASE

/* All rows of C against one panel of b of `vectors` vectors. */
#define PANEL_OF(V)                                                                                              \
  static void FN(panel##V)(ch_long m, ch_long k, struct FN(side) a, struct FN(side) b, struct FN(scale) s, T *c, \
                           ch_long ldc, ch_long columns) {                                                       \
    ch_long i = 0;                                                                                               \
    for (; i + TILE_ROWS <= m; i += TILE_ROWS, a.at += TILE_ROWS * a.across, c += TILE_ROWS * ldc) {             \
      FN(tile)(TILE_ROWS, V, k, a, b, s, c, ldc, columns);                                                       \
    }                                                                                                            \
    FN(tile_rows)(m - i, V, k, a, b, s, c, ldc, columns);                                                        \
  }
EACH_TILE_VECTORS(PANEL_OF)
#undef PANEL_OF

static void FN(panel)(ch_long m, ch_long width, ch_long k, struct FN(side) a, struct FN(side) b, struct FN(scale) s,
                      T *c, ch_long ldc) {
#define PANEL_CASE(V) \
  case V: FN(panel##V)(m, k, a, b, s, c, ldc, width % LANES); break;
  switch ((width + LANES - 1) / LANES) {
    EACH_TILE_VECTORS(PANEL_CASE)
    default: break;
  }
#undef PANEL_CASE
}

/* Lays k rows of `width` columns of b out with PANEL columns each, the missing ones 0. */
static void FN(pack)(ch_long width, ch_long k, struct FN(side) b, T *to) {
  const ch_long padded = (width + LANES - 1) / LANES * LANES;
  if (b.across == 1 && width == PANEL) {
    for (ch_long p = 0; p < k; p++, to += PANEL) {
      memcpy(to, b.at + p * b.along, PANEL * sizeof(T));
    }
    return;
  }
  ch_long j = 0;
  for (; j + 4 <= width; j += 4) {
    const T *from = b.at + j * b.across;
    for (ch_long p = 0; p < k; p++, from += b.along) {
      T *row = to + p * PANEL + j;
      T w = from[0], x = from[b.across], y = from[2 * b.across], z = from[3 * b.across];
      row[0] = w, row[1] = x, row[2] = y, row[3] = z;
    }
  }
  for (; j < padded; j++) {
    const T *from = b.at + j * b.across;
    for (ch_long p = 0; p < k; p++) {
      to[p * PANEL + j] = j < width ? from[p * b.along] : 0;
    }
  }
}

/* c (n, stride sc) = x (k, stride sx) times b (k, n) with contiguous rows: many vectors of one row at a time. */
static void FN(row_by_matrix)(ch_long n, ch_long k, const T *x, ch_long sx, struct FN(side) b, struct FN(scale) s, T *c,
                              ch_long sc) {
  struct FN(side) a = {x, 0, sx};
  T part[WIDEST * VECTOR_BYTES / sizeof(T)];
  while (n >= WIDEST * LANES) {
    if (sc == 1) {
      FN(tile)(1, WIDEST, k, a, b, s, c, 0, 0);
    } else {
      FN(tile)(1, WIDEST, k, a, b, (struct FN(scale)){1, 0}, part, 0, 0);
      for (ch_long j = 0; j < WIDEST * LANES; j++) {
        FN(finish)(s, part[j], c + j * sc);
      }
    }
    n -= WIDEST * LANES;
    c += WIDEST * LANES * sc;
    b.at += WIDEST * LANES;
  }
  while (n >= LANES) {
    FN(tile)(1, 1, k, a, b, (struct FN(scale)){1, 0}, part, 0, 0);
    for (ch_long j = 0; j < LANES; j++) {
      FN(finish)(s, part[j], c + j * sc);
    }
    n -= LANES;
    c += LANES * sc;
    b.at += LANES;
  }
  for (ch_long j = 0; j < n; j++) {
    T sum = 0;
    for (ch_long p = 0; p < k; p++) {
      sum += x[p * sx] * b.at[p * b.along + j];
    }
    FN(finish)(s, sum, c + j * sc);
  }
}

/* The dot products of `rows` (a constant once inlined) contiguous rows of a with x. */
INLINE void FN(dots)(int rows, ch_long k, const T *a, ch_long lda, const T *x, T *sums) {
  VECTOR sum[4][2];
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++) {
    sum[i][0] = sum[i][1] = (VECTOR){0};
  }
  ch_long p = 0;
  for (; p + 2 * LANES <= k; p += 2 * LANES) {
    VECTOR left = *(const LOOSE *)(x + p), right = *(const LOOSE *)(x + p + LANES);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      sum[i][0] = FUSED(*(const LOOSE *)(a + i * lda + p), left, sum[i][0]);
      sum[i][1] = FUSED(*(const LOOSE *)(a + i * lda + p + LANES), right, sum[i][1]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++) {
    T lane[VECTOR_BYTES / sizeof(T)];
    VECTOR both = sum[i][0] + sum[i][1];
    memcpy(lane, &both, sizeof lane);
    for (ch_long w = LANES / 2; w > 0; w /= 2) {
      for (ch_long j = 0; j < w; j++) {
        lane[j] += lane[j + w];
      }
    }
    sums[i] = lane[0];
    for (ch_long q = p; q < k; q++) {
      sums[i] += a[i * lda + q] * x[q];
    }
  }
}

/* c (m, stride sc) = a (m, k) with contiguous rows times x (k, stride sx). */
static void FN(matrix_by_column)(ch_long m, ch_long k, const T *a, ch_long lda, const T *x, ch_long sx,
                                 struct FN(scale) s, T *c, ch_long sc) {
  T gathered[DEPTH], sums[4];
  const ch_long depth = sx == 1 ? k : DEPTH;
  for (ch_long done = 0; done < k; done += depth) {
    ch_long count = k - done < depth ? k - done : depth;
    const T *x0 = x + done * sx;
    if (sx != 1) {
      for (ch_long p = 0; p < count; p++) {
        gathered[p] = x0[p * sx];
      }
      x0 = gathered;
    }
    ch_long i = 0;
    for (; i + 4 <= m; i += 4) {
      FN(dots)(4, count, a + i * lda + done, lda, x0, sums);
      for (int j = 0; j < 4; j++) {
        FN(finish)(s, sums[j], c + (i + j) * sc);
      }
    }
    for (; i < m; i++) {
      FN(dots)(1, count, a + i * lda + done, lda, x0, sums);
      FN(finish)(s, sums[0], c + i * sc);
    }
    s.beta = 1;
  }
}

static void FN(product)(ch_long m, ch_long n, ch_long k, struct FN(side) a, struct FN(side) b, struct FN(scale) s, T *c,
                        ch_long ldc) {
  if (m == 1 && b.across == 1) {
    FN(row_by_matrix)(n, k, a.at, a.along, b, s, c, 1);
    return;
  }
  if (m == 1 && b.along == 1) {
    FN(matrix_by_column)(n, k, b.at, b.across, a.at, a.along, s, c, 1);
    return;
  }
  if (n == 1 && a.along == 1) {
    FN(matrix_by_column)(m, k, a.at, a.across, b.at, b.along, s, c, ldc);
    return;
  }
  if (n == 1 && a.across == 1) {
    FN(row_by_matrix)(m, k, b.at, b.along, a, s, c, ldc);
    return;
  }
  T packed[DEPTH * TILE_VECTORS * VECTOR_BYTES / sizeof(T)] __attribute__((aligned(64)));
  for (ch_long p = 0; p < k; p += DEPTH) {
    ch_long depth = k - p < DEPTH ? k - p : DEPTH;
    for (ch_long j = 0; j < n; j += PANEL) {
      ch_long width = n - j < PANEL ? n - j : PANEL;
      struct FN(side) left = {a.at + p * a.along, a.across, a.along};
      struct FN(side) right = {b.at + p * b.along + j * b.across, b.across, b.along};
      if (b.across != 1 || width % LANES != 0 || m > PACKED_ROWS) {
        FN(pack)(width, depth, right, packed);
        right = (struct FN(side)){packed, 1, PANEL};
      }
      FN(panel)(m, width, depth, left, right, s, c + j, ldc);
    }
    s.beta = 1;
  }
}

#undef FN
#undef VECTOR
#undef LOOSE
#undef FUSED
#undef LANES
#undef PANEL
#undef T
#undef S
