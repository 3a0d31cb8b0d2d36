/*
 * Least squares and singular values of large matrices by way of their triangles: what is done between reflections, products,
 * substitutions and rotations. A matrix that is wider than high is taken as its transpose, so here all are of n columns, with
 * n rows or more. What there is to know of it (infos, sizes) jacobi.cu has found.
 */
#include "spectra.cuh"

/* triangles (n, n) become R of q (rows, n), or its transpose, with zeros beside it. */
template <class T>
__global__ void take_triangle(long long batch, long long rows, Divisor n, int transposed, const T *qs, T *triangles) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<const T> q = columns(qs + z * rows * n.size, rows);
    EACH(long long, at, n.size * n.size) {
      const long long j = n.over(at), i = at - j * n.size, row = transposed ? j : i, column = transposed ? i : j;
      triangles[z * n.size * n.size + at] = row <= column ? q(row, column) : (T)0;
    }
  }
}

/* ---- singular values -------------------------------------------------------------------------------------------------------- */

/* y (rows, count) becomes x (n, n), or its transpose, and beside it the unit matrix, as far as it reaches. */
template <class T>
__global__ void put_corner(long long batch, long long n, int transposed, Divisor rows, long long count, const T *xs, T *ys) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    EACH(long long, at, rows.size * count) {
      const long long j = rows.over(at), i = at - j * rows.size;
      const long long from = transposed ? i * n + j : j * n + i;
      ys[z * rows.size * count + at] = i < n && j < n ? xs[z * n * n + from] : (i == j ? (T)1 : (T)0);
    }
  }
}

/* The values of scaled matrices become those of the matrices, and an info of before stays: a block for each. */
template <class T>
__global__ void unscale_values(long long batch, long long n, const T *sizes, const int *before, T *values, int *infos) {
  EACH_MATRIX(z, batch) {
    const int e = before[z] == 0 ? scale_of(sizes[z]) : 0;
    BLOCK_EACH(i, n) { values[z * n + i] = ldexp(values[z * n + i], -e); }
    if (threadIdx.x == 0 && before[z] != 0) { infos[z] = before[z]; }
  }
}

/* ---- least squares ----------------------------------------------------------------------------------------------------------- */

/*
 * b (rows, count) becomes 0 from row m on, where it holds nothing yet, and all of it where it has NaN or infinity, as `unknown`
 * tells: a block for each.
 */
template <class T>
__global__ void begin_least(long long batch, long long m, long long rows, long long count, T *bs, int *unknown) {
  EACH_MATRIX(z, batch) {
    const View<T> b = columns(bs + z * rows * count, rows);
    T most = 0;
    BLOCK_TILE(i, m, c, count) { most = Greatest::join(most, (T)fabs(b(i, c))); }
    most = Team((int)blockDim.x, false).joined<Greatest>(most);
    const bool bad = most - most != 0;
    BLOCK_TILE(i, rows, c, count) {
      if (bad || i >= m) { b(i, c) = 0; }
    }
    if (threadIdx.x == 0) { unknown[z] = bad; }
  }
}

/* The info of a matrix that has none becomes the place of the first zero on its triangle's diagonal: a block for each. */
template <class T>
__global__ void find_zero(long long batch, long long n, const T *triangles, int *infos) {
  const Team all((int)blockDim.x, false);
  EACH_MATRIX(z, batch) {
    long long first = n;
    BLOCK_EACH(i, n) { first = triangles[z * n * n + i * (n + 1)] == 0 && i < first ? i : first; }
    first = all.joined<Least>(first);
    if (threadIdx.x == 0 && infos[z] == 0 && first < n) { infos[z] = (int)(first + 1); }
  }
}

/* y (n, count) becomes the first rows of b (rows, count). */
template <class T>
__global__ void take_rows(long long batch, Divisor n, long long rows, long long count, const T *bs, T *ys) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    EACH(long long, at, n.size * count) {
      const long long c = n.over(at), i = at - c * n.size;
      ys[z * n.size * count + at] = bs[(z * count + c) * rows + i];
    }
  }
}

/*
 * Row i of y (n, count) is divided by the i-th of the values, which are from the greatest: those up to rcond of that one count
 * as 0, and make 0. The rank is how many are more.
 */
template <class T>
__global__ void divide_rows(long long batch, Divisor n, long long count, T rcond, const T *values, T *ys, int *ranks) {
  const Team all((int)blockDim.x, false);
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const T *s = values + z * n.size, least = rcond * s[0];
    EACH(long long, at, n.size * count) {
      const long long i = at - n.over(at) * n.size;
      T &y = ys[z * n.size * count + at];
      y = s[i] > least ? y / s[i] : (T)0;
    }
    if (blockIdx.x == 0) {
      int rank = 0;
      BLOCK_EACH(i, n.size) { rank += s[i] > least; }
      rank = all.joined<Sum>(rank);
      if (threadIdx.x == 0) { ranks[z] = rank; }
    }
  }
}

/* The first rows of b (rows, count) become y (n, count), which the matrix's scale has made less; NaN what is not known. */
template <class T>
__global__ void put_rows(long long batch, long long n, Divisor rows, long long count, const T *sizes, const int *unknown,
                         const T *ys, T *bs) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const bool bad = unknown[z] != 0, scaled = sizes[z] - sizes[z] == 0;
    const int e = scaled ? scale_of(sizes[z]) : 0;
    EACH(long long, at, rows.size * count) {
      const long long c = rows.over(at), i = at - c * rows.size;
      T &b = bs[z * rows.size * count + at];
      b = bad ? (T)NAN : (i < n ? (T)ldexp(ys[(z * count + c) * n + i], e) : b);
    }
  }
}
