/*
 * Layer normalization of contiguous rows of n elements, batch normalization, and their gradients. Distances are from the mean as the element's type
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

/* ---- batches: (rows, channels, n), by channel ------------------------------------------------------------------------------ */

/* Where distances begin before the mean is known: the first number, if it is finite. */
template <class V>
DEVICE V center_of(V first) {
  return first - first == 0 ? first : (V)0;
}

/*
 * Over part y of the rows, of `part` each, the sums of distances and their squares, or, with statistics, of g and of its
 * products with distances: into row y of (parts, 2, channels).
 */
template <class M>
__global__ void batch_sums(long long rows, long long channels, long long n, int along, int beside, long long part, const M *g,
                           const M *x, const double *statistics, double *sums) {
  typedef Value<M> V;
  const Team team(along, beside);
  const long long from = blockIdx.y * part, to = from + part < rows ? from + part : rows;
  const long long down = along / n, right = along % n;
  for (long long start = (long long)blockIdx.x * team.lines; start < channels; start += (long long)gridDim.x * team.lines) {
    const long long channel = start + team.line;
    Total<V> first, second;
    if (channel < channels) {
      const Norm<V> center(statistics ? statistics[channel] : (double)center_of(read(x[channel * n])), 1);
      long long row = from + team.thread / n, i = team.thread % n;
      while (row < to) {
        const long long at = (row * channels + channel) * n + i;
        const V apart = center.of(read(x[at])), term = statistics ? read(g[at]) : apart;
        first.add(term);
        second.add(term * apart);
        row += down;
        i += right;
        if (i >= n) {
          i -= n;
          row++;
        }
      }
    }
    const Two<double> found = team.joined<SumOfTwo>(Two<double>{(double)first.value(), (double)second.value()});
    if (channel < channels && team.thread == 0) {
      sums[2 * blockIdx.y * channels + channel] = found.first;
      sums[(2 * blockIdx.y + 1) * channels + channel] = found.second;
    }
  }
}

/* The sums of all parts, one after the other. */
DEVICE Two<double> all_parts(long long channels, long long parts, const double *sums, long long channel) {
  Two<double> all = {0, 0};
  for (long long p = 0; p < parts; p++) {
    all = SumOfTwo::join(all, Two<double>{sums[2 * p * channels + channel], sums[(2 * p + 1) * channels + channel]});
  }
  return all;
}

/* What batch_put needs of each channel: (4, channels). The number of parts is 0 where mean and variance are given. */
template <class M>
__global__ void batch_norm_places(long long channels, long long n, long long parts, double count, double momentum, double eps,
                                  const M *x, const double *sums, const Value<M> *weight, const Value<M> *bias,
                                  Value<M> *means, Value<M> *variances, double *statistics, Value<M> *places) {
  typedef Value<M> V;
  const long long c = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= channels) { return; }
  double mean, variance;
  if (parts > 0) {
    const Two<double> all = all_parts(channels, parts, sums, c);
    const double low = all.first / count, spread = all.second / count - low * low;
    mean = (double)center_of(read(x[c * n])) + low;
    variance = spread < 0 ? 0 : spread;
    if (means) {
      means[c] = (V)((1 - momentum) * (double)means[c] + momentum * mean);
      variances[c] = (V)((1 - momentum) * (double)variances[c] + momentum * (variance * (count / (count - 1))));
    }
  } else {
    mean = (double)means[c];
    variance = (double)variances[c];
  }
  const double scale = 1 / sqrt(variance + eps), by = weight ? scale * (double)weight[c] : scale;
  const double low = mean - (double)(V)mean, rest = low - low == 0 ? low : 0;
  statistics[c] = mean;
  statistics[channels + c] = scale;
  places[c] = (V)mean;
  places[channels + c] = (V)by;
  places[2 * channels + c] = (V)((bias ? (double)bias[c] : 0) - rest * by);
}

/* The same for the gradient of x, and those of weight and bias, unless they are null. */
template <class M>
__global__ void batch_slope_places(long long channels, long long parts, double count, const double *sums,
                                   const Value<M> *weight, const double *statistics, Value<M> *places, Value<M> *gweight,
                                   Value<M> *gbias) {
  typedef Value<M> V;
  const long long c = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (c >= channels) { return; }
  const Two<double> all = all_parts(channels, parts, sums, c);
  const double mean = statistics[c], scale = statistics[channels + c], tilt = scale * scale * (all.second / count);
  const double low = mean - (double)(V)mean, rest = low - low == 0 ? low : 0;
  if (gweight) { gweight[c] = (V)(scale * all.second); }
  if (gbias) { gbias[c] = (V)all.first; }
  places[c] = (V)mean;
  places[channels + c] = (V)(weight ? scale * (double)weight[c] : scale);
  places[2 * channels + c] = (V)(all.first / count - rest * tilt);
  places[3 * channels + c] = (V)tilt;
}

/*
 * Rows of n numbers that are one channel's each, or, `across`, of one number of each channel: normalized, or with g their
 * gradient, or without x the gradient by means that do not follow from it.
 */
template <class M>
__global__ void batch_put(long long rows, long long channels, long long n, int along, int across, const M *g, const M *x,
                          const Value<M> *places, M *y) {
  typedef Value<M> V;
  const Team team(along, false);
  for (long long row = (long long)blockIdx.x * team.lines + team.line; row < rows; row += (long long)gridDim.x * team.lines) {
    const long long own = across ? 0 : row % channels;
#pragma unroll 4
    for (long long i = team.thread; i < n; i += along) {
      const V *place = places + (across ? i : own);
      const long long at = row * n + i;
      V v;
      if (!g) {
        v = (read(x[at]) - place[0]) * place[channels] + place[2 * channels];
      } else if (x) {
        v = ((place[0] - read(x[at])) * place[3 * channels] + (read(g[at]) - place[2 * channels])) * place[channels];
      } else {
        v = read(g[at]) * place[channels];
      }
      y[at] = write<M>(v);
    }
  }
}
