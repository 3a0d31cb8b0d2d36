/*
 * Kernels in a program of their own, for the compiler's sanitizers: ThreadSanitizer finds accesses that no barrier
 * orders, within a block and between blocks; AddressSanitizer those beyond an array. Such a program includes this
 * header, then sources of kernels, and launches them with shapes as small as their cases allow:
 *
 *   Array<float> out(100), in(100);
 *   on<&unary<EXP, float>>({2}, {64})(out, in, 100);
 */
#pragma once
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

/* After the standard library's headers: it gives names that these use a meaning. */
#include "prelude/prelude.hpp"

extern "C" const char* chagres_emulator_run(const emulator::Module* module, const emulator::Kernel* kernel,
                                            void** arguments, dim3 grid, dim3 block, size_t shared);

/* The emulator is compiled without sanitizers: what it copies for itself is no access of a kernel's. */
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace emulator {

/* An array in memory of its own, of exactly its size, filled with the numbers from 1 on. */
template <class T>
class Array {
 public:
  explicit Array(size_t count) : values_(new T[count]), count_(count) {
    for (size_t i = 0; i < count; i++) {
      values_[i] = (T)(i + 1);
    }
  }
  Array(size_t count, T value) : Array(count) {
    for (size_t i = 0; i < count; i++) {
      values_[i] = value;
    }
  }
  operator T*() const { return values_.get(); }
  size_t size() const { return count_; }

 private:
  std::unique_ptr<T[]> values_;
  size_t count_;
};

template <auto F>
struct Launching;

template <class... P, void (*F)(P...)>
struct Launching<F> {
  dim3 grid, block;
  size_t shared;

  void operator()(P... arguments) const {
    static const Kernel kernel = Launcher<F>::named(__PRETTY_FUNCTION__);
    Module module{&place, &runtime, &kernel, 1};
    void* pointers[] = {(void*)&arguments..., nullptr};
    const char* error = chagres_emulator_run(&module, &kernel, pointers, grid, block, shared);
    if (error) {
      /* Threads that wait have left things undone; what a sanitizer would find from here on may not be true. */
      fprintf(stderr, "%s\n", error);
      exit(1);
    }
  }
};

template <auto F>
Launching<F> on(dim3 grid, dim3 block, size_t shared = 0) {
  return {grid, block, shared};
}

}  // namespace emulator

using emulator::Array;
using emulator::on;
