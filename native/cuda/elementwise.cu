/*
 * Elementwise operations. What is done to the elements is a type with a call operator; it comes to the kernel by value, with
 * the numbers that it needs. A `flat` kernel walks operands that lie in the result's order, packs of elements at a time, or
 * are one value for all (step 0); a `strided` one any layout, an element at a time.
 */
#include "layout.cuh"
#include "operations.cuh"

/* ---- what is done ---------------------------------------------------------------------------------------------------------- */

/* The type in memory of a result: Bool for predicates. */
template <class V, class M>
using Stored = IF<SAME<V, bool>, Bool, M>;

template <class Op, class M>
struct Unary {
  typedef M A;
  typedef Stored<decltype(Op::of(Value<M>())), M> Y;
  DEVICE Y operator()(A x) const { return write<Y>(Op::of(read(x))); }
};

/* Beside 16-bit elements, the second operand may be float. */
template <class Op, class M, class N>
struct Binary {
  typedef M A;
  typedef N B;
  typedef Value<M> V;
  typedef Stored<decltype(Op::of(V(), V())), M> Y;
  Fault fault;

  DEVICE Y operator()(A a, B b) const {
    if constexpr (DIVIDES<Op, V>) {
      if (b == 0) {
        fault.report(0);
        return a;
      }
    }
    if constexpr (SAME<Op, binary_op::NEXTAFTER> && sizeof(M) == 2) {
      return Y{next_16(a.bits, read(a), b.bits, read(b))};
    } else {
      return write<Y>(Op::of(read(a), (V)read(b)));
    }
  }
};

template <class Op, class M>
struct Ternary {
  typedef M A;
  typedef M B;
  typedef M C;
  typedef M Y;
  double value;
  long long whole;

  DEVICE Y operator()(A a, B b, C c) const {
    const Value<M> v = FLOATING<Value<M>> ? (Value<M>)value : (Value<M>)whole;
    return write<Y>(Op::of(read(a), read(b), read(c), v));
  }
};

/* By the size of elements: M is an unsigned integer. */
template <class M>
struct Where {
  typedef Bool A;
  typedef M B;
  typedef M C;
  typedef M Y;
  DEVICE Y operator()(A condition, B a, C b) const { return read(condition) ? a : b; }
};

/* A cast, or with unsigned integers of the elements' size a copy. */
template <class From, class To>
struct Cast {
  typedef From A;
  typedef To Y;
  DEVICE Y operator()(A x) const { return write<To>(cast<Value<To>>(read(x))); }
};

/* ---- one operand ------------------------------------------------------------------------------------------------------------- */

template <class F, int N>
__global__ void flat1(F f, long long n, const typename F::A *a, int sa, typename F::Y *y) {
  EACH(long long, p, n / N) {
    const auto as = load<N>(a, sa, p);
    Pack<typename F::Y, N> ys;
    for (int k = 0; k < N; k++) { ys.at[k] = f(as.at[k]); }
    store(y, p, ys);
  }
  EACH(long long, rest, n % N) {
    const long long i = n - n % N + rest;
    y[i] = f(a[i * sa]);
  }
}

template <class F, class Index>
__global__ void strided1(F f, Layout layout, const typename F::A *a, typename F::Y *y) {
  EACH(Index, i, layout.numel) {
    const auto at = positions<2, Index>(layout, i);
    y[at.of[1]] = f(a[at.of[0]]);
  }
}

/* ---- two ----------------------------------------------------------------------------------------------------------------------- */

template <class F, int N>
__global__ void flat2(F f, long long n, const typename F::A *a, int sa, const typename F::B *b, int sb,
                      typename F::Y *y) {
  EACH(long long, p, n / N) {
    const auto as = load<N>(a, sa, p);
    const auto bs = load<N>(b, sb, p);
    Pack<typename F::Y, N> ys;
    for (int k = 0; k < N; k++) { ys.at[k] = f(as.at[k], bs.at[k]); }
    store(y, p, ys);
  }
  EACH(long long, rest, n % N) {
    const long long i = n - n % N + rest;
    y[i] = f(a[i * sa], b[i * sb]);
  }
}

template <class F, class Index>
__global__ void strided2(F f, Layout layout, const typename F::A *a, const typename F::B *b, typename F::Y *y) {
  EACH(Index, i, layout.numel) {
    const auto at = positions<3, Index>(layout, i);
    y[at.of[2]] = f(a[at.of[0]], b[at.of[1]]);
  }
}

/* ---- three ------------------------------------------------------------------------------------------------------------------- */

template <class F, int N>
__global__ void flat3(F f, long long n, const typename F::A *a, int sa, const typename F::B *b, int sb,
                      const typename F::C *c, int sc, typename F::Y *y) {
  EACH(long long, p, n / N) {
    const auto as = load<N>(a, sa, p);
    const auto bs = load<N>(b, sb, p);
    const auto cs = load<N>(c, sc, p);
    Pack<typename F::Y, N> ys;
    for (int k = 0; k < N; k++) { ys.at[k] = f(as.at[k], bs.at[k], cs.at[k]); }
    store(y, p, ys);
  }
  EACH(long long, rest, n % N) {
    const long long i = n - n % N + rest;
    y[i] = f(a[i * sa], b[i * sb], c[i * sc]);
  }
}

template <class F, class Index>
__global__ void strided3(F f, Layout layout, const typename F::A *a, const typename F::B *b, const typename F::C *c,
                         typename F::Y *y) {
  EACH(Index, i, layout.numel) {
    const auto at = positions<4, Index>(layout, i);
    y[at.of[3]] = f(a[at.of[0]], b[at.of[1]], c[at.of[2]]);
  }
}

/* ---- transposes ------------------------------------------------------------------------------------------------------------ */

constexpr int TILE = 32;

/*
 * By the size of elements: y[r * y_row + c] = x[r + c * x_column] for each place in the outer axes, in square tiles, so that
 * neighbouring threads read and write neighbouring elements. Tiles are numbered by x and y, places by z.
 */
template <class M>
__global__ void transpose(Layout outer, long long rows, long long columns, long long x_column, long long y_row,
                          const M *x, M *y) {
  SHARED(M, tile, TILE *(TILE + 1));
  const int side = (int)threadIdx.x % TILE, down = (int)threadIdx.x / TILE, rise = (int)blockDim.x / TILE;
  const long long column = (long long)blockIdx.x * TILE;
  for (long long place = blockIdx.z; place < outer.numel; place += gridDim.z) {
    const auto at = positions<2, long long>(outer, place);
    for (long long row = (long long)blockIdx.y * TILE; row < rows; row += (long long)gridDim.y * TILE) {
      for (int c = down; c < TILE && column + c < columns; c += rise) {
        if (row + side < rows) { tile[c * (TILE + 1) + side] = x[at.of[0] + row + side + (column + c) * x_column]; }
      }
      __syncthreads();
      for (int r = down; r < TILE && row + r < rows; r += rise) {
        if (column + side < columns) { y[at.of[1] + (row + r) * y_row + column + side] = tile[side * (TILE + 1) + r]; }
      }
      __syncthreads();
    }
  }
}

/* ---- made of positions ------------------------------------------------------------------------------------------------------ */

/* By the size of elements: y keeps what of matrices (.., rows, columns) lies on one side of a diagonal. */
template <class M>
__global__ void triangle(int upper, long long numel, Divisor rows, Divisor columns, long long diagonal, const M *x, M *y) {
  EACH(long long, i, numel) {
    const long long row = columns.over(i), place = i - row * columns.size;
    const long long border = row - rows.over(row) * rows.size + diagonal;
    y[i] = (upper ? place >= border : place <= border) ? x[i] : (M)0;
  }
}

template <class M>
__global__ void arange(long long n, long long from, double start, double by, long long whole_start,
                       long long whole_by, M *y) {
  EACH(long long, i, n) {
    const long long number = from + i;
    if constexpr (SAME<M, float>) {
      y[i] = mad_once(start, (double)number, by);
    } else if constexpr (FLOATING<Value<M>>) {
      y[i] = write<M>((Value<M>)mad_f64((double)number, by, start));
    } else {
      y[i] = (M)(whole_start + number * whole_by);
    }
  }
}
