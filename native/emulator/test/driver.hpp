/* What the tests call of the emulated libraries, and how they check it. */
#pragma once
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using DevicePointer = unsigned long long;

extern "C" {
int chagres_emulator_set(const char* name, unsigned long long value);
void __asan_poison_memory_region(const volatile void* address, size_t bytes);
void __asan_unpoison_memory_region(const volatile void* address, size_t bytes);
int cuInit(unsigned flags);
int cuGetErrorName(int code, const char** text);
int cuGetErrorString(int code, const char** text);
int cuDeviceGetCount(int* count);
int cuDeviceGet(int* device, int number);
int cuDeviceGetAttribute(int* value, int attribute, int device);
int cuDevicePrimaryCtxRetain(void** context, int device);
int cuDevicePrimaryCtxReset_v2(int device);
int cuCtxSetCurrent(void* context);
int cuCtxSynchronize();
int cuMemAlloc_v2(DevicePointer* address, size_t bytes);
int cuMemFree_v2(DevicePointer address);
int cuMemAllocAsync(DevicePointer* address, size_t bytes, void* stream);
int cuMemFreeAsync(DevicePointer address, void* stream);
int cuMemGetInfo_v2(size_t* free, size_t* total);
int cuMemHostAlloc(void** memory, size_t bytes, unsigned flags);
int cuMemFreeHost(void* memory);
int cuMemcpyHtoD_v2(DevicePointer to, const void* from, size_t bytes);
int cuMemcpyDtoH_v2(void* to, DevicePointer from, size_t bytes);
int cuMemcpyDtoD_v2(DevicePointer to, DevicePointer from, size_t bytes);
int cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, size_t bytes, void* stream);
int cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, size_t bytes, void* stream);
int cuMemcpyPeerAsync(DevicePointer to, void* toContext, DevicePointer from, void* fromContext, size_t bytes, void* stream);
int cuMemsetD8Async(DevicePointer to, unsigned char value, size_t count, void* stream);
int cuMemsetD32Async(DevicePointer to, unsigned value, size_t count, void* stream);
int cuStreamCreate(void** stream, unsigned flags);
int cuStreamDestroy_v2(void* stream);
int cuStreamSynchronize(void* stream);
int cuStreamQuery(void* stream);
int cuStreamWaitEvent(void* stream, void* event, unsigned flags);
int cuStreamBeginCapture_v2(void* stream, int mode);
int cuStreamEndCapture(void* stream, void** graph);
int cuEventCreate(void** event, unsigned flags);
int cuEventRecord(void* event, void* stream);
int cuEventSynchronize(void* event);
int cuEventQuery(void* event);
int cuEventElapsedTime_v2(float* milliseconds, void* start, void* end);
int cuEventDestroy_v2(void* event);
int cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long flags);
int cuGraphUpload(void* executable, void* stream);
int cuGraphLaunch(void* executable, void* stream);
int cuGraphExecDestroy(void* executable);
int cuGraphDestroy(void* graph);
int cuModuleLoadData(void** module, const void* image);
int cuModuleUnload(void* module);
int cuModuleGetFunction(void** function, void* module, const char* name);
int cuFuncSetAttribute(void* function, int attribute, int value);
int cuLaunchKernel(void* function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                   unsigned blockY, unsigned blockZ, unsigned shared, void* stream, void** arguments,
                   void** extra);
const char* nvrtcGetErrorString(int result);
int nvrtcCreateProgram(void** program, const char* source, const char* name, int count,
                       const char* const* headers, const char* const* names);
int nvrtcDestroyProgram(void** program);
int nvrtcAddNameExpression(void* program, const char* expression);
int nvrtcCompileProgram(void* program, int count, const char* const* options);
int nvrtcGetProgramLogSize(void* program, size_t* size);
int nvrtcGetProgramLog(void* program, char* log);
int nvrtcGetCUBINSize(void* program, size_t* size);
int nvrtcGetCUBIN(void* program, char* image);
int nvrtcGetLoweredName(void* program, const char* expression, const char** name);
}

inline int failures = 0;

inline std::string errorText(int code) {
  const char* text = nullptr;
  cuGetErrorString(code, &text);
  return text ? text : "?";
}

/* Prints what is wrong, and lets the test go on. */
inline void expect(bool right, const char* what, const std::string& more, int line) {
  if (!right) {
    printf("line %d: %s%s%s\n", line, what, more.empty() ? "" : ": ", more.c_str());
    failures++;
  }
}

#define CHECK(condition) expect(condition, #condition, "", __LINE__)
#define EXPECT(code, call)                                                                    \
  do {                                                                                        \
    int got = call;                                                                           \
    expect(got == (code), #call, "gave " + std::to_string(got) + " " + errorText(got), __LINE__); \
  } while (0)
#define OK(call) EXPECT(0, call)
/* The text of an error has these words. */
#define SAYS(code, words)                                                              \
  expect(errorText(code).find(words) != std::string::npos, words, errorText(code), __LINE__)

/* Compiles a source with these name expressions, and returns the image; empty if it does not compile. */
inline std::string compileImage(const std::string& source, const std::vector<std::string>& names,
                                std::string* log = nullptr) {
  void* program = nullptr;
  OK(nvrtcCreateProgram(&program, source.c_str(), "test.cu", 0, nullptr, nullptr));
  for (auto& name : names) {
    OK(nvrtcAddNameExpression(program, name.c_str()));
  }
  const char* options[] = {"--gpu-architecture=sm_90"};
  int result = nvrtcCompileProgram(program, 1, options);
  size_t size = 0;
  nvrtcGetProgramLogSize(program, &size);
  std::string text(size, ' '), image;
  nvrtcGetProgramLog(program, text.data());
  if (result == 0) {
    OK(nvrtcGetCUBINSize(program, &size));
    image.resize(size);
    OK(nvrtcGetCUBIN(program, image.data()));
  }
  if (log) {
    *log = text;
  } else {
    expect(result == 0, "compiles", text, __LINE__);
  }
  OK(nvrtcDestroyProgram(&program));
  return image;
}

struct Module {
  void* handle = nullptr;
  explicit Module(const std::string& source, const std::vector<std::string>& names) {
    OK(cuModuleLoadData(&handle, compileImage(source, names).data()));
  }
  void* function(const char* name) const {
    void* result = nullptr;
    OK(cuModuleGetFunction(&result, handle, name));
    return result;
  }
};

/* An array on the device. */
template <class T>
struct Array {
  DevicePointer address = 0;
  size_t count;
  explicit Array(size_t count) : count(count) { OK(cuMemAlloc_v2(&address, count * sizeof(T))); }
  explicit Array(const std::vector<T>& values) : Array(values.size()) {
    OK(cuMemcpyHtoD_v2(address, values.data(), count * sizeof(T)));
  }
  ~Array() { cuMemFree_v2(address); }
  Array(const Array&) = delete;
  std::vector<T> read() const {
    std::vector<T> values(count);
    OK(cuMemcpyDtoH_v2(values.data(), address, count * sizeof(T)));
    return values;
  }
};

struct Size {
  unsigned x = 1, y = 1, z = 1;
};

template <class... A>
int launchOn(void* stream, void* function, Size grid, Size block, unsigned shared, A... arguments) {
  void* pointers[] = {&arguments..., nullptr};
  return cuLaunchKernel(function, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared, stream,
                        pointers, nullptr);
}

template <class... A>
int launch(void* function, Size grid, Size block, A... arguments) {
  return launchOn(nullptr, function, grid, block, 0, arguments...);
}
