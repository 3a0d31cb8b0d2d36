/* Kernels that show what reaches them. */
#include "runtime_test.cuh"
#include "target.h"

template <class T>
__global__ void fill(T *y, long long n, T value) {
  const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
  if (i < n) { y[i] = value; }
}

__global__ void echo(double *y, signed char c, int i, Three three, long long l, float f, double d, bool b) {
  y[0] = c;
  y[1] = i;
  y[2] = three.a;
  y[3] = three.b;
  y[4] = three.c;
  y[5] = (double)l;
  y[6] = f;
  y[7] = d;
  y[8] = b;
  y[9] = sizeof(Three);
}

/* Reports the numbers that are not below n. */
__global__ void check(const long long *x, long long count, long long n, Fault fault) {
  const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
  if (i < count && x[i] >= n && atomicCAS(fault.word, 0ull, fault.code) == 0ull) {
    fault.word[1] = (unsigned long long)x[i];
  }
}

/* Uses the last bytes of the shared memory that the launch gives, beside its own. */
__global__ void room(long long *y, int bytes) {
  SHARED(long long, own, 1024);
  DYNAMIC_SHARED(int, given);
  if (threadIdx.x == 0) {
    own[1023] = 5;
    given[bytes / 4 - 1] = bytes;
  }
  __syncthreads();
  if (threadIdx.x == 1) { y[0] = given[bytes / 4 - 1] + own[1023]; }
}
