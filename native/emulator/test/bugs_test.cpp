/* Kernels with a mistake each: what finds it, and with which words. */
#include <numeric>

#include "tests.hpp"

static const char* const SOURCE = R"(
/* Each thread reads what its neighbour writes. */
template <bool AFTER, bool BEFORE> __global__ void neighbours(int* out) {
  SHARED(int, all, 64);
  int right = 0;
  for (int round = 0; round < 3; round++) {
    all[threadIdx.x] = round * 100 + threadIdx.x;
    if (AFTER) { __syncthreads(); }
    right += all[(threadIdx.x + 1) % blockDim.x] == round * 100 + (threadIdx.x + 1) % blockDim.x;
    if (BEFORE) { __syncthreads(); }
  }
  out[threadIdx.x] = right;
}

template <bool SYNC> __global__ void warpNeighbours(int* out) {
  SHARED(int, all, 32);
  all[threadIdx.x] = threadIdx.x;
  if (SYNC) { __syncwarp(); }
  out[threadIdx.x] = all[threadIdx.x ^ 1] == (threadIdx.x ^ 1);
}

__global__ void write(int* out, int index) { out[index + threadIdx.x + blockIdx.x * blockDim.x] = 1; }
__global__ void writeBefore(int* out, int n) { out[-n] = 1; }
__global__ void readBeyond(int* out, const float* in, int n) { out[0] = in[n] > 0; }
__global__ void sharedBeyond(int* out, int n) {
  DYNAMIC_SHARED(int, all);
  all[threadIdx.x + n] = 1;
  out[threadIdx.x] = all[threadIdx.x + n];
}
__global__ void staticBeyond(int* out, int n) {
  SHARED(int, all, 8);
  out[0] = all[n];
}
__global__ void uninitialized(float* out) {
  SHARED(float, all, 2);
  out[blockIdx.x] = all[1];
  all[1] = 5;
}
__global__ void divide(int* out, int by) { out[0] = 7 / by; }
__global__ void partialShuffle(int* out) { out[0] = __shfl_xor_sync(0xffffffffu, 1, 1); }
__global__ void exitedShuffle(int* out) {
  if (threadIdx.x == 5) { return; }
  out[0] = __shfl_xor_sync(0xffffffffu, 1, 1);
}
__global__ void otherMask(int* out) { out[0] = __shfl_xor_sync(threadIdx.x < 16 ? 0xffffffffu : 0xfffffff0u, 1, 1); }
__global__ void notInMask(int* out) { out[0] = __shfl_xor_sync(1u, 1, 1); }
__global__ void exitedBarrier(int* out) {
  if (threadIdx.x >= 60) { return; }
  __syncthreads();
  out[0] = 1;
}
__global__ void twoBarriers(int* out) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[0] = 1;
}
__global__ void trap() { __trap(); }
struct alignas(16) Four {
  int at[4];
};
__global__ void four(int* out, int from) {
  CHECK_ALIGNED(out + from, sizeof(Four));
  reinterpret_cast<Four*>(out + from)[0] = {1, 2, 3, 4};
}
__global__ void common(int* out) {
  SHARED(int, all, 2000);
  DYNAMIC_SHARED(int, more);
  all[0] = 1;
  more[0] = 2;
  out[0] = all[0] + more[0];
}
__device__ int deeper(volatile int* a, int n) {
  volatile char room[1000];
  room[n % 1000] = 1;
  return n == 0 ? a[0] : deeper(a, n - 1) + room[n % 1000];
}
__global__ void deep(int* out, int n) { out[0] = deeper(out, n); }
__global__ void tooMuchTogether(int* out) {
  SHARED(int, all, 8);
  DYNAMIC_SHARED(int, more);
  all[0] = 1;
  more[0] = 2;
  out[0] = all[0] + more[0];
}
__global__ void tooMuch(int* out) {
  SHARED(int, a, 8000);
  SHARED(int, b, 8000);
  a[0] = b[0] = out[0];
}
)";

static Module* module() {
  static Module* loaded = new Module(
      SOURCE, {"neighbours<true, true>", "neighbours<false, true>", "neighbours<true, false>",
               "warpNeighbours<true>", "warpNeighbours<false>", "write", "writeBefore", "readBeyond", "sharedBeyond",
               "staticBeyond", "uninitialized", "divide", "partialShuffle", "exitedShuffle", "otherMask",
               "notInMask", "exitedBarrier", "twoBarriers", "trap", "four", "common", "deep", "tooMuch",
               "tooMuchTogether"});
  return loaded;
}

/* How many threads of the kernel saw what they should, in all orders; each should have seen it `each` times. */
static int seen(const char* kernel, unsigned threads, int orders) {
  int least = 1 << 30;
  for (int order = 0; order < orders; order++) {
    chagres_emulator_set("order", (unsigned)order);
    Array<int> out(threads);
    OK(launch(module()->function(kernel), {1}, {threads}, out.address));
    auto all = out.read();
    least = std::min(least, std::accumulate(all.begin(), all.end(), 0));
  }
  plainMode();
  return least;
}

static void testMissingBarriers() {
  CHECK(seen("neighbours<true, true>", 64, 8) == 64 * 3);
  CHECK(seen("neighbours<false, true>", 64, 1) < 64 * 3);
  CHECK(seen("neighbours<true, false>", 64, 1) < 64 * 3);
  CHECK(seen("warpNeighbours<true>", 32, 8) == 32);
  CHECK(seen("warpNeighbours<false>", 32, 1) < 32);
  CHECK(seen("warpNeighbours<false>", 32, 8) < 32);
}

/* The launch breaks the device with this code: the launch itself succeeds, as on a GPU, and every later call fails. */
template <class... A>
static void faults(int code, const char* words, int line, const char* kernel, Size grid, Size block,
                   unsigned shared, A... arguments) {
  void* function = module()->function(kernel);
  OK(launchOn(nullptr, function, grid, block, shared, arguments...));
  int got = cuCtxSynchronize();
  expect(got == code, kernel, "gave " + std::to_string(got) + " " + errorText(got), line);
  expect(errorText(code).find(words) != std::string::npos, words, errorText(code), line);
  expect(errorText(code).find(kernel) != std::string::npos, kernel, errorText(code), line);
  DevicePointer address;
  EXPECT(code, cuMemAlloc_v2(&address, 8));
  EXPECT(code, launchOn(nullptr, function, grid, block, shared, arguments...));
  repair();
}
#define FAULTS(code, words, ...) faults(code, words, __LINE__, __VA_ARGS__)

static DevicePointer fresh(size_t bytes) {
  DevicePointer address = 0;
  OK(cuMemAlloc_v2(&address, bytes));
  return address;
}

static void testBadAddresses() {
  chagres_emulator_set("guard", 1);
  FAULTS(700, "thread (4,0,0) of block (2,0,0)", "write", {3}, {10}, 0, fresh(24 * 4), 0);
  FAULTS(700, "illegal address", "write", {1}, {4}, 0, fresh(4096), -4 * 1024);
  FAULTS(700, "illegal address", "readBeyond", {1}, {1}, 0, fresh(4), fresh(400), 100);
  FAULTS(700, "illegal address", "sharedBeyond", {1}, {32}, 128, fresh(128), 1);
  FAULTS(700, "illegal address", "staticBeyond", {1}, {1}, 0, fresh(4), 8);
  /* Of arrays side by side in one allocation each has guards, once it is known where they are. */
  for (int at : {-1, -1500, 2, 4}) {
    DevicePointer arrays = fresh(1 << 16) + 1024;
    __asan_poison_memory_region((void*)(arrays - 1024), 1 << 16);
    __asan_unpoison_memory_region((void*)arrays, 2 * 4);
    __asan_unpoison_memory_region((void*)(arrays + 16), 64);
    const char* words = at == 2 ? "written behind an array by kernel" : at == -1 ? "written before an array by kernel" : "illegal address";
    FAULTS(700, words, at < 0 ? "writeBefore" : "write", {1}, {1}, 0, arrays, std::abs(at));
  }
  {
    DevicePointer arrays = fresh(1 << 16) + 1024;
    __asan_unpoison_memory_region((void*)arrays, 2 * 4);
    int values[2] = {};
    OK(cuMemcpyHtoD_v2(arrays, values, 8));
    OK(launch(module()->function("write"), {1}, {1}, arrays + 4, 0));
    OK(launch(module()->function("writeBefore"), {1}, {1}, arrays + 4, 1));
    OK(cuMemcpyDtoH_v2(values, arrays, 8));
    CHECK(values[0] == 1 && values[1] == 1);
    repair();
  }
  /* What counts is where arrays were when the launch was called. */
  chagres_emulator_set("lazy", 1);
  DevicePointer reused = fresh(1 << 16) + 1024;
  __asan_unpoison_memory_region((void*)reused, 64);
  OK(launch(module()->function("write"), {1}, {1}, reused, 8));
  __asan_unpoison_memory_region((void*)reused, 4);
  OK(cuCtxSynchronize());
  chagres_emulator_set("lazy", 0);
  DevicePointer freed = fresh(64);
  OK(cuMemFree_v2(freed));
  EXPECT(700, launch(module()->function("write"), {1}, {1}, freed, 0));
  SAYS(700, "argument 0 of kernel write is 0x");
  repair();
  /* What comes next is not where the last one was. */
  DevicePointer last = fresh(1 << 20);
  OK(cuMemFree_v2(last));
  CHECK(fresh(1 << 20) != last);
  EXPECT(700, launch(module()->function("write"), {1}, {1}, last, 0));
  repair();
  plainMode();
  int host = 0;
  EXPECT(700, launch(module()->function("write"), {1}, {1}, (DevicePointer)&host, 0));
  SAYS(700, "no memory of device 0");
  repair();
  FAULTS(700, "illegal address", "write", {1}, {1}, 0, fresh(4), 1 << 20);
  FAULTS(700, "illegal address", "deep", {1}, {1}, 0, fresh(4), 100000);
  Array<int> out(1);
  OK(launch(module()->function("deep"), {1}, {1}, out.address, 50));
  OK(cuCtxSynchronize());
}

static void testMeetings() {
  for (unsigned order : {0, 1, 2}) {
    chagres_emulator_set("order", order);
    FAULTS(719, "the mask has lanes that the block has not", "partialShuffle", {1}, {20}, 0, fresh(4));
    FAULTS(719, "for thread (5,0,0), which has ended", "exitedShuffle", {1}, {32}, 0, fresh(4));
    FAULTS(719, "different masks", "otherMask", {1}, {32}, 0, fresh(4));
    FAULTS(719, "not in the mask", "notInMask", {1}, {32}, 0, fresh(4));
    FAULTS(719, "which has ended", "exitedBarrier", {2}, {64}, 0, fresh(4));
    FAULTS(719, "two barriers: at test.cu", "twoBarriers", {1}, {64}, 0, fresh(4));
  }
  plainMode();
}

void testBugs() {
  testMissingBarriers();
  testBadAddresses();
  testMeetings();
  FAULTS(719, "division by zero", "divide", {1}, {1}, 0, fresh(4), 0);
  FAULTS(719, "__trap()", "trap", {1}, {1}, 0);
  FAULTS(719, "more shared memory", "tooMuch", {1}, {1}, 0, fresh(4));
  OK(launch(module()->function("four"), {1}, {1}, fresh(64), 4));
  FAULTS(719, "misaligned address", "four", {1}, {1}, 0, fresh(64), 2);
  /* What a kernel declares counts, too, until it asks for more than is common. */
  FAULTS(719, "more shared memory", "common", {1}, {1}, 44 << 10, fresh(4));
  OK(cuFuncSetAttribute(module()->function("common"), 8, 44 << 10));
  OK(launchOn(nullptr, module()->function("common"), {1}, {1}, 44 << 10, fresh(4)));
  OK(cuCtxSynchronize());
  FAULTS(719, "more shared memory", "tooMuchTogether", {1}, {1}, 48 << 10, fresh(4));
  Array<float> out(2);
  OK(launch(module()->function("uninitialized"), {2}, {1}, out.address));
  CHECK(out.read()[0] != out.read()[0] && out.read()[1] != out.read()[1]);
}
