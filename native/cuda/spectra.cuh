/*
 * Jacobi's rotations, for one matrix by a whole block, as factor.cuh has it. Each round rotates pairs of columns that no two
 * share, as the sides of a tournament's table meet (Brent and Luk 1985).
 */
#ifndef CHAGRES_SPECTRA_CUH
#define CHAGRES_SPECTRA_CUH

#include "factor.cuh"

constexpr int MOST_SWEEPS = 60;

template <class T>
constexpr T EPS = sizeof(T) == 8 ? (T)0x1p-52 : (T)0x1p-23;

/* The columns that meet as the k-th pair of a round, of an even number of seats; the one from n on is no column. */
template <class Index>
struct Pair {
  Index p, q;

  DEVICE Pair(Index seats, Index round, Index k) {
    const Index turning = seats - 1;
    p = round + k;
    p -= p >= turning ? turning : (Index)0;
    q = k == 0 ? turning : round - k;
    q += q < 0 ? turning : (Index)0;
    if (q < p) {
      const Index kept = p;
      p = q;
      q = kept;
    }
  }
};

/* Whether numbers are finite; `big` becomes the greatest size. */
template <class T>
DEVICE bool finite(const T *x, long long n, T *big) {
  *big = greatest(x, n);
  return *big - *big == 0;
}

/* The power of 2 by which numbers up to `big` become numbers up to 1. */
template <class T>
DEVICE int scale_of(T big) {
  int e = 0;
  if (big > 0) { frexp(big, &e); }
  return -e;
}

/* `order` becomes where each value belongs, for n values from the greatest, or from the least. */
template <class T>
DEVICE void rank_values(const T *values, long long n, bool descending, long long *order) {
  BLOCK_EACH(i, n) {
    long long rank = 0;
    for (long long j = 0; j < n; j++) {
      const bool before = descending ? values[j] > values[i] : values[j] < values[i];
      rank += before || (values[j] == values[i] && j < i);
    }
    order[i] = rank;
  }
  __syncthreads();
}

/* ---- symmetric matrices --------------------------------------------------------------------------------------------------------- */

/*
 * Column p becomes c p - s q, and q s p + c q; t = s / c. By u = s / (1 + c), what is added to each, which is little where the
 * angle is small, columns keep their lengths through thousands of rotations (Rutishauser 1966).
 */
template <class T>
struct Rotation {
  T s, u, t;
};

/* The rotation after which p and q do not meet, for a matrix [[pp, pq], [pq, qq]]. */
template <class T>
DEVICE Rotation<T> rotation(T pp, T pq, T qq) {
  const T angle = (qq - pp) / (2 * pq), t = copysign(1 / ((T)fabs(angle) + hypot((T)1, angle)), angle);
  const T c = 1 / sqrt(1 + t * t), s = t * c;
  return {s, s / (1 + c), t};
}

template <class T>
DEVICE void rotate(const Rotation<T> &r, T &p, T &q) {
  const T kept = p;
  p = fused(-r.s, fused(r.u, kept, q), kept);
  q = fused(r.s, fused(-r.u, q, kept), q);
}

/* The rows and columns of two pairs meet in four elements, and in their mirror images. */
template <class T, class Index>
DEVICE void rotate_symmetric(View<T, Index> a, Index n, Pair<Index> rows, Pair<Index> columns, const Rotation<T> &by_rows,
                             const Rotation<T> &by_columns) {
  const bool row = rows.q < n, column = columns.q < n;
  T pp = a(rows.p, columns.p), pq = column ? a(rows.p, columns.q) : 0, qp = row ? a(rows.q, columns.p) : 0;
  T qq = row && column ? a(rows.q, columns.q) : 0;
  rotate(by_rows, pp, qp);
  rotate(by_rows, pq, qq);
  rotate(by_columns, pp, pq);
  rotate(by_columns, qp, qq);
  a(rows.p, columns.p) = a(columns.p, rows.p) = pp;
  if (column) { a(rows.p, columns.q) = a(columns.q, rows.p) = pq; }
  if (row) { a(rows.q, columns.p) = a(columns.p, rows.q) = qp; }
  if (row && column) { a(rows.q, columns.q) = a(columns.q, rows.q) = qq; }
}

/* Which elements are rotated away: those above a level. */
template <class T>
struct Above {
  T level;
  DEVICE bool operator()(T, T pq, T) const { return (T)fabs(pq) > level; }
};

/*
 * a becomes diagonal, by up to so many sweeps, and v what turned it; returns how many sweeps turned anything, all of them
 * where they may not have been enough. `v` may be null.
 */
template <class T, class Index, class Counts>
DEVICE int diagonalize(View<T, Index> a, Index n, const Counts &counts, View<T, Index> v, Rotation<T> *rotations, int sweeps) {
  const Team all((int)blockDim.x, false);
  const Index seats = n + n % 2, pairs = seats / 2;
  for (int sweep = 0; sweep < sweeps; sweep++) {
    int turned = 0;
    for (Index round = 0; round + 1 < seats; round++) {
      BLOCK_EACH(k, pairs) {
        const Pair at(seats, round, k);
        const T met = at.q < n ? a(at.p, at.q) : 0;
        const bool turns = met != 0 && counts(a(at.p, at.p), met, a(at.q, at.q));
        rotations[k] = turns ? rotation(a(at.p, at.p), met, a(at.q, at.q)) : Rotation<T>{0, 0, 0};
        turned += turns;
      }
      __syncthreads();
      BLOCK_TILE(i, pairs, j, pairs) {
        const Pair rows(seats, round, i), columns(seats, round, j);
        if (i < j) {
          rotate_symmetric(a, n, rows, columns, rotations[i], rotations[j]);
        } else if (i == j && rotations[i].t != 0) {
          const T moved = rotations[i].t * a(rows.p, rows.q);
          a(rows.p, rows.p) -= moved;
          a(rows.q, rows.q) += moved;
          a(rows.p, rows.q) = a(rows.q, rows.p) = 0;
        }
      }
      if (v.at) {
        BLOCK_TILE(i, n, k, pairs) {
          const Pair at(seats, round, k);
          if (at.q < n) { rotate(rotations[k], v(i, at.p), v(i, at.q)); }
        }
      }
      __syncthreads();
    }
    if (all.joined<Sum>(turned) == 0) { return sweep; }
  }
  return sweeps;
}

/* Below it a column of a matrix with elements up to 1 counts as 0: its direction is noise. */
template <class T>
constexpr T NOTHING = EPS<T> * EPS<T>;

#endif
