/*
 * Small matrix products for one floating type T with suffix S; included by gemm_small.c once per type. C is built from
 * tiles of up to TILE_ROWS rows by TILE_VECTORS vectors that stay in registers while k runs.
 */
#define FN(name) JOIN(name, S)
#define VECTOR JOIN(vector, S)
#define LOOSE JOIN(loose, S)
#define FUSED JOIN(fused, S)
#define EDGE JOIN(FN(lanes), t)
#define FOUR JOIN(four, S)
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

INLINE void FN(finish_lanes)(struct FN(scale) s, VECTOR sum, T *c, EDGE lanes) {
  sum *= s.alpha;
  FN(store_lanes)(lanes, c, s.beta == 0 ? sum : sum + s.beta * FN(load_lanes)(lanes, c));
}

/*
 * One operand of a tile: its first element, the strides along the tile's side and along k, and the way to the next matrix.
 * Functions that are calls get a pointer: a copy is read in wider pieces than it was just written in, and waits for these.
 */
struct FN(side) {
  const T *at;
  ch_long across, along, next;
};

/*
 * A tile of `rows` by `vectors`, constants once inlined as `edge` is; b's vectors are contiguous. Unless the edge is
 * WHOLE, only the first `columns` lanes of the last vector count.
 */
INLINE void FN(tile)(int rows, int vectors, enum edge edge, ch_long k, struct FN(side) a, struct FN(side) b,
                     struct FN(scale) s, T *c, ch_long ldc, ch_long columns) {
  const EDGE lanes = FN(lanes)(edge == WHOLE ? 0 : columns);
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
      const T *from = b0 + v * LANES;
      if (edge == CUT && v == vectors - 1) {
        right[v] = FN(load_lanes)(lanes, from);
      } else {
        right[v] = (VECTOR) * (const LOOSE *)from;
      }
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
      if (edge != WHOLE && v == vectors - 1) {
        FN(finish_lanes)(s, sum[i][v], to, lanes);
      } else {
        FN(finish_vector)(s, sum[i][v], to);
      }
    }
  }
}

/* Tiles with a constant number of vectors, by their number of rows. */
#define TILE_CASE(R) \
  case R: FN(tile)(R, vectors, edge, k, a, b, s, c, ldc, columns); break;
INLINE void FN(tile_rows)(ch_long rows, int vectors, enum edge edge, ch_long k, struct FN(side) a, struct FN(side) b,
                          struct FN(scale) s, T *c, ch_long ldc, ch_long columns) {
  switch (rows) {
    EACH_TILE_ROWS(TILE_CASE)
    default: break;
  }
}
#undef TILE_CASE

/* A batch of matrices, `next` apart for C: all rows against one panel of b of `vectors` vectors. */
INLINE void FN(rows_of_panel)(int vectors, enum edge edge, ch_long count, ch_long next, ch_long m, ch_long k,
                              struct FN(side) a, struct FN(side) b, struct FN(scale) s, T *c, ch_long ldc,
                              ch_long columns) {
  for (; count > 0; count--, a.at += a.next, b.at += b.next, c += next) {
    struct FN(side) rows = a;
    T *to = c;
    ch_long i = 0;
    for (; i + TILE_ROWS <= m; i += TILE_ROWS, rows.at += TILE_ROWS * a.across, to += TILE_ROWS * ldc) {
      FN(tile)(TILE_ROWS, vectors, edge, k, rows, b, s, to, ldc, columns);
    }
    FN(tile_rows)(m - i, vectors, edge, k, rows, b, s, to, ldc, columns);
  }
}

#define PANEL_OF(V)                                                                                                 \
  static void FN(panel##V)(ch_long count, ch_long next, ch_long m, ch_long k, const struct FN(side) *a,             \
                           const struct FN(side) *b, struct FN(scale) s, T *c, ch_long ldc) {                       \
    FN(rows_of_panel)(V, WHOLE, count, next, m, k, *a, *b, s, c, ldc, 0);                                           \
  }                                                                                                                 \
  static void FN(edge_panel##V)(ch_long count, ch_long next, ch_long m, ch_long k, const struct FN(side) *a,        \
                                const struct FN(side) *b, struct FN(scale) s, T *c, ch_long ldc, ch_long columns) { \
    FN(rows_of_panel)(V, HAS_LANES ? CUT : PADDED, count, next, m, k, *a, *b, s, c, ldc, columns);                  \
  }
EACH_TILE_VECTORS(PANEL_OF)
#undef PANEL_OF

static void FN(panel)(ch_long count, ch_long next, ch_long m, ch_long width, ch_long k, const struct FN(side) *a,
                      const struct FN(side) *b, struct FN(scale) s, T *c, ch_long ldc) {
  const ch_long columns = width % LANES;
#define PANEL_CASE(V)                                      \
  case V:                                                  \
    if (columns == 0) {                                    \
      FN(panel##V)(count, next, m, k, a, b, s, c, ldc);    \
    } else {                                               \
      FN(edge_panel##V)(count, next, m, k, a, b, s, c, ldc, columns); \
    }                                                      \
    break;
  switch ((width + LANES - 1) / LANES) {
    EACH_TILE_VECTORS(PANEL_CASE)
    default: break;
  }
#undef PANEL_CASE
}

/* Lays k rows of `width` columns of b out with PANEL columns each, the missing ones 0 if an edge is PADDED. */
static void FN(pack)(ch_long width, ch_long k, const struct FN(side) *from_b, T *to) {
  const struct FN(side) b = *from_b;
  const ch_long padded = HAS_LANES ? width : (width + LANES - 1) / LANES * LANES;
  if (b.across == 1 && width == PANEL) {
    for (ch_long p = 0; p < k; p++, to += PANEL) {
      memcpy(to, b.at + p * b.along, PANEL * sizeof(T));
    }
    return;
  }
  ch_long j = 0;
  for (; j + 4 <= width; j += 4) {
    const T *from = b.at + j * b.across;
    ch_long p = 0;
    if (b.along == 1) {
      for (; p + 4 <= k; p += 4, from += 4) {
        FOUR square[4];
        for (int i = 0; i < 4; i++) {
          square[i] = *(const FOUR *)(from + i * b.across);
        }
        FN(turn)(square);
        for (int i = 0; i < 4; i++) {
          *(FOUR *)(to + (p + i) * PANEL + j) = square[i];
        }
      }
    }
    for (; p < k; p++, from += b.along) {
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

/* c (n, stride sc) = x (k, stride sx) times b (k, n) with contiguous rows, which a cache holds: some vectors at a time. */
static void FN(row_by_near)(ch_long n, ch_long k, const T *x, ch_long sx, const struct FN(side) *matrix,
                            struct FN(scale) s, T *c, ch_long sc) {
  struct FN(side) b = *matrix;
  struct FN(side) a = {x, 0, sx, 0};
  const struct FN(scale) plain = {1, 0};
  T part[WIDEST * VECTOR_BYTES / sizeof(T)];
  while (n > 0) {
    ch_long width = n >= WIDEST * LANES ? WIDEST * LANES : n >= WIDE * LANES ? WIDE * LANES : n >= LANES ? LANES : n;
    T *to = sc == 1 ? c : part;
    struct FN(scale) scale = sc == 1 ? s : plain;
    if (width == WIDEST * LANES) {
      FN(tile)(1, WIDEST, WHOLE, k, a, b, scale, to, 0, 0);
    } else if (width == WIDE * LANES) {
      FN(tile)(1, WIDE, WHOLE, k, a, b, scale, to, 0, 0);
    } else if (width == LANES) {
      FN(tile)(1, 1, WHOLE, k, a, b, scale, to, 0, 0);
    } else {
      FN(tile)(1, 1, CUT, k, a, b, scale, to, 0, width);
    }
    if (sc != 1) {
      for (ch_long j = 0; j < width; j++) {
        FN(finish)(s, part[j], c + j * sc);
      }
    }
    n -= width;
    c += width * sc;
    b.at += width;
  }
}

/* Adds to `sums` the products of `rows` elements of x, a constant once inlined, with as many contiguous rows of b. */
INLINE void FN(add_rows)(int rows, ch_long width, const T *x, ch_long sx, struct FN(side) b, T *sums) {
  VECTOR factor[STREAMS];
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    factor[i] = x[i * sx] - (VECTOR){0};
  }
  ch_long j = 0;
  for (; j + LANES <= width; j += LANES) {
    VECTOR sum = *(const VECTOR *)(sums + j);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      sum = FUSED(factor[i], *(const LOOSE *)(b.at + i * b.along + j), sum);
    }
    *(VECTOR *)(sums + j) = sum;
  }
  if (j < width) {
    const EDGE lanes = FN(lanes)(width - j);
    VECTOR sum = *(const VECTOR *)(sums + j);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      sum = FUSED(factor[i], FN(load_lanes)(lanes, b.at + i * b.along + j), sum);
    }
    *(VECTOR *)(sums + j) = sum;
  }
}

/* The same from further away: memory is read along the rows, a few of them at a time, and the sums stay near. */
static void FN(row_by_far)(ch_long n, ch_long k, const T *x, ch_long sx, const struct FN(side) *matrix,
                           struct FN(scale) s, T *c, ch_long sc) {
  struct FN(side) b = *matrix;
  T sums[STREAM_BYTES / sizeof(T)] __attribute__((aligned(64)));
  const ch_long most = (ch_long)(STREAM_BYTES / sizeof(T));
  for (ch_long width; n > 0; n -= width, b.at += width, c += width * sc) {
    width = n < most ? n : most;
    memset(sums, 0, (size_t)((width + LANES - 1) / LANES * LANES) * sizeof(T));
    struct FN(side) rows = b;
    ch_long p = 0;
    for (; p + STREAMS <= k; p += STREAMS, rows.at += STREAMS * b.along) {
      FN(add_rows)(STREAMS, width, x + p * sx, sx, rows, sums);
    }
    for (; p < k; p++, rows.at += b.along) {
      FN(add_rows)(1, width, x + p * sx, sx, rows, sums);
    }
    for (ch_long j = 0; j < width; j++) {
      FN(finish)(s, sums[j], c + j * sc);
    }
  }
}

/* DEPTH rows at a time, so that rounding errors do not grow with k. */
static void FN(row_by_matrix)(ch_long n, ch_long k, const T *x, ch_long sx, const struct FN(side) *matrix,
                              struct FN(scale) s, T *c, ch_long sc) {
  if (k <= DEPTH && n <= WIDEST * LANES) {
    FN(row_by_near)(n, k, x, sx, matrix, s, c, sc);
    return;
  }
  const int far = n > WIDEST * LANES && k > NEAR_BYTES / (ch_long)sizeof(T) / n;
  struct FN(side) b = *matrix;
  for (; k > 0; k -= DEPTH, x += DEPTH * sx, b.at += DEPTH * b.along, s.beta = 1) {
    (far ? FN(row_by_far) : FN(row_by_near))(n, k < DEPTH ? k : DEPTH, x, sx, &b, s, c, sc);
  }
}

#if VECTOR_BYTES < 64
/* The sum of the lanes of each of four vectors: the upper half is added to the lower until one lane is left. */
INLINE FOUR FN(lane_sums)(const VECTOR *x) {
  FOUR part[4];
  for (int i = 0; i < 4; i++) {
    T lane[VECTOR_BYTES / sizeof(T)];
    memcpy(lane, x + i, sizeof lane);
    part[i] = LANES == 2 ? (FOUR){lane[0], lane[1]} : *(const FOUR *)lane;
    if (LANES == 8) {
      part[i] += *(const FOUR *)(lane + LANES / 2);
    }
  }
  FN(turn)(part);
  return (part[0] + part[2]) + (part[1] + part[3]);
}
#endif

INLINE void FN(finish_four)(struct FN(scale) s, FOUR sum, T *c) {
  sum *= s.alpha;
  if (s.beta != 0) {
    sum += s.beta * *(const FOUR *)c;
  }
  *(FOUR *)c = sum;
}

/* The dot products of `rows`, 4 or 1 and a constant once inlined, contiguous rows of a with x. */
INLINE FOUR FN(dots)(int rows, ch_long k, const T *a, ch_long lda, const T *x) {
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
  if (p + LANES <= k) {
    VECTOR left = *(const LOOSE *)(x + p);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      sum[i][0] = FUSED(*(const LOOSE *)(a + i * lda + p), left, sum[i][0]);
    }
    p += LANES;
  }
  if (p < k) {
    const EDGE lanes = FN(lanes)(k - p);
    VECTOR right = FN(load_lanes)(lanes, x + p);
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      sum[i][1] = FUSED(FN(load_lanes)(lanes, a + i * lda + p), right, sum[i][1]);
    }
  }
  VECTOR both[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    both[i] = i < rows ? sum[i][0] + sum[i][1] : (VECTOR){0};
  }
  return FN(lane_sums)(both);
}

/* c (m, stride sc) = a (m, k) with contiguous rows times x (k, stride sx). */
static void FN(matrix_by_column)(ch_long m, ch_long k, const T *a, ch_long lda, const T *x, ch_long sx,
                                 struct FN(scale) s, T *c, ch_long sc) {
  T gathered[DEPTH];
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
      FOUR sums = FN(dots)(4, count, a + i * lda + done, lda, x0);
      if (sc == 1) {
        FN(finish_four)(s, sums, c + i);
        continue;
      }
      for (int j = 0; j < 4; j++) {
        FN(finish)(s, sums[j], c + (i + j) * sc);
      }
    }
    for (; i < m; i++) {
      FN(finish)(s, FN(dots)(1, count, a + i * lda + done, lda, x0)[0], c + i * sc);
    }
    s.beta = 1;
  }
}

/* Adds to the sums what `count` of k, LANES or fewer, bring: a constant once inlined if `edge` is WHOLE. */
INLINE void FN(dots_step)(int rows, enum edge edge, ch_long count, const T *a, ch_long lda, const T *b, ch_long ldb,
                          VECTOR (*sum)[4]) {
  const EDGE lanes = FN(lanes)(edge == WHOLE ? 0 : count);
  VECTOR right[4];
#pragma GCC unroll 4
  for (int j = 0; j < 4; j++) {
    right[j] = edge == WHOLE ? (VECTOR) * (const LOOSE *)(b + j * ldb) : FN(load_lanes)(lanes, b + j * ldb);
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++) {
    VECTOR left = edge == WHOLE ? (VECTOR) * (const LOOSE *)(a + i * lda) : FN(load_lanes)(lanes, a + i * lda);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      sum[i][j] = FUSED(left, right[j], sum[i][j]);
    }
  }
}

/* The dot products of `rows` rows of a with four columns of b, all of them contiguous. */
INLINE void FN(dots_tile)(int rows, ch_long k, const T *a, ch_long lda, const T *b, ch_long ldb, struct FN(scale) s,
                          T *c, ch_long ldc) {
  VECTOR sum[4][4] = {{{0}}};
  ch_long p = 0;
  for (; p + LANES <= k; p += LANES) {
    FN(dots_step)(rows, WHOLE, LANES, a + p, lda, b + p, ldb, sum);
  }
  if (p < k) {
    FN(dots_step)(rows, CUT, k - p, a + p, lda, b + p, ldb, sum);
  }
  for (int i = 0; i < rows; i++, c += ldc) {
    FN(finish_four)(s, FN(lane_sums)(sum[i]), c);
  }
}

/* c = a times b for few rows of a, contiguous as the columns of b are: nothing is packed. */
static void FN(few_rows)(ch_long m, ch_long n, ch_long k, struct FN(side) a, struct FN(side) b, struct FN(scale) s, T *c,
                         ch_long ldc) {
  ch_long j = 0;
  for (; j + 4 <= n; j += 4) {
    const T *columns = b.at + j * b.across;
    ch_long i = 0;
    for (; i + 4 <= m; i += 4) {
      FN(dots_tile)(4, k, a.at + i * a.across, a.across, columns, b.across, s, c + i * ldc + j, ldc);
    }
    for (; i < m; i++) {
      FN(dots_tile)(1, k, a.at + i * a.across, a.across, columns, b.across, s, c + i * ldc + j, ldc);
    }
  }
  for (; j < n; j++) {
    FN(matrix_by_column)(m, k, a.at, a.across, b.at + j * b.across, 1, s, c + j, ldc);
  }
}

/* Whether dot products are faster than panels. */
INLINE int FN(is_few)(ch_long m, ch_long k, struct FN(side) a, struct FN(side) b) {
  return m <= FEW_ROWS && k >= 8 * LANES && a.along == 1 && b.along == 1;
}

/* Whether B's panels are laid out anew: when their rows lie apart, and for many rows of A to find them in the first cache. */
INLINE int FN(is_packed)(ch_long m, ch_long width, struct FN(side) b) {
  return b.across != 1 || (!HAS_LANES && width % LANES != 0) || m > PACKED_ROWS;
}

/* A product of any size, with b laid out in panels where its rows do not serve as they lie. */
static __attribute__((noinline)) void FN(in_panels)(ch_long m, ch_long n, ch_long k, struct FN(side) a, struct FN(side) b,
                                                    struct FN(scale) s, T *c, ch_long ldc) {
  T packed[DEPTH * TILE_VECTORS * VECTOR_BYTES / sizeof(T)] __attribute__((aligned(64)));
  for (ch_long p = 0; p < k; p += DEPTH) {
    ch_long depth = k - p < DEPTH ? k - p : DEPTH;
    for (ch_long j = 0; j < n; j += PANEL) {
      ch_long width = n - j < PANEL ? n - j : PANEL;
      struct FN(side) rows = {a.at + p * a.along, a.across, a.along, 0};
      struct FN(side) columns = {b.at + p * b.along + j * b.across, b.across, b.along, 0};
      if (FN(is_packed)(m, width, b)) {
        FN(pack)(width, depth, &columns, packed);
        columns = (struct FN(side)){packed, 1, PANEL, 0};
      }
      FN(panel)(1, 0, m, width, depth, &rows, &columns, s, c + j, ldc);
    }
    s.beta = 1;
  }
}

static void FN(product)(ch_long m, ch_long n, ch_long k, const struct FN(side) *left, const struct FN(side) *right,
                        struct FN(scale) s, T *c, ch_long ldc) {
  const struct FN(side) a = *left, b = *right;
  if (m <= TILE_ROWS && n <= PANEL && m > 1 && n > 1 && k <= DEPTH && !FN(is_few)(m, k, a, b) && !FN(is_packed)(m, n, b)) {
    FN(panel)(1, 0, m, n, k, left, right, s, c, ldc);
    return;
  }
  if (m == 1 && b.across == 1) {
    FN(row_by_matrix)(n, k, a.at, a.along, right, s, c, 1);
    return;
  }
  if (m == 1 && b.along == 1) {
    FN(matrix_by_column)(n, k, b.at, b.across, a.at, a.along, s, c, 1);
    return;
  }
  if (n == 1 && a.along == 1 && (k > 1 || a.across != 1)) {
    FN(matrix_by_column)(m, k, a.at, a.across, b.at, b.along, s, c, ldc);
    return;
  }
  if (n == 1 && a.across == 1) {
    FN(row_by_matrix)(m, k, b.at, b.along, left, s, c, ldc);
    return;
  }
  if (FN(is_few)(m, k, a, b)) {
    FN(few_rows)(m, n, k, a, b, s, c, ldc);
    return;
  }
  FN(in_panels)(m, n, k, a, b, s, c, ldc);
}

/* A batch of products of a single panel each, which is packed. */
static void FN(packed_panels)(ch_long count, ch_long next, ch_long m, ch_long n, ch_long k, struct FN(side) a,
                              struct FN(side) b, struct FN(scale) s, T *c, ch_long ldc) {
  T packed[DEPTH * TILE_VECTORS * VECTOR_BYTES / sizeof(T)] __attribute__((aligned(64)));
  const struct FN(side) right = {packed, 1, PANEL, 0};
  for (; count > 0; count--, a.at += a.next, b.at += b.next, c += next) {
    FN(pack)(n, k, &b, packed);
    FN(panel)(1, 0, m, n, k, &a, &right, s, c, ldc);
  }
}

/* A batch of products, `next` apart for C: the loop over those of a single panel is the innermost but that over rows. */
static void FN(products)(ch_long count, ch_long next, ch_long m, ch_long n, ch_long k, const struct FN(side) *left,
                         const struct FN(side) *right, struct FN(scale) s, T *c, ch_long ldc) {
  if (count == 1) {
    FN(product)(m, n, k, left, right, s, c, ldc);
    return;
  }
  struct FN(side) a = *left, b = *right;
  if (m > 1 && n > 1 && n <= PANEL && k <= DEPTH && !FN(is_few)(m, k, a, b)) {
    if (FN(is_packed)(m, n, b)) {
      FN(packed_panels)(count, next, m, n, k, a, b, s, c, ldc);
    } else {
      FN(panel)(count, next, m, n, k, &a, &b, s, c, ldc);
    }
    return;
  }
  for (; count > 0; count--, a.at += a.next, b.at += b.next, c += next) {
    FN(product)(m, n, k, &a, &b, s, c, ldc);
  }
}

#undef FN
#undef VECTOR
#undef LOOSE
#undef FUSED
#undef EDGE
#undef FOUR
#undef LANES
#undef PANEL
#undef T
#undef S
