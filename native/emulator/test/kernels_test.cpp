/* Kernels without mistakes: the same results in every order, with and without guards, at once and later. */
#include <cmath>
#include <numeric>

#include "tests.hpp"

namespace {

const char* const SOURCE = R"(
struct Segment { int begin, end; float scale; };

template <class T> __global__ void saxpy(T* y, const T* x, T a, long long n) {
  for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * (long long)blockDim.x) {
    y[i] += a * x[i];
  }
}

__global__ void scale(float* x, Segment segment) {
  int i = segment.begin + blockIdx.x * blockDim.x + threadIdx.x;
  if (i < segment.end) { x[i] *= segment.scale; }
}

__global__ void coordinates(unsigned* out) {
  unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}

template <class T> __device__ T warpSum(T x) {
  for (int d = 16; d > 0; d /= 2) { x += __shfl_xor_sync(0xffffffffu, x, d); }
  return x;
}

template <class T> __global__ void blockSum(T* out, const T* in, int n) {
  SHARED(T, parts, 32);
  T sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) { sum += in[i]; }
  sum = warpSum(sum);
  for (int round = 0; round < 3; round++) {  // written and read again: two barriers each
    if (threadIdx.x % 32 == 0) { parts[threadIdx.x / 32] = sum; }
    __syncthreads();
    T whole = threadIdx.x % 32 < blockDim.x / 32 ? parts[threadIdx.x % 32] : 0;
    whole = warpSum(whole);
    __syncthreads();
    if (threadIdx.x == 0 && round == 2) { atomicAdd(out, whole); }
  }
}

__global__ void reverse(int* data) {
  DYNAMIC_SHARED(int, all);
  all[threadIdx.x] = data[blockIdx.x * blockDim.x + threadIdx.x];
  __syncthreads();
  data[blockIdx.x * blockDim.x + threadIdx.x] = all[blockDim.x - 1 - threadIdx.x];
}

__global__ void warps(int* out) {
  int lane = threadIdx.x % 32, *o = out + threadIdx.x * 12;
  unsigned full = 0xffffffffu;
  o[0] = __shfl_sync(full, lane * 3, 5);
  o[1] = __shfl_up_sync(full, lane, 2);
  o[2] = __shfl_down_sync(full, lane, 3, 8);
  o[3] = __shfl_xor_sync(full, lane, 1);
  o[4] = (int)__ballot_sync(full, lane % 3 == 0);
  o[5] = __any_sync(full, lane == 40) * 2 + __all_sync(full, lane < 32);
  o[6] = __shfl_sync(full, lane, 1, 16);
  o[7] = (int)__match_any_sync(full, lane / 10);
  unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
  int sum = lane;
  for (int d = 8; d > 0; d /= 2) { sum += __shfl_xor_sync(half, sum, d); }
  o[8] = sum;
  o[9] = __syncthreads_count(threadIdx.x % 2);
  o[10] = __syncthreads_or(threadIdx.x == 7) * 2 + __syncthreads_and(threadIdx.x != 7);
  o[11] = (int)(__shfl_down_sync(full, 1LL << 40 | lane, 1) >> 33) + __shfl_up_sync(full, (double)lane, 1) * 1.0;
}

__global__ void atomics(int* i, unsigned* u, unsigned long long* l, float* f, double* d) {
  atomicAdd(i, 2), atomicAdd(u, 3u), atomicAdd(l, 5ull), atomicAdd(f, 0.5f), atomicAdd(d, 0.25);
  atomicMax(i + 1, (int)threadIdx.x), atomicMin(i + 2, -(int)threadIdx.x);
  atomicInc(u + 1, 6), atomicOr(u + 2, 1u << threadIdx.x % 32), atomicExch(u + 3, 9u);
  unsigned old = atomicAdd(u + 4, 0u), seen;
  do { seen = old; old = atomicCAS(u + 4, seen, seen * 3 + 1); } while (old != seen);
}

/* The last block to come adds up what all have written. */
__global__ void lastBlock(int* parts, unsigned* count, int* out) {
  SHARED(bool, last, 1);
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = blockIdx.x + 1;
    __threadfence();
    last[0] = atomicInc(count, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last[0]) {
    for (int i = threadIdx.x; i < gridDim.x; i += blockDim.x) { atomicAdd(out, parts[i]); }
  }
}

extern "C" __global__ void __launch_bounds__(64) maths(double* out) {
  double* o = out;
  *o++ = rsqrtf(4.0f); *o++ = __expf(1.0f); *o++ = erfinv(0.3); *o++ = erfcinv(1e-200);
  *o++ = normcdf(-1.5); *o++ = normcdfinv(0.025); *o++ = erfcx(50.0); *o++ = erfcx(-1.0);
  *o++ = cyl_bessel_i0(1.0); *o++ = cyl_bessel_i1(-2.5); *o++ = sinpi(1.5); *o++ = max(1.0f, 2.0f);
  *o++ = __float2int_rn(2.5f); *o++ = __float2int_rz(-1e20f); *o++ = __popc(255u); *o++ = __clz(1);
  *o++ = __umulhi(1u << 31, 6u); *o++ = __int_as_float(0x40490fdb); *o++ = exp(0.0f); *o++ = __ffs(8);
  *o++ = __byte_perm(0x03020100, 0x07060504, 0x6420) == 0x06040200; *o++ = __brev(1u) == 1u << 31;
  *o++ = cyl_bessel_i0(30.0); *o++ = erfinv(-0.999999);
}
)";

}  // namespace

static Module* module() {
  static Module* loaded = new Module(
      SOURCE, {"saxpy<float>", "saxpy<double>", "scale", "coordinates", "blockSum<double>", "blockSum<int>",
               "reverse", "warps", "atomics", "&lastBlock"});
  return loaded;
}

static void testIndices(void* stream) {
  std::vector<float> x(5000), y(5000, 1);
  std::iota(x.begin(), x.end(), 0.0f);
  Array<float> a(x), b(y);
  OK(launchOn(stream, module()->function("saxpy<float>"), {3}, {96}, 0, b.address, a.address, 2.0f, 5000LL));
  struct Segment {
    int begin, end;
    float scale;
  };
  OK(launchOn(stream, module()->function("scale"), {2}, {64}, 0, a.address, Segment{10, 100, -1}));
  Array<unsigned> c(2 * 3 * 2 * 5 * 4 * 3);
  OK(launchOn(stream, module()->function("coordinates"), {2, 3, 2}, {5, 4, 3}, 0, c.address));
  OK(cuStreamSynchronize(stream));
  auto sums = b.read(), scaled = a.read();
  auto places = c.read();
  for (size_t i = 0; i < x.size(); i++) {
    CHECK(sums[i] == 1 + 2 * x[i]);
    CHECK(scaled[i] == (i >= 10 && i < 100 ? -x[i] : x[i]));
  }
  for (unsigned i = 0; i < places.size(); i++) {
    CHECK(places[i] == i / 60 * 1000 + i % 60);
  }
}

static void testBlocks(void* stream) {
  std::vector<double> x(1000);
  std::iota(x.begin(), x.end(), 1.0);
  Array<double> in(x), out(std::vector<double>{0});
  OK(launchOn(stream, module()->function("blockSum<double>"), {3}, {128}, 0, out.address, in.address, 1000));
  std::vector<int> numbers(6 * 100);
  std::iota(numbers.begin(), numbers.end(), 0);
  Array<int> reversed(numbers), parts(7), count(std::vector<int>{0}), total(std::vector<int>{0});
  OK(launchOn(stream, module()->function("reverse"), {6}, {100}, 400, reversed.address));
  OK(launchOn(stream, module()->function("&lastBlock"), {7}, {33}, 0, parts.address, count.address, total.address));
  OK(cuStreamSynchronize(stream));
  CHECK(out.read()[0] == 500500);
  auto turned = reversed.read();
  for (int i = 0; i < 600; i++) {
    CHECK(turned[(size_t)i] == i / 100 * 100 + 99 - i % 100);
  }
  CHECK(total.read()[0] == 28);
}

static void testWarps(void* stream) {
  Array<int> out(64 * 12);
  OK(launchOn(stream, module()->function("warps"), {1}, {64}, 0, out.address));
  OK(cuStreamSynchronize(stream));
  auto all = out.read();
  for (int thread = 0; thread < 64; thread++) {
    int lane = thread % 32;
    const int* o = all.data() + thread * 12;
    CHECK(o[0] == 15);
    CHECK(o[1] == (lane < 2 ? lane : lane - 2));
    CHECK(o[2] == (lane % 8 > 4 ? lane : lane + 3));
    CHECK(o[3] == (lane ^ 1));
    CHECK(o[4] == 0x49249249);
    CHECK(o[5] == 1);
    CHECK(o[6] == lane / 16 * 16 + 1);
    CHECK(o[7] == (int)(lane < 30 ? 0x3ffu << lane / 10 * 10 : 3u << 30));
    CHECK(o[8] == (lane < 16 ? 120 : 376));
    CHECK(o[9] == 32);
    CHECK(o[10] == 2);
    CHECK(o[11] == 128 + (lane > 0 ? lane - 1 : 0));
  }
}

static void testAtomics(void* stream) {
  Array<int> i(std::vector<int>(3));
  Array<unsigned> u(std::vector<unsigned>(5));
  Array<unsigned long long> l(std::vector<unsigned long long>(1));
  Array<float> f(std::vector<float>(1));
  Array<double> d(std::vector<double>(1));
  OK(launchOn(stream, module()->function("atomics"), {2}, {40}, 0, i.address, u.address, l.address, f.address,
            d.address));
  OK(cuStreamSynchronize(stream));
  unsigned chain = 0;
  for (int n = 0; n < 80; n++) {
    chain = chain * 3 + 1;
  }
  CHECK(i.read() == (std::vector<int>{160, 39, -39}));
  CHECK(u.read() == (std::vector<unsigned>{240, 80 % 7, 0xffffffff, 9, chain}));
  CHECK(l.read()[0] == 400);
  CHECK(f.read()[0] == 40);
  CHECK(d.read()[0] == 20);
}

static void testMaths() {
  const std::vector<double> wanted = {
      0.5, std::exp(1.0f), 0.27246271472675435, 21.374783049026258, 0.066807201268858085, -1.9599639845400542,
      0.011281536265323772, 5.0089800807622796, 1.2660658777520084, -2.5167162452886984, -1, 2,
      2, -2147483648.0, 8, 31, 3, 3.14159274101257324, 1, 4, 1, 1, 781672297823.97754, -3.4589107372754988};
  Array<double> out(wanted.size());
  OK(launch(module()->function("maths"), {1}, {1}, out.address));
  auto values = out.read();
  for (size_t i = 0; i < wanted.size(); i++) {
    double far = std::fabs(values[i] - wanted[i]);
    expect(far <= 4e-15 * std::fabs(wanted[i]) || (i == 0 && far < 1e-7), "maths", std::to_string(i), __LINE__);
  }
}

void testKernels() {
  for (int lazy = 0; lazy < 2; lazy++) {
    for (int guard = 0; guard < 2; guard++) {
      for (unsigned order : {0, 1, 2, 3}) {
        chagres_emulator_set("lazy", (unsigned)lazy);
        chagres_emulator_set("guard", (unsigned)guard);
        chagres_emulator_set("order", order);
        void* stream = nullptr;
        OK(cuStreamCreate(&stream, 1));
        testIndices(stream);
        testBlocks(stream);
        testWarps(stream);
        testAtomics(stream);
        OK(cuStreamDestroy_v2(stream));
      }
    }
  }
  plainMode();
  testMaths();
}
