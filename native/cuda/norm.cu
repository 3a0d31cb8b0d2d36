/*
 * Layer normalization of contiguous rows of n elements, and its gradients. Distances are from the mean as the element's type
 * has it, and what it lacks is found with them, so that nothing cancels in float that would not in double.
 */
#include "lines.cuh"

template <class V>
struct Two {
  V first, second;
};

struct SumOfTwo {
  template <class V>
  static DEVICE Two<V> join(Two<V> a, Two<V> b) {
    return {a.first + b.first, a.second + b.second};
  }
};

/* A row's mean in two parts, and its scale, in the type that rows are computed in. */
template <class V>
struct Norm {
  V near, rest, scale;
  DEVICE Norm(double mean, double scale) : near((V)mean), rest((V)(mean - (double)(V)mean)), scale((V)scale) {}
  DEVICE V of(V x) const { return (x - near - rest) * scale; }
};

/* statistics: the means of all rows, then their scales. Weight and bias may be null. */
template <class M>
__global__ void layer_norm(long long rows, long long n, double eps, const M *x, const M *weight, const M *bias, M *y,
                           double *statistics) {
  typedef Value<M> V;
  const Team team((int)blockDim.x, false);
  for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
    const M *from = x + row * n;
    V sum = 0;
    for (long long i = team.thread; i < n; i += team.along) { sum += read(from[i]); }
    const V near = (V)((double)team.joined<Sum>(sum) / (double)n);
    Two<V> found = {0, 0};
    for (long long i = team.thread; i < n; i += team.along) {
      const V apart = read(from[i]) - near;
      found = SumOfTwo::join(found, Two<V>{apart, apart * apart});
    }
    found = team.joined<SumOfTwo>(found);
    const double low = (double)found.first / (double)n, spread = (double)found.second / (double)n - low * low;
    const double mean = (double)near + low, scale = 1 / sqrt((spread < 0 ? 0 : spread) + eps);
    const Norm<V> norm(mean, scale);
    for (long long i = team.thread; i < n; i += team.along) {
      const V z = norm.of(read(from[i])), w = weight ? z * read(weight[i]) : z;
      y[row * n + i] = write<M>(bias ? w + read(bias[i]) : w);
    }
    if (team.thread == 0) {
      statistics[row] = mean;
      statistics[rows + row] = scale;
    }
  }
}

/* With the slope s of the normalized row z: (s - mean(s) - z mean(s z)) scale. */
template <class M>
__global__ void layer_norm_input(long long rows, long long n, const M *g, const M *x, const M *weight,
                                 const double *statistics, M *gx) {
  typedef Value<M> V;
  const Team team((int)blockDim.x, false);
  for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
    const Norm<V> norm(statistics[row], statistics[rows + row]);
    const long long base = row * n;
    Two<V> found = {0, 0};
    for (long long i = team.thread; i < n; i += team.along) {
      const V s = weight ? read(g[base + i]) * read(weight[i]) : read(g[base + i]);
      found = SumOfTwo::join(found, Two<V>{s, s * norm.of(read(x[base + i]))});
    }
    found = team.joined<SumOfTwo>(found);
    const V level = (V)((double)found.first / (double)n), tilt = (V)((double)found.second / (double)n);
    for (long long i = team.thread; i < n; i += team.along) {
      const V s = weight ? read(g[base + i]) * read(weight[i]) : read(g[base + i]);
      gx[base + i] = write<M>((s - level - norm.of(read(x[base + i])) * tilt) * norm.scale);
    }
  }
}

/* The gradients of weight and bias over part y, of `part` rows: into row y of each result. */
template <class M>
__global__ void layer_norm_parameters(long long rows, long long n, int along, long long part, const M *g, const M *x,
                                      const double *statistics, Value<M> *gweight, Value<M> *gbias) {
  typedef Value<M> V;
  const Team team(along, true);
  const long long from = blockIdx.y * part, to = from + part < rows ? from + part : rows;
  for (long long start = (long long)blockIdx.x * team.lines; start < n; start += (long long)gridDim.x * team.lines) {
    const long long column = start + team.line;
    Two<V> found = {0, 0};
    for (long long row = from + team.thread; column < n && row < to; row += along) {
      const Norm<V> norm(statistics[row], statistics[rows + row]);
      const V slope = read(g[row * n + column]);
      found = SumOfTwo::join(found, Two<V>{slope * norm.of(read(x[row * n + column])), slope});
    }
    found = team.joined<SumOfTwo>(found);
    if (column < n && team.thread == 0) {
      gweight[blockIdx.y * n + column] = found.first;
      gbias[blockIdx.y * n + column] = found.second;
    }
  }
}
