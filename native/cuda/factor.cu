/*
 * Factorisations and systems of equations of float and double, after the unblocked algorithms of LAPACK's users' guide: a
 * block for each matrix. Matrices (m, n) lie column by column but where it is said.
 */
#include "factor.cuh"

/* Rows are exchanged with pivots, counted from 1 in the whole matrix; returns the place, from 1, of the first zero on U's diagonal. */
template <class T>
DEVICE int lu_steps(View<T> a, long long m, long long n, long long above, int *pivots) {
  const Team all((int)blockDim.x, false);
  const long long least = m < n ? m : n;
  int info = 0;
  for (long long k = 0; k < least; k++) {
    Place<T> best = {(T)fabs(a(k, k)), k};
    for (long long i = k + 1 + threadIdx.x; i < m; i += blockDim.x) {
      best = First::join(best, Place<T>{(T)fabs(a(i, k)), i});
    }
    best = all.joined<First>(best);
    if (threadIdx.x == 0) { pivots[k] = (int)(above + best.at + 1); }
    if (best.size == 0) {
      info = info == 0 ? (int)(above + k + 1) : info;
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
  return info;
}

/* The factors of columns k to k + width, from row k on; the whole matrix's, or what a panel of a large one begins with. */
template <class T>
__global__ void lu(long long batch, long long m, long long n, long long k, long long width, T *as, int *all_pivots,
                   int *infos) {
  const long long least = m < n ? m : n;
  EACH_MATRIX(z, batch) {
    const int info = lu_steps(columns(as + z * m * n, m).from(k, k), m - k, width, k, all_pivots + z * least + k);
    if (threadIdx.x == 0) { infos[z] = k > 0 && infos[z] != 0 ? infos[z] : info; }
    __syncthreads();
  }
}

/* A thread for each column: the exchanges of a panel in the columns beside it. */
template <class T>
__global__ void exchange_beside(long long batch, long long m, long long n, long long k, long long width, T *as,
                                const int *all_pivots) {
  const long long least = m < n ? m : n;
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<T> a = columns(as + z * m * n, m);
    const int *pivots = all_pivots + z * least + k;
    EACH(long long, j, n) {
      if (j >= k && j < k + width) { continue; }
      for (long long i = 0; i < width; i++) {
        const long long other = pivots[i] - 1;
        const T kept = a(k + i, j);
        a(k + i, j) = a(other, j);
        a(other, j) = kept;
      }
    }
  }
}

constexpr int PANEL = 32;

/* A thread for each of so many columns of b, which become the solutions for a lower triangle of up to PANEL rows. */
template <class T>
DEVICE void solve_columns(View<T> triangle, int n, bool unit, View<T> b, long long count) {
  SHARED(T, held, PANEL *PANEL);
  for (int i = (int)threadIdx.x; i < n * n; i += (int)blockDim.x) { held[i] = triangle(i / n, i % n); }
  __syncthreads();
  EACH(long long, j, count) {
    T x[PANEL];
    for (int i = 0; i < PANEL; i++) {
      if (i < n) {
        T rest = b(i, j);
        for (int k = 0; k < i; k++) { rest = fused(-held[i * n + k], x[k], rest); }
        b(i, j) = x[i] = unit ? rest : rest / held[i * n + i];
      }
    }
  }
  __syncthreads();
}

/*
 * Rows k to k + width of b, which has so many columns, become those of the solution, for what a triangle has on its diagonal
 * there. Matrices lie row by row or column by column; `lower` tells of the triangle as it is solved with.
 */
template <class T>
__global__ void substitute_panel(long long batch, long long n, long long count, long long k, long long width, bool by_rows,
                                 bool turned, bool lower, bool unit, T *as, T *bs) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<T> stored = {as + z * n * n, by_rows ? n : 1, by_rows ? 1 : n};
    const View<T> a = turned ? stored.turned() : stored;
    const View<T> b = {bs + z * n * count, by_rows ? count : 1, by_rows ? 1 : n};
    const long long from = lower ? k : k + width - 1, way = lower ? 1 : -1; /* an upper triangle is a lower one from its end */
    solve_columns(View<T>{&a(from, from), way * a.row, way * a.column}, (int)width, unit,
                  View<T>{&b(from, 0), way * b.row, b.column}, count);
  }
}

/* The rows of U beside a panel. */
template <class T>
__global__ void lu_beside(long long batch, long long m, long long n, long long k, long long width, T *as) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<T> a = columns(as + z * m * n, m);
    solve_columns(a.from(k, k), (int)width, true, a.from(k, k + width), n - k - width);
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

/* Exchanges the rows of a column of b, in the order of the pivots or from the last. */
template <class T>
DEVICE void exchange_column(const int *pivots, long long n, bool back, View<T> b, long long c, const Fault &fault) {
  for (long long step = 0; step < n; step++) {
    const long long k = back ? n - 1 - step : step, other = exchanged(pivots, k, n, fault);
    const T kept = b(k, c);
    b(k, c) = b(other, c);
    b(other, c) = kept;
  }
}

template <class T>
DEVICE void exchange(const int *pivots, long long n, bool back, View<T> b, long long count, const Fault &fault) {
  BLOCK_EACH(c, count) { exchange_column(pivots, n, back, b, c, fault); }
  __syncthreads();
}

/* The same by many blocks. */
template <class T>
__global__ void exchange_rows(long long batch, long long n, long long count, bool back, const int *all_pivots, T *bs,
                              Fault fault) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const int *pivots = all_pivots + z * n;
    EACH(long long, c, count) { exchange_column(pivots, n, back, columns(bs + z * n * count, n), c, fault); }
  }
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

/* The part of one triangle from row k on, `width` rows, becomes its factor. The info is the order of the first minor that is not positive. */
template <class T>
__global__ void cholesky(long long batch, long long n, bool lower, long long k, long long width, T *as, int *infos) {
  EACH_MATRIX(z, batch) {
    const View<T> stored = columns(as + z * n * n, n), a = (lower ? stored : stored.turned()).from(k, k);
    int info = 0;
    for (long long step = 0; step < width; step++) {
      const T pivot = a(step, step);
      if (!(pivot > 0)) {
        info = (int)(k + step + 1);
        break;
      }
      const T root = sqrt(pivot);
      __syncthreads();
      if (threadIdx.x == 0) { a(step, step) = root; }
      BLOCK_EACH(i, width - step - 1) { a(step + 1 + i, step) /= root; }
      __syncthreads();
      BLOCK_TILE(i, width - step - 1, j, width - step - 1) {
        if (i >= j) {
          const View<T> rest = a.from(step + 1, step + 1);
          rest(i, j) = fused(-a(step + 1 + i, step), a(step + 1 + j, step), rest(i, j));
        }
      }
      __syncthreads();
    }
    if (threadIdx.x == 0) { infos[z] = k > 0 && infos[z] != 0 ? infos[z] : info; }
    __syncthreads();
  }
}

/* The rows of the factor below a panel. */
template <class T>
__global__ void cholesky_below(long long batch, long long n, bool lower, long long k, long long width, T *as) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<T> stored = columns(as + z * n * n, n), a = lower ? stored : stored.turned();
    solve_columns(a.from(k, k), (int)width, false, a.from(k + width, k).turned(), n - k - width);
  }
}

/* Puts back the triangle that was not factored. */
template <class T>
__global__ void restore(long long batch, Divisor n, bool lower, const T *kept, T *as) {
  EACH(long long, i, batch * n.size * n.size) {
    const long long line = n.over(i), row = i - line * n.size, column = line - n.over(line) * n.size;
    if (lower ? row < column : row > column) { as[i] = kept[i]; }
  }
}

/* ---- symmetric matrices, in lower triangles: A = L D L^T with blocks of one or two on D's diagonal (Bunch and Kaufman 1977) -------- */

/* The exchange that step k begins with, and how many columns it takes; 0 where column k has nothing but zeros. */
struct Exchange {
  long long with;
  int columns;
};

template <class T>
DEVICE Exchange exchange_of(View<T> a, long long n, long long k) {
  constexpr T ALPHA = (T)0.6403882032022076; /* (1 + sqrt(17)) / 8 bounds the growth of elements best. */
  const Team all((int)blockDim.x, false);
  const T own = fabs(a(k, k));
  Place<T> below = {k + 1 < n ? (T)fabs(a(k + 1, k)) : (T)0, k + 1};
  for (long long i = k + 2 + threadIdx.x; i < n; i += blockDim.x) {
    below = First::join(below, Place<T>{(T)fabs(a(i, k)), i});
  }
  below = all.joined<First>(below);
  if (own != own || (own == 0 && below.size == 0)) { return {k, 0}; }
  if (own >= ALPHA * below.size) { return {k, 1}; }
  T beside = 0;
  for (long long i = k + threadIdx.x; i < n; i += blockDim.x) {
    if (i != below.at) { beside = Greatest::join(beside, (T)fabs(i < below.at ? a(below.at, i) : a(i, below.at))); }
  }
  beside = all.joined<Greatest>(beside);
  if (own >= ALPHA * below.size * (below.size / beside)) { return {k, 1}; }
  return {below.at, (T)fabs(a(below.at, below.at)) >= ALPHA * beside ? 1 : 2};
}

/* Rows and columns i and j > i of the triangle from column i on. */
template <class T>
DEVICE void exchange_symmetric(View<T> a, long long n, long long i, long long j) {
  BLOCK_EACH(r, n - i) {
    const long long row = i + r;
    if (row == j) { continue; }
    T &one = row == i ? a(i, i) : a(row, i), &other = row == i ? a(j, j) : (row < j ? a(j, row) : a(row, j));
    const T kept = one;
    one = other;
    other = kept;
  }
}

/*
 * Exchanges what a step from column k on needs in its place, and returns how many columns it takes; 0 where there is nothing
 * but zeros. The exchanges are counted from 1, and negative for both columns of a block of two.
 */
template <class T>
DEVICE int exchange_for(View<T> a, long long n, long long k, int *pivots) {
  const Exchange exchange = exchange_of(a, n, k);
  const long long last = k + (exchange.columns == 2);
  __syncthreads();
  if (threadIdx.x == 0) {
    pivots[k] = pivots[last] = (int)(exchange.columns == 2 ? -(exchange.with + 1) : exchange.with + 1);
  }
  if (exchange.columns != 0 && exchange.with != last) {
    exchange_symmetric(a, n, last, exchange.with);
    __syncthreads();
    if (exchange.columns == 2 && threadIdx.x == 0) {
      const T kept = a(last, k);
      a(last, k) = a(exchange.with, k);
      a(exchange.with, k) = kept;
    }
    __syncthreads();
  }
  return exchange.columns;
}

/* A block of D, of one or two columns from column k on, and what is below it. */
template <class T>
struct Pivot {
  View<T> x;
  T first, second, by;
  int taken;

  DEVICE Pivot(View<T> a, long long k, int taken) : x(a.from(k + taken, k)), taken(taken) {
    if (taken == 1) {
      first = second = 0;
      by = 1 / a(k, k);
    } else {
      const T across = a(k + 1, k);
      first = a(k + 1, k + 1) / across;
      second = a(k, k) / across;
      by = 1 / (first * second - 1) / across;
    }
  }

  DEVICE T u(long long j) const { return by * (first * x(j, 0) - x(j, 1)); }
  DEVICE T v(long long j) const { return by * (second * x(j, 1) - x(j, 0)); }

  /* What an element of the rest of the matrix loses to the block. */
  DEVICE T without(T rest, long long i, long long j) const {
    return taken == 1 ? fused(-by * x(j, 0), x(i, 0), rest) : fused(-x(i, 1), v(j), fused(-x(i, 0), u(j), rest));
  }

  /* Then row j below the block becomes L's. */
  DEVICE void divide(long long j) const {
    if (taken == 1) {
      x(j, 0) *= by;
    } else {
      const T one = u(j), other = v(j);
      x(j, 0) = one;
      x(j, 1) = other;
    }
  }
};

/* The info is the place of the first zero. */
template <class T>
__global__ void ldl(long long batch, long long n, T *as, int *all_pivots, int *infos) {
  EACH_MATRIX(z, batch) {
    const View<T> a = columns(as + z * n * n, n);
    int info = 0, taken = 1;
    for (long long k = 0; k < n; k += taken) {
      const int found = exchange_for(a, n, k, all_pivots + z * n);
      taken = found == 2 ? 2 : 1;
      if (found == 0) {
        info = info == 0 ? (int)(k + 1) : info;
        continue;
      }
      const long long next = k + taken, rest = n - next;
      const View<T> behind = a.from(next, next);
      const Pivot<T> pivot(a, k, taken);
      BLOCK_TILE(i, rest, j, rest) {
        if (i >= j) { behind(i, j) = pivot.without(behind(i, j), i, j); }
      }
      __syncthreads();
      BLOCK_EACH(j, rest) { pivot.divide(j); }
      __syncthreads();
    }
    if (threadIdx.x == 0) { infos[z] = info; }
    __syncthreads();
  }
}

/* How far a large matrix is: its last block of D begins at column k, and takes so many, 0 if it is none; and what is next. */
struct Progress {
  long long k, taken, next;
};

/* The end of a step, the rest of which ldl_rest has done, and the beginning of the next one: a block for each matrix. */
template <class T>
__global__ void ldl_step(long long batch, long long n, T *as, int *all_pivots, int *infos, Progress *all) {
  EACH_MATRIX(z, batch) {
    const View<T> a = columns(as + z * n * n, n);
    Progress at = all[z];
    __syncthreads();
    if (at.taken > 0) {
      const Pivot<T> pivot(a, at.k, (int)at.taken);
      BLOCK_EACH(j, n - at.next) { pivot.divide(j); }
    }
    at.k = at.next;
    at.taken = at.k < n ? exchange_for(a, n, at.k, all_pivots + z * n) : 0;
    if (threadIdx.x == 0) {
      const int info = at.k > 0 ? infos[z] : 0;
      infos[z] = info == 0 && at.k < n && at.taken == 0 ? (int)(at.k + 1) : info;
      at.next = at.k < n ? at.k + (at.taken == 2 ? 2 : 1) : n;
      all[z] = at;
    }
    __syncthreads();
  }
}

/* What a step changes behind its columns: a warp for each column there. */
template <class T>
__global__ void ldl_rest(long long batch, long long n, T *as, const Progress *all) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const Progress at = all[z];
    if (at.taken == 0) { continue; }
    const View<T> a = columns(as + z * n * n, n), behind = a.from(at.next, at.next);
    const Pivot<T> pivot(a, at.k, (int)at.taken);
    const long long rest = n - at.next, warps = (long long)gridDim.x * (blockDim.x / LANES);
    for (long long j = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES; j < rest; j += warps) {
      for (long long i = j + threadIdx.x % LANES; i < rest; i += LANES) {
        behind(i, j) = pivot.without(behind(i, j), i, j);
      }
    }
  }
}

/* Row i of a column is exchanged with the row of its place, if it has one. */
template <class T>
DEVICE void exchange_by(const int *places, long long i, View<T> b, long long c) {
  const long long with = places[i];
  if (with >= 0 && with != i) {
    const T kept = b(i, c);
    b(i, c) = b(with, c);
    b(with, c) = kept;
  }
}

/* Whether a factorisation may have such exchanges; reports the first that it may not, and above 32 bits its place. */
DEVICE bool are_exchanges(const int *pivots, long long n, const Fault &fault) {
  for (long long k = 0; k < n; k++) {
    const long long row = pivots[k], size = row < 0 ? -row : row;
    if (size == 0 || size > n || (row < 0 && (k + 1 == n || pivots[k + 1] != row))) {
      if (threadIdx.x == 0) { fault.report(k << 32 | (row & 0xffffffffLL)); }
      return false;
    }
    k += row < 0;
  }
  return true;
}

/* Rows k to last, one or two, of a column of b are divided by D's block there. */
template <class T>
DEVICE void divide(View<T> a, long long k, long long last, View<T> b, long long c) {
  if (k == last) {
    b(k, c) /= a(k, k);
  } else {
    const T across = a(last, k), first = a(k, k) / across, second = a(last, last) / across;
    const T by = first * second - 1, u = b(k, c) / across, v = b(last, c) / across;
    b(k, c) = (second * u - v) / by;
    b(last, c) = (first * v - u) / by;
  }
}

template <class T>
__global__ void ldl_solve(long long batch, long long n, long long count, T *packed, const int *all_pivots, T *bs,
                          Fault fault) {
  EACH_MATRIX(z, batch) {
    const View<T> a = columns(packed + z * n * n, n), b = columns(bs + z * n * count, n);
    const int *pivots = all_pivots + z * n;
    if (!are_exchanges(pivots, n, fault)) { continue; }
    long long taken = 1;
    for (long long k = 0; k < n; k += taken) {
      taken = pivots[k] < 0 ? 2 : 1;
      const long long last = k + taken - 1, with = (taken == 2 ? -pivots[k] : pivots[k]) - 1, rest = n - last - 1;
      if (with != last) {
        BLOCK_EACH(c, count) {
          const T kept = b(last, c);
          b(last, c) = b(with, c);
          b(with, c) = kept;
        }
        __syncthreads();
      }
      BLOCK_TILE(i, rest, c, count) {
        for (long long j = k; j <= last; j++) { b(last + 1 + i, c) = fused(-a(last + 1 + i, j), b(j, c), b(last + 1 + i, c)); }
      }
      __syncthreads();
      BLOCK_EACH(c, count) { divide(a, k, last, b, c); }
      __syncthreads();
    }
    const Team team(LANES, false);
    for (long long last = n - 1; last >= 0; last -= taken) {
      taken = pivots[last] < 0 ? 2 : 1;
      const long long k = last - taken + 1, with = (taken == 2 ? -pivots[last] : pivots[last]) - 1, rest = n - last - 1;
      for (long long start = 0; start < count; start += team.lines) {
        const long long c = start + team.line;
        for (long long j = k; j <= last; j++) {
          T sum = 0;
          for (long long i = team.thread; c < count && i < rest; i += LANES) {
            sum = fused(a(last + 1 + i, j), b(last + 1 + i, c), sum);
          }
          sum = team.joined<Sum>(sum);
          if (c < count && team.thread == 0) { b(j, c) -= sum; }
        }
      }
      __syncthreads();
      if (with != last) {
        BLOCK_EACH(c, count) {
          const T kept = b(last, c);
          b(last, c) = b(with, c);
          b(with, c) = kept;
        }
      }
      __syncthreads();
    }
  }
}

/*
 * For large matrices all exchanges come first, in L as in b: then it is a triangle as others. Which row each is exchanged
 * with, and -1 for the first of a block of two, which stays: a block for each matrix.
 */
__global__ void ldl_places(long long batch, long long n, const int *all_pivots, int *all_places, Fault fault) {
  EACH_MATRIX(z, batch) {
    const int *pivots = all_pivots + z * n;
    int *places = all_places + z * n;
    const bool good = are_exchanges(pivots, n, fault);
    for (long long k = 0; threadIdx.x == 0 && k < n; k++) {
      const int with = good ? pivots[k] : (int)(k + 1);
      places[k] = with < 0 ? -1 : with - 1;
      if (with < 0) { places[++k] = -with - 1; }
    }
  }
}

/* A thread for each column of L: what D has of it becomes 0, and later exchanges are made. */
template <class T>
__global__ void ldl_columns(long long batch, long long n, const int *all_places, T *as) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<T> a = columns(as + z * n * n, n);
    const int *places = all_places + z * n;
    EACH(long long, j, n) {
      const bool two = places[j] < 0;
      if (two) { a(j + 1, j) = 0; }
      for (long long i = j + (two ? 2 : 1); i < n; i++) { exchange_by(places, i, a, j); }
    }
  }
}

/* A thread for each column of b: its rows are exchanged, in the order of the factorisation or from the last. */
template <class T>
__global__ void ldl_exchange(long long batch, long long n, long long count, bool back, const int *all_places, T *bs) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<T> b = columns(bs + z * n * count, n);
    EACH(long long, c, count) {
      for (long long i = 0; i < n; i++) { exchange_by(all_places + z * n, back ? n - 1 - i : i, b, c); }
    }
  }
}

/* b is divided by D: a thread for each element, but where a block of two has both of its rows. */
template <class T>
__global__ void ldl_divide(long long batch, Divisor n, long long count, T *packed, const int *all_places, T *bs) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<T> a = columns(packed + z * n.size * n.size, n.size), b = columns(bs + z * n.size * count, n.size);
    const int *places = all_places + z * n.size;
    EACH(long long, at, n.size * count) {
      const long long c = n.over(at), k = at - c * n.size;
      if (k == 0 || places[k - 1] >= 0) { divide(a, k, places[k] < 0 ? k + 1 : k, b, c); }
    }
  }
}

/* ---- orthogonal factors ----------------------------------------------------------------------------------------------------------- */

/* The reflections of columns k to k + width, from row k on; the whole matrix's, or a panel's of a large one. */
template <class T>
__global__ void qr(long long batch, long long m, long long n, long long k, long long width, T *as, T *taus) {
  EACH_MATRIX(z, batch) {
    reflections(as + z * m * n + k + k * m, m, m - k, width, taus + z * (m < n ? m : n) + k);
  }
}

/*
 * The product of a panel's reflections is 1 - V T V^T, with a triangle T (Schreiber and Van Loan 1989). V, (rows, width), is
 * what lies from (k, k) on in matrices of m rows, `each` elements apart, with ones on its diagonal and zeros above it.
 */
template <class T>
__global__ void reflection_columns(long long batch, long long m, long long each, long long k, long long width, const T *as,
                                   T *vs) {
  const long long rows = m - k;
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const T *a = as + z * each + k + k * m;
    T *v = vs + z * rows * width;
    for (long long j = 0; j < width; j++) {
      EACH(long long, i, rows) { v[i + j * rows] = i < j ? (T)0 : (i == j ? (T)1 : a[i + j * m]); }
    }
  }
}

/* T, up to (PANEL, PANEL), from V^T V and the reflections' factors: a block of a warp for each. */
template <class T>
__global__ void reflection_triangle(long long batch, int width, long long each, long long k, const T *taus,
                                    const T *all_products, T *triangles) {
  SHARED(T, made, PANEL *PANEL);
  EACH_MATRIX(z, batch) {
    const T *products = all_products + z * width * width, *tau = taus + z * each + k;
    const int i = (int)threadIdx.x;
    for (int j = 0; j < width; j++) {
      T sum = 0;
      for (int l = i; l < j; l++) { sum = fused(made[i * PANEL + l], products[l + j * width], sum); }
      if (i < width) { made[i * PANEL + j] = i < j ? -tau[j] * sum : (i == j ? tau[j] : (T)0); }
    }
    for (int j = 0; j < width; j++) {
      if (i < width) { triangles[z * width * width + i + j * width] = made[i * PANEL + j]; }
    }
    __syncthreads();
  }
}

/* The first columns of the unit matrix. */
template <class T>
__global__ void unit_columns(long long batch, Divisor m, long long n, T *as) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    EACH(long long, i, m.size * n) {
      const long long column = m.over(i);
      as[z * m.size * n + i] = i - column * m.size == column ? (T)1 : (T)0;
    }
  }
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
