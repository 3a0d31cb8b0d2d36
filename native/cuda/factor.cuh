/*
 * Steps of factorisations: each is done by a whole block for one matrix in global memory, may be called by all of its threads
 * only, and leaves them after a barrier. Every number is made by one thread, or joined in one order, so results are the same
 * in each run. Blocks have a power of 2 of threads, from 32 to 256.
 */
#ifndef CHAGRES_FACTOR_CUH
#define CHAGRES_FACTOR_CUH

#include "lines.cuh"

/* A matrix, or its transpose, or a part of it. Index is int where it lies in shared memory. */
template <class T, class Index = long long>
struct View {
  T *at;
  Index row, column;

  DEVICE T &operator()(Index i, Index j) const { return at[i * row + j * column]; }
  DEVICE View turned() const { return {at, column, row}; }
  DEVICE View from(Index i, Index j) const { return {&(*this)(i, j), row, column}; }
};

template <class T>
DEVICE View<T> columns(T *at, long long rows) {
  return {at, 1, rows};
}

#define EACH_MATRIX(z, batch) for (long long z = blockIdx.x; z < (batch); z += gridDim.x)
/* Places are of the type of their number, long long or int. */
#define PLACES(n) decltype((n) + 0)
#define BLOCK_EACH(i, n) for (PLACES(n) i = (PLACES(n))threadIdx.x; i < (n); i += (PLACES(n))blockDim.x)
/* Neighbouring threads take neighbouring rows. */
#define BLOCK_TILE(i, rows, j, columns)                                                                      \
  for (PLACES(columns) j = (PLACES(columns))threadIdx.x / LANES; j < (columns); j += (PLACES(columns))blockDim.x / LANES) \
    for (PLACES(rows) i = (PLACES(rows))threadIdx.x % LANES; i < (rows); i += LANES)

/* a b + c, rounded once. */
template <class T>
DEVICE T fused(T a, T b, T c) {
  if constexpr (SAME<T, double>) {
    return mad_f64(a, b, c);
  } else {
    return mad(a, b, c);
  }
}

/* A number's size and where it stands; the first of the greatest wins, a NaN before numbers. */
template <class T>
struct Place {
  T size;
  long long at;
};
struct First {
  template <class P>
  static DEVICE P join(P a, P b) {
    const bool nan = b.size != b.size, kept = a.size != a.size, equal = a.size == b.size || (nan && kept);
    return equal ? (b.at < a.at ? b : a) : (nan || (!kept && b.size > a.size) ? b : a);
  }
};

/* The greatest size of elements, NaN if there is one. */
template <class T>
DEVICE T greatest(const T *x, long long n) {
  const Team all((int)blockDim.x, false);
  T found = 0;
  BLOCK_EACH(i, n) { found = Greatest::join(found, (T)fabs(x[i])); }
  return all.joined<Greatest>(found);
}

/* ---- triangular systems ------------------------------------------------------------------------------------------------------- */

/* b becomes the solution of a x = b, for a lower or upper triangle. */
template <class T>
DEVICE void substitute(View<T> a, long long n, bool lower, bool unit, View<T> b, long long columns) {
  for (long long step = 0; step < n; step++) {
    const long long k = lower ? step : n - 1 - step;
    if (!unit) {
      BLOCK_EACH(c, columns) { b(k, c) /= a(k, k); }
      __syncthreads();
    }
    const long long from = lower ? k + 1 : 0;
    BLOCK_TILE(i, n - 1 - step, c, columns) { b(from + i, c) = fused(-a(from + i, k), b(k, c), b(from + i, c)); }
    __syncthreads();
  }
}

/* ---- reflections: H = 1 - tau v v^T, of which v[0] = 1 is not stored --------------------------------------------------------- */

/* The columns of c become H c. */
template <class T>
DEVICE void reflect(const T *v, T tau, long long rows, View<T> c, long long columns) {
  const Team team(LANES, false);
  for (long long start = 0; start < columns; start += team.lines) {
    const long long j = start + team.line;
    T sum = 0;
    for (long long i = team.thread; j < columns && i < rows; i += LANES) { sum = fused(i == 0 ? (T)1 : v[i], c(i, j), sum); }
    sum = tau * team.joined<Sum>(sum);
    for (long long i = team.thread; j < columns && i < rows; i += LANES) {
      c(i, j) = fused(-sum, i == 0 ? (T)1 : v[i], c(i, j));
    }
  }
  __syncthreads();
}

/* a, whose columns are `leading` apart, becomes R, with the vectors of the reflections below it. */
template <class T>
DEVICE void reflections(T *a, long long leading, long long m, long long n, T *tau) {
  const Team all((int)blockDim.x, false);
  for (long long k = 0; k < m && k < n; k++) {
    T *x = a + k + k * leading;
    const long long rows = m - k;
    const T big = greatest(x + 1, rows - 1);
    if (big == 0) {
      if (threadIdx.x == 0) { tau[k] = 0; }
      continue;
    }
    /* All are divided by the greatest: of denormals nothing is lost then. */
    const T scale = Greatest::join((T)fabs(x[0]), big), first = x[0] / scale;
    T sum = 0;
    BLOCK_EACH(i, rows - 1) { sum = fused(x[i + 1] / scale, x[i + 1] / scale, sum); }
    sum = all.joined<Sum>(sum);
    const T beta = -copysign(hypot(first, sqrt(sum)), first), factor = (beta - first) / beta;
    __syncthreads();
    BLOCK_EACH(i, rows - 1) { x[i + 1] = x[i + 1] / scale / (first - beta); }
    if (threadIdx.x == 0) {
      x[0] = beta * scale;
      tau[k] = factor;
    }
    __syncthreads();
    reflect(x, factor, rows, View<T>{x + leading, 1, leading}, n - k - 1);
  }
  __syncthreads();
}

/* c becomes Q c or Q^T c, for the product Q of k reflections of m rows. */
template <class T>
DEVICE void times_q(const T *a, long long m, long long k, const T *tau, bool transposed, View<T> c, long long columns) {
  for (long long step = 0; step < k; step++) {
    const long long i = transposed ? step : k - 1 - step;
    reflect(a + i + i * m, tau[i], m - i, c.from(i, 0), columns);
  }
}

#endif
