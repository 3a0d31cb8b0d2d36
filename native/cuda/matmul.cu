/* Products of integer matrices, which wrap, for which cuBLAS has none: y = alpha a b + beta y. */
#include "layout.cuh"

constexpr int SIDE = 16; /* of the square of results that a block makes */

struct Sizes {
  long long m, n, k;
  long long a_row, a_column, b_row, b_column, y_row;
};

/* The layout is that of the batch of a, b and y; `batches` are numbered by z. Blocks are SIDE * SIDE threads. */
template <class M>
__global__ void whole_product(Sizes s, Layout batch, long long alpha, long long beta, const M *a, const M *b, M *y) {
  SHARED(M, as, SIDE * SIDE);
  SHARED(M, bs, SIDE * SIDE);
  const int t = (int)threadIdx.x, tr = t / SIDE, tc = t % SIDE;
  const long long column = (long long)blockIdx.x * SIDE + tc;
  for (long long z = blockIdx.z; z < batch.numel; z += gridDim.z) {
    const auto at = positions<3, long long>(batch, z);
    for (long long top = (long long)blockIdx.y * SIDE; top < s.m; top += (long long)gridDim.y * SIDE) {
      const long long row = top + tr;
      long long sum = 0;
      for (long long k = 0; k < s.k; k += SIDE) {
        as[t] = row < s.m && k + tc < s.k ? a[at.of[0] + row * s.a_row + (k + tc) * s.a_column] : (M)0;
        bs[t] = column < s.n && k + tr < s.k ? b[at.of[1] + (k + tr) * s.b_row + column * s.b_column] : (M)0;
        __syncthreads();
        for (int i = 0; i < SIDE; i++) { sum += (long long)as[tr * SIDE + i] * (long long)bs[i * SIDE + tc]; }
        __syncthreads();
      }
      if (row < s.m && column < s.n) {
        M *result = y + at.of[2] + row * s.y_row + column;
        *result = (M)(alpha * sum + (beta == 0 ? 0 : beta * (long long)*result));
      }
    }
  }
}
