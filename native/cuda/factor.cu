/*
 * Factorisations and systems of equations of float and double, after the unblocked algorithms of LAPACK's users' guide: a
 * block for each matrix. Matrices (m, n) lie column by column but where it is said.
 */
#include "factor.cuh"

/* With exchanges of rows, which are counted from 1. The info is the place of the first zero on U's diagonal. */
template <class T>
__global__ void lu(long long batch, long long m, long long n, T *as, int *all_pivots, int *infos) {
  const Team all((int)blockDim.x, false);
  const long long least = m < n ? m : n;
  EACH_MATRIX(z, batch) {
    const View<T> a = columns(as + z * m * n, m);
    int *pivots = all_pivots + z * least, info = 0;
    for (long long k = 0; k < least; k++) {
      Place<T> best = {(T)fabs(a(k, k)), k};
      for (long long i = k + 1 + threadIdx.x; i < m; i += blockDim.x) {
        best = First::join(best, Place<T>{(T)fabs(a(i, k)), i});
      }
      best = all.joined<First>(best);
      if (threadIdx.x == 0) { pivots[k] = (int)(best.at + 1); }
      if (best.size == 0) {
        info = info == 0 ? (int)(k + 1) : info;
        continue;
      }
      if (best.at != k) {
        BLOCK_EACH(j, n) {
          const T kept = a(k, j);
          a(k, j) = a(best.at, j);
          a(best.at, j) = kept;
        }
      }
      __syncthreads();
      BLOCK_EACH(i, m - k - 1) { a(k + 1 + i, k) /= a(k, k); }
      __syncthreads();
      BLOCK_TILE(i, m - k - 1, j, n - k - 1) {
        const View<T> rest = a.from(k + 1, k + 1);
        rest(i, j) = fused(-a(k + 1 + i, k), a(k, k + 1 + j), rest(i, j));
      }
      __syncthreads();
    }
    if (threadIdx.x == 0) { infos[z] = info; }
    __syncthreads();
  }
}

/* The row that the k-th is exchanged with; k itself, and a report, if there is no such row. */
DEVICE long long exchanged(const int *pivots, long long k, long long rows, const Fault &fault) {
  const long long row = (long long)pivots[k] - 1;
  if ((unsigned long long)row < (unsigned long long)rows) { return row; }
  fault.report(pivots[k]);
  return k;
}

/* The order of rows that k exchanges make: a thread for each. */
__global__ void row_order(long long batch, long long k, long long rows, const int *pivots, long long *orders, Fault fault) {
  EACH(long long, z, batch) {
    long long *order = orders + z * rows;
    for (long long i = 0; i < rows; i++) { order[i] = i; }
    for (long long i = 0; i < k; i++) {
      const long long other = exchanged(pivots + z * k, i, rows, fault), kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
  }
}

/* Exchanges the rows of b, in the order of the pivots or from the last. */
template <class T>
DEVICE void exchange(const int *pivots, long long n, bool back, View<T> b, long long count, const Fault &fault) {
  BLOCK_EACH(c, count) {
    for (long long step = 0; step < n; step++) {
      const long long k = back ? n - 1 - step : step, other = exchanged(pivots, k, n, fault);
      const T kept = b(k, c);
      b(k, c) = b(other, c);
      b(other, c) = kept;
    }
  }
  __syncthreads();
}

template <class T>
__global__ void lu_solve(long long batch, long long n, long long count, bool transposed, T *packed, const int *all_pivots,
                         T *bs, Fault fault) {
  EACH_MATRIX(z, batch) {
    const View<T> a = columns(packed + z * n * n, n), b = columns(bs + z * n * count, n);
    const int *pivots = all_pivots + z * n;
    if (transposed) {
      substitute(a.turned(), n, true, false, b, count);
      substitute(a.turned(), n, false, true, b, count);
      exchange(pivots, n, true, b, count, fault);
    } else {
      exchange(pivots, n, false, b, count, fault);
      substitute(a, n, true, true, b, count);
      substitute(a, n, false, false, b, count);
    }
  }
}

/* Here matrices lie row by row; `lower` tells of the matrix as it is stored. */
template <class T>
__global__ void solve_triangular(long long batch, long long n, long long count, bool lower, bool transposed, bool unit,
                                 T *as, T *bs) {
  EACH_MATRIX(z, batch) {
    const View<T> a = {as + z * n * n, n, 1}, b = {bs + z * n * count, count, 1};
    substitute(transposed ? a.turned() : a, n, lower != transposed, unit, b, count);
  }
}

/* One triangle becomes its factor. The info is the order of the first minor that is not positive. */
template <class T>
__global__ void cholesky(long long batch, long long n, bool lower, T *as, int *infos) {
  EACH_MATRIX(z, batch) {
    const View<T> stored = columns(as + z * n * n, n), a = lower ? stored : stored.turned();
    int info = 0;
    for (long long k = 0; k < n; k++) {
      const T pivot = a(k, k);
      if (!(pivot > 0)) {
        info = (int)(k + 1);
        break;
      }
      const T root = sqrt(pivot);
      __syncthreads();
      if (threadIdx.x == 0) { a(k, k) = root; }
      BLOCK_EACH(i, n - k - 1) { a(k + 1 + i, k) /= root; }
      __syncthreads();
      BLOCK_TILE(i, n - k - 1, j, n - k - 1) {
        if (i >= j) {
          const View<T> rest = a.from(k + 1, k + 1);
          rest(i, j) = fused(-a(k + 1 + i, k), a(k + 1 + j, k), rest(i, j));
        }
      }
      __syncthreads();
    }
    if (threadIdx.x == 0) { infos[z] = info; }
    __syncthreads();
  }
}

template <class T>
__global__ void qr(long long batch, long long m, long long n, T *as, T *taus) {
  EACH_MATRIX(z, batch) { reflections(as + z * m * n, m, n, taus + z * (m < n ? m : n)); }
}

/* k reflections become the first n columns of their product, from the last. */
template <class T>
__global__ void orthogonal(long long batch, long long m, long long n, long long k, T *as, const T *taus) {
  EACH_MATRIX(z, batch) {
    const View<T> a = columns(as + z * m * n, m);
    const T *tau = taus + z * k;
    BLOCK_TILE(i, m, j, n - k) { a(i, k + j) = i == k + j ? (T)1 : (T)0; }
    __syncthreads();
    for (long long i = k - 1; i >= 0; i--) {
      if (i + 1 < n) { reflect(&a(i, i), tau[i], m - i, a.from(i, i + 1), n - i - 1); }
      BLOCK_EACH(row, m) { a(row, i) = row < i ? (T)0 : (row == i ? 1 - tau[i] : -tau[i] * a(row, i)); }
      __syncthreads();
    }
  }
}

/* b (rows, columns) is multiplied from the left, or its transpose is. `as` are (rows, held), or (columns, held). */
template <class T>
__global__ void times_orthogonal(long long batch, long long rows, long long count, long long held, long long k, bool left,
                                 bool transposed, const T *as, const T *taus, T *bs) {
  const long long m = left ? rows : count;
  EACH_MATRIX(z, batch) {
    const View<T> b = columns(bs + z * rows * count, rows);
    times_q(as + z * m * held, m, k, taus + z * k, left == transposed, left ? b : b.turned(), left ? count : rows);
  }
}
