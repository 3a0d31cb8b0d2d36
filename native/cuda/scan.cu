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

/* Elements that a thread reads before it needs them. */
constexpr int AHEAD = 4;

/* A thread for each line. */
template <class Op>
__global__ void scan_columns(Lines lines, const typename Op::X *x, const typename Op::X *a, typename Op::X *y,
                             long long *indices) {
  EACH(long long, line, lines.count) {
    const long long xs = lines.start(0, line), as = lines.start(1, line), ys = lines.start(2, line);
    typename Op::Acc found = Op::none();
    for (long long from = 0; from < lines.n; from += AHEAD) {
      typename Op::Acc own[AHEAD];
      for (int k = 0; k < AHEAD; k++) {
        if (from + k < lines.n) { own[k] = element<Op>(lines, x, a, xs, as, from + k); }
      }
      for (int k = 0; k < AHEAD; k++) {
        if (from + k < lines.n) {
          found = Op::join(found, own[k]);
          const long long at = ys + (from + k) * lines.stride[2];
          Op::put(found, y ? y + at : y, indices ? indices + at : indices);
        }
      }
    }
  }
}

/* What all threads before this one have, in their order, and with `total` what all of the block have. */
template <class Op>
DEVICE typename Op::Acc before_in_block(typename Op::Acc own, typename Op::Acc *total) {
  typedef typename Op::Acc Acc;
  SHARED(Acc, ends, MOST_THREADS / LANES);
  const int lane = (int)threadIdx.x % LANES, warp = (int)threadIdx.x / LANES, warps = (int)blockDim.x / LANES;
  Acc until = own;
  for (int reach = 1; reach < LANES; reach *= 2) {
    const Acc other = from_lane_before(until, reach);
    if (lane >= reach) { until = Op::join(other, until); }
  }
  if (lane == LANES - 1) { ends[warp] = until; }
  const Acc neighbour = from_lane_before(until, 1);
  __syncthreads();
  Acc before = Op::none(), all = Op::none();
  for (int w = 0; w < warps; w++) {
    all = Op::join(all, ends[w]);
    if (w < warp) { before = all; }
  }
  __syncthreads();
  *total = all;
  return lane > 0 ? Op::join(before, neighbour) : before;
}

/* Neighbours that a thread takes of a tile. */
constexpr int RUN = 4;

/* The running results of a thread's neighbours, from element i on. */
template <class Op>
struct Run {
  typename Op::Acc until[RUN];

  DEVICE Run(const Lines &lines, const typename Op::X *x, const typename Op::X *a, long long xs, long long as, long long i,
             long long to) {
    for (int k = 0; k < RUN; k++) { until[k] = i + k < to ? element<Op>(lines, x, a, xs, as, i + k) : Op::none(); }
    for (int k = 1; k < RUN; k++) { until[k] = Op::join(until[k - 1], until[k]); }
  }
};

/* Column x of the grid takes part x, of `part` elements, of lines; `totals` gets what each part comes to. */
template <class Op>
__global__ void scan_totals(Lines lines, long long part, const typename Op::X *x, const typename Op::X *a,
                            typename Op::Acc *totals) {
  const long long from = blockIdx.x * part, to = from + part < lines.n ? from + part : lines.n;
  for (long long line = blockIdx.y; line < lines.count; line += gridDim.y) {
    const long long xs = lines.start(0, line), as = lines.start(1, line);
    typename Op::Acc carried = Op::none();
    for (long long tile = from; tile < to; tile += (long long)blockDim.x * RUN) {
      const Run<Op> run(lines, x, a, xs, as, tile + threadIdx.x * RUN, to);
      typename Op::Acc total;
      before_in_block<Op>(run.until[RUN - 1], &total);
      carried = Op::join(carried, total);
    }
    if (threadIdx.x == 0) { totals[line * gridDim.x + blockIdx.x] = carried; }
  }
}

/* A block for each line: the totals of parts become what stands before each part. */
template <class Op>
__global__ void scan_before(long long lines, long long parts, typename Op::Acc *totals) {
  for (long long line = blockIdx.x; line < lines; line += gridDim.x) {
    typename Op::Acc carried = Op::none();
    for (long long tile = 0; tile < parts; tile += blockDim.x) {
      const long long p = tile + threadIdx.x;
      typename Op::Acc total;
      const typename Op::Acc own = p < parts ? totals[line * parts + p] : Op::none();
      const typename Op::Acc before = before_in_block<Op>(own, &total);
      if (p < parts) { totals[line * parts + p] = Op::join(carried, before); }
      carried = Op::join(carried, total);
    }
  }
}

/* `before` is null where lines have one part. */
template <class Op>
__global__ void scan_rows(Lines lines, long long part, const typename Op::X *x, const typename Op::X *a,
                          const typename Op::Acc *before, typename Op::X *y, long long *indices) {
  const long long from = blockIdx.x * part, to = from + part < lines.n ? from + part : lines.n;
  for (long long line = blockIdx.y; line < lines.count; line += gridDim.y) {
    const long long xs = lines.start(0, line), as = lines.start(1, line), ys = lines.start(2, line);
    typename Op::Acc carried = before ? before[line * gridDim.x + blockIdx.x] : Op::none();
    for (long long tile = from; tile < to; tile += (long long)blockDim.x * RUN) {
      const long long i = tile + threadIdx.x * RUN;
      const Run<Op> run(lines, x, a, xs, as, i, to);
      typename Op::Acc total;
      const typename Op::Acc own = Op::join(carried, before_in_block<Op>(run.until[RUN - 1], &total));
      for (int k = 0; k < RUN; k++) {
        if (i + k < to) {
          const long long at = ys + (i + k) * lines.stride[2];
          Op::put(Op::join(own, run.until[k]), y ? y + at : y, indices ? indices + at : indices);
        }
      }
      carried = Op::join(carried, total);
    }
  }
}
