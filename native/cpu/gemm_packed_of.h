/*
 * Large matrix products for one floating type T with suffix S; included by gemm_packed.c once per type. Both operands are
 * laid out block by block as the innermost loop reads them: A in panels of PACKED_TILE rows, B in panels of PACKED_VECTORS
 * vectors, both padded with zeros, so that every tile is whole and only what is stored has an edge.
 */
#define FN(name) JOIN(name, S)
#define VECTOR JOIN(vector, S)
#define LOOSE JOIN(loose, S)
#define FUSED JOIN(fused, S)
#define EDGE JOIN(FN(lanes), t)
#define FOUR JOIN(four, S)
#define LANES ((ch_long)(VECTOR_BYTES / sizeof(T)))
#define PANEL (LANES * PACKED_VECTORS)

/* c (rows, columns) = alpha a b + beta c for one panel of each; beta = 0 does not read c. */
INLINE void FN(packed_tile)(int vectors, ch_long k, const T *a, const T *b, T alpha, T beta, T *c, ch_long ldc, ch_long rows,
                            ch_long columns) {
  VECTOR sum[PACKED_TILE][PACKED_VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < PACKED_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = (VECTOR){0};
    }
  }
  for (ch_long p = 0; p < k; p++, a += PACKED_TILE, b += PANEL) {
    VECTOR right[PACKED_VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      right[v] = *(const VECTOR *)(b + v * LANES);
    }
#pragma GCC unroll 16
    for (int i = 0; i < PACKED_TILE; i++) {
      VECTOR left = a[i] - (VECTOR){0}; /* x - 0 is x, so this is a broadcast and no more */
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        sum[i][v] = FUSED(left, right[v], sum[i][v]);
      }
    }
  }
  const ch_long last = columns - (vectors - 1) * LANES;
  const EDGE lanes = FN(lanes)(last % LANES);
#pragma GCC unroll 16
  for (int i = 0; i < PACKED_TILE; i++, c += ldc) {
    if (i >= rows) {
      break;
    }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      T *to = c + v * LANES;
      VECTOR total = sum[i][v] * alpha;
      if (v < vectors - 1 || last == LANES) {
        *(LOOSE *)to = beta == 0 ? total : total + beta * *(const LOOSE *)to;
      } else {
        FN(store_lanes)(lanes, to, beta == 0 ? total : total + beta * FN(load_lanes)(lanes, to));
      }
    }
  }
}

#define PACKED_TILE_OF(V)                                                                                            \
  static void FN(packed_tile##V)(ch_long k, const T *a, const T *b, T alpha, T beta, T *c, ch_long ldc, ch_long rows, \
                                 ch_long columns) {                                                                  \
    FN(packed_tile)(V, k, a, b, alpha, beta, c, ldc, rows, columns);                                                 \
  }
EACH_PACKED_VECTORS(PACKED_TILE_OF)
#undef PACKED_TILE_OF

/* Lays `width` lines of length k out side by side, `panel` of them (a constant once inlined), the missing ones 0. */
INLINE void FN(pack_panel)(int panel, ch_long width, ch_long k, const T *from, ch_long across, ch_long along, T *to) {
  if (across == 1 && width == panel) {
    for (ch_long p = 0; p < k; p++) {
      memcpy(to + p * panel, from + p * along, (size_t)panel * sizeof(T));
    }
    return;
  }
  ch_long j = 0;
  for (; j + 4 <= width; j += 4) {
    const T *line = from + j * across;
    ch_long p = 0;
    if (along == 1) {
      for (; p + 4 <= k; p += 4) {
        FOUR square[4];
        for (int i = 0; i < 4; i++) {
          square[i] = *(const FOUR *)(line + p + i * across);
        }
        FN(turn)(square);
        for (int i = 0; i < 4; i++) {
          *(FOUR *)(to + (p + i) * panel + j) = square[i];
        }
      }
    }
    for (; p < k; p++) {
      const T *at = line + p * along;
      T w = at[0], x = at[across], y = at[2 * across], z = at[3 * across];
      T *row = to + p * panel + j;
      row[0] = w, row[1] = x, row[2] = y, row[3] = z;
    }
  }
  for (; j < panel; j++) {
    for (ch_long p = 0; p < k; p++) {
      to[p * panel + j] = j < width ? from[j * across + p * along] : 0;
    }
  }
}

static void FN(pack_a)(ch_long m, ch_long k, const T *a, ch_long rs, ch_long cs, T *to) {
  for (ch_long i = 0; i < m; i += PACKED_TILE, to += PACKED_TILE * k) {
    FN(pack_panel)(PACKED_TILE, m - i < PACKED_TILE ? m - i : PACKED_TILE, k, a + i * rs, rs, cs, to);
  }
}

static void FN(pack_b)(ch_long n, ch_long k, const T *b, ch_long rs, ch_long cs, T *to) {
  for (ch_long j = 0; j < n; j += PANEL, to += PANEL * k) {
    FN(pack_panel)(PANEL, n - j < PANEL ? n - j : PANEL, k, b + j * cs, cs, rs, to);
  }
}

/* C's block += or = the packed blocks of A and B. */
static void FN(packed_block)(ch_long m, ch_long n, ch_long k, const T *a, const T *b, T alpha, T beta, T *c, ch_long ldc) {
  for (ch_long j = 0; j < n; j += PANEL, b += PANEL * k) {
    const ch_long columns = n - j < PANEL ? n - j : PANEL;
    const T *left = a;
    for (ch_long i = 0; i < m; i += PACKED_TILE, left += PACKED_TILE * k) {
      const ch_long rows = m - i < PACKED_TILE ? m - i : PACKED_TILE;
      T *to = c + i * ldc + j;
#define PACKED_CASE(V) \
  case V: FN(packed_tile##V)(k, left, b, alpha, beta, to, ldc, rows, columns); break;
      switch ((columns + LANES - 1) / LANES) {
        EACH_PACKED_VECTORS(PACKED_CASE)
        default: break;
      }
#undef PACKED_CASE
    }
  }
}

static void FN(packed)(ch_long m, ch_long n, ch_long k, T alpha, const T *a, ch_long rsa, ch_long csa, const T *b, ch_long rsb,
                       ch_long csb, T beta, T *c, ch_long ldc, T *work) {
  T *packed_b = work + PACKED_A_BYTES / (ch_long)sizeof(T);
  const ch_long wide = (CH_PACKED_BYTES - PACKED_A_BYTES) / (ch_long)sizeof(T) / PACKED_DEPTH / PANEL * PANEL;
  for (ch_long j = 0; j < n; j += wide) {
    const ch_long columns = n - j < wide ? n - j : wide;
    for (ch_long p = 0; p < k;) {
      /* No short piece at the end: up to two are halves of what is left. */
      const ch_long left = k - p;
      const ch_long depth = left <= PACKED_DEPTH ? left : left < 2 * PACKED_DEPTH ? (left + 1) / 2 : PACKED_DEPTH;
      FN(pack_b)(columns, depth, b + p * rsb + j * csb, rsb, csb, packed_b);
      for (ch_long i = 0; i < m; i += PACKED_ROWS) {
        const ch_long rows = m - i < PACKED_ROWS ? m - i : PACKED_ROWS;
        FN(pack_a)(rows, depth, a + i * rsa + p * csa, rsa, csa, work);
        FN(packed_block)(rows, columns, depth, work, packed_b, alpha, p == 0 ? beta : 1, c + i * ldc + j, ldc);
      }
      p += depth;
    }
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
