/*
 * Tiles of attention on tensor cores, for 16-bit elements: four warps, each with 16 of 64 rows. A product takes its operands
 * as they are and adds in float; weights, which are no 16-bit numbers, are two of them, so that a product loses no more than
 * their last 8 bits or so.
 */
#ifndef CHAGRES_TENSORCORE_CUH
#define CHAGRES_TENSORCORE_CUH

#include "lines.cuh"

/* Two elements, the first in the low bits. */
template <class M>
DEVICE uint32_t pair(M low, M high) {
  return (uint32_t)low.bits | (uint32_t)high.bits << 16;
}
template <class M>
DEVICE float half_of(uint32_t pair, int high) {
  M m;
  m.bits = (uint16_t)(high ? pair >> 16 : pair);
  return read(m);
}

/*
 * c += a b, by a warp: of 16 rows, 8 columns and 16 elements between. Lane 4 g + t holds of a the rows g and g + 8 at 2 t,
 * 2 t + 1, and the same 8 further; of b column g at those; of c the columns 2 t and 2 t + 1 of the rows g, and of g + 8 (PTX
 * ISA, mma.m16n8k16).
 */
template <class M>
DEVICE void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  if constexpr (SAME<M, BFloat16>) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
#else
  const int lane = (int)threadIdx.x % LANES, g = lane / 4, t = lane % 4;
  for (int k = 0; k < 8; k++) {
    const int holder = k % 4, part = k / 4;
    uint32_t of_a[2], of_b[2];
    for (int i = 0; i < 2; i++) {
      of_a[i] = __shfl_sync(0xffffffffu, a[2 * part + i], g * 4 + holder);
      of_b[i] = __shfl_sync(0xffffffffu, b[part], (2 * t + i) * 4 + holder);
    }
    for (int i = 0; i < 4; i++) {
      for (int high = 0; high < 2; high++) {
        c[i] = mad(half_of<M>(of_a[i / 2], high), half_of<M>(of_b[i % 2], high), c[i]);
      }
    }
  }
#endif
}

/* Tiles have 64 rows and so many columns. Each thread has 2 by C scores, and W columns of 2 rows of a result. */
template <class Stored, int SIZE, int COLUMNS>
struct Fragments {
  typedef Stored M;
  typedef float V;
  static constexpr int R = 2, C = COLUMNS / 4, W = SIZE / 4, ROWS = 64, SPAN = COLUMNS, THREADS = 128, DEPTH = 16;
  /* Neighbouring rows begin 4 banks apart, so that a warp's fragment lies in all banks. */
  static constexpr int CHUNK = 64, PITCH = CHUNK + 8;

  struct alignas(16) Shared {
    M left[ROWS * PITCH], right[SPAN * PITCH], operand[SIZE * PITCH];
  };

  Shared &at;
  int warp, g, t;

  DEVICE Fragments(Shared &at) : at(at) {
    warp = (int)threadIdx.x / LANES;
    g = (int)threadIdx.x % LANES / 4;
    t = (int)threadIdx.x % 4;
  }

  DEVICE int row(int i) const { return warp * 16 + g + 8 * i; }
  DEVICE int column(int j) const { return j / 2 * 8 + 2 * t + j % 2; }
  DEVICE int out_column(int w) const { return column(w); }
  DEVICE bool is_first() const { return t == 0; }

  /* What the threads of a row have found, for each of them. */
  template <class Op>
  DEVICE float along_row(float found) const {
    for (int bit = 1; bit < 4; bit *= 2) {
      const float other = from_lane(found, bit);
      found = t & bit ? Op::join(other, found) : Op::join(found, other);
    }
    return found;
  }

  static DEVICE uint32_t word(const M *x, int row, int k) {
    return *reinterpret_cast<const uint32_t *>(x + row * PITCH + k);
  }

  static DEVICE int at_most(long long rows, int most) { return rows < most ? (int)rows : most; }

  /* By packs of 16 bytes if rows have whole ones; one by one in a loop that is no longer than it has to be. */
  template <int LAID>
  DEVICE void lay(const M *x, long long step, int rows, int from, int n, M *to) const {
    constexpr int N = 16 / (int)sizeof(M);
    if ((reinterpret_cast<uint64_t>(x) % 16 | (uint64_t)step % N | (uint64_t)(n % N)) == 0) {
#pragma unroll 2
      for (int i = again((int)threadIdx.x); i < LAID * CHUNK / N; i += THREADS) {
        const int r = i / (CHUNK / N), d = i % (CHUNK / N) * N;
        const bool there = r < rows && from + d < n;
        store(to + r * PITCH + d, 0, there ? load<M, N>(x + r * step + from + d, 0) : Pack<M, N>{});
      }
      return;
    }
#pragma unroll 1
    for (int i = again((int)threadIdx.x); i < LAID * CHUNK; i += THREADS) {
      const int r = i / CHUNK, d = i % CHUNK;
      to[r * PITCH + d] = r < rows && from + d < n ? x[r * step + from + d] : M{};
    }
  }

  /* The dot products of rows of a, of which there are so many, with rows of b. */
  DEVICE void dots(const M *a, long long step_a, long long rows_a, const M *b, long long step_b, long long rows_b,
                   long long all, float (&sum)[R][C]) const {
    const int n = (int)all, left_rows = at_most(rows_a, ROWS), right_rows = at_most(rows_b, SPAN);
    float c[C / 2][4];
#pragma unroll
    for (int tile = 0; tile < C / 2; tile++) {
      for (int i = 0; i < 4; i++) { c[tile][i] = 0; }
    }
    for (int from = 0; from < n; from += CHUNK) {
      lay<ROWS>(a, step_a, left_rows, from, n, at.left);
      lay<SPAN>(b, step_b, right_rows, from, n, at.right);
      __syncthreads();
      for (int k = 0; k < CHUNK && from + k < n; k += DEPTH) {
        const int first = row(0), k0 = k + 2 * t;
        const uint32_t of_a[4] = {word(at.left, first, k0), word(at.left, first + 8, k0), word(at.left, first, k0 + 8),
                                  word(at.left, first + 8, k0 + 8)};
#pragma unroll
        for (int tile = 0; tile < C / 2; tile++) {
          const uint32_t of_b[2] = {word(at.right, tile * 8 + g, k0), word(at.right, tile * 8 + g, k0 + 8)};
          mma<M>(c[tile], of_a, of_b);
        }
      }
      __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < R; i++) {
#pragma unroll
      for (int j = 0; j < C; j++) { sum[i][j] = c[j / 2][2 * i + j % 2]; }
    }
  }

  /* A weight as two numbers. */
  static DEVICE void split(float weight, M &high, M &low) {
    high = write<M>(weight);
    const float rounded = read(high);
    low = write<M>(fabs(rounded) < INFINITY ? weight - rounded : 0.0f);
  }

  static DEVICE void put_pair(M *x, int row, int k, uint32_t pair) {
    *reinterpret_cast<uint32_t *>(x + row * PITCH + k) = pair;
  }

  /*
   * The rows of x become columns: a thread lays two of them beside each other, four columns of them at a time if rows have whole
   * packs of these. Lanes write to different banks: 16 pairs of rows and 2 packs of columns, or 8 and 4, of which the last
   * two are written in another order.
   */
  DEVICE void lay_turned(const M *x, long long step, int rows, int n) const {
    constexpr int N = 4, PAIRS = SPAN / 2 < 16 ? SPAN / 2 : 16, PACKS = SIZE / N;
    if ((reinterpret_cast<uint64_t>(x) % (N * sizeof(M)) | (uint64_t)step % N | (uint64_t)(n % N)) == 0) {
#pragma unroll 1
      for (int i = again((int)threadIdx.x); i < SPAN / 2 * PACKS; i += THREADS) {
        const int c = i / PAIRS % PACKS * N, r = (i / (PAIRS * PACKS) * PAIRS + i % PAIRS) * 2;
        const bool other = PAIRS < 16 && c & 2 * N;
        Pack<M, N> low = {}, high = {};
        if (c < n && r < rows) { low = load<M, N>(x + r * step + c, 0); }
        if (c < n && r + 1 < rows) { high = load<M, N>(x + (r + 1) * step + c, 0); }
#pragma unroll
        for (int j = 0; j < N; j++) {
          const uint32_t own = pair(low.at[j], high.at[j]), across = pair(low.at[j ^ 2], high.at[j ^ 2]);
          put_pair(at.operand, c + (other ? j ^ 2 : j), r, other ? across : own);
        }
      }
      return;
    }
#pragma unroll 1
    for (int i = again((int)threadIdx.x); i < SPAN / 2 * SIZE; i += THREADS) {
      const int c = i / 32 % (SIZE / 8) * 8 + i / 4 % 8, r = (i / (4 * SIZE) * 4 + i % 4) * 2;
      const M low = r < rows && c < n ? x[r * step + c] : M{}, high = r + 1 < rows && c < n ? x[(r + 1) * step + c] : M{};
      put_pair(at.operand, c, r, pair(low, high));
    }
  }

  /* Adds the products of the weights, which each thread gives its own of, with rows of x, of which there are so many. */
  DEVICE void add(const float (&own)[R][C], const M *x, long long step, long long rows, long long n,
                  float (&out)[R][W]) const {
    lay_turned(x, step, at_most(rows, SPAN), (int)n);
    __syncthreads();
#pragma unroll
    for (int k = 0; k < C / 4; k++) {
      /* What a thread has of scores is what it has to have of the first operand. */
      uint32_t high[4], low[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        M highs[2], lows[2];
        for (int j = 0; j < 2; j++) { split(own[i % 2][4 * k + i / 2 * 2 + j], highs[j], lows[j]); }
        high[i] = pair(highs[0], highs[1]);
        low[i] = pair(lows[0], lows[1]);
      }
#pragma unroll
      for (int tile = 0; tile < W / 2; tile++) {
        const int column = tile * 8 + g, from = k * DEPTH + 2 * t;
        const uint32_t of_x[2] = {word(at.operand, column, from), word(at.operand, column, from + 8)};
        float c[4] = {out[0][2 * tile], out[0][2 * tile + 1], out[1][2 * tile], out[1][2 * tile + 1]};
        mma<M>(c, low, of_x);
        mma<M>(c, high, of_x);
        for (int i = 0; i < 4; i++) { out[i / 2][2 * tile + i % 2] = c[i]; }
      }
    }
    __syncthreads();
  }
};

#endif
