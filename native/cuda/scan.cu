/*
 * Scans: running sums, products, extremes and log-sums along one axis, and the recurrence that their gradients are made of.
 * All are products of an associative join, so that a block takes a line in tiles, and several blocks parts of a long one: the
 * parts' totals first, then what stands before each part, then the elements.
 */
#include "lines.cuh"

/* Lines of x, a and y: numbered in row-major order of (outer, inner), with the strides of outer, of a line, and of inner. */
struct Lines {
  long long count, n, inner;
  long long outer_stride[3], stride[3], inner_stride[3];

  DEVICE long long start(int operand, long long line) const {
    return line / inner * outer_stride[operand] + line % inner * inner_stride[operand];
  }
};

/*
 * A scan: `none` begins, of() makes an element's share, join(a, b) takes a before b, put() writes a result. X is the
 * element's type; second operands and results are for those that have them.
 */
namespace scan_op {

/* As in PyTorch on the CPU, what is carried of floats is a double. */
template <class M>
using Wide = IF<FLOATING<Value<M>>, double, long long>;

template <class M>
struct SUM {
  typedef M X;
  typedef Wide<M> Acc;
  static DEVICE Acc none() { return 0; }
  static DEVICE Acc of(M x, M, long long) { return (Acc)read(x); }
  static DEVICE Acc join(Acc a, Acc b) { return a + b; }
  static DEVICE void put(Acc found, M *y, long long *) { *y = write<M>((Value<M>)found); }
};

template <class M>
struct PROD : SUM<M> {
  typedef Wide<M> Acc;
  static DEVICE Acc none() { return 1; }
  static DEVICE Acc join(Acc a, Acc b) { return a * b; }
};

/* log(exp(a) + exp(b)), for infinities too. */
template <class M>
struct LOGSUMEXP : SUM<M> {
  static DEVICE double none() { return -(double)INFINITY; }
  static DEVICE double join(double a, double b) {
    const double low = a < b ? a : b, high = a < b ? b : a;
    if (a != a || b != b) { return a + b; }
    return low == high && low - low != 0 ? low : high + log1p(exp(low - high));
  }
};

/* The number of true elements so far. */
struct TRUE_COUNT {
  typedef Bool X;
  typedef long long Acc;
  static DEVICE Acc none() { return 0; }
  static DEVICE Acc of(Bool x, Bool, long long) { return read(x); }
  static DEVICE Acc join(Acc a, Acc b) { return a + b; }
  static DEVICE void put(Acc found, Bool *, long long *indices) { *indices = found; }
};

/* The sum so far of counts, of which the negative ones are 0. */
struct COUNT_SUM {
  typedef long long X;
  typedef long long Acc;
  static DEVICE Acc none() { return 0; }
  static DEVICE Acc of(long long x, long long, long long) { return x < 0 ? 0 : x; }
  static DEVICE Acc join(Acc a, Acc b) { return a + b; }
  static DEVICE void put(Acc found, long long *, long long *indices) { *indices = found; }
};

template <class V>
struct Ranked {
  V value;
  long long at;
};

/* The last of equals, and of NaN the last. */
template <class M, bool GREATEST>
struct Extreme {
  typedef M X;
  typedef Ranked<Value<M>> Acc;
  static DEVICE Acc none() { return {Value<M>(), -1}; }
  static DEVICE Acc of(M x, M, long long i) { return {read(x), i}; }
  static DEVICE Acc join(Acc a, Acc b) {
    if (a.at < 0 || b.at < 0) { return a.at < 0 ? b : a; }
    const bool nan = b.value != b.value, kept = a.value != a.value;
    return nan || (!kept && (GREATEST ? b.value >= a.value : b.value <= a.value)) ? b : a;
  }
  static DEVICE void put(Acc found, M *y, long long *indices) {
    *y = write<M>(found.value);
    *indices = found.at;
  }
};
template <class M>
struct MAX : Extreme<M, true> {};
template <class M>
struct MIN : Extreme<M, false> {};

/* What is made of the value before, v: by * v + plus. */
struct Step {
  double by, plus;
};
template <class M>
struct RECURRENCE {
  typedef M X;
  typedef Step Acc;
  static DEVICE Step none() { return {1, 0}; }
  static DEVICE Step of(M x, M a, long long) { return {(double)read(a), (double)read(x)}; }
  static DEVICE Step join(Step a, Step b) { return {a.by * b.by, b.plus + b.by * a.plus}; }
  static DEVICE void put(Step found, M *y, long long *) { *y = write<M>((Value<M>)found.plus); }
};

}  // namespace scan_op

template <class Op>
DEVICE typename Op::Acc element(const Lines &lines, const typename Op::X *x, const typename Op::X *a, long long xs,
                                long long as, long long i) {
  const typename Op::X first = x[xs + i * lines.stride[0]];
  return Op::of(first, a ? a[as + i * lines.stride[1]] : first, i);
}

/* A thread for each line. */
template <class Op>
__global__ void scan_columns(Lines lines, const typename Op::X *x, const typename Op::X *a, typename Op::X *y,
                             long long *indices) {
  EACH(long long, line, lines.count) {
    const long long xs = lines.start(0, line), as = lines.start(1, line), ys = lines.start(2, line);
    typename Op::Acc found = Op::none();
    for (long long i = 0; i < lines.n; i++) {
      found = Op::join(found, element<Op>(lines, x, a, xs, as, i));
      const long long at = ys + i * lines.stride[2];
      Op::put(found, y ? y + at : y, indices ? indices + at : indices);
    }
  }
}

/* Each thread's share becomes what all threads up to it have. */
template <class Op>
DEVICE typename Op::Acc scan_block(typename Op::Acc own, typename Op::Acc *cells) {
  const int t = (int)threadIdx.x;
  cells[t] = own;
  __syncthreads();
  for (int reach = 1; reach < (int)blockDim.x; reach *= 2) {
    const bool joins = t >= reach;
    const typename Op::Acc before = joins ? cells[t - reach] : own;
    __syncthreads();
    if (joins) { cells[t] = own = Op::join(before, own); }
    __syncthreads();
  }
  return own;
}

/* Column x of the grid takes part x, of `part` elements, of lines; `totals` gets what each part comes to. */
template <class Op>
__global__ void scan_totals(Lines lines, long long part, const typename Op::X *x, const typename Op::X *a,
                            typename Op::Acc *totals) {
  SHARED(typename Op::Acc, cells, MOST_THREADS);
  const long long from = blockIdx.x * part, to = from + part < lines.n ? from + part : lines.n;
  for (long long line = blockIdx.y; line < lines.count; line += gridDim.y) {
    const long long xs = lines.start(0, line), as = lines.start(1, line);
    /* Each thread takes neighbours, as the join may not be turned round. */
    const long long each = (part + blockDim.x - 1) / blockDim.x, own = from + threadIdx.x * each;
    typename Op::Acc found = Op::none();
    for (long long i = own; i < own + each && i < to; i++) { found = Op::join(found, element<Op>(lines, x, a, xs, as, i)); }
    found = scan_block<Op>(found, cells);
    if (threadIdx.x == blockDim.x - 1) { totals[line * gridDim.x + blockIdx.x] = found; }
    __syncthreads();
  }
}

/* A thread for each line: the totals of parts become what stands before each part. */
template <class Op>
__global__ void scan_before(long long lines, long long parts, typename Op::Acc *totals) {
  EACH(long long, line, lines) {
    typename Op::Acc before = Op::none();
    for (long long p = 0; p < parts; p++) {
      const typename Op::Acc own = totals[line * parts + p];
      totals[line * parts + p] = before;
      before = Op::join(before, own);
    }
  }
}

/* `before` is null where lines have one part. */
template <class Op>
__global__ void scan_rows(Lines lines, long long part, const typename Op::X *x, const typename Op::X *a,
                          const typename Op::Acc *before, typename Op::X *y, long long *indices) {
  SHARED(typename Op::Acc, cells, MOST_THREADS);
  const long long from = blockIdx.x * part, to = from + part < lines.n ? from + part : lines.n;
  for (long long line = blockIdx.y; line < lines.count; line += gridDim.y) {
    const long long xs = lines.start(0, line), as = lines.start(1, line), ys = lines.start(2, line);
    typename Op::Acc carried = before ? before[line * gridDim.x + blockIdx.x] : Op::none();
    for (long long tile = from; tile < to; tile += blockDim.x) {
      const long long i = tile + threadIdx.x;
      const typename Op::Acc own = i < to ? element<Op>(lines, x, a, xs, as, i) : Op::none();
      const typename Op::Acc found = Op::join(carried, scan_block<Op>(own, cells));
      if (i < to) {
        const long long at = ys + i * lines.stride[2];
        Op::put(found, y ? y + at : y, indices ? indices + at : indices);
      }
      carried = Op::join(carried, cells[blockDim.x - 1]);
      __syncthreads();
    }
  }
}
