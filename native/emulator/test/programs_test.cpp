/* NVRTC: what it compiles, what it says, and the images that it gives. */
#include "tests.hpp"

void testPrograms() {
  std::string log;
  CHECK(compileImage("__global__ void f(int* a) {\n  a[0] = undefined_name;\n}\n", {"f"}, &log).empty());
  expect(log.find("test.cu(2): error: ") != std::string::npos, "place of the error", log, __LINE__);
  expect(log.find("/work-") == std::string::npos, "no folder of its own", log, __LINE__);
  CHECK(compileImage("__global__ void f(int* a) {}\n", {"g"}, &log).empty());
  CHECK(compileImage("__global__ void f(int* a) { __shared__ int b; a[0] = b; }\n", {"f"}, &log).empty());

  void* program;
  const char* header = "#define VALUE 42\n#include \"deeper/two.h\"\n";
  const char* second = "template <int N> __global__ void f(int* a) { a[0] = VALUE * N * FACTOR; }\n";
  const char* headers[] = {header, second};
  const char* names[] = {"one.h", "deeper/two.h"};
  OK(nvrtcCreateProgram(&program, "#include \"one.h\"\n", "with_headers.cu", 2, headers, names));
  OK(nvrtcAddNameExpression(program, "f<2>"));
  const char* lowered = nullptr;
  CHECK(nvrtcGetLoweredName(program, "f<2>", &lowered) == 9);
  const char* bad[] = {"--gpu-architecture=sm_52"};
  const char* unknown[] = {"--nonsense"};
  CHECK(nvrtcCompileProgram(program, 1, bad) == 5);
  CHECK(nvrtcCompileProgram(program, 1, unknown) == 5);
  const char* virtually[] = {"--gpu-architecture=compute_75", "-DFACTOR=1"};
  const char* really[] = {"--gpu-architecture=sm_75", "-DFACTOR=10"};
  size_t size = 1;
  OK(nvrtcCompileProgram(program, 2, virtually));
  OK(nvrtcGetCUBINSize(program, &size));
  CHECK(size == 0);
  OK(nvrtcCompileProgram(program, 2, really));
  OK(nvrtcGetCUBINSize(program, &size));
  std::string image(size, ' ');
  OK(nvrtcGetCUBIN(program, image.data()));
  OK(nvrtcGetLoweredName(program, "f<2>", &lowered));
  CHECK(nvrtcGetLoweredName(program, "f<3>", &lowered) == 10);
  CHECK(nvrtcAddNameExpression(program, "f<3>") == 8);

  void *module, *function;
  OK(cuModuleLoadData(&module, image.data()));
  OK(cuModuleGetFunction(&function, module, lowered));
  Array<int> out(1);
  OK(launch(function, {1}, {1}, out.address));
  CHECK(out.read()[0] == 840);
  OK(cuModuleUnload(module));
  EXPECT(400, launch(function, {1}, {1}, out.address));
  image[image.size() / 2] ^= 1;
  EXPECT(200, cuModuleLoadData(&module, image.data()));
  EXPECT(200, cuModuleLoadData(&module, "something else than an image"));
  void* gone = program;
  OK(nvrtcDestroyProgram(&program));
  CHECK(nvrtcCompileProgram(gone, 0, nullptr) == 4);
}
