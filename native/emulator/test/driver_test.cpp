/* The driver: what waits for what, and how misuse is answered. */
#include <cmath>
#include <thread>

#include "tests.hpp"

static const char* const SOURCE = R"(
__global__ void add(int* to, const int* from, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) { to[i] += from[i]; }
}
__global__ void big(int* out) { DYNAMIC_SHARED(int, all); all[threadIdx.x] = 1; out[threadIdx.x] = all[threadIdx.x]; }
)";

static Module* module() {
  static Module* loaded = new Module(SOURCE, {"add", "big"});
  return loaded;
}

static int addTo(Array<int>& to, Array<int>& from, void* stream) {
  return launchOn(stream, module()->function("add"), {4}, {32}, 0, to.address, from.address, (int)to.count);
}

/* A host that changes a buffer before an asynchronous copy has read it; pinned memory is read late, other at once. */
static void testEarlyOverwrite() {
  for (bool pinned : {false, true}) {
    for (bool waits : {false, true}) {
      std::vector<int> plain(100, 1);
      void* buffer = plain.data();
      if (pinned) {
        OK(cuMemHostAlloc(&buffer, 400, 0));
        memcpy(buffer, plain.data(), 400);
      }
      void* stream;
      OK(cuStreamCreate(&stream, 1));
      Array<int> array(100);
      OK(cuMemcpyHtoDAsync_v2(array.address, buffer, 400, stream));
      if (waits) {
        OK(cuStreamSynchronize(stream));
      }
      memset(buffer, 0, 400);
      OK(cuStreamSynchronize(stream));
      CHECK(array.read()[50] == (pinned && !waits ? 0 : 1));
      OK(cuStreamDestroy_v2(stream));
      if (pinned) {
        OK(cuMemFreeHost(buffer));
      }
    }
  }
}

/* A result that is read before the stream was waited for; a copy by the default stream does not wait for it. */
static void testEarlyRead() {
  for (bool waits : {false, true}) {
    void* stream;
    OK(cuStreamCreate(&stream, 1));
    Array<int> to(std::vector<int>(100, 1)), from(std::vector<int>(100, 2));
    OK(addTo(to, from, stream));
    if (waits) {
      OK(cuStreamSynchronize(stream));
    }
    CHECK(to.read()[9] == (waits ? 3 : 1));
    OK(cuStreamDestroy_v2(stream));
  }
}

static void testEvents() {
  for (bool waits : {false, true}) {
    void *producer, *consumer, *event;
    OK(cuStreamCreate(&producer, 1));
    OK(cuStreamCreate(&consumer, 1));
    OK(cuEventCreate(&event, 0));
    EXPECT(0, cuEventQuery(event));
    Array<int> a(std::vector<int>(100, 1)), b(std::vector<int>(100, 10)), c(std::vector<int>(100, 100));
    OK(addTo(b, a, producer));
    OK(cuEventRecord(event, producer));
    if (waits) {
      OK(cuStreamWaitEvent(consumer, event, 0));
    }
    OK(addTo(c, b, consumer));
    OK(cuStreamSynchronize(consumer));
    CHECK(c.read()[7] == (waits ? 111 : 110));
    int asked = 0;
    while (cuEventQuery(event) == 600 && asked < 100) {
      asked++;
    }
    CHECK(asked < 100);
    OK(cuEventSynchronize(event));
    CHECK(b.read()[7] == 11);
    while (cuStreamQuery(producer) == 600) {
    }
    OK(cuEventDestroy_v2(event));
    EXPECT(400, cuEventRecord(event, producer));
    OK(cuStreamDestroy_v2(producer));
    OK(cuStreamDestroy_v2(consumer));
    EXPECT(400, cuStreamSynchronize(consumer));
  }
}

static void testTimes() {
  void *start, *end;
  OK(cuEventCreate(&start, 0));
  OK(cuEventCreate(&end, 0));
  Array<int> a(std::vector<int>(100, 1));
  OK(cuEventRecord(start, nullptr));
  OK(addTo(a, a, nullptr));
  OK(cuEventRecord(end, nullptr));
  float milliseconds = -1;
  EXPECT(600, cuEventElapsedTime_v2(&milliseconds, start, end));
  OK(cuEventSynchronize(end));
  OK(cuEventElapsedTime_v2(&milliseconds, start, end));
  CHECK(milliseconds > 0 && milliseconds < 10000);
  OK(cuEventDestroy_v2(start));
  OK(cuEventDestroy_v2(end));
}

/* The default stream and streams that block wait for each other. */
static void testBlockingStreams() {
  void* stream;
  OK(cuStreamCreate(&stream, 0));
  Array<int> to(std::vector<int>(100, 1)), from(std::vector<int>(100, 2));
  OK(addTo(to, from, stream));
  CHECK(to.read()[0] == 3);
  OK(addTo(to, from, nullptr));
  OK(addTo(to, to, stream));
  OK(cuStreamSynchronize(stream));
  CHECK(to.read()[0] == 10);
  OK(cuStreamDestroy_v2(stream));
}

static void testMemory() {
  size_t before, after, total;
  OK(cuMemGetInfo_v2(&before, &total));
  DevicePointer a, b;
  OK(cuMemAlloc_v2(&a, 1000));
  OK(cuMemGetInfo_v2(&after, &total));
  CHECK(before - after == 1000);
  CHECK(a % 256 == 0);
  std::vector<char> bytes(2000);
  EXPECT(1, cuMemcpyHtoD_v2(a, bytes.data(), 1001));
  SAYS(1, "1001 bytes at");
  EXPECT(1, cuMemcpyDtoH_v2(bytes.data(), a + 1, 1000));
  OK(cuMemcpyHtoD_v2(a + 1, bytes.data(), 999));
  EXPECT(1, cuMemcpyHtoD_v2(a, (void*)a, 10));
  EXPECT(1, cuMemFree_v2(a + 16));
  OK(cuMemFree_v2(0));
  OK(cuMemFree_v2(a));
  EXPECT(1, cuMemFree_v2(a));
  EXPECT(1, cuMemAlloc_v2(&a, 0));
  EXPECT(2, cuMemAlloc_v2(&a, 1ull << 40));
  chagres_emulator_set("memory", 1 << 20);
  OK(cuMemAlloc_v2(&a, 600 << 10));
  EXPECT(2, cuMemAlloc_v2(&b, 600 << 10));
  OK(cuMemFree_v2(a));
  OK(cuMemAlloc_v2(&a, 600 << 10));
  OK(cuMemFree_v2(a));
  chagres_emulator_set("memory", 16ull << 30);

  void* stream;
  OK(cuStreamCreate(&stream, 1));
  OK(cuMemAllocAsync(&a, 400, stream));
  OK(cuMemsetD32Async(a, 7, 100, stream));
  OK(cuMemcpyDtoHAsync_v2(bytes.data(), a, 400, stream));
  CHECK(((int*)bytes.data())[99] == 7);
  OK(cuMemFreeAsync(a, stream));
  EXPECT(1, cuMemFreeAsync(a, stream));
  EXPECT(1, cuMemcpyDtoHAsync_v2(bytes.data(), a, 400, stream));
  OK(cuStreamDestroy_v2(stream));
}

/* A pool that says which parts of an allocation are arrays. */
static void testArrays() {
  Array<char> pool(4096);
  char bytes[300] = {};
  auto at = [&](size_t offset) { return (void*)(pool.address + offset); };
  OK(cuMemcpyHtoD_v2(pool.address + 1000, bytes, 300));
  __asan_poison_memory_region(at(0), 4096);
  __asan_unpoison_memory_region(at(256), 100);
  __asan_unpoison_memory_region(at(512), 200);
  OK(cuMemcpyHtoD_v2(pool.address + 256, bytes, 100));
  EXPECT(1, cuMemcpyHtoD_v2(pool.address + 256, bytes, 101));
  OK(cuMemcpyHtoD_v2(pool.address + 612, bytes, 100));
  EXPECT(1, cuMemcpyHtoD_v2(pool.address + 613, bytes, 100));
  __asan_unpoison_memory_region(at(256), 300);
  OK(cuMemcpyHtoD_v2(pool.address + 256, bytes, 300));
}

static void testGraphs() {
  void *stream, *other, *fork, *join, *graph = nullptr, *executable = nullptr;
  OK(cuStreamCreate(&stream, 1));
  OK(cuStreamCreate(&other, 1));
  OK(cuEventCreate(&fork, 2));
  OK(cuEventCreate(&join, 2));
  Array<int> a(std::vector<int>(100, 1)), b(std::vector<int>(100, 2));
  OK(cuStreamBeginCapture_v2(stream, 1));
  OK(addTo(a, b, stream));
  OK(cuEventRecord(fork, stream));
  OK(cuStreamWaitEvent(other, fork, 0));
  OK(addTo(b, a, other));
  OK(cuEventRecord(join, other));
  OK(cuStreamWaitEvent(stream, join, 0));
  OK(cuStreamEndCapture(stream, &graph));
  CHECK(a.read()[0] == 1);
  OK(cuGraphInstantiateWithFlags(&executable, graph, 0));
  OK(cuGraphDestroy(graph));
  OK(cuGraphUpload(executable, stream));
  for (int i = 0; i < 3; i++) {
    OK(cuGraphLaunch(executable, stream));
  }
  OK(cuStreamSynchronize(stream));
  /* (1, 2) -> (3, 5) -> (8, 13) -> (21, 34) */
  CHECK(a.read()[5] == 21 && b.read()[5] == 34);
  OK(cuGraphExecDestroy(executable));

  OK(cuStreamBeginCapture_v2(stream, 1));
  EXPECT(900, cuStreamSynchronize(stream));
  EXPECT(901, cuStreamEndCapture(stream, &graph));
  OK(cuStreamBeginCapture_v2(stream, 1));
  DevicePointer address;
  EXPECT(900, cuMemAlloc_v2(&address, 8));
  EXPECT(901, cuStreamEndCapture(stream, &graph));
  int pageable[100];
  for (bool back : {false, true}) {
    OK(cuStreamBeginCapture_v2(stream, 2));
    OK(cuMemAlloc_v2(&address, 8));
    OK(cuMemFree_v2(address));
    EXPECT(900, back ? cuMemcpyDtoHAsync_v2(pageable, a.address, sizeof(pageable), stream)
                     : cuMemcpyHtoDAsync_v2(a.address, pageable, sizeof(pageable), stream));
    EXPECT(901, addTo(a, b, stream));
    EXPECT(901, cuStreamEndCapture(stream, &graph));
  }
  OK(cuEventRecord(fork, other));
  OK(cuStreamBeginCapture_v2(stream, 2));
  EXPECT(905, cuStreamWaitEvent(stream, fork, 0));
  EXPECT(901, cuStreamEndCapture(stream, &graph));
  OK(cuStreamBeginCapture_v2(stream, 2));
  OK(cuEventRecord(fork, stream));
  OK(cuStreamWaitEvent(other, fork, 0));
  OK(addTo(b, a, other));
  EXPECT(904, cuStreamEndCapture(stream, &graph));
  EXPECT(907, cuStreamWaitEvent(other, fork, 0));
  OK(addTo(b, a, other));
  OK(cuStreamSynchronize(other));
  OK(cuStreamDestroy_v2(stream));
  OK(cuStreamDestroy_v2(other));
}

static void testMisuse() {
  Array<int> a(std::vector<int>(100, 1));
  void* add = module()->function("add");
  EXPECT(1, launch(add, {1}, {1025}, a.address, a.address, 100));
  EXPECT(1, launch(add, {0}, {32}, a.address, a.address, 100));
  EXPECT(1, launch(add, {1, 70000}, {32}, a.address, a.address, 100));
  EXPECT(1, launch(add, {1}, {32, 1, 65}, a.address, a.address, 100));
  EXPECT(1, cuLaunchKernel(add, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr));
  EXPECT(400, launch(nullptr, {1}, {32}, a.address));
  EXPECT(400, launchOn(&a, add, {1}, {32}, 0, a.address, a.address, 100));
  void* big = module()->function("big");
  EXPECT(1, launchOn(nullptr, big, {1}, {32}, 100 << 10, a.address));
  OK(cuFuncSetAttribute(big, 8, 100 << 10));
  OK(launchOn(nullptr, big, {1}, {32}, 100 << 10, a.address));
  EXPECT(1, cuFuncSetAttribute(big, 8, 300 << 10));
  void* function;
  EXPECT(500, cuModuleGetFunction(&function, module()->handle, "nothing"));
  SAYS(500, "no kernel nothing");
  std::thread([&] {
    DevicePointer address;
    EXPECT(201, cuMemAlloc_v2(&address, 8));
    EXPECT(201, cuCtxSetCurrent(&address));
  }).join();
}

static void testTwoDevices() {
  void *context, *other;
  OK(cuDevicePrimaryCtxRetain(&context, 0));
  EXPECT(201, cuCtxSetCurrent(nullptr) ? 0 : cuCtxSynchronize());
  int count;
  OK(cuDeviceGetCount(&count));
  CHECK(count == 3);
  OK(cuDevicePrimaryCtxRetain(&other, 1));
  OK(cuCtxSetCurrent(other));
  Array<int> there(100);
  OK(cuCtxSetCurrent(context));
  Array<int> here(std::vector<int>(100, 5));
  EXPECT(1, cuMemcpyHtoD_v2(there.address, &count, 4));
  OK(cuMemcpyPeerAsync(there.address, other, here.address, context, 400, nullptr));
  OK(cuCtxSynchronize());
  EXPECT(700, addTo(here, there, nullptr));
  SAYS(700, "argument 1 of kernel add");
  repair();
  OK(cuCtxSetCurrent(other));
  CHECK(there.read()[99] == 5);
  EXPECT(400, addTo(there, there, nullptr));
  OK(cuCtxSetCurrent(context));
}

void testDriver() {
  plainMode();
  testMemory();
  testArrays();
  testGraphs();
  testMisuse();
  chagres_emulator_set("lazy", 1);
  testEarlyOverwrite();
  testEarlyRead();
  testEvents();
  testTimes();
  testBlockingStreams();
  testMemory();
  testGraphs();
  chagres_emulator_set("protect", 1);
  testEvents();
  plainMode();
  testTwoDevices();
}
