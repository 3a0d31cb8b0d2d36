/*
 * Reductions of any axes: `kept` says where the lines are, `reduced` where the elements of each. Long lines that are few are
 * cut into parts, whose results another launch joins, so that the order of additions depends on the shape alone.
 */
#include "lines.cuh"

/* What sums and products grow in. */
template <class M>
using Wide = IF<FLOATING<Value<M>>, Value<M>, long long>;

/*
 * A reduction has the type X of the elements, Acc of what is found, Y of the results; none() is what is found in nothing, of()
 * in an element and its number in the line, join() in both of two. put() writes a result.
 */
template <class M, class A, class R, class Join>
struct Reduction {
  typedef M X;
  typedef A Acc;
  typedef R Y;
  static DEVICE A of(M x, long long) { return (A)read(x); }
  static DEVICE A join(A a, A b) { return Join::join(a, b); }
  static DEVICE void put(A found, long long line, R *y, double *) { y[line] = write<R>((Value<R>)found); }
};

/* An extreme and its number. */
template <class V>
struct Ranked {
  V value;
  long long at;
};

/* The first of equals, and of NaN the first. */
template <class M, bool GREATEST>
struct Position {
  typedef M X;
  typedef Ranked<Value<M>> Acc;
  typedef long long Y;
  static DEVICE Acc none() { return {Value<M>(), -1}; }
  static DEVICE Acc of(M x, long long i) { return {read(x), i}; }
  static DEVICE Acc join(Acc a, Acc b) {
    if (a.at < 0 || b.at < 0) { return a.at < 0 ? b : a; }
    const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
    const bool better = b_nan ? !a_nan : !a_nan && (GREATEST ? b.value > a.value : b.value < a.value);
    const bool equal = b_nan ? a_nan : a.value == b.value;
    return better || (equal && b.at < a.at) ? b : a;
  }
  static DEVICE void put(Acc found, long long line, long long *y, double *) { y[line] = found.at; }
};

namespace reduce_op {

template <class M>
struct SUM : Reduction<M, Wide<M>, IF<FLOATING<Value<M>>, M, long long>, Sum> {
  static DEVICE Wide<M> none() { return 0; }
};

template <class M>
struct PROD : Reduction<M, Wide<M>, IF<FLOATING<Value<M>>, M, long long>, Product> {
  static DEVICE Wide<M> none() { return 1; }
};

template <class M>
struct MAX : Reduction<M, Value<M>, M, Greatest> {
  static DEVICE Value<M> none() { return least<Value<M>>(); }
};

template <class M>
struct MIN : Reduction<M, Value<M>, M, Least> {
  static DEVICE Value<M> none() { return most<Value<M>>(); }
};

template <class M>
struct ARGMAX : Position<M, true> {};

template <class M>
struct ARGMIN : Position<M, false> {};

template <class M>
struct ANY : MAX<M> {};

template <class M>
struct ALL : MIN<M> {};

template <class M>
struct SUM_SQUARES : SUM<M> {
  static DEVICE Wide<M> of(M x, long long) { return read(x) * read(x); }
};

template <class M>
struct SUM_MAGNITUDES : SUM<M> {
  static DEVICE Wide<M> of(M x, long long) { return fabs(read(x)); }
};

struct Moments {
  double count, mean, squares;
};

/* The mean, and the sum of squared distances from it, joined as Chan, Golub and LeVeque (1979) do. */
template <class M>
struct MOMENTS {
  typedef M X;
  typedef Moments Acc;
  typedef double Y;
  static DEVICE Acc none() { return {0, 0, 0}; }
  static DEVICE Acc of(M x, long long) {
    const double value = read(x);
    return {1, value, value - value}; /* which is NaN of an infinite one */
  }
  static DEVICE Acc join(Acc a, Acc b) {
    if (a.count == 0 || b.count == 0) { return a.count == 0 ? b : a; }
    const double count = a.count + b.count, apart = b.mean - a.mean;
    /* Of infinite ones the sum tells. */
    return {count, a.mean + (apart - apart == 0 ? apart * (b.count / count) : b.mean),
            a.squares + b.squares + apart * apart * (a.count * b.count / count)};
  }
  static DEVICE void put(Acc found, long long line, double *y, double *second) {
    y[line] = found.mean;
    second[line] = found.squares;
  }
};

/* Joins what a reduction found in parts. */
template <class Op>
struct PARTS : Op {
  typedef typename Op::Acc X;
  static DEVICE X of(X found, long long) { return found; }
};

}  // namespace reduce_op

/* Elements side by side in a line that a thread takes at once. */
template <class X>
constexpr int TAKEN = sizeof(X) < 4 ? 8 : 4;

template <class X>
struct Taken {
  X at[TAKEN<X>];
};

template <class X, class Index>
DEVICE Taken<X> take(const Layout &reduced, Index i, bool packed, const X *x) {
  constexpr int N = TAKEN<X>;
  Taken<X> taken;
  if constexpr (sizeof(X) <= 8) {
    if (packed) {
      const Pack<X, N> pack = load<X, N>(x, i / N);
      for (int k = 0; k < N; k++) { taken.at[k] = pack.at[k]; }
      return taken;
    }
  }
  for (int k = 0; k < N; k++) { taken.at[k] = x[position(reduced, i + k)]; }
  return taken;
}

/*
 * What thread `thread` of `along` finds in a line's elements from `from` to `to`. Several findings grow beside each other, and
 * two packs are on their way at once, for the memory's sake; which elements meet in which order depends on neither layout nor
 * address.
 */
template <class Op, class Index>
DEVICE typename Op::Acc found_in(const Layout &reduced, Index from, Index to, int thread, int along, bool packed,
                                 const typename Op::X *x) {
  typedef typename Op::X X;
  constexpr int N = TAKEN<X>, BESIDE = 4;
  typename Op::Acc found[BESIDE];
  for (int k = 0; k < BESIDE; k++) { found[k] = Op::none(); }
  const Index step = (Index)along * N;
  Index i = from + (Index)thread * N;
  for (; i + step + N <= to; i += 2 * step) {
    const Taken<X> a = take<X, Index>(reduced, i, packed, x), b = take<X, Index>(reduced, i + step, packed, x);
    for (int k = 0; k < N; k++) { found[k % BESIDE] = Op::join(found[k % BESIDE], Op::of(a.at[k], i + k)); }
    for (int k = 0; k < N; k++) { found[k % BESIDE] = Op::join(found[k % BESIDE], Op::of(b.at[k], i + step + k)); }
  }
  for (; i < to; i += step) {
    for (int k = 0; k < N; k++) {
      if (i + k < to) {
        found[k % BESIDE] = Op::join(found[k % BESIDE], Op::of(x[position(reduced, i + k)], i + k));
      }
    }
  }
  return Op::join(Op::join(found[0], found[1]), Op::join(found[2], found[3]));
}

/*
 * Row y of the grid takes part y, of `part` elements, of each line. With `parts` its findings go there, not to y. Lines are
 * `packed` if their elements lie side by side, and all begin where a pack may.
 */
template <class Op, class Index>
__global__ void reduce(Layout kept, Layout reduced, int along, int beside, int packed, long long part,
                       const typename Op::X *x, typename Op::Acc *parts, typename Op::Y *y, double *second) {
  const Team team(along, beside);
  const Index from = (Index)(blockIdx.y * part), end = from + (Index)part;
  const Index to = end < (Index)reduced.numel ? end : (Index)reduced.numel;
  for (long long start = (long long)blockIdx.x * team.lines; start < kept.numel; start += (long long)gridDim.x * team.lines) {
    const long long line = start + team.line;
    typename Op::Acc found = Op::none();
    if (line < kept.numel) {
      found = found_in<Op, Index>(reduced, from, to, team.thread, along, packed, x + position(kept, (Index)line));
    }
    found = team.joined<Op>(found);
    if (line < kept.numel && team.thread == 0) {
      if (parts) {
        parts[blockIdx.y * kept.numel + line] = found;
      } else {
        Op::put(found, line, y, second);
      }
    }
  }
}
