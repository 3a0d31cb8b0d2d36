/*
 * Attention without the matrix of its scores (Dao, 2023): a block of threads makes a square tile of them at a time, turns it
 * into weights in shared memory and multiplies these with a tile of values; each row's maximum and sum of exponentials so far
 * go with it. The gradients make the tiles once more, from the logarithm of the sum: one kernel for the queries and one for
 * keys and values, so that every sum has one order. Products are those of the computing type's plain units, so that float
 * loses nothing, and of tensor cores for 16-bit elements, which add in float (tensorcore.cuh).
 */
#include "lines.cuh"
#include "tensorcore.cuh"
#include "philox.cuh"

constexpr int SIDE = 16, CHUNK = 16; /* threads along each side of a tile; numbers of a row in one step of a product */

/* Steps are from row to row. */
struct Sizes {
  long long rows, keys, size, width, causal;
  long long q, k, v, y, g, gq, gk, gv;
};

INLINE float fused(float a, float b, float c) { return mad(a, b, c); }
INLINE double fused(double a, double b, double c) { return mad_f64(a, b, c); }

/* Each thread has R by C scores, and W columns of R rows of a result. */
template <class Stored, int COLUMNS_EACH>
struct Tiles {
  typedef Stored M;
  typedef Value<M> V;
  static constexpr int W = COLUMNS_EACH, R = sizeof(V) == 8 ? 2 : 4, C = R;
  static constexpr int ROWS = SIDE * R, SPAN = ROWS, PITCH = ROWS + 1, COLUMNS = SIDE * W;
  static constexpr int DEPTH = sizeof(V) == 8 ? 8 : 16; /* rows of a result's operand at a time */
  static constexpr int THREADS = SIDE * SIDE;

  struct Shared {
    V left[CHUNK * PITCH], right[CHUNK * PITCH], weights[ROWS * PITCH], operand[DEPTH * COLUMNS];
  };

  V *left, *right, *weights, *operand;
  int t, tx, ty;

  DEVICE Tiles(Shared &at) : left(at.left), right(at.right), weights(at.weights), operand(at.operand) {
    t = (int)threadIdx.x;
    tx = t % SIDE;
    ty = t / SIDE;
  }

  DEVICE int row(int i) const { return ty + SIDE * i; }
  DEVICE int column(int j) const { return tx + SIDE * j; }
  DEVICE int out_column(int w) const { return column(w); }
  DEVICE bool is_first() const { return tx == 0; }

  /* What the threads of a row have found, for each of them. */
  template <class Op>
  DEVICE V along_row(V found) const {
    for (int bit = 1; bit < SIDE; bit *= 2) {
      const V other = from_lane(found, bit);
      found = threadIdx.x & bit ? Op::join(other, found) : Op::join(found, other);
    }
    return found;
  }

  DEVICE void lay(const M *x, long long step, long long rows, long long from, long long n, V *to) const {
    for (int i = again(t); i < ROWS * CHUNK; i += THREADS) {
      const int r = i / CHUNK, d = i % CHUNK;
      to[d * PITCH + r] = r < rows && from + d < n ? read(x[r * step + from + d]) : (V)0;
    }
  }

  /* The dot products of rows of a, of which there are so many, with rows of b. */
  DEVICE void dots(const M *a, long long step_a, long long rows_a, const M *b, long long step_b, long long rows_b,
                   long long n, V (&sum)[R][R]) const {
    for (int i = 0; i < R; i++) {
      for (int j = 0; j < R; j++) { sum[i][j] = 0; }
    }
    for (long long from = 0; from < n; from += CHUNK) {
      lay(a, step_a, rows_a, from, n, left);
      lay(b, step_b, rows_b, from, n, right);
      __syncthreads();
#pragma unroll 4
      for (int d = 0; d < CHUNK; d++) {
        V of_a[R], of_b[R];
        for (int i = 0; i < R; i++) { of_a[i] = left[d * PITCH + row(i)]; }
        for (int j = 0; j < R; j++) { of_b[j] = right[d * PITCH + column(j)]; }
        for (int i = 0; i < R; i++) {
          for (int j = 0; j < R; j++) { sum[i][j] = fused(of_a[i], of_b[j], sum[i][j]); }
        }
      }
      __syncthreads();
    }
  }

  /* Adds the products of the weights, which each thread gives its own of, with rows of x, of which there are so many. */
  DEVICE void add(const V (&own)[R][R], const M *x, long long step, long long rows, long long n, V (&out)[R][W]) const {
    for (int i = 0; i < R; i++) {
      for (int j = 0; j < R; j++) { weights[row(i) * PITCH + column(j)] = own[i][j]; }
    }
    for (int from = 0; from < ROWS && from < rows; from += DEPTH) {
      for (int i = again(t); i < DEPTH * COLUMNS; i += THREADS) {
        const int r = from + i / COLUMNS, c = i % COLUMNS;
        operand[i] = r < rows && c < n ? read(x[r * step + c]) : (V)0;
      }
      __syncthreads();
#pragma unroll 4
      for (int d = 0; d < DEPTH; d++) {
        for (int i = 0; i < R; i++) {
          const V weight = weights[row(i) * PITCH + from + d];
          for (int w = 0; w < W; w++) { out[i][w] = fused(weight, operand[d * COLUMNS + column(w)], out[i][w]); }
        }
      }
      __syncthreads();
    }
  }
};

#define TILES(T)                                               \
  typedef typename T::M M;                                     \
  typedef typename T::V V;                                     \
  typedef typename T::Shared Shared;                           \
  constexpr int R = T::R, C = T::C, W = T::W;                  \
  constexpr int ROWS = T::ROWS, SPAN = T::SPAN;                \
  SHARED(Shared, shared, 1);                                   \
  const T tiles(shared[0])

/* The elements of a result that there are, times what each row has. */
template <class T, class To, int R, int W, class V>
DEVICE void write_out(const T &tiles, const V (&out)[R][W], const V (&by)[R], To *y, long long step, long long rows,
                      long long n) {
#pragma unroll
  for (int i = 0; i < R; i++) {
    const int row = tiles.row(i);
    const long long end = row < rows ? n : 0;
    To *line = y + again((long long)row) * step; /* made here: beside 128 sums few registers are left */
#pragma unroll
    for (int w = 0; w < W; w++) {
      const int column = tiles.out_column(w);
      if (column < end) { line[column] = write<To>(out[i][w] * by[i]); }
    }
  }
}

struct Greater {
  template <class V>
  static DEVICE V join(V a, V b) {
    return a > b ? a : b;
  }
};

template <int R, int C, class V>
DEVICE void clear(V (&out)[R][C]) {
#pragma unroll
  for (int i = 0; i < R; i++) {
#pragma unroll
    for (int j = 0; j < C; j++) { out[i][j] = 0; }
  }
}

/* Of a mask which kind it is, and its steps from row to row and from key to key; of dropout how much is kept, and the factor of that. */
struct Picks {
  long long mask, row, key;
  double kept, by;
};
enum { MASK_NONE, MASK_BOOL, MASK_ADDED };

/* A score, or one that is not seen. `mask` begins at the head's. */
template <class V>
DEVICE V masked(const Picks &p, const void *mask, long long head, long long row, long long key, V score) {
  const long long at = head + row * p.row + key * p.key;
  return p.mask == MASK_BOOL    ? ((const uint8_t *)mask)[at] ? score : -(V)INFINITY
         : p.mask == MASK_ADDED ? score + ((const V *)mask)[at]
                                : score;
}

/*
 * What dropout makes of the weights of a row, counted over all heads, for N keys from one on, SIDE apart: numbers depend on
 * the row and the key alone. A block of the stream is for four keys.
 */
template <int N, class V>
DEVICE void draws(const Picks &p, const unsigned long long *drawn, long long row, long long keys, long long key, V (&by)[N]) {
  constexpr int BLOCK = 4 * SIDE;
  const long long blocks = (keys + BLOCK - 1) / BLOCK;
  Stream stream({0, 0, drawn}, (unsigned long long)(((row * blocks) + key / BLOCK) * SIDE + key % SIDE));
  const Words words = stream.next();
#pragma unroll
  for (int i = 0; i < N; i++) {
    const int part = (int)(key / SIDE + i) % 4; /* chosen by comparisons, since registers have no numbers */
    const uint32_t low = part & 1 ? words.at[1] : words.at[0], high = part & 1 ? words.at[3] : words.at[2];
    by[i] = uniform_of(part & 2 ? high : low) <= (float)p.kept ? (V)p.by : (V)0;
  }
}

/* Where a generator's stream is, for those who draw from it later. */
__global__ void attention_draw(Philox state, unsigned long long *drawn) {
  drawn[0] = state.elsewhere ? state.elsewhere[0] : state.seed;
  drawn[1] = state.elsewhere ? state.elsewhere[1] : state.offset;
}

/* What dropout makes of n weights. */
template <class V>
__global__ void attention_factors(Picks p, long long n, Divisor keys, const unsigned long long *drawn, V *y) {
  const long long threads = (long long)gridDim.x * blockDim.x;
  for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += threads) {
    V by[1];
    const long long row = keys.over(i);
    draws(p, drawn, row, keys.size, i - row * keys.size, by);
    y[i] = by[0];
  }
}

/* Behind the last key that a row before this one sees. */
DEVICE long long keys_end(const Sizes &s, long long row) { return s.causal && row < s.keys ? row : s.keys; }

/*
 * Operands of heads: q, k, v, y, levels, mask. Blocks of rows are numbered by x, heads by y. PICKS says whether there is a
 * mask or dropout.
 */
template <class T, bool PICKS>
__global__ void attention(Sizes s, Picks p, LayoutOf<6> heads, double scale, const void *mask, const unsigned long long *drawn,
                          const typename T::M *q, const typename T::M *k, const typename T::M *v, typename T::V *y,
                          typename T::V *levels) {
  TILES(T);
  const long long row = (long long)(gridDim.x - 1 - blockIdx.x) * ROWS, rows = s.rows - row;
  for (long long head = blockIdx.y; head < heads.numel; head += gridDim.y) {
    const auto at = positions<6, long long>(heads, head);
    V most[R], sum[R], out[R][W];
#pragma unroll
    for (int i = 0; i < R; i++) {
      most[i] = -(V)INFINITY;
      sum[i] = 0;
    }
    clear(out);
    const long long end = keys_end(s, row + ROWS);
    for (long long key = 0; key < end; key += SPAN) {
      V own[R][C];
      tiles.dots(q + at.of[0] + row * s.q, s.q, rows, k + at.of[1] + key * s.k, s.k, s.keys - key, s.size, own);
#pragma unroll
      for (int i = 0; i < R; i++) {
        const long long last = keys_end(s, row + tiles.row(i) + 1) - key;
        V top = -(V)INFINITY, total = 0;
#pragma unroll
        for (int j = 0; j < C; j++) {
          own[i][j] = tiles.column(j) < last ? own[i][j] * (V)scale : -(V)INFINITY;
          if constexpr (PICKS) {
            if (tiles.column(j) < last && tiles.row(i) < rows) {
              own[i][j] = masked(p, mask, at.of[5], row + tiles.row(i), key + tiles.column(j), own[i][j]);
            }
          }
          top = Greater::join(top, own[i][j]);
        }
        top = Greater::join(tiles.template along_row<Greater>(top), most[i]);
        const V shift = top > -(V)INFINITY ? top : (V)0; /* from there on the exponentials of minus infinity are 0 */
#pragma unroll
        for (int j = 0; j < C; j++) {
          own[i][j] = exp(own[i][j] - shift);
          total += own[i][j];
        }
        const V before = exp(most[i] - shift);
        sum[i] = fused(sum[i], before, tiles.template along_row<Sum>(total));
        most[i] = top;
        if constexpr (PICKS) {
          if (drawn) {
            V by[R];
            draws(p, drawn, at.of[4] + row + tiles.row(i), s.keys, key + tiles.tx, by);
#pragma unroll
            for (int j = 0; j < C; j++) { own[i][j] *= by[j]; }
          }
        }
#pragma unroll
        for (int w = 0; w < W; w++) { out[i][w] *= before; }
      }
      tiles.add(own, v + at.of[2] + key * s.v, s.v, s.keys - key, s.width, out);
    }
    V by[R];
#pragma unroll
    for (int i = 0; i < R; i++) {
      by[i] = sum[i] != 0 ? 1 / sum[i] : (V)0;
      if (tiles.is_first() && tiles.row(i) < rows) {
        levels[at.of[4] + row + tiles.row(i)] = sum[i] != 0 ? most[i] + log(sum[i]) : -(V)INFINITY;
      }
    }
    write_out(tiles, out, by, y + at.of[3] + row * s.y, s.y, rows, s.width);
  }
}

/* The dot product of each row of g and of y, by a warp. Operands of heads, here and below: q, k, v, y, g, gq, gk, gv, levels, dots, mask. */
template <class M>
__global__ void attention_dots(Sizes s, LayoutOf<11> heads, const Value<M> *y, const M *g, Value<M> *dots) {
  typedef Value<M> V;
  const int lane = (int)threadIdx.x % LANES;
  const long long warps = (long long)gridDim.x * (blockDim.x / LANES), all = heads.numel * s.rows;
  for (long long i = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES; i < all; i += warps) {
    const auto at = positions<11, long long>(heads, i / s.rows);
    const long long row = i % s.rows;
    V sum = 0;
    for (long long j = lane; j < s.width; j += LANES) {
      sum = fused(y[at.of[3] + row * s.y + j], read(g[at.of[4] + row * s.g + j]), sum);
    }
    for (int bit = 1; bit < LANES; bit *= 2) {
      const V other = from_lane(sum, bit);
      sum = lane & bit ? other + sum : sum + other;
    }
    if (lane == 0) { dots[at.of[9] + row] = sum; }
  }
}

typedef Positions<11, long long> Slopes;

/* Where a head's operands begin, in shared memory: registers are few. */
#define PLACES_OF_HEAD(at, heads, head)                                            \
  SHARED(Slopes, places, 1);                                                  \
  __syncthreads();                                                                 \
  if (threadIdx.x == 0) { places[0] = positions<11, long long>(heads, head); }     \
  __syncthreads();                                                                 \
  const auto &at = places[0]

/* A weight again, from its score. */
template <class V>
DEVICE V weight_of(bool seen, V score, V level) {
  return seen && !(level == -(V)INFINITY) ? exp(score - level) : (V)0;
}

template <class T, bool PICKS>
__global__ void attention_queries(Sizes s, Picks p, LayoutOf<11> heads, double scale, const void *mask,
                                  const unsigned long long *drawn, const typename T::M *q, const typename T::M *k,
                                  const typename T::M *v, const typename T::M *g,
                                  const typename T::V *levels, const typename T::V *dots, typename T::M *gq) {
  TILES(T);
  const long long row = (long long)(gridDim.x - 1 - blockIdx.x) * ROWS, rows = s.rows - row;
  for (long long head = blockIdx.y; head < heads.numel; head += gridDim.y) {
    PLACES_OF_HEAD(at, heads, head);
    V out[R][W], level[R], dot[R], by[R];
    clear(out);
#pragma unroll
    for (int i = 0; i < R; i++) {
      const bool own = tiles.row(i) < rows;
      level[i] = own ? levels[at.of[8] + row + tiles.row(i)] : -(V)INFINITY;
      dot[i] = own ? dots[at.of[9] + row + tiles.row(i)] : (V)0;
      by[i] = (V)scale;
    }
    const long long end = keys_end(s, row + ROWS);
    for (long long key = 0; key < end; key += SPAN) {
      V own[R][C], slopes[R][C];
      tiles.dots(q + at.of[0] + row * s.q, s.q, rows, k + at.of[1] + key * s.k, s.k, s.keys - key, s.size, own);
      tiles.dots(g + at.of[4] + row * s.g, s.g, rows, v + at.of[2] + key * s.v, s.v, s.keys - key, s.width, slopes);
#pragma unroll
      for (int i = 0; i < R; i++) {
        const long long last = keys_end(s, row + tiles.row(i) + 1) - key;
        if constexpr (PICKS) {
          if (drawn) {
            V kept[R];
            draws(p, drawn, at.of[8] + row + tiles.row(i), s.keys, key + tiles.tx, kept);
#pragma unroll
            for (int j = 0; j < C; j++) { slopes[i][j] *= kept[j]; }
          }
        }
#pragma unroll
        for (int j = 0; j < C; j++) {
          const bool seen = tiles.column(j) < last;
          V score = own[i][j] * (V)scale;
          if constexpr (PICKS) {
            if (seen && tiles.row(i) < rows) {
              score = masked(p, mask, at.of[10], row + tiles.row(i), key + tiles.column(j), score);
            }
          }
          const V weight = weight_of(seen, score, level[i]);
          slopes[i][j] = weight * (slopes[i][j] - dot[i]);
        }
      }
      tiles.add(slopes, k + at.of[1] + key * s.k, s.k, s.keys - key, s.size, out);
    }
    write_out(tiles, out, by, gq + at.of[5] + row * s.gq, s.gq, rows, s.size);
  }
}

/* A tile's rows are keys here, and its columns rows. One of the gradients may be null. */
template <class T, bool PICKS>
__global__ void attention_keys(Sizes s, Picks p, LayoutOf<11> heads, double scale, const void *mask,
                               const unsigned long long *drawn, const typename T::M *q, const typename T::M *k,
                               const typename T::M *v, const typename T::M *g,
                               const typename T::V *levels, const typename T::V *dots, typename T::M *gk, typename T::M *gv) {
  TILES(T);
  SHARED(V, level, SPAN); /* of the tile's columns */
  SHARED(V, dot, SPAN);
  const long long key = (long long)blockIdx.x * ROWS, keys = s.keys - key;
  for (long long head = blockIdx.y; head < heads.numel; head += gridDim.y) {
    PLACES_OF_HEAD(at, heads, head);
    V of_keys[R][W], of_values[R][W], by[R], one[R];
    clear(of_keys);
    clear(of_values);
#pragma unroll
    for (int i = 0; i < R; i++) {
      by[i] = (V)scale;
      one[i] = 1;
    }
    for (long long row = s.causal ? key / SPAN * SPAN : 0; row < s.rows; row += SPAN) {
      const long long rows = s.rows - row;
      const int t = (int)threadIdx.x;
      if (t < SPAN) {
        level[t] = t < rows ? levels[at.of[8] + row + t] : -(V)INFINITY;
        dot[t] = t < rows ? dots[at.of[9] + row + t] : (V)0;
      }
      __syncthreads();
      V own[R][C], slopes[R][C];
      tiles.dots(k + at.of[1] + key * s.k, s.k, keys, q + at.of[0] + row * s.q, s.q, rows, s.size, own);
      tiles.dots(v + at.of[2] + key * s.v, s.v, keys, g + at.of[4] + row * s.g, s.g, rows, s.width, slopes);
#pragma unroll
      for (int j = 0; j < C; j++) {
        const int column = tiles.column(j);
        const bool is_row = column < rows;
        const long long end = keys_end(s, row + column + 1) - key;
        const int last = end < ROWS ? (int)end : ROWS;
        V kept[R];
        if constexpr (PICKS) {
          if (drawn) { draws(p, drawn, at.of[8] + row + column, s.keys, key + tiles.ty, kept); }
        }
#pragma unroll
        for (int i = 0; i < R; i++) {
          const bool seen = tiles.row(i) < last;
          V score = own[i][j] * (V)scale;
          if constexpr (PICKS) {
            if (drawn) { slopes[i][j] *= kept[i]; }
            if (seen && is_row) {
              score = masked(p, mask, at.of[10], row + column, again(key) + tiles.row(i), score);
            }
          }
          own[i][j] = weight_of(seen, score, level[column]);
          slopes[i][j] = own[i][j] * (slopes[i][j] - dot[column]);
          if constexpr (PICKS) {
            if (drawn) { own[i][j] *= kept[i]; }
          }
        }
      }
      tiles.add(own, g + at.of[4] + row * s.g, s.g, rows, s.width, of_values);
      tiles.add(slopes, q + at.of[0] + row * s.q, s.q, rows, s.size, of_keys);
    }
    if (gk) { write_out(tiles, of_keys, by, gk + at.of[6] + key * s.gk, s.gk, keys, s.size); }
    if (gv) { write_out(tiles, of_values, one, gv + at.of[7] + key * s.gv, s.gv, keys, s.width); }
  }
}
