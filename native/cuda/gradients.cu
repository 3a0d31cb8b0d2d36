/*
 * Passes over the gradients of a model: a launch takes many tensors, contiguous and of one dtype, in chunks that are a block's
 * each.
 */
#include "lines.cuh"

constexpr int MOST_TENSORS = 192, CHUNK = 4096;

/* The tensors of a launch: their sizes, where they are, and the number of the first block of each. */
struct Tensors {
  long long count;
  long long numel[MOST_TENSORS];
  void *tensor[MOST_TENSORS];
  int first[MOST_TENSORS];
};

/* What is the block's. */
template <class M>
struct Part {
  M *x;
  long long from, to;

  DEVICE Part(const Tensors &all) {
    int own = 0;
    for (int rest = (int)all.count; rest > 1;) {
      const int half = rest / 2;
      const bool behind = all.first[own + half] <= (int)blockIdx.x;
      own += behind ? half : 0;
      rest = behind ? rest - half : half;
    }
    const long long n = all.numel[own];
    x = (M *)all.tensor[own];
    from = (long long)((int)blockIdx.x - all.first[own]) * CHUNK;
    to = from + CHUNK < n ? from + CHUNK : n;
  }

  /* Where packs of N elements end: nowhere if they may not begin where the tensor does. */
  template <int N>
  DEVICE long long packed() const {
    return (unsigned long long)x % (N * sizeof(M)) == 0 ? to - to % N : from;
  }
};

/* Times *factor; *found, if there is one, becomes 1 if an element was infinite or NaN: such a one is not 0 when it is taken off itself. */
template <class M>
__global__ void scale_all(Tensors all, const double *factor, float *found) {
  typedef Value<M> V;
  constexpr int N = 16 / sizeof(M);
  const Part<M> part(all);
  const V by = (V)*factor;
  const long long packed = part.template packed<N>();
  bool bad = false;
  for (long long p = part.from / N + threadIdx.x; p < packed / N; p += blockDim.x) {
    Pack<M, N> pack = load<M, N>(part.x, p);
    for (int k = 0; k < N; k++) {
      const V value = read(pack.at[k]);
      bad |= !(value - value == 0);
      pack.at[k] = write<M>(value * by);
    }
    store(part.x, p, pack);
  }
  for (long long i = packed + threadIdx.x; i < part.to; i += blockDim.x) {
    const V value = read(part.x[i]);
    bad |= !(value - value == 0);
    part.x[i] = write<M>(value * by);
  }
  if (bad && found) { atomicCAS(reinterpret_cast<unsigned *>(found), 0u, 0x3f800000u); }
}

struct Sums {
  static DEVICE double join(double a, double b) { return a + b; }
};

/* The sum of the squares of the elements of each block. */
template <class M>
__global__ void squares(Tensors all, double *sums) {
  constexpr int N = 16 / sizeof(M);
  const Part<M> part(all);
  const long long packed = part.template packed<N>();
  double found = 0;
  for (long long p = part.from / N + threadIdx.x; p < packed / N; p += blockDim.x) {
    const Pack<M, N> pack = load<M, N>(part.x, p);
    for (int k = 0; k < N; k++) {
      const double value = (double)read(pack.at[k]);
      found += value * value;
    }
  }
  for (long long i = packed + threadIdx.x; i < part.to; i += blockDim.x) {
    const double value = (double)read(part.x[i]);
    found += value * value;
  }
  found = Team((int)blockDim.x, false).joined<Sums>(found);
  if (threadIdx.x == 0) { sums[blockIdx.x] = found; }
}
