/*
 * What a compiled module and the scheduler that runs it know of each other. The module's part is compiled with the
 * kernels (prelude.hpp), perhaps with sanitizers; the scheduler's (scheduler.cpp) never with them.
 */
#pragma once
#include <stddef.h>

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

namespace emulator {

constexpr int WARP = 32;

/* What the lanes of a warp meet for. */
enum class Meeting { SYNC, SHUFFLE, BALLOT, MATCH };

/*
 * Which thread runs now, and which have not begun. It lies in the module, where its code reaches it directly: a thread
 * that never waits costs no call.
 */
struct Place {
  uint3 thread{}, block{};
  dim3 blockSize, gridSize;
  int current = 0, count = 0;
  int next = 0, limit = 0;  // of the threads that have not begun, and before which one to stop
  const int* order = nullptr;  // in which the threads begin; null: as they are numbered

  /* ThreadSanitizer is not to see these writes: each thread has its own place, though in the same memory. */
  __attribute__((no_sanitize_thread)) void enter(int number) {
    current = number;
    if ((unsigned)count == blockSize.x) {
      thread = {(unsigned)number, 0, 0};
      return;
    }
    unsigned row = (unsigned)number / blockSize.x;
    thread = {(unsigned)number % blockSize.x, row % blockSize.y, row / blockSize.y};
  }

  __attribute__((no_sanitize_thread)) bool begin() {
    if (next == limit) {
      return false;
    }
    enter(order ? order[next] : next);
    next++;
    return true;
  }
};

/* What the scheduler does for a thread. `file` and `line` say where in the kernel it asks. */
struct Runtime {
  /* Waits for all threads of the block; returns how many of them came with true. */
  int (*meetBlock)(bool value, const char* file, int line);
  /*
   * Waits for the lanes of `mask`. Returns for SHUFFLE the value of `lane`, for BALLOT the lanes that came with another
   * value than 0, for MATCH those that came with the same one.
   */
  unsigned long long (*meetWarp)(
      Meeting kind, unsigned mask, unsigned long long value, int lane, const char* file, int line);
  /* Memory of the block for the declaration `site`: the same for all its threads, fresh in each block. */
  void* (*shared)(const void* site, size_t bytes);
  void* (*dynamicShared)();
  /* Ends the launch with an error. */
  void (*fail)(const char* what, const char* file, int line);
};

struct Parameter {
  size_t size, alignment;
  bool pointer;
};

struct Kernel {
  const char* name;
  int parameters;
  const Parameter* parameter;
  /* Runs threads of the present block until none is left to begin. */
  void (*run)(void* const* arguments);
};

struct Module {
  Place* place;
  const Runtime** runtime;
  const Kernel* kernel;
  int kernels;
};

}  // namespace emulator
