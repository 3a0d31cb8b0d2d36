/* Right kernels, and kernels with a mistake, of which the argument chooses one: what the sanitizers say of each. */
#include "../harness.hpp"

#include <cstring>

template <bool AFTER, bool BEFORE>
__global__ void neighbours(int* out) {
  SHARED(int, all, 64);
  for (int round = 0; round < 2; round++) {
    all[threadIdx.x] = round;
    if (AFTER) {
      __syncthreads();
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] += all[(threadIdx.x + 1) % blockDim.x];
    if (BEFORE) {
      __syncthreads();
    }
  }
}

template <bool SYNC>
__global__ void warpNeighbours(int* out) {
  SHARED(int, all, 64);
  all[threadIdx.x] = threadIdx.x;
  if (SYNC) {
    __syncwarp();
  }
  out[threadIdx.x] = all[threadIdx.x ^ 1];
}

/* Halves of a warp that wait each for itself. */
template <bool WHOLE>
__global__ void halves(int* out) {
  SHARED(int, all, 32);
  all[threadIdx.x] = threadIdx.x;
  __syncwarp(WHOLE ? 0xffffffffu : threadIdx.x < 16 ? 0xffffu : 0xffff0000u);
  out[threadIdx.x] = all[threadIdx.x ^ 16];
}

template <bool ATOMIC>
__global__ void count(int* out) {
  if (threadIdx.x == 0) {
    if (ATOMIC) {
      atomicAdd(out, 1);
    } else {
      *out += 1;
    }
  }
}

__global__ void sameCell(int* out) {
  if (threadIdx.x == 0) {
    *out = 1;
  }
}

template <class T>
__global__ void sum(T* out, const T* in, int n) {
  SHARED(T, parts, 32);
  T sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    sum += in[i];
  }
  for (int d = 16; d > 0; d /= 2) {
    sum += __shfl_xor_sync(0xffffffffu, sum, d);
  }
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = sum;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < (int)blockDim.x / 32; w++) {
      sum += parts[w];
    }
    atomicAdd(out, sum);
  }
}

__global__ void lastBlock(int* parts, unsigned* count, int* out) {
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = blockIdx.x;
    __threadfence();
    if (atomicInc(count, gridDim.x - 1) == gridDim.x - 1) {
      for (unsigned i = 0; i < gridDim.x; i++) {
        *out += parts[i];
      }
    }
  }
}

__global__ void dynamic(int* out, int n) {
  DYNAMIC_SHARED(int, all);
  all[threadIdx.x] = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = all[threadIdx.x + n];
}

__global__ void read(int* out, const int* in, int i) { out[threadIdx.x] = in[threadIdx.x + i]; }

int main(int, char** arguments) {
  const char* wanted = arguments[1];
  auto is = [&](const char* name) { return strcmp(wanted, name) == 0; };
  Array<int> out(128, 0), in(64, 0), one(1, 0);
  if (is("right")) {
    Array<double> sums(1, 0), values(100);
    Array<unsigned> arrivals(1, 0);
    on<&neighbours<true, true>>({2}, {64})(out);
    on<&warpNeighbours<true>>({1}, {64})(out);
    on<&halves<true>>({1}, {32})(out);
    on<&count<true>>({3}, {32})(one);
    on<&sum<double>>({2}, {64})(sums, values, 100);
    on<&lastBlock>({4}, {32})(out, arrivals, one);
    on<&dynamic>({1}, {32}, 128)(out, 0);
    on<&read>({1}, {32})(out, in, 32);
    return sums[0] == 5050 && one[0] == 3 + 6 ? 0 : 1;
  }
  if (is("no barrier after a write")) {
    on<&neighbours<false, true>>({1}, {64})(out);
  } else if (is("no barrier before memory is used again")) {
    on<&neighbours<true, false>>({1}, {64})(out);
  } else if (is("no __syncwarp")) {
    on<&warpNeighbours<false>>({1}, {32})(out);
  } else if (is("halves of a warp")) {
    on<&halves<false>>({1}, {32})(out);
  } else if (is("blocks add without atomics")) {
    on<&count<false>>({2}, {32})(one);
  } else if (is("blocks write one cell")) {
    on<&sameCell>({2}, {32})(one);
  } else if (is("beyond an array")) {
    on<&read>({1}, {32})(out, in, 33);
  } else if (is("beyond dynamic shared memory")) {
    on<&dynamic>({1}, {32}, 128)(out, 1);
  } else if (is("a kernel that fails")) {
    on<&warpNeighbours<true>>({1}, {20})(out);
  }
  return 0;
}
