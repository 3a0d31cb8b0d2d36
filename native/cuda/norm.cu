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
  Norm() = default;
  DEVICE Norm(double mean, double scale) : near((V)mean), rest((V)(mean - (double)(V)mean)), scale((V)scale) {}
  DEVICE V of(V x) const { return (x - near - rest) * scale; }
};

/* statistics: the means of all rows, then their scales. Weight and bias may be null. */
template <class M, int R>
__global__ void layer_norm(long long rows, long long n, int along, int packed, double eps, const M *x, const M *weight,
                           const M *bias, M *y, double *statistics) {
  typedef Value<M> V;
  const Team team(along, false);
  for (long long start = (long long)blockIdx.x * team.lines; start < rows; start += (long long)gridDim.x * team.lines) {
    const long long at = start + team.line;
    Row<M, R> row(team, x + at * n, at < rows ? n : 0, packed);
    V sum = 0;
    row.each([&](long long, V v) { sum += v; });
    const V near = (V)((double)team.joined<Sum>(sum) / (double)n);
    Two<V> found = {0, 0};
    row.each([&](long long, V v) { found = SumOfTwo::join(found, Two<V>{v - near, (v - near) * (v - near)}); });
    found = team.joined<SumOfTwo>(found);
    Norm<V> norm(0, 0);
    if (team.thread < LANES) { /* Doubles take some devices long. */
      const double low = (double)found.first / (double)n, spread = (double)found.second / (double)n - low * low;
      const double mean = (double)near + low, scale = 1 / sqrt((spread < 0 ? 0 : spread) + eps);
      norm = Norm<V>(mean, scale);
      if (at < rows && team.thread == 0) {
        statistics[at] = mean;
        statistics[rows + at] = scale;
      }
    }
    if (along > LANES) { norm = team.told(norm); }
    row.put(y + at * n, [=](long long i, V v) {
      const V z = norm.of(v), w = weight ? z * read(weight[i]) : z;
      return bias ? w + read(bias[i]) : w;
    });
  }
}

/* With the slope s of the normalized row z: (s - mean(s) - z mean(s z)) scale. */
template <class M, int R>
__global__ void layer_norm_input(long long rows, long long n, int along, int packed, const M *g, const M *x,
                                 const M *weight, const double *statistics, M *gx) {
  typedef Value<M> V;
  const Team team(along, false);
  for (long long start = (long long)blockIdx.x * team.lines; start < rows; start += (long long)gridDim.x * team.lines) {
    const long long at = start + team.line, known = at < rows ? at : 0;
    Row<M, R> slopes(team, g + at * n, at < rows ? n : 0, packed), row(team, x + at * n, at < rows ? n : 0, packed);
    const Norm<V> norm(statistics[known], statistics[rows + known]);
    Two<V> found = {0, 0};
    slopes.with(row, [&](long long i, V slope, V v) {
      const V s = weight ? slope * read(weight[i]) : slope;
      found = SumOfTwo::join(found, Two<V>{s, s * norm.of(v)});
    });
    found = team.joined<SumOfTwo>(found);
    const V level = (V)((double)found.first / (double)n), tilt = (V)((double)found.second / (double)n);
    slopes.put_with(row, gx + at * n, [=](long long i, V slope, V v) {
      const V s = weight ? slope * read(weight[i]) : slope;
      return (s - level - norm.of(v) * tilt) * norm.scale;
    });
  }
}

/* The gradients of weight and bias over part y, of `part` rows: into row y of each result. */
template <class M>
__global__ void layer_norm_parameters(long long rows, long long n, int along, long long part, const M *g, const M *x,
                                      const double *statistics, Value<M> *gweight, Value<M> *gbias) {
  typedef Value<M> V;
  SHARED(Norm<V>, norms, MOST_THREADS);
  const Team team(along, true);
  const long long from = blockIdx.y * part, to = from + part < rows ? from + part : rows;
  for (long long start = (long long)blockIdx.x * team.lines; start < n; start += (long long)gridDim.x * team.lines) {
    const long long column = start + team.line;
    Two<V> found = {0, 0};
    for (long long tile = from; tile < to; tile += blockDim.x) { /* whose rows' doubles are read once */
      const long long own = tile + threadIdx.x, end = tile + blockDim.x < to ? tile + blockDim.x : to;
      if (own < to) { norms[threadIdx.x] = Norm<V>(statistics[own], statistics[rows + own]); }
      __syncthreads();
#pragma unroll 4
      for (long long row = tile + team.thread; row < end; row += along) {
        if (column < n) {
          const V slope = read(g[row * n + column]);
          found = SumOfTwo::join(found, Two<V>{slope * norms[row - tile].of(read(x[row * n + column])), slope});
        }
      }
      __syncthreads();
    }
    found = team.joined<SumOfTwo>(found);
    if (column < n && team.thread == 0) {
      gweight[blockIdx.y * n + column] = found.first;
      gbias[blockIdx.y * n + column] = found.second;
    }
  }
}
