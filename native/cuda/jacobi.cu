/*
 * Eigenvalues and singular values of large matrices by Jacobi's rotations of spans of columns, which meet as single ones do in
 * spectra.cuh: a block for each pair of spans finds what turns them, in shared memory, and then all blocks apply it to tiles
 * of the matrix. Matrices lie column by column, padded with zeros to whole tiles. Nobody on the host looks whether a sweep
 * turned anything: after one that did not the launches that follow do nothing.
 */
#include "spectra.cuh"

/* Columns of a span, and of two; and how often a block turns its pair over at a time. */
constexpr int SPAN = 16, SIDE = 2 * SPAN, PITCH = SIDE + 1, INNER_SWEEPS = 2, TILE_THREADS = MOST_THREADS;

/* What a matrix has to go on with: info as in spectra.cu, and for each sweep whether it turned anything. */
struct Course {
  int *infos, *turned;
  long long sweeps;

  DEVICE int *of(long long z, long long sweep) const { return turned + z * sweeps + sweep; }
  DEVICE bool is_over(long long z, long long sweep) const {
    return infos[z] != 0 || (sweep > 0 && *of(z, sweep - 1) == 0);
  }
};

/* What turns the pairs of spans of a round: matrices (SIDE, SIDE), and whether they are not the unit matrix. */
template <class T>
struct Turns {
  T *at;
  int *moved;
};

/* Where the columns of a pair of spans are. */
struct Seats {
  long long p, q;

  DEVICE Seats(long long pairs, long long round, long long k) {
    const Pair<int> pair((int)(2 * pairs), (int)round, (int)k);
    p = (long long)pair.p * SPAN;
    q = (long long)pair.q * SPAN - SPAN;
  }
  DEVICE long long of(int i) const { return (i < SPAN ? p : q) + i; }
};

#define TILE_EACH(i, j)                                                              \
  for (int j = (int)threadIdx.x / SIDE; j < SIDE; j += (int)blockDim.x / SIDE)       \
    for (int i = (int)threadIdx.x % SIDE, once = 1; once; once = 0)

/* Four elements of a product for each thread of a block: rows and columns of this thread's, SPAN apart. */
template <class T>
struct Four {
  T at[2][2];
  int row, column;

  DEVICE Four() : at{{0, 0}, {0, 0}}, row((int)threadIdx.x / SPAN), column((int)threadIdx.x % SPAN) {}

  /* Adds a b, of tiles in shared memory; the steps are those of a from row to row and from column to column. */
  DEVICE void add(const T *a, int down, int along, const T *b) {
#pragma unroll 8
    for (int d = 0; d < SIDE; d++) {
      const T a0 = a[row * down + d * along], a1 = a[(row + SPAN) * down + d * along];
      const T b0 = b[d * PITCH + column], b1 = b[d * PITCH + column + SPAN];
      at[0][0] = fused(a0, b0, at[0][0]);
      at[0][1] = fused(a0, b1, at[0][1]);
      at[1][0] = fused(a1, b0, at[1][0]);
      at[1][1] = fused(a1, b1, at[1][1]);
    }
  }

  DEVICE void put(T *tile) const {
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) { tile[(row + i * SPAN) * PITCH + column + j * SPAN] = at[i][j]; }
    }
  }
};

/* ---- the turns of a round ----------------------------------------------------------------------------------------------------- */

/* Which products of columns are rotated away: those that are great beside the columns' lengths. */
template <class T>
struct Askew {
  T near;
  DEVICE bool operator()(T pp, T pq, T qq) const {
    const T p = sqrt(pp), q = sqrt(qq);
    return p > NOTHING<T> && q > NOTHING<T> && (T)fabs(pq) > near * p * q;
  }
};

/* The tile becomes diagonal, and what does that a turn. */
template <class T, class Counts>
DEVICE void turn(T *tile, const Counts &counts, long long k, const Turns<T> &turns, int *turned) {
  SHARED(T, by, SIDE *PITCH);
  SHARED(Rotation<T>, rotations, SPAN);
  TILE_EACH(i, j) { by[i * PITCH + j] = i == j ? (T)1 : (T)0; }
  __syncthreads();
  const View<T, int> a = {tile, PITCH, 1}, v = {by, PITCH, 1};
  const int sweeps = diagonalize(a, SIDE, counts, v, rotations, INNER_SWEEPS);
  if (sweeps > 0) {
    TILE_EACH(i, j) { turns.at[(k * SIDE + j) * SIDE + i] = by[i * PITCH + j]; }
  }
  if (threadIdx.x == 0) {
    turns.moved[k] = sweeps > 0;
    if (sweeps > 0) { atomicOr(turned, 1); }
  }
}

/* Of symmetric matrices, whose tiles on the diagonal become diagonal here. Column x of the grid takes pair x. */
template <class T>
__global__ void turn_symmetric(long long batch, long long side, long long sweep, long long round, Course course, T *as,
                               Turns<T> turns) {
  SHARED(T, tile, SIDE *PITCH);
  const long long pairs = gridDim.x;
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    if (course.is_over(z, sweep)) { continue; }
    const View<T> a = columns(as + z * side * side, side);
    const Seats seats(pairs, round, blockIdx.x);
    TILE_EACH(i, j) { tile[i * PITCH + j] = a(seats.of(i), seats.of(j)); }
    __syncthreads();
    turn(tile, Above<T>{EPS<T> / 4}, z * pairs + blockIdx.x, turns, course.of(z, sweep));
    TILE_EACH(i, j) { a(seats.of(i), seats.of(j)) = tile[i * PITCH + j]; }
    __syncthreads();
  }
}

/* Of the columns of w (rows, side), by their products. */
template <class T>
__global__ void turn_columns(long long batch, long long rows, long long side, long long sweep, long long round, Course course,
                             const T *ws, Turns<T> turns) {
  SHARED(T, tile, SIDE *PITCH);
  const long long pairs = gridDim.x;
  const T near = EPS<T> * (4 + sqrt((T)rows));
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    if (course.is_over(z, sweep)) { continue; }
    const View<const T> w = columns(ws + z * rows * side, rows);
    const Seats seats(pairs, round, blockIdx.x);
    Four<T> products;
    for (long long from = 0; from < rows; from += SIDE) {
      TILE_EACH(i, j) { tile[i * PITCH + j] = w(from + i, seats.of(j)); }
      __syncthreads();
      products.add(tile, 1, PITCH, tile);
      __syncthreads();
    }
    products.put(tile);
    __syncthreads();
    turn(tile, Askew<T>{near}, z * pairs + blockIdx.x, turns, course.of(z, sweep));
    __syncthreads();
  }
}

/* ---- what is turned ----------------------------------------------------------------------------------------------------------- */

/* A turn into shared memory. */
template <class T>
DEVICE void take(const Turns<T> &turns, long long k, T *to) {
  TILE_EACH(i, j) { to[i * PITCH + j] = turns.moved[k] ? turns.at[(k * SIDE + j) * SIDE + i] : (i == j ? (T)1 : (T)0); }
}

/* What lies where the rows of a pair meet the columns of another one, and its mirror image. */
template <class T>
DEVICE void turn_tile(View<T> a, const Seats &rows, const Seats &columns, T *tile, const T *by_rows, const T *by_columns) {
  TILE_EACH(i, j) { tile[i * PITCH + j] = a(rows.of(i), columns.of(j)); }
  __syncthreads();
  Four<T> right;
  right.add(tile, PITCH, 1, by_columns);
  __syncthreads();
  right.put(tile);
  __syncthreads();
  Four<T> both;
  both.add(by_rows, 1, PITCH, tile);
  __syncthreads();
  both.put(tile);
  __syncthreads();
  TILE_EACH(i, j) {
    a(rows.of(i), columns.of(j)) = tile[i * PITCH + j];
    a(columns.of(i), rows.of(j)) = tile[j * PITCH + i];
  }
  __syncthreads();
}

/* SIDE rows of the columns of a pair. */
template <class T>
DEVICE void turn_rows(View<T> x, long long from, const Seats &columns, T *tile, const T *by_columns) {
  TILE_EACH(i, j) { tile[i * PITCH + j] = x(from + i, columns.of(j)); }
  __syncthreads();
  Four<T> right;
  right.add(tile, PITCH, 1, by_columns);
  __syncthreads();
  right.put(tile);
  __syncthreads();
  TILE_EACH(i, j) { x(from + i, columns.of(j)) = tile[i * PITCH + j]; }
  __syncthreads();
}

/*
 * Symmetric matrices a (side, side), if there are any, and w (rows, side) and v (side, side). Column x of the grid takes the
 * columns of pair x; rows y of the grid share out the rows of pairs, and tiles of rows of w and v; matrices are numbered by z.
 */
template <class T>
__global__ void turn_all(long long batch, long long rows, long long side, long long sweep, long long round, Course course, T *as,
                         T *ws, T *vs, Turns<T> turns) {
  SHARED(T, tile, SIDE *PITCH);
  SHARED(T, by_rows, SIDE *PITCH);
  SHARED(T, by_columns, SIDE *PITCH);
  const long long pairs = gridDim.x, column = blockIdx.x;
  const long long of_a = as ? pairs : 0, of_w = ws ? rows / SIDE : 0, of_v = vs ? side / SIDE : 0;
  for (long long z = blockIdx.z; z < batch; z += gridDim.z) {
    if (course.is_over(z, sweep)) { continue; }
    const int *moved = turns.moved + z * pairs;
    const Seats seats(pairs, round, column);
    bool taken = false;
    for (long long y = blockIdx.y; y < of_a + of_w + of_v; y += gridDim.y) {
      if (!moved[column] && (y >= of_a || y >= column || !moved[y])) { continue; }
      if (y < of_a && y >= column) { continue; }
      if (!taken) { take(turns, z * pairs + column, by_columns); }
      taken = true;
      if (y < of_a) {
        take(turns, z * pairs + y, by_rows);
        turn_tile(columns(as + z * side * side, side), Seats(pairs, round, y), seats, tile, by_rows, by_columns);
      } else if (y < of_a + of_w) {
        turn_rows(columns(ws + z * rows * side, rows), (y - of_a) * SIDE, seats, tile, by_columns);
      } else {
        turn_rows(columns(vs + z * side * side, side), (y - of_a - of_w) * SIDE, seats, tile, by_columns);
      }
    }
    __syncthreads();
  }
}

/* ---- the beginning and the end ----------------------------------------------------------------------------------------------- */

/* The greatest size of a matrix, of one triangle if it is symmetric: a block for each. */
template <class T>
__global__ void jacobi_sizes(long long batch, long long m, long long n, int symmetric, int lower, const T *as, T *sizes,
                             Course course) {
  const Team all((int)blockDim.x, false);
  EACH_MATRIX(z, batch) {
    const View<const T> a = columns(as + z * m * n, m);
    T big = 0;
    BLOCK_TILE(i, m, j, n) {
      if (!symmetric || (lower ? i >= j : i <= j)) { big = Greatest::join(big, (T)fabs(a(i, j))); }
    }
    big = all.joined<Greatest>(big);
    if (threadIdx.x == 0) {
      sizes[z] = big;
      course.infos[z] = big - big != 0 ? -1 : 0;
    }
    BLOCK_EACH(i, course.sweeps) { *course.of(z, i) = 0; }
  }
}

/* w becomes a, or its transpose, scaled and padded to (rows, side), and v, unless it is null, the unit matrix. */
template <class T>
__global__ void jacobi_begin(long long batch, long long m, long long n, int symmetric, int lower, Divisor rows, long long side,
                             const T *as, const T *sizes, T *ws, T *vs) {
  const bool wide = m < n;
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const View<const T> stored = columns(as + z * m * n, m), a = wide ? stored.turned() : stored;
    const bool known = sizes[z] - sizes[z] == 0;
    const int e = known ? scale_of(sizes[z]) : 0;
    EACH(long long, at, rows.size * side) {
      const long long j = rows.over(at), i = at - j * rows.size;
      const bool there = known && i < (wide ? n : m) && j < (wide ? m : n);
      const bool kept = !symmetric || (lower ? i >= j : i <= j);
      ws[z * rows.size * side + at] = there ? ldexp(kept ? a(i, j) : a(j, i), e) : (T)0;
      if (vs && i < side) { vs[(z * side + j) * side + i] = i == j ? (T)1 : (T)0; }
    }
  }
}

/* The lengths of the columns of w: a warp for each. */
template <class T>
__global__ void column_sizes(long long batch, long long rows, long long side, const T *ws, T *found) {
  const Team team(LANES, false);
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    for (long long start = (long long)blockIdx.x * team.lines; start < side; start += (long long)gridDim.x * team.lines) {
      const long long j = start + team.line;
      T sum = 0;
      for (long long i = team.thread; j < side && i < rows; i += LANES) {
        const T x = ws[(z * side + j) * rows + i];
        sum = fused(x, x, sum);
      }
      sum = team.joined<Sum>(sum);
      if (j < side && team.thread == 0) { found[z * side + j] = sqrt(sum); }
    }
  }
}

/*
 * The values of n of `side` columns, in their order: from the least those on the diagonal of a, or from the greatest those
 * that were found; and how many of them are more than nothing. A block for each matrix.
 */
template <class T>
__global__ void jacobi_values(long long batch, long long n, long long side, const T *as, const T *sizes, T *all_found,
                              T *all_values, long long *orders, long long *some, Course course) {
  EACH_MATRIX(z, batch) {
    T *found = all_found + z * side, *values = all_values + z * n;
    long long *order = orders + z * n;
    if (course.infos[z] == 0) {
      if (as) {
        BLOCK_EACH(i, n) { found[i] = as[(z * side + i) * side + i]; }
        __syncthreads();
      }
      const int e = scale_of(sizes[z]);
      rank_values(found, n, !as, order);
      long long more = 0;
      BLOCK_EACH(i, n) {
        values[order[i]] = ldexp(found[i], -e);
        more += found[i] > NOTHING<T>;
      }
      more = Team((int)blockDim.x, false).joined<Sum>(more);
      if (threadIdx.x == 0) {
        some[z] = more;
        course.infos[z] = *course.of(z, course.sweeps - 1);
      }
    } else {
      BLOCK_EACH(i, n) { order[i] = i; }
      if (threadIdx.x == 0) { some[z] = 0; }
    }
    __syncthreads();
  }
}

/* Column order[j] of y (rows, wanted), or of its transpose, becomes column j of x, over its length if those are told. */
template <class T>
__global__ void put_vectors(long long batch, Divisor rows, long long n, long long wanted, int transposed, long long leading,
                            long long each, const T *xs, const T *sizes, long long sizes_each, const long long *orders,
                            const long long *some, T *ys) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    T *y = ys + z * rows.size * wanted;
    EACH(long long, at, rows.size * n) {
      const long long j = rows.over(at), i = at - j * rows.size, to = orders[z * n + j];
      T x = xs[z * each + j * leading + i];
      if (sizes) { x = to < some[z] ? x / sizes[z * sizes_each + j] : (T)0; }
      y[transposed ? i * wanted + to : to * rows.size + i] = x;
    }
  }
}

/* The columns from `some` on of y (rows, wanted), or of its transpose, become those of q. */
template <class T>
__global__ void put_rest(long long batch, Divisor rows, long long wanted, int transposed, const T *qs, const long long *some,
                         T *ys) {
  for (long long z = blockIdx.y; z < batch; z += gridDim.y) {
    const long long all = rows.size * wanted;
    EACH(long long, at, all - some[z] * rows.size) {
      const long long from = some[z] * rows.size + at, j = rows.over(from), i = from - j * rows.size;
      ys[z * all + (transposed ? i * wanted + j : from)] = qs[z * all + from];
    }
  }
}
