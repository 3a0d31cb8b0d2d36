/*
 * Eigenvalues, singular values and least squares of float and double, by Jacobi's rotations: a block for each matrix, with
 * space in global memory. Each round rotates pairs of columns that no two share, as the sides of a tournament's table meet
 * (Brent and Luk 1985). The info of a matrix with NaN or infinity is -1, and 1 where rotations did not end.
 */
#include "spectra.cuh"

/* Blocks have spaces of `each` bytes. */
struct Space {
  unsigned char *at;
  long long each;

  DEVICE Space own() const { return {at + blockIdx.x * each, 0}; }
  template <class T>
  DEVICE T *take(long long n) {
    T *taken = reinterpret_cast<T *>(at);
    at += (n * (long long)sizeof(T) + 15) / 16 * 16;
    return taken;
  }
};

/* values: from the least; with `vectors` a becomes those. Space: n n + n of T, n integers, n / 2 + 1 rotations. */
template <class T>
__global__ void eigh(long long batch, long long n, bool vectors, bool lower, T *as, T *all_values, int *infos, Space spaces) {
  const Team all((int)blockDim.x, false);
  EACH_MATRIX(z, batch) {
    Space space = spaces.own();
    const View<T> a = columns(as + z * n * n, n), v = columns(vectors ? space.take<T>(n * n) : (T *)0, n);
    T *found = space.take<T>(n), *values = all_values + z * n, big = 0;
    long long *order = space.take<long long>(n);
    Rotation<T> *rotations = space.take<Rotation<T>>(n / 2 + 1);
    BLOCK_TILE(i, n, j, n) {
      if (lower ? i >= j : i <= j) { big = Greatest::join(big, (T)fabs(a(i, j))); }
    }
    big = all.joined<Greatest>(big);
    if (big - big != 0) {
      if (threadIdx.x == 0) { infos[z] = -1; }
      continue;
    }
    const int e = scale_of(big);
    BLOCK_TILE(i, n, j, n) {
      if (lower ? i >= j : i <= j) {
        const T scaled = ldexp(a(i, j), e);
        a(i, j) = scaled;
        if (i != j) { a(j, i) = scaled; }
      }
      if (vectors) { v(i, j) = i == j ? (T)1 : (T)0; }
    }
    __syncthreads();
    const bool ended = diagonalize(a, n, Above<T>{EPS<T> / 4}, v, rotations, MOST_SWEEPS) < MOST_SWEEPS;
    BLOCK_EACH(i, n) { found[i] = a(i, i); }
    __syncthreads();
    rank_values(found, n, false, order);
    BLOCK_EACH(i, n) { values[order[i]] = ldexp(found[i], -e); }
    if (vectors) {
      BLOCK_TILE(i, n, j, n) { a(i, order[j]) = v(i, j); }
    }
    if (threadIdx.x == 0) { infos[z] = ended ? 0 : 1; }
    __syncthreads();
  }
}

/* ---- singular values ------------------------------------------------------------------------------------------------------------ */

template <class T>
struct Products {
  T pp, pq, qq;
};
struct SumOfProducts {
  template <class P>
  static DEVICE P join(P a, P b) {
    return {a.pp + b.pp, a.pq + b.pq, a.qq + b.qq};
  }
};

/*
 * w (rows, n), rows >= n, scaled, becomes orthogonal columns, by rotations that v (n, n) gathers, and `sizes` their lengths;
 * tells whether they are (Hestenes 1958).
 */
template <class T>
DEVICE bool orthogonalize(View<T> w, long long rows, long long n, View<T> v, T *sizes) {
  const Team all((int)blockDim.x, false), team(LANES, false);
  const long long seats = n + n % 2, pairs = seats / 2;
  const T near = EPS<T> * (4 + sqrt((T)rows));
  BLOCK_TILE(i, n, j, n) { v(i, j) = i == j ? (T)1 : (T)0; }
  __syncthreads();
  bool ended = false;
  for (int sweep = 0; sweep < MOST_SWEEPS && !ended; sweep++) {
    int turned = 0;
    for (long long round = 0; round + 1 < seats; round++) {
      for (long long start = 0; start < pairs; start += team.lines) {
        const Pair at(seats, round, start + team.line < pairs ? start + team.line : 0);
        const bool met = start + team.line < pairs && at.q < n;
        Products<T> found = {0, 0, 0};
        for (long long i = team.thread; met && i < rows; i += LANES) {
          const T p = w(i, at.p), q = w(i, at.q);
          found = {fused(p, p, found.pp), fused(p, q, found.pq), fused(q, q, found.qq)};
        }
        found = team.joined<SumOfProducts>(found);
        const T p = sqrt(found.pp), q = sqrt(found.qq);
        if (met && p > NOTHING<T> && q > NOTHING<T> && (T)fabs(found.pq) > near * p * q) {
          const Rotation<T> by = rotation(found.pp, found.pq, found.qq);
          for (long long i = team.thread; i < rows; i += LANES) { rotate(by, w(i, at.p), w(i, at.q)); }
          for (long long i = team.thread; i < n; i += LANES) { rotate(by, v(i, at.p), v(i, at.q)); }
          turned++;
        }
      }
      __syncthreads();
    }
    ended = all.joined<Sum>(turned) == 0;
  }
  for (long long start = 0; start < n; start += team.lines) {
    const long long j = start + team.line;
    T sum = 0;
    for (long long i = team.thread; j < n && i < rows; i += LANES) { sum = fused(w(i, j), w(i, j), sum); }
    sum = team.joined<Sum>(sum);
    if (j < n && team.thread == 0) { sizes[j] = sqrt(sum); }
  }
  __syncthreads();
  return ended;
}

/* Orthonormal columns up to `from` get others beside them, up to `wanted`, each from the axis that they reach least. */
template <class T>
DEVICE void complete(View<T> x, long long rows, long long from, long long wanted, T *products) {
  const Team all((int)blockDim.x, false), team(LANES, false);
  for (long long k = from; k < wanted; k++) {
    Place<T> best = {-2 * (T)rows, rows};
    BLOCK_EACH(i, rows) {
      T reached = 0;
      for (long long j = 0; j < k; j++) { reached = fused(x(i, j), x(i, j), reached); }
      best = First::join(best, Place<T>{-reached, i});
    }
    best = all.joined<First>(best);
    BLOCK_EACH(i, rows) { x(i, k) = i == best.at ? (T)1 : (T)0; }
    __syncthreads();
    for (int pass = 0; pass < 3; pass++) {
      for (long long start = 0; start < k; start += team.lines) {
        const long long j = start + team.line;
        T sum = 0;
        for (long long i = team.thread; j < k && i < rows; i += LANES) { sum = fused(x(i, j), x(i, k), sum); }
        sum = team.joined<Sum>(sum);
        if (j < k && team.thread == 0) { products[j] = sum; }
      }
      __syncthreads();
      T size = 0;
      BLOCK_EACH(i, rows) {
        T rest = x(i, k);
        for (long long j = 0; j < k; j++) { rest = fused(-products[j], x(i, j), rest); }
        x(i, k) = rest;
        size = fused(rest, rest, size);
      }
      size = sqrt(all.joined<Sum>(size));
      BLOCK_EACH(i, rows) { x(i, k) /= size; }
      __syncthreads();
    }
  }
}

/*
 * s: from the greatest; u and vh are null or have as many vectors as values, or `whole` all. A matrix that is wider than high is
 * taken as its transpose. Space, of long and short sides l and n: l n + n n + n + l of T, n integers.
 */
template <class T>
__global__ void svd(long long batch, long long m, long long n, bool vectors, bool whole, T *as, T *us, T *all_s, T *vhs,
                    int *infos, Space spaces) {
  const bool wide = m < n;
  const long long rows = wide ? n : m, least = wide ? m : n, left = whole ? m : least, right = whole ? n : least;
  EACH_MATRIX(z, batch) {
    Space space = spaces.own();
    const View<T> stored = columns(as + z * m * n, m), a = wide ? stored.turned() : stored;
    const View<T> w = columns(space.take<T>(rows * least), rows), v = columns(space.take<T>(least * least), least);
    T *sizes = space.take<T>(least), *products = space.take<T>(rows), *s = all_s + z * least, big;
    long long *order = space.take<long long>(least);
    if (!finite(stored.at, m * n, &big)) {
      if (threadIdx.x == 0) { infos[z] = -1; }
      continue;
    }
    const int e = scale_of(big);
    BLOCK_TILE(i, rows, j, least) { w(i, j) = ldexp(a(i, j), e); }
    __syncthreads();
    const bool ended = orthogonalize(w, rows, least, v, sizes);
    rank_values(sizes, least, true, order);
    BLOCK_EACH(i, least) { s[order[i]] = ldexp(sizes[i], -e); }
    if (vectors) {
      const View<T> u = columns(us + z * m * left, m), vt = columns(vhs + z * right * n, right).turned();
      const View<T> of_rows = wide ? vt : u, of_columns = wide ? u : vt;
      long long some = 0;
      for (long long j = 0; j < least; j++) { some += sizes[j] > NOTHING<T>; }
      BLOCK_TILE(i, rows, j, least) {
        if (order[j] < some) { of_rows(i, order[j]) = w(i, j) / sizes[j]; }
      }
      BLOCK_TILE(i, least, j, least) { of_columns(i, order[j]) = v(i, j); }
      __syncthreads();
      complete(of_rows, rows, some, wide ? right : left, products);
    }
    if (threadIdx.x == 0) { infos[z] = ended ? 0 : 1; }
    __syncthreads();
  }
}

/* ---- least squares -------------------------------------------------------------------------------------------------------------- */

/*
 * From A = Q R, or of a wide matrix A = (Q R)^T, what is left is the triangle, R or R^T; below the solution of a high one is what
 * remains of b. `triangular`: R has full rank, or its first zero is the info. Otherwise singular values up to rcond of the
 * greatest count as 0. Space, of long and short sides l and n: l n + 3 n + n n twice + n count of T, n integers.
 */
template <class T>
__global__ void least_squares(long long batch, long long m, long long n, long long count, bool triangular, T rcond, T *as, T *bs,
                              int *ranks, T *all_s, int *infos, Space spaces) {
  const bool wide = m < n;
  const long long rows = wide ? n : m, least = wide ? m : n;
  EACH_MATRIX(z, batch) {
    Space space = spaces.own();
    const View<T> stored = columns(as + z * m * n, m), b = columns(bs + z * rows * count, rows);
    const View<T> q = columns(space.take<T>(rows * least), rows), w = columns(space.take<T>(least * least), least);
    const View<T> v = columns(space.take<T>(least * least), least), y = columns(space.take<T>(least * count), least);
    T *tau = space.take<T>(least), *sizes = space.take<T>(least), *s = all_s + z * least, big, most = 0;
    long long *order = space.take<long long>(least);
    int info = finite(stored.at, m * n, &big) ? 0 : -1;
    if (info == 0) {
      BLOCK_EACH(i, m * count) { most = Greatest::join(most, (T)fabs(b(i % m, i / m))); }
      most = Team((int)blockDim.x, false).joined<Greatest>(most);
      const bool known = most - most == 0;
      const int e = scale_of(big);
      BLOCK_TILE(i, rows, j, least) { q(i, j) = ldexp(wide ? stored(j, i) : stored(i, j), e); }
      BLOCK_TILE(i, rows, c, count) {
        if (!known || i >= m) { b(i, c) = 0; }
      }
      __syncthreads();
      reflections(q.at, rows, rows, least, tau);
      if (!wide) { times_q(q.at, rows, least, tau, true, b, count); }
      const View<T> triangle = wide ? q.turned() : q;
      if (triangular) {
        for (long long i = least - 1; i >= 0; i--) { info = q(i, i) == 0 ? (int)(i + 1) : info; }
        if (info == 0) { substitute(triangle, least, wide, false, b, count); }
        BLOCK_TILE(i, least, c, count) { b(i, c) = ldexp(b(i, c), e); }
        __syncthreads();
      } else {
        BLOCK_TILE(i, least, j, least) { w(i, j) = (wide ? i >= j : i <= j) ? triangle(i, j) : (T)0; }
        __syncthreads();
        info = orthogonalize(w, least, least, v, sizes) ? 0 : 1;
        rank_values(sizes, least, true, order);
        T top = 0;
        for (long long j = 0; j < least; j++) { top = sizes[j] > top ? sizes[j] : top; }
        int rank = 0;
        for (long long j = 0; j < least; j++) { rank += sizes[j] > rcond * top; }
        BLOCK_EACH(j, least) { s[order[j]] = ldexp(sizes[j], -e); }
        BLOCK_TILE(j, least, c, count) {
          T sum = 0;
          for (long long i = 0; i < least; i++) { sum = fused(w(i, j), b(i, c), sum); }
          y(j, c) = sizes[j] > rcond * top ? ldexp(sum / sizes[j] / sizes[j], e) : (T)0;
        }
        __syncthreads();
        BLOCK_TILE(i, least, c, count) {
          T sum = 0;
          for (long long j = 0; j < least; j++) { sum = fused(v(i, j), y(j, c), sum); }
          b(i, c) = sum;
        }
        if (threadIdx.x == 0) { ranks[z] = rank; }
        __syncthreads();
      }
      if (wide) { times_q(q.at, rows, least, tau, false, b, count); }
      if (!known) {
        BLOCK_TILE(i, rows, c, count) { b(i, c) = NAN; }
      }
    }
    if (threadIdx.x == 0) { infos[z] = info; }
    __syncthreads();
  }
}
