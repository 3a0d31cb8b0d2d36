/*
 * Softmax and its logarithm along the middle axis of contiguous (outer, n, inner), and their gradients from the result. Each
 * line is shifted by its greatest element, so that no exponential overflows.
 * Cross entropy of rows of scores likewise, and its gradient.
 */
#include "lines.cuh"

template <bool LOGARITHM, class M>
__global__ void softmax(long long lines, long long n, long long inner, int along, int beside, const M *x, M *y) {
  typedef Value<M> V;
  const Team team(along, beside);
  for (long long start = (long long)blockIdx.x * team.lines; start < lines; start += (long long)gridDim.x * team.lines) {
    const long long line = start + team.line, end = line < lines ? n : 0, base = line / inner * n * inner + line % inner;
    V greatest = -(V)INFINITY;
    for (long long i = team.thread; i < end; i += along) { greatest = Greatest::join(greatest, read(x[base + i * inner])); }
    greatest = team.joined<Greatest>(greatest);
    Total<V> part;
    for (long long i = team.thread; i < end; i += along) { part.add(exp(read(x[base + i * inner]) - greatest)); }
    const V sum = team.joined<Sum>(part.value());
    const V by = LOGARITHM ? log(sum) : 1 / sum;
    for (long long i = team.thread; i < end; i += along) {
      const V apart = read(x[base + i * inner]) - greatest;
      y[base + i * inner] = write<M>(LOGARITHM ? apart - by : exp(apart) * by);
    }
  }
}

template <bool LOGARITHM, class M>
__global__ void softmax_backward(long long lines, long long n, long long inner, int along, int beside, const M *g,
                                 const M *y, M *gx) {
  typedef Value<M> V;
  const Team team(along, beside);
  for (long long start = (long long)blockIdx.x * team.lines; start < lines; start += (long long)gridDim.x * team.lines) {
    const long long line = start + team.line, end = line < lines ? n : 0, base = line / inner * n * inner + line % inner;
    Total<V> part;
    for (long long i = team.thread; i < end; i += along) {
      const V slope = read(g[base + i * inner]);
      part.add(LOGARITHM ? slope : slope * read(y[base + i * inner]));
    }
    const V sum = team.joined<Sum>(part.value());
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
    const long long row = start + team.line, end = row < rows ? n : 0, base = row * n;
    T greatest = -(T)INFINITY;
    for (long long i = team.thread; i < end; i += along) { greatest = Greatest::join(greatest, x[base + i]); }
    greatest = team.joined<Greatest>(greatest);
    Total<T> part;
    for (long long i = team.thread; i < end; i += along) { part.add(exp(x[base + i] - greatest)); }
    const T sum = team.joined<Sum>(part.value());
    if (row < rows && team.thread == 0) {
      const long long t = target[row];
      const T below = log(sum);
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
__global__ void cross_entropy_backward(long long numel, long long n, long long ignored, int apart, int mean, const T *g,
                                       const T *x, const long long *target, const T *statistics, T *gx) {
  const long long rows = numel / n;
  EACH(long long, i, numel) {
    const long long row = i / n, t = target[row];
    const T slope = g[row * apart], share = statistics[2 * rows + row];
    const T by = t == ignored ? (T)0 : (mean ? slope / statistics[3 * rows] : slope) * share;
    const T part = exp(x[i] - statistics[row] - statistics[rows + row]) * by;
    gx[i] = i - row * n == t && t != ignored ? part - by : part;
  }
}
