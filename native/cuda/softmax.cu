/*
 * Softmax and its logarithm along an axis, and their gradients from the result. Each line is shifted by its greatest element,
 * so that no exponential overflows. Rows up to a few thousand elements are read once, and held in registers.
 * Cross entropy of rows of scores likewise, and its gradient.
 */
#include "lines.cuh"

/* The greatest of some elements, and the sum of the exponentials of their distances from it. */
template <class V>
struct Shifted {
  V greatest, sum;

  /* Of infinity the distances are no numbers. */
  DEVICE V total() const { return greatest == (V)INFINITY ? (V)NAN : sum; }
};

/* Finds both in one pass. */
template <class V>
struct Shifting {
  V greatest = -(V)INFINITY;
  Total<V> part;

  DEVICE void add(V x) {
    if (x > greatest) {
      const V by = exp(greatest - x);
      part.sum *= by;
      part.rest *= by;
      part.add(1);
      greatest = x;
    } else {
      part.add(x == greatest ? (V)1 : exp(x - greatest));
    }
  }

  DEVICE Shifted<V> found() const { return {greatest, part.value()}; }
};

struct JoinShifted {
  template <class V>
  static DEVICE Shifted<V> join(Shifted<V> a, Shifted<V> b) {
    if (a.greatest == b.greatest) { return {a.greatest, a.sum + b.sum}; }
    const Shifted<V> high = b.greatest > a.greatest ? b : a, low = b.greatest > a.greatest ? a : b;
    return {high.greatest, high.sum + low.sum * exp(low.greatest - high.greatest)};
  }
};

/* Rows of n. */
template <bool LOGARITHM, class M, int R>
__global__ void softmax(long long rows, long long n, int along, int packed, const M *x, M *y) {
  typedef Value<M> V;
  const Team team(along, false);
  for (long long start = (long long)blockIdx.x * team.lines; start < rows; start += (long long)gridDim.x * team.lines) {
    const long long at = start + team.line;
    Row<M, R> row(team, x + at * n, at < rows ? n : 0, packed);
    V greatest = -(V)INFINITY, sum = 0;
    if constexpr (R > 0) {
      row.each([&](long long, V v) { greatest = Greatest::join(greatest, v); });
      greatest = team.joined<Greatest>(greatest);
      row.each([&](long long, V &v) {
        v -= greatest;
        const V power = exp(v);
        sum += power;
        v = LOGARITHM ? v : power;
      });
      sum = team.joined<Sum>(sum);
    } else {
      Shifting<V> part;
      row.each([&](long long, V v) { part.add(v); });
      const Shifted<V> found = team.joined<JoinShifted>(part.found());
      greatest = found.greatest;
      sum = found.total();
    }
    const V by = LOGARITHM ? log(sum) : 1 / sum;
    row.put(y + at * n, [=](long long, V v) {
      if (R == 0) { v -= greatest; }
      return LOGARITHM ? v - by : (R == 0 ? exp(v) : v) * by;
    });
  }
}

template <bool LOGARITHM, class M, int R>
__global__ void softmax_backward(long long rows, long long n, int along, int packed, const M *g, const M *y, M *gx) {
  typedef Value<M> V;
  const Team team(along, false);
  for (long long start = (long long)blockIdx.x * team.lines; start < rows; start += (long long)gridDim.x * team.lines) {
    const long long at = start + team.line;
    const Row<M, R> slopes(team, g + at * n, at < rows ? n : 0, packed), values(team, y + at * n, at < rows ? n : 0, packed);
    Total<V> part;
    slopes.with(values, [&](long long, V slope, V value) { part.add(LOGARITHM ? slope : slope * value); });
    const V sum = team.joined<Sum>(part.value());
    slopes.put_with(values, gx + at * n, [=](long long, V slope, V value) {
      return LOGARITHM ? slope - exp(value) * sum : value * (slope - sum);
    });
  }
}

/* The middle axis of (outer, n, inner). */
template <bool LOGARITHM, class M>
__global__ void softmax_across(long long lines, long long n, long long inner, int along, const M *x, M *y) {
  typedef Value<M> V;
  const Team team(along, true);
  for (long long start = (long long)blockIdx.x * team.lines; start < lines; start += (long long)gridDim.x * team.lines) {
    const long long line = start + team.line, end = line < lines ? n : 0, base = line / inner * n * inner + line % inner;
    Shifting<V> part;
#pragma unroll 4
    for (long long i = team.thread; i < end; i += along) { part.add(read(x[base + i * inner])); }
    const Shifted<V> found = team.joined<JoinShifted>(part.found());
    const V sum = found.total(), by = LOGARITHM ? log(sum) : 1 / sum;
#pragma unroll 4
    for (long long i = team.thread; i < end; i += along) {
      const V apart = read(x[base + i * inner]) - found.greatest;
      y[base + i * inner] = write<M>(LOGARITHM ? apart - by : exp(apart) * by);
    }
  }
}

template <bool LOGARITHM, class M>
__global__ void softmax_backward_across(long long lines, long long n, long long inner, int along, const M *g, const M *y,
                                        M *gx) {
  typedef Value<M> V;
  const Team team(along, true);
  for (long long start = (long long)blockIdx.x * team.lines; start < lines; start += (long long)gridDim.x * team.lines) {
    const long long line = start + team.line, end = line < lines ? n : 0, base = line / inner * n * inner + line % inner;
    Total<V> part;
#pragma unroll 4
    for (long long i = team.thread; i < end; i += along) {
      const V slope = read(g[base + i * inner]);
      part.add(LOGARITHM ? slope : slope * read(y[base + i * inner]));
    }
    const V sum = team.joined<Sum>(part.value());
#pragma unroll 4
    for (long long i = team.thread; i < end; i += along) {
      const V slope = read(g[base + i * inner]), value = read(y[base + i * inner]);
      gx[base + i * inner] = write<M>(LOGARITHM ? slope - exp(value) * sum : value * (slope - sum));
    }
  }
}

/*
 * The losses -weight[t] * log softmax(x)[t] of rows of n scores, t being the row's target; 0 where it is `ignored`, or no class.
 * The weights of the classes are 1 where null. statistics: the rows' maxima, then the logarithms of their sums of exponentials
 * from there, then the weights that they have.
 */
template <class T>
__global__ void cross_entropy(long long rows, long long n, long long ignored, int along, int beside, const T *x,
                              const long long *target, const T *weight, T *statistics, T *losses, Fault fault) {
  const Team team(along, beside);
  for (long long start = (long long)blockIdx.x * team.lines; start < rows; start += (long long)gridDim.x * team.lines) {
    const long long row = start + team.line, base = row * n;
    Row<T, 0> scores(team, x + base, row < rows ? n : 0, false);
    Shifting<T> part;
    scores.each([&](long long, T v) { part.add(v); });
    const Shifted<T> found = team.joined<JoinShifted>(part.found());
    if (row < rows && team.thread == 0) {
      const long long t = target[row];
      const T greatest = found.greatest, below = log(found.total());
      T share = 0, loss = 0;
      if (t != ignored) {
        if (t >= 0 && t < n) {
          share = weight ? weight[t] : (T)1;
          loss = -(x[base + t] - greatest - below) * share;
        } else {
          fault.report(t);
        }
      }
      statistics[row] = greatest;
      statistics[rows + row] = below;
      statistics[2 * rows + row] = share;
      losses[row] = loss;
    }
  }
}

/*
 * gx = (softmax(x) - [its target]) * share * g, over the total of the shares if `mean`; the g of neighbouring rows lie so many
 * elements `apart`.
 */
template <class T>
__global__ void cross_entropy_backward(long long rows, long long n, long long ignored, int along, int beside, int apart,
                                       int mean, const T *g, const T *x, const long long *target, const T *statistics,
                                       T *gx) {
  const Team team(along, beside);
  for (long long row = (long long)blockIdx.x * team.lines + team.line; row < rows; row += (long long)gridDim.x * team.lines) {
    const long long t = target[row];
    const T slope = g[row * apart], share = statistics[2 * rows + row];
    const T by = t == ignored ? (T)0 : (mean ? slope / statistics[3 * rows] : slope) * share;
    const T greatest = statistics[row], below = statistics[rows + row];
    const Row<T, 0> scores(team, x + row * n, n, false);
    scores.put(gx + row * n, [=](long long i, T v) {
      const T part = exp(v - greatest - below) * by;
      return i == t && t != ignored ? part - by : part;
    });
  }
}
