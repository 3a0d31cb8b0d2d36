/* Where the elements of several operands of one shape lie. The index type is int where every position fits. */
#ifndef CHAGRES_LAYOUT_CUH
#define CHAGRES_LAYOUT_CUH

#include "base.cuh"

constexpr int MOST_AXES = 8, MOST_OPERANDS = 4;

/*
 * Sizes, outermost first, and strides, in elements; joined as far as possible, so that rank is rarely above 3. `by` is what
 * Divisor has.
 */
template <int OPERANDS>
struct LayoutOf {
  long long rank, numel;
  long long size[MOST_AXES];
  long long stride[OPERANDS][MOST_AXES];
  unsigned long long by[MOST_AXES];

  /* i / size[d], for i >= 0. */
  DEVICE int over(int i, int d) const { return Divisor::quotient(i, by[d]); }
  DEVICE long long over(long long i, int d) const { return i / size[d]; }
};
typedef LayoutOf<MOST_OPERANDS> Layout;

template <int N, class Index>
struct Positions {
  Index of[N];
};

/* The positions of element i of N operands. */
template <int N, class Index, int OPERANDS>
DEVICE Positions<N, Index> positions(const LayoutOf<OPERANDS> &layout, Index i) {
  Positions<N, Index> at;
  for (int o = 0; o < N; o++) { at.of[o] = 0; }
  for (int d = (int)layout.rank - 1; d > 0; d--) {
    const Index rest = layout.over(i, d), place = i - rest * (Index)layout.size[d];
    for (int o = 0; o < N; o++) { at.of[o] += place * (Index)layout.stride[o][d]; }
    i = rest;
  }
  for (int o = 0; o < N; o++) { at.of[o] += i * (Index)layout.stride[o][0]; }
  return at;
}

template <class Index>
DEVICE Index position(const Layout &layout, Index i) {
  return positions<1, Index>(layout, i).of[0];
}

#endif
