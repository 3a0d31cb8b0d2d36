/*
 * Softmax and its logarithm along the middle axis of contiguous (outer, n, inner), and their gradients from the result. Each
 * line is shifted by its greatest element, so that no exponential overflows.
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
    V sum = 0;
    for (long long i = team.thread; i < end; i += along) { sum += exp(read(x[base + i * inner]) - greatest); }
    sum = team.joined<Sum>(sum);
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
    V sum = 0;
    for (long long i = team.thread; i < end; i += along) {
      const V slope = read(g[base + i * inner]);
      sum += LOGARITHM ? slope : slope * read(y[base + i * inner]);
    }
    sum = team.joined<Sum>(sum);
    for (long long i = team.thread; i < end; i += along) {
      const V slope = read(g[base + i * inner]), value = read(y[base + i * inner]);
      gx[base + i * inner] = write<M>(LOGARITHM ? slope - exp(value) * sum : value * (slope - sum));
    }
  }
}
